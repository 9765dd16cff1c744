//! Attributes and objects of a MISP event (`stages/lists/readers/misp.py`).

use std::borrow::Cow;

use super::super::row::RowCode;
use super::json::{Objects, Walk, take_objects};
use super::rows::{RowPlace, Rows};
use super::{instant_of_seconds, is_digest, name_kind, quoted};
use crate::indicator::IndicatorKind;

/// Take attributes from `start` on; rows are numbered from `number` on.
pub fn misp_attributes(text: &str, start: usize, number: u64) -> Objects {
    let mut next = number;
    take_objects(text, start, |walk, rows, place| {
        let mut attribute = Attribute::default();
        attribute.read(walk, 0)?;
        // An attribute that is not taken ends the call, and its number with it.
        next = attribute.add_row(next, place, rows)?;
        Some(())
    })
}

/// Take objects from `start` on, whose attributes are taken each by itself.
pub fn misp_objects(text: &str, start: usize, number: u64) -> Objects {
    let mut next = number;
    take_objects(text, start, |walk, rows, place| {
        let before = rows.mark();
        let (mut after, mut is_deleted) = (next, false);
        walk.object(0, |walk, key| {
            match key {
                "deleted" => is_deleted = flag(walk)? == Some(true),
                "Attribute" => {
                    let mut part = 0;
                    walk.array(|walk| {
                        let mut attribute = Attribute::default();
                        attribute.read(walk, 2)?;
                        after = attribute.add_row(after, RowPlace { part, ..place }, rows)?;
                        part += 1;
                        Some(())
                    })?;
                }
                _ => walk.skip(1)?,
            }
            Some(())
        })?;
        if is_deleted {
            rows.truncate(before);
        } else {
            next = after;
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
    fn read(&mut self, walk: &mut Walk<'t>, depth: usize) -> Option<()> {
        walk.object(depth, |walk, key| {
            match key {
                "type" => self.kind = walk.text()?,
                "value" => self.value = walk.text()?,
                "first_seen" => self.first_seen = walk.text()?,
                // The end of its window is a microsecond later, which Python computes.
                "last_seen" => return walk.text()?.is_empty().then_some(()),
                "to_ids" => self.to_ids = flag(walk)?,
                "deleted" => self.is_deleted = flag(walk)? == Some(true),
                "timestamp" => self.listed_on = stamp(walk)?,
                _ => return walk.skip(depth + 1),
            }
            Some(())
        })
    }

    /// Add its row or its refusal, and return the next number. None where Python must look.
    fn add_row(&self, number: u64, place: RowPlace, rows: &mut Rows) -> Option<u64> {
        if !self.to_ids? || self.is_deleted {
            return Some(number);
        }
        if is_unknown(&self.kind) {
            let kind = quoted(&self.kind)?;
            let reason = format!("no visit record and no manifest shows the type {kind}");
            return Some(rows.refuse(place, number, RowCode::UnknownKind, reason));
        }
        let (kind, value) = find_misp_indicator(&self.kind, &self.value)?;
        let (from, listed_on) = (&self.first_seen, &self.listed_on);
        let texts = [kind.name(), value, "", from, "", listed_on, "", ""];
        Some(rows.push_at(place, number, texts))
    }
}

/// What an attribute of that type and value flags. None where Python must look.
pub(super) fn find_misp_indicator<'t>(
    kind: &str,
    value: &'t str,
) -> Option<(IndicatorKind, &'t str)> {
    Some(match kind {
        "domain" => (name_kind(value, IndicatorKind::Domain)?, value),
        "hostname" => (name_kind(value, IndicatorKind::Host)?, value),
        "onion-address" => (name_kind(value, IndicatorKind::Onion)?, value),
        "domain|ip" => {
            let name = value.split('|').next()?;
            (name_kind(name, IndicatorKind::Domain)?, name)
        }
        "url" => (IndicatorKind::Url, value),
        "ip-dst" => {
            let whole = if value.contains(':') { "/128" } else { "/32" };
            match value.split_once('/') {
                Some(_) if !value.ends_with(whole) => (IndicatorKind::Cidr, value),
                Some((address, _)) => (IndicatorKind::Ip, address),
                None => (IndicatorKind::Ip, value),
            }
        }
        _ => {
            let digest = value.rsplit('|').next()?;
            is_digest(digest_name(kind)?, digest).then_some((IndicatorKind::FileDigest, digest))?
        }
    })
}

/// The algorithm of a type that is a digest, alone or behind a file's name.
fn digest_name(kind: &str) -> Option<&str> {
    let name = match kind {
        "malware-sample" => "md5",
        _ => kind.strip_prefix("filename|").unwrap_or(kind),
    };
    matches!(name, "md5" | "sha1" | "sha256").then_some(name)
}

/// Whether no record and no manifest shows what such an attribute says.
fn is_unknown(kind: &str) -> bool {
    let is_known = matches!(
        kind,
        "" | "domain"
            | "hostname"
            | "onion-address"
            | "domain|ip"
            | "url"
            | "ip-dst"
            | "ip-dst|port"
    );
    !is_known && digest_name(kind).is_none()
}

/// A boolean, as JSON or as `0` and `1` of older programs.
fn flag(walk: &mut Walk<'_>) -> Option<Option<bool>> {
    let text = match walk.peek()? {
        b'"' => walk.raw_string()?.text,
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
        b'"' => walk.raw_string()?.text,
        b'n' => return walk.skip(1).map(|()| String::new()),
        _ => walk.number()?,
    };
    match seconds {
        "0" => Some(String::new()),
        _ => instant_of_seconds(seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = r#"{"type":"ip-dst","to_ids":true,"value":"198.51.100.0/24"}"#;

    #[test]
    fn a_deleted_object_gives_no_rows_wherever_that_stands() {
        let of = |text: &str| {
            let objects = misp_objects(&format!("{text},{{}},"), 0, 5);
            (objects.elements, objects.rows.len())
        };
        assert_eq!(
            of(&format!(r#"{{"Attribute":[{ONE},{ONE}],"deleted":false}}"#)),
            (1, 2)
        );
        assert_eq!(
            of(&format!(r#"{{"Attribute":[{ONE}],"deleted":"1"}}"#)),
            (1, 0)
        );
        assert_eq!(of(r#"{"name":"file"}"#), (1, 0));
        assert_eq!(of(&format!(r#"{{"Attribute":{ONE}}}"#)), (0, 0));
    }

    #[test]
    fn rows_and_refusals_have_numbers_and_places_of_their_own() {
        let other = ONE.replace("ip-dst", "ip-src");
        let objects = misp_objects(&format!(r#"{{"Attribute":[{other},{ONE}]}},{{}},"#), 0, 5);
        let refused = &objects.rows.refused[0];
        assert_eq!((refused.number, refused.code), (5, RowCode::UnknownKind));
        assert_eq!(objects.rows.texts(0).0, 6);
        let parts: Vec<_> = objects.rows.places.iter().map(|place| place.part).collect();
        assert_eq!(parts, [0, 1]);
    }

    #[test]
    fn the_part_that_names_the_thing_is_flagged() {
        let digest = "0123456789abcdef0123456789abcdef";
        for (kind, value, flagged) in [
            (
                "domain|ip",
                "a.example|192.0.2.1",
                Some((IndicatorKind::Domain, "a.example")),
            ),
            (
                "ip-dst",
                "192.0.2.1/32",
                Some((IndicatorKind::Ip, "192.0.2.1")),
            ),
            (
                "ip-dst",
                "2001:db8::/32",
                Some((IndicatorKind::Cidr, "2001:db8::/32")),
            ),
            (
                "malware-sample",
                &format!("a.exe|{digest}"),
                Some((IndicatorKind::FileDigest, digest)),
            ),
            ("sha1", digest, None),
            ("MD5", digest, None),
        ] {
            assert_eq!(find_misp_indicator(kind, value), flagged, "{kind}");
        }
    }
}
