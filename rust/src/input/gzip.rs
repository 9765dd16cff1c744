//! gzip (RFC 1952): all members as one stream.

use std::sync::Arc;

use super::inflate::Inflate;
use super::limits::Budget;
use super::stream::{Feed, Stream};
use crate::record::Code;

enum State {
    /// Before a member; `true`: one came before, so that padding or the end may follow.
    Between(bool),
    Within,
    End,
}

/// The decoded bytes of a gzip file.
pub(super) struct Gzip {
    feed: Feed,
    budget: Arc<Budget>,
    inflate: Inflate,
    crc: crc32fast::Hasher,
    size: u32,
    state: State,
}

impl Gzip {
    pub(super) fn new(stream: Box<dyn Stream>, budget: Arc<Budget>) -> Gzip {
        let state = State::Between(false);
        let inflate = Inflate::new();
        Gzip {
            feed: Feed::new(stream),
            budget,
            inflate,
            crc: crc32fast::Hasher::new(),
            size: 0,
            state,
        }
    }

    /// Reads what stands between two members: zeros (tape padding, as `gzip` itself lets pass) and the next header.
    fn enter(&mut self, after_a_member: bool) -> Result<State, Code> {
        if after_a_member {
            loop {
                let bytes = self.feed.bytes()?;
                let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
                let (at_end, all_zeros) = (bytes.is_empty(), zeros == bytes.len());
                self.feed.take(zeros);
                if at_end {
                    return Ok(State::End);
                }
                if !all_zeros {
                    break;
                }
            }
        }
        self.header()?;
        self.inflate.reset();
        self.crc.reset();
        self.size = 0;
        Ok(State::Within)
    }

    fn header(&mut self) -> Result<(), Code> {
        let [0x1f, 0x8b, 8, flags, ..] = self.feed.array::<10>()? else {
            return Err(Code::BrokenStream);
        };
        let [_, header_crc, extra, name, comment] =
            [0, 1, 2, 3, 4].map(|bit| flags >> bit & 1 == 1);
        if flags & 0xe0 != 0 {
            return Err(Code::BrokenStream);
        }
        if extra {
            for _ in 0..u16::from_le_bytes(self.feed.array()?) {
                self.feed.byte()?;
            }
        }
        for _ in 0..u8::from(name) + u8::from(comment) {
            while self.feed.byte()? != 0 {}
        }
        if header_crc {
            self.feed.array::<2>()?;
        }
        Ok(())
    }

    /// Inflates into `buffer`; 0 bytes at the end of the member, whose trailer has then been checked.
    fn inflate(&mut self, buffer: &mut [u8]) -> Result<usize, Code> {
        let bytes = self.inflate.read(&mut self.feed, buffer.len())?;
        let count = bytes.len();
        buffer[..count].copy_from_slice(bytes);
        self.crc.update(bytes);
        self.size = self.size.wrapping_add(count as u32);
        if count == 0 {
            self.trailer()?;
        }
        Ok(count)
    }

    fn trailer(&mut self) -> Result<(), Code> {
        let crc = u32::from_le_bytes(self.feed.array()?);
        let size = u32::from_le_bytes(self.feed.array()?);
        let sound = crc == self.crc.clone().finalize() && size == self.size;
        if sound {
            Ok(())
        } else {
            Err(Code::BrokenStream)
        }
    }
}

impl Stream for Gzip {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Code> {
        loop {
            match self.state {
                State::Between(after_a_member) => self.state = self.enter(after_a_member)?,
                State::Within => match self.inflate(buffer)? {
                    0 => self.state = State::Between(true),
                    count => return self.budget.spend(count).map(|()| count),
                },
                State::End => return Ok(0),
            }
        }
    }
}
