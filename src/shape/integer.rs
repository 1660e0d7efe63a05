//! Integers as the AWS front end reads them: signed, 32 bits, an optional sign, leading zeros allowed.

/// Why parameters have no form at all, so that no constraint is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// Nothing was written where a number belongs; AWS says so.
    Empty,
    /// Blanks, fractions, letters or more than 32 bits; AWS gives no text.
    NotANumber,
    /// An index of a list that is zero.
    NotAnIndex(String),
    /// An index of a list that is negative.
    NegativeIndex(String),
    /// A list that leaves out this many places.
    SkipsEntries(usize),
    /// Two indices without a name between them.
    IndicesBackToBack,
    /// A word where an index of a list of plain values belongs.
    ListStart,
}

/// The number that `text` writes.
pub fn parse(text: &str) -> Result<i32, Malformed> {
    if text.is_empty() {
        return Err(Malformed::Empty);
    }
    text.parse().map_err(|_| Malformed::NotANumber)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_and_leading_zeros_are_fine_and_nothing_else_is() {
        for (text, expect) in [
            ("900", Ok(900)),
            ("0900", Ok(900)),
            ("+900", Ok(900)),
            ("-1", Ok(-1)),
            ("2147483647", Ok(i32::MAX)),
            ("-2147483648", Ok(i32::MIN)),
            ("2147483648", Err(Malformed::NotANumber)),
            ("-2147483649", Err(Malformed::NotANumber)),
            ("", Err(Malformed::Empty)),
            ("900.0", Err(Malformed::NotANumber)),
            ("9e2", Err(Malformed::NotANumber)),
            (" 900", Err(Malformed::NotANumber)),
            ("900\t", Err(Malformed::NotANumber)),
            ("+", Err(Malformed::NotANumber)),
        ] {
            assert_eq!(parse(text), expect, "{text:?}");
        }
    }
}
