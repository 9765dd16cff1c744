//! All rows of a segment, in its order.

use super::cutter::Part;
use super::merged_texts::MergedTexts;
use super::pack::{MeaningNumbers, Row, TEXT_COLUMNS};
use super::row_order::order;

pub struct Rows {
    parts: Vec<Part>,
    merged: MergedTexts,
    order: Vec<u32>,
    /// The part of each row, and the row's number in that part, in segment order.
    places: Vec<(u32, u32)>,
}

/// A row, with the numbers of its texts and of its meaning in the whole segment.
pub struct Hit<'s> {
    pub row: &'s Row,
    pub texts: [u32; TEXT_COLUMNS],
    pub meaning: u32,
    pub line_number: i64,
    pub timestamp_original: &'s [u8],
    pub url: Option<&'s [u8]>,
    pub raw: &'s [u8],
}

impl Rows {
    pub fn new(parts: Vec<Part>) -> Rows {
        let numbered = (0..).zip(&parts);
        let places = numbered
            .flat_map(|(part, it)| (0..it.pack.rows.len() as u32).map(move |row| (part, row)));
        Rows {
            merged: MergedTexts::new(&parts),
            order: order(parts.iter().flat_map(|part| &part.pack.rows)),
            places: places.collect(),
            parts,
        }
    }

    pub fn count(&self) -> usize {
        self.order.len()
    }

    /// Return a text by its number in the segment.
    #[inline]
    pub fn text(&self, number: u32) -> Option<&[u8]> {
        self.merged.text(&self.parts, number)
    }

    /// Return a text by its number in the segment, and whether it needs no escapes in JSON.
    #[inline]
    pub fn escaped(&self, number: u32) -> Option<(&[u8], bool)> {
        self.merged.escaped(&self.parts, number)
    }

    /// Return a meaning by its number in the segment. Its texts have numbers in the segment too.
    pub fn meaning(&self, number: u32) -> &MeaningNumbers {
        &self.merged.meanings[number as usize]
    }

    /// Return the row of a number.
    #[inline]
    pub fn hit(&self, number: usize) -> Hit<'_> {
        let (place, row) = self.places[self.order[number] as usize];
        let part = &self.parts[place as usize];
        if let Some(next) = part.pack.prefetch_next(row as usize) {
            self.merged.prefetch_texts(place, &next.texts);
        }
        let row = &part.pack.rows[row as usize];
        let (timestamp_original, url, raw) = row.split(part.pack.bytes(row));
        Hit {
            row,
            texts: self.merged.texts_of(place, row.texts),
            meaning: self.merged.meaning(place, row.meaning),
            line_number: part.lines_before + row.lines_before + 1,
            timestamp_original,
            url: row.has_url.then_some(url),
            raw,
        }
    }
}
