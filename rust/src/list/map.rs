//! The bytes of a compiled list: in memory, or mapped from its file.
#![allow(unsafe_code)] // A list of ten million must open in milliseconds and be shared by processes: only mapping does that.

use std::fs::File;
use std::io;

use memmap2::Mmap;

/// Bytes that stay where they are.
#[derive(Debug)]
pub enum Bytes {
    Owned(Vec<u8>),
    Mapped(Mmap),
}

impl Bytes {
    /// The bytes of an open file, mapped.
    pub fn map(file: &File) -> io::Result<Bytes> {
        // SAFETY: the map is read-only and only read as plain bytes, for which every value is valid. Whoever may write the file
        // while it is mapped could change bytes after their check, or end the process by cutting it short: lists are compiled
        // beside their place and renamed into it, never written in place.
        unsafe { Mmap::map(file) }.map(Bytes::Mapped)
    }

    #[inline]
    pub fn all(&self) -> &[u8] {
        match self {
            Bytes::Owned(bytes) => bytes,
            Bytes::Mapped(bytes) => bytes,
        }
    }
}
