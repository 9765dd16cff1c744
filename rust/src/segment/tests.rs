//! Segments sealed from the hits of the golden vectors, which Python made.

use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{
    Limits, Packer, PageCompressor, Plan, Queue, SegmentCutter, WrittenSegment, hex, proofs, root,
};
use crate::hit::{Meaning, Visit};
use crate::indicator::{IndicatorKind, Opinion};

const KEY: [u8; 32] = {
    let mut key = [0; 32];
    let mut at = 0;
    while at < 32 {
        key[at] = at as u8;
        at += 1;
    }
    key
};

fn vectors() -> Value {
    let text = include_str!("../../../tests/vectors/segments.json");
    serde_json::from_str(text).unwrap()
}

/// Pack a hit of the vectors.
fn pack(hit: &Value, packer: &mut Packer<'static>) {
    let text = |name: &str| hit[name].as_str();
    let bytes = |name: &str| text(name).map(str::as_bytes);
    let port = |name: &str| hit[name].as_u64().map(|port| port as u16);
    let raw = STANDARD.decode(text("raw").unwrap()).unwrap();
    let visit = Visit {
        timestamp_us: hit["timestamp_us"].as_i64().unwrap(),
        timestamp_original: bytes("timestamp_original"),
        uncertainty_s: hit["uncertainty_s"].as_i64().unwrap(),
        source: (
            text("source_ip").map(|ip| ip.parse().unwrap()),
            port("source_port"),
        ),
        destination: (
            text("destination_ip").map(|ip| ip.parse().unwrap()),
            port("destination_port"),
        ),
        host: bytes("host"),
        url: bytes("url"),
        method: bytes("method"),
        status: hit["status"].as_i64(),
        bytes: hit["bytes"].as_i64(),
        user_agent: bytes("user_agent"),
        referrer: bytes("referrer"),
        user: bytes("user"),
        dns_type: bytes("dns_type"),
        dns_action: bytes("dns_action"),
        record_kind: bytes("record_kind"),
        byte_offset: hit["byte_offset"].as_u64().unwrap(),
        raw: &raw,
    };
    let opinions = Opinion::ALL.iter();
    let (opinion, name) = *opinions
        .clone()
        .find(|(_, name)| text("opinion") == Some(name))
        .unwrap();
    let vouched = hit["vouched"].as_bool().unwrap();
    let list = usize::from(text("issuer").is_some()) + text("indicator").unwrap().len() * 2;
    let category = text("category").map(|text| &*Box::leak(text.to_owned().into_boxed_str()));
    let row = packer.visit(
        &visit,
        hit["line_number"].as_u64().unwrap() - 1,
        text("member"),
    );
    let asked: Result<u32, ()> = packer.meaning((list, 0, opinion, category, vouched), |keep| {
        keep(&Meaning {
            indicator_id: text("indicator_id").unwrap(),
            indicator_kind: IndicatorKind::from_name(text("indicator_kind").unwrap())
                .unwrap()
                .name(),
            indicator: text("indicator").unwrap(),
            category,
            list_id: text("list_id").unwrap(),
            issuer: text("issuer"),
            opinion: name,
            vouched,
        });
        Ok(())
    });
    packer.push(&row, asked.unwrap());
}

/// Seal the hits of the vectors, repeated `times` times in each pack.
fn sealed(folder: &Path, limits: Limits, times: usize, packs: usize) -> Vec<WrittenSegment> {
    let plan = Plan {
        folder: folder.to_owned(),
        keys: vec![KEY],
        limits,
    };
    let queue = Arc::new(Queue::default());
    let mut cut = SegmentCutter::new(plan, queue.clone());
    let (vectors, mut packer) = (vectors(), Packer::default());
    let hits = vectors["hits"].as_array().unwrap();
    for _ in 0..packs {
        for _ in 0..times {
            hits.iter().for_each(|hit| pack(hit, &mut packer));
        }
        cut.add(0, packer.take(), 0).unwrap();
    }
    cut.end(0).unwrap();
    let mut compressor = PageCompressor::new().unwrap();
    while let Some(task) = queue.take() {
        queue.run(task, &mut compressor).unwrap();
    }
    assert!(queue.is_done());
    queue.finish(folder).unwrap().remove(&0).unwrap_or_default()
}

struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("sightline-{name}-{}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const WHOLE: Limits = Limits {
    rows: usize::MAX,
    text_bytes: usize::MAX,
    group_rows: 4,
};

#[test]
fn hits_have_the_golden_root_and_are_read_back() {
    let (folder, vectors) = (Folder::new("golden"), vectors());
    let segments = sealed(&folder.0, WHOLE, 1, 1);
    assert_eq!(segments.len(), 1);
    assert_eq!(vectors["root"], segments[0].segment_id);
    let path = folder.0.join("000000.parquet");
    assert_eq!(hex(&root(&path, &KEY).unwrap().0), segments[0].segment_id);
    let rows = proofs(&path, &KEY, None).unwrap();
    let rows: Vec<Value> = rows.into_iter().map(|proof| proof.row.into()).collect();
    assert_eq!(vectors["rows"], Value::Array(rows));
}

#[test]
fn segments_are_cut_where_the_vectors_say() {
    for (number, cut) in vectors()["cuts"].as_array().unwrap().iter().enumerate() {
        let folder = Folder::new(&format!("cut-{number}"));
        let limit = |name: &str| cut[name].as_u64().unwrap() as usize;
        let limits = Limits {
            rows: limit("rows"),
            text_bytes: limit("text_bytes"),
            group_rows: 2,
        };
        let rows: Vec<Value> = sealed(&folder.0, limits, 1, 1)
            .iter()
            .map(|one| one.rows.into())
            .collect();
        assert_eq!(cut["segments"], Value::Array(rows));
    }
}

#[test]
fn a_pack_that_is_sorted_first_is_cut_as_it_came() {
    let limits = Limits {
        rows: 1000,
        ..WHOLE
    };
    // More rows than are gathered, and the same ones in packs that are gathered: fewer at a time.
    let (folder, again) = (Folder::new("many"), Folder::new("few"));
    let many = sealed(&folder.0, limits, 300, 1);
    assert_eq!(
        many.iter().map(|one| one.rows).collect::<Vec<_>>(),
        [1000, 1000, 1000, 300]
    );
    let few = sealed(&again.0, limits, 1, 300);
    let ids = |segments: &[WrittenSegment]| {
        segments
            .iter()
            .map(|one| one.segment_id.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&many), ids(&few));
}
