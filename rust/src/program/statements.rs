//! Reading statements in braces (ADR 3, statements): `lease 192.0.2.7 { starts 6 2026/10/10 13:55:36; }`.

use super::cases::Cases;
use super::compiled::SlotMap;
use super::piece::{Piece, Slots};
use super::tokens::find_unescaped;
use crate::reject_code::RejectCode;

#[derive(Debug)]
pub(crate) struct Statements {
    /// The words of names and their slots, longest names first.
    names: Vec<(Vec<Box<[u8]>>, u16)>,
    pub cases: Cases,
}

/// A word's position in the frame, inside its quotes if it has some.
#[derive(Clone, Copy)]
struct Word {
    start: usize,
    end: usize,
    is_quoted: bool,
}

/// What a frame holds between blanks.
enum Token {
    Word(Word),
    End,
    Open,
    Close,
}

impl Statements {
    /// Compile the names of a map. Names are words apart by single spaces.
    pub fn new(map: SlotMap, cases: Cases) -> Result<Statements, String> {
        let mut names: Vec<_> = map
            .into_iter()
            .map(|(name, slot)| {
                let words: Vec<Box<[u8]>> =
                    name.split(|byte| *byte == b' ').map(Into::into).collect();
                (words, slot)
            })
            .collect();
        if names
            .iter()
            .any(|(words, _)| words.iter().any(|word| word.is_empty()))
        {
            return Err("the name of a statement is words apart by single spaces".into());
        }
        names.sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
        Ok(Statements { names, cases })
    }

    /// Fill the slots from a frame's statements.
    pub fn split(&self, frame: &[u8], at: usize, slots: &mut Slots) -> Result<(), RejectCode> {
        match self.read(frame, at, slots) {
            Some(true) => Ok(()),
            _ => Err(RejectCode::NoPattern),
        }
    }

    /// Return whether there are statements; None if something is malformed or a name occurs twice.
    fn read(&self, frame: &[u8], mut at: usize, slots: &mut Slots) -> Option<bool> {
        let (mut has_statements, mut depth) = (false, 0usize);
        let mut statement: Vec<Word> = Vec::new();
        while let Some((token, after)) = next_token(frame, at)? {
            at = after;
            match token {
                Token::Word(word) => {
                    statement.push(word);
                    continue;
                }
                Token::Open => depth += 1,
                Token::Close if statement.is_empty() => depth = depth.checked_sub(1)?,
                Token::Close => return None,
                Token::End => {}
            }
            has_statements |= !statement.is_empty();
            self.put(frame, &statement, slots)?;
            statement.clear();
        }
        (statement.is_empty() && depth == 0).then_some(has_statements)
    }

    /// Put the value of a statement into the slot of its name. Returns None if the slot is filled.
    fn put(&self, frame: &[u8], statement: &[Word], slots: &mut Slots) -> Option<()> {
        let has_name = |words: &[Box<[u8]>]| {
            statement.len() >= words.len()
                && words
                    .iter()
                    .zip(statement)
                    .all(|(name, word)| !word.is_quoted && **name == frame[word.start..word.end])
        };
        let Some((words, slot)) = self.names.iter().find(|(words, _)| has_name(words)) else {
            return Some(());
        };
        if !slots.get(*slot).is_absent() {
            return None;
        }
        let (first, last) = match &statement[words.len()..] {
            [] => (statement[0], statement[words.len() - 1]),
            [only] => (*only, *only),
            [first, .., last] => (first.with_quotes(), last.with_quotes()),
        };
        slots.set(*slot, Piece::of_frame(first.start, last.end));
        Some(())
    }
}

impl Word {
    /// Return the word with its quotes.
    fn with_quotes(self) -> Word {
        let quotes = usize::from(self.is_quoted);
        Word {
            start: self.start - quotes,
            end: self.end + quotes,
            is_quoted: self.is_quoted,
        }
    }
}

/// Return the next token and where it ends; Some(None) at the end of the frame; None if a quote is not closed.
fn next_token(frame: &[u8], mut at: usize) -> Option<Option<(Token, usize)>> {
    loop {
        match frame.get(at) {
            None => return Some(None),
            Some(b' ' | b'\t' | b'\r' | b'\n') => at += 1,
            Some(b'#') => {
                at += frame[at..]
                    .iter()
                    .take_while(|byte| **byte != b'\n')
                    .count()
            }
            Some(b';') => return Some(Some((Token::End, at + 1))),
            Some(b'{') => return Some(Some((Token::Open, at + 1))),
            Some(b'}') => return Some(Some((Token::Close, at + 1))),
            Some(b'"') => {
                let start = at + 1;
                let end = start + find_unescaped(&frame[start..], b'"')?;
                let word = Word {
                    start,
                    end,
                    is_quoted: true,
                };
                return Some(Some((Token::Word(word), end + 1)));
            }
            Some(_) => {
                let ends = |byte: &u8| {
                    matches!(
                        byte,
                        b' ' | b'\t' | b'\r' | b'\n' | b';' | b'{' | b'}' | b'"'
                    )
                };
                let end = frame[at..]
                    .iter()
                    .position(ends)
                    .map_or(frame.len(), |len| at + len);
                let word = Word {
                    start: at,
                    end,
                    is_quoted: false,
                };
                return Some(Some((Token::Word(word), end)));
            }
        }
    }
}
