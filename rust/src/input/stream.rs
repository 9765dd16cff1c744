//! Streams of bytes that may break off, and two ways to hold them: with the head seen first, and buffered.

use crate::reject_code::RejectCode;

/// Bytes in order.
pub(super) trait Stream: Send {
    /// Some bytes at the start of `buffer`, 0 at the end. Bytes before a break come before it.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, RejectCode>;
}

/// A stream whose first bytes have been looked at.
pub(super) struct Head {
    head: Vec<u8>,
    given: usize,
    fault: Option<RejectCode>,
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
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, RejectCode> {
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
    /// The stream has ended, or (with a code) broken off.
    ended: Option<Result<(), RejectCode>>,
}

impl Feed {
    pub(super) fn new(stream: Box<dyn Stream>) -> Feed {
        Feed {
            stream,
            buffer: vec![0; FEED_BYTES],
            start: 0,
            end: 0,
            ended: None,
        }
    }

    /// The bytes at hand, read anew when there are none; empty at the end of the stream.
    pub(super) fn bytes(&mut self) -> Result<&[u8], RejectCode> {
        if self.start == self.end && self.ahead(1).is_empty() {
            return self.fault().map_or(Ok(&[]), Err);
        }
        Ok(&self.buffer[self.start..self.end])
    }

    /// The bytes at hand, at least so many (never more than 64 KiB) unless the stream ends or breaks off before.
    pub(super) fn ahead(&mut self, least: usize) -> &[u8] {
        if self.end - self.start < least && self.ended.is_none() {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            while self.end < least && self.ended.is_none() {
                match self.stream.read(&mut self.buffer[self.end..]) {
                    Ok(0) => self.ended = Some(Ok(())),
                    Ok(count) => self.end += count,
                    Err(code) => self.ended = Some(Err(code)),
                }
            }
        }
        &self.buffer[self.start..self.end]
    }

    /// Why the stream broke off, once it has.
    pub(super) fn fault(&self) -> Option<RejectCode> {
        self.ended.and_then(Result::err)
    }

    pub(super) fn take(&mut self, count: usize) {
        self.start = self.end.min(self.start + count);
    }

    /// The next byte; `broken-stream` at the end.
    pub(super) fn byte(&mut self) -> Result<u8, RejectCode> {
        let byte = *self.bytes()?.first().ok_or(RejectCode::BrokenStream)?;
        self.take(1);
        Ok(byte)
    }

    /// The next bytes; `broken-stream` where they end too early.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], RejectCode> {
        let Some(bytes) = self.ahead(N).first_chunk().copied() else {
            return Err(self.fault().unwrap_or(RejectCode::BrokenStream));
        };
        self.take(N);
        Ok(bytes)
    }
    /// The next bytes, so many; `broken-stream` where they end too early.
    pub(super) fn vector(&mut self, count: usize) -> Result<Vec<u8>, RejectCode> {
        let ahead = self.ahead(count);
        if ahead.len() < count {
            return Err(self.fault().unwrap_or(RejectCode::BrokenStream));
        }
        let bytes = ahead[..count].to_vec();
        self.take(count);
        Ok(bytes)
    }
}
