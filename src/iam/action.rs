//! What the actions of IAM have in common: they act on something in the caller's own account, are allowed or denied by
//! the caller's own policies, and then read the state or change it all at once.

use std::borrow::Borrow;
use std::cell::Cell;
use std::sync::Arc;

use crate::access::{Caller, Principal, Question};
use crate::api::world::Made;
use crate::api::{ApiError, Call, Changes, View};
use crate::env::Entropy;
use crate::identities::{AccessKey, Group, HolderKind, Identities, Quota, Role, User, quota};
use crate::ids::names::ArnText;
use crate::ids::unique_id::Kind;
use crate::ids::{AccountId, Partition};
use crate::policy::context::RequestContext;
use crate::store::Batch;
use crate::store::records::KeyOwner;
use crate::time::Timestamp;

/// Who asks.
#[derive(Clone, Debug)]
pub struct Asker {
    /// Who policies speak of.
    pub principal: Principal,
    /// Its account: nobody manages another one's.
    pub account: AccountId,
    /// The partition of that.
    pub partition: Partition,
    /// Whether devices of its own are altered without more ado: the session was begun with a code of one of them, or by
    /// somebody who stands in for the root user.
    pub alters_own_devices: bool,
}

/// What an action is about to act on, as policies name it.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its ARN.
    pub arn: String,
    /// What refusals call it, if not by that.
    pub called: Option<String>,
    /// Keys of the thing and of the request.
    pub context: RequestContext<'static>,
    /// What must be allowed beside the action itself, on what.
    pub also: Vec<(&'static str, Target)>,
}

/// A state to be read, and who reads it.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// Who.
    pub asker: &'a Asker,
    /// The state.
    pub identities: &'a Identities,
    /// When.
    pub now: Timestamp,
    /// Where issuers of tokens are found.
    pub issuer_url: &'a str,
}

/// A state to be changed, and who changes it.
pub struct Desk<'a> {
    /// Who.
    pub asker: &'a Asker,
    /// The state.
    pub identities: &'a mut Identities,
    /// What the store will be told.
    pub batch: &'a mut Batch,
    /// When.
    pub now: Timestamp,
    /// Where issuers of tokens are found.
    pub issuer_url: &'a str,
    /// Where new names come from.
    pub entropy: &'a dyn Entropy,
    /// The credentials that were made: for the journal.
    pub made: &'a mut Option<Made>,
}

/// What a plan hands on: the parameters, and who asks.
#[derive(Debug)]
pub struct Ready<I> {
    /// The parameters.
    pub input: I,
    /// Who asks.
    pub asker: Asker,
}

impl Asker {
    /// Reads it off a call.
    pub fn of(caller: &Caller, view: &View<'_>) -> Result<Self, ApiError> {
        let principal = caller.principal().clone();
        let account = principal.account();
        let found = view.snapshot.identities.account(account).ok_or_else(|| ApiError::internal("no account"))?;
        let alters_own_devices = caller.credential().session().is_some_and(|opened| {
            let session = opened.session();
            session.second_factor.is_some() || session.stands_in()
        });
        Ok(Self { principal, account, partition: found.record.partition, alters_own_devices })
    }

    /// The ARN of something of IAM's in its account.
    pub fn arn(&self, resource: &str) -> String {
        format!("arn:{}:iam::{}:{resource}", self.partition, self.account)
    }
}

impl Target {
    /// Something by its ARN.
    pub fn at(arn: impl Into<String>) -> Self {
        Self { arn: arn.into(), called: None, context: RequestContext::new(), also: Vec::new() }
    }

    /// Nothing in particular.
    pub fn any() -> Self {
        Self::at("*")
    }

    /// Something that is not there: judged by the ARN that it would have.
    pub fn missing(asker: &Asker, kind: &str, name: &str) -> Self {
        Self::at(asker.arn(&format!("{kind}/{name}")))
    }

    /// Called by something else than its ARN. AWS: what is there, or might be, by its kind and the name that was asked
    /// for; what is about to be made by its ARN (B-772).
    pub fn called(self, words: String) -> Self {
        Self { called: Some(words), ..self }
    }

    /// Called by its ARN after all.
    pub fn by_arn(self) -> Self {
        Self { called: None, ..self }
    }

    /// With a key of the request.
    pub fn with(mut self, key: &'static str, value: Option<String>) -> Self {
        self.context.set_some(key, value);
        self
    }

    /// Something that is about to be made, and is bounded: whoever gives it a boundary must be allowed to do that as
    /// well (B-813).
    pub fn bounded(self, boundary: Option<&ArnText>, action: &'static str) -> Self {
        let Some(boundary) = boundary else { return self };
        let with_key = |target: Self| target.with("iam:PermissionsBoundary", Some(boundary.to_string()));
        let mut target = with_key(self);
        target.also.push((action, with_key(Self::at(&target.arn))));
        target
    }

    /// The questions that it raises for `action`.
    pub fn questions(self, action: &'static str, account: AccountId) -> Vec<Question> {
        let Self { arn: resource, called, context, also } = self;
        let first = Question { resource, called, context, ..Question::unscoped(action, account) };
        let others = also.into_iter().flat_map(|(action, target)| target.questions(action, account));
        std::iter::once(first).chain(others).collect()
    }
}

impl<'a> Look<'a> {
    /// Refuses one more of a kind where the account has as many as it may.
    pub fn has_room(&self, kind: Kind) -> Result<(), ApiError> {
        if self.identities.is_full(self.asker.account, kind) {
            let Quota { name, most } = quota(kind);
            return Err(ApiError::over_quota(name, most));
        }
        Ok(())
    }

    /// The user of this name.
    pub fn user(&self, name: &str) -> Result<&'a Arc<User>, ApiError> {
        let found = self.identities.user_by_name(self.asker.account, name);
        found.ok_or_else(|| ApiError::no_user(name))
    }

    /// The group of this name.
    pub fn group(&self, name: &str) -> Result<&'a Arc<Group>, ApiError> {
        let found = self.identities.group_by_name(self.asker.account, name);
        found.ok_or_else(|| ApiError::no_group(name))
    }

    /// The role of this name.
    pub fn role(&self, name: &str) -> Result<&'a Arc<Role>, ApiError> {
        let found = self.identities.role_by_name(self.asker.account, name);
        found.ok_or_else(|| ApiError::no_role(name))
    }

    /// The user of this name; without one the user who asks.
    pub fn owner(&self, name: Option<&impl Borrow<str>>) -> Result<Owner<'a>, ApiError> {
        match (name, &self.asker.principal) {
            (Some(name), _) => Ok(Owner::User(self.user(name.borrow())?)),
            (None, Principal::User(user)) => Ok(Owner::User(
                self.identities.user(&user.id).ok_or_else(|| ApiError::no_user(user.record.name.as_str()))?,
            )),
            (None, Principal::Root(_)) => Ok(Owner::Root(self.asker.account)),
            (None, _) => Err(ApiError::must_name_user()),
        }
    }

    /// The key of this id, if it is this owner's.
    pub fn access_key(&self, id: &str, owner: &Owner<'_>) -> Result<&'a Arc<AccessKey>, ApiError> {
        let found = self.identities.access_key(id).filter(|key| key.record.owner == owner.key());
        found.ok_or_else(|| ApiError::no_access_key(id))
    }

    /// A user, a group or a role as the target of an action.
    pub fn target(&self, kind: HolderKind, name: &str) -> Target {
        let found = match kind {
            HolderKind::User => self.user(name).map(|user| (&user.arn, &*user.record.tags)),
            HolderKind::Group => self.group(name).map(|group| (&group.arn, &[][..])),
            HolderKind::Role => self.role(name).map(|role| (&role.arn, &*role.record.tags)),
        };
        let word = kind.word();
        match found {
            Ok((arn, tags)) => tagged(Target::at(arn), tags),
            Err(_) => Target::missing(self.asker, word, name),
        }
        .called(format!("{word} {name}"))
    }

    /// A user as the target of an action.
    pub fn user_target(&self, name: &str) -> Target {
        self.target(HolderKind::User, name)
    }

    /// A group as the target of an action.
    pub fn group_target(&self, name: &str) -> Target {
        self.target(HolderKind::Group, name)
    }

    /// A role as the target of an action.
    pub fn role_target(&self, name: &str) -> Target {
        self.target(HolderKind::Role, name)
    }

    /// The user of this name, or whoever asks, as the target of an action.
    pub fn owner_target(&self, name: Option<&impl Borrow<str>>) -> Result<Target, ApiError> {
        match (name, &self.asker.principal) {
            (Some(name), _) => Ok(self.user_target(name.borrow())),
            (None, Principal::User(user)) => Ok(self.user_target(user.record.name.as_str())),
            (None, Principal::Root(account)) => Ok(Target::at(account.root_arn())),
            (None, _) => Err(ApiError::must_name_user()),
        }
    }
}

/// Adds the tags of a thing.
pub fn tagged(mut target: Target, tags: &[crate::ids::tags::Tag]) -> Target {
    for tag in tags {
        for family in ["aws:ResourceTag", "iam:ResourceTag"] {
            target.context.set_tag(family, tag.key.as_str(), tag.value.as_str().to_owned());
        }
    }
    target
}

/// Whose keys and devices are meant.
#[derive(Clone, Copy)]
pub enum Owner<'a> {
    /// The account's root user's.
    Root(AccountId),
    /// A user's.
    User(&'a Arc<User>),
}

impl Owner<'_> {
    /// As keys and devices know it.
    pub fn key(&self) -> KeyOwner {
        match self {
            Self::Root(account) => KeyOwner::Root(*account),
            Self::User(user) => KeyOwner::User(user.id.clone()),
        }
    }

    /// The user's name; the root user has none.
    pub fn name(&self) -> Option<String> {
        match self {
            Self::Root(_) => None,
            Self::User(user) => Some(user.record.name.to_string()),
        }
    }
}

impl Desk<'_> {
    /// The same, to be read only.
    pub fn look(&self) -> Look<'_> {
        Look { asker: self.asker, identities: self.identities, now: self.now, issuer_url: self.issuer_url }
    }
}

/// The asker of a call, and the target of its action.
pub fn plan<I: Clone>(
    call: &Call<'_, I>,
    view: &View<'_>,
    on: impl FnOnce(&I, Look<'_>) -> Result<Target, ApiError>,
) -> Result<(Ready<I>, Target), ApiError> {
    let asker = Asker::of(call.caller, view)?;
    let look = Look { asker: &asker, identities: &view.snapshot.identities, now: view.moment.now, issuer_url: "" };
    let target = on(&call.input, look)?;
    Ok((Ready { input: call.input.clone(), asker }, target))
}

/// Declares an action: what it takes and answers, what it acts on, and how it reads or writes. One that lists `in pages`
/// also takes and answers what turns them.
#[macro_export]
macro_rules! action {
    (
        $(#[doc = $doc:literal])* $name:ident in pages;
        input $input:ident { $($in:tt)* }
        $(unserved [$($unserved:literal),*])?
        errors [$($error:ident),*]
        output $output:ident { $(#[doc = $list_doc:literal])* $list_wire:literal $list:ident: Members<$item:ty>, }
        $($rest:tt)*
    ) => {
        $crate::action! {
            $(#[doc = $doc])* $name;
            input $input {
                $($in)*
                /// Where the list goes on.
                "Marker" marker: Option<$crate::ids::names::Marker>,
                /// How many are wanted.
                "MaxItems" max_items: Option<$crate::ids::names::MaxItems>,
            }
            $(unserved [$($unserved),*])?
            errors [$($error),*]
            output $output {
                /// Whether the list goes on.
                "IsTruncated" is_truncated: bool,
                /// Where.
                "Marker" marker: Option<String>,
                $(#[doc = $list_doc])*
                $list_wire $list: $crate::api::operation::Members<$item>,
            }
            $($rest)*
        }

        impl $input {
            fn paging(&self, whose: &[&str]) -> Result<$crate::iam::paging::Paging, $crate::api::ApiError> {
                let list = [&[stringify!($name)][..], whose].concat();
                $crate::iam::paging::Paging::of(self.marker.as_ref(), self.max_items, &list)
            }
        }

        impl From<$crate::iam::paging::Page<$item>> for $output {
            fn from(page: $crate::iam::paging::Page<$item>) -> Self {
                let is_truncated = page.is_truncated();
                Self { is_truncated, marker: page.marker, $list: $crate::api::operation::Members(page.items) }
            }
        }
    };
    (
        $(#[doc = $doc:literal])* $name:ident;
        input $input:ident { $($in:tt)* }
        $(unserved [$($unserved:literal),*])?
        errors [$($error:ident),*]
        $(output $output:ident { $($out:tt)* })?
        on $on:expr;
        $kind:ident $run:expr;
    ) => {
        $crate::operation! {
            $(#[doc = $doc])* $name;
            input $input { $($in)* }
            $(unserved [$($unserved),*])?
            errors [$($error),*]
            $(output $output { $($out)* })?
        }

        impl $crate::api::Operation for $name {
            const DESCRIPTION: $crate::api::operation::Description = Self::DESCRIBED;
            type Input = $input;
            type Ready = $crate::iam::action::Ready<$input>;
            type Output = $crate::operation!(@output $($output)?);

            fn plan(
                call: &$crate::api::Call<'_, $input>,
                view: &$crate::api::View<'_>,
            ) -> Result<$crate::api::Plan<Self::Ready>, $crate::api::ApiError> {
                let (ready, target) = $crate::iam::action::plan(call, view, $on)?;
                let questions = target.questions(concat!("iam:", stringify!($name)), ready.asker.account);
                Ok($crate::api::Plan::asking(questions, ready))
            }

            fn perform(
                ready: $crate::api::Authorized<Self::Ready>,
                changes: &mut $crate::api::Changes<'_>,
                view: &$crate::api::View<'_>,
            ) -> Result<Self::Output, $crate::api::ApiError> {
                let ready = ready.into_inner();
                $crate::action!(@$kind $name, ready, changes, view, $on, $run)
            }
        }
    };
    (@reads $name:ident, $ready:ident, $changes:ident, $view:ident, $on:expr, $run:expr) => {
        $crate::iam::action::read(&$ready, $changes, $view, $run)
    };
    (@writes $name:ident, $ready:ident, $changes:ident, $view:ident, $on:expr, $run:expr) => {
        $crate::iam::action::write(concat!("iam:", stringify!($name)), &$ready, $changes, $view, $on, $run)
    };
}

/// Reads what an action answers.
pub fn read<I, O>(
    ready: &Ready<I>,
    changes: &Changes<'_>,
    view: &View<'_>,
    run: fn(&I, Look<'_>) -> Result<O, ApiError>,
) -> Result<O, ApiError> {
    let (asker, issuer_url) = (&ready.asker, changes.world.issuer_url.as_str());
    run(&ready.input, Look { asker, identities: &view.snapshot.identities, now: view.moment.now, issuer_url })
}

/// Makes the change of an action.
pub fn write<I, O>(
    action: &'static str,
    ready: &Ready<I>,
    changes: &mut Changes<'_>,
    view: &View<'_>,
    on: fn(&I, Look<'_>) -> Result<Target, ApiError>,
    run: fn(&I, &mut Desk<'_>) -> Result<O, ApiError>,
) -> Result<O, ApiError> {
    let (asker, now, entropy) = (&ready.asker, view.moment.now, changes.world.entropy.as_ref());
    let issuer_url = changes.world.issuer_url.as_str();
    let credentials = Cell::new(None);
    let output = changes.make(|draft| {
        // ATTACK: between the judgement and the deed another call may have put something else in its place.
        view.judge_anew(draft, || {
            let target = on(&ready.input, Look { asker, identities: &draft.identities, now, issuer_url })?;
            Ok(target.questions(action, asker.account))
        })?;
        let (identities, batch) = (&mut draft.identities, &mut draft.batch);
        let mut made = None;
        let mut desk = Desk { asker, identities, batch, now, issuer_url, entropy, made: &mut made };
        let output = run(&ready.input, &mut desk)?;
        credentials.set(made);
        Ok(output)
    })?;
    changes.made = credentials.take();
    Ok(output)
}
