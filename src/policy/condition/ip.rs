//! `IpAddress`, `NotIpAddress`: an address in one of some networks.
//!
//! AWS (measured): an IPv4 network ignores its host bits, an IPv6 network with host bits set contains nothing; a request
//! address that maps IPv4 into IPv6 counts as IPv4, a policy's mapped network does not. What is no address is false in
//! both forms; what is no network is skipped, but ends a simulated comparison as such an address does.

use std::net::Ipv6Addr;

use super::super::context::RequestContext;
use super::Outcome;

/// A network of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    V4 { address: u32, prefix: u32 },
    V6 { address: u128, prefix: u32 },
    Malformed,
}

impl Operand {
    pub(super) fn parse(text: &str) -> Self {
        network(text).unwrap_or(Self::Malformed)
    }

    pub(super) fn is_malformed(&self) -> bool {
        *self == Self::Malformed
    }

    fn contains(self, address: Address) -> bool {
        match (self, address) {
            (Self::V4 { address, prefix }, Address::V4(asked)) => {
                let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
                address & mask == asked & mask
            }
            (Self::V6 { address, prefix }, Address::V6(asked)) => asked & mask_v6(prefix) == address,
            _ => false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Address {
    V4(u32),
    V6(u128),
}

pub(super) fn compare(operands: &[Operand], value: &str, context: &RequestContext<'_>) -> Outcome {
    let Some(address) = address(value) else { return Outcome::Unfit };
    let ends_it = |operand: &&Operand| operand.contains(address) || (operand.is_malformed() && context.is_simulated());
    match operands.iter().find(ends_it) {
        None => Outcome::NoMatch,
        Some(Operand::Malformed) => Outcome::Unfit,
        Some(_) => Outcome::Match,
    }
}

pub(super) fn is_address(text: &str) -> bool {
    address(text).is_some()
}

/// AWS: only mapped IPv4 may be dotted, and a colon at the very front has a zero before it (measured).
fn address(text: &str) -> Option<Address> {
    if !text.contains(':') {
        return parse_v4(text).map(Address::V4);
    }
    let dotted = text.contains('.');
    let address = match text.strip_prefix(':').filter(|rest| !rest.starts_with(':')) {
        _ if dotted => text.parse().ok(),
        Some(rest) => parse_v6(&format!("0:{rest}")),
        None => parse_v6(text),
    };
    let address: Ipv6Addr = address?;
    let mapped = address.to_ipv4_mapped().map(|mapped| Address::V4(mapped.to_bits()));
    mapped.or_else(|| (!dotted).then(|| Address::V6(address.to_bits())))
}

fn network(text: &str) -> Option<Operand> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    if address.contains(':') {
        let prefix = prefix.map_or(Some(128), |prefix| parse_prefix(prefix, 128))?;
        let address = parse_v6(address)?.to_bits();
        return (address & !mask_v6(prefix) == 0).then_some(Operand::V6 { address, prefix });
    }
    let prefix = prefix.map_or(Some(32), |prefix| parse_prefix(prefix, 32))?;
    Some(Operand::V4 { address: parse_v4(address)?, prefix })
}

/// Four decimal numbers; leading zeros are decimal too.
fn parse_v4(text: &str) -> Option<u32> {
    let mut parts = 0;
    let mut address = 0;
    for part in text.split('.') {
        let plain = !part.is_empty() && part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
        address = (address << 8) | u32::from(part.parse::<u8>().ok().filter(|_| plain)?);
        parts += 1;
        if parts > 4 {
            return None;
        }
    }
    (parts == 4).then_some(address)
}

/// Without dots. AWS: `2001:db8:::1` and `2001:db8::1:` are taken and read without the spare colon.
fn parse_v6(text: &str) -> Option<Ipv6Addr> {
    if text.contains('.') {
        return None;
    }
    text.parse().ok().or_else(|| {
        let text = text.replacen(":::", "::", 1);
        let spare = text.strip_suffix(':').filter(|rest| !rest.ends_with(':'));
        spare.unwrap_or(&text).parse().ok()
    })
}

fn parse_prefix(text: &str, longest: u32) -> Option<u32> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let plain = !digits.is_empty() && digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|prefix| plain && *prefix <= longest)
}

fn mask_v6(prefix: u32) -> u128 {
    u128::MAX.checked_shl(128 - prefix).unwrap_or(0)
}
