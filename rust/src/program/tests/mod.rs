//! The vectors that the oracle passes too. The files beside this one test what only the kernel can show.

mod agreement;
mod fast_path;
mod hostile;
mod refused;

use std::fmt::Write;

use serde_json::{Map, Value};

use super::{DateOrder, Options, Outcome, Program, Reader, Record};

/// Return the bytes of a text in which each character is one byte.
fn latin1(text: &str) -> Vec<u8> {
    text.chars()
        .map(|letter| u8::try_from(letter as u32).unwrap())
        .collect()
}

fn text_value(text: &[u8]) -> Value {
    text.iter()
        .map(|byte| *byte as char)
        .collect::<String>()
        .into()
}

fn options(given: &Value) -> Options {
    let mut options = Options::default();
    for (key, value) in given.as_object().into_iter().flatten() {
        match key.as_str() {
            "timezone" => options.timezone = serde_json::from_value(value.clone()).unwrap(),
            "year" => options.year = value.as_i64().map(|year| year as i32),
            "date_order" => options.date_order = DateOrder::from_name(value.as_str().unwrap()),
            "clock_offset_us" => options.clock_offset_us = value.as_i64().unwrap(),
            "made_at_us" => options.made_at_us = value.as_i64(),
            "trusted_hops" => options.trusted_hops = value.as_u64().unwrap() as usize,
            "max_frame_bytes" => options.max_frame_bytes = value.as_u64().unwrap() as usize,
            _ => panic!("no option {key}"),
        }
    }
    options
}

fn fields(record: &Record) -> Map<String, Value> {
    let mut names = Vec::new();
    record.each_name(|name| names.push(text_value(name)));
    let mut digests = Vec::new();
    record.each_digest(|digest| digests.push(Value::from(digest)));
    let text = |text: Option<&[u8]>| text.map_or(Value::Null, text_value);
    let lazy =
        |text: Option<std::borrow::Cow<[u8]>>| text.map_or(Value::Null, |text| text_value(&text));
    let address = |address: Option<std::net::IpAddr>| Value::from(address.map(|it| it.to_string()));
    [
        ("timestamp_us", record.timestamp_us().into()),
        ("fold_s", record.fold_s().into()),
        (
            "timestamp_original",
            text_value(record.timestamp_original()),
        ),
        ("source_ip", address(record.source_ip())),
        ("source_port", record.source_port().into()),
        ("destination_ip", address(record.destination_ip())),
        ("destination_port", record.destination_port().into()),
        ("method", text(record.method())),
        ("target", text(record.target())),
        ("authority", text(record.authority())),
        ("host_is_name", record.host_is_name().into()),
        ("scheme", text(record.scheme())),
        ("status", record.status().into()),
        ("bytes", record.bytes().into()),
        ("user_agent", lazy(record.user_agent())),
        ("referrer", lazy(record.referrer())),
        ("user", lazy(record.user())),
        ("dns_type", lazy(record.dns_type())),
        ("dns_action", lazy(record.dns_action())),
        ("record_kind", lazy(record.record_kind())),
        ("names", names.into()),
        ("digests", digests.into()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_string(), value))
    .collect()
}

/// Return the result of a case if it is wrong. The case is read twice, so that nothing of a frame may remain.
fn failure(programs: &Map<String, Value>, case: &Value) -> Option<String> {
    let name = case["program"].as_str().unwrap();
    let program = Program::from_json(&programs[name].to_string()).unwrap();
    let frame = match case["frame_base64"].as_str() {
        Some(text) => base64(text),
        None => latin1(case["frame"].as_str().unwrap()),
    };
    let mut reader = Reader::new(&program, &options(&case["options"]));
    for header in case["header_frames"].as_array().into_iter().flatten() {
        assert!(matches!(
            reader.read(&latin1(header.as_str().unwrap())),
            Outcome::Comment
        ));
    }
    if let Some(control) = case["control_base64"].as_str() {
        assert!(matches!(reader.control(&base64(control)), Outcome::Comment));
    }
    let header = reader.header().cloned();
    for _ in 0..2 {
        reader.begin(header.as_ref());
        let (outcome, got) = match reader.read(&frame) {
            Outcome::Record(record) => ("record", fields(&record)),
            Outcome::Comment => ("comment", Map::new()),
            Outcome::Reject(code) => (code.name(), Map::new()),
        };
        if outcome != case["outcome"] {
            return Some(format!("{case}\n    is {outcome}"));
        }
        for (field, wanted) in case["fields"].as_object().into_iter().flatten() {
            if got[field] != *wanted {
                return Some(format!("{case}\n    has {field} {}", got[field]));
            }
        }
    }
    None
}

fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = 0u32;
    let mut bytes = Vec::new();
    for (number, letter) in text.bytes().filter(|letter| *letter != b'=').enumerate() {
        bits = bits << 6 | DIGITS.iter().position(|digit| *digit == letter).unwrap() as u32;
        let shift = (number + 1) * 6 % 8;
        if number % 4 != 0 {
            bytes.push((bits >> shift) as u8);
        }
    }
    bytes
}

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../tests/vectors/program.json")).unwrap()
}

/// A program of the vectors.
fn program(name: &str) -> Program {
    Program::from_json(&vectors()["programs"][name].to_string()).unwrap()
}

#[test]
fn frames_read_as_the_vectors_say() {
    let vectors = vectors();
    let programs = vectors["programs"].as_object().unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    let mut failures = String::new();
    for failure in cases.iter().filter_map(|case| failure(programs, case)) {
        writeln!(failures, "{failure}").unwrap();
    }
    assert!(failures.is_empty(), "{failures}");
}
