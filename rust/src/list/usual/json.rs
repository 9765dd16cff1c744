//! The elements of an array of a JSON document (RFC 8259), those that are objects of the usual form.

use std::borrow::Cow;

use memchr::memchr;

use super::marks::Marks;
use super::rows::RowPlace;
use super::{MOST_TEXT_BYTES, Rows};

/// Deeper values, longer objects, and objects of more keys are left to Python.
const MOST_DEPTH: usize = 32;
const MOST_KEYS: usize = 64;
const MOST_OBJECT_BYTES: usize = 1 << 20;

/// What was taken: rows, how many elements, and where the next one begins, in bytes.
#[derive(Debug, Default)]
pub struct Objects {
    pub rows: Rows,
    pub elements: u64,
    pub end: usize,
    /// Ends of lines from `start` to `end`.
    pub lines: u64,
}

/// Take elements from `start` on, as long as `read` takes them and another follows in this text.
///
/// `read` is called at the first byte of an element, with its place among these, and adds its rows.
pub fn take_objects<'t>(
    text: &'t str,
    start: usize,
    mut read: impl FnMut(&mut Walk<'t>, &mut Rows, RowPlace) -> Option<()>,
) -> Objects {
    let mut objects = Objects {
        rows: Rows::with_room_for(text.len() - start),
        end: start,
        ..Objects::default()
    };
    let mut walk = Walk {
        text,
        at: start,
        element: start,
        lines: 0,
        keys: Vec::new(),
        marks: Marks::NONE,
    };
    walk.skip_blank();
    loop {
        walk.element = walk.at;
        let place = RowPlace {
            line: walk.lines,
            element: objects.elements,
            part: 0,
        };
        let before = objects.rows.mark();
        let whole = read(&mut walk, &mut objects.rows, place);
        if whole.is_none() || !walk.is_followed() {
            objects.rows.truncate(before);
            return objects;
        }
        walk.skip_blank();
        let _ = walk.take(b',');
        walk.skip_blank();
        objects.elements += 1;
        (objects.end, objects.lines) = (walk.at, walk.lines);
    }
}

/// A cursor over one text. Each method returns None where the text is not of the form that it reads.
pub struct Walk<'t> {
    text: &'t str,
    at: usize,
    element: usize,
    lines: u64,
    keys: Vec<&'t str>,
    marks: Marks,
}

/// A string as it is written between its quotes. Its escapes are valid, and it has no control characters but DEL.
#[derive(Clone, Copy)]
pub struct RawString<'t> {
    pub text: &'t str,
    pub has_escapes: bool,
    has_delete: bool,
}

impl<'t> Walk<'t> {
    /// Read the members of an object: `member` is called with each key, at its value. Keys are written without escapes,
    /// each once.
    pub fn object(
        &mut self,
        depth: usize,
        mut member: impl FnMut(&mut Self, &'t str) -> Option<()>,
    ) -> Option<()> {
        let before = self.keys.len();
        // A bit for each length and last byte of a key: most keys differ in one of them.
        let mut seen = 0_u64;
        self.sequence(b'{', b'}', |walk| {
            let raw = walk.raw_string()?;
            let key = raw.text;
            let known = &walk.keys[before..];
            let bit = 1 << ((key.len() + usize::from(*key.as_bytes().last().unwrap_or(&0))) % 64);
            let is_twice = seen & bit != 0 && known.contains(&key);
            if known.len() == MOST_KEYS || raw.has_escapes || is_twice || depth > MOST_DEPTH {
                return None;
            }
            seen |= bit;
            walk.keys.push(key);
            walk.skip_blank();
            walk.take(b':')?;
            walk.skip_blank();
            member(walk, key)
        })?;
        self.keys.truncate(before);
        Some(())
    }

    /// Read the elements of an array.
    pub fn array(&mut self, element: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.sequence(b'[', b']', element)
    }

    fn sequence(
        &mut self,
        opening: u8,
        closing: u8,
        mut one: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        self.take(opening)?;
        self.skip_blank();
        if self.take(closing).is_some() {
            return Some(());
        }
        loop {
            one(self)?;
            self.skip_blank();
            if self.take(closing).is_some() {
                return Some(());
            }
            self.take(b',')?;
            self.skip_blank();
        }
    }

    /// Read over any value.
    pub fn skip(&mut self, depth: usize) -> Option<()> {
        if depth > MOST_DEPTH {
            return None;
        }
        match self.peek()? {
            b'"' => self.raw_string().map(|_| ()),
            b'{' => self.object(depth, |walk, _| walk.skip(depth + 1)),
            b'[' => self.array(|walk| walk.skip(depth + 1)),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number().map(drop),
        }
    }

    /// Read a text without control characters, and without the blanks around it; null is an empty one.
    pub fn text(&mut self) -> Option<Cow<'t, str>> {
        if self.peek()? == b'n' {
            return self.word("null").map(|()| Cow::Borrowed(""));
        }
        let raw = self.raw_string()?;
        let text = if raw.has_escapes {
            Cow::Owned(without_blanks(&unescape(raw.text)?).to_owned())
        } else {
            Cow::Borrowed(without_blanks(raw.text))
        };
        // A character may take four bytes, and Python counts characters: a shorter text is never too long.
        let has_delete =
            raw.has_delete || raw.has_escapes && memchr(0x7f, text.as_bytes()).is_some();
        (text.len() <= MOST_TEXT_BYTES && !has_delete).then_some(text)
    }

    /// Read true, false, or null, which is None.
    pub fn flag(&mut self) -> Option<Option<bool>> {
        let (word, value) = match self.peek()? {
            b't' => ("true", Some(true)),
            b'f' => ("false", Some(false)),
            _ => ("null", None),
        };
        self.word(word)?;
        Some(value)
    }

    /// Read a number, as it is written.
    pub fn number(&mut self) -> Option<&'t str> {
        let start = self.at;
        let _ = self.take(b'-');
        if self.take(b'0').is_none() {
            self.digits()?;
        }
        if self.take(b'.').is_some() {
            self.digits()?;
        }
        if self.take(b'e').or_else(|| self.take(b'E')).is_some() {
            let _ = self.take(b'+').or_else(|| self.take(b'-'));
            self.digits()?;
        }
        Some(&self.text[start..self.at])
    }

    /// Whether the element that ends here is short enough, and another follows.
    pub fn is_followed(&self) -> bool {
        if self.at - self.element > MOST_OBJECT_BYTES {
            return false;
        }
        let bytes = self.text.as_bytes();
        let comma = after_blanks(bytes, self.at);
        let next = after_blanks(bytes, comma + 1);
        bytes.get(comma) == Some(&b',') && bytes.get(next).is_some_and(|byte| *byte != b']')
    }

    /// The next byte.
    pub fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let is_here = self.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        self.at += if is_here { word.len() } else { 0 };
        is_here.then_some(())
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        let is_here = self.peek() == Some(byte);
        self.at += usize::from(is_here);
        is_here.then_some(())
    }

    fn skip_blank(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\r' | b'\n')) = self.peek() {
            self.lines += u64::from(byte == b'\n');
            self.at += 1;
        }
    }

    /// Read a string as it is written.
    pub fn raw_string(&mut self) -> Option<RawString<'t>> {
        self.take(b'"')?;
        let bytes = self.text.as_bytes();
        let start = self.at;
        let (mut has_escapes, mut has_delete) = (false, false);
        loop {
            self.at = self.marks.next(bytes, self.at)?;
            match bytes[self.at] {
                b'"' => break,
                b'\\' => {
                    has_escapes = true;
                    self.at += escape_bytes(&bytes[self.at + 1..])?;
                }
                0x7f => {
                    has_delete = true;
                    self.at += 1;
                }
                _ => return None,
            }
        }
        let text = &self.text[start..self.at];
        self.at += 1;
        Some(RawString {
            text,
            has_escapes,
            has_delete,
        })
    }
}

/// The length of an escape, of which these bytes follow the backslash.
fn escape_bytes(rest: &[u8]) -> Option<usize> {
    match rest.first()? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => {
            let digits = rest.get(1..5)?;
            digits.iter().all(u8::is_ascii_hexdigit).then_some(6)
        }
        _ => None,
    }
}

/// Where the next byte is that is no blank of JSON.
fn after_blanks(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\r' | b'\n') = bytes.get(at) {
        at += 1;
    }
    at
}

fn without_blanks(text: &str) -> &str {
    match text.as_bytes() {
        [b' ', ..] | [.., b' '] => text.trim_matches(' '),
        _ => text,
    }
}

/// The text of a string with escapes of printable characters. None for others.
fn unescape(raw: &str) -> Option<String> {
    let mut unescaped = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        unescaped.push_str(&rest[..at]);
        let (character, length) = match rest.as_bytes()[at + 1] {
            byte @ (b'"' | b'\\' | b'/') => (char::from(byte), 2),
            b'u' => (
                char::from_u32(u32::from_str_radix(&rest[at + 2..at + 6], 16).ok()?)?,
                6,
            ),
            _ => return None,
        };
        if character < ' ' {
            return None;
        }
        unescaped.push(character);
        rest = &rest[at + length..];
    }
    unescaped.push_str(rest);
    Some(unescaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(text: &str) -> (u64, usize) {
        let objects = take_objects(text, 0, |walk, _, _| walk.skip(0));
        (objects.elements, objects.end)
    }

    #[test]
    fn elements_are_taken_while_another_follows() {
        assert_eq!(taken(r#"{"a":[1,-0.5e3,null]}, "b" ,{} ]"#), (2, 28));
        assert_eq!(taken("1,2"), (1, 2));
        assert_eq!(taken("1,"), (0, 0));
        assert_eq!(taken("1,]"), (0, 0));
        assert_eq!(taken(""), (0, 0));
    }

    #[test]
    fn what_is_no_usual_value_is_left() {
        for text in [
            "01",
            "1.",
            "+1",
            "NaN",
            "tru",
            "\"a",
            "\"\u{1}\"",
            r#""\x""#,
            r#""\u12g4""#,
            "[1,]",
            "{\"a\":1,}",
            "{\"a\":1,\"a\":2}",
            "{\"a\":{\"b\":1,\"b\":2}}",
            r#"{"\u0061":1}"#,
            "{1:2}",
            "[1 2]",
        ] {
            assert_eq!(taken(&format!("{text},0,")).0, 0, "{text}");
        }
        let deep = |depth: usize| format!("{}{},0,", "[".repeat(depth), "]".repeat(depth));
        assert_eq!((taken(&deep(20)).0, taken(&deep(60)).0), (1, 0));
    }
}
