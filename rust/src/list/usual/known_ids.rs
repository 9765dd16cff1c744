//! The identifiers of indicators that were seen: a million UUIDs, and a few others.

use std::collections::HashSet;
use std::hash::BuildHasher;

use rapidhash::fast::RandomState;

use crate::prefetch::prefetch;

const FIRST_SLOTS: usize = 1 << 10;

/// Identifiers. UUIDs are in a table of their own, whose places can be loaded before they are needed.
#[derive(Debug)]
pub struct KnownIds {
    /// Zero is an empty slot: the nil UUID is among the others.
    slots: Vec<u128>,
    count: usize,
    others: HashSet<String>,
    hasher: RandomState,
}

impl Default for KnownIds {
    fn default() -> KnownIds {
        KnownIds {
            slots: vec![0; FIRST_SLOTS],
            count: 0,
            others: HashSet::new(),
            hasher: RandomState::new(),
        }
    }
}

/// An identifier as the table has it.
#[derive(Clone, Copy, Debug)]
pub struct IdKey(Option<u128>);

impl KnownIds {
    /// Start loading the place of an identifier, and return what `add_expected` takes.
    pub fn expect(&self, id: &str) -> IdKey {
        let key = uuid(id);
        if let Some(number) = key {
            prefetch(&self.slots[self.place(number)]);
        }
        IdKey(key)
    }

    /// Add an identifier; false if it was there before.
    pub fn add(&mut self, id: &str) -> bool {
        self.add_expected(IdKey(uuid(id)), id)
    }

    /// The same of an identifier that was expected.
    pub fn add_expected(&mut self, key: IdKey, id: &str) -> bool {
        match key.0 {
            Some(number) => self.add_uuid(number),
            None => self.others.insert(id.to_owned()),
        }
    }

    fn add_uuid(&mut self, number: u128) -> bool {
        if 2 * self.count >= self.slots.len() {
            self.grow();
        }
        let is_new = self.put(number);
        self.count += usize::from(is_new);
        is_new
    }

    fn put(&mut self, number: u128) -> bool {
        let mut place = self.place(number);
        while self.slots[place] != 0 {
            if self.slots[place] == number {
                return false;
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
        self.slots[place] = number;
        true
    }

    /// The upper bits of the hash: in a table of twice the size the order of the places stays.
    fn place(&self, number: u128) -> usize {
        let bits = self.slots.len().trailing_zeros();
        (self.hasher.hash_one(number) >> (64 - bits)) as usize
    }

    fn grow(&mut self) {
        let before = std::mem::take(&mut self.slots);
        self.slots = vec![0; 2 * before.len()];
        for number in before.into_iter().filter(|number| *number != 0) {
            self.put(number);
        }
    }
}

/// The number of an identifier in the usual form, `indicator--` and a UUID in small letters. None for the nil UUID.
fn uuid(id: &str) -> Option<u128> {
    let text: &[u8; 36] = id
        .strip_prefix("indicator--")?
        .as_bytes()
        .first_chunk()
        .filter(|_| id.len() == 47)?;
    if [8, 13, 18, 23].iter().any(|at| text[*at] != b'-') {
        return None;
    }
    let mut halves = [0_u64; 2];
    let mut wrong = 0;
    for (digit, at) in DIGITS.iter().enumerate() {
        let value = VALUES[usize::from(text[*at])];
        wrong |= value;
        halves[digit / 16] = halves[digit / 16] << 4 | u64::from(value & 15);
    }
    let number = u128::from(halves[0]) << 64 | u128::from(halves[1]);
    (wrong & 16 == 0 && number != 0).then_some(number)
}

/// Where the 32 digits of a UUID are.
const DIGITS: [usize; 32] = {
    let mut places = [0; 32];
    let (mut digit, mut at) = (0, 0);
    while digit < 32 {
        if !matches!(at, 8 | 13 | 18 | 23) {
            places[digit] = at;
            digit += 1;
        }
        at += 1;
    }
    places
};

/// The value of each small hexadecimal digit; 16 for another byte.
const VALUES: [u8; 256] = {
    let mut values = [16; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value] as usize] = value as u8;
        value += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_new_once() {
        let mut known = KnownIds::default();
        let ids = || {
            (0..5_000_u64).map(|number| {
                let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16;
                format!("indicator--{:08x}-0000-4000-8000-{mixed:012x}", number % 7)
            })
        };
        assert!(ids().all(|id| known.add(&id)));
        assert!(!ids().any(|id| known.add(&id)));
        for other in [
            "",
            "a",
            "indicator--00000000-0000-0000-0000-000000000000",
            "indicator--0000000A-0000-4000-8000-000000000000",
            "indicator--00000000-0000-4000-8000-0000000000000",
            "indicator--00000000+0000-4000-8000-000000000000",
        ] {
            assert_eq!(uuid(other), None, "{other}");
            assert!(known.add(other), "{other}");
            assert!(!known.add(other), "{other}");
        }
    }

    #[test]
    fn a_uuid_is_its_number() {
        let id = "indicator--01234567-89ab-cdef-0123-456789abcdef";
        assert_eq!(uuid(id), Some(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef));
    }
}
