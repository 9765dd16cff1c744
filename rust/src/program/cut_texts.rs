//! Texts that can be cut off: by the end of a member without a line end, or before their closing quote (ADR 3).

use super::compiled::Branch;
use super::document::{Case, Document, Line, Split, Take, Token};
use super::piece::{NO_SLOT, Piece, Slots};
use crate::reject_code::RejectCode;

/// Fields that say neither who visited what nor when.
const BESIDE: [&str; 7] = [
    "method",
    "status",
    "bytes",
    "user_agent",
    "referrer",
    "user",
    "dns_type",
];
/// Fields whose text is dropped if a byte of it is missing.
const WHOLE_OR_NONE: [&str; 1] = ["digests"];
const SITES: [&str; 4] = ["host", "url", "request", "names"];

/// How the lines end that fit a pattern.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tail {
    /// The slots show which text runs to the end of the frame.
    InSlots,
    Closed,
    /// The last piece takes all that is left. `begins_another`: the line can be the beginning of one with a site, or
    /// of another kind.
    Open {
        slot: u16,
        begins_another: bool,
    },
}

/// The slots of a program whose texts decide a frame, and those whose texts stay even if they are cut off.
#[derive(Debug)]
pub(crate) struct CutTexts {
    deciding: Box<[u16]>,
    stay: Box<[u16]>,
}

impl CutTexts {
    pub(super) fn new(document: &Document) -> CutTexts {
        let decides = |field: &str| !BESIDE.contains(&field) && !WHOLE_OR_NONE.contains(&field);
        let mut deciding = slots_of(document, decides);
        deciding.extend(cases(&document.split).iter().map(|case| case.slot));
        CutTexts {
            deciding: deciding.into(),
            stay: slots_of(document, |field| WHOLE_OR_NONE.contains(&field)).into(),
        }
    }

    /// Drop the texts that can be cut off, or return `cut-off` if who, what or when can be. `length` is that of the
    /// frame as it was split.
    pub fn drop_from(
        &self,
        slots: &mut Slots,
        branch: &Branch,
        length: usize,
        is_ended: bool,
    ) -> Result<(), RejectCode> {
        if branch.comment {
            let is_open = matches!(branch.tail, Tail::Open { .. }) && !is_ended;
            return if is_open {
                Err(RejectCode::CutOff)
            } else {
                Ok(())
            };
        }
        let unclosed = slots.unclosed();
        if unclosed != NO_SLOT {
            self.drop_slot(slots, unclosed)?;
        }
        match branch.tail {
            _ if is_ended => Ok(()),
            Tail::Closed => Ok(()),
            Tail::Open {
                begins_another: true,
                ..
            } => Err(RejectCode::CutOff),
            Tail::Open { slot, .. } => self.drop_slot(slots, slot),
            Tail::InSlots => {
                for slot in 0..slots.len() as u16 {
                    let span = slots.get(slot).in_frame();
                    if span.is_some_and(|(_, end)| end == length) {
                        self.drop_slot(slots, slot)?;
                    }
                }
                Ok(())
            }
        }
    }

    fn drop_slot(&self, slots: &mut Slots, slot: u16) -> Result<(), RejectCode> {
        if self.deciding.contains(&slot) {
            return Err(RejectCode::CutOff);
        }
        if !self.stay.contains(&slot) {
            slots.set(slot, Piece::ABSENT);
        }
        Ok(())
    }
}

/// Return the tail of each line pattern of a dissect format; none for other formats.
pub(super) fn tails(document: &Document) -> Vec<Tail> {
    let Split::Dissect(split) = &document.split else {
        return Vec::new();
    };
    let sites = slots_of(document, |field| SITES.contains(&field));
    split
        .lines
        .iter()
        .map(|line| {
            let Some(last) = line.tokens.last().filter(|last| takes_all(last)) else {
                return Tail::Closed;
            };
            let goes_on = |other: &Line| {
                !other.comment
                    && begins(line, other)
                    && (other.set != line.set || fills_more(line, other, &sites))
            };
            Tail::Open {
                slot: last.slot.unwrap_or(NO_SLOT),
                begins_another: split.lines.iter().any(goes_on),
            }
        })
        .collect()
}

fn takes_all(last: &Token) -> bool {
    let takes = |take| !matches!(take, Take::Fixed | Take::Quoted | Take::Spaces);
    last.take.is_some_and(takes)
}

/// Whether a pattern is the beginning of another, its last piece aside.
fn begins(line: &Line, other: &Line) -> bool {
    let place = match line.tokens.len() {
        0 | 1 => return true,
        length => length - 2,
    };
    if other.tokens.len() < line.tokens.len() || other.tokens[..place] != line.tokens[..place] {
        return false;
    }
    let (here, there) = (&line.tokens[place], &other.tokens[place]);
    let is_longer = |text: &String| {
        let longer = there.text.as_ref();
        longer.is_some_and(|longer| longer.starts_with(text.as_str()))
    };
    here == there || here.text.as_ref().is_some_and(is_longer)
}

/// Whether the other pattern fills one of these slots that the first one does not.
fn fills_more(line: &Line, other: &Line, sites: &[u16]) -> bool {
    let fills = |line: &Line, slot: u16| line.tokens.iter().any(|token| token.slot == Some(slot));
    sites
        .iter()
        .any(|&slot| fills(other, slot) && !fills(line, slot))
}

fn slots_of(document: &Document, takes: impl Fn(&str) -> bool) -> Vec<u16> {
    let rules = document.fields.iter().filter(|rule| takes(&rule.field));
    let choices = rules.flat_map(|rule| &rule.choices);
    choices
        .flat_map(|choice| choice.slots.iter().copied())
        .collect()
}

fn cases(split: &Split) -> &[Case] {
    match split {
        Split::Dissect(_) => &[],
        Split::Delimited(split) => &split.cases,
        Split::Json(split) => &split.cases,
        Split::KeyValue(split) => &split.cases,
        Split::Dnstap(split) => &split.cases,
        Split::Statements(split) => &split.cases,
    }
}
