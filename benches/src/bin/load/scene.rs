//! What is measured, and where its files are.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::calls::{
    self, ASSUME_READER, GET_CALLER_IDENTITY, READER, SEED, TOKEN, assume_role, assume_role_with_web_identity, user,
};
use crate::client::{self, Answer};
use crate::issuer;
use crate::process::Server;
use crate::saml;
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
    /// By an assertion in a Response of ten kilobytes.
    Saml,
    /// The validator: who of a session signed this?
    Authenticate,
    /// The validator: and may they?
    Check,
    /// The validator: the key of a session.
    SigningKeys,
}

/// By what a call is believed.
pub enum Proof {
    /// It is signed by these.
    Signature(Keys),
    /// It brings this.
    Token(String),
    /// It brings this Response.
    Response(String),
}

impl Proof {
    /// The long-term key of the seed.
    pub fn of_user() -> Self {
        Self::Signature(user())
    }
}

impl Action {
    pub const ALL: [Self; 9] = [
        Self::IdentityOfUser,
        Self::IdentityOfSession,
        Self::AssumeRole,
        Self::WebIdentity("RS256"),
        Self::WebIdentity("ES256"),
        Self::Saml,
        Self::Authenticate,
        Self::Check,
        Self::SigningKeys,
    ];

    /// As the command line has it.
    pub fn flag(self) -> &'static str {
        match self {
            Self::IdentityOfUser => "user",
            Self::IdentityOfSession => "session",
            Self::AssumeRole => "assume",
            Self::WebIdentity("RS256") => "web-rs256",
            Self::WebIdentity(_) => "web-es256",
            Self::Saml => "saml",
            Self::Authenticate => "authenticate",
            Self::Check => "check",
            Self::SigningKeys => "signing-keys",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::IdentityOfUser => "GetCallerIdentity, user",
            Self::IdentityOfSession => "GetCallerIdentity, session",
            Self::AssumeRole => "AssumeRole, user",
            Self::WebIdentity("RS256") => "WebIdentity, RS256",
            Self::WebIdentity(_) => "WebIdentity, ES256",
            Self::Saml => "SAML, a Response of 10 KB",
            Self::Authenticate => "/v1/authenticate, session",
            Self::Check => "/v1/check, session",
            Self::SigningKeys => "/v1/signing-keys, session",
        }
    }

    /// How the body of a success begins, and what else it has.
    pub fn success(self) -> (String, &'static str) {
        let of_sts = |operation: &str| {
            (format!("<{operation}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n"), "")
        };
        match self {
            Self::IdentityOfUser | Self::IdentityOfSession => of_sts("GetCallerIdentity"),
            Self::AssumeRole => of_sts("AssumeRole"),
            Self::WebIdentity(_) => of_sts("AssumeRoleWithWebIdentity"),
            Self::Saml => of_sts("AssumeRoleWithSAML"),
            Self::Authenticate => ("{\"authenticated\":true,".to_owned(), ""),
            Self::Check => ("{\"authenticated\":true,".to_owned(), "\"allow\":true,"),
            Self::SigningKeys => ("{\"active\":true,".to_owned(), "\"signingKey\""),
        }
    }

    /// Whether the validator is asked, and not STS.
    pub fn is_of_validator(self) -> bool {
        matches!(self, Self::Authenticate | Self::Check | Self::SigningKeys)
    }

    /// Whether it needs more than the seed that is kept.
    pub fn is_in_memory_only(self) -> bool {
        self.is_of_validator() || matches!(self, Self::WebIdentity(_) | Self::Saml)
    }
}

impl Scene {
    /// Everything below `directory` is ours.
    pub fn new(directory: PathBuf) -> Result<Self, Failure> {
        std::fs::create_dir_all(&directory)?;
        std::fs::write(directory.join("seed.yaml"), SEED)?;
        std::fs::write(directory.join("web.yaml"), issuer::SEED)?;
        std::fs::write(directory.join("saml.yaml"), saml::SEED)?;
        std::fs::write(directory.join("reader.yaml"), READER)?;
        std::fs::write(directory.join("tokens"), TOKEN)?;
        Ok(Self { directory })
    }

    /// Starts the product with the seed of the scene.
    pub fn start(&self, product: &Path, arguments: &[&str]) -> Result<Server, Failure> {
        let seed = text(&self.directory.join("seed.yaml"))?;
        Server::product(product, &[&["--seed", &seed], arguments].concat(), &self.directory.join("product.log"))
    }

    /// What `start` needs for a server that keeps nothing and has so many roles more; only such a one knows more than the
    /// seed of what is kept, so that this stays the same.
    pub fn in_memory(&self, roles: usize) -> Result<Vec<String>, Failure> {
        std::fs::write(self.directory.join("roles.yaml"), calls::roles(roles))?;
        let mut arguments = vec!["--ephemeral".to_owned()];
        let seeds = ["web.yaml", "saml.yaml", "reader.yaml", "roles.yaml"].map(|file| ("--seed", file));
        for (option, file) in seeds.into_iter().chain([("--companion-token-file", "tokens")]) {
            arguments.extend([option.to_owned(), text(&self.directory.join(file))?]);
        }
        Ok(arguments)
    }

    /// A file of this name of our own.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The path of the data directory that holds this many sessions.
    pub fn data(&self, sessions: u64) -> PathBuf {
        self.directory.join(format!("data-{sessions}"))
    }

    /// What proves calls of this kind.
    pub fn proof(&self, action: Action, address: SocketAddr) -> Result<Proof, Failure> {
        match action {
            Action::IdentityOfUser | Action::AssumeRole => Ok(Proof::of_user()),
            Action::IdentityOfSession => self.session(address).map(Proof::Signature),
            Action::Authenticate | Action::Check | Action::SigningKeys => {
                let answer = client::ask(address, &sign::request(address, &user(), ASSUME_READER))?;
                session(&answer).map(Proof::Signature)
            }
            Action::WebIdentity(algorithm) => Ok(Proof::Token(issuer::token(algorithm)?)),
            Action::Saml => {
                let response = saml::response(sign::now(), saml::BYTES).ok_or("no Response can be made")?;
                Ok(Proof::Response(response))
            }
        }
    }

    /// The keys of a session of the role.
    pub fn session(&self, address: SocketAddr) -> Result<Keys, Failure> {
        session(&client::ask(address, &self.request(Action::AssumeRole, &Proof::of_user(), address, 0))?)
    }

    /// The request that the connection of this number sends.
    pub fn request(&self, action: Action, proof: &Proof, address: SocketAddr, at: usize) -> Vec<u8> {
        match proof {
            Proof::Token(token) => sign::unsigned(address, &assume_role_with_web_identity(at, token)),
            Proof::Response(response) => sign::unsigned(address, &saml::assume_role_with_saml(response)),
            Proof::Signature(keys) if action == Action::AssumeRole => sign::request(address, keys, &assume_role(at)),
            Proof::Signature(keys) if action.is_of_validator() => question(action, keys, address),
            Proof::Signature(keys) => sign::request(address, keys, GET_CALLER_IDENTITY),
        }
    }
}

/// What a server of objects asks the validator. Nothing in it needs to be escaped.
fn question(action: Action, keys: &Keys, address: SocketAddr) -> Vec<u8> {
    let ask = |path: &str, json: &str| sign::question(address, TOKEN, path, json);
    let (now, target) = (sign::now(), sign::OBJECT);
    if action == Action::SigningKeys {
        let (day, region, id) = (now.basic_date(), sign::REGION, &keys.id);
        let token = keys.token.as_deref().unwrap_or_default();
        let json = format!(
            "{{\"accessKeyId\":\"{id}\",\"sessionToken\":\"{token}\",\"date\":\"{day}\",\"region\":\"{region}\",\
             \"service\":\"s3\"}}"
        );
        return ask("/v1/signing-keys", &json);
    }
    let headers = sign::get_object(sign::OBJECT, keys, now);
    let headers: Vec<String> = headers.iter().map(|(name, value)| format!("[\"{name}\",\"{value}\"]")).collect();
    let received = format!(
        "\"request\":{{\"method\":\"GET\",\"target\":\"{target}\",\"headers\":[{}],\"sourceIp\":\"127.0.0.1\"}},\
         \"audience\":{{\"service\":\"s3\"}}",
        headers.join(",")
    );
    match action {
        Action::Check => ask("/v1/check", &format!("{{{received},\"map\":\"s3-path\"}}")),
        _ => ask("/v1/authenticate", &format!("{{{received}}}")),
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
