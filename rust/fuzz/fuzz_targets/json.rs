//! JSON and its paths: no panic, and a frame is JSON exactly if serde accepts it and it is not too deep.
#![no_main]

mod program;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use sightline_kernel::program::{Options, Outcome, Program, Reader};
use sightline_kernel::reject_code::RejectCode;

static PROGRAMS: LazyLock<Vec<Program>> =
    LazyLock::new(|| program::programs(|program| program["split"]["by"] == "json"));

static PLAIN: LazyLock<Vec<Program>> =
    LazyLock::new(|| program::programs(|program| program["name"] == "json"));

fuzz_target!(|bytes: &[u8]| {
    program::read(&PROGRAMS, bytes);
    let mut reader = Reader::new(&PLAIN[0], &Options::default());
    let is_json = match reader.read(bytes) {
        Outcome::Comment if bytes.iter().all(|byte| matches!(byte, b' ' | b'\t')) => false,
        Outcome::Reject(RejectCode::NotJson) => false,
        _ => true,
    };
    match serde_json::from_slice::<Value>(bytes) {
        Ok(tree) => assert_eq!(is_json, tree.is_object() && depth(&tree) <= 100),
        // serde reads numbers, and refuses those that no f64 holds; it knows 128 levels.
        Err(why) => assert!(!is_json || why.to_string().contains("out of range")),
    }
});

fn depth(tree: &Value) -> usize {
    match tree {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
