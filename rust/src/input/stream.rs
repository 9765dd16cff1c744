//! Streams of bytes that may break off, and two ways to hold them: with the head seen first, and buffered.

use crate::record::Code;

/// Bytes in order.
pub(super) trait Stream: Send {
    /// Some bytes at the start of `buffer`, 0 at the end. Bytes before a break come before it.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Code>;
}

/// A stream whose first bytes have been looked at.
pub(super) struct Head {
    head: Vec<u8>,
    given: usize,
    fault: Option<Code>,
    stream: Box<dyn Stream>,
}

/// Enough for a tar header, the longest of the heads that tell a kind.
const HEAD_BYTES: usize = 512;

impl Head {
    pub(super) fn of(mut stream: Box<dyn Stream>) -> Head {
        let mut head = vec![0; HEAD_BYTES];
        let mut filled = 0;
        let mut fault = None;
        while filled < HEAD_BYTES {
            match stream.read(&mut head[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(code) => {
                    fault = Some(code);
                    break;
                }
            }
        }
        head.truncate(filled);
        Head {
            head,
            given: 0,
            fault,
            stream,
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.head
    }
}

impl Stream for Head {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Code> {
        let rest = &self.head[self.given..];
        if rest.is_empty() {
            return self.fault.map_or_else(|| self.stream.read(buffer), Err);
        }
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        Ok(count)
    }
}

const FEED_BYTES: usize = 128 << 10;

/// A stream read into a buffer, for a decoder to take from.
pub(super) struct Feed {
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Feed {
    pub(super) fn new(stream: Box<dyn Stream>) -> Feed {
        Feed {
            stream,
            buffer: vec![0; FEED_BYTES],
            start: 0,
            end: 0,
        }
    }

    /// The bytes at hand, read anew when there are none; empty at the end of the stream.
    pub(super) fn bytes(&mut self) -> Result<&[u8], Code> {
        if self.start == self.end {
            self.end = self.stream.read(&mut self.buffer)?;
            self.start = 0;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    pub(super) fn take(&mut self, count: usize) {
        self.start += count;
    }

    /// The next byte; `broken-stream` at the end.
    pub(super) fn byte(&mut self) -> Result<u8, Code> {
        let byte = *self.bytes()?.first().ok_or(Code::BrokenStream)?;
        self.take(1);
        Ok(byte)
    }

    /// The next bytes; `broken-stream` where they end too early.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Code> {
        let mut bytes = [0; N];
        for byte in &mut bytes {
            *byte = self.byte()?;
        }
        Ok(bytes)
    }
}
