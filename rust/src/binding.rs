//! The Python binding: convert arguments, release the GIL, call the kernel, map errors. Nothing else belongs here.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::Deserialize;

use crate::canonical::{
    HostKind, Page, PageParts, address_number, answer, host, indicator_value, page,
};
use crate::detection::{self, Counts, Share};
use crate::indicator::IndicatorKind;
use crate::input::{Input, Limits, Piece, RemoteFile};
use crate::list::{BuildError, Builder, CompiledList, Junk, Row, RowReject, Source};
use crate::list_rows::{ListRows, RowTexts};
use crate::program::{DateOrder, Drift, FirstDay, Options, Program};
use crate::reject_code::RejectCode;
use crate::remote_reader::ExhibitPlace;
use crate::scan::{
    self, Account, Exhibit, Job, Matching, MemberPlan, MemberRange, Progress, ScanError, ScanList,
    Target, run,
};
use crate::segment::{self, Plan, RowKey};

/// A format program, compiled once for all logs that are tried with it.
#[pyclass(frozen, name = "Program")]
struct CompiledProgram(Program);

#[pymethods]
impl CompiledProgram {
    #[new]
    fn new(text: &str) -> PyResult<CompiledProgram> {
        Program::from_json(text)
            .map(CompiledProgram)
            .map_err(value_error)
    }
}

create_exception!(
    _kernel,
    KernelError,
    PyException,
    "Kind and message of what stopped the kernel."
);

fn kernel_error(kind: &'static str, message: impl ToString) -> PyErr {
    KernelError::new_err((kind, message.to_string()))
}

/// Return the error of an output: which one, and the system's error number and message.
fn output_error(output: &'static str, why: &std::io::Error) -> PyErr {
    KernelError::new_err(("output", why.to_string(), output, why.raw_os_error()))
}

fn scan_error(error: ScanError) -> PyErr {
    match error {
        ScanError::Interrupted => kernel_error("interrupted", "interrupted"),
        ScanError::Output(error) => output_error(error.output.name(), &error.why),
        ScanError::Exhibit(what) => kernel_error("exhibit", what),
        ScanError::List(what) => kernel_error("list", what),
        ScanError::StdinTooMany => kernel_error("stdin", "more hits than can be held"),
        ScanError::Fault(what) => kernel_error("fault", what),
    }
}

fn value_error(what: impl ToString) -> PyErr {
    PyValueError::new_err(what.to_string())
}

/// `ReadOptions` as JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OptionsText {
    timezone: Option<Vec<(i64, i64)>>,
    year: Option<i32>,
    date_order: Option<String>,
    clock_offset_us: i64,
    /// `[recorded_us, offset_us]` at two instants.
    #[serde(default)]
    clock_drift: Option<[(i64, i64); 2]>,
    clock_uncertainty_s: i64,
    #[serde(default)]
    before_us: i64,
    #[serde(default)]
    after_us: i64,
    #[serde(default)]
    made_at_us: Option<i64>,
    trusted_hops: usize,
    /// First and last address of each, as text.
    #[serde(default)]
    trusted_proxies: Vec<(std::net::IpAddr, std::net::IpAddr)>,
    max_frame_bytes: usize,
}

fn options_of(text: &str) -> PyResult<Options> {
    let read: OptionsText = serde_json::from_str(text).map_err(value_error)?;
    let clock_drift = match read.clock_drift {
        Some([first, second]) => Some(
            Drift::new(first, second).ok_or_else(|| value_error("a clock that ran backwards"))?,
        ),
        None => None,
    };
    let key = |address: &std::net::IpAddr| address_number(*address);
    Ok(Options {
        timezone: read.timezone,
        year: read.year,
        date_order: read.date_order.as_deref().and_then(DateOrder::from_name),
        clock_offset_us: read.clock_offset_us,
        clock_drift,
        clock_uncertainty_s: read.clock_uncertainty_s,
        before_us: read.before_us.max(0),
        after_us: read.after_us.max(0),
        made_at_us: read.made_at_us,
        trusted_hops: read.trusted_hops,
        trusted_proxies: read
            .trusted_proxies
            .iter()
            .map(|(first, last)| (key(first), key(last)))
            .collect(),
        max_frame_bytes: read.max_frame_bytes,
    })
}

fn limits_of(ratio: u64, decoded_bytes: u64) -> Limits {
    Limits {
        ratio,
        decoded_bytes,
        ..Limits::default()
    }
}

/// A compiled flag list, open.
#[pyclass(frozen)]
struct List(Arc<CompiledList>);

#[pymethods]
impl List {
    #[staticmethod]
    fn open(path: PathBuf) -> PyResult<List> {
        let opened = CompiledList::open(&path).map_err(|fault| kernel_error("list", fault))?;
        Ok(List(Arc::new(opened)))
    }

    /// What the compiled file says of itself, as JSON.
    fn meta(&self) -> PyResult<String> {
        serde_json::to_string(self.0.meta()).map_err(value_error)
    }

    /// Check every block of the file.
    fn verify(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.0.verify())
            .map_err(|fault| kernel_error("list", fault))
    }

    /// Kinds and values of the indicators that a value or id names.
    fn find(&self, text: &str) -> PyResult<Vec<(&'static str, String)>> {
        let matches = self
            .0
            .find(text)
            .map_err(|fault| kernel_error("list", fault))?;
        Ok(matches
            .iter()
            .map(|entry| (entry.kind.name(), entry.value.to_owned()))
            .collect())
    }
}

/// Read the description of the list file that a compiled file is made from, as JSON.
fn source_of(text: &str) -> PyResult<Source> {
    serde_json::from_str(text).map_err(value_error)
}

/// Rows in, a compiled list out.
#[pyclass]
struct ListBuilder(Option<Builder>);

#[pymethods]
impl ListBuilder {
    #[new]
    #[pyo3(signature = (exact, wildcards, exceptions, big_hosts, digest_key=None))]
    fn new(
        exact: Vec<String>,
        wildcards: Vec<String>,
        exceptions: Vec<String>,
        big_hosts: Vec<String>,
        digest_key: Option<Vec<u8>>,
    ) -> Self {
        fn texts(names: &[String]) -> impl Iterator<Item = &str> {
            names.iter().map(String::as_str)
        }
        let junk = Junk::new(
            texts(&exact),
            texts(&wildcards),
            texts(&exceptions),
            texts(&big_hosts),
        )
        .with_digest_key(digest_key.as_deref());
        ListBuilder(Some(Builder::new(junk)))
    }

    /// Take rows in; line, code and reason of those that are refused.
    fn add(&mut self, rows: &Bound<'_, PyAny>) -> PyResult<Vec<RowRefused>> {
        let builder = self
            .0
            .as_mut()
            .ok_or_else(|| value_error("the list is finished"))?;
        collect_refusals(rows, |row| builder.add(row))
    }

    /// The same refusals, but nothing is taken in: memory stays as it is.
    fn check(&self, rows: &Bound<'_, PyAny>) -> PyResult<Vec<RowRefused>> {
        let builder = self
            .0
            .as_ref()
            .ok_or_else(|| value_error("the list is finished"))?;
        collect_refusals(rows, |row| builder.check(row))
    }

    /// The compiled list, in memory.
    fn finish(&mut self, py: Python<'_>, source: &str) -> PyResult<List> {
        let (builder, source) = (self.take()?, source_of(source)?);
        let bytes = py
            .detach(|| builder.finish(&source))
            .map_err(|error| kernel_error("list", error))?;
        let opened =
            CompiledList::from_bytes(bytes).map_err(|fault| kernel_error("list", fault))?;
        Ok(List(Arc::new(opened)))
    }

    /// Write the compiled list beside `path` and rename it into place.
    fn write(&mut self, py: Python<'_>, path: PathBuf, source: &str) -> PyResult<()> {
        let (builder, source) = (self.take()?, source_of(source)?);
        py.detach(|| builder.write(&path, &source))
            .map_err(|error| match error {
                BuildError::Io(why) => output_error("list", &why),
                BuildError::TooManyCollisions => kernel_error("list", error),
            })
    }
}

/// Line, code, reason.
type RowRefused = (u64, &'static str, &'static str);

fn collect_refusals(
    rows: &Bound<'_, PyAny>,
    mut take: impl FnMut(Row<'_>) -> Result<(), RowReject> + Send,
) -> PyResult<Vec<RowRefused>> {
    let mut rejects = Vec::new();
    let mut check = |row: Row<'_>| {
        if let Err(reject) = take(row) {
            rejects.push((reject.line, reject.code.name(), reject.reason));
        }
    };
    if let Ok(rows) = rows.cast::<ListRows>() {
        let list_rows = rows.get();
        rows.py()
            .detach(|| list_rows.rows.iter().for_each(&mut check));
    } else {
        for row in rows.extract::<Vec<Bound<'_, PyAny>>>()? {
            check(RowTexts::of(&row)?.row());
        }
    }
    Ok(rejects)
}

impl ListBuilder {
    fn take(&mut self) -> PyResult<Builder> {
        self.0
            .take()
            .ok_or_else(|| value_error("the list is finished"))
    }
}

type Ending = Result<(Vec<Account>, Option<Vec<u8>>), ScanError>;

/// One scan, in threads of its own from the start.
#[pyclass(frozen)]
struct Scan {
    progress: Arc<Progress>,
    ended: Arc<(Mutex<Option<Ending>>, Condvar)>,
}

#[pymethods]
impl Scan {
    #[new]
    #[pyo3(signature = (exhibits, stdin_head, options, limits, lists, all_hits_of, digest_key, hits, rejects, threads, row_keys, segment_limits, first_days = Vec::new(), members = Vec::new(), part = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "one call from stages/scan/kernel, by name"
    )]
    fn new(
        py: Python<'_>,
        exhibits: Vec<(Option<ExhibitPlace>, Py<CompiledProgram>)>,
        stdin_head: Vec<u8>,
        options: &str,
        limits: (u64, u64),
        lists: Vec<(Py<List>, Option<String>, Option<String>)>,
        all_hits_of: Option<String>,
        digest_key: Option<Vec<u8>>,
        hits: (String, Option<PathBuf>),
        rejects: Option<PathBuf>,
        threads: usize,
        row_keys: Vec<Vec<u8>>,
        segment_limits: (usize, usize, usize),
        first_days: Vec<Option<FirstDay>>,
        members: Vec<Option<MembersText>>,
        part: Option<(u64, u64)>,
    ) -> PyResult<Scan> {
        let count = exhibits.len();
        let first_days = first_days.into_iter().chain(std::iter::repeat(None));
        let members = members.into_iter().chain(std::iter::repeat(None));
        let exhibits = exhibits.into_iter().zip(first_days.zip(members)).map(
            |((place, program), (first_day, members))| {
                let program = program.get().0.clone();
                let place = place.map(|place| place.open(py)).transpose()?;
                let (path, remote) =
                    place.map_or((None, None), |(path, remote)| (Some(path), remote));
                let head = if path.is_none() {
                    stdin_head.clone()
                } else {
                    Vec::new()
                };
                Ok(Exhibit {
                    path,
                    remote,
                    head,
                    program,
                    first_day,
                    members: members.map(plan_of).transpose()?,
                    part: part.map(|(from, until)| MemberRange { from, until }),
                })
            },
        );
        let hits = match (hits.0.as_str(), hits.1) {
            ("segments", Some(folder)) => Target::Segments(Plan {
                folder,
                keys: keys_of(row_keys, count)?,
                limits: segment_limits_of(segment_limits)?,
            }),
            (format, path) => target_of(format, path)?,
        };
        let lists = lists.into_iter().map(|(list, issuer, category)| ScanList {
            list: list.get().0.clone(),
            issuer,
            category,
        });
        let job = Job {
            exhibits: exhibits.collect::<PyResult<_>>()?,
            options: options_of(options)?,
            limits: limits_of(limits.0, limits.1),
            matching: Matching {
                lists: lists.collect(),
                all_hits_of,
                digest_key,
            },
            hits,
            rejects,
            threads,
        };
        Ok(Scan::start(job))
    }

    /// Wait so long, at most, for the end; whether it has ended.
    fn wait(&self, py: Python<'_>, seconds: f64) -> bool {
        py.detach(|| {
            let (ending, ended) = &*self.ended;
            let ending = ending.lock().unwrap_or_else(PoisonError::into_inner);
            if ending.is_some() {
                return true;
            }
            let waited = ended.wait_timeout(ending, Duration::from_secs_f64(seconds));
            waited.unwrap_or_else(PoisonError::into_inner).0.is_some()
        })
    }

    /// Bytes of exhibits and frames read, and hits found, so far.
    fn progress(&self) -> (u64, u64, u64) {
        (
            self.progress.bytes_read.load(Ordering::Relaxed),
            self.progress.frames.load(Ordering::Relaxed),
            self.progress.hits.load(Ordering::Relaxed),
        )
    }

    /// Ask the scan to end at once.
    fn stop(&self) {
        self.progress.stop.store(true, Ordering::Relaxed);
    }

    /// The accounts as JSON and the Arrow IPC stream of hits, once it has ended.
    fn result<'p>(&self, py: Python<'p>) -> PyResult<(String, Option<Bound<'p, PyBytes>>)> {
        let mut ending = self.ended.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (accounts, memory) = ending
            .take()
            .ok_or_else(|| value_error("the scan has not ended"))?
            .map_err(scan_error)?;
        let text = serde_json::to_string(&accounts).map_err(value_error)?;
        Ok((text, memory.map(|bytes| PyBytes::new(py, &bytes))))
    }
}

impl Scan {
    fn start(job: Job) -> Scan {
        let progress = Arc::new(Progress::default());
        let ended = Arc::new((Mutex::new(None), Condvar::new()));
        let scan = Scan {
            progress: progress.clone(),
            ended: ended.clone(),
        };
        std::thread::spawn(move || {
            let ending = run(&job, &progress).map(|outcome| (outcome.accounts, outcome.memory));
            *ended.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(ending);
            ended.1.notify_all();
        });
        scan
    }
}

/// The use of each member as letters, and the day of its first time.
type MembersText = (String, Vec<Option<FirstDay>>);

fn plan_of((uses, first_days): MembersText) -> PyResult<MemberPlan> {
    MemberPlan::from_text(&uses, first_days)
        .ok_or_else(|| value_error("uses of members are r, s and u"))
}

/// One row key for each exhibit.
fn keys_of(keys: Vec<Vec<u8>>, exhibits: usize) -> PyResult<Vec<RowKey>> {
    if keys.len() != exhibits {
        return Err(value_error("segments want one row key for each exhibit"));
    }
    keys.iter().map(|key| key_of(key)).collect()
}

fn key_of(key: &[u8]) -> PyResult<RowKey> {
    RowKey::try_from(key).map_err(|_| value_error("a row key is 32 bytes"))
}

fn segment_limits_of(
    (rows, text_bytes, group_rows): (usize, usize, usize),
) -> PyResult<segment::Limits> {
    if rows == 0 || text_bytes == 0 {
        return Err(value_error("a segment holds one row at least"));
    }
    if !group_rows.is_power_of_two() {
        return Err(value_error("the rows of a row group are a power of two"));
    }
    Ok(segment::Limits {
        rows,
        text_bytes,
        group_rows,
    })
}

fn target_of(format: &str, path: Option<PathBuf>) -> PyResult<Target> {
    Ok(match (format, path) {
        ("nothing", _) => Target::Nothing,
        ("part", Some(path)) => Target::Part(path),
        ("memory", _) => Target::Memory,
        ("stdout", _) => Target::Stdout,
        ("jsonl", Some(path)) => Target::JsonLines(path),
        ("csv", Some(path)) => Target::Csv(path),
        ("parquet", Some(path)) => Target::Parquet(path),
        _ => return Err(value_error("an output of no known kind")),
    })
}

/// Open an exhibit, or the bytes that were read from standard input.
fn open(
    place: Option<(PathBuf, Option<Arc<dyn RemoteFile>>)>,
    stdin_head: Vec<u8>,
    limits: &Limits,
) -> PyResult<Input> {
    match place {
        Some((_, Some(file))) => Ok(Input::remote(file, limits)),
        Some((path, None)) => {
            Input::open(&path, limits).map_err(|error| kernel_error("exhibit", error))
        }
        None => Ok(Input::bytes(stdin_head, limits)),
    }
}

/// The first decoded bytes of an exhibit's first member that holds any; what breaks it off is told by the scan.
#[pyfunction]
fn head<'p>(
    py: Python<'p>,
    place: Option<ExhibitPlace>,
    stdin_head: Vec<u8>,
    limits: (u64, u64),
    length: usize,
) -> PyResult<(Bound<'p, PyBytes>, bool)> {
    let limits = limits_of(limits.0, limits.1);
    let place = place.map(|place| place.open(py)).transpose()?;
    let (bytes, is_whole) = py.detach(|| {
        let mut input = open(place, stdin_head, &limits)?;
        let mut buffer = vec![0; length];
        let mut filled = 0;
        let is_whole = loop {
            match input.read(&mut buffer[filled..]) {
                Piece::Bytes(count) => filled += count,
                Piece::Member(_) | Piece::Break(_) if filled == 0 => {}
                Piece::Member(_) | Piece::Break(_) | Piece::Done => break true,
            }
            if filled == length {
                break false;
            }
        };
        buffer.truncate(filled);
        Ok::<_, PyErr>((buffer, is_whole))
    })?;
    Ok((PyBytes::new(py, &bytes), is_whole))
}

/// The members of an exhibit, in stored order, each by its first decoded bytes.
#[pyclass(frozen)]
struct Members(Mutex<MembersState>);

struct MembersState {
    input: Input,
    /// The name of the next member, once it is known. None is the exhibit itself, which is no archive.
    next: Option<Option<String>>,
}

/// Name, first bytes, whether they are all, and the last bytes.
type MemberBytes = (Option<String>, Vec<u8>, bool, Vec<u8>);
type MemberObjects<'p> = (Option<String>, Bound<'p, PyBytes>, bool, Bound<'p, PyBytes>);

#[pymethods]
impl Members {
    #[new]
    fn new(
        py: Python<'_>,
        place: Option<ExhibitPlace>,
        stdin_head: Vec<u8>,
        limits: (u64, u64),
    ) -> PyResult<Members> {
        let limits = limits_of(limits.0, limits.1);
        let place = place.map(|place| place.open(py)).transpose()?;
        let input = py.detach(|| open(place, stdin_head, &limits))?;
        let next = Some(None);
        Ok(Members(Mutex::new(MembersState { input, next })))
    }

    /// The next member: its first bytes and, where wanted, its last ones. None behind the last one.
    fn next<'p>(
        &self,
        py: Python<'p>,
        length: usize,
        tail_length: usize,
    ) -> Option<MemberObjects<'p>> {
        let member = py.detach(|| {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            state.next(length, tail_length)
        });
        let (name, head, is_whole, tail) = member?;
        Some((
            name,
            PyBytes::new(py, &head),
            is_whole,
            PyBytes::new(py, &tail),
        ))
    }
}

impl MembersState {
    fn next(&mut self, length: usize, tail_length: usize) -> Option<MemberBytes> {
        let name = self.begin()?;
        let (mut head, mut tail) = (Vec::new(), Vec::new());
        let mut buffer = vec![0; length];
        let is_whole = loop {
            match self.input.read(&mut buffer[head.len()..]) {
                Piece::Bytes(count) => {
                    head.extend_from_slice(&buffer[head.len()..head.len() + count]);
                }
                piece => break self.end_member(piece),
            }
            if head.len() == length {
                break false;
            }
        };
        if tail_length > 0 {
            tail.extend_from_slice(&head[head.len().saturating_sub(tail_length)..]);
            if !is_whole {
                self.read_tail(&mut tail, tail_length);
            }
        }
        Some((name, head, is_whole, tail))
    }

    /// Go to the next member and return its name. An archive whose first piece is a member is no member itself.
    fn begin(&mut self) -> Option<Option<String>> {
        loop {
            match self.next.take() {
                Some(Some(name)) => return Some(Some(name)),
                Some(None) => match self.input.read(&mut []) {
                    Piece::Member(name) => self.next = (!name.is_empty()).then_some(Some(name)),
                    Piece::Done => return None,
                    _ => return Some(None),
                },
                None => match self.input.read(&mut [0; 1 << 14]) {
                    Piece::Bytes(_) => self.input.skip_member(),
                    Piece::Break(_) => {}
                    // The empty name is a break of the archive itself.
                    Piece::Member(name) => self.next = (!name.is_empty()).then_some(Some(name)),
                    Piece::Done => return None,
                },
            }
        }
    }

    /// Take what ended a member; the next one may begin there.
    fn end_member(&mut self, piece: Piece) -> bool {
        if let Piece::Member(name) = piece {
            self.next = (!name.is_empty()).then_some(Some(name));
        }
        true
    }

    fn read_tail(&mut self, tail: &mut Vec<u8>, tail_length: usize) {
        let mut buffer = vec![0; 1 << 16];
        loop {
            match self.input.read(&mut buffer) {
                Piece::Bytes(count) => {
                    tail.extend_from_slice(&buffer[..count]);
                    if tail.len() > 4 * tail_length.max(buffer.len()) {
                        tail.drain(..tail.len() - tail_length);
                    }
                }
                piece => {
                    self.end_member(piece);
                    break;
                }
            }
        }
        tail.drain(..tail.len().saturating_sub(tail_length));
    }
}

type ScoreText = (u64, u64, u64, Vec<(&'static str, u64)>);

fn score_text(counts: &Counts) -> ScoreText {
    let rejects = RejectCode::ALL
        .iter()
        .map(|&(code, name)| (name, counts.rejects[code as usize]))
        .filter(|&(_, count)| count > 0);
    (
        counts.frames(),
        counts.records,
        counts.comments,
        rejects.collect(),
    )
}

/// Frames, records, comments, and rejects by code, of a log's first frames; one that is cut off does not count.
#[pyfunction]
fn score(program: &Bound<'_, CompiledProgram>, options: &str, bytes: &[u8]) -> PyResult<ScoreText> {
    let counts = detection::score(&program.get().0, &options_of(options)?, bytes);
    Ok(score_text(&counts))
}

/// The same of each program, all of which cut frames alike. One that cannot read the share `enough` (numerator,
/// denominator) may stop early: `detection::compare`.
#[pyfunction]
fn compare(
    py: Python<'_>,
    programs: Vec<Py<CompiledProgram>>,
    options: &str,
    bytes: &[u8],
    enough: (u64, u64),
) -> PyResult<Vec<ScoreText>> {
    let options = options_of(options)?;
    let programs: Vec<Program> = programs.iter().map(|one| one.get().0.clone()).collect();
    let enough = Share {
        numerator: enough.0,
        denominator: enough.1,
    };
    let counts = py.detach(|| detection::compare(&programs, &options, bytes, enough));
    Ok(counts.iter().map(score_text).collect())
}

/// The root, in hex, of the rows in a segment's file, and how many they are.
#[pyfunction]
fn segment_root(py: Python<'_>, path: PathBuf, row_key: &[u8]) -> PyResult<(String, u64)> {
    let key = key_of(row_key)?;
    let read = py.detach(|| segment::root(&path, &key));
    let (root, rows) = read.map_err(|why| kernel_error("segment", why))?;
    Ok((segment::hex(&root), rows))
}

type ProofItems<'p> = (u64, Bound<'p, PyBytes>, String, Vec<Bound<'p, PyBytes>>);

/// Rows of a segment's file, ascending: index, salt, canonical row and audit path.
#[pyfunction]
fn segment_rows<'p>(
    py: Python<'p>,
    path: PathBuf,
    row_key: &[u8],
    indices: Option<Vec<u64>>,
) -> PyResult<Vec<ProofItems<'p>>> {
    let key = key_of(row_key)?;
    let read = py.detach(|| segment::proofs(&path, &key, indices.as_deref()));
    let proofs = read.map_err(|why| kernel_error("segment", why))?;
    let items = proofs.into_iter().map(|proof| {
        let path = proof.path.iter().map(|node| PyBytes::new(py, node));
        let salt = PyBytes::new(py, &proof.salt);
        (proof.index, salt, proof.row, path.collect())
    });
    Ok(items.collect())
}

/// The account, as JSON, of an archive whose parts were read elsewhere; its segments go to the folder.
#[pyfunction]
fn join_parts(
    py: Python<'_>,
    parts: Vec<PathBuf>,
    sha256: String,
    size_bytes: u64,
    folder: PathBuf,
    row_key: &[u8],
    segment_limits: (usize, usize, usize),
) -> PyResult<String> {
    let plan = scan::plan_of(folder, key_of(row_key)?, segment_limits_of(segment_limits)?);
    let joined = py.detach(|| scan::join(&parts, sha256, size_bytes, &plan));
    let account = joined.map_err(|why| output_error("hits", &why))?;
    serde_json::to_string(&account).map_err(value_error)
}

/// The SHA-256 of each file, by so many threads; for one that cannot be read, which and why.
#[pyfunction]
fn file_sha256(py: Python<'_>, paths: Vec<PathBuf>, threads: usize) -> PyResult<Vec<String>> {
    let hashed = py.detach(|| segment::file_sha256(&paths, threads));
    hashed.map_err(|(path, why)| kernel_error("file", format!("{}: {why}", path.display())))
}

/// The canonical host of bytes, or None.
#[pyfunction]
fn canonical_host(raw: &[u8]) -> Option<String> {
    let mut out = Vec::new();
    let kind = host(raw, &mut out);
    (kind != HostKind::None).then(|| String::from_utf8_lossy(&out).into_owned())
}

/// The canonical text of what a DNS answer names, or None.
#[pyfunction]
fn canonical_answer(raw: &[u8]) -> Option<String> {
    let mut out = Vec::new();
    let kind = answer(raw, &mut out);
    (kind != HostKind::None).then(|| String::from_utf8_lossy(&out).into_owned())
}

/// The url column of what a record says of a page, or None.
#[pyfunction]
fn canonical_url(
    method: Option<&[u8]>,
    target: Option<&[u8]>,
    authority: Option<&[u8]>,
    scheme: Option<&[u8]>,
    destination_port: Option<u16>,
) -> Option<String> {
    let parts = PageParts {
        method,
        target,
        authority,
        host_is_name: false,
        is_dns: false,
        scheme,
        destination_port,
    };
    let (mut made, mut out) = (Page::default(), Vec::new());
    page(&parts, true, &mut made);
    made.write_url(&mut out)
        .then(|| String::from_utf8_lossy(&out).into_owned())
}

/// The canonical value of an indicator; ValueError with the reason where it has none.
#[pyfunction]
fn canonical_indicator(kind: &str, text: &str) -> PyResult<String> {
    let kind = IndicatorKind::from_name(kind).ok_or_else(|| value_error("no such kind"))?;
    indicator_value(kind, text).map_err(value_error)
}

/// What the kernel's last panic is reported as: its place, and no data.
#[pyfunction]
fn last_fault() -> String {
    crate::fault::report()
}

#[pymodule]
fn _kernel(module: &Bound<'_, PyModule>) -> PyResult<()> {
    // Panics are caught at the edge of each thread. A panic's message could contain bytes of a record, so only its
    // place is stored.
    std::panic::set_hook(Box::new(|panic| crate::fault::keep_place(panic.location())));
    module.add("KernelError", module.py().get_type::<KernelError>())?;
    module.add("READS_INTERVALS", true)?;
    module.add("READS_REMOTE", true)?;
    module.add_class::<List>()?;
    module.add_class::<ListBuilder>()?;
    crate::list_rows::add_to(module)?;
    module.add_class::<CompiledProgram>()?;
    module.add_class::<Scan>()?;
    module.add_class::<Members>()?;
    module.add_function(wrap_pyfunction!(last_fault, module)?)?;
    module.add_function(wrap_pyfunction!(head, module)?)?;
    module.add_function(wrap_pyfunction!(score, module)?)?;
    module.add_function(wrap_pyfunction!(compare, module)?)?;
    module.add_function(wrap_pyfunction!(join_parts, module)?)?;
    module.add_function(wrap_pyfunction!(segment_root, module)?)?;
    module.add_function(wrap_pyfunction!(segment_rows, module)?)?;
    module.add_function(wrap_pyfunction!(file_sha256, module)?)?;
    module.add_function(wrap_pyfunction!(canonical_host, module)?)?;
    module.add_function(wrap_pyfunction!(canonical_answer, module)?)?;
    module.add_function(wrap_pyfunction!(canonical_url, module)?)?;
    module.add_function(wrap_pyfunction!(canonical_indicator, module)?)
}
