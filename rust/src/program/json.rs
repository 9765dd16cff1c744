//! Reading one JSON object per frame (ADR 3, json): one pass checks all of it and takes out the wanted paths.

use super::cases::Cases;
use super::json_text::{decode_string, number_end, skip_space, string_end, word_end};
use super::paths::{NO_NODE, Node, Paths, ROOT};
use super::piece::{NO_SLOT, Piece, Slots};
use crate::reject_code::RejectCode;

const DEPTH_MAX: usize = 100;

#[derive(Debug)]
pub(crate) struct Json {
    pub paths: Paths,
    /// Values to append, from slot to slot, for paths that share a slot or an end.
    pub appends: Vec<(u16, u16)>,
    pub cases: Cases,
}

/// Counts of values at the start of repeated objects. If a key occurs twice, its first values can be dropped.
pub(crate) type Marks = Vec<u32>;

impl Json {
    /// Fill the slots from the object that begins at `at`.
    pub fn split(
        &self,
        frame: &[u8],
        at: usize,
        slots: &mut Slots,
        scratch: &mut Vec<u8>,
        marks: &mut Marks,
    ) -> Result<(), RejectCode> {
        marks.clear();
        let mut walk = Walk {
            text: frame,
            paths: &self.paths,
            slots,
            scratch,
            marks,
        };
        let is_json = std::str::from_utf8(&frame[at..]).is_ok() && walk.document(at).is_some();
        for (from, to) in &self.appends {
            slots.append(*from, *to);
        }
        if is_json {
            Ok(())
        } else {
            Err(RejectCode::NotJson)
        }
    }
}

struct Walk<'w> {
    text: &'w [u8],
    paths: &'w Paths,
    slots: &'w mut Slots,
    scratch: &'w mut Vec<u8>,
    marks: &'w mut Marks,
}

impl<'w> Walk<'w> {
    fn document(&mut self, at: usize) -> Option<()> {
        let at = skip_space(self.text, at);
        if self.text.get(at) != Some(&b'{') {
            return None;
        }
        let end = self.object(at + 1, ROOT, 1)?;
        (skip_space(self.text, end) == self.text.len()).then_some(())
    }

    fn node(&self, node: u16) -> Option<&'w Node> {
        self.paths.nodes.get(node as usize)
    }

    /// Return the position after the value at `at`, which belongs to `node`. `listed` is the slot of the array that
    /// contains it.
    fn value(&mut self, at: usize, node: u16, listed: u16, depth: usize) -> Option<usize> {
        match *self.text.get(at)? {
            b'"' => {
                let (end, escaped) = string_end(self.text, at + 1)?;
                if node != NO_NODE || listed != NO_SLOT {
                    let piece = self.string(at + 1, end, escaped);
                    self.store(node, listed, piece);
                }
                Some(end + 1)
            }
            b'{' => self.object(at + 1, node, depth + 1),
            b'[' => self.array(at + 1, node, depth + 1),
            first @ (b't' | b'f' | b'n') => {
                let end = word_end(self.text, at)?;
                if first != b'n' {
                    self.store(node, listed, Piece::of_frame(at, end));
                }
                Some(end)
            }
            _ => {
                let end = number_end(self.text, at)?;
                self.store(node, listed, Piece::of_frame(at, end));
                Some(end)
            }
        }
    }

    fn string(&mut self, start: usize, end: usize, escaped: bool) -> Piece {
        if !escaped {
            return Piece::of_frame(start, end);
        }
        let from = self.scratch.len();
        decode_string(&self.text[start..end], self.scratch);
        Piece::of_scratch(from, self.scratch.len())
    }

    #[inline]
    fn store(&mut self, node: u16, listed: u16, piece: Piece) {
        if let Some(node) = self.node(node) {
            if node.slot != NO_SLOT {
                self.slots.push(node.slot, piece);
            }
        }
        if listed != NO_SLOT {
            self.slots.push(listed, piece);
        }
    }

    fn object(&mut self, at: usize, node: u16, depth: usize) -> Option<usize> {
        if depth > DEPTH_MAX {
            return None;
        }
        let node = self.node(node);
        let mark = self.marks.len();
        if let Some(node) = node.filter(|node| node.repeats) {
            let counts = self.paths.slots[node.below.clone()]
                .iter()
                .map(|slot| self.slots.count(*slot) as u32);
            self.marks.extend(counts);
        }
        let mut at = skip_space(self.text, at);
        if self.text.get(at) != Some(&b'}') {
            at = self.members(at, node, mark, depth)?;
        }
        self.marks.truncate(mark);
        Some(at + 1)
    }

    /// Return the position of the brace that ends the members. The first one begins at `at`.
    fn members(
        &mut self,
        mut at: usize,
        node: Option<&'w Node>,
        mark: usize,
        depth: usize,
    ) -> Option<usize> {
        loop {
            if self.text.get(at) != Some(&b'"') {
                return None;
            }
            let (key_end, escaped) = string_end(self.text, at + 1)?;
            let next = match node {
                Some(node) if node.has_keys() => self.key(node, at + 1, key_end, escaped, mark),
                _ => NO_NODE,
            };
            at = skip_space(self.text, key_end + 1);
            if self.text.get(at) != Some(&b':') {
                return None;
            }
            at = skip_space(self.text, at + 1);
            at = self.value(at, next, NO_SLOT, depth)?;
            at = skip_space(self.text, at);
            match self.text.get(at)? {
                b',' => at = skip_space(self.text, at + 1),
                b'}' => return Some(at),
                _ => return None,
            }
        }
    }

    /// Return the node of a key, and drop the values of the same key earlier in this object.
    fn key(&mut self, node: &Node, start: usize, end: usize, escaped: bool, mark: usize) -> u16 {
        let next = if escaped {
            let from = self.scratch.len();
            decode_string(&self.text[start..end], self.scratch);
            let next = node.key(&self.scratch[from..]);
            self.scratch.truncate(from);
            next
        } else {
            node.key(&self.text[start..end])
        };
        if let Some(child) = self.node(next) {
            for place in child.below.clone() {
                let count = if node.repeats {
                    self.marks[mark + place - node.below.start]
                } else {
                    0
                };
                self.slots.truncate(self.paths.slots[place], count as usize);
            }
        }
        next
    }

    /// Return the position after the array whose content begins at `at`.
    fn array(&mut self, at: usize, node: u16, depth: usize) -> Option<usize> {
        if depth > DEPTH_MAX {
            return None;
        }
        let (element, listed) = self
            .node(node)
            .map_or((NO_NODE, NO_SLOT), |node| (node.element, node.slot));
        let mut at = skip_space(self.text, at);
        if self.text.get(at) == Some(&b']') {
            return Some(at + 1);
        }
        loop {
            at = self.value(at, element, listed, depth)?;
            at = skip_space(self.text, at);
            match self.text.get(at)? {
                b',' => at = skip_space(self.text, at + 1),
                b']' => return Some(at + 1),
                _ => return None,
            }
        }
    }
}
