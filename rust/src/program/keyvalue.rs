//! Reading `key=value` pairs (ADR 3, keyvalue).

use super::cases::Cases;
use super::compiled::SlotMap;
use super::needle::Needle;
use super::piece::{NO_SLOT, Piece, Slots};
use super::tokens::find_unescaped;
use crate::reject_code::RejectCode;

#[derive(Debug)]
pub(crate) struct KeyValue {
    pub separator: Needle,
    pub equals: Needle,
    pub quote: Option<u8>,
    pub spaced: bool,
    pub strict: bool,
    /// A wanted key that occurs twice makes the frame `no-pattern`.
    pub once: bool,
    pub map: SlotMap,
    pub cases: Cases,
}

impl KeyValue {
    /// Fill the slots from a frame's pairs. A frame without any is `no-pattern`.
    pub fn split(&self, frame: &[u8], at: usize, slots: &mut Slots) -> Result<(), RejectCode> {
        let has_pairs = if self.strict {
            self.strictly(frame, at, slots)
        } else {
            self.leniently(frame, at, slots)
        };
        match has_pairs {
            Some(true) => Ok(()),
            _ => Err(RejectCode::NoPattern),
        }
    }

    /// Fill the slots if every piece that is not blank is a pair, and no wanted key occurs twice. Otherwise return
    /// None.
    fn strictly(&self, frame: &[u8], mut at: usize, slots: &mut Slots) -> Option<bool> {
        let mut pairs = false;
        while at < frame.len() {
            let end = self.piece_end(frame, at);
            let (start, stop) = trimmed(frame, at, end);
            at = end + self.separator.len();
            if start == stop {
                continue;
            }
            pairs = true;
            let len = self
                .equals
                .find(&frame[start..stop])
                .filter(|len| *len > 0)?;
            let (_, key_end) = trimmed(frame, start, start + len);
            let (value, value_end) = trimmed(frame, start + len + self.equals.len(), stop);
            let piece = self.strict_value(frame, value, value_end)?;
            let slot = self.slot(&frame[start..key_end]);
            if slot.is_some_and(|slot| !slots.get(slot).is_absent()) {
                return None;
            }
            slots.set(slot.unwrap_or(NO_SLOT), piece);
        }
        Some(pairs)
    }

    /// Return the value at `start..end`. Its quote, if it has one, must be closed there.
    fn strict_value(&self, frame: &[u8], start: usize, end: usize) -> Option<Piece> {
        let text = &frame[start..end];
        match self.quote.filter(|quote| text.first() == Some(quote)) {
            None => Some(Piece::of_frame(start, end)),
            Some(quote) => {
                let len = find_unescaped(&text[1..], quote)?;
                (len + 2 == text.len()).then(|| Piece::of_frame(start + 1, end - 1))
            }
        }
    }

    fn slot(&self, key: &[u8]) -> Option<u16> {
        let known = self.map.iter().find(|(known, _)| **known == *key);
        known.map(|(_, slot)| *slot)
    }

    /// Fill the slots, skipping pieces without an equals sign. If a key occurs twice, the last one counts, or with `once`
    /// None is returned.
    fn leniently(&self, frame: &[u8], mut at: usize, slots: &mut Slots) -> Option<bool> {
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
            let (value, is_closed, after) =
                self.value(frame, at + key_len + self.equals.len(), end);
            if let Some(slot) = self.slot(&frame[at..at + key_len]) {
                if self.once && !slots.get(slot).is_absent() {
                    return None;
                }
                slots.set(slot, value);
                if !is_closed {
                    slots.set_unclosed(slot);
                }
            }
            at = self.piece_end(frame, after);
        }
        Some(pairs)
    }

    fn skip_separators(&self, frame: &[u8], mut at: usize) -> usize {
        while self.separator.begins(&frame[at..]) {
            at += self.separator.len();
        }
        at
    }

    /// Return the position of the next separator or of the frame's end.
    fn piece_end(&self, frame: &[u8], at: usize) -> usize {
        self.separator
            .find(&frame[at..])
            .map_or(frame.len(), |len| at + len)
    }

    /// Return the length of the key at the start of a piece. With `spaced`, only some bytes can be part of a key.
    fn key_len(&self, piece: &[u8]) -> Option<usize> {
        let len = self.equals.find(piece)?;
        let is_key =
            !self.spaced || (len > 0 && piece[..len].iter().all(|byte| is_key_byte(*byte)));
        is_key.then_some(len)
    }

    /// Return the value that begins at `start`, whether its quote, if it has one, is closed, and where it ends.
    /// `piece_end` is the first separator after it.
    fn value(&self, frame: &[u8], start: usize, piece_end: usize) -> (Piece, bool, usize) {
        if let Some(quote) = self.quote.filter(|quote| frame.get(start) == Some(quote)) {
            let start = start + 1;
            return match find_unescaped(&frame[start..], quote) {
                Some(len) => (Piece::of_frame(start, start + len), true, start + len + 1),
                None => (Piece::of_frame(start, frame.len()), false, frame.len()),
            };
        }
        let end = if self.spaced {
            self.spaced_end(frame, piece_end)
        } else {
            piece_end
        };
        (Piece::of_frame(start, end), true, end)
    }

    /// Return the end of a value that can contain separators: before the separators in front of the next `key=`.
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

/// Return the range `start..end` without the spaces, tabs and carriage returns around it.
fn trimmed(frame: &[u8], mut start: usize, mut end: usize) -> (usize, usize) {
    let is_space = |byte: u8| matches!(byte, b' ' | b'\t' | b'\r');
    while start < end && is_space(frame[start]) {
        start += 1;
    }
    while start < end && is_space(frame[end - 1]) {
        end -= 1;
    }
    (start, end)
}
