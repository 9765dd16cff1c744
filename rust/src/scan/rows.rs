//! Collect the hit rows of a chunk as Arrow columns.

use std::net::IpAddr;
use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_schema::{ArrowError, SchemaRef};

use crate::hit::{Meaning, Visit, push_escaped};

/// Rows of one chunk: all columns except those that need the whole exhibit (its SHA-256, its line numbers).
pub struct Rows {
    timestamp: TimestampMicrosecondBuilder,
    timestamp_original: StringBuilder,
    uncertainty_s: Int64Builder,
    source_ip: StringBuilder,
    source_port: Int64Builder,
    destination_ip: StringBuilder,
    destination_port: Int64Builder,
    host: StringBuilder,
    url: StringBuilder,
    method: StringBuilder,
    status: Int64Builder,
    bytes: Int64Builder,
    user_agent: StringBuilder,
    referrer: StringBuilder,
    user: StringBuilder,
    dns_type: StringBuilder,
    dns_action: StringBuilder,
    record_kind: StringBuilder,
    indicator_id: StringBuilder,
    indicator_kind: StringBuilder,
    indicator: StringBuilder,
    category: StringBuilder,
    list_id: StringBuilder,
    issuer: StringBuilder,
    opinion: StringBuilder,
    vouched: BooleanBuilder,
    byte_offset: Int64Builder,
    raw: BinaryBuilder,
    encoding: StringBuilder,
    /// Lines before the row's own, within the chunk.
    lines_before: Vec<i64>,
    escaped: String,
    size_bytes: usize,
}

/// No memory is reserved. Most chunks hold one hit or none, and those of a long exhibit wait together for its SHA-256.
impl Default for Rows {
    fn default() -> Self {
        let text = || StringBuilder::with_capacity(0, 0);
        let number = || Int64Builder::with_capacity(0);
        Rows {
            timestamp: TimestampMicrosecondBuilder::with_capacity(0),
            timestamp_original: text(),
            uncertainty_s: number(),
            source_ip: text(),
            source_port: number(),
            destination_ip: text(),
            destination_port: number(),
            host: text(),
            url: text(),
            method: text(),
            status: number(),
            bytes: number(),
            user_agent: text(),
            referrer: text(),
            user: text(),
            dns_type: text(),
            dns_action: text(),
            record_kind: text(),
            indicator_id: text(),
            indicator_kind: text(),
            indicator: text(),
            category: text(),
            list_id: text(),
            issuer: text(),
            opinion: text(),
            vouched: BooleanBuilder::with_capacity(0),
            byte_offset: number(),
            raw: BinaryBuilder::with_capacity(0, 0),
            encoding: text(),
            lines_before: Vec::new(),
            escaped: String::new(),
            size_bytes: 0,
        }
    }
}

impl Rows {
    pub fn len(&self) -> usize {
        self.lines_before.len()
    }

    pub fn is_empty(&self) -> bool {
        self.lines_before.is_empty()
    }

    /// Return about how much memory the rows hold.
    pub fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    pub fn push(&mut self, visit: &Visit<'_>, meaning: &Meaning<'_>, lines_before: u64) {
        self.timestamp.append_value(visit.timestamp_us);
        self.uncertainty_s.append_value(visit.uncertainty_s);
        push_address(&mut self.source_ip, &mut self.source_port, visit.source);
        push_address(
            &mut self.destination_ip,
            &mut self.destination_port,
            visit.destination,
        );
        self.status.append_option(visit.status);
        self.bytes.append_option(visit.bytes);
        for (column, value) in [
            (&mut self.timestamp_original, visit.timestamp_original),
            (&mut self.host, visit.host),
            (&mut self.url, visit.url),
            (&mut self.method, visit.method),
            (&mut self.user_agent, visit.user_agent),
            (&mut self.referrer, visit.referrer),
            (&mut self.user, visit.user),
            (&mut self.dns_type, visit.dns_type),
            (&mut self.dns_action, visit.dns_action),
            (&mut self.record_kind, visit.record_kind),
        ] {
            push_text(column, value, &mut self.escaped);
        }
        self.push_meaning(meaning);
        self.byte_offset.append_value(visit.byte_offset as i64);
        self.raw.append_value(visit.raw);
        let is_text = std::str::from_utf8(visit.raw).is_ok();
        self.encoding
            .append_value(if is_text { "utf-8" } else { "base64" });
        self.lines_before.push(lines_before as i64);
        self.size_bytes += 512 + 2 * visit.raw.len();
    }

    fn push_meaning(&mut self, meaning: &Meaning<'_>) {
        self.indicator_id.append_value(meaning.indicator_id);
        self.indicator_kind.append_value(meaning.indicator_kind);
        self.indicator.append_value(meaning.indicator);
        self.category.append_option(meaning.category);
        self.list_id.append_value(meaning.list_id);
        self.issuer.append_option(meaning.issuer);
        self.opinion.append_value(meaning.opinion);
        self.vouched.append_value(meaning.vouched);
    }

    /// Take the rows out as pending columns. `lines_before` counts the lines before the chunk.
    pub fn take_columns(&mut self, member: Option<&Arc<str>>, lines_before: u64) -> PendingColumns {
        let count = self.len();
        let lines: Int64Array = self
            .lines_before
            .drain(..)
            .map(|line| line + lines_before as i64 + 1)
            .collect();
        let members: StringArray = std::iter::repeat_n(member.map(|name| &**name), count).collect();
        let before: Vec<ArrayRef> = vec![
            Arc::new(self.timestamp.finish().with_timezone("UTC")),
            Arc::new(self.timestamp_original.finish()),
            Arc::new(self.uncertainty_s.finish()),
            Arc::new(self.source_ip.finish()),
            Arc::new(self.source_port.finish()),
            Arc::new(self.destination_ip.finish()),
            Arc::new(self.destination_port.finish()),
            Arc::new(self.host.finish()),
            Arc::new(self.url.finish()),
            Arc::new(self.method.finish()),
            Arc::new(self.status.finish()),
            Arc::new(self.bytes.finish()),
            Arc::new(self.user_agent.finish()),
            Arc::new(self.referrer.finish()),
            Arc::new(self.user.finish()),
            Arc::new(self.dns_type.finish()),
            Arc::new(self.dns_action.finish()),
            Arc::new(self.record_kind.finish()),
            Arc::new(self.indicator_id.finish()),
            Arc::new(self.indicator_kind.finish()),
            Arc::new(self.indicator.finish()),
            Arc::new(self.category.finish()),
            Arc::new(self.list_id.finish()),
            Arc::new(self.issuer.finish()),
            Arc::new(self.opinion.finish()),
            Arc::new(self.vouched.finish()),
        ];
        let after: Vec<ArrayRef> = vec![
            Arc::new(members),
            Arc::new(self.byte_offset.finish()),
            Arc::new(lines),
            Arc::new(self.raw.finish()),
            Arc::new(self.encoding.finish()),
        ];
        self.size_bytes = 0;
        PendingColumns {
            before,
            after,
            count,
        }
    }
}

/// Complete columns except for the SHA-256 of their exhibit.
pub struct PendingColumns {
    before: Vec<ArrayRef>,
    after: Vec<ArrayRef>,
    count: usize,
}

impl PendingColumns {
    /// Return the memory that the columns hold.
    pub fn size_bytes(&self) -> usize {
        let columns = self.before.iter().chain(&self.after);
        columns.map(|column| column.get_array_memory_size()).sum()
    }

    pub fn finish(
        self,
        schema: &SchemaRef,
        exhibit_sha256: &str,
    ) -> Result<RecordBatch, ArrowError> {
        let mut columns = self.before;
        let exhibits: StringArray = std::iter::repeat_n(Some(exhibit_sha256), self.count).collect();
        columns.push(Arc::new(exhibits));
        columns.extend(self.after);
        RecordBatch::try_new(schema.clone(), columns)
    }
}

fn push_address(
    ips: &mut StringBuilder,
    ports: &mut Int64Builder,
    (ip, port): (Option<IpAddr>, Option<u16>),
) {
    use std::fmt::Write;
    match ip {
        Some(ip) => {
            // Writing into a StringBuilder cannot fail.
            let _ = write!(ips, "{ip}");
            ips.append_value("");
        }
        None => ips.append_null(),
    }
    ports.append_option(port.map(i64::from));
}

fn push_text(column: &mut StringBuilder, value: Option<&[u8]>, escaped: &mut String) {
    match value.map(|bytes| (std::str::from_utf8(bytes), bytes)) {
        None => column.append_null(),
        Some((Ok(text), _)) => column.append_value(text),
        Some((Err(_), bytes)) => {
            escaped.clear();
            push_escaped(bytes, escaped);
            column.append_value(&*escaped);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_hits(count: usize) -> usize {
        let mut rows = Rows::default();
        let visit = Visit {
            raw: b"one line of a log",
            ..Visit::default()
        };
        let meaning = Meaning {
            indicator_id: "00",
            indicator_kind: "domain",
            indicator: "flagged.example",
            category: None,
            list_id: "00",
            issuer: None,
            opinion: "flagged",
            vouched: true,
        };
        (0..count).for_each(|line| rows.push(&visit, &meaning, line as u64));
        rows.take_columns(None, 0).size_bytes()
    }

    #[test]
    fn a_chunk_with_one_hit_waits_in_a_few_kilobytes() {
        assert!(with_hits(1) < 12 << 10, "{} bytes", with_hits(1));
    }

    #[test]
    fn memory_of_waiting_rows_is_counted() {
        assert!(with_hits(10_000) > 10_000 * 100);
    }
}
