//! Where what a glance reads stands in a line of a format.

use crate::program::address::EndpointForm;
use crate::program::compiled::{Choice, Compiled, Field, Lazy, Needed, Read, Rule};
use crate::program::decode::Decode;
use crate::program::document::Zone;
use crate::program::piece::NO_SLOT;
use crate::program::tokens::{Line, Step};

/// What is read of a line's pieces.
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
    /// The host field, and whether it is a bare name.
    pub host: Option<(Part, bool)>,
    pub user_agent: Option<Part>,
    /// The method is CONNECT where no piece says one.
    pub is_connect: bool,
    /// Bits of what a record must have.
    pub required: u32,
}

/// One piece.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub step: usize,
    pub decode: Option<Decode>,
    /// Another choice would be taken if the piece said that nothing is there.
    pub has_others: bool,
}

/// How one end of a connection is written.
#[derive(Debug)]
pub(super) enum Peer {
    Address { names: bool },
    Endpoint(EndpointForm),
}

/// Bits of what a record has.
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

/// Bits of what the program requires.
fn required(program: &Compiled) -> u32 {
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
        // Ways are not made where these are needed and not sure.
        Needed::Scheme | Needed::Names | Needed::Digests | Needed::Text(_) => 0,
    });
    bits.fold(TIME, |all, bit| all | bit)
}

impl Parts {
    /// What is read of the pieces of a line's steps; None where that takes more than a glance.
    pub fn of(program: &Compiled, steps: &[Step], line: &Line) -> Option<Parts> {
        let kind_is_sure = !line.branch.set.record_kind.is_absent();
        let takes_more = |needed: &Needed| match needed {
            Needed::Text(Lazy::RecordKind) => !kind_is_sure,
            needed => matches!(needed, Needed::Scheme | Needed::Names | Needed::Text(_)),
        };
        let gathered = Gathered { steps };
        if line.branch.comment
            || gathered.fills_twice()
            || program.required.iter().any(takes_more)
            || program.names.iter().any(|choice| gathered.fills(choice))
        {
            return None;
        }
        let method = line.branch.set.method.in_constants();
        let mut parts = Parts {
            is_connect: method.is_some_and(|range| &program.constants[range] == b"CONNECT"),
            required: required(program),
            ..Parts::default()
        };
        for rule in program.checks.iter().chain(&program.page) {
            // The scheme says nothing of the host; forwarded addresses count only where hops are trusted.
            if matches!(rule.field, Field::Scheme | Field::Forwarded) {
                continue;
            }
            if let Some(part) = gathered.part(&rule.first, &rule.others)? {
                parts.take(part, rule)?;
            }
        }
        if let Some((first, others)) = program.texts[Lazy::UserAgent as usize].split_first() {
            parts.user_agent = gathered.part(first, others)?;
        }
        (parts.request.is_none() || parts.method.is_none() && parts.target.is_none())
            .then_some(parts)
    }

    /// Takes in what a rule reads from a piece.
    fn take(&mut self, part: Part, rule: &Rule) -> Option<()> {
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

/// The steps of one line, out of which parts are gathered.
struct Gathered<'p> {
    steps: &'p [Step],
}

impl Gathered<'_> {
    fn fills_twice(&self) -> bool {
        let slots: Vec<u16> = self.steps.iter().map(Step::slot).collect();
        let is_again = |(at, slot): (usize, &u16)| *slot != NO_SLOT && slots[..at].contains(slot);
        slots.iter().enumerate().any(is_again)
    }

    fn fills(&self, choice: &Choice) -> bool {
        let filled = |slot: &u16| self.steps.iter().any(|step| step.slot() == *slot);
        choice.slots.iter().any(filled)
    }

    /// The piece that choices are read from: Some(None) where the line has none, None where it is not but one piece.
    fn part(&self, first: &Choice, others: &[Choice]) -> Option<Option<Part>> {
        let has_others = others.iter().any(|choice| self.fills(choice));
        if !self.fills(first) {
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
