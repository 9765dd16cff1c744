//! First occurrences, quick where the way is short: most pieces of a log line are under 16 bytes.

/// A literal to look for, or to stand next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Needle {
    bytes: Box<[u8]>,
    /// Its first bytes as a word, and which of the word's bits count.
    head: u64,
    mask: u64,
}

impl Needle {
    /// None for an empty text, which is everywhere.
    pub fn new(text: &str) -> Option<Needle> {
        let bytes = text.as_bytes();
        if bytes.is_empty() {
            return None;
        }
        let mut head = [0; 8];
        let len = bytes.len().min(8);
        head[..len].copy_from_slice(&bytes[..len]);
        let head = u64::from_le_bytes(head);
        Some(Needle { bytes: bytes.into(), head, mask: u64::MAX >> (64 - 8 * len) })
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    #[inline]
    pub fn first(&self) -> u8 {
        self.head as u8
    }

    /// The byte that the literal is, if it is but one.
    #[inline]
    pub fn only(&self) -> Option<u8> {
        (self.len() == 1).then_some(self.first())
    }

    /// The text begins with the literal.
    #[inline]
    pub fn begins(&self, text: &[u8]) -> bool {
        match text.first_chunk::<8>() {
            Some(chunk) => {
                (u64::from_le_bytes(*chunk) ^ self.head) & self.mask == 0
                    && (self.len() <= 8 || text[8..].starts_with(&self.bytes[8..]))
            }
            None => text.starts_with(&self.bytes),
        }
    }

    pub fn ends(&self, text: &[u8]) -> bool {
        text.ends_with(&self.bytes)
    }

    /// The first place of the literal; linear, as its length is the program's and not the frame's.
    #[inline]
    pub fn find(&self, text: &[u8]) -> Option<usize> {
        if self.len() == 1 {
            return find_byte(text, self.first());
        }
        let mut from = 0;
        loop {
            from += find_byte(&text[from..], self.first())?;
            if self.begins(&text[from..]) {
                return Some(from);
            }
            from += 1;
        }
    }

    pub fn find_last(&self, text: &[u8]) -> Option<usize> {
        match self.only() {
            Some(byte) => memchr::memrchr(byte, text),
            None => memchr::memmem::rfind(text, &self.bytes),
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

/// Ways up to here are searched by words, longer ones by `memchr`, whose start costs more.
const NEAR: usize = 24;

/// The first place of a byte.
#[inline]
pub(crate) fn find_byte(text: &[u8], byte: u8) -> Option<usize> {
    let sought = spread(byte);
    first_marked(
        text,
        |word| zero_bytes(word ^ sought),
        |other| other == byte,
        |far| memchr::memchr(byte, far),
    )
}

/// The first place of any of three bytes.
#[inline]
pub(crate) fn find_any(text: &[u8], [a, b, c]: [u8; 3]) -> Option<usize> {
    let sought = [spread(a), spread(b), spread(c)];
    first_marked(
        text,
        |word| {
            let [a, b, c] = sought;
            // Only the lowest mark counts, and each of the three is right up to its own lowest.
            zero_bytes(word ^ a) | zero_bytes(word ^ b) | zero_bytes(word ^ c)
        },
        |other| other == a || other == b || other == c,
        |far| memchr::memchr3(a, b, c, far),
    )
}

#[inline]
fn first_marked(
    text: &[u8],
    marks: impl Fn(u64) -> u64,
    is_sought: impl Fn(u8) -> bool,
    find_far: impl Fn(&[u8]) -> Option<usize>,
) -> Option<usize> {
    let mut at = 0;
    let mut rest = text;
    while let Some((chunk, after)) = rest.split_first_chunk::<8>() {
        let found = marks(u64::from_le_bytes(*chunk));
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
        rest = after;
        if at == NEAR {
            return find_far(rest).map(|place| at + place);
        }
    }
    rest.iter().position(|byte| is_sought(*byte)).map(|place| at + place)
}
