//! Texts that recur in rows, kept once each: a row holds their numbers.

use rapidhash::v3::rapidhash_v3;

use super::json::text_bytes;

/// The number of no text.
pub const ABSENT: u32 = 0;

/// Texts by number; 0 is that of none.
#[derive(Clone, Default)]
pub struct Texts {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy)]
struct Entry {
    start: u32,
    length: u32,
    /// How long it is as a JSON string.
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

    /// How long a text is in a canonical row.
    pub fn json_bytes(&self, number: u32) -> u32 {
        match (number as usize).checked_sub(1) {
            Some(place) => self.entries[place].json_bytes,
            None => 4,
        }
    }

    /// How many texts there are, numbered from 1.
    pub fn count(&self) -> u32 {
        self.entries.len() as u32
    }

    /// A text that is there, and whether it needs no escapes in JSON.
    #[inline]
    pub fn escaped(&self, number: u32) -> (&[u8], bool) {
        let entry = &self.entries[number as usize - 1];
        (self.text(entry), entry.json_bytes == entry.length + 2)
    }

    /// A text that is there, and its hash.
    pub fn hashed(&self, number: u32) -> (&[u8], u32) {
        let entry = &self.entries[number as usize - 1];
        (self.text(entry), entry.hash)
    }

    /// Hold no more memory than the texts need.
    fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.entries.shrink_to_fit();
    }

    pub fn size_bytes(&self) -> usize {
        self.bytes.capacity() + self.entries.capacity() * size_of::<Entry>()
    }
}

/// Texts that can be added to, and found.
#[derive(Default)]
pub struct Interner {
    texts: Texts,
    /// By hash, the number of the text; 0 is free. A power of two, at most half full.
    slots: Vec<u32>,
}

impl Interner {
    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    /// The number of a text.
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

    /// The number of a text that is there.
    pub fn known(&self, text: &[u8]) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        self.find(text, rapidhash_v3(text)).ok()
    }

    /// The number of a text that is there, or its free slot.
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

    /// Take the texts out; what comes next is numbered anew.
    pub fn take(&mut self) -> Texts {
        self.slots.fill(0);
        let mut texts = std::mem::take(&mut self.texts);
        texts.shrink();
        texts
    }
}
