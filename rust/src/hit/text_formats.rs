//! Writing rows as lines of text: JSON (the canonical encoding of `docs/adr/0002-hit-row.md`) and CSV.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::text::push_instant;

/// One value of a row, ready to be written as text.
enum Value<'b> {
    Absent,
    Text(&'b str),
    Bare(Vec<u8>),
    Made(String),
}

fn value(array: &ArrayRef, row: usize) -> Value<'_> {
    if array.is_null(row) {
        return Value::Absent;
    }
    match array.data_type() {
        DataType::Utf8 => Value::Text(array.as_string::<i32>().value(row)),
        DataType::Int64 => Value::Bare(
            array
                .as_primitive::<Int64Type>()
                .value(row)
                .to_string()
                .into_bytes(),
        ),
        DataType::Boolean => Value::Bare(array.as_boolean().value(row).to_string().into_bytes()),
        DataType::Binary => {
            let raw = array.as_binary::<i32>().value(row);
            std::str::from_utf8(raw).map_or_else(|_| Value::Made(STANDARD.encode(raw)), Value::Text)
        }
        _ => {
            let mut text = Vec::with_capacity(27);
            push_instant(
                array.as_primitive::<TimestampMicrosecondType>().value(row),
                &mut text,
            );
            Value::Made(String::from_utf8_lossy(&text).into_owned())
        }
    }
}

/// Append every row as one JSON object a line.
pub fn json_lines(batch: &RecordBatch, out: &mut Vec<u8>) {
    let schema = batch.schema();
    let names: Vec<String> = schema
        .fields()
        .iter()
        .map(|field| format!("\"{}\":", field.name()))
        .collect();
    for row in 0..batch.num_rows() {
        for (column, (name, array)) in names.iter().zip(batch.columns()).enumerate() {
            out.push(if column == 0 { b'{' } else { b',' });
            out.extend_from_slice(name.as_bytes());
            json_value(array, row, out);
        }
        out.extend_from_slice(b"}\n");
    }
}

/// Append one row as a JSON array: the canonical row of a segment (`docs/adr/0011-segments.md`).
pub fn json_array(batch: &RecordBatch, row: usize, out: &mut Vec<u8>) {
    for (column, array) in batch.columns().iter().enumerate() {
        out.push(if column == 0 { b'[' } else { b',' });
        json_value(array, row, out);
    }
    out.push(b']');
}

fn json_value(array: &ArrayRef, row: usize, out: &mut Vec<u8>) {
    match value(array, row) {
        Value::Absent => out.extend_from_slice(b"null"),
        Value::Text(text) => json_text(text, out),
        Value::Made(text) => json_text(&text, out),
        Value::Bare(bytes) => out.extend_from_slice(&bytes),
    }
}

/// Append a text as a JSON string with only the escapes that JSON requires.
pub fn json_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut plain_from = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[plain_from..at]);
        plain_from = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            _ => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        }
    }
    out.extend_from_slice(&bytes[plain_from..]);
    out.push(b'"');
}

/// Append the header line of a CSV file.
pub fn csv_header(batch_schema: &arrow_schema::Schema, out: &mut Vec<u8>) {
    let names: Vec<&str> = batch_schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
    out.extend_from_slice(names.join(",").as_bytes());
    out.push(b'\n');
}

/// Append every row as one CSV line.
pub fn csv_lines(batch: &RecordBatch, out: &mut Vec<u8>) {
    for row in 0..batch.num_rows() {
        for (column, array) in batch.columns().iter().enumerate() {
            if column > 0 {
                out.push(b',');
            }
            match value(array, row) {
                Value::Absent => {}
                Value::Text(text) => csv_text(text, out),
                Value::Made(text) => csv_text(&text, out),
                Value::Bare(bytes) => out.extend_from_slice(&bytes),
            }
        }
        out.push(b'\n');
    }
}

/// Spreadsheets treat a text that begins with one of these as a formula. An apostrophe in front prevents that
/// (`model/csv_cells.py`).
const FORMULA_STARTS: [char; 11] = [
    '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
];

fn csv_text(text: &str, out: &mut Vec<u8>) {
    let mark: &[u8] = if text.starts_with(FORMULA_STARTS) {
        b"'"
    } else {
        b""
    };
    let must_quote = text.is_empty()
        || text
            .bytes()
            .any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n'));
    if !must_quote {
        out.extend_from_slice(mark);
        return out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
    out.extend_from_slice(mark);
    for byte in text.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}
