//! Somebody who signed nothing, and for whom a provider vouches.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers.html>

use std::fmt;

use crate::federation::oidc::VerifiedToken;
use crate::federation::saml::VerifiedAssertion;
use crate::ids::AccountId;
use crate::policy::context::RequestContext;
use crate::policy::principal::Principal;

/// The bearer of a proof. It takes what was proved to make one.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// For the log.
    who: String,
    subject: String,
    /// What a token is for; an assertion has none.
    audience: Option<String>,
    provider: String,
    account: AccountId,
    proof: Proof,
}

/// What is borne.
#[derive(Clone, Copy, Debug)]
enum Proof {
    WebIdentity,
    Saml,
}

impl Bearer {
    /// Who bears `token`. `provider` is the ARN of the provider in `account` that vouched, or the host of one that every
    /// account knows.
    pub fn of_web_identity(token: &VerifiedToken, provider: String, account: AccountId) -> Self {
        let who = format!("the bearer of a token for {:.80?} by {:.200}", token.subject(), token.issuer());
        let (subject, audience) = (token.subject().to_owned(), Some(token.audience().to_owned()));
        Self { who, subject, audience, provider, account, proof: Proof::WebIdentity }
    }

    /// Who bears `assertion`. `provider` is the ARN of the provider in `account` that vouched.
    pub fn of_saml(assertion: &VerifiedAssertion, provider: String, account: AccountId) -> Self {
        let who = format!("the bearer of an assertion for {:.80?} by {:.200}", assertion.subject(), assertion.issuer());
        let subject = assertion.subject().to_owned();
        Self { who, subject, audience: None, provider, account, proof: Proof::Saml }
    }

    /// AWS: what a trust policy finds about somebody who is nobody yet (federation A7, measured).
    pub(super) fn fill(&self, context: &mut RequestContext<'_>) {
        context.set("aws:PrincipalAccount", self.account.to_string());
        context.set("aws:PrincipalType", "User");
        context.set("aws:userid", self.provider.clone());
        context.set("aws:FederatedProvider", self.provider.clone());
    }

    /// Whom the proof is for.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// What a token is for; an assertion has none.
    pub fn audience(&self) -> Option<&str> {
        self.audience.as_deref()
    }

    /// Who vouched.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The account in whose name it is judged.
    pub fn account(&self) -> AccountId {
        self.account
    }

    pub(super) fn as_policies_see<'a>(&'a self, account: &'a str) -> Principal<'a> {
        match self.proof {
            Proof::WebIdentity => Principal::WebIdentity { provider: &self.provider, account },
            Proof::Saml => Principal::Saml { provider: &self.provider, account },
        }
    }
}

impl fmt::Display for Bearer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.who)
    }
}
