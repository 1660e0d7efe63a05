//! What can be wrong with a Response, on purpose: what AWS refuses, and every known way to smuggle in another subject.
//!
//! A defect of the first kind is there before the document is signed, one of the second is made by somebody who has a
//! good document and no key. <https://www.usenix.org/conference/usenixsecurity12/technical-sessions/presentation/somorovsky>

use super::mint::{Ids, Order};

defects! {
    Unsigned "unsigned" "Nothing is signed.",
    OnlyResponseSigned "only-response-signed" "The Response is signed, the Assertion in it is not.",
    SignedByStranger "signed-by-stranger" "Signed with a key that no metadata names; its certificate is in KeyInfo.",
    Expired "expired" "Issued two minutes ago for one, so every NotOnOrAfter is over.",
    Stale "stale" "Issued ten minutes ago, though NotOnOrAfter is yet to come.",
    FromTheFuture "from-the-future" "Issued an hour from now.",
    WrongIssuer "wrong-issuer" "The Assertion names another issuer than the metadata.",
    NoNameId "no-name-id" "The Subject has no NameID.",
    NoNameIdFormat "no-name-id-format" "The NameID has no Format.",
    NoRecipient "no-recipient" "SubjectConfirmationData has no Recipient.",
    NoNotOnOrAfter "no-not-on-or-after" "SubjectConfirmationData has no NotOnOrAfter.",
    TwoConfirmations "two-confirmations" "There are two SubjectConfirmation elements.",
    HolderOfKey "holder-of-key" "The subject is confirmed by holder-of-key, which nobody checks here.",
    NoConditions "no-conditions" "There is no Conditions element.",
    NoAuthnStatement "no-authn-statement" "There is no AuthnStatement.",
    BadInstant "bad-instant" "NotBefore is no instant.",
    StatusResponder "status-responder" "The status is Responder, the Assertion is good all the same.",
    NoSessionName "no-session-name" "There is no RoleSessionName attribute.",
    EncryptedName "encrypted-name" "The NameID stands in an EncryptedID.",
    Altered "altered" "The text of the NameID was changed after signing.",
    AlteredRole "altered-role" "A role was added after signing.",
    CommentInName "comment-in-name" "A comment was put into the NameID after signing, where canonical forms drop it.",
    Wrapped1 "xsw1" "A forged Response around the signature, which carries the signed Response in an Object.",
    Wrapped2 "xsw2" "A forged Response, the signed one put before the signature that refers to it.",
    Wrapped3 "xsw3" "A forged Assertion before the signed one.",
    Wrapped4 "xsw4" "A forged Assertion around the signed one.",
    Wrapped5 "xsw5" "The signature moved into a forged Assertion, the signed one left at the end of the Response.",
    Wrapped6 "xsw6" "As xsw5, the signed Assertion inside the Signature.",
    Wrapped7 "xsw7" "The signed Assertion inside Extensions, a forged one in its place.",
    Wrapped8 "xsw8" "The signature moved into a forged Assertion, with the signed one in an Object of it.",
    SignatureInExtensions "signature-in-extensions" "The signature stands in Extensions and not in what it signs.",
    SecondAssertion "second-assertion" "The signed Assertion twice.",
    DuplicateId "duplicate-id" "An element in Extensions has the ID of the Assertion.",
    PrefixedId "prefixed-id" "The Response has a second ID, with a prefix.",
    Doctype "doctype" "A DOCTYPE declares an entity, which the NameID uses.",
    BillionLaughs "billion-laughs" "A DOCTYPE whose entities expand to gigabytes.",
    Instruction "processing-instruction" "A processing instruction in front of the root.",
    JunkBehind "junk-behind-root" "A second root behind the first.",
    Utf16 "declared-utf-16" "The declaration says UTF-16.",
    RelativeNamespace "relative-namespace" "A namespace with a relative name, over which canonicalisers fail.",
    TwoSignedInfos "two-signed-infos" "A second SignedInfo: one is verified, the other read.",
    CommentInDigest "comment-in-digest" "A comment in the middle of DigestValue.",
    PlantedDigest "planted-digest" "A second DigestValue in front, that of a changed Assertion.",
    EmptyReference "empty-reference" "The reference is empty: the whole document, whatever that is.",
    ForeignReference "foreign-reference" "The reference is to the Response and not to the Assertion.",
    Pointer "xpointer" "The reference is an XPointer.",
    TwoReferences "two-references" "A second Reference in SignedInfo.",
    XpathTransform "xpath-transform" "A transform that selects by XPath.",
    Hmac "hmac" "The signature method is HMAC, so the certificate would be the shared secret.",
    ObjectInSignature "object-in-signature" "The Signature carries an Object.",
}

/// For whom a forged document is.
const FORGED: &str = "forged-admin";

impl Defect {
    /// How much its time is off.
    pub(super) fn seconds_off(self) -> i64 {
        match self {
            Self::Expired => -120,
            Self::Stale => -600,
            Self::FromTheFuture => 3600,
            _ => 0,
        }
    }

    /// How many seconds behind its issue it ends that would else end after so many.
    pub(super) fn ends_after(self, seconds: i64) -> i64 {
        match self {
            Self::Expired => 60,
            Self::Stale => seconds + 3600,
            _ => seconds,
        }
    }

    /// Whether it needs a signed Response.
    pub(super) fn signs_response(self) -> bool {
        matches!(self, Self::OnlyResponseSigned | Self::Wrapped1 | Self::Wrapped2)
    }

    /// Whether the Assertion is left unsigned.
    pub(super) fn leaves_unsigned(self) -> bool {
        matches!(self, Self::Unsigned | Self::OnlyResponseSigned)
    }

    /// Spoils what is about to be signed.
    pub(super) fn before_signing(self, text: &str, order: &Order) -> Option<String> {
        let a = if order.shape.assertion.is_empty() { String::new() } else { format!("{}:", order.shape.assertion) };
        let element = |name: &str| Cut::element(text, &format!("{a}{name}"));
        let cut = match self {
            Self::WrongIssuer => {
                let (response, assertion) = text.split_once(&format!("<{a}Assertion"))?;
                let assertion = assertion.replacen(&order.issuer, "https://elsewhere.test/saml", 1);
                return Some(format!("{response}<{a}Assertion{assertion}"));
            }
            Self::NoNameId => element("NameID")?.without(),
            Self::NoNameIdFormat => without_attribute(text, &format!("{a}NameID"), "Format")?,
            Self::NoRecipient => without_attribute(text, &format!("{a}SubjectConfirmationData"), "Recipient")?,
            Self::NoNotOnOrAfter => without_attribute(text, &format!("{a}SubjectConfirmationData"), "NotOnOrAfter")?,
            Self::TwoConfirmations => {
                let confirmation = element("SubjectConfirmation")?;
                confirmation.with(&[confirmation.inside, confirmation.inside].concat())
            }
            Self::HolderOfKey => text.replacen("cm:bearer", "cm:holder-of-key", 1),
            Self::NoConditions => element("Conditions")?.without(),
            Self::NoAuthnStatement => element("AuthnStatement")?.without(),
            Self::BadInstant => text.replacen("NotBefore=\"", "NotBefore=\"about ", 1),
            Self::StatusResponder => text.replacen("status:Success", "status:Responder", 1),
            Self::NoSessionName => text.replacen("Attributes/RoleSessionName", "Attributes/Rolesessionname", 1),
            Self::EncryptedName => {
                let name = element("NameID")?;
                name.with(&format!("<{a}EncryptedID>{}</{a}EncryptedID>", name.inside))
            }
            _ => text.to_owned(),
        };
        Some(cut)
    }

    /// What somebody makes of a good document who has no key. Written for the default shape.
    pub(super) fn after_signing(self, text: &str, ids: &Ids, order: &Order) -> Option<String> {
        let swap = |from: &str, to: &str| text.contains(from).then(|| text.replacen(from, to, 1));
        let subject = order.subject.as_str();
        match self {
            Self::Altered => swap(&format!(">{subject}</saml:NameID>"), &format!(">{FORGED}</saml:NameID>")),
            Self::AlteredRole => {
                swap("<saml:AttributeValue>", "<saml:AttributeValue>arn:aws:iam::000000000000:role/other,")
            }
            Self::CommentInName => {
                let (head, tail) = subject.split_at_checked(1)?;
                swap(&format!(">{subject}</saml:NameID>"), &format!(">{head}<!-- x -->{tail}</saml:NameID>"))
            }
            Self::SecondAssertion => {
                let assertion = Cut::element(text, "saml:Assertion")?;
                Some(assertion.with(&[assertion.inside, assertion.inside].concat()))
            }
            Self::DuplicateId => {
                let extension = format!("<x xmlns=\"urn:x\" ID=\"{}\"/>", ids.assertion);
                swap("<samlp:Status>", &format!("<samlp:Extensions>{extension}</samlp:Extensions><samlp:Status>"))
            }
            Self::PrefixedId => swap("<samlp:Response ", "<samlp:Response samlp:ID=\"_other\" "),
            Self::Doctype => {
                let text = swap(&format!(">{subject}</saml:NameID>"), ">&who;</saml:NameID>")?;
                Some(format!("<!DOCTYPE r [<!ENTITY who \"{FORGED}\">]>{text}"))
            }
            Self::BillionLaughs => {
                let text = swap(&format!(">{subject}</saml:NameID>"), ">&l9;</saml:NameID>")?;
                let entity = |at: usize| format!("<!ENTITY l{at} \"{}\">", format!("&l{};", at - 1).repeat(10));
                let entities: String = (1..10).map(entity).collect();
                Some(format!("<!DOCTYPE r [<!ENTITY l0 \"lol\">{entities}]>{text}"))
            }
            Self::Instruction => Some(format!("<?xml-stylesheet href=\"x\"?>{text}")),
            Self::JunkBehind => Some(format!("{text}<samlp:Response/>")),
            Self::Utf16 => Some(format!("<?xml version=\"1.0\" encoding=\"UTF-16\"?>{text}")),
            Self::RelativeNamespace => swap("<samlp:Response ", "<samlp:Response xmlns:n=\"1\" "),
            _ => self
                .of_signature(text, ids)
                .or_else(|| self.wrapped(text, ids, subject))
                .or_else(|| self.is_before_signing().then(|| text.to_owned())),
        }
    }

    /// Whether all of it was done before signing, or in the manner of signing.
    fn is_before_signing(self) -> bool {
        let at = |defect: Self| Self::ALL.iter().position(|known| *known == defect);
        at(self) < at(Self::Altered)
    }

    /// Tricks within the signature.
    fn of_signature(self, text: &str, ids: &Ids) -> Option<String> {
        let swap = |from: &str, to: &str| text.contains(from).then(|| text.replacen(from, to, 1));
        let reference = format!("URI=\"#{}\"", ids.assertion);
        match self {
            Self::TwoSignedInfos => {
                let info = Cut::element(text, "ds:SignedInfo")?;
                Some(info.with(&[info.inside, info.inside].concat()))
            }
            Self::CommentInDigest => {
                let digest = Cut::element(text, "ds:DigestValue")?;
                let (head, tail) = digest.inside.split_at_checked("<ds:DigestValue>".len() + 8)?;
                Some(digest.with(&format!("{head}<!-- x -->{tail}")))
            }
            Self::PlantedDigest => {
                let planted = "<ds:DigestValue>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=</ds:DigestValue>";
                swap("<ds:DigestValue>", &format!("{planted}<ds:DigestValue>"))
            }
            Self::EmptyReference => swap(&reference, "URI=\"\""),
            Self::ForeignReference => swap(&reference, &format!("URI=\"#{}\"", ids.response)),
            Self::Pointer => swap(&reference, &format!("URI=\"#xpointer(id('{}'))\"", ids.assertion)),
            Self::TwoReferences => {
                let reference = Cut::element(text, "ds:Reference")?;
                Some(reference.with(&[reference.inside, reference.inside].concat()))
            }
            Self::XpathTransform => swap(
                "</ds:Transforms>",
                "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>self::text()</ds:XPath>\
                 </ds:Transform></ds:Transforms>",
            ),
            Self::Hmac => {
                swap("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2000/09/xmldsig#hmac-sha1")
            }
            Self::ObjectInSignature => swap("</ds:Signature>", "<ds:Object>x</ds:Object></ds:Signature>"),
            _ => None,
        }
    }

    /// Signature wrapping, by the usual numbers.
    fn wrapped(self, text: &str, ids: &Ids, subject: &str) -> Option<String> {
        let assertion = Cut::element(text, "saml:Assertion")?;
        let original = assertion.inside;
        let signature = Cut::element(original, "ds:Signature")?;
        let bare = signature.without();
        let forged = bare.replacen(&ids.assertion, "_forged", 1).replacen(subject, FORGED, 1);
        let with_signature = |signature: &str| {
            let (head, tail) = forged.split_once("</saml:Issuer>")?;
            Some(format!("{head}</saml:Issuer>{signature}{tail}"))
        };
        let within_signature = |content: &str| {
            let open = signature.inside.strip_suffix("</ds:Signature>")?;
            with_signature(&format!("{open}{content}</ds:Signature>"))
        };
        let extended = |content: &str, rest: &str| {
            let extensions = format!("<samlp:Extensions>{content}</samlp:Extensions><samlp:Status>");
            assertion.with(rest).replacen("<samlp:Status>", &extensions, 1)
        };
        match self {
            Self::Wrapped1 | Self::Wrapped2 => {
                let signature = Cut::element(text, "ds:Signature")?;
                let inner = signature.without();
                let forged = inner.replacen(&ids.response, "_forged", 1).replacen(subject, FORGED, 1);
                let (head, tail) = forged.split_once("</saml:Issuer>")?;
                let signature = if self == Self::Wrapped1 {
                    let open = signature.inside.strip_suffix("</ds:Signature>")?;
                    format!("{open}<ds:Object>{inner}</ds:Object></ds:Signature>")
                } else {
                    format!("{inner}{}", signature.inside)
                };
                Some(format!("{head}</saml:Issuer>{signature}{tail}"))
            }
            Self::Wrapped3 => Some(assertion.with(&format!("{forged}{original}"))),
            Self::Wrapped4 => {
                let open = forged.strip_suffix("</saml:Assertion>")?;
                Some(assertion.with(&format!("{open}{original}</saml:Assertion>")))
            }
            Self::Wrapped5 => Some(assertion.with(&format!("{}{bare}", with_signature(signature.inside)?))),
            Self::Wrapped6 => Some(assertion.with(&within_signature(&bare)?)),
            Self::Wrapped7 => Some(extended(original, &forged)),
            Self::Wrapped8 => Some(assertion.with(&within_signature(&format!("<ds:Object>{bare}</ds:Object>"))?)),
            Self::SignatureInExtensions => Some(extended(signature.inside, &bare)),
            _ => None,
        }
    }
}

/// A text with a place in it.
struct Cut<'t> {
    before: &'t str,
    inside: &'t str,
    after: &'t str,
}

impl<'t> Cut<'t> {
    /// The first element of this name, prefix included.
    fn element(text: &'t str, name: &str) -> Option<Self> {
        let open = format!("<{name}");
        let starts = text.match_indices(open.as_str()).map(|(at, _)| at);
        let mut starts = starts.filter(|at| {
            let behind = text.get(at + open.len()..).unwrap_or_default();
            behind.starts_with([' ', '>', '/'])
        });
        let start = starts.next()?;
        let close = format!("</{name}>");
        let end = start + text.get(start..)?.find(&close)? + close.len();
        Some(Self { before: text.get(..start)?, inside: text.get(start..end)?, after: text.get(end..)? })
    }

    fn with(&self, inside: &str) -> String {
        [self.before, inside, self.after].concat()
    }

    fn without(&self) -> String {
        self.with("")
    }
}

fn without_attribute(text: &str, element: &str, name: &str) -> Option<String> {
    let start = text.find(&format!("<{element} "))?;
    let (before, rest) = text.split_at_checked(start)?;
    let (head, tail) = rest.split_once(&format!(" {name}=\""))?;
    let (_, tail) = tail.split_once('"')?;
    Some([before, head, tail].concat())
}
