//! The hits of each exhibit, cut into segments in the order in which they come.

use std::io;
use std::ops::Range;
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

/// Some rows of a pack.
pub struct Part {
    pub pack: Arc<Pack>,
    pub rows: Range<usize>,
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
        }
    }

    /// Take rows of an exhibit in, in order; `lines_before` is what stands before their chunk.
    pub fn add(&mut self, exhibit: usize, mut pack: Pack, lines_before: u64) -> io::Result<()> {
        for row in &mut pack.rows {
            row.line_number += lines_before as i64 + 1;
        }
        let is_few = Gather::wants(&pack);
        let pack = Arc::new(pack);
        let mut from = 0;
        for (place, row) in pack.rows.iter().enumerate() {
            self.rows += 1;
            self.text_bytes += row.json_bytes();
            if is_few {
                self.few.push(&pack, place);
            }
            if self.rows >= self.plan.limits.rows || self.text_bytes >= self.plan.limits.text_bytes
            {
                self.keep(&pack, from..place + 1, is_few);
                from = place + 1;
                self.end(exhibit)?;
            }
        }
        self.keep(&pack, from..pack.rows.len(), is_few);
        Ok(())
    }

    fn keep(&mut self, pack: &Arc<Pack>, rows: Range<usize>, is_few: bool) {
        if !is_few || self.few.is_full() {
            self.keep_few();
        }
        if !is_few && !rows.is_empty() {
            self.parts.push(Part {
                pack: pack.clone(),
                rows,
            });
        }
    }

    fn keep_few(&mut self) {
        if !self.few.is_empty() {
            let pack = self.few.take();
            let rows = 0..pack.rows.len();
            self.parts.push(Part {
                pack: Arc::new(pack),
                rows,
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
        (self.rows, self.text_bytes) = (0, 0);
        self.files += 1;
        self.queue.add(sealing);
        Ok(())
    }
}
