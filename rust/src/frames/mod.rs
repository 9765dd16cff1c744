//! Where frames begin and end in the bytes of a member (ADR 3, Frames): lines, blocks of lines, or a frame stream.

mod blocks;
mod lines;
mod overlong;
pub mod streams;

pub use overlong::{Overlong, Passed, Taken};
use serde::Deserialize;

/// What a frame is; `frames` of the format program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Frames {
    Lines,
    Blocks,
    FrameStreams,
}

/// Cuts the bytes of a member into frames.
#[derive(Clone, Copy, Debug)]
pub struct Framing {
    pub frames: Frames,
    pub max_frame_bytes: usize,
}

/// One frame among bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// What it holds, line end and length left out.
    pub start: usize,
    pub end: usize,
    /// Where the next frame begins.
    pub next: usize,
    /// How many lines it is; a frame of a stream counts as one.
    pub lines: u64,
    /// It is a control frame of a frame stream.
    pub is_control: bool,
}

impl Framing {
    /// The frame that begins at `start` of whole frames. `opens`: the bytes are a member's first.
    #[inline]
    pub fn frame(self, bytes: &[u8], start: usize, opens: bool) -> Span {
        match self.frames {
            Frames::Lines => lines::frame(bytes, start),
            Frames::Blocks => blocks::frame(bytes, start, opens, self.max_frame_bytes),
            Frames::FrameStreams => streams::frame(bytes, start),
        }
    }

    /// Up to where `bytes` are whole frames, whatever follows; their first `begun` hold the end of none.
    pub fn whole(self, bytes: &[u8], begun: usize, opens: bool) -> usize {
        match self.frames {
            Frames::Lines => lines::whole(bytes, begun),
            Frames::Blocks => blocks::whole(bytes, begun, opens, self.max_frame_bytes),
            Frames::FrameStreams => streams::whole(bytes),
        }
    }

    /// A member that ends inside a frame broke off there: its last frame is none without its own end.
    pub fn needs_end(self) -> bool {
        self.frames == Frames::FrameStreams
    }

    /// The frame that `rest` begins is over the limit, whatever follows.
    pub fn is_overlong(self, rest: &[u8], opens: bool) -> bool {
        match self.frames {
            Frames::Lines => rest.len() > self.max_frame_bytes + 1,
            Frames::Blocks => blocks::is_overlong(rest, opens, self.max_frame_bytes),
            Frames::FrameStreams => {
                streams::announced(rest).is_some_and(|len| len > self.max_frame_bytes)
            }
        }
    }
}

/// The frame without the byte order mark (BOM) that can begin a member.
pub fn without_bom(frame: &[u8]) -> &[u8] {
    frame.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(frame)
}
