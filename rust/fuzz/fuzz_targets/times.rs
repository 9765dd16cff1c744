//! Layouts, zones, folds and gaps: no panic, every instant in its range, and a used clock returns what a new one
//! returns.
#![no_main]

mod program;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sightline_kernel::program::Program;

static PROGRAMS: LazyLock<Vec<Program>> =
    LazyLock::new(|| program::programs(|program| program["slots"] == serde_json::json!(["time"])));

fuzz_target!(|bytes: &[u8]| program::read(&PROGRAMS, bytes));
