//! The scan: threads that cut, read and match one exhibit after the other.
//!
//! Cutting an exhibit (reading, hashing, decompressing) takes longest, and only one thread at a time can do it.
//! Therefore a thread cuts whenever it can and there is room; otherwise it reads a chunk that is ready. While one
//! exhibit is being cut, other threads go on to the next. `order` writes the same bytes whatever the threads do.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::chunk::{Body, Chunk, Cutter};
use super::members::MemberPlan;
use super::order::{ExhibitEnd, Order, OrderError};
use super::part::MemberRange;
use super::sink::{Output, OutputError, Sink, Target};
use super::tally::Account;
use super::worker::{Form, Matching, Worker};
use crate::input::{Input, InputDigest, Limits, RemoteFile};
use crate::program::{FirstDay, Options, Program};
use crate::segment::{self, PageCompressor, Queue};

const MAX_EARLY_BYTES: usize = 64 << 20;
const MAX_PENDING_BYTES: usize = 256 << 20;
const NAP: Duration = Duration::from_millis(50);

/// One exhibit to scan: its file, or standard input after the bytes that were read to detect the format.
pub struct Exhibit {
    pub path: Option<PathBuf>,
    /// What reads the bytes if they are kept elsewhere. The path is only a name then.
    pub remote: Option<Arc<dyn RemoteFile>>,
    pub head: Vec<u8>,
    pub program: Program,
    pub first_day: Option<FirstDay>,
    /// What to do with each member, if they are not all read in the same way.
    pub members: Option<MemberPlan>,
    /// Read only these members: others are read elsewhere, and the file is hashed there.
    pub part: Option<MemberRange>,
}

pub struct Job {
    pub exhibits: Vec<Exhibit>,
    pub options: Options,
    pub limits: Limits,
    pub matching: Matching,
    pub hits: Target,
    pub rejects: Option<PathBuf>,
    pub threads: usize,
}

/// The progress of a scan. Any thread can read it, and stop the scan.
#[derive(Default)]
pub struct Progress {
    pub bytes_read: AtomicU64,
    pub frames: AtomicU64,
    pub hits: AtomicU64,
    pub exhibits_done: AtomicUsize,
    pub stop: AtomicBool,
}

#[derive(Debug)]
pub enum ScanError {
    Interrupted,
    Output(OutputError),
    /// An exhibit that cannot be read, and why.
    Exhibit(String),
    /// A compiled list that was altered.
    List(String),
    /// Standard input has more hits than memory can hold until its SHA-256 is known.
    StdinTooMany,
    Fault(String),
}

pub struct Outcome {
    pub accounts: Vec<Account>,
    /// The Arrow IPC stream, where hits went to memory.
    pub memory: Option<Vec<u8>>,
}

/// The state of an exhibit.
enum Stage<'j> {
    Unopened,
    /// No thread is cutting it.
    Idle(Box<Cutter<'j>>, Instant),
    /// A thread is cutting it.
    InUse,
    Done,
}

struct ScanState<'j> {
    stages: Vec<Stage<'j>>,
    /// Chunks cut so far, by exhibit.
    cut: Vec<u64>,
    error: Option<ScanError>,
}

struct Scan<'j> {
    job: &'j Job,
    progress: &'j Progress,
    state: Mutex<ScanState<'j>>,
    changed: Condvar,
    order: Mutex<Order>,
    early_bytes: AtomicUsize,
    /// Chunks that were cut and are not in order yet.
    unordered_chunks: AtomicUsize,
    /// Segments that are not sealed yet.
    segments: Arc<Queue>,
}

/// What a thread does next.
enum Task<'j> {
    Open(usize),
    Cut(usize, Box<Cutter<'j>>, Instant),
    Seal(segment::Task),
    Wait,
    Leave,
}

/// Scan all exhibits. Hits and rejects are written in the order of frames.
pub fn run(job: &Job, progress: &Progress) -> Result<Outcome, ScanError> {
    let rejects = job
        .rejects
        .as_ref()
        .map(|path| Sink::lines(path))
        .transpose();
    let failed = |output: Output| move |why| ScanError::Output(output.error(why));
    let segments = Arc::new(Queue::default());
    let order = Order::new(
        Sink::open(&job.hits, &segments).map_err(failed(Output::Hits))?,
        rejects.map_err(failed(Output::Rejects))?,
    );
    let count = job.exhibits.len();
    let state = ScanState {
        stages: std::iter::repeat_with(|| Stage::Unopened)
            .take(count)
            .collect(),
        cut: vec![0; count],
        error: None,
    };
    let scan = Scan {
        job,
        progress,
        state: Mutex::new(state),
        changed: Condvar::new(),
        order: Mutex::new(order),
        early_bytes: AtomicUsize::new(0),
        unordered_chunks: AtomicUsize::new(0),
        segments,
    };
    std::thread::scope(|scope| {
        for _ in 0..job.threads.max(1) {
            scope.spawn(|| scan.run_thread());
        }
    });
    let state = scan
        .state
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(error) = state.error {
        return Err(error);
    }
    let order = scan
        .order
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let sealed = match &job.hits {
        Target::Segments(plan) => scan.segments.finish(&plan.folder),
        _ => Ok(Default::default()),
    };
    let sealed = sealed.map_err(failed(Output::Hits))?;
    let (accounts, memory) = order
        .close(sealed)
        .map_err(|error| scan_error(error, job))?;
    Ok(Outcome { accounts, memory })
}

fn scan_error(error: OrderError, job: &Job) -> ScanError {
    let name = |exhibit: usize| {
        job.exhibits
            .get(exhibit)
            .map_or_else(String::new, Exhibit::name)
    };
    match error {
        OrderError::Output(error) => ScanError::Output(error),
        OrderError::Changed(exhibit) => {
            ScanError::Exhibit(format!("{} was changed while it was read", name(exhibit)))
        }
        OrderError::NotWhole(exhibit) => {
            ScanError::Fault(format!("the frames of {} do not add up", name(exhibit)))
        }
    }
}

impl Exhibit {
    fn name(&self) -> String {
        self.path.as_ref().map_or_else(
            || "standard input".to_owned(),
            |path| path.display().to_string(),
        )
    }

    fn open(&self, limits: &Limits) -> Result<Input, ScanError> {
        match (&self.remote, &self.path) {
            (Some(file), _) => Ok(Input::remote(file.clone(), limits)),
            (None, Some(path)) if self.part.is_some() => Input::open_part(path, limits),
            (None, Some(path)) => Input::open(path, limits),
            (None, None) => Input::stdin(self.head.clone(), limits),
        }
        .map_err(|error| ScanError::Exhibit(error.to_string()))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'j> Scan<'j> {
    /// Run one thread until nothing is left.
    fn run_thread(&self) {
        let caught =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.work_until_done()));
        match caught {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.fail(error),
            Err(_) => self.fail(ScanError::Fault(crate::fault::report())),
        }
    }

    /// Run tasks until nothing is left. A thread reads the chunk that it has just cut, because it is still in its
    /// cache; another thread cuts the next one.
    fn work_until_done(&self) -> Result<(), ScanError> {
        let mut workers: Vec<Option<Worker<'j>>> = self.job.exhibits.iter().map(|_| None).collect();
        let mut spare = Vec::new();
        let mut compressor = None;
        loop {
            if self.progress.stop.load(Ordering::Relaxed) {
                return Err(ScanError::Interrupted);
            }
            match self.choose_task() {
                Task::Open(exhibit) => self.open_exhibit(exhibit)?,
                Task::Cut(exhibit, cutter, since) => {
                    let cut = self.cut_chunk(exhibit, cutter, since, std::mem::take(&mut spare))?;
                    if let Some((number, chunk)) = cut {
                        let worker = self.worker(&mut workers, exhibit)?;
                        self.read_chunk(exhibit, number, &chunk, worker)?;
                        if let Body::Frames { buffer, .. } = chunk.body {
                            spare = buffer;
                        }
                    }
                }
                Task::Seal(task) => self.seal(task, &mut compressor)?,
                Task::Wait => {}
                Task::Leave => return Ok(()),
            }
        }
    }

    fn worker<'w>(
        &self,
        workers: &'w mut [Option<Worker<'j>>],
        exhibit: usize,
    ) -> Result<&'w mut Worker<'j>, ScanError> {
        let place = &mut workers[exhibit];
        if let Some(worker) = place {
            return Ok(worker);
        }
        let job = self.job;
        let exhibit = &job.exhibits[exhibit];
        let form = match job.hits {
            Target::Segments(_) | Target::Part(_) => Form::Packed,
            _ => Form::Rows,
        };
        Ok(place.insert(Worker::new(exhibit, &job.options, &job.matching, form)?))
    }

    fn fail(&self, error: ScanError) {
        let mut state = lock(&self.state);
        state.error.get_or_insert(error);
        self.changed.notify_all();
    }

    fn choose_task(&self) -> Task<'j> {
        let mut state = lock(&self.state);
        if state.error.is_some() {
            return Task::Leave;
        }
        if let Some(task) = self.segments.take() {
            return Task::Seal(task);
        }
        let cuttable = self
            .find_cuttable(&state)
            .filter(|_| self.segments.has_room());
        if let Some(exhibit) = cuttable {
            return match std::mem::replace(&mut state.stages[exhibit], Stage::InUse) {
                Stage::Idle(cutter, since) => Task::Cut(exhibit, cutter, since),
                _ => Task::Open(exhibit),
            };
        }
        let is_done = |stage: &Stage| matches!(stage, Stage::Done);
        let is_read =
            state.stages.iter().all(is_done) && self.unordered_chunks.load(Ordering::Acquire) == 0;
        if is_read && self.segments.is_done() {
            return Task::Leave;
        }
        let _ = self.changed.wait_timeout(state, NAP);
        Task::Wait
    }

    /// Return the first exhibit that can be cut now. If too many results are ahead of their turn, only the oldest
    /// unfinished one.
    fn find_cuttable(&self, state: &ScanState<'j>) -> Option<usize> {
        let oldest = state
            .stages
            .iter()
            .position(|stage| !matches!(stage, Stage::Done))?;
        let may_run_ahead = self.early_bytes.load(Ordering::Relaxed) < MAX_EARLY_BYTES;
        let window = if may_run_ahead {
            self.job.threads.max(1)
        } else {
            1
        };
        let until = (oldest + window).min(state.stages.len());
        (oldest..until)
            .find(|&exhibit| matches!(state.stages[exhibit], Stage::Unopened | Stage::Idle(..)))
    }

    fn open_exhibit(&self, exhibit: usize) -> Result<(), ScanError> {
        let job = self.job;
        let input = job.exhibits[exhibit].open(&job.limits)?;
        let cutter = Cutter::new(input, &job.exhibits[exhibit], job.options.max_frame_bytes);
        lock(&self.state).stages[exhibit] = Stage::Idle(Box::new(cutter), Instant::now());
        self.changed.notify_all();
        Ok(())
    }

    /// Return the next chunk and its number; None at the exhibit's end.
    fn cut_chunk(
        &self,
        exhibit: usize,
        mut cutter: Box<Cutter<'j>>,
        since: Instant,
        spare: Vec<u8>,
    ) -> Result<Option<(u64, Chunk)>, ScanError> {
        let before = cutter.bytes_read();
        let chunk = cutter.next(spare);
        self.progress
            .bytes_read
            .fetch_add(cutter.bytes_read() - before, Ordering::Relaxed);
        let Some(chunk) = chunk else {
            self.end_exhibit(exhibit, cutter, since)?;
            return Ok(None);
        };
        let mut state = lock(&self.state);
        let number = state.cut[exhibit];
        state.cut[exhibit] += 1;
        self.unordered_chunks.fetch_add(1, Ordering::AcqRel);
        state.stages[exhibit] = Stage::Idle(cutter, since);
        self.changed.notify_one();
        Ok(Some((number, chunk)))
    }

    fn end_exhibit(
        &self,
        exhibit: usize,
        cutter: Box<Cutter<'j>>,
        since: Instant,
    ) -> Result<(), ScanError> {
        let part = cutter.part_account();
        let finished = cutter.finish().map_err(|error| {
            ScanError::Exhibit(format!(
                "{} cannot be read: {error}",
                self.job.exhibits[exhibit].name()
            ))
        })?;
        let chunks = lock(&self.state).cut[exhibit];
        let end = ExhibitEnd {
            chunks,
            sha256: hex(&finished),
            size_bytes: finished.size_bytes,
            grew: finished.grew,
            since,
            part,
        };
        let taken = lock(&self.order).end_exhibit(exhibit, end);
        taken.map_err(|error| scan_error(error, self.job))?;
        lock(&self.state).stages[exhibit] = Stage::Done;
        self.progress.exhibits_done.fetch_add(1, Ordering::Relaxed);
        self.changed.notify_all();
        Ok(())
    }

    fn read_chunk(
        &self,
        exhibit: usize,
        number: u64,
        chunk: &Chunk,
        worker: &mut Worker<'j>,
    ) -> Result<(), ScanError> {
        let result = worker.read(chunk)?;
        self.progress
            .frames
            .fetch_add(result.tally.frames, Ordering::Relaxed);
        self.progress
            .hits
            .fetch_add(result.tally.hits, Ordering::Relaxed);
        let mut order = lock(&self.order);
        order
            .add_chunk(exhibit, number, result)
            .map_err(|error| scan_error(error, self.job))?;
        self.unordered_chunks.fetch_sub(1, Ordering::AcqRel);
        self.early_bytes
            .store(order.early_bytes(), Ordering::Relaxed);
        let (unordered_chunks, pending_bytes) = order.pending_bytes();
        if pending_bytes > MAX_PENDING_BYTES {
            let sha256 = self.hash_early(unordered_chunks)?;
            order
                .set_sha256(sha256)
                .map_err(|error| scan_error(error, self.job))?;
        }
        drop(order);
        self.changed.notify_all();
        Ok(())
    }

    /// Run one task of sealing a segment.
    fn seal(
        &self,
        task: segment::Task,
        compressor: &mut Option<PageCompressor>,
    ) -> Result<(), ScanError> {
        let failed = |why| ScanError::Output(Output::Hits.error(why));
        let compressor = match compressor {
            Some(compressor) => compressor,
            None => compressor.insert(PageCompressor::new().map_err(failed)?),
        };
        self.segments.run(task, compressor).map_err(failed)?;
        self.changed.notify_all();
        Ok(())
    }

    /// Return the SHA-256 of an exhibit that has too many pending hits. The digest at its end must be the same.
    fn hash_early(&self, exhibit: usize) -> Result<String, ScanError> {
        let exhibit = &self.job.exhibits[exhibit];
        if exhibit.path.is_none() {
            return Err(ScanError::StdinTooMany);
        }
        let finished = exhibit.open(&self.job.limits)?.finish();
        finished.map(|finished| hex(&finished)).map_err(|error| {
            ScanError::Exhibit(format!("{} cannot be read: {error}", exhibit.name()))
        })
    }
}

fn hex(finished: &InputDigest) -> String {
    finished
        .sha256
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
