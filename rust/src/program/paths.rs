//! JSON paths as a tree, so that one pass over an object finds all of them.

use super::piece::NO_SLOT;

/// The node of a key that no path has.
pub(crate) const NO_NODE: u16 = u16::MAX;

#[derive(Debug)]
pub(crate) struct Node {
    keys: Vec<(Box<[u8]>, u16)>,
    /// Bit n: one of the keys has n bytes (bit 63: 63 or more).
    key_lengths: u64,
    /// The node of every element, if this is an array.
    pub element: u16,
    pub slot: u16,
    /// The range of `Paths::slots` at this node or below it.
    pub below: std::ops::Range<usize>,
    /// The node is inside an array, so a frame can contain it many times.
    pub repeats: bool,
}

#[derive(Debug)]
pub(crate) struct Paths {
    pub nodes: Vec<Node>,
    /// Slots in depth-first order.
    pub slots: Vec<u16>,
}

/// The node of the object itself.
pub(crate) const ROOT: u16 = 0;

impl Paths {
    pub fn new() -> Paths {
        Paths {
            nodes: vec![Node::new(false)],
            slots: Vec::new(),
        }
    }

    /// Add a path and return the slot that it ends in: `slot`, or that of the same path added before.
    pub fn add(&mut self, path: &[String], slot: u16) -> Result<u16, String> {
        let mut at = ROOT;
        for part in path {
            at = self.step(at, part)?;
        }
        if at == ROOT {
            return Err("a json path is empty".into());
        }
        let node = &mut self.nodes[at as usize];
        if node.slot == NO_SLOT {
            node.slot = slot;
        }
        Ok(node.slot)
    }

    fn step(&mut self, at: u16, part: &str) -> Result<u16, String> {
        let node = &self.nodes[at as usize];
        let is_element = part == "[]";
        let known = if is_element {
            Some(node.element).filter(|next| *next != NO_NODE)
        } else {
            Some(node.key(part.as_bytes())).filter(|next| *next != NO_NODE)
        };
        if let Some(next) = known {
            return Ok(next);
        }
        let next = u16::try_from(self.nodes.len())
            .ok()
            .filter(|next| *next != NO_NODE)
            .ok_or("too many json paths")?;
        let repeats = node.repeats || is_element;
        self.nodes.push(Node::new(repeats));
        let node = &mut self.nodes[at as usize];
        if is_element {
            node.element = next;
        } else {
            node.keys.push((part.as_bytes().into(), next));
            node.key_lengths |= 1 << part.len().min(63);
        }
        Ok(next)
    }

    /// Number the slots below each node. Call it once, after all paths are added.
    pub fn number(&mut self, at: u16) {
        let start = self.slots.len();
        let node = &self.nodes[at as usize];
        if node.slot != NO_SLOT {
            self.slots.push(node.slot);
        }
        let next: Vec<u16> = node
            .keys
            .iter()
            .map(|(_, next)| *next)
            .chain(Some(node.element).filter(|next| *next != NO_NODE))
            .collect();
        next.into_iter().for_each(|node| self.number(node));
        self.nodes[at as usize].below = start..self.slots.len();
    }
}

impl Node {
    /// Return the node of a key.
    #[inline]
    pub fn key(&self, key: &[u8]) -> u16 {
        if self.key_lengths >> key.len().min(63) & 1 == 0 {
            return NO_NODE;
        }
        let known = self.keys.iter().find(|(known, _)| **known == *key);
        known.map_or(NO_NODE, |(_, next)| *next)
    }

    pub fn has_keys(&self) -> bool {
        !self.keys.is_empty()
    }

    fn new(repeats: bool) -> Node {
        Node {
            keys: Vec::new(),
            key_lengths: 0,
            element: NO_NODE,
            slot: NO_SLOT,
            below: 0..0,
            repeats,
        }
    }
}
