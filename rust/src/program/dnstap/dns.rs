//! Reading the question and the answers of a DNS message (RFC 1035, 4.1). Any bytes end: each name is read once.

use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

const HEADER_BYTES: usize = 12;
const MESSAGE_MAX: usize = 65_535;
const NAME_MAX: usize = 255;
const IN: u16 = 1;
const A: u16 = 1;
const CNAME: u16 = 5;
const AAAA: u16 = 28;
const DNAME: u16 = 39;

/// What a part of a message is. Its text is appended to the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Name,
    Type,
    /// An address, or the target of an alias.
    Answer,
}

/// Append the one question of a message to `out`, and with `answers` also its answers. Calls `see` where each part
/// begins. Returns None if the bytes are no DNS message or contain more than one question. A message that is no query
/// (an update, a notice), or without a question, has no parts.
pub fn read(
    message: &[u8],
    with_answers: bool,
    out: &mut Vec<u8>,
    mut see: impl FnMut(Part, usize, usize),
) -> Option<()> {
    if message.len() > MESSAGE_MAX {
        return None;
    }
    let (flags, questions, answers) = (
        number(message, 2)?,
        number(message, 4)?,
        number(message, 6)?,
    );
    message.get(..HEADER_BYTES)?;
    let is_query = flags >> 11 & 15 == 0;
    if !is_query || questions == 0 {
        return Some(());
    }
    if questions > 1 {
        return None;
    }
    let from = out.len();
    let mut at = name(message, HEADER_BYTES, out)?;
    see(Part::Name, from, out.len());
    let from = out.len();
    type_name(number(message, at)?, out);
    see(Part::Type, from, out.len());
    number(message, at + 2)?;
    at += 4;
    for _ in 0..if with_answers { answers } else { 0 } {
        at = answer(message, at, out, &mut see)?;
    }
    Some(())
}

/// Append the answer in the record at `at`, if it has one, and return where the next record begins.
fn answer(
    message: &[u8],
    at: usize,
    out: &mut Vec<u8>,
    see: &mut impl FnMut(Part, usize, usize),
) -> Option<usize> {
    let from = out.len();
    let at = name(message, at, out)?;
    out.truncate(from);
    let (kind, class) = (number(message, at)?, number(message, at + 2)?);
    let start = at + 10;
    let end = start + usize::from(number(message, at + 8)?);
    let data = message.get(start..end)?;
    if class == IN {
        match kind {
            A => write!(out, "{}", Ipv4Addr::from(<[u8; 4]>::try_from(data).ok()?)).ok()?,
            AAAA => write!(out, "{}", Ipv6Addr::from(<[u8; 16]>::try_from(data).ok()?)).ok()?,
            CNAME | DNAME if name(message, start, out)? != end => return None,
            _ => {}
        }
    }
    if out.len() > from {
        see(Part::Answer, from, out.len());
    }
    Some(end)
}

/// Append the name at `at` in presentation form without the last dot, and return where it ends. A pointer must lead to
/// before the current run of labels, so that no name can loop.
fn name(message: &[u8], at: usize, out: &mut Vec<u8>) -> Option<usize> {
    let from = out.len();
    let (mut at, mut run, mut end) = (at, at, None);
    let mut octets = 1;
    loop {
        let len = usize::from(*message.get(at)?);
        match len {
            0 => break,
            1..=63 => {
                octets += 1 + len;
                if octets > NAME_MAX {
                    return None;
                }
                if out.len() > from {
                    out.push(b'.');
                }
                present(message.get(at + 1..at + 1 + len)?, out);
                at += 1 + len;
            }
            0xC0.. => {
                let target = usize::from(number(message, at)? & 0x3FFF);
                if !(HEADER_BYTES..run).contains(&target) {
                    return None;
                }
                end.get_or_insert(at + 2);
                (at, run) = (target, target);
            }
            _ => return None,
        }
    }
    if out.len() == from {
        out.push(b'.');
    }
    Some(end.unwrap_or(at + 1))
}

/// Append a label as master files write it: bytes that are not visible ASCII become `\DDD`.
fn present(label: &[u8], out: &mut Vec<u8>) {
    for &byte in label {
        match byte {
            b'.' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'!'..=b'~' => out.push(byte),
            _ => {
                let digits = [byte / 100, byte / 10 % 10, byte % 10].map(|digit| digit + b'0');
                out.push(b'\\');
                out.extend_from_slice(&digits);
            }
        }
    }
}

/// Append the mnemonic of a type, or `TYPE` and its number (RFC 3597).
fn type_name(kind: u16, out: &mut Vec<u8>) {
    let known = match kind {
        1 => "A",
        2 => "NS",
        5 => "CNAME",
        6 => "SOA",
        12 => "PTR",
        13 => "HINFO",
        15 => "MX",
        16 => "TXT",
        28 => "AAAA",
        33 => "SRV",
        35 => "NAPTR",
        39 => "DNAME",
        43 => "DS",
        46 => "RRSIG",
        47 => "NSEC",
        48 => "DNSKEY",
        50 => "NSEC3",
        52 => "TLSA",
        64 => "SVCB",
        65 => "HTTPS",
        99 => "SPF",
        251 => "IXFR",
        252 => "AXFR",
        255 => "ANY",
        256 => "URI",
        257 => "CAA",
        _ => {
            out.extend_from_slice(format!("TYPE{kind}").as_bytes());
            return;
        }
    };
    out.extend_from_slice(known.as_bytes());
}

fn number(message: &[u8], at: usize) -> Option<u16> {
    let two = message.get(at..)?.first_chunk()?;
    Some(u16::from_be_bytes(*two))
}
