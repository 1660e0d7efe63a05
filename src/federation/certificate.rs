//! The public key of an X.509 certificate, which is all that AWS takes of one: dates and chains are not looked at.
//!
//! <https://www.rfc-editor.org/rfc/rfc5280#section-4.1>

use rsa::pkcs1::RsaPublicKeyRef;
use rsa::pkcs8::ObjectIdentifier;
use rsa::pkcs8::der::{Decode as _, Header, Reader as _, SliceReader, Tag};
use rsa::pkcs8::spki::SubjectPublicKeyInfoRef;

use super::KeyKind;
use super::public_key::PublicKey;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ELLIPTIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// AWS: RSA keys have so many bits at least.
const LEAST_RSA_BITS: usize = 1024;

/// A certificate has no readable key, or too small a one.
pub(super) struct NoKey;

/// The key of a certificate; none if it is sound, but of a kind that signs nothing here.
pub(super) fn certified(certificate: &[u8]) -> Result<Option<PublicKey>, NoKey> {
    let der = public_key_info(certificate).ok_or(NoKey)?;
    let info = SubjectPublicKeyInfoRef::try_from(der.as_slice()).map_err(|_| NoKey)?;
    let bytes = info.subject_public_key.as_bytes().ok_or(NoKey)?;
    let curve = match info.algorithm.oid {
        RSA => {
            let key = RsaPublicKeyRef::from_der(bytes).map_err(|_| NoKey)?;
            let modulus = key.modulus.as_bytes();
            let spare = modulus.first().ok_or(NoKey)?.leading_zeros() as usize;
            let is_large = modulus.len() * 8 - spare >= LEAST_RSA_BITS;
            return if is_large { Ok(Some(PublicKey::rsa(bytes.to_vec()))) } else { Err(NoKey) };
        }
        ELLIPTIC => match info.algorithm.parameters.and_then(|curve| curve.decode_as().ok()).ok_or(NoKey)? {
            P256 => KeyKind::P256,
            P384 => KeyKind::P384,
            P521 => KeyKind::P521,
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    PublicKey::at_point(curve, bytes).map(Some).ok_or(NoKey)
}

/// The `SubjectPublicKeyInfo` of a certificate.
pub(super) fn public_key_info(certificate: &[u8]) -> Option<Vec<u8>> {
    let mut outer = SliceReader::new(certificate).ok()?;
    let whole = enter(&mut outer, Tag::Sequence)?;
    if !outer.is_finished() {
        return None;
    }
    let mut signed = SliceReader::new(whole).ok()?;
    let certified = enter(&mut signed, Tag::Sequence)?;
    let _algorithm = enter(&mut signed, Tag::Sequence)?;
    let _signature = enter(&mut signed, Tag::BitString)?;
    let mut parts = SliceReader::new(certified).ok()?;
    if parts.peek_byte() == Some(0xa0) {
        skip(&mut parts)?;
    }
    let _serial = enter(&mut parts, Tag::Integer)?;
    for _algorithm_issuer_validity_subject in 0..4 {
        enter(&mut parts, Tag::Sequence)?;
    }
    parts.tlv_bytes().ok().map(<[u8]>::to_vec)
}

/// What is inside the next value, which must be of this kind.
fn enter<'b>(reader: &mut SliceReader<'b>, tag: Tag) -> Option<&'b [u8]> {
    let header = Header::decode(reader).ok()?;
    (header.tag() == tag).then_some(())?;
    reader.read_slice(header.length()).ok()
}

fn skip(reader: &mut SliceReader<'_>) -> Option<()> {
    reader.tlv_bytes().ok().map(|_| ())
}
