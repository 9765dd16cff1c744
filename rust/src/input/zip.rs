//! zip (APPNOTE 6.3), read by its central directory, which alone says where members are and how long.

use std::sync::Arc;

use super::archive::Entry;
use super::codec;
use super::inflate::Deflated;
use super::kind::Kind;
use super::limits::{Budget, Metered};
use super::name::{is_resource_fork, shown};
use super::seek::Seekable;
use super::stream::{Feed, Stream};
use crate::record::Code;

const END_RECORD_BYTES: usize = 22;
const END64_LOCATOR_BYTES: usize = 20;
const END64_RECORD_BYTES: usize = 56;
const LOCAL_HEADER_BYTES: usize = 30;

/// A zip and how far its central directory has been read.
pub(super) struct Zip {
    bytes: Seekable,
    directory: Feed,
    left: u64,
    budget: Arc<Budget>,
}

/// One entry of the central directory.
struct Listed {
    flags: u16,
    method: u16,
    crc: u32,
    packed_bytes: u64,
    size_bytes: u64,
    header_offset: u64,
    regular: bool,
}

impl Zip {
    /// Finds the central directory from the end of the file.
    pub(super) fn new(bytes: Seekable, budget: &Arc<Budget>) -> Result<Zip, Code> {
        let (count, size, offset) = directory_place(&bytes)?;
        let directory = Feed::new(Box::new(bytes.slice(offset, size)));
        Ok(Zip {
            bytes,
            directory,
            left: count,
            budget: budget.clone(),
        })
    }

    /// What comes next in the order of the central directory.
    pub(super) fn next(&mut self) -> Entry {
        if self.left == 0 {
            return Entry::End;
        }
        self.left -= 1;
        match self.listed() {
            Err(code) => {
                self.left = 0;
                Entry::Broken(code)
            }
            Ok((name, listed))
                if !listed.regular || name.ends_with(b"/") || is_resource_fork(&name) =>
            {
                Entry::Skipped
            }
            Ok((name, listed)) => match self.member(&listed) {
                Ok(stream) => Entry::Member(shown(&name), stream),
                Err(code) => Entry::Refused(shown(&name), code),
            },
        }
    }

    fn listed(&mut self) -> Result<(Vec<u8>, Listed), Code> {
        let header: [u8; 46] = self.directory.array()?;
        if header[..4] != *b"PK\x01\x02" {
            return Err(Code::BrokenStream);
        }
        let name = self.directory.vector(usize::from(u16_at(&header, 28)))?;
        let extra = self.directory.vector(usize::from(u16_at(&header, 30)))?;
        self.directory.vector(usize::from(u16_at(&header, 32)))?;
        let mut wide = Wide(zip64_field(&extra));
        let size_bytes = wide.or(u32_at(&header, 24))?;
        let packed_bytes = wide.or(u32_at(&header, 20))?;
        let header_offset = wide.or(u32_at(&header, 42))?;
        // Made on Unix: the file's mode says what it is, where it says anything.
        let file_type = if header[5] == 3 {
            u16_at(&header, 40) & 0o170_000
        } else {
            0
        };
        let regular = matches!(file_type, 0 | 0o100_000);
        let (flags, method, crc) = (u16_at(&header, 8), u16_at(&header, 10), u32_at(&header, 16));
        Ok((
            name,
            Listed {
                flags,
                method,
                crc,
                packed_bytes,
                size_bytes,
                header_offset,
                regular,
            },
        ))
    }

    /// The decoded bytes of a member, checked against its size and CRC at their end.
    fn member(&self, listed: &Listed) -> Result<Box<dyn Stream>, Code> {
        // Bit 0: the bytes; bit 13: the directory's values.
        if listed.flags & 0x2001 != 0 || listed.method == 99 {
            return Err(Code::MemberEncrypted);
        }
        let header = self
            .bytes
            .exactly(LOCAL_HEADER_BYTES, listed.header_offset)?;
        if header[..4] != *b"PK\x03\x04" {
            return Err(Code::BrokenStream);
        }
        let behind = LOCAL_HEADER_BYTES as u64
            + u64::from(u16_at(&header, 26))
            + u64::from(u16_at(&header, 28));
        let start = listed
            .header_offset
            .checked_add(behind)
            .ok_or(Code::BrokenStream)?;
        let packed = Box::new(self.bytes.slice(start, listed.packed_bytes));
        let stream = match listed.method {
            0 => packed as Box<dyn Stream>,
            8 => Box::new(Deflated::new(packed)),
            12 => codec::decoded(Kind::Bzip2, packed)?,
            20 | 93 => codec::decoded(Kind::Zstd, packed)?,
            95 => codec::decoded(Kind::Xz, packed)?,
            _ => return Err(Code::MemberUnsupported),
        };
        let stream = Box::new(Metered::new(stream, &self.budget));
        Ok(Box::new(Checked {
            stream,
            left: listed.size_bytes,
            crc: listed.crc,
            hash: crc32fast::Hasher::new(),
        }))
    }
}

/// How many entries the central directory has, how many bytes, and where (APPNOTE 4.3.14 to 4.3.16).
fn directory_place(bytes: &Seekable) -> Result<(u64, u64, u64), Code> {
    let tail_bytes = bytes.size().min(END_RECORD_BYTES as u64 + 0xffff);
    let tail_start = bytes.size() - tail_bytes;
    let tail = bytes.exactly(tail_bytes as usize, tail_start)?;
    let is_end = |&at: &usize| {
        let record = &tail[at..];
        // A comment that reaches exactly to the end, lest the mark stand within a comment.
        record.starts_with(b"PK\x05\x06")
            && END_RECORD_BYTES + usize::from(u16_at(record, 20)) == record.len()
    };
    let candidates = 0..(tail.len() + 1).saturating_sub(END_RECORD_BYTES);
    let at = candidates.rev().find(is_end).ok_or(Code::BrokenStream)?;
    let end = &tail[at..];
    let (count, size, offset) = (u16_at(end, 10), u32_at(end, 12), u32_at(end, 16));
    if count != u16::MAX && size != u32::MAX && offset != u32::MAX {
        return Ok((u64::from(count), u64::from(size), u64::from(offset)));
    }
    let locator_start = (tail_start + at as u64)
        .checked_sub(END64_LOCATOR_BYTES as u64)
        .ok_or(Code::BrokenStream)?;
    let locator = bytes.exactly(END64_LOCATOR_BYTES, locator_start)?;
    if !locator.starts_with(b"PK\x06\x07") {
        // No locator: the values are what they say.
        return Ok((u64::from(count), u64::from(size), u64::from(offset)));
    }
    let end64 = bytes.exactly(END64_RECORD_BYTES, u64_at(&locator, 8))?;
    if !end64.starts_with(b"PK\x06\x06") {
        return Err(Code::BrokenStream);
    }
    Ok((u64_at(&end64, 32), u64_at(&end64, 40), u64_at(&end64, 48)))
}

/// The body of the ZIP64 extra field; empty where there is none.
fn zip64_field(mut extra: &[u8]) -> &[u8] {
    while extra.len() >= 4 {
        let (id, size) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
        let Some(body) = extra.get(4..4 + size) else {
            break;
        };
        if id == 1 {
            return body;
        }
        extra = &extra[4 + size..];
    }
    &[]
}

/// The ZIP64 values, in order, each in place of a 32-bit one that is all ones.
struct Wide<'e>(&'e [u8]);

impl Wide<'_> {
    fn or(&mut self, narrow: u32) -> Result<u64, Code> {
        if narrow != u32::MAX || self.0.is_empty() {
            return Ok(u64::from(narrow));
        }
        let (value, rest) = self.0.split_first_chunk().ok_or(Code::BrokenStream)?;
        self.0 = rest;
        Ok(u64::from_le_bytes(*value))
    }
}

/// Bytes that must come out as long as listed, and with the listed CRC.
struct Checked {
    stream: Box<dyn Stream>,
    left: u64,
    crc: u32,
    hash: crc32fast::Hasher,
}

impl Stream for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Code> {
        let count = self.stream.read(buffer)?;
        self.hash.update(&buffer[..count]);
        if count == 0 {
            let sound = self.left == 0 && self.hash.clone().finalize() == self.crc;
            return if sound {
                Ok(0)
            } else {
                Err(Code::BrokenStream)
            };
        }
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or(Code::BrokenStream)?;
        Ok(count)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
