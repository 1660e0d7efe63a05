//! AssumeRoleWithSAML: temporary credentials for a role that trusts whoever an identity provider vouches for.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html>

use super::credentials::{AssumedRoleUser, Credentials};
use super::issue::OneTime;
use super::role_sessions::{Assumed, RoleSession, account_of_role};
use super::roles::known_role;
use super::saml_identity::SamlIdentity;
use super::session_policies::{PolicyArn, policies_of_session};
use crate::access::Bearer;
use crate::api::lists::List;
use crate::api::operation::{Description, UnsignedCall, UnsignedOperation, UnsignedPlan};
use crate::api::{ApiError, Authorized, Changes, View};
use crate::federation::saml::VerifiedAssertion;
use crate::federation::saml::attributes::Wanted;
use crate::ids::Arn;
use crate::ids::names::{
    ArnText, MinimumSessionTokenSize, RoleDuration, SamlAssertionText, ShortPolicyText, SourceIdentity,
};
use crate::sessions::Carried;
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

/// A session that the trust policy has agreed to, and of whom the assertion speaks.
pub struct Assumption {
    session: RoleSession,
    most_seconds: i64,
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
        let account = account_of_role(role_arn)?;
        let provider = Arn::parse(provider_arn).ok_or_else(|| ApiError::not_an_arn(provider_arn))?;
        provider.as_saml_provider().ok_or_else(ApiError::not_a_role_arn)?;
        let identity = SamlIdentity::prove(input.saml_assertion.as_str(), provider_arn, role_arn, view)?;
        let (wanted, demanded) = identity.wanted()?;
        let vouching = identity.vouching();
        let policy = input.policy.as_ref().map(ShortPolicyText::as_str);
        let carried = Carried {
            tags: demanded.session_tags()?,
            source_identity: demanded.source_identity.clone(),
            policies: policies_of_session(policy, &input.policy_arns.0, account, view)?,
            vouched: Some(vouching.lasting()),
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
        let least = input.minimum_session_token_size;
        let session = RoleSession::new(role, &wanted.session_name, input.duration, carried, least, call.endpoint);
        let mut context = session.context(&demanded.tags);
        vouching.describe(&mut context);
        let questions = session.questions(None, "sts:AssumeRoleWithSAML", context);
        let most_seconds = most_seconds(&identity.assertion, &wanted, view.moment.now);
        Ok(UnsignedPlan::Asking { bearer, questions, ready: Assumption { session, most_seconds, identity } })
    }

    fn perform(
        ready: Authorized<Self::Ready>,
        changes: &mut Changes<'_>,
        view: &View<'_>,
    ) -> Result<Self::Output, ApiError> {
        let Assumption { session, most_seconds, identity } = ready.into_inner();
        let asked = session.seconds()?;
        let once = view.saml.by_the_standard.then(|| identity.assertion.one_time_use());
        let earned_by = once.map_or(OneTime::Nothing, OneTime::Assertion);
        let seconds = i32::try_from(most_seconds.min(asked.into())).unwrap_or(asked);
        let Assumed { assumed_role_user, source_identity, issued } =
            session.issue(seconds, earned_by, changes, view)?;
        let assertion = &identity.assertion;
        Ok(AssumeRoleWithSAMLOutput {
            audience: assertion.recipient().to_owned(),
            assumed_role_user,
            credentials: issued.credentials,
            subject: assertion.subject().to_owned(),
            name_qualifier: identity.name_qualifier(),
            subject_type: assertion.subject_type().to_owned(),
            issuer: assertion.issuer().to_owned(),
            source_identity,
            packed_policy_size: issued.session_token_utilization,
            session_token_size: issued.session_token_size,
            session_token_utilization: issued.session_token_utilization,
        })
    }
}

/// AWS: the assertion can only shorten a session, and its own end can do so below fifteen minutes (federation C4).
fn most_seconds(assertion: &VerifiedAssertion, wanted: &Wanted, now: Timestamp) -> i64 {
    let left = assertion.session_ends().map(|end| end.millis_since(now) / 1000);
    wanted.most_seconds.map(i64::from).into_iter().chain(left).min().unwrap_or(i64::MAX)
}
