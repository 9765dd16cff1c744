//! The commonest hosts, seen where they stand: lower-case names of up to 63 bytes, which are their own canonical text.
//!
//! What is seen here is what `page` makes of the same bytes; of all else nothing is said.

use wide::u8x16;

use super::host::port_number;
use super::page::after_scheme;

/// A name that is its own canonical text: `buffer[start..end]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    pub start: usize,
    pub end: usize,
    /// One bit for each dot, counted from `start`.
    pub dots: u64,
}

/// What a request target says of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SightOfTarget {
    Host(Sight),
    /// It is a path: the host stands elsewhere, if anywhere.
    Path,
}

impl Sight {
    /// The host of the target `buffer[start..end]`; None where a closer look is needed.
    #[inline(always)]
    pub fn of_target(
        buffer: &[u8],
        start: usize,
        end: usize,
        is_connect: bool,
    ) -> Option<SightOfTarget> {
        let head = u64::from_le_bytes(*buffer.get(start..)?.first_chunk()?);
        let host_start = if head == u64::from_le_bytes(*b"https://") {
            start + 8
        } else if head << 8 == u64::from_le_bytes(*b"\0http://") {
            start + 7
        } else {
            start
        };
        if host_start > end {
            return None;
        }
        if host_start > start {
            return Sight::before(buffer, host_start, end, true).map(SightOfTarget::Host);
        }
        if after_scheme(&buffer[start..end]).is_some() {
            return None;
        }
        if is_connect {
            return Sight::of_authority(buffer, start, end).map(SightOfTarget::Host);
        }
        (start < end && buffer[start] == b'/').then_some(SightOfTarget::Path)
    }

    /// The host of `host[:port]`, which is all of `buffer[start..end]`.
    #[inline(always)]
    pub fn of_authority(buffer: &[u8], start: usize, end: usize) -> Option<Sight> {
        Sight::before(buffer, start, end, false)
    }

    /// The bare name `buffer[start..end]`.
    #[inline(always)]
    pub fn of_name(buffer: &[u8], start: usize, end: usize) -> Option<Sight> {
        Sight::at(buffer, start, end).filter(|sight| sight.end == end)
    }

    /// The host at `start`, perhaps with a port, up to the end, or to a slash where a path may follow.
    #[inline(always)]
    fn before(buffer: &[u8], start: usize, end: usize, path_may_follow: bool) -> Option<Sight> {
        let sight = Sight::at(buffer, start, end)?;
        let mut after = sight.end;
        if after < end && buffer[after] == b':' {
            let from = after + 1;
            let digits = buffer[from..end]
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            after = from + digits;
            if digits > 4 {
                port_number(&buffer[from..after])?;
            }
        }
        (after == end || (path_may_follow && buffer[after] == b'/')).then_some(sight)
    }

    /// The name that stands at `start`: labels of small letters, digits, `-` and `_`, none empty, the last no number.
    #[inline(always)]
    fn at(buffer: &[u8], start: usize, end: usize) -> Option<Sight> {
        let bytes = buffer.get(start..)?.first_chunk::<64>()?;
        let (mut others, mut dots) = (0u64, 0u64);
        for number in 0..4 {
            // Names over 32 bytes are rare.
            if number == 2 && others != 0 {
                break;
            }
            let sixteen = bytes[16 * number..].first_chunk::<16>()?;
            let (other, dot) = classes(u8x16::new(*sixteen));
            others |= other << (16 * number);
            dots |= dot << (16 * number);
        }
        let length = (others.trailing_zeros() as usize).min(end - start);
        if length == 0 || length > 63 {
            return None;
        }
        let dots = dots & ((1 << length) - 1);
        let at_edges = 1 | 1 << (length - 1);
        let last_label = 64 - dots.leading_zeros() as usize;
        let is_plain = dots & (dots >> 1 | at_edges) == 0 && !bytes[last_label].is_ascii_digit();
        is_plain.then_some(Sight {
            start,
            end: start + length,
            dots,
        })
    }
}

/// One bit for each byte that no plain name holds, and one for each dot.
#[inline(always)]
fn classes(bytes: u8x16) -> (u64, u64) {
    let within = |first: u8, count: u8| {
        let places = bytes - u8x16::splat(first);
        places.min(u8x16::splat(count - 1)).cmp_eq(places)
    };
    let dot = bytes.cmp_eq(u8x16::splat(b'.'));
    // From `-` to `9` there is `/` besides.
    let plain = (within(b'-', 13) | within(b'a', 26) | bytes.cmp_eq(u8x16::splat(b'_'))).move_mask()
        as u64
        & !(bytes.cmp_eq(u8x16::splat(b'/')).move_mask() as u64);
    (!plain & 0xFFFF, dot.move_mask() as u64)
}
