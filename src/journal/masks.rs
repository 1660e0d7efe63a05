//! Which parameters are shown: those that an operation declares, unless their name is that of a secret. Whatever else
//! somebody sends may be one, so all that is told of it is that it was there.

use std::borrow::Cow;

use super::note::Text;
use crate::api::operation::{Description, InputField, Parts};
use crate::ids::AccessKeyId;
use crate::wire::{Params, RawRequest};

/// What stands for a value that is not shown.
pub const MASKED: &str = "***";

/// Words in the names of secrets.
const SECRET_WORDS: [&str; 10] = [
    "token",
    "assertion",
    "password",
    "secret",
    "code",
    "credential",
    "privatekey",
    "seed",
    "signature",
    "encodedmessage",
];
/// Names that have such a word in them and are none.
const NO_SECRETS: [&str; 7] = [
    "AssertionEncryptionMode",
    "GlobalEndpointTokenVersion",
    "MinimumSessionTokenSize",
    "AllowUsersToChangePassword",
    "MinimumPasswordLength",
    "PasswordReusePrevention",
    "PasswordResetRequired",
];

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
        let is_shown = is_shown(&name, operation);
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

/// `text`, without the values that are not shown: refusals like to repeat what was sent.
pub fn without_secrets<'t>(text: &'t str, sent: &Sent<'_>) -> Text<'t> {
    let mut text = Cow::Borrowed(text);
    for secret in sent.secrets() {
        if secret.len() >= SHORTEST_SECRET && text.contains(&*secret) {
            text = Cow::Owned(text.replace(&*secret, MASKED));
        }
    }
    text
}

/// What is shorter gives nothing away, and stands in every sentence.
const SHORTEST_SECRET: usize = 4;

/// All that a request sent.
pub struct Sent<'r> {
    /// As it came.
    pub raw: &'r RawRequest<'r>,
    /// Its parameters, if they can be read.
    pub params: Option<&'r Params<'r>>,
    /// What they are for.
    pub operation: Option<&'static Description>,
}

impl Sent<'_> {
    fn secrets(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let of_params = self.params.into_iter().flat_map(Params::iter);
        let hidden = of_params.filter(|(name, _)| match name.as_ref() {
            "Action" | "Version" => false,
            name if is_of_the_signature(name) => is_secret(name),
            name => !is_shown(name, self.operation),
        });
        let as_sent = self.raw.query.split('&').filter_map(|pair| pair.split_once('='));
        let as_sent = as_sent.filter(|(name, _)| is_of_the_signature(name) && is_secret(name));
        let header = self.raw.header(SESSION_TOKEN);
        // A token of another kind, or what somebody wrote in the place of pairs.
        let words = self.raw.header("authorization").into_iter().flat_map(|value| value.split([' ', ',']).skip(1));
        let words = words.filter_map(|word| match word.split_once('=') {
            None => Some(word),
            Some(("Credential", scoped)) => no_key_id(scoped),
            Some(_) => None,
        });
        let borrowed = as_sent.map(|(_, value)| value).chain(header).chain(words);
        hidden.map(|(_, value)| value).chain(borrowed.map(Cow::Borrowed))
    }
}

/// What stands in a credential where the key's id should.
fn no_key_id(scoped: &str) -> Option<&str> {
    let named = scoped.rsplitn(5, '/').nth(4)?;
    (AccessKeyId::shown(named) != named).then_some(named)
}

const SESSION_TOKEN: &str = "x-amz-security-token";

/// What a presigned request has beside its parameters.
fn is_of_the_signature(name: &str) -> bool {
    name.get(..6).is_some_and(|begin| begin.eq_ignore_ascii_case("X-Amz-"))
}

fn is_shown(name: &str, operation: Option<&Description>) -> bool {
    let declared = operation.is_some_and(|operation| is_declared(name, operation.input));
    declared && name.split('.').all(|part| !is_secret(part))
}

/// Whether a name is that of a secret.
pub fn is_secret(name: &str) -> bool {
    !NO_SECRETS.contains(&name) && SECRET_WORDS.iter().any(|word| has_word(name, word))
}

fn has_word(name: &str, word: &str) -> bool {
    let (name, word) = (name.as_bytes(), word.as_bytes());
    // WHY: nearly all pieces begin with another letter, and every parameter of every call comes by here.
    let begins = |piece: &[u8]| piece.first().zip(word.first()).is_some_and(|(one, other)| one | 0x20 == *other);
    name.windows(word.len()).any(|piece| begins(piece) && piece.eq_ignore_ascii_case(word))
}

/// Whether `Tags.member.1.Key` and the like is a parameter, or part of one, and no secret by its shape.
fn is_declared(name: &str, fields: &[InputField]) -> bool {
    let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
    let Some(field) = fields.iter().find(|field| field.name == first) else { return false };
    if field.constraints.secret {
        return false;
    }
    let Some(rest) = rest else { return true };
    let is_index = |part: &str| part == "member" || part.bytes().all(|byte| byte.is_ascii_digit());
    let inner = rest.split('.').skip_while(|part| is_index(part)).collect::<Vec<_>>().join(".");
    match field.parts {
        Parts::Members(members) => inner.is_empty() || is_declared(&inner, members),
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
