//! An operation: declared once, filled in with two hooks.
//!
//! `plan` reads and says what must be allowed; `perform` writes, and only gets what the pipeline found allowed.

use super::errors::ApiError;
use super::members::{Reader, Unreadable};
use super::world::{View, World};
use crate::access::{Caller, Question};
use crate::ids::Endpoint;
use crate::ids::names::SourceIdentity;
use crate::shape::Constraints;
use crate::time::Timestamp;
use crate::wire::{Document, Params};

/// One operation of a service.
pub trait Operation: Sized + 'static {
    /// How it is described.
    const DESCRIPTION: Description;
    /// Its parameters.
    type Input: Input;
    /// What `plan` hands on to `perform`.
    type Ready;
    /// Its answer.
    type Output: OutputStructure;

    /// Looks up what is needed and says what must be allowed. Writes nothing.
    fn plan(call: &Call<'_, Self::Input>, view: &View<'_>) -> Result<Plan<Self::Ready>, ApiError>;

    /// Does it.
    fn perform(ready: Authorized<Self::Ready>, world: &World, view: &View<'_>) -> Result<Self::Output, ApiError>;
}

/// A call whose caller is known and whose parameters are in order.
pub struct Call<'a, I> {
    /// Who calls.
    pub caller: &'a Caller<'a>,
    /// The parameters.
    pub input: I,
    /// Where it was sent to.
    pub endpoint: Endpoint,
}

/// What has to be allowed, and what is to be done then.
pub struct Plan<R> {
    questions: Vec<Question>,
    ready: R,
}

impl<R> Plan<R> {
    /// Everything in `questions` must be allowed.
    pub fn asking(questions: Vec<Question>, ready: R) -> Self {
        Self { questions, ready }
    }

    /// Nothing has to be allowed, for this reason.
    pub fn open(_reason: &'static str, ready: R) -> Self {
        Self { questions: Vec::new(), ready }
    }

    pub(super) fn into_parts(self) -> (Vec<Question>, Authorized<R>) {
        (self.questions, Authorized(self.ready))
    }
}

/// Proof that every question of a plan was allowed. The pipeline alone hands it over.
pub struct Authorized<R>(R);

impl<R> Authorized<R> {
    /// What the plan made ready.
    pub fn into_inner(self) -> R {
        self.0
    }
}

/// Parameters that can be read.
pub trait Input: Sized {
    /// Its members.
    const MEMBERS: &'static [InputField];

    /// Reads them all, and reports all that is wrong.
    fn decode(params: &Params<'_>) -> Result<Self, Unreadable>;
}

/// A structure of an answer.
pub trait OutputStructure {
    /// Its members in wire order.
    const MEMBERS: &'static [&'static str];

    /// Writes its members.
    fn write(&self, document: &mut Document);
}

/// A member of an answer.
pub trait OutputMember {
    /// Writes it under `name`.
    fn write_as(&self, name: &'static str, document: &mut Document);
}

/// How an operation is described: the source of `docs/api.md` and of the probes.
#[derive(Debug)]
pub struct Description {
    /// `AssumeRole`.
    pub name: &'static str,
    /// `AssumeRoleResponse` and `AssumeRoleResult`.
    pub elements: [&'static str; 2],
    /// What it is for.
    pub doc: &'static str,
    /// Its parameters.
    pub input: &'static [InputField],
    /// Parameters that AWS has and this version refuses by name.
    pub unserved: &'static [&'static str],
    /// The members of its answer, in wire order.
    pub output: &'static [&'static str],
}

/// A parameter.
#[derive(Debug)]
pub struct InputField {
    /// As it stands on the wire.
    pub name: &'static str,
    /// Whether a call without it is refused.
    pub required: bool,
    /// What its value must meet.
    pub constraints: Constraints,
}

impl<I: Input> Call<'_, I> {
    /// Reads the parameters of a call.
    pub(super) fn decode(params: &Params<'_>) -> Result<I, Unreadable> {
        I::decode(params)
    }
}

/// Reads the members of an input one by one; used by `operation!`.
pub fn read_input<I>(params: &Params<'_>, read: impl FnOnce(&mut Reader<'_>) -> Option<I>) -> Result<I, Unreadable> {
    let mut reader = Reader::new(params);
    let input = read(&mut reader);
    reader.finish(input)
}

impl OutputMember for String {
    fn write_as(&self, name: &'static str, document: &mut Document) {
        document.text(name, self);
    }
}

impl OutputMember for SourceIdentity {
    fn write_as(&self, name: &'static str, document: &mut Document) {
        document.text(name, self.as_str());
    }
}

impl<T: OutputMember> OutputMember for Option<T> {
    fn write_as(&self, name: &'static str, document: &mut Document) {
        if let Some(value) = self {
            value.write_as(name, document);
        }
    }
}

impl OutputMember for i64 {
    fn write_as(&self, name: &'static str, document: &mut Document) {
        document.number(name, *self);
    }
}

impl OutputMember for Timestamp {
    fn write_as(&self, name: &'static str, document: &mut Document) {
        document.instant(name, *self);
    }
}

impl<T: OutputStructure> OutputMember for T {
    fn write_as(&self, name: &'static str, document: &mut Document) {
        document.open(name);
        self.write(document);
        document.close(name);
    }
}

/// Declares a structure of an answer; the members stand in wire order.
#[macro_export]
macro_rules! structure {
    ($(#[$doc:meta])* $name:ident { $($(#[$member_doc:meta])* $wire:literal $member:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name { $($(#[$member_doc])* pub $member: $type,)* }

        impl $crate::api::operation::OutputStructure for $name {
            const MEMBERS: &'static [&'static str] = &[$($wire),*];

            fn write(&self, document: &mut $crate::wire::Document) {
                $($crate::api::operation::OutputMember::write_as(&self.$member, $wire, document);)*
            }
        }
    };
}

/// Declares an operation: its parameters, its answer, and what of AWS's parameters is not served yet.
#[macro_export]
macro_rules! operation {
    (
        $(#[doc = $doc:literal])* $name:ident;
        input $input:ident { $($(#[$in_doc:meta])* $in_wire:literal $in_member:ident: $in_type:ty,)* }
        unserved [$($unserved:literal),*]
        output $output:ident { $($(#[$out_doc:meta])* $out_wire:literal $out_member:ident: $out_type:ty,)* }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug)]
        pub struct $name;

        impl $name {
            const DESCRIBED: $crate::api::operation::Description = $crate::api::operation::Description {
                name: stringify!($name),
                elements: [concat!(stringify!($name), "Response"), concat!(stringify!($name), "Result")],
                doc: concat!($($doc),*),
                input: <$input as $crate::api::operation::Input>::MEMBERS,
                unserved: &[$($unserved),*],
                output: <$output as $crate::api::operation::OutputStructure>::MEMBERS,
            };
        }

        #[doc = concat!("The parameters of `", stringify!($name), "`.")]
        #[derive(Debug)]
        pub struct $input { $($(#[$in_doc])* pub $in_member: $in_type,)* }

        impl $crate::api::operation::Input for $input {
            const MEMBERS: &'static [$crate::api::operation::InputField] = &[$(
                $crate::api::operation::InputField {
                    name: $in_wire,
                    required: <$in_type as $crate::api::members::InputMember>::REQUIRED,
                    constraints: <$in_type as $crate::api::members::InputMember>::CONSTRAINTS,
                },
            )*];

            fn decode(params: &$crate::wire::Params<'_>) -> Result<Self, $crate::api::members::Unreadable> {
                $crate::api::operation::read_input(params, |_reader| {
                    $(let $in_member = <$in_type as $crate::api::members::InputMember>::read(_reader, $in_wire);)*
                    Some(Self { $($in_member: $in_member?,)* })
                })
            }
        }

        $crate::structure! {
            #[doc = concat!("The answer of `", stringify!($name), "`.")]
            $output { $($(#[$out_doc])* $out_wire $out_member: $out_type,)* }
        }
    };
}
