//! `local-sts saml ...`: what can be asked of the built-in identity provider on the command line.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::manual;

/// What to ask of a running service.
#[derive(Debug, Subcommand)]
pub enum SamlCommand {
    /// Prints the metadata with which IAM registers the built-in identity provider.
    Metadata,
    /// Prints a signed Response in base64, fit for `aws sts assume-role-with-saml --saml-assertion`.
    #[command(after_help = manual::SAML_RESPONSE)]
    Response(Box<ResponseOptions>),
}

/// What the Response shall say.
#[derive(Debug, Args)]
pub struct ResponseOptions {
    /// The ARN of a role that it names. May be repeated.
    #[arg(long = "role", value_name = "ARN", required = true)]
    pub roles: Vec<String>,
    /// The ARN of the SAML provider. [default: `demo` in the account of the role]
    #[arg(long, value_name = "ARN")]
    pub provider: Option<String>,
    /// Whose documents it shall look like: okta, entra, adfs, keycloak, google, ping, ...; a wrong name lists them all.
    #[arg(long)]
    pub shape: Option<String>,
    /// Whom it is about. [default: demo]
    #[arg(long)]
    pub subject: Option<String>,
    /// The name of the session. [default: the subject]
    #[arg(long, value_name = "NAME")]
    pub session_name: Option<String>,
    /// To whom it is to be delivered, which AWS calls `saml:aud`.
    #[arg(long, value_name = "URL")]
    pub recipient: Option<String>,
    /// For which service it is.
    #[arg(long)]
    pub audience: Option<String>,
    /// A tag of the session. May be repeated.
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = super::oidc::pair)]
    pub tags: Vec<(String, String)>,
    /// A tag that is handed down when roles are chained. May be repeated.
    #[arg(long = "transitive-tag", value_name = "KEY")]
    pub transitive_tags: Vec<String>,
    /// The source identity of the session.
    #[arg(long, value_name = "NAME")]
    pub source_identity: Option<String>,
    /// Seconds that the session lasts at most.
    #[arg(long, value_name = "SECONDS")]
    pub session_duration: Option<u32>,
    /// Another attribute, AWS's own by their short names. May be repeated.
    #[arg(long = "attribute", value_name = "NAME=VALUE", value_parser = super::oidc::pair)]
    pub attributes: Vec<(String, String)>,
    /// Seconds after which it is over.
    #[arg(long, value_name = "SECONDS")]
    pub lifetime: Option<i64>,
    /// Seconds after which the session at the identity provider is over.
    #[arg(long, value_name = "SECONDS")]
    pub session_lifetime: Option<i64>,
    /// Sign the Response as well as the Assertion.
    #[arg(long)]
    pub sign_response: bool,
    /// What shall be wrong with it: expired, unsigned, altered, xsw1, ...; a wrong name lists them all.
    #[arg(long)]
    pub defect: Option<String>,
}

impl ResponseOptions {
    /// As the companion reads it.
    pub fn to_request(&self) -> Result<Value, String> {
        let roles: Vec<(&str, String)> = self
            .roles
            .iter()
            .map(|role| Ok((role.as_str(), self.provider_for(role)?)))
            .collect::<Result<_, String>>()?;
        let mut attributes: Vec<(String, Vec<&str>)> = Vec::new();
        let tags = self.tags.iter().map(|(key, value)| (format!("PrincipalTag:{key}"), value.as_str()));
        let transitive = self.transitive_tags.iter().map(|key| ("TransitiveTagKeys".to_owned(), key.as_str()));
        let source = self.source_identity.iter().map(|name| ("SourceIdentity".to_owned(), name.as_str()));
        let others = self.attributes.iter().map(|(name, value)| (name.clone(), value.as_str()));
        for (name, value) in tags.chain(transitive).chain(source).chain(others) {
            match attributes.iter_mut().find(|(known, _)| *known == name) {
                Some((_, values)) => values.push(value),
                None => attributes.push((name, vec![value])),
            }
        }
        let duration = self.session_duration.map(|seconds| seconds.to_string());
        if let Some(seconds) = &duration {
            attributes.push(("SessionDuration".to_owned(), vec![seconds]));
        }
        Ok(json!({
            "roles": roles,
            "shape": self.shape,
            "subject": self.subject,
            "sessionName": self.session_name,
            "recipient": self.recipient,
            "audience": self.audience,
            "attributes": attributes,
            "seconds": self.lifetime,
            "sessionSeconds": self.session_lifetime,
            "signResponse": self.sign_response.then_some(true),
            "defect": self.defect,
        }))
    }

    fn provider_for(&self, role: &str) -> Result<String, String> {
        if let Some(provider) = &self.provider {
            return Ok(provider.clone());
        }
        let account = role.split_once(":role/").map(|(account, _)| account);
        account
            .map(|account| format!("{account}:saml-provider/demo"))
            .ok_or_else(|| format!("--role {role} is no ARN of a role"))
    }
}
