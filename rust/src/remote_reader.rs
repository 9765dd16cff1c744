//! Exhibits whose bytes a Python object reads, such as objects of an S3 store.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use crate::input::RemoteFile;

/// Where an exhibit is: a path, or a Python object with `name`, `size_bytes` and `read(offset)`.
#[derive(FromPyObject)]
pub enum ExhibitPlace {
    Path(PathBuf),
    Reader(Py<PyAny>),
}

impl ExhibitPlace {
    /// Return the path, or the name, and what reads the bytes if they are kept elsewhere.
    pub fn open(self, py: Python<'_>) -> PyResult<(PathBuf, Option<Arc<dyn RemoteFile>>)> {
        match self {
            ExhibitPlace::Path(path) => Ok((path, None)),
            ExhibitPlace::Reader(reader) => {
                let name = reader.getattr(py, "name")?.extract::<String>(py)?;
                let size = reader.getattr(py, "size_bytes")?.extract(py)?;
                let piece = Mutex::new(None);
                let reader = RemoteReader {
                    reader,
                    size,
                    piece,
                };
                Ok((PathBuf::from(name), Some(Arc::new(reader))))
            }
        }
    }
}

/// A Python object that reads an exhibit, and the piece that it read last.
struct RemoteReader {
    reader: Py<PyAny>,
    size: u64,
    /// Its offset and its bytes.
    piece: Mutex<Option<(u64, PyBackedBytes)>>,
}

impl RemoteReader {
    /// Return the piece of the object that begins at `offset`: one byte or more.
    fn fetch(&self, offset: u64) -> io::Result<PyBackedBytes> {
        let fetched = Python::attach(|py| {
            let read = self.reader.call_method1(py, "read", (offset,))?;
            Ok::<PyBackedBytes, PyErr>(read.extract(py)?)
        });
        // The Python object keeps its own error, which says more.
        fetched.map_err(|error| io::Error::other(error.to_string()))
    }
}

impl RemoteFile for RemoteReader {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if offset >= self.size {
            return Ok(0);
        }
        let mut piece = self.piece.lock().unwrap_or_else(PoisonError::into_inner);
        let is_inside = |start: u64, length: usize| {
            offset >= start && offset - start < u64::try_from(length).unwrap_or(u64::MAX)
        };
        if !piece
            .as_ref()
            .is_some_and(|(start, bytes)| is_inside(*start, bytes.len()))
        {
            *piece = None;
            *piece = Some((offset, self.fetch(offset)?));
        }
        let Some((start, bytes)) = &*piece else {
            return Ok(0);
        };
        let from = usize::try_from(offset - start).unwrap_or(usize::MAX);
        let rest = bytes.get(from..).unwrap_or(&[]);
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}
