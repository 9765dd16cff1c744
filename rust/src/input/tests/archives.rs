//! Archives: members in order, nested, broken, hostile.

use super::*;

/// One tar header and its bytes.
fn tarred(name: &[u8], kind: u8, bytes: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name);
    block[100..108].copy_from_slice(b"0000644\0");
    block[124..136].copy_from_slice(format!("{:011o}\0", bytes.len()).as_bytes());
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar\x0000");
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block.extend_from_slice(bytes);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out: Vec<u8> = members
        .iter()
        .flat_map(|(name, bytes)| tarred(name.as_bytes(), b'0', bytes))
        .collect();
    out.extend([0; 1024]);
    out
}

pub(super) fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// Name, method, flags, the bytes, and the bytes as packed.
pub(super) type Packed<'m> = (&'m str, u16, u16, &'m [u8], Vec<u8>);

pub(super) fn zip(members: &[Packed<'_>]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, method, flags, bytes, packed) in members {
        let mut fields = Vec::new();
        fields.extend(20u16.to_le_bytes());
        fields.extend(flags.to_le_bytes());
        fields.extend(method.to_le_bytes());
        fields.extend([0; 4]);
        fields.extend(crc32fast::hash(bytes).to_le_bytes());
        fields.extend((packed.len() as u32).to_le_bytes());
        fields.extend((bytes.len() as u32).to_le_bytes());
        fields.extend((name.len() as u16).to_le_bytes());
        fields.extend([0; 2]);
        directory.extend([b"PK\x01\x02\x14\0", &fields[..], &[0; 10]].concat());
        directory.extend((out.len() as u32).to_le_bytes());
        directory.extend(name.as_bytes());
        out.extend([b"PK\x03\x04", &fields[..], name.as_bytes(), packed].concat());
    }
    let (offset, size, count) = (
        out.len() as u32,
        directory.len() as u32,
        members.len() as u16,
    );
    out.extend(directory);
    out.extend(
        [
            b"PK\x05\x06\0\0\0\0",
            &count.to_le_bytes()[..],
            &count.to_le_bytes(),
        ]
        .concat(),
    );
    out.extend([&size.to_le_bytes()[..], &offset.to_le_bytes(), &[0, 0]].concat());
    out
}

fn default(bytes: &[u8]) -> Pieces {
    read_pieces(bytes, &Limits::default())
}

fn member(name: &str, bytes: &[u8]) -> (String, Vec<u8>, Option<RejectCode>) {
    (name.to_owned(), bytes.to_vec(), None)
}

#[test]
fn members_of_a_tar_come_in_order() {
    let log = log(2000);
    let tar = tar(&[
        ("a.log", &log),
        ("empty", b""),
        ("b/", b""),
        ("__MACOSX/a", b"x"),
        ("d/._a", b"x"),
        ("c", b"c"),
    ]);
    let expected = [
        member("", b""),
        member("a.log", &log),
        member("empty", b""),
        member("c", b"c"),
    ];
    assert_eq!(default(&tar), expected);
    assert_eq!(default(&gzip(&tar)), expected);
}

#[test]
fn long_names_come_from_pax_and_gnu_headers() {
    let name = "n".repeat(300);
    let record = format!("path={name}\n");
    let pax = format!("{} {record}", record.len() + 4);
    let gnu = [name.as_bytes(), b"\0"].concat();
    let tar = [
        tarred(b"x", b'x', pax.as_bytes()),
        tarred(b"short", b'0', b"1"),
        tarred(b"././@LongLink", b'L', &gnu),
        tarred(b"short", b'0', b"2"),
        tarred(b"link", b'2', b""),
        tarred(b"s", b'S', b"3"),
        tarred(b"line\nend", b'0', b"4"),
        vec![0; 1024],
    ];
    let pieces = default(&tar.concat());
    assert_eq!(names(&pieces), [&name[..], &name, "s", "line\\x0aend"]);
    assert_eq!(breaks(&pieces), [("s", RejectCode::MemberUnsupported)]);
}

#[test]
fn archives_and_compressions_nest() {
    let log = log(50);
    let inner = tar(&[("x.log.gz", &gzip(&log)), ("y", b"y\n")]);
    let zipped = zip(&[
        ("inner.tar.gz", 0, 0, &gzip(&inner), gzip(&inner)),
        ("z", 8, 0, &log, deflated(&log)),
    ]);
    let expected = [
        member("", b""),
        member("inner.tar.gz!x.log.gz", &log),
        member("inner.tar.gz!y", b"y\n"),
        member("z", &log),
    ];
    assert_eq!(default(&zipped), expected);
    let outer = default(&tar(&[
        ("in.zip", &zip(&[("z", 8, 0, &log, deflated(&log))])),
        ("last", b"l"),
    ]));
    assert_eq!(
        outer,
        [
            member("", b""),
            member("in.zip!z", &log),
            member("last", b"l")
        ]
    );
    let too_deep = tar(&[(
        "1",
        &tar(&[("2", &tar(&[("3", &tar(&[("4", &gzip(&log))]))]))]),
    )]);
    assert_eq!(
        breaks(&default(&too_deep)),
        [("1!2!3!4", RejectCode::DecompressionLimit)]
    );
}

#[test]
fn a_broken_member_does_not_hide_the_next() {
    let log = log(500);
    let mut flipped = gzip(&log);
    *flipped.last_mut().unwrap() ^= 1;
    let tarred = default(&tar(&[("bad.gz", &flipped), ("good", b"g")]));
    assert_eq!(names(&tarred), ["bad.gz", "good"]);
    assert_eq!(
        tarred[1],
        (
            "bad.gz".to_owned(),
            log.clone(),
            Some(RejectCode::BrokenStream)
        )
    );
    let zipped = default(&zip(&[
        ("crc", 0, 0, b"other", b"bytes".to_vec()),
        ("short", 8, 0, &log, deflated(&log[..100])),
        ("locked", 8, 1, &log, deflated(&log)),
        ("aes", 99, 1, &log, deflated(&log)),
        ("lzma", 14, 0, &log, deflated(&log)),
        ("good", 8, 0, &log, deflated(&log)),
    ]));
    let expected = [
        ("crc", RejectCode::BrokenStream),
        ("short", RejectCode::BrokenStream),
        ("locked", RejectCode::MemberEncrypted),
        ("aes", RejectCode::MemberEncrypted),
        ("lzma", RejectCode::MemberUnsupported),
    ];
    assert_eq!(breaks(&zipped), expected);
    assert_eq!(zipped.last(), Some(&member("good", &log)));
}

#[test]
fn a_tar_cut_anywhere_says_so() {
    let tar = tar(&[("a", &log(30)), ("b", b"b")]);
    let whole = default(&tar);
    // Up to the first block of the end mark.
    for cut in (512..tar.len() - 1024)
        .step_by(37)
        .chain([tar.len() - 1024])
    {
        let pieces = default(&tar[..cut]);
        assert_eq!(breaks(&pieces).len(), 1, "cut at {cut}");
        for ((_, bytes, _), (_, all, _)) in pieces
            .iter()
            .filter(|pieces| !pieces.0.is_empty())
            .zip(&whole[1..])
        {
            assert!(all.starts_with(bytes));
        }
    }
    let packed = gzip(&tar);
    assert_eq!(
        breaks(&default(&packed[..packed.len() - 4])),
        [("", RejectCode::BrokenStream)]
    );
}

/// A member as writers write it that cannot go back: its length and CRC stand behind it.
fn streamed(name: &str, bytes: &[u8], marked: bool, wide: bool) -> Vec<u8> {
    let packed = deflated(bytes);
    let mut out = b"PK\x03\x04\x14\0\x08\0\x08\0\0\0\0\0".to_vec();
    out.extend([0; 12]);
    out.extend((name.len() as u16).to_le_bytes());
    out.extend([&[0; 2], name.as_bytes(), &packed].concat());
    out.extend(if marked { &b"PK\x07\x08"[..] } else { b"" });
    out.extend(crc32fast::hash(bytes).to_le_bytes());
    for size in [packed.len() as u64, bytes.len() as u64] {
        out.extend(&size.to_le_bytes()[..if wide { 8 } else { 4 }]);
    }
    out
}

/// The last thing read of a zip without its directory is that the zip itself is broken.
fn assert_unlisted(pieces: &Pieces) {
    assert_eq!(
        pieces.last(),
        Some(&(String::new(), Vec::new(), Some(RejectCode::BrokenStream)))
    );
}

#[test]
fn a_zip_cut_anywhere_gives_all_before_the_cut() {
    let log = log(30);
    let zip = zip(&[
        ("a", 8, 0, &log, deflated(&log)),
        ("d/", 0, 0, b"", Vec::new()),
        ("__MACOSX/._a", 0, 0, b"x", b"x".to_vec()),
        ("b", 0, 0, &log, log.clone()),
    ]);
    let directory = zip.windows(4).position(|mark| mark == b"PK\x01\x02");
    let mut whole_members = 0;
    for cut in 4..zip.len() {
        let pieces = default(&zip[..cut]);
        assert_unlisted(&pieces);
        for (_, bytes, _) in &pieces[1..pieces.len() - 1] {
            assert!(log.starts_with(bytes), "cut at {cut}");
        }
        let whole = pieces
            .iter()
            .filter(|pieces| pieces.1 == log && pieces.2.is_none());
        let whole = whole.count();
        assert!(whole >= whole_members, "cut at {cut}");
        whole_members = whole;
        assert!(Some(cut) < directory || whole == 2, "cut at {cut}");
    }
}

#[test]
fn members_that_say_their_length_behind_are_read_without_a_directory() {
    let log = log(5000);
    let zip = [
        streamed("a", &log, true, false),
        streamed("__MACOSX/._a", &log, true, true),
        streamed("b", b"", true, true),
        streamed("c", b"", false, false),
        streamed("d", &log, false, true),
        streamed("e.gz", &[&gzip(&log)[..], b"garbage"].concat(), true, false),
        streamed("f", &log, true, false),
    ]
    .concat();
    let pieces = default(&zip);
    assert_unlisted(&pieces);
    assert_eq!(
        pieces[1..pieces.len() - 1],
        [
            member("a", &log),
            member("b", b""),
            member("c", b""),
            member("d", &log),
            (
                "e.gz".to_owned(),
                log.clone(),
                Some(RejectCode::BrokenStream)
            ),
            member("f", &log),
        ]
    );
    // A descriptor that does not agree: its member's bytes are read, and nothing behind it can be found.
    let mut false_crc = streamed("a", &log, true, false);
    let crc = false_crc.len() - 12;
    false_crc[crc] ^= 1;
    let pieces = default(&[false_crc, streamed("b", &log, true, false)].concat());
    assert_eq!(
        pieces[1..],
        [
            ("a".to_owned(), log.clone(), Some(RejectCode::BrokenStream)),
            (String::new(), Vec::new(), Some(RejectCode::BrokenStream)),
        ]
    );
}

#[test]
fn a_directory_that_is_spoilt_or_of_another_zip_is_not_believed() {
    let log = log(100);
    let inner = zip(&[("inner", 0, 0, b"i", b"i".to_vec())]);
    let outer = zip(&[
        ("a", 8, 0, &log, deflated(&log)),
        ("in.zip", 0, 0, &inner, inner.clone()),
    ]);
    let directory = outer.len() - 22 - (46 + 1) - (46 + 6);
    // Cut right behind the inner zip, whose directory now ends the file.
    let pieces = default(&outer[..directory]);
    assert_unlisted(&pieces);
    assert_eq!(
        pieces[1..3],
        [member("a", &log), member("in.zip!inner", b"i")]
    );
    // The second entry overwritten, as by a bad block.
    let mut spoilt = outer.clone();
    spoilt[directory + 46 + 1] ^= 1;
    assert_eq!(default(&spoilt), pieces);
    // One zip behind another: the first is not passed over.
    assert_eq!(
        names(&default(&[outer, inner].concat())),
        ["a", "in.zip!inner", ""]
    );
}

#[test]
fn a_zip_in_an_archive_that_breaks_off_is_read_as_far_as_it_goes() {
    let log = log(200);
    let zip = zip(&[
        ("a", 8, 0, &log, deflated(&log)),
        ("b", 8, 0, &log, deflated(&log)),
    ]);
    let tar = tar(&[("x.zip", &zip)]);
    let pieces = default(&tar[..512 + zip.len() - 150]);
    assert_eq!(pieces[1], member("x.zip!a", &log));
    assert!(breaks(&pieces).contains(&("x.zip", RejectCode::BrokenStream)));
}

#[test]
fn limits_hold_without_a_directory() {
    let bytes = vec![0; 8 << 20];
    for name in ["a", "__MACOSX/._a"] {
        let limits = Limits {
            free_bytes: 1 << 20,
            ratio: 1,
            ..Limits::default()
        };
        let pieces = read_pieces(&streamed(name, &bytes, true, false).repeat(3), &limits);
        assert_eq!(
            breaks(&pieces).last().map(|last| last.1),
            Some(RejectCode::DecompressionLimit)
        );
        assert!(pieces.iter().map(|pieces| pieces.1.len()).sum::<usize>() < 2 << 20);
    }
    let limits = Limits {
        members: 2,
        ..Limits::default()
    };
    let pieces = read_pieces(&streamed("a", b"a", true, false).repeat(9), &limits);
    assert_eq!(breaks(&pieces), [("a", RejectCode::DecompressionLimit)]);
}

#[test]
fn tars_behind_one_another_are_read_on() {
    let both = [tar(&[("a", b"1")]), tar(&[("b", b"2")])].concat();
    assert_eq!(
        default(&both),
        [member("", b""), member("a", b"1"), member("b", b"2")]
    );
    let garbage = default(&[tar(&[("a", b"1")]), b"garbage".repeat(100)].concat());
    assert_eq!(
        garbage[1..],
        [
            member("a", b"1"),
            (String::new(), Vec::new(), Some(RejectCode::BrokenStream))
        ]
    );
}

#[test]
fn members_are_counted() {
    let limits = Limits {
        members: 2,
        ..Limits::default()
    };
    let pieces = read_pieces(
        &tar(&[("a", b"1"), ("b", b"2"), ("c", b"3"), ("d", b"4")]),
        &limits,
    );
    assert_eq!(names(&pieces), ["a", "b", "c"]);
    assert_eq!(breaks(&pieces), [("c", RejectCode::DecompressionLimit)]);
}

#[test]
fn a_zip_where_nothing_can_seek_is_held_up_to_the_limit() {
    let limits = Limits {
        spool_bytes: 100 << 10,
        ..Limits::default()
    };
    let small = zip(&[("z", 0, 0, b"z", b"z".to_vec())]);
    let large = zip(&[("z", 0, 0, &[b'z'; 100 << 10], vec![b'z'; 100 << 10])]);
    let pieces = read_pieces(
        &tar(&[("large.zip", &large), ("1.zip", &small), ("2.zip", &small)]),
        &limits,
    );
    assert_eq!(names(&pieces), ["large.zip", "1.zip!z", "2.zip!z"]);
    assert_eq!(
        breaks(&pieces),
        [("large.zip", RejectCode::MemberUnsupported)]
    );
}

#[test]
fn members_of_a_zip_may_overlap_only_within_the_ratio() {
    let bytes = vec![0; 4 << 20];
    let mut bomb = zip(&[("a", 8, 0, &bytes, deflated(&bytes))]);
    // The directory names the one member a hundred times.
    let start = bomb
        .windows(4)
        .position(|mark| mark == b"PK\x01\x02")
        .unwrap();
    let listed = bomb[start..bomb.len() - 22].repeat(100);
    let mut end = bomb.split_off(bomb.len() - 22);
    bomb.truncate(start);
    end[8..10].copy_from_slice(&100u16.to_le_bytes());
    end[10..12].copy_from_slice(&100u16.to_le_bytes());
    end[12..16].copy_from_slice(&(listed.len() as u32).to_le_bytes());
    let bomb = [bomb, listed, end].concat();
    let pieces = read_pieces(
        &bomb,
        &Limits {
            free_bytes: 1 << 20,
            ..Limits::default()
        },
    );
    assert_eq!(
        breaks(&pieces).last().map(|last| last.1),
        Some(RejectCode::DecompressionLimit)
    );
    assert!(
        pieces
            .iter()
            .map(|(_, bytes, _)| bytes.len())
            .sum::<usize>()
            < 20 << 20
    );
}

#[test]
fn empty_archives_have_no_members() {
    assert_eq!(default(&zip(&[])), [member("", b"")]);
}
