//! Exhibits built here, read as the scan reads them.

mod archives;
mod remote;
mod streams;

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::*;

/// A temporary file, deleted with the value.
struct Exhibit(PathBuf);

impl Exhibit {
    fn of(bytes: &[u8]) -> Exhibit {
        static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("sightline-input-{}-{number}", std::process::id()));
        fs::write(&path, bytes).unwrap();
        Exhibit(path)
    }
}

impl Drop for Exhibit {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// What was read: members (the exhibit itself is "") with their bytes and break.
type Pieces = Vec<(String, Vec<u8>, Option<RejectCode>)>;

fn read_all(input: &mut Input) -> Pieces {
    let mut pieces: Pieces = vec![(String::new(), Vec::new(), None)];
    let mut buffer = vec![0; 1000];
    loop {
        let last = pieces.last_mut().unwrap();
        match input.read(&mut buffer) {
            Piece::Bytes(count) => last.1.extend_from_slice(&buffer[..count]),
            Piece::Member(name) => pieces.push((name, Vec::new(), None)),
            Piece::Break(code) => {
                assert_eq!(last.2.replace(code), None, "two breaks in one member");
            }
            Piece::Done => return pieces,
        }
    }
}

fn read_pieces(bytes: &[u8], limits: &Limits) -> Pieces {
    let exhibit = Exhibit::of(bytes);
    let mut input = Input::open(&exhibit.0, limits).unwrap();
    let pieces = read_all(&mut input);
    let finished = input.finish().unwrap();
    assert_eq!(finished.sha256[..], Sha256::digest(bytes)[..]);
    assert_eq!(
        (finished.size_bytes, finished.grew),
        (bytes.len() as u64, false)
    );
    pieces
}

fn alone(bytes: &[u8]) -> (Vec<u8>, Option<RejectCode>) {
    let mut pieces = read_pieces(bytes, &Limits::default());
    assert_eq!(pieces.len(), 1);
    let (_, bytes, code) = pieces.remove(0);
    (bytes, code)
}

fn log(lines: usize) -> Vec<u8> {
    (0..lines)
        .flat_map(|line| {
            format!("198.18.0.{} GET http://h{line}.example/\n", line % 256).into_bytes()
        })
        .collect()
}

/// Return the breaks in `pieces`, by member.
fn breaks(pieces: &Pieces) -> Vec<(&str, RejectCode)> {
    pieces
        .iter()
        .filter_map(|(name, _, code)| code.map(|code| (&name[..], code)))
        .collect()
}

fn names(pieces: &Pieces) -> Vec<&str> {
    pieces[1..].iter().map(|(name, _, _)| &name[..]).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

#[test]
fn plain_files_come_as_they_are() {
    for bytes in [Vec::new(), b"\n".to_vec(), log(100), log(20_000)] {
        assert_eq!(alone(&bytes), (bytes, None));
    }
}

#[test]
fn a_file_that_shrank_says_so() {
    let exhibit = Exhibit::of(&log(100));
    let mut input = Input::open(&exhibit.0, &Limits::default()).unwrap();
    fs::OpenOptions::new()
        .write(true)
        .open(&exhibit.0)
        .unwrap()
        .set_len(1000)
        .unwrap();
    let pieces = read_all(&mut input);
    assert_eq!(
        (pieces[0].1.len(), pieces[0].2),
        (1000, Some(RejectCode::InputShrank))
    );
    assert_eq!(input.finish().unwrap().size_bytes, 1000);
}

#[test]
fn a_file_that_grew_is_read_as_it_was() {
    let log = log(100);
    let exhibit = Exhibit::of(&log);
    let mut input = Input::open(&exhibit.0, &Limits::default()).unwrap();
    fs::OpenOptions::new()
        .append(true)
        .open(&exhibit.0)
        .unwrap()
        .write_all(b"more\n")
        .unwrap();
    assert_eq!(read_all(&mut input)[0].1, log);
    assert!(input.finish().unwrap().grew);
}

#[test]
fn only_regular_files_are_opened() {
    let refusal = |path: &str| {
        Input::open(Path::new(path), &Limits::default())
            .err()
            .unwrap()
            .to_string()
    };
    assert!(refusal("/").contains("is a directory"));
    assert!(refusal("/dev/null").contains("is a device"));
    assert!(refusal("/nowhere.example").contains("cannot be opened"));
}

#[test]
fn nothing_waits_for_a_pipe() {
    let path = std::env::temp_dir().join(format!("sightline-pipe-{}", std::process::id()));
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    let refusal = Input::open(&path, &Limits::default())
        .err()
        .unwrap()
        .to_string();
    fs::remove_file(&path).unwrap();
    assert!(refusal.contains("is a named pipe"));
}

#[test]
fn names_are_fit_for_one_line() {
    assert_eq!(
        name::escape_name("a\nb\u{85}ü\\".as_bytes()),
        "a\\x0ab\\xc2\\x85ü\\"
    );
    assert_eq!(name::escape_name(b"caf\xe9.log"), "caf\\xe9.log");
}
