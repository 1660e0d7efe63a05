//! What the model knows nothing of, in an account of its own: every other way to credentials, keys of issuers that are
//! replaced, faults, snapshots, the validator and the journal. What is known of it is simple: a credential lives until its
//! end, unless it was ended; what was made is there; what was told to go wrong goes wrong as often as it was told.

use std::collections::BTreeMap;

use local_sts::time::Timestamp;
use serde_json::{Value, json};

use super::deeds::Dice;
use super::model::{Model, State};
use super::wire::{Wire, operator};
use crate::support::{Answer, Call, Keys, over, talk};

pub const ACCOUNT: &str = "300000000003";
const GITHUB: &str = "https://token.actions.githubusercontent.com";
/// More credentials than these are not watched: the oldest make place.
const WATCHED: usize = 300;
/// So many of the dead are kept, to see that none of them rises.
const DEAD: usize = 500;

fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// The account.
pub fn account() -> Value {
    let trust = |principal: Value, actions: Value, condition: Value| {
        let allow = json!({"Effect": "Allow", "Principal": principal, "Action": actions, "Condition": condition});
        json!({"Version": "2012-10-17", "Statement": [allow]})
    };
    let (oidc, saml) = (format!("oidc-provider/{}", &GITHUB[8..]), "saml-provider/corp");
    let federated = |provider: &str| json!({ "Federated": format!("arn:aws:iam::{ACCOUNT}:{provider}") });
    let subject = json!({"StringEquals": {format!("{}:sub", &GITHUB[8..]): "repo:acme/shop:ref:refs/heads/main"}});
    let audience = json!({"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}});
    let services = json!({"Service": ["ecs-tasks.amazonaws.com", "ec2.amazonaws.com"]});
    json!({
        "id": ACCOUNT,
        "users": [],
        "roles": [
            {"name": "plain", "trust": trust(json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}), json!("sts:AssumeRole"), json!({}))},
            {"name": "web", "trust": trust(federated(&oidc), json!("sts:AssumeRoleWithWebIdentity"), subject)},
            {"name": "saml", "trust": trust(federated(saml), json!("sts:AssumeRoleWithSAML"), audience)},
            {"name": "worker", "trust": trust(services, json!("sts:AssumeRole"), json!({}))},
        ],
        "instanceProfiles": [{"name": "web", "role": "worker"}],
        "oidcProviders": [{"url": GITHUB, "clientIds": ["sts.amazonaws.com"], "jwks": "built-in"}],
        "samlProviders": [{"name": "corp", "metadata": "built-in"}],
    })
}

/// What is delivered to whom.
pub fn delivery() -> Value {
    json!({
        "container": [{"path": "worker", "role": role("worker"), "lifetimeSeconds": 900}],
        "imds": {"instanceProfile": format!("arn:aws:iam::{ACCOUNT}:instance-profile/web"), "lifetimeSeconds": 3600},
    })
}

/// A credential that was handed out.
#[derive(Clone)]
struct Given {
    keys: Keys,
    whence: &'static str,
    expires: i64,
    ended: bool,
}

/// What is there, as far as it goes with snapshots.
#[derive(Clone, Default)]
struct Present {
    given: Vec<Given>,
    /// Users with a password, and whether they are there still.
    people: BTreeMap<String, bool>,
}

#[derive(Default)]
pub struct Errands {
    present: Present,
    kept: Option<(Present, State)>,
    dead: Vec<Keys>,
    made: usize,
    /// How often what was done.
    pub done: BTreeMap<&'static str, usize>,
}

type Outcome = Result<(), String>;

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Outcome {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?}, and should be {expected:?}")) }
}

impl Errands {
    /// Everything begins again: whatever was handed out is dead for good.
    pub fn begin(&mut self) {
        let given = std::mem::take(&mut self.present).given;
        self.dead.extend(given.into_iter().rev().take(20).map(|given| given.keys));
        self.dead.drain(..self.dead.len().saturating_sub(DEAD));
        self.kept = None;
    }

    /// A few of those whom a reset ended.
    pub fn bury(&mut self, keys: Vec<Keys>) {
        self.dead.extend(keys);
    }

    /// One errand.
    pub fn run(&mut self, wire: &mut Wire, model: &mut Model, dice: &Dice) -> Outcome {
        let (name, outcome) = match dice.below(64) {
            0..10 => ("AssumeRole", self.assume(wire)),
            10..16 => ("AssumeRoleWithWebIdentity", self.web_identity(wire)),
            16..21 => ("AssumeRoleWithSAML", self.saml(wire)),
            21..26 => ("container credentials", self.container(wire)),
            26..29 => ("instance credentials", self.instance(wire)),
            29..34 => ("issued", self.issued(wire, dice)),
            34..36 => ("GetSessionToken", self.ask(wire, "GetSessionToken", &[("DurationSeconds", "900")])),
            36..38 => ("GetFederationToken", self.ask(wire, "GetFederationToken", &[("Name", "guest")])),
            38..44 => ("ended", self.end_one(wire, dice)),
            44..49 => ("validator", self.validator(wire, dice)),
            49..52 => ("fault", Self::fault(wire, dice)),
            52..54 => ("journal", Self::journal(wire)),
            54..58 => ("person", self.person(wire)),
            58 => ("snapshot", self.snapshot(wire, model)),
            59 => ("restore", self.restore(wire, model)),
            60 => ("rotation", self.rotation(wire, dice)),
            61 => ("own token", Self::own_token(wire)),
            _ => ("pages", Self::pages(wire)),
        };
        *self.done.entry(name).or_default() += 1;
        outcome.map_err(|what| format!("{name}: {what}"))
    }

    // Ways to credentials ------------------------------------------------------------------------------------------

    fn give(&mut self, whence: &'static str, keys: Keys, expires: &str) {
        let expires = Timestamp::parse_iso(expires).unwrap().millis();
        let given = &mut self.present.given;
        if given.iter().all(|known| known.keys.id != keys.id) {
            given.push(Given { keys, whence, expires, ended: false });
        }
    }

    /// Takes note of what an answer hands out.
    pub fn answered(&mut self, whence: &'static str, answer: &Answer) -> Outcome {
        if answer.status() != 200 {
            return Err(format!("{} {}", answer.status(), answer.body()));
        }
        self.give(whence, answer.keys(), &answer.text("Expiration").unwrap());
        Ok(())
    }

    fn ask(&mut self, wire: &mut Wire, action: &'static str, params: &[(&str, &str)]) -> Outcome {
        let call = params.iter().fold(Call::sts(action), |call, (name, value)| call.param(name, value));
        let answer = wire.call(&call.by(&operator(ACCOUNT)));
        self.answered(action, &answer)
    }

    fn assume(&mut self, wire: &mut Wire) -> Outcome {
        let answer = wire.call(&assume());
        self.answered("AssumeRole", &answer)
    }

    fn web_identity(&mut self, wire: &mut Wire) -> Outcome {
        let token = mint(wire);
        let answer = wire.call(&with_token(&token));
        self.answered("AssumeRoleWithWebIdentity", &answer)
    }

    fn saml(&mut self, wire: &mut Wire) -> Outcome {
        let (role, provider) = (role("saml"), format!("arn:aws:iam::{ACCOUNT}:saml-provider/corp"));
        let wanted = json!({"roles": [[role, provider]], "subject": "alice"});
        let told = wire.admin("POST", "/saml/response", &wanted);
        let call = Call::sts("AssumeRoleWithSAML").param("RoleArn", &role).param("PrincipalArn", &provider);
        let answer = wire.call(&call.param("SAMLAssertion", told["samlResponse"].as_str().unwrap()));
        self.answered("AssumeRoleWithSAML", &answer)
    }

    fn container(&mut self, wire: &mut Wire) -> Outcome {
        let told = deliver(wire, ("GET", "/creds/worker"), "")?;
        self.delivered("container", &told)
    }

    fn instance(&mut self, wire: &mut Wire) -> Outcome {
        let (status, token) =
            talk(&mut wire.delivery, ("PUT", "/latest/api/token"), "x-aws-ec2-metadata-token-ttl-seconds: 60\r\n", "")
                .expect("the delivery listener answers");
        same("a token of IMDS", &status, &200)?;
        let shown = format!("x-aws-ec2-metadata-token: {}\r\n", String::from_utf8(token).unwrap());
        let told = deliver(wire, ("GET", "/latest/meta-data/iam/security-credentials/worker"), &shown)?;
        self.delivered("instance", &told)
    }

    fn delivered(&mut self, whence: &'static str, told: &Value) -> Outcome {
        let text = |name: &str| told[name].as_str().map(str::to_owned).ok_or_else(|| format!("no {name} in {told}"));
        let keys = Keys { id: text("AccessKeyId")?, secret: text("SecretAccessKey")?, token: Some(text("Token")?) };
        self.give(whence, keys, &text("Expiration")?);
        Ok(())
    }

    fn issued(&mut self, wire: &mut Wire, dice: &Dice) -> Outcome {
        let seconds = 1 + dice.below(900);
        let told = wire.admin(
            "POST",
            "/_admin/v1/sessions/issue",
            &json!({"role": role("plain"), "durationSeconds": seconds}),
        );
        let text = |name: &str| told[name].as_str().unwrap().to_owned();
        let keys = Keys { id: text("accessKeyId"), secret: text("secretAccessKey"), token: Some(text("sessionToken")) };
        self.give("issued", keys, &text("expiration"));
        Ok(())
    }

    fn end_one(&mut self, wire: &mut Wire, dice: &Dice) -> Outcome {
        let count = self.present.given.len();
        if count == 0 {
            return Ok(());
        }
        let at = dice.below(count);
        let Some(id) = wire.session_id(&self.present.given[at].keys.clone()) else { return Ok(()) };
        let how = if dice.once_in(3) { "expire" } else { "revoke" };
        wire.admin("POST", &format!("/_admin/v1/sessions/{how}"), &json!({ "sessionId": id }));
        self.present.given[at].ended = true;
        Ok(())
    }

    // Whether they live --------------------------------------------------------------------------------------------

    /// Every credential is as alive as it should be.
    pub fn check(&mut self, wire: &mut Wire) -> Outcome {
        let now = wire.now.millis();
        for given in &self.present.given {
            let answer = wire.call(&Call::sts("GetCallerIdentity").by(&given.keys));
            let (found, alive) = (answer.status() == 200, !given.ended && now < given.expires);
            if found != alive {
                let Given { keys, whence, expires, ended } = given;
                return Err(format!(
                    "{} of {whence}, which ends at {expires} (it is {now}; ended: {ended}), was told {}",
                    keys.id,
                    answer.body()
                ));
            }
        }
        let passes = self.present.given.len().saturating_sub(WATCHED);
        if self.kept.is_none() {
            self.present.given.drain(..passes);
        }
        for (name, there) in &self.present.people {
            let call = Call::iam("GetLoginProfile").param("UserName", name).by(&operator(ACCOUNT));
            same(&format!("whether {name} is there"), &(wire.call(&call).status() == 200), there)?;
        }
        Ok(())
    }

    /// Nobody has risen.
    pub fn check_dead(&self, wire: &mut Wire) -> Outcome {
        for keys in &self.dead {
            let answer = wire.call(&Call::sts("GetCallerIdentity").by(keys));
            same(&format!("{}, which a reset ended", keys.id), &answer.status(), &403)?;
        }
        Ok(())
    }

    fn validator(&mut self, wire: &mut Wire, dice: &Dice) -> Outcome {
        let count = self.present.given.len();
        if count == 0 {
            return Ok(());
        }
        let given = &self.present.given[dice.below(count)];
        let alive = !given.ended && wire.now.millis() < given.expires;
        let machine = local_sts::env::Clock::moment(&local_sts::env::SystemClock).machine;
        let call = Call::get("").service("s3").payload("UNSIGNED-PAYLOAD").by(&given.keys).signed(machine);
        let headers: Vec<Value> =
            call.headers.iter().map(|(name, value)| json!([name, String::from_utf8_lossy(value)])).collect();
        let body =
            json!({"request": {"method": "GET", "target": "/", "headers": headers}, "audience": {"service": "s3"}});
        let (status, answer) =
            talk(&mut wire.side, ("POST", "/v1/authenticate"), "", &body.to_string()).expect("the companion answers");
        let told: Value = serde_json::from_slice(&answer).unwrap();
        same(&format!("{} at the validator, {status} {told}", given.keys.id), &told["authenticated"], &json!(alive))
    }

    // What else there is -------------------------------------------------------------------------------------------

    /// So many calls are throttled, and the next is not.
    fn fault(wire: &mut Wire, dice: &Dice) -> Outcome {
        let times = 1 + dice.below(3);
        let rule = json!({"preset": "throttle", "times": times, "match": {"accountId": ACCOUNT}});
        wire.admin("PUT", "/_admin/v1/faults", &rule);
        for _ in 0..times {
            same("a struck call", &wire.call(&assume()).text("Code").as_deref(), &Some("Throttling"))?;
        }
        same("the call after those that were struck", &wire.call(&identify()).status(), &200)?;
        wire.admin("DELETE", "/_admin/v1/faults", &Value::Null);
        Ok(())
    }

    fn journal(wire: &mut Wire) -> Outcome {
        wire.admin("POST", "/_admin/v1/journal/mark/errand", &Value::Null);
        let (refused, fine) = (identify().by(&operator(ACCOUNT).with_secret("x")), identify());
        let statuses = [wire.call(&refused).status(), wire.call(&fine).status()];
        same("a wrong signature and a right one", &statuses, &[403, 200])?;
        let body = json!({
            "expect": {"count": 1}, "since": "mark:errand",
            "match": {"action": "GetCallerIdentity", "caller": {"accessKeyId": operator(ACCOUNT).id}, "outcome": "success"},
        });
        let told = wire.admin("POST", "/_admin/v1/journal/verify", &body);
        same(&format!("the journal, {told}"), &told["matched"], &json!(true))
    }

    /// Somebody with a password comes, and somebody goes.
    fn person(&mut self, wire: &mut Wire) -> Outcome {
        self.made += 1;
        let name = format!("person-{}", self.made);
        let mut iam = |action: &str, params: &[(&str, &str)]| {
            let call = params.iter().fold(Call::iam(action), |call, (name, value)| call.param(name, value));
            let answer = wire.call(&call.by(&operator(ACCOUNT)));
            if answer.status() == 200 { Ok(()) } else { Err(format!("{action}: {}", answer.body())) }
        };
        let longest = (6 + self.made % 100).to_string();
        iam("UpdateAccountPasswordPolicy", &[("MinimumPasswordLength", &longest)])?;
        iam("CreateUser", &[("UserName", &name)])?;
        let password = "Aa1!".repeat(32);
        iam("CreateLoginProfile", &[("UserName", &name), ("Password", &password)])?;
        let oldest = self.present.people.iter().find(|(_, there)| **there).map(|(name, _)| name.clone());
        self.present.people.insert(name, true);
        if let Some(oldest) = oldest.filter(|_| self.present.people.len() > 10) {
            iam("DeleteLoginProfile", &[("UserName", &oldest)])?;
            iam("DeleteUser", &[("UserName", &oldest)])?;
            self.present.people.insert(oldest, false);
        }
        Ok(())
    }

    fn snapshot(&mut self, wire: &mut Wire, model: &mut Model) -> Outcome {
        wire.admin("POST", "/_admin/v1/snapshots/errand", &json!({"replace": true}));
        self.kept = Some((self.present.clone(), model.present.clone()));
        model.part();
        Ok(())
    }

    /// Everything is as it was, and what was handed out since is dead.
    fn restore(&mut self, wire: &mut Wire, model: &mut Model) -> Outcome {
        let Some((present, state)) = self.kept.clone() else { return Ok(()) };
        wire.admin("POST", "/_admin/v1/snapshots/errand/restore", &Value::Null);
        let since = self.present.given.split_off(present.given.len());
        let since = since.into_iter().map(|given| Given { ended: true, ..given });
        self.present = Present { given: present.given.into_iter().chain(since).collect(), people: present.people };
        model.restore(state);
        wire.set_clock(model);
        Ok(())
    }

    /// The issuer signs by other keys; whether the old ones are good still is as it was asked for.
    fn rotation(&mut self, wire: &mut Wire, dice: &Dice) -> Outcome {
        let (old, keep) = (mint(wire), 1 + dice.below(2));
        wire.admin("POST", "/oidc/rotate", &json!({ "keep": keep }));
        let answer = wire.call(&with_token(&old));
        let expected = if keep == 1 { Some("InvalidIdentityToken") } else { None };
        same("a token by the keys of before", &answer.text("Code").as_deref(), &expected)?;
        self.web_identity(wire)
    }

    /// The account signs tokens of its own.
    fn own_token(wire: &mut Wire) -> Outcome {
        let enable = wire.call(&Call::iam("EnableOutboundWebIdentityFederation").by(&operator(ACCOUNT)));
        let code = enable.text("Code");
        same("whether tokens are enabled", &(code.is_none() || code.as_deref() == Some("FeatureEnabled")), &true)?;
        let call = Call::sts("GetWebIdentityToken").param("Audience.member.1", "https://elsewhere.test");
        let answer = wire.call(&call.param("SigningAlgorithm", "ES384").by(&operator(ACCOUNT)));
        same(answer.body(), &answer.status(), &200)
    }

    fn pages(wire: &mut Wire) -> Outcome {
        for path in ["/metrics", "/ready", "/console", "/_admin/v1/journal?limit=1000", "/_admin/v1/sessions?limit=100"]
        {
            let (status, _) = talk(&mut wire.side, ("GET", path), "", "").expect("the companion answers");
            same(path, &status, &200)?;
        }
        Ok(())
    }
}

/// AssumeRole by the operator.
pub fn assume() -> Call {
    Call::assume_role(&role("plain"), "errand").by(&operator(ACCOUNT))
}

fn identify() -> Call {
    Call::sts("GetCallerIdentity").by(&operator(ACCOUNT))
}

fn with_token(token: &str) -> Call {
    Call::sts("AssumeRoleWithWebIdentity")
        .param("RoleArn", &role("web"))
        .param("RoleSessionName", "ci")
        .param("WebIdentityToken", token)
}

fn mint(wire: &mut Wire) -> String {
    let wanted = json!({
        "preset": "github-actions", "platformIssuer": true, "aud": "sts.amazonaws.com",
        "sub": "repo:acme/shop:ref:refs/heads/main",
    });
    let told = wire.admin("POST", "/oidc/token", &wanted);
    told["token"].as_str().unwrap().to_owned()
}

fn deliver(wire: &mut Wire, what: (&str, &str), headers: &str) -> Result<Value, String> {
    let (status, body) = talk(&mut wire.delivery, what, headers, "").expect("the delivery listener answers");
    let text = String::from_utf8_lossy(&body).into_owned();
    same(&format!("{what:?}, {text}"), &status, &200)?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

/// Calls over a connection of their own until the other side is gone; whatever was answered is told.
pub fn until_it_is_killed(mut aws: impl std::io::Read + std::io::Write) -> Vec<Answer> {
    std::iter::from_fn(|| over(&mut aws, &assume())).collect()
}
