//! The cost of building, opening and probing lists of several sizes. `cargo run --release --example list_speed
//! [SIZE...]`

use std::hint::black_box;
use std::time::Instant;

use sightline_kernel::canonical::HostKind;
use sightline_kernel::list::Subject;
use sightline_kernel::list::{Builder, CompiledList, Junk, Prober, Row, Source};

/// One host in this many is flagged.
const MISSES_PER_HIT: usize = 10_000;
const PROBES: usize = 4_000_000;

fn main() {
    let sizes: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|size| size.parse().ok())
        .collect();
    let sizes = if sizes.is_empty() {
        vec![1_000, 100_000, 1_000_000, 10_000_000]
    } else {
        sizes
    };
    for size in sizes {
        measure(size);
    }
}

fn measure(size: usize) {
    let path = std::env::temp_dir().join(format!("list_speed.{}.{size}", std::process::id()));
    let texts: Vec<String> = (0..size).map(flagged).collect();
    let start = Instant::now();
    let mut builder = Builder::new(junk());
    for (line, text) in texts.iter().enumerate() {
        let row = Row {
            line: line as u64,
            kind: Some("domain"),
            value: Some(text),
            category: Some("csam"),
            listed_on: Some("2024-01-01"),
            ..Row::default()
        };
        builder.add(row).expect("a good row");
    }
    let added = start.elapsed();
    builder
        .write(
            &path,
            &Source {
                list_id: "0".repeat(64),
                ..Source::default()
            },
        )
        .expect("a writable folder");
    let built = start.elapsed();
    drop(texts);
    println!(
        "{size:>9} indicators: add {:.3} s, with write {:.3} s, peak memory {} MiB",
        added.as_secs_f64(),
        built.as_secs_f64(),
        peak_mib()
    );
    let start = Instant::now();
    let list = CompiledList::open(&path).expect("the list just written");
    println!(
        "          open {:.2} ms, index {:.2} bytes an indicator, file {:.1} bytes",
        start.elapsed().as_secs_f64() * 1e3,
        list.index_bytes() as f64 / size as f64,
        std::fs::metadata(&path)
            .expect("the list just written")
            .len() as f64
            / size as f64
    );
    let few = (0..100).collect::<Vec<_>>();
    let many = (0..100_000).collect::<Vec<_>>();
    // The frequency of a host falls with its rank, as in most logs.
    let ranked: Vec<_> = many
        .iter()
        .map(|n| 1e5_f64.powf((mix(*n as u64) % 1_000_000) as f64 / 1e6) as usize)
        .collect();
    probe(&list, size, "100 hosts", &few);
    probe(&list, size, "100,000 hosts, equally often", &many);
    probe(&list, size, "100,000 hosts, by rank", &ranked);
    std::fs::remove_file(&path).expect("the list just written");
}

fn probe(list: &CompiledList, size: usize, what: &str, visits: &[usize]) {
    let distinct = visits.len();
    let hosts: Vec<String> = visits.iter().map(|n| visited(*n, size)).collect();
    let mut subject = Subject::default();
    subject.page.host_kind = HostKind::Name;
    let mut prober = Prober::new(list, None);
    let mut met = Vec::new();
    let mut run = |rounds: usize| {
        let start_ns = processor_ns();
        for _ in 0..rounds {
            for host in &hosts {
                subject.page.host.clear();
                subject.page.host.extend_from_slice(host.as_bytes());
                prober
                    .probe(black_box(&subject), &mut met)
                    .expect("an unaltered list");
            }
        }
        let hits = met.len();
        met.clear();
        (
            (processor_ns() - start_ns) as f64 / (rounds * distinct) as f64,
            hits,
        )
    };
    let (first_ns, _) = run(1);
    let (ns, hits) = run(PROBES / distinct);
    println!(
        "          {what}: {ns:.1} ns a host ({hits} met; the first round, with checking, {first_ns:.0} ns)"
    );
}

/// Names of two and three labels, 14 to 30 bytes.
fn flagged(n: usize) -> String {
    let mixed = mix(n as u64);
    match n % 4 {
        0 => format!("s{n}.host{}.example", mixed % 5000),
        _ => format!("flagged-{:x}.example", mixed % 0x00ff_ffff_ffff),
    }
}

fn visited(n: usize, size: usize) -> String {
    match n % MISSES_PER_HIT {
        7 => format!("www.{}", flagged(n % size)),
        _ => match n % 3 {
            0 => format!("www.site-{:x}.example", mix(n as u64) % 0xfff_ffff),
            1 => format!(
                "cdn{}.static.site-{:x}.example",
                n % 9,
                mix(n as u64) % 0xfff_ffff
            ),
            _ => format!("site-{:x}.example", mix(n as u64) % 0xffff_ffff),
        },
    }
}

fn mix(n: u64) -> u64 {
    let n = (n ^ n >> 31).wrapping_mul(0x7fb5_d329_728e_a185);
    (n ^ n >> 27).wrapping_mul(0x81da_def4_bc2d_d44d) >> 3
}

/// As many rules as the public suffix list has.
fn junk() -> Junk {
    let suffixes: Vec<String> = (0..10_000).map(|n| format!("suffix{n}.example")).collect();
    Junk::new(
        suffixes.iter().map(String::as_str),
        ["ck"],
        ["www.ck"],
        ["mail.example"],
    )
}

/// Return the processor time of this thread, so that a busy machine measures like an idle one.
fn processor_ns() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ')
        .next()
        .and_then(|ns| ns.parse().ok())
        .unwrap_or(0)
}

fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse::<u64>().ok())
        .unwrap_or(0)
        / 1024
}
