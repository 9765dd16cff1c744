//! zstd, xz and bzip2, each as one stream, however many frames the file has.

use bzip2::Decompress as Bunzip;
use liblzma::stream as xz;
use zstd::stream::raw as zstd_raw;
use zstd_raw::Operation;

use super::kind::Kind;
use super::stream::{BufferedStream, Stream};
use crate::reject_code::RejectCode;

/// zstd frames that need a longer window (more than 128 MiB of memory) are refused.
const ZSTD_WINDOW_LOG: u32 = 27;
const XZ_MEMORY_BYTES: u64 = 256 << 20;

/// The result of one call of a decoder.
struct Step {
    taken: usize,
    given: usize,
    /// `Ok(true)`: a frame has ended, so the stream may end too.
    outcome: Result<bool, RejectCode>,
}

/// A decoder that is given its input piece by piece.
trait Codec: Send {
    /// Decode from `input` into `output`. `last`: no more input will follow.
    fn step(&mut self, input: &[u8], output: &mut [u8], last: bool) -> Step;
}

/// A stream of decoded bytes.
struct DecodedStream<C> {
    codec: C,
    feed: BufferedStream,
    between_frames: bool,
    fault: Option<RejectCode>,
}

/// Return the decoded bytes of a stream of this kind (zstd, xz or bzip2).
pub(super) fn decode_stream(
    kind: Kind,
    stream: Box<dyn Stream>,
) -> Result<Box<dyn Stream>, RejectCode> {
    let feed = BufferedStream::new(stream);
    let (between_frames, fault) = (false, None);
    Ok(match kind {
        Kind::Zstd => Box::new(DecodedStream {
            codec: Zstd::new()?,
            feed,
            between_frames,
            fault,
        }),
        Kind::Xz => Box::new(DecodedStream {
            codec: Xz::new()?,
            feed,
            between_frames,
            fault,
        }),
        Kind::Bzip2 => Box::new(DecodedStream {
            codec: Bzip2::new(),
            feed,
            between_frames,
            fault,
        }),
        _ => return Err(RejectCode::MemberUnsupported),
    })
}

impl<C: Codec> Stream for DecodedStream<C> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, RejectCode> {
        loop {
            if let Some(code) = self.fault {
                return Err(code);
            }
            let input = self.feed.ahead(1);
            let last = input.is_empty();
            if last && self.between_frames {
                return self.feed.fault().map_or(Ok(0), Err);
            }
            let Step {
                taken,
                given,
                outcome,
            } = self.codec.step(input, buffer, last);
            self.feed.take(taken);
            match outcome {
                Ok(frame_ended) => self.between_frames = frame_ended,
                Err(code) => self.fault = Some(code),
            }
            if given > 0 {
                return Ok(given);
            }
            if taken == 0 && !self.between_frames && self.fault.is_none() {
                self.fault = Some(self.feed.fault().unwrap_or(RejectCode::BrokenStream));
            }
        }
    }
}

struct Zstd(zstd_raw::Decoder<'static>);

impl Zstd {
    fn new() -> Result<Zstd, RejectCode> {
        let mut decoder = zstd_raw::Decoder::new().map_err(|_| RejectCode::MemberUnsupported)?;
        let window = zstd_raw::DParameter::WindowLogMax(ZSTD_WINDOW_LOG);
        decoder
            .set_parameter(window)
            .map_err(|_| RejectCode::MemberUnsupported)?;
        Ok(Zstd(decoder))
    }
}

impl Codec for Zstd {
    fn step(&mut self, input: &[u8], output: &mut [u8], _last: bool) -> Step {
        let mut input = zstd_raw::InBuffer::around(input);
        let mut output = zstd_raw::OutBuffer::around(output);
        let outcome = self.0.run(&mut input, &mut output);
        let outcome = outcome.map(|wanted| wanted == 0).map_err(|error| {
            // The only error that is distinguished. zstd identifies it only by its text.
            let too_large = error.to_string().contains("too much memory");
            if too_large {
                RejectCode::DecompressionLimit
            } else {
                RejectCode::BrokenStream
            }
        });
        Step {
            taken: input.pos(),
            given: output.pos(),
            outcome,
        }
    }
}

struct Xz(xz::Stream);

impl Xz {
    fn new() -> Result<Xz, RejectCode> {
        let decoder = xz::Stream::new_stream_decoder(XZ_MEMORY_BYTES, xz::CONCATENATED);
        decoder.map(Xz).map_err(|_| RejectCode::MemberUnsupported)
    }
}

impl Codec for Xz {
    fn step(&mut self, input: &[u8], output: &mut [u8], last: bool) -> Step {
        let (before_in, before_out) = (self.0.total_in(), self.0.total_out());
        let action = if last {
            xz::Action::Finish
        } else {
            xz::Action::Run
        };
        let outcome = self.0.process(input, output, action);
        Step {
            taken: (self.0.total_in() - before_in) as usize,
            given: (self.0.total_out() - before_out) as usize,
            outcome: outcome
                .map(|status| status == xz::Status::StreamEnd)
                .map_err(|error| match error {
                    xz::Error::MemLimit => RejectCode::DecompressionLimit,
                    _ => RejectCode::BrokenStream,
                }),
        }
    }
}

struct Bzip2 {
    decoder: Bunzip,
    ended: bool,
}

impl Bzip2 {
    fn new() -> Bzip2 {
        Bzip2 {
            decoder: Bunzip::new(false),
            ended: false,
        }
    }
}

impl Codec for Bzip2 {
    fn step(&mut self, input: &[u8], output: &mut [u8], _last: bool) -> Step {
        if self.ended {
            *self = Bzip2::new();
        }
        let (before_in, before_out) = (self.decoder.total_in(), self.decoder.total_out());
        let outcome = self.decoder.decompress(input, output);
        self.ended = matches!(outcome, Ok(bzip2::Status::StreamEnd));
        Step {
            taken: (self.decoder.total_in() - before_in) as usize,
            given: (self.decoder.total_out() - before_out) as usize,
            outcome: outcome
                .map(|_| self.ended)
                .map_err(|_| RejectCode::BrokenStream),
        }
    }
}
