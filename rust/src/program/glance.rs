//! What most frames are, read at a glance: records of a dissect format whose parts all have their commonest form.
//!
//! A glance says what the reader would say of a frame, or nothing at all; then the reader is asked. It splits as `tokens`
//! does, but goes from space to space, and reads only what decides a frame's fate and whom it can meet.

use std::net::IpAddr;

use super::address::{Address, EndpointForm, port, quad_text};
use super::compiled::{Choice, Compiled, Field, Lazy, Needed, Read, Rule, Split};
use super::decode::Decode;
use super::document::Zone;
use super::fields::{integer, request};
use super::find::{find_before, find_byte, leading_digits, leading_spaces};
use super::gaps::Gaps;
use super::piece::{FRAME_LIMIT, NO_SLOT, Within};
use super::times::{Clock, in_range};
use super::tokens::{Kind, Line, Step, last_place, unescaped};
use crate::canonical::{Sight, SightOfTarget, address_key};

/// What a glance finds of a record. Places are in the buffer.
#[derive(Clone, Copy, Debug)]
pub struct Glimpse {
    pub timestamp_us: i64,
    /// The key of the source (`canonical::address_key`).
    pub source: Option<[u8; 16]>,
    pub destination: Option<(IpAddr, Option<u16>)>,
    /// The host that the record names, if it names one.
    pub host: Option<Sight>,
    pub user_agent: Option<(usize, usize)>,
    /// Of the frame, without its line end.
    pub end: usize,
    /// Where the next frame begins.
    pub next: usize,
}

/// The lines of a format behind its first prefix, made for glances.
#[derive(Debug)]
pub(crate) struct Glance(Box<[Way]>);

/// One line.
#[derive(Debug)]
struct Way {
    steps: Box<[Step]>,
    /// How many first steps are those of the way before.
    shared: usize,
    /// What is read of the pieces; None where the reader must be asked.
    parts: Option<Parts>,
}

/// What is read of a line's pieces.
#[derive(Debug, Default)]
struct Parts {
    time: Option<(Part, Box<[usize]>, Zone)>,
    source: Option<(Part, Peer)>,
    destination: Option<(Part, Peer)>,
    source_port: Option<Part>,
    destination_port: Option<Part>,
    status: Option<Part>,
    bytes: Option<Part>,
    method: Option<Part>,
    target: Option<Part>,
    request: Option<Part>,
    /// The host field, and whether it is a bare name.
    host: Option<(Part, bool)>,
    user_agent: Option<Part>,
    /// The method is CONNECT where no piece says one.
    is_connect: bool,
    /// Bits of what a record must have.
    required: u32,
}

/// One piece.
#[derive(Clone, Copy, Debug)]
struct Part {
    step: usize,
    decode: Option<Decode>,
    /// Another choice would be taken if the piece said that nothing is there.
    has_others: bool,
}

/// How one end of a connection is written.
#[derive(Debug)]
enum Peer {
    Address { names: bool },
    Endpoint(EndpointForm),
}

/// Where a frame begins.
#[derive(Clone, Copy)]
pub(crate) struct Place<'b> {
    pub buffer: &'b [u8],
    pub start: usize,
    pub max_frame_bytes: usize,
    pub needs_destination: bool,
}

/// What times are read by.
pub(crate) struct Times<'t> {
    pub clock: &'t mut Clock,
    pub offset_us: i64,
}

/// What one thread's glances need.
#[derive(Clone, Debug)]
pub(crate) struct Eye {
    gaps: Gaps,
    taken: [Taken; MOST_STEPS],
}

/// A step's piece.
#[derive(Clone, Copy, Debug)]
struct Taken {
    start: u32,
    end: u32,
}

/// Lines of more steps are the reader's.
const MOST_STEPS: usize = 64;

impl Eye {
    pub const NEW: Eye = Eye {
        gaps: Gaps::NONE,
        taken: [Taken { start: 0, end: 0 }; MOST_STEPS],
    };
}

impl Glance {
    /// The glance that a program allows.
    pub fn new(program: &Compiled) -> Option<Glance> {
        let (Split::Dissect(lines), Some(prefix)) = (&program.split, program.prefixes.first())
        else {
            return None;
        };
        let is_manifest = !program.digests.is_empty();
        if is_manifest
            || program.prefixes_share_slots
            || prefix.len() + program.longest_pattern() >= MOST_STEPS
        {
            return None;
        }
        let ways: Box<[Way]> = lines
            .iter()
            .map(|line| Way::new(program, prefix, line))
            .collect();
        let is_of_use = ways.first()?.parts.is_some();
        is_of_use.then_some(Glance(ways))
    }

    /// What the frame at a place is, if it is what most are.
    #[inline(always)]
    pub fn read(
        &self,
        program: &Compiled,
        place: Place,
        eye: &mut Eye,
        times: Times,
    ) -> Option<Glimpse> {
        let Place { buffer, start, .. } = place;
        let (end, feed) = eye.gaps.find(buffer, start)?;
        if end - start > place.max_frame_bytes || buffer.len() >= FRAME_LIMIT {
            return None;
        }
        if program.is_comment(&buffer[start..end]) {
            return None;
        }
        eye.taken[0].start = start as u32;
        let way = self.way(buffer, end, eye)?;
        let seen = way.parts.as_ref()?.read(program, place, eye, times)?;
        Some(Glimpse {
            end,
            next: feed + 1,
            ..seen
        })
    }

    /// The first way that fits; its pieces are in the eye.
    #[inline(always)]
    fn way(&self, buffer: &[u8], end: usize, eye: &mut Eye) -> Option<&Way> {
        let (first, others) = self.0.split_first()?;
        let mut fitted = first.run(0, buffer, end, eye);
        if fitted == first.steps.len() {
            return Some(first);
        }
        for way in others {
            // A step that did not fit may be this way's too.
            if way.shared > fitted {
                continue;
            }
            fitted = way.run(way.shared, buffer, end, eye);
            if fitted == way.steps.len() {
                return Some(way);
            }
        }
        None
    }
}

impl Way {
    fn new(program: &Compiled, prefix: &[Step], line: &Line) -> Way {
        let steps: Box<[Step]> = prefix.iter().chain(&line.pattern).cloned().collect();
        let shared = match line.shared {
            0 => 0,
            shared => prefix.len() + shared,
        };
        Way {
            parts: Gathered::of(program, &steps, line),
            steps,
            shared,
        }
    }

    /// Takes the pieces of the steps from `from` on, and says how many steps fit: one more than there are where the line goes
    /// on behind them.
    #[inline(never)]
    fn run(&self, from: usize, buffer: &[u8], end: usize, eye: &mut Eye) -> usize {
        let Eye { gaps, taken } = eye;
        let mut along = Along {
            buffer,
            end,
            gaps,
            at: taken[from].start as usize,
            gap: 0,
        };
        if from > 0 {
            along.go_past(along.at, 0);
        }
        let mut fitted = from;
        for (step, taken) in self.steps[from..].iter().zip(&mut taken[from..]) {
            taken.start = along.at as u32;
            let Some(piece_end) = along.take(step) else {
                return fitted;
            };
            taken.end = piece_end as u32;
            fitted += 1;
        }
        fitted + usize::from(along.at != end)
    }
}

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

/// The parts of one line, as they are gathered.
struct Gathered<'p> {
    steps: &'p [Step],
}

impl Gathered<'_> {
    /// What is read of the pieces of a line's steps; None where that takes more than a glance.
    fn of(program: &Compiled, steps: &[Step], line: &Line) -> Option<Parts> {
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

impl Parts {
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

    /// Reads the pieces; None where one is unusual or no record's.
    #[inline(never)]
    fn read(&self, program: &Compiled, place: Place, eye: &Eye, times: Times) -> Option<Glimpse> {
        let buffer = place.buffer;
        let pieces = Pieces {
            program,
            buffer,
            taken: &eye.taken,
        };
        let mut found = 0;
        let mut timestamp_us = 0;
        if let Some((part, layouts, zone)) = &self.time {
            if let Some(text) = pieces.text(part)? {
                let text = text.bytes();
                let instant = times
                    .clock
                    .instant(text, layouts, &program.layouts, *zone)
                    .ok()?;
                timestamp_us = in_range(instant.us.saturating_sub(times.offset_us)).ok()?;
                found |= TIME;
            }
        }
        let (source, port) = pieces.key(&self.source, &self.source_port)?;
        found |= bits(source.is_some(), SOURCE) | bits(port != 0, SOURCE_PORT);
        let (is_there, destination, port) = match place.needs_destination {
            true => {
                let (address, port) = pieces.peer(&self.destination, &self.destination_port)?;
                (address.is_there(), address.get(), port)
            }
            false => {
                let (key, port) = pieces.key(&self.destination, &self.destination_port)?;
                (key.is_some(), None, port)
            }
        };
        found |= bits(is_there, DESTINATION) | bits(port != 0, DESTINATION_PORT);
        found |= pieces.number(&self.status, STATUS)?;
        found |= pieces.number(&self.bytes, BYTES)?;
        let mut page = SeenPage {
            is_connect: self.is_connect,
            target: None,
            host: None,
        };
        found |= page.read(self, &pieces)?;
        let user_agent = match &self.user_agent {
            Some(part) => pieces.text(part)?.map(|text| text.span()),
            None => None,
        };
        if found & self.required != self.required {
            return None;
        }
        let port = Some(port).filter(|port| *port != 0);
        Some(Glimpse {
            timestamp_us,
            source,
            destination: destination.map(|ip| (ip, port)),
            host: page.sight(buffer)?,
            user_agent,
            end: 0,
            next: 0,
        })
    }
}

/// A place in the buffer.
type Span = (usize, usize);

const TIME: u32 = 1;
const SOURCE: u32 = 1 << 1;
const SOURCE_PORT: u32 = 1 << 2;
const DESTINATION: u32 = 1 << 3;
const DESTINATION_PORT: u32 = 1 << 4;
const HOST: u32 = 1 << 5;
const TARGET: u32 = 1 << 6;
const METHOD: u32 = 1 << 7;
const STATUS: u32 = 1 << 8;
const BYTES: u32 = 1 << 9;

/// The pieces of one line.
struct Pieces<'l> {
    program: &'l Compiled,
    buffer: &'l [u8],
    taken: &'l [Taken; MOST_STEPS],
}

impl<'l> Pieces<'l> {
    /// The text of a part: Some(None) where it says that nothing is there, None where it takes more than a glance.
    #[inline(always)]
    fn text(&self, part: &Part) -> Option<Option<Within<'l>>> {
        let taken = self.taken[part.step & (MOST_STEPS - 1)];
        let (start, end) = (taken.start as usize, taken.end as usize);
        let absent = &self.program.absent;
        if absent.may_hold(end - start) && absent.holds(&self.buffer[start..end]) {
            return (!part.has_others).then_some(None);
        }
        let decode = part.decode;
        if decode.is_some_and(|decode| decode.concerns(&self.buffer[start..end])) {
            return None;
        }
        Some(Some(Within::new(self.buffer, start, end)))
    }

    /// The key of an address, and the port. Dotted quads, which nearly all are, are not worked out.
    #[inline(always)]
    fn key(
        &self,
        peer: &Option<(Part, Peer)>,
        port_part: &Option<Part>,
    ) -> Option<(Option<[u8; 16]>, u16)> {
        if let (Some((part, Peer::Address { .. })), None) = (peer, port_part) {
            if let Some(text) = self.text(part)? {
                if let Some(key) = quad_text(text) {
                    return Some((Some(key), 0));
                }
            }
        }
        let (address, port) = self.peer(peer, port_part)?;
        Some((address.get().map(address_key), port))
    }

    #[inline(never)]
    fn peer(
        &self,
        peer: &Option<(Part, Peer)>,
        port_part: &Option<Part>,
    ) -> Option<(Address, u16)> {
        let (mut address, mut found) = (Address::NONE, 0);
        if let Some((part, peer)) = peer {
            if let Some(text) = self.text(part)? {
                found = peer.read(text, &mut address)?;
            }
        }
        if let Some(part) = port_part {
            if let Some(text) = self.text(part)? {
                found = port(text.bytes()).ok()?;
            }
        }
        Some((address, found))
    }

    /// The bit, if a number is there.
    #[inline(always)]
    fn number(&self, part: &Option<Part>, bit: u32) -> Option<u32> {
        let Some(part) = part else { return Some(0) };
        match self.text(part)? {
            Some(text) => integer(text).map(|_| bit).ok(),
            None => Some(0),
        }
    }
}

/// What pieces say of the page.
struct SeenPage {
    is_connect: bool,
    target: Option<Span>,
    /// The host field, and whether it is a bare name.
    host: Option<(Span, bool)>,
}

impl SeenPage {
    /// Takes in what the pieces say, and gives bits of what is there.
    #[inline(always)]
    fn read(&mut self, parts: &Parts, pieces: &Pieces) -> Option<u32> {
        let mut found = 0;
        if let Some(part) = &parts.method {
            if let Some(text) = pieces.text(part)? {
                self.is_connect = text.bytes() == b"CONNECT";
                found |= METHOD;
            }
        }
        if let Some(part) = &parts.target {
            if let Some(text) = pieces.text(part)? {
                self.target = Some(text.span());
                found |= TARGET;
            }
        }
        if let Some(part) = &parts.request {
            if let Some(text) = pieces.text(part)? {
                let (start, _) = text.span();
                let (method, target) = request(text.bytes())?;
                self.is_connect = &text.bytes()[..method] == b"CONNECT";
                self.target = Some((start + method + 1, start + target));
                found |= METHOD | TARGET;
            }
        }
        if let Some((part, is_name)) = &parts.host {
            if let Some(text) = pieces.text(part)? {
                self.host = Some((text.span(), *is_name));
                found |= HOST;
            }
        }
        Some(found)
    }

    /// The host of the page: Some(None) where it names none, None where a closer look is needed.
    #[inline(always)]
    fn sight(&self, buffer: &[u8]) -> Option<Option<Sight>> {
        if let Some((start, end)) = self.target {
            match Sight::of_target(buffer, start, end, self.is_connect)? {
                SightOfTarget::Host(sight) => return Some(Some(sight)),
                SightOfTarget::Path => {}
            }
        }
        match self.host {
            Some(((start, end), true)) => Sight::of_name(buffer, start, end).map(Some),
            Some(((start, end), false)) => Sight::of_authority(buffer, start, end).map(Some),
            None => Some(None),
        }
    }
}

impl Peer {
    /// Reads the address and says the port, 0 where there is none; None where there is a fault.
    #[inline(always)]
    fn read(&self, text: Within, into: &mut Address) -> Option<u16> {
        match self {
            Peer::Address { names } => into.read(text, *names).map(|()| 0).ok(),
            Peer::Endpoint(form) => form.read(text, into).ok(),
        }
    }
}

#[inline(always)]
fn bits(is_there: bool, bit: u32) -> u32 {
    if is_there { bit } else { 0 }
}

/// One line being walked.
struct Along<'l> {
    buffer: &'l [u8],
    end: usize,
    gaps: &'l Gaps,
    at: usize,
    /// The number of the first gap from `at` on.
    gap: u8,
}

impl Along<'_> {
    /// Takes a step, and says where its piece ends; None where it does not fit.
    #[inline(always)]
    fn take(&mut self, step: &Step) -> Option<usize> {
        match step {
            Step::WordSpace { .. } => {
                let end = self.gaps.at(self.gap);
                if end == self.at || end >= self.end {
                    return None;
                }
                self.at = end + 1;
                self.gap += 1;
                Some(end)
            }
            Step::WordSign { sign, .. } => {
                let limit = self.gaps.at(self.gap).min(self.end);
                let end = find_before(self.buffer, self.at, limit, *sign)?;
                let fits = end > self.at;
                self.at = end + 1;
                fits.then_some(end)
            }
            Step::NumberSign { sign, .. } => {
                let end = self.at + leading_digits(&self.buffer[self.at..]);
                let fits = end > self.at && end < self.end && self.buffer[end] == *sign;
                fits.then(|| self.go_past(end, 1))
            }
            Step::UntilSign { sign, .. } => {
                let end = self.at + find_byte(self.rest(), *sign)?;
                Some(self.go_past(end, 1))
            }
            Step::Take { kind, stop, .. } if *kind == Kind::Until && stop.first() == b' ' => loop {
                let end = self.gaps.at(self.gap);
                if end >= self.end {
                    return None;
                }
                if stop.begins(&self.buffer[end..self.end]) {
                    return Some(self.go_past(end, stop.len()));
                }
                self.gap += 1;
            },
            Step::Take { kind, stop, .. } => {
                let rest = self.rest();
                let length = stop.find(rest)?;
                let fits = kind.allows(&rest[..length]);
                fits.then(|| self.go_past(self.at + length, stop.len()))
            }
            Step::Last {
                stop,
                count: 1,
                before: None,
                ..
            } if stop.first() == b' ' => {
                let (mut gap, mut last) = (self.gap, None);
                while self.gaps.at(gap) < self.end {
                    let end = self.gaps.at(gap);
                    if stop.begins(&self.buffer[end..self.end]) {
                        last = Some(end);
                    }
                    gap += 1;
                }
                last.map(|end| self.go_past(end, stop.len()))
            }
            Step::Last {
                stop,
                count,
                before,
                ..
            } => {
                let length = last_place(self.rest(), stop, *count, before.as_ref())?;
                Some(self.go_past(self.at + length, stop.len()))
            }
            Step::Text(text) => {
                let fits = text.begins(self.rest());
                fits.then(|| self.go_past(self.at, text.len()))
            }
            Step::Rest {
                kind: Kind::Word, ..
            } => {
                let fits = self.at < self.end && self.gaps.at(self.gap) >= self.end;
                fits.then(|| self.go_past(self.end, 0))
            }
            Step::Rest { kind, .. } => kind.allows(self.rest()).then(|| self.go_past(self.end, 0)),
            Step::Quoted { .. } => {
                let length = unescaped(self.rest(), b'"')?;
                Some(self.go_past(self.at + length, 0))
            }
            Step::Fixed { bytes, .. } => {
                let fits = *bytes <= self.end - self.at;
                fits.then(|| self.go_past(self.at + *bytes, 0))
            }
            Step::Spaces => {
                let spaces = leading_spaces(self.rest());
                self.at += spaces;
                self.gap += spaces as u8;
                (spaces > 0).then_some(self.at)
            }
        }
    }

    #[inline(always)]
    fn rest(&self) -> &[u8] {
        &self.buffer[self.at..self.end]
    }

    /// Goes past a piece that ends at `end`, and `stop` bytes behind it.
    #[inline(always)]
    fn go_past(&mut self, end: usize, stop: usize) -> usize {
        self.at = end + stop;
        while self.gaps.at(self.gap) < self.at {
            self.gap += 1;
        }
        end
    }
}
