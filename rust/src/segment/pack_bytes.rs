//! Packs as bytes: one process packs the hits of a chunk, and another one cuts them into segments.
//!
//! What is read is checked, so that bytes that nobody wrote are an error and no panic.

use std::io::{self, Read};
use std::net::IpAddr;

use super::pack::{MeaningNumbers, Pack, Row, RowOrigin, TEXT_COLUMNS};
use super::texts::Interner;

/// No text or number of bytes of one chunk is longer.
const MOST_BYTES: u64 = 1 << 32;

/// Writes numbers and texts.
#[derive(Default)]
pub struct ByteWriter(pub Vec<u8>);

impl ByteWriter {
    pub fn number(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub fn signed(&mut self, value: i64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub fn flag(&mut self, value: bool) {
        self.0.push(u8::from(value));
    }

    pub fn optional(&mut self, value: Option<i64>) {
        self.flag(value.is_some());
        self.signed(value.unwrap_or_default());
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn address(&mut self, address: Option<IpAddr>) {
        match address {
            None => self.bytes(&[]),
            Some(IpAddr::V4(address)) => self.bytes(&address.octets()),
            Some(IpAddr::V6(address)) => self.bytes(&address.octets()),
        }
    }
}

/// Reads what a [`ByteWriter`] wrote.
pub struct ByteReader<R>(pub R);

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it is no part of an archive")
}

impl<R: Read> ByteReader<R> {
    pub fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.0.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    pub fn number(&mut self) -> io::Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub fn signed(&mut self) -> io::Result<i64> {
        Ok(i64::from_le_bytes(self.array()?))
    }

    pub fn flag(&mut self) -> io::Result<bool> {
        match self.array()? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err(broken()),
        }
    }

    pub fn optional(&mut self) -> io::Result<Option<i64>> {
        let is_there = self.flag()?;
        let value = self.signed()?;
        Ok(is_there.then_some(value))
    }

    /// Return how many things follow. More than any chunk has are an error.
    pub fn count(&mut self) -> io::Result<usize> {
        let count = self.number()?;
        usize::try_from(count)
            .ok()
            .filter(|_| count < MOST_BYTES)
            .ok_or_else(broken)
    }

    pub fn bytes(&mut self) -> io::Result<Vec<u8>> {
        let count = self.count()?;
        let mut bytes = Vec::new();
        self.0.by_ref().take(count as u64).read_to_end(&mut bytes)?;
        if bytes.len() < count {
            return Err(broken());
        }
        Ok(bytes)
    }

    fn address(&mut self) -> io::Result<Option<IpAddr>> {
        let bytes = self.bytes()?;
        if bytes.is_empty() {
            return Ok(None);
        }
        if let Ok(bytes) = <[u8; 4]>::try_from(&bytes[..]) {
            return Ok(Some(bytes.into()));
        }
        let bytes = <[u8; 16]>::try_from(&bytes[..]).map_err(|_| broken())?;
        Ok(Some(bytes.into()))
    }

    fn small<T: TryFrom<u64>>(&mut self) -> io::Result<T> {
        T::try_from(self.number()?).map_err(|_| broken())
    }

    fn port(&mut self) -> io::Result<Option<u16>> {
        let port = self.optional()?;
        port.map(|port| u16::try_from(port).map_err(|_| broken()))
            .transpose()
    }
}

/// Append a pack.
pub fn write_pack(pack: &Pack, out: &mut ByteWriter) {
    out.number(u64::from(pack.texts.count()));
    for number in 1..=pack.texts.count() {
        out.bytes(pack.texts.get(number).unwrap_or_default());
    }
    out.number(pack.meanings.len() as u64);
    for meaning in &pack.meanings {
        meaning
            .texts
            .iter()
            .for_each(|text| out.number(u64::from(*text)));
        out.flag(meaning.vouched);
    }
    out.number(pack.came.len() as u64);
    for came in &pack.came {
        out.signed(came.lines_before);
        out.number(u64::from(came.json_bytes));
    }
    out.number(pack.rows.len() as u64);
    pack.rows.iter().for_each(|row| write_row(row, out));
    out.bytes(&pack.bytes);
}

fn write_row(row: &Row, out: &mut ByteWriter) {
    [
        row.timestamp_us,
        row.byte_offset,
        row.lines_before,
        row.uncertainty_s,
    ]
    .into_iter()
    .for_each(|value| out.signed(value));
    out.optional(row.status);
    out.optional(row.bytes);
    out.address(row.source_ip);
    out.optional(row.source_port.map(i64::from));
    out.optional(row.destination_port.map(i64::from));
    [
        row.has_url,
        row.is_text,
        row.is_plain_time,
        row.is_plain_url,
        row.is_plain_raw,
    ]
    .into_iter()
    .for_each(|value| out.flag(value));
    row.texts
        .iter()
        .for_each(|text| out.number(u64::from(*text)));
    [
        row.meaning,
        row.start,
        row.time_bytes,
        row.url_bytes,
        row.raw_bytes,
        row.came,
    ]
    .into_iter()
    .for_each(|value| out.number(u64::from(value)));
}

/// Read a pack.
pub fn read_pack<R: Read>(input: &mut ByteReader<R>) -> io::Result<Pack> {
    let mut texts = Interner::default();
    for number in 1..=input.count()? {
        if texts.number(&input.bytes()?) as usize != number {
            return Err(broken());
        }
    }
    let mut pack = Pack::default();
    for _ in 0..input.count()? {
        let mut numbers = [0; 7];
        for number in &mut numbers {
            *number = input.small()?;
        }
        let vouched = input.flag()?;
        pack.meanings.push(MeaningNumbers {
            texts: numbers,
            vouched,
        });
    }
    for _ in 0..input.count()? {
        let (lines_before, json_bytes) = (input.signed()?, input.small()?);
        pack.came.push(RowOrigin {
            lines_before,
            json_bytes,
        });
    }
    for _ in 0..input.count()? {
        pack.rows.push(read_row(input)?);
    }
    pack.bytes = input.bytes()?;
    pack.texts = texts.take();
    if is_consistent(&pack) {
        Ok(pack)
    } else {
        Err(broken())
    }
}

fn read_row<R: Read>(input: &mut ByteReader<R>) -> io::Result<Row> {
    let mut row = Row {
        timestamp_us: input.signed()?,
        byte_offset: input.signed()?,
        lines_before: input.signed()?,
        uncertainty_s: input.signed()?,
        status: input.optional()?,
        bytes: input.optional()?,
        source_ip: input.address()?,
        source_port: input.port()?,
        destination_port: input.port()?,
        has_url: input.flag()?,
        is_text: input.flag()?,
        is_plain_time: input.flag()?,
        is_plain_url: input.flag()?,
        is_plain_raw: input.flag()?,
        texts: [0; TEXT_COLUMNS],
        meaning: 0,
        start: 0,
        time_bytes: 0,
        url_bytes: 0,
        raw_bytes: 0,
        came: 0,
    };
    for text in &mut row.texts {
        *text = input.small()?;
    }
    row.meaning = input.small()?;
    row.start = input.small()?;
    row.time_bytes = input.small()?;
    row.url_bytes = input.small()?;
    row.raw_bytes = input.small()?;
    row.came = input.small()?;
    Ok(row)
}

/// Whether every number of a pack names something in it.
fn is_consistent(pack: &Pack) -> bool {
    let is_text = |number: &u32| *number <= pack.texts.count();
    let is_row = |row: &Row| {
        let length =
            u64::from(row.time_bytes) + u64::from(row.url_bytes) + u64::from(row.raw_bytes);
        row.texts.iter().all(is_text)
            && (row.meaning as usize) < pack.meanings.len()
            && u64::from(row.start) + length <= pack.bytes.len() as u64
            && (row.came as usize) < pack.came.len()
    };
    pack.rows.len() == pack.came.len()
        && pack
            .meanings
            .iter()
            .all(|meaning| meaning.texts.iter().all(is_text))
        && pack.rows.iter().all(is_row)
}
