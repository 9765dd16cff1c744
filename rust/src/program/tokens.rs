//! Patterns: literal text between pieces (ADR 3, Tokens). One pass, no step back.

use super::find::{Needle, find_byte};
use super::piece::{NO_SLOT, Piece, Slots};

pub(crate) type Pattern = Box<[Step]>;

/// One token, a piece and the text that ends it being one.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Text(Box<[u8]>),
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

impl Kind {
    #[inline]
    fn allows(self, piece: &[u8]) -> bool {
        match self {
            Kind::Until => true,
            Kind::Word => {
                !piece.is_empty() && !piece.iter().any(|byte| matches!(byte, b' ' | b'\t'))
            }
            Kind::Number => !piece.is_empty() && piece.iter().all(u8::is_ascii_digit),
        }
    }
}

/// Runs the pattern from `at` on and says where it ends, or None where it does not fit.
#[inline]
pub(crate) fn run(
    pattern: &[Step],
    frame: &[u8],
    mut at: usize,
    slots: &mut Slots,
) -> Option<usize> {
    for step in pattern {
        let rest = &frame[at..];
        let (slot, len, after) = match step {
            Step::Text(text) => {
                if !rest.starts_with(text) {
                    return None;
                }
                (NO_SLOT, 0, text.len())
            }
            Step::Take { kind, slot, stop } => {
                let len = stop.find(rest)?;
                if !kind.allows(&rest[..len]) {
                    return None;
                }
                (*slot, len, len + stop.len())
            }
            Step::Rest { kind, slot } => {
                if !kind.allows(rest) {
                    return None;
                }
                (*slot, rest.len(), rest.len())
            }
            Step::Quoted { slot } => {
                let len = quoted(rest)?;
                (*slot, len, len)
            }
            Step::Fixed { bytes, slot } => {
                if rest.len() < *bytes {
                    return None;
                }
                (*slot, *bytes, *bytes)
            }
            Step::Spaces => {
                let len = rest.iter().take_while(|byte| **byte == b' ').count();
                if len == 0 {
                    return None;
                }
                (NO_SLOT, 0, len)
            }
        };
        slots.set(slot, Piece::of_frame(at, at + len));
        at += after;
    }
    Some(at)
}

/// The first place of a quote that no backslash escapes.
#[inline]
pub(crate) fn quoted(text: &[u8]) -> Option<usize> {
    unescaped(text, b'"')
}

/// The first place of a byte that no backslash escapes. Each byte is looked at twice at most.
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
