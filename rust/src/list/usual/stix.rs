//! Objects of a STIX bundle (`stages/lists/readers/stix.py`).

use std::borrow::Cow;
use std::collections::HashSet;

use rapidhash::fast::RandomState;

use super::json::{Objects, Walk, take_objects};
use super::{Rows, is_address, is_digest, name_kind};
use crate::indicator::IndicatorKind;

/// Reads the objects of one bundle, and knows the identifiers of its indicators.
#[derive(Debug, Default)]
pub struct StixObjects {
    uuids: HashSet<u128, RandomState>,
    other_ids: HashSet<String>,
}

/// The members of an object that a row is made of.
#[derive(Debug, Default)]
struct Members<'t> {
    texts: [Cow<'t, str>; 8],
    labels: Vec<Cow<'t, str>>,
    indicator_types: Vec<Cow<'t, str>>,
    is_revoked: bool,
}

const TYPE: usize = 0;
const ID: usize = 1;
const VERSION: usize = 2;
const PATTERN_TYPE: usize = 3;
const PATTERN: usize = 4;
const FROM: usize = 5;
const UNTIL: usize = 6;
const CREATED: usize = 7;

impl StixObjects {
    /// Add the identifier of an indicator; false if it was there before.
    pub fn add(&mut self, id: &str) -> bool {
        match uuid(id) {
            Some(number) => self.uuids.insert(number),
            None => self.other_ids.insert(id.to_owned()),
        }
    }

    /// Take objects from `start` on; rows are numbered from `number` on.
    pub fn take(&mut self, text: &str, start: usize, number: u64) -> Objects {
        let mut next = number;
        take_objects(text, start, |walk, rows, place| {
            let mut members = Members::default();
            members.read(walk)?;
            match &*members.texts[TYPE] {
                "" => return None,
                "indicator" => {}
                _ => return Some(()),
            }
            next = members.add_rows(next, place, rows)?;
            // Only an object that is taken is known: the others are looked at in Python.
            (walk.is_followed() && self.add(&members.texts[ID])).then_some(())
        })
    }
}

impl<'t> Members<'t> {
    fn read(&mut self, walk: &mut Walk<'t>) -> Option<()> {
        walk.object(0, |walk, key| {
            let place = match key {
                "type" => TYPE,
                "id" => ID,
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
                // A reference needs a date, which Python looks for.
                "external_references" if walk.peek()? == b'[' => return walk.array(|_| None),
                _ => return walk.skip(1),
            };
            self.texts[place] = walk.text()?;
            Some(())
        })
    }

    /// Add the rows of an indicator, and return the next number. None for one that Python refuses, or must look at.
    fn add_rows(&self, number: u64, place: (u64, u64), rows: &mut Rows) -> Option<u64> {
        let [_, _, version, pattern_type, pattern, from, until, created] = &self.texts;
        if self.is_revoked {
            return Some(number);
        }
        let is_known = matches!(&**version, "2.1" | "2.0" | "");
        let is_stix = pattern_type == "stix" || (pattern_type.is_empty() && version != "2.1");
        let types = if version == "2.1" {
            &self.indicator_types
        } else {
            &self.labels
        };
        if !is_known || !is_stix || types.iter().any(|one| one == "benign") {
            return None;
        }
        let category = self.labels.join(", ");
        let mut next = number;
        read_pattern(pattern, |kind, value| {
            rows.push(
                next,
                [kind.name(), value, &category, from, until, created, "", ""],
            );
            rows.places.push(place);
            next += 1;
        })?;
        Some(next)
    }
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

/// Read `[path = 'value' OR ...] OR [...]`, without parentheses.
fn read_pattern(pattern: &str, mut flag: impl FnMut(IndicatorKind, &str)) -> Option<()> {
    let mut rest = pattern;
    loop {
        rest = rest.strip_prefix('[')?.trim_start_matches(' ');
        loop {
            let (path, after) = rest.split_at(rest.find([' ', '='])?);
            let after = after.trim_start_matches(' ').strip_prefix('=')?;
            let after = after
                .strip_prefix('=')
                .unwrap_or(after)
                .trim_start_matches(' ');
            let (value, after) = after.strip_prefix('\'')?.split_once('\'')?;
            if value.contains('\\') {
                return None;
            }
            flag(kind_of(path, value)?, value);
            rest = after.trim_start_matches(' ');
            match rest.strip_prefix("OR ") {
                Some(more) => rest = more.trim_start_matches(' '),
                None => break,
            }
        }
        rest = rest.strip_prefix(']')?.trim_start_matches(' ');
        if rest.is_empty() {
            return Some(());
        }
        rest = rest.strip_prefix("OR ")?.trim_start_matches(' ');
    }
}

/// What `path = value` flags. Equality names that thing alone, so that a domain name is a host.
fn kind_of(path: &str, value: &str) -> Option<IndicatorKind> {
    match path {
        "domain-name:value" => name_kind(value, IndicatorKind::Host),
        "url:value" => Some(IndicatorKind::Url),
        "ipv4-addr:value" => is_address(value, true).then_some(IndicatorKind::Ip),
        "ipv6-addr:value" => is_address(value, false).then_some(IndicatorKind::Ip),
        _ => {
            let algorithm = path.strip_prefix("file:hashes.")?;
            let quoted = algorithm
                .strip_prefix('\'')
                .and_then(|inner| inner.strip_suffix('\''));
            let is_bare = quoted.is_some() || !algorithm.contains('-');
            (is_bare && is_digest(quoted.unwrap_or(algorithm), value))
                .then_some(IndicatorKind::FileDigest)
        }
    }
}

/// The number of an identifier in the usual form, `indicator--` and a UUID in small letters.
fn uuid(id: &str) -> Option<u128> {
    let text = id.strip_prefix("indicator--")?.as_bytes();
    if text.len() != 36 {
        return None;
    }
    text.iter()
        .enumerate()
        .try_fold(0, |number: u128, (at, byte)| match (at, byte) {
            (8 | 13 | 18 | 23, b'-') => Some(number),
            (8 | 13 | 18 | 23, _) => None,
            (_, b'0'..=b'9') => Some(number << 4 | u128::from(byte - b'0')),
            (_, b'a'..=b'f') => Some(number << 4 | u128::from(byte - b'a' + 10)),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = r#"{"type":"indicator","spec_version":"2.1","id":"a","pattern_type":"stix","pattern":"[url:value='http://a.example/']"}"#;

    #[test]
    fn an_id_is_known_once_its_object_is_taken() {
        let mut objects = StixObjects::default();
        let found = objects.take(&format!("{ONE},{ONE},{{}},"), 0, 1);
        assert_eq!((found.elements, found.rows.len()), (1, 1));
        assert!(!objects.add("a"));
        // The last object of a text is not taken, and so not yet known.
        let mut objects = StixObjects::default();
        assert_eq!(objects.take(ONE, 0, 1).elements, 0);
        assert!(objects.add("a"));
    }

    #[test]
    fn patterns_of_several_values_give_rows_in_their_order() {
        let mut found = Vec::new();
        let pattern = "[domain-name:value = 'a.onion' OR url:value='http://b.example/'] OR [ file:hashes.'MD5' == '0123456789abcdef0123456789abcdef' ]";
        let whole = read_pattern(pattern, |kind, value| found.push((kind, value.len())));
        let kinds = [
            IndicatorKind::Onion,
            IndicatorKind::Url,
            IndicatorKind::FileDigest,
        ];
        assert_eq!(
            (whole, found),
            (Some(()), kinds.into_iter().zip([7, 17, 32]).collect())
        );
        for other in [
            "[a:b = 'c']",
            "[url:value = 'x'",
            "[url:value = 'x'] AND [url:value = 'x']",
            "[url:value LIKE 'x']",
            "",
        ] {
            assert_eq!(read_pattern(other, |_, _| ()), None, "{other}");
        }
    }
}
