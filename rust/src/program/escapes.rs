//! Undoing the escapes that log writers use (ADR 3, `decode`).

/// The kinds of escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Decode {
    Backslash,
    Hex,
    Plus,
    /// `Plus`, only in the first of several slots.
    PlusFirst,
}

impl Decode {
    /// Return the escapes of the slot at this index of a choice.
    #[inline]
    pub fn at(self, place: usize) -> Option<Decode> {
        match self {
            Decode::PlusFirst => (place == 0).then_some(Decode::Plus),
            other => Some(other),
        }
    }

    fn is_plus(self) -> bool {
        matches!(self, Decode::Plus | Decode::PlusFirst)
    }

    /// Whether the text contains the first byte of an escape.
    #[inline]
    pub fn concerns(self, text: &[u8]) -> bool {
        let sign = if self.is_plus() { b'+' } else { b'\\' };
        memchr::memchr(sign, text).is_some()
    }

    /// Undo the escapes of `buffer[from..]` in place. No escape is shorter than its meaning.
    pub fn undo(self, buffer: &mut Vec<u8>, from: usize) {
        if self.is_plus() {
            buffer[from..]
                .iter_mut()
                .filter(|byte| **byte == b'+')
                .for_each(|byte| *byte = b' ');
            return;
        }
        let (mut read, mut write) = (from, from);
        while read < buffer.len() {
            let (byte, taken) = self.unit(&buffer[read..]);
            buffer[write] = byte;
            read += taken;
            write += 1;
        }
        buffer.truncate(write);
    }

    /// Return the first byte that `text` means, and how many bytes encode it.
    fn unit(self, text: &[u8]) -> (u8, usize) {
        match *text {
            [b'\\', b'x', high, low, ..] => match (hex_digit(high), hex_digit(low)) {
                (Some(high), Some(low)) => (high << 4 | low, 4),
                _ => (b'\\', 1),
            },
            [b'\\', letter, ..] if self == Decode::Backslash => match escaped(letter) {
                Some(byte) => (byte, 2),
                None => (b'\\', 1),
            },
            _ => (text[0], 1),
        }
    }
}

/// Return the byte that a letter after a backslash means.
fn escaped(letter: u8) -> Option<u8> {
    Some(match letter {
        b'"' | b'\\' => letter,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 0x08,
        b'f' => 0x0C,
        b'v' => 0x0B,
        _ => return None,
    })
}

/// Return the value of a hexadecimal digit.
pub(crate) fn hex_digit(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).map(|value| value as u8)
}
