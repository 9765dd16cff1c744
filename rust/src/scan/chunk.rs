//! An exhibit's bytes cut into chunks of whole frames, in order. One thread at a time cuts; any thread reads a chunk.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use memchr::{memchr, memmem};

use crate::frames::{Frames, Framing, Overlong, Passed, Taken, without_bom};
use crate::input::{Finished, Input, Piece};
use crate::program::{Header, Program};
use crate::reject_code::RejectCode;

const CHUNK_BYTES: usize = 1 << 20;
/// Behind the bytes of a chunk, so that its last frames can be read in blocks too.
const SLACK_BYTES: usize = 64;

/// Whole frames of one member, with all that is needed to read them apart from the rest.
pub struct Chunk {
    pub member: Option<Arc<str>>,
    /// This chunk is the member's first: line numbers and times start anew.
    pub opens_member: bool,
    /// Of the first byte, in the member.
    pub byte_offset: u64,
    /// The header in force at the first frame.
    pub header: Option<Arc<Header>>,
    pub body: Body,
}

pub enum Body {
    /// The first `length` bytes of the buffer.
    Frames { buffer: Vec<u8>, length: usize },
    /// A frame that was refused before it could be read whole, and how many lines it is.
    Reject {
        code: RejectCode,
        length: u64,
        lines: u64,
    },
}

pub struct Cutter<'p> {
    input: Input,
    program: &'p Program,
    framing: Framing,
    member: Option<Arc<str>>,
    opens_member: bool,
    /// Where in the member the carry begins.
    byte_offset: u64,
    header: Option<Arc<Header>>,
    /// The begun frame at the end of the last chunk.
    carry: Vec<u8>,
    /// A frame over the limit whose end has not been read yet.
    overlong: Option<Overlong>,
    ready: VecDeque<Chunk>,
    is_done: bool,
}

impl<'p> Cutter<'p> {
    pub fn new(input: Input, program: &'p Program, max_frame_bytes: usize) -> Self {
        Cutter {
            input,
            program,
            framing: program.framing(max_frame_bytes),
            member: None,
            opens_member: true,
            byte_offset: 0,
            header: None,
            carry: Vec::new(),
            overlong: None,
            ready: VecDeque::new(),
            is_done: false,
        }
    }

    /// The next chunk, or None at the end. `spare` is a used buffer to fill again.
    pub fn next(&mut self, mut spare: Vec<u8>) -> Option<Chunk> {
        loop {
            if let Some(chunk) = self.ready.pop_front() {
                return Some(chunk);
            }
            if self.is_done {
                return None;
            }
            let begun = self.carry.len();
            if spare.len() < begun + CHUNK_BYTES + SLACK_BYTES {
                spare.resize(begun + CHUNK_BYTES + SLACK_BYTES, 0);
            }
            spare[..begun].copy_from_slice(&self.carry);
            // Exactly so many, whatever the buffer held before: where chunks end must not depend on threads.
            match self.input.read(&mut spare[begun..begun + CHUNK_BYTES]) {
                Piece::Bytes(count) => {
                    self.carry.clear();
                    let buffer = std::mem::take(&mut spare);
                    spare = self.cut(buffer, begun, begun + count);
                }
                Piece::Member(name) => {
                    self.flush();
                    // The empty name is the exhibit itself, where its own structure breaks.
                    self.member = (!name.is_empty()).then(|| Arc::from(name));
                    (self.opens_member, self.byte_offset, self.header) = (true, 0, None);
                }
                Piece::Break(code) => self.break_off(code),
                Piece::Done => {
                    self.flush();
                    self.is_done = true;
                }
            }
        }
    }

    /// The exhibit's digest and size, once all is read.
    pub fn finish(self) -> io::Result<Finished> {
        self.input.finish()
    }

    /// How much of the outer file has been read.
    pub fn bytes_read(&self) -> u64 {
        self.input.bytes_read()
    }

    /// Make a chunk of the whole frames in `buffer[..length]`; `begun` bytes of it were carried and hold the end of none.
    fn cut(&mut self, mut buffer: Vec<u8>, begun: usize, length: usize) -> Vec<u8> {
        let mut start = 0;
        if let Some(overlong) = &mut self.overlong {
            match overlong.take(&buffer[..length], self.framing.max_frame_bytes) {
                Taken::Open(at) => {
                    self.byte_offset += at as u64;
                    self.carry.extend_from_slice(&buffer[at..length]);
                    return buffer;
                }
                Taken::Ended(at) => {
                    self.end_overlong();
                    self.byte_offset += at as u64;
                    start = at;
                }
            }
        }
        let begun = begun.saturating_sub(start);
        let frames_bytes = self
            .framing
            .whole(&buffer[start..length], begun, self.opens_member);
        self.carry
            .extend_from_slice(&buffer[start + frames_bytes..length]);
        if frames_bytes > 0 {
            if start > 0 {
                buffer.copy_within(start..start + frames_bytes, 0);
            }
            self.push_frames(std::mem::take(&mut buffer), frames_bytes);
        }
        self.begin_overlong();
        buffer
    }

    /// Hold no more of a begun frame than may be read.
    fn begin_overlong(&mut self) {
        if !self.framing.is_overlong(&self.carry, self.opens_member) {
            return;
        }
        let mut overlong = Overlong::new(self.framing, &self.carry, self.byte_offset);
        let (Taken::Open(at) | Taken::Ended(at)) =
            overlong.take(&self.carry, self.framing.max_frame_bytes);
        self.carry.drain(..at);
        self.byte_offset += at as u64;
        self.overlong = Some(overlong);
    }

    fn end_overlong(&mut self) {
        if let Some(overlong) = self.overlong.take() {
            self.push_reject(RejectCode::FrameTooLong, overlong.ended());
        }
    }

    /// The last frame of a member needs no line end.
    fn flush(&mut self) {
        if self.framing.needs_end() && (self.overlong.is_some() || !self.carry.is_empty()) {
            return self.break_off(RejectCode::BrokenStream);
        }
        if let Some(overlong) = &mut self.overlong {
            if overlong.take_last(&self.carry, self.framing.max_frame_bytes) {
                self.byte_offset += self.carry.len() as u64;
                self.carry.clear();
            }
        }
        self.end_overlong();
        if !self.carry.is_empty() {
            let rest = std::mem::take(&mut self.carry);
            let length = rest.len();
            self.push_frames(rest, length);
        }
    }

    fn break_off(&mut self, code: RejectCode) {
        let passed = match self.overlong.take() {
            Some(overlong) => overlong.broken_off(&self.carry),
            None => Passed {
                byte_offset: self.byte_offset,
                length: self.carry.len() as u64,
                lines: u64::from(!self.carry.is_empty()),
            },
        };
        self.byte_offset += self.carry.len() as u64;
        self.carry.clear();
        self.push_reject(code, passed);
    }

    fn push_reject(&mut self, code: RejectCode, passed: Passed) {
        let body = Body::Reject {
            code,
            length: passed.length,
            lines: passed.lines,
        };
        self.push(passed.byte_offset, None, body);
    }

    fn push_frames(&mut self, buffer: Vec<u8>, length: usize) {
        let header = self.header.clone();
        self.note_headers(&buffer[..length]);
        self.push(self.byte_offset, header, Body::Frames { buffer, length });
        self.byte_offset += length as u64;
    }

    fn push(&mut self, byte_offset: u64, header: Option<Arc<Header>>, body: Body) {
        let opens_member = std::mem::replace(&mut self.opens_member, false);
        self.ready.push_back(Chunk {
            member: self.member.clone(),
            opens_member,
            byte_offset,
            header,
            body,
        });
    }

    /// Follow headers through the chunk, so that the next one starts under the right one.
    fn note_headers(&mut self, frames: &[u8]) {
        if self.framing.frames == Frames::FrameStreams {
            self.note_starts(frames);
        } else if let Some(marker) = self.program.header_marker() {
            for at in frame_starts(frames, marker) {
                self.header = self.header_at(frames, at).or(self.header.take());
            }
        } else if self.program.header_is_first_line() {
            let mut at = 0;
            while self.header.is_none() && at < frames.len() {
                self.header = self.header_at(frames, at);
                at += memchr(b'\n', &frames[at..]).map_or(frames.len(), |end| end + 1);
            }
        }
    }

    /// Follow the starts of frame streams.
    fn note_starts(&mut self, frames: &[u8]) {
        let mut at = 0;
        while at < frames.len() {
            let span = self.framing.frame(frames, at, false);
            let frame = &frames[span.start..span.end];
            if span.is_control && frame.len() <= self.framing.max_frame_bytes {
                if let Some(Some(header)) = self.program.control(frame) {
                    self.header = Some(Arc::new(header));
                }
            }
            at = span.next;
        }
    }

    /// The header that the line at `at` is.
    fn header_at(&self, frames: &[u8], at: usize) -> Option<Arc<Header>> {
        let span = self.framing.frame(frames, at, false);
        let frame = &frames[span.start..span.end];
        // Too long comes before header line (ADR 3, Frames).
        if frame.len() > self.framing.max_frame_bytes {
            return None;
        }
        let frame = if self.opens_member && at == 0 {
            without_bom(frame)
        } else {
            frame
        };
        self.program.header(frame).map(Arc::new)
    }
}

/// Where frames that begin with `marker` start. A BOM may stand before the first.
fn frame_starts<'f>(frames: &'f [u8], marker: &'f [u8]) -> impl Iterator<Item = usize> + 'f {
    let first = without_bom(frames).starts_with(marker).then_some(0);
    let found = memmem::find_iter(frames, marker).filter(|&at| at > 0 && frames[at - 1] == b'\n');
    first.into_iter().chain(found)
}
