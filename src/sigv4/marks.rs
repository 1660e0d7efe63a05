//! The headers that say something about a signature, found in one walk: who, when, and with which token.
//!
//! Never judges them; a token found here is kept out of every debug print.

use std::borrow::Cow;
use std::str;

use super::TOKEN_HEADER;

/// What the headers say of the signature.
pub(super) struct Marks<'a> {
    /// The first that is not blank.
    pub(super) authorization: Option<&'a [u8]>,
    pub(super) authorization_repeated: bool,
    pub(super) amz_date: Option<&'a [u8]>,
    pub(super) date: Option<&'a [u8]>,
    token: Option<Cow<'a, [u8]>>,
}

impl<'a> Marks<'a> {
    pub(super) fn of(headers: &'a [(&'a str, &'a [u8])]) -> Self {
        let mut marks =
            Self { authorization: None, authorization_repeated: false, amz_date: None, date: None, token: None };
        for (name, value) in headers {
            let value = value.trim_ascii();
            if value.is_empty() {
                continue;
            }
            match *name {
                "authorization" if marks.authorization.is_some() => marks.authorization_repeated = true,
                "authorization" => marks.authorization = Some(value),
                "x-amz-date" => marks.amz_date = marks.amz_date.or(Some(value)),
                "date" => marks.date = marks.date.or(Some(value)),
                TOKEN_HEADER => marks.add_token(value),
                _ => {}
            }
        }
        marks
    }

    /// Equal tokens count as one; different ones become a list, as HTTP joins headers, which is nobody's token.
    fn add_token(&mut self, value: &'a [u8]) {
        match &mut self.token {
            None => self.token = Some(Cow::Borrowed(value)),
            Some(token) if token.as_ref() == value => {}
            Some(token) => {
                let list = token.to_mut();
                list.push(b',');
                list.extend_from_slice(value);
            }
        }
    }

    pub(super) fn token(&self) -> Option<Token<'a>> {
        let text = match self.token.clone()? {
            Cow::Borrowed(bytes) => lossy(bytes),
            Cow::Owned(bytes) => Cow::Owned(lossy(&bytes).into_owned()),
        };
        Token::new(text)
    }
}

/// A session token, kept out of every debug print.
#[derive(Clone, derive_more::Debug)]
#[debug("Token(..)")]
pub(super) struct Token<'a>(Cow<'a, str>);

impl<'a> Token<'a> {
    /// `None` for an empty one, which AWS takes as no token.
    pub(super) fn new(text: Cow<'a, str>) -> Option<Self> {
        (!text.is_empty()).then_some(Self(text))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

/// A header's value as text; what is no UTF-8 becomes a replacement character, which no date or token has.
pub(super) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    // WHY: the lossy reader alone is ten times slower.
    str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}
