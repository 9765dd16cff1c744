//! Collecting the values of a row group's columns, with one type for each kind of column.

use std::io;
use std::net::IpAddr;

use parquet::basic::Encoding;
use parquet::data_type::ByteArray;
use parquet::file::statistics::Statistics;

use super::delta;
use super::pages::{
    Chunk, ChunkWriter, Levels, PAGE_BYTES, PageCompressor, column, no_statistics, push_indices,
};
use super::texts::ABSENT;
use crate::canonical::write_address;

/// Whole numbers, stored as differences, or in a dictionary of one if all are the same.
#[derive(Default)]
pub struct Numbers {
    levels: Levels,
    values: Vec<i64>,
}

impl Numbers {
    #[inline]
    pub fn push(&mut self, value: Option<i64>) {
        self.levels.push(value.is_some());
        self.values.extend(value);
    }

    pub fn finish(self, place: usize, compressor: &mut PageCompressor) -> io::Result<Chunk> {
        self.finish_with(place, compressor, false)
    }

    /// Finish with the minimum and maximum, which let readers skip row groups.
    pub fn finish_searched(
        self,
        place: usize,
        compressor: &mut PageCompressor,
    ) -> io::Result<Chunk> {
        self.finish_with(place, compressor, true)
    }

    fn finish_with(
        self,
        place: usize,
        compressor: &mut PageCompressor,
        is_searched: bool,
    ) -> io::Result<Chunk> {
        let mut chunk = ChunkWriter::new(column(place));
        let (least, most) = (
            self.values.iter().min().copied(),
            self.values.iter().max().copied(),
        );
        if let Some(only) = least.filter(|_| least == most) {
            chunk.dictionary(&only.to_le_bytes(), 1, compressor)?;
            let mut values = Vec::new();
            push_indices(&vec![0; self.values.len()], 1, &mut values);
            chunk.data(&self.levels, &values, Encoding::RLE_DICTIONARY, compressor)?;
        } else {
            let mut values = Vec::with_capacity(self.values.len() * 4);
            delta::push(&self.values, &mut values);
            chunk.data(
                &self.levels,
                &values,
                Encoding::DELTA_BINARY_PACKED,
                compressor,
            )?;
        }
        chunk.finish(|nulls| {
            let statistics = Statistics::int64(least, most, None, Some(nulls), false);
            is_searched.then_some(statistics)
        })
    }
}

/// Texts by their number in the segment: a dictionary if they recur, else plain.
#[derive(Default)]
pub struct Recurring {
    levels: Levels,
    /// Their numbers in the dictionary.
    indices: Vec<u32>,
    dictionary: Vec<u32>,
    last: u32,
    /// For each number in the segment, the number in the dictionary plus one.
    places: Vec<u32>,
}

impl Recurring {
    #[inline]
    pub fn push(&mut self, text: u32) {
        self.push_many(text, 1);
    }

    /// Push a text for several rows.
    #[inline]
    pub fn push_many(&mut self, text: u32, count: usize) {
        self.levels.push_many(text != ABSENT, count as u64);
        if text == ABSENT {
            return;
        }
        if text == self.last {
            let index = self.indices.last().copied().unwrap_or(0);
            return self.indices.extend(std::iter::repeat_n(index, count));
        }
        self.last = text;
        if self.places.len() <= text as usize {
            self.places
                .resize((text as usize + 1).next_power_of_two(), 0);
        }
        let place = &mut self.places[text as usize];
        if *place == 0 {
            self.dictionary.push(text);
            *place = self.dictionary.len() as u32;
        }
        self.indices.extend(std::iter::repeat_n(*place - 1, count));
    }

    pub fn finish<'t>(
        self,
        place: usize,
        text: impl Fn(u32) -> Option<&'t [u8]>,
        compressor: &mut PageCompressor,
    ) -> io::Result<Chunk> {
        let mut chunk = ChunkWriter::new(column(place));
        let text = |number: u32| text(number).unwrap_or_default();
        let mut values = Vec::new();
        if self.dictionary.len() * 2 > self.indices.len() && self.dictionary.len() > 1 {
            for index in &self.indices {
                push_plain(text(self.dictionary[*index as usize]), &mut values);
            }
            chunk.data(&self.levels, &values, Encoding::PLAIN, compressor)?;
        } else {
            for number in &self.dictionary {
                push_plain(text(*number), &mut values);
            }
            chunk.dictionary(&values, self.dictionary.len(), compressor)?;
            values.clear();
            push_indices(&self.indices, self.dictionary.len(), &mut values);
            chunk.data(&self.levels, &values, Encoding::RLE_DICTIONARY, compressor)?;
        }
        chunk.finish(no_statistics)
    }
}

/// Append a text or bytes in the plain encoding.
fn push_plain(value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&(value.len() as u32).to_le_bytes());
    out.extend_from_slice(value);
}

/// Source addresses. They are sorted, so each change is a new value of the dictionary.
#[derive(Default)]
pub struct Sources {
    levels: Levels,
    indices: Vec<u32>,
    last: Option<IpAddr>,
    count: usize,
    values: Vec<u8>,
    bounds: Option<(Vec<u8>, Vec<u8>)>,
}

impl Sources {
    #[inline]
    pub fn push(&mut self, address: Option<IpAddr>) {
        self.levels.push(address.is_some());
        let Some(address) = address else { return };
        if self.last != Some(address) {
            self.last = Some(address);
            self.add(address);
        }
        self.indices.push(self.count as u32 - 1);
    }

    fn add(&mut self, address: IpAddr) {
        let mut text = Vec::with_capacity(45);
        write_address(address, &mut text);
        push_plain(&text, &mut self.values);
        self.count += 1;
        match &mut self.bounds {
            None => self.bounds = Some((text.clone(), text)),
            Some((least, _)) if text < *least => *least = text,
            Some((_, most)) if text > *most => *most = text,
            Some(_) => {}
        }
    }

    pub fn finish(self, place: usize, compressor: &mut PageCompressor) -> io::Result<Chunk> {
        let mut chunk = ChunkWriter::new(column(place));
        chunk.dictionary(&self.values, self.count, compressor)?;
        let mut values = Vec::new();
        push_indices(&self.indices, self.count, &mut values);
        chunk.data(&self.levels, &values, Encoding::RLE_DICTIONARY, compressor)?;
        let (least, most) = self.bounds.unzip();
        let (least, most) = (least.map(ByteArray::from), most.map(ByteArray::from));
        chunk.finish(|nulls| {
            Some(Statistics::byte_array(
                least,
                most,
                None,
                Some(nulls),
                false,
            ))
        })
    }
}

/// Bytes that differ from row to row, written page by page.
pub struct Various {
    chunk: ChunkWriter,
    levels: Levels,
    values: Vec<u8>,
}

impl Various {
    pub fn new(place: usize) -> Self {
        Various {
            chunk: ChunkWriter::new(column(place)),
            levels: Levels::default(),
            values: Vec::with_capacity(PAGE_BYTES),
        }
    }

    #[inline]
    pub fn push(
        &mut self,
        value: Option<&[u8]>,
        compressor: &mut PageCompressor,
    ) -> io::Result<()> {
        self.levels.push(value.is_some());
        if let Some(value) = value {
            push_plain(value, &mut self.values);
        }
        if self.values.len() >= PAGE_BYTES {
            self.end_page(compressor)?;
        }
        Ok(())
    }

    fn end_page(&mut self, compressor: &mut PageCompressor) -> io::Result<()> {
        self.chunk
            .data(&self.levels, &self.values, Encoding::PLAIN, compressor)?;
        self.levels = Levels::default();
        self.values.clear();
        Ok(())
    }

    pub fn finish(mut self, compressor: &mut PageCompressor) -> io::Result<Chunk> {
        if self.levels.rows() > 0 {
            self.end_page(compressor)?;
        }
        self.chunk.finish(no_statistics)
    }
}

/// True or false, never absent.
#[derive(Default)]
pub struct Flags {
    levels: Levels,
    bits: Vec<u8>,
}

impl Flags {
    #[inline]
    pub fn push(&mut self, value: bool) {
        let bit = self.levels.rows() % 8;
        self.levels.push(true);
        if bit == 0 {
            self.bits.push(0);
        }
        if let Some(last) = self.bits.last_mut() {
            *last |= u8::from(value) << bit;
        }
    }

    pub fn finish(self, place: usize, compressor: &mut PageCompressor) -> io::Result<Chunk> {
        let mut chunk = ChunkWriter::new(column(place));
        chunk.data(&self.levels, &self.bits, Encoding::PLAIN, compressor)?;
        chunk.finish(no_statistics)
    }
}
