//! What the suites of all languages try, with the seed that they share: refusals as variants, and IAM.

use aws_sdk_iam::error::ProvideErrorMetadata;
use aws_sdk_iam::types::StatusType;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use aws_sdk_sts::types::Tag;
use support::{ACCOUNT, Server, alice, bob, identify, keys, role};

const MAIN: &str = "repo:acme/shop:ref:refs/heads/main";

async fn bearer(server: &Server, more: &str, provider: Option<&str>) -> AssumeRoleWithWebIdentityError {
    let order = format!(
        r#"{{"preset":"github-actions","platformIssuer":true,"aud":"sts.amazonaws.com","sub":"{MAIN}"{more}}}"#
    );
    let answer = server.post("/oidc/token", &order);
    let (_, behind) = answer.split_once(r#""token":""#).unwrap();
    let call = server.client(keys("nobody", "nothing", None)).assume_role_with_web_identity();
    let call =
        call.role_arn(role("builder")).role_session_name("ci").web_identity_token(behind.split('"').next().unwrap());
    call.set_provider_id(provider.map(str::to_owned)).send().await.unwrap_err().into_service_error()
}

#[tokio::test]
async fn refusals_of_sts_are_variants() {
    let server = Server::start_matrix();
    let open = || server.client(alice()).assume_role().role_arn(role("open")).role_session_name("ci");
    let bad = open().policy("{").send().await.unwrap_err().into_service_error();
    assert!(bad.is_malformed_policy_document_exception(), "{bad:?}");
    // Every tag has another value, so that little can be saved.
    let tag = |n: usize| {
        let value: String = (0..256)
            .map(|at| char::from(b'a' + u8::try_from((n * 7919 + at * at * 31 + at * n) % 26).unwrap()))
            .collect();
        Tag::builder().key(format!("key-{n}")).value(value).build().unwrap()
    };
    let large = open().set_tags(Some((0..50).map(tag).collect())).send().await.unwrap_err().into_service_error();
    assert!(large.is_packed_policy_too_large_exception(), "{large:?}");
    let auditor = "arn:aws:iam::210987654321:role/auditor";
    let call = server.client_in("sa-east-1", alice()).assume_role().role_arn(auditor).role_session_name("ci");
    let disabled = call.send().await.unwrap_err().into_service_error();
    assert!(disabled.is_region_disabled_exception(), "{disabled:?}");

    assert!(bearer(&server, r#","defect":"expired""#, None).await.is_expired_token_exception());
    assert!(bearer(&server, r#","defect":"bad-signature""#, None).await.is_invalid_identity_token_exception());
    assert!(bearer(&server, "", Some("graph.facebook.com")).await.is_idp_rejected_claim_exception());
    let call = server.client(alice()).decode_authorization_message().encoded_message("AAAA");
    assert!(call.send().await.unwrap_err().into_service_error().is_invalid_authorization_message_exception());
}

#[tokio::test]
async fn refusals_of_iam_are_variants() {
    let server = Server::start_matrix();
    let iam = aws_sdk_iam::Client::new(&server.config(alice()));
    let missing = iam.get_user().user_name("nobody").send().await.unwrap_err().into_service_error();
    assert!(missing.is_no_such_entity_exception(), "{missing:?}");
    let twice = iam.create_user().user_name("bob").send().await.unwrap_err().into_service_error();
    assert!(twice.is_entity_already_exists_exception(), "{twice:?}");
    let used = iam.delete_user().user_name("bob").send().await.unwrap_err().into_service_error();
    assert!(used.is_delete_conflict_exception(), "{used:?}");
    let many = iam.create_access_key().user_name("bob").send().await.unwrap_err().into_service_error();
    assert!(many.is_limit_exceeded_exception(), "{many:?}");
    let call = iam.update_assume_role_policy().role_name("reader").policy_document("{");
    let bad = call.send().await.unwrap_err().into_service_error();
    assert!(bad.is_malformed_policy_document_exception(), "{bad:?}");
    let denied =
        aws_sdk_iam::Client::new(&server.config(bob())).get_user().user_name("alice").send().await.unwrap_err();
    assert_eq!(denied.code(), Some("AccessDenied"));
}

#[tokio::test]
async fn a_user_comes_gets_keys_changes_them_and_goes() {
    let server = Server::start_matrix();
    let iam = aws_sdk_iam::Client::new(&server.config(alice()));
    let user = iam.create_user().user_name("carol").path("/crew/").send().await.unwrap().user.unwrap();
    assert_eq!(user.arn(), format!("arn:aws:iam::{ACCOUNT}:user/crew/carol"));
    let key = iam.create_access_key().user_name("carol").send().await.unwrap().access_key.unwrap();
    let carol = keys(key.access_key_id(), key.secret_access_key(), None);
    assert_eq!(identify(&server.client(carol.clone())).await, user.arn());
    let hers = aws_sdk_iam::Client::new(&server.config(carol.clone()));
    assert_eq!(hers.list_users().send().await.unwrap_err().code(), Some("AccessDenied"));
    let look = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*"}]}"#;
    iam.put_user_policy().user_name("carol").policy_name("look").policy_document(look).send().await.unwrap();
    let users = hers.list_users().send().await.unwrap();
    assert_eq!(users.users().iter().map(|user| user.user_name()).collect::<Vec<_>>(), ["alice", "bob", "carol"]);

    let inactive = iam.update_access_key().user_name("carol").access_key_id(key.access_key_id());
    inactive.status(StatusType::Inactive).send().await.unwrap();
    let refused = server.client(carol).get_caller_identity().send().await.unwrap_err();
    assert_eq!(refused.code(), Some("InvalidClientTokenId"));
    iam.delete_access_key().user_name("carol").access_key_id(key.access_key_id()).send().await.unwrap();
    iam.delete_user_policy().user_name("carol").policy_name("look").send().await.unwrap();
    iam.delete_user().user_name("carol").send().await.unwrap();
    let gone = iam.get_user().user_name("carol").send().await.unwrap_err().into_service_error();
    assert!(gone.is_no_such_entity_exception(), "{gone:?}");
}
