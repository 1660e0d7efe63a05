//! `local-sts saml ...`: asks the built-in identity provider of a running service.

use serde_json::Value;

use super::client::Client;
use crate::config::saml::SamlCommand;

/// Does what the command says; what it prints is a document.
pub fn run(client: &Client, command: &SamlCommand) -> Result<String, String> {
    match command {
        SamlCommand::Metadata => Ok(client.ask("GET", "/saml/metadata", None)?.good()?.body),
        SamlCommand::Response(options) => {
            let answer = client.ask("POST", "/saml/response", Some(&options.to_request()?.to_string()))?.good()?.json();
            let response = answer.get("samlResponse").and_then(Value::as_str);
            response.map(str::to_owned).ok_or_else(|| "the companion has no identity provider".to_owned())
        }
    }
}
