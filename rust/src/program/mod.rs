//! The format program: from a frame to a record (`docs/adr/0003-format-program.md`).
//!
//! `document` is the JSON as written. `compiler` turns it into the flat form that `reader` runs. `tokens`,
//! `delimited`, `json`, `keyvalue` and `dnstap` split a frame into slots. `fields` reads slots into a record.

mod address;
mod case_compiler;
mod cases;
mod choice;
mod collector;
mod compiled;
mod compiler;
mod cut_texts;
mod delimited;
mod dnstap;
mod document;
mod escapes;
mod fast_path;
mod field_compiler;
mod fields;
mod gaps;
mod journal;
mod json;
mod json_text;
mod keyvalue;
mod layout;
mod lazy_fields;
mod needle;
mod options;
mod paths;
mod piece;
mod reader;
mod record;
mod statements;
#[cfg(test)]
mod tests;
mod time_parts;
mod times;
mod tokens;
mod wrapped;
mod zone;

use std::sync::Arc;

use compiled::Compiled;
pub use compiled::Header;
pub use fast_path::FastRecord;
pub use options::{DateOrder, Drift, Options};
pub use reader::{Outcome, Reader};
pub use record::Record;
pub use times::FirstDay;

use crate::frames::{Frames, Framing, without_nuls};

/// A compiled format program. Clones share it.
#[derive(Clone, Debug)]
pub struct Program(pub(crate) Arc<Compiled>);

impl Program {
    /// Compile a program from JSON text, or return in plain words why it is invalid.
    pub fn from_json(text: &str) -> Result<Program, String> {
        let document =
            serde_json::from_str(text).map_err(|why| format!("the format program: {why}"))?;
        compiler::compile(document).map(|compiled| Program(Arc::new(compiled)))
    }

    /// Return the format's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Return how the format's logs are cut into frames.
    pub fn framing(&self, max_frame_bytes: usize) -> Framing {
        Framing {
            frames: self.0.frames,
            max_frame_bytes,
        }
    }

    /// Read a control frame of a frame stream. Returns a header if it starts a stream; None if it is no control frame.
    pub fn control(&self, frame: &[u8]) -> Option<Option<Header>> {
        self.0.control(frame)
    }

    /// Return the marker that header frames begin with, if the format has one.
    pub fn header_marker(&self) -> Option<&[u8]> {
        self.0.header_marker()
    }

    /// Whether the first frame of a member that is no comment is its header.
    pub fn header_is_first_line(&self) -> bool {
        self.0.header_is_first_line()
    }

    /// Return the header that a frame (without a BOM) makes. If the first line is the header, ask until the first
    /// Some.
    pub fn header(&self, frame: &[u8]) -> Option<Header> {
        let frame = without_nuls(frame);
        let mut unwrapped = Vec::new();
        let is_wrapped =
            self.0.frames == Frames::Lines && wrapped::unwrap(frame, false, &mut unwrapped);
        self.0.header(if is_wrapped { &unwrapped } else { frame })
    }
}
