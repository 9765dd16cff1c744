//! The entries of an archive, whatever its format.

use super::stream::Stream;
use crate::reject_code::RejectCode;

/// The next entry of an archive.
pub(super) enum Entry {
    /// A regular file: its name, fit to be shown, and its bytes.
    Member(String, Box<dyn Stream>),
    /// An entry that cannot be read, and why.
    Refused(String, RejectCode),
    /// An entry that is not a regular file.
    Skipped,
    /// The archive has no more entries.
    End,
    /// The rest of the archive cannot be read.
    Broken(RejectCode),
}
