//! Segments: hits cut, sorted and sealed under one root, and read back (`docs/adr/0011-segments.md`).
//!
//! Each thread packs the hits of its chunks (`pack`). The packs are cut into segments in order (`cutter`). Whichever
//! thread has time (`queue`) seals a complete segment: it sorts the rows (`row_order`, `merged_texts`), hashes and
//! encodes them row group by row group (`group`, `row`, `columns`, `pages`) and writes them (`writer`).

mod columns;
mod cutter;
mod delta;
mod file;
mod group;
mod hash;
mod hex;
mod json;
mod lanes;
mod small_packs;

mod pack;
mod pack_bytes;
mod pages;
mod queue;
mod reader;
mod row;
mod rows;
mod sha256;
mod writer;

mod merged_texts;
mod row_order;
mod texts;
mod tree;

#[cfg(test)]
mod tests;

pub(crate) use file::parquet_io_error;

pub use cutter::{Limits, Plan, SegmentCutter};
pub use hash::file_sha256;
pub use hex::hex;
pub use pack::{Pack, Packer, Row};
pub use pack_bytes::{ByteReader, ByteWriter, read_pack, write_pack};
pub use pages::PageCompressor;
pub use queue::{Queue, Task};
pub use reader::{Proof, proofs, root};
pub use tree::RowKey;
pub use writer::WrittenSegment;
