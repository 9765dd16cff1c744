//! A host in any spelling to its one text (WHATWG host parsing for special schemes, and the rules of ADR 5 besides).

use std::borrow::Cow;

use super::HostKind;
use super::address::{dotted_quad, ends_in_number, ipv6, unmapped, whatwg_ipv4, write_address};
use super::repertoire::is_known;

/// Longer than any name can be in any spelling that means something; keeps the Unicode work bounded.
const LONGEST_TEXT: usize = 1024;
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

const OTHER: u8 = 0;
const LETTER: u8 = 1;
const DOT: u8 = 2;

const CLASS: [u8; 256] = {
    let mut class = [OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        if (byte as u8).is_ascii_alphanumeric() || byte == b'-' as usize || byte == b'_' as usize {
            class[byte] = LETTER;
        }
        byte += 1;
    }
    class[b'.' as usize] = DOT;
    class
};

/// Append the canonical text of the host that `raw` spells; nothing where it spells none. IPv6 with or without brackets; no port.
pub fn host(raw: &[u8], out: &mut Vec<u8>) -> HostKind {
    match plain_length(raw) {
        Some(length) if length == raw.len() => plain(raw, out).unwrap_or_else(|| unusual(raw, out)),
        _ => unusual(raw, out),
    }
}

/// Append the host of `host[:port]`, userinfo dropped; None where either is none.
pub fn authority(raw: &[u8], out: &mut Vec<u8>) -> Option<(HostKind, Option<u16>)> {
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

/// As `authority`, without userinfo and without bare IPv6: what WHATWG takes after the userinfo.
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

/// A port as WHATWG reads it: digits, none at all is no port; None where it is not one.
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

/// How many bytes from the start are of a plain name; None where its labels need another look.
pub fn plain_length(raw: &[u8]) -> Option<usize> {
    let mut start = 0;
    let mut at = 0;
    while at < raw.len() {
        match CLASS[raw[at] as usize] {
            LETTER => {}
            DOT => {
                if at == start || at - start > LONGEST_LABEL {
                    return None;
                }
                start = at + 1;
            }
            _ => break,
        }
        at += 1;
    }
    if at > LONGEST_NAME || at == 0 || at - start > LONGEST_LABEL {
        return None;
    }
    Some(at)
}

/// Append a name that `plain_length` found good. None where it may be a number, so that more must be asked.
pub fn plain(raw: &[u8], out: &mut Vec<u8>) -> Option<HostKind> {
    let name = raw.strip_suffix(b".").unwrap_or(raw);
    let last = memchr::memrchr(b'.', name).map_or(0, |at| at + 1);
    if name.get(last)?.is_ascii_digit() {
        let quad = dotted_quad(raw)?;
        out.extend_from_slice(raw);
        return Some(HostKind::Ip(quad.into()));
    }
    let from = out.len();
    out.extend_from_slice(name);
    out[from..].make_ascii_lowercase();
    Some(HostKind::Name)
}

#[cold]
fn unusual(raw: &[u8], out: &mut Vec<u8>) -> HostKind {
    if let Some(inner) = raw.strip_prefix(b"[") {
        return address_kind(inner.strip_suffix(b"]").and_then(ipv6).map(unmapped), out);
    }
    if memchr::memchr(b':', raw).is_some() {
        return address_kind(ipv6(raw).map(unmapped), out);
    }
    if raw.len() > 3 * LONGEST_TEXT {
        return HostKind::None;
    }
    let decoded = percent_decoded(raw);
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
    let name = ascii.strip_suffix(b".").unwrap_or(ascii);
    let fits = |label: &[u8]| !label.is_empty() && label.len() <= LONGEST_LABEL;
    if name.len() > LONGEST_NAME || !name.split(|byte| *byte == b'.').all(fits) {
        return HostKind::None;
    }
    out.extend_from_slice(name);
    HostKind::Name
}

/// WHATWG's domain to ASCII: an ASCII domain is lower-cased and no label of it is decoded, others go through UTS 46.
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

fn percent_decoded(raw: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'%', raw).is_none() {
        return Cow::Borrowed(raw);
    }
    let mut decoded = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        match super::path::escaped(&raw[at..]) {
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
