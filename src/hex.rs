//! Bytes in hexadecimal, as hashes, ids and thumbprints are written: two digits each, in small letters.

/// The digits of each byte.
pub fn digits<const N: usize>(bytes: [u8; N]) -> [[u8; 2]; N] {
    let mut digits = [[0; 2]; N];
    digits.iter_mut().zip(bytes).for_each(|(place, byte)| *place = pair(byte));
    digits
}

/// Bytes as a text.
pub fn text(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| pair(*byte)).map(char::from).collect()
}

/// The digits of one byte.
// WHY: no branch, for nobody can predict the digits of a hash.
pub fn pair(byte: u8) -> [u8; 2] {
    [byte >> 4, byte & 15].map(|nibble| b'0' + nibble + u8::from(nibble > 9) * (b'a' - b'9' - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_has_two_digits() {
        assert_eq!(text(&[0x00, 0x09, 0x0a, 0x9f, 0xff]), "00090a9fff");
        assert_eq!(digits([0x09, 0xa0]).as_flattened(), b"09a0");
    }
}
