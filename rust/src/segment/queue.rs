//! What is left to do for segments that were cut: any thread takes a piece of it.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::pages::Packing;
use super::seal::{Sealed, Sealing};

/// So much memory the rows of segments that are not sealed yet may take, before no more is read.
const MOST_BYTES: usize = 384 << 20;

/// A piece of work.
pub enum Task {
    Prepare(Arc<Sealing>),
    Group(Arc<Sealing>, usize),
}

#[derive(Default)]
pub struct Queue(Mutex<Work>);

#[derive(Default)]
struct Work {
    tasks: VecDeque<Task>,
    open: usize,
    /// Of the rows of all that are open, and of those that are not cut yet.
    open_bytes: usize,
    uncut_bytes: usize,
    sealed: BTreeMap<usize, Vec<Sealed>>,
}

impl Queue {
    fn work(&self) -> MutexGuard<'_, Work> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, sealing: Arc<Sealing>) {
        let mut work = self.work();
        work.open += 1;
        work.open_bytes += sealing.size_bytes;
        work.uncut_bytes = 0;
        work.tasks.push_back(Task::Prepare(sealing));
    }

    pub fn take(&self) -> Option<Task> {
        self.work().tasks.pop_front()
    }

    /// Whether all that was cut is sealed.
    pub fn is_done(&self) -> bool {
        self.work().open == 0
    }

    /// So much memory the rows take that are not cut yet.
    pub fn tell_uncut(&self, bytes: usize) {
        self.work().uncut_bytes = bytes;
    }

    /// Whether there is room for more rows. Where nothing is open there is: they are cut in time.
    pub fn has_room(&self) -> bool {
        let work = self.work();
        work.open == 0 || work.open_bytes + work.uncut_bytes < MOST_BYTES
    }

    /// Do a piece of work.
    pub fn run(&self, task: Task, packing: &mut Packing) -> io::Result<()> {
        match task {
            Task::Prepare(sealing) => {
                let groups = sealing.prepare();
                // The oldest segment first: it frees the most memory soonest.
                let mut work = self.work();
                for number in (0..groups).rev() {
                    work.tasks.push_front(Task::Group(sealing.clone(), number));
                }
            }
            Task::Group(sealing, number) => {
                if let Some(sealed) = sealing.group(number, packing)? {
                    let mut work = self.work();
                    work.open -= 1;
                    work.open_bytes -= sealing.size_bytes;
                    work.sealed.entry(sealing.exhibit).or_default().push(sealed);
                }
            }
        }
        Ok(())
    }

    /// The segments of each exhibit, in order. The folder is told to keep them.
    pub fn finish(&self, folder: &Path) -> io::Result<BTreeMap<usize, Vec<Sealed>>> {
        File::open(folder)?.sync_all()?;
        let mut sealed = std::mem::take(&mut self.work().sealed);
        for segments in sealed.values_mut() {
            segments.sort_unstable_by(|a, b| a.file.cmp(&b.file));
        }
        Ok(sealed)
    }
}
