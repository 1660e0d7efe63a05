//! Credentials over time: when they expire, and a provider that assumes its role anew.

use std::error::Error;
use std::iter;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::credential_fn::provide_credentials_fn;
use aws_sdk_sts::Client;
use aws_sdk_sts::config::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::primitives::{DateTime, DateTimeFormat};
use support::{
    BOB, Clock, EXPIRED, INVALID, PARTNER_ID, Refusal, Server, alice, assume, bob, identify, issued, refusal, role,
    session_arn,
};

const NOON: &str = "2031-01-15T12:00:00Z";

fn noon() -> DateTime {
    DateTime::from_str(NOON, DateTimeFormat::DateTime).unwrap()
}

#[tokio::test]
async fn an_expiration_is_an_instant_as_far_away_as_asked() {
    let server = Server::start();
    server.freeze(NOON);
    let client = server.client(alice());
    for (asked, seconds) in [(None, 3600), (Some(900), 900), (Some(3600), 3600), (Some(43200), 43200)] {
        let answer = assume(&client, "night-batch").set_duration_seconds(asked).send().await.unwrap();
        assert_eq!(*answer.credentials().unwrap().expiration(), DateTime::from_secs(noon().secs() + seconds));
    }
}

#[tokio::test]
async fn a_session_works_to_its_last_second() {
    let server = Server::start();
    server.freeze(NOON);
    let client = server.client(server.session().await);
    server.advance(3599);
    assert_eq!(identify(&client).await, session_arn("report-reader", "ci"));
    server.advance(1);
    assert_eq!(refusal(client.get_caller_identity().send().await), EXPIRED);
}

#[tokio::test]
async fn with_the_clock_an_hour_ahead_a_session_has_expired_and_no_signature_has() {
    let server = Server::start();
    let (user, session) = (server.client(bob()), server.client(server.session().await));
    server.advance(3600);
    for _ in 0..2 {
        assert_eq!(refusal(session.get_caller_identity().send().await), EXPIRED);
        assert_eq!(identify(&user).await, BOB);
        assert_eq!(identify(&server.client(server.session().await)).await, session_arn("report-reader", "ci"));
    }
}

#[tokio::test]
async fn a_chained_session_outlives_the_one_it_came_from() {
    let server = Server::start();
    server.freeze(NOON);
    let first = server.client(server.session().await);
    server.advance(1800);
    let second = server.client(issued(&assume(&first, "ci/deployer").send().await.unwrap()));
    server.advance(1800);
    assert_eq!(refusal(assume(&first, "ci/deployer").send().await), EXPIRED);
    assert_eq!(identify(&second).await, session_arn("deployer", "ci"));
}

#[tokio::test]
async fn a_reset_ends_every_session_and_no_user() {
    let server = Server::start();
    let (user, session) = (server.client(bob()), server.client(server.session().await));
    server.reset();
    assert_eq!(refusal(session.get_caller_identity().send().await), INVALID);
    assert_eq!(identify(&user).await, BOB);
}

/// A client that becomes what the provider makes of bob, with this clock, and the keys it was given so far.
async fn becoming(server: &Server, clock: &Clock, name: &str) -> (Client, Arc<Mutex<Vec<String>>>) {
    let bobs = server.config(bob()).into_builder().time_source(clock.clone()).build();
    let provider = AssumeRoleProvider::builder(role(name)).session_name("ci").configure(&bobs).build().await;
    let (provider, given) = (Arc::new(provider), Arc::new(Mutex::new(Vec::new())));
    let kept = Arc::clone(&given);
    let watched = provide_credentials_fn(move || {
        let (provider, kept) = (Arc::clone(&provider), Arc::clone(&kept));
        async move {
            let keys = provider.provide_credentials().await?;
            kept.lock().unwrap().push(keys.access_key_id().to_owned());
            Ok(keys)
        }
    });
    let own = bobs.into_builder().credentials_provider(SharedCredentialsProvider::new(watched)).build();
    (Client::new(&own), given)
}

#[tokio::test]
async fn a_provider_keeps_its_keys_while_they_are_good_and_assumes_its_role_anew_when_they_end() {
    let (server, clock) = (Server::start(), Clock::default());
    let (client, given) = becoming(&server, &clock, "report-reader").await;
    for _ in 0..3 {
        assert_eq!(identify(&client).await, session_arn("report-reader", "ci"));
    }
    assert_eq!(given.lock().unwrap().len(), 1);

    server.advance(3600);
    assert_eq!(refusal(client.get_caller_identity().send().await), EXPIRED);
    assert_eq!(given.lock().unwrap().len(), 1);

    clock.go_wrong_by(3600);
    for _ in 0..3 {
        assert_eq!(identify(&client).await, session_arn("report-reader", "ci"));
    }
    let given = given.lock().unwrap();
    assert!(given.len() == 2 && given[0] != given[1], "{given:?}");
}

#[tokio::test]
async fn providers_chain_and_pass_on_what_their_role_demands() {
    let server = Server::start();
    let config = server.config(bob());
    let reader = AssumeRoleProvider::builder(role("report-reader")).session_name("monthly").configure(&config);
    let deployer = AssumeRoleProvider::builder(role("ci/deployer"))
        .session_name("release")
        .session_length(Duration::from_secs(900))
        .configure(&config)
        .build_from_provider(reader.build().await)
        .await;
    assert_eq!(identify(&Client::new(&server.config(deployer))).await, session_arn("deployer", "release"));

    let partner = AssumeRoleProvider::builder(role("partner-access"))
        .session_name("exchange")
        .external_id(PARTNER_ID)
        .configure(&config)
        .build()
        .await;
    assert_eq!(identify(&Client::new(&server.config(partner))).await, session_arn("partner-access", "exchange"));
}

#[tokio::test]
async fn the_keys_of_a_provider_have_the_expiration_of_the_answer() {
    let server = Server::start();
    server.freeze(NOON);
    let config = server.config(bob());
    let provider = AssumeRoleProvider::builder(role("report-reader")).session_name("ci").configure(&config);
    let keys = provider.build().await.provide_credentials().await.unwrap();
    assert_eq!(DateTime::from(keys.expiry().unwrap()), DateTime::from_secs(noon().secs() + 3600));
}

#[tokio::test]
async fn a_provider_that_may_not_assume_its_role_says_why() {
    let server = Server::start();
    let (client, given) = becoming(&server, &Clock::default(), "partner-access").await;
    let error = client.get_caller_identity().send().await.unwrap_err();
    let mut causes = iter::successors(error.source(), |cause: &&(dyn Error + 'static)| (*cause).source());
    let refused = causes.find_map(|cause| cause.downcast_ref::<AssumeRoleError>());
    let refused = refused.and_then(Refusal::in_error);
    assert_eq!(refused, Some(Refusal::denied(BOB, "partner-access")), "{error:?}");
    assert!(given.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_sdk_corrects_a_wrong_clock_by_the_date_of_the_refusal() {
    let server = Server::start();
    let retry = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    for hours in [-24, -1, 1, 24] {
        let clock = Clock::default();
        clock.go_wrong_by(hours * 3600);
        let config = server.config(bob()).into_builder().time_source(clock).retry_config(retry.clone());
        assert_eq!(identify(&Client::new(&config.build())).await, BOB);
    }
}
