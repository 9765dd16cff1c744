//! Finding the spaces of a line, and its end, 64 bytes at a time. No branch depends on how long a word is.

use wide::u8x16;

const BLOCK: usize = 64;
/// Room for this many gaps. The fast path does not read lines with more than `ROOM - BLOCK` gaps. A `u8` can number all.
const ROOM: usize = 256;

/// The positions of the spaces of one line, followed by that of its line feed.
#[derive(Clone, Debug)]
pub(crate) struct Gaps([u32; ROOM]);

impl Gaps {
    pub const NONE: Gaps = Gaps([0; ROOM]);

    /// Return the position of the gap with this number.
    #[inline(always)]
    pub fn at(&self, number: u8) -> usize {
        self.0[number as usize] as usize
    }

    /// Find the gaps of the line that begins at `start`. Return where the line ends and where its line feed is; None if
    /// there are too many gaps, if the line holds a control character, or if the buffer ends within 64 bytes of the line.
    #[inline(never)]
    pub fn find(&mut self, buffer: &[u8], start: usize) -> Option<(usize, usize)> {
        let (mut at, mut count, mut has_controls) = (start, 0, false);
        loop {
            let block = buffer.get(at..)?.first_chunk::<BLOCK>()?;
            let marks = Marks::of(block);
            has_controls |= marks.has_controls;
            if marks.feeds == 0 {
                count += self.push(count, marks.gaps, at)?;
                at += BLOCK;
                continue;
            }
            // Up to the first line feed.
            let line = marks.feeds ^ (marks.feeds - 1);
            self.push(count, marks.gaps & line, at)?;
            let feed = at + marks.feeds.trailing_zeros() as usize;
            if !has_controls {
                return Some((feed, feed));
            }
            return end_of_text(&buffer[start..feed]).map(|end| (start + end, feed));
        }
    }

    /// Store the positions that are marked in the 64 bytes from `at` on, after the first `count`. Writes eight at a time,
    /// even if fewer are marked.
    #[inline(always)]
    fn push(&mut self, count: usize, mut marks: u64, at: usize) -> Option<usize> {
        let marked = marks.count_ones() as usize;
        let mut places = self.0.get_mut(count..count + BLOCK)?;
        let mut done = 0;
        loop {
            let (eight, rest) = places.split_first_chunk_mut::<8>()?;
            for place in eight {
                *place = (at + (marks | 1 << 63).trailing_zeros() as usize) as u32;
                marks &= marks.wrapping_sub(1);
            }
            done += 8;
            if done >= marked {
                return Some(marked);
            }
            places = rest;
        }
    }
}

/// Return the length of a line without a carriage return at its end; None if it holds another control character.
#[inline(never)]
fn end_of_text(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    line.iter().all(|byte| *byte >= b' ').then_some(line.len())
}

/// The marks of 64 bytes.
struct Marks {
    /// One bit for each space or line feed.
    gaps: u64,
    /// One bit for each line feed.
    feeds: u64,
    /// Other control characters occur.
    has_controls: bool,
}

impl Marks {
    #[inline(always)]
    fn of(block: &[u8; BLOCK]) -> Marks {
        let (mut gaps, mut feeds, mut controls) = (0, 0, u8x16::splat(0));
        for (number, sixteen) in block.chunks_exact(16).enumerate() {
            let mut bytes = [0; 16];
            bytes.copy_from_slice(sixteen);
            let sixteen = u8x16::new(bytes);
            let feed = sixteen.cmp_eq(u8x16::splat(b'\n'));
            let gap = sixteen.cmp_eq(u8x16::splat(b' ')) | feed;
            controls |= sixteen.min(u8x16::splat(0x1f)).cmp_eq(sixteen) ^ feed;
            gaps |= (gap.move_mask() as u32 as u64) << (16 * number);
            feeds |= (feed.move_mask() as u32 as u64) << (16 * number);
        }
        Marks {
            gaps,
            feeds,
            has_controls: controls.move_mask() != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find_gap(line: &[u8]) -> Option<(usize, usize)> {
        let mut buffer = line.to_vec();
        buffer.resize(line.len() + 2 * BLOCK, b'x');
        Gaps::NONE.clone().find(&buffer, 0)
    }

    fn gaps(line: &[u8]) -> Vec<usize> {
        let mut buffer = line.to_vec();
        buffer.resize(line.len() + 2 * BLOCK, b'x');
        let mut gaps = Gaps::NONE;
        let (_, feed) = gaps.find(&buffer, 0).unwrap();
        let mut places: Vec<usize> = (0..=254).map(|number| gaps.at(number)).collect();
        let count = places.iter().position(|place| *place == feed).unwrap();
        places.truncate(count + 1);
        places
    }

    #[test]
    fn gaps_are_spaces_and_the_line_feed() {
        assert_eq!(gaps(b"\n a"), [0]);
        assert_eq!(gaps(b"ab c\xe3\x81 d\r\nf g"), [2, 6, 9]);
        let mut long = vec![b'x'; 200];
        (long[63], long[64], long[130], long[199]) = (b' ', b' ', b' ', b'\n');
        assert_eq!(gaps(&long), [63, 64, 130, 199]);
        let mut dense = vec![b' '; 100];
        dense.push(b'\n');
        assert_eq!(gaps(&dense), (0..=100).collect::<Vec<_>>());
    }

    #[test]
    fn a_carriage_return_ends_a_line_only_before_its_line_feed() {
        for length in [1, 5, 62, 63, 64, 65, 127, 128, 129] {
            let mut line = vec![b'x'; length];
            line.extend(b"\r\n");
            assert_eq!(find_gap(&line), Some((length, length + 1)));
            line[length] = b'x';
            assert_eq!(find_gap(&line), Some((length + 1, length + 1)));
            for control in [b'\r', b'\t', 0, 0x1f] {
                line[length - 1] = control;
                assert_eq!(find_gap(&line), None);
            }
            line[length - 1] = b'\r';
            line[length] = b'\r';
            assert_eq!(find_gap(&line), None);
        }
    }

    #[test]
    fn too_many_gaps_and_the_end_of_the_buffer_are_none() {
        assert_eq!(find_gap(&[b' '; 500]), None);
        assert_eq!(Gaps::NONE.clone().find(b"short\n", 0), None);
        assert_eq!(Gaps::NONE.clone().find(b"short\n", 9), None);
    }
}
