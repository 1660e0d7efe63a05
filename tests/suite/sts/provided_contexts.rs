//! `ProvidedContexts` of `AssumeRole`: their bounds, the permission they need, and that none is believed (B-149).

use crate::support::{self, Call, Keys, Refusal, TestWorld, check, refused};

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    users:
      - { name: bob, accessKeys: [{ id: AKIABOB, secret: bob-secret }] }
    roles:
      - name: plain
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
      - name: contexts
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: ["sts:AssumeRole", "sts:SetContext"] }] }
      - name: identity-center
        trust:
          Version: "2012-10-17"
          Statement:
            - { Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }
            - Effect: Allow
              Principal: { AWS: "*" }
              Action: "sts:SetContext"
              Condition: { "ForAllValues:ArnEquals": { "sts:RequestContextProviders": "arn:aws:iam::aws:contextProvider/IdentityCenter" }, "Null": { "sts:RequestContextProviders": "false" } }
"#;

const IDENTITY_CENTER: &str = "arn:aws:iam::aws:contextProvider/IdentityCenter";

fn assume(role: &str) -> Call {
    support::assume(role).by(&Keys::of("bob"))
}

fn with_context(call: Call, number: usize, provider: &str, assertion: &str) -> Call {
    call.param(&format!("ProvidedContexts.member.{number}.ProviderArn"), provider)
        .param(&format!("ProvidedContexts.member.{number}.ContextAssertion"), assertion)
}

#[track_caller]
fn check_call(id: &str, call: &Call, expect: Refusal<'_>) {
    check(&TestWorld::new(SEED), id, call, expect);
}

const UNBELIEVED: Refusal<'static> = (400, "ValidationError", Some("Request must contain a valid context assertion"));

#[test]
fn no_assertion_is_believed() {
    for (role, provider) in [
        ("contexts", IDENTITY_CENTER),
        ("contexts", "arn:aws:iam::aws:contextProvider/SomebodyElse"),
        ("contexts", "this-is-long-but-no-arn"),
        ("identity-center", IDENTITY_CENTER),
    ] {
        for assertion in ["abcd", &"A".repeat(2048)] {
            check_call("B-149", &with_context(assume(role), 1, provider, assertion), UNBELIEVED);
        }
    }
    let long = with_context(assume("contexts"), 1, IDENTITY_CENTER, "abcd").param("DurationSeconds", "7200");
    check_call("B-149: before the duration", &long, UNBELIEVED);
}

#[test]
fn a_context_needs_a_permission_of_its_own() {
    let denied = |role: &str| {
        format!(
            "User: arn:aws:iam::123456789012:user/bob is not authorized to perform: sts:SetContext on resource: arn:aws:iam::123456789012:role/{role}"
        )
    };
    for (role, provider) in
        [("plain", IDENTITY_CENTER), ("identity-center", "arn:aws:iam::aws:contextProvider/SomebodyElse")]
    {
        let call = with_context(assume(role), 1, provider, "abcd");
        check_call("iam-evaluation 5.5", &call, refused(403, "AccessDenied", &denied(role)));
    }
    assert_eq!(assume("plain").send(&TestWorld::new(SEED)).status(), 200);
}

#[test]
fn contexts_have_their_bounds() {
    let fault = |value: &str, member: &str, must: &str| {
        format!(
            "1 validation error detected: Value {value} at '{member}' failed to satisfy constraint: Member must {must}"
        )
    };
    let long = "A".repeat(2049);
    for (provider, assertion, text) in [
        (
            IDENTITY_CENTER,
            "abc",
            fault("'abc'", "providedContexts.1.member.contextAssertion", "have length greater than or equal to 4"),
        ),
        (
            IDENTITY_CENTER,
            &long,
            fault(
                &format!("'{long}'"),
                "providedContexts.1.member.contextAssertion",
                "have length less than or equal to 2048",
            ),
        ),
        (
            "short",
            "abcd",
            fault("'short'", "providedContexts.1.member.providerArn", "have length greater than or equal to 20"),
        ),
    ] {
        let call = with_context(assume("plain"), 1, provider, assertion);
        check_call("bounds", &call, refused(400, "ValidationError", &text));
    }
    let half = assume("plain").param("ProvidedContexts.member.1.ProviderArn", IDENTITY_CENTER);
    let text = fault("null", "providedContexts.1.member.contextAssertion", "not be null");
    check_call("half a context", &half, refused(400, "ValidationError", &text));
    let six = (1..=6).fold(assume("plain"), |call, number| with_context(call, number, IDENTITY_CENTER, "abcd"));
    let printed = vec![format!("ProvidedContext(providerArn={IDENTITY_CENTER}, contextAssertion=abcd)"); 6].join(", ");
    let text = fault(&format!("'[{printed}]'"), "providedContexts", "have length less than or equal to 5");
    check_call("too many", &six, refused(400, "ValidationError", &text));
}
