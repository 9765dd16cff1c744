//! Frames over the limit. Their bytes are skipped until they end.

use memchr::memchr;

use super::{Frames, Framing, blocks, indented, streams};

/// A frame over the limit that is being skipped.
#[derive(Debug)]
pub struct Overlong {
    /// The frame's position in the member. A length in front of it belongs to it.
    pub byte_offset: u64,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Line {
        taken: u64,
        last_byte: u8,
    },
    Block(blocks::Overlong),
    Indented(indented::Overlong),
    /// A frame of a stream: `head` bytes of lengths, then the bytes that they announce.
    Streamed {
        head: u64,
        extent: u64,
        taken: u64,
    },
}

/// The state after taking some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameState {
    /// The frame continues. Give the bytes from here on again.
    Open(usize),
    /// The frame ends, and the next begins here.
    Ended(usize),
}

/// A frame over the limit that has ended, or that the end or a break of its member ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverlongFrame {
    pub byte_offset: u64,
    pub length: u64,
    pub lines: u64,
}

impl Overlong {
    /// Begin with the frame that `rest` begins, before taking any bytes.
    pub fn new(framing: Framing, rest: &[u8], byte_offset: u64) -> Overlong {
        let kind = match framing.frames {
            Frames::Lines => Kind::Line {
                taken: 0,
                last_byte: 0,
            },
            Frames::Blocks => Kind::Block(blocks::Overlong::default()),
            Frames::Indented => Kind::Indented(indented::Overlong::default()),
            Frames::FrameStreams => {
                let extent = streams::total_length(rest).unwrap_or(0);
                let len = streams::frame_length(rest).unwrap_or(0) as u64;
                Kind::Streamed {
                    head: extent - len,
                    extent,
                    taken: 0,
                }
            }
        };
        Overlong { byte_offset, kind }
    }

    /// Take the bytes of the frame from `bytes`.
    pub fn take(&mut self, bytes: &[u8], max_frame_bytes: usize) -> FrameState {
        match &mut self.kind {
            Kind::Line { taken, last_byte } => {
                let end = memchr(b'\n', bytes);
                let line = &bytes[..end.unwrap_or(bytes.len())];
                *taken += line.len() as u64;
                *last_byte = line.last().copied().unwrap_or(*last_byte);
                match end {
                    Some(end) => {
                        *taken -= u64::from(*last_byte == b'\r');
                        FrameState::Ended(end + 1)
                    }
                    None => FrameState::Open(bytes.len()),
                }
            }
            Kind::Block(block) => match block.take(bytes, max_frame_bytes) {
                (true, at) => FrameState::Ended(at),
                (false, at) => FrameState::Open(at),
            },
            Kind::Indented(frame) => match frame.take(bytes) {
                Some(at) => FrameState::Ended(at),
                None => FrameState::Open(bytes.len()),
            },
            Kind::Streamed { extent, taken, .. } => {
                let left = *extent - *taken;
                let len = left.min(bytes.len() as u64);
                *taken += len;
                if len == left {
                    FrameState::Ended(len as usize)
                } else {
                    FrameState::Open(bytes.len())
                }
            }
        }
    }

    /// Return the frame after its end.
    pub fn finish(self) -> OverlongFrame {
        let (head, length, lines) = match self.kind {
            Kind::Line { taken, .. } => (0, taken, 1),
            Kind::Block(block) => (0, block.length, block.lines),
            Kind::Indented(frame) => (0, frame.length(), frame.lines()),
            Kind::Streamed { head, taken, .. } => (head, taken - head, 1),
        };
        OverlongFrame {
            byte_offset: self.byte_offset + head,
            length,
            lines,
        }
    }

    /// Return the frame that was cut off before its end, with all its bytes. `begun` were not taken yet.
    pub fn break_off(self, begun: &[u8]) -> OverlongFrame {
        let taken = match self.kind {
            Kind::Line { taken, .. } | Kind::Streamed { taken, .. } => taken,
            Kind::Block(block) => block.taken_bytes(),
            Kind::Indented(frame) => frame.taken_bytes(),
        };
        OverlongFrame {
            byte_offset: self.byte_offset,
            length: taken + begun.len() as u64,
            lines: 1,
        }
    }

    /// Take a member's last line, which has no line end. Returns false for a blank line, which is no part of a block.
    pub fn take_last(&mut self, begun: &[u8], max_frame_bytes: usize) -> bool {
        let Kind::Block(block) = &mut self.kind else {
            return false;
        };
        if begun.len() <= max_frame_bytes && blocks::is_blank(begun) {
            return false;
        }
        block.take_begun(begun);
        true
    }
}
