//! The hash of a compiled list's index, part of its version 2 (`docs/adr/0004-lists.md`, "The hash").
//!
//! It is computed piece by piece, so that all suffixes of a host, or all beginnings of a path, cost one pass. The hash
//! only tells where to look; comparing values decides what matches.

use crate::canonical::FastHost;
use crate::indicator::IndicatorKind;

const CHUNK: u64 = 0x9e37_79b9_7f4a_7c15;
const TAIL: u64 = 0xe703_7ed1_a0b4_28db;
const LENGTH: u64 = 0x8ebc_6af0_9c88_c6e3;
const NUMBER: u64 = 0xd6e8_feb8_6659_fd93;
const KIND: u64 = 0xa076_1d64_78bd_642f;
const START: u64 = 0x2d35_8dcc_aa6c_78a5;

/// The state of the hash after some pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State(u64);

impl State {
    pub const START: State = State(START);

    /// Return the state after one more piece. `("a", "b")` and `("ab", "")` differ.
    #[inline(always)]
    pub fn piece(self, piece: &[u8]) -> State {
        self.range(piece, 0, piece.len())
    }

    /// Return the state after the piece `buffer[from..to]`. The bytes around the piece make short reads cheap but do
    /// not change the result.
    #[inline(always)]
    pub fn range(self, buffer: &[u8], from: usize, to: usize) -> State {
        let bytes = to - from;
        let mut state = self.0 ^ (bytes as u64).wrapping_mul(LENGTH);
        let mut at = from;
        while to - at > 16 {
            state = fold(state ^ load(buffer, at), CHUNK ^ load(buffer, at + 8));
            at += 16;
        }
        State(match to - at > 8 {
            // The two reads overlap. Together with the length they still cover everything.
            true => fold(state ^ load(buffer, at), TAIL ^ load(buffer, to - 8)),
            false => fold(state ^ tail(buffer, at, to), TAIL),
        })
    }

    /// Return the state after a number, such as a port or a prefix length.
    #[inline(always)]
    pub fn number(self, number: u64) -> State {
        State(fold(self.0 ^ number, NUMBER))
    }

    /// Return the hash of the pieces so far, as a value of `kind`.
    #[inline(always)]
    pub fn finish(self, kind: IndicatorKind) -> u64 {
        self.0 ^ (kind as u64 + 1).wrapping_mul(KIND)
    }
}

/// Call `each(start, state)` for every suffix of `host` of two to `max_labels` labels, the shortest first.
///
/// Returns the state of the longest suffix within `max_labels`, which is the whole host if nothing limits it. No list
/// holds a single label, because one label is no site's name.
#[inline(always)]
pub fn suffixes(host: &[u8], max_labels: usize, each: impl FnMut(usize, State)) -> State {
    // Almost every host is short enough for all its dots to be found at once.
    let is_short = host.len() <= 64;
    let mut dots = if is_short { dots(host) } else { 0 };
    walk(host, 0, host.len(), max_labels, each, |end| {
        if is_short {
            return take_last(&mut dots);
        }
        memchr::memrchr(b'.', &host[..end])
    })
}

/// Like `suffixes`, for a name of up to 63 bytes in a buffer, whose dots are known. `start` is a position in the
/// buffer.
#[inline(always)]
pub fn suffixes_of(
    buffer: &[u8],
    name: &FastHost,
    max_labels: usize,
    each: impl FnMut(usize, State),
) -> State {
    let mut dots = name.dots;
    walk(buffer, name.start, name.end, max_labels, each, |_| {
        take_last(&mut dots).map(|dot| name.start + dot)
    })
}

/// Clear the highest bit and return its position.
#[inline(always)]
fn take_last(dots: &mut u64) -> Option<usize> {
    let dot = dots.checked_ilog2()?;
    *dots ^= 1 << dot;
    Some(dot as usize)
}

#[inline(always)]
fn walk(
    buffer: &[u8],
    from: usize,
    to: usize,
    max_labels: usize,
    mut each: impl FnMut(usize, State),
    mut last_dot: impl FnMut(usize) -> Option<usize>,
) -> State {
    let Some(mut end) = last_dot(to) else {
        return State::START.range(buffer, from, to);
    };
    let mut state = State::START.range(buffer, end + 1, to);
    for _ in 1..max_labels {
        let dot = last_dot(end);
        let start = dot.map_or(from, |dot| dot + 1);
        state = state.range(buffer, start, end);
        each(start, state);
        match dot {
            Some(dot) => end = dot,
            None => break,
        }
    }
    state
}

/// Return the state of a whole host.
pub fn whole_host(host: &[u8]) -> State {
    suffixes(host, usize::MAX, |_, _| {})
}

/// Map the upper bits of `hash` to a number in `0..count`.
#[inline(always)]
pub fn scale(hash: u64, count: usize) -> usize {
    ((u128::from(hash) * count as u128) >> 64) as usize
}

/// Return the four bits that represent `hash` in its word of the Bloom filter.
#[inline(always)]
pub fn bloom_mask(hash: u64) -> u64 {
    1 << (hash & 63) | 1 << (hash >> 6 & 63) | 1 << (hash >> 12 & 63) | 1 << (hash >> 18 & 63)
}

#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ (product >> 64) as u64
}

/// Return one bit for each dot in the first 64 bytes.
#[inline(always)]
fn dots(host: &[u8]) -> u64 {
    let mut mask = 0;
    let mut at = 0;
    while at < host.len() {
        let word = match at + 8 <= host.len() {
            true => load(host, at),
            false => tail(host, at, host.len()),
        };
        mask |= dots_of(word) << (at & 63);
        at += 8;
    }
    mask
}

/// Return one bit for each byte of `word` that is a dot.
#[inline(always)]
fn dots_of(word: u64) -> u64 {
    let others = word ^ 0x2e2e_2e2e_2e2e_2e2e;
    let low = 0x7f7f_7f7f_7f7f_7f7f;
    let zero_bytes = !(((others & low) + low) | others | low);
    (zero_bytes >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[inline(always)]
fn load(buffer: &[u8], at: usize) -> u64 {
    match buffer[at..].first_chunk::<8>() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => 0,
    }
}

/// Return `buffer[from..to]`, at most eight bytes, as a little-endian number.
#[inline(always)]
fn tail(buffer: &[u8], from: usize, to: usize) -> u64 {
    let bytes = to - from;
    if bytes == 0 {
        return 0;
    }
    if to >= 8 {
        return load(buffer, to - 8) >> (64 - 8 * bytes);
    }
    if buffer.len() >= from + 8 {
        return load(buffer, from) & (u64::MAX >> (64 - 8 * bytes));
    }
    buffer[from..to]
        .iter()
        .rev()
        .fold(0, |number, &byte| number << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(host: &str, max_labels: usize) -> Vec<&str> {
        let mut ends = Vec::new();
        suffixes(host.as_bytes(), max_labels, |start, _| {
            ends.push(&host[start..])
        });
        ends
    }

    #[test]
    fn suffixes_begin_at_labels_and_stop_at_the_limit() {
        assert_eq!(listed("a.bc.example", 9), ["bc.example", "a.bc.example"]);
        assert_eq!(listed("a.bc.example", 2), ["bc.example"]);
        assert_eq!(listed("example", 9), [""; 0]);
        let long = format!(
            "{}.{}.{}.example",
            "a".repeat(63),
            "b".repeat(63),
            "c".repeat(63)
        );
        assert_eq!(listed(&long, 9).len(), 3);
        assert_eq!(listed(&long, 9)[2], long);
        let deep = vec!["a"; 127].join(".");
        assert_eq!(listed(&deep, 200).len(), 126);
    }

    #[test]
    fn a_suffix_hashes_the_same_wherever_it_stands() {
        let mut inside = Vec::new();
        for host in [
            "x.flagged.example",
            "flagged.example",
            "a.very-long-label-indeed.flagged.example",
        ] {
            suffixes(host.as_bytes(), 2, |start, state| {
                inside.push((host[start..].to_owned(), state))
            });
        }
        for (text, state) in inside {
            assert_eq!(state, whole_host(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_piece_hashes_the_same_whatever_lies_around_it() {
        let buffer = b"0123456789abcdefghijklmnopqrstuvwxyz";
        for from in 0..buffer.len() {
            for to in from..buffer.len() {
                let alone = buffer[from..to].to_vec();
                assert_eq!(
                    State::START.range(buffer, from, to),
                    State::START.piece(&alone)
                );
            }
        }
    }

    #[test]
    fn the_definition_is_that_of_version_1() {
        assert_eq!(
            whole_host(b"flagged.example").finish(IndicatorKind::Domain),
            0x00c7_000d_06d2_10d9
        );
        assert_eq!(
            State::START
                .piece(b"/a/long/path?query")
                .number(443)
                .finish(IndicatorKind::Url),
            0x29f4_02b0_63a1_ce8b
        );
    }
}
