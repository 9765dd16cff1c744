//! Addresses: the strict spelling of fields and indicators, the WHATWG spellings of hosts, and the address policy.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Return the address that `raw` spells strictly: a dotted quad, or IPv6 without brackets. IPv4-mapped becomes IPv4; a
/// zone id is dropped.
pub fn address(raw: &[u8]) -> Option<IpAddr> {
    if let Some(quad) = dotted_quad(raw) {
        return Some(IpAddr::V4(quad));
    }
    ipv6(raw).map(unmap_address)
}

/// Return an IPv4-mapped address as its IPv4 address.
pub fn unmap_address(address: Ipv6Addr) -> IpAddr {
    match address.to_ipv4_mapped() {
        Some(quad) => IpAddr::V4(quad),
        None => IpAddr::V6(address),
    }
}

/// Return an address of four decimal parts without leading zeros.
pub fn dotted_quad(raw: &[u8]) -> Option<Ipv4Addr> {
    if raw.len() < 7 || raw.len() > 15 {
        return None;
    }
    let mut octets = [0u8; 4];
    let mut at = 0;
    for (part, octet) in octets.iter_mut().enumerate() {
        if part > 0 {
            if raw.get(at) != Some(&b'.') {
                return None;
            }
            at += 1;
        }
        let start = at;
        let mut value = 0u32;
        while at < raw.len() && raw[at].is_ascii_digit() && at - start < 3 {
            value = value * 10 + u32::from(raw[at] - b'0');
            at += 1;
        }
        if at == start || value > 255 || (at - start > 1 && raw[start] == b'0') {
            return None;
        }
        *octet = value as u8;
    }
    (at == raw.len()).then(|| Ipv4Addr::from(octets))
}

/// Return an IPv6 address without brackets; a zone id is dropped. The grammar is that of WHATWG, which the standard
/// library shares.
pub fn ipv6(raw: &[u8]) -> Option<Ipv6Addr> {
    let text = match memchr::memchr(b'%', raw) {
        Some(at) if is_zone(&raw[at + 1..]) => &raw[..at],
        Some(_) => return None,
        None => raw,
    };
    if text.len() < 2 || text.len() > 45 {
        return None;
    }
    Ipv6Addr::from_str(std::str::from_utf8(text).ok()?).ok()
}

/// RFC 6874: unreserved characters and percent escapes.
fn is_zone(zone: &[u8]) -> bool {
    !zone.is_empty()
        && zone
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(byte))
}

/// Whether the last part of a name is a number. WHATWG then reads the name as IPv4 or refuses it.
pub fn ends_in_number(name: &[u8]) -> bool {
    let name = name.strip_suffix(b".").unwrap_or(name);
    let last = match memchr::memrchr(b'.', name) {
        Some(at) => &name[at + 1..],
        None => name,
    };
    !last.is_empty() && (last.iter().all(u8::is_ascii_digit) || whatwg_number(last).is_some())
}

/// Return the IPv4 address in any WHATWG spelling (`0x7f.1`, `017700000001`). One trailing dot is allowed.
pub fn whatwg_ipv4(name: &[u8]) -> Option<Ipv4Addr> {
    let name = name.strip_suffix(b".").unwrap_or(name);
    let mut parts = [0u64; 4];
    let mut count = 0;
    for part in name.split(|byte| *byte == b'.') {
        *parts.get_mut(count)? = whatwg_number(part)?;
        count += 1;
    }
    let last = parts[count - 1];
    if parts[..count - 1].iter().any(|part| *part > 255) || last >= 1 << (8 * (5 - count)) {
        return None;
    }
    let high = parts[..count - 1]
        .iter()
        .enumerate()
        .map(|(at, part)| part << (8 * (3 - at)))
        .sum::<u64>();
    Some(Ipv4Addr::from((high + last) as u32))
}

/// Return a part of an IPv4 spelling: decimal, octal after `0`, hexadecimal after `0x`. Too large values saturate.
fn whatwg_number(part: &[u8]) -> Option<u64> {
    let (digits, radix) = match part {
        [] => return None,
        [b'0', b'x' | b'X', digits @ ..] => (digits, 16),
        [b'0', digits @ ..] if !digits.is_empty() => (digits, 8),
        digits => (digits, 10),
    };
    digits.iter().try_fold(0u64, |value, digit| {
        let digit = char::from(*digit).to_digit(radix)?;
        Some((value * u64::from(radix) + u64::from(digit)).min(1 << 33))
    })
}

/// Append the canonical text of an address: dotted quad, or RFC 5952 without brackets.
pub fn write_address(address: IpAddr, out: &mut Vec<u8>) {
    match address {
        IpAddr::V4(quad) => {
            let (text, length) = quad_text(quad);
            out.extend_from_slice(&text[..length]);
        }
        IpAddr::V6(address) => out.extend_from_slice(address.to_string().as_bytes()),
    }
}

/// Return the number of an address among those of IPv6, by which ranges are compared; IPv4 is mapped.
pub fn address_number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(quad) => quad.to_ipv6_mapped().into(),
        IpAddr::V6(address) => address.into(),
    }
}

/// Return sixteen bytes that identify an address, but do not order it: the text of IPv4 padded with zeros, or the bytes of IPv6.
pub fn address_key(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(quad) => quad_text(quad).0,
        IpAddr::V6(address) => address.octets(),
    }
}

/// Return the text of an IPv4 address padded with zeros, and its length.
#[inline]
fn quad_text(quad: Ipv4Addr) -> ([u8; 16], usize) {
    let mut text = [0; 16];
    let mut end = 0;
    for octet in quad.octets() {
        for (divisor, least) in [(100, 100), (10, 10), (1, 0)] {
            if octet >= least {
                text[end] = b'0' + octet / divisor % 10;
                end += 1;
            }
        }
        text[end] = b'.';
        end += 1;
    }
    text[end - 1] = 0;
    (text, end - 1)
}

/// Append a number in decimal.
pub fn write_decimal(number: u32, out: &mut Vec<u8>) {
    let mut digits = [0u8; 10];
    let mut at = digits.len();
    let mut rest = number;
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Whether a site on the public internet can have an address, or why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressClass {
    Public,
    Private,
    Shared,
    Loopback,
    LinkLocal,
    Multicast,
    Unspecified,
    Documentation,
    Reserved,
}

/// From the IANA special-purpose registries. The first row that contains an address decides.
const V4: [(u32, u32, AddressClass); 20] = [
    (0x0000_0000, 32, AddressClass::Unspecified),
    (0x0000_0000, 8, AddressClass::Reserved),
    (0x0a00_0000, 8, AddressClass::Private),
    (0x6440_0000, 10, AddressClass::Shared),
    (0x7f00_0000, 8, AddressClass::Loopback),
    (0xa9fe_0000, 16, AddressClass::LinkLocal),
    (0xac10_0000, 12, AddressClass::Private),
    (0xc000_0000, 24, AddressClass::Reserved),
    (0xc000_0200, 24, AddressClass::Documentation),
    (0xc01f_c400, 24, AddressClass::Reserved),
    (0xc034_c100, 24, AddressClass::Reserved),
    (0xc058_6300, 24, AddressClass::Reserved),
    (0xc0a8_0000, 16, AddressClass::Private),
    (0xc0af_3000, 24, AddressClass::Reserved),
    (0xc612_0000, 15, AddressClass::Documentation),
    (0xc633_6400, 24, AddressClass::Documentation),
    (0xcb00_7100, 24, AddressClass::Documentation),
    (0xe000_0000, 4, AddressClass::Multicast),
    (0xf000_0000, 4, AddressClass::Reserved),
    (0x0000_0000, 0, AddressClass::Public),
];

const V6: [(u128, u32, AddressClass); 12] = [
    (0, 128, AddressClass::Unspecified),
    (1, 128, AddressClass::Loopback),
    (0xfc00 << 112, 7, AddressClass::Private),
    (0xfe80 << 112, 10, AddressClass::LinkLocal),
    (0xff00 << 112, 8, AddressClass::Multicast),
    (0x2001_0db8 << 96, 32, AddressClass::Documentation),
    (0x3fff << 112, 20, AddressClass::Documentation),
    (0x2001 << 112, 23, AddressClass::Reserved),
    (0x2002 << 112, 16, AddressClass::Reserved),
    (0x2620_004f_8000 << 80, 48, AddressClass::Reserved),
    (0x2000 << 112, 3, AddressClass::Public),
    (0, 0, AddressClass::Reserved),
];

fn holds_v4(&(net, length, _): &(u32, u32, AddressClass), address: u32) -> bool {
    length == 0 || (address ^ net) >> (32 - length) == 0
}

fn holds_v6(&(net, length, _): &(u128, u32, AddressClass), address: u128) -> bool {
    length == 0 || (address ^ net) >> (128 - length) == 0
}

impl AddressClass {
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(quad) => {
                let bits = u32::from(quad);
                let row = V4.iter().find(|row| holds_v4(row, bits));
                row.map_or(Self::Public, |row| row.2)
            }
            IpAddr::V6(address) => {
                if let Some(quad) = address.to_ipv4_mapped() {
                    return Self::of(IpAddr::V4(quad));
                }
                let bits = u128::from(address);
                let row = V6.iter().find(|row| holds_v6(row, bits));
                row.map_or(Self::Reserved, |row| row.2)
            }
        }
    }

    /// Whether `is_allowed` accepts the class of every address of a network.
    pub fn all(network: IpAddr, bits: u8, is_allowed: fn(Self) -> bool) -> bool {
        let bits = u32::from(bits);
        is_allowed(Self::of(network))
            && match network {
                IpAddr::V4(quad) => {
                    let start = u32::from(quad);
                    let mask = u32::MAX.checked_shl(32 - bits.min(32)).unwrap_or(0);
                    let inside = V4
                        .iter()
                        .filter(|row| row.1 >= bits && (row.0 ^ start) & mask == 0);
                    let around = V4.iter().find(|row| row.1 <= bits && holds_v4(row, start));
                    inside.chain(around).all(|row| is_allowed(row.2))
                }
                IpAddr::V6(address) => {
                    let start = u128::from(address);
                    let mask = u128::MAX.checked_shl(128 - bits.min(128)).unwrap_or(0);
                    let inside = V6
                        .iter()
                        .filter(|row| row.1 >= bits && (row.0 ^ start) & mask == 0);
                    let around = V6.iter().find(|row| row.1 <= bits && holds_v6(row, start));
                    inside.chain(around).all(|row| is_allowed(row.2))
                }
            }
    }

    /// The class as outputs write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Shared => "shared",
            Self::Loopback => "loopback",
            Self::LinkLocal => "link-local",
            Self::Multicast => "multicast",
            Self::Unspecified => "unspecified",
            Self::Documentation => "documentation",
            Self::Reserved => "reserved",
        }
    }
}
