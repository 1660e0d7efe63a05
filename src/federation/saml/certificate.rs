//! The public key of an X.509 certificate, which is all that AWS takes of one: dates and chains are not looked at.
//!
//! <https://www.rfc-editor.org/rfc/rfc5280#section-4.1>

use rsa::pkcs8::der::{Decode as _, Header, Reader as _, SliceReader, Tag};

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
