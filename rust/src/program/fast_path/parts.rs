//! Which pieces of a line the fast path reads, and where they are; worked out once per format.

use crate::program::address::EndpointForm;
use crate::program::compiled::{Choice, Compiled, Field, Lazy, Needed, Read, Rule};
use crate::program::document::Zone;
use crate::program::escapes::Decode;
use crate::program::piece::NO_SLOT;
use crate::program::tokens::{Line, Step};

/// The pieces of one line pattern that the fast path reads.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub time: Option<(Part, Box<[usize]>, Zone)>,
    pub source: Option<(Part, Peer)>,
    pub destination: Option<(Part, Peer)>,
    pub source_port: Option<Part>,
    pub destination_port: Option<Part>,
    pub status: Option<Part>,
    pub bytes: Option<Part>,
    pub method: Option<Part>,
    pub target: Option<Part>,
    pub request: Option<Part>,
    /// The host field, and whether it is a bare name without a port.
    pub host: Option<(Part, bool)>,
    pub user_agent: Option<Part>,
    /// The method is CONNECT if no piece holds a method.
    pub is_connect: bool,
    /// The bits of the fields that a record must have.
    pub required: u32,
}

/// One piece: the step that finds it, and how its text is decoded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub step: usize,
    pub decode: Option<Decode>,
    /// Another choice applies if the piece holds a text that means "absent".
    pub has_others: bool,
}

/// How the format writes one end of a connection.
#[derive(Debug)]
pub(super) enum Peer {
    Address { names: bool },
    Endpoint(EndpointForm),
}

/// One bit for each field that a record can have.
pub(super) const TIME: u32 = 1;
pub(super) const SOURCE: u32 = 1 << 1;
pub(super) const SOURCE_PORT: u32 = 1 << 2;
pub(super) const DESTINATION: u32 = 1 << 3;
pub(super) const DESTINATION_PORT: u32 = 1 << 4;
pub(super) const HOST: u32 = 1 << 5;
pub(super) const TARGET: u32 = 1 << 6;
pub(super) const METHOD: u32 = 1 << 7;
pub(super) const STATUS: u32 = 1 << 8;
pub(super) const BYTES: u32 = 1 << 9;

/// Return the bits of the fields that the format requires.
fn required_bits(program: &Compiled) -> u32 {
    let bits = program.required.iter().map(|needed| match needed {
        Needed::SourceIp => SOURCE,
        Needed::SourcePort => SOURCE_PORT,
        Needed::DestinationIp => DESTINATION,
        Needed::DestinationPort => DESTINATION_PORT,
        Needed::Host => HOST,
        Needed::Url => TARGET,
        Needed::Method => METHOD,
        Needed::Status => STATUS,
        Needed::Bytes => BYTES,
        // `Parts::of_line` accepts no pattern in which one of these is required but can be missing.
        Needed::Scheme | Needed::Names | Needed::Digests | Needed::Text(_) => 0,
    });
    bits.fold(TIME, |all, bit| all | bit)
}

impl Parts {
    /// Return the parts of a line pattern, or None if only the full reader can read such lines.
    pub fn of_line(program: &Compiled, steps: &[Step], line: &Line) -> Option<Parts> {
        let kind_is_sure = !line.branch.set.record_kind.is_absent();
        let needs_full_reader = |needed: &Needed| match needed {
            Needed::Text(Lazy::RecordKind) => !kind_is_sure,
            needed => matches!(needed, Needed::Scheme | Needed::Names | Needed::Text(_)),
        };
        let line_steps = LineSteps { steps };
        if line.branch.comment
            || line_steps.fill_a_slot_twice()
            || program.required.iter().any(needs_full_reader)
            || program.names.iter().any(|choice| line_steps.fill(choice))
        {
            return None;
        }
        let method = line.branch.set.method.in_constants();
        let mut parts = Parts {
            is_connect: method.is_some_and(|range| &program.constants[range] == b"CONNECT"),
            required: required_bits(program),
            ..Parts::default()
        };
        for rule in program.checks.iter().chain(&program.page) {
            // The scheme does not change the host. Forwarded addresses count only if hops are trusted.
            if matches!(rule.field, Field::Scheme | Field::Forwarded) {
                continue;
            }
            if let Some(part) = line_steps.find_part(&rule.first, &rule.others)? {
                parts.set_part(part, rule)?;
            }
        }
        if let Some((first, others)) = program.texts[Lazy::UserAgent as usize].split_first() {
            parts.user_agent = line_steps.find_part(first, others)?;
        }
        (parts.request.is_none() || parts.method.is_none() && parts.target.is_none())
            .then_some(parts)
    }

    /// Store the part that a rule reads; None if the fast path cannot read it.
    fn set_part(&mut self, part: Part, rule: &Rule) -> Option<()> {
        match (rule.field, &rule.first.read) {
            (Field::Timestamp, Read::Time { layouts, zone }) => {
                self.time = Some((part, layouts.as_slice().into(), *zone));
            }
            (Field::SourceIp, Read::Ip { names }) if self.source.is_none() => {
                self.source = Some((part, Peer::Address { names: *names }));
            }
            (Field::Source, Read::Endpoint(form)) if self.source.is_none() => {
                self.source = Some((part, Peer::Endpoint(form.clone())));
            }
            (Field::DestinationIp, Read::Ip { names }) if self.destination.is_none() => {
                self.destination = Some((part, Peer::Address { names: *names }));
            }
            (Field::Destination, Read::Endpoint(form)) if self.destination.is_none() => {
                self.destination = Some((part, Peer::Endpoint(form.clone())));
            }
            (Field::SourcePort, _) => self.source_port = Some(part),
            (Field::DestinationPort, _) => self.destination_port = Some(part),
            (Field::Status, _) => self.status = Some(part),
            (Field::Bytes, _) => self.bytes = Some(part),
            (Field::Method, _) => self.method = Some(part),
            (Field::Url, _) => self.target = Some(part),
            (Field::Request, _) => self.request = Some(part),
            (Field::Host, read) => self.host = Some((part, matches!(read, Read::Name))),
            _ => return None,
        }
        Some(())
    }
}

/// The steps of one line pattern, searched for parts.
struct LineSteps<'p> {
    steps: &'p [Step],
}

impl LineSteps<'_> {
    fn fill_a_slot_twice(&self) -> bool {
        let slots: Vec<u16> = self.steps.iter().map(Step::slot).collect();
        let is_again = |(at, slot): (usize, &u16)| *slot != NO_SLOT && slots[..at].contains(slot);
        slots.iter().enumerate().any(is_again)
    }

    fn fill(&self, choice: &Choice) -> bool {
        let filled = |slot: &u16| self.steps.iter().any(|step| step.slot() == *slot);
        choice.slots.iter().any(filled)
    }

    /// Return the piece that a field is read from; Some(None) if the line has no such piece, None if it has several.
    fn find_part(&self, first: &Choice, others: &[Choice]) -> Option<Option<Part>> {
        let has_others = others.iter().any(|choice| self.fill(choice));
        if !self.fill(first) {
            return (!has_others).then_some(None);
        }
        let [slot] = *first.slots else { return None };
        Some(Some(Part {
            step: self.steps.iter().position(|step| step.slot() == slot)?,
            decode: first.decode,
            has_others,
        }))
    }
}
