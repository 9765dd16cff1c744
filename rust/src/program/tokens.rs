//! Patterns: literal text between pieces (ADR 3, Tokens). One pass, no step back.

use super::compiled::Branch;
use super::find::{Needle, find_any, find_byte, find_either};
use super::piece::{NO_SLOT, Piece, Slots};

pub(crate) type Pattern = Box<[Step]>;

/// One token, a piece and the text that ends it being one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Text(Needle),
    /// The piece up to `stop`, and `stop` itself.
    Take {
        kind: Kind,
        slot: u16,
        stop: Needle,
    },
    /// All that is left.
    Rest {
        kind: Kind,
        slot: u16,
    },
    Quoted {
        slot: u16,
    },
    Fixed {
        bytes: usize,
        slot: u16,
    },
    Spaces,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Until,
    Word,
    Number,
}

/// One pattern of a dissect format.
#[derive(Debug)]
pub(crate) struct Line {
    pub pattern: Pattern,
    pub branch: Branch,
    /// How many first steps are those of the line before: what they did need not be done again.
    pub shared: usize,
}

/// How far a line was run, so that the next goes on where they part.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trail {
    /// Where each step began.
    places: Vec<usize>,
    prefix: Vec<(u16, Piece)>,
}

impl Kind {
    #[inline]
    fn allows(self, piece: &[u8]) -> bool {
        match self {
            Kind::Until => true,
            Kind::Word => !piece.is_empty() && find_either(piece, b' ', b'\t').is_none(),
            Kind::Number => !piece.is_empty() && piece.iter().all(u8::is_ascii_digit),
        }
    }

    /// The length of the piece that `stop` ends.
    #[inline]
    fn take(self, text: &[u8], stop: &Needle) -> Option<usize> {
        match (self, stop.only()) {
            (Kind::Word, Some(b' ')) => {
                let len = find_either(text, b' ', b'\t')?;
                (len > 0 && text[len] == b' ').then_some(len)
            }
            (Kind::Word, Some(byte)) => {
                let len = find_any(text, [byte, b' ', b'\t'])?;
                (len > 0 && text[len] == byte).then_some(len)
            }
            (Kind::Number, Some(byte)) if !byte.is_ascii_digit() => {
                let len = text.iter().position(|byte| !byte.is_ascii_digit())?;
                (len > 0 && text[len] == byte).then_some(len)
            }
            _ => stop.find(text).filter(|len| self.allows(&text[..*len])),
        }
    }
}

impl Step {
    /// The slot that the step fills.
    pub fn slot(&self) -> u16 {
        match self {
            Step::Text(_) | Step::Spaces => NO_SLOT,
            Step::Take { slot, .. }
            | Step::Rest { slot, .. }
            | Step::Quoted { slot }
            | Step::Fixed { slot, .. } => *slot,
        }
    }

    /// Takes its piece at `at` and says where the next step begins, or None where it does not fit.
    #[inline]
    fn run(&self, frame: &[u8], at: usize, slots: &mut Slots) -> Option<usize> {
        let rest = &frame[at..];
        let (slot, len, after) = match self {
            Step::Take { kind, slot, stop } => {
                let len = kind.take(rest, stop)?;
                (*slot, len, len + stop.len())
            }
            Step::Text(text) => return text.begins(rest).then_some(at + text.len()),
            Step::Rest { kind, slot } => {
                (*slot, rest.len(), kind.allows(rest).then_some(rest.len())?)
            }
            Step::Quoted { slot } => {
                let len = unescaped(rest, b'"')?;
                (*slot, len, len)
            }
            Step::Fixed { bytes, slot } => {
                (*slot, *bytes, (*bytes <= rest.len()).then_some(*bytes)?)
            }
            Step::Spaces => {
                let len = rest.iter().take_while(|byte| **byte == b' ').count();
                return (len > 0).then_some(at + len);
            }
        };
        slots.set(slot, Piece::of_frame(at, at + len));
        Some(at + after)
    }
}

/// Runs a prefix and says where it ends, or None where it does not fit.
#[inline]
pub(crate) fn run(pattern: &[Step], frame: &[u8], slots: &mut Slots) -> Option<usize> {
    pattern
        .iter()
        .try_fold(0, |at, step| step.run(frame, at, slots))
}

/// The branch of the first line that fits the frame from `at` on, behind `prefix`.
pub(crate) fn first_line<'p>(
    lines: &'p [Line],
    prefix: &[Step],
    frame: &[u8],
    at: usize,
    slots: &mut Slots,
    trail: &mut Trail,
) -> Option<&'p Branch> {
    trail.start(prefix, slots, lines.len() > 1);
    let mut before: &[Step] = &[];
    let mut failed = 0;
    trail.places.push(at);
    for line in lines {
        if line.shared > failed {
            continue;
        }
        trail.go_back(before, line.shared, slots);
        before = &line.pattern;
        match trail.run(&line.pattern, frame, line.shared, slots) {
            Ok(end) if end == frame.len() => return Some(&line.branch),
            Ok(_) => failed = line.pattern.len(),
            Err(step) => failed = step,
        }
    }
    None
}

impl Trail {
    fn start(&mut self, prefix: &[Step], slots: &Slots, several: bool) {
        self.places.clear();
        self.prefix.clear();
        if several {
            let filled = prefix
                .iter()
                .map(Step::slot)
                .filter(|slot| *slot != NO_SLOT);
            self.prefix
                .extend(filled.map(|slot| (slot, slots.get(slot))));
        }
    }

    /// Empties the slots that steps after the `shared` ones have filled.
    #[inline]
    fn go_back(&mut self, before: &[Step], shared: usize, slots: &mut Slots) {
        if before.is_empty() {
            return;
        }
        for step in &before[shared..(self.places.len() - 1).min(before.len())] {
            let slot = step.slot();
            let of_prefix = self.prefix.iter().find(|(filled, _)| *filled == slot);
            slots.set(slot, of_prefix.map_or(Piece::ABSENT, |(_, piece)| *piece));
        }
        self.places.truncate(shared + 1);
    }

    /// Runs the steps from `shared` on: where they end, or which of them does not fit.
    #[inline]
    fn run(
        &mut self,
        pattern: &[Step],
        frame: &[u8],
        shared: usize,
        slots: &mut Slots,
    ) -> Result<usize, usize> {
        let mut at = self.places.last().copied().unwrap_or(0);
        for (number, step) in pattern.iter().enumerate().skip(shared) {
            at = step.run(frame, at, slots).ok_or(number)?;
            self.places.push(at);
        }
        Ok(at)
    }
}

/// How many first steps two lines share; none where a slot is filled twice, as it could not be emptied once.
pub(crate) fn shared_steps(before: &[Step], pattern: &[Step]) -> usize {
    let slots: Vec<u16> = before
        .iter()
        .map(Step::slot)
        .filter(|slot| *slot != NO_SLOT)
        .collect();
    if slots
        .iter()
        .enumerate()
        .any(|(number, slot)| slots[..number].contains(slot))
    {
        return 0;
    }
    before
        .iter()
        .zip(pattern)
        .take_while(|(one, other)| one == other)
        .count()
}

/// The first place of a byte that no backslash escapes. Each byte is looked at twice at most.
#[inline]
pub(crate) fn unescaped(text: &[u8], byte: u8) -> Option<usize> {
    let mut from = 0;
    let mut place = find_byte(text, byte)?;
    loop {
        if from > place {
            place = from + find_byte(&text[from..], byte)?;
        }
        match find_byte(&text[from..place], b'\\') {
            None => return Some(place),
            Some(escape) => from += escape + 2,
        }
    }
}
