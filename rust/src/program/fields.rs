//! Reading slots into the fields of a record (ADR 3, Fields): now those that decide whether it is one, the others on
//! request.

use super::address::{Address, EndpointForm, port_alone};
use super::choice::{look_up, trim};
use super::compiled::{Branch, Choice, Compiled, Field, Lazy, Needed, Read, Rule};
use super::lazy_fields::LazyFields;
use super::options::Drift;
use super::piece::{NO_SLOT, Piece, Slots, Sources, TextSlice};
use super::times::{Clock, eight_digits, in_range};
use crate::canonical::address_number;
use crate::reject_code::RejectCode;

/// The values that the rules for every record find.
#[derive(Clone, Debug)]
pub(crate) struct Values {
    pub timestamp_us: i64,
    pub fold_s: u32,
    pub timestamp_original: Piece,
    pub source_ip: Address,
    /// 0 means absent (ADR 3).
    pub source_port: u16,
    pub destination_ip: Address,
    pub destination_port: u16,
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
        source_ip: Address::NONE,
        source_port: 0,
        destination_ip: Address::NONE,
        destination_port: 0,
        status: None,
        bytes: None,
        method: Piece::ABSENT,
        target: Piece::ABSENT,
        authority: Piece::ABSENT,
        host_is_name: false,
        scheme: Piece::ABSENT,
    };
}

/// Reads the slots of one frame.
pub(crate) struct Fields<'r> {
    pub program: &'r Compiled,
    pub frame: &'r [u8],
    pub slots: &'r Slots,
    pub scratch: &'r mut Vec<u8>,
    pub clock: &'r mut Clock,
    pub values: &'r mut Values,
    pub trusted_hops: usize,
    pub trusted_proxies: &'r [(u128, u128)],
    pub clock_offset_us: i64,
    pub clock_drift: Option<Drift>,
    pub made_at_us: Option<i64>,
}

impl Fields<'_> {
    /// Run the rules, or return why the frame is no record.
    pub fn read(&mut self, branch: &Branch) -> Result<(), RejectCode> {
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
        if !program.required.iter().all(|it| self.has(*it, branch)) {
            return Err(RejectCode::MissingField);
        }
        if self.values.timestamp_original.is_absent() {
            return self.time_of_manifest();
        }
        Ok(())
    }

    /// Set the declared time of a manifest, because its rows have none.
    #[cold]
    fn time_of_manifest(&mut self) -> Result<(), RejectCode> {
        if self.program.digests.is_empty() {
            return Err(RejectCode::MissingField);
        }
        self.values.timestamp_us = self.made_at_us.ok_or(RejectCode::TimeUndeclared)?;
        self.values.timestamp_original = Piece::of_frame(0, 0);
        Ok(())
    }

    #[inline(always)]
    fn check(&mut self, rule: &Rule) -> Result<(), RejectCode> {
        let Some((choice, piece)) = self.text(rule) else {
            if rule.field == Field::Forwarded
                && (self.trusted_hops > 0
                    || is_trusted(self.trusted_proxies, self.values.source_ip))
            {
                (self.values.source_ip, self.values.source_port) = (Address::NONE, 0);
            }
            return Ok(());
        };
        let text = within(self.frame, self.scratch, self.program, piece);
        let values = &mut *self.values;
        match (rule.field, &choice.read) {
            (Field::Timestamp, Read::Time { layouts, zone }) => {
                let instant =
                    self.clock
                        .instant(text.bytes(), layouts, &self.program.layouts, *zone)?;
                let (offset_us, strayed_s) = match self.clock_drift {
                    Some(drift) => drift.at(instant.us),
                    None => (self.clock_offset_us, 0),
                };
                values.timestamp_us = in_range(instant.us.saturating_sub(offset_us))?;
                values.fold_s = instant.fold_s.saturating_add(strayed_s);
                values.timestamp_original = piece;
            }
            (Field::SourceIp, Read::Ip { names }) => values.source_ip.read(text, *names)?,
            (Field::DestinationIp, Read::Ip { names }) => {
                values.destination_ip.read(text, *names)?
            }
            (Field::Source, Read::Endpoint(form)) => {
                values.source_port = form.read(text, &mut values.source_ip)?;
            }
            (Field::Destination, Read::Endpoint(form)) => {
                values.destination_port = form.read(text, &mut values.destination_ip)?;
            }
            (Field::SourcePort, _) => values.source_port = port_alone(text.bytes())?,
            (Field::DestinationPort, _) => values.destination_port = port_alone(text.bytes())?,
            (Field::Status, _) => values.status = Some(integer(text)?),
            (Field::Bytes, _) => values.bytes = Some(integer(text)?),
            (Field::Forwarded, Read::Forwarded(form)) if self.trusted_hops > 0 => {
                let entry = text
                    .bytes()
                    .rsplit(|byte| *byte == b',')
                    .nth(self.trusted_hops - 1);
                let port = entry.and_then(|entry| {
                    form.read(TextSlice::alone(trim(entry)), &mut values.source_ip)
                        .ok()
                });
                if port.is_none() {
                    values.source_ip = Address::NONE;
                }
                values.source_port = port.unwrap_or(0);
            }
            (Field::Forwarded, Read::Forwarded(form))
                if is_trusted(self.trusted_proxies, values.source_ip) =>
            {
                (values.source_ip, values.source_port) =
                    behind(self.trusted_proxies, text.bytes(), form);
            }
            _ => {}
        }
        Ok(())
    }

    #[inline(always)]
    fn page(&mut self, rule: &Rule) {
        let Some((choice, piece)) = self.text(rule) else {
            return;
        };
        match rule.field {
            Field::Request => {
                let words = request(self.bytes(piece));
                (self.values.method, self.values.target) = match words {
                    Some((method, target)) => {
                        (piece.part(0, method), piece.part(method + 1, target))
                    }
                    None => (Piece::ABSENT, Piece::ABSENT),
                };
            }
            Field::Url => self.values.target = piece,
            Field::Host => {
                self.values.authority = piece;
                self.values.host_is_name = matches!(choice.read, Read::Name);
            }
            Field::Method => self.values.method = piece,
            _ => self.values.scheme = self.word(choice, piece),
        }
    }

    fn word(&mut self, choice: &Choice, piece: Piece) -> Piece {
        match &choice.read {
            Read::Word(Some(map)) => look_up(map, self.bytes(piece)).unwrap_or(Piece::ABSENT),
            _ => self.lower_cased(piece),
        }
    }

    /// Return the choice whose slots are present, and its text, decoded and joined.
    #[inline(always)]
    fn text<'c>(&mut self, rule: &'c Rule) -> Option<(&'c Choice, Piece)> {
        let first = &rule.first;
        if first.plain != NO_SLOT {
            let piece = self.slots.get(first.plain);
            if !piece.is_absent() && !self.program.absent.may_hold(piece.len()) {
                return Some((first, piece));
            }
        }
        self.text_of_any(rule)
    }

    #[inline(never)]
    fn text_of_any<'c>(&mut self, rule: &'c Rule) -> Option<(&'c Choice, Piece)> {
        let sources = sources(self.frame, self.scratch, self.program);
        let mut choices = std::iter::once(&rule.first).chain(&rule.others);
        let choice = choices.find(|it| it.is_there(self.slots, &sources, &self.program.absent))?;
        if let [slot] = *choice.slots {
            let piece = self.slots.get(slot);
            if choice
                .decode
                .is_none_or(|decode| !decode.concerns(sources.text(piece)))
            {
                return Some((choice, piece));
            }
        }
        Some((choice, self.joined(choice)))
    }

    #[inline(always)]
    fn bytes(&self, piece: Piece) -> &[u8] {
        within(self.frame, self.scratch, self.program, piece).bytes()
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

    /// Whether a required field is present.
    fn has(&self, needed: Needed, branch: &Branch) -> bool {
        let values = &*self.values;
        let lazy = || LazyFields {
            program: self.program,
            slots: self.slots,
            sources: sources(self.frame, self.scratch, self.program),
            branch,
        };
        match needed {
            Needed::SourceIp => values.source_ip.is_there(),
            Needed::SourcePort => values.source_port != 0,
            Needed::DestinationIp => values.destination_ip.is_there(),
            Needed::DestinationPort => values.destination_port != 0,
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
            Needed::Digests => {
                let mut any = false;
                lazy().each_digest(|_| any = true);
                any
            }
            Needed::Text(Lazy::RecordKind) if !branch.set.record_kind.is_absent() => true,
            Needed::Text(field) => lazy().text(field).is_some(),
        }
    }
}

/// Whether an address belongs to a trusted proxy.
fn is_trusted(proxies: &[(u128, u128)], address: Address) -> bool {
    let Some(address) = address.get() else {
        return false;
    };
    let key = address_number(address);
    proxies
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&key))
}

/// Return the rightmost address and port of a chain that is no proxy's; none if an entry before it is no endpoint.
fn behind(proxies: &[(u128, u128)], chain: &[u8], form: &EndpointForm) -> (Address, u16) {
    for entry in chain.rsplit(|byte| *byte == b',') {
        let mut address = Address::NONE;
        match form.read(TextSlice::alone(trim(entry)), &mut address) {
            Ok(port) if address.is_there() && !is_trusted(proxies, address) => {
                return (address, port);
            }
            Ok(_) if address.is_there() => {}
            _ => break,
        }
    }
    (Address::NONE, 0)
}

/// Return a present piece together with the bytes around it.
#[inline(always)]
fn within<'s>(
    frame: &'s [u8],
    scratch: &'s [u8],
    program: &'s Compiled,
    piece: Piece,
) -> TextSlice<'s> {
    match piece.in_frame() {
        Some((start, end)) => TextSlice::new(frame, start, end),
        None => TextSlice::alone(sources(frame, scratch, program).text(piece)),
    }
}

pub(super) fn sources<'s>(
    frame: &'s [u8],
    scratch: &'s [u8],
    program: &'s Compiled,
) -> Sources<'s> {
    Sources {
        frame,
        scratch,
        constants: &program.constants,
    }
}

#[inline(always)]
pub(super) fn integer(text: TextSlice) -> Result<i64, RejectCode> {
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    let len = text.len();
    match text.last_eight() {
        Some(eight) if (1..=8).contains(&len) => {
            // The bytes before the text become zeros, so that no branch depends on how many digits there are.
            let others = u64::MAX.checked_shr(8 * len as u32).unwrap_or(0);
            let digits = u64::from_le_bytes(eight) & !others | ZEROS & others;
            eight_digits(&digits.to_le_bytes())
                .map(|value| value as i64)
                .ok_or(RejectCode::BadNumber)
        }
        _ => long_integer(text.bytes()),
    }
}

#[inline(never)]
fn long_integer(text: &[u8]) -> Result<i64, RejectCode> {
    if text.is_empty() || text.len() > 18 || !text.iter().all(u8::is_ascii_digit) {
        return Err(RejectCode::BadNumber);
    }
    Ok(text
        .iter()
        .fold(0, |value, digit| value * 10 + (digit - b'0') as i64))
}

/// Return the ends of method and target in `METHOD SP target [SP HTTP/x]`.
#[inline]
pub(super) fn request(text: &[u8]) -> Option<(usize, usize)> {
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
