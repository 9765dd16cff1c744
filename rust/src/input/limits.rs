//! How much one exhibit may unfold to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::record::Code;

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
}

impl Budget {
    /// `taken_bytes`: what has been read of the outer file.
    pub(super) fn new(limits: &Limits, taken_bytes: Arc<AtomicU64>) -> Budget {
        Budget {
            limits: limits.clone(),
            taken_bytes,
            decoded_bytes: AtomicU64::new(0),
        }
    }

    pub(super) fn nesting(&self) -> usize {
        self.limits.nesting
    }

    /// Counts bytes that a decoder gave.
    pub(super) fn spend(&self, count: usize) -> Result<(), Code> {
        let decoded = self
            .decoded_bytes
            .fetch_add(count as u64, Ordering::Relaxed)
            + count as u64;
        let by_ratio = self
            .taken_bytes
            .load(Ordering::Relaxed)
            .saturating_mul(self.limits.ratio);
        if decoded > self.limits.decoded_bytes
            || decoded > self.limits.free_bytes.saturating_add(by_ratio)
        {
            return Err(Code::DecompressionLimit);
        }
        Ok(())
    }
}
