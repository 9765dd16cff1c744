//! The texts and meanings of a segment's packs, each once for all of them, with their pieces of canonical rows.

use std::collections::HashMap;

use super::cut::Part;
use super::json::push_text;
use super::memory::ask_for;
use super::pack::{Meant, boolean};
use super::texts::{ABSENT, Interner, Texts};

/// Pieces of canonical rows by number.
#[derive(Default)]
struct Pieces {
    bytes: Vec<u8>,
    /// Where each begins and ends.
    places: Vec<(usize, usize)>,
}

impl Pieces {
    fn end_piece(&mut self) {
        let start = self.places.last().map_or(0, |(_, end)| *end);
        self.places.push((start, self.bytes.len()));
    }

    #[inline]
    fn get(&self, number: u32) -> &[u8] {
        let (start, end) = self.places[number as usize];
        &self.bytes[start..end]
    }
}

#[derive(Default)]
pub struct United {
    pub texts: Texts,
    json: Pieces,
    pub meanings: Vec<Meant>,
    meaning_json: Pieces,
    /// The numbers here of the texts of all parts, and of their meanings, part after part.
    text_numbers: Vec<u32>,
    meaning_numbers: Vec<u32>,
    /// Where those of each part begin.
    starts: Vec<(usize, usize)>,
}

impl United {
    pub fn new(parts: &[Part]) -> United {
        let mut united = United::default();
        let mut texts = Interner::default();
        let mut meanings: HashMap<Meant, u32> = HashMap::new();
        for part in parts {
            let theirs = &part.pack.texts;
            let start = united.text_numbers.len();
            united.starts.push((start, united.meaning_numbers.len()));
            for number in 0..theirs.count() as u32 {
                let here = theirs.get(number).map_or(ABSENT, |text| texts.number(text));
                united.text_numbers.push(here);
            }
            for meant in &part.pack.meanings {
                let meant = Meant {
                    texts: meant
                        .texts
                        .map(|text| united.text_numbers[start + text as usize]),
                    vouched: meant.vouched,
                };
                let here = *meanings.entry(meant).or_insert_with(|| {
                    united.meanings.push(meant);
                    united.meanings.len() as u32 - 1
                });
                united.meaning_numbers.push(here);
            }
        }
        united.texts = texts.take();
        united.write();
        united
    }

    fn write(&mut self) {
        for number in 0..self.texts.count() as u32 {
            match self.texts.get(number) {
                Some(text) => push_text(text, &mut self.json.bytes),
                None => self.json.bytes.extend_from_slice(b"null"),
            }
            self.json.bytes.push(b',');
            self.json.end_piece();
        }
        for meant in &self.meanings {
            let out = &mut self.meaning_json.bytes;
            for text in meant.texts {
                out.extend_from_slice(self.json.get(text));
            }
            out.extend_from_slice(boolean(meant.vouched).as_bytes());
            out.push(b',');
            self.meaning_json.end_piece();
        }
    }

    /// The numbers here of a part's texts.
    #[inline]
    pub fn texts_of<const N: usize>(&self, part: u32, numbers: [u32; N]) -> [u32; N] {
        let ours = &self.text_numbers[self.starts[part as usize].0..];
        numbers.map(|number| ours[number as usize])
    }

    /// Have the numbers of a part's texts in the cache soon.
    #[inline]
    pub fn ask_for(&self, part: u32, numbers: &[u32]) {
        let ours = &self.text_numbers[self.starts[part as usize].0..];
        for number in numbers.iter().filter(|number| **number != ABSENT) {
            ask_for(&ours[*number as usize]);
        }
    }

    /// The number here of a part's meaning.
    #[inline]
    pub fn meaning(&self, part: u32, number: u32) -> u32 {
        self.meaning_numbers[self.starts[part as usize].1 + number as usize]
    }

    /// A text in a canonical row, with its comma.
    pub fn json(&self, number: u32) -> &[u8] {
        self.json.get(number)
    }

    /// The columns of a meaning in a canonical row, with their commas.
    pub fn meaning_json(&self, number: u32) -> &[u8] {
        self.meaning_json.get(number)
    }
}
