//! `IpAddress`, `NotIpAddress`: an address in one of some networks.
//!
//! AWS (measured): an IPv4 network ignores its host bits, an IPv6 network with host bits set contains nothing; a request
//! address that maps IPv4 into IPv6 counts as IPv4, a policy's mapped network does not. What is no address is false in
//! both forms; what is no network is skipped.

use std::net::Ipv6Addr;

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

pub(super) fn compare(operands: &[Operand], value: &str) -> Outcome {
    match address(value) {
        None => Outcome::Unfit,
        Some(address) => Outcome::of(operands.iter().any(|operand| operand.contains(address))),
    }
}

pub(super) fn is_address(text: &str) -> bool {
    address(text).is_some()
}

fn address(text: &str) -> Option<Address> {
    if text.contains(':') {
        let address: Ipv6Addr = text.parse().ok()?;
        return Some(match address.to_ipv4_mapped() {
            Some(mapped) => Address::V4(mapped.to_bits()),
            None => Address::V6(address.to_bits()),
        });
    }
    parse_v4(text).map(Address::V4)
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

/// AWS: dotted forms are refused here; `2001:db8:::1` and `2001:db8::1:` are taken and read without the spare colon.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(policy: &str, value: &str, expect: Outcome) {
        assert_eq!(compare(&[Operand::parse(policy)], value), expect, "{policy} {value}");
    }

    #[test]
    fn networks_contain_addresses() {
        for (policy, value) in [
            ("192.0.2.0/24", "192.0.2.9"),
            ("192.0.2.5/24", "192.0.2.9"),
            ("192.0.2.5", "192.000.2.5"),
            ("192.0.2.0/24", "::ffff:192.0.2.9"),
            ("192.0.2.0/24", "::ffff:c000:209"),
            ("0.0.0.0/0", "8.8.8.8"),
            ("::/0", "2001:db8::1"),
            ("2001:DB8::/064", "2001:db8::1"),
            ("2001:db8::1", "2001:db8:0::1"),
        ] {
            check(policy, value, Outcome::Match);
        }
        for (policy, value) in [
            ("192.0.2.5", "192.0.2.6"),
            ("0.0.0.0/0", "2001:db8::1"),
            ("::/0", "8.8.8.8"),
            ("::ffff:c000:200/120", "::ffff:192.0.2.9"),
            ("2001:db8::5/64", "2001:db8::5"),
            ("not-an-ip", "192.0.2.1"),
        ] {
            check(policy, value, Outcome::NoMatch);
        }
        for value in ["192.0.2.1/32", "not-an-ip", "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.0004"] {
            check("0.0.0.0/0", value, Outcome::Unfit);
        }
    }

    #[test]
    fn save_takes_and_refuses_what_iam_does() {
        for good in [
            "192.0.2.5/24",
            "192.0.2.5/0",
            "192.000.002.0/24",
            "192.0.2.0/024",
            "192.0.2.0/+24",
            "::ffff:c000:200/120",
            "::/0",
            "2001:DB8::/064",
            "2001:db8:::1/128",
            "2001:db8::1:/128",
        ] {
            assert!(!Operand::parse(good).is_malformed(), "{good}");
        }
        for bad in [
            "::ffff:192.0.2.1",
            "2001:db8::192.0.2.0/120",
            "2001:db8::5/64",
            "2001:db8::1/0",
            "192.0.2.0/33",
            "2001:db8::/129",
            "192.0.2.0/",
            "192.0.2.0/-1",
            "not-an-ip",
            "",
        ] {
            assert!(Operand::parse(bad).is_malformed(), "{bad}");
        }
    }
}
