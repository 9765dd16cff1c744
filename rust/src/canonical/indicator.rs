//! The canonical value of an indicator of each kind, or why a text has none (`docs/adr/0005-canonical.md`).

use std::net::IpAddr;

use super::address::{address, ipv6, unmap_address, write_address, write_decimal};
use super::host::{host, port_number};
use super::onion::{base32_digit, is_v3};
use super::page::{after_scheme, read_absolute};
use super::path::{clean_path, write_path_query};
use super::{HostKind, IndicatorKind, Page};

/// Return the canonical value of `text`, or in plain words why it has none. White space around it is dropped.
pub fn indicator_value(kind: IndicatorKind, text: &str) -> Result<String, &'static str> {
    let text = text.trim_matches(|letter| matches!(letter, ' ' | '\t' | '\r' | '\n'));
    if text.is_empty() {
        return Err("nothing in it");
    }
    let value = match kind {
        IndicatorKind::Url => url(text.as_bytes(), true)?,
        IndicatorKind::UrlPrefix => url(text.as_bytes(), false)?,
        IndicatorKind::Domain | IndicatorKind::Host => name(text.as_bytes())?,
        IndicatorKind::Ip => ip(text.as_bytes())?,
        IndicatorKind::Cidr => cidr(text.as_bytes())?,
        IndicatorKind::Onion => onion(text.as_bytes())?,
        IndicatorKind::I2p => i2p(text.as_bytes())?,
        IndicatorKind::Digest => hex(text, &[32, 64], "a digest is 32 or 64 hexadecimal digits")?,
        IndicatorKind::FileDigest => hex(
            text,
            &[32, 40, 64],
            "a file digest is 32, 40 or 64 hexadecimal digits",
        )?,
    };
    String::from_utf8(value).map_err(|_| "not text")
}

fn name(text: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut out = Vec::new();
    match host(text, &mut out) {
        HostKind::None => Err("not a host name"),
        HostKind::Ip(_) => Err("an address: use kind ip"),
        HostKind::Name => plain_name(&out).map(|()| out),
    }
}

/// Refuse a name with a character that no site's name has. It is usually a column of a table that was not split.
fn plain_name(name: &[u8]) -> Result<(), &'static str> {
    let is_odd = |byte: &u8| !(byte.is_ascii_alphanumeric() || b"-._:".contains(byte));
    match name.iter().any(is_odd) {
        true if name.contains(&b'*') => Err(WILDCARD),
        true => Err(ODD_LETTER),
        false => Ok(()),
    }
}

const ODD_LETTER: &str = "not a host name: it holds a letter that none has, such as a comma, a semicolon or a quote; is it a row of a table?";

const WILDCARD: &str =
    "a wildcard is not a name: give the name alone, kind domain holds all below it";

fn url(text: &[u8], has_query: bool) -> Result<Vec<u8>, &'static str> {
    let text = clean_path(text);
    let mut page = Page::default();
    let rest = match after_scheme(&text) {
        Some((scheme, rest)) => {
            page.scheme = scheme;
            rest
        }
        None => without_scheme(&text)?,
    };
    let rest = read_absolute(rest, &mut page).ok_or("no host and port can be read in it")?;
    plain_name(&page.host)?;
    page.path_bytes = write_path_query(rest, &mut page.path_query);
    if !has_query && page.path_bytes < page.path_query.len() {
        return Err("a url-prefix has no query");
    }
    let port = page
        .port
        .filter(|_| page.port != page.scheme.default_port());
    let mut out = Vec::new();
    page.write_host_port(port, &mut out);
    out.extend_from_slice(&page.path_query);
    Ok(out)
}

/// Return a url without its scheme: `host[:port]/path`, also after `//`.
fn without_scheme(text: &[u8]) -> Result<&[u8], &'static str> {
    let authority_end = text
        .iter()
        .position(|byte| matches!(byte, b'/' | b'\\' | b'?' | b'#'))
        .unwrap_or(text.len());
    let authority = &text[..authority_end];
    if authority.ends_with(b":") && text[authority_end..].starts_with(b"//") {
        return Err("the scheme is not http, https, ftp, ws or wss");
    }
    if authority.contains(&b'@') {
        return Err("a user without a scheme: it looks like a mail address");
    }
    match text.strip_prefix(b"//") {
        Some(rest) if !rest.starts_with(b"/") => Ok(rest),
        None if authority_end > 0 => Ok(text),
        _ => Err("no host in it"),
    }
}

fn ip(text: &[u8]) -> Result<Vec<u8>, &'static str> {
    const REASON: &str =
        "not an address: 192.0.2.1, 2001:db8::1, 192.0.2.1:443 or [2001:db8::1]:443";
    let (ip_address, port) = match text.strip_prefix(b"[") {
        Some(rest) => {
            let end = memchr::memchr(b']', rest).ok_or(REASON)?;
            (ipv6(&rest[..end]).map(unmap_address), &rest[end + 1..])
        }
        None => match memchr::memchr(b':', text) {
            Some(colon) if text[..colon].contains(&b'.') => {
                (address(&text[..colon]), &text[colon..])
            }
            _ => (address(text), &b""[..]),
        },
    };
    let ip_address = ip_address.ok_or(REASON)?;
    let mut out = Vec::new();
    let Some(port) = port.strip_prefix(b":") else {
        write_address(ip_address, &mut out);
        return if port.is_empty() {
            Ok(out)
        } else {
            Err(REASON)
        };
    };
    let port = port_number(port)
        .flatten()
        .filter(|port| *port > 0)
        .ok_or("the port is not 1 to 65535")?;
    write_endpoint(ip_address, port, &mut out);
    Ok(out)
}

/// Append `192.0.2.1:443` or `[2001:db8::1]:443`, the form of an ip indicator with a port.
pub fn write_endpoint(ip_address: IpAddr, port: u16, out: &mut Vec<u8>) {
    if ip_address.is_ipv6() {
        out.push(b'[');
    }
    write_address(ip_address, out);
    if ip_address.is_ipv6() {
        out.push(b']');
    }
    out.push(b':');
    write_decimal(u32::from(port), out);
}

fn cidr(text: &[u8]) -> Result<Vec<u8>, &'static str> {
    const REASON: &str = "not a network: 192.0.2.0/24 or 2001:db8::/32";
    let slash = memchr::memchr(b'/', text).ok_or(REASON)?;
    let (start, digits) = (&text[..slash], &text[slash + 1..]);
    let is_decimal = matches!(digits.len(), 1..=3) && digits.iter().all(u8::is_ascii_digit);
    if !is_decimal || (digits.len() > 1 && digits[0] == b'0') {
        return Err(REASON);
    }
    let mut length = digits
        .iter()
        .fold(0u32, |number, digit| number * 10 + u32::from(digit - b'0'));
    let ip_address = address(start).ok_or(REASON)?;
    if ip_address.is_ipv4() && start.contains(&b':') {
        length = length.checked_sub(96).ok_or(HOST_BITS)?;
    }
    let (whole, host_bits) = match ip_address {
        IpAddr::V4(quad) => (32, u32::from(quad).trailing_zeros()),
        IpAddr::V6(ip_address) => (128, u128::from(ip_address).trailing_zeros()),
    };
    if length > whole {
        return Err(REASON);
    }
    if whole - length > host_bits {
        return Err(HOST_BITS);
    }
    let mut out = Vec::new();
    write_address(ip_address, &mut out);
    out.push(b'/');
    write_decimal(length, &mut out);
    Ok(out)
}

const HOST_BITS: &str = "the address has bits set beyond the network's length";

fn onion(text: &[u8]) -> Result<Vec<u8>, &'static str> {
    let out = name(text)?;
    let label = out
        .strip_suffix(b".onion")
        .ok_or("not an onion name: it does not end in .onion")?;
    if label.len() == 16 && label.iter().all(|digit| base32_digit(*digit).is_some()) {
        return Err("an onion name of version 2, which nothing proves: use kind domain");
    }
    if label.contains(&b'.') {
        return Err(
            "names below an onion service are the same service: give NAME.onion alone, or use kind host",
        );
    }
    if !is_v3(label) {
        return Err("not an onion name of version 3: 56 base32 letters whose checksum is right");
    }
    Ok(out)
}

fn i2p(text: &[u8]) -> Result<Vec<u8>, &'static str> {
    let out = name(text)?;
    let stem = out
        .strip_suffix(b".i2p")
        .ok_or("not an I2P name: it does not end in .i2p")?;
    if stem == b"b32" {
        return Err("no name before .b32.i2p");
    }
    if let Some(names) = stem.strip_suffix(b".b32") {
        let label = names.rsplit(|byte| *byte == b'.').next().unwrap_or(names);
        if label.len() < 52 || !label.iter().all(|digit| base32_digit(*digit).is_some()) {
            return Err("not a b32.i2p name: 52 base32 letters or more");
        }
    }
    Ok(out)
}

fn hex(text: &str, lengths: &[usize], reason: &'static str) -> Result<Vec<u8>, &'static str> {
    let is_hex =
        lengths.contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex
        .then(|| text.to_ascii_lowercase().into_bytes())
        .ok_or(reason)
}
