//! Entries of systemd's journal as `journalctl -o json` writes them, read as `-o short-iso-precise` would write them
//! (ADR 3, Wrapped lines).

use std::io::Write as _;
use std::str::from_utf8;

use super::json_text::{decode_string, skip_space, string_end};
use super::reader::without_blank_end;

const TIME: &[u8] = b"\"__REALTIME_TIMESTAMP\"";
const LONGEST_TIME: usize = 18;
/// The first second of the year 10000.
const END_S: u64 = 253_402_300_800;
const DAY_S: u64 = 86_400;

/// The fields that make a line: each the text of a JSON value.
#[derive(Default)]
struct Entry<'f> {
    received: Option<&'f [u8]>,
    sent: Option<&'f [u8]>,
    host: Option<&'f [u8]>,
    identifier: Option<&'f [u8]>,
    command: Option<&'f [u8]>,
    process: Option<&'f [u8]>,
    message: Option<&'f [u8]>,
}

/// Write an entry into `out` as a line: time, host, program, process and message. Returns false if it is no entry.
pub(super) fn unwrap(frame: &[u8], out: &mut Vec<u8>) -> bool {
    has_field_first(frame)
        && memchr::memmem::find(frame, TIME).is_some()
        && write_line(without_blank_end(frame), out).is_some()
}

/// Whether the first key of an object is a name as systemd gives fields.
fn has_field_first(frame: &[u8]) -> bool {
    let at = skip_space(frame, 1);
    let name = frame.get(at + 1..).unwrap_or_default();
    let length = name.iter().take_while(|byte| is_of_name(byte)).count();
    frame.get(at) == Some(&b'"') && length > 0 && name.get(length) == Some(&b'"')
}

fn is_of_name(byte: &u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_'
}

fn write_line(frame: &[u8], out: &mut Vec<u8>) -> Option<()> {
    from_utf8(frame).ok()?;
    let entry = read_entry(frame)?;
    let at_us = time_of(entry.sent).or_else(|| time_of(entry.received))?;
    time_of(entry.received)?;
    out.clear();
    write_time(at_us, out)?;
    out.push(b' ');
    out.extend_from_slice(word_of(entry.host).unwrap_or(b"unknown"));
    out.push(b' ');
    let program = word_of(entry.identifier).or_else(|| word_of(entry.command));
    out.extend_from_slice(program.unwrap_or(b"unknown"));
    if let Some(process) = entry.process.and_then(digits_of) {
        out.push(b'[');
        out.extend_from_slice(process);
        out.push(b']');
    }
    out.extend_from_slice(b": ");
    write_message(entry.message?, out)
}

/// Read an object of strings, nulls and arrays of strings or numbers, whose keys are as systemd names fields.
fn read_entry(text: &[u8]) -> Option<Entry<'_>> {
    let mut entry = Entry::default();
    let mut at = skip_space(text, 1);
    loop {
        at = expect(text, at, b'"')?;
        let end = at + text[at..].iter().position(|&byte| byte == b'"')?;
        let key = &text[at..end];
        if key.is_empty() || !key.iter().all(is_of_name) {
            return None;
        }
        at = skip_space(text, expect(text, skip_space(text, end + 1), b':')?);
        let end = value_end(text, at)?;
        let value = Some(&text[at..end]);
        match key {
            b"__REALTIME_TIMESTAMP" => entry.received = value,
            b"_SOURCE_REALTIME_TIMESTAMP" => entry.sent = value,
            b"_HOSTNAME" => entry.host = value,
            b"SYSLOG_IDENTIFIER" => entry.identifier = value,
            b"_COMM" => entry.command = value,
            b"_PID" => entry.process = value,
            b"MESSAGE" => entry.message = value,
            _ => {}
        }
        at = skip_space(text, end);
        match text.get(at)? {
            b',' => at = skip_space(text, at + 1),
            b'}' if at + 1 == text.len() => return Some(entry),
            _ => return None,
        }
    }
}

fn expect(text: &[u8], at: usize, byte: u8) -> Option<usize> {
    (text.get(at) == Some(&byte)).then_some(at + 1)
}

/// Return the position after the value at `at`.
fn value_end(text: &[u8], at: usize) -> Option<usize> {
    match text.get(at)? {
        b'"' => Some(string_end(text, at + 1)?.0 + 1),
        b'n' => text[at..].starts_with(b"null").then_some(at + 4),
        b'[' => array_end(text, at + 1),
        _ => None,
    }
}

/// Return the position after an array of strings or numbers. `at` is its first byte.
fn array_end(text: &[u8], at: usize) -> Option<usize> {
    let mut at = skip_space(text, at);
    loop {
        at = match text.get(at)? {
            b'"' => string_end(text, at + 1)?.0 + 1,
            _ => at + digits_at(text, at)?,
        };
        at = skip_space(text, at);
        match text.get(at)? {
            b',' => at = skip_space(text, at + 1),
            b']' => return Some(at + 1),
            _ => return None,
        }
    }
}

/// Return how many digits stand at `at`; None for none.
fn digits_at(text: &[u8], at: usize) -> Option<usize> {
    let count = text[at..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    (count > 0).then_some(count)
}

/// Return the text of a string of digits.
fn digits_of(value: &[u8]) -> Option<&[u8]> {
    let text = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    (!text.is_empty() && text.iter().all(u8::is_ascii_digit)).then_some(text)
}

fn time_of(value: Option<&[u8]>) -> Option<u64> {
    let digits = digits_of(value?)?;
    let at_us: u64 = from_utf8(digits).ok()?.parse().ok()?;
    (digits.len() <= LONGEST_TIME && at_us / 1_000_000 < END_S).then_some(at_us)
}

/// Return the text of a string of visible ASCII.
fn word_of(value: Option<&[u8]>) -> Option<&[u8]> {
    let text = value?.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let is_word = |&byte: &u8| byte.is_ascii_graphic() && byte != b'\\';
    (!text.is_empty() && text.iter().all(is_word)).then_some(text)
}

/// Write a message: a string, or the bytes of one that is no UTF-8.
fn write_message(value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    match value {
        [b'"', text @ .., b'"'] => decode_string(text, out),
        [b'[', numbers @ .., b']'] => {
            for number in numbers.split(|&byte| byte == b',') {
                out.push(from_utf8(number.trim_ascii()).ok()?.parse().ok()?);
            }
        }
        _ => return None,
    }
    Some(())
}

/// Write an instant as `2026-07-31T12:34:56.123456+00:00`.
fn write_time(at_us: u64, out: &mut Vec<u8>) -> Option<()> {
    let (seconds, fraction) = (at_us / 1_000_000, at_us % 1_000_000);
    let (days, second) = (seconds / DAY_S, seconds % DAY_S);
    // Days since 1 March of the year 0, in cycles of 400 years (Howard Hinnant, chrono-compatible date algorithms).
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    write!(
        out,
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:06}+00:00"
    )
    .ok()
}
