//! Bytes that can be read at any position: the outer file, or a file copied into memory.

use std::sync::{Arc, Mutex};

use super::limits::Budget;
use super::outer_file::{Outer, lock};
use super::stream::Stream;
use crate::reject_code::RejectCode;

/// Where an archive is that is not read from front to back.
#[derive(Clone)]
pub(super) enum Seekable {
    Outer(Arc<Mutex<Outer>>, u64),
    Memory(Arc<Spool>),
}

impl Seekable {
    pub(super) fn size(&self) -> u64 {
        match self {
            Seekable::Outer(_, size) => *size,
            Seekable::Memory(spool) => spool.bytes.len() as u64,
        }
    }

    /// Read bytes at `offset`; none at the end.
    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize, RejectCode> {
        match self {
            Seekable::Outer(outer, _) => lock(outer).read_at(buffer, offset),
            Seekable::Memory(spool) => {
                let rest = usize::try_from(offset)
                    .ok()
                    .and_then(|offset| spool.bytes.get(offset..))
                    .unwrap_or(&[]);
                let count = rest.len().min(buffer.len());
                buffer[..count].copy_from_slice(&rest[..count]);
                Ok(count)
            }
        }
    }

    /// Read exactly `count` bytes at `offset`; `broken-stream` if there are fewer.
    pub(super) fn read_exactly(&self, count: usize, offset: u64) -> Result<Vec<u8>, RejectCode> {
        let mut bytes = vec![0; count];
        let mut filled = 0;
        while filled < count {
            match self.read_at(&mut bytes[filled..], offset.saturating_add(filled as u64))? {
                0 => return Err(RejectCode::BrokenStream),
                more => filled += more,
            }
        }
        Ok(bytes)
    }

    /// Return the `size` bytes from `offset` on as a stream.
    pub(super) fn slice(&self, offset: u64, size: u64) -> Slice {
        Slice {
            bytes: self.clone(),
            offset,
            left: size,
        }
    }
}

/// A range of bytes as a stream; `broken-stream` if they end early.
pub(super) struct Slice {
    bytes: Seekable,
    offset: u64,
    left: u64,
}

impl Stream for Slice {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, RejectCode> {
        let most = buffer
            .len()
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if most == 0 {
            return Ok(0);
        }
        match self.bytes.read_at(&mut buffer[..most], self.offset)? {
            0 => Err(RejectCode::BrokenStream),
            count => {
                self.offset += count as u64;
                self.left -= count as u64;
                Ok(count)
            }
        }
    }
}

/// A stream copied into memory, within the exhibit's limit.
pub(super) struct Spool {
    bytes: Vec<u8>,
    budget: Arc<Budget>,
}

impl Spool {
    /// Copy a stream into memory. Returns whether it is complete or was broken off; `member-unsupported` if it exceeds
    /// the limit.
    pub(super) fn of(
        mut stream: Box<dyn Stream>,
        budget: &Arc<Budget>,
    ) -> Result<(Spool, bool), RejectCode> {
        const STEP_BYTES: usize = 64 << 10;
        let mut spool = Spool {
            bytes: Vec::new(),
            budget: budget.clone(),
        };
        loop {
            let filled = spool.bytes.len();
            if !budget.hold(STEP_BYTES) {
                return Err(RejectCode::MemberUnsupported);
            }
            spool.bytes.resize(filled + STEP_BYTES, 0);
            let read = stream.read(&mut spool.bytes[filled..]);
            let count = *read.as_ref().unwrap_or(&0);
            spool.bytes.truncate(filled + count);
            budget.release(STEP_BYTES - count);
            match read {
                Ok(0) => return Ok((spool, true)),
                Ok(_) => {}
                Err(RejectCode::BrokenStream) => return Ok((spool, false)),
                Err(code) => return Err(code),
            }
        }
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.budget.release(self.bytes.len());
    }
}
