//! The scan kernel of Sightline: bytes in, hits and counts out. Bytes that match nothing never leave it.
//!
//! `input` reads the bytes of exhibits. `frames` cuts them into frames. `program` reads frames into records, and
//! `detection` counts how many it can read.
//! `canonical` makes texts comparable. `list` finds the indicators that a record matches. `hit` is one row of
//! the result, `segment` seals rows, and `scan` runs all of them over an exhibit. Only `binding`, `list_rows` and `remote_reader`
//! know Python.

pub mod canonical;
pub mod detection;
pub mod fault;
pub mod frames;
#[cfg(test)]
mod growth;
mod hit;
pub mod indicator;
pub mod input;
pub mod list;
mod prefetch;
pub mod program;
pub mod reject_code;
pub mod scan;
pub mod segment;

#[cfg(feature = "python")]
mod binding;
#[cfg(feature = "python")]
mod list_rows;
#[cfg(feature = "python")]
mod remote_reader;
