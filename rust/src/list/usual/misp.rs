//! Attributes of a MISP event (`stages/lists/readers/misp.py`).

use std::borrow::Cow;

use super::export::misp_kind;
use super::instant_of_seconds;
use super::json::{Objects, Walk, take_objects};

/// Take attributes from `start` on; rows are numbered from `number` on.
pub fn misp_attributes(text: &str, start: usize, number: u64) -> Objects {
    let mut next = number;
    take_objects(text, start, |walk, rows, place| {
        let mut found = Attribute::default();
        found.read(walk)?;
        if found.to_ids? && !found.is_deleted {
            let kind = misp_kind(&found.kind, &found.value)?;
            let texts = [
                kind.name(),
                &found.value,
                "",
                &found.first_seen,
                "",
                &found.listed_on,
                "",
                "",
            ];
            rows.push(next, texts);
            rows.places.push(place);
            // An attribute that is not taken ends the call, and its number with it.
            next += 1;
        }
        Some(())
    })
}

#[derive(Debug, Default)]
struct Attribute<'t> {
    kind: Cow<'t, str>,
    value: Cow<'t, str>,
    first_seen: Cow<'t, str>,
    listed_on: String,
    to_ids: Option<bool>,
    is_deleted: bool,
}

impl<'t> Attribute<'t> {
    fn read(&mut self, walk: &mut Walk<'t>) -> Option<()> {
        walk.object(0, |walk, key| {
            match key {
                "type" => self.kind = walk.text()?,
                "value" => self.value = walk.text()?,
                "first_seen" => self.first_seen = walk.text()?,
                // The end of its window is a microsecond later, which Python computes.
                "last_seen" => return walk.text()?.is_empty().then_some(()),
                "to_ids" => self.to_ids = flag(walk)?,
                "deleted" => self.is_deleted = flag(walk)? == Some(true),
                "timestamp" => self.listed_on = stamp(walk)?,
                _ => return walk.skip(1),
            }
            Some(())
        })
    }
}

/// A boolean, as JSON or as `0` and `1` of older programs.
fn flag(walk: &mut Walk<'_>) -> Option<Option<bool>> {
    let text = match walk.peek()? {
        b'"' => walk.raw_string()?.0,
        b'0' | b'1' => walk.number()?,
        _ => return walk.flag(),
    };
    match text {
        "0" => Some(Some(false)),
        "1" => Some(Some(true)),
        _ => None,
    }
}

/// When it was created or last changed; `0` is not known.
fn stamp(walk: &mut Walk<'_>) -> Option<String> {
    let seconds = match walk.peek()? {
        b'"' => walk.raw_string()?.0,
        b'n' => return walk.skip(1).map(|()| String::new()),
        _ => walk.number()?,
    };
    match seconds {
        "0" => Some(String::new()),
        _ => instant_of_seconds(seconds),
    }
}
