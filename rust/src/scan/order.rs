//! Chunks come back in any order; here they are put in the order of frames, counted, and written.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Instant;

use arrow_schema::SchemaRef;

use super::rows::{Rows, Waiting, schema};
use super::sink::{Output, OutputError, Sink, reject_line};
use super::tally::{Account, RejectAt, Tally};
use crate::segment::{Pack, Sealed};

/// The hits of a chunk, in the form that their output takes.
pub enum Hits {
    Rows(Box<Rows>),
    Packed(Pack),
}

/// What reading one chunk gave.
pub struct Yield {
    pub member: Option<Arc<str>>,
    pub opens_member: bool,
    pub hits: Hits,
    pub rejects: Vec<RejectAt>,
    pub tally: Tally,
}

impl Yield {
    pub fn size_bytes(&self) -> usize {
        let hits_bytes = match &self.hits {
            Hits::Rows(rows) => rows.size_bytes(),
            Hits::Packed(pack) => pack.size_bytes(),
        };
        hits_bytes + self.rejects.len() * size_of::<RejectAt>()
    }
}

/// Rows and rejects of the exhibit in hand, until its SHA-256 is known: it stands in each of them.
#[derive(Default)]
struct Held {
    rows: Vec<Waiting>,
    rejects: Vec<(Option<Arc<str>>, Vec<RejectAt>)>,
    size_bytes: usize,
}

/// What the end of an exhibit's reading tells.
pub struct Ended {
    pub chunks: u64,
    pub sha256: String,
    pub size_bytes: u64,
    pub grew: bool,
    /// When its reading began.
    pub since: Instant,
}

/// What can go wrong while rows are put in order and written.
#[derive(Debug)]
pub enum OrderError {
    Output(OutputError),
    /// The exhibit (by number) was not the same bytes when it was hashed ahead and when it was read.
    Changed(usize),
    /// Records, comments and rejects do not add up to the frames of this exhibit: a fault of this program.
    NotWhole(usize),
}

impl From<OutputError> for OrderError {
    fn from(error: OutputError) -> Self {
        OrderError::Output(error)
    }
}

/// The exhibit in hand and the outputs. Exhibits are written one after the other.
pub struct Order {
    schema: SchemaRef,
    hits: Sink,
    rejects: Option<Box<dyn Write + Send>>,
    /// Exhibit and chunk whose turn it is.
    turn: (usize, u64),
    /// Chunks that came before their turn.
    early: BTreeMap<(usize, u64), Yield>,
    early_bytes: usize,
    ended: BTreeMap<usize, Ended>,
    lines_before: u64,
    held: Held,
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
            ended: BTreeMap::new(),
            lines_before: 0,
            held: Held::default(),
            sha256: None,
            tally: Tally::default(),
            accounts: Vec::new(),
        }
    }

    /// Take a chunk's yield in; write what is ready.
    pub fn take(&mut self, exhibit: usize, chunk: u64, yielded: Yield) -> Result<(), OrderError> {
        self.early_bytes += yielded.size_bytes();
        self.early.insert((exhibit, chunk), yielded);
        self.advance()
    }

    /// All of the exhibit was cut into `ended.chunks` chunks.
    pub fn end(&mut self, exhibit: usize, ended: Ended) -> Result<(), OrderError> {
        self.ended.insert(exhibit, ended);
        self.advance()
    }

    fn advance(&mut self) -> Result<(), OrderError> {
        loop {
            while let Some(yielded) = self.early.remove(&self.turn) {
                self.turn.1 += 1;
                self.early_bytes -= yielded.size_bytes();
                self.append(yielded)?;
            }
            if let Some(sha256) = self.sha256.clone() {
                self.release(&sha256)?;
            }
            let exhibit = self.turn.0;
            match self.ended.get(&exhibit) {
                Some(ended) if ended.chunks == self.turn.1 => {}
                _ => return Ok(()),
            }
            if let Some(ended) = self.ended.remove(&exhibit) {
                self.conclude(exhibit, ended)?;
            }
        }
    }

    fn append(&mut self, yielded: Yield) -> Result<(), OrderError> {
        if yielded.opens_member {
            self.lines_before = 0;
        }
        match yielded.hits {
            Hits::Rows(mut rows) if !rows.is_empty() => {
                let waiting = rows.take(yielded.member.as_ref(), self.lines_before);
                self.held.size_bytes += waiting.size_bytes();
                self.held.rows.push(waiting);
            }
            Hits::Packed(pack) if !pack.rows.is_empty() => self.cut(pack)?,
            _ => {}
        }
        if self.rejects.is_some() && !yielded.rejects.is_empty() {
            self.held.size_bytes += yielded.rejects.len() * size_of::<RejectAt>();
            self.held.rejects.push((yielded.member, yielded.rejects));
        }
        self.lines_before += yielded.tally.lines;
        self.tally.merge(yielded.tally, yielded.opens_member);
        Ok(())
    }

    /// Hits of a segment wait for nothing: the exhibit's SHA-256 is not in them.
    fn cut(&mut self, pack: Pack) -> Result<(), OrderError> {
        let Sink::Segments(cut) = &mut self.hits else {
            return Ok(());
        };
        cut.add(self.turn.0, pack, self.lines_before)
            .map_err(|why| Output::Hits.failed(why).into())
    }

    /// Memory of what came before its turn.
    pub fn early_bytes(&self) -> usize {
        self.early_bytes
    }

    /// The exhibit in hand, and how much waits for its SHA-256: 0 once that is known.
    pub fn held(&self) -> (usize, usize) {
        (
            self.turn.0,
            if self.sha256.is_some() {
                0
            } else {
                self.held.size_bytes
            },
        )
    }

    /// Tell the SHA-256 of the exhibit in hand ahead of its end, so that what is held can be written.
    pub fn tell_sha256(&mut self, sha256: String) -> Result<(), OrderError> {
        self.release(&sha256)?;
        self.sha256 = Some(sha256);
        Ok(())
    }

    fn release(&mut self, sha256: &str) -> Result<(), OrderError> {
        let held = std::mem::take(&mut self.held);
        for waiting in held.rows {
            let settled = waiting
                .settle(&self.schema, sha256)
                .map_err(io::Error::other);
            settled
                .and_then(|batch| self.hits.write(&batch))
                .map_err(|why| Output::Hits.failed(why))?;
        }
        if let Some(out) = &mut self.rejects {
            let mut text = Vec::new();
            for (member, rejects) in &held.rejects {
                text.clear();
                rejects
                    .iter()
                    .for_each(|reject| reject_line(reject, sha256, member.as_deref(), &mut text));
                out.write_all(&text)
                    .map_err(|why| Output::Rejects.failed(why))?;
            }
        }
        Ok(())
    }

    fn conclude(&mut self, exhibit: usize, ended: Ended) -> Result<(), OrderError> {
        if self
            .sha256
            .as_ref()
            .is_some_and(|told| *told != ended.sha256)
        {
            return Err(OrderError::Changed(exhibit));
        }
        self.release(&ended.sha256)?;
        let tally = std::mem::take(&mut self.tally);
        if !tally.is_whole() {
            return Err(OrderError::NotWhole(exhibit));
        }
        if let Sink::Segments(cut) = &mut self.hits {
            cut.end(exhibit).map_err(|why| Output::Hits.failed(why))?;
        }
        self.accounts.push(Account::new(tally, ended));
        (self.turn, self.lines_before, self.sha256) = ((exhibit + 1, 0), 0, None);
        Ok(())
    }

    /// Flush all outputs: the accounts in order, and the Arrow IPC stream if hits went to memory. `sealed` are the segments
    /// of each exhibit.
    pub fn close(
        mut self,
        mut sealed: BTreeMap<usize, Vec<Sealed>>,
    ) -> Result<(Vec<Account>, Option<Vec<u8>>), OrderError> {
        for (exhibit, account) in self.accounts.iter_mut().enumerate() {
            account.segments = sealed.remove(&exhibit).unwrap_or_default();
        }
        if let Some(mut out) = self.rejects {
            out.flush().map_err(|why| Output::Rejects.failed(why))?;
        }
        let memory = self.hits.close().map_err(|why| Output::Hits.failed(why))?;
        Ok((self.accounts, memory))
    }
}
