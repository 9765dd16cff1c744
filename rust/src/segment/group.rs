//! A row group: consecutive rows of a segment, hashed and encoded by one thread.

use std::io;
use std::ops::Range;

use super::columns::{Flags, Numbers, Recurring, Sources, Various};
use super::pack::{Column, TEXT_COLUMNS, encoding};
use super::pages::{Chunk, PageCompressor};
use super::row::Canonical;
use super::rows::{Hit, Rows};
use super::texts::Interner;
use super::tree::{AT_ONCE, Node, RowKey, Tree, begin_leaf, hash_data, salts};

/// An encoded row group, and what the segment's root needs of it.
pub struct Group {
    /// The root of the tree over the group's rows.
    pub root: Node,
    pub rows: u64,
    pub first_us: i64,
    pub last_us: i64,
    /// In the order of the file.
    pub chunks: Vec<Chunk>,
}

/// Hash and encode the rows of these numbers.
pub fn encode(
    numbers: Range<usize>,
    rows: &Rows,
    key: &RowKey,
    compressor: &mut PageCompressor,
) -> io::Result<Group> {
    let mut canonical = Canonical::new(rows);
    let mut columns = Columns::new();
    let mut leaves = Vec::with_capacity(numbers.len());
    let (mut first_us, mut last_us) = (i64::MAX, i64::MIN);
    let mut data: [Vec<u8>; AT_ONCE] = Default::default();
    for first in numbers.clone().step_by(AT_ONCE) {
        let some = first..numbers.end.min(first + AT_ONCE);
        let salts = salts(key, first as u64, some.len());
        for (number, (data, salt)) in some.clone().zip(data.iter_mut().zip(&salts)) {
            let hit = rows.hit(number);
            begin_leaf(salt, data);
            canonical.push(&hit, data);
            columns.push(&hit, compressor)?;
            let at_us = hit.row.timestamp_us;
            (first_us, last_us) = (first_us.min(at_us), last_us.max(at_us));
        }
        let hashed = hash_data(data[..some.len()].iter().map(Vec::as_slice));
        leaves.extend_from_slice(&hashed[..some.len()]);
    }
    Ok(Group {
        root: Tree::new(leaves).root(),
        rows: numbers.len() as u64,
        first_us,
        last_us,
        chunks: columns.finish(rows, compressor)?,
    })
}

const MEANING_COLUMNS: usize = 7;

/// All columns except those at the end of the canonical row, by kind.
struct Columns {
    timestamp: Numbers,
    timestamp_original: Various,
    uncertainty_s: Numbers,
    source_ip: Sources,
    source_port: Numbers,
    destination_port: Numbers,
    url: Various,
    status: Numbers,
    bytes: Numbers,
    byte_offset: Numbers,
    line_number: Numbers,
    raw: Various,
    texts: [Recurring; TEXT_COLUMNS],
    /// Runs of rows of one meaning.
    meanings: Vec<(u32, usize)>,
    /// Runs of rows whose frames are UTF-8, or not.
    are_texts: Vec<(bool, usize)>,
}

impl Columns {
    fn new() -> Columns {
        Columns {
            timestamp: Numbers::default(),
            timestamp_original: Various::new(TIMESTAMP_ORIGINAL),
            uncertainty_s: Numbers::default(),
            source_ip: Sources::default(),
            source_port: Numbers::default(),
            destination_port: Numbers::default(),
            url: Various::new(URL),
            status: Numbers::default(),
            bytes: Numbers::default(),
            byte_offset: Numbers::default(),
            line_number: Numbers::default(),
            raw: Various::new(RAW),
            texts: Default::default(),
            meanings: Vec::new(),
            are_texts: Vec::new(),
        }
    }

    fn push(&mut self, hit: &Hit<'_>, compressor: &mut PageCompressor) -> io::Result<()> {
        let row = hit.row;
        self.timestamp.push(Some(row.timestamp_us));
        self.timestamp_original
            .push(Some(hit.timestamp_original), compressor)?;
        self.uncertainty_s.push(Some(row.uncertainty_s));
        self.source_ip.push(row.source_ip);
        self.source_port.push(row.source_port.map(i64::from));
        self.destination_port
            .push(row.destination_port.map(i64::from));
        self.url.push(hit.url, compressor)?;
        self.status.push(row.status);
        self.bytes.push(row.bytes);
        self.byte_offset.push(Some(row.byte_offset));
        self.line_number.push(Some(hit.line_number));
        self.raw.push(Some(hit.raw), compressor)?;
        for (column, text) in self.texts.iter_mut().zip(hit.texts) {
            column.push(text);
        }
        push_run(hit.meaning, &mut self.meanings);
        push_run(row.is_text, &mut self.are_texts);
        Ok(())
    }

    /// Return the chunks in the order of ADR 2.
    fn finish(self, rows: &Rows, compressor: &mut PageCompressor) -> io::Result<Vec<Chunk>> {
        let mut of_texts = self.texts.map(Some);
        let mut text = |column: Column, place: usize, compressor: &mut PageCompressor| {
            let column = of_texts[column as usize].take().unwrap_or_default();
            column.finish(place, |number| rows.text(number), compressor)
        };
        let mut chunks = vec![
            self.timestamp.finish_searched(0, compressor)?,
            self.timestamp_original.finish(compressor)?,
            self.uncertainty_s.finish(2, compressor)?,
            self.source_ip.finish(3, compressor)?,
            self.source_port.finish(4, compressor)?,
            text(Column::DestinationIp, 5, compressor)?,
            self.destination_port.finish(6, compressor)?,
            text(Column::Host, 7, compressor)?,
            self.url.finish(compressor)?,
            text(Column::Method, 9, compressor)?,
            self.status.finish(10, compressor)?,
            self.bytes.finish(11, compressor)?,
            text(Column::UserAgent, 12, compressor)?,
            text(Column::Referrer, 13, compressor)?,
            text(Column::User, 14, compressor)?,
            text(Column::DnsType, 15, compressor)?,
            text(Column::DnsAction, 16, compressor)?,
            text(Column::RecordKind, 17, compressor)?,
        ];
        chunks.extend(meaning_numbers(&self.meanings, rows, compressor)?);
        chunks.push(text(Column::Member, 26, compressor)?);
        chunks.push(self.byte_offset.finish(27, compressor)?);
        chunks.push(self.line_number.finish(28, compressor)?);
        chunks.push(self.raw.finish(compressor)?);
        chunks.push(encodings(&self.are_texts, compressor)?);
        Ok(chunks)
    }
}

fn push_run<T: PartialEq>(value: T, runs: &mut Vec<(T, usize)>) {
    match runs.last_mut() {
        Some((last, count)) if *last == value => *count += 1,
        _ => runs.push((value, 1)),
    }
}

/// Return the columns that the indicators give.
fn meaning_numbers(
    runs: &[(u32, usize)],
    rows: &Rows,
    compressor: &mut PageCompressor,
) -> io::Result<Vec<Chunk>> {
    let mut columns: [Recurring; MEANING_COLUMNS] = Default::default();
    let mut vouched = Flags::default();
    for (meaning, count) in runs {
        let meaning_numbers = rows.meaning(*meaning);
        for (column, text) in columns.iter_mut().zip(meaning_numbers.texts) {
            column.push_many(text, *count);
        }
        (0..*count).for_each(|_| vouched.push(meaning_numbers.vouched));
    }
    let of_texts = (INDICATOR_ID..).zip(columns);
    let mut chunks = of_texts
        .map(|(place, column)| column.finish(place, |number| rows.text(number), compressor))
        .collect::<io::Result<Vec<_>>>()?;
    chunks.push(vouched.finish(INDICATOR_ID + MEANING_COLUMNS, compressor)?);
    Ok(chunks)
}

fn encodings(runs: &[(bool, usize)], compressor: &mut PageCompressor) -> io::Result<Chunk> {
    let (mut column, mut names) = (Recurring::default(), Interner::default());
    for (is_text, count) in runs {
        column.push_many(names.number(encoding(*is_text).as_bytes()), *count);
    }
    column.finish(ENCODING, |number| names.texts().get(number), compressor)
}

/// Positions of columns in the file.
const TIMESTAMP_ORIGINAL: usize = 1;
const INDICATOR_ID: usize = 18;
const ENCODING: usize = 30;
const URL: usize = 8;
const RAW: usize = 29;
