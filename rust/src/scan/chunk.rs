//! Cutting an exhibit's bytes into chunks of whole frames, in order. One thread at a time cuts; any thread reads a
//! chunk.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use memchr::{memchr, memmem, memrchr};

use super::members::{MemberPlan, MemberUse};
use super::part::{MemberRange, PartAccount};
use super::run::Exhibit;
use crate::frames::{FrameState, Frames, Framing, Overlong, OverlongFrame, without_bom};
use crate::input::{Input, InputDigest, Piece};
use crate::program::{FirstDay, Header, Program};
use crate::reject_code::RejectCode;

const CHUNK_BYTES: usize = 1 << 20;
/// Bytes behind a chunk, so that its last frames can also be read in blocks.
const SLACK_BYTES: usize = 64;

/// Whole frames of one member, with everything needed to read them independently.
pub struct Chunk {
    pub member: Option<Arc<str>>,
    /// The chunk is the first of its member: line numbers and times start again.
    pub opens_member: bool,
    /// The day of the member's first time, if its times state no year.
    pub first_day: Option<FirstDay>,
    /// The position of the first byte in the member.
    pub byte_offset: u64,
    /// The header in force at the first frame.
    pub header: Option<Arc<Header>>,
    pub body: Body,
}

pub enum Body {
    /// The first `length` bytes of the buffer.
    Frames { buffer: Vec<u8>, length: usize },
    /// A frame that was refused before it was read completely, and how many lines it has.
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
    plan: Option<&'p MemberPlan>,
    members: usize,
    member_use: MemberUse,
    member: Option<Arc<str>>,
    first_day: Option<FirstDay>,
    opens_member: bool,
    /// The position of the carry in the member.
    byte_offset: u64,
    header: Option<Arc<Header>>,
    /// The incomplete frame at the end of the last chunk.
    carry: Vec<u8>,
    /// A frame over the limit whose end has not been read yet.
    overlong: Option<Overlong>,
    ready: VecDeque<Chunk>,
    is_done: bool,
    /// Read only the members that begin there.
    part: Option<MemberRange>,
    is_divisible: bool,
    /// How much was read of the outer file before its first member.
    read_before: Option<u64>,
}

impl<'p> Cutter<'p> {
    pub fn new(input: Input, exhibit: &'p Exhibit, max_frame_bytes: usize) -> Self {
        Cutter {
            input,
            program: &exhibit.program,
            framing: exhibit.program.framing(max_frame_bytes),
            plan: exhibit.members.as_ref(),
            members: 0,
            member_use: MemberUse::Read,
            member: None,
            first_day: exhibit.first_day,
            opens_member: true,
            byte_offset: 0,
            header: None,
            carry: Vec::new(),
            overlong: None,
            ready: VecDeque::new(),
            is_done: false,
            part: exhibit.part,
            is_divisible: true,
            read_before: None,
        }
    }

    /// Return the next chunk, or None at the end. `spare` is a used buffer to fill again.
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
            // Always read the same count, whatever the buffer's size: chunk ends must not depend on threads.
            match self.input.read(&mut spare[begun..begun + CHUNK_BYTES]) {
                Piece::Bytes(count) if self.member_use == MemberUse::Refuse => {
                    self.byte_offset += count as u64;
                }
                Piece::Bytes(_) if self.member_use == MemberUse::Skip => self.input.skip_member(),
                Piece::Bytes(count) => {
                    self.carry.clear();
                    let buffer = std::mem::take(&mut spare);
                    spare = self.cut(buffer, begun, begun + count);
                }
                Piece::Member(name) => {
                    self.flush();
                    self.enter_member(&name);
                }
                Piece::Break(code) => self.break_off(code),
                Piece::Done => {
                    self.flush();
                    self.is_done = true;
                }
            }
        }
    }

    /// Begin a member. The empty name is the exhibit itself, at a break of its own structure: every reading tells it.
    fn enter_member(&mut self, name: &str) {
        (self.opens_member, self.byte_offset, self.header) = (true, 0, None);
        self.member = (!name.is_empty()).then(|| Arc::from(name));
        self.member_use = MemberUse::Read;
        if let (Some(plan), Some(_)) = (self.plan, &self.member) {
            self.member_use = plan.member_use(self.members);
            self.first_day = plan.first_day(self.members);
        }
        self.members += usize::from(self.member.is_some());
        if let Some(part) = self.part {
            self.choose_part(part);
        }
    }

    /// Skip a member of another part, and read nothing behind this one. What is no member, as a break of the archive's
    /// own structure, belongs to no part.
    fn choose_part(&mut self, part: MemberRange) {
        self.read_before.get_or_insert(self.input.bytes_read());
        match self.input.entry_offset().filter(|_| self.member.is_some()) {
            Some(offset) if (part.from..part.until).contains(&offset) => {}
            Some(offset) if offset < part.from => self.member_use = MemberUse::Skip,
            offset => {
                self.is_divisible &= offset.is_some();
                self.member_use = MemberUse::Skip;
                self.input.stop();
            }
        }
    }

    /// Return what is known of the part that was read, if it is one.
    pub fn part_account(&self) -> Option<PartAccount> {
        let before = self.read_before.unwrap_or_default();
        self.part.map(|_| PartAccount {
            // Without a member, the file is no archive.
            is_divisible: self.is_divisible && self.read_before.is_some(),
            decoded_bytes: self.input.decoded_bytes(),
            packed_bytes: self.input.bytes_read().saturating_sub(before),
        })
    }

    /// Return the exhibit's digest and size, once everything is read.
    pub fn finish(self) -> io::Result<InputDigest> {
        self.input.finish()
    }

    /// Return how much of the outer file has been read.
    pub fn bytes_read(&self) -> u64 {
        self.input.bytes_read()
    }

    /// Make a chunk of the whole frames in `buffer[..length]`. Its first `begun` bytes were carried over and contain
    /// no frame end.
    fn cut(&mut self, mut buffer: Vec<u8>, begun: usize, length: usize) -> Vec<u8> {
        let mut start = 0;
        if let Some(overlong) = &mut self.overlong {
            match overlong.take(&buffer[..length], self.framing.max_frame_bytes) {
                FrameState::Open(at) => {
                    self.byte_offset += at as u64;
                    self.carry.extend_from_slice(&buffer[at..length]);
                    return buffer;
                }
                FrameState::Ended(at) => {
                    self.end_overlong();
                    self.byte_offset += at as u64;
                    start = at;
                }
            }
        }
        let begun = begun.saturating_sub(start);
        let frames_bytes =
            self.framing
                .end_of_whole(&buffer[start..length], begun, self.opens_member);
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

    /// If the carried frame is over the limit, keep no more of it than may be read.
    fn begin_overlong(&mut self) {
        if !self.framing.is_overlong(&self.carry, self.opens_member) {
            return;
        }
        let mut overlong = Overlong::new(self.framing, &self.carry, self.byte_offset);
        let (FrameState::Open(at) | FrameState::Ended(at)) =
            overlong.take(&self.carry, self.framing.max_frame_bytes);
        self.carry.drain(..at);
        self.byte_offset += at as u64;
        self.overlong = Some(overlong);
    }

    fn end_overlong(&mut self) {
        if let Some(overlong) = self.overlong.take() {
            self.push_reject(RejectCode::FrameTooLong, overlong.finish());
        }
    }

    /// Push the last frame of a member, which needs no line end.
    fn flush(&mut self) {
        if self.member_use != MemberUse::Read {
            return self.refuse_member(RejectCode::UnknownFormat);
        }
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

    /// Push the whole member as one reject, if no format reads it. What is skipped leaves nothing.
    fn refuse_member(&mut self, code: RejectCode) {
        if self.member_use == MemberUse::Refuse {
            let whole = OverlongFrame {
                byte_offset: 0,
                length: self.byte_offset,
                lines: 1,
            };
            self.push_reject(code, whole);
        }
        self.member_use = MemberUse::Skip;
    }

    fn break_off(&mut self, code: RejectCode) {
        if self.member_use != MemberUse::Read {
            return self.refuse_member(code);
        }
        let overlong_frame = match self.overlong.take() {
            Some(overlong) => overlong.break_off(&self.carry),
            None => OverlongFrame {
                byte_offset: self.byte_offset,
                length: self.carry.len() as u64,
                lines: u64::from(!self.carry.is_empty()),
            },
        };
        self.byte_offset += self.carry.len() as u64;
        self.carry.clear();
        self.push_reject(code, overlong_frame);
    }

    fn push_reject(&mut self, code: RejectCode, overlong_frame: OverlongFrame) {
        let body = Body::Reject {
            code,
            length: overlong_frame.length,
            lines: overlong_frame.lines,
        };
        self.push(overlong_frame.byte_offset, None, body);
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
            first_day: self.first_day,
            byte_offset,
            header,
            body,
        });
    }

    /// Follow the headers through the chunk, so that the next chunk starts with the right one.
    fn note_headers(&mut self, frames: &[u8]) {
        if self.framing.frames == Frames::FrameStreams {
            self.note_starts(frames);
        } else if let Some(marker) = self.program.header_marker() {
            for at in lines_with(frames, marker) {
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
            let span = self.framing.find_frame(frames, at, false);
            let frame = &frames[span.start..span.end];
            if span.is_control && frame.len() <= self.framing.max_frame_bytes {
                if let Some(Some(header)) = self.program.control(frame) {
                    self.header = Some(Arc::new(header));
                }
            }
            at = span.next;
        }
    }

    /// Return the header that the line at `at` makes, if it is one.
    fn header_at(&self, frames: &[u8], at: usize) -> Option<Arc<Header>> {
        let span = self.framing.find_frame(frames, at, false);
        let frame = &frames[span.start..span.end];
        // A frame that is too long is no header (ADR 3, Frames).
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

/// Return where the lines start in which `marker` stands: at their beginning, or behind a prefix.
fn lines_with<'f>(frames: &'f [u8], marker: &'f [u8]) -> impl Iterator<Item = usize> + 'f {
    let mut next = 0;
    std::iter::from_fn(move || {
        let marker_at = next + memmem::find(&frames[next..], marker)?;
        let start = memrchr(b'\n', &frames[next..marker_at]).map_or(next, |end| next + end + 1);
        next = memchr(b'\n', &frames[marker_at..]).map_or(frames.len(), |end| marker_at + end + 1);
        Some(start)
    })
}
