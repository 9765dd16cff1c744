//! JSON paths as a tree, so that one walk over an object finds them all.

use super::piece::NO_SLOT;

/// A node that leads nowhere.
pub(crate) const NO_NODE: u16 = u16::MAX;

#[derive(Debug)]
pub(crate) struct Node {
    keys: Vec<(Box<[u8]>, u16)>,
    /// Bit n: a key has n bytes (bit 63: 63 or more).
    key_lengths: u64,
    /// The node of every element, where this is an array.
    pub element: u16,
    pub slot: u16,
    /// Which of `Paths::slots` lie at this node or below it.
    pub below: std::ops::Range<usize>,
    /// An array leads here: there may be many of this node in one frame.
    pub repeats: bool,
}

#[derive(Debug)]
pub(crate) struct Paths {
    pub nodes: Vec<Node>,
    /// Slots in the order of a walk down the tree.
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

    /// Adds a path and says which slot it ends in: `slot`, or the one of the same path before.
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

    /// Numbers the slots below each node; to be called once, when all paths are added.
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
    /// The node of a key.
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
