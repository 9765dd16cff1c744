//! Huffman codes of DEFLATE as lookup tables (RFC 1951, 3.2).
//!
//! A table is indexed by the next bits of the stream. Codes longer than the table's bits go through a subtable. A
//! literal shares its entry with the next literal or length if both codes fit into one look-up. That makes text fast:
//! fewer look-ups, and fewer branches that no processor can predict.

/// An entry: what to consume, what it is, and its value.
///
/// | bits | hold |
/// |---|---|
/// | 0-5 | bits to consume, extra bits included; of a subtable: the bits of the first lookup |
/// | 8-11 | bits to consume without the extra bits; of a subtable: the bits of its index |
/// | 12-13 | how many literals it begins with; of `SPECIAL` ones: which |
/// | 14-15 | `SPECIAL`, `LITERALS`; neither: it ends with a length, or is a distance |
/// | 16-23 | the first literal |
/// | 24-31 | the second literal, or the length less 3 |
/// | 16-31 | instead: the base of a distance, or where the subtable starts |
pub(super) type Entry = u32;

/// Literals and nothing else.
pub(super) const LITERALS: Entry = 1 << 15;
/// Not a literal, length or distance: a subtable, the end of the block, or (without a further flag) no code.
pub(super) const SPECIAL: Entry = 1 << 14;
pub(super) const SUBTABLE: Entry = 1 << 13;
pub(super) const END_OF_BLOCK: Entry = 1 << 12;
const ONE_LITERAL: Entry = 1 << 12;

pub(super) const LITERAL_BITS: u32 = 11;
pub(super) const DISTANCE_BITS: u32 = 9;
pub(super) const PRECODE_BITS: u32 = 7;
const LONGEST: usize = 15;

/// Room for the first look-up and for all subtables. A subtable of n bits holds more than 2^(n-1) codes, each of at
/// least one symbol.
pub(super) const TABLE_ENTRIES: usize = (1 << LITERAL_BITS) + 2 * 288 + 15 * 16;

/// Base (less 3) and extra bits of the length symbols 257-285.
const LENGTHS: [(u8, u8); 29] = {
    let mut table = [(0, 0); 29];
    let mut base: u8 = 0;
    let mut symbol = 0;
    while symbol < 28 {
        let extra = if symbol < 8 { 0 } else { symbol as u8 / 4 - 1 };
        table[symbol] = (base, extra);
        base = base.wrapping_add(1 << extra);
        symbol += 1;
    }
    table[28] = (255, 0);
    table
};

/// Base and extra bits of the distance symbols.
const DISTANCES: [(u16, u8); 30] = {
    let mut table = [(0, 0); 30];
    let mut base: u16 = 1;
    let mut symbol = 0;
    while symbol < 30 {
        let extra = if symbol < 4 { 0 } else { symbol as u8 / 2 - 1 };
        table[symbol] = (base, extra);
        base = base.wrapping_add(1 << extra);
        symbol += 1;
    }
    table
};

/// The kinds of symbols that a code can have.
#[derive(Clone, Copy)]
pub(super) enum Alphabet {
    Literals,
    Distances,
    Precode,
}

impl Alphabet {
    fn bits(self) -> u32 {
        match self {
            Alphabet::Literals => LITERAL_BITS,
            Alphabet::Distances => DISTANCE_BITS,
            Alphabet::Precode => PRECODE_BITS,
        }
    }

    /// Return the entry of a symbol whose code takes `bits` bits in its last look-up.
    fn entry(self, symbol: usize, bits: u32) -> Entry {
        let value = |base: u32, extra: u8| base << 16 | bits << 8 | (bits + u32::from(extra));
        match (self, symbol) {
            (Alphabet::Precode, _) => value(symbol as u32, 0),
            (Alphabet::Literals, 0..256) => value(symbol as u32, 0) | LITERALS | ONE_LITERAL,
            (Alphabet::Literals, 256) => bits | SPECIAL | END_OF_BLOCK,
            (Alphabet::Literals, 257..286) => {
                let (base, extra) = LENGTHS[symbol - 257];
                value(u32::from(base) << 8, extra)
            }
            (Alphabet::Distances, 0..30) => {
                let (base, extra) = DISTANCES[symbol];
                value(u32::from(base), extra)
            }
            _ => SPECIAL,
        }
    }
}

/// The lengths make no valid code.
#[derive(Debug)]
pub(super) struct BadCode;

/// One code as a look-up table.
pub(super) struct Table {
    pub(super) entries: Box<[Entry; TABLE_ENTRIES]>,
}

impl Table {
    pub(super) fn new() -> Table {
        Table {
            entries: Box::new([SPECIAL; TABLE_ENTRIES]),
        }
    }

    /// Build the table for code lengths, one for each symbol. A code can be incomplete only if it is a single code of
    /// one bit, or empty.
    pub(super) fn build(&mut self, alphabet: Alphabet, lengths: &[u8]) -> Result<(), BadCode> {
        let mut counts = [0u16; LONGEST + 1];
        for &length in lengths {
            counts[length as usize] += 1;
        }
        let mut offsets = [0u16; LONGEST + 2];
        let mut left: i32 = 1;
        for length in 1..=LONGEST {
            offsets[length + 1] = offsets[length] + counts[length];
            left = (left << 1) - i32::from(counts[length]);
            if left < 0 {
                return Err(BadCode);
            }
        }
        let used = offsets[LONGEST + 1];
        if left > 0 && used > 0 && (used != 1 || counts[1] != 1) {
            return Err(BadCode);
        }
        let mut sorted = [0u16; 288];
        for (symbol, &length) in lengths
            .iter()
            .enumerate()
            .filter(|&(_, &length)| length > 0)
        {
            let place = &mut offsets[length as usize];
            sorted[*place as usize] = symbol as u16;
            *place += 1;
        }
        if left > 0 {
            self.entries[..1 << alphabet.bits()].fill(SPECIAL);
        }
        self.fill(alphabet, &sorted[..used as usize], &counts);
        if matches!(alphabet, Alphabet::Literals) {
            self.join_literals();
        }
        Ok(())
    }

    /// Write the entries in the order of the codes. The index of a code is its bits in reverse.
    fn fill(&mut self, alphabet: Alphabet, sorted: &[u16], counts: &[u16; LONGEST + 1]) {
        let first_bits = alphabet.bits();
        let first_mask = (1usize << first_bits) - 1;
        let mut code = 0usize;
        let mut symbols = sorted.iter();
        for length in 1..=first_bits.min(LONGEST as u32) {
            for &symbol in symbols.by_ref().take(counts[length as usize] as usize) {
                let entry = alphabet.entry(symbol as usize, length);
                self.entries[..=first_mask]
                    .iter_mut()
                    .skip(code)
                    .step_by(1 << length)
                    .for_each(|slot| *slot = entry);
                code = next_code(code, length);
            }
        }
        let mut prefix = usize::MAX;
        let (mut start, mut bits) = (1usize << first_bits, 0);
        for length in first_bits + 1..=LONGEST as u32 {
            for place in 0..counts[length as usize] {
                let Some(&symbol) = symbols.next() else {
                    return;
                };
                if code & first_mask != prefix {
                    prefix = code & first_mask;
                    start += if bits == 0 { 0 } else { 1 << bits };
                    bits =
                        subtable_bits(first_bits, length, counts[length as usize] - place, counts);
                    let link = (start as Entry) << 16 | SPECIAL | SUBTABLE | bits << 8 | first_bits;
                    self.entries[prefix] = link;
                }
                let entry = alphabet.entry(symbol as usize, length - first_bits);
                let subtable = &mut self.entries[start..start + (1 << bits)];
                subtable
                    .iter_mut()
                    .skip(code >> first_bits)
                    .step_by(1 << (length - first_bits))
                    .for_each(|e| *e = entry);
                code = next_code(code, length);
            }
        }
    }

    /// Join a literal with the next literal or length if both codes fit into one look-up.
    fn join_literals(&mut self) {
        // Downwards: the second entry has a lower index than the first, so it is still single.
        for index in (0..1usize << LITERAL_BITS).rev() {
            let first = self.entries[index];
            if first & LITERALS == 0 {
                continue;
            }
            let bits = first & 63;
            let second = self.entries[index >> bits];
            if second & SPECIAL != 0 || bits + (second >> 8 & 15) > LITERAL_BITS {
                continue;
            }
            let values = if second & LITERALS == 0 {
                second & 0xff00_0000
            } else {
                (second & 0xff_0000) << 8
            };
            let second = second & (LITERALS | 0x3fff);
            self.entries[index] =
                values | first & 0xff_0000 | (second + ONE_LITERAL + (bits << 8 | bits));
        }
    }
}

/// Return the next code of this length, with bits in reverse: the highest zero becomes one, the bits above it become
/// zeros.
fn next_code(code: usize, length: u32) -> usize {
    let mut bit = 1 << (length - 1);
    while code & bit != 0 {
        bit >>= 1;
    }
    if bit == 0 { 0 } else { code & (bit - 1) | bit }
}

/// Return the bits of the subtable that begins with a code of `length`, if `left` codes of that length remain: enough
/// until its codes fill it.
fn subtable_bits(first_bits: u32, length: u32, left: u16, counts: &[u16; LONGEST + 1]) -> u32 {
    let mut bits = length - first_bits;
    let mut codes = u32::from(left);
    while codes < 1 << bits && ((first_bits + bits) as usize) < LONGEST {
        bits += 1;
        codes = (codes << 1) + u32::from(counts[(first_bits + bits) as usize]);
    }
    bits
}
