//! Flag lists: building, opening and probing a compiled list (`docs/adr/0004-lists.md`).
//!
//! `Builder` takes rows and writes the compiled list. `CompiledList` opens it and checks each part when it is first
//! read. A `Prober`, one per thread, finds the indicators that a record matches. `CompiledList::verdict` evaluates
//! their statements for that visit.

mod builder;
mod compiled;
mod digests;
mod entry;
mod fault;
mod hash;
mod instant;
mod junk;
mod layout;
mod list_bytes;
mod lookup;
mod prober;
mod row;
mod subject;
pub mod usual;
mod value;
mod writer;

#[cfg(test)]
mod tests;

pub use builder::Builder;
pub use compiled::CompiledList;
pub use entry::{Entry, IndicatorId, Match, Statement, Verdict, VisitTime, verdict};
pub use fault::Fault;
pub use junk::Junk;
pub use layout::Meta;
pub use lookup::matches_server;
pub use prober::Prober;
pub use row::{Row, RowCode, RowReject};
pub use subject::Subject;
pub use writer::{BuildError, Source};
