//! What is measured, and where its files are.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::calls::{GET_CALLER_IDENTITY, SEED, assume_role, assume_role_with_web_identity, user};
use crate::client::{self, Answer};
use crate::issuer;
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
    /// By a token of this algorithm.
    WebIdentity(&'static str),
}

/// By what a call is believed.
pub enum Proof {
    /// It is signed by these.
    Signature(Keys),
    /// It brings this.
    Token(String),
}

impl Proof {
    /// The long-term key of the seed.
    pub fn of_user() -> Self {
        Self::Signature(user())
    }
}

impl Action {
    pub const ALL: [Self; 5] = [
        Self::IdentityOfUser,
        Self::IdentityOfSession,
        Self::AssumeRole,
        Self::WebIdentity("RS256"),
        Self::WebIdentity("ES256"),
    ];

    /// As the command line has it.
    pub fn flag(self) -> &'static str {
        match self {
            Self::IdentityOfUser => "user",
            Self::IdentityOfSession => "session",
            Self::AssumeRole => "assume",
            Self::WebIdentity("RS256") => "web-rs256",
            Self::WebIdentity(_) => "web-es256",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::IdentityOfUser => "GetCallerIdentity, user",
            Self::IdentityOfSession => "GetCallerIdentity, session",
            Self::AssumeRole => "AssumeRole, user",
            Self::WebIdentity("RS256") => "WebIdentity, RS256",
            Self::WebIdentity(_) => "WebIdentity, ES256",
        }
    }

    pub fn operation(self) -> &'static str {
        match self {
            Self::IdentityOfUser | Self::IdentityOfSession => "GetCallerIdentity",
            Self::AssumeRole => "AssumeRole",
            Self::WebIdentity(_) => "AssumeRoleWithWebIdentity",
        }
    }
}

impl Scene {
    /// Everything below `directory` is ours.
    pub fn new(directory: PathBuf) -> Result<Self, Failure> {
        std::fs::create_dir_all(&directory)?;
        std::fs::write(directory.join("seed.yaml"), SEED)?;
        std::fs::write(directory.join("web.yaml"), issuer::SEED)?;
        Ok(Self { directory })
    }

    /// Starts the product with the seed of the scene.
    pub fn start(&self, product: &Path, arguments: &[&str]) -> Result<Server, Failure> {
        let seed = text(&self.directory.join("seed.yaml"))?;
        Server::product(product, &[&["--seed", &seed], arguments].concat(), &self.directory.join("product.log"))
    }

    /// What `start` needs for a server that keeps nothing; only such a one takes tokens, so that the seed of what is kept
    /// stays the same.
    pub fn in_memory(&self) -> Result<[String; 3], Failure> {
        Ok(["--ephemeral".to_owned(), "--seed".to_owned(), text(&self.directory.join("web.yaml"))?])
    }

    /// The path of the data directory that holds this many sessions.
    pub fn data(&self, sessions: u64) -> PathBuf {
        self.directory.join(format!("data-{sessions}"))
    }

    /// What proves calls of this kind.
    pub fn proof(&self, action: Action, address: SocketAddr) -> Result<Proof, Failure> {
        match action {
            Action::IdentityOfUser | Action::AssumeRole => Ok(Proof::of_user()),
            Action::IdentityOfSession => {
                let answer = client::ask(address, &self.request(Action::AssumeRole, &Proof::of_user(), address, 0))?;
                session(&answer).map(Proof::Signature)
            }
            Action::WebIdentity(algorithm) => Ok(Proof::Token(issuer::token(algorithm)?)),
        }
    }

    /// The request that the connection of this number sends.
    pub fn request(&self, action: Action, proof: &Proof, address: SocketAddr, at: usize) -> Vec<u8> {
        match proof {
            Proof::Token(token) => sign::unsigned(address, &assume_role_with_web_identity(at, token)),
            Proof::Signature(keys) if action == Action::AssumeRole => sign::request(address, keys, &assume_role(at)),
            Proof::Signature(keys) => sign::request(address, keys, GET_CALLER_IDENTITY),
        }
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
