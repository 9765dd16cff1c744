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
pub(crate) use encode::json_array;
pub(crate) use rows::segment_schema;
pub use run::{Exhibit, Job, Outcome, Progress, ScanError, run};
pub(crate) use sink::parquet_properties;
pub use sink::{Output, OutputError, Target, plain};
pub use tally::Account;
pub use work::{Listed, Matching};
