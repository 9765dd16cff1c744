//! The vectors that the oracle passes too, and properties of any bytes.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::growth;

fn vectors(kind: &str) -> Vec<Value> {
    let file = include_str!("../../../tests/vectors/canonical.json");
    let mut all: Value = serde_json::from_str(file).unwrap();
    match all[kind].take() {
        Value::Array(rows) if !rows.is_empty() => rows,
        _ => panic!("no vectors of {kind}"),
    }
}

fn bytes(row: &Value, key: &str) -> Option<Vec<u8>> {
    if let Some(text) = row[key].as_str() {
        return Some(text.as_bytes().to_vec());
    }
    let digits = row[format!("{key}_hex")].as_str()?;
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    Some((0..digits.len()).step_by(2).map(byte).collect())
}

fn text(raw: Vec<u8>, is_there: bool) -> Value {
    assert!(is_there || raw.is_empty());
    if is_there {
        String::from_utf8(raw).unwrap().into()
    } else {
        Value::Null
    }
}

#[test]
fn hosts() {
    for row in vectors("hosts") {
        let mut out = Vec::new();
        let kind = host(&bytes(&row, "raw").unwrap(), &mut out);
        assert_eq!(text(out, kind != HostKind::None), row["host"], "{row}");
        assert_eq!(matches!(kind, HostKind::Ip(_)), row["is_address"], "{row}");
    }
}

#[test]
fn answers() {
    for row in vectors("answers") {
        let mut out = Vec::new();
        let kind = answer(&bytes(&row, "raw").unwrap(), &mut out);
        assert_eq!(text(out, kind != HostKind::None), row["host"], "{row}");
        assert_eq!(matches!(kind, HostKind::Ip(_)), row["is_address"], "{row}");
    }
}

#[test]
fn authorities() {
    for row in vectors("authorities") {
        let mut out = Vec::new();
        let parsed = authority(&bytes(&row, "raw").unwrap(), &mut out);
        assert_eq!(text(out, parsed.is_some()), row["host"], "{row}");
        assert_eq!(json!(parsed.and_then(|pair| pair.1)), row["port"], "{row}");
    }
}

#[test]
fn addresses() {
    for row in vectors("addresses") {
        let parsed = address(&bytes(&row, "raw").unwrap());
        let mut out = Vec::new();
        if let Some(parsed) = parsed {
            write_address(parsed, &mut out);
        }
        assert_eq!(text(out, parsed.is_some()), row["address"], "{row}");
        let class = parsed.map(|parsed| AddressClass::of(parsed).name());
        assert_eq!(json!(class), row["class"], "{row}");
    }
}

#[test]
fn pages() {
    for row in vectors("pages") {
        let given = &row["given"];
        let [method, target, authority, scheme] =
            ["method", "target", "authority", "scheme"].map(|key| bytes(given, key));
        let parts = PageParts {
            method: method.as_deref(),
            target: target.as_deref(),
            authority: authority.as_deref(),
            host_is_name: given["host_is_name"] == true,
            is_dns: given["is_dns"] == true,
            scheme: scheme.as_deref(),
            destination_port: given["destination_port"].as_u64().map(|port| port as u16),
        };
        let mut read = Page::default();
        page(&parts, true, &mut read);
        assert_eq!(described(&read), row["page"], "{given}");
    }
}

fn described(page: &Page) -> Value {
    let has_path = !page.path_query.is_empty();
    let query = page.path_query[page.path_bytes..].get(1..);
    let written = |write: &dyn Fn(&mut Vec<u8>) -> bool| {
        let mut out = Vec::new();
        let is_there = write(&mut out);
        text(out, is_there)
    };
    json!({
        "scheme": if page.scheme == Scheme::Unknown { None } else { Some(page.scheme.name()) },
        "host": text(page.host.clone(), page.host_kind != HostKind::None),
        "port": page.port,
        "port_is_explicit": page.port_is_explicit,
        "port_is_default": page.port_is_default,
        "path": text(page.path().to_vec(), has_path),
        "query": text(query.unwrap_or_default().to_vec(), query.is_some()),
        "url": written(&|out| page.write_url(out)),
        "key": written(&|out| page.write_key(false, out)),
        "port_key": written(&|out| page.write_key(true, out)),
    })
}

#[test]
fn indicators() {
    for row in vectors("indicators") {
        let kind = IndicatorKind::from_name(row["kind"].as_str().unwrap()).unwrap();
        match indicator_value(kind, row["text"].as_str().unwrap()) {
            Ok(value) => assert_eq!(value, row["value"], "{row}"),
            Err(reason) => assert_eq!(reason, row["reason"], "{row}"),
        }
    }
}

#[test]
fn overlays() {
    for row in vectors("overlays") {
        let host = row["host"].as_str().unwrap().as_bytes();
        let onions: Vec<_> = onion::onions(host)
            .map(|name| text(name.into(), true))
            .collect();
        let stems: Vec<_> = onion::i2p_stems(host)
            .map(|stem| text(stem.into(), true))
            .collect();
        assert_eq!(json!(onions), row["onions"], "{row}");
        assert_eq!(json!(stems), row["i2p_stems"], "{row}");
    }
}

/// Calls with the bytes that a long target repeats, those that it begins with, and the method of the request.
fn for_each_long_target(mut call: impl FnMut(&str, &str, Option<&[u8]>)) {
    let pieces = [
        "/..", "/a/../", "%", "%%35", "\t", "\u{e9}", "@", "[", ":", "a.", "xn--", "\u{ad}",
    ];
    let starts = [
        "",
        "/",
        "http://",
        "http://a.example/",
        "http://a.example/?",
    ];
    for piece in pieces {
        for start in starts {
            for method in [None, Some(&b"CONNECT"[..])] {
                call(start, piece, method);
            }
        }
    }
}

fn repeat_piece(start: &str, piece: &str, bytes: usize) -> Vec<u8> {
    let repeated = piece.as_bytes().repeat(bytes / piece.len());
    [start.as_bytes(), &repeated].concat()
}

fn read_page(method: Option<&[u8]>, target: &[u8]) -> Page {
    let mut read = Page::default();
    let parts = PageParts {
        method,
        target: Some(target),
        authority: Some(target),
        ..PageParts::default()
    };
    page(&parts, true, &mut read);
    read
}

#[test]
fn a_mebibyte_gives_a_page_in_proportion() {
    for_each_long_target(|start, piece, method| {
        let target = repeat_piece(start, piece, 1 << 20);
        let read = read_page(method, &target);
        // Percent-encoding writes three bytes for one.
        let bytes = read.host.len() + read.path_query.len();
        assert!(
            bytes <= 3 * target.len() + 1,
            "{start:?} {piece:?}: {bytes}"
        );
    });
}

#[test]
#[ignore = "bench/growth.py counts its instructions"]
fn growth_of_targets() {
    for_each_long_target(|start, piece, method| {
        let method_text = method.map(String::from_utf8_lossy);
        growth::count(&format!("{start:?} {piece:?} {method_text:?}"), |bytes| {
            let target = repeat_piece(start, piece, bytes);
            move || {
                std::hint::black_box(read_page(method, &target));
            }
        });
    });
}

fn any_target() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        proptest::sample::select(vec![
            "http://",
            "https:\\\\",
            "/",
            "//",
            "\\",
            ".",
            "..",
            "%2e",
            "%41",
            "%%354",
            "%",
            "?",
            "#",
            "@",
            ":",
            ":80",
            "a.example",
            "[::1]",
            "192.0.2.1",
            "xn--",
            "\u{fc}",
            "\u{ad}",
            "\t",
            " ",
            "a",
            "0x7f",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        proptest::collection::vec(any::<u8>(), 1..4),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_canonical_form_of_a_url_is_itself(target in any_target(), field in any_target()) {
        let parts = PageParts { target: Some(&target), authority: Some(&field), ..PageParts::default() };
        let (mut once, mut twice) = (Page::default(), Page::default());
        page(&parts, true, &mut once);
        let mut url = Vec::new();
        if once.scheme != Scheme::Unknown && once.write_url(&mut url) {
            page(&PageParts { target: Some(&url), ..PageParts::default() }, true, &mut twice);
            let mut again = Vec::new();
            twice.write_url(&mut again);
            prop_assert_eq!(url, again);
        }
    }

    #[test]
    fn without_the_path_the_rest_is_the_same(target in any_target(), field in any_target()) {
        let parts = PageParts { target: Some(&target), authority: Some(&field), ..PageParts::default() };
        let (mut whole, mut less) = (Page::default(), Page::default());
        page(&parts, true, &mut whole);
        page(&parts, false, &mut less);
        whole.path_query.clear();
        whole.path_bytes = 0;
        prop_assert_eq!(format!("{whole:?}"), format!("{less:?}"));
    }

    #[test]
    fn the_canonical_form_of_a_host_is_itself(raw in any_target()) {
        let (mut once, mut twice) = (Vec::new(), Vec::new());
        let kind = host(&raw, &mut once);
        prop_assert_eq!(kind == HostKind::None, once.is_empty());
        if kind != HostKind::None {
            prop_assert_eq!(host(&once, &mut twice), kind);
            prop_assert_eq!(once, twice);
        }
    }
}
