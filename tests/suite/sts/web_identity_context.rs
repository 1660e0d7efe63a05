//! What a trust policy finds of a token, whom it can name, and what later requests of the session still find.

use serde_json::{Value, json};

use crate::support::issuers::Issuers;
use crate::support::tokens::{ISSUER, KEYS, Token, key_set};
use crate::support::{Call, TestWorld};

const ACCOUNT: &str = "123456789012";

fn provider(issuer: &str) -> String {
    let url = issuer.trim_start_matches("https://");
    format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{url}")
}

/// A role that trusts `principal` under `condition`, in a world where `issuer` is registered with the tests' keys.
fn world_of(issuer: &str, statements: Value, more: &str) -> TestWorld {
    let trust = json!({"Version": "2012-10-17", "Statement": statements});
    let seed = format!(
        r#"
accounts:
  - id: "{ACCOUNT}"
    oidcProviders: [{{ url: "{issuer}", clientIds: [sts.amazonaws.com, second-client], jwks: {} }}]
    roles:
      - {{ name: a, trust: {trust}, tags: {{ team: blue }} }}
{more}"#,
        key_set(&KEYS)
    );
    TestWorld::new(&seed)
}

fn allow(principal: Value, condition: Value) -> Value {
    let mut statement = json!({
        "Effect": "Allow", "Principal": principal,
        "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"]
    });
    if condition != Value::Null {
        statement["Condition"] = condition;
    }
    statement
}

fn call(token: &Token) -> Call {
    Call::web_identity(&format!("arn:aws:iam::{ACCOUNT}:role/a"), &token.sign())
}

/// Whether a token of `issuer` gets past a trust under `condition`.
#[track_caller]
fn check(issuer: &str, condition: Value, token: &Token, expect: bool) {
    let world = world_of(issuer, json!([allow(json!({"Federated": provider(issuer)}), condition.clone())]), "");
    let answer = call(&token.clone().claim("iss", issuer)).send(&world);
    let denied = answer.text("Message").as_deref() == Some("Not authorized to perform sts:AssumeRoleWithWebIdentity");
    assert!(answer.status() == 200 || denied, "{}", answer.body());
    assert_eq!(answer.status() == 200, expect, "{condition} for {token:?}");
}

/// A trust that compares one key, written with the operator `StringEquals` if it says no other.
#[track_caller]
fn check_key(key: &str, value: Value, token: &Token, expect: bool) {
    let (operator, key) = key.split_once(' ').unwrap_or(("StringEquals", key));
    let key = key.replace("{p}", "issuer.example/tenant");
    check(ISSUER, json!({operator: {key: value}}), token, expect);
}

fn token() -> Token {
    Token::of("system:serviceaccount:shop:api")
}

/// A7: the keys of any issuer.
#[test]
fn a_trust_policy_reads_subject_audience_and_methods() {
    check_key("{p}:sub", json!("system:serviceaccount:shop:api"), &token(), true);
    check_key("{p}:sub", json!("system:serviceaccount:shop:web"), &token(), false);
    check_key("StringLike {p}:sub", json!("system:serviceaccount:shop:*"), &token(), true);
    check_key("ISSUER.example/TENANT:SUB", json!("system:serviceaccount:shop:api"), &token(), true);
    check_key("issuer.example:sub", json!("system:serviceaccount:shop:api"), &token(), false);
    check_key("{p}:aud", json!("sts.amazonaws.com"), &token(), true);
    check_key("{p}:aud", json!("second-client"), &token(), false);
    check_key("{p}:aud", json!("sts.amazonaws.com"), &token().claim("aud", json!(["sts.amazonaws.com"])), true);
    let azp = token().claim("aud", json!(["x", "y"])).claim("azp", "second-client");
    check_key("{p}:aud", json!("second-client"), &azp, true);
    check_key("{p}:aud", json!("x"), &azp, false);
    check_key("ForAnyValue:StringEquals {p}:oaud", json!("x"), &azp, true);
    check_key("{p}:oaud", json!("sts.amazonaws.com"), &token(), true);
    check_key("{p}:oaud", json!("mine"), &token().claim("oaud", "mine"), false);
    check_key("{p}:email", json!("a@b.example"), &token().claim("email", "a@b.example"), true);
    let methods = token().claim("amr", json!(["mfa", "pwd"]));
    check_key("ForAnyValue:StringEquals {p}:amr", json!("mfa"), &methods, true);
    check_key("ForAnyValue:StringEquals {p}:amr", json!("sms"), &methods, false);
    check_key("{p}:amr", json!("mfa"), &methods, false);
    check_key("ForAnyValue:StringEquals {p}:amr", json!("mfa"), &token().claim("amr", "mfa"), true);
}

/// E1: a claim that AWS does not know for an issuer is an absent key, in whatever way that is asked for.
#[test]
fn other_claims_are_no_keys() {
    let token = token().claim("groups", "admins").claim("repository", "acme/shop").claim("ref", "main");
    for claim in ["groups", "repository", "ref", "iss", "kubernetes.io"] {
        check_key(&format!("{{p}}:{claim}"), json!("*"), &token, false);
        check_key(&format!("StringLike {{p}}:{claim}"), json!("*"), &token, false);
        check_key(&format!("StringEqualsIfExists {{p}}:{claim}"), json!("nothing"), &token, true);
        check_key(&format!("ForAllValues:StringEquals {{p}}:{claim}"), json!("nothing"), &token, true);
        check_key(&format!("Null {{p}}:{claim}"), json!("true"), &token, true);
    }
}

#[test]
fn issuers_that_many_share_have_keys_of_their_own() {
    let github = "https://token.actions.githubusercontent.com";
    let run = Token::of("repo:acme/shop:ref:refs/heads/main")
        .claim("repository_id", "42")
        .claim("ref", "refs/heads/main")
        .claim("sha", "f00");
    let with = |key: &str, value: &str| {
        json!({"StringEquals": {
            "token.actions.githubusercontent.com:sub": "repo:acme/shop:ref:refs/heads/main",
            format!("token.actions.githubusercontent.com:{key}"): value
        }})
    };
    check(github, with("repository_id", "42"), &run, true);
    check(github, with("repository_id", "43"), &run, false);
    check(github, with("ref", "refs/heads/main"), &run, true);
    check(github, with("sha", "f00"), &run, false);
    let gitlab = json!({"StringEquals": {"gitlab.com:sub": "p", "gitlab.com:ref_protected": "true"}});
    check("https://gitlab.com", gitlab.clone(), &Token::of("p").claim("ref_protected", "true"), true);
    check("https://gitlab.com", gitlab, &Token::of("p").claim("ref_protected", true), true);
}

/// A7: keys of the request, beside those of the token.
#[test]
fn a_trust_policy_reads_what_else_there_is() {
    let tagged = token()
        .claim(
            "https://aws.amazon.com/tags",
            json!({"principal_tags": {"Cost": ["7"]}, "transitive_tag_keys": ["Cost"]}),
        )
        .claim("https://aws.amazon.com/source_identity", "alice");
    let arn = provider(ISSUER);
    check_key("sts:RoleSessionName", json!("ci"), &token(), true);
    check_key("sts:SourceIdentity", json!("alice"), &tagged, true);
    check_key("sts:SourceIdentity", json!("alice"), &token(), false);
    check_key("aws:RequestTag/cost", json!("7"), &tagged, true);
    check_key("ForAllValues:StringEquals aws:TagKeys", json!(["Cost"]), &tagged, true);
    check_key("ForAnyValue:StringEquals sts:TransitiveTagKeys", json!(["Cost"]), &tagged, true);
    check_key("aws:ResourceTag/team", json!("blue"), &token(), true);
    check_key("iam:ResourceTag/team", json!("red"), &token(), false);
    check_key("aws:FederatedProvider", json!(arn), &token(), true);
    check_key("aws:userid", json!(arn), &token(), true);
    check_key("aws:PrincipalType", json!("User"), &token(), true);
    check_key("aws:PrincipalAccount", json!(ACCOUNT), &token(), true);
    check_key("Null aws:PrincipalArn", json!("true"), &token(), true);
    check_key("Null aws:TokenIssueTime", json!("true"), &token(), true);
    check_key("IpAddress aws:SourceIp", json!("127.0.0.0/8"), &token(), true);
    check_key("aws:RequestedRegion", json!("us-east-1"), &token(), true);
    check_key("Bool sts:RoleAuthorizedByIdp", json!("false"), &token(), true);
    let named = token().claim("https://aws.amazon.com/roles", json!([format!("arn:aws:iam::{ACCOUNT}:role/a")]));
    check_key("Bool sts:RoleAuthorizedByIdp", json!("true"), &named, true);
    check_key("Bool sts:RoleAuthorizedByIdp", json!("true"), &token(), false);
}

#[track_caller]
fn check_principal(statements: Value, expect: bool) {
    let answer = call(&token()).send(&world_of(ISSUER, statements.clone(), ""));
    assert_eq!(answer.status() == 200, expect, "{statements}");
}

/// Whom a trust has to name: the provider, and nothing else will do. A deny hits whoever it means.
#[test]
fn a_bearer_is_admitted_by_provider_only() {
    let by = |principal: Value| allow(principal, Value::Null);
    let own = json!({"Federated": provider(ISSUER)});
    check_principal(json!([by(own.clone())]), true);
    check_principal(json!([by(json!({"Federated": [provider("https://x.example"), provider(ISSUER)]}))]), true);
    for other in [
        json!({"AWS": "*"}),
        json!({"AWS": ACCOUNT}),
        json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}),
        json!({"Federated": provider("https://issuer.example")}),
        json!({"Federated": provider("https://issuer.example/tenant/")}),
        json!({"Federated": "arn:aws:iam::222222222222:oidc-provider/issuer.example/tenant"}),
        json!({"Federated": provider(ISSUER).replace("oidc", "saml")}),
        json!({"Federated": "issuer.example"}),
        json!({"Service": "issuer.amazonaws.com"}),
    ] {
        check_principal(json!([by(other)]), false);
    }
    let deny =
        |principal: Value| json!({"Effect": "Deny", "Principal": principal, "Action": "sts:AssumeRoleWithWebIdentity"});
    check_principal(json!([by(own.clone()), deny(own.clone())]), false);
    check_principal(json!([by(own.clone()), deny(json!({"AWS": "*"}))]), false);
    check_principal(json!([by(own.clone()), deny(json!({"Federated": provider("https://x.example")}))]), true);
    let mut saml = by(own);
    saml["Action"] = json!("sts:AssumeRoleWithSAML");
    check_principal(json!([saml]), false);
}

/// Google and Cognito vouch in every account. For whom, only the trust policy says.
#[test]
fn the_built_in_issuers_need_no_provider() {
    let keys = key_set(&KEYS);
    let issuers = Issuers::of("https://accounts.google.com", &keys);
    issuers.publish("https://cognito-identity.amazonaws.com", Ok(&keys));
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Federated": "accounts.google.com"}, "Action": "sts:AssumeRoleWithWebIdentity",
         "Condition": {"StringEquals": {"accounts.google.com:aud": "my-app", "accounts.google.com:sub": "1042"}}},
        {"Effect": "Allow", "Principal": {"Federated": "cognito-identity.amazonaws.com"}, "Action": "sts:AssumeRoleWithWebIdentity",
         "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:pool"},
                       "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}}}
    ]});
    let seed = format!("accounts:\n  - id: \"{ACCOUNT}\"\n    roles: [{{ name: a, trust: {trust} }}]\n");
    let world = TestWorld::fetching(&seed, issuers);
    let google = |iss: &str, app: &str| Token::of("1042").claim("iss", iss).claim("aud", app);
    for iss in ["https://accounts.google.com", "accounts.google.com"] {
        let answer = call(&google(iss, "my-app")).send(&world);
        let told = ["Provider", "Audience", "SubjectFromWebIdentityToken"]
            .map(|member| answer.text(member).unwrap_or_default());
        assert_eq!(told, ["accounts.google.com", "my-app", "1042"], "{}", answer.body());
        assert_eq!(call(&google(iss, "another-app")).send(&world).status(), 403);
    }
    let azp = google("https://accounts.google.com", "somebody").claim("azp", "my-app");
    assert_eq!(call(&azp).send(&world).status(), 200, "azp stands in the place of aud");
    let cognito = |methods: Value| {
        Token::of("eu-west-1:identity")
            .claim("iss", "https://cognito-identity.amazonaws.com")
            .claim("aud", "eu-west-1:pool")
            .claim("amr", methods)
    };
    assert_eq!(call(&cognito(json!(["authenticated", "graph.facebook.com"]))).send(&world).status(), 200);
    assert_eq!(call(&cognito(json!(["unauthenticated"]))).send(&world).status(), 403);
    // A service is no issuer, though it be called the same.
    let service = seed.replace(r#"{"Federated":"cognito"#, r#"{"Service":"cognito"#);
    assert_ne!(service, seed);
    let world = TestWorld::fetching(&service, Issuers::of("https://cognito-identity.amazonaws.com", &keys));
    assert_eq!(call(&cognito(json!(["authenticated"]))).send(&world).status(), 403);
}

/// B-228: whoever does not name them has them not even asked; the answer is the one that AWS would come to.
#[test]
fn the_built_in_issuers_are_asked_only_where_a_role_names_them() {
    let trust = |host: &str| {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": host},
               "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {format!("{host}:aud"): "app"}}}]})
    };
    let seed = format!(
        "accounts:\n  - id: \"{ACCOUNT}\"\n    roles: [{{ name: a, trust: {} }}]\n",
        trust("accounts.google.com")
    );
    let issuers = Issuers::default();
    let world = TestWorld::fetching(&seed, issuers.clone());
    for host in ["cognito-identity.amazonaws.com", "www.amazon.com", "graph.facebook.com"] {
        let answer = call(&Token::of("a").claim("iss", format!("https://{host}"))).send(&world);
        let text = answer.text("Message");
        assert_eq!(text.as_deref(), Some("Not authorized to perform sts:AssumeRoleWithWebIdentity"), "{host}");
    }
    assert_eq!(issuers.asked(), [""; 0]);
    assert_eq!(call(&Token::of("a").claim("iss", "https://accounts.google.com")).send(&world).status(), 400);
    assert_eq!(issuers.asked(), ["https://accounts.google.com/.well-known/openid-configuration"]);
}

/// B-212 and B-222: keys of a seed serve the host that every account knows, and the provider of one's own, by ARN.
#[test]
fn the_built_in_issuers_work_offline() {
    for (principal, provider) in [
        (json!("accounts.google.com"), "accounts.google.com".to_owned()),
        (json!(provider("https://accounts.google.com")), provider("https://accounts.google.com")),
    ] {
        let condition = json!({"StringEquals": {"accounts.google.com:sub": "1042"}});
        let trust = json!([allow(json!({"Federated": principal}), condition)]);
        let world = world_of("https://accounts.google.com", trust, "");
        let answer = call(&Token::of("1042").claim("iss", "https://accounts.google.com")).send(&world);
        assert_eq!(answer.text("Provider"), Some(provider), "{}", answer.body());
        assert_eq!(call(&Token::of("1043").claim("iss", "https://accounts.google.com")).send(&world).status(), 403);
    }
}

/// What stays: the provider, and of the keys `aud`, `sub` and `amr`. The rest was for the trust policy alone.
#[test]
fn the_session_remembers_who_vouched() {
    let next = |name: &str, condition: Value| {
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:role/a")}, "Action": "sts:AssumeRole", "Condition": condition}]});
        format!("      - {{ name: {name}, trust: {trust} }}\n")
    };
    let p = "issuer.example/tenant";
    let more = [
        next(
            "subject",
            json!({"StringEquals": {format!("{p}:sub"): "alice", format!("{p}:aud"): "sts.amazonaws.com"}}),
        ),
        next("methods", json!({"ForAnyValue:StringEquals": {format!("{p}:amr"): "mfa"}})),
        next("provider", json!({"StringEquals": {"aws:FederatedProvider": provider(ISSUER)}})),
        next("email", json!({"StringEquals": {format!("{p}:email"): "a@b.example"}})),
        next("original", json!({"StringEquals": {format!("{p}:oaud"): "sts.amazonaws.com"}})),
        next("authorized", json!({"Bool": {"sts:RoleAuthorizedByIdp": "false"}})),
    ]
    .concat();
    let world = world_of(ISSUER, json!([allow(json!({"Federated": provider(ISSUER)}), Value::Null)]), &more);
    let token = Token::of("alice").claim("amr", json!(["pwd", "mfa"])).claim("email", "a@b.example");
    let session = call(&token).send(&world).keys();
    let assume = |role: &str, keys: &_| {
        Call::assume_role(&format!("arn:aws:iam::{ACCOUNT}:role/{role}"), "next").by(keys).send(&world)
    };
    for (role, status) in
        [("subject", 200), ("methods", 200), ("provider", 200), ("email", 403), ("original", 403), ("authorized", 403)]
    {
        assert_eq!(assume(role, &session).status(), status, "{role}");
    }
    let other = call(&Token::of("bob")).send(&world).keys();
    assert_eq!(assume("subject", &other).status(), 403);
    assert_eq!(assume("methods", &other).status(), 403);
}

/// Tags and source identity of a token are the session's, and go on as those of any session.
#[test]
fn what_a_token_brought_is_handed_on() {
    let trust = |actions: Value| {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:role/a")}, "Action": actions,
        "Condition": {"StringEquals": {"aws:PrincipalTag/Team": "blue", "aws:SourceIdentity": "alice"}}}]})
    };
    let more = format!(
        "      - {{ name: next, trust: {} }}\n      - {{ name: strict, trust: {} }}\n",
        trust(json!(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"])),
        trust(json!("sts:AssumeRole"))
    );
    let world = world_of(ISSUER, json!([allow(json!({"Federated": provider(ISSUER)}), Value::Null)]), &more);
    let token = Token::of("a")
        .claim(
            "https://aws.amazon.com/tags",
            json!({"principal_tags": {"Team": ["blue"]}, "transitive_tag_keys": ["Team"]}),
        )
        .claim("https://aws.amazon.com/source_identity", "alice");
    let session = call(&token).send(&world).keys();
    let assume = |role: &str| Call::assume_role(&format!("arn:aws:iam::{ACCOUNT}:role/{role}"), "next");
    let answer = assume("next").by(&session).send(&world);
    assert_eq!((answer.status(), answer.text("SourceIdentity").as_deref()), (200, Some("alice")), "{}", answer.body());
    let refused = assume("strict").by(&session).send(&world);
    assert!(
        refused.text("Message").unwrap().contains("sts:SetSourceIdentity"),
        "what is inherited needs its permission"
    );
    let other = assume("next").param("SourceIdentity", "mallory").by(&session).send(&world);
    assert_eq!(other.text("Code").as_deref(), Some("ValidationError"));
    let long = assume("next").param("DurationSeconds", "3601").by(&session).send(&world);
    assert_eq!(long.text("Code").as_deref(), Some("ValidationError"), "an hour at most from here on");
}

/// A trust that lets everybody in, in an account of an organization with this policy.
#[track_caller]
fn check_organization(kind: &str, denies: Value, token: &Token, expect: bool) {
    let document = json!({"Version": "2012-10-17", "Statement": [denies]});
    let organization = format!(
        r#"  - id: "111111111111"
organizations:
  - id: o-testcompany
    managementAccount: "111111111111"
    memberAccounts: ["{ACCOUNT}"]
    {kind}: [{{ id: p-testpolicy, attachedTo: [root], document: {document} }}]
"#
    );
    let trust = json!([allow(json!({"Federated": provider(ISSUER)}), Value::Null)]);
    let answer = call(token).send(&world_of(ISSUER, trust, &organization));
    let denied = answer.text("Message").as_deref() == Some("Not authorized to perform sts:AssumeRoleWithWebIdentity");
    assert!(answer.status() == 200 || denied, "{}", answer.body());
    assert_eq!(answer.status() == 200, expect, "{kind} {document}");
}

/// Bearers are nobody of the organization (B-226): its resource control policies guard the role, the others bind nobody.
#[test]
fn an_organization_guards_its_roles_against_bearers() {
    let deny = |action: &str, condition: Value| {
        let who = "*";
        json!({"Effect": "Deny", "Principal": who, "Action": action, "Resource": "*", "Condition": condition})
    };
    let rcp = "resourceControlPolicies";
    let subject = |name: &str| json!({"StringNotEquals": {"issuer.example/tenant:sub": name}});
    check_organization(rcp, deny("sts:AssumeRoleWithWebIdentity", subject("somebody")), &token(), false);
    let own = subject("system:serviceaccount:shop:api");
    check_organization(rcp, deny("sts:AssumeRoleWithWebIdentity", own), &token(), true);
    check_organization(rcp, deny("sts:AssumeRole", subject("somebody")), &token(), true);
    let tagged = token().claim("https://aws.amazon.com/tags/principal_tags/team", "blue");
    check_organization(rcp, deny("sts:TagSession", subject("somebody")), &tagged, false);
    check_organization(rcp, deny("sts:TagSession", subject("somebody")), &token(), true);
    let mine = json!({"StringEquals": {"aws:ResourceOrgID": "o-testcompany"}});
    check_organization(rcp, deny("sts:*", mine), &token(), false);
    let members = json!({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-testcompany"}});
    check_organization(rcp, deny("sts:AssumeRoleWithWebIdentity", members), &token(), false);
    let scp = json!({"Effect": "Deny", "Action": "*", "Resource": "*"});
    check_organization("serviceControlPolicies", scp, &token(), true);
}
