//! Reads seed files: the accounts, users and roles with which a server starts, as YAML or JSON.
//!
//! Text in, document out: nothing is created here, and the environment comes in as an argument. All mistakes are
//! told together, each with its place and a way to mend it. `apply` turns the document into identities.

mod apply;
mod check;
mod delivery;
mod digest;
pub mod document;
mod export;
mod fault;
mod given;
mod interpolate;
mod json;
mod meaning;
mod merge;
mod namesakes;
mod nearest;
mod oidc;
mod organizations;
mod page;
mod parts;
mod passwords;
mod plant;
mod read;
mod reader;
mod regions;
mod saml;
mod schema;
mod tree;

use std::sync::Arc;

pub use document::Document;
pub use export::{comes_back, export};
pub use fault::{Fault, Place, SeedErrors};
pub use meaning::check_files;
pub use nearest::nearest;
pub use plant::{Mode, NotPlanted, Replanting, built_in, plant, replace, replant};
pub use read::read_files;
pub use tree::MAX_TEXT;

/// The text of a seed file.
#[derive(Clone, derive_more::Debug)]
#[debug("Source({name}, {} bytes)", text.len())]
pub struct Source {
    /// The name by which mistakes are told.
    pub name: String,
    /// YAML or JSON. May hold secrets.
    pub text: String,
}

/// A seed that may be applied.
#[derive(Clone, Debug)]
pub struct Seed {
    /// All files in one.
    pub document: Document,
    /// SHA-256 in hexadecimal of what the document says: the same for another notation of the same seed.
    pub digest: String,
    /// What is accepted and has no effect, one line each.
    pub warnings: Vec<String>,
}

/// The seed that `sources` write together, a later one over an earlier one.
///
/// `environment` answers for the variables in secrets.
pub fn parse(sources: &[Source], environment: &dyn Fn(&str) -> Option<String>) -> Result<Seed, SeedErrors> {
    let mut faults = fault::Faults::default();
    let mut warnings = Vec::new();
    let mut drafts = Vec::new();
    let mut files: Vec<Arc<str>> = Vec::new();
    for source in sources {
        let file: Arc<str> = source.name.as_str().into();
        if let Some(root) = tree::parse(&source.text, &tree::Origin::File(&file), &mut faults) {
            let draft = reader::Reader { faults: &mut faults, warnings: &mut warnings, environment }.file(&root);
            check::access_keys(draft.accounts.iter().map(|draft| &draft.account), &mut faults);
            drafts.push(draft);
        }
        files.push(file);
    }
    let complete = drafts.len() == sources.len();
    let document = merge::merge(drafts);
    // WHY: what is missing because its file could not be read is no second mistake.
    if complete {
        check::references(&document, &mut faults);
    }
    faults.into_result(&files)?;
    warnings.extend(meaning::unknown_services(&document));
    Ok(Seed { digest: digest::of(&document), document, warnings })
}

/// One file of YAML or JSON as JSON, with its mistakes told by line: for configuration that is no seed.
pub fn to_json(source: &Source) -> Result<String, SeedErrors> {
    let mut faults = fault::Faults::default();
    let file: Arc<str> = source.name.as_str().into();
    let root = tree::parse(&source.text, &tree::Origin::File(&file), &mut faults);
    faults.into_result(&[file])?;
    Ok(root.map_or_else(String::new, |root| json::render(&root)))
}
