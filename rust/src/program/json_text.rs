//! The scalars of JSON (RFC 8259): where a string, a number or a word ends, and what escapes mean.

use super::escapes::hex_digit;
use super::needle::find_json_special;

/// Return the position after white space.
#[inline(always)]
pub(super) fn skip_space(text: &[u8], at: usize) -> usize {
    match text.get(at) {
        Some(0..=b' ') => skip_spaces(text, at),
        _ => at,
    }
}

fn skip_spaces(text: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = text.get(at) {
        at += 1;
    }
    at
}

/// Return the position of the quote that ends a string, and whether the string contains escapes. `at` is its first
/// byte.
#[inline]
pub(super) fn string_end(text: &[u8], mut at: usize) -> Option<(usize, bool)> {
    let mut escaped = false;
    loop {
        at += find_json_special(text.get(at..)?)?;
        match text[at] {
            b'"' => return Some((at, escaped)),
            b'\\' => {
                escaped = true;
                at += escape_len(&text[at..])?;
            }
            _ => return None,
        }
    }
}

/// Return the length of the escape at the start of `text`; None if JSON does not know it, or for half a surrogate
/// pair.
fn escape_len(text: &[u8]) -> Option<usize> {
    match text.get(1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => match code_unit(text)? {
            0xD800..0xDC00 => match code_unit(&text[6..])? {
                0xDC00..0xE000 => Some(12),
                _ => None,
            },
            0xDC00..0xE000 => None,
            _ => Some(6),
        },
        _ => None,
    }
}

/// Return the UTF-16 unit of the `\uXXXX` at the start of `text`.
fn code_unit(text: &[u8]) -> Option<u32> {
    let [b'\\', b'u', digits @ ..] = text else {
        return None;
    };
    let digits = digits.first_chunk::<4>()?;
    digits
        .iter()
        .try_fold(0, |unit, digit| Some(unit << 4 | hex_digit(*digit)? as u32))
}

/// Append the decoded text of a valid string.
pub(super) fn decode_string(raw: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(len) = memchr::memchr(b'\\', &raw[at..]) {
        out.extend_from_slice(&raw[at..at + len]);
        at += len;
        let taken = escape_len(&raw[at..]).unwrap_or(1);
        out.extend_from_slice(
            character(&raw[at..at + taken])
                .encode_utf8(&mut [0; 4])
                .as_bytes(),
        );
        at += taken;
    }
    out.extend_from_slice(&raw[at..]);
}

/// Return the character of a valid escape.
fn character(escape: &[u8]) -> char {
    match (escape.get(1), code_unit(escape)) {
        (_, Some(unit)) => {
            let low = escape.get(6..).and_then(code_unit);
            let code = low.map_or(unit, |low| 0x10000 + ((unit & 0x3FF) << 10 | low & 0x3FF));
            char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        (Some(b'b'), _) => '\u{8}',
        (Some(b'f'), _) => '\u{C}',
        (Some(b'n'), _) => '\n',
        (Some(b'r'), _) => '\r',
        (Some(b't'), _) => '\t',
        (Some(&letter), _) => letter as char,
        (None, _) => char::REPLACEMENT_CHARACTER,
    }
}

/// Return the position after the number at `at`.
#[inline]
pub(super) fn number_end(text: &[u8], at: usize) -> Option<usize> {
    let mut at = at + usize::from(text.get(at) == Some(&b'-'));
    at = match text.get(at)? {
        b'0' => at + 1,
        _ => digits_end(text, at)?,
    };
    if text.get(at) == Some(&b'.') {
        at = digits_end(text, at + 1)?;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        at += 1;
        at = digits_end(
            text,
            at + usize::from(matches!(text.get(at), Some(b'+' | b'-'))),
        )?;
    }
    Some(at)
}

/// Return the position after one or more digits.
#[inline]
fn digits_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    while text.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    (at > start).then_some(at)
}

/// Return the position after `true`, `false` or `null` at `at`.
#[inline]
pub(super) fn word_end(text: &[u8], at: usize) -> Option<usize> {
    let rest = &text[at..];
    [&b"true"[..], b"false", b"null"]
        .into_iter()
        .find(|word| rest.starts_with(word))
        .map(|word| at + word.len())
}
