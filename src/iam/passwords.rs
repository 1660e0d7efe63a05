//! Passwords of users and what an account asks of them. Nobody logs in here: they are made, changed and told of. A root
//! user gets none from IAM, only leave to choose one.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords.html>

use super::action::{Desk, Look, Owner, Target};
use crate::access::Principal;
use crate::action;
use crate::api::ApiError;
use crate::api::errors::Weakness;
use crate::env::draw;
use crate::federation::password::{hash, is_password};
use crate::ids::names::{Flag, MaxPasswordAge, MinimumPasswordLength, PasswordReusePrevention, PasswordText, UserName};
use crate::store::records::{self, HashedPassword, LoginProfile, PasswordPolicy};
use crate::time::Timestamp;

crate::structure! {
    /// That a user has a password.
    ShownLoginProfile {
        /// Whether it has to be changed before it is used.
        "PasswordResetRequired" reset_required: bool,
        /// Whose it is; a root user has no name.
        "UserName" user_name: Option<String>,
        /// Since when.
        "CreateDate" created: Timestamp,
    }
}

crate::structure! {
    /// What an account asks of passwords.
    ShownPasswordPolicy {
        /// Whether they end with their age.
        "ExpirePasswords" expires: bool,
        /// So many characters at least.
        "MinimumPasswordLength" minimum_length: i64,
        /// A symbol among them.
        "RequireSymbols" symbols: bool,
        /// So many of the last ones may not come again.
        "PasswordReusePrevention" reuse: Option<i64>,
        /// Whether users may change their own.
        "AllowUsersToChangePassword" users_change: bool,
        /// A small letter among them.
        "RequireLowercaseCharacters" lowercase: bool,
        /// Whether one that has ended can only be changed by somebody else.
        "HardExpiry" hard_expiry: Option<bool>,
        /// A digit among them.
        "RequireNumbers" numbers: bool,
        /// After so many days they end.
        "MaxPasswordAge" max_age: Option<i64>,
        /// A capital letter among them.
        "RequireUppercaseCharacters" uppercase: bool,
    }
}

action! {
    /// Gives a user a password, or lets the root user choose one.
    CreateLoginProfile;
    input CreateLoginProfileInput {
        /// Whose it shall be; without it the caller's own.
        "UserName" user_name: Option<UserName>,
        /// The password; without it for a root user.
        "Password" password: Option<PasswordText>,
        /// Whether it has to be changed before it is used.
        "PasswordResetRequired" reset_required: Option<Flag>,
    }
    errors [EntityAlreadyExists, NoSuchEntity, PasswordPolicyViolation, LimitExceeded]
    output CreateLoginProfileOutput {
        /// What is known of it.
        "LoginProfile" profile: ShownLoginProfile,
    }
    on |input, look| look.owner_target(input.user_name.as_ref());
    writes |input, desk| {
        let look = desk.look();
        let owner = look.owner(input.user_name.as_ref())?;
        let (key, user_name) = (owner.key(), owner.name());
        if look.identities.login_profile(&key).is_some() {
            return Err(ApiError::login_profile_taken(user_name.as_deref(), desk.asker.account));
        }
        let passwords = match (&user_name, &input.password) {
            (None, None) => Vec::new(),
            (None, Some(_)) => return Err(ApiError::password_of_root()),
            (Some(_), None) => return Err(ApiError::password_missing()),
            (Some(_), Some(password)) => vec![hashed(password, &[], desk)?],
        };
        let now = desk.now.whole_second();
        let reset_required = input.reset_required.is_some_and(|flag| flag.0);
        let profile = LoginProfile { created: now, changed: now, reset_required, passwords };
        let shown = shown(user_name, &profile);
        desk.identities.put_login_profile(desk.batch, &key, profile).map_err(ApiError::internal)?;
        Ok(CreateLoginProfileOutput { profile: shown })
    };
}

action! {
    /// Tells whether a user has a password.
    GetLoginProfile;
    input GetLoginProfileInput {
        /// Whose; without it the caller's own.
        "UserName" user_name: Option<UserName>,
    }
    errors [NoSuchEntity]
    output GetLoginProfileOutput {
        /// What is known of it.
        "LoginProfile" profile: ShownLoginProfile,
    }
    on |input, look| look.owner_target(input.user_name.as_ref());
    reads |input, look| {
        let owner = look.owner(input.user_name.as_ref())?;
        Ok(GetLoginProfileOutput { profile: shown(owner.name(), profile(owner, look)?) })
    };
}

action! {
    /// Gives a user another password, or says whether it has to be changed.
    UpdateLoginProfile;
    input UpdateLoginProfileInput {
        /// Whose.
        "UserName" user_name: UserName,
        /// The new password.
        "Password" password: Option<PasswordText>,
        /// Whether it has to be changed before it is used.
        "PasswordResetRequired" reset_required: Option<Flag>,
    }
    errors [NoSuchEntity, PasswordPolicyViolation, LimitExceeded]
    on |input, look| Ok(look.user_target(input.user_name.as_str()));
    writes |input, desk| {
        let owner = desk.look().owner(Some(&input.user_name))?;
        let (key, mut record) = (owner.key(), profile(owner, desk.look())?.clone());
        if let Some(password) = &input.password {
            record = changed(record, password, desk)?;
        }
        record.reset_required = input.reset_required.map_or(record.reset_required, |flag| flag.0);
        desk.identities.put_login_profile(desk.batch, &key, record).map_err(ApiError::internal)
    };
}

action! {
    /// Takes the password from a user, whose access keys go on.
    DeleteLoginProfile;
    input DeleteLoginProfileInput {
        /// Whose; without it the caller's own.
        "UserName" user_name: Option<UserName>,
    }
    errors [NoSuchEntity, LimitExceeded]
    on |input, look| look.owner_target(input.user_name.as_ref());
    writes |input, desk| {
        let owner = desk.look().owner(input.user_name.as_ref())?;
        profile(owner, desk.look())?;
        let key = owner.key();
        desk.identities.delete_login_profile(desk.batch, &key);
        Ok(())
    };
}

action! {
    /// Changes the caller's own password for another.
    ChangePassword;
    input ChangePasswordInput {
        /// The present one.
        "OldPassword" old: PasswordText,
        /// The new one.
        "NewPassword" new: PasswordText,
    }
    errors [NoSuchEntity, InvalidUserType, LimitExceeded, PasswordPolicyViolation]
    on |_input, look| match &look.asker.principal {
        Principal::User(user) => Ok(look.user_target(user.record.name.as_str()).by_arn()),
        _ => Err(ApiError::only_users_have_passwords()),
    };
    writes |input, desk| {
        let owner = desk.look().owner(None::<&UserName>)?;
        let (key, record) = (owner.key(), profile(owner, desk.look())?.clone());
        let is_present = record.passwords.last().is_some_and(|present| is(present, input.old.as_str()));
        if !is_present || input.old == input.new {
            return Err(ApiError::wrong_password());
        }
        let record = LoginProfile { reset_required: false, ..changed(record, &input.new, desk)? };
        desk.identities.put_login_profile(desk.batch, &key, record).map_err(ApiError::internal)
    };
}

action! {
    /// Says what the account asks of passwords. What is not said is as if nothing had ever been.
    UpdateAccountPasswordPolicy;
    input UpdateAccountPasswordPolicyInput {
        /// So many characters at least.
        "MinimumPasswordLength" minimum_length: Option<MinimumPasswordLength>,
        /// A symbol among them.
        "RequireSymbols" symbols: Option<Flag>,
        /// A digit among them.
        "RequireNumbers" numbers: Option<Flag>,
        /// A capital letter among them.
        "RequireUppercaseCharacters" uppercase: Option<Flag>,
        /// A small letter among them.
        "RequireLowercaseCharacters" lowercase: Option<Flag>,
        /// Whether users may change their own.
        "AllowUsersToChangePassword" users_change: Option<Flag>,
        /// After so many days they end.
        "MaxPasswordAge" max_age: Option<MaxPasswordAge>,
        /// So many of the last ones may not come again.
        "PasswordReusePrevention" reuse: Option<PasswordReusePrevention>,
        /// Whether one that has ended can only be changed by somebody else.
        "HardExpiry" hard_expiry: Option<Flag>,
    }
    errors [NoSuchEntity, MalformedPolicyDocument, LimitExceeded]
    on |_input, _look| Ok(Target::any());
    writes |input, desk| {
        let is_on = |flag: Option<Flag>| flag.is_some_and(|flag| flag.0);
        let policy = PasswordPolicy {
            minimum_length: input.minimum_length.map_or(MinimumPasswordLength::DEFAULT, MinimumPasswordLength::get),
            symbols: is_on(input.symbols),
            numbers: is_on(input.numbers),
            uppercase: is_on(input.uppercase),
            lowercase: is_on(input.lowercase),
            users_change: is_on(input.users_change),
            max_age: input.max_age.map(MaxPasswordAge::get),
            reuse: input.reuse.map(PasswordReusePrevention::get),
            hard_expiry: input.hard_expiry.map(|flag| flag.0),
        };
        let account = desk.asker.account;
        desk.identities.set_password_policy(desk.batch, account, Some(policy)).map_err(ApiError::internal)
    };
}

action! {
    /// Shows what the account asks of passwords, if it has said so.
    GetAccountPasswordPolicy;
    input GetAccountPasswordPolicyInput {}
    errors [NoSuchEntity]
    output GetAccountPasswordPolicyOutput {
        /// What it asks.
        "PasswordPolicy" policy: ShownPasswordPolicy,
    }
    on |_input, _look| Ok(Target::any());
    reads |_input, look| {
        let account = look.asker.account;
        let policy = look.identities.password_policy(account).ok_or_else(|| ApiError::no_password_policy(account))?;
        Ok(GetAccountPasswordPolicyOutput {
            policy: ShownPasswordPolicy {
                expires: policy.max_age.is_some(),
                minimum_length: policy.minimum_length.into(),
                symbols: policy.symbols,
                reuse: policy.reuse.map(i64::from),
                users_change: policy.users_change,
                lowercase: policy.lowercase,
                hard_expiry: policy.hard_expiry,
                numbers: policy.numbers,
                max_age: policy.max_age.map(i64::from),
                uppercase: policy.uppercase,
            },
        })
    };
}

action! {
    /// Has the account ask nothing in particular of passwords again.
    DeleteAccountPasswordPolicy;
    input DeleteAccountPasswordPolicyInput {}
    errors [NoSuchEntity, LimitExceeded]
    on |_input, _look| Ok(Target::any());
    writes |_input, desk| {
        let account = desk.asker.account;
        if desk.identities.password_policy(account).is_none() {
            return Err(ApiError::no_password_policy_to_delete());
        }
        desk.identities.set_password_policy(desk.batch, account, None).map_err(ApiError::internal)
    };
}

fn profile<'a>(owner: Owner<'_>, look: Look<'a>) -> Result<&'a LoginProfile, ApiError> {
    let found = look.identities.login_profile(&owner.key());
    found.map(AsRef::as_ref).ok_or_else(|| ApiError::no_login_profile(owner.name().as_deref()))
}

fn shown(user_name: Option<String>, profile: &LoginProfile) -> ShownLoginProfile {
    ShownLoginProfile { reset_required: profile.reset_required, user_name, created: profile.created }
}

/// A profile with another password; those before are remembered, so that they do not come again.
fn changed(mut record: LoginProfile, password: &PasswordText, desk: &Desk<'_>) -> Result<LoginProfile, ApiError> {
    let new = hashed(password, &record.passwords, desk)?;
    record.passwords.push(new);
    record.changed = desk.now.whole_second();
    let most = usize::try_from(PasswordReusePrevention::MOST).unwrap_or_default();
    record.passwords.drain(..record.passwords.len().saturating_sub(most));
    Ok(record)
}

/// A password that the account takes after those `before` it, as it is kept.
fn hashed(password: &PasswordText, before: &[HashedPassword], desk: &Desk<'_>) -> Result<HashedPassword, ApiError> {
    let policy = desk.identities.password_policy(desk.asker.account);
    let text = password.as_str();
    let last = policy.and_then(|policy| policy.reuse).and_then(|last| usize::try_from(last).ok()).unwrap_or_default();
    let weakness = weakness(text, policy)
        .or_else(|| before.iter().rev().take(last).any(|known| is(known, text)).then_some(Weakness::UsedBefore));
    if let Some(weakness) = weakness {
        return Err(ApiError::weak_password(&weakness));
    }
    let salt = draw(desk.entropy);
    Ok(HashedPassword { salt, hash: hash(text, &salt) })
}

fn is(known: &HashedPassword, password: &str) -> bool {
    is_password(password, &known.salt, &known.hash)
}

/// AWS: without a policy eight characters of three kinds. What an account asks for is told one by one (B-775).
fn weakness(password: &str, policy: Option<&records::PasswordPolicy>) -> Option<Weakness> {
    const SYMBOLS: &str = "!@#$%^&*()_+-=[]{}|'";
    let lacks = |kind: fn(char) -> bool| !password.chars().any(kind);
    let asked = |asks: fn(&records::PasswordPolicy) -> bool| policy.is_none_or(asks);
    let lacking: Vec<_> = [
        ("at least one uppercase letter", asked(|policy| policy.uppercase) && lacks(|one| one.is_ascii_uppercase())),
        ("at least one lowercase letter", asked(|policy| policy.lowercase) && lacks(|one| one.is_ascii_lowercase())),
        ("at least one number", asked(|policy| policy.numbers) && lacks(|one| one.is_ascii_digit())),
        ("at least one symbol", asked(|policy| policy.symbols) && lacks(|one| SYMBOLS.contains(one))),
    ]
    .into_iter()
    .filter_map(|(kind, is_lacking)| is_lacking.then_some(kind))
    .collect();
    let least = policy.map_or(8, |policy| policy.minimum_length);
    match (policy, lacking.as_slice()) {
        (Some(_), [kind, ..]) => Some(Weakness::Lacks(kind)),
        (None, [_, more @ ..]) if !more.is_empty() => Some(Weakness::LacksSome { count: more.len(), of: lacking }),
        _ => usize::try_from(least)
            .is_ok_and(|least| password.chars().count() < least)
            .then_some(Weakness::ShorterThan(least)),
    }
}
