//! Fields that are read only on request. Hits need all of them; most records need none.

use std::borrow::Cow;

use super::choice::{look_up, trim};
use super::compiled::{Branch, Choice, Compiled, Lazy, Read};
use super::needle::Needle;
use super::piece::{Piece, Slots, Sources};

/// The slots of one frame and its branch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LazyFields<'r> {
    pub program: &'r Compiled,
    pub slots: &'r Slots,
    pub sources: Sources<'r>,
    pub branch: &'r Branch,
}

impl<'r> LazyFields<'r> {
    pub fn text(&self, field: Lazy) -> Option<Cow<'r, [u8]>> {
        let choices = &self.program.texts[field as usize];
        self.chosen(choices).or_else(|| {
            let set = &self.branch.set;
            let constant = match field {
                Lazy::DnsType => set.dns_type,
                Lazy::DnsAction => set.dns_action,
                Lazy::RecordKind => set.record_kind,
                Lazy::UserAgent | Lazy::Referrer | Lazy::User => Piece::ABSENT,
            };
            constant
                .present()
                .map(|piece| Cow::Borrowed(self.sources.text(piece)))
        })
    }

    fn chosen(&self, choices: &[Choice]) -> Option<Cow<'r, [u8]>> {
        let choice = choices
            .iter()
            .find(|it| it.is_there(self.slots, &self.sources, &self.program.absent))?;
        let text = self.joined(choice);
        let Read::Word(map) = &choice.read else {
            return Some(text);
        };
        match map {
            Some(map) => look_up(map, &text).map(|piece| Cow::Borrowed(self.sources.text(piece))),
            None if text.iter().any(u8::is_ascii_uppercase) => {
                Some(text.to_ascii_lowercase().into())
            }
            None => Some(text),
        }
    }

    fn joined(&self, choice: &Choice) -> Cow<'r, [u8]> {
        if let [slot] = *choice.slots {
            let text = self.sources.text(self.slots.get(slot));
            if choice.decode.is_none_or(|decode| !decode.concerns(text)) {
                return Cow::Borrowed(text);
            }
        }
        let mut text = Vec::new();
        for (number, (place, piece)) in choice
            .parts(self.slots, &self.sources, &self.program.absent)
            .enumerate()
        {
            if number > 0 {
                text.extend_from_slice(&choice.join);
            }
            let from = text.len();
            text.extend_from_slice(self.sources.text(piece));
            if let Some(decode) = choice.decode.and_then(|decode| decode.at(place)) {
                decode.undo(&mut text, from);
            }
        }
        text.into()
    }

    /// Call `see` with each of the other hosts or addresses that can match, from the first choice that has any.
    pub fn each_name(&self, see: impl FnMut(&[u8])) {
        self.each_of(&self.program.names, see);
    }

    /// Call `see` with each digest that the record gives of the file, in lower case.
    pub fn each_digest(&self, mut see: impl FnMut(&str)) {
        self.each_of(&self.program.digests, |text| {
            let is_digest =
                matches!(text.len(), 32 | 40 | 64) && text.iter().all(u8::is_ascii_hexdigit);
            if let Some(text) = std::str::from_utf8(text).ok().filter(|_| is_digest) {
                see(&text.to_ascii_lowercase());
            }
        });
    }

    /// Call `see` with each value of the first choice that has any.
    fn each_of(&self, choices: &[Choice], mut see: impl FnMut(&[u8])) {
        for choice in choices {
            let mut any = false;
            self.each_name_of(choice, |name| {
                any = true;
                see(name);
            });
            if any {
                return;
            }
        }
    }

    fn each_name_of(&self, choice: &Choice, mut see: impl FnMut(&[u8])) {
        let Read::Names { split } = &choice.read else {
            return;
        };
        let absent = &self.program.absent;
        let mut decoded = Vec::new();
        for (place, slot) in choice.slots.iter().enumerate() {
            let first = self.slots.get(*slot).present();
            for piece in first.iter().chain(self.slots.more(*slot)) {
                let mut text = self.sources.text(*piece);
                if absent.holds(text) {
                    continue;
                }
                let decode = choice.decode.and_then(|decode| decode.at(place));
                if let Some(decode) = decode.filter(|decode| decode.concerns(text)) {
                    decoded.clear();
                    decoded.extend_from_slice(text);
                    decode.undo(&mut decoded, 0);
                    text = &decoded;
                }
                each_part(text, split.as_ref(), |part| {
                    let part = trim(part);
                    if !absent.holds(part) {
                        see(part);
                    }
                });
            }
        }
    }
}

fn each_part(mut text: &[u8], split: Option<&Needle>, mut see: impl FnMut(&[u8])) {
    if let Some(split) = split {
        while let Some(len) = split.find(text) {
            see(&text[..len]);
            text = &text[len + split.len()..];
        }
    }
    see(text);
}
