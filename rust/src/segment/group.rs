//! A row group: some of a segment's rows in their order, hashed and encoded by one thread.

use std::io;
use std::ops::Range;

use super::columns::{Flags, Numbers, Recurring, Sources, Various};
use super::pack::{Column, TEXT_COLUMNS, encoding};
use super::pages::{Chunk, Packing};
use super::row::Canonical;
use super::rows::{Hit, Rows};
use super::texts::Interner;
use super::tree::{AT_ONCE, Node, RowKey, Tree, begin_leaf, hashed, salts};

/// A row group as it goes into the file, and what the segment's root needs of it.
pub struct Group {
    /// Of the rows as leaves.
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
    packing: &mut Packing,
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
            columns.push(&hit, packing)?;
            let at_us = hit.row.timestamp_us;
            (first_us, last_us) = (first_us.min(at_us), last_us.max(at_us));
        }
        let hashed = hashed(data[..some.len()].iter().map(Vec::as_slice));
        leaves.extend_from_slice(&hashed[..some.len()]);
    }
    Ok(Group {
        root: Tree::new(leaves).root(),
        rows: numbers.len() as u64,
        first_us,
        last_us,
        chunks: columns.finish(rows, packing)?,
    })
}

const MEANT_COLUMNS: usize = 7;

/// All columns but those of the canonical row's end, by kind.
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

    fn push(&mut self, hit: &Hit<'_>, packing: &mut Packing) -> io::Result<()> {
        let row = hit.row;
        self.timestamp.push(Some(row.timestamp_us));
        self.timestamp_original
            .push(Some(hit.timestamp_original), packing)?;
        self.uncertainty_s.push(Some(row.uncertainty_s));
        self.source_ip.push(row.source_ip);
        self.source_port.push(row.source_port.map(i64::from));
        self.destination_port
            .push(row.destination_port.map(i64::from));
        self.url.push(hit.url, packing)?;
        self.status.push(row.status);
        self.bytes.push(row.bytes);
        self.byte_offset.push(Some(row.byte_offset));
        self.line_number.push(Some(hit.line_number));
        self.raw.push(Some(hit.raw), packing)?;
        for (column, text) in self.texts.iter_mut().zip(hit.texts) {
            column.push(text);
        }
        push_run(hit.meaning, &mut self.meanings);
        push_run(row.is_text, &mut self.are_texts);
        Ok(())
    }

    /// The chunks in the order of ADR 2.
    fn finish(self, rows: &Rows, packing: &mut Packing) -> io::Result<Vec<Chunk>> {
        let mut of_texts = self.texts.map(Some);
        let mut text = |column: Column, place: usize, packing: &mut Packing| {
            let column = of_texts[column as usize].take().unwrap_or_default();
            column.finish(place, |number| rows.text(number), packing)
        };
        let mut chunks = vec![
            self.timestamp.finish_searched(0, packing)?,
            self.timestamp_original.finish(packing)?,
            self.uncertainty_s.finish(2, packing)?,
            self.source_ip.finish(3, packing)?,
            self.source_port.finish(4, packing)?,
            text(Column::DestinationIp, 5, packing)?,
            self.destination_port.finish(6, packing)?,
            text(Column::Host, 7, packing)?,
            self.url.finish(packing)?,
            text(Column::Method, 9, packing)?,
            self.status.finish(10, packing)?,
            self.bytes.finish(11, packing)?,
            text(Column::UserAgent, 12, packing)?,
            text(Column::Referrer, 13, packing)?,
            text(Column::User, 14, packing)?,
            text(Column::DnsType, 15, packing)?,
            text(Column::DnsAction, 16, packing)?,
            text(Column::RecordKind, 17, packing)?,
        ];
        chunks.extend(meant(&self.meanings, rows, packing)?);
        chunks.push(text(Column::Member, 26, packing)?);
        chunks.push(self.byte_offset.finish(27, packing)?);
        chunks.push(self.line_number.finish(28, packing)?);
        chunks.push(self.raw.finish(packing)?);
        chunks.push(encodings(&self.are_texts, packing)?);
        Ok(chunks)
    }
}

fn push_run<T: PartialEq>(value: T, runs: &mut Vec<(T, usize)>) {
    match runs.last_mut() {
        Some((last, count)) if *last == value => *count += 1,
        _ => runs.push((value, 1)),
    }
}

/// The columns of what indicators gave.
fn meant(runs: &[(u32, usize)], rows: &Rows, packing: &mut Packing) -> io::Result<Vec<Chunk>> {
    let mut columns: [Recurring; MEANT_COLUMNS] = Default::default();
    let mut vouched = Flags::default();
    for (meaning, count) in runs {
        let meant = rows.meaning(*meaning);
        for (column, text) in columns.iter_mut().zip(meant.texts) {
            column.push_many(text, *count);
        }
        (0..*count).for_each(|_| vouched.push(meant.vouched));
    }
    let of_texts = (INDICATOR_ID..).zip(columns);
    let mut chunks = of_texts
        .map(|(place, column)| column.finish(place, |number| rows.text(number), packing))
        .collect::<io::Result<Vec<_>>>()?;
    chunks.push(vouched.finish(INDICATOR_ID + MEANT_COLUMNS, packing)?);
    Ok(chunks)
}

fn encodings(runs: &[(bool, usize)], packing: &mut Packing) -> io::Result<Chunk> {
    let (mut column, mut names) = (Recurring::default(), Interner::default());
    for (is_text, count) in runs {
        column.push_many(names.number(encoding(*is_text).as_bytes()), *count);
    }
    column.finish(ENCODING, |number| names.texts().get(number), packing)
}

/// Places of columns in the file.
const TIMESTAMP_ORIGINAL: usize = 1;
const INDICATOR_ID: usize = 18;
const ENCODING: usize = 30;
const URL: usize = 8;
const RAW: usize = 29;
