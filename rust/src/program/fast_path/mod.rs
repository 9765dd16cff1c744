//! The fast path: reads the most common records of a dissect format with few instructions
//! (`docs/adr/0007-fast-path.md`).
//!
//! The fast path returns what the full reader would return for a frame, or None. For None, the caller uses the full
//! reader. `line_walk` splits a line as `tokens` does, but by its spaces. `parts` states, once per format, which pieces of
//! a line the fast path needs. `pieces` reads them: only what decides whether the frame is a record and which indicators
//! it can match.

mod line_walk;
mod parts;
mod pieces;

use std::net::IpAddr;

use super::compiled::{Compiled, Split};
use super::gaps::Gaps;
use super::piece::FRAME_LIMIT;
use super::times::Clock;
use super::tokens::{Line, Step};
use crate::canonical::FastHost;
use line_walk::LineWalk;
use parts::Parts;

/// The values that the fast path reads from a record. Positions are positions in the buffer.
#[derive(Clone, Copy, Debug)]
pub struct FastRecord {
    pub timestamp_us: i64,
    /// The key of the source (`canonical::address_key`).
    pub source: Option<[u8; 16]>,
    pub destination: Option<(IpAddr, Option<u16>)>,
    /// The host that the record names, or None if it names no host.
    pub host: Option<FastHost>,
    pub user_agent: Option<(usize, usize)>,
    /// The end of the frame, without its line end.
    pub end: usize,
    /// Where the next frame begins.
    pub next: usize,
}

/// The fast path of one format: its line patterns, each with the first prefix in front.
#[derive(Debug)]
pub(crate) struct FastPath(Box<[FastLine]>);

/// One line pattern.
#[derive(Debug)]
struct FastLine {
    steps: Box<[Step]>,
    /// How many of the first steps are the same as in the pattern before.
    shared: usize,
    /// The pieces that the fast path reads; None if only the full reader can read such lines.
    parts: Option<Parts>,
}

/// Where a frame begins.
#[derive(Clone, Copy)]
pub(crate) struct Place<'b> {
    pub buffer: &'b [u8],
    pub start: usize,
    pub max_frame_bytes: usize,
    pub needs_destination: bool,
}

/// The clock that reads times, and the offset that corrects them.
pub(crate) struct Times<'t> {
    pub clock: &'t mut Clock,
    pub offset_us: i64,
}

/// The buffers that one thread reuses from line to line.
#[derive(Clone, Debug)]
pub(crate) struct FastBuffers {
    gaps: Gaps,
    spans: [PieceSpan; MAX_STEPS],
}

/// Where the piece of one step begins and ends in the buffer.
#[derive(Clone, Copy, Debug)]
struct PieceSpan {
    start: u32,
    end: u32,
}

/// The fast path reads only lines with fewer steps.
const MAX_STEPS: usize = 64;

impl FastBuffers {
    pub const NEW: FastBuffers = FastBuffers {
        gaps: Gaps::NONE,
        spans: [PieceSpan { start: 0, end: 0 }; MAX_STEPS],
    };
}

impl FastPath {
    /// Return the fast path of a format, or None if the format has none.
    pub fn new(program: &Compiled) -> Option<FastPath> {
        let (Split::Dissect(lines), Some(prefix)) = (&program.split, program.prefixes.first())
        else {
            return None;
        };
        let is_manifest = !program.digests.is_empty();
        if is_manifest
            || program.prefixes_share_slots
            || prefix.len() + program.longest_pattern() >= MAX_STEPS
        {
            return None;
        }
        let lines: Box<[FastLine]> = lines
            .iter()
            .map(|line| FastLine::new(program, prefix, line))
            .collect();
        let is_useful = lines.first()?.parts.is_some();
        is_useful.then_some(FastPath(lines))
    }

    /// Return the record at `place`, or None if only the full reader can read the frame.
    #[inline(always)]
    pub fn read_record(
        &self,
        program: &Compiled,
        place: Place,
        buffers: &mut FastBuffers,
        times: Times,
    ) -> Option<FastRecord> {
        let Place { buffer, start, .. } = place;
        let (end, feed) = buffers.gaps.find(buffer, start)?;
        if end - start > place.max_frame_bytes || buffer.len() >= FRAME_LIMIT {
            return None;
        }
        if program.is_comment(&buffer[start..end])
            || matches!(buffer[start..end].last(), Some(b' ' | b'\t' | b'\r'))
        {
            return None;
        }
        buffers.spans[0].start = start as u32;
        let line = self.match_line(buffer, end, buffers)?;
        let record = line
            .parts
            .as_ref()?
            .read_record(program, place, buffers, times)?;
        Some(FastRecord {
            end,
            next: feed + 1,
            ..record
        })
    }

    /// Return the first pattern that matches the line, and leave the spans of its pieces in `buffers`.
    #[inline(always)]
    fn match_line(
        &self,
        buffer: &[u8],
        end: usize,
        buffers: &mut FastBuffers,
    ) -> Option<&FastLine> {
        let (first, others) = self.0.split_first()?;
        let mut fitted = first.match_steps(0, buffer, end, buffers);
        if fitted == first.steps.len() {
            return Some(first);
        }
        for line in others {
            // This pattern begins with the step that did not match.
            if line.shared > fitted {
                continue;
            }
            fitted = line.match_steps(line.shared, buffer, end, buffers);
            if fitted == line.steps.len() {
                return Some(line);
            }
        }
        None
    }
}

impl FastLine {
    fn new(program: &Compiled, prefix: &[Step], line: &Line) -> FastLine {
        let steps: Box<[Step]> = prefix.iter().chain(&line.pattern).cloned().collect();
        let shared = match line.shared {
            0 => 0,
            shared => prefix.len() + shared,
        };
        FastLine {
            parts: Parts::of_line(program, &steps, line),
            steps,
            shared,
        }
    }

    /// Match the steps from `from` on, store the spans of their pieces, and return how many steps matched. The number is
    /// one more than there are steps if the line continues behind the last one.
    #[inline(never)]
    fn match_steps(
        &self,
        from: usize,
        buffer: &[u8],
        end: usize,
        buffers: &mut FastBuffers,
    ) -> usize {
        let FastBuffers { gaps, spans } = buffers;
        let mut walk = LineWalk {
            buffer,
            end,
            gaps,
            at: spans[from].start as usize,
            gap: 0,
        };
        if from > 0 {
            walk.go_past(walk.at, 0);
        }
        let mut fitted = from;
        for (step, span) in self.steps[from..].iter().zip(&mut spans[from..]) {
            span.start = walk.at as u32;
            let Some(piece_end) = walk.take(step) else {
                return fitted;
            };
            span.end = piece_end as u32;
            fitted += 1;
        }
        fitted + usize::from(walk.at != end)
    }
}
