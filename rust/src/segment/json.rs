//! The pieces of a canonical row: JSON without spaces, with only the escapes that JSON requires (ADR 2).

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use wide::u8x16;

use crate::canonical::write_address;

/// Whether a byte must be escaped in a JSON string.
#[inline(always)]
fn is_special(byte: u8) -> bool {
    matches!(byte, 0..0x20 | b'"' | b'\\')
}

/// Which bytes are controls, and which are quotes and backslashes.
#[inline(always)]
fn specials(sixteen: &[u8; 16]) -> (u8x16, u8x16) {
    let bytes = u8x16::new(*sixteen);
    let is_control = bytes.min(u8x16::splat(0x1F)).cmp_eq(bytes);
    let is_quoted = bytes.cmp_eq(u8x16::splat(b'"')) | bytes.cmp_eq(u8x16::splat(b'\\'));
    (is_control, is_quoted)
}

/// Append a text as a JSON string.
pub fn push_text(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text;
    while let Some((sixteen, after)) = rest.split_first_chunk::<16>() {
        let (control, quoted) = specials(sixteen);
        let mut marks = (control | quoted).move_mask() as u32;
        let mut from = 0;
        while marks != 0 {
            let at = marks.trailing_zeros() as usize;
            out.extend_from_slice(&sixteen[from..at]);
            push_escape(sixteen[at], out);
            from = at + 1;
            marks &= marks - 1;
        }
        if from == 0 {
            out.extend_from_slice(sixteen);
        } else {
            out.extend_from_slice(&sixteen[from..]);
        }
        rest = after;
    }
    for &byte in rest {
        if is_special(byte) {
            push_escape(byte, out);
        } else {
            out.push(byte);
        }
    }
    out.push(b'"');
}

/// Append a text that needs no escape as a JSON string.
#[inline]
pub fn push_plain(text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text);
    out.push(b'"');
}

fn push_escape(byte: u8, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
            out.extend_from_slice(b"\\u00");
            return out.extend_from_slice(&digits);
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// Return the length of a text as a JSON string.
pub fn text_bytes(text: &[u8]) -> usize {
    // What is counted in a byte must not reach 256.
    let bytes: usize = text.chunks(255 * 16).map(count_escaped_bytes).sum();
    bytes + 2
}

fn count_escaped_bytes(text: &[u8]) -> usize {
    let sixteens = text.chunks_exact(16);
    let rest = sixteens.remainder();
    let mut controls = rest.iter().any(|byte| *byte < 0x20);
    let mut escaped = rest.iter().filter(|byte| is_special(**byte)).count();
    let (mut counts, mut any_control) = (u8x16::splat(0), u8x16::splat(0));
    for sixteen in sixteens.filter_map(<[u8]>::first_chunk) {
        let (control, quoted) = specials(sixteen);
        any_control |= control;
        // A mark is 255, which is less one.
        counts -= control | quoted;
    }
    escaped += counts
        .to_array()
        .iter()
        .map(|count| usize::from(*count))
        .sum::<usize>();
    controls |= any_control.any();
    let is_long = |byte: u8| byte < 0x20 && !matches!(byte, b'\n' | b'\r' | b'\t' | 0x08 | 0x0c);
    let long = match controls {
        true => text.iter().filter(|byte| is_long(**byte)).count(),
        false => 0,
    };
    text.len() + escaped + 4 * long
}

/// Append bytes as a JSON string in base64.
pub fn push_base64(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let start = out.len();
    out.resize(start + base64_bytes(bytes) - 2, 0);
    // The room is what the encoding takes.
    let _ = STANDARD.encode_slice(bytes, &mut out[start..]);
    out.push(b'"');
}

/// Return the length of bytes as a JSON string in base64.
pub fn base64_bytes(bytes: &[u8]) -> usize {
    bytes.len().div_ceil(3) * 4 + 2
}

/// Append a number.
#[inline]
pub fn push_number(number: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Return the length of a number as text.
pub fn number_bytes(number: i64) -> usize {
    let digits = number.unsigned_abs().checked_ilog10().unwrap_or(0) as usize + 1;
    digits + usize::from(number < 0)
}

/// Return the length of an address as text.
pub fn address_bytes(address: IpAddr) -> usize {
    match address {
        IpAddr::V4(quad) => {
            let digits = |octet: u8| 1 + usize::from(octet > 9) + usize::from(octet > 99);
            3 + quad.octets().into_iter().map(digits).sum::<usize>()
        }
        IpAddr::V6(_) => {
            let mut text = Vec::with_capacity(45);
            write_address(address, &mut text);
            text.len()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_what_is_written() {
        let every: Vec<u8> = (0..=127).collect();
        for from in 0..every.len() {
            for text in [&every[from..], &every[..from]] {
                let mut out = Vec::new();
                push_text(text, &mut out);
                assert_eq!(out.len(), text_bytes(text));
                let read: String = serde_json::from_slice(&out).unwrap();
                assert_eq!(read.as_bytes(), text);
                out.clear();
                push_base64(text, &mut out);
                assert_eq!(out.len(), base64_bytes(text));
            }
        }
        for number in [0, 9, 10, -1, -10, i64::MAX, i64::MIN, 99_999, 100_000] {
            let mut out = Vec::new();
            push_number(number, &mut out);
            assert_eq!(out, number.to_string().into_bytes());
            assert_eq!(out.len(), number_bytes(number));
        }
        for address in [
            "0.0.0.0",
            "192.0.2.10",
            "255.255.255.255",
            "::",
            "2001:db8::1",
            "::ffff:1.2.3.4",
        ] {
            let address: IpAddr = address.parse().unwrap();
            let mut out = Vec::new();
            write_address(address, &mut out);
            assert_eq!(out, address.to_string().into_bytes());
            assert_eq!(out.len(), address_bytes(address));
        }
    }
}
