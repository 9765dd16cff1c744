//! Writing a segment's file, row group after row group.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use sha2::{Digest, Sha256};

use super::hex::hex;
use super::pages::{Chunk, SCHEMA};

pub struct SegmentFile(SerializedFileWriter<Hashed>);

impl SegmentFile {
    /// Create a new file. It must not exist yet.
    pub fn create(path: &Path) -> io::Result<SegmentFile> {
        let hashed = Hashed {
            file: OpenOptions::new().write(true).create_new(true).open(path)?,
            hash: Sha256::new(),
            size_bytes: 0,
        };
        let properties = WriterProperties::builder()
            .set_created_by("sightline".to_owned())
            .build();
        let schema = SCHEMA.root_schema_ptr();
        let writer = SerializedFileWriter::new(hashed, schema, Arc::new(properties));
        Ok(SegmentFile(writer.map_err(parquet_io_error)?))
    }

    /// Append a row group: its columns in their order.
    pub fn add(&mut self, chunks: Vec<Chunk>) -> io::Result<()> {
        let mut group = self.0.next_row_group().map_err(parquet_io_error)?;
        for chunk in chunks {
            group
                .append_column(&chunk.bytes, chunk.close)
                .map_err(parquet_io_error)?;
        }
        group.close().map_err(parquet_io_error)?;
        Ok(())
    }

    /// Sync the file to disk. Returns its SHA-256 in hex, and its size.
    pub fn finish(self) -> io::Result<(String, u64)> {
        let mut hashed = self.0.into_inner().map_err(parquet_io_error)?;
        hashed.flush()?;
        hashed.file.sync_all()?;
        Ok((hex(&hashed.hash.finalize()), hashed.size_bytes))
    }
}

/// A file that is hashed as it is written.
struct Hashed {
    file: File,
    hash: Sha256,
    size_bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.size_bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Return the system error that a Parquet error wraps, so that a full disk is reported as such.
pub fn parquet_io_error(error: parquet::errors::ParquetError) -> io::Error {
    match error {
        parquet::errors::ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(inner) => io::Error::other(inner),
        },
        other => io::Error::other(other),
    }
}
