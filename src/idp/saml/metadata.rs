//! The metadata of the built-in identity provider: what a SAML provider of IAM is made with.

use quick_xml::escape::escape;

use super::demo_signer;

/// What the built-in identity provider is registered with if nobody says otherwise.
pub fn built_in_metadata() -> Option<String> {
    metadata(super::ENTITY_ID, super::SIGN_ON)
}

/// The document of an identity provider that calls itself `entity_id` and is reached at `sign_on`.
pub fn metadata(entity_id: &str, sign_on: &str) -> Option<String> {
    let (entity_id, sign_on) = (escape(entity_id), escape(sign_on));
    let signer = demo_signer()?;
    let certificate = signer.certificate();
    Some(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{entity_id}\">\n  \
         <md:IDPSSODescriptor WantAuthnRequestsSigned=\"false\" \
         protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">\n    \
         <md:KeyDescriptor use=\"signing\">\n      <ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\n        \
         <ds:X509Data>\n          <ds:X509Certificate>{certificate}</ds:X509Certificate>\n        </ds:X509Data>\n      \
         </ds:KeyInfo>\n    </md:KeyDescriptor>\n    \
         <md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>\n    \
         <md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"{sign_on}\"/>\n    \
         <md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"{sign_on}\"/>\n  \
         </md:IDPSSODescriptor>\n</md:EntityDescriptor>\n"
    ))
}
