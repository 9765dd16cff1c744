//! Pairs, quoted and spaced: no panic, and a used reader returns what a new one returns.
#![no_main]

mod program;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sightline_kernel::program::Program;

static PROGRAMS: LazyLock<Vec<Program>> =
    LazyLock::new(|| program::programs(|program| program["split"]["by"] == "keyvalue"));

fuzz_target!(|bytes: &[u8]| program::read(&PROGRAMS, bytes));
