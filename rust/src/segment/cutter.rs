//! Cutting the hits of each exhibit into segments, in the order in which they come.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::pack::Pack;
use super::queue::Queue;
use super::small_packs::SmallPacks;
use super::tree::RowKey;
use super::writer::SegmentWriter;

/// When a segment ends: the row that reaches either limit is its last.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub rows: usize,
    /// Bytes of canonical rows.
    pub text_bytes: usize,
    /// Rows of a row group: a power of two, so that each group is a complete subtree.
    pub group_rows: usize,
}

/// Where segments go, and the keys that seal them.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The folder. It must exist and be empty.
    pub folder: PathBuf,
    /// One for each exhibit.
    pub keys: Vec<RowKey>,
    pub limits: Limits,
}

/// Some rows of a segment.
pub struct Part {
    pub pack: Pack,
    /// Lines before the chunk of these rows.
    pub lines_before: i64,
}

/// Takes hits and sends complete segments to be sealed.
pub struct SegmentCutter {
    plan: Plan,
    queue: Arc<Queue>,
    /// How many segments were cut.
    files: usize,
    parts: Vec<Part>,
    small_packs: SmallPacks,
    rows: usize,
    text_bytes: usize,
    /// Memory of the parts.
    uncut_bytes: usize,
}

impl SegmentCutter {
    pub fn new(plan: Plan, queue: Arc<Queue>) -> SegmentCutter {
        SegmentCutter {
            plan,
            queue,
            files: 0,
            parts: Vec::new(),
            small_packs: SmallPacks::default(),
            rows: 0,
            text_bytes: 0,
            uncut_bytes: 0,
        }
    }

    /// Add rows of an exhibit, in order. `lines_before` counts the lines before their chunk.
    pub fn add(&mut self, exhibit: usize, pack: Pack, lines_before: u64) -> io::Result<()> {
        let lines_before = lines_before as i64;
        let is_few = SmallPacks::accepts(&pack);
        let mut from = 0;
        for (place, came) in pack.came.iter().enumerate() {
            self.rows += 1;
            self.text_bytes += came.json_bytes(lines_before);
            if is_few {
                self.small_packs.push(&pack, place, lines_before);
            }
            if self.rows >= self.plan.limits.rows || self.text_bytes >= self.plan.limits.text_bytes
            {
                if !is_few {
                    self.push_part(pack.part(from..place + 1), lines_before);
                }
                from = place + 1;
                self.end(exhibit)?;
            }
        }
        match (is_few, from) {
            (true, _) if self.small_packs.is_full() => self.flush_small_packs(),
            (true, _) => {}
            (false, 0) => self.push_part(pack, lines_before),
            (false, _) => self.push_part(pack.part(from..pack.came.len()), lines_before),
        }
        self.queue
            .set_uncut_bytes(self.uncut_bytes + self.small_packs.size_bytes());
        Ok(())
    }

    fn push_part(&mut self, pack: Pack, lines_before: i64) {
        self.flush_small_packs();
        if !pack.rows.is_empty() {
            self.uncut_bytes += pack.size_bytes();
            self.parts.push(Part { pack, lines_before });
        }
    }

    fn flush_small_packs(&mut self) {
        if !self.small_packs.is_empty() {
            let pack = self.small_packs.take();
            self.uncut_bytes += pack.size_bytes();
            self.parts.push(Part {
                pack,
                lines_before: 0,
            });
        }
    }

    /// End the current segment and send it to be sealed.
    pub fn end(&mut self, exhibit: usize) -> io::Result<()> {
        self.flush_small_packs();
        if self.parts.is_empty() {
            return Ok(());
        }
        let key = self.plan.keys.get(exhibit);
        let key = *key.ok_or_else(|| io::Error::other("a row key is missing"))?;
        let writer = SegmentWriter::new(
            exhibit,
            self.plan.folder.join(format!("{:06}.parquet", self.files)),
            key,
            std::mem::take(&mut self.parts),
            self.plan.limits.group_rows,
        );
        (self.rows, self.text_bytes, self.uncut_bytes) = (0, 0, 0);
        self.files += 1;
        self.queue.add(writer);
        Ok(())
    }
}
