//! Blocks: a frame is a run of lines that are not blank, or one blank line.

use memchr::{memchr, memrchr};

use super::Span;
use super::lines::{self, without_cr};
use super::without_bom;

pub fn find_frame(bytes: &[u8], start: usize, opens_member: bool, max_frame_bytes: usize) -> Span {
    let is_blank = |line: Span| {
        let text = &bytes[line.start..line.end];
        let text = strip_bom(text, opens_member && line.start == 0);
        line.end - line.start <= max_frame_bytes && is_blank(text)
    };
    let mut block = lines::find_frame(bytes, start);
    if is_blank(block) {
        return block;
    }
    while block.next < bytes.len() {
        let line = lines::find_frame(bytes, block.next);
        if is_blank(line) {
            break;
        }
        block.lines += 1;
        (block.end, block.next) = (line.end, line.next);
    }
    block
}

/// Return the end of the last blank line.
pub fn end_of_whole(
    bytes: &[u8],
    begun: usize,
    opens_member: bool,
    max_frame_bytes: usize,
) -> usize {
    let mut end = lines::end_of_whole(bytes, begun);
    while end > 0 {
        let before = &bytes[..end - 1];
        let start = memrchr(b'\n', before).map_or(0, |at| at + 1);
        let line = without_cr(&before[start..]);
        if line.len() <= max_frame_bytes && is_blank(strip_bom(line, opens_member && start == 0)) {
            return end;
        }
        // Before the end of the `begun` bytes there is no blank line except the one that ends behind it.
        end = if start > begun { start } else { 0 };
    }
    0
}

/// Whether the block that `rest` begins is over the limit. A last line that may become blank does not count.
pub fn is_overlong(rest: &[u8], opens_member: bool, max_frame_bytes: usize) -> bool {
    let start = memrchr(b'\n', rest).map_or(0, |at| at + 1);
    let last = &rest[start..];
    let settled = if may_be_blank(strip_bom(last, opens_member && start == 0), max_frame_bytes) {
        without_cr(&rest[..start.saturating_sub(1)]).len()
    } else {
        without_cr(rest).len()
    };
    settled > max_frame_bytes
}

/// Whether an incomplete line may become blank: only spaces and tabs, and at most the CR of its end.
pub fn may_be_blank(begun: &[u8], max_frame_bytes: usize) -> bool {
    begun.len() <= max_frame_bytes + 1 && is_blank(without_cr(begun))
}

pub fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b' ' | b'\t'))
}

fn strip_bom(line: &[u8], is_first: bool) -> &[u8] {
    if is_first { without_bom(line) } else { line }
}

/// A block over the limit, read line by line.
#[derive(Debug, Default)]
pub struct Overlong {
    /// All bytes taken. `length` leaves out the end of the last line.
    taken: u64,
    pub length: u64,
    pub lines: u64,
    is_inside_line: bool,
    last_byte: u8,
}

impl Overlong {
    /// Take the lines of `bytes` up to a blank one, which ends the frame. Returns true and its position; or false and
    /// the position up to which all is taken. A last line that may become blank is left.
    pub fn take(&mut self, bytes: &[u8], max_frame_bytes: usize) -> (bool, usize) {
        let mut at = 0;
        while let Some(len) = memchr(b'\n', &bytes[at..]) {
            let line = without_cr(&bytes[at..at + len]);
            if !self.is_inside_line && line.len() <= max_frame_bytes && is_blank(line) {
                return (true, at);
            }
            let has_cr = line.len() < len || (len == 0 && self.last_byte == b'\r');
            self.length = self.taken + len as u64 - u64::from(has_cr);
            self.lines += u64::from(!self.is_inside_line);
            self.taken += len as u64 + 1;
            self.is_inside_line = false;
            at += len + 1;
        }
        let begun = &bytes[at..];
        if !self.is_inside_line && may_be_blank(begun, max_frame_bytes) {
            return (false, at);
        }
        self.take_begun(begun);
        (false, bytes.len())
    }

    /// Take a line without its end. The line is not blank.
    pub fn take_begun(&mut self, begun: &[u8]) {
        let Some(&last_byte) = begun.last() else {
            return;
        };
        self.lines += u64::from(!self.is_inside_line);
        self.taken += begun.len() as u64;
        (self.length, self.is_inside_line, self.last_byte) = (self.taken, true, last_byte);
    }

    /// Return all bytes taken, with line ends.
    pub fn taken_bytes(&self) -> u64 {
        self.taken
    }
}
