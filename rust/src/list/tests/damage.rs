//! A damaged or forged compiled file gives an error: never a panic, and never a wrong match.

use super::*;
use sha2::Digest;

fn many() -> Vec<u8> {
    let values: Vec<_> = (0..20_000)
        .map(|n| format!("n{n}.flagged{}.example", n % 7))
        .collect();
    let indicators: Vec<_> = values
        .iter()
        .map(|value| ("domain", value.as_str()))
        .collect();
    compiled(&rows(&indicators))
}

/// Use everything of a list that a scan could use.
fn use_all(list: &CompiledList) -> Result<usize, Fault> {
    let mut met = Vec::new();
    let mut prober = Prober::new(list, Some(b"k"));
    for n in 0..20_000 {
        let page = page_of(&format!("n{n}.flagged{}.example", n % 7));
        prober.probe(
            &Subject {
                page,
                ..Subject::default()
            },
            &mut met,
        )?;
    }
    for matched in &met {
        list.entry(*matched)?;
    }
    list.sort_matches(&mut met)?;
    Ok(met.len())
}

#[test]
fn the_same_rows_give_the_same_bytes_and_all_of_them_are_met() {
    let bytes = many();
    assert_eq!(bytes, many());
    let list = CompiledList::from_bytes(bytes).unwrap();
    assert_eq!(use_all(&list).unwrap(), 20_000);
    assert!(list.index_bytes() <= 16 * 20_000);
}

#[test]
fn an_altered_byte_anywhere_is_found() {
    let bytes = many();
    let meta = CompiledList::from_bytes(bytes.clone())
        .unwrap()
        .meta()
        .clone();
    let mut places = vec![
        0,
        8,
        12,
        16,
        32,
        50,
        64,
        96,
        200,
        meta.blocks.offset,
        bytes.len() as u64 - 1,
    ];
    for [offset, length] in meta.sections.values() {
        places.extend([*offset, offset + length / 2, offset + length - 1]);
    }
    for place in places {
        let mut altered = bytes.clone();
        altered[place as usize] ^= 1;
        let result = CompiledList::from_bytes(altered).and_then(|list| use_all(&list));
        assert!(
            matches!(
                result,
                Err(Fault::Altered(_) | Fault::NotCompiled | Fault::Malformed(_))
            ),
            "{place}: {result:?}"
        );
    }
}

#[test]
fn a_file_that_is_cut_or_longer_is_refused() {
    let bytes = many();
    for length in [0, 1, 95, 96, 500, bytes.len() / 2, bytes.len() - 1] {
        assert!(
            CompiledList::from_bytes(bytes[..length].to_vec()).is_err(),
            "{length}"
        );
    }
    assert!(CompiledList::from_bytes([&bytes[..], b"x"].concat()).is_err());
}

/// Apply `change` to the file and repair all digests, as a hostile compiler could.
pub fn forged(mut bytes: Vec<u8>, change: impl FnOnce(&mut [u8], &Meta)) -> Vec<u8> {
    let mut meta = CompiledList::from_bytes(bytes.clone())
        .unwrap()
        .meta()
        .clone();
    change(&mut bytes, &meta);
    let (first, table) = (
        meta.sections["bloom"][0] as usize,
        meta.blocks.offset as usize,
    );
    let digests: Vec<u8> = bytes[first..table]
        .chunks(65_536)
        .flat_map(sha2::Sha256::digest)
        .collect();
    bytes[table..].copy_from_slice(&digests);
    meta.blocks.sha256 = value::hex(&sha2::Sha256::digest(&digests));
    let json = serde_json::to_vec(&meta).unwrap();
    bytes[96..96 + json.len()].copy_from_slice(&json);
    bytes[64..96].copy_from_slice(&sha2::Sha256::digest(&json));
    bytes
}

#[test]
fn a_forged_file_gives_an_error_and_no_panic() {
    for section in ["slots", "entries", "strings", "statements", "groups"] {
        let result = CompiledList::from_bytes(forged(many(), |bytes, meta| {
            let [offset, length] = meta.sections[section].map(|number| number as usize);
            let section = &mut bytes[offset..offset + length];
            match length % 8 {
                // Keep the lower half of the hash, so that the entry is followed.
                0 if meta.sections["slots"][0] as usize == offset => {
                    section
                        .chunks_exact_mut(8)
                        .for_each(|slot| slot[..4].fill(0xfe));
                }
                _ => section.fill(0xff),
            }
        }))
        .and_then(|list| use_all(&list));
        assert!(
            matches!(result, Err(Fault::Malformed(_))),
            "{section}: {result:?}"
        );
    }
}

/// Probe a forged list. An error is fine; the probe only has to end.
fn survive(bytes: Vec<u8>) {
    let Ok(list) = CompiledList::from_bytes(bytes) else {
        return;
    };
    let mut prober = Prober::new(&list, None);
    let mut met = Vec::new();
    for text in [
        "https://a.flagged.example:8443/a/b?c",
        "http://flagged.example/a",
        "x.flagged.i2p.gateway.example",
        "192.0.2.1",
        "[2001:db8::1]",
    ] {
        let subject = Subject {
            page: page_of(text),
            destination: Some(("192.0.2.1".parse().unwrap(), Some(443))),
            ..Subject::default()
        };
        let _ = prober.probe(&subject, &mut met);
    }
    for entry in 0..list.indicators().min(100) {
        let _ = list.entry(Match { entry });
        let _ = list.verdict(Match { entry }, VisitTime::new(0, 0, 0, 0));
    }
    let _ = list.sort_matches(&mut met);
    let _ = list.find("flagged.example");
    let _ = list.find(&"0".repeat(32));
}

fn one_of_each() -> Vec<u8> {
    compiled(&rows(&[
        ("domain", "flagged.example"),
        ("host", "a.flagged.example"),
        ("url", "flagged.example/a"),
        ("url-prefix", "a.flagged.example:8443/a"),
        ("ip", "192.0.2.1"),
        ("cidr", "192.0.2.0/24"),
        ("cidr", "2001:db8::/32"),
        ("i2p", "flagged.i2p"),
        ("digest", &"0".repeat(32)),
    ]))
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn bytes_forged_anywhere_in_the_sections_end_in_an_answer_or_an_error(
        writes in proptest::collection::vec((0.0..1.0, proptest::num::u8::ANY), 1..20),
    ) {
        survive(forged(one_of_each(), |bytes, meta| {
            let (first, table) = (meta.sections["bloom"][0] as f64, meta.blocks.offset as f64);
            for (place, byte) in writes {
                bytes[(first + place * (table - first)) as usize] = byte;
            }
        }));
    }

    #[test]
    fn numbers_forged_in_the_meta_end_in_an_answer_or_an_error(
        writes in proptest::collection::vec((proptest::num::usize::ANY, b'0'..=b'9'), 1..6),
    ) {
        let mut bytes = one_of_each();
        let length = u64::from_le_bytes(bytes[32..40].try_into().unwrap()) as usize;
        let json = &mut bytes[96..96 + length];
        let digits: Vec<usize> = (0..length).filter(|place| json[*place].is_ascii_digit()).collect();
        for (place, digit) in writes {
            json[digits[place % digits.len()]] = digit;
        }
        let sha256 = sha2::Sha256::digest(&bytes[96..96 + length]);
        bytes[64..96].copy_from_slice(&sha256);
        survive(bytes);
    }
}

#[test]
fn full_buckets_end_a_walk() {
    let all_full = forged(many(), |bytes, meta| {
        let [offset, length] = meta.sections["slots"].map(|number| number as usize);
        bytes[offset..offset + length].fill(1);
        let [offset, length] = meta.sections["bloom"].map(|number| number as usize);
        bytes[offset..offset + length].fill(0xff);
    });
    assert_eq!(
        use_all(&CompiledList::from_bytes(all_full).unwrap()).unwrap(),
        0
    );
}

#[test]
fn equal_hashes_of_other_values_do_not_meet() {
    let hidden = forged(
        compiled(&rows(&[("domain", "flagged.example")])),
        |bytes, meta| {
            let offset = meta.sections["strings"][0] as usize;
            bytes[offset..offset + 15].copy_from_slice(b"blagged.example");
        },
    );
    let list = CompiledList::from_bytes(hidden).unwrap();
    assert!(
        met_by_page(&list, "flagged.example").is_empty(),
        "its hash leads to the entry, whose value is another"
    );
    assert!(met_by_page(&list, "blagged.example").is_empty());
}

#[test]
fn a_kind_does_not_meet_under_the_hash_of_another() {
    let turned = forged(
        compiled(&rows(&[
            ("domain", "flagged.example"),
            ("host", "other.example"),
        ])),
        |bytes, meta| {
            bytes[meta.sections["entries"][0] as usize] = kind("host") as u8;
        },
    );
    let list = CompiledList::from_bytes(turned).unwrap();
    assert!(met_by_page(&list, "flagged.example").is_empty());
}

#[test]
fn an_empty_list_opens_and_meets_nothing() {
    let list = list(&[]);
    assert_eq!(list.indicators(), 0);
    assert!(met_by_page(&list, "https://flagged.example/a").is_empty());
    assert!(list.find("flagged.example").unwrap().is_empty());
}

#[test]
fn a_written_file_is_renamed_into_place_and_maps() {
    let folder = std::env::temp_dir().join(format!("sightline-list-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("a.list");
    let mut builder = Builder::new(Junk::default());
    builder
        .add(rows(&[("domain", "flagged.example")])[0])
        .unwrap();
    builder
        .write(
            &path,
            &Source {
                list_id: "5e".repeat(32),
                ..Source::default()
            },
        )
        .unwrap();
    assert_eq!(
        std::fs::read(&path).unwrap(),
        compiled(&rows(&[("domain", "flagged.example")]))
    );
    assert_eq!(
        met_by_page(&CompiledList::open(&path).unwrap(), "a.flagged.example"),
        ["flagged.example"]
    );
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    assert!(matches!(
        CompiledList::open(&folder.join("b.list")),
        Err(Fault::Io(_))
    ));
    std::fs::remove_dir_all(&folder).unwrap();
}
