//! The scan of exhibits: cut into chunks, read and match them on any thread, put the results in order, write them.

mod chunk;
mod members;
mod order;
mod part;
mod rows;
mod run;
mod sink;
mod sketch;
mod tally;
mod worker;

pub use chunk::{Body, Chunk, Cutter};
pub use members::{MemberPlan, MemberUse};
pub use part::{MemberRange, join, plan_of};
pub use run::{Exhibit, Job, Outcome, Progress, ScanError, run};
pub use sink::{Output, OutputError, Target};
pub use tally::Account;
pub use worker::{Matching, ScanList};
