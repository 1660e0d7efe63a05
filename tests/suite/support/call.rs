//! Calls that sign themselves, with every part open to spoiling.

use std::collections::BTreeMap;
use std::fmt::Display;

use hmac::{Hmac, KeyInit, Mac};
use local_sts::sessions::{self, OpenedToken};
use local_sts::store::Ticket;
use local_sts::time::Timestamp;
use local_sts::wire::{ErrorCode, RawRequest, RawResponse};
use sha2::{Digest, Sha256};

use super::TestWorld;

/// What any operation may answer.
pub const COMMON_ERRORS: [ErrorCode; 13] = [
    ErrorCode::AccessDenied,
    ErrorCode::ExpiredToken,
    ErrorCode::IncompleteSignature,
    ErrorCode::InternalFailure,
    ErrorCode::InvalidAction,
    ErrorCode::InvalidClientTokenId,
    ErrorCode::MalformedInput,
    ErrorCode::MalformedQueryString,
    ErrorCode::MissingAuthenticationToken,
    ErrorCode::NotImplemented,
    ErrorCode::SignatureDoesNotMatch,
    ErrorCode::Throttling,
    ErrorCode::ValidationError,
];

/// An access key as a client holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    pub id: String,
    pub secret: String,
    pub token: Option<String>,
}

impl Keys {
    /// A long-term key.
    pub fn new(id: &str, secret: &str) -> Self {
        Self { id: id.to_owned(), secret: secret.to_owned(), token: None }
    }

    /// The key of somebody in a seed that calls keys by their owners: `AKIAALICE` and `alice-secret`.
    pub fn of(name: &str) -> Self {
        Self::new(&format!("AKIA{}", name.to_uppercase()), &format!("{name}-secret"))
    }

    /// The same key with another secret.
    pub fn with_secret(&self, secret: &str) -> Self {
        Self { secret: secret.to_owned(), ..self.clone() }
    }

    /// The same key with another session token, or none.
    pub fn with_token(&self, token: Option<&str>) -> Self {
        Self { token: token.map(str::to_owned), ..self.clone() }
    }

    /// What the token of a session says.
    #[track_caller]
    pub fn opened(&self, world: &TestWorld) -> OpenedToken {
        sessions::open(self.token.as_deref().unwrap(), &self.id, world.snapshot().sessions.ring()).unwrap()
    }
}

/// Alice, who is in most seeds.
pub fn alice() -> Keys {
    Keys::of("alice")
}

/// The demo key, which everybody knows.
pub fn demo() -> Keys {
    Keys::new("test", "test")
}

/// `GetCallerIdentity` by these keys.
pub fn identify(keys: &Keys) -> Call {
    Call::sts("GetCallerIdentity").by(keys)
}

/// The keys identify their owner, or are refused with this code.
#[track_caller]
pub fn check_identity(world: &TestWorld, keys: &Keys, code: Option<&str>) {
    let answer = identify(keys).send(world);
    assert_eq!(answer.text("Code").as_deref(), code, "{}", answer.body());
}

/// AssumeRole of a role of the account that most seeds have, by nobody yet.
pub fn assume(role: &str) -> Call {
    Call::assume_role(&format!("arn:aws:iam::123456789012:role/{role}"), "ci")
}

/// A session of alice's of the role `open` of that account.
#[track_caller]
pub fn session(world: &TestWorld) -> Keys {
    assume("open").by(&alice()).send(world).keys()
}

/// A call of the Query protocol.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    pub path: String,
    pub query: String,
    pub body: Vec<u8>,
    pub headers: Vec<(String, Vec<u8>)>,
    pub keys: Option<Keys>,
    pub region: String,
    pub service: String,
    pub signed_at: Option<Timestamp>,
    /// The last line of the canonical request, if not the hash of the body.
    pub payload: Option<String>,
    /// Whether TLS brought it.
    pub secure: bool,
}

impl Call {
    /// A POST of this action of STS.
    pub fn sts(action: &str) -> Self {
        Self::form(&format!("Action={action}&Version=2011-06-15"))
    }

    /// `AssumeRole` of this role, for a session of this name.
    pub fn assume_role(arn: &str, session: &str) -> Self {
        Self::sts("AssumeRole").param("RoleArn", arn).param("RoleSessionName", session)
    }

    /// `AssumeRoleWithWebIdentity` of this role by this token, for a session `ci`.
    pub fn web_identity(arn: &str, token: &str) -> Self {
        let call = Self::sts("AssumeRoleWithWebIdentity").param("RoleArn", arn).param("RoleSessionName", "ci");
        call.param("WebIdentityToken", token)
    }

    /// A POST of this action of IAM.
    pub fn iam(action: &str) -> Self {
        Self::form(&format!("Action={action}&Version=2010-05-08")).service("iam")
    }

    /// A POST of this form.
    pub fn form(body: &str) -> Self {
        Self {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            query: String::new(),
            body: body.as_bytes().to_vec(),
            headers: vec![
                ("host".to_owned(), b"127.0.0.1:4592".to_vec()),
                ("content-type".to_owned(), b"application/x-www-form-urlencoded".to_vec()),
            ],
            keys: None,
            region: "us-east-1".to_owned(),
            service: "sts".to_owned(),
            signed_at: None,
            payload: None,
            secure: false,
        }
    }

    /// A GET with this query.
    pub fn get(query: &str) -> Self {
        let mut call = Self { method: "GET".to_owned(), query: query.to_owned(), ..Self::form("") };
        call.headers.truncate(1);
        call
    }

    /// One parameter more.
    pub fn param(mut self, name: &str, value: &str) -> Self {
        let pair = format!("&{}={}", encode(name), encode(value));
        self.body.extend(pair.as_bytes());
        self
    }

    /// Parameters more.
    pub fn params(self, params: &[(&str, &str)]) -> Self {
        params.iter().fold(self, |call, (name, value)| call.param(name, value))
    }

    /// With these tags.
    pub fn tags<K: AsRef<str>, V: AsRef<str>>(self, tags: &[(K, V)]) -> Self {
        tags.iter().zip(1..).fold(self, |call, ((key, value), at)| {
            call.param(&format!("Tags.member.{at}.Key"), key.as_ref())
                .param(&format!("Tags.member.{at}.Value"), value.as_ref())
        })
    }

    /// Another method, signed as such.
    pub fn method(self, method: &str) -> Self {
        Self { method: method.to_owned(), ..self }
    }

    /// Another path, signed as such.
    pub fn path(self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self }
    }

    /// One header more, or another value for one that is there.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(found, _)| found != name);
        self.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        self
    }

    /// With one more header, though there may be one of this name.
    pub fn and_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        self
    }

    /// Without a header.
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.retain(|(found, _)| found != name);
        self
    }

    /// With this as the last line of the canonical request, and in the header that says so.
    pub fn payload(mut self, text: &str) -> Self {
        self.payload = Some(text.to_owned());
        self.header("x-amz-content-sha256", text)
    }

    /// Signed with these keys.
    pub fn by(mut self, keys: &Keys) -> Self {
        self.keys = Some(keys.clone());
        self
    }

    /// Brought by TLS.
    pub fn over_tls(self) -> Self {
        Self { secure: true, ..self }
    }

    /// Scoped to another region.
    pub fn region(self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self }
    }

    /// Scoped to another service.
    pub fn service(self, service: &str) -> Self {
        Self { service: service.to_owned(), ..self }
    }

    /// Signed at another time than the machine's.
    pub fn signed_at(mut self, at: Timestamp) -> Self {
        self.signed_at = Some(at);
        self
    }

    /// Sends it.
    #[track_caller]
    pub fn send(&self, world: &TestWorld) -> Answer {
        let call = self.clone().signed(self.signed_at.unwrap_or_else(|| world.machine_now()));
        let answer = call.raw(|raw| {
            let answered = world.service.handle(raw);
            // As at the door: what rests on a change waits for it.
            let lasting = answered.pending.map_or(Ok(()), Ticket::wait);
            Answer(match lasting {
                Ok(()) => answered.response,
                Err(fault) => world.service.stumbled(raw, &fault.to_string()),
            })
        });
        call.check_declared(&answer);
        answer
    }

    /// As a door takes it in, signed or not as it is now.
    pub fn raw<R>(&self, with: impl FnOnce(&RawRequest<'_>) -> R) -> R {
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        with(&RawRequest {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &headers,
            body: &self.body,
            peer: Some([127, 0, 0, 1].into()),
            secure: self.secure,
        })
    }

    /// Whatever a test is about: an operation answers no error that its declaration does not list.
    #[track_caller]
    fn check_declared(&self, answer: &Answer) {
        let body = String::from_utf8_lossy(&self.body);
        let mut pairs = self.query.split('&').chain(body.split('&'));
        let action = pairs.find_map(|pair| pair.strip_prefix("Action=")).unwrap_or_default();
        let catalog = if body.contains("2010-05-08") { &local_sts::iam::CATALOG } else { &local_sts::sts::CATALOG };
        let Some(entry) = catalog.find(action) else { return };
        let declared = COMMON_ERRORS.iter().chain(entry.description.errors);
        let text = String::from_utf8_lossy(&answer.0.body);
        let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
        if let Some((code, _)) = code {
            let fine = declared.clone().any(|declared| declared.as_str() == code);
            assert!(fine, "{code} is not among the `errors [...]` that {action} declares");
        }
    }

    /// The call with its signature in the query, over `host` and every header that is there now.
    pub fn presigned(mut self, keys: &Keys, expires: impl Display, at: Timestamp) -> Self {
        let mut names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let scope = format!("{}/{}/{}/aws4_request", at.basic_date(), self.region, self.service);
        let token = keys.token.as_ref().map(|token| format!("&X-Amz-Security-Token={}", encode(token)));
        let added = format!(
            "&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Date={}&X-Amz-Expires={expires}&X-Amz-SignedHeaders={}{}",
            encode(&format!("{}/{scope}", keys.id)),
            at.basic(),
            encode(&names.join(";")),
            token.unwrap_or_default()
        );
        self.query.push_str(&added);
        let (_, signature) = self.signature(keys, at);
        self.query.push_str(&format!("&X-Amz-Signature={signature}"));
        self
    }

    /// The call with its signature, for a way of sending of one's own.
    pub fn signed(mut self, at: Timestamp) -> Self {
        if let Some(keys) = self.keys.take() {
            self.sign(&keys, at);
        }
        self
    }

    /// Adds the headers of SigV4: what stands there now is what is signed.
    fn sign(&mut self, keys: &Keys, at: Timestamp) {
        self.headers.push(("x-amz-date".to_owned(), at.basic().to_string().into_bytes()));
        if let Some(token) = &keys.token {
            self.headers.push(("x-amz-security-token".to_owned(), token.clone().into_bytes()));
        }
        let (names, signature) = self.signature(keys, at);
        let scope = format!("{}/{}/{}/aws4_request", at.basic_date(), self.region, self.service);
        let credential = format!("{}/{scope}", keys.id);
        let header = format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}");
        self.headers.push(("authorization".to_owned(), header.into_bytes()));
    }

    /// The names of all headers that are there now, and the signature over them.
    fn signature(&self, keys: &Keys, at: Timestamp) -> (String, String) {
        let mut signed: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in &self.headers {
            let value = String::from_utf8_lossy(value).trim().to_owned();
            signed.entry(name.clone()).and_modify(|joined| joined.extend([",", &value])).or_insert(value.clone());
        }
        let names: Vec<&str> = signed.keys().map(String::as_str).collect();
        let names = names.join(";");
        let lines: String = signed.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let mut pairs: Vec<(String, String)> =
            self.query.split('&').filter(|pair| !pair.is_empty()).map(canonical_pair).collect();
        pairs.sort_unstable();
        let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        let (method, path, query) = (&self.method, &self.path, pairs.join("&"));
        let payload = self.payload.clone().unwrap_or_else(|| hex(&Sha256::digest(&self.body)));
        let canonical = format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{payload}");
        let (date, region, service) = (at.basic_date().to_string(), &self.region, &self.service);
        let scope = format!("{date}/{region}/{service}/aws4_request");
        let to_sign = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", at.basic(), hex(&Sha256::digest(canonical)));
        let key = [date.as_str(), region, service, "aws4_request"]
            .iter()
            .fold(format!("AWS4{}", keys.secret).into_bytes(), |key, part| mac(&key, part));
        (names, hex(&mac(&key, &to_sign)))
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(text).finalize().into_bytes().to_vec()
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A pair of a query as signatures have it; escapes stay as they are.
fn canonical_pair(pair: &str) -> (String, String) {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let part = |text: &str| encode(text).replace("%25", "%");
    (part(name), part(value))
}

/// As forms encode.
pub fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

/// What came back.
#[derive(Debug)]
pub struct Answer(pub RawResponse);

impl Answer {
    pub fn status(&self) -> u16 {
        self.0.status
    }

    pub fn body(&self) -> &str {
        std::str::from_utf8(&self.0.body).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.header(name)
    }

    /// The same, which is no refusal.
    #[track_caller]
    pub fn fine(self) -> Self {
        assert_eq!(self.status(), 200, "{}", self.body());
        self
    }

    /// The text of the first element of this name, unescaped.
    pub fn text(&self, element: &str) -> Option<String> {
        let (begin, empty) = (format!("<{element}>"), format!("<{element}/>"));
        let (before, rest) = self.body().split_once(&begin).unwrap_or((self.body(), ""));
        if before.contains(&empty) {
            return Some(String::new());
        }
        let (text, _) = rest.split_once(&format!("</{element}>"))?;
        Some(quick_xml::escape::unescape(text).unwrap().into_owned())
    }

    /// The credentials it hands back.
    #[track_caller]
    pub fn keys(&self) -> Keys {
        let text = |element| self.text(element).unwrap_or_else(|| panic!("no {element} in {}", self.body()));
        Keys { id: text("AccessKeyId"), secret: text("SecretAccessKey"), token: Some(text("SessionToken")) }
    }
}

/// What a refusal shall be: status, code, text.
pub type Refusal<'a> = (u16, &'a str, Option<&'a str>);

/// A refusal with a text.
pub fn refused<'a>(status: u16, code: &'a str, message: &'a str) -> Refusal<'a> {
    (status, code, Some(message))
}

/// The answer to `call` is this refusal, byte for byte; `id` names the row it holds.
#[track_caller]
pub fn check(world: &TestWorld, id: &str, call: &Call, expect: Refusal<'_>) {
    let answer = call.send(world);
    let found = (answer.status(), answer.text("Code"), answer.text("Message"));
    let (status, code, message) = expect;
    assert_eq!(found, (status, Some(code.to_owned()), message.map(str::to_owned)), "{id}: {}", answer.body());
    assert_eq!(answer.header("content-type"), Some("text/xml"), "{id}");
    assert_eq!(answer.header("x-amzn-requestid"), answer.text("RequestId").as_deref(), "{id}");
    let of_iam =
        ["https://iam.amazonaws.com/doc/", "for version 2010-05-08<"].iter().any(|it| answer.body().contains(it));
    assert_eq!(answer.header("x-amz-sts-extended-request-id").is_some(), !of_iam, "{id}");
    let fault = if status < 500 { "Sender" } else { "Receiver" };
    assert_eq!(answer.text("Type").as_deref(), Some(fault), "{id}");
}

/// The answer to `call` is that this is not allowed, in these words.
#[track_caller]
pub fn check_denied(world: &TestWorld, id: &str, call: &Call, text: &str) {
    check(world, id, call, refused(403, "AccessDenied", text));
}
