//! The rows of a segment put near those that they are sorted with: rows in order lie all over the memory, and each of
//! them would be waited for.

use super::cut::Part;
use super::pack::Row;
use super::unite::United;

/// Rows of a shelf, which fits into the cache.
const SHELF_ROWS: usize = 4096;

/// Rows next to each other in the order of the segment, as they came.
#[derive(Default)]
struct Shelf {
    rows: Vec<Row>,
    bytes: Vec<u8>,
}

/// All rows, by their numbers in the order of the segment.
pub struct Shelves {
    shelves: Vec<Shelf>,
    /// Where on its shelf a row is.
    places: Vec<u32>,
}

/// A row, with the numbers of its texts and meaning in the whole segment, and its bytes.
#[derive(Clone, Copy)]
pub struct Shelved<'s> {
    pub row: &'s Row,
    pub bytes: &'s [u8],
}

impl Shelves {
    /// `order` gives each row, as they come, its number; parts are dropped as they are put on shelves.
    pub fn new(parts: Vec<Part>, order: &[u32], united: &United) -> Shelves {
        let shelf_of = |number: u32| number as usize / SHELF_ROWS;
        let count = order.len().div_ceil(SHELF_ROWS);
        let mut shelves: Vec<Shelf> = std::iter::repeat_with(Shelf::default).take(count).collect();
        let mut places = vec![0; order.len()];
        let mut order = order.iter();
        for (number, part) in (0..).zip(parts) {
            for (row, order) in part.pack.rows[part.rows.clone()].iter().zip(&mut order) {
                let shelf = &mut shelves[shelf_of(*order)];
                places[*order as usize] = shelf.rows.len() as u32;
                let bytes = part.pack.bytes(row);
                let texts = united.texts_of(number, row.texts);
                let meaning = united.meaning(number, row.meaning);
                shelf
                    .rows
                    .push(row.moved(shelf.bytes.len(), texts, meaning));
                shelf.bytes.extend_from_slice(bytes);
            }
        }
        Shelves { shelves, places }
    }

    pub fn rows(&self) -> usize {
        self.places.len()
    }

    #[inline]
    pub fn get(&self, number: usize) -> Shelved<'_> {
        let shelf = &self.shelves[number / SHELF_ROWS];
        let row = &shelf.rows[self.places[number] as usize];
        Shelved {
            row,
            bytes: row.of(&shelf.bytes),
        }
    }
}

impl<'s> Shelved<'s> {
    pub fn timestamp_original(&self) -> &'s [u8] {
        self.row.split(self.bytes).0
    }

    pub fn url(&self) -> Option<&'s [u8]> {
        self.row.has_url.then_some(self.row.split(self.bytes).1)
    }

    pub fn raw(&self) -> &'s [u8] {
        self.row.split(self.bytes).2
    }
}
