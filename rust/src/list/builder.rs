//! Building a list from its rows: each indicator once, each distinct statement once, in line order.

use std::collections::{BTreeSet, HashMap};

use super::hash::scale;
use super::junk::Junk;
use super::layout::{EntryRecord, StatementRecord, slot};
use super::row::{ParsedRow, Row, RowCode, RowReject};
use super::value::Value;
use crate::indicator::IndicatorKind;

/// The compiled file stores numbers in 32 bits.
const MOST: usize = 4_000_000_000;

/// Collects the rows of one list. All texts are in one buffer, so that ten million indicators fit in memory.
#[derive(Debug)]
pub struct Builder {
    junk: Junk,
    pub(super) strings: Vec<u8>,
    /// Until the list is written, `group` holds the number of the entry's first statement.
    pub(super) entries: Vec<EntryRecord>,
    pub(super) hashes: Vec<u64>,
    /// Hashes of the hosts of urls and url-prefixes.
    pub(super) page_hosts: Vec<u64>,
    /// The further statements of entries that have several, in line order.
    pub(super) more_statements: Vec<(u32, u32)>,
    pub(super) statements: Vec<StatementRecord>,
    pub(super) categories: Vec<String>,
    pub(super) kinds: KindCounts,
    statement_numbers: HashMap<StatementRecord, u32>,
    category_numbers: HashMap<String, u32>,
    last_statement: Option<u32>,
    index: EntryIndex,
}

/// Which kinds of values the list holds. A scan probes for nothing else.
#[derive(Debug, Default)]
pub struct KindCounts {
    pub counts: [u64; IndicatorKind::ALL.len()],
    pub max_labels: usize,
    pub max_prefix_bytes: usize,
    pub bits_v4: BTreeSet<u8>,
    pub bits_v6: BTreeSet<u8>,
    pub has_md5: bool,
    pub has_sha256: bool,
}

impl Builder {
    pub fn new(junk: Junk) -> Builder {
        Builder {
            junk,
            strings: Vec::new(),
            entries: Vec::new(),
            hashes: Vec::new(),
            page_hosts: Vec::new(),
            more_statements: Vec::new(),
            statements: Vec::new(),
            categories: Vec::new(),
            kinds: KindCounts::default(),
            statement_numbers: HashMap::new(),
            category_numbers: HashMap::new(),
            last_statement: None,
            index: EntryIndex::default(),
        }
    }

    /// Return how many distinct indicators were added.
    pub fn indicators(&self) -> usize {
        self.entries.len()
    }

    /// Check whether the row can be read, without adding it.
    pub fn check(&self, row: Row<'_>) -> Result<(), RowReject> {
        row.read(&self.junk).map(|_| ())
    }

    /// Add one row, or return why it cannot be read.
    pub fn add(&mut self, row: Row<'_>) -> Result<(), RowReject> {
        let parsed = row.read(&self.junk)?;
        if self.is_full() || parsed.value.len() > MOST {
            let reason =
                "a list holds at most 4,000,000,000 indicators, statements and bytes of a value";
            return Err(RowReject {
                line: row.line,
                code: RowCode::BadValue,
                reason,
            });
        }
        let statement = self.statement_number(&parsed);
        let Some(value) = Value::read(parsed.kind, &parsed.value) else {
            unreachable!("a canonical value can be read");
        };
        let hash = value.hash(parsed.kind);
        match self
            .index
            .find(hash, &self.hashes, |entry| self.is_entry(entry, &parsed))
        {
            Some(entry) if self.entries[entry as usize].group == statement => {}
            Some(entry) => self.more_statements.push((entry, statement)),
            None => {
                self.kinds.count(parsed.kind, &value);
                self.insert(hash, &parsed, statement);
            }
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        let most = self
            .entries
            .len()
            .max(self.statements.len())
            .max(self.more_statements.len() / 2);
        most >= MOST
    }

    fn is_entry(&self, entry: u32, parsed: &ParsedRow<'_>) -> bool {
        let entry = &self.entries[entry as usize];
        let start = entry.text_offset as usize;
        let text = &self.strings[start..start + entry.text_bytes as usize];
        entry.kind == parsed.kind && text == parsed.value.as_bytes()
    }

    fn insert(&mut self, hash: u64, parsed: &ParsedRow<'_>, statement: u32) {
        self.entries.push(EntryRecord {
            text_offset: self.strings.len() as u64,
            text_bytes: parsed.value.len() as u32,
            kind: parsed.kind,
            group: statement,
        });
        self.hashes.push(hash);
        if let IndicatorKind::Url | IndicatorKind::UrlPrefix = parsed.kind {
            if let Some(Value::Page(page)) = Value::read(parsed.kind, &parsed.value) {
                self.page_hosts.push(page.host_hash());
            }
        }
        self.strings.extend_from_slice(parsed.value.as_bytes());
        self.index.insert(&self.hashes);
    }

    /// Return the number of the row's statement. Most rows make the same statement as the row before.
    fn statement_number(&mut self, parsed: &ParsedRow<'_>) -> u32 {
        let record = StatementRecord {
            valid_from_us: parsed.valid_from_us,
            valid_until_us: parsed.valid_until_us,
            listed_on_us: parsed.listed_on_us,
            category: parsed
                .category
                .map(|category| self.category_number(category)),
            opinion: parsed.opinion,
            has_reference: parsed.has_reference,
        };
        if let Some(last) = self
            .last_statement
            .filter(|last| self.statements[*last as usize] == record)
        {
            return last;
        }
        let statements = &mut self.statements;
        let number = *self.statement_numbers.entry(record).or_insert_with(|| {
            statements.push(record);
            (statements.len() - 1) as u32
        });
        self.last_statement = Some(number);
        number
    }

    fn category_number(&mut self, category: &str) -> u32 {
        if let Some(known) = self.category_numbers.get(category) {
            return *known;
        }
        let new = self.categories.len() as u32;
        self.categories.push(category.to_owned());
        self.category_numbers.insert(category.to_owned(), new);
        new
    }

    /// Free the memory that only `add` needs.
    pub(super) fn free_indexes(&mut self) {
        self.index = EntryIndex::default();
        self.statement_numbers = HashMap::new();
        self.category_numbers = HashMap::new();
    }
}

impl KindCounts {
    fn count(&mut self, kind: IndicatorKind, value: &Value<'_>) {
        self.counts[kind as usize] += 1;
        match (kind, *value) {
            (
                IndicatorKind::Domain | IndicatorKind::Onion | IndicatorKind::I2p,
                Value::Name(name),
            ) => {
                let labels = memchr::memchr_iter(b'.', name.as_bytes()).count() + 1;
                self.max_labels = self.max_labels.max(labels);
            }
            (IndicatorKind::UrlPrefix, Value::Page(page)) => {
                self.max_prefix_bytes = self.max_prefix_bytes.max(page.path_query.len());
            }
            (_, Value::Network(network, bits)) => match network.is_ipv4() {
                true => drop(self.bits_v4.insert(bits)),
                false => drop(self.bits_v6.insert(bits)),
            },
            (IndicatorKind::Digest, Value::Text(digest)) => match digest.len() {
                32 => self.has_md5 = true,
                _ => self.has_sha256 = true,
            },
            _ => {}
        }
    }
}

/// Finds the entries added so far by their hash. A table of slots like the written one, but growing.
#[derive(Debug, Default)]
struct EntryIndex {
    slots: Vec<u64>,
}

impl EntryIndex {
    fn find(&self, hash: u64, hashes: &[u64], is: impl Fn(u32) -> bool) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let mut place = scale(hash, self.slots.len());
        loop {
            let slot = self.slots[place];
            let entry = (slot as u32).checked_sub(1)?;
            if slot >> 32 == hash & 0xffff_ffff && hashes[entry as usize] == hash && is(entry) {
                return Some(entry);
            }
            place = (place + 1) % self.slots.len();
        }
    }

    /// Add the entry whose hash is the last of `hashes`.
    fn insert(&mut self, hashes: &[u64]) {
        if hashes.len() * 4 > self.slots.len() * 3 {
            self.slots = vec![0; (self.slots.len() * 2).max(64)];
            for (entry, hash) in hashes.iter().enumerate() {
                self.put(entry as u32, *hash);
            }
        } else {
            self.put((hashes.len() - 1) as u32, hashes[hashes.len() - 1]);
        }
    }

    fn put(&mut self, entry: u32, hash: u64) {
        let mut place = scale(hash, self.slots.len());
        while self.slots[place] != 0 {
            place = (place + 1) % self.slots.len();
        }
        self.slots[place] = slot(entry, hash);
    }
}
