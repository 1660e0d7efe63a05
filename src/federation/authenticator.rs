//! What an authenticator app takes in: a seed, as text and as a picture to be scanned.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_VirtualMFADevice.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use miniz_oxide::deflate::compress_to_vec_zlib;
use qrcode::{Color, EcLevel, QrCode};
use zeroize::Zeroizing;

use crate::secret::Secret;

/// Modules of white around a code; scanners need them.
const MARGIN: usize = 4;
/// Pixels along a module: eight of one bit each are one byte.
const SCALE: usize = 8;
const LEVEL: u8 = 9;

/// A new seed in base32. AWS: of forty bytes.
pub fn fresh_seed(random: [u8; 64]) -> Secret<String> {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let letter = |byte: u8| LETTERS.get(usize::from(byte & 31)).copied().map_or('A', char::from);
    Secret::new(random.into_iter().map(letter).collect())
}

/// A seed as answers carry it: base64 of base32.
pub fn encoded_seed(seed: &Secret<String>) -> Secret<String> {
    Secret::new(STANDARD.encode(seed.expose()))
}

/// A seed as a PNG in base64; none if the name is too long for a picture. AWS: the text in it is iamx-mfa-qr's.
pub fn encoded_picture(device: &str, account_name: &str, seed: &Secret<String>) -> Option<Secret<String>> {
    let text = Zeroizing::new(format!("otpauth://totp/{device}@{account_name}?secret={}", seed.expose()));
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M).ok()?;
    let png = Zeroizing::new(png(&code)?);
    Some(Secret::new(STANDARD.encode(png.as_slice())))
}

/// A picture of one bit a pixel. <https://www.w3.org/TR/png-3/>
fn png(code: &QrCode) -> Option<Vec<u8>> {
    const BLACK: u8 = 0x00;
    const WHITE: u8 = 0xff;
    const NO_FILTER: u8 = 0;
    let (width, colors) = (code.width(), code.to_colors());
    let side = u32::try_from((width + 2 * MARGIN) * SCALE).ok()?;
    let mut header = [side.to_be_bytes(), side.to_be_bytes()].concat();
    // One bit of grey; the only ways there are to compress and to filter; not interlaced.
    header.extend([1, 0, 0, 0, 0]);
    let margin = [WHITE; MARGIN];
    let blank = [WHITE].repeat(width + 2 * MARGIN);
    let dark = |color: &Color| if *color == Color::Dark { BLACK } else { WHITE };
    let rows = colors.chunks(width).map(|row| {
        let row: Vec<u8> = row.iter().map(dark).collect();
        [margin.as_slice(), row.as_slice(), margin.as_slice()].concat()
    });
    let blanks = || std::iter::repeat_n(blank.clone(), MARGIN);
    let lines =
        blanks().chain(rows).chain(blanks()).flat_map(|row| [&[NO_FILTER], row.as_slice()].concat().repeat(SCALE));
    let pixels = Zeroizing::new(lines.collect::<Vec<u8>>());
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut png, *b"IHDR", &header)?;
    chunk(&mut png, *b"IDAT", &compress_to_vec_zlib(&pixels, LEVEL))?;
    chunk(&mut png, *b"IEND", &[])?;
    Some(png)
}

fn chunk(png: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) -> Option<()> {
    png.extend(u32::try_from(data.len()).ok()?.to_be_bytes());
    png.extend(kind);
    png.extend(data);
    let sum = checksum(kind.iter().chain(data));
    png.extend(sum.to_be_bytes());
    Some(())
}

/// CRC-32 as PNG has it.
fn checksum<'b>(bytes: impl Iterator<Item = &'b u8>) -> u32 {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    let step = |sum: u32, _bit: u32| if sum & 1 == 1 { (sum >> 1) ^ POLYNOMIAL } else { sum >> 1 };
    !bytes.fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_png() {
        // That of every PNG's last chunk.
        assert_eq!(checksum(b"IEND".iter()), 0xae42_6082);
        assert_eq!(checksum(b"123456789".iter()), 0xcbf4_3926);
    }

    #[test]
    fn the_longest_names_fit_into_a_picture() {
        let seed = fresh_seed([7; 64]);
        assert_eq!(seed.expose(), &"H".repeat(64));
        assert!(encoded_picture(&"n".repeat(226), &"u".repeat(64), &seed).is_some());
    }
}
