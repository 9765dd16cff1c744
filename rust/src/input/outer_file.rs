//! The outer file: its bytes in order, each hashed once, immediately after it is read.

use std::fs::File;
use std::io::{self, Cursor, ErrorKind, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use super::InputDigest;
use super::stored_file::StoredFile;
use super::stream::Stream;
use crate::reject_code::RejectCode;

/// Bytes are read and hashed in pieces that stay in the processor's cache in between.
const STEP_BYTES: usize = 128 << 10;

enum Source {
    /// Read up to the size at opening.
    File { file: StoredFile, size: u64 },
    /// Standard input after the bytes already taken from it; without a file, those bytes alone.
    Pipe {
        head: Cursor<Vec<u8>>,
        file: Option<File>,
    },
}

/// The bytes of the exhibit as stored.
pub(super) struct Outer {
    source: Source,
    /// None: another reading of the same file hashes it.
    hash: Option<Sha256>,
    position: u64,
    taken_bytes: Arc<AtomicU64>,
    /// The rest of the file cannot be read: it shrank, or its disk failed.
    fault: Option<io::Error>,
    shrank: bool,
}

impl Outer {
    pub(super) fn file(file: StoredFile, size: u64) -> Outer {
        Outer::from_source(Source::File { file, size })
    }

    pub(super) fn pipe(head: Vec<u8>, file: Option<File>) -> Outer {
        let head = Cursor::new(head);
        Outer::from_source(Source::Pipe { head, file })
    }

    fn from_source(source: Source) -> Outer {
        let taken_bytes = Arc::new(AtomicU64::new(0));
        Outer {
            source,
            hash: Some(Sha256::new()),
            position: 0,
            taken_bytes,
            fault: None,
            shrank: false,
        }
    }

    /// Hash nothing, and read nothing that is left out.
    pub(super) fn without_hash(self) -> Outer {
        Outer { hash: None, ..self }
    }

    /// Leave out bytes, without reading them where they are not hashed.
    fn skip(&mut self, count: u64) -> Result<u64, RejectCode> {
        match self.source {
            Source::File { size, .. } if self.hash.is_none() => {
                let count = count.min(size - self.position);
                self.position += count;
                Ok(count)
            }
            _ => {
                let mut scratch = [0; 16 << 10];
                let most = scratch
                    .len()
                    .min(usize::try_from(count).unwrap_or(usize::MAX));
                self.read(&mut scratch[..most]).map(|count| count as u64)
            }
        }
    }

    /// Return the count of the bytes read so far. It is kept up to date.
    pub(super) fn taken_bytes(&self) -> Arc<AtomicU64> {
        self.taken_bytes.clone()
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, RejectCode> {
        let mut filled = 0;
        while filled < buffer.len() {
            let until = buffer.len().min(filled + STEP_BYTES);
            match self.step(&mut buffer[filled..until]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                // Return the bytes before the fault first. The next call returns the fault.
                Err(_) if filled > 0 => break,
                Err(code) => return Err(code),
            }
        }
        Ok(filled)
    }

    fn step(&mut self, buffer: &mut [u8]) -> Result<usize, RejectCode> {
        if self.shrank {
            return Err(RejectCode::InputShrank);
        }
        if self.fault.is_some() {
            return Err(RejectCode::BrokenStream);
        }
        match self.fetch(buffer) {
            Ok(count) => {
                if let Some(hash) = &mut self.hash {
                    hash.update(&buffer[..count]);
                }
                self.position += count as u64;
                self.taken_bytes.fetch_add(count as u64, Ordering::Relaxed);
                self.shrank = count == 0
                    && matches!(self.source, Source::File { size, .. } if self.position < size);
                if self.shrank {
                    Err(RejectCode::InputShrank)
                } else {
                    Ok(count)
                }
            }
            Err(error) => {
                self.fault = Some(error);
                Err(RejectCode::BrokenStream)
            }
        }
    }

    fn fetch(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.source {
            Source::File { file, size } => {
                let left = usize::try_from(*size - self.position).unwrap_or(usize::MAX);
                let within = buffer.len().min(left);
                let buffer = &mut buffer[..within];
                if within == 0 {
                    Ok(0)
                } else {
                    retry_read(|| file.read_at(buffer, self.position))
                }
            }
            Source::Pipe { head, file } => match (head.read(buffer)?, file) {
                (0, Some(file)) => retry_read(|| file.read(buffer)),
                (count, _) => Ok(count),
            },
        }
    }

    /// Return the file's size if it can be read at any position.
    pub(super) fn seekable_bytes(&self) -> Option<u64> {
        match self.source {
            Source::File { size, .. } => Some(size),
            Source::Pipe { .. } => None,
        }
    }

    /// Read bytes at `offset`, independently of the reading in order and of the digest.
    pub(super) fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> Result<usize, RejectCode> {
        let Source::File { file, size } = &self.source else {
            return Err(RejectCode::MemberUnsupported);
        };
        let most = buffer
            .len()
            .min(usize::try_from(size.saturating_sub(offset)).unwrap_or(usize::MAX));
        if most == 0 {
            return Ok(0);
        }
        match retry_read(|| file.read_at(&mut buffer[..most], offset)) {
            Ok(0) => Err(RejectCode::InputShrank),
            Ok(count) => {
                // Bytes read twice count, up to the length of the file.
                let taken = self.taken_bytes.load(Ordering::Relaxed) + count as u64;
                self.taken_bytes.store(taken.min(*size), Ordering::Relaxed);
                Ok(count)
            }
            Err(error) => {
                self.fault = Some(error);
                Err(RejectCode::BrokenStream)
            }
        }
    }

    /// Hash the rest and return the digest of all bytes; of no bytes, where nothing is hashed.
    pub(super) fn finish(&mut self) -> io::Result<InputDigest> {
        let mut rest = vec![0; STEP_BYTES];
        while self.hash.is_some() && matches!(self.step(&mut rest), Ok(1..)) {}
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        let grew = match &self.source {
            Source::File { file, size } => file.size()? > *size,
            Source::Pipe { .. } => false,
        };
        Ok(InputDigest {
            sha256: self.hash.take().unwrap_or_default().finalize().into(),
            size_bytes: self.position,
            grew,
        })
    }
}

/// The outer file as a stream.
pub(super) struct OuterStream(pub(super) Arc<Mutex<Outer>>);

impl Stream for OuterStream {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, RejectCode> {
        lock(&self.0).read(buffer)
    }

    fn skip(&mut self, count: u64) -> Result<u64, RejectCode> {
        lock(&self.0).skip(count)
    }
}

/// Lock a mutex. One thread at a time reads an input, so a poisoned lock holds no partial state.
pub(super) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn retry_read(mut read: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match read() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
