//! Which words of a proved assertion become condition keys: those on AWS's list, and no others.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-saml>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};

use super::verify::VerifiedAssertion;
use crate::federation::context::{ContextKey, ContextValue};

/// Tells two identity providers apart that name a subject alike; `document` is `{account}/{provider name}`.
pub fn name_qualifier(issuer: &str, document: &str) -> String {
    STANDARD.encode(Sha1::digest(format!("{issuer}{document}")))
}

/// The condition keys of an assertion; `document` is `{account}/{provider name}`.
pub fn context_keys(assertion: &VerifiedAssertion, document: &str) -> Vec<ContextKey> {
    let one = |name: &str, value: &str, lasting| ContextKey {
        key: format!("saml:{name}"),
        value: ContextValue::One(value.to_owned()),
        lasting,
    };
    let mut keys = vec![
        one("aud", assertion.recipient(), false),
        one("iss", assertion.issuer(), false),
        one("sub", assertion.subject(), true),
        one("sub_type", assertion.subject_type(), true),
        one("doc", document, false),
        one("namequalifier", &name_qualifier(assertion.issuer(), document), true),
    ];
    for (attribute, values) in assertion.attributes() {
        let Some((name, many)) = mapped(attribute) else { continue };
        let key = format!("saml:{name}");
        // AWS: of two claims for one key only one is mapped (B-283: the first).
        if keys.iter().any(|known| known.key == key) || values.is_empty() {
            continue;
        }
        let first = values.first().cloned().unwrap_or_default();
        let value = if many { ContextValue::Many(values.clone()) } else { ContextValue::One(first) };
        keys.push(ContextKey { key, value, lasting: false });
    }
    keys
}

/// The key of an attribute, and whether it holds several values.
fn mapped(attribute: &str) -> Option<(&'static str, bool)> {
    let find =
        |table: &[(&str, &'static str)]| table.iter().find(|(known, _)| *known == attribute).map(|(_, name)| *name);
    find(&LISTS).map(|name| (name, true)).or_else(|| find(&SINGLES).map(|name| (name, false)))
}

const LISTS: [(&str, &str); 13] = [
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.1", "edupersonaffiliation"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.2", "edupersonnickname"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.4", "edupersonorgunitdn"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.7", "edupersonentitlement"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.9", "edupersonscopedaffiliation"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.10", "edupersontargetedid"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.11", "edupersonassurance"),
    ("urn:oid:1.3.6.1.4.1.5923.1.2.1.2", "eduorghomepageuri"),
    ("urn:oid:1.3.6.1.4.1.5923.1.2.1.3", "eduorgidentityauthnpolicyuri"),
    ("urn:oid:1.3.6.1.4.1.5923.1.2.1.4", "eduorglegalname"),
    ("urn:oid:1.3.6.1.4.1.5923.1.2.1.5", "eduorgsuperioruri"),
    ("urn:oid:1.3.6.1.4.1.5923.1.2.1.6", "eduorgwhitepagesuri"),
    ("urn:oid:2.5.4.3", "cn"),
];

/// AWS: one number is written wrongly in the table of the manual; the right one is taken as well (B-283).
const SINGLES: [(&str, &str); 18] = [
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.3", "edupersonorgdn"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.5", "edupersonprimaryaffiliation"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.6", "edupersonprincipalname"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.8", "edupersonprimaryorgunitdn"),
    ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name", "name"),
    ("http://schemas.xmlsoap.org/claims/CommonName", "commonName"),
    ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname", "givenName"),
    ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname", "surname"),
    ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", "mail"),
    ("http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid", "primaryGroupSID"),
    ("2.5.4.3", "commonName"),
    ("2.5.4.4", "surname"),
    ("2.4.5.42", "givenName"),
    ("2.5.4.42", "givenName"),
    ("2.5.4.45", "x500UniqueIdentifier"),
    ("0.9.2342.19200300.100.1.1", "uid"),
    ("0.9.2342.19200300.100.1.3", "mail"),
    ("0.9.2342.19200300.100.1.45", "organizationStatus"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_qualifier_is_the_manuals() {
        let qualifier = name_qualifier("https://example.com/saml", "123456789012/MySAMLIdP");
        assert_eq!(qualifier, "1uAJanUnBc2XeUkHURMht+xam2c=");
    }
}
