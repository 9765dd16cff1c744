//! Reading a canonical value of an indicator into its parts, and its place in the index.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::hash::{State, whole_host};
use crate::indicator::IndicatorKind;

/// The parts of a canonical value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'v> {
    Name(&'v str),
    Page(PageValue<'v>),
    Address(IpAddr, Option<u16>),
    Network(IpAddr, u8),
    Text(&'v str),
}

/// A url or url-prefix. IPv6 hosts have no brackets, as in pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageValue<'v> {
    pub host: &'v [u8],
    pub port: Option<u16>,
    pub path_query: &'v [u8],
}

impl<'v> Value<'v> {
    /// Read a canonical value into its parts; None if it is not one.
    pub fn read(kind: IndicatorKind, value: &'v str) -> Option<Value<'v>> {
        Some(match kind {
            IndicatorKind::Domain
            | IndicatorKind::Host
            | IndicatorKind::Onion
            | IndicatorKind::I2p => Value::Name(value),
            IndicatorKind::Url | IndicatorKind::UrlPrefix => Value::Page(PageValue::read(value)?),
            IndicatorKind::Ip => match value.parse::<IpAddr>() {
                Ok(address) => Value::Address(address, None),
                Err(_) => {
                    let socket: SocketAddr = value.parse().ok()?;
                    Value::Address(socket.ip(), Some(socket.port()))
                }
            },
            IndicatorKind::Cidr => {
                let (address, bits) = value.split_once('/')?;
                Value::Network(address.parse().ok()?, bits.parse().ok()?)
            }
            IndicatorKind::Digest | IndicatorKind::FileDigest => Value::Text(value),
        })
    }

    /// Return the hash under which the index holds the value.
    pub fn hash(&self, kind: IndicatorKind) -> u64 {
        match *self {
            Value::Name(name) => whole_host(name.as_bytes()).finish(kind),
            Value::Page(page) if kind == IndicatorKind::UrlPrefix => page.prefix_hash(),
            Value::Page(page) => page.url_hash(),
            Value::Address(address, port) => address_hash(address, port),
            Value::Network(network, bits) => network_hash(network, bits),
            Value::Text(text) => State::START.piece(text.as_bytes()).finish(kind),
        }
    }
}

impl<'v> PageValue<'v> {
    fn read(value: &'v str) -> Option<PageValue<'v>> {
        let (authority, path_query) = value.as_bytes().split_at(value.find('/')?);
        let (host, port) = match authority.strip_prefix(b"[") {
            Some(rest) => {
                let end = memchr::memchr(b']', rest)?;
                (&rest[..end], &rest[end + 1..])
            }
            None => authority.split_at(memchr::memchr(b':', authority).unwrap_or(authority.len())),
        };
        let port = match port.strip_prefix(b":") {
            Some(digits) => Some(std::str::from_utf8(digits).ok()?.parse().ok()?),
            None => None,
        };
        Some(PageValue {
            host,
            port,
            path_query,
        })
    }

    pub fn url_hash(&self) -> u64 {
        self.authority()
            .piece(self.path_query)
            .finish(IndicatorKind::Url)
    }

    /// Return the hash of the host alone. It can show that a record matches no page.
    pub fn host_hash(&self) -> u64 {
        whole_host(self.host).finish(IndicatorKind::Url)
    }

    fn prefix_hash(&self) -> u64 {
        let mut last = 0;
        prefixes(self.authority(), self.path_query, usize::MAX, |_, hash| {
            last = hash
        });
        last
    }

    fn authority(&self) -> State {
        authority(whole_host(self.host), self.port)
    }
}

/// Return the state after a host and the port of a value, if it has one.
#[inline]
pub fn authority(host: State, port: Option<u16>) -> State {
    host.number(port.map_or(0, |port| u64::from(port) + 1))
}

/// Call `each(length, hash)` for every beginning of `path`, of at most `longest` bytes, that a matching url-prefix can
/// have.
#[inline]
pub fn prefixes(authority: State, path: &[u8], longest: usize, mut each: impl FnMut(usize, u64)) {
    let mut state = authority;
    let mut start = 0;
    for slash in memchr::memchr_iter(b'/', path) {
        if slash > longest {
            return;
        }
        if slash > start {
            state = state.range(path, start, slash);
            each(slash, state.finish(IndicatorKind::UrlPrefix));
        }
        if slash == longest {
            return;
        }
        state = state.number(u64::from(b'/'));
        each(slash + 1, state.finish(IndicatorKind::UrlPrefix));
        start = slash + 1;
    }
    if start < path.len() && path.len() <= longest {
        each(
            path.len(),
            state
                .range(path, start, path.len())
                .finish(IndicatorKind::UrlPrefix),
        );
    }
}

pub fn address_hash(address: IpAddr, port: Option<u16>) -> u64 {
    authority(octets(address), port).finish(IndicatorKind::Ip)
}

pub fn network_hash(network: IpAddr, bits: u8) -> u64 {
    octets(network)
        .number(u64::from(bits))
        .finish(IndicatorKind::Cidr)
}

/// Return the address with all bits after the first `bits` cleared.
pub fn network_of(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX
                .checked_shl(32_u32.saturating_sub(bits.into()))
                .unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from(u32::from(address) & mask))
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX
                .checked_shl(128_u32.saturating_sub(bits.into()))
                .unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from(u128::from(address) & mask))
        }
    }
}

fn octets(address: IpAddr) -> State {
    match address {
        IpAddr::V4(address) => State::START.piece(&address.octets()),
        IpAddr::V6(address) => State::START.piece(&address.octets()),
    }
}

/// Return bytes as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_value_is_host_port_and_path() {
        for (value, host, port, path_query) in [
            ("flagged.example/", "flagged.example", None, "/"),
            (
                "flagged.example:8443/a?b=/c:1",
                "flagged.example",
                Some(8443),
                "/a?b=/c:1",
            ),
            ("[2001:db8::1]:8443/a", "2001:db8::1", Some(8443), "/a"),
            ("[2001:db8::1]/a", "2001:db8::1", None, "/a"),
        ] {
            let (host, path_query) = (host.as_bytes(), path_query.as_bytes());
            let expected = PageValue {
                host,
                port,
                path_query,
            };
            assert_eq!(
                Value::read(IndicatorKind::Url, value),
                Some(Value::Page(expected)),
                "{value}"
            );
        }
    }

    #[test]
    fn beginnings_of_a_path_end_at_segments() {
        let listed = |path: &str, longest| {
            let mut paths = Vec::new();
            prefixes(State::START, path.as_bytes(), longest, |length, _| {
                paths.push(path[..length].to_owned())
            });
            paths
        };
        assert_eq!(listed("/a/bc", 99), ["/", "/a", "/a/", "/a/bc"]);
        assert_eq!(listed("/a/", 99), ["/", "/a", "/a/"]);
        assert_eq!(listed("/a//b", 99), ["/", "/a", "/a/", "/a//", "/a//b"]);
        assert_eq!(listed("/a/bc", 3), ["/", "/a", "/a/"]);
        assert_eq!(listed("/a/bc", 2), ["/", "/a"]);
        assert_eq!(listed("/a/bc", 0), Vec::<String>::new());
    }

    #[test]
    fn networks_are_cut_at_any_length() {
        let cut = |address: &str, bits| network_of(address.parse().unwrap(), bits).to_string();
        assert_eq!(cut("192.0.2.255", 24), "192.0.2.0");
        assert_eq!(cut("192.0.2.255", 32), "192.0.2.255");
        assert_eq!(cut("192.0.2.255", 0), "0.0.0.0");
        assert_eq!(cut("2001:db8::ff", 128), "2001:db8::ff");
        assert_eq!(cut("2001:db8:1::", 32), "2001:db8::");
        assert_eq!(cut("192.0.2.255", 255), "192.0.2.255");
    }
}
