//! Objects of a STIX bundle (`stages/lists/readers/stix.py`).

use std::borrow::Cow;

use super::super::row::RowCode;
use super::json::{Objects, Walk, take_objects};
use super::known_ids::{IdKey, KnownIds};
use super::pattern::read_pattern;
use super::quoted;
use super::reference::may_be_dated;
use super::rows::{RowPlace, Rows};

/// Reads the objects of one bundle, and knows the identifiers of its indicators.
#[derive(Debug, Default)]
pub struct StixObjects(KnownIds);

/// The members of an object that a row is made of.
#[derive(Debug, Default)]
struct Members<'t> {
    texts: [Cow<'t, str>; 8],
    labels: Vec<Cow<'t, str>>,
    indicator_types: Vec<Cow<'t, str>>,
    is_revoked: bool,
    id: Option<IdKey>,
    /// The words of the first reference, which do not name a day.
    reference: String,
}

const TYPE: usize = 0;
const ID: usize = 1;
const VERSION: usize = 2;
const PATTERN_TYPE: usize = 3;
const PATTERN: usize = 4;
const FROM: usize = 5;
const UNTIL: usize = 6;
const CREATED: usize = 7;

/// The part of an object that its rows are from. What is refused is the object.
const PATTERN_PART: u64 = 1;

impl StixObjects {
    /// Add the identifier of an indicator; false if it was there before.
    pub fn add(&mut self, id: &str) -> bool {
        self.0.add(id)
    }

    /// Take objects from `start` on; rows are numbered from `number` on.
    pub fn take(&mut self, text: &str, start: usize, number: u64) -> Objects {
        let mut next = number;
        take_objects(text, start, |walk, rows, place| {
            let mut members = Members::default();
            members.read(walk, &self.0)?;
            match &*members.texts[TYPE] {
                "" => return None,
                "indicator" => {}
                _ => return Some(()),
            }
            next = members.add_rows(next, place, rows)?;
            // Only an object that is taken is known: the others are looked at in Python.
            let id = &members.texts[ID];
            let key = members.id.unwrap_or_else(|| self.0.expect(id));
            (walk.is_followed() && self.0.add_expected(key, id)).then_some(())
        })
    }
}

impl<'t> Members<'t> {
    fn read(&mut self, walk: &mut Walk<'t>, known: &KnownIds) -> Option<()> {
        walk.object(0, |walk, key| {
            let place = match key {
                "type" => TYPE,
                "id" => {
                    self.texts[ID] = walk.text()?;
                    self.id = Some(known.expect(&self.texts[ID]));
                    return Some(());
                }
                "spec_version" => VERSION,
                "pattern_type" => PATTERN_TYPE,
                "pattern" => PATTERN,
                "valid_from" => FROM,
                "valid_until" => UNTIL,
                "created" => CREATED,
                "labels" => return read_texts(walk, &mut self.labels),
                "indicator_types" => return read_texts(walk, &mut self.indicator_types),
                "revoked" => {
                    self.is_revoked = walk.flag()? == Some(true);
                    return Some(());
                }
                "external_references" if walk.peek()? == b'[' => {
                    self.reference = first_reference(walk)?;
                    // One that names a day is kept, which Python looks at.
                    return (!may_be_dated(&self.reference)).then_some(());
                }
                _ => return walk.skip(1),
            };
            self.texts[place] = walk.text()?;
            Some(())
        })
    }

    /// Add the rows of an indicator, or its refusal, and return the next number. None where Python must look.
    fn add_rows(&self, number: u64, place: RowPlace, rows: &mut Rows) -> Option<u64> {
        let [_, _, version, pattern_type, pattern, from, until, created] = &self.texts;
        if self.is_revoked {
            return Some(number);
        }
        if !matches!(&**version, "2.1" | "2.0" | "") || !from.is_ascii() {
            return None;
        }
        if pattern_type != "stix" && (version == "2.1" || !pattern_type.is_empty()) {
            let reason = format!("pattern_type is {}, not 'stix'", quoted(pattern_type)?);
            return Some(rows.refuse(place, number, RowCode::UnknownKind, reason));
        }
        let types = if version == "2.1" {
            &self.indicator_types
        } else {
            &self.labels
        };
        if types.iter().any(|one| one == "benign") {
            return None;
        }
        let category = self.labels.join(", ");
        let mut next = number;
        read_pattern(pattern, |kind, value| {
            let texts = [kind.name(), value, &category, from, until, created, "", ""];
            next = rows.push_at(
                RowPlace {
                    part: PATTERN_PART,
                    ..place
                },
                next,
                texts,
            );
        })?;
        if !self.reference.is_empty() && !from.is_empty() {
            rows.undated += next - number;
        }
        Some(next)
    }
}

/// The name, number and words of the first reference.
fn first_reference(walk: &mut Walk<'_>) -> Option<String> {
    let mut words = [const { Cow::Borrowed("") }; 3];
    let mut is_first = true;
    walk.array(|walk| {
        if !std::mem::take(&mut is_first) {
            return walk.skip(2);
        }
        walk.object(2, |walk, key| {
            let place = match key {
                "source_name" => 0,
                "external_id" => 1,
                "description" => 2,
                _ => return walk.skip(3),
            };
            words[place] = walk.text()?;
            Some(())
        })
    })?;
    let words = words.iter().map(|word| &**word);
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    Some(words.join(" "))
}

fn read_texts<'t>(walk: &mut Walk<'t>, texts: &mut Vec<Cow<'t, str>>) -> Option<()> {
    if walk.peek()? == b'n' {
        return walk.skip(1);
    }
    walk.array(|walk| {
        texts.push(walk.text()?);
        Some(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = r#"{"type":"indicator","spec_version":"2.1","id":"a","pattern_type":"stix","pattern":"[url:value='http://a.example/']"}"#;

    #[test]
    fn an_id_is_known_once_its_object_is_taken() {
        let mut objects = StixObjects::default();
        let taken = objects.take(&format!("{ONE},{ONE},{{}},"), 0, 1);
        assert_eq!((taken.elements, taken.rows.len()), (1, 1));
        assert!(!objects.add("a"));
        // The last object of a text is not taken, and so not yet known.
        let mut objects = StixObjects::default();
        assert_eq!(objects.take(ONE, 0, 1).elements, 0);
        assert!(objects.add("a"));
    }
}
