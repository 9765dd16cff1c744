//! The queue of segments to seal. Any thread can take a task from it.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::pages::PageCompressor;
use super::writer::{SegmentWriter, WrittenSegment};

/// How much memory the rows of unsealed segments may take before the scan reads no more.
const MOST_BYTES: usize = 384 << 20;

/// A task of sealing.
pub enum Task {
    Prepare(Arc<SegmentWriter>),
    Group(Arc<SegmentWriter>, usize),
}

#[derive(Default)]
pub struct Queue(Mutex<Work>);

#[derive(Default)]
struct Work {
    tasks: VecDeque<Task>,
    open: usize,
    /// Bytes of the rows of all open segments, and of the rows that are not cut yet.
    open_bytes: usize,
    uncut_bytes: usize,
    sealed: BTreeMap<usize, Vec<WrittenSegment>>,
}

impl Queue {
    fn work(&self) -> MutexGuard<'_, Work> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, writer: Arc<SegmentWriter>) {
        let mut work = self.work();
        work.open += 1;
        work.open_bytes += writer.size_bytes;
        work.uncut_bytes = 0;
        work.tasks.push_back(Task::Prepare(writer));
    }

    pub fn take(&self) -> Option<Task> {
        self.work().tasks.pop_front()
    }

    /// Whether every segment is sealed.
    pub fn is_done(&self) -> bool {
        self.work().open == 0
    }

    /// Set how much memory the rows take that are not cut yet.
    pub fn set_uncut_bytes(&self, bytes: usize) {
        self.work().uncut_bytes = bytes;
    }

    /// Whether there is room for more rows. There always is if no segment is open, because the cutter ends segments in
    /// time.
    pub fn has_room(&self) -> bool {
        let work = self.work();
        work.open == 0 || work.open_bytes + work.uncut_bytes < MOST_BYTES
    }

    /// Run a task.
    pub fn run(&self, task: Task, compressor: &mut PageCompressor) -> io::Result<()> {
        match task {
            Task::Prepare(writer) => {
                let groups = writer.prepare();
                // The oldest segment first: it frees the most memory soonest.
                let mut work = self.work();
                for number in (0..groups).rev() {
                    work.tasks.push_front(Task::Group(writer.clone(), number));
                }
            }
            Task::Group(writer, number) => {
                if let Some(sealed) = writer.group(number, compressor)? {
                    let mut work = self.work();
                    work.open -= 1;
                    work.open_bytes -= writer.size_bytes;
                    work.sealed.entry(writer.exhibit).or_default().push(sealed);
                }
            }
        }
        Ok(())
    }

    /// Return the segments of each exhibit, in order, and sync the folder.
    pub fn finish(&self, folder: &Path) -> io::Result<BTreeMap<usize, Vec<WrittenSegment>>> {
        File::open(folder)?.sync_all()?;
        let mut sealed = std::mem::take(&mut self.work().sealed);
        for segments in sealed.values_mut() {
            segments.sort_unstable_by(|a, b| a.file.cmp(&b.file));
        }
        Ok(sealed)
    }
}
