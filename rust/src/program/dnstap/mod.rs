//! Reading one Dnstap message per frame (ADR 3, dnstap): a question to a name server, its answer, who asked and when.

mod dns;
mod protobuf;

use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

use self::protobuf::{Fields, Malformed, Value};
use super::cases::Cases;
use super::compiled::{Absent, Branch, Header};
use super::piece::{NO_SLOT, Piece, Slots, Sources};
use crate::reject_code::RejectCode;

/// The content of a frame stream that holds Dnstap messages.
const CONTENT_TYPE: &[u8] = b"protobuf:dnstap.Dnstap";
const MESSAGE: u64 = 1;
const TYPES: [&str; 14] = [
    "AUTH_QUERY",
    "AUTH_RESPONSE",
    "RESOLVER_QUERY",
    "RESOLVER_RESPONSE",
    "CLIENT_QUERY",
    "CLIENT_RESPONSE",
    "FORWARDER_QUERY",
    "FORWARDER_RESPONSE",
    "STUB_QUERY",
    "STUB_RESPONSE",
    "TOOL_QUERY",
    "TOOL_RESPONSE",
    "UPDATE_QUERY",
    "UPDATE_RESPONSE",
];

/// The parts of a message. The number is the index in `Dnstap::map`.
#[derive(Clone, Copy, Debug)]
enum Part {
    Type,
    QueryAddress,
    QueryPort,
    ResponseAddress,
    ResponsePort,
    QueryTime,
    ResponseTime,
    Qname,
    Qtype,
    Answers,
}

pub(super) const PARTS: [&str; 10] = [
    "type",
    "query_address",
    "query_port",
    "response_address",
    "response_port",
    "query_time",
    "response_time",
    "qname",
    "qtype",
    "answers",
];

#[derive(Debug)]
pub(crate) struct Dnstap {
    /// The slot of each part.
    pub map: [u16; PARTS.len()],
    pub cases: Cases,
}

/// The fields of a message, in its own bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Message<'f> {
    outer_type: Option<u64>,
    kind: Option<u64>,
    query_address: &'f [u8],
    response_address: &'f [u8],
    query_port: Option<u64>,
    response_port: Option<u64>,
    query_s: Option<u64>,
    query_ns: Option<u32>,
    response_s: Option<u64>,
    response_ns: Option<u32>,
    query: Option<&'f [u8]>,
    response: Option<&'f [u8]>,
}

impl<'f> Message<'f> {
    fn read(frame: &'f [u8]) -> Result<Message<'f>, Malformed> {
        let mut message = Message::default();
        for field in Fields::new(frame) {
            match field? {
                (14, Value::Bytes(inner)) => message.take(inner)?,
                (15, Value::Number(number)) => message.outer_type = Some(number),
                _ => {}
            }
        }
        Ok(message)
    }

    /// Read the fields of `Message`. If a field occurs twice, the last one counts.
    fn take(&mut self, inner: &'f [u8]) -> Result<(), Malformed> {
        for field in Fields::new(inner) {
            match field? {
                (1, Value::Number(number)) => self.kind = Some(number),
                (4, Value::Bytes(bytes)) => self.query_address = bytes,
                (5, Value::Bytes(bytes)) => self.response_address = bytes,
                (6, Value::Number(number)) => self.query_port = Some(number),
                (7, Value::Number(number)) => self.response_port = Some(number),
                (8, Value::Number(number)) => self.query_s = Some(number),
                (9, Value::Fixed32(number)) => self.query_ns = Some(number),
                (10, Value::Bytes(bytes)) => self.query = Some(bytes),
                (12, Value::Number(number)) => self.response_s = Some(number),
                (13, Value::Fixed32(number)) => self.response_ns = Some(number),
                (14, Value::Bytes(bytes)) => self.response = Some(bytes),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Return the header for the start of a stream. Its `wrong` is set for other content.
pub(super) fn header(content_type: Option<&[u8]>) -> Header {
    Header::of_stream(content_type.is_none_or(|content| content == CONTENT_TYPE))
}

impl Dnstap {
    /// Fill the slots from a frame and return its branch by its type. Comments are read no further.
    pub fn split(
        &self,
        frame: &[u8],
        slots: &mut Slots,
        scratch: &mut Vec<u8>,
        constants: &[u8],
        absent: &Absent,
    ) -> Result<&Branch, RejectCode> {
        let message = Message::read(frame).map_err(|Malformed| RejectCode::NotDnstap)?;
        let (Some(MESSAGE), Some(kind)) = (message.outer_type, message.kind) else {
            return Err(RejectCode::NotDnstap);
        };
        let mut filling = SlotFiller {
            map: &self.map,
            slots,
            scratch,
        };
        filling.put(Part::Type, type_name(kind));
        let sources = Sources {
            frame,
            scratch: filling.scratch,
            constants,
        };
        let branch = self.cases.branch(filling.slots, &sources, absent)?;
        if !branch.comment {
            filling.message(&message)?;
        }
        Ok(branch)
    }
}

struct SlotFiller<'w> {
    map: &'w [u16; PARTS.len()],
    slots: &'w mut Slots,
    scratch: &'w mut Vec<u8>,
}

impl SlotFiller<'_> {
    fn message(&mut self, message: &Message<'_>) -> Result<(), RejectCode> {
        self.address(Part::QueryAddress, message.query_address)?;
        self.address(Part::ResponseAddress, message.response_address)?;
        self.number(Part::QueryPort, message.query_port);
        self.number(Part::ResponsePort, message.response_port);
        self.time(Part::QueryTime, message.query_s, message.query_ns);
        self.time(Part::ResponseTime, message.response_s, message.response_ns);
        match message.response.or(message.query) {
            Some(dns) => self.dns(dns, message.response.is_some()),
            None => Ok(()),
        }
    }

    fn address(&mut self, part: Part, bytes: &[u8]) -> Result<(), RejectCode> {
        if let Ok(four) = <[u8; 4]>::try_from(bytes) {
            self.put(part, Ipv4Addr::from(four));
        } else if let Ok(sixteen) = <[u8; 16]>::try_from(bytes) {
            self.put(part, Ipv6Addr::from(sixteen));
        } else if !bytes.is_empty() {
            return Err(RejectCode::BadAddress);
        }
        Ok(())
    }

    fn number(&mut self, part: Part, number: Option<u64>) {
        if let Some(number) = number {
            self.put(part, number);
        }
    }

    /// Write seconds since 1970, with nine digits of a fraction if there is one. A fraction of a second or more is no time.
    fn time(&mut self, part: Part, seconds: Option<u64>, nanoseconds: Option<u32>) {
        match (seconds, nanoseconds) {
            (Some(seconds), Some(nanoseconds @ 1_000_000_000..)) => {
                self.put(part, format_args!("{seconds}.{nanoseconds}ns"));
            }
            (Some(seconds), Some(nanoseconds)) => {
                self.put(part, format_args!("{seconds}.{nanoseconds:09}"));
            }
            (seconds, _) => self.number(part, seconds),
        }
    }

    fn dns(&mut self, message: &[u8], is_response: bool) -> Result<(), RejectCode> {
        let (map, slots) = (self.map, &mut *self.slots);
        dns::read(message, is_response, self.scratch, |part, start, end| {
            let piece = Piece::of_scratch(start, end);
            match part {
                dns::Part::Name => slots.set(map[Part::Qname as usize], piece),
                dns::Part::Type => slots.set(map[Part::Qtype as usize], piece),
                dns::Part::Answer => match map[Part::Answers as usize] {
                    NO_SLOT => {}
                    slot => slots.push(slot, piece),
                },
            }
        })
        .ok_or(RejectCode::NotDns)
    }

    fn put(&mut self, part: Part, text: impl std::fmt::Display) {
        let from = self.scratch.len();
        // Writing to a vector never fails.
        let _ = write!(self.scratch, "{text}");
        let piece = Piece::of_scratch(from, self.scratch.len());
        self.slots.set(self.map[part as usize], piece);
    }
}

/// Return the name of a message's type, or its number if the specification gives no name.
fn type_name(kind: u64) -> String {
    let place = usize::try_from(kind).unwrap_or(0).checked_sub(1);
    match place.and_then(|place| TYPES.get(place)) {
        Some(name) => (*name).to_owned(),
        None => kind.to_string(),
    }
}
