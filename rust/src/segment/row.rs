//! Canonical rows: the text that is hashed, and that a person can read.

use std::net::IpAddr;

use super::json::{push_address, push_base64, push_number, push_text};
use super::pack::{Column, encoding};
use super::shelves::Shelved;
use super::unite::United;
use crate::scan::push_instant;

/// Writes the canonical rows of a segment.
pub struct Canonical<'u> {
    united: &'u United,
    /// The last source address, as JSON: rows are sorted by it.
    source: (Option<IpAddr>, Vec<u8>),
}

impl<'u> Canonical<'u> {
    pub fn new(united: &'u United) -> Self {
        Canonical {
            united,
            source: (None, b"null".to_vec()),
        }
    }

    /// Append a row.
    pub fn push(&mut self, shelved: Shelved<'_>, out: &mut Vec<u8>) {
        let (united, row) = (self.united, shelved.row);
        let text = |column: Column, out: &mut Vec<u8>| {
            out.extend_from_slice(united.json(row.text(column)));
            out.push(b',');
        };
        out.extend_from_slice(b"[\"");
        push_instant(row.timestamp_us, out);
        out.extend_from_slice(b"\",");
        push_text(shelved.timestamp_original(), out);
        out.push(b',');
        number(Some(row.uncertainty_s), out);
        self.source(row.source_ip, out);
        number(row.source_port.map(i64::from), out);
        text(Column::DestinationIp, out);
        number(row.destination_port.map(i64::from), out);
        text(Column::Host, out);
        match shelved.url() {
            Some(url) => push_text(url, out),
            None => out.extend_from_slice(b"null"),
        }
        out.push(b',');
        text(Column::Method, out);
        number(row.status, out);
        number(row.bytes, out);
        for column in [
            Column::UserAgent,
            Column::Referrer,
            Column::User,
            Column::DnsType,
            Column::DnsAction,
            Column::RecordKind,
        ] {
            text(column, out);
        }
        out.extend_from_slice(united.meaning_json(row.meaning));
        out.push(b',');
        text(Column::Member, out);
        number(Some(row.byte_offset), out);
        number(Some(row.line_number), out);
        if row.is_text {
            push_text(shelved.raw(), out);
        } else {
            push_base64(shelved.raw(), out);
        }
        out.extend_from_slice(b",\"");
        out.extend_from_slice(encoding(row.is_text).as_bytes());
        out.extend_from_slice(b"\"]");
    }

    fn source(&mut self, address: Option<IpAddr>, out: &mut Vec<u8>) {
        let (last, json) = &mut self.source;
        if *last != address {
            *last = address;
            json.clear();
            match address {
                Some(address) => {
                    json.push(b'"');
                    push_address(address, json);
                    json.push(b'"');
                }
                None => json.extend_from_slice(b"null"),
            }
        }
        out.extend_from_slice(json);
        out.push(b',');
    }
}

fn number(value: Option<i64>, out: &mut Vec<u8>) {
    match value {
        Some(value) => push_number(value, out),
        None => out.extend_from_slice(b"null"),
    }
    out.push(b',');
}
