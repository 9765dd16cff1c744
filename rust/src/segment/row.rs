//! Canonical rows: the text that is hashed, and that a person can read.

use std::net::IpAddr;

use super::json::{push_base64, push_number, push_plain, push_text};
use super::pack::{Column, boolean, encoding};
use super::rows::{Hit, Rows};
use crate::canonical::write_address;
use crate::hit::push_instant;

/// A piece of a row that is often the same from row to row, cached.
struct CachedPiece<K> {
    key: Option<K>,
    json: Vec<u8>,
}

impl<K: PartialEq> CachedPiece<K> {
    fn new() -> Self {
        CachedPiece {
            key: None,
            json: Vec::new(),
        }
    }

    /// Append the piece. Writes it anew only if the key differs from the last one.
    #[inline]
    fn push(&mut self, key: K, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        if self.key.as_ref() != Some(&key) {
            self.json.clear();
            write(&mut self.json);
            self.key = Some(key);
        }
        out.extend_from_slice(&self.json);
    }
}

type Ends = (i64, Option<IpAddr>, Option<u16>, u32, Option<u16>, u32);

/// Writes the canonical rows of a segment.
pub struct Canonical<'r> {
    rows: &'r Rows,
    /// From uncertainty to host. Rows are sorted by source address.
    ends: CachedPiece<Ends>,
    answer: CachedPiece<(u32, Option<i64>)>,
    /// From user to member.
    meaning: CachedPiece<([u32; 5], u32)>,
}

impl<'r> Canonical<'r> {
    pub fn new(rows: &'r Rows) -> Self {
        Canonical {
            rows,
            ends: CachedPiece::new(),
            answer: CachedPiece::new(),
            meaning: CachedPiece::new(),
        }
    }

    /// Append a row.
    pub fn push(&mut self, hit: &Hit<'_>, out: &mut Vec<u8>) {
        let (rows, row) = (self.rows, hit.row);
        let text = |column: Column| hit.texts[column as usize];
        out.extend_from_slice(b"[\"");
        push_instant(row.timestamp_us, out);
        out.extend_from_slice(b"\",");
        own_text(hit.timestamp_original, row.is_plain_time, out);
        let (destination, host) = (text(Column::DestinationIp), text(Column::Host));
        let ends = (
            row.uncertainty_s,
            row.source_ip,
            row.source_port,
            destination,
            row.destination_port,
            host,
        );
        self.ends.push(ends, out, |out| {
            number(Some(row.uncertainty_s), out);
            source(row.source_ip, out);
            number(row.source_port.map(i64::from), out);
            text_of(rows, destination, out);
            number(row.destination_port.map(i64::from), out);
            text_of(rows, host, out);
        });
        match hit.url {
            Some(url) => own_text(url, row.is_plain_url, out),
            None => out.extend_from_slice(b"null,"),
        }
        let method = text(Column::Method);
        self.answer.push((method, row.status), out, |out| {
            text_of(rows, method, out);
            number(row.status, out);
        });
        number(row.bytes, out);
        text_of(rows, text(Column::UserAgent), out);
        text_of(rows, text(Column::Referrer), out);
        let others = [
            Column::User,
            Column::DnsType,
            Column::DnsAction,
            Column::RecordKind,
            Column::Member,
        ];
        let others = others.map(text);
        self.meaning.push((others, hit.meaning), out, |out| {
            let [before @ .., member] = others;
            for other in before {
                text_of(rows, other, out);
            }
            let meaning_numbers = rows.meaning(hit.meaning);
            for text in meaning_numbers.texts {
                text_of(rows, text, out);
            }
            out.extend_from_slice(boolean(meaning_numbers.vouched).as_bytes());
            out.push(b',');
            text_of(rows, member, out);
        });
        number(Some(row.byte_offset), out);
        number(Some(hit.line_number), out);
        if row.is_text {
            own_text(hit.raw, row.is_plain_raw, out);
        } else {
            push_base64(hit.raw, out);
            out.push(b',');
        }
        out.push(b'"');
        out.extend_from_slice(encoding(row.is_text).as_bytes());
        out.extend_from_slice(b"\"]");
    }
}

#[inline]
fn text_of(rows: &Rows, number: u32, out: &mut Vec<u8>) {
    match rows.escaped(number) {
        Some((text, is_plain)) => own_text(text, is_plain, out),
        None => out.extend_from_slice(b"null,"),
    }
}

#[inline]
fn own_text(text: &[u8], is_plain: bool, out: &mut Vec<u8>) {
    if is_plain {
        push_plain(text, out);
    } else {
        push_text(text, out);
    }
    out.push(b',');
}

fn source(address: Option<IpAddr>, out: &mut Vec<u8>) {
    match address {
        Some(address) => {
            out.push(b'"');
            write_address(address, out);
            out.extend_from_slice(b"\",");
        }
        None => out.extend_from_slice(b"null,"),
    }
}

#[inline]
fn number(value: Option<i64>, out: &mut Vec<u8>) {
    match value {
        Some(value) => {
            push_number(value, out);
            out.push(b',');
        }
        None => out.extend_from_slice(b"null,"),
    }
}
