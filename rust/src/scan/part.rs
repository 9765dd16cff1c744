//! Parts of an archive: one process reads some of its members, and another one joins what all have read.
//!
//! A part file has the packs of hits of each chunk, in order, then the counts. Joined in the order of the members, parts
//! give the account and the segments of one reading of the whole archive.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

use super::order::ExhibitEnd;
use super::tally::{Account, Tally};
use crate::segment::{
    self, ByteReader, ByteWriter, Pack, PageCompressor, Plan, Queue, SegmentCutter, read_pack,
    write_pack,
};

const MARK: &[u8; 8] = b"sl-part1";

/// The members of an archive that begin within this range of its bytes.
#[derive(Clone, Copy, Debug)]
pub struct MemberRange {
    pub from: u64,
    pub until: u64,
}

/// What is known of a part besides its counts.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PartAccount {
    /// Whether parts of this file make its whole. If not, one process must read all of it.
    pub is_divisible: bool,
    /// Bytes that were unpacked, and bytes of the file that were read for that.
    pub decoded_bytes: u64,
    pub packed_bytes: u64,
}

/// Writes a part file.
pub struct PartWriter(BufWriter<File>);

impl PartWriter {
    pub fn new(file: File) -> io::Result<PartWriter> {
        let mut out = BufWriter::new(file);
        out.write_all(MARK)?;
        Ok(PartWriter(out))
    }

    /// Add a chunk: its hits, how many lines it has, and whether it begins a member.
    pub fn add(&mut self, pack: &Pack, lines: u64, opens_member: bool) -> io::Result<()> {
        let mut record = ByteWriter::default();
        record.flag(true);
        record.flag(opens_member);
        record.number(lines);
        record.flag(!pack.rows.is_empty());
        if !pack.rows.is_empty() {
            write_pack(pack, &mut record);
        }
        self.0.write_all(&record.0)
    }

    /// End the part with its counts.
    pub fn end(&mut self, tally: &Tally) -> io::Result<()> {
        let mut record = ByteWriter::default();
        record.flag(false);
        tally.write(&mut record);
        self.0.write_all(&record.0)?;
        self.0.flush()?;
        self.0.get_ref().sync_all()
    }
}

/// Join parts in the order of their members. Returns the account, with segments in the folder of the plan.
pub fn join(
    parts: &[PathBuf],
    sha256: String,
    size_bytes: u64,
    plan: &Plan,
) -> io::Result<Account> {
    let since = Instant::now();
    let queue = Arc::new(Queue::default());
    let mut join = Join {
        cutter: SegmentCutter::new(plan.clone(), queue.clone()),
        queue,
        compressor: PageCompressor::new()?,
        tally: Tally::default(),
        lines_before: 0,
    };
    for part in parts {
        join.add(part)?;
    }
    join.cutter.end(0)?;
    join.seal()?;
    if !join.tally.is_whole() {
        return Err(io::Error::other("the frames of an archive do not add up"));
    }
    let end = ExhibitEnd {
        chunks: 0,
        sha256,
        size_bytes,
        grew: false,
        since,
        part: None,
    };
    let mut account = Account::new(join.tally, end);
    let mut sealed = join.queue.finish(&plan.folder)?;
    account.segments = sealed.remove(&0).unwrap_or_default();
    Ok(account)
}

struct Join {
    cutter: SegmentCutter,
    queue: Arc<Queue>,
    compressor: PageCompressor,
    tally: Tally,
    lines_before: u64,
}

impl Join {
    fn add(&mut self, part: &Path) -> io::Result<()> {
        let mut input = ByteReader(BufReader::new(File::open(part)?));
        if input.array()? != *MARK {
            return Err(io::Error::other("it is no part of an archive"));
        }
        while input.flag()? {
            let (opens_member, lines) = (input.flag()?, input.number()?);
            if opens_member {
                self.lines_before = 0;
            }
            if input.flag()? {
                let pack = read_pack(&mut input)?;
                self.cutter.add(0, pack, self.lines_before)?;
                self.seal()?;
            }
            self.lines_before = self.lines_before.saturating_add(lines);
        }
        let tally = Tally::read(&mut input)?;
        if input.0.read(&mut [0])? > 0 {
            return Err(io::Error::other("it is longer than a part of an archive"));
        }
        let begins_anew = tally.begins_anew;
        self.tally.merge(tally, begins_anew);
        Ok(())
    }

    /// Seal the segments that are complete.
    fn seal(&mut self) -> io::Result<()> {
        while let Some(task) = self.queue.take() {
            self.queue.run(task, &mut self.compressor)?;
        }
        Ok(())
    }
}

/// Return the plan of the segments of a joined archive.
pub fn plan_of(folder: PathBuf, key: segment::RowKey, limits: segment::Limits) -> Plan {
    Plan {
        folder,
        keys: vec![key],
        limits,
    }
}
