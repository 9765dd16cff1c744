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

pub use chunk::{Body, Chunk, Cutter};
pub use run::{Exhibit, Job, Outcome, Progress, ScanError, run};
pub use sink::{Output, OutputError, Target};
pub use tally::Account;
pub use work::{Listed, Matching};
