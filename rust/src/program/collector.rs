//! Objects in which a collector of logs keeps a line, read as that line (ADR 3, Wrapped lines).

use super::json_text::{decode_string, number_end, skip_space, string_end, word_end};

const DEPTH_MAX: usize = 100;
/// Container runtimes cut lines into pieces of this length. A text as long, without a line end, may be one.
const PIECE: usize = 16 * 1024;

/// The keys that are looked at, in the order of `Key`.
const KEYS: [&[u8]; 17] = [
    b"_index",
    b"_raw",
    b"_source",
    b"full_log",
    b"full_message",
    b"host",
    b"labels",
    b"line",
    b"location",
    b"log",
    b"logName",
    b"logtag",
    b"message",
    b"partial_message",
    b"result",
    b"short_message",
    b"textPayload",
];

#[derive(Clone, Copy)]
enum Key {
    Index,
    Raw,
    Source,
    FullLog,
    FullMessage,
    Host,
    Labels,
    Line,
    Location,
    Log,
    LogName,
    LogTag,
    Message,
    PartialMessage,
    Result,
    ShortMessage,
    TextPayload,
}

/// All keys that an object may have whose line is `message`: none of them says what stands in the line. In order.
const OF_SHIPPERS: [&[u8]; 40] = [
    b"@metadata",
    b"@timestamp",
    b"@version",
    b"agent",
    b"beat",
    b"cloud",
    b"container",
    b"date",
    b"docker",
    b"ecs",
    b"event",
    b"eventId",
    b"fields",
    b"file",
    b"fileset",
    b"host",
    b"hostname",
    b"id",
    b"ingestionTime",
    b"input",
    b"kubernetes",
    b"labels",
    b"log",
    b"logGroupName",
    b"logStreamName",
    b"message",
    b"offset",
    b"orchestrator",
    b"path",
    b"prospector",
    b"service",
    b"source",
    b"source_type",
    b"stream",
    b"tag",
    b"tags",
    b"time",
    b"timestamp",
    b"type",
    b"version",
];

/// The members of an object that are looked at: each the text of its last value.
struct Members<'f> {
    values: [Option<&'f [u8]>; KEYS.len()],
    /// The value of `source`, which is a path with shippers and an object in ECS.
    source: Option<&'f [u8]>,
    version: Option<&'f [u8]>,
    is_of_shipper: bool,
}

/// Write the line that an object keeps into `out`, without its line end. Returns false if it keeps none.
pub(super) fn unwrap(frame: &[u8], out: &mut Vec<u8>) -> bool {
    let Some(line) = find_line(frame) else {
        return false;
    };
    out.clear();
    decode_string(line, out);
    if out.ends_with(b"\n") {
        out.pop();
        if out.ends_with(b"\r") {
            out.pop();
        }
    } else if out.len() >= PIECE {
        return false;
    }
    !out.is_empty() && !out.contains(&b'\n')
}

fn find_line(frame: &[u8]) -> Option<&[u8]> {
    std::str::from_utf8(frame).ok()?;
    let members = read_members(frame)?;
    if members.string(Key::Index).is_some() {
        if let Some(inside) = members.object(Key::Source) {
            return read_members(inside)?.line();
        }
    }
    match members.object(Key::Result) {
        Some(inside) => read_members(inside)?.string(Key::Raw),
        None => members.line(),
    }
}

impl<'f> Members<'f> {
    /// Return the text of a string, as it is written; None if it is empty.
    fn string(&self, key: Key) -> Option<&'f [u8]> {
        text_of(self.values[key as usize])
    }

    fn object(&self, key: Key) -> Option<&'f [u8]> {
        self.values[key as usize].filter(|value| value[0] == b'{')
    }

    fn line(&self) -> Option<&'f [u8]> {
        let of_wazuh = self.string(Key::Location).and(self.string(Key::FullLog));
        let of_gelf = text_of(self.version)
            .and(self.string(Key::Host))
            .and(self.string(Key::ShortMessage))
            .map(|short| self.string(Key::FullMessage).unwrap_or(short));
        let of_google = self.string(Key::LogName).and(self.string(Key::TextPayload));
        let of_loki = self.object(Key::Labels).and(self.string(Key::Line));
        of_wazuh
            .or(of_gelf)
            .or(self.string(Key::Raw))
            .or(of_google)
            .or(of_loki)
            .or_else(|| self.line_of_fluentd())
            .or_else(|| self.line_of_shipper())
    }

    fn line_of_fluentd(&self) -> Option<&'f [u8]> {
        let is_piece = self.values[Key::PartialMessage as usize].is_some()
            || self.string(Key::LogTag) == Some(b"P");
        self.string(Key::Log).filter(|_| !is_piece)
    }

    fn line_of_shipper(&self) -> Option<&'f [u8]> {
        let is_path = self.source.is_none_or(|value| value[0] == b'"');
        self.string(Key::Message)
            .filter(|_| self.is_of_shipper && is_path)
    }
}

fn text_of(value: Option<&[u8]>) -> Option<&[u8]> {
    let text = value?.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    (!text.is_empty()).then_some(text)
}

/// Read the object that is all of a text. None if it is no JSON object.
fn read_members(text: &[u8]) -> Option<Members<'_>> {
    let mut members = Members {
        values: [None; KEYS.len()],
        source: None,
        version: None,
        is_of_shipper: true,
    };
    let at = skip_space(text, 0);
    if text.get(at) != Some(&b'{') {
        return None;
    }
    let mut scratch = Vec::new();
    let end = members_end(text, at + 1, 1, &mut |key, escaped, value| {
        let key = if escaped {
            scratch.clear();
            decode_string(key, &mut scratch);
            scratch.as_slice()
        } else {
            key
        };
        if let Ok(number) = KEYS.binary_search(&key) {
            members.values[number] = Some(value);
        }
        match key {
            b"source" => members.source = Some(value),
            b"version" => members.version = Some(value),
            _ => {}
        }
        members.is_of_shipper &= OF_SHIPPERS.binary_search(&key).is_ok();
    })?;
    (skip_space(text, end) == text.len()).then_some(members)
}

/// Return the position after the object whose content begins at `at`. `each` gets every key, whether it contains
/// escapes, and the text of its value.
fn members_end<'f>(
    text: &'f [u8],
    at: usize,
    depth: usize,
    each: &mut dyn FnMut(&'f [u8], bool, &'f [u8]),
) -> Option<usize> {
    let mut at = skip_space(text, at);
    if text.get(at) == Some(&b'}') {
        return Some(at + 1);
    }
    loop {
        if text.get(at) != Some(&b'"') {
            return None;
        }
        let (key_end, escaped) = string_end(text, at + 1)?;
        let key = &text[at + 1..key_end];
        at = skip_space(text, key_end + 1);
        if text.get(at) != Some(&b':') {
            return None;
        }
        at = skip_space(text, at + 1);
        let end = value_end(text, at, depth)?;
        each(key, escaped, &text[at..end]);
        at = skip_space(text, end);
        match text.get(at)? {
            b',' => at = skip_space(text, at + 1),
            b'}' => return Some(at + 1),
            _ => return None,
        }
    }
}

/// Return the position after the value at `at`.
fn value_end(text: &[u8], at: usize, depth: usize) -> Option<usize> {
    match text.get(at)? {
        b'"' => Some(string_end(text, at + 1)?.0 + 1),
        b'{' | b'[' if depth == DEPTH_MAX => None,
        b'{' => members_end(text, at + 1, depth + 1, &mut |_, _, _| {}),
        b'[' => array_end(text, at + 1, depth + 1),
        b't' | b'f' | b'n' => word_end(text, at),
        _ => number_end(text, at),
    }
}

/// Return the position after the array whose content begins at `at`.
fn array_end(text: &[u8], at: usize, depth: usize) -> Option<usize> {
    let mut at = skip_space(text, at);
    if text.get(at) == Some(&b']') {
        return Some(at + 1);
    }
    loop {
        at = skip_space(text, value_end(text, at, depth)?);
        match text.get(at)? {
            b',' => at = skip_space(text, at + 1),
            b']' => return Some(at + 1),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KEYS, Key, OF_SHIPPERS, unwrap};

    #[test]
    fn keys_are_in_order() {
        assert!(KEYS.is_sorted() && OF_SHIPPERS.is_sorted());
        assert_eq!(KEYS[Key::TextPayload as usize], b"textPayload");
    }

    #[test]
    fn a_line_is_taken_out_of_each_collectors_object() {
        let objects = [
            r#"{"timestamp":"x","location":"/var/log/a","full_log":"a \"b\""}"#,
            r#"{"version":"1.1","host":"gw","short_message":"a \"b\"","level":6,"_x":{}}"#,
            r#"{"preview":false,"result":{"_raw":"a \"b\"","_time":"x"}}"#,
            r#"{"date":1.5,"log":"a \"b\"\r\n"}"#,
            r#"{"@timestamp":"x","host":{"name":"gw"},"message":"a \"b\"","log":{"file":{"path":"x"}}}"#,
            r#"{"_index":"x","_source":{"message":"a \"b\""}} "#,
        ];
        for object in objects {
            let mut out = Vec::new();
            assert!(unwrap(object.as_bytes(), &mut out), "{object}");
            assert_eq!(out, br#"a "b""#, "{object}");
        }
    }

    #[test]
    fn an_object_that_says_more_stays() {
        let objects = [
            r#"{"message":"a","url":"b"}"#,
            r#"{"message":"a","source":{"ip":"192.0.2.7"}}"#,
            r#"{"log":"a","logtag":"P"}"#,
            r#"{"log":"a\nb\n"}"#,
            r#"{"log":"a"},"#,
            r#"{"full_log":"a"}"#,
            "{}",
            "[]",
        ];
        for object in objects {
            assert!(!unwrap(object.as_bytes(), &mut Vec::new()), "{object}");
        }
    }
}
