//! The stored bytes of an exhibit, which can be read at any position: a local file, or one that is kept elsewhere.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// An exhibit that is kept elsewhere, such as an object of a store. Its bytes must not change while it is read: an
/// implementation fails if they do.
pub trait RemoteFile: Send + Sync {
    /// Return the number of bytes.
    fn size(&self) -> u64;

    /// Read bytes at `offset`. It may read fewer than the buffer holds, and none only at the end.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
}

pub(super) enum StoredFile {
    Local(File),
    Remote(Arc<dyn RemoteFile>),
}

impl StoredFile {
    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match self {
            StoredFile::Local(file) => file.read_at(buffer, offset),
            StoredFile::Remote(file) => file.read_at(buffer, offset),
        }
    }

    /// Return the number of bytes now.
    pub(super) fn size(&self) -> io::Result<u64> {
        match self {
            StoredFile::Local(file) => Ok(file.metadata()?.len()),
            StoredFile::Remote(file) => Ok(file.size()),
        }
    }
}
