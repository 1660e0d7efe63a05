//! Who sent this request: every row about keys, tokens, scopes and clocks.

use crate::support::{Call, Keys, NOW, TestWorld, alice, check, refused};
use local_sts::time::Timestamp;

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    users:
      - name: alice
        accessKeys:
          - { id: AKIAALICE, secret: alice-secret }
          - { id: AKIASLEEPING, secret: sleeping-secret, status: Inactive }
    roles:
      - name: open
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
"#;

pub const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                        Access Key and signing method. Consult the service documentation for details.";
const INVALID: &str = "The security token included in the request is invalid.";

fn world() -> TestWorld {
    TestWorld::new(SEED)
}

fn identify() -> Call {
    Call::sts("GetCallerIdentity")
}

fn session(world: &TestWorld) -> Keys {
    let call = Call::assume_role("arn:aws:iam::123456789012:role/open", "ci").param("DurationSeconds", "900");
    call.by(&alice()).send(world).keys()
}

#[test]
fn nobody_is_served_unsigned() {
    let missing = refused(403, "MissingAuthenticationToken", "Request is missing Authentication Token");
    check(&world(), "sts-sig-missing", &identify(), missing);
    check(&world(), "sts-sig-missing-2", &Call::get("Action=GetCallerIdentity&Version=2011-06-15"), missing);
}

#[test]
fn a_wrong_secret_gives_awss_text_and_nothing_else() {
    let call = identify().by(&alice().with_secret("wrong"));
    check(&world(), "sts-sig-mismatch", &call, refused(403, "SignatureDoesNotMatch", MISMATCH));
    let world = world();
    let session = session(&world);
    let call = identify().by(&session.with_secret("wrong"));
    check(&world, "sts-sig-mismatch, session", &call, refused(403, "SignatureDoesNotMatch", MISMATCH));
}

#[test]
fn a_key_that_is_not_known_or_not_active_or_not_complete_is_invalid() {
    let world = world();
    let (one, other) = (session(&world), session(&world));
    let long = "A".repeat(752);
    for (id, keys) in [
        ("sts-sig-unknown-key", Keys::new("AKIANOBODY", "x")),
        ("sts-sig-unknown-key", Keys::new("ASIANOBODY", "x").with_token(Some("FwoGZXIvYXdz"))),
        ("sts-sig-unknown-key", Keys::new("ASIANOBODY", "x").with_token(Some(&long))),
        ("sts-sig-unknown-key: no token", one.with_token(None)),
        ("sts-sig-unknown-key: another's token", one.with_token(other.token.as_deref())),
        ("sts-sig-inactive-key", Keys::of("sleeping")),
        ("sts-sig-inactive-key beats the signature", Keys::new("AKIASLEEPING", "wrong")),
        ("sts-sig-inactive-key beats the token", Keys::new("AKIASLEEPING", "wrong").with_token(one.token.as_deref())),
        ("B-011: a token beside a long-term key", alice().with_token(one.token.as_deref())),
    ] {
        check(&world, id, &identify().by(&keys), refused(403, "InvalidClientTokenId", INVALID));
    }
}

#[test]
fn an_expired_session_is_told_so_only_with_its_own_token() {
    let world = world();
    let (mine, other) = (session(&world), session(&world));
    world.wait(900);
    let expired = refused(403, "ExpiredToken", "The security token included in the request is expired");
    check(&world, "sts-sig-expired-session", &identify().by(&mine), expired);
    let get = Call::get("Action=GetCallerIdentity&Version=2011-06-15").by(&mine);
    check(&world, "sts-sig-expired-session-q", &get, expired);
    check(&world, "sts-sig-expired-session beats the signature", &identify().by(&mine.with_secret("wrong")), expired);
    let assume = Call::sts("AssumeRole").param("RoleArn", "arn:aws:iam::123456789012:role/open");
    // The model's ExpiredTokenException is about tokens of identity providers.
    check(&world, "sts-model-expiredtoken", &assume.param("RoleSessionName", "ci").by(&mine), expired);
    let invalid = refused(403, "InvalidClientTokenId", INVALID);
    check(&world, "sts-sig-expired-missing-token", &identify().by(&mine.with_token(None)), invalid);
    check(&world, "sts-sig-expired-missing-token", &identify().by(&mine.with_token(other.token.as_deref())), invalid);
}

#[test]
fn a_scope_must_name_a_region_and_the_service() {
    let region = "Credential should be scoped to a valid region. ";
    let service = "Credential should be scoped to correct service: 'sts'. ";
    let both = format!("{region}{service}");
    let fixed = TestWorld::in_region(SEED, "eu-west-1");
    let any = world();
    for (id, world, call, text) in [
        ("sts-sig-region-scope", &any, identify().region("mars-north-1"), region),
        ("sts-sig-region-scope-vault", &any, identify().region("us-gov-east-9"), region),
        ("sts-sig-region-scope", &fixed, identify().region("us-east-1"), region),
        ("sts-sig-service-scope", &any, identify().service("iam"), service),
        ("sts-sig-region-and-service-scope", &any, identify().service("s3").region("x"), both.as_str()),
        ("sts-sig-global-scope", &any, identify().header("host", "sts.amazonaws.com").region("us-west-2"), region),
        ("regional host", &any, identify().header("host", "sts.eu-west-1.amazonaws.com").region("us-east-1"), region),
    ] {
        check(world, id, &call.by(&alice()), refused(403, "SignatureDoesNotMatch", text));
    }
    assert_eq!(identify().region("ap-southeast-2").by(&alice()).send(&any).status(), 200);
    assert_eq!(identify().region("eu-west-1").by(&alice()).send(&fixed).status(), 200);
    assert_eq!(identify().header("host", "sts.amazonaws.com").by(&alice()).send(&any).status(), 200);
}

#[test]
fn a_signature_lives_fifteen_minutes_either_way() {
    let at = |seconds| Timestamp::from_seconds(NOW + seconds);
    let call = |seconds| identify().by(&alice()).signed_at(at(seconds));
    for fine in [-900, 0, 900] {
        assert_eq!(call(fine).send(&world()).status(), 200, "{fine}");
    }
    let expired =
        "Signature expired: 20260115T114459Z is now earlier than 20260115T114500Z (20260115T120000Z - 15 min.)";
    check(&world(), "sts-sig-expired", &call(-901), refused(403, "SignatureDoesNotMatch", expired));
    let early =
        "Signature not yet current: 20260115T121501Z is still later than 20260115T121500Z (20260115T120000Z + 15 min.)";
    check(&world(), "sts-sig-future", &call(901), refused(403, "SignatureDoesNotMatch", early));
}

/// Row sts-sig-expired-gci, with the captured instants.
#[test]
fn the_captured_skew_has_the_captured_text() {
    let world = world();
    let (signed, now) = ("2022-01-27T00:14:27Z", "2022-01-27T01:59:28Z");
    world.wait(Timestamp::parse_iso(now).unwrap().seconds() - NOW);
    let call = identify().by(&alice()).signed_at(Timestamp::parse_iso(signed).unwrap());
    let text = "Signature expired: 20220127T001427Z is now earlier than 20220127T014428Z (20220127T015928Z - 15 min.)";
    check(&world, "sts-sig-expired-gci", &call, refused(403, "SignatureDoesNotMatch", text));
}

/// A client that signs by its machine's clock meets `ExpiredToken`, not `Signature expired`.
#[test]
fn with_the_clock_ahead_clients_still_sign_by_their_own() {
    let world = world();
    let session = session(&world);
    world.steer_ahead(3600);
    let expired = refused(403, "ExpiredToken", "The security token included in the request is expired");
    check(&world, "design 8", &identify().by(&session), expired);
    assert_eq!(identify().by(&alice()).send(&world).status(), 200);
    let steered = identify().by(&alice()).signed_at(Timestamp::from_seconds(NOW + 3600));
    assert_eq!(steered.send(&world).status(), 200, "who signs by the steered clock is fine as well");
    assert_eq!(identify().by(&alice()).signed_at(Timestamp::from_seconds(NOW + 1801)).send(&world).status(), 403);
}

#[test]
fn an_authorization_header_must_have_all_its_parts() {
    let raw = |header: &str| identify().header("x-amz-date", "20260115T120000Z").header("authorization", header);
    let scope = "AKIAALICE/20260115/us-east-1/sts/aws4_request";
    let blank = format!("AWS4-HMAC-SHA256 Credential= {scope}, SignedHeaders=host, Signature=00");
    let blank_text =
        format!("'{scope}' not a valid key=value pair (missing equal-sign) in Authorization header: '{blank}'.");
    for (id, header, text) in [
        ("sts-sig-header-space", blank.as_str(), blank_text.as_str()),
        ("sts-sig-header-space-2", blank.as_str(), blank_text.as_str()),
        (
            "sts-sig-five-elements",
            "AWS4-HMAC-SHA256 Credential=AKIAALICE/20260115/us-east-1/sts, SignedHeaders=host, Signature=00",
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIAALICE/20260115/us-east-1/sts'",
        ),
    ] {
        check(&world(), id, &raw(header), refused(400, "IncompleteSignature", text));
    }
    let missing = "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. \
                   Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a \
                   'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256";
    let refusal = refused(400, "IncompleteSignature", missing);
    check(&world(), "sts-sig-missing-fields", &identify().header("authorization", "AWS4-HMAC-SHA256"), refusal);
    let unsigned_host = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=x-amz-date, Signature=00");
    let text = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
    check(&world(), "sts-sig-host-unsigned", &raw(&unsigned_host), refused(403, "SignatureDoesNotMatch", text));
    let terminator = "AWS4-HMAC-SHA256 Credential=AKIAALICE/20260115/us-east-1/sts/aws5, SignedHeaders=host;x-amz-date, Signature=00";
    let text = "Credential should be scoped with a valid terminator: 'aws4_request'";
    check(&world(), "sts-sig-terminator", &raw(terminator), refused(403, "SignatureDoesNotMatch", text));
}

#[test]
fn a_scope_is_of_the_day_of_signing() {
    let scope = "AWS4-HMAC-SHA256 Credential=AKIAALICE/20260114/us-east-1/sts/aws4_request, SignedHeaders=host;x-amz-date, Signature=00";
    let call = identify().header("x-amz-date", "20260115T120000Z").header("authorization", scope);
    let text = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260114' != '20260115', \
                from '20260115T120000Z'.";
    check(&world(), "sts-sig-scope-date", &call, refused(403, "SignatureDoesNotMatch", text));
}

/// B-020: everybody knows the demo keys, so a page of anybody could sign with them.
#[test]
fn the_demo_key_is_refused_to_pages_from_elsewhere() {
    let seed = "accounts: [{ id: \"000000000000\", users: [{ name: administrator, accessKeys: [{ id: test, secret: test }] }] }]";
    let mut world = TestWorld::new(seed);
    let test = Keys::new("test", "test");
    let with = |headers: &[(&str, &str)]| {
        let base = identify();
        let call = headers.iter().fold(base, |call, (name, value)| call.header(name, value));
        call.by(&test)
    };
    for fine in [
        [("origin", "http://localhost:3000"), ("sec-fetch-site", "same-origin")].as_slice(),
        &[("origin", "http://127.0.0.1")],
        &[("origin", "http://[::1]:8080"), ("host", "localhost:4592")],
        &[("origin", "https://localhost")],
        &[("referer", "http://localhost:3000/a/page?x=/y")],
        &[("referer", "http://127.0.0.1")],
        &[("host", "sts.us-east-1.amazonaws.com")],
        &[("host", "sts.amazonaws.com:4592")],
    ] {
        assert_eq!(with(fine).send(&world).status(), 200, "{fine:?}");
    }
    for page in [
        [("origin", "https://example.com")].as_slice(),
        &[("origin", "null")],
        &[("origin", "http://localhost.example.com")],
        &[("origin", "moz-extension://localhost")],
        &[("origin", "localhost")],
        &[("sec-fetch-site", "cross-site")],
        &[("referer", "https://example.com/localhost/")],
        &[("referer", "http://localhost@example.com/")],
        &[("host", "x.s3.amazonaws.com")],
        &[("host", "ec2-203-0-113-1.compute-1.amazonaws.com:4592")],
        &[("host", "sts.us-east-1.s3.amazonaws.com")],
        &[("host", "rebound.example:4592"), ("sec-fetch-site", "same-origin")],
    ] {
        check(&world, &format!("{page:?}"), &with(page), refused(403, "InvalidClientTokenId", INVALID));
    }
    let named = TestWorld::new(SEED);
    let own = identify().header("origin", "https://example.com").header("host", "sts:4592").by(&alice());
    assert_eq!(own.send(&named).status(), 200, "a key of one's own is nobody else's");
    world.open_demo();
    assert_eq!(with(&[("host", "sts:4592")]).send(&world).status(), 200, "--demo means it");
}
