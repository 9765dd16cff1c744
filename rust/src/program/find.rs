//! First occurrences, quick where the way is short: most pieces of a log line are under 16 bytes.

/// A literal to look for.
#[derive(Clone, Debug)]
pub(crate) enum Needle {
    Byte(u8),
    Bytes(Box<[u8]>),
}

impl Needle {
    /// None for an empty text, which is everywhere.
    pub fn new(text: &str) -> Option<Needle> {
        match text.as_bytes() {
            [] => None,
            [byte] => Some(Needle::Byte(*byte)),
            bytes => Some(Needle::Bytes(bytes.into())),
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Needle::Byte(_) => 1,
            Needle::Bytes(bytes) => bytes.len(),
        }
    }

    pub fn first(&self) -> u8 {
        match self {
            Needle::Byte(byte) => *byte,
            Needle::Bytes(bytes) => bytes[0],
        }
    }

    pub fn begins(&self, text: &[u8]) -> bool {
        match self {
            Needle::Byte(byte) => text.first() == Some(byte),
            Needle::Bytes(bytes) => text.starts_with(bytes),
        }
    }

    pub fn ends(&self, text: &[u8]) -> bool {
        match self {
            Needle::Byte(byte) => text.last() == Some(byte),
            Needle::Bytes(bytes) => text.ends_with(bytes),
        }
    }

    #[inline]
    pub fn find(&self, text: &[u8]) -> Option<usize> {
        match self {
            Needle::Byte(byte) => find_byte(text, *byte),
            Needle::Bytes(bytes) => find_bytes(text, bytes),
        }
    }

    pub fn find_last(&self, text: &[u8]) -> Option<usize> {
        match self {
            Needle::Byte(byte) => memchr::memrchr(*byte, text),
            Needle::Bytes(bytes) => memchr::memmem::rfind(text, bytes),
        }
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// A word whose lowest set high bit marks the first byte of `word` that is zero.
#[inline]
pub(crate) fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

/// As `zero_bytes`, for bytes below `limit` (at most 0x80).
#[inline]
pub(crate) fn bytes_below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(ONES * limit as u64) & !word & HIGHS
}

/// The byte in all eight places.
#[inline]
pub(crate) const fn spread(byte: u8) -> u64 {
    ONES * byte as u64
}

/// The first place of a byte.
#[inline]
pub(crate) fn find_byte(text: &[u8], byte: u8) -> Option<usize> {
    let mut at = 0;
    while at < 16 {
        let Some(chunk) = text[at..].first_chunk::<8>() else {
            return text[at..]
                .iter()
                .position(|&other| other == byte)
                .map(|place| at + place);
        };
        let found = zero_bytes(u64::from_le_bytes(*chunk) ^ spread(byte));
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    memchr::memchr(byte, &text[at..]).map(|place| at + place)
}

/// The first place of a text of two bytes or more; linear for a text of fixed length.
fn find_bytes(text: &[u8], sought: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(place) = find_byte(&text[from..], sought[0]) {
        if text[from + place..].starts_with(sought) {
            return Some(from + place);
        }
        from += place + 1;
    }
    None
}
