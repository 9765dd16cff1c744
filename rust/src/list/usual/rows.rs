//! Rows of a list, their texts in one buffer.

use super::super::row::{Row, RowCode};
use crate::indicator::IndicatorKind;

/// Rows in file order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    text: String,
    rows: Vec<Stored>,
    /// Of a document: the place of each row and of each refusal, which have numbers of their own.
    pub places: Vec<RowPlace>,
    pub refused: Vec<Refused>,
    /// Rows with a start of their window that lost a reference without a date.
    pub undated: u64,
}

/// Where a row of a document is from: the line (from 0), the number of the element, and of a part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowPlace {
    pub line: u64,
    pub element: u64,
    pub part: u64,
}

/// A part of a document that gives no row: its number among the rows, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub number: u64,
    pub code: RowCode,
    pub reason: String,
}

/// Where the texts of a row end in the buffer: its first begins at `start`, each other where the one before ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stored {
    line: u64,
    start: usize,
    ends: [usize; 8],
}

/// How many rows there were at a time.
#[derive(Clone, Copy, Debug)]
pub struct RowMark {
    rows: usize,
    text: usize,
    places: usize,
    refused: usize,
    undated: u64,
}

impl Rows {
    /// No rows, and room for those of a document's part of so many bytes.
    pub fn with_room_for(bytes: usize) -> Rows {
        Rows {
            text: String::with_capacity(bytes / 2),
            rows: Vec::with_capacity(bytes / 256),
            places: Vec::with_capacity(bytes / 256),
            ..Rows::default()
        }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Add a row that flags a value from no stated time on.
    pub fn flag(
        &mut self,
        line: u64,
        kind: IndicatorKind,
        value: &str,
        category: &str,
        listed_on: &str,
    ) {
        self.push(
            line,
            [kind.name(), value, category, "", "", listed_on, "", ""],
        );
    }

    /// Add a row: line, kind, value, category, valid_from, valid_until, listed_on, opinion and reference.
    pub fn push(&mut self, line: u64, texts: [&str; 8]) {
        let start = self.text.len();
        let ends = texts.map(|text| {
            self.text.push_str(text);
            self.text.len()
        });
        self.rows.push(Stored { line, start, ends });
    }

    /// Add a row of a document, and return the number of the next.
    pub fn push_at(&mut self, place: RowPlace, number: u64, texts: [&str; 8]) -> u64 {
        self.push(number, texts);
        self.places.push(place);
        number + 1
    }

    /// Add a refusal, and return the number of the next.
    pub fn refuse(&mut self, place: RowPlace, number: u64, code: RowCode, reason: String) -> u64 {
        self.places.push(place);
        self.refused.push(Refused {
            number,
            code,
            reason,
        });
        number + 1
    }

    /// How much there is now.
    pub fn mark(&self) -> RowMark {
        RowMark {
            rows: self.rows.len(),
            text: self.text.len(),
            places: self.places.len(),
            refused: self.refused.len(),
            undated: self.undated,
        }
    }

    /// Leave out what was added since.
    pub fn truncate(&mut self, mark: RowMark) {
        self.rows.truncate(mark.rows);
        self.text.truncate(mark.text);
        self.places.truncate(mark.places);
        self.refused.truncate(mark.refused);
        self.undated = mark.undated;
    }

    /// Put rows into their order by line after others were added.
    pub fn sort_by_line(&mut self) {
        self.rows.sort_by_key(|row| row.line);
    }

    /// The line and the texts of a row.
    pub fn texts(&self, at: usize) -> (u64, [&str; 8]) {
        let stored = &self.rows[at];
        let mut start = stored.start;
        let texts = stored.ends.map(|end| {
            let text = &self.text[start..end];
            start = end;
            text
        });
        (stored.line, texts)
    }

    /// All rows as the builder takes them.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.len()).map(|at| {
            let (line, texts) = self.texts(at);
            Row::new(
                line,
                texts.map(|text| Some(text).filter(|text| !text.is_empty())),
            )
        })
    }
}
