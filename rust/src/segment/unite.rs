//! The texts and meanings of a segment's packs, each with one number for all of them.

use std::collections::HashMap;

use super::cut::Part;
use super::memory::ask_for;
use super::pack::Meant;
use super::texts::ABSENT;

/// Where a text stands: in which part, and its number there.
#[derive(Clone, Copy)]
struct Place {
    part: u32,
    number: u32,
}

#[derive(Default)]
pub struct United {
    /// Of text 1, 2, and so on.
    places: Vec<Place>,
    pub meanings: Vec<Meant>,
    /// The numbers here of the texts of all parts, and of their meanings, part after part.
    text_numbers: Vec<u32>,
    meaning_numbers: Vec<u32>,
    /// Where those of each part begin.
    starts: Vec<(usize, usize)>,
}

impl United {
    pub fn new(parts: &[Part]) -> United {
        let mut united = United::default();
        let texts = parts.iter().map(|part| part.pack.texts.count() as usize);
        let mut slots = vec![0; (texts.sum::<usize>() * 2).next_power_of_two()];
        let mut meanings: HashMap<Meant, u32> = HashMap::new();
        for (number, part) in (0..).zip(parts) {
            let start = united.text_numbers.len();
            united.starts.push((start, united.meaning_numbers.len()));
            united.text_numbers.push(ABSENT);
            for text in 1..=part.pack.texts.count() {
                let here = united.number(
                    parts,
                    Place {
                        part: number,
                        number: text,
                    },
                    &mut slots,
                );
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
        united
    }

    /// The number of a text; slots hold numbers by hash, 0 is free, and they are at most half full.
    fn number(&mut self, parts: &[Part], place: Place, slots: &mut [u32]) -> u32 {
        let hashed = |place: Place| parts[place.part as usize].pack.texts.hashed(place.number);
        let (text, hash) = hashed(place);
        let mut slot = hash as usize & (slots.len() - 1);
        while slots[slot] != ABSENT {
            if hashed(self.places[slots[slot] as usize - 1]) == (text, hash) {
                return slots[slot];
            }
            slot = (slot + 1) & (slots.len() - 1);
        }
        self.places.push(place);
        slots[slot] = self.places.len() as u32;
        slots[slot]
    }

    /// A text by its number here.
    #[inline]
    pub fn text<'p>(&self, parts: &'p [Part], number: u32) -> Option<&'p [u8]> {
        let place = self.places[(number as usize).checked_sub(1)?];
        parts[place.part as usize].pack.texts.get(place.number)
    }

    /// The same, and whether it needs no escapes in JSON.
    #[inline]
    pub fn escaped<'p>(&self, parts: &'p [Part], number: u32) -> Option<(&'p [u8], bool)> {
        let place = self.places[(number as usize).checked_sub(1)?];
        Some(parts[place.part as usize].pack.texts.escaped(place.number))
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
}
