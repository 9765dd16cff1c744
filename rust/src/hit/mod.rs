//! One hit row: its parts, its columns, and its text in JSON and CSV. `scan` and `segment` both write such rows.

mod schema;
mod text;
mod text_formats;
mod visit;

pub(crate) use schema::{schema, segment_schema};
pub(crate) use text::{INSTANT_BYTES, mask_frame, push_escaped, push_instant};
pub(crate) use text_formats::{csv_header, csv_lines, json_array, json_lines, json_text};
pub(crate) use visit::{Meaning, Visit};
