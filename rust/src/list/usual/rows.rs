//! Rows of a list, their texts in one buffer.

use super::super::row::Row;
use crate::indicator::IndicatorKind;

/// Rows in file order. `places` has the line (from 0) and the number of the object of each row of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    text: String,
    rows: Vec<Stored>,
    pub places: Vec<(u64, u64)>,
}

/// Where the texts of a row end in the buffer: its first begins at `start`, each other where the one before ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stored {
    line: u64,
    start: usize,
    ends: [usize; 8],
}

impl Rows {
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

    /// Leave out the rows from that one on. Each has a place, or none has.
    pub fn truncate(&mut self, count: usize) {
        if let Some(first) = self.rows.get(count) {
            self.text.truncate(first.start);
        }
        self.rows.truncate(count);
        self.places.truncate(count);
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
