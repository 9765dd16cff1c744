//! Addresses and ports as records write them (ADR 3, `endpoint`, `ip`, `port`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use wide::u8x16;

use super::needle::Needle;
use super::piece::TextSlice;
use crate::canonical::{self, HostKind};
use crate::reject_code::RejectCode;

/// An address or none. It is filled in place and in whole words: moving an `IpAddr`, or a result that holds one, took
/// a quarter of the time for a frame's fields, because its bytes are not aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    bits: [u64; 2],
    family: u64,
}

const NO_FAMILY: u64 = 0;
const V4: u64 = 4;
const V6: u64 = 6;

impl Address {
    pub const NONE: Address = Address {
        bits: [0; 2],
        family: NO_FAMILY,
    };

    pub fn get(self) -> Option<IpAddr> {
        let bits = (self.bits[0] as u128) << 64 | self.bits[1] as u128;
        match self.family {
            V4 => Some(Ipv4Addr::from(bits as u32).into()),
            V6 => Some(Ipv6Addr::from(bits).into()),
            _ => None,
        }
    }

    pub fn is_there(self) -> bool {
        self.family != NO_FAMILY
    }

    #[inline(always)]
    fn set_v4(&mut self, bits: u32) {
        self.bits[1] = bits as u64;
        self.family = V4;
    }

    fn set(&mut self, address: IpAddr) {
        match address {
            IpAddr::V4(quad) => self.set_v4(quad.into()),
            IpAddr::V6(address) => {
                let bits = u128::from(address);
                *self = Address {
                    bits: [(bits >> 64) as u64, bits as u64],
                    family: V6,
                };
            }
        }
    }

    /// Read an address, in brackets or not.
    #[inline(always)]
    pub fn read(&mut self, text: TextSlice, names: bool) -> Result<(), RejectCode> {
        match ipv4(text) {
            Some((bits, len)) if len == text.len() => {
                self.set_v4(bits);
                Ok(())
            }
            _ => self.read_other(text.bytes(), names),
        }
    }

    #[inline(never)]
    fn read_other(&mut self, text: &[u8], names: bool) -> Result<(), RejectCode> {
        match address_in_brackets(text) {
            Some(address) => self.set(address),
            None if names && is_name(text) => *self = Address::NONE,
            None => return Err(RejectCode::BadAddress),
        }
        Ok(())
    }
}

/// How a format writes endpoints.
#[derive(Clone, Debug)]
pub(crate) struct EndpointForm {
    pub port_separator: Needle,
    /// The port always follows the last separator.
    pub port_last: bool,
    /// A host name counts as no address, and is no error.
    pub names: bool,
}

impl EndpointForm {
    /// Read `ADDR`, `[ADDR]`, `ADDR<sep>PORT` or `[ADDR]:PORT` and return the port; 0 is none.
    #[inline(always)]
    pub fn read(&self, text: TextSlice, into: &mut Address) -> Result<u16, RejectCode> {
        let v4 = ipv4(text);
        let text = text.bytes();
        if let Some((bits, len)) = v4 {
            if len == text.len() && !self.port_last {
                into.set_v4(bits);
                return Ok(0);
            }
            if self.port_separator.begins(&text[len..]) {
                let digits = &text[len + self.port_separator.len()..];
                if digits.iter().all(u8::is_ascii_digit) {
                    into.set_v4(bits);
                    return port(digits);
                }
            }
        }
        self.read_other(text, into)
    }

    #[inline(never)]
    fn read_other(&self, text: &[u8], into: &mut Address) -> Result<u16, RejectCode> {
        if !self.port_last {
            if let Some(address) = address_in_brackets(text) {
                into.set(address);
                return Ok(0);
            }
        }
        let is_colon = self.port_separator.only() == Some(b':');
        let split = self.port_separator.find_last(text);
        let split = split.map(|at| (&text[..at], &text[at + self.port_separator.len()..]));
        if let Some((before, digits)) = split {
            let may_have_port =
                self.port_last || !is_colon || before.starts_with(b"[") || !before.contains(&b':');
            if let Some(address) = address_in_brackets(before).filter(|_| may_have_port) {
                into.set(address);
                return port(digits);
            }
        }
        let bracketed = text.strip_prefix(b"[").filter(|_| !self.port_last);
        if let Some((inside, digits)) = bracketed.and_then(bracket_and_colon) {
            if let Some(address) = canonical::address(inside) {
                into.set(address);
                return port(digits);
            }
        }
        if !self.names || !(is_name(text) || split.is_some_and(|(before, _)| is_name(before))) {
            return Err(RejectCode::BadAddress);
        }
        *into = Address::NONE;
        Ok(0)
    }
}

/// Return the text before and after `]:`.
fn bracket_and_colon(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let close = memchr::memchr(b']', text)?;
    Some((&text[..close], text[close + 1..].strip_prefix(b":")?))
}

/// Return an address, in brackets or not.
fn address_in_brackets(text: &[u8]) -> Option<IpAddr> {
    canonical::address(
        text.strip_prefix(b"[")
            .and_then(|text| text.strip_suffix(b"]"))
            .unwrap_or(text),
    )
}

/// Return a port of one to five digits; 0 is none.
#[inline]
pub(super) fn port(text: &[u8]) -> Result<u16, RejectCode> {
    if text.is_empty() || text.len() > 5 || !text.iter().all(u8::is_ascii_digit) {
        return Err(RejectCode::BadPort);
    }
    let value = text
        .iter()
        .fold(0u32, |value, digit| value * 10 + (digit - b'0') as u32);
    u16::try_from(value).map_err(|_| RejectCode::BadPort)
}

/// Return the port of a field that holds only a port. An ICMP type and code (`8.0`), which nfdump writes there, is no
/// port.
#[inline]
pub(super) fn port_alone(text: &[u8]) -> Result<u16, RejectCode> {
    port(text).or_else(|code| if is_icmp(text) { Ok(0) } else { Err(code) })
}

#[cold]
fn is_icmp(text: &[u8]) -> bool {
    let is_number =
        |part: &[u8]| matches!(part.len(), 1..=3) && part.iter().all(u8::is_ascii_digit);
    let mut parts = text.splitn(2, |byte| *byte == b'.');
    parts.next().is_some_and(is_number) && parts.next().is_some_and(is_number)
}

fn is_name(text: &[u8]) -> bool {
    canonical::host(text, &mut Vec::new()) == HostKind::Name
}

/// Return the text, padded with zeros, if it is a dotted quad. The value is not computed. It is only checked that no
/// part has more than three digits, exceeds 255 or has a leading zero.
#[inline(always)]
pub(super) fn quad_text(text: TextSlice) -> Option<[u8; 16]> {
    let len = text.len();
    let sixteen = text.first_sixteen().filter(|_| (7..16).contains(&len))?;
    let bytes = u8x16::new(sixteen);
    let digits = bytes - u8x16::splat(b'0');
    let at_most = |most: u8| digits.min(u8x16::splat(most)).cmp_eq(digits).move_mask() as u32;
    let is = |digit: u8| digits.cmp_eq(u8x16::splat(digit)).move_mask() as u32;
    let within = (1 << len) - 1;
    let digit = at_most(9) & within;
    let dot = is(b'.'.wrapping_sub(b'0')) & within;
    let first = (dot << 1 | 1) & digit;
    // The digits one and two places further on.
    let (second, third) = (digit >> 1, digit >> 2);
    let over_5 = !at_most(5);
    let over_55 = over_5 >> 1 | (is(5) >> 1 & over_5 >> 2);
    let over_255 = first & second & third & (!at_most(2) | is(2) & over_55);
    let zero_before = first & is(0) & second;
    let four = digit & second & third & digit >> 3;
    let (less, least) = (dot & dot.wrapping_sub(1), within & !(within >> 1));
    let two_left = less & less.wrapping_sub(1);
    let is_quad = digit | dot == within
        && over_255 | zero_before | four == 0
        && dot & (dot << 1 | 1 | least) == 0
        && two_left != 0
        && two_left & two_left.wrapping_sub(1) == 0;
    is_quad.then(|| (u128::from_le_bytes(sixteen) & (u128::MAX >> (128 - 8 * len))).to_le_bytes())
}

/// Return the dotted quad at the start of a text, and its length. No branch depends on how many digits a part has:
/// that differs from line to line, and a wrong prediction costs more than the work.
#[inline(always)]
fn ipv4(text: TextSlice) -> Option<(u32, usize)> {
    let sixteen = u8x16::new(text.first_sixteen()?);
    let digits = sixteen - u8x16::splat(b'0');
    let is_digit = digits.min(u8x16::splat(9)).cmp_eq(digits).move_mask() as u64;
    let is_dot = sixteen.cmp_eq(u8x16::splat(b'.')).move_mask() as u64;
    let mut padded = [0; 32];
    padded[4..20].copy_from_slice(&digits.to_array());
    let others = !is_digit | u64::MAX << text.len().min(16);
    let mut ends = others;
    let mut wrong = false;
    let mut address = 0;
    let mut at = 0;
    for _ in 0..4 {
        let end = ends.trailing_zeros();
        let (value, is_wrong) = octet(&padded, end, end - at);
        address = address << 8 | value;
        wrong |= is_wrong;
        ends &= ends - 1;
        at = end + 1;
    }
    let len = at - 1;
    let between = others & ((1 << len) - 1);
    (!wrong && between & !is_dot == 0).then_some((address, len as usize))
}

/// Return the number of the `len` digits before `end`, and whether they are no octet.
#[inline(always)]
fn octet(padded: &[u8; 32], end: u32, len: u32) -> (u32, bool) {
    const DIGITS: [u32; 8] = [0, 0xFF00_0000, 0xFFFF_0000, 0xFFFF_FF00, 0, 0, 0, 0];
    const LEAST: [u32; 8] = [
        u32::MAX,
        0,
        0x00_01_00,
        0x01_00_00,
        u32::MAX,
        u32::MAX,
        u32::MAX,
        u32::MAX,
    ];
    let len = len.min(7) as usize;
    let end = end as usize & 15;
    let word = [
        padded[end],
        padded[end + 1],
        padded[end + 2],
        padded[end + 3],
    ];
    let digits = u32::from_le_bytes(word) & DIGITS[len];
    // Hundreds, tens and ones are in bytes 1 to 3. One multiplication by their weights adds them up in byte 3.
    let value = digits.wrapping_mul(1 + (10 << 8) + (100 << 16)) >> 24;
    // In reversed byte order they compare as the number does.
    let written = digits.swap_bytes();
    (value, written < LEAST[len] || written > 0x02_05_05)
}
