//! One whole scan on one thread, for counting instructions: `scan_once PROGRAM.json LOG NAMES` (`bench/callgrind.py`).
//!
//! With a folder as a further argument, every record is a hit on the first name and goes into segments in that folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sightline_kernel::input::Limits;
use sightline_kernel::list::{Builder, CompiledList, Junk, Row, Source};
use sightline_kernel::program::{Options, Program};
use sightline_kernel::scan::{Exhibit, Job, Matching, Progress, ScanList, Target, run};
use sightline_kernel::segment::{Limits as SegmentLimits, Plan};

fn main() {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [program, log, names, folder @ ..] = paths.as_slice() else {
        panic!("scan_once PROGRAM.json LOG NAMES [FOLDER]");
    };
    let text = |path| std::fs::read_to_string(path).expect("a readable file");
    let exhibit = Exhibit {
        remote: None,
        path: Some(log.clone()),
        head: Vec::new(),
        program: Program::from_json(&text(program)).expect("a valid program"),
        first_day: None,
        members: None,
        part: None,
    };
    let listed = ScanList {
        list: Arc::new(list_of(&text(names))),
        issuer: None,
        category: None,
    };
    let job = Job {
        exhibits: vec![exhibit],
        options: Options::default(),
        limits: Limits::default(),
        matching: Matching {
            lists: vec![listed],
            all_hits_of: folder
                .first()
                .and_then(|_| Some(text(names).lines().next()?.to_owned())),
            digest_key: None,
        },
        hits: folder
            .first()
            .map_or(Target::Nothing, |folder| segments_in(folder)),
        rejects: None,
        threads: std::env::var("THREADS")
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(1),
    };
    let begun = std::time::Instant::now();
    let outcome = run(&job, &Progress::default()).expect("a scan that ends");
    let account = &outcome.accounts[0];
    println!("{} {} {}", account.frames, account.records, account.hits);
    eprintln!("{:.3} s", begun.elapsed().as_secs_f64());
}

fn segments_in(folder: &Path) -> Target {
    Target::Segments(Plan {
        folder: folder.to_owned(),
        keys: vec![[7; 32]],
        limits: SegmentLimits {
            rows: 4_000_000,
            text_bytes: 256 << 20,
            group_rows: 1 << 16,
        },
    })
}

fn list_of(names: &str) -> CompiledList {
    let mut builder = Builder::new(Junk::new([], [], [], []));
    for (line, name) in names.lines().enumerate() {
        let row = Row {
            line: line as u64 + 1,
            kind: Some("domain"),
            value: Some(name),
            ..Row::default()
        };
        builder.add(row).expect("a good row");
    }
    let source = Source {
        list_id: "0".repeat(64),
        ..Source::default()
    };
    CompiledList::from_bytes(builder.finish(&source).expect("a list that can be built"))
        .expect("the list just built")
}
