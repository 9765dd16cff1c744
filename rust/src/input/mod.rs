//! Exhibits' bytes: files, compression, archives; hashed as they are read.
//!
//! [`Input::read`] gives the decoded bytes of one exhibit, member after member; what a member is made of is told by its
//! first bytes, never by its name. [`Input::finish`] gives the identity of the exhibit: the SHA-256 of the whole outer
//! file, also where decoding broke off.

mod archive;
mod codec;
mod detection;
mod entry;
mod gzip;
mod inflate;
mod kind;
mod limits;
mod name;
mod open;
mod outer;
mod seek;
mod stream;
mod tar;
mod unlisted;
mod zip;

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

use crate::reject_code::RejectCode;
use archive::Archive;
use detection::detect_kind;
use entry::Entry;
use kind::Kind;
use limits::{Budget, Metered};
use outer::{Outer, OuterStream, locked};
use seek::{Seekable, Spool};
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
    Break(RejectCode),
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
    /// The archives around the current member, the innermost last.
    levels: Vec<Level>,
    /// The current member's bytes.
    leaf: Option<Box<dyn Stream>>,
    /// What is to be given before anything else is read.
    ready: VecDeque<Piece>,
}

/// An archive that is being read.
struct Level {
    archive: Archive,
    name: String,
    /// Compressions and archives around its members, itself included.
    depth: usize,
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
        let (levels, leaf, ready) = (Vec::new(), None, VecDeque::new());
        let mut input = Input {
            outer: outer.clone(),
            budget,
            levels,
            leaf,
            ready,
        };
        input.enter(Box::new(OuterStream(outer)), None, 0);
        input
    }

    /// Fills `buffer` as far as the current member goes.
    pub fn read(&mut self, buffer: &mut [u8]) -> Piece {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                return piece;
            }
            if self.leaf.is_none() {
                match self.levels.pop() {
                    Some(level) => self.next_member(level),
                    None => return Piece::Done,
                }
            } else if buffer.is_empty() {
                return Piece::Bytes(0);
            } else if let filled @ 1.. = self.read_leaf(buffer) {
                return Piece::Bytes(filled);
            }
        }
    }

    /// Hashes what is left of the outer file and closes it. Fails where the file itself cannot be read.
    pub fn finish(self) -> io::Result<Finished> {
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
                    self.break_off(None, code);
                }
            }
        }
        filled
    }

    /// Tells of a break. Where a limit of the whole exhibit is exceeded, nothing comes after it.
    fn break_off(&mut self, name: Option<String>, code: RejectCode) {
        self.ready.extend(name.map(Piece::Member));
        self.ready.push_back(Piece::Break(code));
        if self.budget.exceeded() {
            self.levels.clear();
        }
    }

    fn next_member(&mut self, mut level: Level) {
        match level.archive.next() {
            Entry::Member(name, stream) => {
                let (name, depth) = (name::joined(&level.name, &name), level.depth);
                self.levels.push(level);
                match self.budget.count_member() {
                    Ok(()) => self.enter(stream, Some(name), depth),
                    Err(code) => self.break_off(Some(name), code),
                }
            }
            Entry::Refused(name, code) => {
                let name = name::joined(&level.name, &name);
                self.levels.push(level);
                self.break_off(Some(name), code);
            }
            Entry::Skipped => self.levels.push(level),
            Entry::End => {}
            Entry::Broken(code) => self.break_off(Some(level.name), code),
        }
    }

    /// Takes one compression after the other off, down to plain bytes or to an archive. The exhibit itself has no name.
    fn enter(&mut self, mut stream: Box<dyn Stream>, name: Option<String>, around: usize) {
        for depth in around.. {
            let head = Head::of(stream);
            let kind = detect_kind(head.bytes());
            let inner = match kind {
                Kind::Plain => {
                    self.ready.extend(name.map(Piece::Member));
                    self.leaf = Some(Box::new(head));
                    return;
                }
                Kind::Foreign => Err(RejectCode::MemberUnsupported),
                _ if depth == self.budget.nesting() => Err(RejectCode::DecompressionLimit),
                Kind::Tar | Kind::Zip => match self.archive(kind, head, depth) {
                    Ok(archive) => {
                        self.levels.push(Level {
                            archive,
                            name: name.unwrap_or_default(),
                            depth: depth + 1,
                        });
                        return;
                    }
                    Err(code) => Err(code),
                },
                Kind::Gzip => Ok(Box::new(gzip::Gzip::new(Box::new(head))) as Box<dyn Stream>),
                Kind::Zstd | Kind::Xz | Kind::Bzip2 => codec::decoded(kind, Box::new(head)),
            };
            match inner {
                Ok(inner) => stream = Box::new(Metered::new(inner, &self.budget)),
                Err(code) => return self.break_off(name, code),
            }
        }
    }

    /// The archive that begins with `head`. A zip is read in place where it is the outer file, else from memory.
    fn archive(&self, kind: Kind, head: Head, depth: usize) -> Result<Archive, RejectCode> {
        if kind == Kind::Tar {
            return Ok(Archive::tar(Box::new(head)));
        }
        let in_place = locked(&self.outer).seekable_bytes().filter(|_| depth == 0);
        let (bytes, whole) = match in_place {
            Some(size) => (Seekable::Outer(self.outer.clone(), size), true),
            None => {
                let (spool, whole) = Spool::of(Box::new(head), &self.budget)?;
                (Seekable::Memory(Arc::new(spool)), whole)
            }
        };
        Ok(Archive::Zip(zip::Zip::new(bytes, whole, &self.budget)?))
    }
}
