//! One account, a user who may assume one role, and the calls that are measured.

use crate::sign::Keys;

/// As the product reads it.
pub const SEED: &str = r#"
accounts:
  - id: "111122223333"
    users:
      - name: bench
        accessKeys: [{ id: AKIAIOSFODNN7EXAMPLE, secret: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY }]
        policies:
          - name: assume
            document:
              Version: "2012-10-17"
              Statement: [{ Effect: Allow, Action: "sts:AssumeRole", Resource: "arn:aws:iam::111122223333:role/*" }]
    roles:
      - name: bench
        maxSessionDuration: 43200
        trust:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Principal: { AWS: "arn:aws:iam::111122223333:root" }
              Action: "sts:AssumeRole"
"#;

/// Beside it, for the validator: a role that may read a bucket.
pub const READER: &str = r#"
accounts:
  - id: "111122223333"
    roles:
      - name: reader
        trust:
          Version: "2012-10-17"
          Statement: [{ Effect: Allow, Principal: { AWS: "arn:aws:iam::111122223333:root" }, Action: "sts:AssumeRole" }]
        policies:
          - name: read
            document:
              Version: "2012-10-17"
              Statement: [{ Effect: Allow, Action: "s3:GetObject*", Resource: "arn:aws:s3:::reports/*" }]
"#;

/// So many roles more, each with a policy of its own.
pub fn roles(count: usize) -> String {
    let role = |number: usize| {
        format!(
            "      - name: role-{number}\n        trust: {{ Version: \"2012-10-17\", Statement: [{{ Effect: Allow, Principal: \
             {{ AWS: \"arn:aws:iam::111122223333:root\" }}, Action: \"sts:AssumeRole\" }}] }}\n        policies: [{{ name: read, \
             document: {{ Version: \"2012-10-17\", Statement: [{{ Effect: Allow, Action: \"s3:Get*\", Resource: \
             \"arn:aws:s3:::bucket-{number}/*\" }}] }} }}]\n"
        )
    };
    let roles: String = (0..count).map(role).collect();
    let roles = if roles.is_empty() { " []\n".to_owned() } else { format!("\n{roles}") };
    format!("accounts:\n  - id: \"111122223333\"\n    roles:{roles}")
}

/// What the validator is shown, for all that it answers.
pub const TOKEN: &str = "the-token-of-the-measuring-room";

/// The long-term key of the seed.
pub fn user() -> Keys {
    Keys { id: ACCESS_KEY_ID.to_owned(), secret: SECRET.to_owned(), token: None }
}

pub const ACCESS_KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
pub const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

pub const GET_CALLER_IDENTITY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

/// For the session that the validator is asked about.
pub const ASSUME_READER: &str = "Action=AssumeRole&Version=2011-06-15&RoleSessionName=bench&\
    RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Freader";

/// Each connection asks for a session of its own name.
pub fn assume_role(connection: usize) -> String {
    format!(
        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fbench&\
         RoleSessionName=bench-{connection:04}&DurationSeconds=43200"
    )
}

/// The same by a token, which nobody signs. In a token there is nothing that a form would have to escape.
pub fn assume_role_with_web_identity(connection: usize, token: &str) -> String {
    format!(
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fbench-web&\
         RoleSessionName=bench-{connection:04}&DurationSeconds=43200&WebIdentityToken={token}"
    )
}
