//! gzip (RFC 1952): all members as one stream.

use std::sync::Arc;

use flate2::{Decompress, FlushDecompress, Status};

use super::limits::Budget;
use super::stream::{Feed, Stream};
use crate::record::Code;

enum State {
    /// Before a member; `true`: one came before, so that padding or the end may follow.
    Between(bool),
    Within,
    Broken,
    End,
}

/// The decoded bytes of a gzip file.
pub(super) struct Gzip {
    feed: Feed,
    budget: Arc<Budget>,
    inflate: Decompress,
    crc: crc32fast::Hasher,
    state: State,
}

impl Gzip {
    pub(super) fn new(stream: Box<dyn Stream>, budget: Arc<Budget>) -> Gzip {
        let state = State::Between(false);
        let inflate = Decompress::new(false);
        Gzip {
            feed: Feed::new(stream),
            budget,
            inflate,
            crc: crc32fast::Hasher::new(),
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
        self.inflate.reset(false);
        self.crc.reset();
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
        loop {
            let bytes = self.feed.bytes()?;
            if bytes.is_empty() {
                return Err(Code::BrokenStream);
            }
            let (before_in, before_out) = (self.inflate.total_in(), self.inflate.total_out());
            let status = self
                .inflate
                .decompress(bytes, buffer, FlushDecompress::None);
            let taken = (self.inflate.total_in() - before_in) as usize;
            let given = (self.inflate.total_out() - before_out) as usize;
            self.feed.take(taken);
            self.crc.update(&buffer[..given]);
            match status {
                Err(_) if given > 0 => {
                    self.state = State::Broken;
                    return Ok(given);
                }
                Ok(_) if given > 0 => return Ok(given),
                Ok(Status::StreamEnd) => return self.trailer().map(|()| 0),
                Ok(_) if taken > 0 => {}
                _ => return Err(Code::BrokenStream),
            }
        }
    }

    fn trailer(&mut self) -> Result<(), Code> {
        let crc = u32::from_le_bytes(self.feed.array()?);
        let size = u32::from_le_bytes(self.feed.array()?);
        let sound = crc == self.crc.clone().finalize() && size == self.inflate.total_out() as u32;
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
                State::Broken => return Err(Code::BrokenStream),
                State::End => return Ok(0),
            }
        }
    }
}
