//! Why somebody is not authenticated: one word for programs, one sentence for people. The sentences here are ours;
//! what AWS would say is `dialect`'s.

use super::Ask;
use crate::access::{Rejection, Unproved, Wording};
use crate::identities::NotThere;
use crate::ids::AccessKeyId;
use crate::ids::access_key::TEMPORARY;
use crate::secret::MASKED;
use crate::sessions::{Ended, Unopened};
use crate::sigv4::{self, Form, Parts};

crate::words! {
    /// Why somebody is not authenticated, in the order in which it is looked for.
    #[derive(Hash)]
    Reason {
        /// Nobody signed.
        MissingCredentials "MISSING_CREDENTIALS",
        /// The signature lacks a part, or a part has no shape.
        Malformed "MALFORMED",
        /// Another way to authenticate than SigV4 with HMAC.
        UnsupportedAlgorithm "UNSUPPORTED_ALGORITHM",
        /// The date is too far from the present.
        ClockSkew "CLOCK_SKEW",
        /// A presigned request has become too old.
        PresignExpired "PRESIGN_EXPIRED",
        /// A presigned request wants to live for more than a week.
        PresignTooLong "PRESIGN_TOO_LONG",
        /// `host` is not signed.
        HostNotSigned "HOST_NOT_SIGNED",
        /// Signed for another region.
        ScopeRegionMismatch "SCOPE_REGION_MISMATCH",
        /// Signed for another service.
        ScopeServiceMismatch "SCOPE_SERVICE_MISMATCH",
        /// Signed on another day than the credential's.
        ScopeDateMismatch "SCOPE_DATE_MISMATCH",
        /// A header that means something is not signed.
        UnsignedAmzHeader "UNSIGNED_AMZ_HEADER",
        /// The hash of the body is not known.
        PayloadHashRequired "PAYLOAD_HASH_REQUIRED",
        /// No such key.
        UnknownAccessKey "UNKNOWN_ACCESS_KEY",
        /// The key is switched off.
        InactiveAccessKey "INACTIVE_ACCESS_KEY",
        /// The account has not the region, or the region cannot read the token.
        RegionNotEnabled "REGION_NOT_ENABLED",
        /// The session of a user who showed no code of an MFA device, where one is wanted.
        SecondFactorMissing "SECOND_FACTOR_MISSING",
        /// A temporary key without its token.
        SessionTokenMissing "SESSION_TOKEN_MISSING",
        /// A token that is none, or another key's.
        SessionTokenMismatch "SESSION_TOKEN_MISMATCH",
        /// The session's time is over.
        ExpiredCredential "EXPIRED_CREDENTIAL",
        /// The session was ended early, or whoever it belonged to is gone.
        RevokedCredential "REVOKED_CREDENTIAL",
        /// The signature is not what this request and this key give.
        SignatureMismatch "SIGNATURE_MISMATCH",
        /// A token beside a long-term key.
        SessionTokenUnexpected "SESSION_TOKEN_UNEXPECTED",
        /// A demo key in a request that a web page may have sent.
        WellKnownKey "WELL_KNOWN_KEY",
        /// Signed for a host that is not the service's.
        HostNotInAudience "HOST_NOT_IN_AUDIENCE",
        /// The body is not the one that was signed.
        PayloadHashMismatch "PAYLOAD_HASH_MISMATCH",
        /// No user, role or account of this ARN.
        UnknownPrincipal "UNKNOWN_PRINCIPAL",
    }
}

/// What a refused request showed of itself.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) access_key_id: Option<String>,
    pub(super) signature: Option<String>,
    pub(super) token: Option<String>,
    pub(super) presigned: bool,
    /// The regions that the asking service takes.
    pub(super) regions: Vec<String>,
}

impl Shown {
    /// Reads it once more, for the telling.
    pub(super) fn of(parts: &Parts<'_>) -> Self {
        let Ok(Some(claim)) = sigv4::parse(parts) else { return Self::default() };
        Self {
            access_key_id: Some(claim.access_key_id().to_owned()),
            signature: Some(claim.signature().to_owned()),
            token: claim.session_token().map(str::to_owned),
            presigned: claim.form() == Form::Query,
            regions: Vec::new(),
        }
    }

    /// Takes it from a credential that came without any request.
    pub(super) fn of_key(access_key_id: &str, token: Option<&str>) -> Self {
        let token = token.map(str::to_owned);
        Self { access_key_id: Some(access_key_id.to_owned()), token, ..Self::default() }
    }

    /// Takes it from a string to sign and what came with it.
    pub(super) fn of_wording(wording: &Wording<'_>) -> Self {
        Self {
            access_key_id: Some(wording.access_key_id.to_owned()),
            signature: Some(wording.signature.to_owned()),
            token: wording.token.map(str::to_owned),
            presigned: wording.expires.is_some(),
            regions: Vec::new(),
        }
    }

    /// A refusal is one line.
    pub(super) fn log(&self, ask: &Ask<'_>, service: &str, why: &Unproved) {
        let reason = reason(why, self).word();
        let access_key_id = self.access_key_id.as_deref().map_or("-", AccessKeyId::shown);
        tracing::info!(request_id = ask.request_id, service, access_key_id, reason, "not authenticated");
        ask.note_reason(reason);
        let mut findings = ask.findings.borrow_mut();
        findings.claimed_key.clone_from(&self.access_key_id);
        findings.because = Some(noted(why, self));
    }

    /// Different tokens come joined, and belong to nobody together.
    pub(super) fn has_two_tokens(&self) -> bool {
        self.token.as_ref().is_some_and(|token| token.contains(','))
    }
}

/// The reason for programs.
pub(super) fn reason(why: &Unproved, shown: &Shown) -> Reason {
    match why {
        Unproved::Access(Rejection::NotSigned) => Reason::MissingCredentials,
        Unproved::Access(Rejection::Signature(rejection)) => of_signature(rejection),
        Unproved::Access(Rejection::UnknownKey(id)) if id.starts_with(TEMPORARY) && shown.token.is_none() => {
            Reason::SessionTokenMissing
        }
        Unproved::Access(Rejection::UnknownKey(_)) => Reason::UnknownAccessKey,
        Unproved::Access(Rejection::InactiveKey(_)) => Reason::InactiveAccessKey,
        Unproved::Access(
            Rejection::KeyUnknownInRegion(_)
            | Rejection::TokenUnknownInRegion(_)
            | Rejection::TokenFormatUnknownInRegion { .. },
        ) => Reason::RegionNotEnabled,
        Unproved::Access(Rejection::Expired { .. } | Rejection::Ended(Ended::Expired)) => Reason::ExpiredCredential,
        Unproved::Access(Rejection::Token(Unopened::RetiredKey) | Rejection::Ended(_) | Rejection::PrincipalGone) => {
            Reason::RevokedCredential
        }
        Unproved::Access(Rejection::Token(Unopened::Foreign | Unopened::NotBound)) => Reason::SessionTokenMismatch,
        Unproved::Access(Rejection::NoSecondFactor) => Reason::SecondFactorMissing,
        Unproved::Access(Rejection::TokenBesideLongTermKey) => Reason::SessionTokenUnexpected,
        Unproved::Access(Rejection::WellKnownKeyFromPage { .. }) => Reason::WellKnownKey,
        Unproved::OtherScheme(_) => Reason::UnsupportedAlgorithm,
        Unproved::UnsignedHeaders(_) => Reason::UnsignedAmzHeader,
        Unproved::BadPayloadHash(_) => Reason::Malformed,
        Unproved::PayloadHashRequired => Reason::PayloadHashRequired,
        Unproved::PayloadMismatch { .. } => Reason::PayloadHashMismatch,
        Unproved::HostNotInAudience(_) => Reason::HostNotInAudience,
    }
}

fn of_signature(rejection: &sigv4::Rejection) -> Reason {
    use sigv4::Rejection as Deed;
    match rejection {
        Deed::UnsupportedAlgorithm { .. } => Reason::UnsupportedAlgorithm,
        Deed::Expired { .. } | Deed::NotYetCurrent { .. } | Deed::PresignNotYet { .. } => Reason::ClockSkew,
        Deed::PresignExpired { .. } => Reason::PresignExpired,
        Deed::PresignTooLong { .. } => Reason::PresignTooLong,
        Deed::HostNotSigned => Reason::HostNotSigned,
        Deed::WrongScope(faults) if faults.region.is_some() => Reason::ScopeRegionMismatch,
        Deed::WrongScope(faults) if faults.service.is_some() || faults.terminator.is_some() => {
            Reason::ScopeServiceMismatch
        }
        Deed::WrongScope(_) => Reason::ScopeDateMismatch,
        Deed::Mismatch(_) => Reason::SignatureMismatch,
        Deed::BothForms
        | Deed::NotKeyValue { .. }
        | Deed::Repeated { .. }
        | Deed::MissingParameters { .. }
        | Deed::BadDate { .. }
        | Deed::TooManySignedHeaders { .. }
        | Deed::BadSignedHeader { .. }
        | Deed::BadExpires { .. }
        | Deed::CredentialShape { .. }
        | Deed::StringToSignShape => Reason::Malformed,
    }
}

/// The sentence for people.
pub(super) fn message(why: &Unproved, shown: &Shown) -> String {
    match why {
        Unproved::Access(rejection) => of_access(rejection, shown),
        other => foreign(other),
    }
}

/// The same for those who only look on: without what the client made up.
fn noted(why: &Unproved, shown: &Shown) -> String {
    let masked = || MASKED.to_owned();
    match why {
        Unproved::Access(Rejection::Signature(rejection)) => signature(rejection.noted().as_ref().unwrap_or(rejection)),
        Unproved::Access(Rejection::UnknownKey(id)) => {
            of_access(&Rejection::UnknownKey(AccessKeyId::shown(id).to_owned()), shown)
        }
        Unproved::OtherScheme(scheme) if scheme != "AWS" => foreign(&Unproved::OtherScheme(masked())),
        Unproved::BadPayloadHash(_) => foreign(&Unproved::BadPayloadHash(masked())),
        other => message(other, shown),
    }
}

fn of_access(rejection: &Rejection, shown: &Shown) -> String {
    match rejection {
        Rejection::NotSigned => "The request carries no signature.".to_owned(),
        Rejection::Signature(rejection) => signature(rejection),
        Rejection::UnknownKey(id) if id.starts_with(TEMPORARY) && shown.token.is_none() => {
            format!("{id} is a temporary key, and no session token came with it.")
        }
        Rejection::UnknownKey(id) => format!("There is no access key {id}."),
        Rejection::InactiveKey(id) => format!("The access key {id} is switched off."),
        Rejection::KeyUnknownInRegion(why) | Rejection::TokenUnknownInRegion(why) => not_there(*why),
        Rejection::TokenFormatUnknownInRegion { region, .. } => {
            format!("{} does not read session tokens of the global endpoint.", region.name)
        }
        Rejection::NoSecondFactor => "The session was begun without a code of an MFA device.".to_owned(),
        Rejection::Token(Unopened::Foreign) => "The session token is none of ours.".to_owned(),
        Rejection::Token(Unopened::NotBound) => "The session token was changed, or belongs to another key.".to_owned(),
        Rejection::Token(Unopened::RetiredKey) => "The session is from before a reset.".to_owned(),
        Rejection::Expired { at } => format!("The session ended at {}.", at.iso()),
        Rejection::Ended(Ended::Expired) => "The session was told to count as expired.".to_owned(),
        Rejection::Ended(_) => "The session was revoked.".to_owned(),
        Rejection::PrincipalGone => "The user or role behind the credentials no longer exists.".to_owned(),
        Rejection::TokenBesideLongTermKey => "A session token came with a long-term key.".to_owned(),
        Rejection::WellKnownKeyFromPage { header } => format!(
            "Everybody knows this demo key, and a web page may have sent the request: see its {header}. Use a key of \
             your own, name the service's hosts in `audience.hosts`, or start with --demo."
        ),
    }
}

fn not_there(NotThere { region, home }: NotThere) -> String {
    if home == region.partition {
        format!("The account has not enabled {}.", region.name)
    } else {
        format!("{} is of the partition {}, and the account of {home}.", region.name, region.partition)
    }
}

fn signature(rejection: &sigv4::Rejection) -> String {
    use sigv4::Rejection as Deed;
    match rejection {
        Deed::Mismatch(_) => {
            "Computed signature differs: the secret is another, or something on the way changed the request. The Host \
             that was signed may differ from the Host received; `hostCandidates` can name it."
                .to_owned()
        }
        Deed::WrongScope(faults) => {
            let parts = [
                faults.region.as_ref().map(|got| format!("region {got}")),
                faults.service.as_ref().map(|service| format!("service {} instead of {}", service.got, service.want)),
                faults.terminator.as_ref().map(|got| format!("terminator {got}")),
                faults.date.as_ref().map(|date| format!("date {}, signed at {}", date.got, date.signed_at.basic())),
            ];
            format!("The credential is scoped to {}.", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
        }
        Deed::PresignExpired { signed_at, seconds, .. } => {
            format!("The presigned request was good until {}.", signed_at.plus_seconds(*seconds).iso())
        }
        Deed::PresignTooLong { got } => format!("X-Amz-Expires is {got}, and a week is the most."),
        Deed::BadExpires { got } => format!("X-Amz-Expires is {got}, which is no number of seconds."),
        Deed::Expired { signed_at, now, .. }
        | Deed::NotYetCurrent { signed_at, now, .. }
        | Deed::PresignNotYet { signed_at, now, .. } => {
            format!("Signed at {}, and it is {}.", signed_at.iso(), now.iso())
        }
        Deed::UnsupportedAlgorithm { got, .. } => format!("{got} is not supported, only AWS4-HMAC-SHA256 is."),
        Deed::HostNotSigned => "The signature does not cover the host.".to_owned(),
        // The phrases of AWS's common front end say it well.
        other => crate::api::errors::unauthenticated(&Rejection::Signature(other.clone())).message.unwrap_or_default(),
    }
}

/// The sentence for what our own door is never asked.
pub(super) fn foreign(why: &Unproved) -> String {
    match why {
        Unproved::Access(_) => String::new(),
        Unproved::OtherScheme(scheme) if scheme == "AWS" => {
            "Signature version 2 is not supported, only AWS4-HMAC-SHA256 is. Old configurations still presign by it."
                .to_owned()
        }
        Unproved::OtherScheme(scheme) => format!("{scheme} is not supported, only AWS4-HMAC-SHA256 is."),
        Unproved::UnsignedHeaders(names) => format!("The signature does not cover {}.", names.join(", ")),
        Unproved::BadPayloadHash(text) => format!("{text} is nothing that x-amz-content-sha256 may say."),
        Unproved::PayloadHashRequired => {
            "What was signed of the body is not known: send `bodySha256`, or have clients send x-amz-content-sha256."
                .to_owned()
        }
        Unproved::PayloadMismatch { .. } => "The body is not the one that was signed.".to_owned(),
        Unproved::HostNotInAudience(host) => format!("Signed for {host}, which is no name of this service."),
    }
}
