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
    issuer: String,
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
        let (issuer, subject) = (token.issuer().to_owned(), token.subject().to_owned());
        let audience = Some(token.audience().to_owned());
        Self { issuer, subject, audience, provider, account, proof: Proof::WebIdentity }
    }

    /// Who bears `assertion`. `provider` is the ARN of the provider in `account` that vouched.
    pub fn of_saml(assertion: &VerifiedAssertion, provider: String, account: AccountId) -> Self {
        let (issuer, subject) = (assertion.issuer().to_owned(), assertion.subject().to_owned());
        Self { issuer, subject, audience: None, provider, account, proof: Proof::Saml }
    }

    /// AWS: what a trust policy finds about somebody who is nobody yet (federation A7, measured).
    pub(super) fn fill(&self, context: &mut RequestContext<'_>) {
        context.set_shown("aws:PrincipalAccount", self.account);
        context.set("aws:PrincipalType", "User");
        context.set_shown("aws:userid", &self.provider);
        context.set_shown("aws:FederatedProvider", &self.provider);
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

/// For the log.
impl fmt::Display for Bearer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let proof = match self.proof {
            Proof::WebIdentity => "a token",
            Proof::Saml => "an assertion",
        };
        write!(out, "the bearer of {proof} for {:.80?} by {:.200}", self.subject, self.issuer)
    }
}
