//! Hostile frames: no panic, and work that grows with the length of the frame, not with its square.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::Value;

use super::super::{Options, Outcome, Program, Reader};
use super::{fields, latin1, vectors};
use crate::growth;

const MEGABYTE: usize = 1 << 20;

type Known = Vec<(String, Program, Vec<Vec<u8>>)>;

/// All programs of the vectors, each with frames to start from.
static PROGRAMS: LazyLock<Known> = LazyLock::new(|| {
    let vectors = vectors();
    let frames = |name: &str| {
        let mine = |case: &&Value| case["program"] == name && case["frame"].is_string();
        let cases = vectors["cases"].as_array().unwrap().iter().filter(mine);
        cases
            .map(|case| latin1(case["frame"].as_str().unwrap()))
            .collect()
    };
    let all = vectors["programs"].as_object().unwrap().iter();
    all.map(|(name, program)| {
        (
            name.clone(),
            Program::from_json(&program.to_string()).unwrap(),
            frames(name),
        )
    })
    .collect()
});

/// Reads a frame and asks the record for everything.
fn exhaust(reader: &mut Reader, frame: &[u8]) {
    if let Outcome::Record(record) = reader.read(frame) {
        fields(&record);
        let _ = record.page_parts();
    }
}

const FILLS: &[&str] = &[
    "\"",
    "\\",
    " ",
    "{",
    "}",
    "[",
    ",",
    "=",
    ":",
    "a",
    "0",
    "\t",
    "\\\"",
    "\"\"",
    "\",",
    ",\"",
    "\" ",
    " \"",
    "a=\"",
    "a=\\\"",
    "=\"\\",
    "a=b ",
    "a= ",
    "{\"a\":",
    "[{",
    "\"a\",",
    "{\"a\":[{\"b\":1}],",
    "\\u0041",
    "\\ud83d",
    "192.0.2.1,",
    "\u{e9}",
    "; ",
    ": ",
    "%",
    "1|",
];
const STARTS: &[&str] = &[
    "",
    "1|",
    "7 q \"",
    "<1>7 q \"",
    "{\"ts\":1,\"a\":\"",
    "{\"a\":[",
    "t=1 msg=\"",
    "CEF:0|rt=1 msg=",
    "json: {",
];

fn fill(start: &str, fill: &str, bytes: usize) -> Vec<u8> {
    let filled = fill.bytes().cycle().take(bytes);
    start.bytes().chain(filled).collect()
}

fn new_reader(program: &Program) -> Reader {
    let options = Options {
        trusted_hops: 3,
        max_frame_bytes: 4 * MEGABYTE,
        ..Options::default()
    };
    Reader::new(program, &options)
}

/// Calls with each program, each start and each fill of a frame.
fn for_each_hostile_frame(call: impl Fn(&str, &Program, &str, &str)) {
    for (name, program, _) in PROGRAMS.iter() {
        for start in STARTS {
            for fill in FILLS {
                call(name, program, start, fill);
            }
        }
    }
}

#[test]
fn a_long_frame_of_anything_is_read_the_same_twice() {
    for_each_hostile_frame(|name, program, start, text| {
        let frame = fill(start, text, MEGABYTE / 8);
        let mut reader = new_reader(program);
        // The first may be the header.
        exhaust(&mut reader, &frame);
        let first = describe_outcome(&mut reader, &frame);
        let second = describe_outcome(&mut reader, &frame);
        assert_eq!(first, second, "{name}: {start:?} {text:?}");
    });
}

#[test]
#[ignore = "bench/growth.py counts its instructions"]
fn growth_of_frames_of_anything() {
    for_each_hostile_frame(|name, program, start, text| {
        let reader = new_reader(program);
        growth::count(&format!("{name}: {start:?} {text:?}"), |bytes| {
            let (frame, mut reader) = (fill(start, text, bytes), reader.clone());
            move || exhaust(&mut reader, &frame)
        });
    });
}

const REPEATED_KEYS: [&str; 3] = [
    "\"dns\":{\"answers\":[{\"rrname\":1}]},",
    "\"a\":[{\"b\":1,\"b\":2}],",
    "\"http\":1,",
];

fn repeat_keys(keys: &str, bytes: usize) -> String {
    let keys = keys.repeat(bytes / keys.len());
    format!("{{{keys}\"ts\":1,\"event\":\"http\"}}")
}

#[test]
fn keys_that_repeat_are_dropped() {
    for keys in REPEATED_KEYS {
        let frame = repeat_keys(keys, MEGABYTE);
        let mut reader = new_reader(&super::program("json"));
        assert!(matches!(reader.read(frame.as_bytes()), Outcome::Record(_)));
    }
}

#[test]
#[ignore = "bench/growth.py counts its instructions"]
fn growth_of_keys_that_repeat() {
    let reader = new_reader(&super::program("json"));
    for keys in REPEATED_KEYS {
        growth::count(&format!("{keys:?}"), |bytes| {
            let (frame, mut reader) = (repeat_keys(keys, bytes), reader.clone());
            move || exhaust(&mut reader, frame.as_bytes())
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_frame_makes_it_panic(
        pick in any::<prop::sample::Index>(),
        cuts in prop::collection::vec((any::<u16>(), prop::collection::vec(any::<u8>(), 0..6), 0usize..8), 1..4),
        hops in 0usize..3,
        zone in prop::collection::vec((any::<i64>(), any::<i64>()), 0..4),
        year in prop::option::of(any::<i32>()),
        offset in any::<i64>(),
    ) {
        let options = Options {
            trusted_hops: hops,
            timezone: Some(zone),
            year,
            clock_offset_us: offset,
            ..Options::default()
        };
        let (_, program, frames) = &PROGRAMS[pick.index(PROGRAMS.len())];
        let mut reader = Reader::new(program, &options);
        for frame in frames {
            let mut frame = frame.clone();
            for (place, put, dropped) in &cuts {
                let start = *place as usize % (frame.len() + 1);
                let end = (start + dropped).min(frame.len());
                frame.splice(start..end, put.iter().copied());
            }
            exhaust(&mut reader, &frame);
        }
    }

    #[test]
    fn a_reader_keeps_nothing_of_a_frame(
        pick in any::<prop::sample::Index>(),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..12),
    ) {
        let (_, program, frames) = &PROGRAMS[pick.index(PROGRAMS.len())];
        prop_assume!(!frames.is_empty());
        let mut used = Reader::new(program, &Options::default());
        for place in order {
            let frame = &frames[place.index(frames.len())];
            let mut new = Reader::new(program, &Options::default());
            new.begin(used.header());
            prop_assert_eq!(describe_outcome(&mut used, frame), describe_outcome(&mut new, frame));
        }
    }
}

fn describe_outcome(reader: &mut Reader, frame: &[u8]) -> String {
    match reader.read(frame) {
        Outcome::Record(record) => format!("{:?}", fields(&record)),
        Outcome::Comment => "comment".into(),
        Outcome::Reject(code) => code.name().into(),
    }
}
