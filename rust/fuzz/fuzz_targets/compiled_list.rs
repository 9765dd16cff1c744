//! Any bytes as a compiled list, unchanged and with repaired digests: no panic, and finally an answer or an error.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};
use sightline_kernel::canonical::{Page, PageParts, page};
use sightline_kernel::list::{
    Builder, CompiledList, Junk, Match, Prober, Row, Source, VisitTime, matches_server,
};
use sightline_kernel::list::Subject;

const INDICATORS: [(&str, &str); 9] = [
    ("domain", "flagged.example"),
    ("host", "a.flagged.example"),
    ("url", "flagged.example/a"),
    ("url-prefix", "a.flagged.example:8443/a"),
    ("ip", "192.0.2.1"),
    ("cidr", "192.0.2.0/24"),
    ("cidr", "2001:db8::/32"),
    ("i2p", "flagged.i2p"),
    ("digest", "00000000000000000000000000000000"),
];

static SOUND: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut builder = Builder::new(Junk::default());
    for (kind, value) in INDICATORS {
        let row = Row {
            kind: Some(kind),
            value: Some(value),
            category: Some("a"),
            ..Row::default()
        };
        builder.add(row).expect("a good row");
    }
    builder
        .finish(&Source {
            list_id: "5e".repeat(32),
            ..Source::default()
        })
        .expect("a small list")
});

fuzz_target!(|bytes: &[u8]| {
    probe(bytes.to_vec());
    probe(repaired(bytes.to_vec()));
    let mut changed = SOUND.clone();
    for change in bytes.chunks_exact(3) {
        let place = usize::from(u16::from_le_bytes([change[0], change[1]])) % changed.len();
        changed[place] ^= change[2];
    }
    probe(repaired(changed));
});

/// Repair the digest of the head and, if the meta can still be read, those of the blocks.
fn repaired(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.len() < 96 {
        return bytes;
    }
    bytes[..16].copy_from_slice(&SOUND[..16]);
    let total = bytes.len() as u64;
    bytes[16..24].copy_from_slice(&total.to_le_bytes());
    bytes[24..32].copy_from_slice(&96_u64.to_le_bytes());
    bytes[40..64].fill(0);
    let end = 96
        + (u64::from_le_bytes(bytes[32..40].try_into().expect("eight bytes")) as usize)
            % (bytes.len() - 95);
    bytes[32..40].copy_from_slice(&(end as u64 - 96).to_le_bytes());
    repair_blocks(&mut bytes, end);
    let sha256 = Sha256::digest(&bytes[96..end]);
    bytes[64..96].copy_from_slice(&sha256);
    bytes
}

fn repair_blocks(bytes: &mut [u8], meta_end: usize) -> Option<()> {
    let mut meta: serde_json::Value = serde_json::from_slice(&bytes[96..meta_end]).ok()?;
    let first = meta["sections"]["bloom"][0].as_u64()? as usize;
    let table = meta["blocks"]["offset"].as_u64()? as usize;
    let digests: Vec<u8> = bytes
        .get(first..table)?
        .chunks(65_536)
        .flat_map(Sha256::digest)
        .collect();
    let place = bytes.get_mut(table..)?;
    if place.len() == digests.len() {
        place.copy_from_slice(&digests);
    }
    let sha256: String = Sha256::digest(place)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    meta["blocks"]["sha256"] = sha256.into();
    let json = serde_json::to_vec(&meta).ok()?;
    bytes.get_mut(96..meta_end)?.copy_from_slice(
        json.get(..meta_end - 96)
            .filter(|_| json.len() == meta_end - 96)?,
    );
    Some(())
}

fn probe(bytes: Vec<u8>) {
    let Ok(list) = CompiledList::from_bytes(bytes) else {
        return;
    };
    let mut prober = Prober::new(&list, Some(b"key"));
    let mut met = Vec::new();
    let pages = [
        page_of("https://a.flagged.example:8443/a/b?c"),
        page_of("http://flagged.example/a"),
        page_of("http://x.flagged.i2p.gateway.example/"),
        page_of("http://[2001:db8::1]/"),
    ];
    for page in &pages {
        let subject = Subject {
            page: page.clone(),
            destination: Some(([192, 0, 2, 1].into(), Some(443))),
            names: pages.to_vec(),
            digests: vec!["d41d8cd98f00b204e9800998ecf8427e".to_owned()],
        };
        let _ = prober.probe(&subject, &mut met);
    }
    for entry in 0..list.indicators().min(50) {
        let _ = list.verdict(Match { entry }, VisitTime::new(0, 0, 0, 0));
        if let Ok(entry) = list.entry(Match { entry }) {
            let _ = pages
                .iter()
                .filter(|page| matches_server(&entry, page))
                .count();
        }
    }
    let _ = list.sort_matches(&mut met);
    let _ = list.find("flagged.example");
    let _ = list.verify();
}

fn page_of(url: &str) -> Page {
    let mut out = Page::default();
    page(
        &PageParts {
            target: Some(url.as_bytes()),
            ..PageParts::default()
        },
        true,
        &mut out,
    );
    out
}
