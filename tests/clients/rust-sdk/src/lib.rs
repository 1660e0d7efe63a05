//! What the tests share: the program under test, the people of its seed, clients, and refusals.
//!
//! Everything here talks to loopback only. The program is `LOCAL_STS_BIN`, or what `cargo build` leaves behind.

use std::borrow::Cow;
use std::env;
use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::Client;
use aws_sdk_sts::config::http::HttpResponse;
use aws_sdk_sts::config::{Credentials, ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::RequestId;
use aws_sdk_sts::operation::assume_role::AssumeRoleOutput;
use aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityOutput;
use aws_smithy_async::time::{SystemTimeSource, TimeSource};

const READY_WITHIN: Duration = Duration::from_secs(20);
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

pub const REGION: &str = "eu-central-1";
pub const ACCOUNT: &str = "123456789012";
pub const ROOT: &str = "arn:aws:iam::123456789012:root";
pub const ALICE: &str = "arn:aws:iam::123456789012:user/alice";
pub const BOB: &str = "arn:aws:iam::123456789012:user/bob";
pub const PARTNER_ID: &str = "partner-7f3a";
pub const ALICES_PHONE: &str = "arn:aws:iam::123456789012:mfa/alice-phone";

pub const MISMATCH: Refusal = Refusal::of(
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key \
     and signing method. Consult the service documentation for details.",
);
pub const WRONG_REGION: Refusal =
    Refusal::of("SignatureDoesNotMatch", "Credential should be scoped to a valid region. ");
pub const INVALID: Refusal =
    Refusal::of("InvalidClientTokenId", "The security token included in the request is invalid.");
/// Of a token that a region cannot use: without the full stop.
pub const UNKNOWN_TOKEN: Refusal =
    Refusal::of("InvalidClientTokenId", "The security token included in the request is invalid");
pub const STS_DEACTIVATED: Refusal = Refusal::of(
    "RegionDisabledException",
    "STS is not activated in this region for account:210987654321. Your account administrator can activate STS in this \
     region using the IAM Console.",
);
pub const EXPIRED: Refusal = Refusal::of("ExpiredToken", "The security token included in the request is expired");
pub const OVER_ROLE_MAXIMUM: Refusal =
    Refusal::of("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
pub const OVER_CHAINING_MAXIMUM: Refusal = Refusal::of(
    "ValidationError",
    "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
);
pub const MFA_INVALID: Refusal =
    Refusal::of("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ");
pub const MFA_HALF: Refusal = Refusal::of(
    "AccessDenied",
    "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
);
pub const MFA_UNABLE: Refusal = Refusal::of(
    "AccessDenied",
    "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and \
     associated with this user.",
);
pub const NO_ROLE_FOR_ROOT: Refusal = Refusal::of("AccessDenied", "Roles may not be assumed by root accounts.");

/// The ARN of a role; `name` has the path in front.
pub fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// The ARN of a role's session; paths are not in it.
pub fn session_arn(name: &str, session: &str) -> String {
    format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}")
}

pub fn root() -> Credentials {
    user("AKIAEXAMPLEROOT00001", "EXAMPLE0root0secret0EXAMPLE0root0secret0")
}

pub fn alice() -> Credentials {
    user("AKIAEXAMPLEALICE0001", "EXAMPLE0alice0secret0EXAMPLE0alice0secre")
}

pub fn bob() -> Credentials {
    user("AKIAEXAMPLEBOB000001", "EXAMPLE0bob00secret0EXAMPLE0bob00secret0")
}

/// Bob's inactive key.
pub fn bob_retired() -> Credentials {
    user("AKIAEXAMPLEBOB000002", "EXAMPLE0bob00retired0EXAMPLE0bob00retire")
}

fn user(id: &str, secret: &str) -> Credentials {
    keys(id, secret, None)
}

/// Keys without an expiration, so that only the service judges them.
pub fn keys(id: &str, secret: &str, token: Option<&str>) -> Credentials {
    Credentials::new(id, secret, token.map(str::to_owned), None, "test")
}

/// The keys of an answer.
pub fn issued(answer: &AssumeRoleOutput) -> Credentials {
    let keys = answer.credentials().expect("an answer has credentials");
    self::keys(keys.access_key_id(), keys.secret_access_key(), Some(keys.session_token()))
}

/// The same of an answer to a token.
pub fn issued_by_token(answer: &AssumeRoleWithWebIdentityOutput) -> Credentials {
    let keys = answer.credentials().expect("an answer has credentials");
    self::keys(keys.access_key_id(), keys.secret_access_key(), Some(keys.session_token()))
}

/// A call to assume this role, as the session `ci`.
pub fn assume(client: &Client, name: &str) -> AssumeRoleFluentBuilder {
    client.assume_role().role_arn(role(name)).role_session_name("ci")
}

/// The ARN of whom the client speaks for.
pub async fn identify(client: &Client) -> String {
    let answer = client.get_caller_identity().send().await.expect("everybody may ask who he is");
    answer.arn().expect("an identity has an ARN").to_owned()
}

/// What AWS says when it refuses, to the byte.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: Cow<'static, str>,
    pub text: Cow<'static, str>,
}

impl Refusal {
    const fn of(code: &'static str, text: &'static str) -> Self {
        Self { code: Cow::Borrowed(code), text: Cow::Borrowed(text) }
    }

    pub fn denied(caller: &str, name: &str) -> Self {
        let text = format!("User: {caller} is not authorized to perform: sts:AssumeRole on resource: {}", role(name));
        Self { code: "AccessDenied".into(), text: text.into() }
    }

    /// The same of another action, on a resource by its ARN.
    pub fn denied_action(caller: &str, action: &str, resource: &str) -> Self {
        let text = format!("User: {caller} is not authorized to perform: {action} on resource: {resource}");
        Self { code: "AccessDenied".into(), text: text.into() }
    }

    pub fn invalid_parameter(text: String) -> Self {
        Self { code: "ValidationError".into(), text: text.into() }
    }

    /// The refusal in an error, or none if there is no code in it.
    pub fn in_error(error: &impl ProvideErrorMetadata) -> Option<Self> {
        let text = error.message().unwrap_or_default().to_owned();
        Some(Self { code: error.code()?.to_owned().into(), text: text.into() })
    }
}

/// The refusal of a call that must be refused. Its status, form and request id must fit as well.
pub fn refusal<O, E>(result: Result<O, SdkError<E, HttpResponse>>) -> Refusal
where
    O: std::fmt::Debug,
    E: ProvideErrorMetadata + RequestId + Error + 'static,
{
    let error = result.expect_err("this was to be refused");
    let SdkError::ServiceError(answered) = &error else { panic!("the service gave no error: {error:?}") };
    let refusal = Refusal::in_error(answered.err()).expect("an error has a code");
    let raw = answered.raw();
    let sender_erred =
        ["ValidationError", "InvalidAuthorizationMessageException", "InvalidIdentityToken", "ExpiredTokenException"];
    let status = if sender_erred.contains(&&*refusal.code) { 400 } else { 403 };
    assert_eq!((raw.status().as_u16(), raw.headers().get("content-type")), (status, Some("text/xml")), "{refusal:?}");
    let id = error.request_id().expect("an error has a request id");
    let body = std::str::from_utf8(raw.body().bytes().expect("the body was read")).expect("it is text");
    assert!(id.len() == 36 && body.contains(&format!("<RequestId>{id}</RequestId>")), "{id} is not in {body}");
    refusal
}

/// A machine's clock, which can be wrong.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    seconds_ahead: Arc<AtomicI64>,
}

impl Clock {
    pub fn go_wrong_by(&self, seconds: i64) {
        self.seconds_ahead.store(seconds, Ordering::SeqCst);
    }
}

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        let (real, ahead) = (SystemTimeSource::new().now(), self.seconds_ahead.load(Ordering::SeqCst));
        let by = Duration::from_secs(ahead.unsigned_abs());
        if ahead < 0 { real - by } else { real + by }
    }
}

/// A running local-sts with the sample seed and ours; it keeps nothing, and is gone with this value.
pub struct Server {
    process: Child,
    said: Arc<Mutex<String>>,
    listener: Option<JoinHandle<()>>,
    aws: String,
    companion: String,
    delivery: Option<String>,
}

impl Server {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// One with the accounts that the suites of all languages try the same things with, and no others.
    pub fn start_matrix() -> Self {
        Self::start_of(&[repository().join("tests/clients/common/matrix.yaml")], &["--delivery-listen", "127.0.0.1:0"])
    }

    /// One that answers for this region only.
    pub fn start_for(region: &str) -> Self {
        Self::start_with(&["--region", region])
    }

    /// One with more accounts, as a seed has them.
    pub fn start_also_with(seed: &str) -> Self {
        static FILES: AtomicI64 = AtomicI64::new(0);
        let number = FILES.fetch_add(1, Ordering::SeqCst);
        let file = env::temp_dir().join(format!("local-sts-seed-{}-{number}", std::process::id()));
        std::fs::write(&file, seed).expect("there is room for a seed");
        let server = Self::start_with(&["--seed", file.to_str().expect("the place has a name")]);
        // What remains of it is of no use and does no harm.
        drop(std::fs::remove_file(&file));
        server
    }

    fn start_with(arguments: &[&str]) -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self::start_of(&[repository().join("fixtures/seed/sample.yaml"), here.join("more.yaml")], arguments)
    }

    fn start_of(seeds: &[PathBuf], arguments: &[&str]) -> Self {
        let mut process = Command::new(binary())
            .env_clear()
            .args(["--ephemeral", "--aws-listen", "127.0.0.1:0", "--companion-listen", "127.0.0.1:0"])
            .args(seeds.iter().flat_map(|seed| [Path::new("--seed"), seed]))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let (stdout, stderr) = (process.stdout.take(), process.stderr.take());
        let said = Arc::<Mutex<String>>::default();
        let heard = Arc::clone(&said);
        let listener = thread::spawn(move || {
            for line in BufReader::new(stderr.expect("it is piped")).lines().map_while(Result::ok) {
                heard.lock().expect("nobody panics over it").push_str(&format!("{line}\n"));
            }
        });
        let (aws, companion) = (String::new(), String::new());
        let mut server = Self { process, said, listener: Some(listener), aws, companion, delivery: None };
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout.expect("it is piped")).lines().map_while(Result::ok) {
                // After the first line nobody listens any more.
                drop(tell.send(line));
            }
        });
        let line = told.recv_timeout(READY_WITHIN).expect("it was not ready in time");
        let addresses = line.strip_prefix("ready ").expect("the first line says `ready`");
        server.aws = address(addresses, "aws");
        server.companion = address(addresses, "companion");
        server.delivery = addresses.contains("\"delivery\"").then(|| address(addresses, "delivery"));
        server
    }

    /// A configuration as an application would make it, with one attempt for each call.
    pub fn config(&self, who: impl ProvideCredentials + 'static) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .time_source(SystemTimeSource::new())
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().operation_timeout(ANSWERED_WITHIN).build())
            .endpoint_url(&self.aws)
            .region(Region::from_static(REGION))
            .credentials_provider(SharedCredentialsProvider::new(who))
            .build()
    }

    pub fn client(&self, who: Credentials) -> Client {
        Client::new(&self.config(who))
    }

    /// Where it answers.
    pub fn endpoint(&self) -> &str {
        &self.aws
    }

    pub fn client_in(&self, region: &'static str, who: Credentials) -> Client {
        Client::new(&self.config(who).into_builder().region(Region::from_static(region)).build())
    }

    /// The keys of a session of the report-reader, which bob opened.
    pub async fn session(&self) -> Credentials {
        let answer = assume(&self.client(bob()), "report-reader").send().await;
        issued(&answer.expect("bob may assume the report-reader"))
    }

    /// Turns the service's clock forward.
    pub fn advance(&self, seconds: u32) {
        self.steer("POST", "/_admin/v1/clock/advance", &format!(r#"{{"seconds":{seconds}}}"#));
    }

    /// Stops the service's clock at this instant.
    pub fn freeze(&self, at: &str) {
        self.steer("PUT", "/_admin/v1/clock", &format!(r#"{{"mode":"frozen","at":"{at}"}}"#));
    }

    /// The same, if the instant may be gone by.
    pub fn freeze_back(&self, at: &str) {
        self.steer("PUT", "/_admin/v1/clock", &format!(r#"{{"mode":"frozen","at":"{at}","backwards":true}}"#));
    }

    pub fn reset(&self) {
        self.steer("POST", "/_admin/v1/reset", "");
    }

    /// The encoded message of the last call that was denied, as soon as the log has it.
    pub fn last_message(&self) -> String {
        let deadline = Instant::now() + ANSWERED_WITHIN;
        loop {
            let said = self.said.lock().expect("nobody panics over it").clone();
            if let Some((_, message)) = said.rsplit_once("encoded_message=") {
                return message.split_whitespace().next().unwrap_or_default().to_owned();
            }
            assert!(Instant::now() < deadline, "there is no message in {said}");
            thread::yield_now();
        }
    }

    /// A code of alice's phone that nobody has used.
    pub fn code(&self) -> String {
        let answer = self.steer("GET", &format!("/_admin/v1/mfa?serialNumber={ALICES_PHONE}"), "");
        address(&answer, "code")
    }

    /// Where the companion answers.
    pub fn companion(&self) -> &str {
        &self.companion
    }

    /// Where it delivers credentials.
    pub fn delivery(&self) -> &str {
        self.delivery.as_deref().expect("it was told to deliver")
    }

    /// What the companion answers to a document.
    pub fn post(&self, path: &str, document: &str) -> String {
        body(&self.steer("POST", path, document))
    }

    /// What the companion has at a path.
    pub fn get(&self, path: &str) -> String {
        body(&self.steer("GET", path, ""))
    }

    fn steer(&self, method: &str, path: &str, body: &str) -> String {
        ask(&self.companion, method, path, body)
    }
}

/// Turns the clock of the service with this companion forward.
pub fn advance(companion: &str, seconds: i64) {
    ask(companion, "POST", "/_admin/v1/clock/advance", &format!(r#"{{"seconds":{seconds}}}"#));
}

/// Asks a companion.
fn ask(companion: &str, method: &str, path: &str, body: &str) -> String {
    let address = companion.strip_prefix("http://").expect("it is an address of HTTP");
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut connection = TcpStream::connect(address).expect("the companion listens");
    connection.set_read_timeout(Some(ANSWERED_WITHIN)).expect("this is no zero");
    connection.write_all(request.as_bytes()).expect("the companion reads");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("the companion answers");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{request}\n\n{answer}");
    answer
}

impl Drop for Server {
    /// What it said is printed under a test that failed.
    fn drop(&mut self) {
        let ended = self.process.kill().and_then(|()| self.process.wait());
        if thread::panicking() {
            self.listener.take().map(JoinHandle::join);
            eprintln!("{ended:?}; it said:\n{}", self.said.lock().map(|said| said.clone()).unwrap_or_default());
        }
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

fn binary() -> PathBuf {
    let built = || {
        let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        repository().join(target).join("debug/local-sts")
    };
    let path = env::var_os("LOCAL_STS_BIN").map_or_else(built, PathBuf::from);
    assert!(path.is_file(), "{} is not there: run `cargo build`, or name it in LOCAL_STS_BIN", path.display());
    path
}

fn body(answer: &str) -> String {
    answer.split_once("\r\n\r\n").expect("an answer has an end of its head").1.to_owned()
}

/// The text behind this name in a flat object of JSON.
fn address(object: &str, name: &str) -> String {
    let (_, behind) = object.split_once(&format!(r#""{name}":""#)).expect("the name is there");
    behind.split('"').next().unwrap_or_default().to_owned()
}
