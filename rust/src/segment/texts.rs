//! Texts that recur in rows. Each is stored once, and rows hold its number.

use rapidhash::v3::rapidhash_v3;

use super::json::text_bytes;

/// The number of an absent text.
pub const ABSENT: u32 = 0;

/// Texts by number. Number 0 is the absent text.
#[derive(Clone, Default)]
pub struct Texts {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy)]
struct Entry {
    start: u32,
    length: u32,
    /// Length as a JSON string.
    json_bytes: u32,
    hash: u32,
}

impl Texts {
    pub fn get(&self, number: u32) -> Option<&[u8]> {
        let place = (number as usize).checked_sub(1)?;
        Some(self.text(&self.entries[place]))
    }

    fn text(&self, entry: &Entry) -> &[u8] {
        &self.bytes[entry.start as usize..][..entry.length as usize]
    }

    /// Return the length of a text in a canonical row.
    pub fn json_bytes(&self, number: u32) -> u32 {
        match (number as usize).checked_sub(1) {
            Some(place) => self.entries[place].json_bytes,
            None => 4,
        }
    }

    /// Return how many texts there are. Numbers begin at 1.
    pub fn count(&self) -> u32 {
        self.entries.len() as u32
    }

    /// Return a present text, and whether it needs no escapes in JSON.
    #[inline]
    pub fn escaped(&self, number: u32) -> (&[u8], bool) {
        let entry = &self.entries[number as usize - 1];
        (self.text(entry), entry.json_bytes == entry.length + 2)
    }

    /// Return a present text, and its hash.
    pub fn text_and_hash(&self, number: u32) -> (&[u8], u32) {
        let entry = &self.entries[number as usize - 1];
        (self.text(entry), entry.hash)
    }

    /// Free memory that the texts do not need.
    fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.entries.shrink_to_fit();
    }

    pub fn size_bytes(&self) -> usize {
        self.bytes.capacity() + self.entries.capacity() * size_of::<Entry>()
    }
}

/// Texts that can be added and found.
#[derive(Default)]
pub struct Interner {
    texts: Texts,
    /// The number of the text by hash; 0 is free. The length is a power of two, at most half full.
    slots: Vec<u32>,
}

impl Interner {
    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    /// Return the number of a text. Adds the text if it is new.
    pub fn number(&mut self, text: &[u8]) -> u32 {
        if self.texts.entries.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let hash = rapidhash_v3(text);
        let slot = match self.find(text, hash) {
            Ok(number) => return number,
            Err(slot) => slot,
        };
        self.texts.entries.push(Entry {
            start: self.texts.bytes.len() as u32,
            length: text.len() as u32,
            json_bytes: text_bytes(text) as u32,
            hash: hash as u32,
        });
        self.texts.bytes.extend_from_slice(text);
        self.slots[slot] = self.texts.entries.len() as u32;
        self.slots[slot]
    }

    /// Return the number of a text, or None if it was not added.
    pub fn known(&self, text: &[u8]) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        self.find(text, rapidhash_v3(text)).ok()
    }

    /// Return the number of a text, or its free slot.
    fn find(&self, text: &[u8], hash: u64) -> Result<u32, usize> {
        let mut slot = hash as usize & (self.slots.len() - 1);
        loop {
            let number = self.slots[slot];
            let Some(place) = (number as usize).checked_sub(1) else {
                return Err(slot);
            };
            let entry = &self.texts.entries[place];
            if entry.hash == hash as u32 && self.texts.text(entry) == text {
                return Ok(number);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }

    fn grow(&mut self) {
        let count = (self.slots.len() * 2).max(64);
        self.slots.clear();
        self.slots.resize(count, 0);
        for (place, entry) in self.texts.entries.iter().enumerate() {
            let mut slot = entry.hash as usize & (count - 1);
            while self.slots[slot] != 0 {
                slot = (slot + 1) & (count - 1);
            }
            self.slots[slot] = place as u32 + 1;
        }
    }

    /// Take the texts out. The next text gets number 1 again.
    pub fn take(&mut self) -> Texts {
        self.slots.fill(0);
        let mut texts = std::mem::take(&mut self.texts);
        texts.shrink();
        texts
    }
}
