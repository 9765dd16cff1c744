//! Frame streams of dnstap: no panic, frames and skipped bytes are all the bytes, and a used reader returns what a new
//! one returns.
#![no_main]

#[allow(dead_code)]
mod program;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sightline_kernel::program::{Options, Outcome, Program, Reader};

static PROGRAMS: LazyLock<Vec<Program>> =
    LazyLock::new(|| program::programs(|program| program["split"]["by"] == "dnstap"));

fuzz_target!(|bytes: &[u8]| {
    // The choice is the last byte, so that samples can be seeds unchanged.
    let [stream @ .., choice] = bytes else {
        return;
    };
    let program = &PROGRAMS[0];
    let options = Options {
        max_frame_bytes: 1 << (choice & 31),
        ..Options::default()
    };
    let framing = program.framing(options.max_frame_bytes);
    let end = framing.end_of_whole(stream, 0, true);
    let mut used = Reader::new(program, &options);
    let mut at = 0;
    while at < end {
        let span = framing.find_frame(&stream[..end], at, at == 0);
        assert!(at < span.start && span.start <= span.end && span.end == span.next);
        let frame = &stream[span.start..span.end];
        if span.is_control {
            assert!(!matches!(used.control(frame), Outcome::Record(_)));
        } else {
            let mut new = Reader::new(program, &options);
            new.begin(used.header());
            assert_eq!(program::describe_outcome(&mut used, frame), program::describe_outcome(&mut new, frame));
        }
        at = span.next;
    }
    assert_eq!(at, end);
});
