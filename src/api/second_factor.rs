//! The second factor: a code of an MFA device beside the signature. Verified before anybody asks for permission,
//! so that conditions can speak of it; used up only together with the answer that it earns.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html>

use super::errors::ApiError;
use super::world::{ChangeError, Changes, View};
use crate::access::Caller;
use crate::identities::{CodeRejection, IdentityError, VerifiedCode};
use crate::ids::names::{SerialNumber, TokenCode};

/// What a call says of a second factor: `SerialNumber` and `TokenCode`.
#[derive(Debug, Default)]
pub struct SecondFactor {
    /// The device.
    pub serial_number: Option<SerialNumber>,
    /// What it shows.
    pub token_code: Option<TokenCode>,
}

/// Verifies the second factor of a call, if it has one.
pub(super) fn verify(
    shown: &SecondFactor,
    caller: &Caller,
    view: &View<'_>,
    changes: &mut Changes<'_>,
) -> Result<Option<VerifiedCode>, ApiError> {
    let (serial_number, code) = match (&shown.serial_number, &shown.token_code) {
        (None, None) => return Ok(None),
        (Some(serial_number), Some(code)) => (serial_number, code),
        _ => return Err(ApiError::half_second_factor()),
    };
    let now = view.moment.now;
    let owner = caller.principal().owner().ok_or_else(|| ApiError::second_factor(CodeRejection::NotTheirDevice))?;
    // ATTACK: naming devices at random and guessing on and on cost the disk nothing.
    view.snapshot.identities.device_to_verify(&owner, serial_number.as_str(), now).map_err(ApiError::second_factor)?;
    let verdict = changes
        .make(|draft| Ok(draft.identities.verify_code(&mut draft.batch, &owner, serial_number, code, now)?))?;
    verdict.map(Some).map_err(ApiError::second_factor)
}

impl Changes<'_> {
    /// Uses up a code: of two calls with one code, one gets an answer.
    pub fn use_up(&mut self, code: &VerifiedCode) -> Result<(), ApiError> {
        match self.make(|draft| Ok(draft.identities.use_code(&mut draft.batch, code)?)) {
            Err(ChangeError::Identity(IdentityError::CodeUsed)) => Err(ApiError::second_factor(CodeRejection::Used)),
            made => Ok(made?),
        }
    }
}
