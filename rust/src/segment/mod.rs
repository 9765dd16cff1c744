//! Segments: hits cut, sorted and sealed under one root, and read back (`docs/adr/0011-segments.md`).

mod cut;
mod hash;
mod hex;
mod read;
mod seal;
mod tree;

pub use cut::{Limits, Plan, Segments};
pub use hash::file_sha256;
pub use hex::hex;
pub use read::{Proof, proofs, root};
pub use seal::Sealed;
pub use tree::RowKey;
