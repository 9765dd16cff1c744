//! Where hits and rejects go: files that the caller renames into place, standard output, or memory.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_ipc::writer::StreamWriter;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::part::PartWriter;
use super::tally::RejectAt;
use crate::hit::{csv_header, csv_lines, json_lines, json_text, schema};
use crate::segment::{Plan, Queue, SegmentCutter, parquet_io_error};

const BUFFER_BYTES: usize = 1 << 20;
const ROW_GROUP_ROWS: usize = 1 << 18;

/// The kind of an output, and where it goes. A file must not exist yet.
#[derive(Clone, Debug)]
pub enum Target {
    Nothing,
    JsonLines(PathBuf),
    Csv(PathBuf),
    Parquet(PathBuf),
    /// JSON lines on standard output.
    Stdout,
    /// An Arrow IPC stream in memory.
    Memory,
    /// Sealed segments in a folder.
    Segments(Plan),
    /// A part of an archive, to be joined with others.
    Part(PathBuf),
}

/// The outputs that a scan writes.
#[derive(Clone, Copy, Debug)]
pub enum Output {
    Hits,
    Rejects,
}

/// An output that could not be written, and why.
#[derive(Debug)]
pub struct OutputError {
    pub output: Output,
    pub why: io::Error,
}

impl Output {
    pub fn name(self) -> &'static str {
        match self {
            Output::Hits => "hits",
            Output::Rejects => "rejects",
        }
    }

    /// Make the error of this output from a system error.
    pub fn error(self, why: io::Error) -> OutputError {
        OutputError { output: self, why }
    }
}

pub enum Sink {
    Nothing,
    Lines(Box<dyn Write + Send>),
    Csv(Box<dyn Write + Send>),
    Parquet(Box<ArrowWriter<File>>),
    Memory(Box<StreamWriter<Vec<u8>>>),
    Segments(Box<SegmentCutter>),
    Part(Box<PartWriter>),
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

fn buffer_output(file: impl Write + Send + 'static) -> Box<dyn Write + Send> {
    Box::new(BufWriter::with_capacity(BUFFER_BYTES, file))
}

fn parquet_properties() -> WriterProperties {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_created_by("sightline".to_owned())
        .build()
}

impl Sink {
    /// Open an output. Complete segments go to `queue`.
    pub fn open(target: &Target, queue: &Arc<Queue>) -> io::Result<Sink> {
        Ok(match target {
            Target::Nothing => Sink::Nothing,
            Target::JsonLines(path) => Sink::Lines(buffer_output(create(path)?)),
            Target::Stdout => Sink::Lines(buffer_output(io::stdout())),
            Target::Csv(path) => {
                let mut out = buffer_output(create(path)?);
                let mut header = Vec::new();
                csv_header(&schema(), &mut header);
                out.write_all(&header)?;
                Sink::Csv(out)
            }
            Target::Parquet(path) => {
                let writer =
                    ArrowWriter::try_new(create(path)?, schema(), Some(parquet_properties()));
                Sink::Parquet(Box::new(writer.map_err(io::Error::other)?))
            }
            Target::Memory => {
                let writer =
                    StreamWriter::try_new(Vec::new(), &schema()).map_err(io::Error::other)?;
                Sink::Memory(Box::new(writer))
            }
            Target::Segments(plan) => {
                Sink::Segments(Box::new(SegmentCutter::new(plan.clone(), queue.clone())))
            }
            Target::Part(path) => Sink::Part(Box::new(PartWriter::new(create(path)?)?)),
        })
    }

    pub fn write(&mut self, batch: &RecordBatch) -> io::Result<()> {
        let mut text = Vec::new();
        match self {
            Sink::Nothing | Sink::Segments(_) | Sink::Part(_) => Ok(()),
            Sink::Lines(out) => {
                json_lines(batch, &mut text);
                out.write_all(&text)
            }
            Sink::Csv(out) => {
                csv_lines(batch, &mut text);
                out.write_all(&text)
            }
            Sink::Parquet(writer) => writer.write(batch).map_err(parquet_io_error),
            Sink::Memory(writer) => writer.write(batch).map_err(io::Error::other),
        }
    }

    /// Create a new file of lines.
    pub fn lines(path: &Path) -> io::Result<Box<dyn Write + Send>> {
        Ok(buffer_output(create(path)?))
    }

    /// Flush everything. Returns the Arrow IPC stream for `Memory`.
    pub fn close(self) -> io::Result<Option<Vec<u8>>> {
        match self {
            Sink::Nothing | Sink::Segments(_) | Sink::Part(_) => Ok(None),
            Sink::Lines(mut out) | Sink::Csv(mut out) => out.flush().map(|()| None),
            Sink::Parquet(writer) => writer.close().map(|_| None).map_err(parquet_io_error),
            Sink::Memory(writer) => writer.into_inner().map(Some).map_err(io::Error::other),
        }
    }
}

/// Append one reject as a JSON line (`docs/adr/0002-hit-row.md`).
pub fn reject_line(
    reject: &RejectAt,
    exhibit_sha256: &str,
    member: Option<&str>,
    out: &mut Vec<u8>,
) {
    let (code, offset, length) = (reject.code.name(), reject.byte_offset, reject.length);
    out.extend_from_slice(
        format!("{{\"code\":\"{code}\",\"exhibit\":\"{exhibit_sha256}\",\"member\":").as_bytes(),
    );
    match member {
        Some(name) => json_text(name, out),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(format!(",\"byte_offset\":{offset},\"length\":{length}}}\n").as_bytes());
}
