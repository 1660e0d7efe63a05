//! The companion's stand-in for a phone: the code that a seeded MFA device shows, by the service's clock.

use serde_json::json;

use super::reply::Reply;
use crate::api::World;
use crate::identities::{Identities, MfaDevice};
use crate::store::records::KeyOwner;
use crate::wire::Params;

/// A code of the device that the query names: one that counts now and that nobody has used.
pub fn code(world: &World, query: &str) -> Reply {
    let Some(serial_number) = read(query) else {
        let advice = "name the device, and nothing else: ?serialNumber=arn:aws:iam::123456789012:mfa/NAME";
        return Reply::error(400, advice);
    };
    let (snapshot, now) = (world.snapshot(), world.now().now);
    let identities = &snapshot.identities;
    let owned = identities.mfa_device(&serial_number).and_then(|device| Some((device, owner_arn(device, identities)?)));
    let Some((device, owner)) = owned else {
        return Reply::error(404, "no MFA device of this serial number is enabled for anybody");
    };
    let Some((code, over)) = identities.fresh_code(device, now) else {
        let advice = "every code that counts now was used: wait half a minute, or advance the clock by 30 s";
        return Reply::error(409, advice);
    };
    Reply::ok(json!({
        "code": code,
        "serialNumber": device.serial_number,
        "owner": owner,
        "countsUntil": over.iso().to_string(),
        "verificationsLeft": identities.verifications_left(&device.serial_number, now),
    }))
}

fn read(query: &str) -> Option<String> {
    let params = Params::of_query(query).ok()?;
    let mut pairs = params.iter();
    let (name, value) = pairs.next()?;
    (name == "serialNumber" && pairs.next().is_none()).then(|| value.into_owned())
}

/// The ARN of the user or root user that the device is enabled for.
fn owner_arn(device: &MfaDevice, identities: &Identities) -> Option<String> {
    match device.owner()? {
        KeyOwner::Root(account) => identities.account(*account).map(|account| account.root_arn()),
        KeyOwner::User(user) => identities.user(user).map(|user| user.arn.clone()),
    }
}
