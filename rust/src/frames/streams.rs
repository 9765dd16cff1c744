//! Frame Streams: each frame follows its length. A control frame follows a length of 0 and its own length.

use super::Span;

const LENGTH_BYTES: usize = 4;
const CONTROL_MAX: usize = 512;
const CONTENT_TYPE_MAX: usize = 256;
const START: u32 = 2;
const FINISH: u32 = 5;
const CONTENT_TYPE: u32 = 1;

/// The part of a control frame that matters for the frames after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control<'f> {
    /// A stream begins, with this content type if it is given.
    Start(Option<&'f [u8]>),
    Other,
}

/// Return the frame at `start`. A frame that does not end within the bytes ends with them.
pub fn find_frame(bytes: &[u8], start: usize) -> Span {
    let rest = &bytes[start..];
    let (head, is_control) = match number(rest, 0) {
        Some(0) => (2 * LENGTH_BYTES, true),
        _ => (LENGTH_BYTES, false),
    };
    let begin = rest.len().min(head);
    let end = begin + frame_length(rest).unwrap_or(0).min(rest.len() - begin);
    Span {
        start: start + begin,
        end: start + end,
        next: start + end,
        lines: 1,
        is_control,
    }
}

/// Return the end of the last whole frame.
pub fn end_of_whole(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(next) = next(&bytes[at..]) {
        at += next;
    }
    at
}

/// Return the announced length of the frame at the start of `rest`, without the lengths.
pub fn frame_length(rest: &[u8]) -> Option<usize> {
    match number(rest, 0)? {
        0 => number(rest, LENGTH_BYTES),
        len => Some(len),
    }
    .map(|len| len as usize)
}

/// Return how many bytes the frame at the start of `rest` takes, if all of them are present.
fn next(rest: &[u8]) -> Option<usize> {
    let len = total_length(rest)?;
    (len <= rest.len() as u64).then_some(len as usize)
}

/// Return how many bytes the frame at the start of `rest` takes in all, as announced.
pub fn total_length(rest: &[u8]) -> Option<u64> {
    let lengths = if number(rest, 0)? == 0 { 2 } else { 1 };
    Some((lengths * LENGTH_BYTES) as u64 + frame_length(rest)? as u64)
}

/// Read a control frame; None if it is none of the specification's.
pub fn read_control(frame: &[u8]) -> Option<Control<'_>> {
    let kind = number(frame, 0).filter(|kind| (1..=FINISH).contains(kind))?;
    if frame.len() > CONTROL_MAX {
        return None;
    }
    let mut content_type = None;
    let mut rest = &frame[LENGTH_BYTES..];
    while !rest.is_empty() {
        let (field, len) = (number(rest, 0)?, number(rest, LENGTH_BYTES)? as usize);
        let value = rest.get(2 * LENGTH_BYTES..)?.get(..len)?;
        let is_second = kind == START && content_type.is_some();
        if field != CONTENT_TYPE || len > CONTENT_TYPE_MAX || is_second {
            return None;
        }
        content_type = Some(value);
        rest = &rest[2 * LENGTH_BYTES + len..];
    }
    Some(match kind {
        START => Control::Start(content_type),
        _ => Control::Other,
    })
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..)?.first_chunk::<LENGTH_BYTES>()?;
    Some(u32::from_be_bytes(*four))
}
