//! Credentials as they are fetched where an application runs on AWS: by a container, a pod and an instance.

use std::env;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_sts::Client;
use support::{Clock, REGION, Server};

const MARK: &str = "LOCAL_STS_TEST_APPLICATION";
const AHEAD: &str = "LOCAL_STS_TEST_AHEAD";

/// What an application says that knows only these variables: who it is, and once more when the service's clock and its
/// own went on by as long as `AHEAD` says.
fn application(server: &Server, variables: &[(&str, &str)]) -> String {
    let done = Command::new(env::current_exe().expect("this is a program"))
        .args(["--exact", "an_application_says_who_it_is", "--nocapture"])
        .env_clear()
        .env(MARK, server.companion())
        .env("AWS_ENDPOINT_URL_STS", server.endpoint())
        .env("AWS_REGION", REGION)
        .env("AWS_CONFIG_FILE", "/nothing")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/nothing")
        .envs(variables.iter().copied())
        .output()
        .expect("it runs");
    let said = String::from_utf8(done.stdout).expect("it is text");
    said.lines().filter_map(|line| line.split_once(MARK)).map(|(_, said)| said.trim()).collect::<Vec<_>>().join(" ")
}

/// No test by itself: the process of [`application`].
#[tokio::test]
async fn an_application_says_who_it_is() {
    let Ok(companion) = env::var(MARK) else { return };
    let clock = Clock::default();
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .time_source(clock.clone())
        .region(Region::from_static(REGION))
        .load()
        .await;
    let client = Client::new(&config);
    let ahead = env::var(AHEAD).ok().map(|text| text.parse().expect("a number"));
    for seconds in [None, ahead].into_iter().take(if ahead.is_some() { 2 } else { 1 }) {
        if let Some(seconds) = seconds {
            clock.go_wrong_by(seconds);
            support::advance(&companion, seconds);
        }
        match client.get_caller_identity().send().await {
            Ok(answer) => println!("{MARK}{}", answer.arn().unwrap_or_default()),
            Err(error) => println!("{MARK}{}", format!("{error:?}").replace('\n', " ")),
        }
    }
}

fn is_session_of(said: &str, name: &str) {
    assert!(said.starts_with(&format!("arn:aws:sts::123456789012:assumed-role/{name}/")), "{said}");
}

#[test]
fn a_container_and_a_pod() {
    let server = Server::start_matrix();
    let full = format!("{}/creds/worker", server.delivery());
    let uri = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", full.as_str());
    is_session_of(&application(&server, &[uri, ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "let-me-in")]), "worker");
    let wrong = application(&server, &[uri, ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "wrong")]);
    assert!(wrong.contains("StatusCode(401)"), "{wrong}");

    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let file = env::temp_dir().join(format!("local-sts-pod-{now}"));
    std::fs::write(&file, "pod-token").unwrap();
    let token = ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file.to_str().unwrap());
    let full = format!("{}/v1/credentials", server.delivery());
    is_session_of(&application(&server, &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &full), token]), "pod");
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn credentials_of_a_container_are_fetched_anew_when_they_end() {
    let server = Server::start_matrix();
    let full = format!("{}/creds/hurried", server.delivery());
    let said = application(&server, &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &full), (AHEAD, "70")]);
    let sessions: Vec<_> = said.split(' ').collect();
    assert_eq!(sessions.len(), 2, "{said}");
    sessions.iter().for_each(|session| is_session_of(session, "worker"));
}

#[test]
fn an_instance() {
    let server = Server::start_matrix();
    let place = server.delivery();
    is_session_of(&application(&server, &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", place)]), "worker");
}
