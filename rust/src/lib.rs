//! The scan kernel of Sightline: bytes in, hits and counts out. Unmatched bytes never leave it.
//!
//! `input` gives the bytes of exhibits, `frames` cuts them into frames, `program` reads frames into records, `canonical`
//! gives each thing its one text,
//! `list` says which indicators a record meets, `scan` runs them all over an exhibit. `binding` is the only Python here.

pub mod canonical;
pub mod fault;
pub mod frames;
pub mod indicator;
pub mod input;
pub mod list;
pub mod program;
pub mod reject_code;
pub mod scan;
pub mod segment;

#[cfg(feature = "python")]
mod binding;
