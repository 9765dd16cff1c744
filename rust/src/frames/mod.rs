//! Cutting the bytes of a member into frames (ADR 3, Frames): lines, runs of lines, or a frame stream.

mod blocks;
mod indented;
mod lines;
mod overlong;
pub mod streams;

pub use overlong::{FrameState, Overlong, OverlongFrame};
use serde::Deserialize;

/// The kinds of frames; `frames` of the format program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Frames {
    Lines,
    Blocks,
    Indented,
    FrameStreams,
}

/// Cuts the bytes of a member into frames.
#[derive(Clone, Copy, Debug)]
pub struct Framing {
    pub frames: Frames,
    pub max_frame_bytes: usize,
}

/// The position of one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The content, without line end and length.
    pub start: usize,
    pub end: usize,
    /// Where the next frame begins.
    pub next: usize,
    /// How many lines it has. A frame of a stream counts as one.
    pub lines: u64,
    /// Whether it is a control frame of a frame stream.
    pub is_control: bool,
}

impl Framing {
    /// Return the frame at `start`. The bytes must be whole frames. `opens_member`: they are a member's first bytes.
    #[inline]
    pub fn find_frame(self, bytes: &[u8], start: usize, opens_member: bool) -> Span {
        match self.frames {
            Frames::Lines => lines::find_frame(bytes, start),
            Frames::Blocks => blocks::find_frame(bytes, start, opens_member, self.max_frame_bytes),
            Frames::Indented => indented::find_frame(bytes, start),
            Frames::FrameStreams => streams::find_frame(bytes, start),
        }
    }

    /// Return the end of the last whole frame in `bytes`, whatever follows. No frame ends in the first `begun` bytes.
    pub fn end_of_whole(self, bytes: &[u8], begun: usize, opens_member: bool) -> usize {
        match self.frames {
            Frames::Lines => lines::end_of_whole(bytes, begun),
            Frames::Blocks => {
                blocks::end_of_whole(bytes, begun, opens_member, self.max_frame_bytes)
            }
            Frames::Indented => indented::end_of_whole(bytes, begun),
            Frames::FrameStreams => streams::end_of_whole(bytes),
        }
    }

    /// Whether a last frame without its own end is a break of the member.
    pub fn needs_end(self) -> bool {
        self.frames == Frames::FrameStreams
    }

    /// Whether the frame that `rest` begins is over the limit, whatever follows.
    pub fn is_overlong(self, rest: &[u8], opens_member: bool) -> bool {
        match self.frames {
            Frames::Lines => rest.len() > self.max_frame_bytes + 1,
            Frames::Blocks => blocks::is_overlong(rest, opens_member, self.max_frame_bytes),
            Frames::Indented => indented::is_overlong(rest, self.max_frame_bytes),
            Frames::FrameStreams => {
                streams::frame_length(rest).is_some_and(|len| len > self.max_frame_bytes)
            }
        }
    }
}

/// The frame without the byte order mark (BOM) that can begin a member.
pub fn without_bom(frame: &[u8]) -> &[u8] {
    frame.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(frame)
}

/// The text without the NUL bytes before it, with which a log begins that was cut while its program wrote on. A frame of
/// NUL bytes alone stays as it is.
#[inline]
pub fn without_nuls(frame: &[u8]) -> &[u8] {
    match frame {
        [0, ..] => skip_nuls(frame),
        _ => frame,
    }
}

#[cold]
fn skip_nuls(frame: &[u8]) -> &[u8] {
    let start = frame.iter().position(|byte| *byte != 0).unwrap_or(0);
    &frame[start..]
}
