//! Where the quotes, backslashes and control characters of a text are, found in 64 bytes at once.

use wide::u8x16;

const BLOCK_BYTES: usize = 64;

/// The marks of the block that was looked at last: a bit for each byte.
pub struct Marks {
    block: usize,
    bits: u64,
}

impl Marks {
    /// No block was looked at.
    pub const NONE: Marks = Marks {
        block: usize::MAX,
        bits: 0,
    };

    /// The next quote, backslash, control character or DEL from `at` on. Always called with the same bytes.
    #[inline]
    pub fn next(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        let mut block = at & !(BLOCK_BYTES - 1);
        if block != self.block {
            self.look(bytes, block);
        }
        let mut bits = self.bits & (u64::MAX << (at - block));
        while bits == 0 {
            block += BLOCK_BYTES;
            if block >= bytes.len() {
                return None;
            }
            self.look(bytes, block);
            bits = self.bits;
        }
        Some(block + bits.trailing_zeros() as usize)
    }

    fn look(&mut self, bytes: &[u8], block: usize) {
        self.block = block;
        let rest = bytes.get(block..).unwrap_or_default();
        self.bits = match rest.first_chunk::<BLOCK_BYTES>() {
            Some(whole) => bits(whole),
            None => {
                // A space is no mark.
                let mut last = [b' '; BLOCK_BYTES];
                last[..rest.len()].copy_from_slice(rest);
                bits(&last)
            }
        };
    }
}

#[inline]
fn bits(block: &[u8; BLOCK_BYTES]) -> u64 {
    let (quote, backslash) = (u8x16::splat(b'"'), u8x16::splat(b'\\'));
    let (control, delete) = (u8x16::splat(0x1f), u8x16::splat(0x7f));
    let mut bits = 0;
    for (place, sixteen) in block.chunks_exact(16).enumerate() {
        let sixteen = u8x16::new(sixteen.try_into().unwrap_or_default());
        let marked = sixteen.cmp_eq(quote)
            | sixteen.cmp_eq(backslash)
            | sixteen.cmp_eq(delete)
            | sixteen.min(control).cmp_eq(sixteen);
        bits |= u64::from(marked.move_mask() as u32 & 0xffff) << (16 * place);
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_is_found_at_every_place() {
        for length in [0, 1, 63, 64, 65, 200] {
            for mark in [b'"', b'\\', 0, 0x1f, 0x7f] {
                for place in 0..length {
                    let mut bytes = vec![0x80; length];
                    bytes[place] = mark;
                    let mut marks = Marks::NONE;
                    assert_eq!(marks.next(&bytes, 0), Some(place));
                    assert_eq!(marks.next(&bytes, place), Some(place));
                    assert_eq!(marks.next(&bytes, place + 1), None);
                }
            }
            let plain: Vec<u8> = (0..length).map(|at| b' ' + at as u8 % 2).collect();
            let mut marks = Marks::NONE;
            assert_eq!(marks.next(&plain, 0), None);
        }
    }
}
