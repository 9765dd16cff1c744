//! The scan of exhibits, whole: cut into chunks, read and matched by any thread, put in order, written.

mod chunk;
mod encode;
mod order;
mod rows;
mod run;
mod sink;
mod sketch;
mod tally;
mod text;
mod work;

pub(crate) use encode::json_array;
pub(crate) use rows::{Meaning, Visit, segment_schema};
pub(crate) use text::{INSTANT_BYTES, push_instant, push_shown};

pub use chunk::{Body, Chunk, Cutter};
pub use run::{Exhibit, Job, Outcome, Progress, ScanError, run};
pub use sink::{Output, OutputError, Target, plain};
pub use tally::Account;
pub use work::{Listed, Matching};
