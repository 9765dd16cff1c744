//! The bytes of a compiled list: in memory, or mapped from its file.
#![allow(unsafe_code)] // A list of ten million must open in milliseconds and be shared by processes: only mapping does that.

use std::fs::File;
use std::io;

use memmap2::{Mmap, MmapMut};

/// Bytes at a fixed place in memory.
#[derive(Debug)]
pub enum Bytes {
    Owned(Vec<u8>),
    Mapped(Mmap),
}

impl Bytes {
    /// Map an open file.
    pub fn map(file: &File) -> io::Result<Bytes> {
        // SAFETY: the map is read-only and only read as plain bytes, for which every value is valid. A process that
        // can write the file while it is mapped could change bytes after their check, or end this process by
        // shortening the file. Therefore lists are compiled to a temporary path and renamed, and never written in
        // place.
        unsafe { Mmap::map(file) }.map(Bytes::Mapped)
    }

    /// Copy `bytes` into huge pages if the system has them. Random reads over megabytes then wait less for address
    /// translation.
    pub fn copy_resident(bytes: &[u8]) -> Bytes {
        Bytes::in_huge_pages(bytes).unwrap_or_else(|_| Bytes::Owned(bytes.to_vec()))
    }

    fn in_huge_pages(bytes: &[u8]) -> io::Result<Bytes> {
        let mut map = MmapMut::map_anon(bytes.len())?;
        #[cfg(target_os = "linux")]
        map.advise(memmap2::Advice::HugePage)?;
        map.copy_from_slice(bytes);
        map.make_read_only().map(Bytes::Mapped)
    }

    #[inline]
    pub fn all(&self) -> &[u8] {
        match self {
            Bytes::Owned(bytes) => bytes,
            Bytes::Mapped(bytes) => bytes,
        }
    }
}
