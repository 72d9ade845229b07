//! Who may read along on the way to a host, by its name or number alone.

use core::net::{Ipv4Addr, Ipv6Addr};

/// Who may read along on the way to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Nobody,
    /// Those in one's own network; or it is not known who, since the name is put in later.
    OwnNetwork,
    Everybody,
}

impl Reach {
    /// By the name or the number of the host, in lower case.
    pub fn of(host: &str) -> Self {
        /// Names that stand for the own machine, or for nothing (RFC 2606).
        const NOWHERE: &[&str] = &[
            "localhost", "test", "example", "invalid", "example.com", "example.net", "example.org",
            "localhost.localdomain", "localhost4", "localhost6", "ip6-localhost", "ip6-loopback",
            "docker.internal", "containers.internal",
        ];
        /// What names of machines end in that no public server knows.
        const OWN: &[&str] = &["local", "internal", "lan", "corp", "home", "intranet", "localdomain", "svc"];
        let ends_in =
            |name: &&str| host.strip_suffix(*name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        if let Some(v4) = number(host) {
            return Self::of_v4(v4);
        }
        if let Ok(v6) = host.parse::<Ipv6Addr>() {
            return match v6.to_ipv4_mapped() {
                Some(v4) => Self::of_v4(v4),
                None if v6.is_loopback() || v6.is_unspecified() => Self::Nobody,
                None if v6.is_unique_local() || v6.is_unicast_link_local() => Self::OwnNetwork,
                None => Self::Everybody,
            };
        }
        let is_known =
            host.contains('.') && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b));
        match () {
            () if NOWHERE.iter().any(ends_in) => Self::Nobody,
            () if !is_known || OWN.iter().any(ends_in) => Self::OwnNetwork,
            () => Self::Everybody,
        }
    }
    fn of_v4(v4: Ipv4Addr) -> Self {
        match v4 {
            _ if v4.is_loopback() || v4.is_unspecified() => Self::Nobody,
            _ if v4.is_private() || v4.is_link_local() => Self::OwnNetwork,
            _ => Self::Everybody,
        }
    }
}

/// An address of four bytes as `inet_aton` reads it: up to four numbers, decimal, octal or hexadecimal, of which the
/// last one fills all bytes that are left.
fn number(host: &str) -> Option<Ipv4Addr> {
    let part = |digits: &str| match digits.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None if digits.len() > 1 && digits.starts_with('0') => u32::from_str_radix(digits, 8).ok(),
        None => digits.parse().ok(),
    };
    let parts: Vec<u32> = host.split('.').map(part).collect::<Option<_>>()?;
    let (last, front) = parts.split_last().filter(|(_, front)| front.len() < 4)?;
    let bits = 32 - 8 * front.len() as u32;
    let start = front.iter().try_fold(0_u32, |start, byte| (*byte < 256).then_some(start << 8 | *byte))?;
    let fits = u64::from(*last) < 1 << bits;
    fits.then(|| Ipv4Addr::from(start.checked_shl(bits).unwrap_or(0) | *last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_machine_has_many_names() {
        for host in [
            "localhost",
            "app.localhost",
            "localhost.localdomain",
            "ip6-localhost",
            "kubernetes.docker.internal",
            "gateway.docker.internal",
            "host.containers.internal",
            "127.0.0.53",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "0",
            "::1",
            "::ffff:127.0.0.1",
        ] {
            assert_eq!(Reach::of(host), Reach::Nobody, "{host}");
        }
    }

    #[test]
    fn numbers_that_are_no_addresses_are_names() {
        for (host, expected) in [
            ("128.1", Reach::Everybody),
            ("10.1", Reach::OwnNetwork),
            ("::ffff:10.0.0.1", Reach::OwnNetwork),
            ("::ffff:8.8.8.8", Reach::Everybody),
            ("127.0.0.1.2", Reach::Everybody),
            ("127.0.0.256", Reach::Everybody),
            ("127.0.0.1.acme.dev", Reach::Everybody),
            ("4294967296", Reach::OwnNetwork),
        ] {
            assert_eq!(Reach::of(host), expected, "{host}");
        }
    }
}
