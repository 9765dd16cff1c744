//! Finding first occurrences. Fast over short distances: most pieces of a log line are under 16 bytes.

use wide::u8x16;

/// A literal to find in a text, or to expect next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Needle {
    bytes: Box<[u8]>,
    /// Its first bytes as a word, and which of the word's bits count.
    head: u64,
    mask: u64,
    /// Its last eight bytes, if it has that many.
    tail: u64,
}

impl Needle {
    /// Return a needle; None for an empty text.
    pub fn new(text: &str) -> Option<Needle> {
        let bytes = text.as_bytes();
        if bytes.is_empty() {
            return None;
        }
        let mut head = [0; 8];
        let len = bytes.len().min(8);
        head[..len].copy_from_slice(&bytes[..len]);
        let head = u64::from_le_bytes(head);
        Some(Needle {
            bytes: bytes.into(),
            head,
            mask: u64::MAX >> (64 - 8 * len),
            tail: bytes
                .last_chunk()
                .map_or(0, |last| u64::from_le_bytes(*last)),
        })
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    #[inline]
    pub fn first(&self) -> u8 {
        self.head as u8
    }

    /// Return the byte of a literal of one byte.
    #[inline]
    pub fn only(&self) -> Option<u8> {
        (self.len() == 1).then_some(self.first())
    }

    /// Whether the text begins with the literal.
    #[inline]
    pub fn begins(&self, text: &[u8]) -> bool {
        match text.first_chunk::<8>() {
            Some(chunk) => {
                (u64::from_le_bytes(*chunk) ^ self.head) & self.mask == 0
                    && (self.len() <= 8 || self.goes_on(text))
            }
            None => text.starts_with(&self.bytes),
        }
    }

    /// Whether a text that begins with the literal's first eight bytes continues like the literal.
    #[inline]
    fn goes_on(&self, text: &[u8]) -> bool {
        let Some(begun) = text.get(..self.len()) else {
            return false;
        };
        let ends_alike = begun
            .last_chunk()
            .is_some_and(|last| u64::from_le_bytes(*last) == self.tail);
        ends_alike && (self.len() <= 16 || begun == &*self.bytes)
    }

    pub fn ends(&self, text: &[u8]) -> bool {
        text.ends_with(&self.bytes)
    }

    /// Return the first position of the literal. The time is linear, because the literal's length is fixed by the
    /// program.
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

/// Up to this distance texts are searched 16 bytes at a time. `memchr`, for longer ones, costs more to start.
const NEAR: usize = 64;

/// Return the first position of a byte.
#[inline]
pub(crate) fn find_byte(text: &[u8], byte: u8) -> Option<usize> {
    let sought = u8x16::splat(byte);
    find_first_marked(
        text,
        |sixteen| sixteen.cmp_eq(sought),
        |other| other == byte,
        |far| memchr::memchr(byte, far),
    )
}

/// Return the first position of a byte before `limit`, in a buffer in which 16 bytes can usually be read from `start`
/// on.
#[inline(always)]
pub(crate) fn find_before(buffer: &[u8], start: usize, limit: usize, byte: u8) -> Option<usize> {
    let sixteen = buffer.get(start..).and_then(<[u8]>::first_chunk::<16>);
    let Some(sixteen) = sixteen.filter(|_| limit - start <= 16) else {
        return find_byte(&buffer[start..limit], byte).map(|length| start + length);
    };
    let mask = u8x16::new(*sixteen).cmp_eq(u8x16::splat(byte)).move_mask() as u32;
    let place = start + (mask | 1 << 16).trailing_zeros() as usize;
    (place < limit).then_some(place)
}

/// Return the first position of either of two bytes.
#[inline]
pub(crate) fn find_either(text: &[u8], a: u8, b: u8) -> Option<usize> {
    let sought = [u8x16::splat(a), u8x16::splat(b)];
    find_first_marked(
        text,
        |sixteen| sixteen.cmp_eq(sought[0]) | sixteen.cmp_eq(sought[1]),
        |other| other == a || other == b,
        |far| memchr::memchr2(a, b, far),
    )
}

/// Return the first position of any of three bytes.
#[inline]
pub(crate) fn find_any(text: &[u8], [a, b, c]: [u8; 3]) -> Option<usize> {
    let sought = [u8x16::splat(a), u8x16::splat(b), u8x16::splat(c)];
    find_first_marked(
        text,
        |sixteen| sixteen.cmp_eq(sought[0]) | sixteen.cmp_eq(sought[1]) | sixteen.cmp_eq(sought[2]),
        |other| other == a || other == b || other == c,
        |far| memchr::memchr3(a, b, c, far),
    )
}

/// Return the first position of a quote, a backslash or a control character, which a JSON string cannot contain as
/// they are.
#[inline]
pub(crate) fn find_json_special(text: &[u8]) -> Option<usize> {
    let (quote, backslash, control) = (u8x16::splat(b'"'), u8x16::splat(b'\\'), u8x16::splat(0x1F));
    let is_special = |byte| matches!(byte, b'"' | b'\\' | 0..0x20);
    find_first_marked(
        text,
        |sixteen| {
            sixteen.cmp_eq(quote) | sixteen.cmp_eq(backslash) | sixteen.min(control).cmp_eq(sixteen)
        },
        is_special,
        |far| {
            let mut at = 0;
            while let Some((chunk, after)) = far[at..].split_first_chunk::<NEAR>() {
                if chunk
                    .iter()
                    .fold(false, |any, byte| any | is_special(*byte))
                {
                    break;
                }
                at = far.len() - after.len();
            }
            far[at..]
                .iter()
                .position(|byte| is_special(*byte))
                .map(|place| at + place)
        },
    )
}

/// Return the number of spaces at the start of a text.
#[inline(always)]
pub(crate) fn count_leading_spaces(text: &[u8]) -> usize {
    let space = u8x16::splat(b' ');
    count_leading(text, |sixteen| sixteen.cmp_eq(space), |byte| byte == b' ')
}

/// Return the number of digits at the start of a text.
#[inline(always)]
pub(crate) fn count_leading_digits(text: &[u8]) -> usize {
    let (zero, nine) = (u8x16::splat(b'0'), u8x16::splat(9));
    let is_digit = |sixteen: u8x16| {
        let value = sixteen - zero;
        value.min(nine).cmp_eq(value)
    };
    count_leading(text, is_digit, |byte| byte.is_ascii_digit())
}

/// Return the number of bytes of a kind at the start of a text. No branch depends on the count while it is under 16.
#[inline(always)]
fn count_leading(
    text: &[u8],
    marks: impl Fn(u8x16) -> u8x16,
    is_one: impl Fn(u8) -> bool,
) -> usize {
    if let Some(chunk) = text.first_chunk::<16>() {
        let others = !marks(u8x16::new(*chunk)).move_mask() & 0xFFFF;
        if others != 0 {
            return others.trailing_zeros() as usize;
        }
    }
    text.iter().take_while(|byte| is_one(**byte)).count()
}

/// Return the first position that `marks` marks, which is that of the first byte that `is_sought`. `find_far` searches
/// from byte 64 on.
#[inline(always)]
fn find_first_marked(
    text: &[u8],
    marks: impl Fn(u8x16) -> u8x16,
    is_sought: impl Fn(u8) -> bool,
    find_far: impl Fn(&[u8]) -> Option<usize>,
) -> Option<usize> {
    let mut rest = text;
    while let Some((chunk, after)) = rest.split_first_chunk::<16>() {
        let mask = marks(u8x16::new(*chunk)).move_mask();
        let at = text.len() - rest.len();
        if mask != 0 {
            return Some(at + mask.trailing_zeros() as usize);
        }
        rest = after;
        if at + 16 == NEAR {
            return find_far(rest).map(|place| NEAR + place);
        }
    }
    let at = text.len() - rest.len();
    rest.iter()
        .position(|byte| is_sought(*byte))
        .map(|place| at + place)
}
