//! Reading zip (APPNOTE 6.3) by its central directory, which alone states reliably where members are and how long. If
//! it is lost, [`UnlistedEntries`] reads what can still be found.

use std::sync::Arc;

use super::codec;
use super::entry::Entry;
use super::inflate::Deflated;
use super::kind::Kind;
use super::limits::{Budget, MeteredStream};
use super::name::{escape_name, is_resource_fork};
use super::seekable::Seekable;
use super::stream::{BufferedStream, Stream};
use super::unlisted_entries::UnlistedEntries;
use crate::reject_code::RejectCode;

const END_RECORD_BYTES: usize = 22;
const END64_LOCATOR_BYTES: usize = 20;
const END64_RECORD_BYTES: usize = 56;
/// The header before each member, without name and extra field.
pub(super) const HEADER_BYTES: usize = 30;

/// An open zip.
pub(super) enum Zip {
    Listed(List),
    UnlistedEntries(UnlistedEntries),
}

/// The central directory and how far it has been read.
pub(super) struct List {
    bytes: Seekable,
    directory: BufferedStream,
    left: u64,
    entry_offset: u64,
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
    /// Find the central directory from the end of the file. `whole`: the bytes end where the file ends.
    pub(super) fn new(
        bytes: Seekable,
        whole: bool,
        budget: &Arc<Budget>,
    ) -> Result<Zip, RejectCode> {
        let list = if whole {
            List::new(&bytes, budget)
        } else {
            Err(RejectCode::BrokenStream)
        };
        match list {
            Ok(list) => Ok(Zip::Listed(list)),
            Err(RejectCode::BrokenStream) => {
                let all = Box::new(bytes.slice(0, bytes.size()));
                Ok(Zip::UnlistedEntries(UnlistedEntries::new(all, budget)))
            }
            Err(code) => Err(code),
        }
    }

    /// Return where the current entry begins. None: the central directory is lost.
    pub(super) fn entry_offset(&self) -> Option<u64> {
        match self {
            Zip::Listed(list) => Some(list.entry_offset),
            Zip::UnlistedEntries(_) => None,
        }
    }

    pub(super) fn next(&mut self) -> Entry {
        match self {
            Zip::Listed(list) => list.next(),
            Zip::UnlistedEntries(walk) => walk.next(),
        }
    }
}

impl List {
    /// Open the directory after checking every entry. A directory that breaks off would hide later entries.
    fn new(bytes: &Seekable, budget: &Arc<Budget>) -> Result<List, RejectCode> {
        let (count, size, offset) = directory_place(bytes)?;
        let entries = || BufferedStream::new(Box::new(bytes.slice(offset, size)));
        let mut looked_at = entries();
        for _ in 0..count {
            read_listed(&mut looked_at)?;
        }
        Ok(List {
            bytes: bytes.clone(),
            directory: entries(),
            left: count,
            entry_offset: 0,
            budget: budget.clone(),
        })
    }

    /// Return the next entry in the order of the central directory.
    fn next(&mut self) -> Entry {
        if self.left == 0 {
            return Entry::End;
        }
        self.left -= 1;
        let listed_entry = read_listed(&mut self.directory);
        if let Ok((_, entry)) = &listed_entry {
            self.entry_offset = entry.header_offset;
        }
        match listed_entry {
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
                Ok(stream) => Entry::Member(escape_name(&name), stream),
                Err(code) => Entry::Refused(escape_name(&name), code),
            },
        }
    }

    /// Return the decoded bytes of a member. They are checked against its size and CRC at the end.
    fn member(&self, listed: &Listed) -> Result<Box<dyn Stream>, RejectCode> {
        // Bit 0: the bytes; bit 13: the directory's values.
        if listed.flags & 0x2001 != 0 || listed.method == 99 {
            return Err(RejectCode::MemberEncrypted);
        }
        let header = self
            .bytes
            .read_exactly(HEADER_BYTES, listed.header_offset)?;
        if header[..4] != *b"PK\x03\x04" {
            return Err(RejectCode::BrokenStream);
        }
        let behind =
            HEADER_BYTES as u64 + u64::from(u16_at(&header, 26)) + u64::from(u16_at(&header, 28));
        let start = listed
            .header_offset
            .checked_add(behind)
            .ok_or(RejectCode::BrokenStream)?;
        let packed = Box::new(self.bytes.slice(start, listed.packed_bytes));
        let stream = Box::new(MeteredStream::new(
            unpack_entry(packed, listed.method)?,
            &self.budget,
        ));
        Ok(Box::new(Checked::new(
            stream,
            listed.size_bytes,
            listed.crc,
        )))
    }
}

/// Return the next entry of the central directory: its name and its fields.
fn read_listed(directory: &mut BufferedStream) -> Result<(Vec<u8>, Listed), RejectCode> {
    let header: [u8; 46] = directory.array()?;
    if header[..4] != *b"PK\x01\x02" {
        return Err(RejectCode::BrokenStream);
    }
    let name = directory.vector(usize::from(u16_at(&header, 28)))?;
    let extra = directory.vector(usize::from(u16_at(&header, 30)))?;
    directory.vector(usize::from(u16_at(&header, 32)))?;
    let mut wide = Wide(zip64_field(&extra));
    let size_bytes = wide.or(u32_at(&header, 24))?;
    let packed_bytes = wide.or(u32_at(&header, 20))?;
    let header_offset = wide.or(u32_at(&header, 42))?;
    // Made on Unix: the file's mode tells the type, if it is set.
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

/// Return the decoded bytes of a member.
pub(super) fn unpack_entry(
    packed: Box<dyn Stream>,
    method: u16,
) -> Result<Box<dyn Stream>, RejectCode> {
    Ok(match method {
        0 => packed,
        8 => Box::new(Deflated::new(packed)),
        12 => codec::decode_stream(Kind::Bzip2, packed)?,
        20 | 93 => codec::decode_stream(Kind::Zstd, packed)?,
        95 => codec::decode_stream(Kind::Xz, packed)?,
        _ => return Err(RejectCode::MemberUnsupported),
    })
}

/// Return how many entries the central directory has, how many bytes, and where (APPNOTE 4.3.14 to 4.3.16).
fn directory_place(bytes: &Seekable) -> Result<(u64, u64, u64), RejectCode> {
    let tail_bytes = bytes.size().min(END_RECORD_BYTES as u64 + 0xffff);
    let tail_start = bytes.size() - tail_bytes;
    let tail = bytes.read_exactly(tail_bytes as usize, tail_start)?;
    let is_end = |&at: &usize| {
        let record = &tail[at..];
        // The comment must reach exactly to the end, because a comment can contain the signature.
        record.starts_with(b"PK\x05\x06")
            && END_RECORD_BYTES + usize::from(u16_at(record, 20)) == record.len()
    };
    let candidates = 0..(tail.len() + 1).saturating_sub(END_RECORD_BYTES);
    let at = candidates
        .rev()
        .find(is_end)
        .ok_or(RejectCode::BrokenStream)?;
    let end = &tail[at..];
    let (count, size, offset) = (u16_at(end, 10), u32_at(end, 12), u32_at(end, 16));
    let narrow = (u64::from(count), u64::from(size), u64::from(offset));
    if count != u16::MAX && size != u32::MAX && offset != u32::MAX {
        return ends_where_it_must(bytes, narrow, tail_start + at as u64);
    }
    let locator_start = (tail_start + at as u64)
        .checked_sub(END64_LOCATOR_BYTES as u64)
        .ok_or(RejectCode::BrokenStream)?;
    let locator = bytes.read_exactly(END64_LOCATOR_BYTES, locator_start)?;
    if !locator.starts_with(b"PK\x06\x07") {
        // No locator: the 32-bit values are valid.
        return ends_where_it_must(bytes, narrow, tail_start + at as u64);
    }
    let end64 = bytes.read_exactly(END64_RECORD_BYTES, u64_at(&locator, 8))?;
    if !end64.starts_with(b"PK\x06\x06") {
        return Err(RejectCode::BrokenStream);
    }
    let wide = (u64_at(&end64, 32), u64_at(&end64, 40), u64_at(&end64, 48));
    ends_where_it_must(bytes, wide, u64_at(&locator, 8))
}

/// Return the place of the directory, if its end record or another end record follows it directly. A zip that ends
/// inside another zip is not that zip.
fn ends_where_it_must(
    bytes: &Seekable,
    place: (u64, u64, u64),
    end_record: u64,
) -> Result<(u64, u64, u64), RejectCode> {
    let (_, size, offset) = place;
    let behind = offset.checked_add(size).ok_or(RejectCode::BrokenStream)?;
    let is_record = |mark: Vec<u8>| mark == b"PK\x06\x06" || mark == b"PK\x05\x05";
    if behind == end_record || is_record(bytes.read_exactly(4, behind)?) {
        Ok(place)
    } else {
        Err(RejectCode::BrokenStream)
    }
}

/// Return the body of the ZIP64 extra field; empty if there is none.
pub(super) fn zip64_field(mut extra: &[u8]) -> &[u8] {
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

/// The ZIP64 values, in order. Each replaces a 32-bit value that is all ones.
pub(super) struct Wide<'e>(pub(super) &'e [u8]);

impl Wide<'_> {
    pub(super) fn or(&mut self, narrow: u32) -> Result<u64, RejectCode> {
        if narrow != u32::MAX || self.0.is_empty() {
            return Ok(u64::from(narrow));
        }
        let (value, rest) = self.0.split_first_chunk().ok_or(RejectCode::BrokenStream)?;
        self.0 = rest;
        Ok(u64::from_le_bytes(*value))
    }
}

/// Bytes that must have the listed length and CRC. All bytes are returned before the fault.
pub(super) struct Checked {
    stream: Box<dyn Stream>,
    size_bytes: u64,
    given_bytes: u64,
    crc: u32,
    hash: crc32fast::Hasher,
}

impl Checked {
    pub(super) fn new(stream: Box<dyn Stream>, size_bytes: u64, crc: u32) -> Checked {
        Checked {
            stream,
            size_bytes,
            given_bytes: 0,
            crc,
            hash: crc32fast::Hasher::new(),
        }
    }
}

impl Stream for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, RejectCode> {
        let count = self.stream.read(buffer)?;
        self.hash.update(&buffer[..count]);
        if count == 0 {
            let sound =
                self.given_bytes == self.size_bytes && self.hash.clone().finalize() == self.crc;
            return if sound {
                Ok(0)
            } else {
                Err(RejectCode::BrokenStream)
            };
        }
        self.given_bytes += count as u64;
        Ok(count)
    }
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
