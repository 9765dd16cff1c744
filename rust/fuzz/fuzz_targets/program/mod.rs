//! Shared by the targets that read frames: the programs of the vectors, and reading by used and new readers.

use serde_json::Value;
use sightline_kernel::canonical::address_key;
use sightline_kernel::program::{DateOrder, Options, Outcome, Program, Reader};

const VECTORS: &str = include_str!("../../../../tests/vectors/program.json");

/// Return the programs of the vectors that `wanted` accepts.
pub fn programs(wanted: impl Fn(&Value) -> bool) -> Vec<Program> {
    let vectors: Value = serde_json::from_str(VECTORS).expect("the vectors are JSON");
    let programs = vectors["programs"]
        .as_object()
        .expect("programs by name")
        .values();
    programs
        .filter(|program| wanted(program))
        .map(|program| {
            Program::from_json(&program.to_string()).expect("the vectors' programs are valid")
        })
        .collect()
}

/// Read frames. The first byte picks the program, the second the options; the rest are frames.
pub fn read(programs: &[Program], bytes: &[u8]) {
    let [pick, choice, bytes @ ..] = bytes else {
        return;
    };
    let program = &programs[usize::from(*pick) % programs.len()];
    let options = options(*choice);
    let mut used = Reader::new(program, &options);
    for frame in bytes.split(|byte| *byte == b'\n') {
        let mut new = Reader::new(program, &options);
        new.begin(used.header());
        // A reader keeps nothing of a frame but its header, whatever it caches.
        assert_eq!(describe_outcome(&mut used, frame), describe_outcome(&mut new, frame));
        check_fast_path(&mut used, frame);
    }
}

/// The fast path returns what the full reader returns, or None.
fn check_fast_path(reader: &mut Reader, frame: &[u8]) {
    let mut buffer = frame.to_vec();
    buffer.push(b'\n');
    buffer.resize(buffer.len() + 64, b'x');
    let Some(fast) = reader.read_fast(&buffer, 0, true) else {
        return;
    };
    // The fast path takes a carriage return as part of the line end; the frame given to `read` still has it.
    if fast.end == frame.len() {
        let Outcome::Record(record) = reader.read(frame) else {
            panic!("the fast path read what is no record");
        };
        assert_eq!(fast.timestamp_us, record.timestamp_us());
        assert_eq!(fast.source, record.source_ip().map(address_key));
        if let Some(destination) = fast.destination {
            let (ip, port) = (record.destination_ip(), record.destination_port());
            assert_eq!((Some(destination.0), destination.1), (ip, port));
        }
    }
}

fn options(choice: u8) -> Options {
    const BERLIN: [(i64, i64); 3] = [
        (1_698_541_200, 3600),
        (1_711_846_800, 7200),
        (1_729_990_800, 3600),
    ];
    let timezone = match choice & 3 {
        0 => None,
        1 => Some(vec![(0, 19_800)]),
        2 => Some(BERLIN.to_vec()),
        _ => Some(vec![
            (i64::MIN, i64::MAX),
            (-5, -86_400),
            (7, 86_400),
            (i64::MAX, i64::MIN),
        ]),
    };
    Options {
        timezone,
        year: (choice & 4 != 0).then_some(2024),
        date_order: DateOrder::from_name(["", "dmy", "mdy", "ymd"][usize::from(choice >> 3 & 3)]),
        clock_offset_us: if choice & 32 != 0 { 1_500_000 } else { 0 },
        made_at_us: (choice & 32 != 0).then_some(1),
        trusted_hops: usize::from(choice >> 6),
        ..Options::default()
    }
}

/// Return everything that a reader finds in a frame.
pub fn describe_outcome(reader: &mut Reader, frame: &[u8]) -> String {
    let record = match reader.read(frame) {
        Outcome::Record(record) => record,
        Outcome::Comment => return "comment".into(),
        Outcome::Reject(code) => return code.name().into(),
    };
    let mut names = Vec::new();
    record.each_name(|name| names.push(name.to_vec()));
    record.each_digest(|digest| names.push(digest.as_bytes().to_vec()));
    assert!((0..7_258_118_400_000_000).contains(&record.timestamp_us()));
    format!(
        "{:?}",
        (
            (
                record.timestamp_us(),
                record.fold_s(),
                record.timestamp_original()
            ),
            (
                record.source_ip(),
                record.source_port(),
                record.destination_ip(),
                record.destination_port()
            ),
            (
                record.method(),
                record.target(),
                record.authority(),
                record.host_is_name(),
                record.scheme()
            ),
            (
                record.status(),
                record.bytes(),
                record.user_agent(),
                record.referrer(),
                record.user()
            ),
            (
                record.dns_type(),
                record.dns_action(),
                record.record_kind(),
                names
            ),
        )
    )
}
