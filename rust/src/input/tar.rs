//! Reading tar from front to back: ustar, pax and GNU names. Members are parts of the one stream.

use std::sync::{Arc, Mutex};

use super::entry::Entry;
use super::name::{escape_name, is_resource_fork};
use super::outer_file::lock;
use super::stream::Stream;
use crate::reject_code::RejectCode;

const BLOCK_BYTES: usize = 512;
/// Names and pax records are held in memory. Longer ones are invalid.
const LONGEST_NAME_BYTES: u64 = 1 << 20;

type Block = [u8; BLOCK_BYTES];

/// Whether a stream begins like a tar: a header with the right checksum and the zero bytes that no log has.
pub(super) fn is_header(head: &[u8]) -> bool {
    head.first_chunk::<BLOCK_BYTES>().is_some_and(|block| {
        let sane_type = matches!(block[156], 0 | b'0'..=b'7' | b'A'..=b'Z' | b'g' | b'x');
        sane_type
            && block[..100].contains(&0) | (block[257..262] == *b"ustar")
            && checksum_fits(block)
    })
}

fn checksum_fits(block: &Block) -> bool {
    let byte = |(index, &byte): (usize, &u8)| {
        if (148..156).contains(&index) {
            b' '
        } else {
            byte
        }
    };
    let unsigned: u64 = block.iter().enumerate().map(byte).map(u64::from).sum();
    let signed: i64 = block
        .iter()
        .enumerate()
        .map(byte)
        .map(|byte| i64::from(byte as i8))
        .sum();
    number(&block[148..156])
        .is_some_and(|stored| stored == unsigned || i64::try_from(stored) == Ok(signed))
}

/// Return a number in octal, or in base 256 (GNU) if its first bit is set.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] == 0x80 {
        let (high, low) = field.split_at(field.len().saturating_sub(8).max(1));
        return high[1..]
            .iter()
            .all(|&byte| byte == 0)
            .then(|| low.iter().fold(0, |n, &byte| n << 8 | u64::from(byte)));
    }
    let digits = field
        .trim_ascii_start()
        .split(|&byte| byte == 0 || byte == b' ')
        .next()?;
    let digits = std::str::from_utf8(digits).ok()?;
    u64::from_str_radix(digits, 8).ok()
}

/// An open tar.
pub(super) struct Tar {
    stream: Box<dyn Stream>,
    /// Unread bytes of the current member, and the padding behind them.
    left: u64,
    padding: u64,
    /// How much of the stream was read, and how much before the current entry.
    position: u64,
    entry_offset: u64,
    /// A block of zeros, the end mark, was read.
    end_mark: bool,
    /// The stream broke off within a member, and its reader got the error.
    is_broken: bool,
}

/// What a header describes.
enum Next {
    File(Vec<u8>),
    Sparse(Vec<u8>),
    Other,
    End,
}

/// What precedes a member besides its header.
#[derive(Default)]
struct Extension {
    name: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
}

impl Tar {
    pub(super) fn new(stream: Box<dyn Stream>) -> Tar {
        Tar {
            stream,
            left: 0,
            padding: 0,
            position: 0,
            entry_offset: 0,
            end_mark: false,
            is_broken: false,
        }
    }

    /// Return where the current entry begins in the stream.
    pub(super) fn entry_offset(&self) -> u64 {
        self.entry_offset
    }

    /// Return the next entry.
    pub(super) fn next(tar: &Arc<Mutex<Tar>>) -> Entry {
        let mut this = lock(tar);
        if this.is_broken {
            return Entry::End;
        }
        match this.member() {
            Ok(Next::File(name)) if is_resource_fork(&name) => Entry::Skipped,
            Ok(Next::File(name)) => {
                Entry::Member(escape_name(&name), Box::new(Member(tar.clone())))
            }
            Ok(Next::Sparse(name)) => {
                Entry::Refused(escape_name(&name), RejectCode::MemberUnsupported)
            }
            Ok(Next::Other) => Entry::Skipped,
            Ok(Next::End) => Entry::End,
            Err(code) => Entry::Broken(code),
        }
    }

    /// Return the next member. At the end the stream has been read completely.
    fn member(&mut self) -> Result<Next, RejectCode> {
        let mut extension = Extension::default();
        self.skip()?;
        self.entry_offset = self.position;
        loop {
            self.skip()?;
            let Some(block) = self.header()? else {
                return Ok(Next::End);
            };
            let size = number(&block[124..136]).ok_or(RejectCode::BrokenStream)?;
            self.left = size;
            match block[156] {
                b'L' => extension.name = Some(without_end(self.body()?)),
                b'x' => self.pax(&mut extension)?,
                b'K' | b'g' => {}
                // Links, devices and directories have no bytes, whatever their size field says.
                b'1'..=b'6' => {
                    self.left = 0;
                    return Ok(Next::Other);
                }
                kind => {
                    let name = extension.name.take().unwrap_or_else(|| header_name(&block));
                    self.left = extension.size.unwrap_or(size);
                    self.padding = self.left.wrapping_neg() % BLOCK_BYTES as u64;
                    self.sparse_map(kind == b'S' && block[482] != 0)?;
                    return Ok(match kind {
                        b'S' => Next::Sparse(name),
                        0 | b'0' | b'7' if extension.sparse => Next::Sparse(name),
                        0 | b'0' | b'7' if !name.ends_with(b"/") => Next::File(name),
                        _ => Next::Other,
                    });
                }
            }
            self.padding = size.wrapping_neg() % BLOCK_BYTES as u64;
        }
    }

    /// Return the next header after any blocks of zeros; None at the end.
    fn header(&mut self) -> Result<Option<Block>, RejectCode> {
        loop {
            let mut block = [0; BLOCK_BYTES];
            match self.fill(&mut block)? {
                0 if self.end_mark => return Ok(None),
                BLOCK_BYTES if block == [0; BLOCK_BYTES] => self.end_mark = true,
                BLOCK_BYTES if checksum_fits(&block) => return Ok(Some(block)),
                // The file was cut, or contains something else here. Zeros in a short last block are no loss.
                short if self.end_mark && block[..short].iter().all(|&byte| byte == 0) => {
                    return Ok(None);
                }
                _ => return Err(RejectCode::BrokenStream),
            }
        }
    }

    /// Skip the blocks that continue the map of an old GNU sparse file.
    fn sparse_map(&mut self, mut carried_on: bool) -> Result<(), RejectCode> {
        let mut block = [0; BLOCK_BYTES];
        while carried_on {
            if self.fill(&mut block)? < BLOCK_BYTES {
                return Err(RejectCode::BrokenStream);
            }
            carried_on = block[504] != 0;
        }
        Ok(())
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, RejectCode> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.stream.read(&mut buffer[filled..])? {
                0 => break,
                count => filled += count,
            }
        }
        self.position += filled as u64;
        Ok(filled)
    }

    /// Skip the rest of the current member.
    fn skip(&mut self) -> Result<(), RejectCode> {
        let mut left = self.left.saturating_add(self.padding);
        (self.left, self.padding) = (0, 0);
        while left > 0 {
            match self.stream.skip(left)? {
                0 => return Err(RejectCode::BrokenStream),
                count => {
                    left -= count;
                    self.position += count;
                }
            }
        }
        Ok(())
    }

    /// Return the bytes of an extension header.
    fn body(&mut self) -> Result<Vec<u8>, RejectCode> {
        if self.left > LONGEST_NAME_BYTES {
            return Err(RejectCode::BrokenStream);
        }
        let mut body = vec![0; self.left as usize];
        if self.fill(&mut body)? < body.len() {
            return Err(RejectCode::BrokenStream);
        }
        self.left = 0;
        Ok(body)
    }

    /// Read the pax records (`LENGTH KEY=VALUE LF`, POSIX 1003.1 pax) of the next member.
    fn pax(&mut self, extension: &mut Extension) -> Result<(), RejectCode> {
        let body = self.body()?;
        let mut rest = &body[..];
        while !rest.is_empty() {
            let record = pax_record(rest).ok_or(RejectCode::BrokenStream)?;
            match record.key {
                // A sparse file's path is invented; its real name is separate.
                b"GNU.sparse.name" => {
                    (extension.name, extension.sparse) = (Some(record.value.to_vec()), true)
                }
                b"path" if !extension.sparse => extension.name = Some(record.value.to_vec()),
                b"size" => {
                    let size = std::str::from_utf8(record.value)
                        .ok()
                        .and_then(|size| size.parse().ok());
                    extension.size = Some(size.ok_or(RejectCode::BrokenStream)?);
                }
                key if key.starts_with(b"GNU.sparse.") => extension.sparse = true,
                _ => {}
            }
            rest = &rest[record.length..];
        }
        Ok(())
    }
}

struct PaxRecord<'b> {
    length: usize,
    key: &'b [u8],
    value: &'b [u8],
}

fn pax_record(bytes: &[u8]) -> Option<PaxRecord<'_>> {
    let space = bytes.iter().take(20).position(|&byte| byte == b' ')?;
    let length: usize = std::str::from_utf8(&bytes[..space]).ok()?.parse().ok()?;
    let (b'\n', pair) = bytes.get(space + 1..length)?.split_last()? else {
        return None;
    };
    let equals = pair.iter().position(|&byte| byte == b'=')?;
    Some(PaxRecord {
        length,
        key: &pair[..equals],
        value: &pair[equals + 1..],
    })
}

fn header_name(block: &Block) -> Vec<u8> {
    let until_zero = |field: &[u8]| {
        field
            .split(|&byte| byte == 0)
            .next()
            .unwrap_or(field)
            .to_vec()
    };
    let name = until_zero(&block[..100]);
    let prefix = until_zero(&block[345..500]);
    if block[257..263] == *b"ustar\0" && !prefix.is_empty() {
        [&prefix[..], b"/", &name].concat()
    } else {
        name
    }
}

fn without_end(mut name: Vec<u8>) -> Vec<u8> {
    name.truncate(
        name.iter()
            .position(|&byte| byte == 0)
            .unwrap_or(name.len()),
    );
    name
}

/// The current member's bytes.
struct Member(Arc<Mutex<Tar>>);

impl Stream for Member {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, RejectCode> {
        let mut tar = lock(&self.0);
        let most = buffer
            .len()
            .min(usize::try_from(tar.left).unwrap_or(usize::MAX));
        if most == 0 {
            return Ok(0);
        }
        match tar.stream.read(&mut buffer[..most]) {
            Ok(count @ 1..) => {
                tar.left -= count as u64;
                tar.position += count as u64;
                Ok(count)
            }
            end => {
                tar.is_broken = true;
                Err(end.err().unwrap_or(RejectCode::BrokenStream))
            }
        }
    }
}
