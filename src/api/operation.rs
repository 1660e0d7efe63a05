//! An operation: declared once, filled in with two hooks.
//!
//! `plan` reads and says what must be allowed; `perform` writes, and only gets what the pipeline found allowed.

use super::errors::ApiError;
use super::members::{InputMember, Reader, Unreadable};
use super::second_factor::SecondFactor;
use super::world::{Changes, View};
use crate::access::{Bearer, Caller, Question};
use crate::identities::VerifiedCode;
use crate::ids::Endpoint;
use crate::ids::names::SourceIdentity;
use crate::key_sets::Due;
use crate::secret::names_a_secret;
use crate::shape::Constraints;
use crate::time::Timestamp;
use crate::wire::{Document, ErrorCode, Params};

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

    /// Whether this endpoint has it. Asked before the parameters are looked at.
    fn served_at(_endpoint: Endpoint) -> Result<(), ApiError> {
        Ok(())
    }

    /// Looks up what is needed and says what must be allowed. Writes nothing.
    fn plan(call: &Call<'_, Self::Input>, view: &View<'_>) -> Result<Plan<Self::Ready>, ApiError>;

    /// Does it.
    fn perform(
        ready: Authorized<Self::Ready>,
        changes: &mut Changes<'_>,
        view: &View<'_>,
    ) -> Result<Self::Output, ApiError>;
}

/// An operation that nobody signs: a token or an assertion among its parameters says who bears it.
pub trait UnsignedOperation: Sized + 'static {
    /// How it is described.
    const DESCRIPTION: Description;
    /// Its parameters.
    type Input: Input;
    /// What `plan` hands on to `perform`.
    type Ready;
    /// Its answer.
    type Output: OutputStructure;

    /// Proves what is borne, looks up what is needed and says what must be allowed. Writes nothing.
    fn plan(call: &UnsignedCall<Self::Input>, view: &View<'_>) -> Result<UnsignedPlan<Self::Ready>, ApiError>;

    /// Does it.
    fn perform(
        ready: Authorized<Self::Ready>,
        changes: &mut Changes<'_>,
        view: &View<'_>,
    ) -> Result<Self::Output, ApiError>;
}

/// A call that nobody signed and whose parameters are in order.
pub struct UnsignedCall<I> {
    /// The parameters.
    pub input: I,
    /// Where it was sent to.
    pub endpoint: Endpoint,
}

/// What becomes of a call that nobody signed.
pub enum UnsignedPlan<R> {
    /// It cannot be judged before these keys are there.
    Waiting(Due),
    /// Everything in `questions` must be allowed to the bearer.
    Asking {
        /// Who bears what was proved.
        bearer: Bearer,
        /// All of them.
        questions: Vec<Question>,
        /// What is to be done then.
        ready: R,
    },
}

/// A call whose caller is known and whose parameters are in order.
pub struct Call<'a, I> {
    /// Who calls.
    pub caller: &'a Caller,
    /// The parameters.
    pub input: I,
    /// Where it was sent to.
    pub endpoint: Endpoint,
}

/// What has to be allowed, and what is to be done then.
pub struct Plan<R> {
    pub(super) second_factor: SecondFactor,
    pub(super) questions: Vec<Question>,
    pub(super) ready: Result<R, ApiError>,
}

impl<R> Plan<R> {
    /// Everything in `questions` must be allowed.
    pub fn asking(questions: Vec<Question>, ready: R) -> Self {
        Self { second_factor: SecondFactor::default(), questions, ready: Ok(ready) }
    }

    /// Nothing has to be allowed, for this reason.
    pub fn open(_reason: &'static str, ready: R) -> Self {
        Self::asking(Vec::new(), ready)
    }

    /// A refusal that waits until the second factor was checked: the order must not tell what exists.
    pub fn refused(error: ApiError) -> Self {
        Self { second_factor: SecondFactor::default(), questions: Vec::new(), ready: Err(error) }
    }

    /// The same for a call that has this to say of a second factor.
    pub fn with(self, second_factor: SecondFactor) -> Self {
        Self { second_factor, ..self }
    }
}

/// Proof that every question of a plan was allowed. The pipeline alone hands it over.
pub struct Authorized<R> {
    ready: R,
    code: Option<VerifiedCode>,
}

impl<R> Authorized<R> {
    pub(super) fn new(ready: R, code: Option<VerifiedCode>) -> Self {
        Self { ready, code }
    }

    /// What the plan made ready.
    pub fn into_inner(self) -> R {
        self.ready
    }

    /// What the plan made ready, and the code that the call showed, to be used up.
    pub fn into_parts(self) -> (R, Option<VerifiedCode>) {
        (self.ready, self.code)
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
    const MEMBERS: &'static [OutputField];
    /// About how many bytes they take.
    const ROOM: usize;

    /// Writes its members.
    fn write(&self, document: &mut Document);
}

/// A member of an answer.
pub trait OutputMember {
    /// What stands in it.
    const KIND: OutputKind = OutputKind::Text;
    /// Whether it may be left out.
    const OPTIONAL: bool = false;
    /// About how many bytes it takes with its name.
    const ROOM: usize = 100;

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
    /// What it may answer beside the errors that are common to all operations.
    pub errors: &'static [ErrorCode],
    /// The members of its answer, in wire order.
    pub output: &'static [OutputField],
    /// Whether the element of the result is there. AWS: not where there is no output (iamx-wire-noresult); of one without
    /// members it is, and clients look for it (`UpdateRole`).
    pub has_result: bool,
}

/// A parameter, or a member of one.
#[derive(Debug)]
pub struct InputField {
    /// As it stands on the wire.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// Whether a call without it is refused.
    pub required: bool,
    /// What its value must meet.
    pub constraints: Constraints,
    /// What it is made of.
    pub parts: Parts,
    /// Whether its value is one that must not be seen.
    pub secret: bool,
}

impl InputField {
    /// The parameter of this name and type.
    pub const fn of<T: InputMember>(name: &'static str, doc: &'static str) -> Self {
        let (constraints, parts) = (T::CONSTRAINTS, T::PARTS);
        Self {
            name,
            doc,
            required: T::REQUIRED,
            constraints,
            parts,
            secret: constraints.secret || names_a_secret(name),
        }
    }
}

/// What a parameter is made of.
#[derive(Clone, Copy, Debug)]
pub enum Parts {
    /// It is one value.
    None,
    /// A list of values that must meet this.
    Values(Constraints),
    /// A structure of these members, or a list of such structures.
    Members(&'static [InputField]),
}

/// A member of an answer.
#[derive(Debug)]
pub struct OutputField {
    /// As it stands on the wire.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// Whether it may be left out.
    pub optional: bool,
    /// What stands in it.
    pub kind: OutputKind,
}

/// What stands in a member of an answer.
#[derive(Clone, Copy, Debug)]
pub enum OutputKind {
    /// A text.
    Text,
    /// A number.
    Number,
    /// A point in time.
    Instant,
    /// True or false.
    Boolean,
    /// These members.
    Structure(&'static [OutputField]),
    /// Entries, each of which has this in it.
    List(&'static OutputKind),
    /// Names with their values.
    Map,
}

/// A list of an answer.
#[derive(Clone, Debug, Default)]
pub struct Members<T>(pub Vec<T>);

/// Names with their values, in the order in which they are written.
#[derive(Clone, Debug)]
pub struct Entries<V>(pub Vec<(&'static str, V)>);

/// An instant with its milliseconds. AWS: few have them (sts-s-gwit-ok-user, iam-s-oidc-date-ms).
#[derive(Clone, Copy, Debug)]
pub struct Milliseconds(pub Timestamp);

/// Reads the members of an input one by one; used by `operation!`.
pub fn read_input<I>(params: &Params<'_>, read: impl FnOnce(&mut Reader<'_>) -> Option<I>) -> Result<I, Unreadable> {
    let mut reader = Reader::new(params);
    let input = read(&mut reader);
    reader.finish(input)
}

/// The answer of an operation that has nothing to say.
impl OutputStructure for () {
    const MEMBERS: &'static [OutputField] = &[];
    const ROOM: usize = 0;

    fn write(&self, _document: &mut Document) {}
}

impl OutputMember for String {
    fn write_as(&self, name: &'static str, document: &mut Document) {
        document.text(name, self);
    }
}

impl OutputMember for bool {
    const KIND: OutputKind = OutputKind::Boolean;

    fn write_as(&self, name: &'static str, document: &mut Document) {
        document.boolean(name, *self);
    }
}

impl<T: OutputMember> OutputMember for Members<T> {
    const KIND: OutputKind = OutputKind::List(&T::KIND);

    fn write_as(&self, name: &'static str, document: &mut Document) {
        document.list(name, &self.0, T::write_as);
    }
}

impl<V: Clone + Into<serde_json::Value>> OutputMember for Entries<V> {
    const KIND: OutputKind = OutputKind::Map;

    fn write_as(&self, name: &'static str, document: &mut Document) {
        document.map(name, self.0.iter().map(|(key, value)| (*key, value.clone().into())));
    }
}

impl OutputMember for SourceIdentity {
    fn write_as(&self, name: &'static str, document: &mut Document) {
        document.text(name, self.as_str());
    }
}

impl<T: OutputMember> OutputMember for Option<T> {
    const KIND: OutputKind = T::KIND;
    const OPTIONAL: bool = true;
    const ROOM: usize = 0;

    fn write_as(&self, name: &'static str, document: &mut Document) {
        match self {
            Some(value) => value.write_as(name, document),
            None => document.absent(name),
        }
    }
}

impl OutputMember for i64 {
    const KIND: OutputKind = OutputKind::Number;

    fn write_as(&self, name: &'static str, document: &mut Document) {
        document.number(name, *self);
    }
}

impl OutputMember for Timestamp {
    const KIND: OutputKind = OutputKind::Instant;

    fn write_as(&self, name: &'static str, document: &mut Document) {
        document.instant(name, *self);
    }
}

impl OutputMember for Milliseconds {
    const KIND: OutputKind = OutputKind::Instant;

    fn write_as(&self, name: &'static str, document: &mut Document) {
        document.instant_with_millis(name, self.0);
    }
}

impl<T: OutputStructure> OutputMember for T {
    const KIND: OutputKind = OutputKind::Structure(T::MEMBERS);
    const ROOM: usize = 40 + <T as OutputStructure>::ROOM;

    fn write_as(&self, name: &'static str, document: &mut Document) {
        document.open(name);
        self.write(document);
        document.close(name);
    }
}

/// Declares a structure of an answer; the members stand in wire order.
#[macro_export]
macro_rules! structure {
    ($(#[$doc:meta])* $name:ident { $($(#[doc = $member_doc:literal])* $wire:literal $member:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name { $($(#[doc = $member_doc])* pub $member: $type,)* }

        impl $crate::api::operation::OutputStructure for $name {
            const MEMBERS: &'static [$crate::api::operation::OutputField] = &[$(
                $crate::api::operation::OutputField {
                    name: $wire,
                    doc: concat!($($member_doc),*),
                    optional: <$type as $crate::api::operation::OutputMember>::OPTIONAL,
                    kind: <$type as $crate::api::operation::OutputMember>::KIND,
                },
            )*];

            const ROOM: usize = 0 $(+ <$type as $crate::api::operation::OutputMember>::ROOM)*;

            fn write(&self, document: &mut $crate::wire::Document) {
                let _ = &document;
                $($crate::api::operation::OutputMember::write_as(&self.$member, $wire, document);)*
            }
        }
    };
}

/// Declares an operation: its parameters, what of AWS's parameters is not served yet, the errors that are its own, and its
/// answer if it has one.
#[macro_export]
macro_rules! operation {
    (@output) => { () };
    (@output $output:ident) => { $output };
    (@has_result) => { false };
    (@has_result $output:ident) => { true };
    (
        $(#[doc = $doc:literal])* $name:ident;
        input $input:ident { $($(#[doc = $in_doc:literal])* $in_wire:literal $in_member:ident: $in_type:ty,)* }
        $(unserved [$($unserved:literal),*])?
        $(errors [$($error:ident),*])?
        $(output $output:ident {
            $($(#[doc = $out_doc:literal])* $out_wire:literal $out_member:ident: $out_type:ty,)*
        })?
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
                unserved: &[$($($unserved),*)?],
                errors: &[$($($crate::wire::ErrorCode::$error),*)?],
                output: <$crate::operation!(@output $($output)?) as $crate::api::operation::OutputStructure>::MEMBERS,
                has_result: $crate::operation!(@has_result $($output)?),
            };
        }

        #[doc = concat!("The parameters of `", stringify!($name), "`.")]
        #[derive(Clone, Debug)]
        pub struct $input { $($(#[doc = $in_doc])* pub $in_member: $in_type,)* }

        impl $crate::api::operation::Input for $input {
            const MEMBERS: &'static [$crate::api::operation::InputField] = &[$(
                $crate::api::operation::InputField::of::<$in_type>($in_wire, concat!($($in_doc),*)),
            )*];

            fn decode(params: &$crate::wire::Params<'_>) -> Result<Self, $crate::api::members::Unreadable> {
                $crate::api::operation::read_input(params, |_reader| {
                    $(let $in_member = <$in_type as $crate::api::members::InputMember>::read(_reader, $in_wire);)*
                    Some(Self { $($in_member: $in_member?,)* })
                })
            }
        }

        $($crate::structure! {
            #[doc = concat!("The answer of `", stringify!($name), "`.")]
            $output { $($(#[doc = $out_doc])* $out_wire $out_member: $out_type,)* }
        })?
    };
}
