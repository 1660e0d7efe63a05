//! Policies, packed small: deflated as if the beginning that most of them have stood before the text.
//!
//! AWS: a policy of 105 characters takes 66 bytes of a real token (aws-behaviour 17.5), fewer than deflating it alone
//! comes to. <https://www.rfc-editor.org/rfc/rfc1951>

use std::sync::LazyLock;

use miniz_oxide::deflate::core::{
    CompressionStrategy as Strategy, CompressorOxide, TDEFLFlush, TDEFLStatus, compress_to_output,
    create_comp_flags_from_zip_params,
};
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use serde::{Deserialize, Serialize};

/// A text as it travels in a token. It does not print: policies are nobody else's business.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, derive_more::Debug)]
#[debug("Packed({} bytes)", _0.len())]
pub struct Packed(Vec<u8>);

/// What is taken to stand before every text. INVARIANT: a token in use was packed behind this very text.
const BEGINNING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":""#;
/// The same, deflated: what is packed goes on from there, whichever codes either has. Made once, for it is dear.
static BEGINNING_DEFLATED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut deflated = Vec::new();
    let _ = deflate(&mut compressor(Strategy::Fixed), BEGINNING, TDEFLFlush::Sync, &mut deflated);
    deflated
});
/// As small as it gets, for the room is scarce.
const LEVEL: i32 = 9;
/// AWS: no policy of a token that was sealed here is longer than a request's body.
const LONGEST: usize = 10_000_000;

impl Packed {
    /// Packs `text`.
    pub fn new(text: &str) -> Self {
        let [fixed, own] = [Strategy::Fixed, Strategy::Default].map(|codes| deflate_after_beginning(text, codes));
        Self(if fixed.len() < own.len() { fixed } else { own })
    }

    /// The text; none if these bytes were not packed here.
    pub fn text(&self) -> Option<String> {
        let deflated = [BEGINNING_DEFLATED.as_slice(), &self.0].concat();
        let mut bytes = decompress_to_vec_with_limit(&deflated, BEGINNING.len() + LONGEST).ok()?;
        let text = bytes.split_off(bytes.len().min(BEGINNING.len()));
        (bytes == BEGINNING.as_bytes()).then(|| String::from_utf8(text).ok())?
    }
}

/// What `text` adds to the deflated beginning. Short texts fare better with the fixed codes than with codes of their own.
fn deflate_after_beginning(text: &str, codes: Strategy) -> Vec<u8> {
    let (mut compressor, mut added) = (compressor(codes), Vec::new());
    let _ = deflate(&mut compressor, BEGINNING, TDEFLFlush::Sync, &mut Vec::new());
    let status = deflate(&mut compressor, text, TDEFLFlush::Finish, &mut added);
    debug_assert_eq!(status, TDEFLStatus::Done, "it may write as much as it likes");
    added
}

fn compressor(codes: Strategy) -> CompressorOxide {
    CompressorOxide::new(create_comp_flags_from_zip_params(LEVEL, 0, codes as i32))
}

/// Appends to `out`; after a `Sync` it ends at a whole byte, and what is deflated next goes on from there.
fn deflate(compressor: &mut CompressorOxide, text: &str, flush: TDEFLFlush, out: &mut Vec<u8>) -> TDEFLStatus {
    let take = |bytes: &[u8]| {
        out.extend_from_slice(bytes);
        true
    };
    compress_to_output(compressor, text.as_bytes(), flush, take).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, at_most: usize) {
        let packed = Packed::new(text);
        assert_eq!(packed.text().as_deref(), Some(text));
        assert!(packed.0.len() <= at_most, "{} bytes for {text:.60}", packed.0.len());
    }

    #[test]
    fn what_is_packed_comes_back() {
        check(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#, 40);
        check("{}", 6);
        check("", 3);
        check("\u{FF}\u{A1} no policy at all", 40);
        check(BEGINNING, 6);
        check(&"a policy may be long, and say the same again and again. ".repeat(20_000), 20_000);
    }

    #[test]
    fn what_was_not_packed_here_has_no_text() {
        for bytes in [&b""[..], b"\x00", b"\xFF\xFF\xFF", b"no deflated text"] {
            assert_eq!(Packed(bytes.to_vec()).text(), None, "{bytes:?}");
        }
    }
}
