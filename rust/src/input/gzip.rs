//! Reading gzip (RFC 1952), with all members as one stream.

use super::inflate::Inflate;
use super::stream::{BufferedStream, Stream};
use crate::reject_code::RejectCode;

enum State {
    /// Before a member. `true`: a member came before, so padding or the end may follow.
    Between(bool),
    InMember,
    End,
}

/// The decoded bytes of a gzip file.
pub(super) struct Gzip {
    feed: BufferedStream,
    inflate: Inflate,
    crc: crc32fast::Hasher,
    size: u32,
    state: State,
}

impl Gzip {
    pub(super) fn new(stream: Box<dyn Stream>) -> Gzip {
        let (feed, inflate, crc) = (
            BufferedStream::new(stream),
            Inflate::new(),
            crc32fast::Hasher::new(),
        );
        Gzip {
            feed,
            inflate,
            crc,
            size: 0,
            state: State::Between(false),
        }
    }

    /// Read what lies between two members: zeros (tape padding, which `gzip` also accepts) and the next header.
    fn enter(&mut self, after_a_member: bool) -> Result<State, RejectCode> {
        if after_a_member && self.only_padding_is_left()? {
            return Ok(State::End);
        }
        self.header()?;
        self.inflate.reset();
        self.crc.reset();
        self.size = 0;
        Ok(State::InMember)
    }

    /// Skip zeros, and return whether nothing else is left.
    fn only_padding_is_left(&mut self) -> Result<bool, RejectCode> {
        loop {
            let bytes = self.feed.bytes()?;
            let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
            if bytes.is_empty() || zeros < bytes.len() {
                let at_end = bytes.is_empty();
                self.feed.take(zeros);
                return Ok(at_end);
            }
            self.feed.take(zeros);
        }
    }

    fn header(&mut self) -> Result<(), RejectCode> {
        let [0x1f, 0x8b, 8, flags, ..] = self.feed.array::<10>()? else {
            return Err(RejectCode::BrokenStream);
        };
        let [_, header_crc, extra, name, comment] =
            [0, 1, 2, 3, 4].map(|bit| flags >> bit & 1 == 1);
        if flags & 0xe0 != 0 {
            return Err(RejectCode::BrokenStream);
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

    /// Inflate into `buffer`. Returns 0 at the end of the member, after checking its trailer.
    fn inflate(&mut self, buffer: &mut [u8]) -> Result<usize, RejectCode> {
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

    fn trailer(&mut self) -> Result<(), RejectCode> {
        let crc = u32::from_le_bytes(self.feed.array()?);
        let size = u32::from_le_bytes(self.feed.array()?);
        let sound = crc == self.crc.clone().finalize() && size == self.size;
        if sound {
            Ok(())
        } else {
            Err(RejectCode::BrokenStream)
        }
    }
}

impl Stream for Gzip {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, RejectCode> {
        loop {
            match self.state {
                State::Between(after_a_member) => self.state = self.enter(after_a_member)?,
                State::InMember => match self.inflate(buffer)? {
                    0 => self.state = State::Between(true),
                    count => return Ok(count),
                },
                State::End => return Ok(0),
            }
        }
    }
}
