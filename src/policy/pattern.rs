//! Text with wildcards and variables, compiled once and matched in bounded time.
//!
//! A pattern never grows into a joined string while matching, so what a variable brings in cannot become a wildcard,
//! and only the last star is ever tried again, so `a*a*a*a*b` costs no more than its length allows. Those with `?` have a
//! way of their own.

use std::borrow::Cow;

use super::context::RequestContext;
use super::variables::{Piece, Reading, Variable, split};
use crate::shape::questions::{self, Unit};

/// Whether a text has a wildcard, if any count in it.
pub(super) fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// A compiled text of a policy, with the text itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: Box<str>,
    pieces: Box<[Piece]>,
    has_variables: bool,
    has_question: bool,
}

impl Pattern {
    /// What a text means.
    pub fn new(text: &str, reading: Reading) -> Self {
        Self::with_meaning(text, text, reading)
    }

    /// A pattern that is shown as `text` but matches as `meaning`, such as a short ARN and its padded form.
    pub(super) fn with_meaning(text: &str, meaning: &str, reading: Reading) -> Self {
        let pieces = split(meaning, reading);
        Self {
            text: text.into(),
            has_variables: pieces.iter().any(|piece| matches!(piece, Piece::Variable(_))),
            has_question: pieces.contains(&Piece::Question),
            pieces: pieces.into_boxed_slice(),
        }
    }

    /// The text as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The variables in it.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable(variable) => Some(variable),
            _ => None,
        })
    }

    /// What it is made of.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Whether it is the lone `*`.
    pub fn is_any(&self) -> bool {
        matches!(*self.pieces, [Piece::Star])
    }

    /// Whether the whole of `text` matches.
    pub fn matches(&self, text: &str, context: &RequestContext<'_>) -> bool {
        match &*self.pieces {
            [] => text.is_empty(),
            [Piece::Literal(literal)] => **literal == *text,
            [Piece::Star] => true,
            pieces if !self.has_variables => self.run(|at| pieces.get(at).and_then(plain), text),
            pieces if pieces.len() <= FEW => {
                let mut few = [Atom::Star; FEW];
                for (slot, piece) in few.iter_mut().zip(pieces) {
                    match resolved(piece, context) {
                        Some(atom) => *slot = atom,
                        None => return false,
                    }
                }
                self.run(|at| few.get(at).filter(|_| at < pieces.len()).copied(), text)
            }
            _ => self.atoms(context).is_some_and(|atoms| self.run(|at| atoms.get(at).copied(), text)),
        }
    }

    /// Whether the whole of `text` matches a pattern that is already in lower case, whatever the case of `text`.
    pub fn matches_ignoring_ascii_case(&self, text: &str) -> bool {
        let same = |left: &[u8], right: &[u8]| left.eq_ignore_ascii_case(right);
        match &*self.pieces {
            [Piece::Literal(literal)] => literal.eq_ignore_ascii_case(text),
            [Piece::Star] => true,
            pieces => glob(|at| pieces.get(at).and_then(plain), text.as_bytes(), same),
        }
    }

    /// The text with variables replaced, or nothing if one has no value. Wildcards come out as they were written.
    pub(super) fn expand<'p>(&'p self, context: &RequestContext<'_>) -> Option<Cow<'p, str>> {
        match &*self.pieces {
            [] => Some(Cow::Borrowed("")),
            [Piece::Literal(literal)] => Some(Cow::Borrowed(literal)),
            pieces => {
                let mut text = String::new();
                for piece in pieces {
                    match resolved(piece, context)? {
                        Atom::Literal(literal) => text.push_str(literal),
                        Atom::Star => text.push('*'),
                        Atom::Question => text.push('?'),
                    }
                }
                Some(Cow::Owned(text))
            }
        }
    }

    /// The pieces with variables replaced, or nothing if one has no value.
    pub(super) fn atoms<'v>(&'v self, context: &'v RequestContext<'_>) -> Option<Vec<Atom<'v>>> {
        self.pieces.iter().map(|piece| resolved(piece, context)).collect()
    }

    fn run<'v>(&self, atom: impl Fn(usize) -> Option<Atom<'v>>, text: &str) -> bool {
        if self.has_question {
            with_questions(atom, text)
        } else {
            glob(atom, text.as_bytes(), |left, right| left == right)
        }
    }
}

/// Whether `atoms` match the whole of `text`.
pub(super) fn matches_atoms(atoms: &[Atom<'_>], text: &str) -> bool {
    let atom = |at: usize| atoms.get(at).copied();
    if atoms.contains(&Atom::Question) {
        return with_questions(atom, text);
    }
    glob(atom, text.as_bytes(), |left, right| left == right)
}

/// A piece whose variables have become plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Atom<'v> {
    Literal(&'v str),
    Star,
    Question,
}

fn plain(piece: &Piece) -> Option<Atom<'_>> {
    match piece {
        Piece::Literal(literal) => Some(Atom::Literal(literal)),
        Piece::Star => Some(Atom::Star),
        Piece::Question => Some(Atom::Question),
        Piece::Variable(_) => None,
    }
}

fn resolved<'v>(piece: &'v Piece, context: &'v RequestContext<'_>) -> Option<Atom<'v>> {
    match piece {
        Piece::Variable(variable) => variable.resolve(context).map(Atom::Literal),
        other => plain(other),
    }
}

/// AWS: `?` is one UTF-16 unit, so a character beyond the basic plane takes two of them. Rare, hence allocated.
fn with_questions<'v>(atom: impl Fn(usize) -> Option<Atom<'v>>, text: &str) -> bool {
    if text.is_ascii() {
        return questions::matches(&segments(atom, str::bytes), text.as_bytes());
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    questions::matches(&segments(atom, str::encode_utf16), &units)
}

/// What stands between the stars.
fn segments<'v, U, I: Iterator<Item = U>>(
    atom: impl Fn(usize) -> Option<Atom<'v>>,
    units: impl Fn(&'v str) -> I,
) -> Vec<Vec<Unit<U>>> {
    let (mut done, mut segment) = (Vec::new(), Vec::new());
    for atom in (0..).map_while(atom) {
        match atom {
            Atom::Literal(literal) => segment.extend(units(literal).map(Some)),
            Atom::Question => segment.push(None),
            Atom::Star => done.push(std::mem::take(&mut segment)),
        }
    }
    done.push(segment);
    done
}

/// Walks text and atoms together; a mismatch goes back to the last star only, which then takes one unit more.
// INVARIANT: an earlier star never needs another try, because what follows it matched at its leftmost place.
fn glob<'v>(atom: impl Fn(usize) -> Option<Atom<'v>>, text: &[u8], same: impl Fn(&[u8], &[u8]) -> bool) -> bool {
    let (mut at, mut place) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        let taken = match atom(at) {
            None if place == text.len() => return true,
            None => None,
            Some(Atom::Star) if atom(at + 1).is_none() => return true,
            Some(Atom::Star) => {
                star = Some((at + 1, place));
                Some(0)
            }
            Some(Atom::Question) => (place < text.len()).then_some(1),
            Some(Atom::Literal(literal)) => {
                let here = text.get(place..place + literal.len());
                here.is_some_and(|here| same(here, literal.as_bytes())).then_some(literal.len())
            }
        };
        match (taken, star) {
            (Some(units), _) => {
                at += 1;
                place += units;
            }
            (None, Some((after, from))) if from < text.len() => {
                star = Some((after, from + 1));
                at = after;
                place = from + 1;
            }
            (None, _) => return false,
        }
    }
}

/// So many pieces are resolved without asking for memory.
const FEW: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, text: &str, expect: bool) {
        let mut context = RequestContext::new();
        context.set("k", "v*?");
        context.set_many("many", ["v"]);
        let pattern = Pattern::new(pattern, Reading { wildcards: true, variables: true });
        assert_eq!(pattern.matches(text, &context), expect, "{pattern:?} on {text}");
        if let Some(atoms) = pattern.atoms(&context) {
            assert_eq!(matches_atoms(&atoms, text), expect, "{pattern:?} on {text} by atoms");
        }
    }

    #[test]
    fn stars_and_questions() {
        check("", "", true);
        check("", "a", false);
        check("*", "", true);
        check("a*", "a", true);
        check("a*b", "axxb", true);
        check("a*b", "axxbc", false);
        check("a?c", "abc", true);
        check("a?c", "ac", false);
        check("*ab*ab", "abab", true);
        check("*a?b", "aaxb", true);
        check("a*/x:*", "a/b\n:/x:/y", true);
        check("[a]\\", "[a]\\", true);
        check("[a]", "a", false);
    }

    #[test]
    fn a_question_is_one_utf16_unit() {
        check("?", "é", true);
        check("?", "😀", false);
        check("??", "😀", true);
        check("a?*", "a😀", true);
        check("*?😀", "x😀😀", true);
    }

    #[test]
    fn variables_stay_literal() {
        check("a/${k}/*", "a/v*?/b", true);
        check("a/${k}/*", "a/vxy/b", false);
        check("${k}?${k}?${k}?${k}?${k}*", "v*?1v*?2v*?3v*?4v*?5", true);
        check("${k}?${k}?${k}?${k}?${k}*", "v*?1v*?2v*?3vvv4v*?5", false);
        check("${absent, 'd'}", "d", true);
        check("${absent}", "", false);
        check("${many}", "v", false);
        check("${many, 'v'}", "v", false);
    }

    #[test]
    fn many_stars_cost_little() {
        let pattern = format!("{}b", "a*".repeat(500));
        check(&pattern, &"a".repeat(20_000), false);
    }

    #[test]
    fn many_questions_cost_little() {
        for end in ["b", "b*", "*b", "é*"] {
            let pattern = format!("*{}{end}", "a?".repeat(5_000));
            check(&pattern, &"a".repeat(40_000), false);
            check(&pattern, &format!("{}é", "a".repeat(40_000)), end == "é*");
        }
    }
}
