//! How much one exhibit may unfold to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use super::stream::Stream;
use crate::reject_code::RejectCode;

/// Bounds on what one exhibit may unfold to; beyond them it is the break `decompression-limit`.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Decoded bytes for one byte of the outer file.
    pub ratio: u64,
    /// Decoded bytes that the ratio does not count.
    pub free_bytes: u64,
    /// Decoded bytes of the whole exhibit, all layers together.
    pub decoded_bytes: u64,
    /// Archive members of the whole exhibit.
    pub members: u64,
    /// Compressions and archives within each other.
    pub nesting: usize,
    /// Bytes of an archive that must be held in memory because it lies where nothing can seek (a zip in a tar).
    pub spool_bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            ratio: 1000,
            free_bytes: 64 << 20,
            decoded_bytes: 1 << 40,
            members: 1_000_000,
            nesting: 4,
            spool_bytes: 256 << 20,
        }
    }
}

/// What an exhibit has used of its limits so far.
pub(super) struct Budget {
    limits: Limits,
    taken_bytes: Arc<AtomicU64>,
    decoded_bytes: AtomicU64,
    members: AtomicU64,
    held_bytes: AtomicUsize,
    exceeded: AtomicBool,
}

impl Budget {
    /// `taken_bytes`: what has been read of the outer file.
    pub(super) fn new(limits: &Limits, taken_bytes: Arc<AtomicU64>) -> Budget {
        Budget {
            limits: limits.clone(),
            taken_bytes,
            decoded_bytes: AtomicU64::new(0),
            members: AtomicU64::new(0),
            held_bytes: AtomicUsize::new(0),
            exceeded: AtomicBool::new(false),
        }
    }

    pub(super) fn nesting(&self) -> usize {
        self.limits.nesting
    }

    /// Whether the exhibit as a whole may not go on.
    pub(super) fn exceeded(&self) -> bool {
        self.exceeded.load(Ordering::Relaxed)
    }

    /// Counts bytes that a decoder gave.
    fn spend(&self, count: usize) -> Result<(), RejectCode> {
        let decoded = self
            .decoded_bytes
            .fetch_add(count as u64, Ordering::Relaxed)
            + count as u64;
        let by_ratio = self
            .taken_bytes
            .load(Ordering::Relaxed)
            .saturating_mul(self.limits.ratio);
        self.check(
            decoded
                <= self
                    .limits
                    .decoded_bytes
                    .min(self.limits.free_bytes.saturating_add(by_ratio)),
        )
    }

    /// Counts a member.
    pub(super) fn count_member(&self) -> Result<(), RejectCode> {
        self.check(self.members.fetch_add(1, Ordering::Relaxed) < self.limits.members)
    }

    fn check(&self, within: bool) -> Result<(), RejectCode> {
        if !within {
            self.exceeded.store(true, Ordering::Relaxed);
        }
        if within {
            Ok(())
        } else {
            Err(RejectCode::DecompressionLimit)
        }
    }

    /// Takes memory for bytes to be held; false where there is not so much.
    pub(super) fn hold(&self, count: usize) -> bool {
        let within =
            self.held_bytes.fetch_add(count, Ordering::Relaxed) + count <= self.limits.spool_bytes;
        if !within {
            self.release(count);
        }
        within
    }

    pub(super) fn release(&self, count: usize) {
        self.held_bytes.fetch_sub(count, Ordering::Relaxed);
    }
}

/// A decoder whose bytes are counted.
pub(super) struct Metered {
    pub(super) stream: Box<dyn Stream>,
    pub(super) budget: Arc<Budget>,
    fault: Option<RejectCode>,
}

impl Metered {
    pub(super) fn new(stream: Box<dyn Stream>, budget: &Arc<Budget>) -> Metered {
        Metered {
            stream,
            budget: budget.clone(),
            fault: None,
        }
    }
}

impl Stream for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, RejectCode> {
        if let Some(code) = self.fault {
            return Err(code);
        }
        let count = self.stream.read(buffer)?;
        self.fault = self.budget.spend(count).err();
        Ok(count)
    }
}
