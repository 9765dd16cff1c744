//! How fast one core reads frames into records: `cargo run --release --example parse_speed [LINES [LOG]]`.
//!
//! The fastest of many short runs counts, so that other processes do not matter. Logs are generated from a fixed seed.
//! Each record returns its time, address and host, as in a scan without hits.

use std::fmt::Write;
use std::hint::black_box;
use std::time::{Duration, Instant};

use sightline_kernel::program::{Options, Outcome, Program, Reader};

const RUNS: usize = 400;

/// A small random number generator (Knuth's MMIX constants). The logs must be the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn address(&mut self) -> String {
        format!("198.18.{}.{}", self.below(256), self.below(256))
    }
}

fn squid(dice: &mut Dice, number: u64) -> String {
    let (time, elapsed, client, server) = (
        number / 100,
        dice.below(90_000),
        dice.address(),
        dice.address(),
    );
    let (site, page, bytes) = (
        dice.below(100_000),
        dice.below(10_000_000),
        dice.below(1_000_000),
    );
    format!(
        "{}.{:03} {elapsed:6} {client} TCP_MISS/200 {bytes} GET http://www.site{site}.example/articles/2024/page{page}.html?session={page:x} - HIER_DIRECT/{server} text/html",
        1_700_000_000 + time,
        number % 1000,
    )
}

fn combined(dice: &mut Dice, number: u64) -> String {
    let (client, page, bytes) = (
        dice.address(),
        dice.below(10_000_000),
        dice.below(1_000_000),
    );
    let second = number / 50;
    format!(
        "{client} - - [14/Nov/2023:{:02}:{:02}:{:02} +0000] \"GET /articles/page{page}.html HTTP/1.1\" 200 {bytes} \"https://www.site{}.example/\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Safari/537.36\"",
        second / 3600 % 24,
        second / 60 % 60,
        second % 60,
        dice.below(1000),
    )
}

fn eve(dice: &mut Dice, number: u64) -> String {
    let (client, server, port, flow) = (
        dice.address(),
        dice.address(),
        1024 + dice.below(60_000),
        dice.below(1 << 50),
    );
    let mut line = format!(
        "{{\"timestamp\":\"2023-11-14T22:13:{:02}.{:06}+0000\",\"flow_id\":{flow},\"in_iface\":\"eth0\",\"event_type\":",
        number / 1000 % 60,
        dice.below(1_000_000),
    );
    let page = dice.below(10_000_000);
    let rest = if number % 3 == 0 {
        format!(
            "\"dns\",\"src_ip\":\"{client}\",\"src_port\":{port},\"dest_ip\":\"{server}\",\"dest_port\":53,\"proto\":\"UDP\",\"pkt_src\":\"wire/pcap\",\"dns\":{{\"version\":2,\"type\":\"answer\",\"id\":{},\"flags\":\"8180\",\"qr\":true,\"rd\":true,\"ra\":true,\"opcode\":0,\"rrname\":\"www.site{page}.example\",\"rrtype\":\"A\",\"rcode\":\"NOERROR\",\"answers\":[{{\"rrname\":\"www.site{page}.example\",\"rrtype\":\"A\",\"ttl\":300,\"rdata\":\"{server}\"}}],\"grouped\":{{\"A\":[\"{server}\"]}}}}}}",
            page % 65_536,
        )
    } else {
        format!(
            "\"http\",\"src_ip\":\"{client}\",\"src_port\":{port},\"dest_ip\":\"{server}\",\"dest_port\":80,\"proto\":\"TCP\",\"pkt_src\":\"wire/pcap\",\"tx_id\":0,\"http\":{{\"hostname\":\"www.site{page}.example\",\"url\":\"/articles/2024/page{page}.html?session={page:x}\",\"http_user_agent\":\"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Safari/537.36\",\"http_content_type\":\"text/html\",\"http_refer\":\"http://www.site{page}.example/\",\"http_method\":\"GET\",\"protocol\":\"HTTP/1.1\",\"status\":200,\"length\":{page}}}}}",
        )
    };
    let _ = write!(line, "{rest}");
    line
}

/// Return the time of the fastest run over the lines.
fn quickest(program: &Program, log: &str) -> (usize, Duration) {
    let runs = (0..RUNS).map(|_| {
        let mut reader = Reader::new(program, &Options::default());
        let start = Instant::now();
        let records = memchr_lines(log.as_bytes())
            .filter(|line| read(&mut reader, line))
            .count();
        (records, start.elapsed())
    });
    runs.min_by_key(|run| run.1).unwrap_or_default()
}

fn memchr_lines(log: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr::memchr_iter(b'\n', log).map(move |end| {
        let line = &log[start..end];
        start = end + 1;
        line
    })
}

fn read(reader: &mut Reader, line: &[u8]) -> bool {
    match reader.read(line) {
        Outcome::Record(record) => {
            black_box((
                record.timestamp_us(),
                record.source_ip(),
                record.page_parts(),
            ));
            true
        }
        _ => false,
    }
}

fn main() {
    let lines: u64 = std::env::args()
        .nth(1)
        .and_then(|count| count.parse().ok())
        .unwrap_or(5_000);
    type Line = fn(&mut Dice, u64) -> String;
    let logs: [(&str, &str, Line); 3] = [
        ("squid", include_str!("squid.json"), squid),
        ("combined", include_str!("combined.json"), combined),
        ("eve", include_str!("eve.json"), eve),
    ];
    let only = std::env::args().nth(2);
    for (name, program, line) in logs
        .into_iter()
        .filter(|log| only.as_deref().is_none_or(|only| only == log.0))
    {
        let program = Program::from_json(program).expect("the example's programs are valid");
        let mut dice = Dice(1);
        let log: String = (0..lines)
            .map(|number| line(&mut dice, number) + "\n")
            .collect();
        let (records, time) = quickest(&program, &log);
        let ns = time.as_nanos() as f64;
        println!(
            "{name:9} {records}/{lines} records  {:4} bytes a line  {:6.1} ns a line  {:6.0} MB/s",
            log.len() as u64 / lines,
            ns / lines as f64,
            log.len() as f64 / ns * 1000.0,
        );
    }
}
