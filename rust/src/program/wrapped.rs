//! Lines that Docker, systemd's journal or another collector keeps as JSON, read as CRI, syslog or the program would
//! write them (ADR 3, Wrapped lines).

use super::collector;
use super::journal;
use super::json_text::{decode_string, string_end};
use super::reader::without_blank_end;

const START: &[u8] = b"{\"log\":\"";
const STREAMS: [&[u8]; 2] = [b"\",\"stream\":\"stdout\"", b"\",\"stream\":\"stderr\""];
const ATTRIBUTES: &[u8] = b",\"attrs\":{";
const TIME: &[u8] = b",\"time\":\"";

/// Write a frame of json-file into `out` as a line of CRI: time, stream, `F` or, for a piece of a line, `P`, and the
/// line; an entry of the journal as a line of syslog; the object of another collector as the line in it. Returns false if
/// it is none of these. `is_json`: for a format of JSON objects, which takes lines with an object in them alone.
pub(super) fn unwrap(frame: &[u8], is_json: bool, out: &mut Vec<u8>) -> bool {
    if frame.first() != Some(&b'{') {
        return false;
    }
    if frame.starts_with(START) && write_line(without_blank_end(frame), out).is_some() {
        return true;
    }
    journal::unwrap(frame, out) || unwrap_collected(frame, is_json, out)
}

/// A format of JSON objects passes by other objects as fast as it can.
fn unwrap_collected(frame: &[u8], is_json: bool, out: &mut Vec<u8>) -> bool {
    (!is_json || has_object_inside(frame)) && collector::unwrap(frame, out)
}

/// Whether a text of the frame contains the start of an object: `{\"`. Few objects have a backslash at all.
fn has_object_inside(frame: &[u8]) -> bool {
    memchr::memchr_iter(b'\\', frame)
        .any(|at| at > 0 && frame[at - 1] == b'{' && frame.get(at + 1) == Some(&b'"'))
}

fn write_line(frame: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let text = frame.get(START.len()..)?;
    let (end, _) = string_end(text, 0)?;
    let line = &text[..end];
    std::str::from_utf8(line).ok()?;
    let (stream, rest) = STREAMS
        .iter()
        .find_map(|stream| Some((*stream, text[end..].strip_prefix(*stream)?)))?;
    let rest = rest.strip_suffix(b"\"}")?;
    let time_at = memchr::memmem::rfind(rest, TIME)?;
    let (attributes, time) = (&rest[..time_at], &rest[time_at + TIME.len()..]);
    let is_plain = !time.is_empty() && !time.contains(&b'\\') && !time.contains(&b'"');
    if !is_plain || !are_attributes(attributes) {
        return None;
    }
    out.clear();
    out.extend_from_slice(time);
    out.push(b' ');
    out.extend_from_slice(&stream[stream.len() - 7..stream.len() - 1]);
    let mark = out.len() + 1;
    out.extend_from_slice(b" P ");
    decode_string(line, out);
    if out.ends_with(b"\n") {
        out[mark] = b'F';
        out.pop();
        if out.ends_with(b"\r") {
            out.pop();
        }
    }
    Some(())
}

/// Whether nothing or the attributes of a container stand between stream and time.
fn are_attributes(text: &[u8]) -> bool {
    text.is_empty()
        || text
            .strip_prefix(ATTRIBUTES)
            .is_some_and(|rest| rest.ends_with(b"}"))
}
