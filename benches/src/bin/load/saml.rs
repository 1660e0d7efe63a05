//! Responses of the built-in identity provider, as long as those of a company with many roles; signed when a run begins.

use local_sts::idp::saml::mint::Order;
use local_sts::idp::saml::shapes::DEFAULT;
use local_sts::time::Timestamp;

/// Beside the seed of the scene.
pub const SEED: &str = r#"
accounts:
  - id: "111122223333"
    samlProviders: [{ name: bench, metadata: built-in }]
    roles:
      - name: bench-saml
        maxSessionDuration: 43200
        trust:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Principal: { Federated: "arn:aws:iam::111122223333:saml-provider/bench" }
              Action: "sts:AssumeRoleWithSAML"
              Condition: { StringEquals: { "SAML:aud": "https://signin.aws.amazon.com/saml" } }
"#;

/// How long a Response is, as XML.
pub const BYTES: usize = 10_000;

/// A Response of this length at least, in base64, for `now` and nearly ten minutes: it counts from five minutes before
/// its issue to five minutes after.
pub fn response(now: Timestamp, bytes: usize) -> Option<String> {
    let issued = now.plus_seconds(285);
    let mut order = Order::of(&DEFAULT, "bench", vec![(ROLE.to_owned(), PROVIDER.to_owned())]);
    order.seconds = 600;
    loop {
        let xml = order.mint_xml(issued, CHANCE)?;
        if xml.len() >= bytes {
            return order.mint(issued, CHANCE);
        }
        let number = order.roles.len();
        order.roles.push((format!("arn:aws:iam::111122223333:role/team/another-{number:03}"), PROVIDER.to_owned()));
    }
}

const ROLE: &str = "arn:aws:iam::111122223333:role/bench-saml";
const PROVIDER: &str = "arn:aws:iam::111122223333:saml-provider/bench";
const CHANCE: [u8; 32] = *b"thirty-two letters of no surpris";

/// The form of the call.
pub fn assume_role_with_saml(response: &str) -> String {
    let escaped = response.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    format!(
        "Action=AssumeRoleWithSAML&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fbench-saml&\
         PrincipalArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Asaml-provider%2Fbench&DurationSeconds=43200&\
         SAMLAssertion={escaped}"
    )
}
