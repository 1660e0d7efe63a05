//! Which letters cannot stand in a text of JSON as they are, eight at a time.

const EACH: u64 = u64::from_ne_bytes([1; 8]);

/// Whether this is a quote, a backslash or a control character.
pub(super) fn is_odd(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | ..b' ')
}

/// Has the top bit of each byte set that is odd; behind the first one of others, too.
pub(super) fn odd(word: [u8; 8]) -> u64 {
    let word = u64::from_le_bytes(word);
    // What is less than what is taken away has its top bit set then; so has what is 128 and more, which is never odd.
    let control = word.wrapping_sub(EACH * 0x20);
    let quote = (word ^ (EACH * 0x22)).wrapping_sub(EACH);
    let backslash = (word ^ (EACH * 0x5c)).wrapping_sub(EACH);
    (control | quote | backslash) & !word & (EACH << 7)
}

/// How many bytes stand before the first odd one.
pub(super) fn plain_length(text: &[u8]) -> usize {
    let (words, rest) = text.as_chunks();
    for (at, word) in words.iter().enumerate() {
        let odd = odd(*word);
        if odd != 0 {
            return at * 8 + odd.trailing_zeros() as usize / 8;
        }
    }
    words.len() * 8 + rest.iter().position(|byte| is_odd(*byte)).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn of_all_bytes_those_are_odd_that_json_escapes() {
        for byte in 0..=u8::MAX {
            let escaped = byte < 0x20 || byte == b'"' || byte == b'\\';
            assert_eq!(is_odd(byte), escaped, "{byte}");
            for neighbour in [0, 1, 0x1f, 0x20, 0x22, 0x5c, 0x80, 0xff] {
                let mut word = [neighbour; 8];
                word[3] = byte;
                assert_eq!(odd(word) == 0, !escaped && !is_odd(neighbour), "{byte} {neighbour}");
                assert_eq!(
                    plain_length(&word),
                    word.iter().position(|byte| is_odd(*byte)).unwrap_or(8),
                    "{byte} {neighbour}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn the_first_odd_byte_is_found_wherever_it_stands(text in vec(any::<u8>(), 0..64), plain in vec(0x23_u8..0x5c, 0..64)) {
            let text = [plain, text].concat();
            prop_assert_eq!(plain_length(&text), text.iter().position(|byte| is_odd(*byte)).unwrap_or(text.len()));
        }
    }
}
