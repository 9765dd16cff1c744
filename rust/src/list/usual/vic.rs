//! Media of a Project VIC file (`stages/lists/readers/vic.py`).

use std::borrow::Cow;

use super::is_digest;
use super::json::{Objects, Walk, take_objects};
use super::rows::RowPlace;
use crate::indicator::IndicatorKind;

/// The digests of a medium, in the order of their rows.
const DIGESTS: [&str; 3] = ["MD5", "SHA1", "SHA256"];

/// Take media from `start` on; rows are numbered from `number` on. The part of a row is the number of its digest.
pub fn vic_media(text: &str, start: usize, number: u64) -> Objects {
    let mut next = number;
    take_objects(text, start, |walk, rows, place| {
        let mut digests: [Cow<'_, str>; 3] = Default::default();
        let mut category = 0;
        walk.object(0, |walk, key| {
            match DIGESTS.iter().position(|name| *name == key) {
                Some(digest) => digests[digest] = walk.text()?,
                None if key == "Category" => category = read_category(walk)?,
                None => walk.skip(1)?,
            }
            Some(())
        })?;
        let category = match category {
            0 => return Some(()),
            1 => "Project VIC 1",
            2 => "Project VIC 2",
            3 => "Project VIC 3",
            _ => return None,
        };
        let before = next;
        for (part, (name, value)) in DIGESTS.iter().zip(&digests).enumerate() {
            if value.is_empty() {
                continue;
            }
            if !is_digest(name, value) {
                return None;
            }
            let (kind, part) = (IndicatorKind::FileDigest.name(), part as u64);
            let texts = [kind, value, category, "", "", "", "", ""];
            next = rows.push_at(RowPlace { part, ..place }, next, texts);
        }
        (next > before).then_some(())
    })
}

/// The category as a number or a text; 0 where there is none.
fn read_category(walk: &mut Walk<'_>) -> Option<u32> {
    let digits = match walk.peek()? {
        b'n' => return walk.skip(1).map(|()| 0),
        b'"' => walk.raw_string()?.text,
        _ => walk.number()?,
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && digits.len() < 4).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_of_three_categories_are_listed() {
        let md5 = "0123456789abcdef0123456789abcdef";
        let of = |category: &str, digest: &str| {
            let one = format!(r#"{{"Category":{category},"MD5":"{digest}","SHA1":null}}"#);
            let media = vic_media(&format!("{one},{{}},"), 0, 1);
            (media.elements, media.rows.len())
        };
        assert_eq!(of("1", md5), (1, 1));
        assert_eq!(of("\"3\"", md5), (1, 1));
        assert_eq!(of("0", "x"), (1, 0));
        assert_eq!(of("null", "x"), (1, 0));
        for (category, digest) in [
            ("4", md5),
            ("1.0", md5),
            ("true", md5),
            ("1", "ab"),
            ("1", ""),
        ] {
            assert_eq!(of(category, digest), (0, 0), "{category}");
        }
    }
}
