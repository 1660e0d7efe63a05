//! Bodies in chunks: the head as it is signed, and the signature of each chunk and of the trailers.

use std::error::Error;
use std::fs;
use std::path::Path;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::SignableBody;
use aws_sigv4::sign::v4::{self, sign_chunk, sign_trailer};
use aws_smithy_runtime_api::http::Headers;
use bytes::Bytes;

use crate::cases::{Chunked, chunked};
use crate::{STAMP, signed, signed_at};

/// Writes all cases and says how many there are.
pub fn write_all() -> Result<usize, Box<dyn Error>> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/sigv4-chunked");
    if fixtures.exists() {
        fs::remove_dir_all(&fixtures)?;
    }
    fs::create_dir_all(&fixtures)?;
    let cases = chunked();
    for case in &cases {
        fs::write(fixtures.join(case.head.name).with_extension("txt"), text(case)?)?;
    }
    Ok(cases.len())
}

/// The byte at `at` of every body.
fn byte(at: usize) -> u8 {
    b'a' + (at % 23) as u8
}

fn text(case: &Chunked) -> Result<String, Box<dyn Error>> {
    let head = &case.head;
    let (request, _, seed) = signed(head, SignableBody::Precomputed(case.mode.to_owned()))?;
    let mut text = request.wire();
    text += &format!("secret: {}\nregion: {}\nsigned-at: {STAMP}\n", head.secret, head.region);
    let identity = Credentials::new(head.key, head.secret, head.token.clone(), None, "made up").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(head.region)
        .name(head.service)
        .time(signed_at())
        .settings(())
        .build()?;
    let is_signed = case.mode.starts_with("STREAMING-AWS4");
    let mut last = seed;
    let mut from = 0;
    for size in case.sizes.iter().chain(&[0]) {
        let bytes: Bytes = (from..from + size).map(byte).collect();
        from += size;
        if is_signed {
            last = sign_chunk(&bytes, &last, &params)?.into_parts().1;
            text += &format!("chunk: {size} {last}\n");
        } else {
            text += &format!("chunk: {size}\n");
        }
    }
    let mut headers = Headers::new();
    for (name, value) in case.trailers {
        headers.append(*name, *value);
        text += &format!("trailer: {name}:{value}\n");
    }
    if is_signed && !case.trailers.is_empty() {
        let signature = sign_trailer(&headers, &last, &params)?.into_parts().1;
        text += &format!("trailer-signature: {signature}\n");
    }
    Ok(text)
}
