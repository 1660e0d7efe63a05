//! What accounts have set about regions: the auditors of the sample are not everywhere.

use aws_sdk_sts::Client;
use aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder;
use support::{ALICE, Refusal, STS_DEACTIVATED, Server, UNKNOWN_TOKEN, alice, identify, issued, refusal};

const AUDITOR: &str = "arn:aws:iam::210987654321:role/auditor";
const AUDITING: &str = "arn:aws:sts::210987654321:assumed-role/auditor/ci";

fn audit(client: &Client) -> AssumeRoleFluentBuilder {
    client.assume_role().role_arn(AUDITOR).role_session_name("ci")
}

#[tokio::test]
async fn where_an_account_is_not_neither_its_roles_nor_its_sessions_are_known() {
    let server = Server::start();
    let session = issued(&audit(&server.client(alice())).send().await.unwrap());
    let denied = format!("User: {ALICE} is not authorized to perform: sts:AssumeRole on resource: {AUDITOR}");
    for region in ["me-south-1", "me-central-1"] {
        let here = server.client_in(region, session.clone());
        assert_eq!(refusal(here.get_caller_identity().send().await), UNKNOWN_TOKEN);
        let hers = server.client_in(region, alice());
        let found = refusal(audit(&hers).send().await);
        assert_eq!(found, Refusal { code: "AccessDenied".into(), text: denied.clone().into() });
        assert_eq!(identify(&hers).await, ALICE);
    }
    assert_eq!(identify(&server.client_in("af-south-1", session)).await, AUDITING);
}

#[tokio::test]
async fn where_sts_is_deactivated_there_are_no_credentials() {
    let server = Server::start();
    let session = issued(&audit(&server.client(alice())).send().await.unwrap());
    let there = server.client_in("sa-east-1", alice());
    let answer = audit(&there).send().await;
    assert!(answer.as_ref().is_err_and(|error| error.as_service_error().unwrap().is_region_disabled_exception()));
    assert_eq!(refusal(answer), STS_DEACTIVATED);
    assert_eq!(identify(&server.client_in("sa-east-1", session)).await, AUDITING);
}
