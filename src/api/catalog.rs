//! Finds the operation that a call names.

use serde_json::Value;

use super::errors::{ApiError, unreadable, unreadable_to_iam};
use super::members::lower_camel;
use super::operation::{
    Call, Description, Input, Operation, OutputStructure, UnsignedCall, UnsignedOperation, UnsignedPlan,
};
use super::pipeline::{authorize, authorize_bearer, judge_again};
use super::world::{Changes, View};
use crate::access::{Caller, Question, RequestFacts};
use crate::faults::Injected;
use crate::identities::Identities;
use crate::ids::Endpoint;
use crate::key_sets::Due;
use crate::secret::names_a_secret;
use crate::wire::{Document, Params};

/// The operations of one version of one service.
#[derive(Debug)]
pub struct Catalog {
    /// The service of the credential scope: `sts`.
    pub service: &'static str,
    /// `2011-06-15`.
    pub version: &'static str,
    /// The XML namespace of its answers.
    pub namespace: &'static str,
    /// Whether it is in one region of each partition, wherever it is called.
    pub is_global: bool,
    /// Whether it knows sessions of users only if they showed a code of an MFA device.
    pub wants_second_factor: bool,
    /// Whether refusals of parameters show what was sent.
    pub shows_values: bool,
    /// In alphabetical order.
    pub entries: &'static [Entry],
}

/// One operation without its types.
#[derive(Debug)]
pub struct Entry {
    /// How it is described.
    pub description: &'static Description,
    pub(super) run: Run,
}

/// How an operation is run.
#[derive(Clone, Copy, Debug)]
pub(super) enum Run {
    /// By a caller who signed.
    Signed(fn(&Bare<'_>, &Caller, &mut Changes<'_>) -> Result<Vec<u8>, ApiError>),
    /// By whoever bears a proof.
    Unsigned(fn(&Bare<'_>, &mut Changes<'_>) -> Result<Vec<u8>, Stop>),
}

/// Why a call has no answer of its operation, or not yet.
#[derive(derive_more::From)]
pub(super) enum Stop {
    /// It is refused.
    #[from]
    Refused(ApiError),
    /// These keys must be there first.
    Waiting(Due),
    /// Somebody wanted it to go wrong.
    Struck(Injected),
}

/// A call before its parameters are read.
pub(super) struct Bare<'a> {
    pub(super) params: &'a Params<'a>,
    pub(super) endpoint: Endpoint,
    pub(super) facts: &'a RequestFacts<'a>,
    pub(super) view: &'a View<'a>,
    pub(super) answer: Answer<'a>,
}

/// How the answer shall be written.
#[derive(Clone, Copy)]
pub(super) struct Answer<'a> {
    pub(super) format: crate::wire::Format,
    pub(super) catalog: &'static Catalog,
    pub(super) request_id: &'a str,
}

/// The entry of an operation.
pub const fn entry<O: Operation>() -> Entry {
    Entry { description: &O::DESCRIPTION, run: Run::Signed(run::<O>) }
}

/// The entry of an operation that nobody signs.
pub const fn unsigned_entry<O: UnsignedOperation>() -> Entry {
    Entry { description: &O::DESCRIPTION, run: Run::Unsigned(run_unsigned::<O>) }
}

impl Catalog {
    /// The operation of this name.
    pub fn find(&self, action: &str) -> Option<&'static Entry> {
        self.entries.iter().find(|entry| entry.description.name == action)
    }
}

fn run<O: Operation>(bare: &Bare<'_>, caller: &Caller, changes: &mut Changes<'_>) -> Result<Vec<u8>, ApiError> {
    O::served_at(bare.endpoint)?;
    let input = read::<O::Input>(&O::DESCRIPTION, bare)?;
    let call = Call { caller, input, endpoint: bare.endpoint };
    let plan = O::plan(&call, bare.view)?;
    let ready = authorize(plan, caller, bare, changes)?;
    let world = changes.world;
    let again =
        |questions: &[Question], identities: &Identities| judge_again(questions, caller, bare, identities, world);
    let output = O::perform(ready, changes, &View { again: Some(&again), ..*bare.view })?;
    if O::DESCRIPTION.name.starts_with("Create") {
        let created = record(Document::record(|document| output.write(document)));
        changes.created = Some(created.to_string()).filter(|text| text != "{}");
    }
    Ok(render(&O::DESCRIPTION, &output, bare.answer))
}

fn run_unsigned<O: UnsignedOperation>(bare: &Bare<'_>, changes: &mut Changes<'_>) -> Result<Vec<u8>, Stop> {
    let input = read::<O::Input>(&O::DESCRIPTION, bare)?;
    let call = UnsignedCall { input, endpoint: bare.endpoint };
    let (bearer, questions, ready) = match O::plan(&call, bare.view)? {
        UnsignedPlan::Waiting(due) => return Err(Stop::Waiting(due)),
        UnsignedPlan::Asking { bearer, questions, ready } => (bearer, questions, ready),
    };
    let bearer = changes.bearer.insert(bearer);
    let ready = authorize_bearer(O::DESCRIPTION.name, bearer, &questions, ready, bare)?;
    let output = O::perform(ready, changes, bare.view)?;
    Ok(render(&O::DESCRIPTION, &output, bare.answer))
}

fn read<I: Input>(description: &Description, bare: &Bare<'_>) -> Result<I, ApiError> {
    refuse_unserved(description, bare.params)?;
    let shows_values = bare.answer.catalog.shows_values;
    I::decode(bare.params).map_err(|reason| if shows_values { unreadable(&reason) } else { unreadable_to_iam(reason) })
}

/// A parameter that would change the answer is never silently ignored.
fn refuse_unserved(description: &Description, params: &Params<'_>) -> Result<(), ApiError> {
    let unserved = |name: &str| {
        description
            .unserved
            .iter()
            .find(|unserved| name.strip_prefix(**unserved).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    };
    let sent = params.names().find_map(|name| unserved(&name));
    sent.map_or(Ok(()), |parameter| Err(ApiError::unserved_parameter(description.name, parameter)))
}

/// What an answer shows, as records of CloudTrail have it: without what is secret.
fn record(shown: Value) -> Value {
    match shown {
        Value::Object(members) => {
            let members = members.into_iter().filter(|(name, _)| !names_a_secret(name));
            members.map(|(name, value)| (lower_camel(&name), record(value))).collect()
        }
        Value::Array(entries) => entries.into_iter().map(record).collect(),
        value => value,
    }
}

fn render<O: OutputStructure>(description: &Description, output: &O, answer: Answer<'_>) -> Vec<u8> {
    let [response, result] = description.elements;
    // What is around the members takes some 400 bytes.
    let mut document = Document::with_room(answer.format, 400 + O::ROOM);
    document.root(response, answer.catalog.namespace);
    if description.has_result {
        document.open(result);
        output.write(&mut document);
        document.close(result);
    }
    document.open("ResponseMetadata");
    document.text("RequestId", answer.request_id);
    document.close("ResponseMetadata");
    document.close(response);
    document.finish()
}
