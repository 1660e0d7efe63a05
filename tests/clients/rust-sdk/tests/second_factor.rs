//! Second factors: codes of an MFA device.

use aws_sdk_sts::Client;
use aws_sdk_sts::operation::get_session_token::GetSessionTokenOutput;
use support::{
    ALICE, ALICES_PHONE, MFA_HALF, MFA_INVALID, MFA_UNABLE, Refusal, Server, alice, assume, bob, identify, issued,
    keys, refusal, session_arn,
};

/// A session of the user's own, by keys that last a while.
fn user_session(server: &Server, answer: &GetSessionTokenOutput) -> Client {
    let issued = answer.credentials().unwrap();
    server.client(keys(issued.access_key_id(), issued.secret_access_key(), Some(issued.session_token())))
}

#[tokio::test]
async fn a_role_that_wants_a_code_is_assumed_with_one_and_not_without() {
    let server = Server::start();
    let client = server.client(alice());
    let glass = || assume(&client, "break-glass");
    assert_eq!(refusal(glass().send().await), Refusal::denied(ALICE, "break-glass"));
    let answer = glass().serial_number(ALICES_PHONE).token_code(server.code()).send().await.unwrap();
    assert_eq!(identify(&server.client(issued(&answer))).await, session_arn("break-glass", "ci"));
}

#[tokio::test]
async fn a_session_token_remembers_that_a_code_was_shown() {
    let server = Server::start();
    let client = server.client(alice());
    let plain = client.get_session_token().send().await.unwrap();
    let coded = client.get_session_token().serial_number(ALICES_PHONE).token_code(server.code()).send().await.unwrap();
    let plain = assume(&user_session(&server, &plain), "break-glass").send().await;
    assert_eq!(refusal(plain), Refusal::denied(ALICE, "break-glass"));
    assume(&user_session(&server, &coded), "break-glass").send().await.unwrap();
}

#[tokio::test]
async fn what_is_no_second_factor_is_refused() {
    let server = Server::start();
    let (hers, his) = (server.client(alice()), server.client(bob()));
    let shown =
        |client: &Client, code: &str| client.get_session_token().serial_number(ALICES_PHONE).token_code(code).send();
    let code = server.code();
    shown(&hers, &code).await.unwrap();
    assert_eq!(refusal(shown(&hers, &code).await), MFA_INVALID);
    assert_eq!(refusal(shown(&hers, "000000").await), MFA_INVALID);
    assert_eq!(refusal(shown(&his, &server.code()).await), MFA_UNABLE);
    assert_eq!(refusal(hers.get_session_token().token_code("000000").send().await), MFA_HALF);
    assert_eq!(refusal(hers.get_session_token().serial_number(ALICES_PHONE).send().await), MFA_HALF);
}
