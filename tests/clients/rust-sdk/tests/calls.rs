//! What is allowed: identify, assume, use, chain.

use std::collections::HashSet;

use aws_sdk_sts::operation::RequestId;
use support::{
    ACCOUNT, ALICE, BOB, PARTNER_ID, ROOT, Server, alice, assume, bob, identify, issued, role, root, session_arn,
};
use tokio::task::JoinSet;

fn is_in(alphabet: &str, text: &str) -> bool {
    text.chars().all(|letter| alphabet.contains(letter))
}

const BASE32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

#[tokio::test]
async fn a_user_is_told_who_she_is() {
    let server = Server::start();
    for (keys, arn) in [(alice(), ALICE), (bob(), BOB)] {
        let answer = server.client(keys).get_caller_identity().send().await.unwrap();
        assert_eq!((answer.account(), answer.arn()), (Some(ACCOUNT), Some(arn)));
        let id = answer.user_id().unwrap();
        assert!(id.len() == 21 && id.starts_with("AIDA") && is_in(BASE32, id), "{id}");
    }
}

#[tokio::test]
async fn the_root_user_is_told_that_it_is_root() {
    let server = Server::start();
    let answer = server.client(root()).get_caller_identity().send().await.unwrap();
    assert_eq!((answer.account(), answer.user_id(), answer.arn()), (Some(ACCOUNT), Some(ACCOUNT), Some(ROOT)));
}

#[tokio::test]
async fn a_session_is_told_its_own_name() {
    let server = Server::start();
    let assumed = assume(&server.client(bob()), "report-reader").send().await.unwrap();
    let user = assumed.assumed_role_user().unwrap();
    assert_eq!(user.arn(), session_arn("report-reader", "ci"));
    let answer = server.client(issued(&assumed)).get_caller_identity().send().await.unwrap();
    let told = (answer.account(), answer.user_id(), answer.arn());
    assert_eq!(told, (Some(ACCOUNT), Some(user.assumed_role_id()), Some(user.arn())));
}

#[tokio::test]
async fn an_assumed_role_gives_keys_of_the_usual_shape() {
    let server = Server::start();
    let answer = assume(&server.client(bob()), "report-reader").send().await.unwrap();
    let (role_id, session) = answer.assumed_role_user().unwrap().assumed_role_id().split_once(':').unwrap();
    assert!(role_id.len() == 21 && role_id.starts_with("AROA") && is_in(BASE32, role_id), "{role_id}");
    assert_eq!(session, "ci");
    let keys = answer.credentials().unwrap();
    let id = keys.access_key_id();
    assert!(id.len() == 20 && id.starts_with("ASIA") && is_in(BASE32, id), "{id}");
    assert_eq!(keys.secret_access_key().len(), 40);
    assert!(keys.session_token().len() > 100);
    assert_eq!(answer.source_identity(), None);
}

#[tokio::test]
async fn every_answer_has_a_request_id_of_its_own() {
    let server = Server::start();
    let client = server.client(bob());
    let mut seen = HashSet::new();
    for _ in 0..3 {
        let identity = client.get_caller_identity().send().await.unwrap();
        let assumed = assume(&client, "report-reader").send().await.unwrap();
        seen.extend([identity.request_id(), assumed.request_id()].map(|id| id.unwrap().to_owned()));
    }
    assert_eq!(seen.len(), 6);
    assert!(seen.iter().all(|id| id.len() == 36 && is_in("0123456789abcdef-", id)), "{seen:?}");
}

#[tokio::test]
async fn a_role_with_a_path_is_reached_by_chaining_and_its_sessions_have_no_path() {
    let server = Server::start();
    let first = server.client(server.session().await);
    let second = assume(&first, "ci/deployer").duration_seconds(3600).send().await.unwrap();
    assert_eq!(identify(&server.client(issued(&second))).await, session_arn("deployer", "ci"));
}

#[tokio::test]
async fn the_agreed_external_id_opens_the_partners_role() {
    let server = Server::start();
    let answer = assume(&server.client(bob()), "partner-access").external_id(PARTNER_ID).send().await.unwrap();
    assert_eq!(answer.assumed_role_user().unwrap().arn(), session_arn("partner-access", "ci"));
}

#[tokio::test]
async fn a_role_of_another_account_is_assumed_where_both_sides_agree() {
    let server = Server::start();
    let call = server.client(alice()).assume_role().role_arn("arn:aws:iam::210987654321:role/auditor");
    let answer = call.role_session_name("ci").send().await.unwrap();
    let arn = identify(&server.client(issued(&answer))).await;
    assert_eq!(arn, "arn:aws:sts::210987654321:assumed-role/auditor/ci");
}

#[tokio::test]
async fn a_session_name_of_every_letter_that_is_allowed_arrives_unchanged() {
    let server = Server::start();
    let client = server.client(bob());
    for name in ["aZ09_+=,.@-", "bob@example.com", "ab", &"x".repeat(64)] {
        let call = client.assume_role().role_arn(role("report-reader")).role_session_name(name);
        let keys = issued(&call.send().await.unwrap());
        assert_eq!(identify(&server.client(keys)).await, session_arn("report-reader", name));
    }
}

#[tokio::test]
async fn many_calls_at_once_of_one_client_give_as_many_keys_that_all_work() {
    let server = Server::start();
    let client = server.client(bob());
    let mut calls = JoinSet::new();
    for _ in 0..50 {
        calls.spawn(assume(&client, "report-reader").send());
    }
    let mut seen = HashSet::new();
    for answer in calls.join_all().await {
        let keys = issued(&answer.unwrap());
        assert_eq!(identify(&server.client(keys.clone())).await, session_arn("report-reader", "ci"));
        seen.insert(keys.access_key_id().to_owned());
    }
    assert_eq!(seen.len(), 50);
}

#[tokio::test]
async fn an_account_vouches_for_its_user() {
    let server = Server::start();
    let ask = |keys| {
        let call = server.client(keys).get_web_identity_token().audience("https://relying.test");
        call.signing_algorithm("ES384").duration_seconds(60).send()
    };
    let answer = ask(alice()).await.unwrap();
    let token = answer.web_identity_token().unwrap();
    assert_eq!(token.split('.').count(), 3);
    let left = answer.expiration().unwrap().secs()
        - aws_sdk_sts::primitives::DateTime::from(std::time::SystemTime::now()).secs();
    assert!((50..=61).contains(&left), "{left}");
    let refused = ask(bob()).await.unwrap_err().into_service_error();
    assert_eq!(aws_sdk_sts::error::ProvideErrorMetadata::code(&refused), Some("AccessDenied"));
}
