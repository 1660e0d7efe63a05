//! Organizations: root users of member accounts, and policies that bind them.

use aws_sdk_sts::types::PolicyDescriptorType;
use support::{ALICE, BOB, Refusal, Server, alice, assume, bob, identify, keys, refusal};

const MEMBER: &str = "210987654321";
const MEMBER_ROOT: &str = "arn:aws:iam::210987654321:root";

fn task(name: &str) -> PolicyDescriptorType {
    PolicyDescriptorType::builder().arn(format!("arn:aws:iam::aws:policy/root-task/{name}")).build()
}

#[tokio::test]
async fn an_administrator_acts_as_the_root_user_of_a_member_for_one_task() {
    let server = Server::start();
    let call = server.client(alice()).assume_root().target_principal(MEMBER);
    let answer = call.task_policy_arn(task("IAMAuditRootUserCredentials")).duration_seconds(600).send().await.unwrap();
    let issued = answer.credentials().unwrap();
    let root = server.client(keys(issued.access_key_id(), issued.secret_access_key(), Some(issued.session_token())));
    assert_eq!(identify(&root).await, MEMBER_ROOT);
    let refused = refusal(root.get_access_key_info().access_key_id("ASIAY34FZKBOKMUTVV7A").send().await);
    assert_eq!(refused, Refusal::denied_action(MEMBER_ROOT, "sts:GetAccessKeyInfo", "*"));
    server.advance(600);
    assert_eq!(refusal(root.get_caller_identity().send().await).code, "ExpiredToken");
}

#[tokio::test]
async fn nobody_else_does_and_for_no_task_that_is_switched_off() {
    let server = Server::start();
    let call = |client: &aws_sdk_sts::Client, name: &str| {
        client.assume_root().target_principal(MEMBER_ROOT).task_policy_arn(task(name)).send()
    };
    let denied = Refusal::denied_action(BOB, "sts:AssumeRoot", MEMBER_ROOT);
    assert_eq!(refusal(call(&server.client(bob()), "IAMAuditRootUserCredentials").await), denied);
    let off = refusal(call(&server.client(alice()), "S3UnlockBucketPolicy").await);
    assert_eq!(off.text, "Root sessions feature is not enabled for your AWS Organization.");
    let unknown = refusal(call(&server.client(alice()), "Nothing").await);
    assert_eq!(unknown.text, "Request must contain valid AWS managed task policy ARN");
}

#[tokio::test]
async fn a_resource_control_policy_is_named_in_the_refusal() {
    let server = Server::start();
    let auditor = "arn:aws:iam::210987654321:role/auditor";
    let guest = server.client(alice()).assume_role().role_arn(auditor).role_session_name("guest-1").send().await;
    let policy = "arn:aws:organizations::123456789012:policy/o-smallcompany/resource_control_policy/p-noguests";
    let text = format!(
        "User: {ALICE} is not authorized to perform: sts:AssumeRole on resource: {auditor} with an explicit deny in a \
         resource control policy: {policy}"
    );
    assert_eq!(refusal(guest).text, text);
}

#[tokio::test]
async fn a_refusal_can_be_decoded_by_who_may() {
    let server = Server::start();
    assert_eq!(refusal(assume(&server.client(bob()), "night-batch").send().await), Refusal::denied(BOB, "night-batch"));
    let message = server.last_message();
    let answer = server.client(alice()).decode_authorization_message().encoded_message(&message).send().await.unwrap();
    let decoded = answer.decoded_message().unwrap();
    assert!(decoded.starts_with(r#"{"allowed":false,"explicitDeny":false,"#), "{decoded}");
    assert!(decoded.contains(&format!(r#""name":"bob","arn":"{BOB}"}},"action":"sts:AssumeRole""#)), "{decoded}");
    let cut = server.client(alice()).decode_authorization_message().encoded_message(&message[1..]).send().await;
    let cut = refusal(cut);
    assert_eq!((&*cut.code, &*cut.text), ("InvalidAuthorizationMessageException", "Message is not valid"));
    let his = refusal(server.client(bob()).decode_authorization_message().encoded_message(&message).send().await);
    assert!(his.text.ends_with("because no identity-based policy allows the sts:DecodeAuthorizationMessage action"));
}
