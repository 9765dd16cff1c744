//! Hosts on the fast path: lower-case names of up to 63 bytes, which are already in canonical form.
//!
//! A host found here is the host that `page` finds in the same bytes. For any other host the functions return None.

use wide::u8x16;

use super::host::port_number;
use super::page::after_scheme;

/// A host name in canonical form that lies in a buffer at `start..end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FastHost {
    pub start: usize,
    pub end: usize,
    /// One bit for each dot, counted from `start`.
    pub dots: u64,
}

/// What a request target tells about the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FastTarget {
    Host(FastHost),
    /// The target is a path and names no host.
    Path,
}

impl FastHost {
    /// Return the host of the target `buffer[start..end]`; None if only `page` can read it.
    #[inline(always)]
    pub fn of_target(
        buffer: &[u8],
        start: usize,
        end: usize,
        is_connect: bool,
    ) -> Option<FastTarget> {
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
            return FastHost::before_end(buffer, host_start, end, true).map(FastTarget::Host);
        }
        if after_scheme(&buffer[start..end]).is_some() {
            return None;
        }
        if is_connect {
            return FastHost::of_authority(buffer, start, end).map(FastTarget::Host);
        }
        (start < end && buffer[start] == b'/').then_some(FastTarget::Path)
    }

    /// Return the host if all of `buffer[start..end]` is `host[:port]`.
    #[inline(always)]
    pub fn of_authority(buffer: &[u8], start: usize, end: usize) -> Option<FastHost> {
        FastHost::before_end(buffer, start, end, false)
    }

    /// Return the host if all of `buffer[start..end]` is a bare name.
    #[inline(always)]
    pub fn of_name(buffer: &[u8], start: usize, end: usize) -> Option<FastHost> {
        FastHost::at_start(buffer, start, end).filter(|host| host.end == end)
    }

    /// Return the host at `start`. It can have a port, and must reach to the end, or to a slash if a path may follow.
    #[inline(always)]
    fn before_end(
        buffer: &[u8],
        start: usize,
        end: usize,
        path_may_follow: bool,
    ) -> Option<FastHost> {
        let host = FastHost::at_start(buffer, start, end)?;
        let mut after = host.end;
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
        (after == end || (path_may_follow && buffer[after] == b'/')).then_some(host)
    }

    /// Return the name at `start`: labels of small letters, digits, `-` and `_`, none empty, the last one no number.
    #[inline(always)]
    fn at_start(buffer: &[u8], start: usize, end: usize) -> Option<FastHost> {
        let bytes = buffer.get(start..)?.first_chunk::<64>()?;
        let (mut others, mut dots) = (0u64, 0u64);
        for number in 0..4 {
            // Names over 32 bytes are rare, so the second half is usually skipped.
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
        is_plain.then_some(FastHost {
            start,
            end: start + length,
            dots,
        })
    }
}

/// Return one bit for each byte that a plain name cannot hold, and one bit for each dot.
#[inline(always)]
fn classes(bytes: u8x16) -> (u64, u64) {
    let within = |first: u8, count: u8| {
        let places = bytes - u8x16::splat(first);
        places.min(u8x16::splat(count - 1)).cmp_eq(places)
    };
    let dot = bytes.cmp_eq(u8x16::splat(b'.'));
    // The range from `-` to `9` also holds `/`, which no name has.
    let plain = (within(b'-', 13) | within(b'a', 26) | bytes.cmp_eq(u8x16::splat(b'_'))).move_mask()
        as u64
        & !(bytes.cmp_eq(u8x16::splat(b'/')).move_mask() as u64);
    (!plain & 0xFFFF, dot.move_mask() as u64)
}
