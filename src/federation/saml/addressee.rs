//! Whom an assertion must be for, by the standard: AWS in the partition of the provider, at addresses of AWS's and of
//! this very provider's.
//!
//! <https://docs.aws.amazon.com/general/latest/gr/signin-service.html>

use crate::ids::{Partition, region};

/// AWS as it takes the assertions of one provider.
#[derive(Clone, Copy, Debug)]
pub struct Addressee<'p> {
    /// Where its account lives.
    pub partition: Partition,
    /// `SAMLSP...`: it has addresses of its own.
    pub provider_id: &'p str,
}

impl Addressee<'_> {
    /// Whether it takes assertions at this address.
    ///
    /// ATTACK: the whole address is compared, letter by letter, so nothing can stand before, within or behind it.
    pub(super) fn is_at(&self, address: &str) -> bool {
        let Some((host, path)) = address.strip_prefix("https://").and_then(|rest| rest.split_once('/')) else {
            return false;
        };
        let own = path.strip_prefix("saml/acs/").is_some_and(|id| id == self.provider_id);
        self.has_host(host) && (path == "saml" || own)
    }

    /// Whether it is called so as a service, or by an address.
    pub(super) fn is_called(&self, name: &str) -> bool {
        name == entity(self.partition) || self.is_at(name)
    }

    fn has_host(&self, host: &str) -> bool {
        let everywhere = host_of(self.partition);
        let of_region = |name: &str| region::find(name).is_some_and(|region| region.partition == self.partition);
        host == everywhere
            || host.strip_suffix(everywhere).and_then(|rest| rest.strip_suffix('.')).is_some_and(of_region)
    }
}

/// Where people sign in.
fn host_of(partition: Partition) -> &'static str {
    match partition {
        Partition::Aws => "signin.aws.amazon.com",
        Partition::China => "signin.amazonaws.cn",
        Partition::UsGov => "signin.amazonaws-us-gov.com",
    }
}

/// The `entityID` of AWS as a service provider.
fn entity(partition: Partition) -> &'static str {
    match partition {
        Partition::Aws => "urn:amazon:webservices",
        Partition::China => "urn:amazon:webservices:cn-north-1",
        Partition::UsGov => "urn:amazon:webservices:govcloud",
    }
}
