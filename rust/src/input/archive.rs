//! Reading archives of any supported format, entry by entry.

use std::sync::{Arc, Mutex};

use super::entry::Entry;
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

    /// Return the next entry.
    pub(super) fn next(&mut self) -> Entry {
        match self {
            Archive::Tar(tar) => Tar::next(tar),
            Archive::Zip(zip) => zip.next(),
        }
    }
}
