//! Texts as spans, so that a reader borrows nothing between frames and allocates nothing for a frame.

/// A span of the frame, of the reader's scratch or of the program's constants; or absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    start: u32,
    len: u32,
}

const SCRATCH: u32 = 1 << 31;
const CONSTANT: u32 = 1 << 30;

/// Frames of this length or more are not read. Spans must also cover the scratch, which can hold several decoded
/// copies.
pub(crate) const FRAME_LIMIT: usize = 1 << 28;

impl Piece {
    pub const ABSENT: Piece = Piece {
        start: u32::MAX,
        len: u32::MAX,
    };

    /// Return the piece of bytes `start..end` of the frame, which is shorter than `FRAME_LIMIT`.
    pub fn of_frame(start: usize, end: usize) -> Piece {
        Piece {
            start: start as u32,
            len: (end - start) as u32,
        }
    }

    /// Return the piece of bytes `start..end` of the scratch. It never exceeds twice a frame and its decoded parts.
    pub fn of_scratch(start: usize, end: usize) -> Piece {
        Piece {
            start: start as u32 | SCRATCH,
            len: (end - start) as u32,
        }
    }

    /// Return the piece of bytes `start..end` of the program's constants.
    pub fn of_constants(start: usize, end: usize) -> Piece {
        Piece {
            start: start as u32 | CONSTANT,
            len: (end - start) as u32,
        }
    }

    pub fn is_absent(self) -> bool {
        self.len == u32::MAX
    }

    pub fn present(self) -> Option<Piece> {
        (!self.is_absent()).then_some(self)
    }

    pub fn len(self) -> usize {
        self.len as usize
    }

    /// Return the span of a piece that is in the frame.
    #[inline(always)]
    pub fn in_frame(self) -> Option<(usize, usize)> {
        let start = self.start as usize;
        (self.start < CONSTANT).then(|| (start, start + self.len as usize))
    }

    /// Return the span of a piece that is in the scratch.
    pub fn in_scratch(self) -> Option<std::ops::Range<usize>> {
        let start = (self.start & !SCRATCH) as usize;
        (self.start & SCRATCH != 0 && !self.is_absent()).then(|| start..start + self.len())
    }

    /// Return the span of a piece that is in the constants.
    pub fn in_constants(self) -> Option<std::ops::Range<usize>> {
        let start = (self.start & !CONSTANT) as usize;
        (self.start >> 30 == 1).then(|| start..start + self.len())
    }

    /// Return the part `start..end` of this piece, counted from its own start.
    pub fn part(self, start: usize, end: usize) -> Piece {
        Piece {
            start: self.start + start as u32,
            len: (end - start) as u32,
        }
    }
}

/// The bytes that pieces point into.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sources<'r> {
    pub frame: &'r [u8],
    pub scratch: &'r [u8],
    pub constants: &'r [u8],
}

impl<'r> Sources<'r> {
    /// Return the bytes of a piece; empty for an absent one.
    #[inline(always)]
    pub fn text(&self, piece: Piece) -> &'r [u8] {
        if piece.start < CONSTANT {
            return &self.frame[piece.start as usize..piece.start as usize + piece.len as usize];
        }
        self.text_elsewhere(piece)
    }

    #[inline(never)]
    fn text_elsewhere(&self, piece: Piece) -> &'r [u8] {
        if piece.is_absent() {
            return &[];
        }
        let (start, from) = if piece.start & SCRATCH != 0 {
            (piece.start & !SCRATCH, self.scratch)
        } else {
            (piece.start & !CONSTANT, self.constants)
        };
        &from[start as usize..start as usize + piece.len as usize]
    }
}

/// A slice of a text. The bytes around it can be loaded but do not count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TextSlice<'r> {
    around: &'r [u8],
    start: usize,
    end: usize,
}

impl<'r> TextSlice<'r> {
    /// Return the slice `start..end` of a text.
    #[inline(always)]
    pub fn new(around: &'r [u8], start: usize, end: usize) -> TextSlice<'r> {
        TextSlice { around, start, end }
    }

    /// Return a slice with nothing around it.
    pub fn alone(text: &'r [u8]) -> TextSlice<'r> {
        TextSlice {
            around: text,
            start: 0,
            end: text.len(),
        }
    }

    #[inline(always)]
    pub fn bytes(self) -> &'r [u8] {
        &self.around[self.start..self.end]
    }

    #[inline(always)]
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Return the slice's start and end in the text around it.
    #[inline(always)]
    pub fn span(self) -> (usize, usize) {
        (self.start, self.end)
    }

    /// Return sixteen bytes from its start; None if fewer are left and the slice is too short.
    #[inline(always)]
    pub fn first_sixteen(self) -> Option<[u8; 16]> {
        match self.around.get(self.start..self.start + 16) {
            Some(bytes) => bytes.first_chunk().copied(),
            None => self.filled_sixteen(),
        }
    }

    #[inline(never)]
    fn filled_sixteen(self) -> Option<[u8; 16]> {
        let mut bytes = [0; 16];
        bytes.get_mut(..self.len())?.copy_from_slice(self.bytes());
        Some(bytes)
    }

    /// Return the eight bytes before its end.
    #[inline(always)]
    pub fn last_eight(self) -> Option<[u8; 8]> {
        self.around
            .get(..self.end)
            .and_then(<[u8]>::last_chunk)
            .copied()
    }
}

/// The slots of one frame: the first value of each, and further values.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    first: Vec<Piece>,
    more: Vec<Vec<Piece>>,
    has_more: bool,
    unclosed: u16,
}

impl Slots {
    pub fn new(count: usize) -> Slots {
        Slots {
            first: vec![Piece::ABSENT; count],
            more: vec![Vec::new(); count],
            has_more: false,
            unclosed: NO_SLOT,
        }
    }

    pub fn len(&self) -> usize {
        self.first.len()
    }

    /// Return the slot of a text whose quote is not closed, or `NO_SLOT`.
    pub fn unclosed(&self) -> u16 {
        self.unclosed
    }

    pub fn set_unclosed(&mut self, slot: u16) {
        self.unclosed = slot;
    }

    pub fn clear(&mut self) {
        self.unclosed = NO_SLOT;
        self.first.fill(Piece::ABSENT);
        if self.has_more {
            self.more.iter_mut().for_each(Vec::clear);
            self.has_more = false;
        }
    }

    pub fn get(&self, slot: u16) -> Piece {
        self.first[slot as usize]
    }

    /// Return the values of a slot after the first.
    pub fn more(&self, slot: u16) -> &[Piece] {
        &self.more[slot as usize]
    }

    /// Set the only value of a slot. `NO_SLOT` drops it.
    pub fn set(&mut self, slot: u16, piece: Piece) {
        if let Some(place) = self.first.get_mut(slot as usize) {
            *place = piece;
        }
    }

    pub fn push(&mut self, slot: u16, piece: Piece) {
        let first = &mut self.first[slot as usize];
        if first.is_absent() {
            *first = piece;
        } else {
            self.more[slot as usize].push(piece);
            self.has_more = true;
        }
    }

    /// Return how many values a slot has.
    pub fn count(&self, slot: u16) -> usize {
        usize::from(!self.get(slot).is_absent()) + self.more(slot).len()
    }

    /// Drop the values of a slot after the first `count`.
    pub fn truncate(&mut self, slot: u16, count: usize) {
        if count == 0 {
            self.first[slot as usize] = Piece::ABSENT;
        }
        self.more[slot as usize].truncate(count.saturating_sub(1));
    }

    /// Append the values of one slot to those of another.
    pub fn append(&mut self, from: u16, to: u16) {
        let mut values: Vec<Piece> = self.get(from).present().into_iter().collect();
        values.extend_from_slice(self.more(from));
        values.into_iter().for_each(|piece| self.push(to, piece));
    }
}

/// The slot of a piece that is matched but not stored.
pub(crate) const NO_SLOT: u16 = u16::MAX;
