//! Splitting columns between separators (ADR 3, delimited).

use std::sync::Arc;

use memchr::memchr;

use super::cases::Cases;
use super::compiled::{Columns, Header, SlotMap};
use super::document::QuoteEscape;
use super::needle::Needle;
use super::piece::{NO_SLOT, Piece, Slots};
use super::reader::without_blank_end;
use super::tokens::find_unescaped;
use crate::reject_code::RejectCode;

#[derive(Debug)]
pub(crate) struct Delimited {
    pub separator: Needle,
    pub repeat: bool,
    pub quote: Option<(u8, Option<QuoteEscape>)>,
    pub named_by: NamedBy,
    /// The names of columns and their slots.
    pub map: SlotMap,
    pub needs: Vec<Box<[u8]>>,
    pub more: bool,
    pub cases: Cases,
}

/// Where the names of columns come from.
#[derive(Debug)]
pub(crate) enum NamedBy {
    Format(Header),
    /// A frame that begins like this. Runs of the needle separate its names, if they are not separated like columns.
    Marker(Box<[u8]>, Option<Needle>),
    FirstLine,
}

/// A column's position in the frame, and whether it contains doubled quotes.
struct Column {
    start: usize,
    end: usize,
    doubled: bool,
}

impl Delimited {
    pub fn marker(&self) -> Option<&[u8]> {
        match &self.named_by {
            NamedBy::Marker(marker, _) => Some(marker),
            _ => None,
        }
    }

    pub fn header_is_first_line(&self) -> bool {
        matches!(self.named_by, NamedBy::FirstLine)
    }

    /// Return a frame without the blanks and CRs at its end that are no separators.
    pub fn without_blank_end<'f>(&self, frame: &'f [u8]) -> &'f [u8] {
        let is_kept =
            |byte: &u8| !matches!(byte, b' ' | b'\t' | b'\r') || *byte == self.separator.first();
        let end = frame.iter().rposition(is_kept);
        &frame[..end.map_or(0, |end| end + 1)]
    }

    /// Return the columns of these names.
    pub fn columns<N: AsRef<[u8]>>(&self, names: &[N]) -> Columns {
        let slot = |name: &N| {
            let known = self.map.iter().find(|(known, _)| **known == *name.as_ref());
            known.map_or(NO_SLOT, |(_, slot)| *slot)
        };
        let there = |needed: &[u8]| names.iter().any(|name| name.as_ref() == needed);
        Columns {
            slots: names.iter().map(slot).collect(),
            wrong: !self.needs.iter().all(|needed| there(needed)),
        }
    }

    /// Return the header in the text after a marker. Separators before it and blanks behind it are skipped.
    pub fn marked_header(&self, names: &[u8]) -> Header {
        if let NamedBy::Marker(_, Some(separator)) = &self.named_by {
            return Header(Arc::new(
                self.columns(&split_names(without_blank_end(names), separator)),
            ));
        }
        self.first_line_header(without_blank_end(&names[self.skip_separators(names, 0)..]))
    }

    /// Return the header in a line of names. A line with broken quotes has no names.
    pub fn first_line_header(&self, line: &[u8]) -> Header {
        let mut names = Vec::new();
        let whole = self.each_column(line, 0, |_, column| {
            names.push(column.text(line, self.quote.map_or(0, |(quote, _)| quote)));
            true
        });
        if whole.is_none() {
            names.clear();
        }
        Header(Arc::new(self.columns(&names)))
    }

    /// Fill the slots from a frame's columns.
    pub fn split(
        &self,
        frame: &[u8],
        at: usize,
        columns: &Columns,
        slots: &mut Slots,
        scratch: &mut Vec<u8>,
    ) -> Result<(), RejectCode> {
        if columns.wrong {
            return Err(RejectCode::WrongHeader);
        }
        let expected = columns.slots.len();
        let count = self.each_column(frame, at, |number, column| {
            let Some(&slot) = columns.slots.get(number) else {
                return self.more;
            };
            if column.doubled && slot != NO_SLOT {
                let start = scratch.len();
                scratch.extend(column.text(frame, self.quote.map_or(0, |(quote, _)| quote)));
                slots.set(slot, Piece::of_scratch(start, scratch.len()));
            } else {
                slots.set(slot, Piece::of_frame(column.start, column.end));
            }
            true
        });
        match count {
            Some(count) if count == expected || (self.more && count > expected) => Ok(()),
            _ => Err(RejectCode::ColumnCount),
        }
    }

    /// Call `see` with each column and return how many there were; None if quotes are broken or `see` returns false.
    #[inline]
    fn each_column(
        &self,
        line: &[u8],
        mut at: usize,
        mut see: impl FnMut(usize, Column) -> bool,
    ) -> Option<usize> {
        let mut count = 0;
        let mut frame = line;
        if self.repeat {
            at = self.skip_separators(frame, at);
            while at < frame.len() && self.separator.ends(&frame[at..]) {
                frame = &frame[..frame.len() - self.separator.len()];
            }
            if at == frame.len() {
                return Some(0);
            }
        }
        loop {
            let (column, after) = match self.quote {
                Some((quote, escape)) if frame.get(at) == Some(&quote) => {
                    self.quoted(frame, at, quote, escape)?
                }
                _ => {
                    let end = self
                        .separator
                        .find(&frame[at..])
                        .map_or(frame.len(), |len| at + len);
                    (
                        Column {
                            start: at,
                            end,
                            doubled: false,
                        },
                        end,
                    )
                }
            };
            if !see(count, column) {
                return None;
            }
            count += 1;
            if after == frame.len() {
                return Some(count);
            }
            at = after + self.separator.len();
            if self.repeat {
                at = self.skip_separators(frame, at);
            }
        }
    }

    fn skip_separators(&self, frame: &[u8], mut at: usize) -> usize {
        while self.separator.begins(&frame[at..]) {
            at += self.separator.len();
        }
        at
    }

    /// Return the column that begins with a quote at `at`, and where its separator or the end of the frame is.
    fn quoted(
        &self,
        frame: &[u8],
        at: usize,
        quote: u8,
        escape: Option<QuoteEscape>,
    ) -> Option<(Column, usize)> {
        let start = at + 1;
        let mut end = start;
        let mut doubled = false;
        match escape {
            Some(QuoteEscape::Backslash) => end += find_unescaped(&frame[start..], quote)?,
            None => end += memchr(quote, &frame[start..])?,
            Some(QuoteEscape::Double) => loop {
                end += memchr(quote, &frame[end..])?;
                if frame.get(end + 1) != Some(&quote) {
                    break;
                }
                doubled = true;
                end += 2;
            },
        }
        let after = end + 1;
        let ends_here = after == frame.len() || self.separator.begins(&frame[after..]);
        ends_here.then_some((
            Column {
                start,
                end,
                doubled,
            },
            after,
        ))
    }
}

impl Column {
    /// Return the column's text, with doubled quotes reduced to one.
    fn text(&self, frame: &[u8], quote: u8) -> Vec<u8> {
        let raw = &frame[self.start..self.end];
        if !self.doubled {
            return raw.to_vec();
        }
        let mut text = Vec::with_capacity(raw.len());
        let mut at = 0;
        while at < raw.len() {
            text.push(raw[at]);
            at += if raw[at] == quote { 2 } else { 1 };
        }
        text
    }
}

/// Return the names between runs of a separator.
fn split_names<'n>(mut names: &'n [u8], separator: &Needle) -> Vec<&'n [u8]> {
    let mut columns = Vec::new();
    while let Some(len) = separator.find(names) {
        columns.push(&names[..len]);
        names = &names[len + separator.len()..];
    }
    columns.push(names);
    columns.retain(|name| !name.is_empty());
    columns
}
