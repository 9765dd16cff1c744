//! Addresses and ports as records write them (ADR 3, `endpoint`, `ip`, `port`).

use std::net::{IpAddr, Ipv4Addr};

use super::find::Needle;
use crate::canonical::{self, HostKind};
use crate::record::Code;

/// An address and its port.
pub(super) type Endpoint = (Option<IpAddr>, Option<u16>);

/// How endpoints of a format are written.
#[derive(Debug)]
pub(crate) struct EndpointForm {
    pub port_separator: Needle,
    /// A port always stands behind the last separator.
    pub port_last: bool,
    /// A host's name is no address, and no fault.
    pub names: bool,
}

impl EndpointForm {
    /// `ADDR`, `[ADDR]`, `ADDR<sep>PORT` or `[ADDR]:PORT`.
    #[inline]
    pub fn read(&self, text: &[u8]) -> Result<Endpoint, Code> {
        if let Some((address, len)) = ipv4(text) {
            if len == text.len() && !self.port_last {
                return Ok((Some(address.into()), None));
            }
            if self.port_separator.begins(&text[len..]) {
                let digits = &text[len + self.port_separator.len()..];
                if digits.iter().all(u8::is_ascii_digit) {
                    return Ok((Some(address.into()), port(digits)?));
                }
            }
        }
        self.read_other(text)
    }

    fn read_other(&self, text: &[u8]) -> Result<Endpoint, Code> {
        if !self.port_last {
            if let Some(address) = address_in_brackets(text) {
                return Ok((Some(address), None));
            }
        }
        let is_colon = self.port_separator.only() == Some(b':');
        let split = self
            .port_separator
            .find_last(text)
            .map(|at| (&text[..at], &text[at + self.port_separator.len()..]));
        if let Some((before, digits)) = split {
            let may_have_port =
                self.port_last || !is_colon || before.starts_with(b"[") || !before.contains(&b':');
            if let Some(address) = address_in_brackets(before).filter(|_| may_have_port) {
                return Ok((Some(address), port(digits)?));
            }
        }
        if let Some((inside, digits)) = text.strip_prefix(b"[").and_then(bracket_and_colon) {
            if let Some(address) = canonical::address(inside) {
                return Ok((Some(address), port(digits)?));
            }
        }
        let is_name =
            self.names && (is_name(text) || split.is_some_and(|(before, _)| is_name(before)));
        if is_name {
            Ok((None, None))
        } else {
            Err(Code::BadAddress)
        }
    }
}

/// What stands before and after `]:`.
fn bracket_and_colon(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let close = memchr::memchr(b']', text)?;
    Some((&text[..close], text[close + 1..].strip_prefix(b":")?))
}

/// An address, in brackets or not.
fn address_in_brackets(text: &[u8]) -> Option<IpAddr> {
    canonical::address(
        text.strip_prefix(b"[")
            .and_then(|text| text.strip_suffix(b"]"))
            .unwrap_or(text),
    )
}

/// An address, in brackets or not.
#[inline]
pub(super) fn ip(text: &[u8], names: bool) -> Result<Option<IpAddr>, Code> {
    if let Some((address, len)) = ipv4(text) {
        if len == text.len() {
            return Ok(Some(address.into()));
        }
    }
    match address_in_brackets(text) {
        Some(address) => Ok(Some(address)),
        None if names && is_name(text) => Ok(None),
        None => Err(Code::BadAddress),
    }
}

/// A port of one to five digits; 0 is none.
#[inline]
pub(super) fn port(text: &[u8]) -> Result<Option<u16>, Code> {
    if text.is_empty() || text.len() > 5 || !text.iter().all(u8::is_ascii_digit) {
        return Err(Code::BadPort);
    }
    let value = text
        .iter()
        .fold(0u32, |value, digit| value * 10 + (digit - b'0') as u32);
    let port = u16::try_from(value).map_err(|_| Code::BadPort)?;
    Ok((port != 0).then_some(port))
}

fn is_name(text: &[u8]) -> bool {
    canonical::host(text, &mut Vec::new()) == HostKind::Name
}

/// The dotted quad that a text begins with, and its length. What follows is not looked at.
#[inline]
fn ipv4(text: &[u8]) -> Option<(Ipv4Addr, usize)> {
    let (a, at) = octet(text, 0)?;
    let (b, at) = octet(text, after_dot(text, at)?)?;
    let (c, at) = octet(text, after_dot(text, at)?)?;
    let (d, at) = octet(text, after_dot(text, at)?)?;
    Some((Ipv4Addr::new(a, b, c, d), at))
}

#[inline(always)]
fn after_dot(text: &[u8], at: usize) -> Option<usize> {
    (text.get(at) == Some(&b'.')).then_some(at + 1)
}

/// The number of up to three digits at `at`, no zero before others, and where it ends. A digit more is no octet.
#[inline(always)]
fn octet(text: &[u8], at: usize) -> Option<(u8, usize)> {
    let digit = |at: usize| {
        text.get(at)
            .map(|byte| byte.wrapping_sub(b'0'))
            .filter(|digit| *digit < 10)
    };
    let first = digit(at)?;
    let Some(second) = digit(at + 1) else {
        return Some((first, at + 1));
    };
    if first == 0 {
        return None;
    }
    let two = first * 10 + second;
    let Some(third) = digit(at + 2) else {
        return Some((two, at + 2));
    };
    let value = two as u16 * 10 + third as u16;
    (value < 256 && digit(at + 3).is_none()).then_some((value as u8, at + 3))
}
