//! Reading a zip without its central directory, as after an interrupted upload. Members are found by their local
//! headers (APPNOTE 4.3.7 to 4.3.9), from front to back, and the archive ends in a break.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::entry::Entry;
use super::inflate::Inflate;
use super::limits::{Budget, MeteredStream};
use super::name::{escape_name, is_resource_fork};
use super::outer_file::lock;
use super::stream::{BufferedStream, Stream};
use super::zip::{Checked, HEADER_BYTES, Wide, u16_at, u32_at, u64_at, unpack_entry, zip64_field};
use crate::reject_code::RejectCode;

/// The longest data descriptor: with its signature and 64-bit sizes.
const DESCRIPTOR_BYTES: usize = 24;

/// The members of a zip, found by their local headers.
pub(super) struct UnlistedEntries {
    walk: Shared,
    budget: Arc<Budget>,
}

impl UnlistedEntries {
    /// `bytes` is the whole zip, as far as it exists.
    pub(super) fn new(bytes: Box<dyn Stream>, budget: &Arc<Budget>) -> UnlistedEntries {
        let taken = Arc::new(AtomicU64::new(0));
        let walk = Walk {
            feed: BufferedStream::new(Box::new(Counted(bytes, taken.clone()))),
            taken,
            open: Open::Nothing,
        };
        UnlistedEntries {
            walk: Shared(Arc::new(Mutex::new(walk))),
            budget: budget.clone(),
        }
    }

    /// Return the next entry in file order; at the end, the break.
    pub(super) fn next(&mut self) -> Entry {
        let passed = self.pass();
        let mut walk = lock(&self.walk.0);
        let header = match passed.and_then(|()| Header::read(&mut walk.feed)) {
            Ok(header) => header,
            Err(code) => return Entry::Broken(code),
        };
        walk.enter(&header);
        drop(walk);
        if header.is_folder() || is_resource_fork(&header.name) {
            return Entry::Skipped;
        }
        match self.member(&header) {
            Ok(stream) => Entry::Member(escape_name(&header.name), stream),
            Err(code) => Entry::Refused(escape_name(&header.name), code),
        }
    }

    /// Go to where the next header must be. Whatever the member's reader left is read and dropped.
    fn pass(&mut self) -> Result<(), RejectCode> {
        let mut rest: Box<dyn Stream> = match &lock(&self.walk.0).open {
            Open::Nothing => return Ok(()),
            Open::Endless => return Err(RejectCode::BrokenStream),
            Open::Sized { .. } => Box::new(self.walk.clone()),
            Open::Streamed(_) => Box::new(MeteredStream::new(
                Box::new(self.walk.clone()),
                &self.budget,
            )),
        };
        let mut dropped = vec![0; 64 << 10];
        while rest.read(&mut dropped)? > 0 {}
        Ok(())
    }

    fn member(&self, header: &Header) -> Result<Box<dyn Stream>, RejectCode> {
        if header.is_encrypted() {
            return Err(RejectCode::MemberEncrypted);
        }
        let bytes = Box::new(self.walk.clone());
        match (header.is_streamed(), header.method) {
            (true, 8) => Ok(Box::new(MeteredStream::new(bytes, &self.budget))),
            (true, _) => Err(RejectCode::MemberUnsupported),
            (false, method) => {
                let stream = Box::new(MeteredStream::new(
                    unpack_entry(bytes, method)?,
                    &self.budget,
                ));
                let checked = Checked::new(stream, header.sizes[1], header.crc);
                Ok(Box::new(checked))
            }
        }
    }
}

/// The fields of a local header.
struct Header {
    name: Vec<u8>,
    flags: u16,
    method: u16,
    crc: u32,
    /// Packed and decoded.
    sizes: [u64; 2],
}

impl Header {
    fn read(feed: &mut BufferedStream) -> Result<Header, RejectCode> {
        let header: [u8; HEADER_BYTES] = feed.array()?;
        if header[..4] != *b"PK\x03\x04" {
            return Err(RejectCode::BrokenStream);
        }
        let name = feed.vector(usize::from(u16_at(&header, 26)))?;
        let extra = feed.vector(usize::from(u16_at(&header, 28)))?;
        let mut wide = Wide(zip64_field(&extra));
        let size_bytes = wide.or(u32_at(&header, 22))?;
        let packed_bytes = wide.or(u32_at(&header, 18))?;
        Ok(Header {
            name,
            flags: u16_at(&header, 6),
            method: u16_at(&header, 8),
            crc: u32_at(&header, 14),
            sizes: [packed_bytes, size_bytes],
        })
    }

    fn is_encrypted(&self) -> bool {
        self.flags & 0x2001 != 0 || self.method == 99
    }

    fn is_folder(&self) -> bool {
        self.name.ends_with(b"/")
    }

    /// Whether a descriptor follows the bytes.
    fn is_described(&self) -> bool {
        self.flags & 8 != 0
    }

    /// Whether only the descriptor gives the member's length. Folders have no bytes, but some writers deflate them.
    fn is_streamed(&self) -> bool {
        let has_bytes = !self.is_folder() || self.method != 0;
        self.is_described() && self.sizes[0] == 0 && has_bytes
    }
}

/// The zip from front to back, and the member that is being read.
struct Walk {
    feed: BufferedStream,
    /// Bytes that the feed has taken.
    taken: Arc<AtomicU64>,
    open: Open,
}

enum Open {
    Nothing,
    /// A member whose header gives its length: its packed bytes. `described`: what its descriptor must hold.
    Sized {
        left: u64,
        described: Option<(u32, [u64; 2])>,
    },
    /// A deflated member whose descriptor gives its length: its decoded bytes.
    Streamed(Box<Streamed>),
    /// A member without anything that gives its end.
    Endless,
}

struct Streamed {
    inflate: Inflate,
    /// Where its packed bytes begin.
    start: u64,
    size_bytes: u64,
    hash: crc32fast::Hasher,
}

impl Walk {
    fn enter(&mut self, header: &Header) {
        self.open = if !header.is_streamed() {
            Open::Sized {
                left: header.sizes[0],
                described: header.is_described().then_some((header.crc, header.sizes)),
            }
        } else if header.method == 8 && !header.is_encrypted() {
            Open::Streamed(Box::new(Streamed {
                inflate: Inflate::new(),
                start: self.position(),
                size_bytes: 0,
                hash: crc32fast::Hasher::new(),
            }))
        } else {
            Open::Endless
        };
    }

    fn position(&mut self) -> u64 {
        self.taken.load(Ordering::Relaxed) - self.feed.ahead(0).len() as u64
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, RejectCode> {
        let count = match &mut self.open {
            Open::Nothing | Open::Endless => return Ok(0),
            Open::Sized { left: 0, described } => {
                let described = *described;
                if let Some((crc, sizes)) = described {
                    self.pass_descriptor(crc, sizes);
                }
                0
            }
            Open::Sized { left, .. } => {
                let bytes = self.feed.bytes()?;
                let most = usize::try_from(*left).unwrap_or(usize::MAX);
                let count = bytes.len().min(buffer.len()).min(most);
                if count == 0 {
                    return Err(RejectCode::BrokenStream);
                }
                buffer[..count].copy_from_slice(&bytes[..count]);
                self.feed.take(count);
                *left -= count as u64;
                count
            }
            Open::Streamed(member) => {
                let bytes = member.inflate.read(&mut self.feed, buffer.len())?;
                let count = bytes.len();
                buffer[..count].copy_from_slice(bytes);
                member.hash.update(&buffer[..count]);
                member.size_bytes += count as u64;
                if count == 0 {
                    self.check_descriptor()?;
                }
                count
            }
        };
        if count == 0 {
            self.open = Open::Nothing;
        }
        Ok(count)
    }

    /// Check the decoded bytes against the descriptor behind them.
    fn check_descriptor(&mut self) -> Result<(), RejectCode> {
        let end = self.position();
        let Open::Streamed(member) = &self.open else {
            return Ok(());
        };
        let sizes = [end - member.start, member.size_bytes];
        if self.pass_descriptor(member.hash.clone().finalize(), sizes) {
            return Ok(());
        }
        Err(self.feed.fault().unwrap_or(RejectCode::BrokenStream))
    }

    /// Skip the descriptor if one with these values is next.
    fn pass_descriptor(&mut self, crc: u32, sizes: [u64; 2]) -> bool {
        let ahead = self.feed.ahead(DESCRIPTOR_BYTES);
        let described = descriptor_bytes(ahead, crc, sizes);
        self.feed.take(described.unwrap_or(0));
        described.is_some()
    }
}

/// Return the length of the descriptor at the start of these bytes; None if none of these values begins there.
fn descriptor_bytes(bytes: &[u8], crc: u32, sizes: [u64; 2]) -> Option<usize> {
    let fits = |mark: usize, width: usize| {
        let values = bytes.get(mark..mark + 4 + 2 * width)?;
        let size = |at| match width {
            8 => u64_at(values, at),
            _ => u64::from(u32_at(values, at)),
        };
        let is_marked = mark == 0 || bytes.starts_with(b"PK\x07\x08");
        let agrees = u32_at(values, 0) == crc && [size(4), size(4 + width)] == sizes;
        (is_marked && agrees).then_some(mark + values.len())
    };
    // The long form first: that of an empty member begins with the short one.
    [(4, 8), (4, 4), (0, 8), (0, 4)]
        .into_iter()
        .find_map(|(mark, width)| fits(mark, width))
}

/// The walk as the stream of a member.
#[derive(Clone)]
struct Shared(Arc<Mutex<Walk>>);

impl Stream for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, RejectCode> {
        lock(&self.0).read(buffer)
    }
}

/// A stream whose bytes are counted.
struct Counted(Box<dyn Stream>, Arc<AtomicU64>);

impl Stream for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, RejectCode> {
        let count = self.0.read(buffer)?;
        self.1.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
