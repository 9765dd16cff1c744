//! Limits on how much one exhibit may decompress to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use super::stream::Stream;
use crate::reject_code::RejectCode;

/// Limits for one exhibit. Exceeding one is the break `decompression-limit`.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Decoded bytes per byte of the outer file.
    pub ratio: u64,
    /// Decoded bytes that do not count for the ratio.
    pub free_bytes: u64,
    /// Decoded bytes of the whole exhibit, over all layers.
    pub decoded_bytes: u64,
    /// Archive members of the whole exhibit.
    pub members: u64,
    /// How deep compressions and archives can be nested.
    pub nesting: usize,
    /// Bytes of an archive that must be held in memory because it cannot be read in place (a zip in a tar).
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

/// How much of its limits an exhibit has used.
pub(super) struct Budget {
    limits: Limits,
    taken_bytes: Arc<AtomicU64>,
    decoded_bytes: AtomicU64,
    members: AtomicU64,
    held_bytes: AtomicUsize,
    exceeded: AtomicBool,
}

impl Budget {
    /// Make a budget. `taken_bytes` counts what has been read of the outer file.
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

    /// Return how many bytes were decoded so far.
    pub(super) fn spent_bytes(&self) -> u64 {
        self.decoded_bytes.load(Ordering::Relaxed)
    }

    /// Whether a limit of the exhibit as a whole is exceeded.
    pub(super) fn is_exceeded(&self) -> bool {
        self.exceeded.load(Ordering::Relaxed)
    }

    /// Count decoded bytes.
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

    /// Count a member.
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

    /// Reserve memory for bytes. Returns false if that would exceed the limit.
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

/// A stream whose decoded bytes count for the budget.
pub(super) struct MeteredStream {
    pub(super) stream: Box<dyn Stream>,
    pub(super) budget: Arc<Budget>,
    fault: Option<RejectCode>,
}

impl MeteredStream {
    pub(super) fn new(stream: Box<dyn Stream>, budget: &Arc<Budget>) -> MeteredStream {
        MeteredStream {
            stream,
            budget: budget.clone(),
            fault: None,
        }
    }
}

impl Stream for MeteredStream {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, RejectCode> {
        if let Some(code) = self.fault {
            return Err(code);
        }
        let count = self.stream.read(buffer)?;
        self.fault = self.budget.spend(count).err();
        Ok(count)
    }
}
