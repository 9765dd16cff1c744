//! Reading the pieces of one line on the fast path.

use super::parts::{
    BYTES, DESTINATION, DESTINATION_PORT, HOST, METHOD, Part, Parts, Peer, SOURCE, SOURCE_PORT,
    STATUS, TARGET, TIME,
};
use super::{FastBuffers, FastRecord, MAX_STEPS, PieceSpan, Place, Times};
use crate::canonical::{FastHost, FastTarget, address_key};
use crate::program::address::{Address, port, quad_text};
use crate::program::compiled::Compiled;
use crate::program::fields::{integer, request};
use crate::program::piece::TextSlice;
use crate::program::times::in_range;

impl Parts {
    /// Return the record that the pieces make; None if a piece is unusual or the line is no record.
    #[inline(never)]
    pub fn read_record(
        &self,
        program: &Compiled,
        place: Place,
        buffers: &FastBuffers,
        times: Times,
    ) -> Option<FastRecord> {
        let buffer = place.buffer;
        let pieces = Pieces {
            program,
            buffer,
            spans: &buffers.spans,
        };
        let mut bits_read = 0;
        let mut timestamp_us = 0;
        if let Some((part, layouts, zone)) = &self.time {
            if let Some(text) = pieces.text(part)? {
                let text = text.bytes();
                let instant = times
                    .clock
                    .instant(text, layouts, &program.layouts, *zone)
                    .ok()?;
                timestamp_us = in_range(instant.us.saturating_sub(times.offset_us)).ok()?;
                bits_read |= TIME;
            }
        }
        let (source, port) = pieces.key(&self.source, &self.source_port)?;
        bits_read |= bits(source.is_some(), SOURCE) | bits(port != 0, SOURCE_PORT);
        let (is_there, destination, port) = match place.needs_destination {
            true => {
                let (address, port) = pieces.peer(&self.destination, &self.destination_port)?;
                (address.is_there(), address.get(), port)
            }
            false => {
                let (key, port) = pieces.key(&self.destination, &self.destination_port)?;
                (key.is_some(), None, port)
            }
        };
        bits_read |= bits(is_there, DESTINATION) | bits(port != 0, DESTINATION_PORT);
        bits_read |= pieces.number_bit(&self.status, STATUS)?;
        bits_read |= pieces.number_bit(&self.bytes, BYTES)?;
        let mut page = PagePieces {
            is_connect: self.is_connect,
            target: None,
            host: None,
        };
        bits_read |= page.read_pieces(self, &pieces)?;
        let user_agent = match &self.user_agent {
            Some(part) => pieces.text(part)?.map(|text| text.span()),
            None => None,
        };
        if bits_read & self.required != self.required {
            return None;
        }
        let port = Some(port).filter(|port| *port != 0);
        Some(FastRecord {
            timestamp_us,
            source,
            destination: destination.map(|ip| (ip, port)),
            host: page.fast_host(buffer)?,
            user_agent,
            end: 0,
            next: 0,
        })
    }
}

/// Start and end in the buffer.
type Span = (usize, usize);

/// The pieces of one line, with what is needed to read them.
struct Pieces<'l> {
    program: &'l Compiled,
    buffer: &'l [u8],
    spans: &'l [PieceSpan; MAX_STEPS],
}

impl<'l> Pieces<'l> {
    /// Return the text of a part; Some(None) if the text means "absent", None if only the full reader can decode it.
    #[inline(always)]
    fn text(&self, part: &Part) -> Option<Option<TextSlice<'l>>> {
        let span = self.spans[part.step & (MAX_STEPS - 1)];
        let (start, end) = (span.start as usize, span.end as usize);
        let absent = &self.program.absent;
        if absent.may_hold(end - start) && absent.holds(&self.buffer[start..end]) {
            return (!part.has_others).then_some(None);
        }
        let decode = part.decode;
        if decode.is_some_and(|decode| decode.concerns(&self.buffer[start..end])) {
            return None;
        }
        Some(Some(TextSlice::new(self.buffer, start, end)))
    }

    /// Return the key of an address, and the port. A dotted quad, which is the usual case, is not converted to a number.
    #[inline(always)]
    fn key(
        &self,
        peer: &Option<(Part, Peer)>,
        port_part: &Option<Part>,
    ) -> Option<(Option<[u8; 16]>, u16)> {
        if let (Some((part, Peer::Address { .. })), None) = (peer, port_part) {
            if let Some(text) = self.text(part)? {
                if let Some(key) = quad_text(text) {
                    return Some((Some(key), 0));
                }
            }
        }
        let (address, port) = self.peer(peer, port_part)?;
        Some((address.get().map(address_key), port))
    }

    #[inline(never)]
    fn peer(
        &self,
        peer: &Option<(Part, Peer)>,
        port_part: &Option<Part>,
    ) -> Option<(Address, u16)> {
        let (mut address, mut port_number) = (Address::NONE, 0);
        if let Some((part, peer)) = peer {
            if let Some(text) = self.text(part)? {
                port_number = peer.read(text, &mut address)?;
            }
        }
        if let Some(part) = port_part {
            if let Some(text) = self.text(part)? {
                port_number = port(text.bytes()).ok()?;
            }
        }
        Some((address, port_number))
    }

    /// Return `bit` if the part holds a number, 0 if it is absent, None if it holds something else.
    #[inline(always)]
    fn number_bit(&self, part: &Option<Part>, bit: u32) -> Option<u32> {
        let Some(part) = part else { return Some(0) };
        match self.text(part)? {
            Some(text) => integer(text).map(|_| bit).ok(),
            None => Some(0),
        }
    }
}

/// The pieces that name the page: method, target and host.
struct PagePieces {
    is_connect: bool,
    target: Option<Span>,
    /// The host field, and whether it is a bare name without a port.
    host: Option<(Span, bool)>,
}

impl PagePieces {
    /// Store the pieces that are present and return their bits.
    #[inline(always)]
    fn read_pieces(&mut self, parts: &Parts, pieces: &Pieces) -> Option<u32> {
        let mut bits_read = 0;
        if let Some(part) = &parts.method {
            if let Some(text) = pieces.text(part)? {
                self.is_connect = text.bytes() == b"CONNECT";
                bits_read |= METHOD;
            }
        }
        if let Some(part) = &parts.target {
            if let Some(text) = pieces.text(part)? {
                self.target = Some(text.span());
                bits_read |= TARGET;
            }
        }
        if let Some(part) = &parts.request {
            if let Some(text) = pieces.text(part)? {
                let (start, _) = text.span();
                let (method, target) = request(text.bytes())?;
                self.is_connect = &text.bytes()[..method] == b"CONNECT";
                self.target = Some((start + method + 1, start + target));
                bits_read |= METHOD | TARGET;
            }
        }
        if let Some((part, is_name)) = &parts.host {
            if let Some(text) = pieces.text(part)? {
                self.host = Some((text.span(), *is_name));
                bits_read |= HOST;
            }
        }
        Some(bits_read)
    }

    /// Return the host of the page; Some(None) if no piece names one, None if only the full reader can read it.
    #[inline(always)]
    fn fast_host(&self, buffer: &[u8]) -> Option<Option<FastHost>> {
        if let Some((start, end)) = self.target {
            match FastHost::of_target(buffer, start, end, self.is_connect)? {
                FastTarget::Host(host) => return Some(Some(host)),
                FastTarget::Path => {}
            }
        }
        match self.host {
            Some(((start, end), true)) => FastHost::of_name(buffer, start, end).map(Some),
            Some(((start, end), false)) => FastHost::of_authority(buffer, start, end).map(Some),
            None => Some(None),
        }
    }
}

impl Peer {
    /// Read the address into `into` and return the port, 0 for no port; None if either is invalid.
    #[inline(always)]
    fn read(&self, text: TextSlice, into: &mut Address) -> Option<u16> {
        match self {
            Peer::Address { names } => into.read(text, *names).map(|()| 0).ok(),
            Peer::Endpoint(form) => form.read(text, into).ok(),
        }
    }
}

#[inline(always)]
fn bits(is_there: bool, bit: u32) -> u32 {
    if is_there { bit } else { 0 }
}
