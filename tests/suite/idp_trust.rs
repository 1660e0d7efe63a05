//! Tokens of the built-in issuer open roles that trust their platform, and bad ones do not.

use serde_json::{Value, json};

use crate::sts::web_identity::{DENIED, NO_KEY, NOT_A_JWT, NOT_VALIDATED};
use crate::support::issuers::Issuers;
use crate::support::{Answer, Call, Keys, NOW, Refusal, TestWorld, Token, check, golden, refused};
use local_sts::idp::documents::{self, Document};
use local_sts::idp::mint::{NotMinted, TokenRequest, mint};
use local_sts::idp::trust::{self, TrustRequest};
use local_sts::idp::{issuer, presets};
use local_sts::ids::AccountId;

const ACCOUNT: &str = "123456789012";
const BASE: &str = "http://127.0.0.1:4593";

fn trusting(preset: &str) -> TrustRequest {
    TrustRequest { preset: Some(preset.to_owned()), account: ACCOUNT.to_owned(), ..TrustRequest::default() }
}

#[track_caller]
fn token(world: &TestWorld, request: Value) -> String {
    let request: TokenRequest = serde_json::from_value(request).unwrap();
    mint(world.service.world(), BASE, &request).unwrap().token
}

fn assume(role: &str, token: &str) -> Call {
    Call::web_identity(&format!("arn:aws:iam::{ACCOUNT}:role/{role}"), token)
}

#[track_caller]
fn assumed(answer: &Answer, why: &str) {
    assert_eq!(answer.status(), 200, "{why}: {}", answer.body());
}

/// What a job asks for, where its platform's guide has it ask.
fn asked(preset: &str) -> Value {
    if ["github-actions", "buildkite", "fly"].contains(&preset) { json!("sts.amazonaws.com") } else { Value::Null }
}

#[test]
fn every_preset_opens_a_role_that_trusts_its_platform_as_the_platforms_guide_shows() {
    for preset in presets::all() {
        let request = TrustRequest { platform_issuer: true, ..trusting(&preset.name) };
        let seed = trust::seed(BASE, &request).unwrap();
        let world = TestWorld::new(&seed.to_string());
        let wanted = json!({ "preset": preset.name, "platformIssuer": true, "aud": asked(&preset.name) });
        let minted = token(&world, wanted.clone());
        let url = seed["accounts"][0]["oidcProviders"][0]["url"].as_str().unwrap();
        let claims = Token::read(&minted).claims();
        assert_eq!(claims["iss"], url, "to the letter");
        assert!(url.starts_with("https://") && !url.contains("127.0.0.1"), "{url}");
        let answer = assume(&preset.name, &minted).send(&world);
        assumed(&answer, &preset.name);
        let host = url.strip_prefix("https://").unwrap();
        let known = ["google", "cognito-identity"].contains(&preset.name.as_str());
        let provider = if known { host.to_owned() } else { format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{host}") };
        assert_eq!(answer.text("Provider"), Some(provider), "every account knows some by their host");
        assert_eq!(answer.text("SubjectFromWebIdentityToken").as_deref(), claims["sub"].as_str());
        let mut stranger = wanted;
        stranger["claims"] = json!({ "sub": "somebody-else", "amr": ["unauthenticated"] });
        // Trust in a user pool asks for its client only.
        if preset.name != "cognito-user-pool" {
            check(&world, &preset.name, &assume(&preset.name, &token(&world, stranger)), DENIED);
        }
    }
}

#[test]
fn every_preset_opens_a_role_that_trusts_the_built_in_issuer_by_what_it_publishes() {
    let issuers = Issuers::default();
    let merged =
        presets::all().iter().fold(json!({ "id": ACCOUNT, "oidcProviders": [], "roles": [] }), |mut all, preset| {
            let seed = trust::seed(BASE, &trusting(&preset.name)).unwrap();
            for list in ["oidcProviders", "roles"] {
                all[list].as_array_mut().unwrap().push(seed["accounts"][0][list][0].clone());
            }
            all
        });
    let world = TestWorld::fetching(&json!({ "accounts": [merged] }).to_string(), issuers.clone());
    let keys = documents::built_in(world.service.world(), BASE, Document::Keys);
    for preset in presets::all() {
        let url = issuer::url(BASE, &preset.issuer).unwrap();
        issuers.publish(&url, Ok(std::str::from_utf8(&keys.body).unwrap()));
        let minted = token(&world, json!({ "preset": preset.name, "aud": asked(&preset.name) }));
        assumed(&assume(&preset.name, &minted).send(&world), &preset.name);
    }
}

#[test]
fn a_subject_given_to_both_fits_both() {
    for (preset, subject) in [
        ("github-actions", "repo:octo/tool:environment:prod"),
        ("github-actions", "repo:octo@12/tool@34:ref:refs/heads/main"),
        ("gitlab-ci", "project_path:octo/tool:ref_type:tag:ref:v1"),
        ("eks", "system:serviceaccount:blue:worker"),
    ] {
        let request = TrustRequest { platform_issuer: true, sub: Some(subject.to_owned()), ..trusting(preset) };
        let world = TestWorld::new(&trust::seed(BASE, &request).unwrap().to_string());
        let wanted = json!({ "preset": preset, "platformIssuer": true, "aud": asked(preset), "sub": subject });
        assumed(&assume(preset, &token(&world, wanted)).send(&world), subject);
        let own = json!({ "preset": preset, "platformIssuer": true, "aud": asked(preset) });
        check(&world, subject, &assume(preset, &token(&world, own)), DENIED);
    }
    let anybody =
        TrustRequest { preset: None, sub: Some("me".to_owned()), role: Some("mine".to_owned()), ..trusting("") };
    let seed = trust::seed(BASE, &anybody).unwrap();
    assert_eq!(seed["accounts"][0]["roles"][0]["name"], "mine");
    let expect = json!({ "url": format!("{BASE}/oidc"), "clientIds": ["sts.amazonaws.com"] });
    assert_eq!(seed["accounts"][0]["oidcProviders"][0], expect);
    for request in [
        TrustRequest::default(),
        TrustRequest { platform_issuer: true, sub: Some("x".to_owned()), ..TrustRequest::default() },
        trusting("nobody"),
        TrustRequest { issuer: Some("../admin".to_owned()), ..trusting("eks") },
    ] {
        assert!(matches!(trust::seed(BASE, &request), Err(NotMinted::Request(_))), "{request:?}");
    }
}

#[test]
fn every_bad_token_is_refused_in_awss_words() {
    let request = TrustRequest { platform_issuer: true, ..trusting("github-actions") };
    let world = TestWorld::new(&trust::seed(BASE, &request).unwrap().to_string());
    let expired = format!(
        "Token expired: current date/time {} must be before the expiration date/time {}",
        NOW - 300,
        NOW - 3600
    );
    let not_yet = format!(
        "Token not yet valid: current date/time {} must be after or equal to the not-before date/time {}",
        NOW + 300,
        NOW + 3600
    );
    let ahead = format!("Token issued in the future: {}", NOW + 3600);
    let invalid = |text| refused(400, "InvalidIdentityToken", text);
    let table: [(&str, Refusal<'_>); 20] = [
        ("expired", refused(400, "ExpiredTokenException", &expired)),
        ("not-yet-valid", invalid(&not_yet)),
        ("issued-in-future", invalid(&ahead)),
        ("wrong-audience", invalid(NOT_VALIDATED)),
        ("wrong-issuer", invalid("No OpenIDConnect provider found in your account for https://somebody-else.test")),
        ("unknown-key", invalid(NO_KEY)),
        ("borrowed-key-id", invalid(NOT_VALIDATED)),
        ("no-key-id", invalid(NO_KEY)),
        ("bad-signature", invalid(NOT_VALIDATED)),
        ("changed-claims", invalid(NOT_VALIDATED)),
        ("unsigned", invalid(NOT_A_JWT)),
        ("public-key-as-secret", invalid(NOT_A_JWT)),
        ("other-algorithm", invalid(NO_KEY)),
        ("critical", invalid(NOT_A_JWT)),
        ("repeated-claim", DENIED),
        ("not-json", invalid(NOT_A_JWT)),
        ("two-parts", invalid(NOT_A_JWT)),
        ("five-parts", invalid(NOT_A_JWT)),
        ("padded", invalid(NOT_A_JWT)),
        ("access-token", invalid(NOT_A_JWT)),
    ];
    for algorithm in ["RS256", "ES256", "ES384", "ES512"] {
        let wanted = json!({ "preset": "github-actions", "platformIssuer": true, "aud": "sts.amazonaws.com", "algorithm": algorithm });
        assumed(&assume("github-actions", &token(&world, wanted.clone())).send(&world), algorithm);
        for (defect, expect) in &table {
            let mut spoiled = wanted.clone();
            spoiled["defect"] = json!(defect);
            check(&world, defect, &assume("github-actions", &token(&world, spoiled)), *expect);
        }
    }
}

#[test]
fn a_provider_of_the_built_in_keys_follows_their_rotation() {
    let request = TrustRequest { platform_issuer: true, ..trusting("eks") };
    let world = TestWorld::new(&trust::seed(BASE, &request).unwrap().to_string());
    let foreign = TestWorld::over(Box::new(local_sts::store::MemoryEngine::default()), Some("accounts: []"), 77);
    let wanted = json!({ "preset": "eks", "platformIssuer": true });
    let invalid = refused(400, "InvalidIdentityToken", NO_KEY);
    check(&world, "before anything was issued here", &assume("eks", &token(&foreign, wanted.clone())), invalid);
    let first = token(&world, wanted.clone());
    assumed(&assume("eks", &first).send(&world), "first");
    issuer::rotate(world.service.world(), 2).unwrap();
    assumed(&assume("eks", &first).send(&world), "still shown");
    assumed(&assume("eks", &token(&world, wanted)).send(&world), "fresh");
    issuer::rotate(world.service.world(), 1).unwrap();
    check(&world, "withdrawn", &assume("eks", &first), invalid);
}

/// Two accounts: the first vouches for its own, the second trusts the first one's role `worker`.
fn two_accounts(url: &str) -> String {
    let name = url.trim_start_matches("http://");
    let trust = |principal: Value, action: &str, condition: Value| json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": principal, "Action": action, "Condition": condition }] });
    let all = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
    let worker = "arn:aws:iam::111111111111:role/jobs/worker";
    let vouched = json!({ "StringEquals": { format!("{name}:sub"): worker, format!("{name}:aud"): "second-account" } });
    let again = json!({ "StringEquals": { "sts:IdentityTokenAudience": "second-account" } });
    json!({ "accounts": [
        {
            "id": "111111111111",
            "outboundWebIdentityFederation": true,
            "users": [{ "name": "alice", "accessKeys": [{ "id": "AKIAALICE", "secret": "s" }], "policies": [{ "name": "all", "document": all }] }],
            "roles": [{
                "name": "worker", "path": "/jobs/", "policies": [{ "name": "all", "document": all }],
                "trust": trust(json!({ "AWS": "arn:aws:iam::111111111111:root" }), "sts:AssumeRole", json!({})),
            }],
        },
        {
            "id": ACCOUNT,
            "outboundWebIdentityFederation": true,
            "oidcProviders": [{ "url": url, "clientIds": ["second-account"] }],
            "roles": [{
                "name": "guest",
                "policies": [{ "name": "vouch", "document": { "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:GetWebIdentityToken", "Resource": "*", "Condition": again["StringEquals"].as_object().map(|equals| json!({ "ForAllValues:StringEquals": equals })) }] } }],
                "trust": trust(json!({ "Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{name}") }), "sts:AssumeRoleWithWebIdentity", vouched),
            }],
        },
    ] })
    .to_string()
}

#[test]
fn an_account_lets_in_whom_another_account_vouches_for() {
    let first = AccountId::parse("111111111111").unwrap();
    let issuer_of = |world: &TestWorld| world.snapshot().identities.outbound(first).unwrap().issuer;
    // Which address an issuer has follows from its account.
    let id = issuer_of(&TestWorld::new(&two_accounts("http://127.0.0.1:1/x")));
    let url = format!("{BASE}/outbound/{id}");
    let issuers = Issuers::default();
    let world = TestWorld::fetching(&two_accounts(&url), issuers.clone());
    assert_eq!(issuer_of(&world), id);
    let keys = documents::of_account(world.service.world(), id, Document::Keys).unwrap();
    issuers.publish(&url, Ok(std::str::from_utf8(&keys.body).unwrap()));
    let ask = |audience: &str| {
        Call::sts("GetWebIdentityToken").param("Audience.member.1", audience).param("SigningAlgorithm", "ES384")
    };
    let alice = Keys::new("AKIAALICE", "s");
    let worker =
        Call::assume_role("arn:aws:iam::111111111111:role/jobs/worker", "night").by(&alice).send(&world).keys();
    let vouched = |keys: &Keys, audience: &str| ask(audience).by(keys).send(&world).text("WebIdentityToken").unwrap();
    let guest = assume("guest", &vouched(&worker, "second-account")).send(&world);
    assumed(&guest, "the role that is trusted");
    assert_eq!(
        guest.text("SubjectFromWebIdentityToken").as_deref(),
        Some("arn:aws:iam::111111111111:role/jobs/worker")
    );
    check(&world, "another subject", &assume("guest", &vouched(&alice, "second-account")), DENIED);
    let elsewhere = assume("guest", &vouched(&worker, "third-account"));
    check(&world, "another audience", &elsewhere, refused(400, "InvalidIdentityToken", NOT_VALIDATED));
    // The guest's own account vouches for it in turn, and says who vouched before.
    let again = ask("second-account").by(&guest.keys()).send(&world);
    let claims = Token::read(&again.text("WebIdentityToken").unwrap_or_else(|| panic!("{}", again.body()))).claims();
    let session = &claims["https://sts.amazonaws.com/"];
    let provider = format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{}", url.trim_start_matches("http://"));
    assert_eq!(session["federated_provider"], provider);
    assert_eq!(claims["sub"], format!("arn:aws:iam::{ACCOUNT}:role/guest"));
}

const ABOUT: &str = "# Tokens of other platforms\n
`local-sts oidc token --preset NAME` makes tokens that look like those of these platforms, and `local-sts oidc seed --preset
NAME` prints what a seed needs so that they open a role: a provider, and a role that trusts it in the way that the platform's
guide shows. A test makes this page, and has every token of it open its role.

* What `--sub` says goes into the other claims as well, if it has one of the forms below. `--claim`, `--claim-json`,
  `--without`, `--aud`, `--tag`, `--source-identity` and `--role` change the rest.
* The issuer is one of `local-sts` itself, as in `http://127.0.0.1:4593/oidc/github`: its documents are fetched like anybody's.
* With `--platform-issuer` it is the platform. Then trust policies are good as they are in production, condition keys of
  the platform's own included (`token.actions.githubusercontent.com:repository_id`). The provider in the seed says
  `jwks: built-in`, which stands for the keys of the built-in issuer, and nobody is asked. Whoever may mint at the
  companion is then whoever they like to be.
";

/// What a reader wants to know of every preset: made of the presets, so it is true.
#[test]
fn the_page_of_presets_is_as_the_presets_are() {
    let mut page = ABOUT.to_owned();
    for preset in presets::all() {
        let request = TrustRequest { platform_issuer: true, ..trusting(&preset.name) };
        let seed = trust::seed(BASE, &request).unwrap();
        let world = TestWorld::new(&seed.to_string());
        let wanted =
            json!({ "preset": preset.name, "platformIssuer": true, "aud": asked(&preset.name), "without": ["jti"] });
        let minted = token(&world, wanted);
        assumed(&assume(&preset.name, &minted).send(&world), &preset.name);
        let said = Token::read(&minted);
        let forms: String = preset.forms().map(|form| format!("* `{form}`\n")).collect();
        let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap();
        let audience = asked(&preset.name).as_str().map(|audience| format!(" --aud {audience}")).unwrap_or_default();
        let header: Value = serde_json::from_str(&said.header).unwrap();
        let claims = said.claims();
        page += &format!(
            "\n## {0}\n\n{1}. The issuer is `/oidc/{2}` here; {3}, {4} seconds.\n\n```console\n$ local-sts oidc token --preset {0} --platform-issuer{audience}\n```\n\nSubjects:\n\n{forms}\nClaims, beside `jti`:\n\n```json\n{5}\n```\n\nThe condition of the role that trusts `{6}`:\n\n```json\n{7}\n```\n",
            preset.name,
            preset.about,
            preset.issuer,
            header["alg"].as_str().unwrap(),
            claims["exp"].as_i64().unwrap() - NOW,
            pretty(&claims),
            seed["accounts"][0]["roles"][0]["trust"]["Statement"][0]["Principal"]["Federated"].as_str().unwrap(),
            pretty(&seed["accounts"][0]["roles"][0]["trust"]["Statement"][0]["Condition"]),
        );
    }
    golden("docs/oidc-presets.md", &page);
}
