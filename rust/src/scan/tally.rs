//! The account of an exhibit: every frame is a record, a comment or a reject.

use std::io::{self, Read};

use serde::Serialize;

use super::order::ExhibitEnd;
use super::part::PartAccount;
use super::sketch::Sketch;
use crate::hit::mask_frame;
use crate::reject_code::RejectCode;
use crate::segment::{ByteReader, ByteWriter, WrittenSegment};

const CODES: usize = RejectCode::ALL.len();
const EXAMPLES: usize = 3;

/// A frame that cannot be read, and its position.
#[derive(Clone, Copy)]
pub struct RejectAt {
    pub code: RejectCode,
    pub byte_offset: u64,
    pub length: u64,
}

/// Counts over frames. They are merged in frame order.
#[derive(Clone, Default)]
pub struct Tally {
    pub frames: u64,
    /// Line ends plus a last line without one, or frames of a stream: the unit of line numbers.
    pub lines: u64,
    pub records: u64,
    pub comments: u64,
    pub hit_records: u64,
    pub hits: u64,
    pub outside_window: u64,
    pub rejects: [u64; CODES],
    /// The first frames of each code, masked.
    examples: [Vec<String>; CODES],
    pub sketch: Sketch,
    /// Whether the first record begins a member, so that its time is no step from the one before.
    pub begins_anew: bool,
}

impl Tally {
    pub fn count_reject(&mut self, code: RejectCode, frame: &[u8]) {
        self.rejects[code as usize] += 1;
        let examples = &mut self.examples[code as usize];
        if examples.len() < EXAMPLES && !frame.is_empty() {
            examples.push(mask_frame(frame));
        }
    }

    pub fn merge(&mut self, next: Tally, is_new_member: bool) {
        if self.sketch.times().is_none() && next.sketch.times().is_some() {
            self.begins_anew = is_new_member;
        }
        self.frames += next.frames;
        self.lines += next.lines;
        self.records += next.records;
        self.comments += next.comments;
        self.hit_records += next.hit_records;
        self.hits += next.hits;
        self.outside_window += next.outside_window;
        for code in 0..CODES {
            self.rejects[code] += next.rejects[code];
        }
        for (mine, theirs) in self.examples.iter_mut().zip(next.examples) {
            let free = EXAMPLES - mine.len();
            mine.extend(theirs.into_iter().take(free));
        }
        self.sketch.merge(&next.sketch, is_new_member);
    }

    /// Whether `frames = records + comments + rejects`. False is a bug, and the run stops.
    pub fn is_whole(&self) -> bool {
        self.frames == self.records + self.comments + self.rejects.iter().sum::<u64>()
    }

    /// Append all counts.
    pub fn write(&self, out: &mut ByteWriter) {
        let counts = [
            self.frames,
            self.lines,
            self.records,
            self.comments,
            self.hit_records,
            self.hits,
            self.outside_window,
        ];
        counts.iter().for_each(|count| out.number(*count));
        for (count, examples) in self.rejects.iter().zip(&self.examples) {
            out.number(*count);
            out.number(examples.len() as u64);
            examples
                .iter()
                .for_each(|example| out.bytes(example.as_bytes()));
        }
        out.flag(self.begins_anew);
        self.sketch.write(out);
    }

    /// Read what `write` appended.
    pub fn read<R: Read>(input: &mut ByteReader<R>) -> io::Result<Tally> {
        let mut tally = Tally {
            frames: input.number()?,
            lines: input.number()?,
            records: input.number()?,
            comments: input.number()?,
            hit_records: input.number()?,
            hits: input.number()?,
            outside_window: input.number()?,
            ..Tally::default()
        };
        for (count, examples) in tally.rejects.iter_mut().zip(&mut tally.examples) {
            *count = input.number()?;
            for _ in 0..input.count()?.min(EXAMPLES) {
                let example = String::from_utf8(input.bytes()?).map_err(io::Error::other)?;
                examples.push(example);
            }
        }
        tally.begins_anew = input.flag()?;
        tally.sketch = Sketch::read(input)?;
        Ok(tally)
    }

    fn by_code_name<T>(&self, of: impl Fn(usize) -> Option<T>) -> Vec<(&'static str, T)> {
        let counts = RejectCode::ALL
            .iter()
            .filter_map(|&(code, name)| Some((name, of(code as usize)?)));
        counts.collect()
    }

    /// Return the counts of rejects by code, in the order of the codes, without zeros.
    pub fn reject_counts(&self) -> Vec<(&'static str, u64)> {
        self.by_code_name(|code| (self.rejects[code] > 0).then_some(self.rejects[code]))
    }

    pub fn masked_examples(&self) -> Vec<(&'static str, Vec<String>)> {
        self.by_code_name(|code| {
            (!self.examples[code].is_empty()).then(|| self.examples[code].clone())
        })
    }
}

/// What the kernel reports about one exhibit.
#[derive(Serialize)]
pub struct Account {
    pub sha256: String,
    pub size_bytes: u64,
    pub grew: bool,
    pub frames: u64,
    pub records: u64,
    pub comments: u64,
    pub hit_records: u64,
    pub hits: u64,
    pub unmatched: u64,
    pub outside_window: u64,
    pub rejects: Vec<(&'static str, u64)>,
    pub examples: Vec<(&'static str, Vec<String>)>,
    pub sketch: SketchAccount,
    pub seconds: f64,
    /// The segments, if hits went to segments. Set once all are sealed.
    pub segments: Vec<WrittenSegment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<PartAccount>,
}

impl Account {
    pub fn new(tally: Tally, end: ExhibitEnd) -> Self {
        Account {
            sha256: end.sha256,
            size_bytes: end.size_bytes,
            grew: end.grew,
            frames: tally.frames,
            records: tally.records,
            comments: tally.comments,
            hit_records: tally.hit_records,
            hits: tally.hits,
            unmatched: tally.records - tally.hit_records,
            outside_window: tally.outside_window,
            rejects: tally.reject_counts(),
            examples: tally.masked_examples(),
            sketch: SketchAccount::from(&tally.sketch),
            seconds: end.since.elapsed().as_secs_f64(),
            segments: Vec::new(),
            part: end.part,
        }
    }
}

#[derive(Serialize)]
pub struct SketchAccount {
    pub earliest_us: Option<i64>,
    pub latest_us: Option<i64>,
    pub backward_steps: u64,
    pub widest_backward_us: i64,
    pub widest_gap_us: i64,
    pub distinct_frames: u64,
    pub distinct_sources: u64,
    pub most_agents: u64,
}

impl From<&Sketch> for SketchAccount {
    fn from(sketch: &Sketch) -> Self {
        SketchAccount {
            earliest_us: sketch.times().map(|times| times.earliest),
            latest_us: sketch.times().map(|times| times.latest),
            backward_steps: sketch.backward_steps,
            widest_backward_us: sketch.widest_backward_us,
            widest_gap_us: sketch.widest_gap_us,
            distinct_frames: sketch.frames.estimate(),
            distinct_sources: sketch.sources.estimate(),
            most_agents: sketch.most_agents(),
        }
    }
}
