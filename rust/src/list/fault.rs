//! The faults that a compiled list can have.

use std::fmt;
use std::io;

/// Why a compiled list cannot be used.
#[derive(Debug)]
pub enum Fault {
    Io(io::Error),
    /// The file does not begin like a compiled list of this version.
    NotCompiled,
    /// Bytes do not have the digest recorded at compilation.
    Altered(&'static str),
    /// The digests are right, but the content is impossible.
    Malformed(&'static str),
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Io(why) => write!(out, "{why}"),
            Fault::NotCompiled => write!(out, "not a compiled list of version 1"),
            Fault::Altered(what) => write!(out, "altered since it was compiled: {what}"),
            Fault::Malformed(what) => write!(out, "malformed: {what}"),
        }
    }
}

impl std::error::Error for Fault {}

impl From<io::Error> for Fault {
    fn from(why: io::Error) -> Self {
        Fault::Io(why)
    }
}
