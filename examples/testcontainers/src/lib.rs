//! `local-sts` as an image for [testcontainers].
//!
//! ```no_run
//! # async fn test() -> testcontainers::core::error::Result<()> {
//! use local_sts_testcontainers::LocalSts;
//! use testcontainers::runners::AsyncRunner as _;
//!
//! let sts = LocalSts::default().start().await?;
//! let endpoint = LocalSts::endpoint(&sts).await?;
//! // For an AWS SDK: this endpoint, region us-east-1, key and secret `test`.
//! # Ok(()) }
//! ```
//!
//! The image is the one of this repository's Dockerfile: `docker build --tag local-sts:0.1.0 .`

use std::borrow::Cow;

use testcontainers::core::error::Result;
use testcontainers::core::{ContainerPort, IntoContainerPort as _, WaitFor};
use testcontainers::{ContainerAsync, CopyTargetOptions, CopyToContainer, Image};

/// Where AWS clients connect, in the container.
pub const AWS_PORT: u16 = 4592;
/// Where the companion listens there.
pub const COMPANION_PORT: u16 = 4593;

/// Never `latest`, which would change under a test.
const TAG: &str = "0.1.0";
const PORTS: [ContainerPort; 2] = [ContainerPort::Tcp(AWS_PORT), ContainerPort::Tcp(COMPANION_PORT)];
const TOKEN_FILE: &str = "/run/local-sts/companion.token";
const SEED_FILE: &str = "/run/local-sts/seed.yaml";
/// Whoever reaches the companion from outside of its container has to show something. Nothing secret is behind it.
const TOKEN: &str = "testcontainers-companion";

/// A service that keeps nothing, with the built-in seed unless it is given another.
#[derive(Clone, Debug)]
pub struct LocalSts {
    name: String,
    tag: String,
    variables: Vec<(String, String)>,
    files: Vec<CopyToContainer>,
}

impl Default for LocalSts {
    fn default() -> Self {
        let variables = [
            ("LOCAL_STS_EPHEMERAL", "true"),
            ("LOCAL_STS_AWS_LISTEN", "0.0.0.0:4592"),
            ("LOCAL_STS_COMPANION_LISTEN", "0.0.0.0:4593"),
            ("LOCAL_STS_COMPANION_TOKEN_FILE", TOKEN_FILE),
            // The built-in key may be used from outside of the container.
            ("LOCAL_STS_DEMO", "true"),
        ];
        Self {
            name: "local-sts".to_owned(),
            tag: TAG.to_owned(),
            variables: variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            files: vec![file(TOKEN_FILE, &format!("{TOKEN}\n"))],
        }
    }
}

impl LocalSts {
    /// From another registry or repository.
    pub fn with_name(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// Of another release.
    pub fn with_tag(self, tag: &str) -> Self {
        Self { tag: tag.to_owned(), ..self }
    }

    /// With this seed, YAML or JSON, in place of the built-in one.
    pub fn with_seed(self, text: &str) -> Self {
        let mut with = self.with_option("LOCAL_STS_SEED", SEED_FILE);
        with.files.push(file(SEED_FILE, text));
        with
    }

    /// With an option of the command line, by the name that it has in the environment.
    pub fn with_option(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What the companion wants to see as `Authorization: Bearer`.
    pub fn companion_token(&self) -> &'static str {
        TOKEN
    }

    /// Where the AWS clients of the test connect. Containers of the same network call it by its name there, at port 4592.
    pub async fn endpoint(container: &ContainerAsync<Self>) -> Result<String> {
        url(container, AWS_PORT).await
    }

    /// Where the test finds the companion: clock, reset, snapshots, validator.
    pub async fn companion(container: &ContainerAsync<Self>) -> Result<String> {
        url(container, COMPANION_PORT).await
    }

    /// What a program outside of the container needs in its environment to be the built-in user.
    pub async fn environment(container: &ContainerAsync<Self>) -> Result<Vec<(&'static str, String)>> {
        Ok(variables(&Self::endpoint(container).await?))
    }

    /// The ARN of a role of the built-in account.
    pub fn role_arn(name: &str) -> String {
        format!("arn:aws:iam::000000000000:role/{name}")
    }
}

impl Image for LocalSts {
    fn name(&self) -> &str {
        &self.name
    }

    fn tag(&self) -> &str {
        &self.tag
    }

    /// The image asks itself whether it is ready.
    fn ready_conditions(&self) -> Vec<WaitFor> {
        vec![WaitFor::healthcheck()]
    }

    fn env_vars(&self) -> impl IntoIterator<Item = (impl Into<Cow<'_, str>>, impl Into<Cow<'_, str>>)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn copy_to_sources(&self) -> impl IntoIterator<Item = &CopyToContainer> {
        &self.files
    }

    fn expose_ports(&self) -> &[ContainerPort] {
        &PORTS
    }
}

/// A file that the image's own user can read.
fn file(path: &str, text: &str) -> CopyToContainer {
    CopyToContainer::new(text.as_bytes().to_vec(), CopyTargetOptions::new(path).with_mode(0o644))
}

async fn url(container: &ContainerAsync<LocalSts>, port: u16) -> Result<String> {
    let (host, port) = (container.get_host().await?, container.get_host_port_ipv4(port.tcp()).await?);
    Ok(format!("http://{host}:{port}"))
}

fn variables(endpoint: &str) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_ENDPOINT_URL_STS", endpoint.to_owned()),
        ("AWS_ENDPOINT_URL_IAM", endpoint.to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_DEFAULT_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn environment(image: &LocalSts) -> Vec<(String, String)> {
        let owned = |(name, value): (Cow<'_, str>, Cow<'_, str>)| (name.into_owned(), value.into_owned());
        image.env_vars().into_iter().map(|(name, value)| owned((name.into(), value.into()))).collect()
    }

    #[test]
    fn the_image_is_pinned_ready_by_its_own_word_and_has_two_doors() {
        let image = LocalSts::default();
        assert_eq!((image.name(), image.tag()), ("local-sts", "0.1.0"));
        assert!(matches!(image.ready_conditions()[..], [WaitFor::Healthcheck(_)]));
        assert_eq!(image.expose_ports(), [4592.tcp(), 4593.tcp()]);
        assert_eq!(LocalSts::default().with_name("registry/sts").with_tag("9").tag(), "9");
    }

    #[test]
    fn a_seed_is_copied_in_and_named() {
        assert_eq!(LocalSts::default().copy_to_sources().into_iter().count(), 1);
        let image = LocalSts::default().with_seed("accounts: []").with_option("LOCAL_STS_DEMO", "false");
        assert_eq!(image.copy_to_sources().into_iter().count(), 2);
        let environment = environment(&image);
        let value = |name: &str| environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!(value("LOCAL_STS_SEED"), Some(SEED_FILE));
        assert_eq!(value("LOCAL_STS_DEMO"), Some("false"));
        assert_eq!(value("LOCAL_STS_COMPANION_TOKEN_FILE"), Some(TOKEN_FILE));
        assert!(image.companion_token().len() >= 16, "shorter ones are refused");
    }

    #[test]
    fn programs_are_told_where_it_is() {
        assert!(variables("http://localhost:1").contains(&("AWS_ENDPOINT_URL_STS", "http://localhost:1".to_owned())));
        assert_eq!(LocalSts::role_arn("demo"), "arn:aws:iam::000000000000:role/demo");
    }

    /// What is set here and by the image is what the program knows and takes: it is asked, if it is there.
    #[test]
    fn the_program_takes_this_environment() {
        let Some(program) = std::env::var_os("LOCAL_STS_BIN") else { return };
        let said = |how: &mut Command| {
            let output = how.output().expect("it runs");
            String::from_utf8([output.stdout, output.stderr].concat()).expect("text")
        };
        let environment = environment(&LocalSts::default().with_seed(""));
        let help = said(Command::new(&program).arg("--help"));
        for (name, _) in &environment {
            assert!(help.contains(&format!("env: {name}]")), "{name}");
        }
        let mut start = Command::new(&program);
        let of_image = include_str!("../../../Dockerfile").split_once("\nENV ").expect("it has variables").1;
        for line in of_image.lines() {
            let (name, value) = line.trim().trim_end_matches(" \\").split_once('=').expect("a variable");
            start.env(name, value);
            if !line.ends_with('\\') {
                break;
            }
        }
        // What it decides ends at the seed.
        let decided = said(start.envs(environment).args(["--seed", "/nowhere.yaml"]));
        assert!(decided.contains("there is no such file"), "{decided}");
    }
}
