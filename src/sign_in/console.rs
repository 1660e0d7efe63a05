//! Federation into the console: temporary credentials become a sign-in token, and that a page that says who somebody is.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html>

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::access::{Holder, Principal, Rejection};
use crate::api::World;
use crate::env::draw;
use crate::html::{Html, Page};
use crate::identities::Identities;
use crate::sessions::{Pass, Session, Subject, Unusable, open_pass, seal_pass};
use crate::store::records::Permissions;
use crate::time::Timestamp;
use crate::wire::{Params, RawResponse};

/// AWS: a sign-in token is good for a quarter of an hour.
const TOKEN_SECONDS: i64 = 900;
/// AWS: how long a sign-in may last, in seconds.
const DURATIONS: std::ops::RangeInclusive<i64> = 900..=43_200;

/// Answers a request with these parameters.
pub fn answer(world: &World, params: &Params<'_>) -> RawResponse {
    let answered = match params.get("Action").as_deref() {
        Some("getSigninToken") => signin_token(world, params),
        Some("login") => login(world, params),
        _ => Err(Refused::Request("the Action is getSigninToken or login")),
    };
    answered.unwrap_or_else(|why| {
        let text = why.text();
        tracing::info!(because = %text, "refused a sign-in to the console");
        Page::of(400, "Not signed in", Html::default().refusal(&text)).render()
    })
}

/// Why somebody is not signed in.
enum Refused {
    /// The request is not one.
    Request(&'static str),
    /// The credentials are not good.
    Credentials(String),
}

impl Refused {
    fn text(&self) -> Cow<'static, str> {
        match self {
            Self::Request(why) => Cow::Borrowed(why),
            Self::Credentials(why) => format!("the credentials of the session are not good: {why}").into(),
        }
    }
}

/// Temporary credentials, as whoever federates sends them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    session_id: String,
    session_key: String,
    session_token: String,
}

/// What a sign-in token holds: enough to find the session again, and nothing that signs.
#[derive(Serialize, Deserialize)]
struct Inside {
    id: String,
    token: String,
    seconds: Option<i64>,
}

fn signin_token(world: &World, params: &Params<'_>) -> Result<RawResponse, Refused> {
    let text = params.get("Session").ok_or(Refused::Request("there is no Session"))?;
    let bad = Refused::Request("Session is a JSON object with sessionId, sessionKey and sessionToken");
    let shown: Shown = serde_json::from_str(&text).map_err(|_| bad)?;
    let seconds = match params.get("SessionDuration") {
        None => None,
        Some(text) => {
            let seconds = text.parse().ok().filter(|seconds| DURATIONS.contains(seconds));
            Some(seconds.ok_or(Refused::Request("SessionDuration is a number from 900 to 43200"))?)
        }
    };
    let (snapshot, now) = (world.snapshot(), world.now().now);
    let found = find(&shown.session_id, &shown.session_token, world)?;
    // ATTACK: a token alone is no proof; whoever signs in must have the secret.
    if !found.session.secret.is_same_as(&shown.session_key) {
        return Err(Refused::Credentials("the sessionKey is not that of the sessionId".to_owned()));
    }
    let federated = matches!(found.session.subject, Subject::Federated { .. });
    if federated && seconds.is_some() {
        return Err(Refused::Request(
            "sessions of GetFederationToken have no SessionDuration: theirs is the credentials'",
        ));
    }
    let inside = json!(Inside { id: shown.session_id, token: shown.session_token, seconds }).to_string();
    let nonce = draw(world.entropy.as_ref());
    let until = now.plus_seconds(TOKEN_SECONDS);
    let token = seal_pass(Pass::Console, &inside, until, snapshot.sessions.ring(), nonce);
    let token = token.ok_or(Refused::Credentials("nothing can be sealed".to_owned()))?;
    Ok(RawResponse::json(200, &json!({"SigninToken": token})))
}

/// Somebody in a live session that may be signed in. AWS: those of roles and of federated users.
fn find(id: &str, token: &str, world: &World) -> Result<Found, Refused> {
    let (snapshot, now) = (world.snapshot(), world.now().now);
    let holder = Holder::find(id, Some(token), None, &snapshot.identities, &snapshot.sessions, now);
    let holder = holder.map_err(|why| {
        Refused::Credentials(match why {
            Rejection::Expired { at } => format!("they ended at {}", at.iso()),
            Rejection::Ended(_) | Rejection::PrincipalGone => "they were ended early".to_owned(),
            Rejection::InactiveKey(_) => "the key is switched off".to_owned(),
            _ => "nobody here has such".to_owned(),
        })
    })?;
    let session = holder.session().ok_or(Refused::Request("long-term keys sign nobody in: send those of a session"))?;
    match session.subject {
        Subject::Role { .. } | Subject::Federated { .. } => {
            Ok(Found { principal: holder.principal().clone(), session: session.clone() })
        }
        Subject::User { .. } | Subject::Root | Subject::AssumedRoot => {
            Err(Refused::Request("sessions of AssumeRole and GetFederationToken are signed in, and no others"))
        }
    }
}

/// Somebody who may be signed in.
struct Found {
    principal: Principal,
    session: Session,
}

fn login(world: &World, params: &Params<'_>) -> Result<RawResponse, Refused> {
    let token = params.get("SigninToken").ok_or(Refused::Request("there is no SigninToken"))?;
    let destination = params.get("Destination").ok_or(Refused::Request("there is no Destination"))?;
    let (snapshot, now) = (world.snapshot(), world.now().now);
    let inside = open_pass(Pass::Console, &token, snapshot.sessions.ring(), now).map_err(|why| match why {
        Unusable::Foreign => Refused::Request("the SigninToken is none of this service"),
        Unusable::Expired => Refused::Request("the SigninToken is older than a quarter of an hour"),
    })?;
    let inside: Inside = serde_json::from_str(&inside).map_err(|_| Refused::Request("the SigninToken says nothing"))?;
    let found = find(&inside.id, &inside.token, world)?;
    let console_until = inside.seconds.map(|seconds| now.plus_seconds(seconds));
    let issuer = params.get("Issuer").unwrap_or_default();
    let page = signed_in(&found, &snapshot.identities, console_until, &issuer, &destination);
    tracing::info!(arn = found.principal.arn(), "signed in to the console");
    Ok(page.render())
}

/// Who somebody is, until when, and by which policies.
fn signed_in(
    found: &Found,
    identities: &Identities,
    console_until: Option<Timestamp>,
    issuer: &str,
    destination: &str,
) -> Page {
    let Found { principal, session } = found;
    let account = identities.account(session.account).map_or_else(|| session.account.to_string(), |it| it.label());
    let content = Html::of("<p>Here you are <strong>")
        .text(&principal.arn())
        .put("</strong>, in the account ")
        .text(&account)
        .put(".</p>\n<p>The credentials end at ")
        .text(&session.expires.iso().to_string())
        .some(console_until, |html, until| html.put(", the console's session at ").text(&until.iso().to_string()))
        .put(" by the clock of local-sts.</p>\n")
        .some(permissions(principal), policies)
        .some(session.carried.policies.as_ref(), |html, policies| {
            let inline = policies.inline().map(Result::unwrap_or_default);
            html.put("<p>At most what these session policies allow:</p>\n<ul>\n")
                .each(policies.managed.iter().map(String::as_str), item)
                .some(inline, |html, text| html.put("<li><pre>").text(&text).put("</pre></li>\n"))
                .put("</ul>\n")
        })
        .some(Some(&session.carried.tags).filter(|tags| !tags.is_empty()), |html, tags| {
            html.put("<p>Tags of the session:</p>\n<ul>\n")
                .each(tags, |html, tag| item(html, &format!("{} = {}", tag.tag.key, tag.tag.value)))
                .put("</ul>\n")
        })
        .note("AWS would now lead on to the Destination, which nobody follows here: ", destination)
        .note("When the session is over, AWS sends people back to ", issuer);
    Page::of(200, "Signed in to the console", content)
}

/// What bounds somebody: of a federated user what bounds the user who vouches.
fn permissions(principal: &Principal) -> Option<&Permissions> {
    match principal {
        Principal::RoleSession { role, .. } => Some(&role.record.permissions),
        Principal::User(user) | Principal::FederatedUser { issuer: Some(user), .. } => Some(&user.record.permissions),
        Principal::Root(_) | Principal::FederatedUser { issuer: None, .. } => None,
    }
}

fn policies(html: Html, permissions: &Permissions) -> Html {
    html.put("<p>What you may do is what these policies say:</p>\n<ul>\n")
        .each(permissions.attached.iter().map(String::as_str), item)
        .each(&permissions.inline, |html, policy| item(html, &format!("{} (inline)", policy.name)))
        .put("</ul>\n")
        .some(permissions.boundary.as_ref(), |html, boundary| {
            html.put("<p>within the permissions boundary ").text(boundary).put("</p>\n")
        })
}

fn item(html: Html, text: &str) -> Html {
    html.put("<li>").text(text).put("</li>\n")
}
