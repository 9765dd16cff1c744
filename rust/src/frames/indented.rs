//! Indented frames: a line, and the lines behind it that begin with a space, a tab or `}`.

use memchr::{memchr_iter, memrchr_iter};

use super::Span;
use super::lines::{self, without_cr};

pub fn find_frame(bytes: &[u8], start: usize) -> Span {
    let mut frame = lines::find_frame(bytes, start);
    while bytes.get(frame.next).copied().is_some_and(continues) {
        let line = lines::find_frame(bytes, frame.next);
        frame.lines += 1;
        (frame.end, frame.next) = (line.end, line.next);
    }
    frame
}

/// Return the end of the last frame that another line begins behind.
pub fn end_of_whole(bytes: &[u8], begun: usize) -> usize {
    // The line end before the first byte behind the `begun` ones may be the end of a frame only now.
    let from = begun.saturating_sub(1);
    memrchr_iter(b'\n', &bytes[from..])
        .map(|at| from + at + 1)
        .find(|&next| bytes.get(next).is_some_and(|first| !continues(*first)))
        .unwrap_or(0)
}

/// Whether the frame that `rest` begins is over the limit. A line end behind it does not count.
pub fn is_overlong(rest: &[u8], max_frame_bytes: usize) -> bool {
    without_line_end(rest).len() > max_frame_bytes
}

/// Whether a line that begins so belongs to the frame before it.
fn continues(first: u8) -> bool {
    matches!(first, b' ' | b'\t' | b'}')
}

fn without_line_end(bytes: &[u8]) -> &[u8] {
    without_cr(bytes.strip_suffix(b"\n").unwrap_or(bytes))
}

/// An indented frame over the limit, taken piece by piece.
#[derive(Debug, Default)]
pub struct Overlong {
    taken: u64,
    /// Line ends that a line of the frame follows.
    inner_ends: u64,
    last_two: [u8; 2],
}

impl Overlong {
    /// Take the frame's bytes from `bytes`. Returns where the next frame begins, if it does.
    pub fn take(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.last_two[1] == b'\n' && !bytes.is_empty() {
            if !continues(bytes[0]) {
                return Some(0);
            }
            self.inner_ends += 1;
        }
        for at in memchr_iter(b'\n', bytes) {
            match bytes.get(at + 1) {
                Some(first) if continues(*first) => self.inner_ends += 1,
                Some(_) => {
                    self.add(&bytes[..=at]);
                    return Some(at + 1);
                }
                None => {}
            }
        }
        self.add(bytes);
        None
    }

    fn add(&mut self, bytes: &[u8]) {
        self.taken += bytes.len() as u64;
        self.last_two = match bytes {
            [.., before, last] => [*before, *last],
            [last] => [self.last_two[1], *last],
            [] => self.last_two,
        };
    }

    /// Return its bytes without its line end.
    pub fn length(&self) -> u64 {
        let end = match self.last_two {
            [b'\r', b'\n'] => 2,
            [_, b'\n'] => 1,
            _ => 0,
        };
        self.taken - end
    }

    pub fn lines(&self) -> u64 {
        self.inner_ends + 1
    }

    /// Return all bytes taken, with line ends.
    pub fn taken_bytes(&self) -> u64 {
        self.taken
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FrameState, Frames, Framing, Overlong};

    fn framing(max_frame_bytes: usize) -> Framing {
        Framing {
            frames: Frames::Indented,
            max_frame_bytes,
        }
    }

    #[test]
    fn a_frame_is_cut_alike_wherever_the_bytes_are_cut() {
        let log = b"a {\n x\r\n}\nb {\r\n\ty\r\n}\r\n\n  z\nc\n";
        let whole: Vec<_> = cut(log);
        assert_eq!(whole, [(0, 9, 3), (10, 20, 3), (22, 26, 2), (27, 28, 1)]);
        for split in 1..log.len() {
            let first = framing(99).end_of_whole(&log[..split], 0, true);
            // What was carried over has no end of a frame in it.
            let again = framing(99).end_of_whole(log, split, true).max(first);
            let starts: Vec<_> = whole.iter().map(|frame| frame.0).collect();
            assert!(starts.contains(&first), "{split} {first}");
            assert!(starts.contains(&again), "{split} {again}");
        }
    }

    fn cut(log: &[u8]) -> Vec<(usize, usize, u64)> {
        let mut spans = Vec::new();
        let mut at = 0;
        while at < log.len() {
            let span = framing(99).find_frame(log, at, at == 0);
            spans.push((span.start, span.end, span.lines));
            at = span.next;
        }
        spans
    }

    #[test]
    fn a_frame_over_the_limit_ends_where_a_line_begins_without_indent() {
        let log = b"a {\r\n x\r\n}\r\nb\n";
        for split in 0..log.len() {
            let mut overlong = Overlong::new(framing(2), log, 0);
            let mut ended = None;
            for (start, piece) in [(0, &log[..split]), (split, &log[split..])] {
                if let (None, FrameState::Ended(at)) = (ended, overlong.take(piece, 2)) {
                    ended = Some(start + at);
                }
            }
            let frame = overlong.finish();
            assert_eq!((ended, frame.length, frame.lines), (Some(12), 10, 3));
        }
    }
}
