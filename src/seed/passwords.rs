//! Passwords of a seed: what an account asks of them, and those of users, plain by hand and hashed in an export.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::document::{Account, LoginProfile};
use super::export::instant;
use super::page::Page;
use super::reader::{Form, Map, Reader};
use super::tree::Node;
use crate::api::world::{ChangeError, Draft};
use crate::federation::password::{self, SHAPE};
use crate::ids::names::{MaxPasswordAge, MinimumPasswordLength, PasswordReusePrevention, PasswordText};
use crate::secret::Secret;
use crate::shape::Shape;
use crate::store::records::{self, HashedPassword, KeyOwner};
use crate::time::Timestamp;

static LOGIN_PROFILE: Form =
    Form::of_secrets("a login profile", "password passwordHashes passwordResetRequired created changed");

/// A root user chooses its password alone, and not here.
static ROOT_LOGIN_PROFILE: Form =
    Form::of_secrets("the login profile of a root user", "passwordResetRequired created changed");

static PASSWORD_POLICY: Form = Form::of(
    "a password policy",
    "minimumPasswordLength requireSymbols requireNumbers requireUppercaseCharacters requireLowercaseCharacters \
     allowUsersToChangePassword maxPasswordAge passwordReusePrevention hardExpiry",
);

impl Reader<'_> {
    pub(super) fn login_profile(&mut self, node: &Node) -> Option<LoginProfile> {
        let map = self.map(node, &LOGIN_PROFILE)?;
        let wish = "a password has 1 to 128 characters; which of them, the seed alone decides";
        let written = map.get("password");
        let password = written.and_then(|node| self.secret(node, "password", is_password, wish));
        let kept = self.kept_passwords(&map);
        if written.is_some() == map.get("passwordHashes").is_some() {
            let problem = "a login profile has `password` or `passwordHashes`, one of them";
            self.faults.push(map.at, problem, "write the password itself; `passwordHashes` is what an export writes");
        }
        Some(self.rest_of_profile(&map, password, kept))
    }

    pub(super) fn root_login_profile(&mut self, node: &Node) -> Option<LoginProfile> {
        let map = self.map(node, &ROOT_LOGIN_PROFILE)?;
        Some(self.rest_of_profile(&map, None, Vec::new()))
    }

    fn rest_of_profile(
        &mut self,
        map: &Map,
        password: Option<Secret<String>>,
        kept: Vec<HashedPassword>,
    ) -> LoginProfile {
        let reset_required = self.switch(map, "passwordResetRequired").unwrap_or_default();
        let (created, changed) = (self.instant(map, "created"), self.instant(map, "changed"));
        LoginProfile { password, kept, reset_required, created, changed }
    }

    fn kept_passwords(&mut self, map: &Map) -> Vec<HashedPassword> {
        let nodes = self.list(map, "passwordHashes");
        let most = usize::try_from(PasswordReusePrevention::MOST).unwrap_or_default();
        if nodes.len() > most {
            let problem = format!("these are {} entries of `passwordHashes`", nodes.len());
            self.faults.push(map.at, problem, format!("leave the last {most}: nobody asks for more"));
        }
        let mut kept = Vec::new();
        for node in nodes {
            let wish = "write it as an export shows it, or write the password itself under `password`";
            let text = self.secret(node, "entry of `passwordHashes`", |text| parse(text).is_some(), wish);
            kept.extend(text.and_then(|text| parse(text.expose())));
        }
        if nodes.is_empty() && map.get("passwordHashes").is_some() {
            self.faults.push(map.at, "`passwordHashes` is empty", "write the password itself under `password`");
        }
        kept
    }

    pub(super) fn password_policy(&mut self, node: &Node) -> Option<records::PasswordPolicy> {
        let map = self.map(node, &PASSWORD_POLICY)?;
        let length: Option<MinimumPasswordLength> = self.shaped_at(&map, "minimumPasswordLength");
        let max_age: Option<MaxPasswordAge> = self.shaped_at(&map, "maxPasswordAge");
        let reuse: Option<PasswordReusePrevention> = self.shaped_at(&map, "passwordReusePrevention");
        Some(records::PasswordPolicy {
            minimum_length: length.map_or(MinimumPasswordLength::DEFAULT, MinimumPasswordLength::get),
            symbols: self.switch(&map, "requireSymbols").unwrap_or_default(),
            numbers: self.switch(&map, "requireNumbers").unwrap_or_default(),
            uppercase: self.switch(&map, "requireUppercaseCharacters").unwrap_or_default(),
            lowercase: self.switch(&map, "requireLowercaseCharacters").unwrap_or_default(),
            users_change: self.switch(&map, "allowUsersToChangePassword").unwrap_or_default(),
            max_age: max_age.map(MaxPasswordAge::get),
            reuse: reuse.map(PasswordReusePrevention::get),
            hard_expiry: self.switch(&map, "hardExpiry"),
        })
    }

    fn shaped_at<T: Shape>(&mut self, map: &Map, key: &str) -> Option<T> {
        self.shaped(map.get(key)?, &format!("value of `{key}`"))
    }
}

/// What an account asks, and that its root user may choose a password.
pub(super) fn add_of_account(account: &Account, draft: &mut Draft, now: Timestamp) -> Result<(), ChangeError> {
    if let Some(policy) = &account.password_policy
        && draft.identities.password_policy(account.id).is_none()
    {
        draft.identities.set_password_policy(&mut draft.batch, account.id, Some(policy.clone()))?;
    }
    let Some(profile) = &account.root_login_profile else { return Ok(()) };
    add_profile(&KeyOwner::Root(account.id), profile, || [0; 16], draft, now)
}

/// A password for somebody who has none.
pub(super) fn add_profile(
    owner: &KeyOwner,
    profile: &LoginProfile,
    salt: impl FnOnce() -> [u8; 16],
    draft: &mut Draft,
    now: Timestamp,
) -> Result<(), ChangeError> {
    if draft.identities.login_profile(owner).is_some() {
        return Ok(());
    }
    let mut passwords = profile.kept.clone();
    if let Some(password) = &profile.password {
        let salt = salt();
        passwords.push(HashedPassword { salt, hash: password::hash(password.expose(), &salt) });
    }
    let created = profile.created.unwrap_or(now.whole_second());
    let changed = profile.changed.unwrap_or(created);
    let record = records::LoginProfile { created, changed, reset_required: profile.reset_required, passwords };
    Ok(draft.identities.put_login_profile(&mut draft.batch, owner, record)?)
}

pub(super) fn write_profile(page: &mut Page, profile: &records::LoginProfile) {
    let records::LoginProfile { created, changed, reset_required, passwords } = profile;
    instant(page, "created", *created);
    instant(page, "changed", *changed);
    page.word("passwordResetRequired", reset_required);
    page.texts("passwordHashes", passwords.iter().map(text));
}

pub(super) fn write_policy(page: &mut Page, policy: &records::PasswordPolicy) {
    let records::PasswordPolicy {
        minimum_length,
        symbols,
        numbers,
        uppercase,
        lowercase,
        users_change,
        max_age,
        reuse,
        hard_expiry,
    } = policy;
    page.word("minimumPasswordLength", minimum_length);
    page.word("requireSymbols", symbols);
    page.word("requireNumbers", numbers);
    page.word("requireUppercaseCharacters", uppercase);
    page.word("requireLowercaseCharacters", lowercase);
    page.word("allowUsersToChangePassword", users_change);
    for (name, number) in [("maxPasswordAge", max_age), ("passwordReusePrevention", reuse)] {
        if let Some(number) = number {
            page.word(name, number);
        }
    }
    if let Some(hard_expiry) = hard_expiry {
        page.word("hardExpiry", hard_expiry);
    }
}

/// What is kept of a password, as a seed writes it.
pub(super) fn text(password: &HashedPassword) -> String {
    let [salt, hash] =
        [&password.salt[..], password.hash.expose().as_slice()].map(|bytes| STANDARD_NO_PAD.encode(bytes));
    format!("{SHAPE}:{salt}:{hash}")
}

fn parse(text: &str) -> Option<HashedPassword> {
    let (salt, hash) = text.strip_prefix(SHAPE)?.strip_prefix(':')?.split_once(':')?;
    let salt = STANDARD_NO_PAD.decode(salt).ok()?.try_into().ok()?;
    let hash = STANDARD_NO_PAD.decode(hash).ok().filter(|hash| hash.len() == password::LENGTH)?;
    Some(HashedPassword { salt, hash: Secret::new(hash) })
}

fn is_password(text: &str) -> bool {
    PasswordText::parse(text).is_ok()
}
