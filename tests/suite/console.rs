//! The console: what its pages show and never show, what its forms do, and who gets in.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use local_sts::console::{Visit, page};
use local_sts::wire::query;

use crate::crash::{connect, over};
use crate::http::{Running, exchange, status};
use crate::store::Scratch;
use crate::support::{Call, Keys, TestWorld, identify};

const SAMPLE: &str = include_str!("../../fixtures/seed/sample.yaml");

/// Status and text of a page.
fn see(world: &TestWorld, path: &str, asked: &[(&str, &str)]) -> (u16, String) {
    let visit = Visit {
        world: world.service.world(),
        journal: world.service.journal(),
        form_token: "the-form-token",
        logged_in: true,
    };
    let response = page(&visit, path, &query::form(asked)).render();
    (response.status, String::from_utf8(response.body).unwrap())
}

#[track_caller]
fn shown(world: &TestWorld, path: &str, asked: &[(&str, &str)]) -> String {
    let (status, text) = see(world, path, asked);
    assert_eq!(status, 200, "{path} {asked:?}: {text}");
    text
}

/// The values of an attribute, unescaped.
fn attributes(page: &str, name: &str) -> Vec<String> {
    let begin = format!(" {name}=\"");
    let parts = page.split(&begin).skip(1).map(|rest| rest.split('"').next().unwrap());
    parts.map(|text| text.replace("&amp;", "&").replace("&#39;", "'").replace("&quot;", "\"")).collect()
}

/// Every page that links lead to from the first.
fn all_pages(world: &TestWorld) -> BTreeMap<String, String> {
    let (mut pages, mut queue) = (BTreeMap::new(), VecDeque::from(["/console".to_owned()]));
    while let Some(address) = queue.pop_front() {
        if pages.contains_key(&address) || !address.starts_with("/console") {
            continue;
        }
        let (path, asked) = address.split_once('?').unwrap_or((&address, ""));
        let visit = Visit {
            world: world.service.world(),
            journal: world.service.journal(),
            form_token: "the-form-token",
            logged_in: true,
        };
        let response = page(&visit, path, asked).render();
        let text = String::from_utf8(response.body).unwrap();
        assert_eq!(response.status, 200, "{address}: {text}");
        queue.extend(attributes(&text, "href"));
        pages.insert(address, text);
    }
    pages
}

/// A company with a session of each kind.
fn company() -> TestWorld {
    let world = TestWorld::new(SAMPLE);
    Call::sts("GetSessionToken").by(&alice()).send(&world).keys();
    assume_reader(&world);
    world
}

fn alice() -> Keys {
    Keys::new("AKIAEXAMPLEALICE0001", "EXAMPLE0alice0secret0EXAMPLE0alice0secre")
}

fn bob() -> Keys {
    Keys::new("AKIAEXAMPLEBOB000001", "EXAMPLE0bob00secret0EXAMPLE0bob00secret0")
}

const READER: &str = "arn:aws:iam::123456789012:role/report-reader";

fn assume_reader(world: &TestWorld) -> Keys {
    Call::assume_role(READER, "monthly").by(&bob()).send(world).keys()
}

/// Elements that have no end.
const VOID: [&str; 4] = ["input", "br", "meta", "!DOCTYPE"];

/// Every element ends where it should, and nothing runs, loads or is styled on the spot.
#[track_caller]
fn check_markup(address: &str, page: &str) {
    let mut open: Vec<&str> = Vec::new();
    let body = page.rsplit_once("</style>").unwrap().1;
    for tag in body.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap();
        let name = tag.trim_start_matches('/').split_whitespace().next().unwrap();
        if tag.starts_with('/') {
            let opened = open.pop();
            // The head and the root were opened before the style.
            let fine = opened == Some(name) || opened.is_none() && matches!(name, "head" | "html");
            assert!(fine, "{address}: </{name}> ends {opened:?}");
        } else if !VOID.contains(&name) {
            open.push(name);
        }
        for word in tag.split_whitespace().skip(1) {
            let attribute = word.split('=').next().unwrap();
            assert!(!attribute.starts_with("on") && attribute != "style" && attribute != "src", "{address}: <{tag}>");
        }
    }
    assert_eq!(open, Vec::<&str>::new(), "{address}");
    assert!(!page.contains("<script") && !page.contains("javascript:") && !page.contains("http://www"), "{address}");
}

/// Whoever cannot see or point finds every field and button named.
#[track_caller]
fn check_names(address: &str, page: &str) {
    for field in page.split("<input").skip(1).chain(page.split("<textarea").skip(1)) {
        let tag = field.split('>').next().unwrap();
        let before = &page[..page.find(field).unwrap()];
        let labelled = before.rfind("<label").unwrap_or_default() > before.rfind("</label>").unwrap_or_default();
        assert!(labelled || tag.contains("type=\"hidden\""), "{address}: <input{tag}> has no label");
    }
    for button in page.split("<button").skip(1) {
        let (_, rest) = button.split_once('>').unwrap();
        assert!(!rest.starts_with('<'), "{address}: a button without a name");
    }
    assert_eq!(page.matches("<h1>").count(), 1, "{address}");
    assert!(
        page.contains("<html lang=\"en\">") && page.contains("href=\"#content\"") && page.contains("id=\"content\"")
    );
}

#[test]
fn every_link_leads_to_a_page_that_is_in_order() {
    let pages = all_pages(&company());
    assert!(pages.len() > 30, "{:?}", pages.keys());
    for (address, page) in &pages {
        check_markup(address, page);
        check_names(address, page);
        let forms = page.matches("method=\"post\"").count();
        assert_eq!(page.matches("name=\"form\" value=\"the-form-token\"").count(), forms, "{address}");
    }
    for path in ["/console/user", "/console/role", "/console/group", "/console/policy", "/console/account"] {
        assert!(pages.keys().any(|address| address.starts_with(path)), "{path}");
    }
}

#[test]
fn an_account_says_where_in_its_organization_it_is() {
    let page = shown(&company(), "/console/account", &[("account", "210987654321")]);
    let path = page.split("o-smallcompany/r-smal/ou-smal-").nth(1).unwrap();
    assert!(path.contains("/</code> Audit "), "{path}");
    for policy in ["p-auditends", "p-noguests"] {
        assert!(page.contains(policy), "{policy}");
    }
}

#[test]
fn no_page_shows_a_secret() {
    let world = company();
    let keys = assume_reader(&world);
    let lines = SAMPLE.lines().filter(|line| !line.trim().starts_with('#'));
    let of_seed = lines.filter_map(|line| line.split_once("secret: ").or_else(|| line.split_once("password: ")));
    let mut secrets: BTreeSet<&str> =
        of_seed.map(|(_, it)| it.split([' ', ',', '"', '}']).find(|part| !part.is_empty()).unwrap()).collect();
    assert!(secrets.len() > 3, "{secrets:?}");
    secrets.extend([keys.secret.as_str(), keys.token.as_deref().unwrap()]);
    let pages = all_pages(&world);
    assert!(pages.values().any(|page| page.contains(&keys.id)), "the session is on a page");
    for (address, page) in &pages {
        let found: Vec<_> = secrets.iter().filter(|secret| page.contains(**secret)).collect();
        assert_eq!(found, Vec::<&&str>::new(), "{address}");
    }
}

const HOSTILE: &str = "\"'></pre></textarea><script>alert(1)</script>&lt;";

#[test]
fn what_comes_from_elsewhere_is_text() {
    let hostile = serde_json::to_string(HOSTILE).unwrap();
    let statement = format!(
        r#"{{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {{"StringEquals": {{"aws:username": {hostile}}}}}}}"#
    );
    let world = TestWorld::new(&format!(
        r#"{{"accounts": [{{"id": "123456789012",
            "users": [{{"name": "mallory", "policies": [{{"name": "p",
                "document": {{"Version": "2012-10-17", "Statement": [{statement}]}}}}]}}]}}]}}"#
    ));
    let user = [("account", "123456789012"), ("name", "mallory")];
    let question = |who| {
        [
            ("principal", who),
            ("action", "s3:GetObject"),
            ("resource", HOSTILE),
            ("context", HOSTILE),
            ("owner", HOSTILE),
        ]
    };
    let mallory = "arn:aws:iam::123456789012:user/mallory";
    let pages = [
        ("/console/user", user.to_vec()),
        ("/console/tester", question(HOSTILE).to_vec()),
        ("/console/tester", question(mallory).to_vec()),
        ("/console/tester", question(mallory)[..3].to_vec()),
        ("/console/tester", vec![("action", HOSTILE)]),
        ("/console/tester", vec![("action", "s3:GetObject"), ("policy", HOSTILE)]),
        ("/console", vec![("search", HOSTILE)]),
        ("/console/users", vec![("account", "123456789012"), ("search", HOSTILE), ("after", HOSTILE)]),
        ("/console/sessions", vec![("principal", HOSTILE), ("key", HOSTILE), ("all", HOSTILE), ("after", HOSTILE)]),
        ("/console/sessions", vec![("account", HOSTILE)]),
        ("/console/clock", vec![("done", HOSTILE)]),
        ("/console/policy", vec![("arn", HOSTILE)]),
        (HOSTILE, vec![]),
    ];
    let mut told = 0;
    for (path, asked) in pages {
        let (_, page) = see(&world, path, &asked);
        assert!(!page.contains("<script") && !page.contains("</pre></textarea>"), "{path} {asked:?}: {page}");
        check_markup(path, &page);
        told += usize::from(page.contains("&lt;script&gt;alert(1)"));
    }
    assert!(told >= 8, "what is told is told escaped: {told}");
}

const POLICIES: &str = r#"
accounts:
  - id: "123456789012"
    users:
      - name: alice
        tags: { team: blue }
        permissionsBoundary: arn:aws:iam::aws:policy/PowerUserAccess
        policies:
          - name: files
            document:
              Version: "2012-10-17"
              Statement:
                - { Sid: Read, Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::reports/*" }
                - { Sid: NotDrafts, Effect: Deny, Action: "s3:*", Resource: "arn:aws:s3:::reports/drafts/*" }
                - { Effect: Allow, Action: "s3:PutObject", Resource: "*", Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } }
                - { Effect: Allow, Action: ["sts:AssumeRole", "kms:Decrypt"], Resource: "*" }
    roles:
      - name: open
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
      - name: closed
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "arn:aws:iam::123456789012:user/alice" }, Action: "sts:AssumeRole", Condition: { StringEquals: { "sts:ExternalId": "7" } } }] }
"#;

const ALICE: &str = "arn:aws:iam::123456789012:user/alice";

/// What the tester says of a question, and what must stand with it.
#[track_caller]
fn check_verdict(asked: &[(&str, &str)], verdict: &str, with: &[&str]) {
    let world = TestWorld::new(POLICIES);
    let page = shown(&world, "/console/tester", asked);
    assert!(page.contains(&format!("<h2>{verdict}</h2>")), "{asked:?}: {page}");
    for text in with {
        assert!(page.contains(text), "{asked:?} without {text}: {page}");
    }
}

#[test]
fn the_tester_decides_as_the_service_does_and_says_why() {
    let question = |action, resource| [("principal", ALICE), ("action", action), ("resource", resource)];
    check_verdict(
        &question("s3:GetObject", "arn:aws:s3:::reports/q1.csv"),
        "Allowed",
        &[
            "Allowed by statement Read of user/alice/inline/files.",
            ">Permissions boundary</dt><dd><span class=\"tag good\">Allow<",
        ],
    );
    check_verdict(
        &question("s3:GetObject", "arn:aws:s3:::reports/drafts/q1.csv"),
        "Denied: a statement says so",
        &["Denied by statement NotDrafts of user/alice/inline/files.", "<span class=\"outcome\">applies</span>"],
    );
    let shown = ["does not apply: it names other resources", "Statements about other actions: 3"];
    check_verdict(&question("s3:GetObject", "arn:aws:s3:::other/q1.csv"), "Denied: nothing allows it", &shown);
    let shown = ["Statements read context that was not given: aws:SourceIp", "the request has no such key"];
    check_verdict(&question("s3:PutObject", "arn:aws:s3:::other/q1.csv"), "Denied: nothing allows it", &shown);
    let with = |context| [&question("s3:PutObject", "arn:aws:s3:::other/q1.csv")[..], &[("context", context)]].concat();
    check_verdict(&with("aws:SourceIp = 10.1.2.3"), "Allowed", &["aws:SourceIp = 10.1.2.3</textarea>"]);
    check_verdict(&with("aws:SourceIp = 11.1.2.3"), "Denied: nothing allows it", &["11.1.2.3"]);
    let closed = question("sts:AssumeRole", "arn:aws:iam::123456789012:role/closed");
    check_verdict(&closed, "Denied: nothing allows it", &["sts:ExternalId", "The role and its trust policy"]);
    check_verdict(&[&closed[..], &[("context", "sts:ExternalId=7")]].concat(), "Allowed", &[]);
    let nobody = [("action", "s3:GetObject"), ("resource", "arn:aws:s3:::reports/q1.csv")];
    check_verdict(&nobody, "Denied: nothing allows it", &[]);
    let open = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}]}"#;
    let opened = [&nobody[..], &[("policy", open), ("owner", "123456789012")]].concat();
    check_verdict(&opened, "Allowed", &["statement 1 of the policy of the resource"]);
}

#[test]
fn the_tester_asks_a_resources_own_policy_as_the_validator_does() {
    let open = [("action", "sts:AssumeRole"), ("resource", "arn:aws:iam::123456789012:role/open")];
    let by = |principal| [&open[..], &[("principal", principal)]].concat();
    check_verdict(&by(ALICE), "Allowed", &["The role and its trust policy"]);
    let shown = ["The role and its trust policy"];
    check_verdict(&by("arn:aws:iam::123456789012:root"), "Denied: nothing allows it", &shown);
    check_verdict(&open, "Denied: nothing allows it", &[]);
    let key =
        [("principal", ALICE), ("action", "kms:Decrypt"), ("resource", "arn:aws:kms:us-east-1:123456789012:key/k")];
    check_verdict(&key, "Allowed", &[]);
    let policy = |who: &str| {
        let let_in = format!(r#""Effect":"Allow","Principal":{{"AWS":"{who}"}},"Action":"kms:*","Resource":"*""#);
        format!(r#"{{"Version":"2012-10-17","Statement":[{{{let_in}}}]}}"#)
    };
    for (who, verdict) in
        [("arn:aws:iam::123456789012:role/open", "Denied: nothing allows it"), ("123456789012", "Allowed")]
    {
        let policy = policy(who);
        let asked = [&key[..], &[("policy", policy.as_str())]].concat();
        check_verdict(&asked, verdict, &["of the policy of the resource"]);
    }
}

#[test]
fn questions_that_cannot_be_answered_say_what_is_wrong() {
    let world = TestWorld::new(POLICIES);
    for (asked, expect) in [
        (vec![("action", "GetObject")], "GetObject is no action"),
        (vec![("action", "s3:*")], "s3:* is no action"),
        (
            vec![("action", "s3:GetObject"), ("principal", "arn:aws:iam::123456789012:user/zoe")],
            "There is no user, role",
        ),
        (vec![("action", "s3:GetObject"), ("context", "a=b\nnothing")], "Context, line 2"),
        (vec![("action", "s3:GetObject"), ("context", "aws:username = bob")], "aws:username tells who asks"),
        (vec![("action", "s3:GetObject"), ("policy", "{}")], "The policy of the resource"),
        (vec![("action", "s3:GetObject"), ("owner", "12")], "twelve digits"),
        (vec![("action", "s3:GetObject"), ("owner", "210987654321"), ("resource", ALICE)], "another account"),
    ] {
        let (status, page) = see(&world, "/console/tester", &asked);
        assert!(status == 400 && page.contains("role=\"alert\"") && page.contains(expect), "{asked:?}: {page}");
    }
}

#[test]
fn lists_are_read_a_page_at_a_time_and_searched() {
    let users: String = (0..120).map(|number| format!("{{ name: User-{number:03} }}, ")).collect();
    let world = TestWorld::new(&format!("accounts: [{{ id: \"123456789012\", users: [{users}] }}]"));
    let account = ("account", "123456789012");
    let (mut seen, mut pages, mut asked) = (Vec::new(), 0, String::new());
    loop {
        let visit =
            Visit { world: world.service.world(), journal: world.service.journal(), form_token: "", logged_in: false };
        let asked_now = if asked.is_empty() { query::form(&[account]) } else { asked.clone() };
        let text = String::from_utf8(page(&visit, "/console/users", &asked_now).render().body).unwrap();
        let names = attributes(&text, "href").into_iter().filter(|to| to.starts_with("/console/user?"));
        seen.extend(names.map(|to| to.rsplit('=').next().unwrap().to_owned()));
        pages += 1;
        let next = attributes(&text, "href").into_iter().find(|to| to.contains("after="));
        let Some(next) = next else { break };
        asked = next.split_once('?').unwrap().1.to_owned();
    }
    let expect: Vec<String> = (0..120).map(|number| format!("User-{number:03}")).collect();
    assert_eq!((seen, pages), (expect, 3));
    let found = shown(&world, "/console/users", &[account, ("search", "USER-11")]);
    assert_eq!(found.matches("/console/user?").count(), 10);
    assert!(shown(&world, "/console/users", &[account, ("search", "zoe")]).contains("None."));
    assert_eq!(see(&world, "/console/users", &[("account", "210987654321")]).0, 404);
}

#[test]
fn sessions_are_told_with_the_time_that_they_have_left() {
    let world = company();
    let reader = [("principal", READER)];
    let page = shown(&world, "/console/sessions", &reader);
    assert!(page.contains("role/report-reader") && page.contains(" as monthly") && page.contains("1 h left"), "{page}");
    assert_eq!(page.matches("action=\"/console/sessions/end\"").count(), 1);
    world.steer_ahead(3540);
    assert!(shown(&world, "/console/sessions", &reader).contains("1 min left"));
    world.steer_ahead(60);
    assert!(shown(&world, "/console/sessions", &reader).contains("None."));
    let all = shown(&world, "/console/sessions", &[reader[0], ("all", "yes")]);
    assert!(all.contains(">over</span>") && !all.contains("/console/sessions/end\""), "{all}");
    assert!(shown(&world, "/console/sessions", &[]).contains("user/alice"), "that one lasts longer");
    assert_eq!(see(&world, "/console/sessions", &[("account", "x")]).0, 400);
}

#[test]
fn every_page_tells_the_time_and_how_it_goes() {
    let world = company();
    assert!(
        shown(&world, "/console", &[])
            .contains("<time datetime=\"2026-01-15T12:00:00Z\">2026-01-15 12:00:00</time></p>")
    );
    world.steer_ahead(5400);
    assert!(shown(&world, "/console", &[]).contains("2026-01-15 13:30:00</time> <span>1 h 30 min ahead</span>"));
}

#[test]
fn calls_are_told_with_the_reason_and_can_be_tried_again() {
    let world = company();
    let deployer = "arn:aws:iam::123456789012:role/ci/deployer";
    let refused = Call::assume_role(deployer, "ci").by(&bob());
    assert_eq!(refused.send(&world).status(), 403);
    let all = shown(&world, "/console/journal", &[]);
    assert!(all.find("AccessDenied") < all.find("\"tag good\">success<"), "the newest is first: {all}");
    assert_eq!(all.matches("/console/call?number=").count(), 3);
    let some = |asked: (&str, &str)| shown(&world, "/console/journal", &[asked]).matches("/console/call?").count();
    assert_eq!(some(("outcome", "refused")), 1);
    assert_eq!(some(("caller", "*user/bob")), 2);
    assert_eq!(some(("action", "Get*")), 1);
    assert_eq!(some(("role", "*deployer")), 1);
    assert_eq!(see(&world, "/console/journal", &[("outcome", "maybe")]).0, 400);
    let number = attributes(&all, "href").into_iter().find(|to| to.starts_with("/console/call?")).unwrap();
    let call = shown(&world, "/console/call", &[("number", number.rsplit('=').next().unwrap())]);
    for text in [
        "AccessDenied",
        "is not authorized to perform: sts:AssumeRole",
        "names other principals",
        deployer,
        "RoleSessionName",
    ] {
        assert!(call.contains(text), "{text} in {call}");
    }
    let again = attributes(&call, "href").into_iter().find(|to| to.starts_with("/console/tester?principal=")).unwrap();
    let visit =
        Visit { world: world.service.world(), journal: world.service.journal(), form_token: "", logged_in: false };
    let tried =
        String::from_utf8(page(&visit, "/console/tester", again.split_once('?').unwrap().1).render().body).unwrap();
    assert!(tried.contains("<h2>Denied: nothing allows it</h2>"), "{tried}");
    for number in ["0", "99", "x", "18446744073709551615"] {
        assert_eq!(see(&world, "/console/call", &[("number", number)]).0, 404, "{number}");
    }
    for _ in 0..60 {
        identify(&bob()).send(&world);
    }
    let newest = shown(&world, "/console/journal", &[]);
    assert_eq!(newest.matches("/console/call?number=").count(), 50);
    let next = attributes(&newest, "href").into_iter().find(|to| to.contains("before=")).unwrap();
    let before = shown(&world, "/console/journal", &[("before", next.rsplit('=').next().unwrap())]);
    assert_eq!(before.matches("/console/call?number=").count(), 13);
    let some = shown(&world, "/console/journal", &[("action", "GetCaller*")]);
    let next = attributes(&some, "href").into_iter().find(|to| to.contains("before=")).unwrap();
    assert!(next.contains("action=GetCaller%2A"), "{next}");
}

/// A browser that looks at the console of a running service.
struct Browser<'r> {
    running: &'r Running,
    cookie: String,
}

impl Browser<'_> {
    fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let (place, cookie, length) = (&self.running.companion, &self.cookie, body.len());
        let cookie = if cookie.is_empty() { String::new() } else { format!("Cookie: a=b; {cookie}\r\n") };
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: {place}\r\n{cookie}{headers}Content-Length: {length}\r\n");
        exchange(place, format!("{head}Connection: close\r\n\r\n{body}").as_bytes())
    }

    fn get(&self, path: &str) -> String {
        self.ask("GET", path, "Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n", "")
    }

    /// What a page of ours knows its forms by.
    fn form_token(&self) -> String {
        let page = self.get("/console/clock");
        page.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }

    fn post_with(&self, path: &str, headers: &str, fields: &[(&str, &str)]) -> String {
        let form = "Content-Type: application/x-www-form-urlencoded\r\n";
        self.ask("POST", path, &format!("{form}{headers}"), &query::form(fields))
    }

    /// Sends a form as a browser does.
    fn post(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let token = self.form_token();
        let place = &self.running.companion;
        let headers = format!(
            "Origin: http://{place}\r\nReferer: http://{place}/console/clock\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n"
        );
        self.post_with(path, &headers, &[&[("form", token.as_str())], fields].concat())
    }
}

fn browser(running: &Running) -> Browser<'_> {
    Browser { running, cookie: String::new() }
}

#[track_caller]
fn check_led(answer: &str, to: &str) {
    let led = answer.to_ascii_lowercase().contains(&format!("location: {}\r\n", to.to_ascii_lowercase()));
    assert!(status(answer) == "303 See Other" && led, "not led to {to}: {answer}");
}

#[test]
fn the_forms_do_what_they_say() {
    let running = Running::start(&["--ephemeral", "--seed", "fixtures/seed/sample.yaml"]);
    let browser = browser(&running);
    check_led(&browser.get("/"), "/console");
    let clock = |path: &str, fields: &[(&str, &str)]| browser.post(&format!("/console/clock/{path}"), fields);
    check_led(&clock("freeze", &[("at", "2100-01-01T00:00:00Z")]), "/console/clock?done=clock");
    check_led(&clock("advance", &[("seconds", "3600")]), "/console/clock?done=clock");
    let page = browser.get("/console/clock?done=clock");
    assert!(
        page.contains("2100-01-01 01:00:00")
            && page.contains("<span>frozen</span>")
            && page.contains("The clock was set.")
    );
    let back = clock("system", &[]);
    assert!(status(&back) == "409 Conflict" && back.contains("would go back"), "{back}");
    check_led(&clock("system", &[("backwards", "yes")]), "/console/clock?done=clock");
    check_led(&clock("freeze", &[("at", "")]), "/console/clock?done=clock");
    let back = clock("advance", &[("seconds", "-60")]);
    assert!(status(&back) == "409 Conflict" && back.contains("tick that it may"), "{back}");
    check_led(&clock("advance", &[("seconds", "-60"), ("backwards", "yes")]), "/console/clock?done=clock");
    for (path, fields) in [("advance", [("seconds", "soon")]), ("freeze", [("at", "tomorrow")])] {
        assert_eq!(status(&clock(path, &fields)), "400 Bad Request", "{path}");
    }

    let assume = Call::assume_role(READER, "ci").by(&bob());
    let minted = || over(&mut connect(&running.aws), &assume).unwrap().keys();
    let lives = |keys: &Keys| over(&mut connect(&running.aws), &identify(keys)).unwrap().status() == 200;
    let (first, second) = (minted(), minted());
    let page = browser.get(&format!("/console/sessions?key={}", first.id));
    let id = page.split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let ended = browser.post("/console/sessions/end", &[("id", id), ("key", &first.id)]);
    check_led(&ended, &format!("/console/sessions?key={}&done=ended", first.id));
    assert_eq!((lives(&first), lives(&second)), (false, true));
    let ended = browser.post("/console/sessions/end-all", &[("role", READER)]);
    let page = query::form(&[("principal", READER), ("done", "ended-all")]);
    check_led(&ended, &format!("/console/sessions?{page}"));
    assert!(!lives(&second));
    assert_eq!(status(&browser.post("/console/sessions/end", &[("id", "x")])), "400 Bad Request");
    assert_eq!(status(&browser.post("/console/sessions/end-all", &[("role", "x")])), "404 Not Found");

    let third = minted();
    assert_eq!(status(&browser.post("/console/reset", &[])), "400 Bad Request", "only if it is meant");
    assert!(lives(&third));
    check_led(&browser.post("/console/reset", &[("sure", "yes")]), "/console?done=reset");
    assert!(!lives(&third));
    assert_eq!(status(&browser.post("/console/nowhere", &[])), "405 Method Not Allowed");
    assert_eq!(status(&browser.get("/console/nowhere")), "404 Not Found");
    assert_eq!(status(&browser.get("/consoles")), "404 Not Found");
}

#[test]
fn forms_of_other_sites_do_nothing() {
    let running = Running::start(&["--ephemeral"]);
    let (browser, place) = (browser(&running), &running.companion);
    let token = browser.form_token();
    let fields = [("form", token.as_str()), ("seconds", "60")];
    let post = |headers: &str, fields: &[(&str, &str)]| browser.post_with("/console/clock/advance", headers, fields);
    for headers in [
        "Origin: http://evil.example\r\n",
        "Origin: null\r\n",
        "Origin: http://localhost:3000\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
        "Referer: http://evil.example/\r\n",
        &format!("Referer: http://evil.example/http://{place}/\r\n"),
        &format!("Referer: http://{place}.evil.example/\r\n"),
        "Sec-Fetch-Dest: iframe\r\n",
        "Sec-Fetch-Mode: no-cors\r\n",
    ] {
        assert_eq!(status(&post(headers, &fields)), "403 Forbidden", "{headers}");
    }
    for fields in
        [&[("seconds", "60")][..], &[("form", ""), ("seconds", "60")], &[("form", "guess"), ("seconds", "60")]]
    {
        assert_eq!(status(&post("", fields)), "403 Forbidden", "{fields:?}");
    }
    let plain = browser.ask("POST", "/console/clock/advance", "Content-Type: text/plain\r\n", &query::form(&fields));
    assert_eq!(status(&plain), "415 Unsupported Media Type");
    let rebound = exchange(place, b"GET /console HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert_eq!(status(&rebound), "421 Misdirected Request");
    for framed in ["Sec-Fetch-Dest: iframe\r\n", "Sec-Fetch-Mode: no-cors\r\n", "Sec-Fetch-Mode: cors\r\n"] {
        assert_eq!(status(&browser.ask("GET", "/console", framed, "")), "403 Forbidden", "{framed}");
    }
    assert!(browser.get("/console/clock").contains("as the machine's clock goes"));
    let head = browser.get("/console").to_ascii_lowercase();
    for header in [
        "content-security-policy: default-src 'none'; style-src 'sha256-",
        "script-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n",
        "x-frame-options: deny\r\n",
        "cache-control: no-store\r\n",
        "x-content-type-options: nosniff\r\n",
        "cross-origin-opener-policy: same-origin\r\n",
    ] {
        assert!(head.contains(header), "{header}: {head}");
    }
}

#[test]
fn where_tokens_are_wanted_the_console_wants_one() {
    let scratch = Scratch::new("console");
    let file = scratch.0.join("tokens");
    let text = "all-0123456789abcdef\nasks-0123456789abcdef authenticate,mint\nadmin-0123456789abcdef admin\n";
    std::fs::write(&file, text).unwrap();
    let running = Running::start(&["--ephemeral", "--companion-token-file", file.to_str().unwrap()]);
    let mut browser = browser(&running);
    let closed = browser.get("/console/users?account=000000000000");
    assert_eq!(status(&closed), "401 Unauthorized");
    assert!(closed.contains("name=\"token\"") && !closed.contains("000000000000"), "{closed}");
    check_markup("login", closed.split_once("\r\n\r\n").unwrap().1);
    assert_eq!(status(&browser.post("/console/clock/advance", &[("seconds", "60")])), "401 Unauthorized");
    for wrong in ["", "guess", "asks-0123456789abcdef"] {
        let answer = browser.post("/console/login", &[("token", wrong)]);
        assert!(status(&answer) == "401 Unauthorized" && answer.contains("none that opens the console"), "{wrong}");
        assert!(!answer.to_ascii_lowercase().contains("set-cookie"), "{answer}");
    }
    for right in ["all-0123456789abcdef", " admin-0123456789abcdef "] {
        let answer = browser.post("/console/login", &[("token", right)]);
        check_led(&answer, "/console");
        let cookie = answer.lines().find(|line| line.to_ascii_lowercase().starts_with("set-cookie: ")).unwrap();
        assert!(cookie.ends_with("; Path=/console; Max-Age=43200; HttpOnly; SameSite=Strict"), "{cookie}");
        assert!(!cookie.contains(right.trim()), "a token is in no cookie");
        browser.cookie = cookie.split_once(": ").unwrap().1.split(';').next().unwrap().to_owned();
        let page = browser.get("/console");
        assert!(status(&page) == "200 OK" && page.contains("Log out"), "{page}");
        // Something else on this host has set one of the same name, for a path that comes first.
        let own = browser.cookie.clone();
        browser.cookie = format!("local-sts-console=of-another; {own}");
        assert_eq!(status(&browser.get("/console")), "200 OK");
        browser.cookie = own;
        check_led(&browser.post("/console/clock/advance", &[("seconds", "60")]), "/console/clock?done=clock");
        check_led(&browser.post("/console/logout", &[]), "/console");
        assert_eq!(status(&browser.get("/console")), "401 Unauthorized", "the pass is worth nothing from then on");
        browser.cookie = String::new();
    }
    let bearer = browser.ask("GET", "/console", "Authorization: Bearer admin-0123456789abcdef\r\n", "");
    assert!(status(&bearer) == "200 OK" && !bearer.contains("Log out"), "{bearer}");
    browser.cookie = "local-sts-console=".to_owned();
    assert_eq!(status(&browser.get("/console")), "401 Unauthorized");
}
