//! The context keys that policies can read, for each kind of caller: `iam-evaluation` 6.1 to 6.3.

use crate::support::{Call, Keys, TestWorld};

/// What a policy finds under a key.
enum Found {
    /// This one value.
    Is(&'static str),
    /// These values of a key that has many.
    Are(&'static [&'static str]),
    /// Nothing: the key is not there.
    Absent,
}
use Found::{Absent, Are, Is};

const USERS: &str = r#"
    users:
      - name: alice
        path: /team/
        tags: { Team: blue, shape: round }
        accessKeys: [{ id: AKIAALICE, secret: alice-secret }]
        policies:
          - { name: all, document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "*", Resource: "*" }] } }
"#;

/// A role that trusts whoever has this under the key.
fn role(name: &str, key: &str, found: &Found) -> String {
    let condition = match found {
        Is(value) => format!("StringEquals: {{ \"{key}\": \"{value}\" }}"),
        Are(values) => {
            let values = values.iter().map(|value| format!("\"{value}\"")).collect::<Vec<_>>().join(", ");
            let listed = format!("\"ForAllValues:StringEquals\": {{ \"{key}\": [{values}] }}");
            format!("{listed}, \"Null\": {{ \"{key}\": \"false\" }}")
        }
        Absent => format!("\"Null\": {{ \"{key}\": \"true\" }}"),
    };
    format!(
        r#"
      - name: {name}
        path: /of/trust/
        tags: {{ Stage: test }}
        trust:
          Version: "2012-10-17"
          Statement:
            - {{ Effect: Allow, Principal: {{ AWS: "*" }}, Action: ["sts:TagSession", "sts:SetSourceIdentity"] }}
            - {{ Effect: Allow, Principal: {{ AWS: "*" }}, Action: "sts:AssumeRole", Condition: {{ {condition} }} }}
        policies:
          - {{ name: all, document: {{ Version: "2012-10-17", Statement: [{{ Effect: Allow, Action: "*", Resource: "*" }}] }} }}
"#
    )
}

/// The keys of a caller in this world, who may have sessions of the role `first`.
type Begin = fn(&TestWorld) -> Keys;

fn alice(_: &TestWorld) -> Keys {
    Keys::of("alice")
}

fn alice_for_a_while(world: &TestWorld) -> Keys {
    Call::sts("GetSessionToken").by(&alice(world)).send(world).keys()
}

fn first_role(world: &TestWorld) -> Keys {
    assume("first")
        .param("Tags.member.1.Key", "team")
        .param("Tags.member.1.Value", "red")
        .param("Tags.member.2.Key", "Cost")
        .param("Tags.member.2.Value", "low")
        .param("TransitiveTagKeys.member.1", "Cost")
        .param("SourceIdentity", "somebody")
        .by(&alice(world))
        .send(world)
        .keys()
}

fn assume(role: &str) -> Call {
    Call::assume_role(&format!("arn:aws:iam::123456789012:role/of/trust/{role}"), "ci")
}

/// Each key holds what it should when `begin`'s caller sends `call`, and no other value would do.
#[track_caller]
fn check(begin: Begin, call: impl Fn(Call) -> Call, expected: &[(&str, Found)]) {
    let other = |found: &Found| match found {
        Is(_) | Are(_) => Absent,
        Absent => Is("something"),
    };
    let roles = expected.iter().enumerate().map(|(number, (key, found))| {
        role(&format!("right{number}"), key, found) + &role(&format!("wrong{number}"), key, &other(found))
    });
    let first = role("first", "aws:absent", &Absent);
    let roles: String = std::iter::once(first).chain(roles).collect();
    let seed = format!("accounts:\n  - id: \"123456789012\"{USERS}    roles:{roles}");
    let world = TestWorld::new(&seed);
    let keys = begin(&world);
    for (number, (key, _)) in expected.iter().enumerate() {
        for (name, status) in [("right", 200), ("wrong", 403)] {
            let answer = call(assume(&format!("{name}{number}"))).by(&keys).send(&world);
            assert_eq!(answer.status(), status, "{key}, the {name} one: {}", answer.body());
        }
    }
}

#[test]
fn a_users_own_key_says_who_the_user_is_and_nothing_of_a_session() {
    let expected = [
        ("aws:PrincipalType", Is("User")),
        ("aws:PrincipalArn", Is("arn:aws:iam::123456789012:user/team/alice")),
        ("aws:PrincipalAccount", Is("123456789012")),
        ("aws:username", Is("alice")),
        ("aws:PrincipalTag/team", Is("blue")),
        ("aws:PrincipalTag/other", Absent),
        ("aws:PrincipalIsAWSService", Is("false")),
        ("aws:ViaAWSService", Is("false")),
        ("aws:CalledVia", Absent),
        ("aws:SecureTransport", Is("false")),
        ("aws:SourceIp", Is("127.0.0.1")),
        ("aws:RequestedRegion", Is("us-east-1")),
        ("aws:CurrentTime", Is("2026-01-15T12:00:00Z")),
        ("aws:EpochTime", Is("1768478400")),
        ("aws:ResourceAccount", Is("123456789012")),
        ("aws:ResourceTag/stage", Is("test")),
        ("iam:ResourceTag/Stage", Is("test")),
        ("aws:MultiFactorAuthPresent", Absent),
        ("aws:MultiFactorAuthAge", Absent),
        ("aws:TokenIssueTime", Absent),
        ("aws:SourceIdentity", Absent),
        ("aws:FederatedProvider", Absent),
        ("aws:PrincipalOrgID", Absent),
        ("aws:UserAgent", Absent),
        ("aws:Referer", Absent),
        ("aws:TagKeys", Absent),
        ("sts:RoleSessionName", Is("ci")),
        ("sts:ExternalId", Absent),
        ("sts:SourceIdentity", Absent),
        ("sts:TransitiveTagKeys", Absent),
        ("sts:DurationSeconds", Absent),
    ];
    check(alice, |call| call, &expected);
}

#[test]
fn what_a_request_brings_is_there_to_be_asked_for() {
    let call = |call: Call| {
        call.param("ExternalId", "partner-7")
            .param("DurationSeconds", "900")
            .param("SourceIdentity", "bob")
            .param("Tags.member.1.Key", "Cost")
            .param("Tags.member.1.Value", "low")
            .param("Tags.member.2.Key", "stage")
            .param("Tags.member.2.Value", "asked")
            .param("TransitiveTagKeys.member.1", "cost")
            .header("user-agent", "curl/8")
            .header("referer", "http://localhost/")
            .region("eu-west-1")
    };
    let expected = [
        ("sts:ExternalId", Is("partner-7")),
        ("sts:SourceIdentity", Is("bob")),
        ("sts:TransitiveTagKeys", Are(&["Cost"])),
        ("sts:DurationSeconds", Absent),
        ("aws:RequestTag/cost", Is("low")),
        ("aws:RequestTag/none", Absent),
        ("aws:TagKeys", Are(&["Cost", "stage"])),
        ("aws:PrincipalTag/cost", Absent),
        ("aws:ResourceTag/stage", Is("test")),
        ("aws:SourceIdentity", Absent),
        ("aws:UserAgent", Is("curl/8")),
        ("aws:referer", Is("http://localhost/")),
        ("aws:RequestedRegion", Is("eu-west-1")),
    ];
    check(alice, call, &expected);
}

#[test]
fn a_users_session_is_the_user_with_a_time_of_issue() {
    let expected = [
        ("aws:PrincipalType", Is("User")),
        ("aws:PrincipalArn", Is("arn:aws:iam::123456789012:user/team/alice")),
        ("aws:username", Is("alice")),
        ("aws:PrincipalTag/shape", Is("round")),
        ("aws:MultiFactorAuthPresent", Is("false")),
        ("aws:MultiFactorAuthAge", Absent),
        ("aws:TokenIssueTime", Is("2026-01-15T12:00:00Z")),
    ];
    check(alice_for_a_while, |call| call, &expected);
}

#[test]
fn a_session_of_a_role_is_the_role_with_what_it_was_given_to_carry() {
    let expected = [
        ("aws:PrincipalType", Is("AssumedRole")),
        ("aws:PrincipalArn", Is("arn:aws:iam::123456789012:role/of/trust/first")),
        ("aws:username", Absent),
        ("aws:PrincipalTag/Team", Is("red")),
        ("aws:PrincipalTag/cost", Is("low")),
        ("aws:PrincipalTag/stage", Is("test")),
        ("aws:PrincipalTag/shape", Absent),
        ("aws:SourceIdentity", Is("somebody")),
        ("sts:SourceIdentity", Is("somebody")),
        ("sts:TransitiveTagKeys", Are(&["Cost"])),
        ("aws:ResourceTag/cost", Is("low")),
        ("aws:ResourceTag/team", Absent),
        ("aws:RequestTag/cost", Absent),
        ("aws:MultiFactorAuthPresent", Is("false")),
        ("aws:TokenIssueTime", Is("2026-01-15T12:00:00Z")),
    ];
    check(first_role, |call| call, &expected);
}
