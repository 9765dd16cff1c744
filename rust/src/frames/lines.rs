//! Lines: a frame ends at LF, without a CR before it.

use memchr::{memchr, memrchr};

use super::Span;

#[inline]
pub fn find_frame(bytes: &[u8], start: usize) -> Span {
    let rest = &bytes[start..];
    let (raw, next) = match memchr(b'\n', rest) {
        Some(end) => (without_cr(&rest[..end]), start + end + 1),
        None => (rest, bytes.len()),
    };
    Span {
        start,
        end: start + raw.len(),
        next,
        lines: 1,
        is_control: false,
    }
}

pub fn end_of_whole(bytes: &[u8], begun: usize) -> usize {
    memrchr(b'\n', &bytes[begun..]).map_or(0, |at| begun + at + 1)
}

/// Return a line without the CR that belongs to its end.
#[inline]
pub fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}
