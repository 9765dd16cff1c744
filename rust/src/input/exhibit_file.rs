//! Opening an exhibit: a regular file or standard input, and nothing else.

use std::fmt;
use std::fs::{File, FileType, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Why an exhibit could not be opened.
#[derive(Debug)]
pub enum OpenErrorKind {
    /// A directory, a named pipe, a device or a socket, in words.
    NotAFile(&'static str),
    Io(io::Error),
}

/// An exhibit that could not be opened.
#[derive(Debug)]
pub struct OpenError {
    pub path: PathBuf,
    pub why: OpenErrorKind,
}

impl fmt::Display for OpenError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.why {
            OpenErrorKind::NotAFile(what) => write!(
                out,
                "{} is {what}; an exhibit is a regular file",
                self.path.display()
            ),
            OpenErrorKind::Io(error) => {
                write!(out, "{} cannot be opened: {error}", self.path.display())
            }
        }
    }
}

impl std::error::Error for OpenError {}

/// Open a regular file and return its size. A pipe is refused without waiting for its writer, a device without being
/// opened.
pub(super) fn regular(path: &Path) -> Result<(File, u64), OpenError> {
    let refused = |why| OpenError {
        path: path.to_owned(),
        why,
    };
    let io = |error| refused(OpenErrorKind::Io(error));
    let not_a_file = |kind| {
        other_than_file(kind).map_or(Ok(()), |what| Err(refused(OpenErrorKind::NotAFile(what))))
    };
    not_a_file(std::fs::metadata(path).map_err(io)?.file_type())?;
    // The path may hold something else by now. Open it so that it cannot block, and check again.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
        .map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    not_a_file(metadata.file_type())?;
    Ok((file, metadata.len()))
}

/// Return standard input under a new descriptor.
pub(super) fn stdin() -> Result<File, OpenError> {
    let refused = |why| OpenError {
        path: PathBuf::from("standard input"),
        why,
    };
    let owned = io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .map_err(|error| refused(OpenErrorKind::Io(error)))?;
    let file = File::from(owned);
    match file.metadata() {
        Ok(metadata) if metadata.is_dir() => Err(refused(OpenErrorKind::NotAFile("a directory"))),
        Ok(_) => Ok(file),
        Err(error) => Err(refused(OpenErrorKind::Io(error))),
    }
}

fn other_than_file(kind: FileType) -> Option<&'static str> {
    match kind {
        _ if kind.is_file() => None,
        _ if kind.is_dir() => Some("a directory"),
        _ if kind.is_fifo() => Some("a named pipe"),
        _ if kind.is_socket() => Some("a socket"),
        _ => Some("a device"),
    }
}
