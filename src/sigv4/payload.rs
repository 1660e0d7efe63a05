//! What a request says of its body in `x-amz-content-sha256`: a hash, or how the body vouches for itself.
//!
//! Reads the words; never sees a body.
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>

/// How a body is covered by the signature of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadMode {
    /// By its hash.
    Sha256,
    /// Not at all.
    Unsigned,
    /// By a signature for each chunk.
    StreamingSigned,
    /// The same, and one for the trailers.
    StreamingSignedTrailer,
    /// Not, but a checksum follows in a trailer.
    StreamingUnsignedTrailer,
}

impl PayloadMode {
    /// Whether the body is in chunks.
    pub fn is_chunked(self) -> bool {
        self.is_signed_by_chunks() || self == Self::StreamingUnsignedTrailer
    }

    /// Whether each chunk has a signature, for which the signing key is needed.
    pub fn is_signed_by_chunks(self) -> bool {
        matches!(self, Self::StreamingSigned | Self::StreamingSignedTrailer)
    }

    /// Whether trailers follow the last chunk.
    pub fn has_trailers(self) -> bool {
        matches!(self, Self::StreamingSignedTrailer | Self::StreamingUnsignedTrailer)
    }
}

/// What `x-amz-content-sha256` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadClaim<'a> {
    /// How the body is covered.
    pub mode: PayloadMode,
    /// The value as it came, which is the last line of the canonical request.
    pub text: &'a str,
}

impl<'a> PayloadClaim<'a> {
    /// Reads the header's value; nothing if it is none of those that S3 takes.
    pub fn parse(text: &'a str) -> Option<Self> {
        let is_hash = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let mode = match text {
            _ if is_hash => PayloadMode::Sha256,
            UNSIGNED => PayloadMode::Unsigned,
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" => PayloadMode::StreamingSigned,
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => PayloadMode::StreamingSignedTrailer,
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => PayloadMode::StreamingUnsignedTrailer,
            _ => return None,
        };
        Some(Self { mode, text })
    }

    /// What a presigned request means that says nothing.
    pub const fn unsigned() -> Self {
        Self { mode: PayloadMode::Unsigned, text: UNSIGNED }
    }
}

const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
