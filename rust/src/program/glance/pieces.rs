//! What the pieces of one line say, as far as a glance goes.

use super::parts::{
    BYTES, DESTINATION, DESTINATION_PORT, HOST, METHOD, Part, Parts, Peer, SOURCE, SOURCE_PORT,
    STATUS, TARGET, TIME,
};
use super::{Eye, Glimpse, MOST_STEPS, Place, Taken, Times};
use crate::canonical::{Sight, SightOfTarget, address_key};
use crate::program::address::{Address, port, quad_text};
use crate::program::compiled::Compiled;
use crate::program::fields::{integer, request};
use crate::program::piece::Within;
use crate::program::times::in_range;

impl Parts {
    /// Reads the pieces; None where one is unusual or no record's.
    #[inline(never)]
    pub fn read(
        &self,
        program: &Compiled,
        place: Place,
        eye: &Eye,
        times: Times,
    ) -> Option<Glimpse> {
        let buffer = place.buffer;
        let pieces = Pieces {
            program,
            buffer,
            taken: &eye.taken,
        };
        let mut found = 0;
        let mut timestamp_us = 0;
        if let Some((part, layouts, zone)) = &self.time {
            if let Some(text) = pieces.text(part)? {
                let text = text.bytes();
                let instant = times
                    .clock
                    .instant(text, layouts, &program.layouts, *zone)
                    .ok()?;
                timestamp_us = in_range(instant.us.saturating_sub(times.offset_us)).ok()?;
                found |= TIME;
            }
        }
        let (source, port) = pieces.key(&self.source, &self.source_port)?;
        found |= bits(source.is_some(), SOURCE) | bits(port != 0, SOURCE_PORT);
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
        found |= bits(is_there, DESTINATION) | bits(port != 0, DESTINATION_PORT);
        found |= pieces.number(&self.status, STATUS)?;
        found |= pieces.number(&self.bytes, BYTES)?;
        let mut page = SeenPage {
            is_connect: self.is_connect,
            target: None,
            host: None,
        };
        found |= page.read(self, &pieces)?;
        let user_agent = match &self.user_agent {
            Some(part) => pieces.text(part)?.map(|text| text.span()),
            None => None,
        };
        if found & self.required != self.required {
            return None;
        }
        let port = Some(port).filter(|port| *port != 0);
        Some(Glimpse {
            timestamp_us,
            source,
            destination: destination.map(|ip| (ip, port)),
            host: page.sight(buffer)?,
            user_agent,
            end: 0,
            next: 0,
        })
    }
}

/// A place in the buffer.
type Span = (usize, usize);

/// The pieces of one line.
struct Pieces<'l> {
    program: &'l Compiled,
    buffer: &'l [u8],
    taken: &'l [Taken; MOST_STEPS],
}

impl<'l> Pieces<'l> {
    /// The text of a part: Some(None) where it says that nothing is there, None where it takes more than a glance.
    #[inline(always)]
    fn text(&self, part: &Part) -> Option<Option<Within<'l>>> {
        let taken = self.taken[part.step & (MOST_STEPS - 1)];
        let (start, end) = (taken.start as usize, taken.end as usize);
        let absent = &self.program.absent;
        if absent.may_hold(end - start) && absent.holds(&self.buffer[start..end]) {
            return (!part.has_others).then_some(None);
        }
        let decode = part.decode;
        if decode.is_some_and(|decode| decode.concerns(&self.buffer[start..end])) {
            return None;
        }
        Some(Some(Within::new(self.buffer, start, end)))
    }

    /// The key of an address, and the port. Dotted quads, which nearly all are, are not worked out.
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
        let (mut address, mut found) = (Address::NONE, 0);
        if let Some((part, peer)) = peer {
            if let Some(text) = self.text(part)? {
                found = peer.read(text, &mut address)?;
            }
        }
        if let Some(part) = port_part {
            if let Some(text) = self.text(part)? {
                found = port(text.bytes()).ok()?;
            }
        }
        Some((address, found))
    }

    /// The bit, if a number is there.
    #[inline(always)]
    fn number(&self, part: &Option<Part>, bit: u32) -> Option<u32> {
        let Some(part) = part else { return Some(0) };
        match self.text(part)? {
            Some(text) => integer(text).map(|_| bit).ok(),
            None => Some(0),
        }
    }
}

/// What pieces say of the page.
struct SeenPage {
    is_connect: bool,
    target: Option<Span>,
    /// The host field, and whether it is a bare name.
    host: Option<(Span, bool)>,
}

impl SeenPage {
    /// Takes in what the pieces say, and gives bits of what is there.
    #[inline(always)]
    fn read(&mut self, parts: &Parts, pieces: &Pieces) -> Option<u32> {
        let mut found = 0;
        if let Some(part) = &parts.method {
            if let Some(text) = pieces.text(part)? {
                self.is_connect = text.bytes() == b"CONNECT";
                found |= METHOD;
            }
        }
        if let Some(part) = &parts.target {
            if let Some(text) = pieces.text(part)? {
                self.target = Some(text.span());
                found |= TARGET;
            }
        }
        if let Some(part) = &parts.request {
            if let Some(text) = pieces.text(part)? {
                let (start, _) = text.span();
                let (method, target) = request(text.bytes())?;
                self.is_connect = &text.bytes()[..method] == b"CONNECT";
                self.target = Some((start + method + 1, start + target));
                found |= METHOD | TARGET;
            }
        }
        if let Some((part, is_name)) = &parts.host {
            if let Some(text) = pieces.text(part)? {
                self.host = Some((text.span(), *is_name));
                found |= HOST;
            }
        }
        Some(found)
    }

    /// The host of the page: Some(None) where it names none, None where a closer look is needed.
    #[inline(always)]
    fn sight(&self, buffer: &[u8]) -> Option<Option<Sight>> {
        if let Some((start, end)) = self.target {
            match Sight::of_target(buffer, start, end, self.is_connect)? {
                SightOfTarget::Host(sight) => return Some(Some(sight)),
                SightOfTarget::Path => {}
            }
        }
        match self.host {
            Some(((start, end), true)) => Sight::of_name(buffer, start, end).map(Some),
            Some(((start, end), false)) => Sight::of_authority(buffer, start, end).map(Some),
            None => Some(None),
        }
    }
}

impl Peer {
    /// Reads the address and says the port, 0 where there is none; None where there is a fault.
    #[inline(always)]
    fn read(&self, text: Within, into: &mut Address) -> Option<u16> {
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
