//! From slots to the fields of a record (ADR 3, Fields): what decides its fate now, the rest when asked for.

use std::borrow::Cow;
use std::net::IpAddr;

use super::address::{ip, port};
use super::compiled::{Absent, Branch, Choice, Compiled, Field, Lazy, Needed, Read, Rule};
use super::find::Needle;
use super::piece::{NO_SLOT, Piece, Slots, Sources};
use super::times::Clock;
use crate::record::Code;

/// What the rules that run for every record found.
#[derive(Clone, Debug)]
pub(crate) struct Values {
    pub timestamp_us: i64,
    pub fold_s: u32,
    pub timestamp_original: Piece,
    pub source_ip: Option<IpAddr>,
    pub source_port: Option<u16>,
    pub destination_ip: Option<IpAddr>,
    pub destination_port: Option<u16>,
    pub status: Option<i64>,
    pub bytes: Option<i64>,
    pub method: Piece,
    pub target: Piece,
    pub authority: Piece,
    pub host_is_name: bool,
    pub scheme: Piece,
}

impl Values {
    pub const NONE: Values = Values {
        timestamp_us: 0,
        fold_s: 0,
        timestamp_original: Piece::ABSENT,
        source_ip: None,
        source_port: None,
        destination_ip: None,
        destination_port: None,
        status: None,
        bytes: None,
        method: Piece::ABSENT,
        target: Piece::ABSENT,
        authority: Piece::ABSENT,
        host_is_name: false,
        scheme: Piece::ABSENT,
    };
}

/// One frame's slots being read.
pub(crate) struct Fields<'r> {
    pub program: &'r Compiled,
    pub frame: &'r [u8],
    pub slots: &'r Slots,
    pub scratch: &'r mut Vec<u8>,
    pub clock: &'r mut Clock,
    pub values: &'r mut Values,
    pub trusted_hops: usize,
    pub clock_offset_us: i64,
}

impl Fields<'_> {
    /// Runs the rules, or says why the frame is no record.
    pub fn read(&mut self, branch: &Branch) -> Result<(), Code> {
        let program = self.program;
        *self.values = Values::NONE;
        for rule in &program.checks {
            self.check(rule)?;
        }
        for rule in &program.page {
            self.page(rule);
        }
        let values = &mut *self.values;
        values.method = values.method.present().unwrap_or(branch.set.method);
        values.scheme = values.scheme.present().unwrap_or(branch.set.scheme);
        let is_whole = !values.timestamp_original.is_absent()
            && program.required.iter().all(|it| self.has(*it, branch));
        if is_whole {
            Ok(())
        } else {
            Err(Code::MissingField)
        }
    }

    #[inline]
    fn check(&mut self, rule: &Rule) -> Result<(), Code> {
        let Some((choice, piece)) = self.text(&rule.choices) else {
            if rule.field == Field::Forwarded && self.trusted_hops > 0 {
                (self.values.source_ip, self.values.source_port) = (None, None);
            }
            return Ok(());
        };
        let text = sources(self.frame, self.scratch, self.program).text(piece);
        match (&choice.read, rule.field) {
            (Read::Time { layouts, zone }, _) => {
                let instant = self
                    .clock
                    .instant(text, layouts, &self.program.layouts, *zone)?;
                let corrected = instant.us.saturating_sub(self.clock_offset_us);
                self.values.timestamp_us = super::times::in_range(corrected)?;
                self.values.fold_s = instant.fold_s;
                self.values.timestamp_original = piece;
            }
            (Read::Endpoint(form), Field::Destination) => {
                let (address, port) = form.read(text)?;
                self.values.destination_ip = address.or(self.values.destination_ip);
                self.values.destination_port = port.or(self.values.destination_port);
            }
            (Read::Endpoint(form), _) => {
                let (address, port) = form.read(text)?;
                self.values.source_ip = address.or(self.values.source_ip);
                self.values.source_port = port.or(self.values.source_port);
            }
            (Read::Ip { names }, Field::Destination) => {
                self.values.destination_ip = ip(text, *names)?.or(self.values.destination_ip);
            }
            (Read::Ip { names }, _) => {
                self.values.source_ip = ip(text, *names)?.or(self.values.source_ip)
            }
            (Read::Port, Field::Destination) => {
                self.values.destination_port = port(text)?.or(self.values.destination_port);
            }
            (Read::Port, _) => self.values.source_port = port(text)?.or(self.values.source_port),
            (Read::Integer, Field::Status) => self.values.status = Some(integer(text)?),
            (Read::Integer, _) => self.values.bytes = Some(integer(text)?),
            (Read::Forwarded(form), _) if self.trusted_hops > 0 => {
                let entry = text.rsplit(|byte| *byte == b',').nth(self.trusted_hops - 1);
                let endpoint = entry.and_then(|entry| form.read(trim(entry)).ok());
                (self.values.source_ip, self.values.source_port) = endpoint.unwrap_or((None, None));
            }
            _ => {}
        }
        Ok(())
    }

    #[inline]
    fn page(&mut self, rule: &Rule) {
        let Some((choice, piece)) = self.text(&rule.choices) else {
            return;
        };
        match (rule.field, &choice.read) {
            (Field::Request, _) => {
                let text = sources(self.frame, self.scratch, self.program).text(piece);
                if let Some((method, target)) = request(text) {
                    self.values.method = piece.part(0, method);
                    self.values.target = piece.part(method + 1, target);
                }
            }
            (Field::Url, _) => self.values.target = piece,
            (Field::Host, read) => {
                self.values.authority = piece;
                self.values.host_is_name = matches!(read, Read::Name);
            }
            (Field::Method, _) => self.values.method = piece,
            (Field::Scheme, Read::Word(map)) => {
                let text = sources(self.frame, self.scratch, self.program).text(piece);
                self.values.scheme = match map {
                    Some(map) => look_up(map, text).unwrap_or(self.values.scheme),
                    None => self.lower_cased(piece),
                };
            }
            _ => {}
        }
    }

    /// The choice whose slots are there, and its text: decoded and joined.
    #[inline(always)]
    fn text<'c>(&mut self, choices: &'c [Choice]) -> Option<(&'c Choice, Piece)> {
        let program = self.program;
        for choice in choices {
            if choice.only == NO_SLOT {
                if choice.is_there(
                    self.slots,
                    &sources(self.frame, self.scratch, program),
                    &program.absent,
                ) {
                    return Some((choice, self.joined(choice)));
                }
                continue;
            }
            let piece = self.slots.get(choice.only);
            let len = piece.len();
            if piece.is_absent()
                || (program.absent.may_hold(len) && program.absent.holds(self.bytes(piece)))
            {
                continue;
            }
            return match choice.decode {
                Some(decode) if decode.concerns(self.bytes(piece)) => {
                    Some((choice, self.joined(choice)))
                }
                _ => Some((choice, piece)),
            };
        }
        None
    }

    #[inline(always)]
    fn bytes(&self, piece: Piece) -> &[u8] {
        sources(self.frame, self.scratch, self.program).text(piece)
    }

    fn joined(&mut self, choice: &Choice) -> Piece {
        let from = self.scratch.len();
        choice.append(self.slots, self.frame, self.scratch, self.program);
        Piece::of_scratch(from, self.scratch.len())
    }

    fn lower_cased(&mut self, piece: Piece) -> Piece {
        let text = sources(self.frame, self.scratch, self.program).text(piece);
        if !text.iter().any(u8::is_ascii_uppercase) {
            return piece;
        }
        let lower = text.to_ascii_lowercase();
        let from = self.scratch.len();
        self.scratch.extend_from_slice(&lower);
        Piece::of_scratch(from, self.scratch.len())
    }

    /// A required field is there.
    fn has(&self, needed: Needed, branch: &Branch) -> bool {
        let values = &*self.values;
        let lazy = || LazyFields {
            program: self.program,
            slots: self.slots,
            sources: sources(self.frame, self.scratch, self.program),
            branch,
        };
        match needed {
            Needed::SourceIp => values.source_ip.is_some(),
            Needed::SourcePort => values.source_port.is_some(),
            Needed::DestinationIp => values.destination_ip.is_some(),
            Needed::DestinationPort => values.destination_port.is_some(),
            Needed::Host => !values.authority.is_absent(),
            Needed::Url => !values.target.is_absent(),
            Needed::Method => !values.method.is_absent(),
            Needed::Scheme => !values.scheme.is_absent(),
            Needed::Status => values.status.is_some(),
            Needed::Bytes => values.bytes.is_some(),
            Needed::Names => {
                let mut any = false;
                lazy().each_name(|_| any = true);
                any
            }
            Needed::Text(Lazy::RecordKind) if !branch.set.record_kind.is_absent() => true,
            Needed::Text(field) => lazy().text(field).is_some(),
        }
    }
}

fn sources<'s>(frame: &'s [u8], scratch: &'s [u8], program: &'s Compiled) -> Sources<'s> {
    Sources {
        frame,
        scratch,
        constants: &program.constants,
    }
}

/// What a record gives only when asked: most records are never asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LazyFields<'r> {
    pub program: &'r Compiled,
    pub slots: &'r Slots,
    pub sources: Sources<'r>,
    pub branch: &'r Branch,
}

impl<'r> LazyFields<'r> {
    pub fn text(&self, field: Lazy) -> Option<Cow<'r, [u8]>> {
        let choices = &self.program.texts[field as usize];
        self.chosen(choices).or_else(|| {
            let set = &self.branch.set;
            let constant = match field {
                Lazy::DnsType => set.dns_type,
                Lazy::DnsAction => set.dns_action,
                Lazy::RecordKind => set.record_kind,
                Lazy::UserAgent | Lazy::Referrer | Lazy::User => Piece::ABSENT,
            };
            constant
                .present()
                .map(|piece| Cow::Borrowed(self.sources.text(piece)))
        })
    }

    fn chosen(&self, choices: &[Choice]) -> Option<Cow<'r, [u8]>> {
        let choice = choices
            .iter()
            .find(|it| it.is_there(self.slots, &self.sources, &self.program.absent))?;
        let text = self.joined(choice);
        let Read::Word(map) = &choice.read else {
            return Some(text);
        };
        match map {
            Some(map) => look_up(map, &text).map(|piece| Cow::Borrowed(self.sources.text(piece))),
            None if text.iter().any(u8::is_ascii_uppercase) => {
                Some(text.to_ascii_lowercase().into())
            }
            None => Some(text),
        }
    }

    fn joined(&self, choice: &Choice) -> Cow<'r, [u8]> {
        if let [slot] = *choice.slots {
            let text = self.sources.text(self.slots.get(slot));
            if choice.decode.is_none_or(|decode| !decode.concerns(text)) {
                return Cow::Borrowed(text);
            }
        }
        let mut text = Vec::new();
        for (number, (place, piece)) in choice
            .parts(self.slots, &self.sources, &self.program.absent)
            .enumerate()
        {
            if number > 0 {
                text.extend_from_slice(&choice.join);
            }
            let from = text.len();
            text.extend_from_slice(self.sources.text(piece));
            if let Some(decode) = choice.decode.and_then(|decode| decode.at(place)) {
                decode.undo(&mut text, from);
            }
        }
        text.into()
    }

    /// Calls `see` with each of the other hosts or addresses that can match.
    pub fn each_name(&self, mut see: impl FnMut(&[u8])) {
        let absent = &self.program.absent;
        let Some(choice) = self
            .program
            .names
            .iter()
            .find(|it| it.is_there(self.slots, &self.sources, absent))
        else {
            return;
        };
        let mut decoded = Vec::new();
        for slot in &choice.slots {
            let first = self.slots.get(*slot).present();
            for piece in first.iter().chain(self.slots.more(*slot)) {
                let mut text = self.sources.text(*piece);
                if absent.holds(text) {
                    continue;
                }
                if let Some(decode) = choice.decode.filter(|decode| decode.concerns(text)) {
                    decoded.clear();
                    decoded.extend_from_slice(text);
                    decode.undo(&mut decoded, 0);
                    text = &decoded;
                }
                let split = if let Read::Names { split } = &choice.read {
                    split.as_ref()
                } else {
                    None
                };
                each_part(text, split, |part| {
                    let part = trim(part);
                    if !absent.holds(part) && !part.is_empty() {
                        see(part);
                    }
                });
            }
        }
    }
}

impl Choice {
    /// Its slots are there: all for a time, else any.
    #[inline]
    pub fn is_there(&self, slots: &Slots, sources: &Sources, absent: &Absent) -> bool {
        let mut there = self
            .slots
            .iter()
            .map(|slot| self.slot_is_there(*slot, slots, sources, absent));
        if let Read::Time { .. } = self.read {
            there.all(|it| it)
        } else {
            there.any(|it| it)
        }
    }

    #[inline]
    fn slot_is_there(&self, slot: u16, slots: &Slots, sources: &Sources, absent: &Absent) -> bool {
        let is_there =
            |piece: Piece| !absent.may_hold(piece.len()) || !absent.holds(sources.text(piece));
        let first = slots.get(slot).present().is_some_and(is_there);
        first
            || (matches!(self.read, Read::Names { .. })
                && slots.more(slot).iter().any(|piece| is_there(*piece)))
    }

    fn parts<'p>(
        &'p self,
        slots: &'p Slots,
        sources: &'p Sources,
        absent: &'p Absent,
    ) -> impl Iterator<Item = (usize, Piece)> {
        let there = |(_, slot): &(usize, &u16)| self.slot_is_there(**slot, slots, sources, absent);
        let places = self.slots.iter().enumerate().filter(there);
        places.map(|(place, slot)| (place, slots.get(*slot)))
    }

    /// Appends the text of the slots that are there, decoded and joined, to the scratch.
    fn append(&self, slots: &Slots, frame: &[u8], scratch: &mut Vec<u8>, program: &Compiled) {
        let start = scratch.len();
        let mut any = false;
        for (place, slot) in self.slots.iter().enumerate() {
            let piece = slots.get(*slot);
            let sources = sources(frame, scratch, program);
            if !self.slot_is_there(*slot, slots, &sources, &program.absent) {
                continue;
            }
            if any {
                scratch.extend_from_slice(&self.join);
            }
            any = true;
            let from = scratch.len();
            match piece.in_scratch() {
                Some(range) => scratch.extend_from_within(range),
                None => scratch.extend_from_slice(
                    Sources {
                        frame,
                        scratch: &[],
                        constants: &program.constants,
                    }
                    .text(piece),
                ),
            }
            if let Some(decode) = self.decode.and_then(|decode| decode.at(place)) {
                decode.undo(scratch, from);
            }
        }
        debug_assert!(scratch.len() >= start);
    }
}

/// The constant of a text, lower-cased.
fn look_up(map: &[(Box<[u8]>, Piece)], text: &[u8]) -> Option<Piece> {
    map.iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(text))
        .map(|(_, piece)| *piece)
}

#[inline]
fn integer(text: &[u8]) -> Result<i64, Code> {
    if text.is_empty() || text.len() > 18 {
        return Err(Code::BadNumber);
    }
    text.iter()
        .try_fold(0i64, |value, byte| match byte.wrapping_sub(b'0') {
            digit @ 0..10 => Ok(value * 10 + digit as i64),
            _ => Err(Code::BadNumber),
        })
}

/// The ends of method and target in `METHOD SP target [SP HTTP/x]`.
#[inline]
fn request(text: &[u8]) -> Option<(usize, usize)> {
    let is_method = |byte: &u8| {
        byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-')
    };
    let method = text
        .iter()
        .take(33)
        .take_while(|byte| is_method(byte))
        .count();
    if method == 0 || method > 32 || text.get(method) != Some(&b' ') {
        return None;
    }
    let rest = &text[method + 1..];
    let target = match memchr::memrchr(b' ', rest) {
        Some(space) if rest[space + 1..].starts_with(b"HTTP/") => space,
        _ => rest.len(),
    };
    (target > 0).then_some((method, method + 1 + target))
}

/// A text without the spaces and tabs around it.
fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

fn each_part(mut text: &[u8], split: Option<&Needle>, mut see: impl FnMut(&[u8])) {
    if let Some(split) = split {
        while let Some(len) = split.find(text) {
            see(&text[..len]);
            text = &text[len + split.len()..];
        }
    }
    see(text);
}
