//! Lists in pages. A marker is the name that was listed last, and which list that was.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html>

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::api::ApiError;
use crate::ids::names::{Marker, MaxItems};

/// How many a page has when the caller does not say.
const USUAL: usize = 100;
const SEAL: usize = 9;

/// Which part of a list is wanted.
#[derive(Clone, Debug)]
pub struct Paging {
    most: usize,
    after: Option<String>,
    seal: [u8; SEAL],
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// What stands in it.
    pub items: Vec<T>,
    /// Where the list goes on, if it does.
    pub marker: Option<String>,
}

impl Paging {
    /// Reads what a call says; `list` tells one list from another.
    pub fn of(marker: Option<&Marker>, most: Option<MaxItems>, list: &[&str]) -> Result<Self, ApiError> {
        let seal = digest(&list.join("\n"));
        let most = most.map_or(USUAL, |most| usize::try_from(most.get()).unwrap_or(USUAL));
        let read = |marker: &Marker| name_in(marker, seal).ok_or_else(ApiError::bad_marker);
        Ok(Self { most, after: marker.map(read).transpose()?, seal })
    }

    /// The same with fewer entries, for those that take long to make.
    pub fn at_most(self, most: usize) -> Self {
        Self { most: self.most.min(most), ..self }
    }

    /// The name after which it begins.
    pub fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }

    /// Cuts the page from a list that begins there, and whose entries stand in the order of their names.
    pub fn cut<N: AsRef<str>, T>(&self, mut entries: impl Iterator<Item = (N, T)>) -> Page<T> {
        let (mut items, mut last) = (Vec::new(), None);
        for (name, item) in entries.by_ref().take(self.most) {
            items.push(item);
            last = Some(name);
        }
        let goes_on = entries.next().is_some();
        let marker = last.filter(|_| goes_on).map(|name| self.marker(name.as_ref()));
        Page { items, marker }
    }

    /// Cuts the page from a whole list in an order of its own. The marker tells what comes next, so that nobody misses
    /// anything by removing what was listed.
    pub fn cut_next<T>(&self, entries: Vec<T>, name: impl Fn(&T) -> &str) -> Page<T> {
        let begin = self.after().map_or(0, |said| {
            let (at, print) = said.split_once(' ').unwrap_or((said, ""));
            let at = at.parse().unwrap_or_default();
            let is_next = |entry: &T| fingerprint(name(entry)) == print;
            let stayed = entries.get(at).is_some_and(is_next);
            if stayed { at } else { entries.iter().position(is_next).unwrap_or(at) }
        });
        let end = begin.saturating_add(self.most);
        let marker = entries.get(end).map(|next| self.marker(&format!("{end} {}", fingerprint(name(next)))));
        Page { items: entries.into_iter().skip(begin).take(self.most).collect(), marker }
    }

    /// The same for a list in an order of its own that nobody shortens.
    pub fn cut_whole<T>(&self, entries: impl Iterator<Item = T>) -> Page<T> {
        let skipped: usize = self.after().and_then(|after| after.parse().ok()).unwrap_or_default();
        let entries = entries.enumerate().skip(skipped);
        self.cut(entries.map(|(at, item)| ((at + 1).to_string(), item)))
    }

    fn marker(&self, name: &str) -> String {
        URL_SAFE_NO_PAD.encode([self.seal.as_slice(), name.as_bytes()].concat())
    }
}

/// The name in a marker, if that is one of the list that has this seal.
fn name_in(marker: &Marker, seal: [u8; SEAL]) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(marker.as_str()).ok()?;
    String::from_utf8(bytes.strip_prefix(&seal)?.to_vec()).ok()
}

/// Names may be longer than markers.
fn fingerprint(name: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(name))
}

fn digest(text: &str) -> [u8; SEAL] {
    Sha256::digest(text).first_chunk().copied().unwrap_or_default()
}

impl<T> Page<T> {
    /// The same page with other entries.
    pub fn map<U>(self, shown: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(shown).collect(), marker: self.marker }
    }

    /// Whether the list goes on.
    pub fn is_truncated(&self) -> bool {
        self.marker.is_some()
    }
}
