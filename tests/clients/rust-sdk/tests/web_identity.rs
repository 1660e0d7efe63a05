//! Web identities: a token by hand, and an application of which only the environment says who it is.

use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, fs};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_sts::Client;
use support::{Clock, REGION, Refusal, Server, assume, identify, issued_by_token, keys, refusal, role, session_arn};

/// When the tokens of `fixtures/oidc/foreign.json` were issued, for an hour.
const ISSUED: i64 = 1_768_478_400;
const AT: &str = "2026-01-15T12:00:00Z";
const BUILD: &str = "build";

/// A token that the openssl command signed.
fn token(algorithm: &str) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../fixtures/oidc/foreign.json");
    let tokens = fs::read_to_string(path).expect("it is there");
    let (_, behind) = tokens.split_once(&format!(r#""{algorithm}": ""#)).expect("it has one");
    behind.split('"').next().unwrap_or_default().to_owned()
}

fn nobody(server: &Server) -> Client {
    server.client(keys("nobody", "nothing", None))
}

#[tokio::test]
async fn a_token_opens_the_role_that_trusts_its_bearer() {
    let server = Server::start();
    server.freeze_back(AT);
    let call = || {
        nobody(&server)
            .assume_role_with_web_identity()
            .role_arn(role("web-deployer"))
            .role_session_name(BUILD)
            .web_identity_token(token("RS256"))
    };
    let answer = call().send().await.unwrap();
    assert_eq!(answer.subject_from_web_identity_token(), Some("system:serviceaccount:shop:api"));
    assert_eq!(answer.audience(), Some("sts.amazonaws.com"));
    assert_eq!(answer.provider(), Some("arn:aws:iam::123456789012:oidc-provider/issuer.example/tenant"));
    let session = server.client(issued_by_token(&answer));
    assert_eq!(identify(&session).await, session_arn("web-deployer", BUILD));
    let denied = refusal(assume(&session, "web-deployer").send().await);
    assert_eq!(denied, Refusal::denied(&session_arn("web-deployer", BUILD), "web-deployer"));

    let unheld = refusal(call().web_identity_token(token("ES256")).send().await);
    let text = "Couldn't retrieve verification key from your identity provider,  please reference \
                AssumeRoleWithWebIdentity documentation for requirements";
    assert_eq!((&*unheld.code, &*unheld.text), ("InvalidIdentityToken", text));
    let other = refusal(call().role_arn(role("report-reader")).send().await);
    assert_eq!(other.text, "Not authorized to perform sts:AssumeRoleWithWebIdentity");
}

/// A process of its own, for its environment: it says who it is each time that it is told what time it is.
struct Application {
    hears: ChildStdin,
    says: BufReader<ChildStdout>,
}

impl Application {
    const MARK: &str = "LOCAL_STS_TEST_APPLICATION";

    fn start(server: &Server, token_file: &str) -> Self {
        let mut process = Command::new(env::current_exe().expect("this is a program"))
            .args(["--exact", "an_application_says_who_it_is", "--nocapture"])
            .env_clear()
            .env(Self::MARK, "1")
            .env("AWS_ENDPOINT_URL_STS", server.endpoint())
            .env("AWS_REGION", REGION)
            .env("AWS_ROLE_ARN", role("web-deployer"))
            .env("AWS_ROLE_SESSION_NAME", BUILD)
            .env("AWS_WEB_IDENTITY_TOKEN_FILE", token_file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let (hears, says) = (process.stdin.take(), process.stdout.take());
        Self { hears: hears.expect("it is piped"), says: BufReader::new(says.expect("it is piped")) }
    }

    /// What it says at this instant, behind a mark: the test around it talks as well.
    fn at(&mut self, seconds: i64) -> String {
        writeln!(self.hears, "{seconds}").expect("it listens");
        let mut line = String::new();
        while self.says.read_line(&mut line).expect("it talks") > 0 {
            if let Some((_, said)) = line.split_once(Self::MARK) {
                return said.trim().to_owned();
            }
            line.clear();
        }
        panic!("it ended");
    }
}

/// No test by itself: the process of [`Application`].
#[tokio::test]
async fn an_application_says_who_it_is() {
    if env::var_os(Application::MARK).is_none() {
        return;
    }
    let clock = Clock::default();
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .time_source(clock.clone())
        .region(Region::from_static(REGION))
        .load()
        .await;
    let client = Client::new(&config);
    for line in std::io::stdin().lines() {
        let seconds: i64 = line.unwrap().parse().unwrap();
        let real = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        clock.go_wrong_by(seconds - i64::try_from(real).unwrap());
        let said = match client.get_caller_identity().send().await {
            Ok(answer) => answer.arn().unwrap_or_default().to_owned(),
            Err(error) => format!("{error:?}"),
        };
        println!("{}{said}", Application::MARK);
    }
}

#[tokio::test]
async fn an_application_becomes_what_its_environment_says_and_stays_it() {
    let server = Server::start();
    server.freeze_back(AT);
    let file = env::temp_dir().join(format!("local-sts-token-{}", std::process::id()));
    fs::write(&file, token("RS256")).unwrap();
    let mut application = Application::start(&server, file.to_str().unwrap());
    let build = session_arn("web-deployer", BUILD);
    assert_eq!(application.at(ISSUED), build);
    server.advance(1800);
    assert_eq!(application.at(ISSUED + 1800), build);
    // The session is over; the token is not, for it has five minutes of grace.
    server.advance(1800);
    assert_eq!(application.at(ISSUED + 3600), build);
    server.advance(3600);
    let over = application.at(ISSUED + 7200);
    assert!(over.contains("ExpiredTokenException") && over.contains("1768482000"), "{over}");
    fs::remove_file(&file).unwrap();
}
