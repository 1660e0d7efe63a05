//! The built-in issuer: tokens that look like those of well-known platforms, and tokens that must be refused.

use serde_json::{Value, json};

use crate::http::{JSON, Running, ask, companion, status};
use crate::store::Scratch;
use crate::support::{NOW, TestWorld, Token};
use local_sts::idp::defects::Defect;
use local_sts::idp::documents::{self, Document};
use local_sts::idp::mint::{MintedToken, NotMinted, TokenRequest, mint};
use local_sts::idp::{door, issuer, presets};
use local_sts::store::SledEngine;

const BASE: &str = "http://127.0.0.1:4593";

fn world() -> TestWorld {
    TestWorld::new("accounts: [{ id: \"123456789012\" }]")
}

fn wanted(request: Value) -> TokenRequest {
    serde_json::from_value(request).unwrap()
}

#[track_caller]
fn minted(world: &TestWorld, request: Value) -> MintedToken {
    mint(world.service.world(), BASE, &wanted(request)).unwrap()
}

#[track_caller]
fn token(world: &TestWorld, request: Value) -> Token {
    Token::read(&minted(world, request).token)
}

fn key_set(world: &TestWorld) -> Value {
    let response = documents::built_in(world.service.world(), BASE, Document::Keys);
    serde_json::from_slice(&response.body).unwrap()
}

#[test]
fn a_token_says_what_it_was_asked_to_say_and_its_issuer_shows_the_key() {
    let world = world();
    let minted = minted(&world, json!({ "sub": "somebody", "aud": "https://relying.test", "lifetimeSeconds": 60 }));
    assert_eq!(minted.expires_in, 60);
    let token = Token::read(&minted.token);
    let claims = token.claims();
    assert_eq!(Value::Object(minted.claims), claims);
    let jti = claims["jti"].as_str().unwrap();
    assert_eq!(uuid::Uuid::parse_str(jti).unwrap().get_version_num(), 4);
    let expect = json!({
        "iss": format!("{BASE}/oidc"), "sub": "somebody", "aud": "https://relying.test",
        "iat": NOW, "exp": NOW + 60, "jti": jti,
    });
    assert_eq!(claims, expect);
    let keys = key_set(&world);
    assert!(token.is_proved_by(&keys));
    let header: Value = serde_json::from_str(&token.header).unwrap();
    assert_eq!(header, json!({ "alg": "RS256", "kid": keys["keys"][0]["kid"], "typ": "JWT" }));
}

#[test]
fn every_algorithm_of_aws_signs() {
    let world = world();
    for algorithm in ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"] {
        let token = token(&world, json!({ "sub": "x", "algorithm": algorithm }));
        assert!(token.header.contains(algorithm) && token.is_proved_by(&key_set(&world)), "{algorithm}");
        let header: Value = serde_json::from_str(&token.header).unwrap();
        let keys = key_set(&world);
        let shown = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).unwrap();
        assert_eq!(shown["alg"], algorithm, "strict readers take a key for what it is shown for only");
    }
}

/// The claims that tell a platform from the others, and how long its tokens are good for.
#[test]
fn presets_look_like_the_tokens_of_their_platforms() {
    let world = world();
    for (preset, issuer, audience, subject, lifetime, telling) in [
        (
            "github-actions",
            "github",
            json!("https://github.com/acme"),
            "repo:acme/shop:ref:refs/heads/main",
            300,
            "job_workflow_ref",
        ),
        (
            "gitlab-ci",
            "gitlab",
            json!("sts.amazonaws.com"),
            "project_path:acme/shop:ref_type:branch:ref:main",
            3600,
            "project_path",
        ),
        (
            "eks",
            "eks/id/0123456789ABCDEF0123456789ABCDEF",
            json!(["sts.amazonaws.com"]),
            "system:serviceaccount:shop:api",
            86400,
            "kubernetes.io",
        ),
        ("google", "google", json!("sts.amazonaws.com"), "104512345678901234567", 3600, "azp"),
        (
            "terraform",
            "terraform",
            json!("aws.workload.identity"),
            "organization:acme:project:Default Project:workspace:shop:run_phase:plan",
            3600,
            "terraform_run_phase",
        ),
        (
            "buildkite",
            "buildkite",
            json!("https://buildkite.com/acme"),
            "organization:acme:pipeline:shop:ref:refs/heads/main:commit:5d9c1f0b7a3e4826c1d05f6e8b9a0c1d2e3f4a5b:step:deploy",
            300,
            "pipeline_slug",
        ),
        (
            "vercel",
            "vercel/acme",
            json!("https://vercel.com/acme"),
            "owner:acme:project:shop:environment:production",
            3600,
            "owner_id",
        ),
        ("fly", "fly/acme", json!("https://fly.io/acme"), "acme:shop:quiet-river-42", 600, "app_name"),
    ] {
        let claims = token(&world, json!({ "preset": preset })).claims();
        let found = (&claims["iss"], &claims["aud"], &claims["sub"]);
        assert_eq!(found, (&json!(format!("{BASE}/oidc/{issuer}")), &audience, &json!(subject)), "{preset}");
        assert_eq!(claims["exp"], NOW + lifetime, "{preset}");
        assert!(!claims[telling].is_null(), "{preset} has no {telling}");
    }
    let others = ["google", "entra", "keycloak"];
    for preset in presets::all() {
        let token = token(&world, json!({ "preset": preset.name }));
        assert!(token.is_proved_by(&key_set(&world)), "{}", preset.name);
        let claims = token.claims();
        assert_eq!(
            claims.get("azp").is_some(),
            others.contains(&preset.name.as_str()),
            "{}: azp is the audience",
            preset.name
        );
    }
    let header = token(&world, json!({ "preset": "eks" })).header;
    assert!(!header.contains("typ"), "{header}");
    assert!(token(&world, json!({ "preset": "cognito-identity" })).header.contains("RS512"));
    assert_eq!(token(&world, json!({ "preset": "github-actions" })).claims()["nbf"], NOW - 600);
}

#[test]
fn whatever_a_preset_says_can_be_said_otherwise() {
    let world = world();
    let claims = token(
        &world,
        json!({
            "preset": "github-actions", "issuer": "ghes/_services", "sub": "repo:octo/tool:pull_request",
            "aud": ["a", "b"], "lifetimeSeconds": 7200, "algorithm": "ES256",
            "claims": { "run_id": "7", "iss": "https://token.actions.githubusercontent.com", "deep": { "er": [1] } },
            "without": ["nbf", "actor"], "header": { "x5t": "abc" },
        }),
    );
    assert!(claims.header.contains(r#""x5t":"abc""#) && claims.header.contains("ES256"), "{}", claims.header);
    let claims = claims.claims();
    for (name, value) in [
        ("iss", json!("https://token.actions.githubusercontent.com")),
        ("sub", json!("repo:octo/tool:pull_request")),
        ("aud", json!(["a", "b"])),
        ("exp", json!(NOW + 7200)),
        ("run_id", json!("7")),
        ("deep", json!({ "er": [1] })),
        ("repository", json!("octo/tool")),
        ("event_name", json!("pull_request")),
        ("nbf", Value::Null),
        ("actor", Value::Null),
    ] {
        assert_eq!(claims.get(name).unwrap_or(&Value::Null), &value, "{name}");
    }
    let without = token(&world, json!({ "without": ["sub", "exp"] })).claims();
    assert!(without.get("sub").is_none() && without.get("exp").is_none());
    assert_eq!(token(&world, json!({ "claims": { "sub": 123 } })).claims()["sub"], 123);
}

#[test]
fn what_aws_reads_stands_where_aws_reads_it() {
    let world = world();
    let claims = token(
        &world,
        json!({
            "sub": "x", "tags": { "Team": "blue", "cost": "9" }, "transitiveTagKeys": ["Team"],
            "sourceIdentity": "alice", "roles": ["arn:aws:iam::123456789012:role/a"],
        }),
    )
    .claims();
    let tags = json!({ "principal_tags": { "Team": ["blue"], "cost": ["9"] }, "transitive_tag_keys": ["Team"] });
    assert_eq!(claims["https://aws.amazon.com/tags"], tags);
    assert_eq!(claims["https://aws.amazon.com/source_identity"], "alice");
    assert_eq!(claims["https://aws.amazon.com/roles"], json!(["arn:aws:iam::123456789012:role/a"]));
}

#[test]
fn what_makes_no_sense_is_refused_with_a_word_of_advice() {
    let world = world();
    for (request, advice) in [
        (json!({}), "a sub, or a preset"),
        (json!({ "preset": "nobody" }), "github-actions, gitlab-ci"),
        (json!({ "sub": "x", "algorithm": "HS256" }), "ES512"),
        (json!({ "sub": "x", "lifetimeSeconds": 0 }), "at least 1"),
        (json!({ "sub": "x", "lifetimeSeconds": i64::MAX }), "ten years"),
        (json!({ "sub": "x", "issuer": "../admin" }), "path of an issuer"),
        (json!({ "sub": "x", "issuer": "a//b" }), "path of an issuer"),
        (json!({ "sub": "x", "issuer": "token" }), "path of an issuer"),
        (json!({ "sub": "x", "issuer": "a b" }), "path of an issuer"),
        (json!({ "sub": "x", "issuer": "a".repeat(151) }), "path of an issuer"),
        (json!({ "sub": "x", "transitiveTagKeys": ["a"] }), "need tags"),
    ] {
        match mint(world.service.world(), BASE, &wanted(request.clone())) {
            Err(NotMinted::Request(text)) => assert!(text.contains(advice), "{request}: {text}"),
            other => panic!("{request}: {other:?}"),
        }
    }
    for request in [json!({ "subject": "x" }), json!({ "defect": "subtle" }), json!({ "claims": [] })] {
        assert!(serde_json::from_value::<TokenRequest>(request).is_err());
    }
}

#[test]
fn every_defect_spoils_what_it_says_and_nothing_else() {
    let world = world();
    let keys = key_set(&world);
    let spoiled = |defect: &str, algorithm: &str| {
        let request =
            json!({ "preset": "github-actions", "aud": "sts.amazonaws.com", "algorithm": algorithm, "defect": defect });
        minted(&world, request).token
    };
    for (defect, expect) in [
        ("expired", json!({ "exp": NOW - 3600, "nbf": NOW - 7200, "iat": NOW - 7200 })),
        ("not-yet-valid", json!({ "nbf": NOW + 3600, "exp": NOW + 7200 })),
        ("issued-in-future", json!({ "iat": NOW + 3600, "exp": NOW + 7200 })),
        ("wrong-audience", json!({ "aud": "https://somebody-else.test" })),
        ("wrong-issuer", json!({ "iss": "https://somebody-else.test" })),
    ] {
        let token = Token::read(&spoiled(defect, "RS256"));
        assert!(token.is_proved_by(&keys), "{defect}: only what it says is wrong");
        for (name, value) in expect.as_object().unwrap() {
            assert_eq!(&token.claims()[name], value, "{defect}");
        }
    }
    for algorithm in ["RS256", "ES256", "ES384", "ES512"] {
        for defect in [
            "unknown-key",
            "borrowed-key-id",
            "bad-signature",
            "changed-claims",
            "other-algorithm",
            "public-key-as-secret",
            "unsigned",
        ] {
            let token = spoiled(defect, algorithm);
            assert!(!Token::read(&token).is_proved_by(&keys), "{defect} by {algorithm}");
        }
    }
    let header =
        |defect: &str| -> Value { serde_json::from_str(&Token::read(&spoiled(defect, "RS256")).header).unwrap() };
    let shown: Vec<&Value> = keys["keys"].as_array().unwrap().iter().map(|key| &key["kid"]).collect();
    assert!(!shown.contains(&&header("unknown-key")["kid"]) && shown.contains(&&header("borrowed-key-id")["kid"]));
    assert_eq!(header("borrowed-key-id")["kid"], keys["keys"][3]["kid"], "a key of the kind that it pretends");
    assert!(header("no-key-id").get("kid").is_none());
    assert_eq!(header("critical")["crit"], json!(["unheard-of"]));
    assert_eq!((&header("unsigned")["alg"], &header("public-key-as-secret")["alg"]), (&json!("none"), &json!("HS256")));
    assert_eq!(header("other-algorithm")["alg"], "ES256");
    let repeated = Token::read(&spoiled("repeated-claim", "RS256"));
    assert!(repeated.is_proved_by(&keys) && repeated.payload.matches(r#""sub":"#).count() == 2);
    let broken = Token::read(&spoiled("not-json", "RS256"));
    assert!(broken.is_proved_by(&keys) && serde_json::from_str::<Value>(&broken.payload).is_err());
    for (defect, dots) in [("two-parts", 1), ("five-parts", 4), ("access-token", 0), ("padded", 2)] {
        assert_eq!(spoiled(defect, "RS256").matches('.').count(), dots, "{defect}");
    }
    assert!(spoiled("padded", "ES384").split('.').all(|part| part.ends_with('=')));
    assert_eq!(Defect::ALL.len(), 20, "all of them stand above");
}

#[test]
fn old_keys_are_shown_as_long_as_they_are_kept() {
    let world = world();
    let kids = |world: &TestWorld| {
        let set = key_set(world);
        set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let first = token(&world, json!({ "sub": "x" }));
    issuer::rotate(world.service.world(), 2).unwrap();
    assert_eq!(kids(&world).len(), 12);
    let second = token(&world, json!({ "sub": "x" }));
    assert!(first.is_proved_by(&key_set(&world)) && second.is_proved_by(&key_set(&world)));
    assert_ne!(first.header, second.header, "the newest key signs");
    issuer::rotate(world.service.world(), 2).unwrap();
    assert!(!first.is_proved_by(&key_set(&world)) && second.is_proved_by(&key_set(&world)));
    issuer::rotate(world.service.world(), 0).unwrap();
    assert_eq!(kids(&world).len(), 6);
    assert!(!second.is_proved_by(&key_set(&world)));
    let fresh = TestWorld::new("accounts: []");
    issuer::rotate(fresh.service.world(), 2).unwrap();
    assert_eq!(kids(&fresh).len(), 6, "there were none before");
}

#[test]
fn its_keys_outlive_a_restart() {
    let scratch = Scratch::new("idp");
    let open = |chance| {
        TestWorld::over(Box::new(SledEngine::open(&scratch.0.join("state")).unwrap()), Some("accounts: []"), chance)
    };
    let world = open(1);
    let token = token(&world, json!({ "sub": "x" }));
    drop(world);
    let world = open(2);
    assert!(token.is_proved_by(&key_set(&world)));
    issuer::rotate(world.service.world(), 2).unwrap();
    let set = key_set(&world);
    drop(world);
    assert_eq!(key_set(&open(3)), set);
}

#[test]
fn a_job_asks_as_githubs_own_code_does() {
    let world = world();
    let ask = |query: &str| door::answer(world.service.world(), BASE, query);
    let answer =
        ask("api-version=2.0&sub=repo%3Aocto%2Ftool%3Aenvironment%3Aprod&run_id=7&audience=sts.amazonaws.com").unwrap();
    let text = answer["value"].as_str().unwrap();
    assert_eq!(answer, json!({ "count": text.len(), "value": text }));
    let claims = Token::read(text).claims();
    for (name, value) in [
        ("aud", "sts.amazonaws.com"),
        ("sub", "repo:octo/tool:environment:prod"),
        ("repository", "octo/tool"),
        ("environment", "prod"),
        ("run_id", "7"),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
    assert!(claims.get("api-version").is_none());
    let bare = ask("api-version=2.0").unwrap();
    assert_eq!(Token::read(bare["value"].as_str().unwrap()).claims()["aud"], "https://github.com/acme");
    assert!(matches!(ask("a=%zz"), Err(NotMinted::Request(_))));
}

#[test]
fn tokens_are_minted_for_those_who_may_turn_the_clock_and_documents_are_for_everybody() {
    let scratch = Scratch::new("idp-guard");
    let file = scratch.0.join("token");
    let tokens = "0123456789abcdef\nminting-tokens-only mint\nturning-clocks-only admin\n";
    std::fs::write(&file, tokens).unwrap();
    let running = Running::start(&["--ephemeral", "--companion-token-file", file.to_str().unwrap()]);
    let post = |headers: &str, body: &str| companion(&running, "POST", "/oidc/token", headers, body);
    let (good, wrong) = ("Authorization: Bearer 0123456789abcdef\r\n", "Authorization: Bearer 0123456789abcdee\r\n");
    let body = "{\"sub\":\"x\",\"algorithm\":\"ES256\"}";
    for (headers, expect) in [
        (JSON.to_owned(), "401 Unauthorized"),
        (format!("{JSON}{wrong}"), "401 Unauthorized"),
        (format!("Content-Type: text/plain\r\n{good}"), "415 Unsupported Media Type"),
        (format!("{JSON}{good}Origin: https://page.test\r\n"), "403 Forbidden"),
        (format!("{JSON}{good}Sec-Fetch-Site: cross-site\r\n"), "403 Forbidden"),
        (format!("{JSON}{good}"), "200 OK"),
    ] {
        assert_eq!(status(&post(&headers, body)), expect, "{headers}");
    }
    let rebound = format!("POST /oidc/token HTTP/1.1\r\nHost: evil.test\r\n{good}Content-Length: 0");
    assert_eq!(status(&ask(&running.companion, &rebound)), "421 Misdirected Request");
    let job = |headers: &str| companion(&running, "GET", "/oidc/token?audience=a", headers, "");
    assert_eq!(status(&job("")), "401 Unauthorized");
    assert_eq!(status(&job(&wrong.replace("Bearer", "bearer"))), "401 Unauthorized");
    assert_eq!(status(&job(&good.replace("Bearer", "bearer"))), "200 OK");
    assert_eq!(status(&job(&format!("{good}Origin: https://page.test\r\n"))), "403 Forbidden");
    assert_eq!(status(&companion(&running, "POST", "/oidc/rotate", JSON, "{}")), "401 Unauthorized");
    let (mint, admin) =
        ("Authorization: Bearer minting-tokens-only\r\n", "Authorization: Bearer turning-clocks-only\r\n");
    for (headers, minted, rotated) in [(mint, "200 OK", "403 Forbidden"), (admin, "403 Forbidden", "200 OK")] {
        assert_eq!(status(&post(&format!("{JSON}{headers}"), body)), minted, "{headers}");
        assert_eq!(status(&job(headers)), minted, "{headers}");
        assert_eq!(status(&companion(&running, "POST", "/oidc/rotate", headers, "")), rotated, "{headers}");
    }
    let rotated = companion(&running, "POST", "/oidc/rotate", good, "");
    assert_eq!(status(&rotated), "200 OK", "{rotated}");
    for (method, path, expect) in [
        ("PUT", "/oidc/token", "405 Method Not Allowed"),
        ("GET", "/oidc/rotate", "405 Method Not Allowed"),
        ("POST", "/oidc/.well-known/jwks.json", "405 Method Not Allowed"),
        ("GET", "/oidc", "404 Not Found"),
        ("GET", "/oidc/a/../b/.well-known/jwks.json", "404 Not Found"),
        ("GET", "/oidc//.well-known/jwks.json", "404 Not Found"),
        ("GET", "/oidc/token/.well-known/jwks.json", "404 Not Found"),
    ] {
        assert_eq!(status(&companion(&running, method, path, good, "")), expect, "{method} {path}");
    }
    let page = "Host: sts.test:4593\r\nOrigin: https://page.test";
    let read = |path: &str| ask(&running.companion, &format!("GET {path} HTTP/1.1\r\n{page}"));
    let discovery = read("/oidc/teams/blue/.well-known/openid-configuration");
    assert_eq!(status(&discovery), "200 OK");
    assert!(discovery.contains(r#""issuer":"http://sts.test:4593/oidc/teams/blue""#), "as it was called: {discovery}");
    let keys = read("/oidc/.well-known/jwks.json");
    assert!(keys.contains(r#""crv":"P-521""#) && !keys.contains(r#""d":"#), "{keys}");
}

#[test]
fn an_issuer_of_a_fixed_name_is_called_so_whoever_asks() {
    let running = Running::start(&["--ephemeral", "--issuer-url", "https://tokens.test/"]);
    let body = "{\"sub\":\"x\",\"issuer\":\"github\",\"algorithm\":\"ES256\"}";
    let answer = companion(&running, "POST", "/oidc/token", JSON, body);
    assert!(answer.contains(r#""issuer":"https://tokens.test/oidc/github""#), "{answer}");
    for body in ["", "[]", "null", "{\"sub\":1}", "{\"sub\":\"x\",\"nonsense\":1}", "{\"sub\":\"x\"} {}", "\u{feff}{}"]
    {
        assert_eq!(status(&companion(&running, "POST", "/oidc/token", JSON, body)), "400 Bad Request", "{body}");
    }
    let answer = companion(&running, "POST", "/oidc/token", JSON, "{\"sub\":\"x\",\"defect\":\"subtle\"}");
    let names: Vec<&str> = Defect::ALL.iter().map(|defect| defect.name()).collect();
    assert!(answer.contains(&format!("there is no defect subtle: take one of {}\"", names.join(", "))), "{answer}");
}
