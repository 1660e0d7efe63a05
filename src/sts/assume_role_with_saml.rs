//! AssumeRoleWithSAML: temporary credentials for a role that trusts whoever an identity provider vouches for.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html>

use std::sync::Arc;

use super::credentials::{AssumedRoleUser, Credentials};
use super::issue::{Issued, issue};
use super::roles::{describe_role, known_role};
use super::saml_identity::{SamlDemands, SamlIdentity};
use super::session_policies::{PolicyArn, policies_of_session};
use super::session_tags::{describe_request_tags, tags_of_session};
use crate::access::{Bearer, Question};
use crate::api::lists::List;
use crate::api::operation::{Description, UnsignedCall, UnsignedOperation, UnsignedPlan};
use crate::api::{ApiError, Authorized, Changes, View};
use crate::federation::saml::VerifiedAssertion;
use crate::identities::Role;
use crate::ids::names::{
    ArnText, MinimumSessionTokenSize, RoleDuration, RoleSessionName, SamlAssertionText, ShortPolicyText, SourceIdentity,
};
use crate::ids::{Arn, Endpoint};
use crate::policy::combine::ResourceRule;
use crate::policy::context::RequestContext;
use crate::sessions::{Carried, Order, Subject};
use crate::time::Timestamp;

crate::operation! {
    /// Returns temporary credentials for a role that trusts the bearer of an assertion of SAML. Nobody signs.
    AssumeRoleWithSAML;
    input AssumeRoleWithSAMLInput {
        /// The role.
        "RoleArn" role_arn: ArnText,
        /// The SAML provider.
        "PrincipalArn" principal_arn: ArnText,
        /// The Response of the identity provider, in base64.
        "SAMLAssertion" saml_assertion: SamlAssertionText,
        /// Managed policies that say what the session may do at most.
        "PolicyArns" policy_arns: List<PolicyArn, 10>,
        /// What the session may do at most.
        "Policy" policy: Option<ShortPolicyText>,
        /// How long, in seconds; the assertion may make it shorter.
        "DurationSeconds" duration: Option<RoleDuration>,
        /// How long the session token shall be at least, to try what fits.
        "MinimumSessionTokenSize" minimum_session_token_size: Option<MinimumSessionTokenSize>,
    }
    unserved []
    errors [
        ExpiredTokenException,
        InvalidIdentityToken,
        InvalidParameterValue,
        MalformedPolicyDocument,
        PackedPolicyTooLarge,
        RegionDisabledException
    ]
    output AssumeRoleWithSAMLOutput {
        /// To whom the assertion was to be delivered.
        "Audience" audience: String,
        /// Who the bearer has become.
        "AssumedRoleUser" assumed_role_user: AssumedRoleUser,
        /// The credentials.
        "Credentials" credentials: Credentials,
        /// Whom the assertion is for.
        "Subject" subject: String,
        /// Tells subjects of one name apart that different providers vouch for.
        "NameQualifier" name_qualifier: String,
        /// Who stands behind the session.
        "SourceIdentity" source_identity: Option<SourceIdentity>,
        /// What kind of name the subject's is.
        "SubjectType" subject_type: String,
        /// The same as `SessionTokenUtilization`, by its older name.
        "PackedPolicySize" packed_policy_size: i64,
        /// Who vouches.
        "Issuer" issuer: String,
        /// How many characters the session token has.
        "SessionTokenSize" session_token_size: i64,
        /// How much of its room the session token fills, in percent.
        "SessionTokenUtilization" session_token_utilization: i64,
    }
}

/// A session of a role that its trust policy has agreed to.
pub struct Assumption {
    role: Arc<Role>,
    session_name: RoleSessionName,
    asked_seconds: i32,
    most_seconds: i64,
    carried: Carried,
    minimum_token_size: Option<MinimumSessionTokenSize>,
    endpoint: Endpoint,
    identity: SamlIdentity,
}

impl UnsignedOperation for AssumeRoleWithSAML {
    const DESCRIPTION: Description = Self::DESCRIBED;
    type Input = AssumeRoleWithSAMLInput;
    type Ready = Assumption;
    type Output = AssumeRoleWithSAMLOutput;

    fn plan(call: &UnsignedCall<Self::Input>, view: &View<'_>) -> Result<UnsignedPlan<Self::Ready>, ApiError> {
        let input = &call.input;
        let (role_arn, provider_arn) = (input.role_arn.as_str(), input.principal_arn.as_str());
        let arn = Arn::parse(role_arn).ok_or_else(|| ApiError::not_an_arn(role_arn))?;
        let (account, _) = arn.as_role().ok_or_else(ApiError::not_a_role_arn)?;
        let provider = Arn::parse(provider_arn).ok_or_else(|| ApiError::not_an_arn(provider_arn))?;
        provider.as_saml_provider().ok_or_else(ApiError::not_a_role_arn)?;
        let identity = SamlIdentity::prove(input.saml_assertion.as_str(), provider_arn, role_arn, view)?;
        let demands = identity.demands()?;
        let carried = Carried {
            tags: tags_of_session(&demands.tags, &demands.transitive, None)?,
            source_identity: demands.source_identity.clone(),
            policies: policies_of_session(
                input.policy.as_ref().map(ShortPolicyText::as_str),
                &input.policy_arns.0,
                account,
                view,
            )?,
            vouched: Some(identity.vouched()),
        };
        let provider_account = identity.provider.record.account;
        let bearer = Bearer::of_saml(&identity.assertion, provider_arn.to_owned(), provider_account);
        let denied = |cause: &str| ApiError::bearer_denied(Self::DESCRIPTION.name, format!("{bearer}: {cause}"));
        let role = known_role(role_arn, call.endpoint, view).map_err(|cause| denied(&cause))?;
        // ATTACK: a provider vouches for roles of its own account, whatever the trust policy of another one says.
        if role.record.account != provider_account {
            return Err(denied("the provider is another account's"));
        }
        // AWS: roles of IAM Identity Center are for its own users (saml-sso-role).
        if role.record.name.as_str().starts_with("AWSReservedSSO_") {
            return Err(denied("the role is one of IAM Identity Center's"));
        }
        let context = context(role, &demands, &identity);
        let questions = questions(role, &demands, &context);
        let ready = Assumption {
            role: Arc::clone(role),
            session_name: demands.session_name.clone(),
            asked_seconds: input.duration.map_or(RoleDuration::DEFAULT_SECONDS, RoleDuration::get),
            most_seconds: most_seconds(&identity.assertion, &demands, view.moment.now),
            carried,
            minimum_token_size: input.minimum_session_token_size,
            endpoint: call.endpoint,
            identity,
        };
        Ok(UnsignedPlan::Asking { bearer, questions, ready })
    }

    fn perform(
        ready: Authorized<Self::Ready>,
        changes: &mut Changes<'_>,
        view: &View<'_>,
    ) -> Result<Self::Output, ApiError> {
        let Assumption {
            role,
            session_name,
            asked_seconds,
            most_seconds,
            carried,
            minimum_token_size,
            endpoint,
            identity,
        } = ready.into_inner();
        if asked_seconds > role.record.max_session_seconds {
            return Err(ApiError::over_role_maximum());
        }
        let seconds = i32::try_from(most_seconds.min(asked_seconds.into())).unwrap_or(asked_seconds);
        let assumed_role_user =
            AssumedRoleUser { assumed_role_id: role.session_id(&session_name), arn: role.session_arn(&session_name) };
        let source_identity = carried.source_identity.clone();
        let order = Order {
            account: role.record.account,
            subject: Subject::Role { role: role.id.clone(), session_name },
            issuer_arn: role.arn.clone(),
            seconds,
            second_factor: None,
            carried,
            minimum_token_size,
        };
        let Issued { credentials, session_token_size, session_token_utilization } =
            issue(order, None, endpoint, changes, view)?;
        let assertion = &identity.assertion;
        Ok(AssumeRoleWithSAMLOutput {
            audience: assertion.recipient().to_owned(),
            assumed_role_user,
            credentials,
            subject: assertion.subject().to_owned(),
            name_qualifier: identity.name_qualifier(),
            subject_type: assertion.subject_type().to_owned(),
            issuer: assertion.issuer().to_owned(),
            source_identity,
            packed_policy_size: session_token_utilization,
            session_token_size,
            session_token_utilization,
        })
    }
}

/// AWS: the assertion can only shorten a session, and its own end can do so below fifteen minutes (federation C4).
fn most_seconds(assertion: &VerifiedAssertion, demands: &SamlDemands, now: Timestamp) -> i64 {
    let left = assertion.session_ends().map(|end| end.millis_since(now) / 1000);
    demands.most_seconds.map(i64::from).into_iter().chain(left).min().unwrap_or(i64::MAX)
}

/// What the trust policy must allow, in the order of AssumeRole.
fn questions(role: &Role, demands: &SamlDemands, context: &RequestContext<'static>) -> Vec<Question> {
    let question = |action| Question {
        action,
        resource: role.arn.clone(),
        other_resource: None,
        resource_account: role.record.account,
        resource_policy: Some(role.trust.clone()),
        rule: ResourceRule::MustAllow,
        context: context.clone(),
    };
    let source_identity = demands.source_identity.is_some().then(|| question("sts:SetSourceIdentity"));
    let tags = (!demands.tags.is_empty()).then(|| question("sts:TagSession"));
    source_identity.into_iter().chain(tags).chain([question("sts:AssumeRoleWithSAML")]).collect()
}

/// The keys that the trust policy may ask about.
fn context(role: &Role, demands: &SamlDemands, identity: &SamlIdentity) -> RequestContext<'static> {
    let mut context = RequestContext::new();
    identity.describe(&mut context);
    context.set("sts:RoleSessionName", demands.session_name.to_string());
    context.set_some("sts:SourceIdentity", demands.source_identity.as_ref().map(SourceIdentity::to_string));
    describe_request_tags(&demands.tags, &mut context);
    if !demands.transitive.is_empty() {
        context.set_many("sts:TransitiveTagKeys", demands.transitive.iter().map(ToString::to_string));
    }
    describe_role(role, &mut context);
    context
}
