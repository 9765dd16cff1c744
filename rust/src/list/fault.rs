//! What can be wrong with a compiled list.

use std::fmt;
use std::io;

/// Why a compiled list cannot be used, or no longer.
#[derive(Debug)]
pub enum Fault {
    Io(io::Error),
    /// It does not begin as a compiled list of this version does.
    NotCompiled,
    /// Bytes do not have the digest that was recorded when it was compiled.
    Altered(&'static str),
    /// The digests are right, but what it says cannot be.
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
