//! The frames of `aws-chunked`: `{size};chunk-signature={signature}`, that many bytes, and after the last the trailers.
//!
//! Hands a signed chunk on only when the chain has proven it. Never believes a size for more than it has seen.
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>

use std::borrow::Cow;
use std::mem;

use sha2::{Digest, Sha256};

use super::body::{Piece, Standing};
use super::chain::{Chain, Signature};
use super::declared::{Declared, PayloadFault};
use super::percent::hex_value;
use super::trailers::{Pairs, Trailers};

/// The least size of a chunk that is not the last one.
// AWS: S3 answers `InvalidChunkSizeError` to smaller ones.
pub const SMALLEST_CHUNK: u64 = 8 * 1024;

/// The most that a signed chunk may have, because it is held until it is proven; signers make 64 KiB to 1 MiB.
pub const LARGEST_SIGNED_CHUNK: u64 = 16 * 1024 * 1024;

/// A body in frames, as far as it came.
#[derive(Debug)]
pub(super) struct Chunked {
    /// If the chunks are signed.
    chain: Option<Chain>,
    /// If trailers follow.
    trailers: Option<Trailers>,
    declared: u64,
    /// The sizes of the chunks that were opened.
    opened: u64,
    /// The size of the last chunk, if only the last may be so small.
    small: Option<u64>,
    at: At,
    /// A line that has not ended yet.
    line: Vec<u8>,
    /// A signed chunk that has not ended yet.
    chunk: Vec<u8>,
}

/// What comes next.
#[derive(Clone, Copy, Debug)]
enum At {
    /// The line that opens a chunk.
    Opening,
    /// So many bytes of a chunk.
    Data { left: u64, signature: Option<Signature> },
    /// The end of line that closes a chunk.
    Closing,
    /// The lines behind the last chunk.
    Trailers,
    /// The end of line that closes a body without trailers.
    LastLine,
    /// Nothing.
    End,
}

impl Chunked {
    pub(super) fn new(declared: &Declared, chain: Option<Chain>) -> Self {
        let trailers = declared.mode().has_trailers().then(|| Trailers::new(declared.trailers()));
        Self {
            chain,
            trailers,
            declared: declared.decoded_length().unwrap_or_default(),
            opened: 0,
            small: None,
            at: At::Opening,
            line: Vec::new(),
            chunk: Vec::new(),
        }
    }

    pub(super) fn is_signed(&self) -> bool {
        self.chain.is_some()
    }

    pub(super) fn push(&mut self, bytes: &[u8], sink: &mut impl FnMut(Piece<'_>)) -> Result<(), PayloadFault> {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = match self.at {
                At::Data { left, signature } => self.take_data(rest, left, signature, sink)?,
                At::End => return Err(PayloadFault::AfterEnd),
                _ => self.take_line(rest)?,
            };
        }
        Ok(())
    }

    /// The trailers, if all came to its end.
    // WHY: a stream may stop after the last trailer, without the blank line: nothing more can come that matters.
    pub(super) fn finish(self) -> Result<Pairs, PayloadFault> {
        let signed = self.is_signed();
        match (self.at, self.trailers) {
            (At::End, trailers) => Ok(trailers.map(Trailers::into_pairs).unwrap_or_default()),
            (At::Trailers, Some(trailers)) if self.line.is_empty() && trailers.is_complete(signed) => {
                Ok(trailers.into_pairs())
            }
            _ => Err(PayloadFault::Incomplete),
        }
    }

    /// Takes what of `bytes` belongs to the chunk, and gives the rest back.
    fn take_data<'b>(
        &mut self,
        bytes: &'b [u8],
        left: u64,
        signature: Option<Signature>,
        sink: &mut impl FnMut(Piece<'_>),
    ) -> Result<&'b [u8], PayloadFault> {
        let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let (data, rest) = bytes.split_at(here);
        let left = left - here as u64;
        self.at = if left > 0 { At::Data { left, signature } } else { At::Closing };
        let Some(signature) = signature else {
            sink(Piece { bytes: Cow::Borrowed(data), standing: Standing::Unsigned });
            return Ok(rest);
        };
        if left > 0 || !self.chunk.is_empty() {
            self.chunk.extend_from_slice(data);
        }
        if left == 0 {
            // A chunk that came in one portion is not copied.
            let held = mem::take(&mut self.chunk);
            let chunk = if held.is_empty() { Cow::Borrowed(data) } else { Cow::Owned(held) };
            self.prove(&chunk, Some(signature))?;
            sink(Piece { bytes: chunk, standing: Standing::Proven });
        }
        Ok(rest)
    }

    /// Takes bytes up to the end of the line, and gives the rest back.
    fn take_line<'b>(&mut self, bytes: &'b [u8]) -> Result<&'b [u8], PayloadFault> {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let (part, rest) = bytes.split_at(end.map_or(bytes.len(), |at| at + 1));
        let (most, fault) = match self.at {
            At::Trailers => (LONGEST_TRAILER, PayloadFault::BadTrailer),
            At::Opening => (LONGEST_OPENING, PayloadFault::BadChunk),
            _ => (END_OF_LINE.len(), PayloadFault::BadChunk),
        };
        if self.line.len() + part.len() > most {
            return Err(fault);
        }
        self.line.extend_from_slice(part);
        if end.is_some() {
            let mut line = mem::take(&mut self.line);
            self.at = self.after_line(&line)?;
            line.clear();
            self.line = line;
        }
        Ok(rest)
    }

    /// What a line leads to.
    fn after_line(&mut self, line: &[u8]) -> Result<At, PayloadFault> {
        match self.at {
            At::Opening => self.open(line),
            At::Trailers => {
                let trailers = self.trailers.as_mut().ok_or(PayloadFault::BadTrailer)?;
                Ok(if trailers.take(line, self.chain.as_ref())? { At::End } else { At::Trailers })
            }
            _ if line != END_OF_LINE => Err(PayloadFault::BadChunk),
            At::LastLine => Ok(At::End),
            _ => Ok(At::Opening),
        }
    }

    /// Reads the line that opens a chunk.
    fn open(&mut self, line: &[u8]) -> Result<At, PayloadFault> {
        let (size, signature) = opening(line, self.chain.is_some()).ok_or(PayloadFault::BadChunk)?;
        let came = self.opened.saturating_add(size);
        if came > self.declared || (size == 0 && came < self.declared) {
            return Err(PayloadFault::WrongLength { declared: self.declared, came });
        }
        if size == 0 {
            self.prove(&[], signature)?;
            return Ok(if self.trailers.is_some() { At::Trailers } else { At::LastLine });
        }
        if let Some(size) = self.small {
            return Err(PayloadFault::ChunkTooSmall { size });
        }
        if signature.is_some() && size > LARGEST_SIGNED_CHUNK {
            return Err(PayloadFault::ChunkTooLarge { size, most: LARGEST_SIGNED_CHUNK });
        }
        self.opened = came;
        self.small = (size < SMALLEST_CHUNK).then_some(size);
        Ok(At::Data { left: size, signature })
    }

    /// Demands that the key signed this chunk here, if chunks are signed.
    fn prove(&mut self, chunk: &[u8], signature: Option<Signature>) -> Result<(), PayloadFault> {
        let proven = match (&mut self.chain, signature) {
            (Some(chain), Some(signature)) => chain.proves_chunk(&Sha256::digest(chunk).into(), &signature),
            (chain, _) => chain.is_none(),
        };
        if proven { Ok(()) } else { Err(PayloadFault::ChunkMismatch) }
    }
}

const END_OF_LINE: &[u8] = b"\r\n";
const CHUNK_SIGNATURE: &[u8] = b";chunk-signature=";

/// Sixteen digits of a size, the signature and the end of the line.
const LONGEST_OPENING: usize = 16 + CHUNK_SIGNATURE.len() + 64 + END_OF_LINE.len();

/// Longer than any checksum or signature.
const LONGEST_TRAILER: usize = 1024;

/// Reads `{size}` or `{size};chunk-signature={signature}`.
fn opening(line: &[u8], signed: bool) -> Option<(u64, Option<Signature>)> {
    let line = line.strip_suffix(END_OF_LINE)?;
    let length = line.iter().position(|byte| *byte == b';').unwrap_or(line.len());
    let (digits, extension) = line.split_at(length);
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    let size = digits.iter().try_fold(0, |size, digit| Some(size << 4 | u64::from(hex_value(*digit)?)))?;
    if !signed {
        return extension.is_empty().then_some((size, None));
    }
    let signature = extension.strip_prefix(CHUNK_SIGNATURE)?.try_into().ok()?;
    Some((size, Some(signature)))
}
