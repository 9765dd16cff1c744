//! Flag lists: building, opening and probing a compiled list (`docs/adr/0004-lists.md`).
//!
//! `Builder` takes rows and writes the compiled list; `CompiledList` opens it and checks each part when it is first touched;
//! a `Prober` a thread says which indicators a record meets; `CompiledList::verdict` says what the list says of that visit.

mod builder;
mod compiled;
mod digests;
mod entry;
mod fault;
mod find;
mod hash;
mod instant;
mod junk;
mod layout;
mod map;
mod probe;
mod row;
mod subject;
mod value;
mod write;

#[cfg(test)]
mod tests;

pub use builder::Builder;
pub use compiled::CompiledList;
pub use entry::{Entry, IndicatorId, Meeting, Statement, Verdict, VisitTime, verdict};
pub use fault::Fault;
pub use find::meets_as_server;
pub use junk::Junk;
pub use layout::Meta;
pub use probe::Prober;
pub use row::{Row, RowCode, RowReject};
pub use subject::Subject;
pub use write::{BuildError, Source};
