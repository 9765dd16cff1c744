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
    /// The escapes of the Common Event Format: a backslash before `=`, `\`, `|`, `n` and `r`.
    Cef,
    /// Of `[scheme://]host[:port][/path]` the host with its port.
    UrlHost,
    /// Of such a text the path and what follows, `*` if there is none.
    UrlPath,
    /// `Cef`, and of the first of several slots the part that `UrlPath` takes.
    CefPath,
    /// The labels of a DNS name behind their lengths, `(3)www(7)example(0)`.
    Labels,
}

impl Decode {
    /// Return the escapes of the slot at this index of a choice.
    #[inline]
    pub fn at(self, place: usize) -> Option<Decode> {
        match self {
            Decode::PlusFirst => (place == 0).then_some(Decode::Plus),
            Decode::CefPath if place > 0 => Some(Decode::Cef),
            other => Some(other),
        }
    }

    fn is_plus(self) -> bool {
        matches!(self, Decode::Plus | Decode::PlusFirst)
    }

    fn is_part(self) -> bool {
        matches!(
            self,
            Decode::UrlHost | Decode::UrlPath | Decode::CefPath | Decode::Labels
        )
    }

    /// Whether the text contains the first byte of an escape.
    #[inline]
    pub fn concerns(self, text: &[u8]) -> bool {
        if self.is_part() {
            return true;
        }
        let sign = if self.is_plus() { b'+' } else { b'\\' };
        memchr::memchr(sign, text).is_some()
    }

    /// Undo the escapes of `buffer[from..]` in place. No escape is shorter than its meaning.
    pub fn undo(self, buffer: &mut Vec<u8>, from: usize) {
        if self.is_part() {
            let taken = self.part(&buffer[from..]);
            buffer.truncate(from);
            buffer.extend_from_slice(&taken);
            return;
        }
        if self.is_plus() {
            buffer[from..]
                .iter_mut()
                .filter(|byte| **byte == b'+')
                .for_each(|byte| *byte = b' ');
            return;
        }
        let (mut read, mut write) = (from, from);
        while let Some(length) = memchr::memchr(b'\\', &buffer[read..]) {
            buffer.copy_within(read..read + length, write);
            (read, write) = (read + length, write + length);
            let (byte, taken) = self.unit(&buffer[read..]);
            buffer[write] = byte;
            (read, write) = (read + taken, write + 1);
        }
        let end = buffer.len();
        buffer.copy_within(read..end, write);
        buffer.truncate(write + end - read);
    }

    /// Return the part of a text that this takes.
    #[cold]
    fn part(self, text: &[u8]) -> Vec<u8> {
        match self {
            Decode::UrlHost => host_of_url(text).to_vec(),
            Decode::UrlPath => match &strip_quotes(text)[host_range(strip_quotes(text)).end..] {
                [] => b"*".to_vec(),
                path @ [b'/', ..] => path.to_vec(),
                rest => [b"/", rest].concat(),
            },
            Decode::CefPath => {
                let mut plain = text.to_vec();
                Decode::Cef.undo(&mut plain, 0);
                Decode::UrlPath.part(&plain)
            }
            _ => labels(text).unwrap_or_else(|| text.to_vec()),
        }
    }

    /// Return the first byte that `text` means, and how many bytes encode it.
    fn unit(self, text: &[u8]) -> (u8, usize) {
        match *text {
            [b'\\', letter, ..] if self == Decode::Cef => match letter {
                b'=' | b'\\' | b'|' => (letter, 2),
                b'n' => (b'\n', 2),
                b'r' => (b'\r', 2),
                _ => (b'\\', 1),
            },
            [b'\\', b'x', high, low, ..] => match (hex_digit(high), hex_digit(low)) {
                (Some(high), Some(low)) => (high << 4 | low, 4),
                _ => (b'\\', 1),
            },
            [b'\\', letter, ..] if self == Decode::Backslash => match unescape_letter(letter) {
                Some(byte) => (byte, 2),
                None => (b'\\', 1),
            },
            _ => (text[0], 1),
        }
    }
}

/// Return a text without the quotes around it.
fn strip_quotes(text: &[u8]) -> &[u8] {
    match text {
        [b'"', inside @ .., b'"'] => inside,
        _ => text,
    }
}

/// Return the host with its port in `[scheme://]host[:port][/path]`, with or without quotes around all of it.
pub(super) fn host_of_url(text: &[u8]) -> &[u8] {
    let text = strip_quotes(text);
    &text[host_range(text)]
}

fn host_range(text: &[u8]) -> std::ops::Range<usize> {
    let is_scheme = |scheme: &[u8]| {
        scheme.first().is_some_and(u8::is_ascii_alphabetic)
            && scheme
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-'))
    };
    let start = match memchr::memmem::find(text, b"://") {
        Some(end) if is_scheme(&text[..end]) => end + 3,
        _ => 0,
    };
    let length = text[start..]
        .iter()
        .take_while(|byte| !matches!(byte, b'/' | b'?' | b'#'))
        .count();
    start..start + length
}

/// Whether something is left of a text that `Decode::Labels` takes: of lengths that do not fit, nothing is.
pub(super) fn are_labels_whole(text: &[u8]) -> bool {
    !text.starts_with(b"(") || labels(text).is_some()
}

/// Return the name of labels that stand behind their lengths, the last of length 0; None if they are not such.
fn labels(text: &[u8]) -> Option<Vec<u8>> {
    let mut name = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        let close = memchr::memchr(b')', rest.strip_prefix(b"(")?)?;
        let digits = &rest[1..=close];
        let length = std::str::from_utf8(digits).ok()?;
        if !(1..=2).contains(&length.len()) || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let length: usize = length.parse().ok()?;
        rest = &rest[close + 2..];
        if length == 0 {
            if name.is_empty() {
                name.push(b'.');
            }
            return rest.is_empty().then_some(name);
        }
        if !name.is_empty() {
            name.push(b'.');
        }
        name.extend_from_slice(rest.get(..length)?);
        rest = &rest[length..];
    }
}

/// Return the byte that a letter after a backslash means.
fn unescape_letter(letter: u8) -> Option<u8> {
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
