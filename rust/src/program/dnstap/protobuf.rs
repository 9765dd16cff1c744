//! Reading the fields of a protobuf message one by one.

/// A value in wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'m> {
    Number(u64),
    Fixed32(u32),
    Fixed64,
    Bytes(&'m [u8]),
}

/// The bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// The fields of a message, in order. There are none after a malformed one.
pub struct Fields<'m> {
    rest: &'m [u8],
}

impl<'m> Fields<'m> {
    pub fn new(message: &'m [u8]) -> Fields<'m> {
        Fields { rest: message }
    }

    fn field(&mut self) -> Option<(u64, Value<'m>)> {
        let key = self.number()?;
        let value = match key & 7 {
            0 => Value::Number(self.number()?),
            1 => self.take(8).map(|_| Value::Fixed64)?,
            2 => {
                let len = usize::try_from(self.number()?).ok()?;
                Value::Bytes(self.take(len)?)
            }
            5 => Value::Fixed32(u32::from_le_bytes(*self.take(4)?.first_chunk()?)),
            _ => return None,
        };
        (key >> 3 > 0).then_some((key >> 3, value))
    }

    /// Read a number of at most 64 bits: seven bits per byte, the lowest first.
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for place in 0..10 {
            let byte = *self.take(1)?.first()?;
            if place == 9 && byte > 1 {
                return None;
            }
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn take(&mut self, len: usize) -> Option<&'m [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }
}

impl<'m> Iterator for Fields<'m> {
    type Item = Result<(u64, Value<'m>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.rest = &[];
        }
        Some(field.ok_or(Malformed))
    }
}
