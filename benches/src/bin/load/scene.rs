//! What is measured, and where its files are.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::calls::{GET_CALLER_IDENTITY, SEED, assume_role, user};
use crate::client::{self, Answer};
use crate::process::Server;
use crate::sign::{self, Keys};

/// A directory of our own and what is in it.
pub struct Scene {
    directory: PathBuf,
}

/// A kind of call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// By a user with a long-term key.
    IdentityOfUser,
    /// With the credentials of a session.
    IdentityOfSession,
    /// By the user.
    AssumeRole,
}

impl Action {
    pub const ALL: [Self; 3] = [Self::IdentityOfUser, Self::IdentityOfSession, Self::AssumeRole];

    /// As the command line has it.
    pub fn flag(self) -> &'static str {
        match self {
            Self::IdentityOfUser => "user",
            Self::IdentityOfSession => "session",
            Self::AssumeRole => "assume",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::IdentityOfUser => "GetCallerIdentity, user",
            Self::IdentityOfSession => "GetCallerIdentity, session",
            Self::AssumeRole => "AssumeRole, user",
        }
    }

    pub fn operation(self) -> &'static str {
        match self {
            Self::IdentityOfUser | Self::IdentityOfSession => "GetCallerIdentity",
            Self::AssumeRole => "AssumeRole",
        }
    }
}

impl Scene {
    /// Everything below `directory` is ours.
    pub fn new(directory: PathBuf) -> Result<Self, Failure> {
        std::fs::create_dir_all(&directory)?;
        std::fs::write(directory.join("seed.yaml"), SEED)?;
        Ok(Self { directory })
    }

    /// Starts the product with the seed of the scene.
    pub fn start(&self, product: &Path, arguments: &[&str]) -> Result<Server, Failure> {
        let seed = text(&self.directory.join("seed.yaml"))?;
        Server::product(product, &[&["--seed", &seed], arguments].concat(), &self.directory.join("product.log"))
    }

    /// The path of the data directory that holds this many sessions.
    pub fn data(&self, sessions: u64) -> PathBuf {
        self.directory.join(format!("data-{sessions}"))
    }

    /// What signs calls of this kind.
    pub fn keys(&self, action: Action, address: SocketAddr) -> Result<Keys, Failure> {
        if action != Action::IdentityOfSession {
            return Ok(user());
        }
        let answer = client::ask(address, &self.request(Action::AssumeRole, &user(), address, 0))?;
        session(&answer)
    }

    /// The request that the connection of this number sends.
    pub fn request(&self, action: Action, keys: &Keys, address: SocketAddr, at: usize) -> Vec<u8> {
        let form = match action {
            Action::IdentityOfUser | Action::IdentityOfSession => GET_CALLER_IDENTITY.to_owned(),
            Action::AssumeRole => assume_role(at),
        };
        sign::request(address, keys, &form)
    }
}

fn session(answer: &Answer) -> Result<Keys, Failure> {
    Ok(Keys {
        id: answer.element("AccessKeyId")?,
        secret: answer.element("SecretAccessKey")?,
        token: Some(answer.element("SessionToken")?),
    })
}

/// A path as an argument.
pub fn text(path: &Path) -> Result<String, Failure> {
    Ok(path.to_str().ok_or("a path that is no text")?.to_owned())
}
