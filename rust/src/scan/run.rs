//! The scan: threads that cut, read and match, over one exhibit after the other.
//!
//! Cutting an exhibit (reading, hashing, unpacking) is work of one thread at a time and the longest road, so a thread
//! cuts whenever an exhibit can be cut and there is room, and else reads a chunk that is ready. Where one exhibit is
//! being cut, others go on to the next. Whatever the threads do, `order` writes the same bytes.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::chunk::{Body, Chunk, Cutter};
use super::order::{Ended, Order, OrderError};
use super::sink::{Output, OutputError, Sink, Target};
use super::tally::Account;
use super::work::{Form, Matching, Worker};
use crate::input::{Finished, Input, Limits};
use crate::program::{Options, Program};
use crate::segment::{self, Packing, Queue};

const EARLY_BYTES: usize = 64 << 20;
const HELD_BYTES: usize = 256 << 20;
const NAP: Duration = Duration::from_millis(50);

/// One exhibit to scan: its file, or standard input after the bytes that were taken from it to tell the format.
pub struct Exhibit {
    pub path: Option<PathBuf>,
    pub head: Vec<u8>,
    pub program: Program,
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

/// How far a scan is; anybody may look, and stop it.
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
    /// What cannot be read, and why.
    Exhibit(String),
    /// A compiled list is not what was compiled.
    List(String),
    /// More hits of standard input than can be held until its SHA-256 is known.
    StdinTooMany,
    Fault(String),
}

pub struct Outcome {
    pub accounts: Vec<Account>,
    /// The Arrow IPC stream, where hits went to memory.
    pub memory: Option<Vec<u8>>,
}

/// Where an exhibit stands.
enum Stage<'j> {
    Unopened,
    /// Nobody cuts it at the moment.
    Idle(Box<Cutter<'j>>, Instant),
    /// A thread has it.
    Taken,
    Done,
}

struct Board<'j> {
    stages: Vec<Stage<'j>>,
    /// Chunks cut so far, by exhibit.
    cut: Vec<u64>,
    error: Option<ScanError>,
}

struct Scan<'j> {
    job: &'j Job,
    progress: &'j Progress,
    board: Mutex<Board<'j>>,
    changed: Condvar,
    order: Mutex<Order>,
    early_bytes: AtomicUsize,
    /// Chunks that were cut and are not in order yet.
    in_hand: AtomicUsize,
    /// Segments on their way.
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

/// Scan all exhibits; hits and rejects are written in the order of frames.
pub fn run(job: &Job, progress: &Progress) -> Result<Outcome, ScanError> {
    let rejects = job
        .rejects
        .as_ref()
        .map(|path| Sink::lines(path))
        .transpose();
    let failed = |output: Output| move |why| ScanError::Output(output.failed(why));
    let segments = Arc::new(Queue::default());
    let order = Order::new(
        Sink::open(&job.hits, &segments).map_err(failed(Output::Hits))?,
        rejects.map_err(failed(Output::Rejects))?,
    );
    let count = job.exhibits.len();
    let board = Board {
        stages: std::iter::repeat_with(|| Stage::Unopened)
            .take(count)
            .collect(),
        cut: vec![0; count],
        error: None,
    };
    let scan = Scan {
        job,
        progress,
        board: Mutex::new(board),
        changed: Condvar::new(),
        order: Mutex::new(order),
        early_bytes: AtomicUsize::new(0),
        in_hand: AtomicUsize::new(0),
        segments,
    };
    std::thread::scope(|scope| {
        for _ in 0..job.threads.max(1) {
            scope.spawn(|| scan.work());
        }
    });
    let board = scan
        .board
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(error) = board.error {
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
    let (accounts, memory) = order.close(sealed).map_err(|error| told(error, job))?;
    Ok(Outcome { accounts, memory })
}

fn told(error: OrderError, job: &Job) -> ScanError {
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
        match &self.path {
            Some(path) => Input::open(path, limits),
            None => Input::stdin(self.head.clone(), limits),
        }
        .map_err(|error| ScanError::Exhibit(error.to_string()))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'j> Scan<'j> {
    /// What one thread does until nothing is left.
    fn work(&self) {
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.work_on()));
        match caught {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.fail(error),
            Err(_) => self.fail(ScanError::Fault(crate::fault::report())),
        }
    }

    /// A thread reads the chunk that it has just cut, which is still in its cache, while another cuts the next.
    fn work_on(&self) -> Result<(), ScanError> {
        let mut workers: Vec<Option<Worker<'j>>> = self.job.exhibits.iter().map(|_| None).collect();
        let mut spare = Vec::new();
        let mut packing = None;
        loop {
            if self.progress.stop.load(Ordering::Relaxed) {
                return Err(ScanError::Interrupted);
            }
            match self.choose() {
                Task::Open(exhibit) => self.open(exhibit)?,
                Task::Cut(exhibit, cutter, since) => {
                    let cut = self.cut(exhibit, cutter, since, std::mem::take(&mut spare))?;
                    if let Some((number, chunk)) = cut {
                        let worker = self.worker(&mut workers, exhibit)?;
                        self.read(exhibit, number, &chunk, worker)?;
                        if let Body::Frames { buffer, .. } = chunk.body {
                            spare = buffer;
                        }
                    }
                }
                Task::Seal(task) => self.seal(task, &mut packing)?,
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
        let program = &job.exhibits[exhibit].program;
        let form = match job.hits {
            Target::Segments(_) => Form::Packed,
            _ => Form::Rows,
        };
        Ok(place.insert(Worker::new(program, &job.options, &job.matching, form)?))
    }

    fn fail(&self, error: ScanError) {
        let mut board = locked(&self.board);
        board.error.get_or_insert(error);
        self.changed.notify_all();
    }

    fn choose(&self) -> Task<'j> {
        let mut board = locked(&self.board);
        if board.error.is_some() {
            return Task::Leave;
        }
        if let Some(task) = self.segments.take() {
            return Task::Seal(task);
        }
        let cuttable = self.cuttable(&board).filter(|_| self.segments.has_room());
        if let Some(exhibit) = cuttable {
            return match std::mem::replace(&mut board.stages[exhibit], Stage::Taken) {
                Stage::Idle(cutter, since) => Task::Cut(exhibit, cutter, since),
                _ => Task::Open(exhibit),
            };
        }
        let is_done = |stage: &Stage| matches!(stage, Stage::Done);
        let is_read = board.stages.iter().all(is_done) && self.in_hand.load(Ordering::Acquire) == 0;
        if is_read && self.segments.is_done() {
            return Task::Leave;
        }
        let _ = self.changed.wait_timeout(board, NAP);
        Task::Wait
    }

    /// The first exhibit that can be cut now. Only the oldest unfinished one, while much came before its turn.
    fn cuttable(&self, board: &Board<'j>) -> Option<usize> {
        let oldest = board
            .stages
            .iter()
            .position(|stage| !matches!(stage, Stage::Done))?;
        let may_run_ahead = self.early_bytes.load(Ordering::Relaxed) < EARLY_BYTES;
        let window = if may_run_ahead {
            self.job.threads.max(1)
        } else {
            1
        };
        let until = (oldest + window).min(board.stages.len());
        (oldest..until)
            .find(|&exhibit| matches!(board.stages[exhibit], Stage::Unopened | Stage::Idle(..)))
    }

    fn open(&self, exhibit: usize) -> Result<(), ScanError> {
        let job = self.job;
        let input = job.exhibits[exhibit].open(&job.limits)?;
        let cutter = Cutter::new(
            input,
            &job.exhibits[exhibit].program,
            job.options.max_frame_bytes,
        );
        locked(&self.board).stages[exhibit] = Stage::Idle(Box::new(cutter), Instant::now());
        self.changed.notify_all();
        Ok(())
    }

    /// The next chunk and its number; None at the exhibit's end.
    fn cut(
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
            self.end(exhibit, cutter, since)?;
            return Ok(None);
        };
        let mut board = locked(&self.board);
        let number = board.cut[exhibit];
        board.cut[exhibit] += 1;
        self.in_hand.fetch_add(1, Ordering::AcqRel);
        board.stages[exhibit] = Stage::Idle(cutter, since);
        self.changed.notify_one();
        Ok(Some((number, chunk)))
    }

    fn end(
        &self,
        exhibit: usize,
        cutter: Box<Cutter<'j>>,
        since: Instant,
    ) -> Result<(), ScanError> {
        let finished = cutter.finish().map_err(|error| {
            ScanError::Exhibit(format!(
                "{} cannot be read: {error}",
                self.job.exhibits[exhibit].name()
            ))
        })?;
        let chunks = locked(&self.board).cut[exhibit];
        let ended = Ended {
            chunks,
            sha256: hex(&finished),
            size_bytes: finished.size_bytes,
            grew: finished.grew,
            since,
        };
        let taken = locked(&self.order).end(exhibit, ended);
        taken.map_err(|error| told(error, self.job))?;
        locked(&self.board).stages[exhibit] = Stage::Done;
        self.progress.exhibits_done.fetch_add(1, Ordering::Relaxed);
        self.changed.notify_all();
        Ok(())
    }

    fn read(
        &self,
        exhibit: usize,
        number: u64,
        chunk: &Chunk,
        worker: &mut Worker<'j>,
    ) -> Result<(), ScanError> {
        let yielded = worker.read(chunk)?;
        self.progress
            .frames
            .fetch_add(yielded.tally.frames, Ordering::Relaxed);
        self.progress
            .hits
            .fetch_add(yielded.tally.hits, Ordering::Relaxed);
        let mut order = locked(&self.order);
        order
            .take(exhibit, number, yielded)
            .map_err(|error| told(error, self.job))?;
        self.in_hand.fetch_sub(1, Ordering::AcqRel);
        self.early_bytes
            .store(order.early_bytes(), Ordering::Relaxed);
        let (in_hand, held_bytes) = order.held();
        if held_bytes > HELD_BYTES {
            let sha256 = self.hash_ahead(in_hand)?;
            order
                .tell_sha256(sha256)
                .map_err(|error| told(error, self.job))?;
        }
        drop(order);
        self.changed.notify_all();
        Ok(())
    }

    /// Do a piece of a segment's sealing.
    fn seal(&self, task: segment::Task, packing: &mut Option<Packing>) -> Result<(), ScanError> {
        let failed = |why| ScanError::Output(Output::Hits.failed(why));
        let packing = match packing {
            Some(packing) => packing,
            None => packing.insert(Packing::new().map_err(failed)?),
        };
        self.segments.run(task, packing).map_err(failed)?;
        self.changed.notify_all();
        Ok(())
    }

    /// The SHA-256 of an exhibit that has more hits than should wait for its end. Reading it to the end must agree.
    fn hash_ahead(&self, exhibit: usize) -> Result<String, ScanError> {
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

fn hex(finished: &Finished) -> String {
    finished
        .sha256
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
