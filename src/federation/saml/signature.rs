//! XML signatures, of the one shape that SAML allows: enveloped, over the element they stand in, by a known key.
//!
//! ATTACK: nothing is searched for. The signature is a child of the very element that it is over; the element, not an
//! identifier, is handed to the canonicaliser; what `KeyInfo` says is never read.
//! <https://www.w3.org/TR/xmldsig-core1/>

use bergshamra_c14n::{C14nMode, canonicalize_doc};
use bergshamra_xml::NodeSet;

use super::from_base64;
use super::method::{Hash, Method};
use super::namespace::{EXCLUSIVE, SIGNATURE};
use super::rejection::Flaw;
use super::tree::{Element, MOST_PREFIXES};
use crate::federation::public_key::PublicKey;

const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// Which hashes are taken beside the SHA-2 family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sha1Is {
    /// It is broken, and refused.
    #[default]
    Refused,
    /// Some old identity provider still uses it.
    Taken,
}

/// An element that a key of its issuer has signed. Only [`prove`] makes one.
#[derive(Clone, Copy)]
pub(super) struct SignedElement<'t>(Element<'t>);

impl<'t> SignedElement<'t> {
    /// The very element.
    pub(super) fn element(self) -> Element<'t> {
        self.0
    }
}

/// Proves that one of `keys` signed `element`, by `signature`, which is a child of it.
pub(super) fn prove<'t>(
    element: Element<'t>,
    signature: Element<'t>,
    keys: &[PublicKey],
    sha1: Sha1Is,
) -> Result<SignedElement<'t>, Flaw> {
    if signature.parent() != Some(element) {
        return Err(Flaw::Form("the place of the Signature"));
    }
    let parts = Parts::of(signature)?;
    let reference = ReferenceParts::of(parts.reference)?;
    let id = element.attribute("ID").filter(|id| !id.is_empty()).ok_or(Flaw::Form("ID"))?;
    if reference.uri.strip_prefix('#') != Some(id) {
        return Err(Flaw::Reference(reference.uri.to_owned()));
    }
    let canonical = without_signature(element, signature, &reference.form)?;
    let hash = Hash::named(reference.digest_method).filter(|hash| *hash != Hash::Sha1 || sha1 == Sha1Is::Taken);
    let hash = hash.ok_or_else(|| Flaw::Algorithm(reference.digest_method.to_owned()))?;
    if hash.of(&canonical) != reference.digest {
        return Err(Flaw::Digest);
    }
    let method =
        Method::parse(parts.method).filter(|method| *method != Method::Rsa(Hash::Sha1) || sha1 == Sha1Is::Taken);
    let method = method.ok_or_else(|| Flaw::Algorithm(parts.method.to_owned()))?;
    let (document, node) = parts.signed_info.place();
    let signed_info = parts.form.bytes(parts.signed_info, &NodeSet::tree_with_comments(node, document))?;
    if keys.iter().any(|key| method.proves(key, &signed_info, &parts.value)) {
        Ok(SignedElement(element))
    } else {
        Err(Flaw::Value)
    }
}

/// A signature, taken apart.
struct Parts<'t> {
    signed_info: Element<'t>,
    form: Form<'t>,
    method: &'t str,
    reference: Element<'t>,
    value: Vec<u8>,
}

impl<'t> Parts<'t> {
    fn of(signature: Element<'t>) -> Result<Self, Flaw> {
        let known = ["SignedInfo", "SignatureValue", "KeyInfo"];
        // ATTACK: an `Object` could carry whatever was signed once.
        if signature.children().any(|child| !child.is_in(SIGNATURE) || !known.contains(&child.name())) {
            return Err(Flaw::Form("Signature"));
        }
        let only = |name: &'static str| signature.only(SIGNATURE, name).ok_or(Flaw::Form(name));
        let signed_info = only("SignedInfo")?;
        let mut inside = signed_info.children();
        let mut next =
            |name: &'static str| inside.next().filter(|child| child.is(SIGNATURE, name)).ok_or(Flaw::Form(name));
        let canonicalization = next("CanonicalizationMethod")?;
        let method = next("SignatureMethod")?;
        let reference = next("Reference")?;
        if inside.next().is_some() || signed_info.has_comments() || method.children().next().is_some() {
            return Err(Flaw::Form("SignedInfo"));
        }
        Ok(Self {
            signed_info,
            form: Form::of(canonicalization)?,
            method: method.attribute("Algorithm").ok_or(Flaw::Form("SignatureMethod"))?,
            reference,
            value: bytes(only("SignatureValue")?).ok_or(Flaw::Form("SignatureValue"))?,
        })
    }
}

/// A reference, taken apart.
struct ReferenceParts<'t> {
    uri: &'t str,
    form: Form<'t>,
    digest_method: &'t str,
    digest: Vec<u8>,
}

impl<'t> ReferenceParts<'t> {
    fn of(reference: Element<'t>) -> Result<Self, Flaw> {
        let only = |name: &'static str| reference.only(SIGNATURE, name).ok_or(Flaw::Form(name));
        let transforms = only("Transforms")?;
        let (method, value) = (only("DigestMethod")?, only("DigestValue")?);
        if reference.children().count() != 3 || method.children().next().is_some() {
            return Err(Flaw::Form("Reference"));
        }
        Ok(Self {
            uri: reference.attribute("URI").ok_or(Flaw::Form("URI"))?,
            form: transformed(transforms)?,
            digest_method: method.attribute("Algorithm").ok_or(Flaw::Form("DigestMethod"))?,
            digest: bytes(value).ok_or(Flaw::Form("DigestValue"))?,
        })
    }
}

/// ATTACK: the signature is cut out, then at most one canonical form. No XPath, no XSLT, nothing that selects.
fn transformed(transforms: Element<'_>) -> Result<Form<'_>, Flaw> {
    let flaw = || Flaw::Form("Transforms");
    let mut steps = transforms.children();
    let mut step =
        || steps.next().map(|step| step.is(SIGNATURE, "Transform").then_some(step).ok_or_else(flaw)).transpose();
    let cut = step()?.ok_or_else(flaw)?;
    if cut.attribute("Algorithm") != Some(ENVELOPED) || cut.children().next().is_some() {
        return Err(flaw());
    }
    let form = match step()? {
        Some(form) => Form::of(form)?,
        None => Form { mode: C14nMode::Inclusive, prefixes: Vec::new() },
    };
    if step()?.is_some() { Err(flaw()) } else { Ok(form) }
}

/// A canonical form.
struct Form<'t> {
    mode: C14nMode,
    prefixes: Vec<&'t str>,
}

impl<'t> Form<'t> {
    fn of(method: Element<'t>) -> Result<Self, Flaw> {
        let name = method.attribute("Algorithm").ok_or(Flaw::Form("a canonical form"))?;
        let mode = C14nMode::from_uri(name).ok_or_else(|| Flaw::Algorithm(name.to_owned()))?;
        let listed =
            method.at_most_one(EXCLUSIVE, "InclusiveNamespaces").map_err(|_| Flaw::Form("InclusiveNamespaces"))?;
        if method.children().count() != usize::from(listed.is_some()) || (listed.is_some() && !mode.is_exclusive()) {
            return Err(Flaw::Form("a canonical form"));
        }
        let prefixes = listed.and_then(|list| list.attribute("PrefixList")).unwrap_or_default();
        let prefixes: Vec<&str> = prefixes.split_ascii_whitespace().take(MOST_PREFIXES + 1).collect();
        // ATTACK: each of them is looked for in every element, whether the document has it or not.
        if prefixes.len() > MOST_PREFIXES {
            return Err(Flaw::Form("a PrefixList that is short enough"));
        }
        Ok(Self { mode, prefixes })
    }

    /// The canonical bytes of a part of the document that `element` is of.
    ///
    /// ATTACK: a form that comes out empty would have the digest of nothing, which anybody knows.
    fn bytes(&self, element: Element<'_>, set: &NodeSet) -> Result<Vec<u8>, Flaw> {
        let (document, _) = element.place();
        let bytes = canonicalize_doc(document, self.mode, Some(set), &self.prefixes).map_err(|_| Flaw::Canonical)?;
        if bytes.is_empty() { Err(Flaw::Canonical) } else { Ok(bytes) }
    }
}

fn without_signature(element: Element<'_>, signature: Element<'_>, form: &Form<'_>) -> Result<Vec<u8>, Flaw> {
    let (document, node) = element.place();
    let (_, cut) = signature.place();
    // A reference by ID leaves comments out, whatever the canonical form would do with them.
    let set = NodeSet::tree_without_comments(node, document).subtract(&NodeSet::tree_with_comments(cut, document));
    form.bytes(element, &set)
}

/// ATTACK: text and nothing else, so that no comment can hide half of it from some reader.
fn bytes(element: Element<'_>) -> Option<Vec<u8>> {
    if element.is_pure_text() { from_base64(&element.text()?) } else { None }
}
