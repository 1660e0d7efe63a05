//! The other side: Responses signed and encrypted, for the built-in identity provider and for tests.
//!
//! Text is only ever put into text, so what was signed stays to the letter.

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeEncrypt as _, KeyIvInit as _};
use aes::{Aes128, Aes256};
use aes_gcm::aead::Aead as _;
use aes_gcm::{Aes128Gcm, Aes256Gcm, KeyInit as _};
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
use sha2::{Digest as _, Sha256, Sha512};

use super::certificate::public_key_info;
use super::namespace::{ASSERTION, SIGNATURE};
use super::tree::{Element, Tree};

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

/// A hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-1, as old identity providers have it.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// How an assertion is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealing {
    /// AES-128 in CBC.
    Aes128Cbc,
    /// AES-256 in CBC.
    Aes256Cbc,
    /// AES-128 in GCM.
    Aes128Gcm,
    /// AES-256 in GCM.
    Aes256Gcm,
}

impl Hash {
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Sha1 => ("http://www.w3.org/2000/09/xmldsig#rsa-sha1", "http://www.w3.org/2000/09/xmldsig#sha1"),
            Self::Sha256 => {
                ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmlenc#sha256")
            }
            Self::Sha512 => {
                ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", "http://www.w3.org/2001/04/xmlenc#sha512")
            }
        }
    }

    fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(bytes).to_vec(),
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }

    fn padding(self) -> Pkcs1v15Sign {
        match self {
            Self::Sha1 => Pkcs1v15Sign::new::<Sha1>(),
            Self::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
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
        let tree = Tree::parse(document).ok()?;
        let element = tree.elements().find(|element| element.attribute("ID") == Some(id))?;
        let digest = style.hash.of(&canonical(element, style)?);
        let issuer = element.children().find(|child| child.is(ASSERTION, "Issuer"))?;
        let at = issuer.range()?.end;
        let (before, after) = (document.get(..at)?, document.get(at..)?);
        let unsigned = [before, &self.template(id, style, &digest), after].concat();
        let tree = Tree::parse(&unsigned).ok()?;
        let element = tree.elements().find(|element| element.attribute("ID") == Some(id))?;
        let signed_info = element.only(SIGNATURE, "Signature")?.only(SIGNATURE, "SignedInfo")?;
        let message = style.hash.of(&canonical(signed_info, style)?);
        let value = self.key.sign(style.hash.padding(), &message).ok()?;
        Some(unsigned.replacen(PLACE_OF_VALUE, &STANDARD.encode(value), 1))
    }

    /// A signature that lacks its value.
    fn template(&self, id: &str, style: Style, digest: &[u8]) -> String {
        let (method, digest_method) = style.hash.names();
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

const EXCLUSIVE: &str = super::namespace::EXCLUSIVE;
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
    let tree = Tree::parse(document).ok()?;
    let range = tree.root()?.only(ASSERTION, "Assertion")?.range()?;
    let assertion = document.get(range.clone())?;
    let mut chance = StdRng::from_seed(seed);
    let (algorithm, length) = match sealing {
        Sealing::Aes128Cbc => ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", 16),
        Sealing::Aes256Cbc => ("http://www.w3.org/2001/04/xmlenc#aes256-cbc", 32),
        Sealing::Aes128Gcm => ("http://www.w3.org/2009/xmlenc11#aes128-gcm", 16),
        Sealing::Aes256Gcm => ("http://www.w3.org/2009/xmlenc11#aes256-gcm", 32),
    };
    let (mut key, mut vector) = (vec![0; length], [0; 16]);
    chance.fill_bytes(&mut key);
    chance.fill_bytes(&mut vector);
    let sealed = seal(sealing, &key, vector, assertion.as_bytes())?;
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
    Some([document.get(..range.start)?, &encrypted, document.get(range.end..)?].concat())
}

const ENCRYPTION: &str = super::namespace::ENCRYPTION;

fn seal(sealing: Sealing, key: &[u8], vector: [u8; 16], text: &[u8]) -> Option<Vec<u8>> {
    let padding = 16 - text.len() % 16;
    let padded = [text, &vec![u8::try_from(padding).ok()?; padding]].concat();
    let nonce = vector.get(..12)?;
    let (front, sealed) = match sealing {
        Sealing::Aes128Cbc => {
            let cipher = cbc::Encryptor::<Aes128>::new_from_slices(key, &vector).ok()?;
            (vector.as_slice(), cipher.encrypt_padded_vec::<NoPadding>(&padded))
        }
        Sealing::Aes256Cbc => {
            let cipher = cbc::Encryptor::<Aes256>::new_from_slices(key, &vector).ok()?;
            (vector.as_slice(), cipher.encrypt_padded_vec::<NoPadding>(&padded))
        }
        Sealing::Aes128Gcm => (nonce, Aes128Gcm::new_from_slice(key).ok()?.encrypt(nonce.try_into().ok()?, text).ok()?),
        Sealing::Aes256Gcm => (nonce, Aes256Gcm::new_from_slice(key).ok()?.encrypt(nonce.try_into().ok()?, text).ok()?),
    };
    Some([front, &sealed].concat())
}
