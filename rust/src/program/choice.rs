//! Choices: whether their slots are present, and the text that the slots make (ADR 3, Fields).

use super::compiled::{Absent, Choice, Compiled, Read, Words};
use super::escapes::{Decode, are_labels_whole, host_of_url};
use super::fields::sources;
use super::piece::{Piece, Slots, Sources};

impl Choice {
    /// Whether the slots are present: all of them for a time, otherwise any.
    #[inline]
    pub fn is_there(&self, slots: &Slots, sources: &Sources, absent: &Absent) -> bool {
        let mut there = self
            .slots
            .iter()
            .map(|slot| self.slot_is_there(*slot, slots, sources, absent));
        if let Read::Time { .. } = self.read {
            there.all(|it| it)
        } else {
            there.any(|it| it)
        }
    }

    #[inline]
    fn slot_is_there(&self, slot: u16, slots: &Slots, sources: &Sources, absent: &Absent) -> bool {
        let is_there =
            |piece: Piece| !absent.may_hold(piece.len()) || !absent.holds(sources.text(piece));
        let first = slots.get(slot).present();
        let first = first.is_some_and(|piece| is_there(piece) && self.takes_some(sources, piece));
        first
            || (matches!(self.read, Read::Names { .. })
                && slots.more(slot).iter().any(|piece| is_there(*piece)))
    }

    /// Whether a part is left of the piece: of a path without a host, `url-host` takes nothing.
    #[inline]
    fn takes_some(&self, sources: &Sources, piece: Piece) -> bool {
        match self.decode {
            Some(Decode::UrlHost) => !host_of_url(sources.text(piece)).is_empty(),
            Some(Decode::Labels) => are_labels_whole(sources.text(piece)),
            _ => true,
        }
    }

    pub fn parts<'p>(
        &'p self,
        slots: &'p Slots,
        sources: &'p Sources,
        absent: &'p Absent,
    ) -> impl Iterator<Item = (usize, Piece)> {
        let there = |(_, slot): &(usize, &u16)| self.slot_is_there(**slot, slots, sources, absent);
        let places = self.slots.iter().enumerate().filter(there);
        places.map(|(place, slot)| (place, slots.get(*slot)))
    }

    /// Append the text of the present slots, decoded and joined, to the scratch.
    pub fn append(&self, slots: &Slots, frame: &[u8], scratch: &mut Vec<u8>, program: &Compiled) {
        let mut any = false;
        for (place, slot) in self.slots.iter().enumerate() {
            let piece = slots.get(*slot);
            let sources = sources(frame, scratch, program);
            if !self.slot_is_there(*slot, slots, &sources, &program.absent) {
                continue;
            }
            if any {
                scratch.extend_from_slice(&self.join);
            }
            any = true;
            let from = scratch.len();
            match piece.in_scratch() {
                Some(range) => scratch.extend_from_within(range),
                None => scratch.extend_from_slice(
                    Sources {
                        frame,
                        scratch: &[],
                        constants: &program.constants,
                    }
                    .text(piece),
                ),
            }
            if let Some(decode) = self.decode.and_then(|decode| decode.at(place)) {
                decode.undo(scratch, from);
            }
        }
    }
}

/// Return the constant for a text, compared in lower case.
pub(super) fn look_up(map: &Words, text: &[u8]) -> Option<Piece> {
    map.iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(text))
        .map(|(_, piece)| *piece)
}

/// Return a text without the spaces and tabs around it.
pub(super) fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}
