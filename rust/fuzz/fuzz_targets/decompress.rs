//! Any bytes as an exhibit: no panic, bounded output, a valid order of pieces, and the identity of all bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};
use sightline_kernel::input::{Input, Limits, Piece};

const DECODED_BYTES: u64 = 4 << 20;
const BUFFER_BYTES: usize = 4096;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits {
        free_bytes: 1 << 20,
        decoded_bytes: DECODED_BYTES,
        members: 100,
        spool_bytes: 1 << 20,
        ..Limits::default()
    };
    let mut input = Input::bytes(bytes.to_vec(), &limits);
    let mut buffer = [0; BUFFER_BYTES];
    let (mut given, mut members, mut broken) = (0, 0, false);
    loop {
        match input.read(&mut buffer) {
            Piece::Bytes(count) => {
                assert!(
                    (1..=BUFFER_BYTES).contains(&count) && !broken,
                    "bytes after a break of their member"
                );
                given += count;
            }
            Piece::Member(name) => {
                assert!(!name.contains(char::is_control));
                (members, broken) = (members + 1, false);
            }
            Piece::Break(_) => {
                assert!(!broken, "two breaks in one member");
                broken = true;
            }
            Piece::Done => break,
        }
    }
    // Plain bytes in a tar are returned unchanged; the last decoder can exceed the limit by what it had buffered.
    assert!(given as u64 <= DECODED_BYTES + bytes.len() as u64 + (1 << 20));
    assert!(members <= 2 * limits.members + 1);
    let finished = input.finish().expect("memory can be read");
    assert_eq!(
        (finished.sha256[..].to_vec(), finished.size_bytes),
        (Sha256::digest(bytes).to_vec(), bytes.len() as u64)
    );
});
