//! An open compiled list. Each part is checked against its digest when it is first read.

use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use super::fault::Fault;
use super::hash::{bloom_mask, scale};
use super::layout::{
    BLOCK_BYTES, BUCKET_SLOTS, ENTRY_BYTES, EntryRecord, HEAD_BYTES, Head, MAX_WALK, Meta,
    SECTIONS, STATEMENT_BYTES, StatementRecord, align_offset, u32_at, u64_at,
};
use super::list_bytes::Bytes;
use super::value::hex;
use crate::indicator::IndicatorKind;

const BUCKET_BYTES: usize = BUCKET_SLOTS * 8;
/// Only padding for alignment lies between the meta and the first section.
const MOST_PADDING: usize = 128;

/// One list. Any number of threads can probe it.
#[derive(Debug)]
pub struct CompiledList {
    bytes: Bytes,
    meta: Meta,
    bloom: Range<usize>,
    filter: OnceLock<Bytes>,
    slots: Range<usize>,
    entries: Range<usize>,
    strings: Range<usize>,
    statements: Range<usize>,
    groups: Range<usize>,
    block_table: Range<usize>,
    /// One bit per block, set once the block's digest was checked.
    checked: Vec<AtomicU64>,
}

/// The Bloom filter. It settles most probes for missing values with one cache line.
#[derive(Clone, Copy, Debug)]
pub struct Filter<'l> {
    bloom: &'l [u8],
    words: usize,
}

impl Filter<'_> {
    #[inline(always)]
    pub fn may_hold(&self, hash: u64) -> bool {
        let mask = bloom_mask(hash);
        let word = u64_at(self.bloom, scale(hash, self.words) * 8).unwrap_or(0);
        !word & mask == 0
    }
}

impl CompiledList {
    /// Map a compiled list from its file. The cost does not depend on the size: only the head, the meta and the table
    /// of digests are read.
    pub fn open(path: &Path) -> Result<CompiledList, Fault> {
        CompiledList::new(Bytes::map(&File::open(path)?)?)
    }

    /// Open a compiled list from bytes in memory.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<CompiledList, Fault> {
        CompiledList::new(Bytes::Owned(bytes))
    }

    fn new(bytes: Bytes) -> Result<CompiledList, Fault> {
        let all = bytes.all();
        let (meta, meta_end) = meta(all)?;
        let [bloom, slots, entries, strings, statements, groups] = sections(&meta, meta_end, all)?;
        let block_table = block_table(&meta, bloom.start, groups.end, all)?;
        check_shape(&meta, &bloom, &slots, &entries)?;
        let checked = (0..meta.blocks.count.div_ceil(64))
            .map(|_| AtomicU64::new(0))
            .collect();
        Ok(CompiledList {
            bytes,
            meta,
            filter: OnceLock::new(),
            bloom,
            slots,
            entries,
            strings,
            statements,
            groups,
            block_table,
            checked,
        })
    }

    /// Return the description of the compiled file and of its list file.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Return the number of indicators.
    pub fn indicators(&self) -> u32 {
        (self.entries.len() / ENTRY_BYTES) as u32
    }

    /// Return the number of indicators of one kind.
    pub fn count(&self, kind: IndicatorKind) -> u64 {
        self.meta.counts.get(kind.name()).copied().unwrap_or(0)
    }

    /// Return the bytes of the probe index. The limit is 16 per indicator.
    pub fn index_bytes(&self) -> usize {
        self.bloom.len() + self.slots.len()
    }

    /// Return the Bloom filter. It is checked as a whole and kept in memory from the first probe on, because every
    /// probe reads it. It is a twenty-fifth of the file.
    pub(super) fn filter(&self) -> Result<Filter<'_>, Fault> {
        let bloom = match self.filter.get() {
            Some(bloom) => bloom,
            None => {
                let bloom = self.touch(self.bloom.start, self.bloom.len())?;
                self.filter.get_or_init(|| Bytes::copy_resident(bloom))
            }
        };
        Ok(Filter {
            bloom: bloom.all(),
            words: self.bloom.len() / 8,
        })
    }

    /// Return the entry under `hash` for which `is` holds. `is` must compare values, because different values can
    /// share a hash.
    pub(super) fn find_slot(
        &self,
        hash: u64,
        mut is: impl FnMut(&EntryRecord, &str) -> bool,
    ) -> Result<Option<u32>, Fault> {
        let buckets = self.slots.len() / BUCKET_BYTES;
        let own = scale(hash, buckets);
        for step in 0..buckets.min(MAX_WALK) {
            let bucket = self.touch(
                self.slots.start + (own + step) % buckets * BUCKET_BYTES,
                BUCKET_BYTES,
            )?;
            for place in 0..BUCKET_SLOTS {
                let slot = u64_at(bucket, place * 8).unwrap_or(0);
                let Some(entry) = (slot as u32).checked_sub(1) else {
                    return Ok(None);
                };
                if slot >> 32 == hash & 0xffff_ffff {
                    let record = self.record(entry)?;
                    if is(&record, self.text(&record)?) {
                        return Ok(Some(entry));
                    }
                }
            }
        }
        Ok(None)
    }

    pub(super) fn record(&self, entry: u32) -> Result<EntryRecord, Fault> {
        let bytes = self.item(&self.entries, entry as usize, ENTRY_BYTES)?;
        EntryRecord::read(bytes).ok_or(Fault::Malformed("an entry"))
    }

    pub(super) fn text(&self, record: &EntryRecord) -> Result<&str, Fault> {
        let start = usize::try_from(record.text_offset).unwrap_or(usize::MAX);
        let end = start.saturating_add(record.text_bytes as usize);
        if end > self.strings.len() {
            return Err(Fault::Malformed("the place of a value"));
        }
        let bytes = self.touch(self.strings.start + start, end - start)?;
        std::str::from_utf8(bytes).map_err(|_| Fault::Malformed("a value is not UTF-8"))
    }

    /// Return the numbers of the statements in a group, four bytes each.
    pub(super) fn group(&self, group: u32) -> Result<&[u8], Fault> {
        let count = u32_at(self.item(&self.groups, group as usize, 4)?, 0).unwrap_or(0) as usize;
        let start = (group as usize + 1) * 4;
        if count == 0 || count > (self.groups.len() - start) / 4 {
            return Err(Fault::Malformed("a group of statements"));
        }
        self.touch(self.groups.start + start, count * 4)
    }

    pub(super) fn statement(&self, number: u32) -> Result<StatementRecord, Fault> {
        let bytes = self.item(&self.statements, number as usize, STATEMENT_BYTES)?;
        StatementRecord::read(bytes).ok_or(Fault::Malformed("a statement"))
    }

    fn item(&self, section: &Range<usize>, number: usize, bytes: usize) -> Result<&[u8], Fault> {
        match number < section.len() / bytes {
            true => self.touch(section.start + number * bytes, bytes),
            false => Err(Fault::Malformed("a number beyond its section")),
        }
    }

    /// Return `bytes` bytes at `offset`, after checking the blocks that hold them. The range must lie in a section.
    #[inline]
    fn touch(&self, offset: usize, bytes: usize) -> Result<&[u8], Fault> {
        if bytes == 0 {
            return Ok(&[]);
        }
        let first = (offset - self.bloom.start) / BLOCK_BYTES;
        let last = (offset + bytes - 1 - self.bloom.start) / BLOCK_BYTES;
        for block in first..=last {
            if !self.is_checked(block) {
                self.check(block)?;
            }
        }
        Ok(&self.bytes.all()[offset..offset + bytes])
    }

    /// Check every block, whether it was read or not.
    pub fn verify(&self) -> Result<(), Fault> {
        (0..self.block_table.len() / 32).try_for_each(|block| self.check(block))
    }

    #[inline]
    fn is_checked(&self, block: usize) -> bool {
        let bits = self
            .checked
            .get(block / 64)
            .map_or(0, |bits| bits.load(Ordering::Relaxed));
        bits >> (block % 64) & 1 == 1
    }

    #[cold]
    #[inline(never)]
    fn check(&self, block: usize) -> Result<(), Fault> {
        let all = self.bytes.all();
        let start = self.bloom.start + block * BLOCK_BYTES;
        if start >= self.block_table.start {
            return Err(Fault::Malformed("a place beyond its sections"));
        }
        let end = (start + BLOCK_BYTES).min(self.block_table.start);
        let recorded = &all[self.block_table.start + block * 32..][..32];
        if Sha256::digest(&all[start..end]).as_slice() != recorded {
            return Err(Fault::Altered("a block of it does not have its digest"));
        }
        self.checked[block / 64].fetch_or(1 << (block % 64), Ordering::Relaxed);
        Ok(())
    }
}

fn meta(all: &[u8]) -> Result<(Meta, usize), Fault> {
    let head = all
        .first_chunk::<HEAD_BYTES>()
        .and_then(Head::read)
        .ok_or(Fault::NotCompiled)?;
    if head.total_bytes != all.len() as u64 {
        return Err(Fault::Altered(
            "its size is not the one it was written with",
        ));
    }
    let end = usize::try_from(head.meta_bytes)
        .ok()
        .and_then(|bytes| bytes.checked_add(HEAD_BYTES));
    let json = end
        .and_then(|end| all.get(HEAD_BYTES..end))
        .ok_or(Fault::Malformed("the length of its meta"))?;
    if Sha256::digest(json).as_slice() != head.meta_sha256 {
        return Err(Fault::Altered("its meta does not have its digest"));
    }
    let meta = serde_json::from_slice(json).map_err(|_| Fault::Malformed("its meta"))?;
    Ok((meta, HEAD_BYTES + json.len()))
}

/// Return the sections, in order. Each must begin where the one before allows it.
fn sections(meta: &Meta, meta_end: usize, all: &[u8]) -> Result<[Range<usize>; 6], Fault> {
    const WRONG: Fault = Fault::Malformed("the place of a section");
    let mut ranges: [Range<usize>; 6] = Default::default();
    let mut begin = None;
    for (range, name) in ranges.iter_mut().zip(SECTIONS) {
        let [offset, bytes] = *meta.sections.get(name).ok_or(WRONG)?;
        if begin.is_some_and(|begin| begin != offset) {
            return Err(WRONG);
        }
        let end = offset
            .checked_add(bytes)
            .filter(|end| *end <= all.len() as u64)
            .ok_or(WRONG)?;
        *range = offset as usize..end as usize;
        begin = Some(align_offset(end));
    }
    let first = ranges[0].start;
    let padding = all
        .get(meta_end..first)
        .filter(|padding| padding.len() <= MOST_PADDING)
        .ok_or(WRONG)?;
    match first % super::layout::ALIGNMENT == 0 && meta.sections.len() == SECTIONS.len() {
        true if padding.iter().all(|byte| *byte == 0) => Ok(ranges),
        true => Err(Fault::Altered(
            "what stands between its meta and its first section",
        )),
        false => Err(WRONG),
    }
}

fn block_table(meta: &Meta, first: usize, end: usize, all: &[u8]) -> Result<Range<usize>, Fault> {
    const WRONG: Fault = Fault::Malformed("its table of digests");
    let blocks = &meta.blocks;
    let start = align_offset(end as u64);
    let count = (start - first as u64).div_ceil(BLOCK_BYTES as u64);
    if blocks.size != BLOCK_BYTES as u64 || blocks.offset != start || blocks.count != count {
        return Err(WRONG);
    }
    let table = all
        .get(start as usize..)
        .filter(|table| table.len() as u64 == count * 32)
        .ok_or(WRONG)?;
    match hex(&Sha256::digest(table)) == blocks.sha256 {
        true => Ok(start as usize..all.len()),
        false => Err(Fault::Altered("its table of digests does not have its own")),
    }
}

fn check_shape(
    meta: &Meta,
    bloom: &Range<usize>,
    slots: &Range<usize>,
    entries: &Range<usize>,
) -> Result<(), Fault> {
    let count = entries.len() / ENTRY_BYTES;
    let counted = meta
        .counts
        .values()
        .fold(0, |sum: u64, count| sum.saturating_add(*count));
    let is_whole =
        bloom.len() % 8 == 0 && slots.len() % BUCKET_BYTES == 0 && entries.len() % ENTRY_BYTES == 0;
    let is_known = meta
        .counts
        .keys()
        .all(|kind| IndicatorKind::from_name(kind).is_some());
    let is_indexed = count == 0 || (!bloom.is_empty() && slots.len() / 8 >= count);
    match is_whole && is_known && is_indexed && counted == count as u64 && count < u32::MAX as usize
    {
        true => Ok(()),
        false => Err(Fault::Malformed("its counts")),
    }
}
