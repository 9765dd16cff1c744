//! Few rows of many chunks, in one pack: each chunk's own would cost more than its rows.

use std::collections::HashMap;

use super::pack::{FEW_ROWS, Meant, Pack};
use super::texts::{ABSENT, Interner};

const MANY_ROWS: usize = 4096;
const MANY_BYTES: usize = 4 << 20;

#[derive(Default)]
pub struct Gather {
    pack: Pack,
    texts: Interner,
    meanings: HashMap<Meant, u32>,
}

impl Gather {
    pub fn wants(pack: &Pack) -> bool {
        pack.rows.len() < FEW_ROWS && pack.size_bytes() < MANY_BYTES
    }

    /// Whether no more should come into it.
    pub fn is_full(&self) -> bool {
        self.pack.rows.len() >= MANY_ROWS || self.pack.size_bytes() >= MANY_BYTES
    }

    pub fn is_empty(&self) -> bool {
        self.pack.rows.is_empty()
    }

    pub fn size_bytes(&self) -> usize {
        self.pack.size_bytes() + self.texts.texts().size_bytes()
    }

    /// Take a row in; so many lines stand before its chunk.
    pub fn push(&mut self, from: &Pack, row: usize, lines_before: i64) {
        let row = &from.rows[row];
        let mut number = |text: u32| match from.texts.get(text) {
            Some(text) => self.texts.number(text),
            None => ABSENT,
        };
        let texts = row.texts.map(&mut number);
        let meant = &from.meanings[row.meaning as usize];
        let meant = Meant {
            texts: meant.texts.map(&mut number),
            vouched: meant.vouched,
        };
        let meanings = &mut self.pack.meanings;
        let meaning = *self.meanings.entry(meant).or_insert_with(|| {
            meanings.push(meant);
            meanings.len() as u32 - 1
        });
        self.pack.push_from(from, row, texts, meaning);
        if let Some(last) = self.pack.rows.last_mut() {
            last.lines_before += lines_before;
        }
    }

    pub fn take(&mut self) -> Pack {
        self.meanings.clear();
        self.pack.texts = self.texts.take();
        std::mem::take(&mut self.pack)
    }
}
