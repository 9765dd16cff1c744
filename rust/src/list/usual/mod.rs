//! Rows of the most usual form, many at once: lines of CSV, values one a line, and objects of STIX and MISP.
//!
//! What is of any other form is left to the readers in Python (`stages/lists/readers/`), which define what a row is:
//! each function here returns what they would, or leaves the line or object to them.

mod csv;
mod export;
mod json;
mod known_ids;
mod marks;
mod misp;
mod pattern;
mod reference;
mod rows;
mod stix;
mod vic;

pub use csv::{CsvLayout, csv_rows, plain_rows};
pub use export::{ExportLayout, MispColumns, UsualLines, export_rows};
pub use json::{Objects, take_objects};
pub use misp::{misp_attributes, misp_objects};
pub use rows::{RowPlace, Rows};
pub use stix::StixObjects;
pub use vic::vic_media;

use crate::canonical::address;
use crate::indicator::IndicatorKind;

/// The maximum length of a text; the readers in Python report longer ones.
const MOST_TEXT_BYTES: usize = 1 << 16;

/// The kind of an ASCII name: a hidden service's own, whatever the file calls it. None for a name that is not ASCII.
fn name_kind(name: &str, otherwise: IndicatorKind) -> Option<IndicatorKind> {
    if !name.is_ascii() {
        return None;
    }
    let name = name.trim_end_matches('.').as_bytes();
    let ends = |with: &[u8]| {
        name.len() >= with.len() && name[name.len() - with.len()..].eq_ignore_ascii_case(with)
    };
    Some(match () {
        () if ends(b".onion") => IndicatorKind::Onion,
        () if ends(b".i2p") => IndicatorKind::I2p,
        () => otherwise,
    })
}

/// Whether a text is an address of that version, written without a zone, a port or a mapped form.
fn is_address(text: &str, is_v4: bool) -> bool {
    let plain = |byte: &u8| {
        byte.is_ascii_digit()
            || if is_v4 {
                *byte == b'.'
            } else {
                byte.is_ascii_hexdigit() || *byte == b':'
            }
    };
    text.as_bytes().iter().all(plain)
        && address(text.as_bytes()).is_some_and(|ip_address| ip_address.is_ipv4() == is_v4)
}

/// A short word in quotes, as Python writes it in a reason. None for one that it may write otherwise.
fn quoted(word: &str) -> Option<String> {
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'|' | b'.');
    (word.len() <= 60 && word.bytes().all(is_plain)).then(|| format!("'{word}'"))
}

/// Whether a text has a file digest's length under that algorithm.
fn is_digest(algorithm: &str, text: &str) -> bool {
    let length = match algorithm {
        "md5" | "MD5" => 32,
        "sha1" | "SHA1" | "SHA-1" => 40,
        "sha256" | "SHA256" | "SHA-256" => 64,
        _ => return false,
    };
    text.is_ascii() && text.len() == length
}

/// The instant of that many seconds since 1970, as `datetime.isoformat` writes it. None for one with more than 11 digits.
fn instant_of_seconds(seconds: &str) -> Option<String> {
    if seconds.is_empty()
        || seconds.len() > 11
        || !seconds.bytes().all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let seconds: i64 = seconds.parse().ok()?;
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Howard Hinnant, "chrono-compatible low-level date algorithms": civil_from_days.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    Some(format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+00:00"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_instants_up_to_eleven_digits() {
        for (seconds, instant) in [
            ("1", "1970-01-01T00:00:01+00:00"),
            ("951782400", "2000-02-29T00:00:00+00:00"),
            ("1780000000", "2026-05-28T20:26:40+00:00"),
            ("99999999999", "5138-11-16T09:46:39+00:00"),
        ] {
            assert_eq!(instant_of_seconds(seconds).as_deref(), Some(instant));
        }
        assert_eq!(instant_of_seconds("100000000000"), None);
        assert_eq!(instant_of_seconds("-1"), None);
    }

    #[test]
    fn hidden_services_have_their_own_kind() {
        let kinds = ["a.example", "x.ONION.", ".i2p", "onion"]
            .map(|name| name_kind(name, IndicatorKind::Host));
        let (host, onion, i2p) = (
            IndicatorKind::Host,
            IndicatorKind::Onion,
            IndicatorKind::I2p,
        );
        assert_eq!(kinds, [Some(host), Some(onion), Some(i2p), Some(host)]);
        assert_eq!(name_kind("\u{212a}.onion", host), None);
    }
}
