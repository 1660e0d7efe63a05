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
        let mut seal = [0; SEAL];
        seal.iter_mut().zip(Sha256::digest(list.join("\n"))).for_each(|(byte, digest)| *byte = digest);
        let most = most.map_or(USUAL, |most| usize::try_from(most.get()).unwrap_or(USUAL));
        let read = |marker: &Marker| {
            let bytes = URL_SAFE_NO_PAD.decode(marker.as_str()).ok()?;
            let (found, name) = bytes.split_first_chunk::<SEAL>()?;
            if *found == seal { String::from_utf8(name.to_vec()).ok() } else { None }
        };
        let after = match marker {
            None => None,
            Some(marker) => Some(read(marker).ok_or_else(ApiError::bad_marker)?),
        };
        Ok(Self { most, after, seal })
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
    pub fn cut<N: AsRef<str>, T>(&self, entries: impl Iterator<Item = (N, T)>) -> Page<T> {
        let mut entries = entries.peekable();
        let (mut items, mut last) = (Vec::new(), None);
        while let (true, Some((name, item))) = (items.len() < self.most, entries.next_if(|_| items.len() < self.most)) {
            items.push(item);
            last = Some(name);
        }
        let goes_on = entries.peek().is_some();
        let marker = last
            .filter(|_| goes_on)
            .map(|name| URL_SAFE_NO_PAD.encode([self.seal.as_slice(), name.as_ref().as_bytes()].concat()));
        Page { items, marker }
    }

    /// The same for a whole list in an order of its own.
    pub fn cut_whole<T>(&self, entries: impl Iterator<Item = T>) -> Page<T> {
        let skipped: usize = self.after().and_then(|after| after.parse().ok()).unwrap_or_default();
        let entries = entries.enumerate().skip(skipped);
        self.cut(entries.map(|(at, item)| ((at + 1).to_string(), item)))
    }
}

impl<T> Page<T> {
    /// Whether the list goes on.
    pub fn is_truncated(&self) -> bool {
        self.marker.is_some()
    }
}
