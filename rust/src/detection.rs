//! How well programs read a log's first frames. Detection in Python chooses a format by it.

use crate::frames::{Framing, Span, without_bom};
use crate::program::{Options, Outcome, Program, Reader};
use crate::reject_code::RejectCode;

/// How a program reads frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub records: u64,
    pub comments: u64,
    /// By code.
    pub rejects: [u64; RejectCode::ALL.len()],
}

impl Counts {
    /// Return the number of all frames.
    pub fn frames(&self) -> u64 {
        self.records + self.comments + self.rejects.iter().sum::<u64>()
    }
}

/// A program that reads none of the first frames of a log may read some of the others, but is not its format.
const LEAST_FRAMES: usize = 16;

/// A share of the frames that are no comments.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    pub numerator: u64,
    pub denominator: u64,
}

/// Return how a program reads a log's first frames. One that is cut off does not count.
pub fn score(program: &Program, options: &Options, bytes: &[u8]) -> Counts {
    let log = Log::new(program.framing(options.max_frame_bytes), bytes);
    let mut trial = Trial::new(program, options);
    trial.read_rest(&log);
    trial.counts
}

/// Return how each program reads a log's first frames. All programs cut frames alike.
///
/// A program stops where it can no longer read `enough`. Its counts are as of `score` all the same, unless it has read no
/// record until then and another program reads enough: frames that such a program reads are then not tried.
pub fn compare(
    programs: &[Program],
    options: &Options,
    bytes: &[u8],
    enough: Share,
) -> Vec<Counts> {
    let Some(first) = programs.first() else {
        return Vec::new();
    };
    let log = Log::new(first.framing(options.max_frame_bytes), bytes);
    let mut trials: Vec<Trial> = programs
        .iter()
        .map(|program| Trial::new(program, options))
        .collect();
    let mut is_read = vec![false; log.frames.len()];
    let mut one_fits = false;
    for trial in &mut trials {
        if let Some(read) = trial.read_while_possible(&log, enough) {
            one_fits = true;
            read.iter().for_each(|&number| is_read[number] = true);
        }
    }
    for (trial, program) in trials.iter_mut().zip(programs) {
        if one_fits && trial.counts.records == 0 {
            for (span, _) in log
                .frames
                .iter()
                .zip(&is_read)
                .skip(trial.next)
                .filter(|(_, is_read)| !**is_read)
            {
                trial.read(&log, span);
            }
            if trial.counts.records == 0 {
                continue;
            }
            *trial = Trial::new(program, options);
        }
        trial.read_rest(&log);
    }
    trials.iter().map(|trial| trial.counts).collect()
}

/// The first bytes of a log, cut into frames.
struct Log<'b> {
    bytes: &'b [u8],
    frames: Vec<Span>,
    max_frame_bytes: usize,
}

impl Log<'_> {
    fn new(framing: Framing, bytes: &[u8]) -> Log<'_> {
        let end = if framing.needs_end() {
            framing.end_of_whole(bytes, 0, true)
        } else {
            bytes.len()
        };
        let mut frames = Vec::new();
        let mut start = 0;
        while start < end {
            let span = framing.find_frame(&bytes[..end], start, start == 0);
            start = span.next;
            frames.push(span);
        }
        Log {
            bytes,
            frames,
            max_frame_bytes: framing.max_frame_bytes,
        }
    }
}

/// One program on its way through a log.
struct Trial {
    reader: Reader,
    counts: Counts,
    rejects: u64,
    /// Number of the next frame.
    next: usize,
}

impl Trial {
    fn new(program: &Program, options: &Options) -> Trial {
        Trial {
            reader: Reader::new(program, options),
            counts: Counts::default(),
            rejects: 0,
            next: 0,
        }
    }

    /// Read until `enough` is out of reach. Returns the numbers of the frames that are records if it is reached.
    fn read_while_possible(&mut self, log: &Log<'_>, enough: Share) -> Option<Vec<usize>> {
        let mut read = Vec::new();
        let mut fits = false;
        while let Some(span) = log.frames.get(self.next) {
            if self.read(log, span) {
                read.push(self.next);
            }
            self.next += 1;
            let counting = log.frames.len() as u64 - self.counts.comments;
            // If all the rest are records.
            let most = counting - self.rejects;
            fits = most * enough.denominator >= counting * enough.numerator;
            if !fits && self.next >= LEAST_FRAMES {
                break;
            }
        }
        (fits && !read.is_empty()).then_some(read)
    }

    fn read_rest(&mut self, log: &Log<'_>) {
        for span in &log.frames[self.next..] {
            self.read(log, span);
        }
    }

    /// Read a frame and return whether it is a record.
    fn read(&mut self, log: &Log<'_>, span: &Span) -> bool {
        let frame = &log.bytes[span.start..span.end];
        let text = if span.start == 0 {
            without_bom(frame)
        } else {
            frame
        };
        let outcome = if frame.len() > log.max_frame_bytes {
            Outcome::Reject(RejectCode::FrameTooLong)
        } else if span.is_control {
            self.reader.control(text)
        } else {
            self.reader.read(text)
        };
        match outcome {
            Outcome::Record(_) => {
                self.counts.records += 1;
                return true;
            }
            Outcome::Comment => self.counts.comments += 1,
            Outcome::Reject(code) => {
                self.counts.rejects[code as usize] += 1;
                self.rejects += 1;
            }
        }
        false
    }
}
