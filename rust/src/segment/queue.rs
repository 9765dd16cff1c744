//! What is left to do for segments that were cut: any thread takes a piece of it.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::pages::Packing;
use super::seal::{Sealed, Sealing};

/// Segments that are not sealed yet, beyond which no more is read: each holds its rows in memory.
const MOST_OPEN: usize = 2;

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
    sealed: BTreeMap<usize, Vec<Sealed>>,
}

impl Queue {
    fn work(&self) -> MutexGuard<'_, Work> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, sealing: Arc<Sealing>) {
        let mut work = self.work();
        work.open += 1;
        work.tasks.push_back(Task::Prepare(sealing));
    }

    pub fn take(&self) -> Option<Task> {
        self.work().tasks.pop_front()
    }

    /// Whether all that was cut is sealed.
    pub fn is_done(&self) -> bool {
        self.work().open == 0
    }

    /// Whether there is room for rows of another segment.
    pub fn has_room(&self) -> bool {
        self.work().open < MOST_OPEN
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
                if sealing.group(number, packing)? {
                    let sealed = sealing.finish()?;
                    let mut work = self.work();
                    work.open -= 1;
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
