//! The page that a record names: host, port, path and query, from target, host field, scheme and destination port (ADR
//! 5).

use super::address::write_decimal;
use super::host::{authority, host, host_and_port, plain_authority, query_name};
use super::path::{clean_path, write_path_query};
use super::{HostKind, Page, PageParts, Scheme};

impl Scheme {
    /// Return the scheme of a name in any case; Unknown for all but the five.
    pub fn named(raw: &[u8]) -> Self {
        let known = match raw.len() {
            2 => (&b"ws"[..], Self::Ws),
            3 if raw[0] | 0x20 == b'f' => (&b"ftp"[..], Self::Ftp),
            3 => (&b"wss"[..], Self::Wss),
            4 => (&b"http"[..], Self::Http),
            5 => (&b"https"[..], Self::Https),
            _ => return Self::Unknown,
        };
        if raw.eq_ignore_ascii_case(known.0) {
            known.1
        } else {
            Self::Unknown
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "",
            Self::Http => "http",
            Self::Https => "https",
            Self::Ftp => "ftp",
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }

    pub fn default_port(self) -> Option<u16> {
        match self {
            Self::Unknown => None,
            Self::Http | Self::Ws => Some(80),
            Self::Https | Self::Wss => Some(443),
            Self::Ftp => Some(21),
        }
    }
}

/// Where a target names the host.
#[derive(PartialEq)]
enum Form {
    /// In the target, with a scheme.
    Absolute,
    /// In the target, alone.
    Authority,
    /// Not in the target.
    Other,
}

/// Fill `out` with the page of `parts`. Without `need_path` the path is not read.
pub fn page(parts: &PageParts, need_path: bool, out: &mut Page) {
    out.clear();
    out.scheme = parts.scheme.map_or(Scheme::Unknown, Scheme::named);
    let form = match parts.target {
        Some(target) => read_target(target, parts.method == Some(b"CONNECT"), need_path, out),
        None => Form::Other,
    };
    if form == Form::Other {
        read_host_field(parts, out);
    }
    out.port_is_explicit = out.port.is_some();
    if out.port.is_none() && form != Form::Absolute {
        out.port = parts.destination_port;
    }
    out.port = out.port.or(out.scheme.default_port());
    out.port_is_default = match (out.port, out.scheme) {
        (None, _) => true,
        (Some(port), Scheme::Unknown) => port == 80 || port == 443,
        (port, scheme) => port == scheme.default_port(),
    };
}

fn read_host_field(parts: &PageParts, out: &mut Page) {
    match parts.authority {
        Some(name) if parts.is_dns => out.host_kind = query_name(name, &mut out.host),
        Some(name) if parts.host_is_name => out.host_kind = host(name, &mut out.host),
        Some(raw) => {
            if let Some((kind, port)) = authority(raw, &mut out.host) {
                out.host_kind = kind;
                out.port = port;
            }
        }
        None => {}
    }
}

fn read_target(target: &[u8], is_connect: bool, need_path: bool, out: &mut Page) -> Form {
    if let Some((scheme, rest)) = after_scheme(target) {
        if let Some(rest) = read_plain_authority(rest, false, out) {
            out.scheme = scheme;
            read_path(rest, need_path && !is_connect, out);
            return Form::Absolute;
        }
    } else if is_connect && target != b"*" {
        if read_plain_authority(target, true, out).is_some() {
            return Form::Authority;
        }
    } else if target.first() == Some(&b'/') {
        read_path(target, need_path, out);
        return Form::Other;
    }
    read_unusual_target(&clean_path(target), is_connect, need_path, out)
}

/// Return the scheme, and the text after its colon and two slashes.
pub(super) fn after_scheme(target: &[u8]) -> Option<(Scheme, &[u8])> {
    const HTTP: u32 = u32::from_le_bytes(*b"http");
    let word = u32::from_le_bytes(*target.first_chunk()?) | 0x2020_2020;
    let length = match (word, target) {
        (HTTP, [_, _, _, _, b':', ..]) => 4,
        (HTTP, [_, _, _, _, _, b':', ..]) => 5,
        (_, [_, _, b':', ..]) => 2,
        (_, [_, _, _, b':', ..]) => 3,
        _ => return None,
    };
    let scheme = match length {
        4 => Scheme::Http,
        _ => Scheme::named(&target[..length]),
    };
    match &target[length + 1..] {
        [b'/' | b'\\', b'/' | b'\\', rest @ ..] if scheme != Scheme::Unknown => {
            Some((scheme, rest))
        }
        _ => None,
    }
}

/// Read a plain authority into `out`, and return the text after it.
fn read_plain_authority<'t>(rest: &'t [u8], is_whole: bool, out: &mut Page) -> Option<&'t [u8]> {
    let (kind, port, taken) = plain_authority(rest, is_whole, &mut out.host)?;
    out.host_kind = kind;
    out.port = port;
    Some(&rest[taken..])
}

#[cold]
fn read_unusual_target(target: &[u8], is_connect: bool, need_path: bool, out: &mut Page) -> Form {
    if let Some((scheme, rest)) = after_scheme(target) {
        let Some(rest) = read_absolute(rest, out) else {
            return Form::Other;
        };
        out.scheme = scheme;
        read_path(rest, need_path && !is_connect, out);
        return Form::Absolute;
    }
    if let Some(rest) = after_any_scheme(target) {
        return match read_absolute(rest, out) {
            Some(_) => Form::Absolute,
            None => Form::Other,
        };
    }
    if (is_connect && target != b"*") || is_host_and_port(target) {
        let authority = if is_connect {
            within_slashes(target)
        } else {
            target
        };
        let Some((kind, port)) = host_and_port(authority, &mut out.host) else {
            return Form::Other;
        };
        out.host_kind = kind;
        out.port = port;
        return Form::Authority;
    }
    if target.first() == Some(&b'/') {
        read_path(target, need_path, out);
    }
    Form::Other
}

/// Return the text after `scheme://` of any scheme, such as the `tunnel:` that a proxy writes; None if no authority
/// follows, as in `file:///a`.
fn after_any_scheme(target: &[u8]) -> Option<&[u8]> {
    let colon = memchr::memchr(b':', target.get(..target.len().min(MAX_SCHEME))?)?;
    let is_sign = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-');
    let is_scheme = target[0].is_ascii_alphabetic() && target[..colon].iter().all(is_sign);
    target[colon + 1..]
        .strip_prefix(b"//")
        .filter(|rest| is_scheme && !matches!(rest.first(), Some(b'/' | b'\\')))
}

/// The longest scheme that is looked for, with its colon.
const MAX_SCHEME: usize = 33;

/// Return the authority of a CONNECT without the two slashes before it and the slash behind it.
fn within_slashes(target: &[u8]) -> &[u8] {
    let begun = target.strip_prefix(b"//").unwrap_or(target);
    begun.strip_suffix(b"/").unwrap_or(begun)
}

/// Whether a target is `host:port` with a port and without a slash.
fn is_host_and_port(target: &[u8]) -> bool {
    let Some(colon) = memchr::memrchr(b':', target) else {
        return false;
    };
    let port = &target[colon + 1..];
    colon > 0
        && !port.is_empty()
        && port.iter().all(u8::is_ascii_digit)
        && memchr::memchr(b'/', target).is_none()
}

/// Read host and port after `scheme://` as WHATWG does, and return the text after them.
pub(super) fn read_absolute<'t>(rest: &'t [u8], out: &mut Page) -> Option<&'t [u8]> {
    let start = rest
        .iter()
        .position(|byte| !matches!(byte, b'/' | b'\\'))
        .unwrap_or(rest.len());
    let rest = &rest[start..];
    let end = rest
        .iter()
        .position(|byte| matches!(byte, b'/' | b'\\' | b'?' | b'#'))
        .unwrap_or(rest.len());
    let raw = &rest[..end];
    let raw = memchr::memrchr(b'@', raw).map_or(raw, |at| &raw[at + 1..]);
    let (kind, port) = host_and_port(raw, &mut out.host)?;
    out.host_kind = kind;
    out.port = port;
    Some(&rest[end..])
}

fn read_path(rest: &[u8], need_path: bool, out: &mut Page) {
    if need_path {
        out.path_bytes = write_path_query(rest, &mut out.path_query);
    }
}

impl Page {
    /// Clear the page, keeping its buffers.
    pub fn clear(&mut self) {
        self.scheme = Scheme::Unknown;
        self.host_kind = HostKind::None;
        self.host.clear();
        self.port = None;
        self.port_is_explicit = false;
        self.port_is_default = true;
        self.path_query.clear();
        self.path_bytes = 0;
    }

    /// Append the url as a hit row shows it. Returns false, and appends nothing, if there is none.
    pub fn write_url(&self, out: &mut Vec<u8>) -> bool {
        if self.path_query.is_empty() {
            return false;
        }
        if self.host_kind != HostKind::None {
            if self.scheme != Scheme::Unknown {
                out.extend_from_slice(self.scheme.name().as_bytes());
                out.push(b':');
            }
            out.extend_from_slice(b"//");
            let is_shown = self.port_is_explicit && self.port != self.scheme.default_port();
            self.write_host_port(self.port.filter(|_| is_shown), out);
        }
        out.extend_from_slice(&self.path_query);
        true
    }

    /// Append the page as the canonical value of a url that matches it, with its port or without one. Returns false,
    /// and appends nothing, if there is no such value: no host, no path, an unknown port, or not the default port.
    pub fn write_key(&self, with_port: bool, out: &mut Vec<u8>) -> bool {
        let has_value = if with_port {
            self.port.is_some()
        } else {
            self.port_is_default
        };
        if self.host_kind == HostKind::None || self.path_query.is_empty() || !has_value {
            return false;
        }
        self.write_host_port(self.port.filter(|_| with_port), out);
        out.extend_from_slice(&self.path_query);
        true
    }

    /// Return the path, without the query.
    pub fn path(&self) -> &[u8] {
        &self.path_query[..self.path_bytes]
    }

    pub(super) fn write_host_port(&self, port: Option<u16>, out: &mut Vec<u8>) {
        let is_v6 = matches!(self.host_kind, HostKind::Ip(std::net::IpAddr::V6(_)));
        if is_v6 {
            out.push(b'[');
        }
        out.extend_from_slice(&self.host);
        if is_v6 {
            out.push(b']');
        }
        if let Some(port) = port {
            out.push(b':');
            write_decimal(u32::from(port), out);
        }
    }
}
