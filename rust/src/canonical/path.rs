//! Canonical paths and queries: WHATWG, after decoding the escapes of unreserved characters. Works on bytes.

use std::borrow::Cow;

/// The byte stays as it is in a path.
const PATH: u8 = 1;
/// The byte stays as it is in a query.
const QUERY: u8 = 2;
/// ALPHA, DIGIT, `-._~` (RFC 3986).
const UNRESERVED: u8 = 4;

const CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut byte = 0x21;
    while byte < 0x7f {
        let at = byte as usize;
        if !matches!(byte, b'"' | b'#' | b'<' | b'>') {
            if byte != b'\'' {
                class[at] |= QUERY;
            }
            if !matches!(byte, b'?' | b'^' | b'`' | b'{' | b'}') {
                class[at] |= PATH;
            }
        }
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            class[at] |= UNRESERVED;
        }
        byte += 1u8;
    }
    class
};

/// Bytes of a path that need no change, apart from dot segments.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut at = 0;
    while at < 256 {
        plain[at] = class_has(at, PATH) && at != b'%' as usize && at != b'\\' as usize;
        at += 1;
    }
    plain
};

/// Bytes of a path segment that need no change.
const PLAIN_SEGMENT: [bool; 256] = {
    let mut plain = PLAIN;
    plain[b'/' as usize] = false;
    plain
};

/// Bytes of a query that need no change.
const PLAIN_QUERY: [bool; 256] = {
    let mut plain = [false; 256];
    let mut at = 0;
    while at < 256 {
        plain[at] = class_has(at, QUERY) && at != b'%' as usize;
        at += 1;
    }
    plain
};

const fn class_has(at: usize, bit: u8) -> bool {
    CLASS[at] & bit != 0
}

/// Append the canonical `/path[?query]` of `raw`, which begins at the path: a slash of either kind, `?`, `#`, or
/// nothing. Returns the length of the path.
pub fn write_path_query(raw: &[u8], out: &mut Vec<u8>) -> usize {
    let path = plain_path(raw);
    if path > 0 {
        let end = match &raw[path..] {
            [b'?', query @ ..] if !query.is_empty() => path + 1 + plain_query(query),
            _ => path,
        };
        if end == raw.len() {
            out.extend_from_slice(raw);
            return path;
        }
    }
    let raw = clean_path(raw);
    let from = out.len();
    let taken = write_path(&raw, out);
    let path_bytes = out.len() - from;
    if raw.get(taken) == Some(&b'?') {
        write_query(&raw[taken + 1..], out);
    }
    path_bytes
}

/// Clean a target as WHATWG does: control characters and spaces are cut off at both ends; tab, CR and LF are removed.
pub fn clean_path(target: &[u8]) -> Cow<'_, [u8]> {
    let is_kept = |byte: &u8| *byte > b' ';
    let start = target.iter().position(is_kept).unwrap_or(target.len());
    let end = target.iter().rposition(is_kept).map_or(start, |at| at + 1);
    let target = &target[start..end];
    if memchr::memchr3(b'\t', b'\r', b'\n', target).is_none() {
        return Cow::Borrowed(target);
    }
    Cow::Owned(
        target
            .iter()
            .copied()
            .filter(|byte| !matches!(byte, b'\t' | b'\r' | b'\n'))
            .collect(),
    )
}

/// Return the value of the percent escape at the start of `raw`.
pub fn decode_escape(raw: &[u8]) -> Option<u8> {
    match raw {
        [b'%', high, low, ..] => {
            let high = char::from(*high).to_digit(16)?;
            let low = char::from(*low).to_digit(16)?;
            Some((high * 16 + low) as u8)
        }
        _ => None,
    }
}

/// Return how many bytes at the start need no change; 0 if a segment begins with a dot.
fn plain_path(raw: &[u8]) -> usize {
    if raw.first() != Some(&b'/') {
        return 0;
    }
    let mut at = 0;
    while at < raw.len() && PLAIN[raw[at] as usize] {
        if raw[at] == b'.' && raw[at - 1] == b'/' {
            return 0;
        }
        at += 1;
    }
    at
}

/// Return how many bytes at the start of a query need no change.
fn plain_query(raw: &[u8]) -> usize {
    raw.iter()
        .position(|byte| !PLAIN_QUERY[*byte as usize])
        .unwrap_or(raw.len())
}

/// Append the path of `raw`, and return how many bytes of `raw` it was.
fn write_path(raw: &[u8], out: &mut Vec<u8>) -> usize {
    let from = out.len();
    out.push(b'/');
    let mut segment = out.len();
    let mut at = usize::from(matches!(raw.first(), Some(b'/' | b'\\')));
    let mut escapes = Escapes::default();
    loop {
        at += escapes.copy(&raw[at..], &PLAIN_SEGMENT, out);
        match raw.get(at) {
            Some(b'/' | b'\\') => {
                if !drop_dots(from, segment, out) {
                    out.push(b'/');
                }
                segment = out.len();
                escapes = Escapes::default();
                at += 1;
            }
            None | Some(b'?' | b'#') => {
                drop_dots(from, segment, out);
                return at;
            }
            Some(_) => at += escapes.write(&raw[at..], out),
        }
    }
}

/// Remove the segment that begins at `segment` if it is `.` or `..`, and for `..` the one before it. The slash at the
/// end stays.
fn drop_dots(from: usize, segment: usize, out: &mut Vec<u8>) -> bool {
    match &out[segment..] {
        b"." => out.truncate(segment),
        b".." => {
            let slash = segment - 1;
            let parent = memchr::memrchr(b'/', &out[from..slash]).map_or(from, |at| from + at);
            out.truncate(parent + 1);
        }
        _ => return false,
    }
    true
}

fn write_query(raw: &[u8], out: &mut Vec<u8>) {
    let from = out.len();
    out.push(b'?');
    let mut escapes = Escapes::default();
    let mut at = 0;
    loop {
        at += escapes.copy(&raw[at..], &PLAIN_QUERY, out);
        match raw.get(at) {
            None | Some(b'#') => break,
            Some(_) => at += escapes.write(&raw[at..], out),
        }
    }
    if out.len() == from + 1 {
        out.truncate(from);
    }
}

/// What the bytes just written leave open: nothing, a lone `%`, or a lone `%` and one digit. An escaped digit after
/// these stays escaped: decoding `%%354` to `%54` would make a new escape, and another page.
#[derive(Clone, Copy, Default, PartialEq)]
enum Escapes {
    #[default]
    Whole,
    Percent,
    PercentDigit,
}

impl Escapes {
    /// Append the bytes at the start of `raw` that need no change, and return how many there are.
    fn copy(&mut self, raw: &[u8], plain: &[bool; 256], out: &mut Vec<u8>) -> usize {
        let length = raw
            .iter()
            .position(|byte| !plain[*byte as usize])
            .unwrap_or(raw.len());
        if length > 0 {
            out.extend_from_slice(&raw[..length]);
            let opened = *self == Self::Percent && length == 1 && raw[0].is_ascii_hexdigit();
            *self = if opened {
                Self::PercentDigit
            } else {
                Self::Whole
            };
        }
        length
    }

    /// Append the first byte of `raw`, which needs a change, or its first escape. Returns how many bytes it took.
    fn write(&mut self, raw: &[u8], out: &mut Vec<u8>) -> usize {
        const DIGITS: [u8; 16] = *b"0123456789ABCDEF";
        let byte = raw[0];
        if byte == b'%' {
            return self.write_percent(raw, out);
        }
        *self = Self::Whole;
        out.extend_from_slice(&[
            b'%',
            DIGITS[usize::from(byte >> 4)],
            DIGITS[usize::from(byte & 15)],
        ]);
        1
    }

    fn write_percent(&mut self, raw: &[u8], out: &mut Vec<u8>) -> usize {
        let Some(value) = decode_escape(raw) else {
            *self = Self::Percent;
            out.push(b'%');
            return 1;
        };
        let joins = *self != Self::Whole && value.is_ascii_hexdigit();
        *self = Self::Whole;
        if class_has(value as usize, UNRESERVED) && !joins {
            out.push(value);
        } else {
            out.extend_from_slice(&raw[..3]);
        }
        3
    }
}
