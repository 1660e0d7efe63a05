//! The signatures of a body that comes in chunks: each covers the one before it, the first that of the request.
//!
//! Starts only from a request that was verified; says of each link only whether the key made it.
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>

use super::keys::{SigningKey, hex};
use super::verify::is_same;

/// A signature as it is written: 64 hexadecimal digits.
pub(super) type Signature = [u8; 64];

/// Where the chain of a body's signatures stands.
#[derive(Clone, Debug)]
pub struct Chain {
    key: SigningKey,
    /// `{date}\n{scope}\n`.
    place: Box<[u8]>,
    last: Signature,
}

impl Chain {
    /// A chain whose next link covers `seed`, the signature of a verified request.
    pub(super) fn new(key: &SigningKey, place: Box<[u8]>, seed: Signature) -> Self {
        Self { key: key.clone(), place, last: seed }
    }

    /// Whether `claimed` is the signature of a chunk of this hash in this place; if so it becomes the last link.
    pub(super) fn proves_chunk(&mut self, hash: &[u8; 32], claimed: &Signature) -> bool {
        let to_sign = [b"AWS4-HMAC-SHA256-PAYLOAD\n", &*self.place, &self.last, EMPTY_HASH, &hex(hash)];
        let proven = self.signed(&to_sign, claimed);
        if proven {
            self.last = *claimed;
        }
        proven
    }

    /// The same for trailers, whose hash is that of their canonical text.
    pub(super) fn proves_trailers(&self, hash: &[u8; 32], claimed: &Signature) -> bool {
        self.signed(&[b"AWS4-HMAC-SHA256-TRAILER\n", &self.place, &self.last, b"\n", &hex(hash)], claimed)
    }

    fn signed(&self, to_sign: &[&[u8]], claimed: &Signature) -> bool {
        is_same(&hex(&self.key.sign(to_sign)), claimed)
    }
}

/// The hash of nothing, on a line of its own: headers that a chunk has not.
const EMPTY_HASH: &[u8] = b"\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n";
