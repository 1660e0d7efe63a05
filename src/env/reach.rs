//! Which addresses may be asked for an issuer's documents, and which never: a provider's address is an account's to
//! write, and what stands in its discovery document the issuer's.
//!
//! ATTACK: without this, either could have this process ask the services of its own machine or network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::key_fetch::FetchFault;

/// What the host of one address may turn out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Addresses of the public internet only.
    Public,
    /// This machine only.
    OwnMachine,
    /// A network of one's own: anything but what is no host's address.
    Private,
}

impl Reach {
    /// What the host of an address may be, whose document is of an issuer on `issuer_host`. `private` are the hosts
    /// that somebody named for it.
    pub(super) fn of(scheme: &str, host: &str, issuer_host: &str, private: &[String]) -> Result<Self, FetchFault> {
        let named = |host: &str| private.iter().any(|known| known.eq_ignore_ascii_case(host));
        let issuer_is_near = is_own_machine(issuer_host) || named(issuer_host);
        let reach = match (is_own_machine(host), named(host)) {
            (true, _) if !issuer_is_near => return Err(FetchFault::OwnMachine),
            (true, _) => Self::OwnMachine,
            (false, true) if issuer_is_near => Self::Private,
            (false, _) => Self::Public,
        };
        if scheme == "https" || (scheme == "http" && reach != Self::Public) {
            Ok(reach)
        } else {
            Err(FetchFault::Unencrypted)
        }
    }

    /// Whether an address that the host has may be connected to.
    pub(super) fn admits(self, address: IpAddr) -> bool {
        let address = plain(address);
        match self {
            Self::Public => is_public(address),
            Self::OwnMachine => address.is_loopback(),
            Self::Private => !is_nobodys(address),
        }
    }
}

/// Whether a host is this machine by a name that nobody else can own.
fn is_own_machine(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return plain(address).is_loopback();
    }
    let name = bare.to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// The address that a packet ends up at: the one within, where version 4 is written as version 6.
fn plain(address: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = address else { return address };
    let [first, second, third, fourth, fifth, sixth, seventh, eighth] = six.segments();
    let within = |high: u16, low: u16| {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match (first, second, third, fourth, fifth, sixth) {
        // Mapped, and the translation prefix of NAT64.
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => within(seventh, eighth),
        // 6to4.
        (0x2002, high, low, ..) => within(high, low),
        _ => address,
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !NOT_PUBLIC.iter().any(|(net, bits)| same_net(address, *net, *bits)),
        IpAddr::V6(address) => is_public_six(address),
    }
}

/// Of version 6 only `2000::/3` is given out, and some of it for other ends.
fn is_public_six(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let special = first == 0x2001 && (second < 0x200 || second == 0xdb8) || (first == 0x3fff && second < 0x1000);
    first & 0xe000 == 0x2000 && !special
}

/// Addresses that no issuer can have on any network: none at all, everybody's, and those of the link, behind which
/// clouds keep their metadata.
fn is_nobodys(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            address.is_unspecified() || address.is_link_local() || address.is_multicast() || address.is_broadcast()
        }
        IpAddr::V6(address) => {
            address.is_unspecified()
                || address.is_unicast_link_local()
                || address.is_multicast()
                || address == METADATA_SIX
        }
    }
}

/// Where a cloud keeps its metadata under version 6.
const METADATA_SIX: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

fn same_net(address: Ipv4Addr, net: Ipv4Addr, bits: u32) -> bool {
    let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
    u32::from(address) & mask == u32::from(net) & mask
}

/// What IANA keeps for other ends than hosts of the internet.
/// <https://www.iana.org/assignments/iana-ipv4-special-registry/>
const NOT_PUBLIC: [(Ipv4Addr, u32); 14] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(reach: Reach, address: &str, expect: bool) {
        assert_eq!(reach.admits(address.parse().unwrap()), expect, "{reach:?} {address}");
    }

    #[test]
    fn the_public_internet_has_no_address_of_ours() {
        for address in
            ["1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "192.169.0.1", "2606:4700::1111", "2a00:1450::1"]
        {
            check(Reach::Public, address, true);
            check(Reach::OwnMachine, address, false);
        }
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "3fff::1",
            "100::1",
        ] {
            check(Reach::Public, address, false);
        }
    }

    #[test]
    fn a_network_of_ones_own_has_hosts_and_no_metadata() {
        for address in ["10.1.2.3", "172.18.0.5", "192.168.1.1", "100.64.0.1", "127.0.0.1", "fd12::1", "1.1.1.1"] {
            check(Reach::Private, address, true);
        }
        for address in [
            "169.254.169.254",
            "169.254.170.2",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "fe80::1",
            "fd00:ec2::254",
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "255.255.255.255",
        ] {
            check(Reach::Private, address, false);
        }
        for address in ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"] {
            check(Reach::OwnMachine, address, true);
        }
    }

    #[track_caller]
    fn check_host(url: (&str, &str), issuer: &str, expect: &Result<Reach, FetchFault>) {
        let private = ["keycloak".to_owned(), "idp.corp.example".to_owned()];
        assert_eq!(&Reach::of(url.0, url.1, issuer, &private), expect, "{url:?} of {issuer}");
    }

    #[test]
    fn a_host_is_near_only_for_an_issuer_that_is() {
        check_host(("https", "a.example"), "a.example", &Ok(Reach::Public));
        check_host(("http", "a.example"), "a.example", &Err(FetchFault::Unencrypted));
        check_host(("ftp", "localhost"), "localhost", &Err(FetchFault::Unencrypted));
        for own in ["localhost", "127.0.0.1", "[::1]", "idp.localhost", "LOCALHOST"] {
            check_host(("http", own), own, &Ok(Reach::OwnMachine));
            check_host(("http", own), "keycloak", &Ok(Reach::OwnMachine));
            check_host(("https", own), "a.example", &Err(FetchFault::OwnMachine));
        }
        check_host(("http", "keycloak"), "keycloak", &Ok(Reach::Private));
        check_host(("http", "Keycloak"), "KEYCLOAK", &Ok(Reach::Private));
        check_host(("https", "idp.corp.example"), "idp.corp.example", &Ok(Reach::Private));
        check_host(("https", "idp.corp.example"), "a.example", &Ok(Reach::Public));
        check_host(("http", "idp.corp.example"), "a.example", &Err(FetchFault::Unencrypted));
        check_host(("https", "keys.example"), "localhost", &Ok(Reach::Public));
        check_host(("https", "localhost.a.example"), "a.example", &Ok(Reach::Public));
    }
}
