//! A frame over the limit, whose bytes are passed over until it ends.

use memchr::memchr;

use super::{Frames, Framing, blocks, streams};

/// How far a frame over the limit has come.
#[derive(Debug)]
pub struct Overlong {
    /// Where it begins in the member, its length included where one stands before it.
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
    /// Of a stream: `head` bytes of lengths, then as many as they say.
    Streamed {
        head: u64,
        extent: u64,
        taken: u64,
    },
}

/// What was taken of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The frame goes on; what stands from here on is to be given again.
    Open(usize),
    /// The frame ends, and the next begins here.
    Ended(usize),
}

/// A frame over the limit that has ended, or that a member's end or a break ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed {
    pub byte_offset: u64,
    pub length: u64,
    pub lines: u64,
}

impl Overlong {
    /// Nothing taken yet of the frame that `rest` begins.
    pub fn new(framing: Framing, rest: &[u8], byte_offset: u64) -> Overlong {
        let kind = match framing.frames {
            Frames::Lines => Kind::Line {
                taken: 0,
                last_byte: 0,
            },
            Frames::Blocks => Kind::Block(blocks::Overlong::default()),
            Frames::FrameStreams => {
                let extent = streams::extent(rest).unwrap_or(0);
                let len = streams::announced(rest).unwrap_or(0) as u64;
                Kind::Streamed {
                    head: extent - len,
                    extent,
                    taken: 0,
                }
            }
        };
        Overlong { byte_offset, kind }
    }

    /// Take what of `bytes` is the frame's.
    pub fn take(&mut self, bytes: &[u8], max_frame_bytes: usize) -> Taken {
        match &mut self.kind {
            Kind::Line { taken, last_byte } => {
                let end = memchr(b'\n', bytes);
                let line = &bytes[..end.unwrap_or(bytes.len())];
                *taken += line.len() as u64;
                *last_byte = line.last().copied().unwrap_or(*last_byte);
                match end {
                    Some(end) => {
                        *taken -= u64::from(*last_byte == b'\r');
                        Taken::Ended(end + 1)
                    }
                    None => Taken::Open(bytes.len()),
                }
            }
            Kind::Block(block) => match block.take(bytes, max_frame_bytes) {
                (true, at) => Taken::Ended(at),
                (false, at) => Taken::Open(at),
            },
            Kind::Streamed { extent, taken, .. } => {
                let left = *extent - *taken;
                let len = left.min(bytes.len() as u64);
                *taken += len;
                if len == left {
                    Taken::Ended(len as usize)
                } else {
                    Taken::Open(bytes.len())
                }
            }
        }
    }

    /// The frame as it is, now that it has ended.
    pub fn ended(self) -> Passed {
        let (head, length, lines) = match self.kind {
            Kind::Line { taken, .. } => (0, taken, 1),
            Kind::Block(block) => (0, block.length, block.lines),
            Kind::Streamed { head, taken, .. } => (head, taken - head, 1),
        };
        Passed {
            byte_offset: self.byte_offset + head,
            length,
            lines,
        }
    }

    /// The frame as it was cut off before its end, all bytes of it; `begun` were not taken yet.
    pub fn broken_off(self, begun: &[u8]) -> Passed {
        let taken = match self.kind {
            Kind::Line { taken, .. } | Kind::Streamed { taken, .. } => taken,
            Kind::Block(block) => block.taken(),
        };
        Passed {
            byte_offset: self.byte_offset,
            length: taken + begun.len() as u64,
            lines: 1,
        }
    }

    /// Take a member's last line, which no line end ends; a blank one is no part of a block, and false.
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
