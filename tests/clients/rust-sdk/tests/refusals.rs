//! What is refused, as the errors that an application sees.

use aws_sdk_sts::Client;
use aws_sdk_sts::config::Credentials;
use support::{
    BOB, Clock, EXPIRED, INVALID, MISMATCH, NO_ROLE_FOR_ROOT, OVER_CHAINING_MAXIMUM, OVER_ROLE_MAXIMUM, PARTNER_ID,
    Refusal, Server, WRONG_REGION, alice, assume, bob, bob_retired, identify, issued, keys, refusal, role, root,
    session_arn,
};

const NO_REGION: &str = "mars-north-1";

/// What a user does, identify and assume, or a session, use and chain: both must end in this.
async fn check_both_refused(client: &Client, name: &str, expected: &Refusal) {
    assert_eq!(&refusal(client.get_caller_identity().send().await), expected);
    assert_eq!(&refusal(assume(client, name).send().await), expected);
}

async fn check_user_refused(server: &Server, keys: Credentials, expected: &Refusal) {
    check_both_refused(&server.client(keys), "report-reader", expected).await;
}

async fn check_session_refused(server: &Server, keys: Credentials, expected: &Refusal) {
    check_both_refused(&server.client(keys), "ci/deployer", expected).await;
}

#[tokio::test]
async fn a_wrong_secret_is_a_mismatch() {
    let server = Server::start();
    let wrong = bob_retired();
    let secret = wrong.secret_access_key();
    let (user, session) = (bob(), server.session().await);
    check_user_refused(&server, keys(user.access_key_id(), secret, None), &MISMATCH).await;
    check_session_refused(&server, keys(session.access_key_id(), secret, session.session_token()), &MISMATCH).await;
}

#[tokio::test]
async fn the_secret_of_another_session_is_a_mismatch() {
    let server = Server::start();
    let (one, other) = (server.session().await, server.session().await);
    let mixed = keys(one.access_key_id(), other.secret_access_key(), one.session_token());
    check_session_refused(&server, mixed, &MISMATCH).await;
}

#[tokio::test]
async fn the_token_of_another_session_is_invalid() {
    let server = Server::start();
    let (user, one, other) = (bob(), server.session().await, server.session().await);
    let foreign = other.session_token();
    check_user_refused(&server, keys(user.access_key_id(), user.secret_access_key(), foreign), &INVALID).await;
    check_session_refused(&server, keys(one.access_key_id(), one.secret_access_key(), foreign), &INVALID).await;
}

#[tokio::test]
async fn a_damaged_token_is_invalid() {
    let server = Server::start();
    let good = server.session().await;
    let token = good.session_token().unwrap();
    let (front, back) = token.split_at(token.len() / 2);
    let other = if back.starts_with('A') { "B" } else { "A" };
    for damaged in [format!("{front}{other}{}", &back[1..]), front.to_owned(), format!("{token}A"), "x".to_owned()] {
        let damaged = keys(good.access_key_id(), good.secret_access_key(), Some(&damaged));
        check_session_refused(&server, damaged, &INVALID).await;
    }
}

#[tokio::test]
async fn a_session_without_its_token_is_invalid() {
    let server = Server::start();
    let session = server.session().await;
    let bare = keys(session.access_key_id(), session.secret_access_key(), None);
    check_session_refused(&server, bare.clone(), &INVALID).await;
    server.advance(3600);
    check_session_refused(&server, bare, &INVALID).await;
}

#[tokio::test]
async fn an_expired_session_is_expired_even_with_a_wrong_secret() {
    let server = Server::start();
    let session = server.session().await;
    server.advance(3600);
    let unsigned = keys(session.access_key_id(), "wrong", session.session_token());
    check_session_refused(&server, session, &EXPIRED).await;
    check_session_refused(&server, unsigned, &EXPIRED).await;
}

#[tokio::test]
async fn an_inactive_key_is_invalid() {
    check_user_refused(&Server::start(), bob_retired(), &INVALID).await;
}

#[tokio::test]
async fn a_key_that_nobody_has_is_invalid() {
    let server = Server::start();
    check_user_refused(&server, keys("AKIAEXAMPLENOBODY001", bob().secret_access_key(), None), &INVALID).await;
}

#[tokio::test]
async fn a_region_that_does_not_exist_is_refused() {
    let server = Server::start();
    let session = server.session().await;
    check_both_refused(&server.client_in(NO_REGION, bob()), "report-reader", &WRONG_REGION).await;
    check_both_refused(&server.client_in(NO_REGION, session), "ci/deployer", &WRONG_REGION).await;
}

#[tokio::test]
async fn a_service_of_one_region_refuses_signatures_for_another() {
    let server = Server::start_for("eu-west-1");
    let at_home = server.client_in("eu-west-1", bob());
    let session = issued(&assume(&at_home, "report-reader").send().await.unwrap());
    assert_eq!(identify(&server.client_in("eu-west-1", session.clone())).await, session_arn("report-reader", "ci"));
    check_both_refused(&server.client_in("us-east-1", bob()), "report-reader", &WRONG_REGION).await;
    check_both_refused(&server.client_in("us-east-1", session), "ci/deployer", &WRONG_REGION).await;
}

#[tokio::test]
async fn a_missing_and_a_wrong_external_id_are_denied_in_the_same_words() {
    let server = Server::start();
    let client = server.client(bob());
    let denied = Refusal::denied(BOB, "partner-access");
    assert_eq!(refusal(assume(&client, "partner-access").send().await), denied);
    for wrong in ["somebody-else", &PARTNER_ID.to_uppercase()] {
        assert_eq!(refusal(assume(&client, "partner-access").external_id(wrong).send().await), denied);
    }
}

#[tokio::test]
async fn a_role_is_denied_in_one_text_whatever_the_reason() {
    let server = Server::start();
    let session = session_arn("report-reader", "ci");
    for (who, arn, name) in [
        (bob(), BOB, "nowhere"),
        (bob(), BOB, "Report-Reader"),
        (bob(), BOB, "night-batch"),
        (bob(), BOB, "ci/deployer"),
        (alice(), support::ALICE, "report-reader"),
        (server.session().await, &session, "nowhere"),
        (server.session().await, &session, "report-reader"),
        (server.session().await, &session, "deployer"),
    ] {
        assert_eq!(refusal(assume(&server.client(who), name).send().await), Refusal::denied(arn, name));
    }
}

#[tokio::test]
async fn the_root_user_may_assume_no_role_and_does_not_learn_which_there_are() {
    let server = Server::start();
    let client = server.client(root());
    for name in ["night-batch", "report-reader", "nowhere"] {
        assert_eq!(refusal(assume(&client, name).send().await), NO_ROLE_FOR_ROOT);
    }
}

#[tokio::test]
async fn more_time_than_the_role_allows_is_refused() {
    let server = Server::start();
    let client = server.client(bob());
    let call = |seconds| assume(&client, "report-reader").duration_seconds(seconds).send();
    assert_eq!(refusal(call(3601).await), OVER_ROLE_MAXIMUM);
    assert_eq!(refusal(call(43200).await), OVER_ROLE_MAXIMUM);
    call(3600).await.unwrap();
}

#[tokio::test]
async fn a_chained_session_is_an_hour_at_most_even_where_the_role_allows_twelve() {
    let server = Server::start();
    let (user, session) = (server.client(bob()), server.client(server.session().await));
    let call = |client, seconds| assume(client, "night-shift").duration_seconds(seconds).send();
    assert_eq!(refusal(call(&session, 3601).await), OVER_CHAINING_MAXIMUM);
    assert_eq!(refusal(call(&session, 43200).await), OVER_CHAINING_MAXIMUM);
    // The role's own maximum is looked at first.
    let over_both = assume(&session, "ci/deployer").duration_seconds(3601).send().await;
    assert_eq!(refusal(over_both), OVER_ROLE_MAXIMUM);
    call(&session, 3600).await.unwrap();
    call(&user, 43200).await.unwrap();
}

#[tokio::test]
async fn a_parameter_out_of_bounds_is_a_validation_error() {
    let server = Server::start();
    let client = server.client(bob());
    let good = || assume(&client, "report-reader");
    let wrong = |member: &str, value: &str, must: &str| {
        Refusal::invalid_parameter(format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must {must}"
        ))
    };
    for (call, expected) in [
        (good().duration_seconds(899), wrong("durationSeconds", "899", "have value greater than or equal to 900")),
        (good().duration_seconds(43201), wrong("durationSeconds", "43201", "have value less than or equal to 43200")),
        (good().role_session_name("a"), wrong("roleSessionName", "a", "have length greater than or equal to 2")),
        (
            good().role_session_name("a b"),
            wrong("roleSessionName", "a b", r"satisfy regular expression pattern: [\w+=,.@-]*"),
        ),
        (good().external_id("a"), wrong("externalId", "a", "have length greater than or equal to 2")),
        (good().role_arn("short"), wrong("roleArn", "short", "have length greater than or equal to 20")),
        (
            good().role_arn("this-is-long-but-no-arn"),
            Refusal::invalid_parameter("this-is-long-but-no-arn is invalid".to_owned()),
        ),
    ] {
        assert_eq!(refusal(call.send().await), expected);
    }
}

#[tokio::test]
async fn a_required_parameter_that_is_absent_is_a_validation_error() {
    let server = Server::start();
    let client = server.client(bob());
    let absent = |member| {
        Refusal::invalid_parameter(format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
        ))
    };
    let no_name = client.assume_role().role_arn(role("report-reader")).send().await;
    assert_eq!(refusal(no_name), absent("roleSessionName"));
    let no_role = client.assume_role().role_session_name("ci").send().await;
    assert_eq!(refusal(no_role), absent("roleArn"));
}

#[tokio::test]
async fn a_machine_whose_clock_is_wrong_signs_what_is_out_of_date() {
    let server = Server::start();
    for (minutes, start) in [(-16, "Signature expired: "), (16, "Signature not yet current: ")] {
        let clock = Clock::default();
        let client = Client::new(&server.config(bob()).into_builder().time_source(clock.clone()).build());
        clock.go_wrong_by(minutes * 60);
        let found = refusal(client.get_caller_identity().send().await);
        assert!(found.code == MISMATCH.code && found.text.starts_with(start), "{found:?}");
    }
}
