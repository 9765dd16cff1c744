//! The hash of a compiled list's index, part of its version 1 (`docs/adr/0004-lists.md`, "The hash").
//!
//! It is built up piece by piece, so that all suffixes of a host, or all beginnings of a path, cost one walk.
//! It only says where to look: what meets is decided by comparing values.

use crate::record::IndicatorKind;

const CHUNK: u64 = 0x9e37_79b9_7f4a_7c15;
const TAIL: u64 = 0xe703_7ed1_a0b4_28db;
const NUMBER: u64 = 0xd6e8_feb8_6659_fd93;
const FINISH: u64 = 0xa076_1d64_78bd_642f;
const START: u64 = 0x2d35_8dcc_aa6c_78a5;

/// The longest host that can be walked: longer ones are no canonical hosts.
pub const MAX_HOST_BYTES: usize = 255;

/// What has been hashed so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State(u64);

impl State {
    pub const START: State = State(START);

    /// The state after one more piece; `("a", "b")` and `("ab", "")` differ.
    #[inline]
    pub fn piece(self, piece: &[u8]) -> State {
        self.range(piece, 0, piece.len())
    }

    /// The state after the piece `buffer[from..to]`; what lies around it makes short reads cheap and changes nothing.
    #[inline]
    pub fn range(self, buffer: &[u8], from: usize, to: usize) -> State {
        let mut state = self.0;
        let mut at = from;
        while to - at > 8 {
            state = fold(state ^ load(buffer, at), CHUNK);
            at += 8;
        }
        State(fold(
            state ^ tail(buffer, at, to),
            TAIL ^ (to - from) as u64,
        ))
    }

    /// The state after a number: a port, a prefix length.
    #[inline]
    pub fn number(self, number: u64) -> State {
        State(fold(self.0 ^ number, NUMBER))
    }

    /// The hash of what was walked, as a value of `kind`.
    #[inline]
    pub fn finish(self, kind: IndicatorKind) -> u64 {
        fold(self.0 ^ (kind as u64 + 1), FINISH)
    }
}

/// Call `each(start, state)` for every suffix of `host` that begins at a label, the shortest first, up to `max_labels`.
#[inline]
pub fn suffixes(host: &[u8], max_labels: usize, mut each: impl FnMut(usize, State)) {
    if host.len() > MAX_HOST_BYTES {
        return;
    }
    let mut left = max_labels;
    let mut state = State::START;
    let mut end = host.len();
    for word in (0..host.len().div_ceil(64)).rev() {
        let mut dots = dots(host, word * 64);
        while dots != 0 && left > 0 {
            let bit = 63 - dots.leading_zeros() as usize;
            dots ^= 1 << bit;
            let dot = word * 64 + bit;
            state = state.range(host, dot + 1, end);
            each(dot + 1, state);
            end = dot;
            left -= 1;
        }
    }
    if left > 0 {
        each(0, state.range(host, 0, end));
    }
}

/// The state of a whole host: that of its longest suffix.
pub fn whole_host(host: &[u8]) -> State {
    let mut whole = State::START;
    suffixes(host, usize::MAX, |_, state| whole = state);
    whole
}

/// The number in `0..count` that the upper bits of `hash` name.
#[inline]
pub fn scale(hash: u64, count: usize) -> usize {
    ((u128::from(hash) * count as u128) >> 64) as usize
}

/// The four bits that stand for `hash` in its word of the Bloom filter.
#[inline]
pub fn bloom_mask(hash: u64) -> u64 {
    1 << (hash & 63) | 1 << (hash >> 6 & 63) | 1 << (hash >> 12 & 63) | 1 << (hash >> 18 & 63)
}

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ (product >> 64) as u64
}

/// One bit for each dot in `host[from..from + 64]`.
#[inline]
fn dots(host: &[u8], from: usize) -> u64 {
    let end = host.len().min(from + 64);
    let mut mask = 0;
    let mut at = from;
    while at < end {
        let word = if at + 8 <= host.len() {
            load(host, at)
        } else {
            tail(host, at, host.len())
        };
        let x = word ^ 0x2e2e_2e2e_2e2e_2e2e;
        let low = 0x7f7f_7f7f_7f7f_7f7f;
        let zero_bytes = !(((x & low) + low) | x | low);
        let bits = (zero_bytes >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        mask |= bits << (at - from);
        at += 8;
    }
    mask
}

#[inline]
fn load(buffer: &[u8], at: usize) -> u64 {
    match buffer[at..].first_chunk::<8>() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => 0,
    }
}

/// `buffer[from..to]`, at most eight bytes, as a little-endian number.
#[inline]
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
        let mut found = Vec::new();
        suffixes(host.as_bytes(), max_labels, |start, _| {
            found.push(&host[start..])
        });
        found
    }

    #[test]
    fn suffixes_begin_at_labels_and_stop_at_the_limit() {
        assert_eq!(
            listed("a.bc.example", 9),
            ["example", "bc.example", "a.bc.example"]
        );
        assert_eq!(listed("a.bc.example", 2), ["example", "bc.example"]);
        assert_eq!(listed("example", 9), ["example"]);
        let long = format!(
            "{}.{}.{}.example",
            "a".repeat(63),
            "b".repeat(63),
            "c".repeat(63)
        );
        assert_eq!(listed(&long, 9).len(), 4);
        assert_eq!(listed(&long, 9)[3], long);
        let deep = vec!["a"; 127].join(".");
        assert_eq!(listed(&deep, 200).len(), 127);
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
            0x11b7_4729_c537_5175
        );
        assert_eq!(
            State::START
                .piece(b"/a/long/path?query")
                .number(443)
                .finish(IndicatorKind::Url),
            0x9f22_3173_5b6c_f4b9
        );
    }
}
