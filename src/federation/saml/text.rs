//! The text of a document before it is a tree, with blanks as every reader of XML has them, however they were written.
//!
//! Signatures are over that form, and the parser leaves it to others: line ends in values and in CDATA come through it as
//! they are. A reference (`&#10;`) is none of these, and stays what it is.
//! <https://www.w3.org/TR/xml/#sec-line-ends>, <https://www.w3.org/TR/xml/#AVNormalize>

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr2, memchr3};

use super::tree::NotXml;

/// Attributes of one element: a reader compares each with each.
const MOST_ATTRIBUTES: usize = 512;

/// The text of a document. Line ends in it are line feeds, other blanks in values of attributes than spaces are gone, and
/// no element has too many attributes.
#[derive(Debug)]
pub(super) struct Text<'x>(Cow<'x, str>);

impl<'x> Text<'x> {
    pub(super) fn of(written: &'x str) -> Result<Self, NotXml> {
        let text = if memchr(b'\r', written.as_bytes()).is_some() {
            Cow::Owned(written.replace("\r\n", "\n").replace('\r', "\n"))
        } else {
            Cow::Borrowed(written)
        };
        let (mut values, mut blanks) = (0, false);
        for piece in Pieces::of(&text) {
            match piece {
                Piece::Between(_) => values = 0,
                Piece::Tag(_) => {}
                Piece::Value(value) => {
                    values += 1;
                    blanks |= memchr2(b'\n', b'\t', value.as_bytes()).is_some();
                }
            }
            if values > MOST_ATTRIBUTES {
                return Err(NotXml::Attributes);
            }
        }
        Ok(Self(if blanks { Cow::Owned(Pieces::of(&text).map(Piece::with_spaces).collect()) } else { text }))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The text with something else in the place of this part of it.
    pub(super) fn with(&self, range: Range<usize>, other: &str) -> Option<String> {
        Some([self.0.get(..range.start)?, other, self.0.get(range.end..)?].concat())
    }
}

/// A piece of a text. What the parser will not take may be in any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'t> {
    /// Text, comment, CDATA or instruction, and the `<` of a tag.
    Between(&'t str),
    /// What is in a tag and in no value, with the quote that begins one.
    Tag(&'t str),
    /// The value of an attribute, with the quote that ends it.
    Value(&'t str),
}

impl<'t> Piece<'t> {
    fn with_spaces(self) -> Cow<'t, str> {
        match self {
            Self::Value(value) => Cow::Owned(value.replace(['\n', '\t'], " ")),
            Self::Between(text) | Self::Tag(text) => Cow::Borrowed(text),
        }
    }
}

/// The pieces of a text, in order and without gaps.
struct Pieces<'t> {
    rest: &'t str,
    place: Place,
}

/// In what the rest begins.
enum Place {
    Between,
    Tag,
    /// A value that ends with this quote.
    Value(u8),
}

/// What begins with the one and goes on to the other, whatever looks like a tag in it.
const NO_TAGS: [(&str, &str); 3] = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];

impl<'t> Pieces<'t> {
    fn of(text: &'t str) -> Self {
        Self { rest: text, place: Place::Between }
    }

    /// How long the piece is that the rest begins with, and what comes behind it; none if it has no end.
    fn next_length(&self) -> Option<(usize, Place)> {
        let bytes = self.rest.as_bytes();
        match self.place {
            Place::Between => {
                let start = memchr(b'<', bytes)?;
                let markup = self.rest.get(start..)?;
                let Some((begin, end)) = NO_TAGS.iter().find(|(begin, _)| markup.starts_with(begin)) else {
                    return Some((start + 1, Place::Tag));
                };
                let inside = start + begin.len();
                let length = self.rest.get(inside..)?.find(end)?;
                Some((inside + length + end.len(), Place::Between))
            }
            Place::Tag => {
                let last = memchr3(b'>', b'"', b'\'', bytes)?;
                let place =
                    bytes.get(last).filter(|byte| **byte != b'>').map_or(Place::Between, |quote| Place::Value(*quote));
                Some((last + 1, place))
            }
            Place::Value(quote) => Some((memchr(quote, bytes)? + 1, Place::Tag)),
        }
    }
}

impl<'t> Iterator for Pieces<'t> {
    type Item = Piece<'t>;

    fn next(&mut self) -> Option<Piece<'t>> {
        if self.rest.is_empty() {
            return None;
        }
        let (length, next_place) = self.next_length().unwrap_or((self.rest.len(), Place::Between));
        let (piece, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(match std::mem::replace(&mut self.place, next_place) {
            Place::Between => Piece::Between(piece),
            Place::Tag => Piece::Tag(piece),
            Place::Value(_) => Piece::Value(piece),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(written: &str, read: &str) {
        assert_eq!(Text::of(written).unwrap().as_str(), read);
        // What was read once reads as itself.
        assert!(matches!(Text::of(read).unwrap().0, Cow::Borrowed(_)), "{read}");
    }

    #[test]
    fn line_ends_are_line_feeds_wherever_they_are() {
        check(
            "<?xml version=\"1.0\"?>\r\n<a\r>\rb\r\r\nc</a\r\n>\n\r",
            "<?xml version=\"1.0\"?>\n<a\n>\nb\n\nc</a\n>\n\n",
        );
        check("<a><![CDATA[b\r\nc\rd\te]]><!--\r\n\t--></a>", "<a><![CDATA[b\nc\nd\te]]><!--\n\t--></a>");
    }

    #[test]
    fn blanks_in_values_are_spaces_one_for_each_line_end() {
        check("<a b=\"c\td\ne\r\nf\rg  h\"/>", "<a b=\"c d e f g  h\"/>");
        check("<a\n\tb\n=\t'\n'\tc=\"\t\"\n/>\t\n", "<a\n\tb\n=\t' '\tc=\" \"\n/>\t\n");
        check("<a b='\"\t>\"' c=\"'\t/>'\">\t\"\n\"</a>", "<a b='\" >\"' c=\"' />'\">\t\"\n\"</a>");
        check(
            "<a xmlns=\"urn:a\n\" xsi:schemaLocation=\"\n  a\"/>",
            "<a xmlns=\"urn:a \" xsi:schemaLocation=\"   a\"/>",
        );
    }

    #[test]
    fn what_is_no_value_and_what_is_a_reference_keeps_its_blanks() {
        for text in [
            "",
            "\t\n",
            "<a b=\"&#9;&#10;&#13;&#x9;&#xA;&#xD;\">&#13;&#10;\t\n</a>",
            "<a>b=\"\t\" c='\n'</a>\t'\n'",
            "<a><!-- <b c=\"\t\"> --></a>",
            "<a><!-- ' --><![CDATA[<b c=\"\t\">]]>\t<![CDATA[\"]]>\n</a>",
            "<?xml version=\"1.0\"\tencoding='UTF-8'\n?><a><!-->\"\t\"--></a>",
            "<a\u{85}b=\"\u{a0}\u{85}\u{2028}\"/>",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn values_of_one_element_are_counted_and_nothing_else_is() {
        let attributes = |count: usize| (0..count).map(|at| format!(" a{at}='='")).collect::<Vec<_>>().concat();
        let most = format!("<a{}><b{}/></a>", attributes(512), attributes(512));
        let signs = "='\"".repeat(600);
        let text = format!("<a>{signs}<!--{signs}--><![CDATA[{signs}]]><b c=\"{}\"/></a>", "='".repeat(600));
        for taken in [most, text] {
            assert!(Text::of(&taken).is_ok(), "{taken}");
        }
        for refused in [format!("<a{}/>", attributes(513)), format!("<a><!-- --><b>=</b><c{}", attributes(600))] {
            assert_eq!(Text::of(&refused).err(), Some(NotXml::Attributes), "{refused}");
        }
    }

    /// A piece of a document as it may be written, and as it is read.
    fn piece() -> impl Strategy<Value = (String, String)> {
        let blanks = "[ab \t\n\r>=']{0,6}";
        prop_oneof![
            blanks.prop_map(|text| (text.clone(), line_feeds(&text))),
            blanks.prop_map(|text| (format!("<!--{text}<b c=\"-->"), format!("<!--{}<b c=\"-->", line_feeds(&text)))),
            blanks.prop_map(|text| (format!("<![CDATA[{text}<\"]]>"), format!("<![CDATA[{}<\"]]>", line_feeds(&text)))),
            ("[\t\n\r ]{1,3}", blanks).prop_map(|(gap, value)| {
                let read = line_feeds(&value).replace(['\n', '\t'], " ");
                let feeds = line_feeds(&gap);
                (
                    format!("<b{gap}c{gap}=\"{value}\"{gap}d=''/></b{gap}>"),
                    format!("<b{feeds}c{feeds}=\"{read}\"{feeds}d=''/></b{feeds}>"),
                )
            }),
        ]
    }

    fn line_feeds(text: &str) -> String {
        text.replace("\r\n", "\n").replace('\r', "\n")
    }

    proptest! {
        #[test]
        fn any_document_is_read_piece_by_piece(pieces in prop::collection::vec(piece(), 0..12)) {
            // A letter between them: no line end is of two pieces.
            let text = |of: fn(&(String, String)) -> &str| pieces.iter().flat_map(|piece| [of(piece), "x"]).collect::<String>();
            let (written, read) = (text(|piece| &piece.0), text(|piece| &piece.1));
            let text = Text::of(&written).unwrap();
            prop_assert_eq!(text.as_str(), &read);
        }

        #[test]
        fn nothing_is_lost_of_what_is_no_xml(text in "[ab<>!?/='\"\\-\\[\\]CDATA\t\n\ré]{0,60}") {
            let normal = Text::of(&text).unwrap();
            let blank = |text: &str| text.replace(['\n', '\t'], " ");
            prop_assert_eq!(blank(normal.as_str()), blank(&line_feeds(&text)));
        }
    }
}
