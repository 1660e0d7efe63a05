//! Patterns in which `?` stands. Trying each place of a text by hand would take the letters of the one times those of the
//! other, and both may come from somebody who means harm; so all places are tried at once, a bit for each.

use std::collections::HashMap;
use std::hash::Hash;

/// A unit that must be there, or any one.
pub type Unit<U> = Option<U>;

/// Whether the whole of `text` matches these units, with anything between two segments of them.
pub fn matches<U: Copy + Eq + Hash>(segments: &[Vec<Unit<U>>], text: &[U]) -> bool {
    let [first, rest @ ..] = segments else { return text.is_empty() };
    let Some((last, middle)) = rest.split_last() else { return first.len() == text.len() && begins(first, text) };
    if !begins(first, text) {
        return false;
    }
    // INVARIANT: an earlier segment never needs another place than its leftmost one.
    let mut rest = text.get(first.len()..).unwrap_or_default();
    for segment in middle {
        match end_of(segment, rest) {
            Some(end) => rest = rest.get(end..).unwrap_or_default(),
            None => return false,
        }
    }
    let from = rest.len().checked_sub(last.len());
    from.and_then(|from| rest.get(from..)).is_some_and(|tail| begins(last, tail))
}

fn begins<U: Copy + Eq>(segment: &[Unit<U>], text: &[U]) -> bool {
    let fits = |(wanted, found): (&Unit<U>, &U)| wanted.is_none_or(|wanted| wanted == *found);
    segment.len() <= text.len() && segment.iter().zip(text).all(fits)
}

const BITS: usize = u64::BITS as usize;

/// Where the leftmost place of a segment ends. A bit of `begun` says that so much of it stands right before here.
fn end_of<U: Copy + Eq + Hash>(segment: &[Unit<U>], text: &[U]) -> Option<usize> {
    let Some(last) = segment.len().checked_sub(1) else { return Some(0) };
    if segment.len() <= BITS {
        return text.windows(segment.len()).position(|here| begins(segment, here)).map(|at| at + segment.len());
    }
    let mut any = vec![0_u64; segment.len().div_ceil(BITS)];
    let mut places: HashMap<U, Vec<usize>> = HashMap::new();
    for (at, unit) in segment.iter().enumerate() {
        match unit {
            Some(unit) => places.entry(*unit).or_default().push(at),
            None => set(&mut any, at),
        }
    }
    // What stands at many places is looked up as a row of bits, what stands at few place by place: neither takes long.
    let is_frequent = |found: &Vec<usize>| found.len() > any.len();
    let rows: HashMap<U, Vec<u64>> = places
        .iter()
        .filter(|(_, found)| is_frequent(found))
        .map(|(unit, found)| {
            let mut row = any.clone();
            for at in found {
                set(&mut row, *at);
            }
            (*unit, row)
        })
        .collect();
    let mut begun = vec![0_u64; any.len()];
    let mut next = begun.clone();
    for (at, unit) in text.iter().enumerate() {
        let mut carried = 1;
        for (word, before) in next.iter_mut().zip(&begun) {
            *word = (before << 1) | carried;
            carried = before >> (BITS - 1);
        }
        let row = rows.get(unit).unwrap_or(&any);
        for ((word, next), row) in begun.iter_mut().zip(&next).zip(row) {
            *word = next & row;
        }
        if let Some(few) = places.get(unit).filter(|found| !is_frequent(found)) {
            few.iter().filter(|at| is_set(&next, **at)).for_each(|at| set(&mut begun, *at));
        }
        if is_set(&begun, last) {
            return Some(at + 1);
        }
    }
    None
}

fn set(bits: &mut [u64], at: usize) {
    if let Some(word) = bits.get_mut(at / BITS) {
        *word |= 1 << (at % BITS);
    }
}

fn is_set(bits: &[u64], at: usize) -> bool {
    bits.get(at / BITS).is_some_and(|word| (word >> (at % BITS)) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(pattern: &str) -> Vec<Vec<Unit<u8>>> {
        let unit = |byte: u8| (byte != b'?').then_some(byte);
        pattern.split('*').map(|segment| segment.bytes().map(unit).collect()).collect()
    }

    /// What is meant, at whatever cost.
    fn means(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, _) => text.is_empty(),
            (Some((b'*', rest)), None) => means(rest, text),
            (Some((b'*', rest)), Some((_, later))) => means(rest, text) || means(pattern, later),
            (Some(_), None) => false,
            (Some((wanted, rest)), Some((found, later))) => (*wanted == b'?' || wanted == found) && means(rest, later),
        }
    }

    /// All texts of these letters, up to a length.
    fn all(letters: &str, longest: usize) -> Vec<String> {
        let mut found = vec![String::new()];
        let mut from = 0;
        for _ in 0..longest {
            let longer: Vec<String> = found[from..]
                .iter()
                .flat_map(|text| letters.chars().map(move |letter| format!("{text}{letter}")))
                .collect();
            from = found.len();
            found.extend(longer);
        }
        found
    }

    #[test]
    fn short_patterns_match_what_they_mean() {
        for pattern in all("ab?*", 5) {
            for text in all("ab", 5) {
                let expect = means(pattern.as_bytes(), text.as_bytes());
                assert_eq!(matches(&segments(&pattern), text.as_bytes()), expect, "{pattern} on {text}");
            }
        }
    }

    #[test]
    fn long_segments_are_found_at_their_leftmost_place() {
        for length in [1, 63, 64, 65, 127, 128, 129, 200] {
            for (segment, hit) in [
                ("a".repeat(length), "a".repeat(length)),
                ("a?".repeat(length), "ab".repeat(length)),
                (format!("{}b", "?".repeat(length)), format!("{}b", "c".repeat(length))),
                (format!("b{}c", "a?".repeat(length)), format!("b{}c", "aa".repeat(length))),
            ] {
                let unit = |byte: u8| (byte != b'?').then_some(byte);
                let segment: Vec<Unit<u8>> = segment.bytes().map(unit).collect();
                for before in ["", "b", "cbc", "aab"] {
                    let text = format!("{before}{hit}{hit}");
                    let leftmost = (0..text.len()).find(|at| begins(&segment, &text.as_bytes()[*at..])).unwrap();
                    assert_eq!(end_of(&segment, text.as_bytes()), Some(leftmost + segment.len()), "{text}");
                    assert_eq!(end_of(&segment, &hit.as_bytes()[1..]), None, "{hit}");
                }
            }
        }
    }
}
