//! One segment on its way into its file: sorted, encoded row group by row group, written.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde::Serialize;

use super::cut::Part;
use super::file::SegmentFile;
use super::group::{Group, encode};
use super::hex::hex;
use super::pack::{Pack, Row};
use super::pages::Packing;
use super::rows::Rows;
use super::tree::{Node, RowKey, Tree};

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

/// A segment that is being sealed. First `prepare`, then each row group, by any thread; they are written in their order.
pub struct Sealing {
    pub exhibit: usize,
    path: PathBuf,
    key: RowKey,
    /// Of the packs.
    pub size_bytes: usize,
    parts: Mutex<Vec<Part>>,
    group_rows: usize,
    rows: OnceLock<Rows>,
    written: Mutex<Written>,
}

/// What is written so far, and row groups that came before their turn.
#[derive(Default)]
struct Written {
    file: Option<SegmentFile>,
    early: BTreeMap<usize, Group>,
    roots: Vec<Node>,
    rows: u64,
    times: Option<(i64, i64)>,
}

/// About so many bytes a row group has at most, before it is encoded, that each thread may hold one.
const GROUP_BYTES: usize = 16 << 20;
/// However long its rows are.
const GROUP_ROWS: usize = 64;

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sealing {
    /// `most_rows` are those of a row group, a power of two; it has fewer where rows are long.
    pub fn new(
        exhibit: usize,
        path: PathBuf,
        key: RowKey,
        parts: Vec<Part>,
        most_rows: usize,
    ) -> Arc<Sealing> {
        let packs = || parts.iter().map(|part| &part.pack);
        let rows: usize = packs().map(|pack| pack.rows.len()).sum();
        let row_bytes =
            packs().map(Pack::own_bytes).sum::<usize>() / rows.max(1) + size_of::<Row>();
        let mut group_rows = most_rows;
        while group_rows > GROUP_ROWS && group_rows * row_bytes > GROUP_BYTES {
            group_rows /= 2;
        }
        Arc::new(Sealing {
            exhibit,
            path,
            key,
            size_bytes: packs().map(Pack::size_bytes).sum(),
            parts: Mutex::new(parts),
            group_rows,
            rows: OnceLock::new(),
            written: Mutex::default(),
        })
    }

    /// Put the rows in order; how many row groups there are.
    pub fn prepare(&self) -> usize {
        let parts = std::mem::take(&mut *locked(&self.parts));
        let rows = self.rows.get_or_init(|| Rows::new(parts));
        rows.count().div_ceil(self.group_rows)
    }

    /// Hash and encode a row group, and write what is next; the segment, if that was all of it.
    pub fn group(&self, number: usize, packing: &mut Packing) -> io::Result<Option<Sealed>> {
        let rows = self.rows.get();
        let rows = rows.ok_or_else(|| io::Error::other("a segment was not put in order"))?;
        let first = number * self.group_rows;
        let numbers = first..(first + self.group_rows).min(rows.count());
        let group = encode(numbers, rows, &self.key, packing)?;
        let mut written = locked(&self.written);
        written.early.insert(number, group);
        while let Some(group) = written.next() {
            written.add(group, &self.path)?;
        }
        if written.rows < rows.count() as u64 {
            return Ok(None);
        }
        self.finish(&mut written).map(Some)
    }

    fn finish(&self, written: &mut Written) -> io::Result<Sealed> {
        let file = written.file.take();
        let file = file.ok_or_else(|| io::Error::other("a segment has no rows"))?;
        let (sha256, size_bytes) = file.finish()?;
        let (first_us, last_us) = written.times.unwrap_or_default();
        let name = self.path.file_name().unwrap_or_default();
        // Row groups are whole parts of the tree, so that their roots are its nodes.
        let root = Tree::new(std::mem::take(&mut written.roots)).root();
        Ok(Sealed {
            file: name.to_string_lossy().into_owned(),
            segment_id: hex(&root),
            rows: written.rows,
            sha256,
            size_bytes,
            first_us,
            last_us,
        })
    }
}

impl Written {
    /// The row group whose turn it is, if it is there.
    fn next(&mut self) -> Option<Group> {
        self.early.remove(&self.roots.len())
    }

    fn add(&mut self, group: Group, path: &Path) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(SegmentFile::create(path)?),
        };
        file.add(group.chunks)?;
        self.roots.push(group.root);
        self.rows += group.rows;
        let (first, last) = self.times.unwrap_or((group.first_us, group.last_us));
        self.times = Some((first.min(group.first_us), last.max(group.last_us)));
        Ok(())
    }
}
