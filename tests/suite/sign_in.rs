//! The login of the built-in identity provider, and the sign-in to which it leads; in a browser's words in
//! `tests/clients/boto3/test_sign_in.py`.

use local_sts::federation::saml::Rules;
use local_sts::idp::saml::login::{Login, NotLoggedIn, Offer, carried_on, login_page, offers};
use local_sts::idp::saml::mint::Order;
use local_sts::idp::saml::shapes::DEFAULT;
use local_sts::sign_in::{self, Posted};
use local_sts::wire::{Params, query};

use crate::support::saml::{CHANCE, fixture, metadata_of};
use crate::support::{TestWorld, now};

const ANALYST: &str = "arn:aws:iam::123456789012:role/analyst";
const READER: &str = "arn:aws:iam::210987654321:role/reader";
const ADDRESS: &str = "http://127.0.0.1:4593/saml";

/// Two accounts that trust the identity provider, one that trusts it encrypted only, and one that trusts its name with
/// another key.
fn world() -> TestWorld {
    let trust = |account: &str, provider: &str| {
        format!(
            "{{ Version: \"2012-10-17\", Statement: [{{ Effect: Allow, Action: \"sts:AssumeRoleWithSAML\", \
             Principal: {{ Federated: \"arn:aws:iam::{account}:saml-provider/{provider}\" }} }}] }}"
        )
    };
    let foreign = serde_json::to_string(&metadata_of(&["stranger"])).unwrap();
    let key = serde_json::to_string(&fixture("keys/provider.key.pem")).unwrap();
    TestWorld::new(&format!(
        r#"
accounts:
  - id: "123456789012"
    alias: acme
    samlProviders:
      - {{ name: another, metadata: built-in }}
      - {{ name: demo, metadata: built-in }}
      - {{ name: sealed, metadata: built-in, assertionEncryptionMode: Required, privateKeys: [{key}] }}
      - {{ name: foreign, metadata: {foreign} }}
    roles:
      - {{ name: analyst, trust: {} }}
      - {{ name: sealed, trust: {} }}
      - {{ name: foreign, trust: {} }}
      - {{ name: abroad, trust: {} }}
  - id: "210987654321"
    samlProviders: [{{ name: demo, metadata: built-in }}]
    roles: [{{ name: reader, trust: {} }}]
"#,
        trust("123456789012", "demo"),
        trust("123456789012", "sealed"),
        trust("123456789012", "foreign"),
        trust("210987654321", "demo"),
        trust("210987654321", "demo"),
    ))
}

fn offered(world: &TestWorld) -> Vec<Offer> {
    offers(&world.snapshot().identities)
}

/// The Response for whoever says this at login.
fn log_in(world: &TestWorld, fields: &[(&str, &str)]) -> Result<String, NotLoggedIn> {
    let form = query::form(fields);
    let login = Login::of(&Params::new(b"", form.as_bytes()).unwrap());
    login.response(offered(world), ADDRESS, now(), CHANCE)
}

/// Status and text of the page that the sign-in answers with.
fn sign_in_at(world: &TestWorld, provider_id: Option<&str>, fields: &[(&str, &str)]) -> (u16, String) {
    let posted = Posted {
        form: query::form(fields).into_bytes(),
        address: ADDRESS.to_owned(),
        provider_id: provider_id.map(str::to_owned),
        headers: vec![("host", b"127.0.0.1:4593".to_vec())],
        peer: None,
    };
    let answered = sign_in::answer(&world.service, &posted);
    answered.pending.into_iter().for_each(|ticket| ticket.wait().unwrap());
    (answered.response.status, String::from_utf8(answered.response.body).unwrap())
}

fn sign_in(world: &TestWorld, fields: &[(&str, &str)]) -> (u16, String) {
    sign_in_at(world, None, fields)
}

/// The values of the roles on a page.
fn roles_on(page: &str) -> Vec<&str> {
    let after = page.split("name=\"roleIndex\" value=\"").skip(1);
    after.map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn the_roles_that_trust_its_key_are_offered_and_no_others() {
    let world = world();
    let found: Vec<(String, String)> = offered(&world).into_iter().map(|offer| (offer.account, offer.role)).collect();
    let expect = [("210987654321", READER), ("acme (123456789012)", ANALYST)];
    assert_eq!(found, expect.map(|(account, role)| (account.to_owned(), role.to_owned())));
}

#[test]
fn somebody_logs_in_for_the_roles_that_are_ticked_or_for_all() {
    let world = world();
    let pair = |role: &str, account: &str| format!("{role},arn:aws:iam::{account}:saml-provider/demo");
    let (analyst, reader) = (pair(ANALYST, "123456789012"), pair(READER, "210987654321"));
    let judge = |fields: &[(&str, &str)]| {
        let response = log_in(&world, fields)?;
        let (status, page) = sign_in(&world, &[("SAMLResponse", &response)]);
        assert_eq!(status, 200, "{page}");
        Ok(roles_on(&page).join(" "))
    };
    assert_eq!(judge(&[("username", "alice")]), Ok(format!("{READER} {ANALYST}")));
    assert_eq!(judge(&[("username", "alice"), ("role.7", &analyst)]), Ok(ANALYST.to_owned()));
    assert_eq!(
        judge(&[("username", "alice"), ("role.1", &analyst), ("role.0", &reader)]),
        judge(&[("username", "bob")])
    );
    let crossed = pair(ANALYST, "210987654321");
    for (fields, why) in [
        (vec![], NotLoggedIn::Nobody),
        (vec![("username", " \t")], NotLoggedIn::Nobody),
        (vec![("username", "a\u{7f}b")], NotLoggedIn::Name),
        (vec![("username", "Jane Doe")], NotLoggedIn::Name),
        (vec![("username", "j")], NotLoggedIn::Name),
        (vec![("username", "jané")], NotLoggedIn::Name),
        (vec![("username", "alice"), ("role.0", "x")], NotLoggedIn::NotOffered),
        (vec![("username", "alice"), ("role.0", &*crossed)], NotLoggedIn::NotOffered),
        (vec![("username", "alice"), ("role.0", &*analyst), ("role.1", "")], NotLoggedIn::NotOffered),
    ] {
        assert_eq!(judge(&fields), Err(why), "{fields:?}");
    }
    let long = "a".repeat(65);
    assert_eq!(judge(&[("username", &long)]), Err(NotLoggedIn::Name));
    assert_eq!(
        log_in(&TestWorld::new("accounts: [{ id: \"123456789012\" }]"), &[("username", "alice")]),
        Err(NotLoggedIn::NoRole)
    );
}

/// It is the operation that hands them out: the ledger knows the session, and its refusals are AWS's.
#[test]
fn a_role_that_is_chosen_is_assumed_by_the_operation_itself() {
    let world = world();
    let response = log_in(&world, &[("username", "alice")]).unwrap();
    let choose = |role: &str| sign_in(&world, &[("SAMLResponse", &response), ("roleIndex", role)]);
    let (status, page) = choose(ANALYST);
    assert_eq!(status, 200, "{page}");
    let part = "arn:aws:sts::123456789012:assumed-role/analyst/alice, until 2026-01-15T13:00:00Z";
    assert!(page.contains(part), "{page}");
    for variable in ["AWS_ACCESS_KEY_ID=ASIA", "AWS_SECRET_ACCESS_KEY=", "AWS_SESSION_TOKEN="] {
        assert_eq!(page.matches(&format!("export {variable}")).count(), 1, "{page}");
    }
    for role in ["arn:aws:iam::123456789012:role/sealed", "arn:aws:iam::123456789012:role/abroad", "analyst", ""] {
        let (status, page) = choose(role);
        assert_eq!(status, 400, "{page}");
        assert!(page.contains("contain the requested Role and Metadata in the attributes"), "{page}");
    }
}

#[test]
fn the_address_of_one_provider_opens_only_what_that_one_vouches_for() {
    let world = world();
    let snapshot = world.snapshot();
    let id = |name: &str| {
        let arn = format!("arn:aws:iam::123456789012:saml-provider/{name}");
        snapshot.identities.saml_provider(&arn).unwrap().record.id.clone()
    };
    let response = log_in(&world, &[("username", "alice")]).unwrap();
    let at = |id: &str| sign_in_at(&world, Some(id), &[("SAMLResponse", &response)]);
    let (status, page) = at(&id("demo"));
    assert_eq!((status, roles_on(&page)), (200, vec![ANALYST]));
    for (id, text) in [
        (id("sealed"), "Invalid base64 SAMLResponse"),
        (id("foreign"), "Response signature invalid"),
        ("SAMLSPNOBODY".to_owned(), "Specified provider doesn&#39;t exist"),
    ] {
        let (status, page) = at(&id);
        assert_eq!(status, 400);
        assert!(page.contains(text), "{page}");
    }
}

#[test]
fn a_response_that_names_no_role_of_its_provider_opens_none() {
    let world = world();
    let pair = |role: &str, account: &str| (role.to_owned(), format!("arn:aws:iam::{account}:saml-provider/demo"));
    let judge = |roles: Vec<(String, String)>| {
        let response = Order::of(&DEFAULT, "alice", roles).mint(now(), CHANCE).unwrap();
        sign_in(&world, &[("SAMLResponse", &response)])
    };
    let unknown = judge(vec![pair(ANALYST, "999999999999")]);
    assert_eq!(unknown.0, 400);
    assert!(unknown.1.contains("contain the requested Role and Metadata in the attributes"), "{}", unknown.1);
    let some = judge(vec![pair(ANALYST, "999999999999"), pair(READER, "210987654321"), pair("nobody", "123456789012")]);
    assert_eq!((some.0, roles_on(&some.1)), (200, vec![READER]));
}

/// Of several providers the one to which a Response comes nearest says why it is refused.
#[test]
fn of_two_providers_that_vouch_for_a_role_the_one_counts_that_the_role_trusts() {
    let world = world();
    let pair = |provider: &str| (ANALYST.to_owned(), format!("arn:aws:iam::123456789012:saml-provider/{provider}"));
    let roles = vec![pair("another"), pair("demo")];
    let response = Order::of(&DEFAULT, "alice", roles).mint(now(), CHANCE).unwrap();
    let (status, page) = sign_in(&world, &[("SAMLResponse", &response), ("roleIndex", ANALYST)]);
    assert_eq!(status, 200, "{page}");
}

#[test]
fn a_used_response_is_told_so_whatever_other_providers_make_of_it() {
    let mut world = world();
    world.service.world_mut().saml = Rules { by_the_standard: true, ..Rules::default() };
    let response = log_in(&world, &[("username", "alice")]).unwrap();
    let choose = || sign_in(&world, &[("SAMLResponse", &response), ("roleIndex", READER)]);
    assert_eq!(choose().0, 200);
    let (status, page) = choose();
    assert_eq!(status, 400);
    assert!(page.contains("<strong>InvalidIdentityToken</strong> Response has already been used"), "{page}");
}

/// Every value of somebody else's, on every page.
#[test]
fn markup_of_others_stays_text_on_every_page() {
    const HOSTILE: &str = "\"'><script>x</script>";
    let world = world();
    let offers = [Offer { account: HOSTILE.to_owned(), role: HOSTILE.to_owned(), provider: HOSTILE.to_owned() }];
    let response = log_in(&world, &[("username", "alice")]).unwrap();
    let with = |more: &[(&str, &str)]| {
        let fields = [&[("SAMLResponse", &*response), ("RelayState", HOSTILE)], more].concat();
        sign_in(&world, &fields).1
    };
    let bytes = |page: local_sts::html::Page| String::from_utf8(page.render().body).unwrap();
    let pages = [
        bytes(login_page(HOSTILE, HOSTILE, Some(&offers), Some(NotLoggedIn::NotOffered))),
        bytes(login_page(HOSTILE, HOSTILE, None, None)),
        bytes(carried_on(HOSTILE, HOSTILE, HOSTILE)),
        with(&[]),
        with(&[("roleIndex", HOSTILE)]),
        with(&[("roleIndex", ANALYST)]),
        sign_in(&world, &[("SAMLResponse", HOSTILE), ("RelayState", HOSTILE)]).1,
    ];
    for page in pages {
        assert!(!page.contains("<script>x") && !page.contains("\"'>"), "{page}");
    }
}
