//! Writing a builder's indicators as a compiled list (`docs/adr/0004-lists.md`, "The compiled file").

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, Cursor, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::builder::{Builder, KindCounts};
use super::hash::{bloom_mask, scale};
use super::layout::{
    BLOCK_BYTES, BUCKET_SLOTS, Blocks, HEAD_BYTES, Head, INDICATORS_IN_A_BLOOM_WORD,
    INDICATORS_IN_A_BUCKET, MAX_WALK, Meta, SECTIONS, align_offset, slot,
};
use super::value::hex;
use crate::indicator::IndicatorKind;

/// The description of the list file that the compiled file is made from.
#[derive(Clone, Debug, Default, serde::Deserialize)]
pub struct Source {
    /// SHA-256 of the list file, lower-case hex.
    pub list_id: String,
    pub size_bytes: u64,
    /// BLAKE2b-512 of the list file in lower-case hex. The signature signs it.
    pub prehash: String,
    /// The signature file's text.
    pub minisig: Option<String>,
    /// Rows that could not be read, by code.
    pub rejects: BTreeMap<String, u64>,
}

/// Why a list could not be compiled.
#[derive(Debug)]
pub enum BuildError {
    /// Thousands of values share a hash. No list has that by chance.
    TooManyCollisions,
    Io(io::Error),
}

impl std::fmt::Display for BuildError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BuildError::TooManyCollisions => {
                write!(out, "thousands of values were made to share one hash")
            }
            BuildError::Io(why) => write!(out, "{why}"),
        }
    }
}

impl std::error::Error for BuildError {}

impl From<io::Error> for BuildError {
    fn from(why: io::Error) -> Self {
        BuildError::Io(why)
    }
}

impl Builder {
    /// Return the compiled list as bytes. The same rows and the same source give the same bytes.
    pub fn finish(self, source: &Source) -> Result<Vec<u8>, BuildError> {
        let mut bytes = Cursor::new(Vec::new());
        self.write_to(&mut bytes, source)?;
        Ok(bytes.into_inner())
    }

    /// Write the compiled list beside `path` and rename it, so that a partial file never appears there.
    pub fn write(self, path: &Path, source: &Source) -> Result<(), BuildError> {
        let beside = temporary_path(path);
        let written = self
            .write_file(&beside, source)
            .and_then(|()| Ok(std::fs::rename(&beside, path)?));
        if written.is_err() {
            // Report the first failure. Failing to remove the partial file changes nothing about it.
            let _ = std::fs::remove_file(&beside);
        }
        written
    }

    fn write_file(self, path: &Path, source: &Source) -> Result<(), BuildError> {
        let mut file = File::create(path)?;
        self.write_to(&mut file, source)?;
        Ok(file.sync_all()?)
    }

    fn write_to(
        mut self,
        out: &mut (impl Write + Seek),
        source: &Source,
    ) -> Result<(), BuildError> {
        self.free_indexes();
        let groups = self.number_groups();
        let bloom = make_bloom(&self.hashes, &self.page_hosts);
        let slots = make_slots(&self.hashes)?;
        let bytes = [
            bloom.len() * 8,
            slots.len() * 8,
            self.entries.len() * super::layout::ENTRY_BYTES,
            self.strings.len(),
            self.statements.len() * super::layout::STATEMENT_BYTES,
            groups.len() * 4,
        ];
        let mut meta = self.make_meta(source);
        place_sections(&mut meta, bytes.map(|bytes| bytes as u64));
        let first = meta.sections[SECTIONS[0]][0];
        out.seek(SeekFrom::Start(first))?;
        let mut sections = BlockWriter::new(out);
        sections.write_items(&bloom, |word| word.to_le_bytes())?;
        sections.write_items(&slots, |slot| slot.to_le_bytes())?;
        sections.write_items(&self.entries, |entry| entry.write())?;
        sections.write_bytes(&self.strings)?;
        sections.align()?;
        sections.write_items(&self.statements, |statement| statement.write())?;
        sections.write_items(&groups, |number| number.to_le_bytes())?;
        let table = sections.close()?;
        out.write_all(&table)?;
        meta.blocks.sha256 = hex(&Sha256::digest(&table));
        write_meta(out, &meta)
    }

    /// Number the groups of statements, each distinct group once, and store its group's number in every entry.
    fn number_groups(&mut self) -> Vec<u32> {
        self.more_statements.sort_by_key(|(entry, _)| *entry);
        let mut groups: Vec<u32> = Vec::new();
        let mut single = vec![u32::MAX; self.statements.len()];
        let mut several: HashMap<Vec<u32>, u32> = HashMap::new();
        let mut last_entry = vec![u32::MAX; self.statements.len()];
        let mut more = self.more_statements.iter().peekable();
        let mut group = Vec::new();
        for (number, entry) in self.entries.iter_mut().enumerate() {
            let number = number as u32;
            let first = entry.group;
            last_entry[first as usize] = number;
            group.clear();
            group.push(first);
            while let Some((_, statement)) = more.next_if(|(owner, _)| *owner == number) {
                if last_entry[*statement as usize] != number {
                    last_entry[*statement as usize] = number;
                    group.push(*statement);
                }
            }
            let known = match group.len() {
                1 => &mut single[first as usize],
                _ => several.entry(group.clone()).or_insert(u32::MAX),
            };
            if *known == u32::MAX {
                *known = groups.len() as u32;
                groups.push(group.len() as u32);
                groups.extend(&group);
            }
            entry.group = *known;
        }
        groups
    }

    fn make_meta(&mut self, source: &Source) -> Meta {
        let kinds = &self.kinds;
        Meta {
            blocks: Blocks {
                count: 0,
                offset: 0,
                sha256: "0".repeat(64),
                size: BLOCK_BYTES as u64,
            },
            categories: std::mem::take(&mut self.categories),
            counts: counts(kinds),
            digest_algorithms: [("md5", kinds.has_md5), ("sha256", kinds.has_sha256)]
                .iter()
                .filter(|(_, is_there)| *is_there)
                .map(|(name, _)| (*name).to_owned())
                .collect(),
            list_id: source.list_id.clone(),
            max_labels: kinds.max_labels,
            max_prefix_bytes: kinds.max_prefix_bytes,
            minisig: source.minisig.clone(),
            prefix_bits_v4: kinds.bits_v4.iter().copied().collect(),
            prefix_bits_v6: kinds.bits_v6.iter().copied().collect(),
            prehash: source.prehash.clone(),
            rejects: source.rejects.clone(),
            sections: SECTIONS
                .iter()
                .map(|name| ((*name).to_owned(), [0, 0]))
                .collect(),
            size_bytes: source.size_bytes,
        }
    }
}

fn counts(kinds: &KindCounts) -> BTreeMap<String, u64> {
    let all = IndicatorKind::ALL.iter().zip(kinds.counts);
    all.filter(|(_, count)| *count > 0)
        .map(|((_, name), count)| ((*name).to_owned(), count))
        .collect()
}

/// Set the positions of the sections and of the block table. They depend on the length of the meta, which contains
/// them; a few rounds settle it.
fn place_sections(meta: &mut Meta, bytes: [u64; 6]) {
    let mut meta_bytes = 0;
    loop {
        let mut offset = align_offset((HEAD_BYTES + meta_bytes) as u64);
        let first = offset;
        for (name, bytes) in SECTIONS.iter().zip(bytes) {
            meta.sections.insert((*name).to_owned(), [offset, bytes]);
            offset = align_offset(offset + bytes);
        }
        meta.blocks.offset = offset;
        meta.blocks.count = (offset - first).div_ceil(BLOCK_BYTES as u64);
        let settled = meta_json(meta).len();
        if settled <= meta_bytes {
            return;
        }
        meta_bytes = settled;
    }
}

fn meta_json(meta: &Meta) -> Vec<u8> {
    match serde_json::to_vec(meta) {
        Ok(json) => json,
        Err(_) => unreachable!("texts and numbers are always JSON"),
    }
}

fn write_meta(out: &mut (impl Write + Seek), meta: &Meta) -> Result<(), BuildError> {
    let json = meta_json(meta);
    let total_bytes = out.stream_position()?;
    let head = Head {
        total_bytes,
        meta_bytes: json.len() as u64,
        meta_sha256: Sha256::digest(&json).into(),
    };
    out.seek(SeekFrom::Start(0))?;
    out.write_all(&head.write())?;
    out.write_all(&json)?;
    let first = meta.sections[SECTIONS[0]][0] as usize;
    out.write_all(&vec![0; first - HEAD_BYTES - json.len()])?;
    Ok(())
}

fn make_bloom(hashes: &[u64], page_hosts: &[u64]) -> Vec<u64> {
    let words = hashes
        .len()
        .div_ceil(INDICATORS_IN_A_BLOOM_WORD)
        .next_multiple_of(8);
    let mut bloom = vec![0; words];
    for hash in hashes.iter().chain(page_hosts) {
        bloom[scale(*hash, words)] |= bloom_mask(*hash);
    }
    bloom
}

fn make_slots(hashes: &[u64]) -> Result<Vec<u64>, BuildError> {
    let buckets = hashes.len().div_ceil(INDICATORS_IN_A_BUCKET);
    let mut slots = vec![0; buckets * BUCKET_SLOTS];
    for (entry, hash) in hashes.iter().enumerate() {
        let own = scale(*hash, buckets);
        let empty = (0..buckets.min(MAX_WALK)).find_map(|step| {
            let start = (own + step) % buckets * BUCKET_SLOTS;
            (start..start + BUCKET_SLOTS).find(|place| slots[*place] == 0)
        });
        slots[empty.ok_or(BuildError::TooManyCollisions)?] = slot(entry as u32, *hash);
    }
    Ok(slots)
}

fn temporary_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    path.with_file_name(name)
}

/// Writes aligned sections, and digests each block as it is written.
struct BlockWriter<'w, W> {
    out: &'w mut W,
    block: Vec<u8>,
    table: Vec<u8>,
}

impl<'w, W: Write> BlockWriter<'w, W> {
    fn new(out: &'w mut W) -> Self {
        BlockWriter {
            out,
            block: Vec::with_capacity(BLOCK_BYTES),
            table: Vec::new(),
        }
    }

    fn write_items<T, const N: usize>(
        &mut self,
        items: &[T],
        write: impl Fn(&T) -> [u8; N],
    ) -> io::Result<()> {
        for item in items {
            // Blocks are a multiple of every item's size, so an item never straddles two.
            self.block.extend_from_slice(&write(item));
            if self.block.len() >= BLOCK_BYTES {
                self.flush()?;
            }
        }
        self.align()
    }

    fn write_bytes(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK_BYTES - self.block.len()));
            self.block.extend_from_slice(now);
            if self.block.len() == BLOCK_BYTES {
                self.flush()?;
            }
            bytes = later;
        }
        Ok(())
    }

    fn align(&mut self) -> io::Result<()> {
        let length = align_offset(self.block.len() as u64) as usize;
        self.block.resize(length, 0);
        if length == BLOCK_BYTES {
            self.flush()
        } else {
            Ok(())
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.table.extend_from_slice(&Sha256::digest(&self.block));
        self.out.write_all(&self.block)?;
        self.block.clear();
        Ok(())
    }

    /// Return the digests of all blocks. The last block can be short.
    fn close(mut self) -> io::Result<Vec<u8>> {
        if !self.block.is_empty() {
            self.flush()?;
        }
        Ok(self.table)
    }
}
