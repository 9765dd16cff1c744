//! Archives as the walk sees them: one entry after the other.

use std::sync::{Arc, Mutex};

use super::stream::Stream;
use super::tar::Tar;
use super::zip::Zip;
use crate::record::Code;

/// What stands next in an archive.
pub(super) enum Entry {
    /// A regular file: its name as shown, and its bytes.
    Member(String, Box<dyn Stream>),
    /// One that cannot be read, and why.
    Refused(String, Code),
    /// Not a regular file.
    Skipped,
    End,
    /// The archive itself cannot be read on.
    Broken(Code),
}

pub(super) enum Archive {
    Tar(Arc<Mutex<Tar>>),
    Zip(Zip),
}

impl Archive {
    pub(super) fn tar(stream: Box<dyn Stream>) -> Archive {
        Archive::Tar(Arc::new(Mutex::new(Tar::new(stream))))
    }

    pub(super) fn next(&mut self) -> Entry {
        match self {
            Archive::Tar(tar) => Tar::next(tar),
            Archive::Zip(zip) => zip.next(),
        }
    }
}
