//! One segment: its rows sorted, hashed, and written to their file.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, RecordBatch};
use arrow_select::interleave::interleave_record_batch;
use parquet::arrow::ArrowWriter;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::hex::hex;
use super::tree::{RowKey, Tree, leaf, salt};
use crate::scan::{parquet_properties, plain};

/// A segment that was written.
#[derive(Clone, Debug, Serialize)]
pub struct Sealed {
    pub file: String,
    pub segment_id: String,
    pub rows: u64,
    pub sha256: String,
    pub size_bytes: u64,
    pub first_us: i64,
    pub last_us: i64,
}

/// The rows of a segment as they came, and the canonical row of each.
#[derive(Default)]
pub struct Held {
    pub batches: Vec<RecordBatch>,
    texts: Vec<u8>,
    ends: Vec<usize>,
}

impl Held {
    pub fn rows(&self) -> usize {
        self.ends.len()
    }

    pub fn text_bytes(&self) -> usize {
        self.texts.len()
    }

    /// Where the next canonical row goes; then `end_text`.
    pub fn next_text(&mut self) -> &mut Vec<u8> {
        &mut self.texts
    }

    pub fn end_text(&mut self) {
        self.ends.push(self.texts.len());
    }

    fn text(&self, row: usize) -> &[u8] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.texts[start..self.ends[row]]
    }
}

/// Address (none, IPv4, IPv6), timestamp, then as the row came; behind them the batch and the row in it.
type Place = ((u8, u128), i64, usize, (usize, usize));

fn places(batches: &[RecordBatch]) -> Vec<Place> {
    let mut places = Vec::new();
    for (number, batch) in batches.iter().enumerate() {
        let times = batch.column(0).as_primitive::<TimestampMicrosecondType>();
        let sources = batch.column(3).as_string::<i32>();
        for row in 0..batch.num_rows() {
            let source = sources.is_valid(row).then(|| sources.value(row));
            let came = places.len();
            places.push((address_rank(source), times.value(row), came, (number, row)));
        }
    }
    places.sort_unstable();
    places
}

fn address_rank(source: Option<&str>) -> (u8, u128) {
    match source.and_then(|text| text.parse().ok()) {
        None => (0, 0),
        Some(IpAddr::V4(ip)) => (1, u128::from(u32::from(ip))),
        Some(IpAddr::V6(ip)) => (2, u128::from(ip)),
    }
}

/// Write the segment; what it is.
pub fn seal(held: Held, folder: &Path, name: String, key: &RowKey) -> io::Result<Sealed> {
    let places = places(&held.batches);
    let leaves = places
        .iter()
        .enumerate()
        .map(|(index, place)| leaf(&salt(key, index as u64), held.text(place.2)));
    let root = Tree::new(leaves.collect()).root();
    let (sha256, size_bytes) = write(&held.batches, &places, &folder.join(&name))?;
    let times = || places.iter().map(|place| place.1);
    Ok(Sealed {
        file: name,
        segment_id: hex(&root),
        rows: places.len() as u64,
        sha256,
        size_bytes,
        first_us: times().min().unwrap_or(0),
        last_us: times().max().unwrap_or(0),
    })
}

const BATCH_ROWS: usize = 1 << 14;

fn write(batches: &[RecordBatch], places: &[Place], path: &Path) -> io::Result<(String, u64)> {
    let file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let hashed = Hashed {
        file,
        hash: Sha256::new(),
        size_bytes: 0,
    };
    let batches: Vec<&RecordBatch> = batches.iter().collect();
    let schema = batches[0].schema();
    let mut writer =
        ArrowWriter::try_new(hashed, schema, Some(parquet_properties())).map_err(plain)?;
    for some in places.chunks(BATCH_ROWS) {
        let rows: Vec<(usize, usize)> = some.iter().map(|place| place.3).collect();
        let sorted = interleave_record_batch(&batches, &rows).map_err(io::Error::other)?;
        writer.write(&sorted).map_err(plain)?;
    }
    let mut hashed = writer.into_inner().map_err(plain)?;
    hashed.flush()?;
    hashed.file.sync_all()?;
    Ok((hex(&hashed.hash.finalize()), hashed.size_bytes))
}

/// A file that is hashed as it is written.
struct Hashed {
    file: File,
    hash: Sha256,
    size_bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.size_bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
