//! The other side: Responses signed and encrypted, for the built-in identity provider and for tests.
//!
//! Text is only ever put into text, so what was signed stays to the letter.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra_c14n::{C14nMode, canonicalize_doc};
use bergshamra_xml::NodeSet;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::pkcs8::spki::SubjectPublicKeyInfoRef;
use rsa::{Oaep, Pkcs1v15Sign, RsaPrivateKey, RsaPublicKey};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

pub use super::cipher::Sealing;
pub use super::method::Hash;
use super::method::Method;
use super::namespace::{ASSERTION, ENCRYPTION, EXCLUSIVE, SIGNATURE};
use super::text::Text;
use super::tree::{Element, Tree};
use crate::federation::certificate::public_key_info;

/// A key that signs, and the certificate by which others know it.
pub struct Signer {
    key: RsaPrivateKey,
    certificate: String,
}

/// How a signature is written and made.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// The prefix of its elements; none if empty.
    pub prefix: &'static str,
    /// The hash in both places.
    pub hash: Hash,
    /// Prefixes that the canonical form keeps though nothing uses them.
    pub kept_prefixes: &'static str,
}

impl Hash {
    fn padding(self) -> Pkcs1v15Sign {
        match self {
            Self::Sha1 => Pkcs1v15Sign::new::<Sha1>(),
            Self::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
            Self::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
            Self::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
        }
    }
}

impl Signer {
    /// A private key in PEM (PKCS #8), and its certificate in PEM.
    pub fn parse(key: &str, certificate: &str) -> Option<Self> {
        let lines = certificate.lines().map(str::trim).filter(|line| !line.starts_with("-----"));
        let certificate: String = lines.collect();
        STANDARD.decode(&certificate).ok()?;
        Some(Self { key: RsaPrivateKey::from_pkcs8_pem(key).ok()?, certificate })
    }

    /// The certificate, as metadata has it.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Signs the element of this `ID`, and puts the signature where SAML wants it: behind the Issuer.
    pub fn sign(&self, document: &str, id: &str, style: Style) -> Option<String> {
        let text = Text::of(document).ok()?;
        let tree = Tree::parse(&text).ok()?;
        let element = tree.elements().find(|element| element.attribute("ID") == Some(id))?;
        let digest = style.hash.of(&canonical(element, style)?);
        let issuer = element.children().find(|child| child.is(ASSERTION, "Issuer"))?;
        let at = issuer.range()?.end;
        let unsigned = text.with(at..at, &self.template(id, style, &digest))?;
        let text = Text::of(&unsigned).ok()?;
        let tree = Tree::parse(&text).ok()?;
        let element = tree.elements().find(|element| element.attribute("ID") == Some(id))?;
        let signed_info = element.only(SIGNATURE, "Signature")?.only(SIGNATURE, "SignedInfo")?;
        let message = style.hash.of(&canonical(signed_info, style)?);
        let value = self.key.sign(style.hash.padding(), &message).ok()?;
        Some(unsigned.replacen(PLACE_OF_VALUE, &STANDARD.encode(value), 1))
    }

    /// A signature that lacks its value.
    fn template(&self, id: &str, style: Style, digest: &[u8]) -> String {
        let (method, digest_method) = (Method::rsa(style.hash), style.hash.word());
        let (p, xmlns) = match style.prefix {
            "" => (String::new(), "xmlns".to_owned()),
            prefix => (format!("{prefix}:"), format!("xmlns:{prefix}")),
        };
        let kept = match style.kept_prefixes {
            "" => String::new(),
            list => format!("<ec:InclusiveNamespaces xmlns:ec=\"{EXCLUSIVE}\" PrefixList=\"{list}\"/>"),
        };
        let digest = STANDARD.encode(digest);
        let certificate = &self.certificate;
        format!(
            "<{p}Signature {xmlns}=\"{SIGNATURE}\"><{p}SignedInfo>\
             <{p}CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"/><{p}SignatureMethod Algorithm=\"{method}\"/>\
             <{p}Reference URI=\"#{id}\"><{p}Transforms><{p}Transform Algorithm=\"{SIGNATURE}enveloped-signature\"/>\
             <{p}Transform Algorithm=\"{EXCLUSIVE}\">{kept}</{p}Transform></{p}Transforms>\
             <{p}DigestMethod Algorithm=\"{digest_method}\"/><{p}DigestValue>{digest}</{p}DigestValue></{p}Reference>\
             </{p}SignedInfo><{p}SignatureValue>{PLACE_OF_VALUE}</{p}SignatureValue>\
             <{p}KeyInfo><{p}X509Data><{p}X509Certificate>{certificate}</{p}X509Certificate></{p}X509Data></{p}KeyInfo>\
             </{p}Signature>"
        )
    }
}

/// No base64, so nothing else in a document is it.
const PLACE_OF_VALUE: &str = "(the value of the signature)";

fn canonical(element: Element<'_>, style: Style) -> Option<Vec<u8>> {
    let (document, node) = element.place();
    let set = NodeSet::tree_without_comments(node, document);
    let of_signed_info = element.is(SIGNATURE, "SignedInfo");
    let kept = if of_signed_info { "" } else { style.kept_prefixes };
    let kept: Vec<&str> = kept.split_ascii_whitespace().collect();
    canonicalize_doc(document, C14nMode::Exclusive, Some(&set), &kept).ok()
}

/// Encrypts the assertion of a Response for the owner of `certificate`; `seed` is all the chance that is in it.
pub fn encrypt(document: &str, certificate: &[u8], sealing: Sealing, seed: [u8; 32]) -> Option<String> {
    let text = Text::of(document).ok()?;
    let tree = Tree::parse(&text).ok()?;
    let range = tree.root()?.only(ASSERTION, "Assertion")?.range()?;
    let assertion = text.as_str().get(range.clone())?;
    let mut chance = StdRng::from_seed(seed);
    let (algorithm, mut key, mut vector) = (sealing.word(), vec![0; sealing.key_bytes()], [0; 16]);
    chance.fill_bytes(&mut key);
    chance.fill_bytes(&mut vector);
    let sealed = sealing.seal(&key, vector, assertion.as_bytes())?;
    let der = public_key_info(certificate)?;
    let recipient = RsaPublicKey::try_from(SubjectPublicKeyInfoRef::try_from(der.as_slice()).ok()?).ok()?;
    let wrapped = recipient.encrypt(&mut chance, Oaep::<Sha1>::new(), &key).ok()?;
    let (sealed, wrapped) = (STANDARD.encode(sealed), STANDARD.encode(wrapped));
    let encrypted = format!(
        "<saml:EncryptedAssertion xmlns:saml=\"{ASSERTION}\">\
         <xenc:EncryptedData xmlns:xenc=\"{ENCRYPTION}\" Type=\"{ENCRYPTION}Element\">\
         <xenc:EncryptionMethod Algorithm=\"{algorithm}\"/><ds:KeyInfo xmlns:ds=\"{SIGNATURE}\"><xenc:EncryptedKey>\
         <xenc:EncryptionMethod Algorithm=\"{ENCRYPTION}rsa-oaep-mgf1p\"><ds:DigestMethod Algorithm=\"{SIGNATURE}sha1\"/>\
         </xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue>{wrapped}</xenc:CipherValue></xenc:CipherData>\
         </xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData><xenc:CipherValue>{sealed}</xenc:CipherValue>\
         </xenc:CipherData></xenc:EncryptedData></saml:EncryptedAssertion>"
    );
    text.with(range, &encrypted)
}
