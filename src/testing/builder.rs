//! What a test may say before its service starts.

use std::path::PathBuf;

use super::{TestSts, fail};
use crate::config::Options;
use crate::ids::region::GLOBAL;
use crate::seed::{self, Seed, Source};
use crate::server::background::Background;
use crate::server::doors::{Doors, Sockets};
use crate::server::start::{Ground, guard, world};
use crate::time::Timestamp;

/// A service in the making. All of it may be left out.
#[derive(Clone, Debug, Default)]
#[must_use = "it is not started yet"]
pub struct Builder {
    texts: Vec<String>,
    files: Vec<PathBuf>,
    at: Option<String>,
    options: Options,
}

/// One worker for each door is enough for a test, and fifty tests have fifty of them.
const WORKERS: usize = 1;

impl Builder {
    /// The seed, YAML or JSON, in place of the built-in one. Several are laid over each other, after those of files.
    pub fn seed_str(mut self, text: &str) -> Self {
        self.texts.push(text.to_owned());
        self
    }

    /// The seed by its file. Several are laid over each other.
    pub fn seed_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.files.push(path.into());
        self
    }

    /// Makes ids, keys and tokens repeat: the same calls in the same order get the same ones; with [`Builder::at`], to
    /// the letter.
    pub fn entropy_seed(mut self, number: u64) -> Self {
        self.options.entropy_seed = Some(number);
        self
    }

    /// Makes the service's clock stand still at this time, such as `2026-01-15T12:00:00Z`. SDKs go on signing by the
    /// machine's clock, which is taken as well.
    pub fn at(mut self, time: &str) -> Self {
        self.at = Some(time.to_owned());
        self
    }

    /// Makes the service answer for this region only; `aws-global` is the global endpoint.
    pub fn region(mut self, name: &str) -> Self {
        self.options.region = Some(name.to_owned());
        self
    }

    /// Anything else that the command line knows. Where it listens and that it keeps nothing is decided here.
    pub fn options(mut self, set: impl FnOnce(&mut Options)) -> Self {
        set(&mut self.options);
        self
    }

    /// Starts the service; panics if it cannot be.
    #[track_caller]
    pub fn start(self) -> TestSts {
        self.try_start().unwrap_or_else(|why| fail(&why))
    }

    /// Starts the service, or says why it cannot be.
    pub fn try_start(self) -> Result<TestSts, String> {
        let told = |error: Box<dyn std::error::Error + Send + Sync>| error.to_string();
        let at = self.at.as_deref().map(instant).transpose()?;
        let seed = self.seed()?;
        let options = Options {
            config: None,
            aws_listen: Some("127.0.0.1:0".to_owned()),
            companion_listen: Some("127.0.0.1:0".to_owned()),
            data_dir: None,
            ephemeral: Some(true),
            ..self.options
        };
        let region = options.region.clone().unwrap_or_else(|| GLOBAL.name.to_owned());
        let config = options.decide(&|_| None)?;
        let sockets = Sockets::bind(&config).map_err(told)?;
        let world = world(&config, Ground { seed, at }).map_err(told)?;
        let guard = guard(&config).map_err(told)?;
        let doors = Doors::of(world, sockets, guard, &config, WORKERS).map_err(told)?;
        let place = doors.place();
        Ok(TestSts { place, at, region, _served: Background::serve(doors).map_err(told)? })
    }

    fn seed(&self) -> Result<Option<Seed>, String> {
        if self.texts.is_empty() && self.files.is_empty() {
            return Ok(None);
        }
        let mut sources = seed::read_files(&self.files).map_err(|errors| errors.to_string())?;
        let texts = self.texts.iter().map(|text| Source { name: "seed_str".to_owned(), text: text.clone() });
        sources.extend(texts);
        seed::parse(&sources, &variable).map(Some).map_err(|errors| errors.to_string())
    }
}

/// The seed in this text.
pub(super) fn parsed(name: &str, text: &str) -> Result<Seed, String> {
    let source = Source { name: name.to_owned(), text: text.to_owned() };
    seed::parse(&[source], &variable).map_err(|errors| errors.to_string())
}

/// As `2026-01-15T12:00:00Z`.
pub(super) fn instant(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_iso(text).ok_or_else(|| format!("{text} is no time: write it as 2026-01-15T12:00:00Z"))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
