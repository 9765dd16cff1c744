//! The scan of exhibits: cut into chunks, read and match them on any thread, put the results in order, write them.

mod chunk;
mod order;
mod rows;
mod run;
mod sink;
mod sketch;
mod tally;
mod text;
mod text_formats;
mod worker;

pub(crate) use rows::{Meaning, Visit, segment_schema};
pub(crate) use text::{INSTANT_BYTES, push_escaped, push_instant};
pub(crate) use text_formats::json_array;

pub use chunk::{Body, Chunk, Cutter};
pub use run::{Exhibit, Job, Outcome, Progress, ScanError, run};
pub use sink::{Output, OutputError, Target, io_error};
pub use tally::Account;
pub use worker::{Matching, ScanList};
