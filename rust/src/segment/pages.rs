//! Column chunks of Parquet: encoding pages, and describing them in the file.
//!
//! The pages are encoded here because the library's writers look at every value of every column separately. The
//! library writes page headers and the rest of the file.

use std::io;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use parquet::arrow::ArrowSchemaConverter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::{ColumnDescPtr, SchemaDescriptor};

use super::delta::push_varint;
use super::file::parquet_io_error;
use crate::hit::segment_schema;

/// A page ends when its values reach this size.
pub const PAGE_BYTES: usize = 1 << 20;
/// Faster than the first usual level by a third, for pages that are larger by a half.
const ZSTD_LEVEL: i32 = -3;

/// The columns of a segment, as Parquet.
pub static SCHEMA: LazyLock<Arc<SchemaDescriptor>> = LazyLock::new(|| {
    let converted = ArrowSchemaConverter::new().convert(&segment_schema());
    Arc::new(converted.expect("every type of a segment has one in Parquet"))
});

pub fn column(place: usize) -> ColumnDescPtr {
    SCHEMA.column(place)
}

/// Compresses pages. Each thread has one.
pub struct PageCompressor {
    compressor: zstd::bulk::Compressor<'static>,
    /// The buffer for the compressed page.
    buffer: Vec<u8>,
}

impl PageCompressor {
    pub fn new() -> io::Result<PageCompressor> {
        Ok(PageCompressor {
            compressor: zstd::bulk::Compressor::new(ZSTD_LEVEL)?,
            buffer: Vec::new(),
        })
    }

    /// Append `body`, compressed, to `before`.
    fn pack(&mut self, mut before: Vec<u8>, body: &[u8]) -> io::Result<Bytes> {
        let bound = zstd::zstd_safe::compress_bound(body.len());
        if self.buffer.len() < bound {
            self.buffer.resize(bound, 0);
        }
        let length = self
            .compressor
            .compress_to_buffer(body, &mut self.buffer[..])?;
        before.reserve_exact(length);
        before.extend_from_slice(&self.buffer[..length]);
        Ok(before.into())
    }
}

/// A column of a row group, ready to be written.
pub struct Chunk {
    pub bytes: Bytes,
    pub close: ColumnCloseResult,
}

/// Which of some rows have a value, as runs.
#[derive(Default)]
pub struct Levels {
    runs: Vec<(bool, u64)>,
    rows: u64,
    nulls: u64,
}

impl Levels {
    #[inline]
    pub fn push(&mut self, is_there: bool) {
        self.push_many(is_there, 1);
    }

    #[inline]
    pub fn push_many(&mut self, is_there: bool, more: u64) {
        self.rows += more;
        self.nulls += if is_there { 0 } else { more };
        match self.runs.last_mut() {
            Some((last, count)) if *last == is_there => *count += more,
            _ => self.runs.push((is_there, more)),
        }
    }

    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Append definition levels.
    fn encode(&self, out: &mut Vec<u8>) {
        for (is_there, count) in &self.runs {
            push_varint(count << 1, out);
            out.push(u8::from(*is_there));
        }
    }
}

/// Append numbers of a dictionary's values: bit-packed, or in one run if all are the same.
pub fn push_indices(indices: &[u32], count: usize, out: &mut Vec<u8>) {
    let width = u32::BITS - (count.max(2) as u32 - 1).leading_zeros();
    out.push(width as u8);
    if count < 2 {
        push_varint((indices.len() as u64) << 1, out);
        return out.push(0);
    }
    let groups = indices.len().div_ceil(8);
    push_varint((groups as u64) << 1 | 1, out);
    let end = out.len() + groups * width as usize;
    out.reserve(groups * width as usize + 8);
    let (mut word, mut bits) = (0u64, 0);
    for index in indices {
        word |= u64::from(*index) << bits;
        bits += width;
        if bits >= 32 {
            out.extend_from_slice(&(word as u32).to_le_bytes());
            word >>= 32;
            bits -= 32;
        }
    }
    out.extend_from_slice(&word.to_le_bytes());
    out.resize(end, 0);
}

/// Makes a column chunk, page by page.
pub struct ChunkWriter {
    column: ColumnDescPtr,
    sink: TrackedWrite<Vec<u8>>,
    uncompressed_bytes: usize,
    dictionary_at: Option<i64>,
    data_at: Option<i64>,
    encodings: Vec<Encoding>,
    rows: u64,
    nulls: u64,
}

impl ChunkWriter {
    pub fn new(column: ColumnDescPtr) -> Self {
        ChunkWriter {
            column,
            sink: TrackedWrite::new(Vec::new()),
            uncompressed_bytes: 0,
            dictionary_at: None,
            data_at: None,
            encodings: vec![Encoding::RLE],
            rows: 0,
            nulls: 0,
        }
    }

    pub fn dictionary(
        &mut self,
        values: &[u8],
        count: usize,
        compressor: &mut PageCompressor,
    ) -> io::Result<()> {
        let page = Page::DictionaryPage {
            buf: compressor.pack(Vec::new(), values)?,
            num_values: count as u32,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        };
        self.dictionary_at = Some(self.write(page, values.len(), Encoding::PLAIN)?);
        Ok(())
    }

    /// Add a page of rows: which rows have values, and the values.
    pub fn data(
        &mut self,
        levels: &Levels,
        values: &[u8],
        encoding: Encoding,
        compressor: &mut PageCompressor,
    ) -> io::Result<()> {
        let mut before = Vec::new();
        levels.encode(&mut before);
        let levels_bytes = before.len();
        let page = Page::DataPageV2 {
            buf: compressor.pack(before, values)?,
            num_values: levels.rows as u32,
            encoding,
            num_nulls: levels.nulls as u32,
            num_rows: levels.rows as u32,
            def_levels_byte_len: levels_bytes as u32,
            rep_levels_byte_len: 0,
            is_compressed: true,
            statistics: None,
        };
        let at = self.write(page, levels_bytes + values.len(), encoding)?;
        self.data_at.get_or_insert(at);
        self.rows += levels.rows;
        self.nulls += levels.nulls;
        Ok(())
    }

    fn write(
        &mut self,
        page: Page,
        uncompressed_bytes: usize,
        encoding: Encoding,
    ) -> io::Result<i64> {
        let mut pages = SerializedPageWriter::new(&mut self.sink);
        let page = CompressedPage::new(page, uncompressed_bytes);
        let spec = pages.write_page(page).map_err(parquet_io_error)?;
        self.uncompressed_bytes += spec.uncompressed_size;
        if !self.encodings.contains(&encoding) {
            self.encodings.push(encoding);
        }
        Ok(spec.offset as i64)
    }

    /// Return the chunk. `with_nulls` makes its statistics from the count of nulls, if they help.
    pub fn finish(self, with_nulls: impl FnOnce(u64) -> Option<Statistics>) -> io::Result<Chunk> {
        let bytes = self.sink.into_inner().map_err(parquet_io_error)?;
        let mut metadata = ColumnChunkMetaData::builder(self.column)
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_encodings(self.encodings)
            .set_num_values(self.rows as i64)
            .set_total_compressed_size(bytes.len() as i64)
            .set_total_uncompressed_size(self.uncompressed_bytes as i64)
            .set_data_page_offset(self.data_at.unwrap_or(0))
            .set_dictionary_page_offset(self.dictionary_at);
        if let Some(statistics) = with_nulls(self.nulls) {
            metadata = metadata.set_statistics(statistics);
        }
        let close = ColumnCloseResult {
            bytes_written: bytes.len() as u64,
            rows_written: self.rows,
            metadata: metadata.build().map_err(parquet_io_error)?,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        Ok(Chunk {
            bytes: bytes.into(),
            close,
        })
    }
}

/// Return no statistics, for a column that nobody searches.
pub fn no_statistics(_nulls: u64) -> Option<Statistics> {
    None
}
