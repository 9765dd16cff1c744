//! All rows of a segment, in its order.

use super::cut::Part;
use super::pack::{Meant, Row, TEXT_COLUMNS};
use super::sort::order;
use super::unite::United;

pub struct Rows {
    parts: Vec<Part>,
    united: United,
    order: Vec<u32>,
    /// The part of each row, and the row's number there, as `order` numbers them.
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
            united: United::new(&parts),
            order: order(parts.iter().flat_map(|part| &part.pack.rows)),
            places: places.collect(),
            parts,
        }
    }

    pub fn count(&self) -> usize {
        self.order.len()
    }

    /// A text by its number in the segment.
    #[inline]
    pub fn text(&self, number: u32) -> Option<&[u8]> {
        self.united.text(&self.parts, number)
    }

    /// The same, and whether it needs no escapes in JSON.
    #[inline]
    pub fn escaped(&self, number: u32) -> Option<(&[u8], bool)> {
        self.united.escaped(&self.parts, number)
    }

    /// A meaning by its number in the segment; its texts have numbers in the segment too.
    pub fn meaning(&self, number: u32) -> &Meant {
        &self.united.meanings[number as usize]
    }

    /// The row of a number.
    #[inline]
    pub fn hit(&self, number: usize) -> Hit<'_> {
        let (place, row) = self.places[self.order[number] as usize];
        let part = &self.parts[place as usize];
        if let Some(next) = part.pack.ask_for_next(row as usize) {
            self.united.ask_for(place, &next.texts);
        }
        let row = &part.pack.rows[row as usize];
        let (timestamp_original, url, raw) = row.split(part.pack.bytes(row));
        Hit {
            row,
            texts: self.united.texts_of(place, row.texts),
            meaning: self.united.meaning(place, row.meaning),
            line_number: part.lines_before + row.lines_before + 1,
            timestamp_original,
            url: row.has_url.then_some(url),
            raw,
        }
    }
}
