//! The binary layout of a compiled list, version 2: head, meta, sections (`docs/adr/0004-lists.md`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::indicator::{IndicatorKind, Opinion};

pub const MAGIC: [u8; 8] = *b"SIGHTLS1";
pub const VERSION: u32 = 2;
pub const HEAD_BYTES: usize = 96;
pub const BLOCK_BYTES: usize = 65_536;
pub const ALIGNMENT: usize = 64;

/// Slots of eight bytes in a bucket. A bucket is one cache line.
pub const BUCKET_SLOTS: usize = 8;
/// Buckets are three quarters full, so that few probes have to go past full ones.
pub const INDICATORS_IN_A_BUCKET: usize = 6;
/// Four indicators share a word of 64 bits: sixteen bits each.
pub const INDICATORS_IN_A_BLOOM_WORD: usize = 4;
/// The largest distance between a slot and its own bucket.
pub const MAX_WALK: usize = 1024;

pub const ENTRY_BYTES: usize = 16;
pub const STATEMENT_BYTES: usize = 32;

/// The sections in file order.
pub const SECTIONS: [&str; 6] = [
    "bloom",
    "slots",
    "entries",
    "strings",
    "statements",
    "groups",
];

/// The description of the compiled file and of its list file. The fields are in the order of their names.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meta {
    pub blocks: Blocks,
    pub categories: Vec<String>,
    pub counts: BTreeMap<String, u64>,
    pub digest_algorithms: Vec<String>,
    pub list_id: String,
    /// The most labels of a domain, onion or i2p name.
    pub max_labels: usize,
    /// The longest path of a url-prefix.
    pub max_prefix_bytes: usize,
    pub minisig: Option<String>,
    /// The lengths of cidr networks that occur, ascending.
    pub prefix_bits_v4: Vec<u8>,
    pub prefix_bits_v6: Vec<u8>,
    pub prehash: String,
    pub rejects: BTreeMap<String, u64>,
    pub sections: BTreeMap<String, [u64; 2]>,
    pub size_bytes: u64,
}

/// Where the table of block digests is. `sha256` is the digest of that table.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blocks {
    pub count: u64,
    pub offset: u64,
    pub sha256: String,
    pub size: u64,
}

/// The first 96 bytes of the file: where the meta is, and its digest.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    pub total_bytes: u64,
    pub meta_bytes: u64,
    pub meta_sha256: [u8; 32],
}

impl Head {
    pub fn write(&self) -> [u8; HEAD_BYTES] {
        let mut head = [0; HEAD_BYTES];
        head[..8].copy_from_slice(&MAGIC);
        head[8..12].copy_from_slice(&VERSION.to_le_bytes());
        head[16..24].copy_from_slice(&self.total_bytes.to_le_bytes());
        head[24..32].copy_from_slice(&(HEAD_BYTES as u64).to_le_bytes());
        head[32..40].copy_from_slice(&self.meta_bytes.to_le_bytes());
        head[64..].copy_from_slice(&self.meta_sha256);
        head
    }

    /// Read the head; None if a byte is not as this version writes it.
    pub fn read(bytes: &[u8; HEAD_BYTES]) -> Option<Head> {
        let head = Head {
            total_bytes: u64_at(bytes, 16)?,
            meta_bytes: u64_at(bytes, 32)?,
            meta_sha256: *bytes[64..].first_chunk()?,
        };
        (head.write() == *bytes).then_some(head)
    }
}

/// One indicator: its text, its kind and its group of statements.
#[derive(Clone, Copy, Debug)]
pub struct EntryRecord {
    pub text_offset: u64,
    pub text_bytes: u32,
    pub kind: IndicatorKind,
    pub group: u32,
}

impl EntryRecord {
    pub fn write(&self) -> [u8; ENTRY_BYTES] {
        let mut bytes = [0; ENTRY_BYTES];
        let place = self.text_offset << 8 | self.kind as u64;
        bytes[..8].copy_from_slice(&place.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.text_bytes.to_le_bytes());
        bytes[12..].copy_from_slice(&self.group.to_le_bytes());
        bytes
    }

    pub fn read(bytes: &[u8]) -> Option<EntryRecord> {
        let place = u64_at(bytes, 0)?;
        Some(EntryRecord {
            text_offset: place >> 8,
            text_bytes: u32_at(bytes, 8)?,
            kind: IndicatorKind::ALL.get((place & 0xff) as usize)?.0,
            group: u32_at(bytes, 12)?,
        })
    }
}

/// One statement. Times are microseconds since 1970, UTC. `category` is an index into `Meta::categories`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StatementRecord {
    pub valid_from_us: Option<i64>,
    pub valid_until_us: Option<i64>,
    pub listed_on_us: Option<i64>,
    pub category: Option<u32>,
    pub opinion: Opinion,
    pub has_reference: bool,
}

impl StatementRecord {
    pub fn write(&self) -> [u8; STATEMENT_BYTES] {
        let mut bytes = [0; STATEMENT_BYTES];
        let times = [self.valid_from_us, self.valid_until_us, self.listed_on_us];
        for (place, time) in times.iter().enumerate() {
            bytes[place * 8..place * 8 + 8].copy_from_slice(&time.unwrap_or(0).to_le_bytes());
            bytes[29] |= u8::from(time.is_some()) << place;
        }
        bytes[24..28].copy_from_slice(&self.category.map_or(0, |place| place + 1).to_le_bytes());
        bytes[28] = self.opinion as u8;
        bytes[29] |= u8::from(self.has_reference) << 3;
        bytes
    }

    pub fn read(bytes: &[u8]) -> Option<StatementRecord> {
        let [opinion, flags] = *bytes.get(28..30)?.first_chunk()?;
        let time = |place: usize| {
            let time = u64_at(bytes, place * 8)? as i64;
            Some((flags >> place & 1 == 1).then_some(time))
        };
        Some(StatementRecord {
            valid_from_us: time(0)?,
            valid_until_us: time(1)?,
            listed_on_us: time(2)?,
            category: u32_at(bytes, 24)?.checked_sub(1),
            opinion: Opinion::ALL.get(usize::from(opinion))?.0,
            has_reference: flags >> 3 & 1 == 1,
        })
    }
}

/// Return a slot: the indicator's number from 1, and the lower half of its hash. Zero is an empty slot.
#[inline]
pub fn slot(entry: u32, hash: u64) -> u64 {
    hash << 32 | u64::from(entry + 1)
}

/// Round `offset` up to where a section can begin.
pub fn align_offset(offset: u64) -> u64 {
    offset.next_multiple_of(ALIGNMENT as u64)
}

#[inline]
pub fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(offset..)?.first_chunk()?))
}

#[inline]
pub fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(offset..)?.first_chunk()?))
}
