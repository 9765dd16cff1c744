//! The compiled program: flat, checked, without any look-up by name.

use std::sync::Arc;

use super::address::EndpointForm;
use super::cut_texts::{CutTexts, Tail};
use super::delimited::Delimited;
use super::dnstap::{self, Dnstap};
use super::document::Zone;
use super::escapes::Decode;
use super::fast_path::FastPath;
use super::json::Json;
use super::keyvalue::KeyValue;
use super::layout::Layout;
use super::needle::Needle;
use super::piece::{Piece, Slots};
use super::reader::without_blank_end;
use super::statements::Statements;
use super::tokens::{self, Line, Pattern};
use crate::frames::Frames;
use crate::frames::streams::{self, Control};

#[derive(Debug)]
pub(crate) struct Compiled {
    pub name: String,
    pub frames: Frames,
    pub slots: usize,
    pub absent: Absent,
    pub comments: Vec<Box<[u8]>>,
    pub prefixes: Vec<Pattern>,
    /// A line pattern fills a slot that a prefix also fills.
    pub prefixes_share_slots: bool,
    pub split: Split,
    /// Rules that can reject a frame, in order.
    pub checks: Vec<Rule>,
    /// Rules for method, target, authority and scheme, in order.
    pub page: Vec<Rule>,
    /// Choices for fields that only hits and matchers need.
    pub names: Vec<Choice>,
    pub digests: Vec<Choice>,
    pub texts: [Vec<Choice>; LAZY],
    pub required: Vec<Needed>,
    pub layouts: Vec<Layout>,
    /// The bytes of `set` and `map`. Pieces point into them.
    pub constants: Vec<u8>,
    pub cut_texts: CutTexts,
    /// Reads the most common frames.
    pub fast_path: Option<FastPath>,
}

/// How many fields are read only on request.
pub(crate) const LAZY: usize = 6;

/// Fields that are read only on request. The number is the index in `Compiled::texts`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lazy {
    UserAgent,
    Referrer,
    User,
    DnsType,
    DnsAction,
    RecordKind,
}

/// A field that `required` can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needed {
    SourceIp,
    SourcePort,
    DestinationIp,
    DestinationPort,
    Host,
    Url,
    Method,
    Scheme,
    Status,
    Bytes,
    Names,
    Digests,
    Text(Lazy),
}

#[derive(Debug)]
pub(crate) enum Split {
    Dissect(Vec<Line>),
    Delimited(Delimited),
    Json(Json),
    KeyValue(KeyValue),
    Dnstap(Dnstap),
    Statements(Statements),
}

/// What a frame of this kind is.
#[derive(Clone, Debug)]
pub(crate) struct Branch {
    pub comment: bool,
    pub set: Set,
    pub tail: Tail,
}

/// Constants of a branch. A field without one is absent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Set {
    pub record_kind: Piece,
    pub dns_action: Piece,
    pub dns_type: Piece,
    pub scheme: Piece,
    pub method: Piece,
}

impl Set {
    pub const NONE: Set = Set {
        record_kind: Piece::ABSENT,
        dns_action: Piece::ABSENT,
        dns_type: Piece::ABSENT,
        scheme: Piece::ABSENT,
        method: Piece::ABSENT,
    };
}

#[derive(Debug)]
pub(crate) struct Rule {
    pub field: Field,
    pub first: Choice,
    pub others: Vec<Choice>,
}

/// The field that a rule fills for every record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Timestamp,
    Source,
    SourceIp,
    SourcePort,
    Destination,
    DestinationIp,
    DestinationPort,
    Status,
    Bytes,
    Forwarded,
    Method,
    Url,
    Request,
    Host,
    Scheme,
}

#[derive(Debug)]
pub(crate) struct Choice {
    pub slots: Box<[u16]>,
    /// The slot of a choice with a single slot, without escapes and `names`; otherwise `NO_SLOT`.
    pub plain: u16,
    pub join: Box<[u8]>,
    pub decode: Option<Decode>,
    pub read: Read,
}

#[derive(Debug)]
pub(crate) enum Read {
    /// Indexes of layouts in `Compiled::layouts`.
    Time {
        layouts: Vec<usize>,
        zone: Zone,
    },
    Endpoint(EndpointForm),
    Ip {
        names: bool,
    },
    Port,
    Integer,
    Text,
    /// Maps lower-cased text to a constant. None keeps the text.
    Word(Option<Words>),
    Authority,
    Name,
    Names {
        split: Option<Needle>,
    },
    Target,
    Request,
    Forwarded(EndpointForm),
}

/// Names of a frame's pieces, and the slots that they fill.
pub(crate) type SlotMap = Vec<(Box<[u8]>, u16)>;

/// Lower-cased words, and their constants.
pub(crate) type Words = Vec<(Box<[u8]>, Piece)>;

/// Slot texts that mean "absent".
#[derive(Debug, Default)]
pub(crate) struct Absent {
    texts: Vec<Box<[u8]>>,
    /// Bit n: one of them has n bytes (bit 63: 63 or more).
    lengths: u64,
    /// Bit n: one of them begins with a byte whose last six bits are n.
    firsts: u64,
}

impl Absent {
    pub fn new(texts: Vec<String>) -> Absent {
        let texts: Vec<Box<[u8]>> = texts
            .into_iter()
            .map(|text| text.into_bytes().into())
            .collect();
        let lengths = texts
            .iter()
            .fold(0, |bits, text| bits | 1 << text.len().min(63));
        let firsts = texts
            .iter()
            .filter_map(|text| text.first())
            .fold(0, |bits, first| bits | 1 << (first & 63));
        Absent {
            texts,
            lengths,
            firsts,
        }
    }

    #[inline]
    pub fn may_hold(&self, len: usize) -> bool {
        self.lengths >> len.min(63) & 1 != 0
    }

    /// Most texts of a length that may be absent are numbers: their first byte shows that they are not.
    #[inline(always)]
    pub fn holds(&self, text: &[u8]) -> bool {
        self.may_hold(text.len())
            && text
                .first()
                .is_none_or(|first| self.firsts >> (first & 63) & 1 != 0)
            && self.has(text)
    }

    #[inline(never)]
    fn has(&self, text: &[u8]) -> bool {
        self.texts.iter().any(|absent| **absent == *text)
    }
}

/// The current columns and the slots that they fill; for a frame stream, whether its content is the wanted one. Clones
/// share it.
#[derive(Clone, Debug)]
pub struct Header(pub(super) Arc<Columns>);

#[derive(Debug)]
pub(crate) struct Columns {
    pub slots: Vec<u16>,
    /// A column that the format needs is missing, or the content is not the wanted one.
    pub wrong: bool,
}

impl Header {
    /// Return the header of a frame stream, whose content is the wanted one or not.
    pub(super) fn of_stream(is_wanted: bool) -> Header {
        Header(Arc::new(Columns {
            slots: Vec::new(),
            wrong: !is_wanted,
        }))
    }
}

impl Compiled {
    fn delimited(&self) -> Option<&Delimited> {
        match &self.split {
            Split::Delimited(delimited) => Some(delimited),
            _ => None,
        }
    }

    /// Return the number of steps of the longest line pattern of a dissect format.
    pub fn longest_pattern(&self) -> usize {
        match &self.split {
            Split::Dissect(lines) => lines
                .iter()
                .map(|line| line.pattern.len())
                .max()
                .unwrap_or(0),
            _ => 0,
        }
    }

    /// Whether a frame is one JSON object.
    pub fn is_json(&self) -> bool {
        matches!(self.split, Split::Json(_))
    }

    pub fn header_marker(&self) -> Option<&[u8]> {
        self.delimited().and_then(Delimited::marker)
    }

    pub fn header_is_first_line(&self) -> bool {
        self.delimited()
            .is_some_and(Delimited::header_is_first_line)
    }

    /// Return the header that a frame makes. If the first line is the header, ask only for the first frame that is no
    /// comment.
    pub fn header(&self, frame: &[u8]) -> Option<Header> {
        let delimited = self.delimited()?;
        if let Some(marker) = delimited.marker() {
            return self
                .find_behind_prefix(frame, |text| text.starts_with(marker))
                .map(|text| delimited.marked_header(&text[marker.len()..]));
        }
        (delimited.header_is_first_line() && !self.is_comment(frame))
            .then(|| delimited.first_line_header(delimited.without_blank_end(frame)))
    }

    /// Return the frame, or what stands behind the first fitting prefix, where it passes the test.
    #[inline(never)]
    fn find_behind_prefix<'f>(
        &self,
        frame: &'f [u8],
        is_found: impl Fn(&[u8]) -> bool,
    ) -> Option<&'f [u8]> {
        if is_found(frame) {
            return Some(frame);
        }
        let prefixes = self.prefixes.iter().filter(|prefix| !prefix.is_empty());
        let mut slots = None;
        for prefix in prefixes {
            let slots = slots.get_or_insert_with(|| Slots::new(self.slots));
            let behind = tokens::run(prefix, frame, slots).map(|end| &frame[end..]);
            if let Some(text) = behind.filter(|text| is_found(text)) {
                return Some(text);
            }
        }
        None
    }

    /// Return a frame without the blanks and CRs at its end that no split of the format needs.
    #[inline]
    pub fn without_blank_end<'f>(&self, frame: &'f [u8]) -> &'f [u8] {
        let is_blank = |byte: u8| matches!(byte, b' ' | b'\t' | b'\r');
        if !frame.last().copied().is_some_and(is_blank) {
            return frame;
        }
        match &self.split {
            Split::Delimited(delimited) => delimited.without_blank_end(frame),
            Split::Dissect(_) | Split::KeyValue(_) | Split::Statements(_) => {
                without_blank_end(frame)
            }
            Split::Json(_) | Split::Dnstap(_) => frame,
        }
    }

    /// Read a control frame of a stream. Returns a header if it starts a stream; None if it is no control frame.
    pub fn control(&self, frame: &[u8]) -> Option<Option<Header>> {
        streams::read_control(frame).map(|control| match control {
            Control::Start(content_type) => Some(dnstap::header(content_type)),
            Control::Other => None,
        })
    }

    /// Whether the frame is blank or begins like a comment. Where a marker names the columns, a prefix may stand before.
    #[inline(always)]
    pub fn is_comment(&self, frame: &[u8]) -> bool {
        match frame.first() {
            None => true,
            Some(b' ' | b'\t') if frame.iter().all(|byte| matches!(byte, b' ' | b'\t')) => true,
            Some(_) if self.header_marker().is_some() => self
                .find_behind_prefix(frame, |text| self.starts_comment(text))
                .is_some(),
            Some(_) => self.starts_comment(frame),
        }
    }

    #[inline]
    fn starts_comment(&self, frame: &[u8]) -> bool {
        self.comments.iter().any(|start| frame.starts_with(start))
    }
}
