//! Segments: hits cut, sorted and sealed under one root, and read back (`docs/adr/0011-segments.md`).
//!
//! Each thread packs the hits of its chunks (`pack`); they are cut into segments in their order (`cut`), and a segment that
//! is whole is sealed by whatever thread has time (`queue`): put in order (`sort`, `unite`), then row group by row group
//! hashed and encoded (`group`, `row`, `columns`, `pages`), then written (`seal`).

mod columns;
mod cut;
mod delta;
mod file;
mod gather;
mod group;
mod hash;
mod hex;
mod json;
mod lanes;
mod memory;

mod pack;
mod pages;
mod queue;
mod read;
mod row;
mod rows;
mod seal;
mod sha256;

mod sort;
mod texts;
mod tree;
mod unite;

#[cfg(test)]
mod tests;

pub use cut::{Cut, Limits, Plan};
pub use hash::file_sha256;
pub use hex::hex;
pub use pack::{Pack, Packer, Row};
pub use pages::Packing;
pub use queue::{Queue, Task};
pub use read::{Proof, proofs, root};
pub use seal::Sealed;
pub use tree::RowKey;
