//! The companion's way back to the seed: of everything, or of one account beside which others go on.

use serde::Deserialize;
use serde_json::json;

use super::reply::Reply;
use crate::api::account_reset::reset_account;
use crate::api::baseline;
use crate::api::world::ChangeError;
use crate::identities::IdentityError;
use crate::ids::AccountId;
use crate::service::Service;

/// What shall be as the seed made it; everything, if nothing is said.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Reset {
    // ATTACK: a variable that is not set must not mean everything.
    #[serde(default, deserialize_with = "said")]
    account_id: Option<String>,
    #[serde(default)]
    keep: Vec<Kept>,
}

/// What a reset of everything clears unless it is told to keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kept {
    Journal,
    Faults,
}

fn said<'de, D: serde::Deserializer<'de>>(text: D) -> Result<Option<String>, D::Error> {
    String::deserialize(text).map(Some)
}

/// Goes back to the seed.
pub fn reset(service: &Service, what: &Reset) -> Result<Reply, Reply> {
    let world = service.world();
    let Some(account) = &what.account_id else {
        let ticket = baseline::reset(world)?;
        if !what.keep.contains(&Kept::Journal) {
            service.journal().forget();
        }
        if !what.keep.contains(&Kept::Faults) {
            world.faults.remove(None);
        }
        return Ok(Reply::after(ticket, json!({"reset": true}), "reset to the seed".to_owned()));
    };
    let account = AccountId::parse(account).ok_or_else(|| Reply::error(400, "an accountId is twelve digits"))?;
    let ticket = reset_account(world, account).map_err(|error| match error {
        ChangeError::Identity(error @ IdentityError::NoSuchAccount(_)) => Reply::error(404, error),
        ChangeError::Identity(error) => Reply::error(
            409,
            format_args!("{error}: another account has what the seed had given to this one; reset all"),
        ),
        error => error.into(),
    })?;
    let deed = format!("reset the account {account} to the seed");
    Ok(Reply::after(ticket, json!({"reset": true, "accountId": account.to_string()}), deed))
}
