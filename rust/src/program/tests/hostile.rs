//! Hostile frames: no panic, and time that grows with the length of the frame, not with its square.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::Value;

use super::super::{Options, Outcome, Program, Reader};
use super::{fields, latin1, vectors};

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

#[test]
fn a_long_frame_of_anything_is_read_in_linear_time() {
    let options = Options {
        trusted_hops: 3,
        max_frame_bytes: 2 * MEGABYTE,
        ..Options::default()
    };
    let fills = [
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
    let starts = [
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
    for (name, program, _) in PROGRAMS.iter() {
        for start in starts {
            for fill in fills {
                let mut frame = start.as_bytes().to_vec();
                frame.extend(fill.as_bytes().iter().cycle().take(MEGABYTE / 8));
                let mut reader = Reader::new(program, &options);
                let began = Instant::now();
                exhaust(&mut reader, &frame);
                exhaust(&mut reader, &frame);
                // Quadratic time for an eighth of a megabyte would be half a minute.
                assert!(
                    began.elapsed() < Duration::from_secs(5),
                    "{name}: {start:?} {fill:?}"
                );
            }
        }
    }
}

#[test]
fn keys_that_repeat_are_dropped_in_linear_time() {
    let program = super::program("json");
    let many = MEGABYTE / 32;
    for inside in [
        "\"dns\":{\"answers\":[{\"rrname\":1}]},",
        "\"a\":[{\"b\":1,\"b\":2}],",
        "\"http\":1,",
    ] {
        let frame = format!("{{{}\"ts\":1,\"event\":\"http\"}}", inside.repeat(many));
        let mut reader = Reader::new(
            &program,
            &Options {
                max_frame_bytes: 4 * MEGABYTE,
                ..Options::default()
            },
        );
        let began = Instant::now();
        assert!(matches!(reader.read(frame.as_bytes()), Outcome::Record(_)));
        assert!(began.elapsed() < Duration::from_secs(5), "{inside}");
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
