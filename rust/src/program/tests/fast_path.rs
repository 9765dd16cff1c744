//! The fast path returns what the full reader returns, or None.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::super::{Options, Outcome, Program, Reader};
use super::{latin1, program, vectors};
use crate::canonical::{HostKind, Page, address_key, page};

/// Compare the fast path with the full reader on a frame. Returns false if the fast path does not read the frame.
fn agrees_with_reader(program: &Program, options: &Options, frame: &[u8]) -> bool {
    let mut buffer = b"before\n".to_vec();
    let start = buffer.len();
    buffer.extend(frame);
    buffer.extend(
        b"\nmore than a block of 64 bytes behind the frame, which must not change its record\n",
    );
    let mut reader = Reader::new(program, options);
    let Some(fast) = reader.read_fast(&buffer, start, true) else {
        return false;
    };
    let text = frame.strip_suffix(b"\r").unwrap_or(frame);
    assert_eq!(
        (fast.end, fast.next),
        (start + text.len(), start + frame.len() + 1)
    );
    let without = reader.read_fast(&buffer, start, false).unwrap();
    assert_eq!((without.source, without.host), (fast.source, fast.host));
    let mut reader = Reader::new(program, options);
    let Outcome::Record(record) = reader.read(text) else {
        panic!("no record: {}", String::from_utf8_lossy(frame));
    };
    let destination = record
        .destination_ip()
        .map(|ip| (ip, record.destination_port()));
    let mut wanted = Page::default();
    page(&record.page_parts(), false, &mut wanted);
    let host = fast
        .host
        .map_or(&b""[..], |host| &buffer[host.start..host.end]);
    let agent = fast.user_agent.map(|(start, end)| &buffer[start..end]);
    let frame_text = String::from_utf8_lossy(frame);
    assert_eq!(fast.timestamp_us, record.timestamp_us(), "{frame_text}");
    assert_eq!(
        fast.source,
        record.source_ip().map(address_key),
        "{frame_text}"
    );
    assert_eq!(fast.destination, destination, "{frame_text}");
    assert_eq!(agent, record.user_agent().as_deref(), "{frame_text}");
    assert_eq!(host, wanted.host, "{frame_text}");
    assert_eq!(
        fast.host.is_some(),
        wanted.host_kind == HostKind::Name,
        "{frame_text}"
    );
    let dots: Vec<usize> = (0..64)
        .filter(|place| host.get(*place) == Some(&b'.'))
        .collect();
    let seen_dots = fast.host.map_or(0, |host| host.dots);
    assert_eq!(
        dots.iter().fold(0, |all, place| all | 1u64 << place),
        seen_dots,
        "{frame_text}"
    );
    record.each_name(|_| panic!("a name that the fast path did not find: {frame_text}"));
    true
}

#[test]
fn the_most_common_lines_are_read_on_the_fast_path() {
    let vectors = vectors();
    let cases = vectors["cases"].as_array().unwrap();
    for name in NAMES {
        let of_program =
            |case: &&serde_json::Value| case["program"] == name && case["outcome"] == "record";
        let fast = cases.iter().filter(of_program).filter(|case| {
            let frame = latin1(case["frame"].as_str().unwrap());
            agrees_with_reader(&program(name), &Options::default(), &frame)
        });
        // If a proxy's elapsed time needs no padding, the second prefix matches; only the full reader reads that.
        assert_eq!(
            fast.count(),
            if name == "resolver" { 1 } else { 2 },
            "{name}"
        );
    }
}

#[test]
fn the_fast_path_misreads_no_vector() {
    let vectors = vectors();
    for case in vectors["cases"].as_array().unwrap() {
        if let Some(frame) = case["frame"].as_str() {
            let program = program(case["program"].as_str().unwrap());
            agrees_with_reader(&program, &super::options(&case["options"]), &latin1(frame));
        }
    }
}

const NAMES: [&str; 3] = ["proxy", "web", "resolver"];

static PROGRAMS: LazyLock<[Program; 3]> = LazyLock::new(|| NAMES.map(program));

/// Lines of the vectors, with up to three parts replaced by plausible or almost plausible text.
fn altered_line() -> impl Strategy<Value = (usize, Vec<u8>)> {
    let vectors = vectors();
    let cases = vectors["cases"].as_array().unwrap();
    let of_name = |case: &serde_json::Value| {
        let number = NAMES.iter().position(|name| case["program"] == *name)?;
        Some((number, latin1(case["frame"].as_str()?)))
    };
    let lines: Vec<(usize, Vec<u8>)> = cases.iter().filter_map(of_name).collect();
    let byte =
        prop::sample::select(&b" \t\r\0./:-_09aZ[]\"\\%#@?+\x80"[..]).prop_map(|byte| vec![byte]);
    let host = "(http://|https://|HTTP://|ws://|)([a-z0-9_-]{0,30}\\.){0,4}([a-zA-Z0-9-]{1,40}|[0-9]{1,3})(:[0-9]{0,6})?(/[a-z]*)?";
    let number = "[0-9]{0,12}([.:,-][0-9]{0,4})?";
    let quad = "[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}";
    let word = prop_oneof![
        Just(" DIRECT/".to_string()),
        Just("CONNECT".to_string()),
        Just("GET".to_string()),
        Just("-".to_string()),
        host,
        number,
        quad,
        "\\PC{0,70}",
    ]
    .prop_map(String::into_bytes);
    let change = (
        any::<prop::sample::Index>(),
        0usize..12,
        prop_oneof![byte, word],
    );
    let changes = prop::collection::vec(change, 0..4);
    (prop::sample::select(lines), changes).prop_map(|((program, mut line), changes)| {
        for (place, length, text) in changes {
            let start = place.index(line.len() + 1);
            let end = (start + length).min(line.len());
            line.splice(start..end, text);
        }
        line.retain(|byte| *byte != b'\n');
        (program, line)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn the_fast_path_agrees_with_the_reader((number, line) in altered_line()) {
        agrees_with_reader(&PROGRAMS[number], &Options::default(), &line);
    }
}
