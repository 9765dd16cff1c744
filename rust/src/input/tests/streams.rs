//! Compressed streams: whole, in several frames, cut, flipped, too large.

use super::*;
use proptest::prelude::*;

fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut out = ::zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    out.include_checksum(true).unwrap();
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut out = liblzma::write::XzEncoder::new(Vec::new(), 1);
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut out = ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

type Pack = fn(&[u8]) -> Vec<u8>;
const PACKS: [(&str, Pack); 4] = [("gzip", gzip), ("zstd", zstd), ("xz", xz), ("bzip2", bzip2)];

#[test]
fn frames_are_one_stream() {
    let (first, second) = (log(20_000), log(7));
    for (name, pack) in PACKS {
        let frames = [pack(&first), pack(b""), pack(&second)].concat();
        assert_eq!(
            alone(&frames),
            ([&first[..], &second].concat(), None),
            "{name}"
        );
    }
}

#[test]
fn empty_streams_are_empty() {
    for (name, pack) in PACKS {
        assert_eq!(alone(&pack(b"")), (Vec::new(), None), "{name}");
    }
}

#[test]
fn padding_is_no_break() {
    assert_eq!(
        alone(&[gzip(b"a\n"), vec![0; 700]].concat()),
        (b"a\n".to_vec(), None)
    );
    assert_eq!(
        alone(&[xz(b"a\n"), vec![0; 8]].concat()),
        (b"a\n".to_vec(), None)
    );
    let skippable = [b"\x5e\x2a\x4d\x18\x04\0\0\0abcd".to_vec(), zstd(b"a\n")].concat();
    assert_eq!(
        alone(&[skippable.clone(), skippable].concat()),
        (b"a\na\n".to_vec(), None)
    );
}

#[test]
fn garbage_behind_is_a_break_after_all_bytes() {
    for (name, pack) in PACKS {
        let log = log(3000);
        let garbage = [pack(&log), b"garbage that is no frame".to_vec()].concat();
        assert_eq!(
            alone(&garbage),
            (log, Some(RejectCode::BrokenStream)),
            "{name}"
        );
    }
}

#[test]
fn a_cut_anywhere_is_a_prefix_and_a_break() {
    let log = log(60);
    for (name, pack) in PACKS {
        let packed = pack(&log);
        // Cut within the first ten bytes, bzip2 does not show yet.
        for cut in 10..packed.len() {
            let (bytes, code) = alone(&packed[..cut]);
            assert!(log.starts_with(&bytes), "{name} cut at {cut}");
            assert_eq!(code, Some(RejectCode::BrokenStream), "{name} cut at {cut}");
        }
    }
}

#[test]
fn a_flipped_bit_is_never_taken_for_the_log() {
    let log = log(60);
    for (name, pack) in PACKS {
        let packed = pack(&log);
        for at in 10..packed.len() {
            let mut flipped = packed.clone();
            flipped[at] ^= 0x10;
            let (bytes, code) = alone(&flipped);
            assert!(code.is_some() || bytes == log, "{name} flipped at {at}");
        }
    }
}

#[test]
fn what_is_decoded_before_the_break_is_given() {
    let log = log(60_000);
    for (name, pack, least) in [
        ("gzip", gzip as Pack, 2_000_000),
        ("zstd", zstd, 1_900_000),
        ("xz", xz, 1_900_000),
    ] {
        let packed = pack(&log);
        let (bytes, code) = alone(&packed[..packed.len() - 20]);
        assert!(
            bytes.len() > least,
            "{name} gave {} of {}",
            bytes.len(),
            log.len()
        );
        assert_eq!(code, Some(RejectCode::BrokenStream));
    }
}

#[test]
fn a_bomb_stops_at_the_ratio() {
    let limits = Limits {
        ratio: 100,
        free_bytes: 1 << 20,
        ..Limits::default()
    };
    let bomb = vec![b'a'; 64 << 20];
    for (name, pack) in [("gzip", gzip as Pack), ("zstd", zstd), ("bzip2", bzip2)] {
        let pieces = read_pieces(&pack(&bomb), &limits);
        assert_eq!(
            breaks(&pieces),
            [("", RejectCode::DecompressionLimit)],
            "{name}"
        );
        assert!(
            pieces[0].1.len() < 16 << 20,
            "{name} gave {}",
            pieces[0].1.len()
        );
    }
}

#[test]
fn a_limit_of_bytes_holds_for_all_layers() {
    let limits = Limits {
        decoded_bytes: 1 << 20,
        ..Limits::default()
    };
    let pieces = read_pieces(&gzip(&zstd(&log(200_000))), &limits);
    assert_eq!(breaks(&pieces), [("", RejectCode::DecompressionLimit)]);
}

#[test]
fn windows_beyond_the_memory_limit_are_refused() {
    // A frame head that asks for a window of 256 MiB, and one raw block.
    let window = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 18 << 3, 0x09, 0, 0, b'a'];
    assert_eq!(
        alone(&window),
        (Vec::new(), Some(RejectCode::DecompressionLimit))
    );
    let mut head = xz(b"a");
    // The dictionary size of the block's LZMA2 filter (the fifth byte of the block header): 1 GiB.
    let at = 12 + 4;
    head[at] = 36;
    let crc = crc32fast::hash(&head[12..20]);
    head[20..24].copy_from_slice(&crc.to_le_bytes());
    assert_eq!(
        alone(&head),
        (Vec::new(), Some(RejectCode::DecompressionLimit))
    );
}

#[test]
fn compressions_nest_to_the_limit() {
    let log = log(10);
    let mut packed = log.clone();
    for _ in 0..4 {
        packed = gzip(&packed);
    }
    assert_eq!(alone(&packed), (log, None));
    assert_eq!(
        alone(&gzip(&packed)),
        (Vec::new(), Some(RejectCode::DecompressionLimit))
    );
}

#[test]
fn foreign_archives_are_named_not_read() {
    assert_eq!(
        alone(b"7z\xbc\xaf\x27\x1c\0\x04"),
        (Vec::new(), Some(RejectCode::MemberUnsupported))
    );
}

#[test]
fn gzip_heads_carry_names_and_checksums() {
    let log = log(3);
    let mut head = flate2::GzBuilder::new()
        .filename("a.log")
        .comment("c")
        .extra(vec![1; 300]);
    head = head.mtime(7);
    let mut out = head.write(Vec::new(), flate2::Compression::fast());
    out.write_all(&log).unwrap();
    assert_eq!(alone(&out.finish().unwrap()), (log, None));
}

#[test]
fn deflate_reads_what_every_level_writes() {
    // Text, runs, noise: stored, fixed and dynamic blocks, short and far distances, long codes.
    let mut noise = 1u32;
    let mut bytes = log(20_000);
    bytes.extend((0..200_000).map(|_| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (noise >> 24) as u8
    }));
    bytes.extend((0..300_000u32).map(|index| (index.wrapping_mul(index) >> 13) as u8));
    bytes.extend(vec![b'x'; 100_000]);
    for level in 0..=9 {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
        out.write_all(&bytes).unwrap();
        assert_eq!(
            alone(&out.finish().unwrap()),
            (bytes.clone(), None),
            "level {level}"
        );
    }
}

/// Inflates with another implementation; None where it finds the stream broken.
fn by_zlib(deflated: &[u8]) -> Option<Vec<u8>> {
    let mut out = vec![0; 1 << 20];
    let mut zlib = flate2::Decompress::new(false);
    let status = zlib.decompress(deflated, &mut out, flate2::FlushDecompress::Finish);
    out.truncate(zlib.total_out() as usize);
    matches!(status, Ok(flate2::Status::StreamEnd)).then_some(out)
}

fn by_us(deflated: &[u8]) -> Option<Vec<u8>> {
    struct Bytes(Vec<u8>);
    impl Stream for Bytes {
        fn read(&mut self, buffer: &mut [u8]) -> Result<usize, RejectCode> {
            // Few at a time, so that symbols lie across the pieces.
            let count = buffer.len().min(7).min(self.0.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0.drain(..count);
            Ok(count)
        }
    }
    let mut stream = inflate::Deflated::new(Box::new(Bytes(deflated.to_vec())));
    let (mut out, mut buffer) = (Vec::new(), [0; 999]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Some(out),
            Ok(count) => out.extend_from_slice(&buffer[..count]),
            Err(_) => return None,
        }
    }
}

proptest! {
    #[test]
    fn deflate_agrees_with_zlib(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        prop_assert_eq!(by_us(&bytes), by_zlib(&bytes));
    }

    #[test]
    fn deflate_agrees_with_zlib_on_flipped_streams(at in 0usize..400, with: u8, level in 0u32..10) {
        let mut out = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(level));
        out.write_all(&log(40)).unwrap();
        let mut deflated = out.finish().unwrap();
        let at = at % deflated.len();
        deflated[at] = with;
        prop_assert_eq!(by_us(&deflated), by_zlib(&deflated));
    }
}
