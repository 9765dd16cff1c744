//! What most frames are, read at a glance: records of a dissect format whose parts all have their commonest form.
//!
//! A glance says what the reader would say of a frame, or nothing at all; then the reader is asked. It splits as `tokens`
//! does, but goes from space to space (`along`), and reads only what decides a frame's fate and whom it can meet: `parts`
//! says, once a format, where that stands in a line; `pieces` reads it.

mod along;
mod parts;
mod pieces;

use std::net::IpAddr;

use super::compiled::{Compiled, Split};
use super::gaps::Gaps;
use super::piece::FRAME_LIMIT;
use super::times::Clock;
use super::tokens::{Line, Step};
use crate::canonical::Sight;
use along::Along;
use parts::Parts;

/// What a glance finds of a record. Places are in the buffer.
#[derive(Clone, Copy, Debug)]
pub struct Glimpse {
    pub timestamp_us: i64,
    /// The key of the source (`canonical::address_key`).
    pub source: Option<[u8; 16]>,
    pub destination: Option<(IpAddr, Option<u16>)>,
    /// The host that the record names, if it names one.
    pub host: Option<Sight>,
    pub user_agent: Option<(usize, usize)>,
    /// Of the frame, without its line end.
    pub end: usize,
    /// Where the next frame begins.
    pub next: usize,
}

/// The lines of a format behind its first prefix, made for glances.
#[derive(Debug)]
pub(crate) struct Glance(Box<[Way]>);

/// One line.
#[derive(Debug)]
struct Way {
    steps: Box<[Step]>,
    /// How many first steps are those of the way before.
    shared: usize,
    /// What is read of the pieces; None where the reader must be asked.
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

/// What times are read by.
pub(crate) struct Times<'t> {
    pub clock: &'t mut Clock,
    pub offset_us: i64,
}

/// What one thread's glances need.
#[derive(Clone, Debug)]
pub(crate) struct Eye {
    gaps: Gaps,
    taken: [Taken; MOST_STEPS],
}

/// A step's piece.
#[derive(Clone, Copy, Debug)]
struct Taken {
    start: u32,
    end: u32,
}

/// Lines of more steps are the reader's.
const MOST_STEPS: usize = 64;

impl Eye {
    pub const NEW: Eye = Eye {
        gaps: Gaps::NONE,
        taken: [Taken { start: 0, end: 0 }; MOST_STEPS],
    };
}

impl Glance {
    /// The glance that a program allows.
    pub fn new(program: &Compiled) -> Option<Glance> {
        let (Split::Dissect(lines), Some(prefix)) = (&program.split, program.prefixes.first())
        else {
            return None;
        };
        let is_manifest = !program.digests.is_empty();
        if is_manifest
            || program.prefixes_share_slots
            || prefix.len() + program.longest_pattern() >= MOST_STEPS
        {
            return None;
        }
        let ways: Box<[Way]> = lines
            .iter()
            .map(|line| Way::new(program, prefix, line))
            .collect();
        let is_of_use = ways.first()?.parts.is_some();
        is_of_use.then_some(Glance(ways))
    }

    /// What the frame at a place is, if it is what most are.
    #[inline(always)]
    pub fn read(
        &self,
        program: &Compiled,
        place: Place,
        eye: &mut Eye,
        times: Times,
    ) -> Option<Glimpse> {
        let Place { buffer, start, .. } = place;
        let (end, feed) = eye.gaps.find(buffer, start)?;
        if end - start > place.max_frame_bytes || buffer.len() >= FRAME_LIMIT {
            return None;
        }
        if program.is_comment(&buffer[start..end]) {
            return None;
        }
        eye.taken[0].start = start as u32;
        let way = self.way(buffer, end, eye)?;
        let seen = way.parts.as_ref()?.read(program, place, eye, times)?;
        Some(Glimpse {
            end,
            next: feed + 1,
            ..seen
        })
    }

    /// The first way that fits; its pieces are in the eye.
    #[inline(always)]
    fn way(&self, buffer: &[u8], end: usize, eye: &mut Eye) -> Option<&Way> {
        let (first, others) = self.0.split_first()?;
        let mut fitted = first.run(0, buffer, end, eye);
        if fitted == first.steps.len() {
            return Some(first);
        }
        for way in others {
            // A step that did not fit may be this way's too.
            if way.shared > fitted {
                continue;
            }
            fitted = way.run(way.shared, buffer, end, eye);
            if fitted == way.steps.len() {
                return Some(way);
            }
        }
        None
    }
}

impl Way {
    fn new(program: &Compiled, prefix: &[Step], line: &Line) -> Way {
        let steps: Box<[Step]> = prefix.iter().chain(&line.pattern).cloned().collect();
        let shared = match line.shared {
            0 => 0,
            shared => prefix.len() + shared,
        };
        Way {
            parts: Parts::of(program, &steps, line),
            steps,
            shared,
        }
    }

    /// Takes the pieces of the steps from `from` on, and says how many steps fit: one more than there are where the line goes
    /// on behind them.
    #[inline(never)]
    fn run(&self, from: usize, buffer: &[u8], end: usize, eye: &mut Eye) -> usize {
        let Eye { gaps, taken } = eye;
        let mut along = Along {
            buffer,
            end,
            gaps,
            at: taken[from].start as usize,
            gap: 0,
        };
        if from > 0 {
            along.go_past(along.at, 0);
        }
        let mut fitted = from;
        for (step, taken) in self.steps[from..].iter().zip(&mut taken[from..]) {
            taken.start = along.at as u32;
            let Some(piece_end) = along.take(step) else {
                return fitted;
            };
            taken.end = piece_end as u32;
            fitted += 1;
        }
        fitted + usize::from(along.at != end)
    }
}
