//! IAM: by kinds of things, the rows of AWS's behaviour by their ids.

mod access_keys;
mod account;
mod conditions;
mod delegation;
mod documents;
mod door;
mod entities;
mod judged_anew;
mod made;
mod mfa_devices;
mod other_credentials;
mod passwords;
mod policies;
mod reports;
mod root_sessions;
mod rules_of_kinds;
mod saml_providers;
mod service_linked_roles;
mod simulated_exclusions;
mod simulated_organizations;
mod simulated_values;
mod simulator;

use crate::support::{Answer, Call, Keys, TestWorld};

pub const ACCOUNT: &str = "123456789012";

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    rootAccessKeys: [{ id: AKIAROOT, secret: root-secret }]
    users:
      - name: admin
        attachedPolicies: [arn:aws:iam::aws:policy/AdministratorAccess]
        accessKeys: [{ id: AKIAADMIN0000000, secret: admin-secret }]
      - name: nobody
        accessKeys: [{ id: AKIANOBODY000000, secret: nobody-secret }]
      - name: Selma
        path: /staff/
        accessKeys: [{ id: AKIASELMA0000000, secret: selma-secret }]
        policies:
          - name: own-keys
            document:
              Version: "2012-10-17"
              Statement:
                - Effect: Allow
                  Action: ["iam:*AccessKey*", "iam:GetUser"]
                  Resource: "arn:aws:iam::*:user/staff/${aws:username}"
    roles:
      - name: worker
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "arn:aws:iam::123456789012:root" }, Action: "sts:AssumeRole" }] }
        attachedPolicies: [arn:aws:iam::aws:policy/AdministratorAccess]
"#;

pub const ALLOW: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}"#;
pub const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sts:AssumeRole"],"Principal":{"Service":["ec2.amazonaws.com"]}}]}"#;

pub fn world() -> TestWorld {
    TestWorld::new(SEED)
}

/// With a role that AWS keeps for itself, as only a seed can have one.
pub fn world_with_a_role_of_aws() -> TestWorld {
    let own = "{ name: own, path: /aws-service-role/x.amazonaws.com/, trust: { Version: '2012-10-17', Statement: [{ Effect: Allow, Principal: { Service: x.amazonaws.com }, Action: 'sts:AssumeRole' }] } }";
    TestWorld::new(&format!("{SEED}      - {own}\n"))
}

pub fn admin() -> Keys {
    Keys::new("AKIAADMIN0000000", "admin-secret")
}

pub fn nobody() -> Keys {
    Keys::new("AKIANOBODY000000", "nobody-secret")
}

pub fn selma() -> Keys {
    Keys::new("AKIASELMA0000000", "selma-secret")
}

pub fn arn(resource: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{resource}")
}

/// A call of the administrator's with these parameters.
pub fn call(action: &str, params: &[(&str, &str)]) -> Call {
    by(&admin(), action, params)
}

/// A call of the administrator's in a line: `GetUser UserName=ghost`.
pub fn said(line: &str) -> Call {
    let mut words = line.split(' ');
    let action = words.next().unwrap();
    let params: Vec<_> = words.map(|word| word.split_once('=').unwrap()).collect();
    call(action, &params)
}

pub fn by(keys: &Keys, action: &str, params: &[(&str, &str)]) -> Call {
    Call::iam(action).params(params).by(keys)
}

/// The answer to a call that must succeed.
#[track_caller]
pub fn done(world: &TestWorld, action: &str, params: &[(&str, &str)]) -> Answer {
    call(action, params).send(world).fine()
}

/// The pages of a list, one after the other: each is asked for when it is wanted.
pub fn pages<'w>(
    world: &'w TestWorld,
    action: &'w str,
    params: &'w [(&'w str, &'w str)],
) -> impl Iterator<Item = Answer> + 'w {
    let mut next = Some(call(action, params));
    std::iter::from_fn(move || {
        let page = next.take()?.send(world).fine();
        next = page.text("Marker").map(|marker| call(action, params).param("Marker", &marker));
        Some(page)
    })
}

/// The elements of the answer under its result, one after the other, without what stands in them.
pub fn elements(answer: &Answer, parent: &str) -> Vec<String> {
    let (before, inside) = answer.body().split_once(&format!("<{parent}>\n")).unwrap();
    let margin = before.rsplit('\n').next().unwrap();
    let (inside, _) = inside.split_once(&format!("\n{margin}</{parent}>")).unwrap();
    let depth = inside.len() - inside.trim_start_matches(' ').len();
    let indent = " ".repeat(depth);
    let own = inside
        .lines()
        .filter(|line| line.starts_with(&format!("{indent}<")) && !line.starts_with(&format!("{indent}</")));
    own.map(|line| line.trim().trim_start_matches('<').split(['>', '/']).next().unwrap().to_owned()).collect()
}

/// The texts of every element of this name.
pub fn texts(answer: &Answer, element: &str) -> Vec<String> {
    let (begin, end) = (format!("<{element}>"), format!("</{element}>"));
    let pieces = answer.body().split(&begin).skip(1);
    pieces.map(|piece| piece.split(&end).next().unwrap().to_owned()).collect()
}

/// Without percent-encoding.
pub fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
            out.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).unwrap()
}
