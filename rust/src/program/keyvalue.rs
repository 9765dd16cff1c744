//! `key=value` pairs (ADR 3, keyvalue).

use super::compiled::{Branch, SlotMap};
use super::find::Needle;
use super::piece::{Piece, Slots};
use super::tokens::unescaped;
use crate::record::Code;

#[derive(Debug)]
pub(crate) struct KeyValue {
    pub separator: Needle,
    pub equals: Needle,
    pub quote: Option<u8>,
    pub spaced: bool,
    pub map: SlotMap,
    pub branch: Branch,
}

impl KeyValue {
    /// Fills the slots from a frame's pairs; a frame without any is `no-pattern`.
    pub fn split(&self, frame: &[u8], mut at: usize, slots: &mut Slots) -> Result<(), Code> {
        let mut pairs = false;
        loop {
            at = self.skip_separators(frame, at);
            if at == frame.len() {
                break;
            }
            let end = self.piece_end(frame, at);
            let Some(key_len) = self.key_len(&frame[at..end]) else {
                at = end;
                continue;
            };
            pairs = true;
            let (value, after) = self.value(frame, at + key_len + self.equals.len(), end);
            if let Some((_, slot)) = self
                .map
                .iter()
                .find(|(known, _)| **known == frame[at..at + key_len])
            {
                slots.set(*slot, value);
            }
            at = self.piece_end(frame, after);
        }
        if pairs { Ok(()) } else { Err(Code::NoPattern) }
    }

    fn skip_separators(&self, frame: &[u8], mut at: usize) -> usize {
        while self.separator.begins(&frame[at..]) {
            at += self.separator.len();
        }
        at
    }

    /// Where the next separator stands, or the frame ends.
    fn piece_end(&self, frame: &[u8], at: usize) -> usize {
        self.separator
            .find(&frame[at..])
            .map_or(frame.len(), |len| at + len)
    }

    /// The length of the key that a piece begins with; with `spaced` only some bytes make one.
    fn key_len(&self, piece: &[u8]) -> Option<usize> {
        let len = self.equals.find(piece)?;
        let is_key =
            !self.spaced || (len > 0 && piece[..len].iter().all(|byte| is_key_byte(*byte)));
        is_key.then_some(len)
    }

    /// The value that begins at `start`, `piece_end` being the first separator after it, and where it ends.
    fn value(&self, frame: &[u8], start: usize, piece_end: usize) -> (Piece, usize) {
        if let Some(quote) = self.quote.filter(|quote| frame.get(start) == Some(quote)) {
            let start = start + 1;
            return match unescaped(&frame[start..], quote) {
                Some(len) => (Piece::of_frame(start, start + len), start + len + 1),
                None => (Piece::of_frame(start, frame.len()), frame.len()),
            };
        }
        let end = if self.spaced {
            self.spaced_end(frame, piece_end)
        } else {
            piece_end
        };
        (Piece::of_frame(start, end), end)
    }

    /// The end of a value that may hold separators: before the separators that stand before the next `key=`.
    fn spaced_end(&self, frame: &[u8], piece_end: usize) -> usize {
        let mut value_end = piece_end;
        let mut at = self.skip_separators(frame, piece_end);
        while at < frame.len() {
            let end = self.piece_end(frame, at);
            if self.key_len(&frame[at..end]).is_some() {
                break;
            }
            value_end = end;
            at = self.skip_separators(frame, end);
        }
        value_end
    }
}

pub(super) fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}
