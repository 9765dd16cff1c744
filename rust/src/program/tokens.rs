//! Patterns: literal text between pieces (ADR 3, Tokens). A pattern is matched in one pass, without backtracking.

use super::compiled::Branch;
use super::needle::{
    Needle, count_leading_digits, count_leading_spaces, find_any, find_byte, find_either,
};
use super::piece::{NO_SLOT, Piece, Slots};

pub(crate) type Pattern = Box<[Step]>;

/// One token. A piece and the text that ends it are one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Text(Needle),
    /// The piece up to `stop`, and `stop`.
    Take {
        kind: Kind,
        slot: u16,
        stop: Needle,
    },
    /// Like `Take`, for the most common patterns: a word and a space, a word and a sign, a number and a sign, bytes
    /// and a sign.
    WordSpace {
        slot: u16,
    },
    WordSign {
        slot: u16,
        sign: u8,
    },
    NumberSign {
        slot: u16,
        sign: u8,
    },
    UntilSign {
        slot: u16,
        sign: u8,
    },
    /// The piece up to the last occurrence but `count - 1` of `stop` that ends before `before`, and that `stop`.
    Last {
        slot: u16,
        stop: Needle,
        count: u8,
        before: Option<Needle>,
    },
    /// The rest of the frame.
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
    /// The name of a host with a dot in it, and perhaps a port: no address.
    Name,
    /// A word without a dot, and perhaps a port: neither a host with a dot nor an address.
    Label,
}

/// One pattern of a dissect format.
#[derive(Debug)]
pub(crate) struct Line {
    pub pattern: Pattern,
    pub branch: Branch,
    /// How many first steps are the same as in the line before, and need not run again.
    pub shared: usize,
}

/// How far a line pattern matched, so that the next one can continue where the two differ.
#[derive(Clone, Debug)]
pub(crate) struct LineProgress {
    /// Where each step began.
    places: Vec<usize>,
    prefix: Vec<(u16, Piece)>,
}

impl Kind {
    #[inline]
    pub fn allows(self, piece: &[u8]) -> bool {
        match self {
            Kind::Until => true,
            Kind::Word => !piece.is_empty() && find_either(piece, b' ', b'\t').is_none(),
            Kind::Number => !piece.is_empty() && piece.iter().all(u8::is_ascii_digit),
            Kind::Name => is_dotted_name(piece),
            Kind::Label => is_label(piece),
        }
    }
}

impl Step {
    /// Return the step that takes a piece up to `stop`.
    pub fn take(kind: Kind, slot: u16, stop: Needle) -> Step {
        match (kind, stop.only()) {
            (Kind::Word, Some(b' ')) => Step::WordSpace { slot },
            (Kind::Word, Some(sign)) => Step::WordSign { slot, sign },
            (Kind::Number, Some(sign)) if !sign.is_ascii_digit() => Step::NumberSign { slot, sign },
            (Kind::Until, Some(sign)) => Step::UntilSign { slot, sign },
            _ => Step::Take { kind, slot, stop },
        }
    }

    /// Return the slot that the step fills.
    pub fn slot(&self) -> u16 {
        match self {
            Step::Text(_) | Step::Spaces => NO_SLOT,
            Step::Take { slot, .. }
            | Step::WordSpace { slot }
            | Step::WordSign { slot, .. }
            | Step::NumberSign { slot, .. }
            | Step::UntilSign { slot, .. }
            | Step::Last { slot, .. }
            | Step::Rest { slot, .. }
            | Step::Quoted { slot }
            | Step::Fixed { slot, .. } => *slot,
        }
    }

    /// Match the step at `at` and return where the next one begins; None if it does not match.
    #[inline(always)]
    fn run(&self, frame: &[u8], at: usize, slots: &mut Slots) -> Option<usize> {
        let rest = frame.get(at..)?;
        let (slot, len, after) = match self {
            Step::WordSpace { slot } => {
                let len = find_either(rest, b' ', b'\t')?;
                if len == 0 || rest[len] != b' ' {
                    return None;
                }
                (*slot, len, len + 1)
            }
            Step::WordSign { slot, sign } => {
                let len = find_any(rest, [*sign, b' ', b'\t'])?;
                if len == 0 || rest[len] != *sign {
                    return None;
                }
                (*slot, len, len + 1)
            }
            Step::NumberSign { slot, sign } => {
                let len = count_leading_digits(rest);
                if len == 0 || rest.get(len) != Some(sign) {
                    return None;
                }
                (*slot, len, len + 1)
            }
            Step::UntilSign { slot, sign } => {
                let len = find_byte(rest, *sign)?;
                (*slot, len, len + 1)
            }
            Step::Take { kind, slot, stop } => {
                let len = stop.find(rest)?;
                if !kind.allows(&rest[..len]) {
                    return None;
                }
                (*slot, len, len + stop.len())
            }
            Step::Last {
                slot,
                stop,
                count,
                before,
            } => {
                let len = last_place(rest, stop, *count, before.as_ref())?;
                (*slot, len, len + stop.len())
            }
            Step::Text(text) => return text.begins(rest).then_some(at + text.len()),
            Step::Rest { kind, slot } => {
                (*slot, rest.len(), kind.allows(rest).then_some(rest.len())?)
            }
            Step::Quoted { slot } => {
                let len = find_unescaped(rest, b'"')?;
                (*slot, len, len)
            }
            Step::Fixed { bytes, slot } => {
                (*slot, *bytes, (*bytes <= rest.len()).then_some(*bytes)?)
            }
            Step::Spaces => {
                let len = count_leading_spaces(rest);
                return (len > 0).then_some(at + len);
            }
        };
        slots.set(slot, Piece::of_frame(at, at + len));
        Some(at + after)
    }
}

/// Match a prefix and return where it ends; None if it does not match.
#[inline]
pub(crate) fn run(pattern: &[Step], frame: &[u8], slots: &mut Slots) -> Option<usize> {
    pattern
        .iter()
        .try_fold(0, |at, step| step.run(frame, at, slots))
}

/// Return the branch of the first line pattern that matches the frame from `at` on. The pieces of the prefix stay.
#[inline]
pub(crate) fn first_line<'p>(
    lines: &'p [Line],
    frame: &[u8],
    at: usize,
    slots: &mut Slots,
    progress: &mut LineProgress,
) -> Option<&'p Branch> {
    let (first, others) = lines.split_first()?;
    progress.places[0] = at;
    let mut failed = match progress.run(&first.pattern, frame, 0, slots) {
        Ok(end) if end == frame.len() => return Some(&first.branch),
        Ok(_) => first.pattern.len(),
        Err(step) => step,
    };
    let mut before: &[Step] = &first.pattern;
    for line in others {
        // This line begins with the step that did not match.
        if line.shared > failed {
            continue;
        }
        for step in &before[line.shared..failed] {
            slots.set(step.slot(), progress.of_prefix(step.slot()));
        }
        before = &line.pattern;
        failed = match progress.run(&line.pattern, frame, line.shared, slots) {
            Ok(end) if end == frame.len() => return Some(&line.branch),
            Ok(_) => line.pattern.len(),
            Err(step) => step,
        }
    }
    None
}

impl LineProgress {
    /// Return room for patterns of up to `steps` steps.
    pub fn new(steps: usize) -> LineProgress {
        LineProgress {
            places: vec![0; steps + 1],
            prefix: Vec::new(),
        }
    }

    /// Store the pieces of a prefix.
    #[inline]
    pub fn store_prefix(&mut self, prefix: &[Step], slots: &Slots) {
        self.prefix.clear();
        for slot in prefix
            .iter()
            .map(Step::slot)
            .filter(|slot| *slot != NO_SLOT)
        {
            self.prefix.push((slot, slots.get(slot)));
        }
    }

    fn of_prefix(&self, slot: u16) -> Piece {
        self.prefix
            .iter()
            .find(|(filled, _)| *filled == slot)
            .map_or(Piece::ABSENT, |(_, piece)| *piece)
    }

    /// Match the steps from `shared` on. Returns where they end, or which step does not match.
    #[inline(always)]
    fn run(
        &mut self,
        pattern: &[Step],
        frame: &[u8],
        shared: usize,
        slots: &mut Slots,
    ) -> Result<usize, usize> {
        let mut at = self.places[shared];
        for (number, step) in pattern.iter().enumerate().skip(shared) {
            at = step.run(frame, at, slots).ok_or(number)?;
            self.places[number + 1] = at;
        }
        Ok(at)
    }
}

/// Whether a piece is a word other than `-`, without a dot, and without a colon but that of a port.
fn is_label(piece: &[u8]) -> bool {
    let ends_label = |byte: &u8| matches!(byte, b' ' | b'\t' | b'.' | b':');
    match without_port(piece) {
        Some(b"" | b"-") | None => false,
        Some(word) => !word.iter().any(ends_label),
    }
}

/// Return what stands before the first colon; None if no port follows that colon.
fn without_port(piece: &[u8]) -> Option<&[u8]> {
    let Some(colon) = memchr::memchr(b':', piece) else {
        return Some(piece);
    };
    let port = &piece[colon + 1..];
    let is_port = (1..=5).contains(&port.len()) && port.iter().all(u8::is_ascii_digit);
    is_port.then_some(&piece[..colon])
}

/// Whether a piece is a host name of two labels or more, with a port or without: letters, digits, `-`, `_` and what is
/// not ASCII. The last label begins with no digit or sign, so that no address is a name, and no duration (`0.123ms`).
fn is_dotted_name(piece: &[u8]) -> bool {
    const MAX_BYTES: usize = 260;
    let is_letter = |byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii();
    let is_of_label =
        |byte: &u8| is_letter(byte) || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    let Some(name) = without_port(piece) else {
        return false;
    };
    let name = name.strip_suffix(b".").unwrap_or(name);
    let mut labels = 0;
    let mut last: &[u8] = &[];
    for label in name.split(|byte| *byte == b'.') {
        if label.is_empty() || !label.iter().all(is_of_label) {
            return false;
        }
        labels += 1;
        last = label;
    }
    piece.len() <= MAX_BYTES && labels > 1 && last.first().is_some_and(is_letter)
}

/// Return how many first steps two line patterns share; 0 if a pattern fills a slot twice, because it could not be
/// cleared once.
pub(crate) fn count_shared_steps(before: &[Step], pattern: &[Step]) -> usize {
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

/// Return the last position but `count - 1` of `stop` that ends before `before`.
pub(crate) fn last_place(
    text: &[u8],
    stop: &Needle,
    count: u8,
    before: Option<&Needle>,
) -> Option<usize> {
    let mut len = match before {
        Some(before) => before.find(text)?,
        None => text.len(),
    };
    for _ in 0..count {
        len = stop.find_last(&text[..len])?;
    }
    Some(len)
}

/// Return the first position of a byte that no backslash escapes.
#[inline]
pub(crate) fn find_unescaped(text: &[u8], byte: u8) -> Option<usize> {
    let mut at = 0;
    loop {
        at += find_either(text.get(at..)?, byte, b'\\')?;
        if text[at] == byte {
            return Some(at);
        }
        at += 2;
    }
}
