//! Reading the bytes of exhibits: files, compression, archives. They are hashed as they are read.
//!
//! [`Input::read`] returns the decoded bytes of one exhibit, member after member. The first bytes of a member decide
//! its kind, never its name. [`Input::finish`] returns the identity of the exhibit: the SHA-256 of the whole outer
//! file, even if decoding stopped early.

mod archive;
mod codec;
mod detection;
mod entry;
mod exhibit_file;
mod gzip;
mod inflate;
mod kind;
mod limits;
mod name;
mod outer_file;
mod seekable;
mod stored_file;
mod stream;
mod tar;
mod unlisted_entries;
mod zip;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

pub use exhibit_file::{OpenError, OpenErrorKind};
pub use limits::Limits;
pub use stored_file::RemoteFile;

use crate::reject_code::RejectCode;
use archive::Archive;
use detection::detect_kind;
use entry::Entry;
use kind::Kind;
use limits::{Budget, MeteredStream};
use outer_file::{Outer, OuterStream, lock};
use seekable::{Seekable, Spool};
use stored_file::StoredFile;
use stream::{PeekedStream, Stream};

/// The result of one call of [`Input::read`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The number of bytes at the start of the buffer. It is less than a full buffer only where a member ends or
    /// breaks off.
    Bytes(usize),
    /// The bytes that follow belong to this archive member, until the next `Member`. The empty name is the exhibit
    /// itself; it precedes a break of the archive's own structure. An exhibit that is no archive has no members.
    Member(String),
    /// The rest of the current member cannot be read. All its bytes before the break were returned.
    Break(RejectCode),
    /// Nothing is left.
    Done,
}

/// The digest and the size of the outer file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputDigest {
    /// SHA-256 of the outer file: the identity of the exhibit (ADR 1).
    pub sha256: [u8; 32],
    /// The number of bytes in the digest.
    pub size_bytes: u64,
    /// The file was longer at the end than when it was opened. The additional bytes were not read.
    pub grew: bool,
}

/// One open exhibit.
pub struct Input {
    outer: Arc<Mutex<Outer>>,
    budget: Arc<Budget>,
    /// The archives around the current member, the innermost last.
    levels: Vec<Level>,
    /// The current member's bytes.
    leaf: Option<Box<dyn Stream>>,
    /// Pieces to return before anything else is read.
    ready: VecDeque<Piece>,
    /// Where the current entry of the outermost archive begins in the file. None if the file is no archive itself, or if
    /// entries are not in the order in which they are stored: then no part of it can be read alone.
    entry_offset: Option<u64>,
    is_in_order: bool,
}

/// An archive that is being read.
struct Level {
    archive: Archive,
    name: String,
    /// How many compressions and archives contain its members, including itself.
    depth: usize,
}

impl Input {
    /// Open the regular file at `path`, or the target of a symbolic link, at its current length.
    pub fn open(path: &Path, limits: &Limits) -> Result<Input, OpenError> {
        let (file, size) = exhibit_file::regular(path)?;
        let file = StoredFile::Local(file);
        Ok(Input::from_source(Outer::file(file, size), limits))
    }

    /// Open a file of which other members are read elsewhere, and which is hashed there.
    pub fn open_part(path: &Path, limits: &Limits) -> Result<Input, OpenError> {
        let (file, size) = exhibit_file::regular(path)?;
        let outer = Outer::file(StoredFile::Local(file), size).without_hash();
        Ok(Input::from_source(outer, limits))
    }

    /// Return where the entry begins that the current member is in, or None if the file cannot be read in parts.
    pub fn entry_offset(&self) -> Option<u64> {
        self.entry_offset.filter(|_| self.is_in_order)
    }

    /// Return how many bytes were decoded so far.
    pub fn decoded_bytes(&self) -> u64 {
        self.budget.spent_bytes()
    }

    /// Read no further.
    pub fn stop(&mut self) {
        self.levels.clear();
        self.ready.clear();
        self.leaf = None;
    }

    /// Read an exhibit that is kept elsewhere.
    pub fn remote(file: Arc<dyn RemoteFile>, limits: &Limits) -> Input {
        let size = file.size();
        Input::from_source(Outer::file(StoredFile::Remote(file), size), limits)
    }

    /// Open standard input. `head` holds the bytes that were already read from it.
    pub fn stdin(head: Vec<u8>, limits: &Limits) -> Result<Input, OpenError> {
        let file: File = exhibit_file::stdin()?;
        Ok(Input::from_source(Outer::pipe(head, Some(file)), limits))
    }

    /// Open bytes in memory.
    pub fn bytes(bytes: Vec<u8>, limits: &Limits) -> Input {
        Input::from_source(Outer::pipe(bytes, None), limits)
    }

    /// Return how much of the outer file has been read.
    pub fn bytes_read(&self) -> u64 {
        lock(&self.outer).taken_bytes().load(Ordering::Relaxed)
    }

    fn from_source(outer: Outer, limits: &Limits) -> Input {
        let budget = Arc::new(Budget::new(limits, outer.taken_bytes()));
        let outer = Arc::new(Mutex::new(outer));
        let (levels, leaf, ready) = (Vec::new(), None, VecDeque::new());
        let mut input = Input {
            outer: outer.clone(),
            budget,
            levels,
            leaf,
            ready,
            entry_offset: None,
            is_in_order: true,
        };
        input.enter(Box::new(OuterStream(outer)), None, 0);
        input
    }

    /// Fill `buffer` as far as the current member goes.
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

    /// Leave out the rest of the current member, without reading it where what follows does not depend on it. In a
    /// nested archive it is read, because a break in it is told once, and by name.
    pub fn skip_member(&mut self) {
        if self.levels.len() == 1 && self.ready.is_empty() {
            self.leaf = None;
        }
    }

    /// Hash the rest of the outer file and close it. Fails if the file itself cannot be read.
    pub fn finish(self) -> io::Result<InputDigest> {
        lock(&self.outer).finish()
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

    /// Report a break. Nothing follows it if a limit of the whole exhibit is exceeded.
    fn break_off(&mut self, name: Option<String>, code: RejectCode) {
        self.ready.extend(name.map(Piece::Member));
        self.ready.push_back(Piece::Break(code));
        if self.budget.is_exceeded() {
            self.levels.clear();
        }
    }

    /// Note where the current entry of the outermost archive begins. In a compressed file, that is nowhere.
    fn note_entry(&mut self, level: &Level) {
        let offset = level.archive.entry_offset().filter(|_| level.depth == 1);
        // The end of an archive repeats the last entry.
        self.is_in_order &= self.entry_offset <= offset;
        self.entry_offset = offset;
    }

    fn next_member(&mut self, mut level: Level) {
        let entry = level.archive.next();
        if self.levels.is_empty() {
            self.note_entry(&level);
        }
        match entry {
            Entry::Member(name, stream) => {
                let (name, depth) = (name::join_names(&level.name, &name), level.depth);
                self.levels.push(level);
                match self.budget.count_member() {
                    Ok(()) => self.enter(stream, Some(name), depth),
                    Err(code) => self.break_off(Some(name), code),
                }
            }
            Entry::Refused(name, code) => {
                let name = name::join_names(&level.name, &name);
                self.levels.push(level);
                self.break_off(Some(name), code);
            }
            Entry::Skipped => self.levels.push(level),
            Entry::End => {}
            Entry::Broken(code) => self.break_off(Some(level.name), code),
        }
    }

    /// Remove one compression after the other, down to plain bytes or an archive. The exhibit itself has no name.
    fn enter(&mut self, mut stream: Box<dyn Stream>, name: Option<String>, around: usize) {
        for depth in around.. {
            let head = PeekedStream::of(stream);
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
                Kind::Zstd | Kind::Xz | Kind::Bzip2 => codec::decode_stream(kind, Box::new(head)),
            };
            match inner {
                Ok(inner) => stream = Box::new(MeteredStream::new(inner, &self.budget)),
                Err(code) => return self.break_off(name, code),
            }
        }
    }

    /// Open the archive that begins with `head`. A zip is read in place if it is the outer file, otherwise from
    /// memory.
    fn archive(&self, kind: Kind, head: PeekedStream, depth: usize) -> Result<Archive, RejectCode> {
        if kind == Kind::Tar {
            return Ok(Archive::tar(Box::new(head)));
        }
        let in_place = lock(&self.outer).seekable_bytes().filter(|_| depth == 0);
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
