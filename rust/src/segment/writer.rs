//! Writing one segment: its rows are sorted, encoded row group by row group, and written to its file.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde::Serialize;

use super::cutter::Part;
use super::file::SegmentFile;
use super::group::{Group, encode};
use super::hex::hex;
use super::pack::{Pack, Row};
use super::pages::PageCompressor;
use super::rows::Rows;
use super::tree::{Node, RowKey, Tree};

/// A segment that was written.
#[derive(Clone, Debug, Serialize)]
pub struct WrittenSegment {
    pub file: String,
    pub segment_id: String,
    pub rows: u64,
    pub sha256: String,
    pub size_bytes: u64,
    pub first_us: i64,
    pub last_us: i64,
}

/// A segment that is being sealed. Call `prepare` first, then `group` for each row group, from any thread. The groups
/// are written in order.
pub struct SegmentWriter {
    pub exhibit: usize,
    path: PathBuf,
    key: RowKey,
    /// Bytes of the packs.
    pub size_bytes: usize,
    parts: Mutex<Vec<Part>>,
    group_rows: usize,
    rows: OnceLock<Rows>,
    written: Mutex<Written>,
}

/// What is written so far, and row groups that are ahead of their turn.
#[derive(Default)]
struct Written {
    file: Option<SegmentFile>,
    early: BTreeMap<usize, Group>,
    roots: Vec<Node>,
    rows: u64,
    times: Option<(i64, i64)>,
}

/// The target for the bytes of a row group before it is encoded, because each thread can hold one.
const GROUP_BYTES: usize = 16 << 20;
/// The minimum of rows, however long they are.
const GROUP_ROWS: usize = 64;

fn lock_mutex<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SegmentWriter {
    /// Make a writer. `most_rows` is the maximum of rows in a group, a power of two. Groups have fewer rows if rows
    /// are long.
    pub fn new(
        exhibit: usize,
        path: PathBuf,
        key: RowKey,
        parts: Vec<Part>,
        most_rows: usize,
    ) -> Arc<SegmentWriter> {
        let packs = || parts.iter().map(|part| &part.pack);
        let rows: usize = packs().map(|pack| pack.rows.len()).sum();
        let row_bytes =
            packs().map(Pack::own_bytes).sum::<usize>() / rows.max(1) + size_of::<Row>();
        let mut group_rows = most_rows;
        while group_rows > GROUP_ROWS && group_rows * row_bytes > GROUP_BYTES {
            group_rows /= 2;
        }
        Arc::new(SegmentWriter {
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

    /// Sort the rows and return how many row groups there are.
    pub fn prepare(&self) -> usize {
        let parts = std::mem::take(&mut *lock_mutex(&self.parts));
        let rows = self.rows.get_or_init(|| Rows::new(parts));
        rows.count().div_ceil(self.group_rows)
    }

    /// Hash and encode a row group, and write the groups whose turn it is. Returns the segment after the last one.
    pub fn group(
        &self,
        number: usize,
        compressor: &mut PageCompressor,
    ) -> io::Result<Option<WrittenSegment>> {
        let rows = self.rows.get();
        let rows = rows.ok_or_else(|| io::Error::other("a segment was not put in order"))?;
        let first = number * self.group_rows;
        let numbers = first..(first + self.group_rows).min(rows.count());
        let group = encode(numbers, rows, &self.key, compressor)?;
        let mut written = lock_mutex(&self.written);
        written.early.insert(number, group);
        while let Some(group) = written.next() {
            written.add(group, &self.path)?;
        }
        if written.rows < rows.count() as u64 {
            return Ok(None);
        }
        self.finish(&mut written).map(Some)
    }

    fn finish(&self, written: &mut Written) -> io::Result<WrittenSegment> {
        let file = written.file.take();
        let file = file.ok_or_else(|| io::Error::other("a segment has no rows"))?;
        let (sha256, size_bytes) = file.finish()?;
        let (first_us, last_us) = written.times.unwrap_or_default();
        let name = self.path.file_name().unwrap_or_default();
        // Row groups are complete subtrees, so their roots are nodes of the tree.
        let root = Tree::new(std::mem::take(&mut written.roots)).root();
        Ok(WrittenSegment {
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
    /// Return the row group whose turn it is, if it is ready.
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
