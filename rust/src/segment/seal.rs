//! One segment on its way into its file: sorted, encoded row group by row group, written.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::cut::Part;
use super::group::{Group, encode};
use super::hex::hex;
use super::pages::{Packing, SCHEMA};
use super::rows::Rows;
use super::tree::{RowKey, Tree};
use crate::scan::plain;

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

/// A segment that is being sealed. First `prepare`, then each row group, in any order and by any thread; who did the last
/// of them writes the file.
pub struct Sealing {
    pub exhibit: usize,
    path: PathBuf,
    key: RowKey,
    parts: Mutex<Vec<Part>>,
    group_rows: usize,
    rows: OnceLock<Rows>,
    groups: Mutex<Vec<(usize, Group)>>,
    left: AtomicUsize,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sealing {
    pub fn new(
        exhibit: usize,
        path: PathBuf,
        key: RowKey,
        parts: Vec<Part>,
        group_rows: usize,
    ) -> Arc<Sealing> {
        let rows: usize = parts.iter().map(|part| part.pack.rows.len()).sum();
        Arc::new(Sealing {
            exhibit,
            path,
            key,
            parts: Mutex::new(parts),
            group_rows,
            rows: OnceLock::new(),
            groups: Mutex::default(),
            left: AtomicUsize::new(rows.div_ceil(group_rows)),
        })
    }

    /// Put the rows in order; how many row groups there are.
    pub fn prepare(&self) -> usize {
        let parts = std::mem::take(&mut *locked(&self.parts));
        let rows = self.rows.get_or_init(|| Rows::new(parts));
        rows.count().div_ceil(self.group_rows)
    }

    /// Hash and encode a row group; whether it was the last.
    pub fn group(&self, number: usize, packing: &mut Packing) -> io::Result<bool> {
        let rows = self.rows.get();
        let rows = rows.ok_or_else(|| io::Error::other("a segment was not put in order"))?;
        let first = number * self.group_rows;
        let numbers = first..(first + self.group_rows).min(rows.count());
        let group = encode(numbers, rows, &self.key, packing)?;
        locked(&self.groups).push((number, group));
        Ok(self.left.fetch_sub(1, Ordering::AcqRel) == 1)
    }

    /// Write the file, once all row groups are there.
    pub fn finish(&self) -> io::Result<Sealed> {
        let mut groups = std::mem::take(&mut *locked(&self.groups));
        groups.sort_unstable_by_key(|(number, _)| *number);
        let groups: Vec<Group> = groups.into_iter().map(|(_, group)| group).collect();
        let name = self.path.file_name().unwrap_or_default();
        // Row groups are whole parts of the tree, so that their roots are its nodes.
        let root = Tree::new(groups.iter().map(|group| group.root).collect()).root();
        let rows = groups.iter().map(|group| group.rows).sum();
        let first_us = groups.iter().map(|group| group.first_us).min().unwrap_or(0);
        let last_us = groups.iter().map(|group| group.last_us).max().unwrap_or(0);
        let (sha256, size_bytes) = write(groups, &self.path)?;
        Ok(Sealed {
            file: name.to_string_lossy().into_owned(),
            segment_id: hex(&root),
            rows,
            sha256,
            size_bytes,
            first_us,
            last_us,
        })
    }
}

fn write(groups: Vec<Group>, path: &Path) -> io::Result<(String, u64)> {
    let file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let hashed = Hashed {
        file,
        hash: Sha256::new(),
        size_bytes: 0,
    };
    let properties = WriterProperties::builder()
        .set_created_by("sightline".to_owned())
        .build();
    let schema = SCHEMA.root_schema_ptr();
    let mut writer =
        SerializedFileWriter::new(hashed, schema, Arc::new(properties)).map_err(plain)?;
    for group in groups {
        let mut row_group = writer.next_row_group().map_err(plain)?;
        for chunk in group.chunks {
            row_group
                .append_column(&chunk.bytes, chunk.close)
                .map_err(plain)?;
        }
        row_group.close().map_err(plain)?;
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
