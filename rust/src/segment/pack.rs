//! Packs: the hits of some chunks in compact form. Recurring texts are stored once and referred to by number.

use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::Range;

use super::json::{address_bytes, base64_bytes, number_bytes, text_bytes};
use super::row_order::order;
use super::texts::{ABSENT, Interner, Texts};
use crate::canonical::write_address;
use crate::hit::{INSTANT_BYTES, Meaning, Visit, push_escaped, push_instant};
use crate::indicator::Opinion;
use crate::prefetch::prefetch;

/// The columns of a row's texts, in the order of `Row::texts`.
#[derive(Clone, Copy)]
pub enum Column {
    Host,
    Method,
    UserAgent,
    Referrer,
    User,
    DnsType,
    DnsAction,
    RecordKind,
    Member,
    DestinationIp,
}

pub const TEXT_COLUMNS: usize = 10;
/// A pack of fewer rows is merged with others.
pub const FEW_ROWS: usize = 256;
/// Brackets and commas of a canonical row.
const MARKS_BYTES: usize = 32;

/// One hit. Its original time, its url and its frame are consecutive in the pack's bytes.
#[derive(Clone, Copy)]
pub struct Row {
    pub timestamp_us: i64,
    pub byte_offset: i64,
    /// How many lines of its chunk come before it.
    pub lines_before: i64,
    pub uncertainty_s: i64,
    pub status: Option<i64>,
    pub bytes: Option<i64>,
    pub source_ip: Option<IpAddr>,
    pub source_port: Option<u16>,
    pub destination_port: Option<u16>,
    pub has_url: bool,
    pub is_text: bool,
    /// Whether the original time, the url and the frame need no escapes in JSON.
    pub is_plain_time: bool,
    pub is_plain_url: bool,
    pub is_plain_raw: bool,
    pub texts: [u32; TEXT_COLUMNS],
    pub meaning: u32,
    pub(super) start: u32,
    pub(super) time_bytes: u32,
    pub(super) url_bytes: u32,
    pub(super) raw_bytes: u32,
    /// The position of the row among the pack's rows as they came.
    pub(super) came: u32,
}

impl Row {
    /// Return the bytes of this row out of the pack's bytes.
    #[inline]
    pub fn of<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        let length = self.time_bytes + self.url_bytes + self.raw_bytes;
        &bytes[self.start as usize..][..length as usize]
    }

    /// Split the bytes of this row into original time, url and frame.
    #[inline]
    pub fn split<'b>(&self, bytes: &'b [u8]) -> (&'b [u8], &'b [u8], &'b [u8]) {
        let (time, rest) = bytes.split_at(self.time_bytes as usize);
        let (url, raw) = rest.split_at(self.url_bytes as usize);
        (time, url, raw)
    }
}

/// The part of a row that an indicator gives, as numbers of texts: indicator id, kind, indicator, category, list id,
/// issuer, opinion.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MeaningNumbers {
    pub texts: [u32; 7],
    pub vouched: bool,
}

/// What the cutter needs to know of each row, in the order in which rows come.
#[derive(Clone, Copy)]
pub struct RowOrigin {
    pub lines_before: i64,
    /// Bytes of the canonical row, without the digits of its line number.
    pub(super) json_bytes: u32,
}

impl RowOrigin {
    /// Return the length of the canonical row if its chunk begins after `lines_before` lines.
    pub fn json_bytes(&self, lines_before: i64) -> usize {
        self.json_bytes as usize + number_bytes(lines_before + self.lines_before + 1)
    }
}

/// Some rows. Large packs are sorted like the segment, so that sealing reads them in sequence.
#[derive(Default)]
pub struct Pack {
    pub rows: Vec<Row>,
    /// One for each row, in the order in which the rows came.
    pub came: Vec<RowOrigin>,
    pub texts: Texts,
    pub meanings: Vec<MeaningNumbers>,
    pub(super) bytes: Vec<u8>,
}

impl Pack {
    pub fn size_bytes(&self) -> usize {
        self.rows.capacity() * size_of::<Row>()
            + self.came.capacity() * size_of::<RowOrigin>()
            + self.texts.size_bytes()
            + self.meanings.capacity() * size_of::<MeaningNumbers>()
            + self.bytes.capacity()
    }

    /// The bytes of a row.
    #[inline]
    pub fn bytes(&self, row: &Row) -> &[u8] {
        row.of(&self.bytes)
    }

    /// Prefetch the row after the next, and the bytes of the next row. Returns the next row.
    #[inline]
    pub fn prefetch_next(&self, row: usize) -> Option<&Row> {
        if let Some(row) = self.rows.get(row + 2) {
            prefetch(&row.timestamp_us);
            prefetch(&row.texts[0]);
            prefetch(&row.came);
        }
        let next = self.rows.get(row + 1)?;
        self.bytes(next).iter().step_by(64).for_each(prefetch);
        Some(next)
    }

    /// Return how many bytes the rows have of their own, without shared texts.
    pub fn own_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Add a row of another pack, given the numbers of its texts and its meaning in this pack.
    pub fn push_from(&mut self, other: &Pack, row: &Row, texts: [u32; TEXT_COLUMNS], meaning: u32) {
        self.rows.push(Row {
            texts,
            meaning,
            start: start_of(self.bytes.len()),
            ..*row
        });
        self.bytes.extend_from_slice(other.bytes(row));
    }

    /// Return the rows that came at these positions, in the order of this pack.
    pub fn part(&self, came: Range<usize>) -> Pack {
        let mut part = Pack {
            texts: self.texts.clone(),
            meanings: self.meanings.clone(),
            came: self.came[came.clone()].to_vec(),
            ..Pack::default()
        };
        let rows = self.rows.iter();
        for row in rows.filter(|row| came.contains(&(row.came as usize))) {
            part.push_from(self, row, row.texts, row.meaning);
        }
        for row in &mut part.rows {
            row.came -= came.start as u32;
        }
        part
    }

    /// Sort the rows. If rows share bytes, return the pack unchanged, because a sorted copy would repeat the bytes.
    pub fn sorted(self) -> Pack {
        let starts = self.rows.iter().map(|row| row.start);
        if starts
            .clone()
            .zip(starts.skip(1))
            .any(|(one, next)| one == next)
        {
            return self;
        }
        let mut sorted = Pack {
            rows: Vec::with_capacity(self.rows.len()),
            bytes: Vec::with_capacity(self.bytes.len()),
            ..Pack::default()
        };
        for place in order(&self.rows) {
            let row = &self.rows[place as usize];
            sorted.push_from(&self, row, row.texts, row.meaning);
        }
        Pack {
            rows: sorted.rows,
            bytes: sorted.bytes,
            ..self
        }
    }
}

/// Convert the start of a row's bytes. A decoded chunk is far smaller than 4 GiB; if not, the scan stops here.
fn start_of(start: usize) -> u32 {
    u32::try_from(start).expect("the rows of a chunk are under 4 GiB")
}

/// What distinguishes meanings: list, indicator, opinion, category, vouched.
pub type MeaningKey<'l> = (usize, u32, Opinion, Option<&'l str>, bool);

/// Makes packs.
#[derive(Default)]
pub struct Packer<'l> {
    pack: Pack,
    texts: Interner,
    meanings: HashMap<MeaningKey<'l>, u32>,
    last: Option<(MeaningKey<'l>, u32)>,
    /// Length of the canonical row of the last visit, without line number and meaning.
    visit_bytes: u32,
    last_address: Option<(IpAddr, u32)>,
    escaped: String,
    scratch: Vec<u8>,
}

impl<'l> Packer<'l> {
    /// Return the number of a meaning. `ask` is called only for a new one.
    pub fn meaning<E>(
        &mut self,
        key: MeaningKey<'l>,
        ask: impl FnOnce(&mut dyn FnMut(&Meaning<'_>)) -> Result<(), E>,
    ) -> Result<u32, E> {
        if let Some((_, number)) = self.last.filter(|(last, _)| *last == key) {
            return Ok(number);
        }
        let number = match self.meanings.get(&key) {
            Some(number) => *number,
            None => {
                ask(&mut |meaning| self.add_meaning(meaning))?;
                let number = self.pack.meanings.len() as u32 - 1;
                self.meanings.insert(key, number);
                number
            }
        };
        self.last = Some((key, number));
        Ok(number)
    }

    fn add_meaning(&mut self, meaning: &Meaning<'_>) {
        let texts = [
            Some(meaning.indicator_id),
            Some(meaning.indicator_kind),
            Some(meaning.indicator),
            meaning.category,
            Some(meaning.list_id),
            meaning.issuer,
            Some(meaning.opinion),
        ];
        let texts = texts.map(|text| match text {
            Some(text) => self.texts.number(text.as_bytes()),
            None => ABSENT,
        });
        self.pack.meanings.push(MeaningNumbers {
            texts,
            vouched: meaning.vouched,
        });
    }

    /// Pack the part of the rows that the record gives. Rows of one record differ only in their meaning.
    pub fn visit(&mut self, visit: &Visit<'_>, lines_before: u64, member: Option<&str>) -> Row {
        let texts = [
            visit.host,
            visit.method,
            visit.user_agent,
            visit.referrer,
            visit.user,
            visit.dns_type,
            visit.dns_action,
            visit.record_kind,
            member.map(str::as_bytes),
        ];
        let last = self.pack.rows.last().map(|row| row.texts);
        let mut numbers = [ABSENT; TEXT_COLUMNS];
        for (place, text) in texts.into_iter().enumerate() {
            if let Some(text) = text {
                numbers[place] = self.number(text, last.map_or(ABSENT, |last| last[place]));
            }
        }
        if let Some(address) = visit.destination.0 {
            numbers[Column::DestinationIp as usize] = self.address(address);
        }
        let start = start_of(self.pack.bytes.len());
        let time_bytes = self.push_escaped(visit.timestamp_original.unwrap_or_default());
        let url_bytes = visit.url.map_or(0, |url| self.push_escaped(url));
        self.pack.bytes.extend_from_slice(visit.raw);
        let mut row = Row {
            timestamp_us: visit.timestamp_us,
            byte_offset: visit.byte_offset as i64,
            lines_before: lines_before as i64,
            uncertainty_s: visit.uncertainty_s,
            status: visit.status,
            bytes: visit.bytes,
            source_ip: visit.source.0,
            source_port: visit.source.1,
            destination_port: visit.destination.1,
            has_url: visit.url.is_some(),
            is_text: std::str::from_utf8(visit.raw).is_ok(),
            is_plain_time: false,
            is_plain_url: false,
            is_plain_raw: false,
            texts: numbers,
            meaning: 0,
            start,
            time_bytes,
            url_bytes,
            raw_bytes: visit.raw.len() as u32,
            came: 0,
        };
        self.visit_bytes = self.bytes_of(&mut row) as u32;
        row
    }

    /// Add the row of a visit and a meaning.
    pub fn push(&mut self, visit: &Row, meaning: u32) {
        let meaning_numbers = &self.pack.meanings[meaning as usize];
        let texts = self.texts.texts();
        let meaning_bytes: u32 = meaning_numbers
            .texts
            .iter()
            .map(|text| texts.json_bytes(*text))
            .sum();
        self.pack.rows.push(Row {
            meaning,
            came: self.pack.came.len() as u32,
            ..*visit
        });
        self.pack.came.push(RowOrigin {
            lines_before: visit.lines_before,
            json_bytes: self.visit_bytes
                + meaning_bytes
                + boolean(meaning_numbers.vouched).len() as u32,
        });
    }

    /// Return the number of a text, which is often that of the row before.
    fn number(&mut self, text: &[u8], last: u32) -> u32 {
        if self.texts.texts().get(last) == Some(text) {
            return last;
        }
        // All known texts are UTF-8.
        if let Some(number) = self.texts.known(text) {
            return number;
        }
        if std::str::from_utf8(text).is_ok() {
            return self.texts.number(text);
        }
        self.escaped.clear();
        push_escaped(text, &mut self.escaped);
        self.texts.number(self.escaped.as_bytes())
    }

    /// Return the number of an address as text, which is often that of the last one.
    fn address(&mut self, address: IpAddr) -> u32 {
        if let Some((_, number)) = self.last_address.filter(|(last, _)| *last == address) {
            return number;
        }
        self.scratch.clear();
        write_address(address, &mut self.scratch);
        let number = self.texts.number(&self.scratch);
        self.last_address = Some((address, number));
        number
    }

    fn push_escaped(&mut self, text: &[u8]) -> u32 {
        let text = match std::str::from_utf8(text) {
            Ok(text) => text,
            Err(_) => {
                self.escaped.clear();
                push_escaped(text, &mut self.escaped);
                &self.escaped
            }
        };
        self.pack.bytes.extend_from_slice(text.as_bytes());
        text.len() as u32
    }

    /// Return the length of the canonical row without line number and meaning, and note which texts need no escapes.
    fn bytes_of(&self, row: &mut Row) -> usize {
        let texts = self.texts.texts();
        let number = |number: Option<i64>| number.map_or(4, number_bytes);
        let port = |port: Option<u16>| number(port.map(i64::from));
        let address =
            |address: Option<IpAddr>| address.map_or(4, |address| address_bytes(address) + 2);
        let (time, url, raw) = row.split(self.pack.bytes(row));
        let (time_bytes, url_bytes, text_raw_bytes) =
            (text_bytes(time), text_bytes(url), text_bytes(raw));
        let is_plain = |text: &[u8], json_bytes: usize| json_bytes == text.len() + 2;
        row.is_plain_time = is_plain(time, time_bytes);
        row.is_plain_url = is_plain(url, url_bytes);
        row.is_plain_raw = is_plain(raw, text_raw_bytes);
        let raw_bytes = if row.is_text {
            text_raw_bytes
        } else {
            base64_bytes(raw)
        };
        MARKS_BYTES
            + instant_bytes(row.timestamp_us)
            + number_bytes(row.uncertainty_s)
            + number(row.status)
            + number(row.bytes)
            + address(row.source_ip)
            + port(row.source_port)
            + port(row.destination_port)
            + row
                .texts
                .iter()
                .map(|&text| texts.json_bytes(text) as usize)
                .sum::<usize>()
            + time_bytes
            + if row.has_url { url_bytes } else { 4 }
            + number_bytes(row.byte_offset)
            + raw_bytes
            + encoding(row.is_text).len()
            + 2
    }

    /// Take the rows out.
    pub fn take(&mut self) -> Pack {
        self.pack.texts = self.texts.take();
        self.meanings.clear();
        (self.last, self.last_address) = (None, None);
        let empty = Pack {
            rows: Vec::with_capacity(self.pack.rows.len()),
            came: Vec::with_capacity(self.pack.rows.len()),
            bytes: Vec::with_capacity(self.pack.bytes.len()),
            ..Pack::default()
        };
        let pack = std::mem::replace(&mut self.pack, empty);
        if pack.rows.len() < FEW_ROWS {
            return pack;
        }
        pack.sorted()
    }
}

/// Return the length of an instant as a JSON string.
fn instant_bytes(timestamp_us: i64) -> usize {
    const USUAL: Range<i64> = 0..253_402_300_800_000_000;
    if USUAL.contains(&timestamp_us) {
        return INSTANT_BYTES + 2;
    }
    let mut text = Vec::new();
    push_instant(timestamp_us, &mut text);
    text.len() + 2
}

pub fn boolean(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// Return how the canonical row encodes the frame's bytes.
pub fn encoding(is_text: bool) -> &'static str {
    if is_text { "utf-8" } else { "base64" }
}
