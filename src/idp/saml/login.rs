//! The page on which somebody logs in with the built-in identity provider, and the form that carries the Response on.
//!
//! Login tools fill in whatever is called after a user or a password, send every other input as it came, and look for a
//! field `SAMLResponse` in what comes back; some fail over an attribute without a value. A browser sends the roles that were
//! ticked.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::mint::Order;
use super::shapes::DEFAULT;
use super::{ENTITY_ID, demo_signer};
use crate::html::{Html, Page};
use crate::identities::{Identities, Role, SamlProvider};
use crate::ids::arn::name_in;
use crate::ids::names::RoleSessionName;
use crate::shape::Shape;
use crate::time::Timestamp;
use crate::wire::Params;

/// A role that trusts the identity provider.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offer {
    /// The account, as the role page calls it.
    pub account: String,
    /// The ARN of the role.
    pub role: String,
    /// The ARN of the SAML provider.
    pub provider: String,
}

/// What somebody says who logs in.
pub struct Login {
    /// Who it is.
    pub username: String,
    /// What proves it, where anything has to.
    pub password: String,
    /// What the service behind shall be given back.
    pub relay_state: String,
    /// The roles that were ticked, each with its provider.
    ticked: Vec<String>,
}

/// Why there is no Response for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotLoggedIn {
    /// Nobody said who it is.
    Nobody,
    /// AWS takes no such name for a session.
    Name,
    /// No role trusts the identity provider.
    NoRole,
    /// A role that was ticked does not trust it, or not any more.
    NotOffered,
    /// AWS takes no document of so many roles.
    TooManyRoles,
    /// The password is none that opens anything.
    Password,
}

/// B-351: a page shows so many roles, and a Response names no more if none is ticked.
const MOST_OFFERS: usize = 200;
/// AWS: characters of a Response in base64.
const LONGEST_RESPONSE: usize = 100_000;
/// What a value is called whose role was ticked. Each has a number, for some tools keep one value of a name.
const TICKED: &str = "role.";

/// The roles that somebody can have from the identity provider, in order.
pub fn offers(identities: &Identities) -> Vec<Offer> {
    let Some(signer) = demo_signer() else { return Vec::new() };
    // B-352: what it hands on is not encrypted.
    let is_ours = |provider: &&Arc<SamlProvider>| {
        !provider.record.encryption_required && provider.proof().metadata.has_key(ENTITY_ID, signer.certificate())
    };
    let providers: Vec<&SamlProvider> = identities.saml_providers().filter(is_ours).map(AsRef::as_ref).collect();
    let offer = |role: &Role, provider: &SamlProvider| Offer {
        account: identities.account(role.record.account).map(|account| account.label()).unwrap_or_default(),
        role: role.arn.clone(),
        provider: provider.arn.clone(),
    };
    let mut offers: Vec<Offer> = Vec::new();
    for role in identities.roles() {
        let own = providers.iter().filter(|provider| provider.record.account == role.record.account);
        offers.extend(own.filter(|it| role.names_provider(&it.arn)).map(|provider| offer(role, provider)));
    }
    offers.sort();
    offers.truncate(MOST_OFFERS);
    offers
}

impl Offer {
    /// Both ARNs, as an assertion has them.
    fn pair(&self) -> String {
        format!("{},{}", self.role, self.provider)
    }
}

impl Login {
    /// Reads what a form says.
    pub fn of(form: &Params<'_>) -> Self {
        let value = |name: &str| form.get(name).unwrap_or_default().into_owned();
        let ticked = form.iter().filter(|(name, _)| name.starts_with(TICKED)).take(MOST_OFFERS + 1);
        Self {
            username: value("username").trim().to_owned(),
            password: value("password"),
            relay_state: value("RelayState"),
            ticked: ticked.map(|(_, value)| value.into_owned()).collect(),
        }
    }

    /// The Response for whoever logs in, to be delivered at `destination`; for all roles, if none was ticked.
    pub fn response(
        &self,
        offers: Vec<Offer>,
        destination: &str,
        now: Timestamp,
        chance: [u8; 32],
    ) -> Result<String, NotLoggedIn> {
        if self.username.is_empty() {
            return Err(NotLoggedIn::Nobody);
        }
        if RoleSessionName::parse(&self.username).is_err() {
            return Err(NotLoggedIn::Name);
        }
        if offers.is_empty() {
            return Err(NotLoggedIn::NoRole);
        }
        let is_ticked = |offer: &Offer| self.ticked.is_empty() || self.ticked.contains(&offer.pair());
        let chosen: Vec<Offer> = offers.into_iter().filter(is_ticked).collect();
        if chosen.len() < self.ticked.len() {
            return Err(NotLoggedIn::NotOffered);
        }
        let roles = chosen.into_iter().map(|offer| (offer.role, offer.provider)).collect();
        let order = Order { destination: Some(destination.to_owned()), ..Order::of(&DEFAULT, &self.username, roles) };
        let response = order.mint(now, chance).ok_or(NotLoggedIn::Name)?;
        if response.len() > LONGEST_RESPONSE { Err(NotLoggedIn::TooManyRoles) } else { Ok(response) }
    }
}

impl NotLoggedIn {
    fn status(self) -> u16 {
        if self == Self::Password { 401 } else { 400 }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Nobody => "Say who you are.",
            Self::Name => {
                "A name has 2 to 64 characters, letters, digits and _+=,.@- alone: AWS takes no other as the name of a \
                 session."
            }
            Self::NoRole => {
                "No role trusts this identity provider. Give an account of the seed the SAML provider \
                 \"{ name: demo, metadata: built-in }\" and a role whose trust policy names it."
            }
            Self::NotOffered => "One of these roles does not trust this identity provider any more: choose again.",
            Self::TooManyRoles => "AWS takes no Response that names so many roles: choose fewer.",
            Self::Password => "The password is a token of the companion that has the scope mint.",
        }
    }
}

/// The page on which to log in, sent to itself; without offers where they are not for everybody to see.
pub fn login_page(address: &str, relay_state: &str, offers: Option<&[Offer]>, refusal: Option<NotLoggedIn>) -> Page {
    let password = match offers {
        Some(_) => "Any password will do.",
        None => NotLoggedIn::Password.advice(),
    };
    let status = refusal.map_or(200, NotLoggedIn::status);
    let nobody_trusts_it = offers.is_some_and(<[Offer]>::is_empty).then_some(NotLoggedIn::NoRole);
    let refusal = refusal.or(nobody_trusts_it);
    let offers = offers.unwrap_or_default();
    let mut accounts: BTreeMap<&str, Vec<(usize, &Offer)>> = BTreeMap::new();
    for (at, offer) in offers.iter().enumerate() {
        accounts.entry(&offer.account).or_default().push((at, offer));
    }
    let role = |html: Html, (at, offer): (usize, &Offer)| {
        let (name, id) = (format!("{TICKED}{at}"), format!("role-{at}"));
        html.put("<div class=\"role\"><input type=\"checkbox\"")
            .attribute("name", &name)
            .attribute("value", &offer.pair())
            .attribute("id", &id)
            .put("><label")
            .attribute("for", &id)
            .put(">")
            .text(name_in(&offer.role))
            .put("</label><span class=\"arn\">")
            .text(&offer.role)
            .put("</span></div>\n")
    };
    let account = |html: Html, (account, offers): (&str, Vec<(usize, &Offer)>)| {
        html.put("<fieldset><legend>").text(account).put("</legend>\n").each(offers, role).put("</fieldset>\n")
    };
    let content = Html::of("<p>This is the identity provider that is built into local-sts. Be whoever you like.</p>\n")
        .some(refusal, |html, why| html.refusal(why.advice()))
        .put("<form method=\"post\" id=\"login\"")
        .attribute("action", address)
        .put(">\n")
        .hidden("RelayState", relay_state)
        .put("<label class=\"field\">User name <input type=\"text\" name=\"username\" autocomplete=\"username\"")
        .put(" maxlength=\"64\" required=\"\" autofocus=\"\"></label>\n<label class=\"field\">Password <input type=\"password\"")
        .put(" name=\"password\" autocomplete=\"off\"></label>\n")
        .note("", password)
        .some(Some(accounts).filter(|accounts| !accounts.is_empty()), |html, accounts| {
            html.put("<p>Tick the roles that you may have; none ticked means all of them.</p>\n")
                .each(accounts, account)
        })
        .put("<p><button type=\"submit\">Log in</button></p>\n</form>\n");
    Page::of(status, "Who are you?", content)
}

/// The form that carries a Response on to the sign-in address; it goes by itself where scripts run.
pub fn carried_on(sign_in: &str, response: &str, relay_state: &str) -> Page {
    let relay_state = Some(relay_state).filter(|state| !state.is_empty());
    let content = Html::of("<form method=\"post\"")
        .attribute("action", sign_in)
        .put(">\n")
        .hidden("SAMLResponse", response)
        .some(relay_state, |html, state| html.hidden("RelayState", state))
        .put("<p>The identity provider vouches for you.</p>\n")
        .put("<p><button type=\"submit\" autofocus=\"\">Continue to the sign-in</button></p>\n</form>\n");
    Page { script: "document.forms[0].submit()", ..Page::of(200, "Logged in", content) }
}
