//! The columns of hit rows, in the order and types of `docs/adr/0002-hit-row.md`.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

const TEXT: DataType = DataType::Utf8;
const NUMBER: DataType = DataType::Int64;

/// Return the column names and types, in order.
pub fn schema() -> SchemaRef {
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let columns = [
        ("timestamp", time),
        ("timestamp_original", TEXT),
        ("uncertainty_s", NUMBER),
        ("source_ip", TEXT),
        ("source_port", NUMBER),
        ("destination_ip", TEXT),
        ("destination_port", NUMBER),
        ("host", TEXT),
        ("url", TEXT),
        ("method", TEXT),
        ("status", NUMBER),
        ("bytes", NUMBER),
        ("user_agent", TEXT),
        ("referrer", TEXT),
        ("user", TEXT),
        ("dns_type", TEXT),
        ("dns_action", TEXT),
        ("record_kind", TEXT),
        ("indicator_id", TEXT),
        ("indicator_kind", TEXT),
        ("indicator", TEXT),
        ("category", TEXT),
        ("list_id", TEXT),
        ("issuer", TEXT),
        ("opinion", TEXT),
        ("vouched", DataType::Boolean),
        ("exhibit_sha256", TEXT),
        ("member", TEXT),
        ("byte_offset", NUMBER),
        ("line_number", NUMBER),
        ("raw", DataType::Binary),
        ("encoding", TEXT),
    ];
    Arc::new(Schema::new(
        columns
            .map(|(name, kind)| Field::new(name, kind, true))
            .to_vec(),
    ))
}

/// Return the columns of a segment. It has no SHA-256 column, because all its rows are of one exhibit.
pub fn segment_schema() -> SchemaRef {
    let all = schema();
    let fields = all.fields().iter();
    let columns = fields.filter(|field| field.name() != "exhibit_sha256");
    Arc::new(Schema::new(columns.cloned().collect::<Vec<_>>()))
}
