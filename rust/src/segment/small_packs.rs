//! Merging small packs into one. A pack for each chunk would cost more than its rows.

use std::collections::HashMap;

use super::pack::{FEW_ROWS, MeaningNumbers, Pack};
use super::texts::{ABSENT, Interner};

const MANY_ROWS: usize = 4096;
const MANY_BYTES: usize = 4 << 20;

#[derive(Default)]
pub struct SmallPacks {
    pack: Pack,
    texts: Interner,
    meanings: HashMap<MeaningNumbers, u32>,
}

impl SmallPacks {
    pub fn accepts(pack: &Pack) -> bool {
        pack.rows.len() < FEW_ROWS && pack.size_bytes() < MANY_BYTES
    }

    /// Whether the merged pack should be flushed.
    pub fn is_full(&self) -> bool {
        self.pack.rows.len() >= MANY_ROWS || self.pack.size_bytes() >= MANY_BYTES
    }

    pub fn is_empty(&self) -> bool {
        self.pack.rows.is_empty()
    }

    pub fn size_bytes(&self) -> usize {
        self.pack.size_bytes() + self.texts.texts().size_bytes()
    }

    /// Add a row. `lines_before` counts the lines before its chunk.
    pub fn push(&mut self, from: &Pack, row: usize, lines_before: i64) {
        let row = &from.rows[row];
        let mut number = |text: u32| match from.texts.get(text) {
            Some(text) => self.texts.number(text),
            None => ABSENT,
        };
        let texts = row.texts.map(&mut number);
        let meaning_numbers = &from.meanings[row.meaning as usize];
        let meaning_numbers = MeaningNumbers {
            texts: meaning_numbers.texts.map(&mut number),
            vouched: meaning_numbers.vouched,
        };
        let meanings = &mut self.pack.meanings;
        let meaning = *self.meanings.entry(meaning_numbers).or_insert_with(|| {
            meanings.push(meaning_numbers);
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
