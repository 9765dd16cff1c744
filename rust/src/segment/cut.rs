//! The hits of each exhibit, cut into segments in the order in which they come.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::gather::Gather;
use super::pack::Pack;
use super::queue::Queue;
use super::seal::Sealing;
use super::tree::RowKey;

/// When a segment ends: the row that reaches either is its last.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub rows: usize,
    /// Of canonical rows.
    pub text_bytes: usize,
    /// Rows of a row group: a power of two, so that each is a whole part of the tree.
    pub group_rows: usize,
}

/// Where segments go, and what they are sealed with.
#[derive(Clone, Debug)]
pub struct Plan {
    /// It is there, and empty.
    pub folder: PathBuf,
    /// One for each exhibit.
    pub keys: Vec<RowKey>,
    pub limits: Limits,
}

/// Some rows of a segment.
pub struct Part {
    pub pack: Pack,
    /// Before the chunk that they are of.
    pub lines_before: i64,
}

/// Takes hits in and sends whole segments to be sealed.
pub struct Cut {
    plan: Plan,
    queue: Arc<Queue>,
    /// How many segments were cut.
    files: usize,
    parts: Vec<Part>,
    few: Gather,
    rows: usize,
    text_bytes: usize,
    /// Memory of the parts.
    uncut_bytes: usize,
}

impl Cut {
    pub fn new(plan: Plan, queue: Arc<Queue>) -> Cut {
        Cut {
            plan,
            queue,
            files: 0,
            parts: Vec::new(),
            few: Gather::default(),
            rows: 0,
            text_bytes: 0,
            uncut_bytes: 0,
        }
    }

    /// Take rows of an exhibit in, in order; `lines_before` is what stands before their chunk.
    pub fn add(&mut self, exhibit: usize, pack: Pack, lines_before: u64) -> io::Result<()> {
        let lines_before = lines_before as i64;
        let is_few = Gather::wants(&pack);
        let mut from = 0;
        for (place, came) in pack.came.iter().enumerate() {
            self.rows += 1;
            self.text_bytes += came.json_bytes(lines_before);
            if is_few {
                self.few.push(&pack, place, lines_before);
            }
            if self.rows >= self.plan.limits.rows || self.text_bytes >= self.plan.limits.text_bytes
            {
                if !is_few {
                    self.keep(pack.part(from..place + 1), lines_before);
                }
                from = place + 1;
                self.end(exhibit)?;
            }
        }
        match (is_few, from) {
            (true, _) if self.few.is_full() => self.keep_few(),
            (true, _) => {}
            (false, 0) => self.keep(pack, lines_before),
            (false, _) => self.keep(pack.part(from..pack.came.len()), lines_before),
        }
        self.queue
            .tell_uncut(self.uncut_bytes + self.few.size_bytes());
        Ok(())
    }

    fn keep(&mut self, pack: Pack, lines_before: i64) {
        self.keep_few();
        if !pack.rows.is_empty() {
            self.uncut_bytes += pack.size_bytes();
            self.parts.push(Part { pack, lines_before });
        }
    }

    fn keep_few(&mut self) {
        if !self.few.is_empty() {
            let pack = self.few.take();
            self.uncut_bytes += pack.size_bytes();
            self.parts.push(Part {
                pack,
                lines_before: 0,
            });
        }
    }

    /// Seal what there is.
    pub fn end(&mut self, exhibit: usize) -> io::Result<()> {
        self.keep_few();
        if self.parts.is_empty() {
            return Ok(());
        }
        let key = self.plan.keys.get(exhibit);
        let key = *key.ok_or_else(|| io::Error::other("a row key is missing"))?;
        let sealing = Sealing::new(
            exhibit,
            self.plan.folder.join(format!("{:06}.parquet", self.files)),
            key,
            std::mem::take(&mut self.parts),
            self.plan.limits.group_rows,
        );
        (self.rows, self.text_bytes, self.uncut_bytes) = (0, 0, 0);
        self.files += 1;
        self.queue.add(sealing);
        Ok(())
    }
}
