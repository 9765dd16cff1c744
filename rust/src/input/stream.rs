//! Streams of bytes that can break off, and two wrappers: one that shows the first bytes, and one that buffers.

use crate::reject_code::RejectCode;

/// Bytes in order.
pub(super) trait Stream: Send {
    /// Read bytes to the start of `buffer`; 0 at the end. Bytes before a break are returned before it.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, RejectCode>;

    /// Leave out up to `count` bytes, and return how many; 0 at the end.
    fn skip(&mut self, count: u64) -> Result<u64, RejectCode> {
        let mut scratch = [0; 16 << 10];
        let most = scratch
            .len()
            .min(usize::try_from(count).unwrap_or(usize::MAX));
        self.read(&mut scratch[..most]).map(|count| count as u64)
    }
}

/// A stream whose first bytes can be inspected.
pub(super) struct PeekedStream {
    head: Vec<u8>,
    given: usize,
    fault: Option<RejectCode>,
    stream: Box<dyn Stream>,
}

/// Enough for a tar header, the longest that identifies a kind.
const HEAD_BYTES: usize = 512;

impl PeekedStream {
    pub(super) fn of(mut stream: Box<dyn Stream>) -> PeekedStream {
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
        PeekedStream {
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

impl Stream for PeekedStream {
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

    fn skip(&mut self, count: u64) -> Result<u64, RejectCode> {
        let rest = (self.head.len() - self.given) as u64;
        if rest == 0 {
            return self.fault.map_or_else(|| self.stream.skip(count), Err);
        }
        let count = rest.min(count);
        self.given += count as usize;
        Ok(count)
    }
}

const FEED_BYTES: usize = 128 << 10;

/// A buffered stream for a decoder.
pub(super) struct BufferedStream {
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// The stream has ended, or (with a code) broken off.
    ended: Option<Result<(), RejectCode>>,
}

impl BufferedStream {
    pub(super) fn new(stream: Box<dyn Stream>) -> BufferedStream {
        BufferedStream {
            stream,
            buffer: vec![0; FEED_BYTES],
            start: 0,
            end: 0,
            ended: None,
        }
    }

    /// Return the buffered bytes, reading more if there are none; empty at the end of the stream.
    pub(super) fn bytes(&mut self) -> Result<&[u8], RejectCode> {
        if self.start == self.end && self.ahead(1).is_empty() {
            return self.fault().map_or(Ok(&[]), Err);
        }
        Ok(&self.buffer[self.start..self.end])
    }

    /// Return the buffered bytes, at least `least` (at most 64 KiB) unless the stream ends or breaks off first.
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

    /// Return why the stream broke off, if it did.
    pub(super) fn fault(&self) -> Option<RejectCode> {
        self.ended.and_then(Result::err)
    }

    pub(super) fn take(&mut self, count: usize) {
        self.start = self.end.min(self.start + count);
    }

    /// Return the next byte; `broken-stream` at the end.
    pub(super) fn byte(&mut self) -> Result<u8, RejectCode> {
        let byte = *self.bytes()?.first().ok_or(RejectCode::BrokenStream)?;
        self.take(1);
        Ok(byte)
    }

    /// Return the next bytes; `broken-stream` if they end too early.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], RejectCode> {
        let Some(bytes) = self.ahead(N).first_chunk().copied() else {
            return Err(self.fault().unwrap_or(RejectCode::BrokenStream));
        };
        self.take(N);
        Ok(bytes)
    }
    /// Return the next `count` bytes; `broken-stream` if they end too early.
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
