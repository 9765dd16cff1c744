//! The format program: from a frame to a record (`docs/adr/0003-format-program.md`).
//!
//! `document` is the JSON as written, `compile` turns it into the flat form that `reader` runs; `tokens`, `delimited`,
//! `json`, `keyvalue` and `dnstap` are the ways to split a frame into slots, `fields` reads slots into a record.

mod address;
mod cases;
mod choice;
mod compile;
mod compile_cases;
mod compile_fields;
mod compiled;
mod decode;
mod delimited;
mod dnstap;
mod document;
mod fast_path;
mod fields;
mod find;
mod gaps;
mod json;
mod json_text;
mod keyvalue;
mod layout;
mod lazy;
mod options;
mod paths;
mod piece;
mod reader;
mod record;
#[cfg(test)]
mod tests;
mod time_parts;
mod times;
mod tokens;
mod zone;

use std::sync::Arc;

use compiled::Compiled;
pub use compiled::Header;
pub(crate) use compiled::{Branch, Lazy};
pub use fast_path::FastRecord;
pub(crate) use fields::Values;
pub(crate) use lazy::LazyFields;
pub use options::{DateOrder, Drift, Options};
pub(crate) use piece::Piece;
pub use reader::{Outcome, Reader};
pub use record::Record;

use crate::frames::Framing;

/// A compiled format program; clones share it.
#[derive(Clone, Debug)]
pub struct Program(pub(crate) Arc<Compiled>);

impl Program {
    /// The program of a JSON text, or in plain words why it is none.
    pub fn from_json(text: &str) -> Result<Program, String> {
        let document =
            serde_json::from_str(text).map_err(|why| format!("the format program: {why}"))?;
        compile::compile(document).map(|compiled| Program(Arc::new(compiled)))
    }

    /// The format's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// How the format's logs fall into frames.
    pub fn framing(&self, max_frame_bytes: usize) -> Framing {
        Framing {
            frames: self.0.frames,
            max_frame_bytes,
        }
    }

    /// What a control frame of a frame stream is: a header where it starts one. None where it is no control frame.
    pub fn control(&self, frame: &[u8]) -> Option<Option<Header>> {
        self.0.control(frame)
    }

    /// What a header frame begins with, where the format has such.
    pub fn header_marker(&self) -> Option<&[u8]> {
        self.0.header_marker()
    }

    /// The first frame of a member that is no comment is its header.
    pub fn header_is_first_line(&self) -> bool {
        self.0.header_is_first_line()
    }

    /// The header that a frame (without a BOM) is. Where the first line is the header, ask until the first Some.
    pub fn header(&self, frame: &[u8]) -> Option<Header> {
        self.0.header(frame)
    }
}
