//! Canonical hosts: one text for each host, whatever its spelling (WHATWG host parsing for special schemes, and the
//! rules of ADR 5).

use std::borrow::Cow;

use super::HostKind;
use super::address::{
    address, dotted_quad, ends_in_number, ipv6, unmap_address, whatwg_ipv4, write_address,
};
use super::repertoire::is_known;

/// Longer than any meaningful spelling of a name. This bounds the Unicode work.
const LONGEST_TEXT: usize = 1024;
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

/// Classes of bytes in a plain name. A letter, digit, `-` or `_` has none.
const DOT: u8 = 1;
const OTHER: u8 = 2;
const CAPITAL: u8 = 4;

const CLASS: [u8; 256] = {
    let mut class = [OTHER; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        if byte.is_ascii_uppercase() {
            class[at] = CAPITAL;
        } else if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
            class[at] = 0;
        } else if byte == b'.' {
            class[at] = DOT;
        }
        at += 1;
    }
    class
};

/// Append the canonical text of the host that `raw` spells; nothing if it spells none. IPv6 with or without brackets;
/// no port.
pub fn host(raw: &[u8], out: &mut Vec<u8>) -> HostKind {
    match Plain::at_start(raw) {
        Some(name) if name.length == raw.len() => {
            name.write(raw, out).unwrap_or_else(|| unusual(raw, out))
        }
        _ => unusual(raw, out),
    }
}

/// Append the canonical text of the name that a DNS query asks for; nothing if no host can have it. It is no host of a
/// URL: a name of digits is no address, and an escape such as `%2E` is no letter.
pub fn query_name(raw: &[u8], out: &mut Vec<u8>) -> HostKind {
    if let Some(name) = Plain::at_start(raw).filter(|name| name.length == raw.len()) {
        name.write_name(raw, out);
        return HostKind::Name;
    }
    unusual_query_name(raw, out)
}

#[cold]
fn unusual_query_name(raw: &[u8], out: &mut Vec<u8>) -> HostKind {
    if raw.len() > LONGEST_TEXT {
        return HostKind::None;
    }
    match domain_to_ascii(Cow::Borrowed(raw)) {
        Some(ascii) => push_name(&ascii, out),
        None => HostKind::None,
    }
}

/// Append what a DNS answer names: an address as answers have it, or a name.
pub fn answer(raw: &[u8], out: &mut Vec<u8>) -> HostKind {
    // An address ends in a digit or has colons.
    let may_be_address = raw.last().is_some_and(u8::is_ascii_digit) || raw.contains(&b':');
    match may_be_address.then(|| address(raw)).flatten() {
        Some(ip) => address_kind(Some(ip), out),
        None => query_name(raw, out),
    }
}

/// Return whether `host` and `query_name` surely give the same: a plain name whose last label begins with no digit.
pub fn is_same_in_dns(raw: &[u8]) -> bool {
    let name = raw.strip_suffix(b".").unwrap_or(raw);
    let last_label = memchr::memrchr(b'.', name).map_or(0, |at| at + 1);
    name.get(last_label)
        .is_some_and(|first| !first.is_ascii_digit())
        && raw.iter().all(|byte| CLASS[*byte as usize] != OTHER)
}

/// Append the host of `host[:port]`; userinfo is dropped. None if either is invalid.
pub fn authority(raw: &[u8], out: &mut Vec<u8>) -> Option<(HostKind, Option<u16>)> {
    if let Some((kind, port, _)) = plain_authority(raw, true, out) {
        return Some((kind, port));
    }
    let raw = match memchr::memrchr(b'@', raw) {
        Some(at) => &raw[at + 1..],
        None => raw,
    };
    if memchr::memchr_iter(b':', raw).nth(1).is_some() && raw[0] != b'[' {
        return match host(raw, out) {
            HostKind::None => None,
            kind => Some((kind, None)),
        };
    }
    host_and_port(raw, out)
}

/// Read the usual authority: a plain name, perhaps a port, then the end or, unless `is_whole`, a slash. Returns host,
/// port and how many bytes they took. None appends nothing; another function must then read the authority.
pub fn plain_authority(
    raw: &[u8],
    is_whole: bool,
    out: &mut Vec<u8>,
) -> Option<(HostKind, Option<u16>, usize)> {
    let name = Plain::at_start(raw)?;
    let mut end = name.length;
    let mut port = None;
    if raw.get(end) == Some(&b':') {
        let start = end + 1;
        end = start
            + raw[start..]
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
        port = port_number(&raw[start..end])?;
    }
    let is_end = match raw.get(end) {
        None => true,
        Some(byte) => *byte == b'/' && !is_whole,
    };
    if !is_end {
        return None;
    }
    Some((name.write(raw, out)?, port, end))
}

/// Append the host of `host[:port]` without userinfo and without bare IPv6, as WHATWG reads it.
pub fn host_and_port(raw: &[u8], out: &mut Vec<u8>) -> Option<(HostKind, Option<u16>)> {
    let from = if raw.first() == Some(&b'[') {
        memchr::memchr(b']', raw)?
    } else {
        0
    };
    let (name, port) = match memchr::memchr(b':', &raw[from..]) {
        Some(at) => (&raw[..from + at], port_number(&raw[from + at + 1..])?),
        None => (raw, None),
    };
    match host(name, out) {
        HostKind::None => None,
        kind => Some((kind, port)),
    }
}

/// Return a port as WHATWG reads it: no digits are no port. None if it is invalid.
pub fn port_number(digits: &[u8]) -> Option<Option<u16>> {
    if digits.is_empty() {
        return Some(None);
    }
    let number = digits.iter().try_fold(0u32, |number, digit| {
        let number = number * 10 + u32::from(digit.wrapping_sub(b'0'));
        (digit.is_ascii_digit() && number <= 0xffff).then_some(number)
    })?;
    Some(Some(number as u16))
}

/// The plain name at the start of a text: labels of letters, digits, `-` and `_`, none empty, none too long.
struct Plain {
    length: usize,
    classes: u8,
}

impl Plain {
    fn at_start(raw: &[u8]) -> Option<Self> {
        let mut seen = ByteClasses {
            before: DOT,
            ..ByteClasses::default()
        };
        let mut length = 0;
        for eight in raw.chunks_exact(8) {
            let next = seen.and(eight);
            if next.classes & OTHER != 0 {
                break;
            }
            seen = next;
            length += 8;
        }
        let rest = &raw[length..];
        let end = rest
            .iter()
            .position(|byte| CLASS[*byte as usize] == OTHER)
            .unwrap_or(rest.len());
        seen = seen.and(&rest[..end]);
        length += end;
        let is_plain = length > 0 && seen.pairs & DOT == 0;
        let is_short = length <= LONGEST_LABEL;
        (is_plain && (is_short || has_good_lengths(&raw[..length]))).then_some(Self {
            length,
            classes: seen.classes,
        })
    }

    /// Append the name's canonical text. None if it may be a number and must be read differently.
    fn write(&self, raw: &[u8], out: &mut Vec<u8>) -> Option<HostKind> {
        let name = &raw[..self.length];
        let name = name.strip_suffix(b".").unwrap_or(name);
        let last_label = name
            .iter()
            .rposition(|byte| *byte == b'.')
            .map_or(0, |at| at + 1);
        if name[last_label].is_ascii_digit() {
            let quad = dotted_quad(name)?;
            out.extend_from_slice(name);
            return Some(HostKind::Ip(quad.into()));
        }
        self.write_name(name, out);
        Some(HostKind::Name)
    }

    /// Append the name, which may end in a dot, in lower case.
    fn write_name(&self, name: &[u8], out: &mut Vec<u8>) {
        let from = out.len();
        out.extend_from_slice(name.strip_suffix(b".").unwrap_or(name));
        if self.classes & CAPITAL != 0 {
            out[from..].make_ascii_lowercase();
        }
    }
}

/// The classes of a name's bytes, and those that two neighbours share. Eight bytes are checked without a branch,
/// because names and labels have every length.
#[derive(Clone, Copy, Default)]
struct ByteClasses {
    before: u8,
    classes: u8,
    pairs: u8,
}

impl ByteClasses {
    #[inline(always)]
    fn and(mut self, bytes: &[u8]) -> Self {
        for byte in bytes {
            let class = CLASS[*byte as usize];
            self.pairs |= class & self.before;
            self.classes |= class;
            self.before = class;
        }
        self
    }
}

fn has_good_lengths(name: &[u8]) -> bool {
    let name = name.strip_suffix(b".").unwrap_or(name);
    name.len() <= LONGEST_NAME
        && name
            .split(|byte| *byte == b'.')
            .all(|label| label.len() <= LONGEST_LABEL)
}

#[cold]
fn unusual(raw: &[u8], out: &mut Vec<u8>) -> HostKind {
    if let Some(inner) = raw.strip_prefix(b"[") {
        return address_kind(
            inner.strip_suffix(b"]").and_then(ipv6).map(unmap_address),
            out,
        );
    }
    if memchr::memchr(b':', raw).is_some() {
        return address_kind(ipv6(raw).map(unmap_address), out);
    }
    if raw.len() > 3 * LONGEST_TEXT {
        return HostKind::None;
    }
    let decoded = decode_percent(raw);
    if decoded.len() > LONGEST_TEXT {
        return HostKind::None;
    }
    let Some(ascii) = domain_to_ascii(decoded) else {
        return HostKind::None;
    };
    let ascii = &*ascii;
    if ends_in_number(ascii) {
        return address_kind(whatwg_ipv4(ascii).map(Into::into), out);
    }
    push_name(ascii, out)
}

fn push_name(ascii: &[u8], out: &mut Vec<u8>) -> HostKind {
    let name = ascii.strip_suffix(b".").unwrap_or(ascii);
    let fits = |label: &[u8]| !label.is_empty() && label.len() <= LONGEST_LABEL;
    if name.len() > LONGEST_NAME || !name.split(|byte| *byte == b'.').all(fits) {
        return HostKind::None;
    }
    out.extend_from_slice(name);
    HostKind::Name
}

/// WHATWG's domain to ASCII: an ASCII domain is lower-cased and its labels are not decoded. Others go through UTS 46.
fn domain_to_ascii(domain: Cow<[u8]>) -> Option<Cow<[u8]>> {
    if domain.is_ascii() {
        let is_forbidden = |byte: &u8| *byte <= b' ' || b"#%/:<>?@[\\]^|\x7f".contains(byte);
        let is_domain = !domain.iter().any(is_forbidden);
        return is_domain.then(|| domain.to_ascii_lowercase().into());
    }
    let text = std::str::from_utf8(&domain).ok()?;
    let ascii = idna::domain_to_ascii_cow(text.as_bytes(), idna::AsciiDenyList::URL).ok()?;
    let is_known_label = |label: &str| match label.strip_prefix("xn--") {
        Some(encoded) => idna::punycode::decode(encoded).is_some_and(is_known),
        None => true,
    };
    let are_known = is_known(text.chars()) && ascii.split('.').all(is_known_label);
    are_known.then(|| ascii.into_owned().into_bytes().into())
}

fn address_kind(address: Option<std::net::IpAddr>, out: &mut Vec<u8>) -> HostKind {
    match address {
        Some(address) => {
            write_address(address, out);
            HostKind::Ip(address)
        }
        None => HostKind::None,
    }
}

fn decode_percent(raw: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'%', raw).is_none() {
        return Cow::Borrowed(raw);
    }
    let mut decoded = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        match super::path::decode_escape(&raw[at..]) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(raw[at]);
                at += 1;
            }
        }
    }
    Cow::Owned(decoded)
}
