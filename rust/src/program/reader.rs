//! Reading frames into records. Each thread has its own reader.

use std::sync::Arc;

use super::Program;
use super::compiled::{Branch, Compiled, Header, Split};
use super::delimited::NamedBy;
use super::dnstap::Dnstap;
use super::fast_path::{FastBuffers, FastRecord, Place, Times};
use super::fields::{Fields, Values};
use super::json::Marks;
use super::lazy_fields::LazyFields;
use super::options::{Drift, Options};
use super::piece::{FRAME_LIMIT, NO_SLOT, Slots, Sources};
use super::record::Record;
use super::times::{Clock, FirstDay};
use super::tokens::{self, Line, LineProgress};
use super::wrapped;
use crate::frames::{Frames, without_nuls};
use crate::reject_code::RejectCode;

/// The result of reading a frame.
#[derive(Debug)]
pub enum Outcome<'r> {
    Record(Record<'r>),
    Comment,
    Reject(RejectCode),
}

/// Reads frames by one program. It owns all buffers, so that no frame allocates memory.
#[derive(Clone, Debug)]
pub struct Reader {
    program: Arc<Compiled>,
    header: Option<Header>,
    trusted_hops: usize,
    trusted_proxies: Arc<[(u128, u128)]>,
    clock_offset_us: i64,
    clock_drift: Option<Drift>,
    made_at_us: Option<i64>,
    max_frame_bytes: usize,
    clock: Clock,
    slots: Slots,
    progress: LineProgress,
    scratch: Vec<u8>,
    unwrapped: Vec<u8>,
    marks: Marks,
    values: Values,
    fast_buffers: Box<FastBuffers>,
}

/// A frame that is no reject.
enum Step<'p> {
    Record(&'p Branch),
    Header(Header),
    Comment,
}

impl Reader {
    /// Return a reader without a header.
    pub fn new(program: &Program, options: &Options) -> Reader {
        let program = Arc::clone(&program.0);
        Reader {
            header: None,
            trusted_hops: options.trusted_hops,
            trusted_proxies: options.trusted_proxies.as_slice().into(),
            clock_offset_us: options.clock_offset_us,
            clock_drift: options.clock_drift,
            made_at_us: options.made_at_us,
            max_frame_bytes: options.max_frame_bytes.min(FRAME_LIMIT - 1),
            clock: Clock::new(options, program.layouts.len()),
            slots: Slots::new(program.slots),
            progress: LineProgress::new(program.longest_pattern()),
            scratch: Vec::new(),
            unwrapped: Vec::new(),
            marks: Marks::new(),
            values: Values::NONE,
            fast_buffers: Box::new(FastBuffers::NEW),
            program,
        }
    }

    /// Set the day of the log's first time, from which times without a year count.
    pub fn set_first_day(&mut self, first_day: Option<FirstDay>) {
        self.clock.set_first_day(first_day);
    }

    /// Begin a member (None), or continue inside one with its current header.
    pub fn begin(&mut self, header: Option<&Header>) {
        self.header = header.cloned();
    }

    /// Return the header after the frames read so far.
    pub fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// Read a frame, without its line end and without the BOM of a member. A header frame applies to the frames after
    /// it.
    #[inline]
    pub fn read<'r>(&'r mut self, frame: &'r [u8]) -> Outcome<'r> {
        self.read_frame(frame, true)
    }

    /// Read the last frame of a member, if it has no line end: what its end can have cut off is not believed.
    pub fn read_unended<'r>(&'r mut self, frame: &'r [u8]) -> Outcome<'r> {
        self.read_frame(frame, frame.ends_with(b"\r"))
    }

    #[inline]
    fn read_frame<'r>(&'r mut self, frame: &'r [u8], is_ended: bool) -> Outcome<'r> {
        let program: &'r Compiled = &self.program;
        if frame.len() > self.max_frame_bytes {
            return Outcome::Reject(RejectCode::FrameTooLong);
        }
        let frame = match program.frames {
            Frames::FrameStreams => frame,
            _ => without_nuls(frame),
        };
        let (frame, is_ended) = match program.frames {
            Frames::Lines if wrapped::unwrap(frame, program.is_json(), &mut self.unwrapped) => {
                (self.unwrapped.as_slice(), true)
            }
            _ => (frame, is_ended),
        };
        let mut frame_splitter = FrameSplitter {
            program,
            frame,
            header: self.header.as_ref(),
            slots: &mut self.slots,
            progress: &mut self.progress,
            scratch: &mut self.scratch,
            marks: &mut self.marks,
        };
        let branch = match frame_splitter.split_believed(is_ended) {
            Ok(Step::Record(branch)) if !branch.comment => branch,
            Ok(Step::Header(header)) => {
                self.header = Some(header);
                return Outcome::Comment;
            }
            Ok(_) => return Outcome::Comment,
            Err(code) => return Outcome::Reject(code),
        };
        let mut fields = Fields {
            program,
            frame,
            slots: &self.slots,
            scratch: &mut self.scratch,
            clock: &mut self.clock,
            values: &mut self.values,
            trusted_hops: self.trusted_hops,
            trusted_proxies: &self.trusted_proxies,
            clock_offset_us: self.clock_offset_us,
            clock_drift: self.clock_drift,
            made_at_us: self.made_at_us,
        };
        if let Err(code) = fields.read(branch) {
            return Outcome::Reject(code);
        }
        Outcome::Record(Record::new(self, frame, branch))
    }

    /// Read a control frame of a frame stream. The start of a stream applies to the frames after it.
    pub fn control(&mut self, frame: &[u8]) -> Outcome<'static> {
        match self.program.control(frame) {
            Some(header) => {
                self.header = header.or(self.header.take());
                Outcome::Comment
            }
            None => Outcome::Reject(RejectCode::NoPattern),
        }
    }

    /// Read the frame at `start` of a buffer on the fast path. Returns the record that `read` would return, or None if only
    /// `read` can read the frame.
    ///
    /// The destination address is returned only with `needs_destination`. Returns None for frames within 64 bytes of the
    /// buffer's end. Not for the first frame of a member, which can have a BOM.
    #[inline(always)]
    pub fn read_fast(
        &mut self,
        buffer: &[u8],
        start: usize,
        needs_destination: bool,
    ) -> Option<FastRecord> {
        let program: &Compiled = &self.program;
        let fast_path = program.fast_path.as_ref()?;
        if self.trusted_hops > 0 || !self.trusted_proxies.is_empty() || self.clock_drift.is_some() {
            return None;
        }
        let times = Times {
            clock: &mut self.clock,
            offset_us: self.clock_offset_us,
        };
        let place = Place {
            buffer,
            start,
            max_frame_bytes: self.max_frame_bytes,
            needs_destination,
        };
        fast_path.read_record(program, place, &mut self.fast_buffers, times)
    }

    pub(crate) fn values(&self) -> &Values {
        &self.values
    }

    /// Return the fields of the last frame's record that are read on request.
    pub(crate) fn lazy<'r>(&'r self, frame: &'r [u8], branch: &'r Branch) -> LazyFields<'r> {
        LazyFields {
            program: &self.program,
            slots: &self.slots,
            sources: self.sources(frame),
            branch,
        }
    }

    pub(crate) fn sources<'r>(&'r self, frame: &'r [u8]) -> Sources<'r> {
        Sources {
            frame,
            scratch: &self.scratch,
            constants: &self.program.constants,
        }
    }
}

/// Splits one frame into slots.
struct FrameSplitter<'p, 'w> {
    program: &'p Compiled,
    frame: &'w [u8],
    header: Option<&'w Header>,
    slots: &'w mut Slots,
    progress: &'w mut LineProgress,
    scratch: &'w mut Vec<u8>,
    marks: &'w mut Marks,
}

impl<'p> FrameSplitter<'p, '_> {
    /// Split the frame, and drop what can be cut off.
    #[inline(always)]
    fn split_believed(&mut self, is_ended: bool) -> Result<Step<'p>, RejectCode> {
        let step = self.split()?;
        if let Step::Record(branch) = &step {
            if !is_ended || self.slots.unclosed() != NO_SLOT {
                let length = self.frame.len();
                let cut_texts = &self.program.cut_texts;
                cut_texts.drop_from(self.slots, branch, length, is_ended)?;
            }
        }
        Ok(step)
    }

    fn split(&mut self) -> Result<Step<'p>, RejectCode> {
        let program = self.program;
        if let Split::Dnstap(splitter) = &program.split {
            return self.dnstap(splitter);
        }
        let names_columns = program.header_marker().is_some()
            || (self.header.is_none() && program.header_is_first_line());
        if names_columns && !is_blank(self.frame) {
            if let Some(header) = program.header(self.frame) {
                return Ok(Step::Header(header));
            }
        }
        if program.is_comment(self.frame) {
            return Ok(Step::Comment);
        }
        let whole = self.frame;
        self.frame = program.without_blank_end(whole);
        if self.frame.len() < whole.len() {
            match self.split_afresh() {
                Err(RejectCode::NoPattern | RejectCode::ColumnCount) => self.frame = whole,
                outcome => return outcome,
            }
        }
        match self.split_afresh() {
            Err(RejectCode::NoPattern | RejectCode::ColumnCount) if ends_blank(whole) => {
                self.frame = without_blank_end(whole);
                self.split_afresh()
            }
            outcome => outcome,
        }
    }

    /// Split the frame without what an earlier attempt left.
    #[inline(always)]
    fn split_afresh(&mut self) -> Result<Step<'p>, RejectCode> {
        self.scratch.clear();
        self.slots.clear();
        self.split_record()
    }

    /// Split a frame that is neither a comment nor a header.
    #[inline(always)]
    fn split_record(&mut self) -> Result<Step<'p>, RejectCode> {
        let program = self.program;
        if let Split::Dissect(lines) = &program.split {
            return self.dissect(lines);
        }
        let at = self.prefix().ok_or(RejectCode::NoPattern)?;
        match &program.split {
            Split::Delimited(splitter) => {
                let header = match &splitter.named_by {
                    NamedBy::Format(header) => header,
                    _ => self.header.ok_or(RejectCode::NoHeader)?,
                };
                splitter.split(self.frame, at, &header.0, self.slots, self.scratch)?;
                let sources = Sources {
                    frame: self.frame,
                    scratch: self.scratch,
                    constants: &program.constants,
                };
                splitter
                    .cases
                    .branch(self.slots, &sources, &program.absent)
                    .map(Step::Record)
            }
            Split::Json(splitter) => {
                splitter.split(self.frame, at, self.slots, self.scratch, self.marks)?;
                let sources = Sources {
                    frame: self.frame,
                    scratch: self.scratch,
                    constants: &program.constants,
                };
                splitter
                    .cases
                    .branch(self.slots, &sources, &program.absent)
                    .map(Step::Record)
            }
            Split::KeyValue(splitter) => {
                splitter.split(self.frame, at, self.slots)?;
                let sources = Sources {
                    frame: self.frame,
                    scratch: &[],
                    constants: &program.constants,
                };
                splitter
                    .cases
                    .branch(self.slots, &sources, &program.absent)
                    .map(Step::Record)
            }
            Split::Statements(splitter) => {
                splitter.split(self.frame, at, self.slots)?;
                let sources = Sources {
                    frame: self.frame,
                    scratch: &[],
                    constants: &program.constants,
                };
                splitter
                    .cases
                    .branch(self.slots, &sources, &program.absent)
                    .map(Step::Record)
            }
            Split::Dissect(_) | Split::Dnstap(_) => Err(RejectCode::NoPattern),
        }
    }

    /// Split a frame of a stream. It has neither prefix nor comments: any bytes are a message or none.
    fn dnstap(&mut self, splitter: &'p Dnstap) -> Result<Step<'p>, RejectCode> {
        match self.header {
            None => return Err(RejectCode::NoHeader),
            Some(header) if header.0.wrong => return Err(RejectCode::WrongHeader),
            Some(_) => {}
        }
        self.scratch.clear();
        self.slots.clear();
        let program = self.program;
        splitter
            .split(
                self.frame,
                self.slots,
                self.scratch,
                &program.constants,
                &program.absent,
            )
            .map(Step::Record)
    }

    /// Return the end of the first prefix that matches.
    fn prefix(&mut self) -> Option<usize> {
        // What stands before an object does not begin with a brace, but words in one may look like a header of syslog.
        let is_bare = self.program.is_json()
            && self.frame.first() == Some(&b'{')
            && self.program.prefixes.iter().any(|prefix| prefix.is_empty());
        if is_bare {
            self.slots.clear();
            return Some(0);
        }
        self.program.prefixes.iter().find_map(|prefix| {
            self.slots.clear();
            tokens::run(prefix, self.frame, self.slots)
        })
    }

    /// Match the first line pattern after a prefix that matches.
    fn dissect(&mut self, lines: &'p [Line]) -> Result<Step<'p>, RejectCode> {
        for prefix in &self.program.prefixes {
            let Some(at) = tokens::run(prefix, self.frame, self.slots) else {
                self.slots.clear();
                continue;
            };
            if self.program.prefixes_share_slots {
                self.progress.store_prefix(prefix, self.slots);
            }
            if let Some(branch) =
                tokens::first_line(lines, self.frame, at, self.slots, self.progress)
            {
                return Ok(Step::Record(branch));
            }
            self.slots.clear();
        }
        Err(RejectCode::NoPattern)
    }
}

/// Whether blanks or a CR stand at the end of a frame.
fn ends_blank(frame: &[u8]) -> bool {
    matches!(frame.last(), Some(b' ' | b'\t' | b'\r'))
}

/// Return a frame, or the names in a header, without the blanks and CRs at its end.
pub(super) fn without_blank_end(frame: &[u8]) -> &[u8] {
    let end = frame
        .iter()
        .rposition(|byte| !matches!(byte, b' ' | b'\t' | b'\r'));
    &frame[..end.map_or(0, |end| end + 1)]
}

fn is_blank(frame: &[u8]) -> bool {
    frame.iter().all(|byte| matches!(byte, b' ' | b'\t'))
}
