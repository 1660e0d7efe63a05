use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_sts::config::{BehaviorVersion, Region};
use aws_sdk_sts::error::ProvideErrorMetadata;
use local_sts::testing::{TestCredentials, TestSts};

fn client(sts: &TestSts, keys: TestCredentials) -> aws_sdk_sts::Client {
    let TestCredentials { access_key_id, secret_access_key, session_token, .. } = keys;
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(sts.endpoint())
        .region(Region::new(sts.region().to_owned()))
        // Needed only where the SDK is built without its default features, as here.
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .credentials_provider(Credentials::new(access_key_id, secret_access_key, session_token, None, "test"));
    aws_sdk_sts::Client::from_conf(config.build())
}

#[tokio::test]
async fn credentials_expire() {
    let sts = TestSts::start();
    let session = client(&sts, sts.credentials_for("demo"));
    let arn = session.get_caller_identity().send().await.unwrap().arn;
    assert_eq!(arn.as_deref(), Some("arn:aws:sts::000000000000:assumed-role/demo/test"));
    sts.clock().advance(Duration::from_secs(3600));
    let refused = session.get_caller_identity().send().await.unwrap_err();
    assert_eq!(refused.code(), Some("ExpiredToken"));
}
