//! Putting the results of chunks, which arrive in any order, into the order of frames; counting and writing them.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Instant;

use arrow_schema::SchemaRef;

use super::part::PartAccount;
use super::rows::{PendingColumns, Rows};
use super::sink::{Output, OutputError, Sink, reject_line};
use super::tally::{Account, RejectAt, Tally};
use crate::hit::schema;
use crate::segment::{Pack, WrittenSegment};

/// The hits of a chunk, in the form that their output needs.
pub enum Hits {
    Rows(Box<Rows>),
    Packed(Pack),
}

/// The result of reading one chunk.
pub struct ChunkResult {
    pub member: Option<Arc<str>>,
    pub opens_member: bool,
    pub hits: Hits,
    pub rejects: Vec<RejectAt>,
    pub tally: Tally,
}

impl ChunkResult {
    pub fn size_bytes(&self) -> usize {
        let hits_bytes = match &self.hits {
            Hits::Rows(rows) => rows.size_bytes(),
            Hits::Packed(pack) => pack.size_bytes(),
        };
        hits_bytes + self.rejects.len() * size_of::<RejectAt>()
    }
}

/// Rows and rejects of the current exhibit that wait for its SHA-256, which each of them contains.
#[derive(Default)]
struct PendingRows {
    rows: Vec<PendingColumns>,
    rejects: Vec<(Option<Arc<str>>, Vec<RejectAt>)>,
    size_bytes: usize,
}

/// What is known at the end of an exhibit.
pub struct ExhibitEnd {
    pub chunks: u64,
    pub sha256: String,
    pub size_bytes: u64,
    pub grew: bool,
    /// When its reading began.
    pub since: Instant,
    /// If only some members of an archive were read.
    pub part: Option<PartAccount>,
}

/// What can go wrong while rows are ordered and written.
#[derive(Debug)]
pub enum OrderError {
    Output(OutputError),
    /// The exhibit (by number) had other bytes when it was hashed early than when it was read.
    Changed(usize),
    /// Records, comments and rejects do not add up to the frames of this exhibit. This is a bug.
    NotWhole(usize),
}

impl From<OutputError> for OrderError {
    fn from(error: OutputError) -> Self {
        OrderError::Output(error)
    }
}

/// The current exhibit and the outputs. Exhibits are written one after the other.
pub struct Order {
    schema: SchemaRef,
    hits: Sink,
    rejects: Option<Box<dyn Write + Send>>,
    /// Exhibit and chunk whose turn it is.
    turn: (usize, u64),
    /// Results that are ahead of their turn.
    early: BTreeMap<(usize, u64), ChunkResult>,
    early_bytes: usize,
    ends: BTreeMap<usize, ExhibitEnd>,
    lines_before: u64,
    pending: PendingRows,
    sha256: Option<String>,
    tally: Tally,
    accounts: Vec<Account>,
}

impl Order {
    pub fn new(hits: Sink, rejects: Option<Box<dyn Write + Send>>) -> Self {
        Order {
            schema: schema(),
            hits,
            rejects,
            turn: (0, 0),
            early: BTreeMap::new(),
            early_bytes: 0,
            ends: BTreeMap::new(),
            lines_before: 0,
            pending: PendingRows::default(),
            sha256: None,
            tally: Tally::default(),
            accounts: Vec::new(),
        }
    }

    /// Add the result of a chunk and write what is ready.
    pub fn add_chunk(
        &mut self,
        exhibit: usize,
        chunk: u64,
        result: ChunkResult,
    ) -> Result<(), OrderError> {
        self.early_bytes += result.size_bytes();
        self.early.insert((exhibit, chunk), result);
        self.write_ready()
    }

    /// Note that the exhibit was cut into `end.chunks` chunks, and write what is ready.
    pub fn end_exhibit(&mut self, exhibit: usize, end: ExhibitEnd) -> Result<(), OrderError> {
        self.ends.insert(exhibit, end);
        self.write_ready()
    }

    fn write_ready(&mut self) -> Result<(), OrderError> {
        loop {
            while let Some(result) = self.early.remove(&self.turn) {
                self.turn.1 += 1;
                self.early_bytes -= result.size_bytes();
                self.append_result(result)?;
            }
            if let Some(sha256) = self.sha256.clone() {
                self.write_pending(&sha256)?;
            }
            let exhibit = self.turn.0;
            match self.ends.get(&exhibit) {
                Some(end) if end.chunks == self.turn.1 => {}
                _ => return Ok(()),
            }
            if let Some(end) = self.ends.remove(&exhibit) {
                self.conclude_exhibit(exhibit, end)?;
            }
        }
    }

    fn append_result(&mut self, result: ChunkResult) -> Result<(), OrderError> {
        if result.opens_member {
            self.lines_before = 0;
        }
        match result.hits {
            Hits::Rows(mut rows) if !rows.is_empty() => {
                let columns = rows.take_columns(result.member.as_ref(), self.lines_before);
                self.pending.size_bytes += columns.size_bytes();
                self.pending.rows.push(columns);
            }
            Hits::Packed(pack) => self.push_pack(pack, result.tally.lines, result.opens_member)?,
            _ => {}
        }
        if self.rejects.is_some() && !result.rejects.is_empty() {
            self.pending.size_bytes += result.rejects.len() * size_of::<RejectAt>();
            self.pending.rejects.push((result.member, result.rejects));
        }
        self.lines_before += result.tally.lines;
        self.tally.merge(result.tally, result.opens_member);
        Ok(())
    }

    /// Push hits to a segment. They do not wait, because they do not contain the exhibit's SHA-256.
    fn push_pack(&mut self, pack: Pack, lines: u64, opens_member: bool) -> Result<(), OrderError> {
        let pushed = match &mut self.hits {
            Sink::Segments(_) if pack.rows.is_empty() => Ok(()),
            Sink::Segments(cutter) => cutter.add(self.turn.0, pack, self.lines_before),
            Sink::Part(part) => part.add(&pack, lines, opens_member),
            _ => Ok(()),
        };
        pushed.map_err(|why| Output::Hits.error(why).into())
    }

    /// Return the memory of results that are ahead of their turn.
    pub fn early_bytes(&self) -> usize {
        self.early_bytes
    }

    /// Return the current exhibit, and how many bytes wait for its SHA-256: 0 once that is known.
    pub fn pending_bytes(&self) -> (usize, usize) {
        (
            self.turn.0,
            if self.sha256.is_some() {
                0
            } else {
                self.pending.size_bytes
            },
        )
    }

    /// Set the SHA-256 of the current exhibit before its end, so that the pending rows can be written.
    pub fn set_sha256(&mut self, sha256: String) -> Result<(), OrderError> {
        self.write_pending(&sha256)?;
        self.sha256 = Some(sha256);
        Ok(())
    }

    fn write_pending(&mut self, sha256: &str) -> Result<(), OrderError> {
        let pending = std::mem::take(&mut self.pending);
        for columns in pending.rows {
            let batch = columns
                .finish(&self.schema, sha256)
                .map_err(io::Error::other);
            batch
                .and_then(|batch| self.hits.write(&batch))
                .map_err(|why| Output::Hits.error(why))?;
        }
        if let Some(out) = &mut self.rejects {
            let mut text = Vec::new();
            for (member, rejects) in &pending.rejects {
                text.clear();
                rejects
                    .iter()
                    .for_each(|reject| reject_line(reject, sha256, member.as_deref(), &mut text));
                out.write_all(&text)
                    .map_err(|why| Output::Rejects.error(why))?;
            }
        }
        Ok(())
    }

    fn conclude_exhibit(&mut self, exhibit: usize, end: ExhibitEnd) -> Result<(), OrderError> {
        if self
            .sha256
            .as_ref()
            .is_some_and(|early| *early != end.sha256)
        {
            return Err(OrderError::Changed(exhibit));
        }
        self.write_pending(&end.sha256)?;
        let tally = std::mem::take(&mut self.tally);
        if !tally.is_whole() {
            return Err(OrderError::NotWhole(exhibit));
        }
        let ended = match &mut self.hits {
            Sink::Segments(cutter) => cutter.end(exhibit),
            Sink::Part(part) => part.end(&tally),
            _ => Ok(()),
        };
        ended.map_err(|why| Output::Hits.error(why))?;
        self.accounts.push(Account::new(tally, end));
        (self.turn, self.lines_before, self.sha256) = ((exhibit + 1, 0), 0, None);
        Ok(())
    }

    /// Flush all outputs. Returns the accounts in order, and the Arrow IPC stream if hits went to memory. `sealed` are
    /// the segments of each exhibit.
    pub fn close(
        mut self,
        mut sealed: BTreeMap<usize, Vec<WrittenSegment>>,
    ) -> Result<(Vec<Account>, Option<Vec<u8>>), OrderError> {
        for (exhibit, account) in self.accounts.iter_mut().enumerate() {
            account.segments = sealed.remove(&exhibit).unwrap_or_default();
        }
        if let Some(mut out) = self.rejects {
            out.flush().map_err(|why| Output::Rejects.error(why))?;
        }
        let memory = self.hits.close().map_err(|why| Output::Hits.error(why))?;
        Ok((self.accounts, memory))
    }
}
