//! Exhibits' bytes: files, compression, archives; hashed as they are read.
//!
//! [`Input::read`] gives the decoded bytes of one exhibit, member after member; what a member is made of is told by its
//! first bytes, never by its name. [`Input::finish`] gives the identity of the exhibit: the SHA-256 of the whole outer
//! file, also where decoding broke off.

mod gzip;
mod inflate;
mod kind;
mod limits;
mod open;
mod outer;
mod stream;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

pub use limits::Limits;
pub use open::{OpenError, WhyNot};

use crate::record::Code;
use kind::Kind;
use limits::Budget;
use outer::{Outer, OuterStream, locked};
use stream::{Head, Stream};

/// What one call of [`Input::read`] gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// So many bytes at the start of the buffer; less than a full buffer only where a member ends or breaks off.
    Bytes(usize),
    /// What follows belongs to this archive member, until the next `Member`. The empty name is the exhibit itself: it
    /// stands before a break of the archive's own structure. An exhibit that is no archive has no members.
    Member(String),
    /// The current member cannot be read on. All its bytes before the break were given.
    Break(Code),
    /// Nothing is left.
    Done,
}

/// What was read, as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Of the outer file's bytes: the identity of the exhibit (ADR 1).
    pub sha256: [u8; 32],
    /// Bytes that went into the digest.
    pub size_bytes: u64,
    /// The file was longer at the end than when it was opened; the excess was not read.
    pub grew: bool,
}

/// One exhibit, opened.
pub struct Input {
    outer: Arc<Mutex<Outer>>,
    budget: Arc<Budget>,
    leaf: Option<Box<dyn Stream>>,
    ready: VecDeque<Piece>,
}

impl Input {
    /// The regular file at `path` (or where a symbolic link there leads), as long as it is now.
    pub fn open(path: &Path, limits: &Limits) -> Result<Input, OpenError> {
        let (file, size) = open::regular(path)?;
        Ok(Input::over(Outer::file(file, size), limits))
    }

    /// Standard input to its end, after `head`: what was taken from it already.
    pub fn stdin(head: Vec<u8>, limits: &Limits) -> Result<Input, OpenError> {
        let file: File = open::stdin()?;
        Ok(Input::over(Outer::pipe(head, Some(file)), limits))
    }

    /// Bytes in memory.
    pub fn bytes(bytes: Vec<u8>, limits: &Limits) -> Input {
        Input::over(Outer::pipe(bytes, None), limits)
    }

    /// How much of the outer file has been read.
    pub fn bytes_read(&self) -> u64 {
        locked(&self.outer).taken_bytes().load(Ordering::Relaxed)
    }

    fn over(outer: Outer, limits: &Limits) -> Input {
        let budget = Arc::new(Budget::new(limits, outer.taken_bytes()));
        let outer = Arc::new(Mutex::new(outer));
        let mut input = Input {
            outer: outer.clone(),
            budget,
            leaf: None,
            ready: VecDeque::new(),
        };
        input.unwrap_layers(Box::new(OuterStream(outer)));
        input
    }

    /// Fills `buffer` as far as the current member goes.
    pub fn read(&mut self, buffer: &mut [u8]) -> Piece {
        if let Some(piece) = self.ready.pop_front() {
            return piece;
        }
        match self.read_leaf(buffer) {
            0 => self.ready.pop_front().unwrap_or(Piece::Done),
            filled => Piece::Bytes(filled),
        }
    }

    /// Hashes what is left of the outer file and closes it. Fails where the file itself cannot be read.
    pub fn finish(self) -> io::Result<Finished> {
        drop(self.leaf);
        locked(&self.outer).finish()
    }

    fn read_leaf(&mut self, buffer: &mut [u8]) -> usize {
        let mut filled = 0;
        while let (Some(leaf), true) = (&mut self.leaf, filled < buffer.len()) {
            match leaf.read(&mut buffer[filled..]) {
                Ok(0) => self.leaf = None,
                Ok(count) => filled += count,
                Err(code) => {
                    self.leaf = None;
                    self.ready.push_back(Piece::Break(code));
                }
            }
        }
        filled
    }

    /// Takes one compression after the other off, down to plain bytes.
    fn unwrap_layers(&mut self, mut stream: Box<dyn Stream>) {
        for _ in 0..=self.budget.nesting() {
            let head = Head::of(stream);
            match Kind::of(head.bytes()) {
                Kind::Plain => {
                    self.leaf = Some(Box::new(head));
                    return;
                }
                Kind::Gzip => {
                    stream = Box::new(gzip::Gzip::new(Box::new(head), self.budget.clone()))
                }
            }
        }
        self.ready.push_back(Piece::Break(Code::DecompressionLimit));
    }
}
