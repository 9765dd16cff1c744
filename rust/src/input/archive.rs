//! Reading archives of any supported format, entry by entry.

use std::sync::{Arc, Mutex};

use super::entry::Entry;
use super::outer_file::lock;
use super::stream::Stream;
use super::tar::Tar;
use super::zip::Zip;

/// An open archive.
pub(super) enum Archive {
    Tar(Arc<Mutex<Tar>>),
    Zip(Zip),
}

impl Archive {
    pub(super) fn tar(stream: Box<dyn Stream>) -> Archive {
        Archive::Tar(Arc::new(Mutex::new(Tar::new(stream))))
    }

    /// Return where the current entry begins in the bytes of the archive, if that is known.
    pub(super) fn entry_offset(&self) -> Option<u64> {
        match self {
            Archive::Tar(tar) => Some(lock(tar).entry_offset()),
            Archive::Zip(zip) => zip.entry_offset(),
        }
    }

    /// Return the next entry.
    pub(super) fn next(&mut self) -> Entry {
        match self {
            Archive::Tar(tar) => Tar::next(tar),
            Archive::Zip(zip) => zip.next(),
        }
    }
}
