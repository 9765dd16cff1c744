//! The hits of each exhibit, cut into segments in the order in which they come.

use std::io;
use std::path::PathBuf;

use arrow_array::RecordBatch;

use super::seal::{Held, Sealed, seal};
use super::tree::RowKey;
use crate::scan::json_array;

/// When a segment ends: the row that reaches either is its last.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub rows: usize,
    /// Of canonical rows.
    pub text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            rows: 4_000_000,
            text_bytes: 256 << 20,
        }
    }
}

/// Where segments go, and what they are sealed with.
#[derive(Clone, Debug)]
pub struct Plan {
    /// It is there, and empty.
    pub folder: PathBuf,
    /// One for each exhibit.
    pub keys: Vec<RowKey>,
    pub limits: Limits,
}

/// The segments of a scan while it goes on.
pub struct Segments {
    plan: Plan,
    /// How many files are written.
    files: usize,
    held: Held,
    sealed: Vec<Sealed>,
}

impl Segments {
    pub fn new(plan: Plan) -> Segments {
        Segments {
            plan,
            files: 0,
            held: Held::default(),
            sealed: Vec::new(),
        }
    }

    /// Take rows of an exhibit in, in order.
    pub fn add(&mut self, exhibit: usize, batch: &RecordBatch) -> io::Result<()> {
        let mut from = 0;
        for row in 0..batch.num_rows() {
            json_array(batch, row, self.held.next_text());
            self.held.end_text();
            let limits = self.plan.limits;
            if self.held.rows() >= limits.rows || self.held.text_bytes() >= limits.text_bytes {
                self.held.batches.push(batch.slice(from, row + 1 - from));
                from = row + 1;
                self.seal(exhibit)?;
            }
        }
        if from < batch.num_rows() {
            self.held
                .batches
                .push(batch.slice(from, batch.num_rows() - from));
        }
        Ok(())
    }

    /// Seal what is left of an exhibit; all its segments.
    pub fn end(&mut self, exhibit: usize) -> io::Result<Vec<Sealed>> {
        if self.held.rows() > 0 {
            self.seal(exhibit)?;
        }
        Ok(std::mem::take(&mut self.sealed))
    }

    fn seal(&mut self, exhibit: usize) -> io::Result<()> {
        let name = format!("{:06}.parquet", self.files);
        self.files += 1;
        let held = std::mem::take(&mut self.held);
        let key = self
            .plan
            .keys
            .get(exhibit)
            .ok_or_else(|| io::Error::other("a row key is missing"))?;
        self.sealed.push(seal(held, &self.plan.folder, name, key)?);
        Ok(())
    }
}
