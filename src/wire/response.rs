//! An answer before it goes onto the wire, free of any framework.

use std::borrow::Cow;

/// What the door has to write. `Content-Length`, `Date` and `Connection` are the door's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawResponse {
    /// The HTTP status.
    pub status: u16,
    /// Headers in order.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// The body; the door leaves it out for `HEAD`.
    pub body: Vec<u8>,
}

impl RawResponse {
    /// An answer of nothing but a status.
    pub fn bare(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// JSON that nobody keeps.
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        let headers = vec![("Content-Type", "application/json".into()), ("Cache-Control", "no-store".into())];
        Self { status, headers, body: body.to_string().into_bytes() }
    }

    /// The first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name))?;
        Some(value)
    }
}
