//! Lists, from rows to matches.

mod damage;
mod find;
mod meets;
mod naive;
mod rows;
mod statements;

use super::*;
use crate::canonical::{FastHost, HostKind, Page, PageParts, address, page};
use crate::indicator::IndicatorKind;

/// A real v3 name (the Tor Project's test vector in rend-spec-v3).
pub const ONION: &str = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion";

pub fn rows<'t>(indicators: &[(&'t str, &'t str)]) -> Vec<Row<'t>> {
    let row = |(line, (kind, value)): (usize, &(&'t str, &'t str))| Row {
        line: line as u64 + 1,
        kind: Some(kind),
        value: Some(value),
        ..Row::default()
    };
    indicators.iter().enumerate().map(row).collect()
}

pub fn compiled(rows: &[Row<'_>]) -> Vec<u8> {
    let mut builder = Builder::new(Junk::default());
    for row in rows {
        builder
            .add(*row)
            .unwrap_or_else(|reject| panic!("{row:?}: {reject:?}"));
    }
    let source = Source {
        list_id: "5e".repeat(32),
        ..Source::default()
    };
    builder.finish(&source).unwrap()
}

pub fn list(indicators: &[(&str, &str)]) -> CompiledList {
    CompiledList::from_bytes(compiled(&rows(indicators))).unwrap()
}

/// The page of a whole url, or of a host alone.
pub fn page_of(text: &str) -> Page {
    let mut out = Page::default();
    let is_url = text.contains("://");
    let parts = PageParts {
        target: is_url.then_some(text.as_bytes()),
        authority: (!is_url).then_some(text.as_bytes()),
        ..PageParts::default()
    };
    page(&parts, true, &mut out);
    out
}

/// Return the values that match, sorted.
pub fn met(list: &CompiledList, subject: &Subject) -> Vec<String> {
    let mut out = Vec::new();
    Prober::new(list, None).probe(subject, &mut out).unwrap();
    assert!(out.is_empty() || may_match(list, subject), "{subject:?}");
    list.sort_matches(&mut out).unwrap();
    let mut values: Vec<_> = out
        .iter()
        .map(|matched| list.entry(*matched).unwrap().value.to_owned())
        .collect();
    values.sort();
    values
}

/// Whether the fast path asks for `probe`. It must, for every subject that matches.
fn may_match(list: &CompiledList, subject: &Subject) -> bool {
    let mut buffer = subject.page.host.clone();
    buffer.resize(buffer.len() + 64, b'x');
    let host = FastHost::of_name(&buffer, 0, subject.page.host.len());
    let is_seen = host.is_some() || subject.page.host_kind == HostKind::None;
    let may_match = Prober::new(list, None).may_match(&buffer, host.as_ref(), subject.destination);
    // The fast path reads no records with further names.
    may_match.unwrap() || !is_seen || !subject.names.is_empty()
}

pub fn met_by_page(list: &CompiledList, text: &str) -> Vec<String> {
    met(
        list,
        &Subject {
            page: page_of(text),
            ..Subject::default()
        },
    )
}

pub fn met_by_destination(list: &CompiledList, text: &str, port: Option<u16>) -> Vec<String> {
    let destination = address(text.as_bytes()).map(|address| (address, port));
    met(
        list,
        &Subject {
            destination,
            ..Subject::default()
        },
    )
}

pub fn is_met(kind: &str, value: &str, text: &str) -> bool {
    !met_by_page(&list(&[(kind, value)]), text).is_empty()
}

pub fn kind(name: &str) -> IndicatorKind {
    IndicatorKind::from_name(name).unwrap()
}
