//! The texts and meanings of all packs of a segment, numbered together.

use std::collections::HashMap;

use super::cutter::Part;
use super::pack::MeaningNumbers;
use super::texts::ABSENT;
use crate::prefetch::prefetch;

/// Which part a text is in, and its number there.
#[derive(Clone, Copy)]
struct Place {
    part: u32,
    number: u32,
}

#[derive(Default)]
pub struct MergedTexts {
    /// The place of text 1, 2, and so on.
    places: Vec<Place>,
    pub meanings: Vec<MeaningNumbers>,
    /// The merged numbers of the texts of all parts, and of their meanings, part after part.
    text_numbers: Vec<u32>,
    meaning_numbers: Vec<u32>,
    /// Where the numbers of each part begin.
    starts: Vec<(usize, usize)>,
}

impl MergedTexts {
    pub fn new(parts: &[Part]) -> MergedTexts {
        let mut merged = MergedTexts::default();
        let texts = parts.iter().map(|part| part.pack.texts.count() as usize);
        let mut slots = vec![0; (texts.sum::<usize>() * 2).next_power_of_two()];
        let mut meanings: HashMap<MeaningNumbers, u32> = HashMap::new();
        for (number, part) in (0..).zip(parts) {
            let start = merged.text_numbers.len();
            merged.starts.push((start, merged.meaning_numbers.len()));
            merged.text_numbers.push(ABSENT);
            for text in 1..=part.pack.texts.count() {
                let here = merged.number(
                    parts,
                    Place {
                        part: number,
                        number: text,
                    },
                    &mut slots,
                );
                merged.text_numbers.push(here);
            }
            for meaning_numbers in &part.pack.meanings {
                let meaning_numbers = MeaningNumbers {
                    texts: meaning_numbers
                        .texts
                        .map(|text| merged.text_numbers[start + text as usize]),
                    vouched: meaning_numbers.vouched,
                };
                let here = *meanings.entry(meaning_numbers).or_insert_with(|| {
                    merged.meanings.push(meaning_numbers);
                    merged.meanings.len() as u32 - 1
                });
                merged.meaning_numbers.push(here);
            }
        }
        merged
    }

    /// Return the merged number of a text. Slots hold numbers by hash, 0 is free, and they are at most half full.
    fn number(&mut self, parts: &[Part], place: Place, slots: &mut [u32]) -> u32 {
        let text_and_hash = |place: Place| {
            parts[place.part as usize]
                .pack
                .texts
                .text_and_hash(place.number)
        };
        let (text, hash) = text_and_hash(place);
        let mut slot = hash as usize & (slots.len() - 1);
        while slots[slot] != ABSENT {
            if text_and_hash(self.places[slots[slot] as usize - 1]) == (text, hash) {
                return slots[slot];
            }
            slot = (slot + 1) & (slots.len() - 1);
        }
        self.places.push(place);
        slots[slot] = self.places.len() as u32;
        slots[slot]
    }

    /// Return a text by its merged number.
    #[inline]
    pub fn text<'p>(&self, parts: &'p [Part], number: u32) -> Option<&'p [u8]> {
        let place = self.places[(number as usize).checked_sub(1)?];
        parts[place.part as usize].pack.texts.get(place.number)
    }

    /// Return a text by its merged number, and whether it needs no escapes in JSON.
    #[inline]
    pub fn escaped<'p>(&self, parts: &'p [Part], number: u32) -> Option<(&'p [u8], bool)> {
        let place = self.places[(number as usize).checked_sub(1)?];
        Some(parts[place.part as usize].pack.texts.escaped(place.number))
    }

    /// Return the merged numbers of a part's texts.
    #[inline]
    pub fn texts_of<const N: usize>(&self, part: u32, numbers: [u32; N]) -> [u32; N] {
        let ours = &self.text_numbers[self.starts[part as usize].0..];
        numbers.map(|number| ours[number as usize])
    }

    /// Prefetch the merged numbers of a part's texts.
    #[inline]
    pub fn prefetch_texts(&self, part: u32, numbers: &[u32]) {
        let ours = &self.text_numbers[self.starts[part as usize].0..];
        for number in numbers.iter().filter(|number| **number != ABSENT) {
            prefetch(&ours[*number as usize]);
        }
    }

    /// Return the merged number of a part's meaning.
    #[inline]
    pub fn meaning(&self, part: u32, number: u32) -> u32 {
        self.meaning_numbers[self.starts[part as usize].1 + number as usize]
    }
}
