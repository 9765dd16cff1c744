//! Decoding DEFLATE (RFC 1951) in safe Rust, fast enough for the scan.
//!
//! The bytes go to the decoder's own window, with 32 KiB of history in front, so a hostile stream can reach nothing
//! but that window. The inner loop runs while input and window have room to spare. It checks each symbol against the
//! end of the input only near that end.

mod table;

use table::{Alphabet, END_OF_BLOCK, Entry, LITERALS, SPECIAL, SUBTABLE, TABLE_ENTRIES, Table};
use table::{DISTANCE_BITS, LITERAL_BITS, PRECODE_BITS};

use super::stream::{BufferedStream, Stream};
use crate::reject_code::RejectCode;

const HISTORY_BYTES: usize = 32 << 10;
/// How much is decoded at once.
const RUN_BYTES: usize = 128 << 10;
/// The longest match, and the bytes that a stepwise copy may write beyond it.
const SLACK_BYTES: usize = 258 + 64;
/// The most input that one turn of the inner loop takes.
const INPUT_SLACK: usize = 48;

enum Block {
    /// Before a block. `true`: the last block has ended.
    Between(bool),
    Stored {
        left: usize,
        last: bool,
    },
    Coded {
        last: bool,
    },
}

/// Why the inner loop stopped.
enum Stop {
    Room,
    EndOfBlock,
}

/// Decodes DEFLATE streams one after the other.
pub(super) struct Inflate {
    window: Vec<u8>,
    /// The end of the decoded bytes.
    end: usize,
    /// The end of the bytes already returned.
    given: usize,
    block: Block,
    /// Up to seven bits left of the last byte taken.
    bits: u64,
    bit_count: u32,
    literals: Table,
    distances: Table,
    fault: Option<RejectCode>,
}

impl Inflate {
    pub(super) fn new() -> Inflate {
        Inflate {
            window: vec![0; HISTORY_BYTES + RUN_BYTES + SLACK_BYTES],
            end: 0,
            given: 0,
            block: Block::Between(false),
            bits: 0,
            bit_count: 0,
            literals: Table::new(),
            distances: Table::new(),
            fault: None,
        }
    }

    /// Start a new stream without history.
    pub(super) fn reset(&mut self) {
        (self.end, self.given, self.bits, self.bit_count) = (0, 0, 0, 0);
        (self.block, self.fault) = (Block::Between(false), None);
    }

    /// Return the next decoded bytes, up to `most`. Returns none at the end of the stream; `feed` is then right behind
    /// it.
    pub(super) fn read(
        &mut self,
        feed: &mut BufferedStream,
        most: usize,
    ) -> Result<&[u8], RejectCode> {
        if self.given == self.end {
            if let Some(code) = self.fault {
                return Err(code);
            }
            self.slide();
            if let Err(code) = self.run(feed) {
                self.fault = Some(code);
                if self.given == self.end {
                    return Err(code);
                }
            }
        }
        let start = self.given;
        self.given = self.end.min(start + most);
        Ok(&self.window[start..self.given])
    }

    /// Keep the history and make room behind it.
    fn slide(&mut self) {
        if self.end > HISTORY_BYTES {
            self.window
                .copy_within(self.end - HISTORY_BYTES..self.end, 0);
            self.end = HISTORY_BYTES;
        }
        self.given = self.end;
    }

    /// Decode until the window is full or the stream ends.
    fn run(&mut self, feed: &mut BufferedStream) -> Result<(), RejectCode> {
        while self.end < HISTORY_BYTES + RUN_BYTES {
            match self.block {
                Block::Between(true) => return Ok(()),
                Block::Between(false) => self.enter(feed)?,
                Block::Stored { left: 0, last } => self.block = Block::Between(last),
                Block::Stored { left, last } => {
                    let free = HISTORY_BYTES + RUN_BYTES - self.end;
                    let bytes = feed.bytes()?;
                    let count = left.min(free).min(bytes.len());
                    if count == 0 {
                        return Err(RejectCode::BrokenStream);
                    }
                    self.window[self.end..self.end + count].copy_from_slice(&bytes[..count]);
                    feed.take(count);
                    self.end += count;
                    self.block = Block::Stored {
                        left: left - count,
                        last,
                    };
                }
                Block::Coded { last } => {
                    if let Stop::EndOfBlock = self.symbols(feed)? {
                        self.block = Block::Between(last);
                    }
                }
            }
        }
        Ok(())
    }

    /// Read the head of a block.
    fn enter(&mut self, feed: &mut BufferedStream) -> Result<(), RejectCode> {
        let last = self.take_bits(feed, 1)? == 1;
        self.block = match self.take_bits(feed, 2)? {
            0 => {
                (self.bits, self.bit_count) = (0, 0);
                let [size, check] = [feed.array()?, feed.array()?].map(u16::from_le_bytes);
                if size != !check {
                    return Err(RejectCode::BrokenStream);
                }
                Block::Stored {
                    left: size as usize,
                    last,
                }
            }
            1 => {
                let lengths: [u8; 288] = std::array::from_fn(|symbol| match symbol {
                    0..144 | 280.. => 8,
                    144..256 => 9,
                    256..280 => 7,
                });
                self.codes(&lengths, &[5; 32])?;
                Block::Coded { last }
            }
            2 => {
                self.dynamic_codes(feed)?;
                Block::Coded { last }
            }
            _ => return Err(RejectCode::BrokenStream),
        };
        Ok(())
    }

    fn codes(&mut self, literals: &[u8], distances: &[u8]) -> Result<(), RejectCode> {
        let literals = self.literals.build(Alphabet::Literals, literals);
        let distances = self.distances.build(Alphabet::Distances, distances);
        literals
            .and(distances)
            .map_err(|_| RejectCode::BrokenStream)
    }

    /// Read the codes that a block defines (RFC 1951, 3.2.7).
    fn dynamic_codes(&mut self, feed: &mut BufferedStream) -> Result<(), RejectCode> {
        const ORDER: [usize; 19] = [
            16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
        ];
        let literals = self.take_bits(feed, 5)? as usize + 257;
        let distances = self.take_bits(feed, 5)? as usize + 1;
        let precodes = self.take_bits(feed, 4)? as usize + 4;
        if literals > 286 || distances > 30 {
            return Err(RejectCode::BrokenStream);
        }
        let mut precode_lengths = [0; 19];
        for &symbol in &ORDER[..precodes] {
            precode_lengths[symbol] = self.take_bits(feed, 3)? as u8;
        }
        // The table of distances is unused until the lengths are read.
        self.distances
            .build(Alphabet::Precode, &precode_lengths)
            .map_err(|_| RejectCode::BrokenStream)?;
        let mut lengths = [0u8; 286 + 30];
        let mut at = 0;
        while at < literals + distances {
            let (value, times) = match self.precode_symbol(feed)? {
                16 if at == 0 => return Err(RejectCode::BrokenStream),
                16 => (lengths[at - 1], 3 + self.take_bits(feed, 2)?),
                17 => (0, 3 + self.take_bits(feed, 3)?),
                18 => (0, 11 + self.take_bits(feed, 7)?),
                length => (length as u8, 1),
            };
            let run = lengths[..literals + distances]
                .get_mut(at..at + times as usize)
                .ok_or(RejectCode::BrokenStream)?;
            run.fill(value);
            at += times as usize;
        }
        if lengths[256] == 0 {
            return Err(RejectCode::BrokenStream);
        }
        self.codes(
            &lengths[..literals],
            &lengths[literals..literals + distances],
        )
    }

    fn precode_symbol(&mut self, feed: &mut BufferedStream) -> Result<u32, RejectCode> {
        loop {
            let entry = self.distances.entries[self.bits as usize & ((1 << PRECODE_BITS) - 1)];
            let bits = entry & 63;
            if entry & SPECIAL == 0 && bits <= self.bit_count {
                self.bits >>= bits;
                self.bit_count -= bits;
                return Ok(entry >> 16);
            }
            if self.bit_count >= PRECODE_BITS {
                return Err(RejectCode::BrokenStream);
            }
            self.add_byte(feed)?;
        }
    }

    fn take_bits(&mut self, feed: &mut BufferedStream, count: u32) -> Result<u32, RejectCode> {
        while self.bit_count < count {
            self.add_byte(feed)?;
        }
        let taken = self.bits as u32 & ((1 << count) - 1);
        self.bits >>= count;
        self.bit_count -= count;
        Ok(taken)
    }

    fn add_byte(&mut self, feed: &mut BufferedStream) -> Result<(), RejectCode> {
        self.bits |= u64::from(feed.byte()?) << self.bit_count;
        self.bit_count += 8;
        Ok(())
    }

    /// Decode symbols until the block ends or the window is full.
    fn symbols(&mut self, feed: &mut BufferedStream) -> Result<Stop, RejectCode> {
        let mut symbols = Symbols {
            window: &mut self.window,
            end: self.end,
            bits: self.bits,
            bit_count: self.bit_count,
            literals: &self.literals.entries,
            distances: &self.distances.entries,
        };
        let outcome = loop {
            let ahead = feed.ahead(INPUT_SLACK);
            let (taken, outcome) = if ahead.len() >= INPUT_SLACK {
                symbols.run::<false>(ahead, ahead.len())
            } else {
                let mut padded = [0; 2 * INPUT_SLACK];
                padded[..ahead.len()].copy_from_slice(ahead);
                let real_bytes = ahead.len();
                symbols.run::<true>(&padded, real_bytes)
            };
            feed.take(taken);
            match outcome {
                Ok(None) => {}
                Ok(Some(stop)) => break Ok(stop),
                Err(Broken) => break Err(feed.fault().unwrap_or(RejectCode::BrokenStream)),
            }
        };
        (self.end, self.bits, self.bit_count) = (symbols.end, symbols.bits, symbols.bit_count);
        outcome
    }
}

/// The input ends within a symbol, or contains a code that no encoder writes.
struct Broken;

/// The inner loop's state.
struct Symbols<'d> {
    window: &'d mut [u8],
    end: usize,
    bits: u64,
    bit_count: u32,
    literals: &'d [Entry; TABLE_ENTRIES],
    distances: &'d [Entry; TABLE_ENTRIES],
}

impl Symbols<'_> {
    /// Decode from `input` while [`INPUT_SLACK`] bytes are ahead. Returns how many bytes were taken and why it stopped
    /// (None: not enough input). With `CAREFUL` only the first `real_bytes` exist, and each symbol must lie within
    /// them.
    fn run<const CAREFUL: bool>(
        &mut self,
        input: &[u8],
        real_bytes: usize,
    ) -> (usize, Result<Option<Stop>, Broken>) {
        let Symbols {
            window,
            literals,
            distances,
            ..
        } = self;
        let window = &mut window[..HISTORY_BYTES + RUN_BYTES + SLACK_BYTES];
        let (mut end, mut bits, mut bit_count) = (self.end, self.bits, self.bit_count);
        let mut at = 0usize;
        let last_start = input.len() - (INPUT_SLACK - 8);

        macro_rules! refill {
            () => {
                let word = input[at..at + 8]
                    .first_chunk()
                    .map_or(0, |word| u64::from_le_bytes(*word));
                bits |= word.wrapping_shl(bit_count);
                at += (!bit_count >> 3 & 7) as usize;
                bit_count |= 56;
            };
        }
        // The bits of an entry that has written nothing yet, and how many of them the input really has.
        let mut pending = (0u64, 0usize);
        // Only the low six bits of `bit_count` and of a shift count, so that an entry need not be masked.
        macro_rules! consume {
            ($entry:expr) => {
                bits = bits.wrapping_shr($entry);
                bit_count = bit_count.wrapping_sub($entry);
                if CAREFUL && at * 8 > real_bytes * 8 + (bit_count & 63) as usize {
                    break Err(Broken);
                }
            };
        }
        macro_rules! literals {
            ($entry:expr) => {
                if CAREFUL {
                    pending.1 = 0;
                }
                window[end..end + 2].copy_from_slice(&(($entry >> 16) as u16).to_le_bytes());
                end += ($entry >> 12 & 3) as usize;
            };
        }

        macro_rules! next_entry {
            () => {{
                if CAREFUL {
                    let real_bits = real_bytes * 8 + (bit_count & 63) as usize;
                    pending = (bits, real_bits.saturating_sub(at * 8));
                }
                literals[bits as usize & ((1 << LITERAL_BITS) - 1)]
            }};
        }

        // The next entry is looked up before the refill that it does not need, so that the two overlap.
        refill!();
        let mut entry = next_entry!();
        let outcome = loop {
            if end >= HISTORY_BYTES + RUN_BYTES {
                break Ok(Some(Stop::Room));
            }
            if at > last_start {
                break Ok(None);
            }
            if entry & LITERALS != 0 {
                consume!(entry);
                literals!(entry);
                entry = next_entry!();
                refill!();
                if entry & LITERALS != 0 {
                    consume!(entry);
                    literals!(entry);
                    entry = next_entry!();
                    refill!();
                    continue;
                }
            }
            if entry & SPECIAL != 0 {
                consume!(entry);
                if entry & SUBTABLE != 0 {
                    entry = literals[(entry >> 16) as usize + subtable_index(bits, entry)];
                    if entry & LITERALS != 0 {
                        consume!(entry);
                        literals!(entry);
                        entry = next_entry!();
                        refill!();
                        continue;
                    }
                    if entry & SPECIAL != 0 {
                        consume!(entry);
                    }
                }
                if entry & SPECIAL != 0 {
                    break if entry & END_OF_BLOCK != 0 {
                        Ok(Some(Stop::EndOfBlock))
                    } else {
                        Err(Broken)
                    };
                }
            }
            let length = 3 + (entry >> 24) as usize + extra_bits(bits, entry);
            consume!(entry);
            let mut far = distances[bits as usize & ((1 << DISTANCE_BITS) - 1)];
            if far & SPECIAL != 0 {
                consume!(far);
                if far & SUBTABLE == 0 {
                    literals!(entry);
                    break Err(Broken);
                }
                far = distances[(far >> 16) as usize + subtable_index(bits, far)];
                if far & SPECIAL != 0 {
                    literals!(entry);
                    break Err(Broken);
                }
            }
            let distance = (far >> 16) as usize + extra_bits(bits, far);
            consume!(far);
            literals!(entry);
            if distance > end {
                break Err(Broken);
            }
            if bit_count & 63 < LITERAL_BITS {
                refill!();
            }
            entry = next_entry!();
            refill!();
            copy_match(window, end, distance, length);
            end += length;
        };
        // A literal that shares its entry with a symbol that is not complete in the input.
        if CAREFUL && outcome.is_err() {
            if let Some(literal) = first_literal(literals, pending.0, pending.1) {
                window[end] = literal;
                end += 1;
            }
        }
        // Give whole bytes back.
        bit_count &= 63;
        at -= (bit_count >> 3) as usize;
        self.bit_count = bit_count & 7;
        self.bits = bits & ((1 << self.bit_count) - 1);
        self.end = end;
        (at, outcome)
    }
}

/// Return the literal in the first `real_bits` of `bits`, whatever follows them.
fn first_literal(entries: &[Entry; TABLE_ENTRIES], bits: u64, real_bits: usize) -> Option<u8> {
    if real_bits == 0 {
        return None;
    }
    let known = real_bits.min(LITERAL_BITS as usize);
    let low = bits as usize & ((1 << known) - 1);
    let literal = |entry: &Entry| {
        let is_first = entry & SPECIAL == 0 && entry >> 12 & 3 > 0;
        is_first.then_some((entry >> 16) as u8)
    };
    let byte = literal(&entries[low])?;
    let mut possible = entries[..1 << LITERAL_BITS]
        .iter()
        .skip(low)
        .step_by(1 << known);
    possible
        .all(|entry| literal(entry) == Some(byte))
        .then_some(byte)
}

/// Return the extra bits after a code.
#[inline(always)]
fn extra_bits(bits: u64, entry: Entry) -> usize {
    (bits & !u64::MAX.wrapping_shl(entry)).wrapping_shr(entry >> 8 & 15) as usize
}

/// Return the index in its subtable of the rest of a code.
#[inline(always)]
fn subtable_index(bits: u64, entry: Entry) -> usize {
    bits as usize & ((1 << (entry >> 8 & 15)) - 1)
}

/// Repeat `length` bytes from `distance` back. May write up to 31 meaningless bytes behind them.
#[inline(always)]
fn copy_match(window: &mut [u8], end: usize, distance: usize, length: usize) {
    let source = end - distance;
    if distance >= 32 {
        let (history, ahead) = window.split_at_mut(end);
        let from = &history[source..source + 32];
        ahead[..32].copy_from_slice(from);
        let mut done = 32;
        while done < length {
            window.copy_within(source + done..source + done + 32, end + done);
            done += 32;
        }
    } else {
        for step in 0..length {
            window[end + step] = window[source + step];
        }
    }
}

/// The decoded bytes of a DEFLATE stream without a wrapper.
pub(super) struct Deflated {
    feed: BufferedStream,
    inflate: Inflate,
}

impl Deflated {
    pub(super) fn new(stream: Box<dyn Stream>) -> Deflated {
        Deflated {
            feed: BufferedStream::new(stream),
            inflate: Inflate::new(),
        }
    }
}

impl Stream for Deflated {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, RejectCode> {
        let bytes = self.inflate.read(&mut self.feed, buffer.len())?;
        buffer[..bytes.len()].copy_from_slice(bytes);
        Ok(bytes.len())
    }
}
