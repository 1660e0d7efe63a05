//! What is shown of what was sent: what is known here by its name, unless that is the name of a secret. Whatever else
//! somebody sends may be one, so all that is told of it is that it was there: of parameters that no operation declares, of
//! operations and paths that do not exist, of headers that mean nothing here. Log, journal, near misses, records of
//! CloudTrail and the console all show what has come by here, or by `noted` of a refusal.

use std::borrow::Cow;

use memchr::memchr;

use super::note::Text;
use crate::api::operation::{Description, InputField, Parts};
use crate::ids::AccessKeyId;
use crate::percent;
use crate::wire::{Params, RawRequest, query};

pub use crate::secret::MASKED;

/// Parameters of one call that are kept.
const MOST: usize = 64;
const LONGEST_NAME: usize = 128;
/// AWS: session policies have at most 2048 characters.
const LONGEST_VALUE: usize = 2048;
/// Bytes of all of them.
const LONGEST: usize = 8 * 1024;

/// The parameters of a call of this operation, or of none that exists.
pub fn shown<'p>(params: &'p Params<'_>, operation: Option<&Description>) -> Vec<(Text<'p>, Text<'p>)> {
    let mut room = LONGEST;
    let mut kept = Vec::new();
    let sent = params.iter().filter(|(name, _)| !matches!(name.as_ref(), "Action" | "Version"));
    for (name, value) in sent.take(MOST).filter(|(name, _)| !is_of_the_signature(name)) {
        let is_shown = is_shown(&name, operation) && !is_mistaken(&name, &value);
        // A body that is no form comes as one name.
        let is_name = is_shown || (is_plain(&name) && !value.is_empty());
        let name = if is_name { cut(name, LONGEST_NAME) } else { Cow::Borrowed(MASKED) };
        let value = if is_shown { cut(value, LONGEST_VALUE) } else { Cow::Borrowed(MASKED) };
        let Some(left) = room.checked_sub(name.len() + value.len()) else { break };
        room = left;
        kept.push((name, value));
    }
    kept
}

/// Whether this is how parameters are called.
fn is_plain(name: &str) -> bool {
    name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte))
}

/// All that a request sent, for those who look for it in what is said of the request.
pub struct Sent<'r> {
    /// As it came.
    pub raw: &'r RawRequest<'r>,
    /// Its parameters, if they can be read.
    pub params: Option<&'r Params<'r>>,
    /// What they are for.
    pub operation: Option<&'static Description>,
}

/// What is not shown, in every spelling in which it may be repeated; the longest first.
pub struct Hidden(Vec<String>);

impl Sent<'_> {
    /// All of it that is not shown: refusals like to repeat what was sent, and their causes to show all that was signed.
    pub fn hidden(&self) -> Hidden {
        let is_hidden = |name: &str, value: &str| match name {
            "Action" | "Version" => false,
            name if is_of_the_signature(name) => !SIGNING.iter().any(|part| part.eq_ignore_ascii_case(name)),
            name => !is_shown(name, self.operation) || is_mistaken(name, value),
        };
        let of_params = self.params.into_iter().flat_map(Params::iter);
        let of_params = of_params.filter(|(name, value)| is_hidden(name, value)).map(|(_, value)| value.into_owned());
        let pairs = self.raw.query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let as_sent = pairs.filter(|(name, value)| is_hidden(&percent::decode(name), &percent::decode(value)));
        let as_sent = as_sent.flat_map(|(name, value)| {
            let name = if is_plain(name) && !value.is_empty() { "" } else { name };
            let canonical = |text: &str| query::escaped(&percent::decode(text));
            [value.to_owned(), canonical(value), name.to_owned(), canonical(name)]
        });
        let headers = self.raw.headers.iter().filter(|(name, _)| !PLAIN_HEADERS.contains(name));
        let headers = headers.map(|(_, value)| {
            let value = String::from_utf8_lossy(value);
            value.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
        });
        let path = self.raw.path.split('/').map(str::to_owned);
        Hidden::of(of_params.chain(as_sent).chain(headers).chain(path))
    }
}

impl Hidden {
    fn of(texts: impl Iterator<Item = String>) -> Self {
        let texts = texts.filter(|text| text.len() >= SHORTEST_SECRET).take(MOST_HIDDEN + 1);
        let mut texts: Vec<String> = texts.collect();
        // What has another one in it must be found as a whole.
        texts.sort_unstable_by(|one, other| other.len().cmp(&one.len()).then(one.cmp(other)));
        texts.dedup();
        Self(texts)
    }

    /// `text` without it.
    pub fn out_of<'t>(&self, text: &'t str) -> Text<'t> {
        // ATTACK: each is looked for in all of the text.
        if self.0.len() > MOST_HIDDEN {
            return Cow::Borrowed(MASKED);
        }
        let mut text = Cow::Borrowed(text);
        for hidden in &self.0 {
            if text.contains(hidden.as_str()) {
                text = Cow::Owned(text.replace(hidden.as_str(), MASKED));
            }
        }
        text
    }
}

/// What is shorter gives nothing away, and stands in every sentence.
const SHORTEST_SECRET: usize = 4;
const MOST_HIDDEN: usize = 256;

/// Headers that say nothing but what they are for; causes show those that were signed. The date's form was looked at.
const PLAIN_HEADERS: [&str; 15] = [
    "accept",
    "accept-encoding",
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "connection",
    "content-length",
    "content-type",
    "date",
    "expect",
    "host",
    "user-agent",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-user-agent",
    "x-amzn-trace-id",
];

/// Words of the roads that lead somewhere here.
const ROADS: [&str; 17] = [
    "",
    "api",
    "creds",
    "credentials",
    "document",
    "dynamic",
    "iam",
    "instance-identity",
    "latest",
    "meta-data",
    "role",
    "role-arn",
    "security-credentials",
    "security-credentials-extended",
    "token",
    "v1",
    "v2",
];

/// A path that leads nowhere: its parts that are words of some road are shown, of others that they were there.
pub fn shape_of(path: &str) -> String {
    let parts = path.split('/').take(MOST).map(|part| if ROADS.contains(&part) { part } else { MASKED });
    parts.collect::<Vec<_>>().join("/")
}

/// Parts of a presigned request that prove nothing; the form of each was looked at.
const SIGNING: [&str; 4] = ["X-Amz-Algorithm", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders"];

/// What a presigned request has beside its parameters.
fn is_of_the_signature(name: &str) -> bool {
    name.get(..6).is_some_and(|begin| begin.eq_ignore_ascii_case("X-Amz-"))
}

fn is_shown(name: &str, operation: Option<&Description>) -> bool {
    operation.is_some_and(|operation| is_shown_of(operation.input, name))
}

/// Whether somebody has named the secret in the place of its id.
fn is_mistaken(name: &str, value: &str) -> bool {
    name == "AccessKeyId" && AccessKeyId::shown(value) != value
}

/// Whether `Tags.member.1.Key` and the like is one of these parameters, or part of one, and no secret.
fn is_shown_of(fields: &[InputField], name: &str) -> bool {
    let first = memchr(b'.', name.as_bytes()).and_then(|at| name.get(..at)).unwrap_or(name);
    let Some(field) = fields.iter().find(|field| field.name == first).filter(|field| !field.secret) else {
        return false;
    };
    let Some(rest) = name.get(first.len() + 1..) else { return true };
    let is_index = |part: &str| part == "member" || part.bytes().all(|byte| byte.is_ascii_digit());
    let inner = rest.split('.').skip_while(|part| is_index(part)).collect::<Vec<_>>().join(".");
    match field.parts {
        Parts::Members(members) => inner.is_empty() || is_shown_of(members, &inner),
        Parts::Values(_) => inner.is_empty(),
        Parts::None => false,
    }
}

/// At most `longest` bytes of a text, and how long it was.
pub fn cut(text: Text<'_>, longest: usize) -> Text<'_> {
    if text.len() <= longest {
        return text;
    }
    let end = (0..=longest).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    Cow::Owned(format!("{}... ({} bytes)", text.get(..end).unwrap_or_default(), text.len()))
}
