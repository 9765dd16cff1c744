//! Showing bytes of a record as text.

use std::fmt::Write;

/// Append `bytes` as text. Bytes that are not UTF-8 become `\xHH` (Python's `backslashreplace`).
pub fn push_escaped(mut bytes: &[u8], out: &mut String) {
    loop {
        match std::str::from_utf8(bytes) {
            Ok(text) => return out.push_str(text),
            Err(error) => {
                let (good, rest) = bytes.split_at(error.valid_up_to());
                out.push_str(&String::from_utf8_lossy(good));
                let (bad, rest) = rest.split_at(error.error_len().unwrap_or(rest.len()));
                for byte in bad {
                    let _ = write!(out, "\\x{byte:02x}");
                }
                bytes = rest;
            }
        }
    }
}

const MASKED_BYTES: usize = 80;

/// Return the shape of a frame without its content: letters become `x`, digits `9`, and other bytes except printable
/// ASCII `?`. At most 80 characters.
pub fn mask_frame(frame: &[u8]) -> String {
    let mask = |byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' => 'x',
        b'0'..=b'9' => '9',
        b' '..=b'~' => *byte as char,
        b'\t' => ' ',
        _ => '?',
    };
    let mut text: String = frame.iter().take(MASKED_BYTES).map(mask).collect();
    if frame.len() > MASKED_BYTES {
        text.push_str("...");
    }
    text
}

/// Length of the text of an instant, in years of four digits.
pub const INSTANT_BYTES: usize = 27;

/// Append an instant as `YYYY-MM-DDTHH:MM:SS.ffffffZ`.
pub fn push_instant(timestamp_us: i64, out: &mut Vec<u8>) {
    let (days, rest_us) = (
        timestamp_us.div_euclid(86_400_000_000),
        timestamp_us.rem_euclid(86_400_000_000),
    );
    let (year, month, day) = civil(days);
    let (seconds, micros) = (rest_us / 1_000_000, rest_us % 1_000_000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    if !(0..10_000).contains(&year) {
        let text =
            format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z");
        return out.extend_from_slice(text.as_bytes());
    }
    let pairs = [
        (0, year / 100),
        (2, year % 100),
        (5, month),
        (8, day),
        (11, hour),
        (14, minute),
        (17, second),
        (20, micros / 10_000),
        (22, micros / 100 % 100),
        (24, micros % 100),
    ];
    for (at, pair) in pairs {
        text[at] += (pair / 10) as u8;
        text[at + 1] += (pair % 10) as u8;
    }
    out.extend_from_slice(&text);
}

/// Return year, month and day of a count of days since 1970 (Hinnant, "chrono-compatible low-level date algorithms").
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_rfc_3339() {
        let format_us = |us| {
            let mut out = Vec::new();
            push_instant(us, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(format_us(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(
            format_us(951_827_696_000_001),
            "2000-02-29T12:34:56.000001Z"
        );
        assert_eq!(
            format_us(7_258_118_399_999_999),
            "2199-12-31T23:59:59.999999Z"
        );
        assert_eq!(format_us(-1), "1969-12-31T23:59:59.999999Z");
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_one_by_one() {
        let mut out = String::new();
        push_escaped(b"a\xff\xe2\x82b\xe2\x82", &mut out);
        assert_eq!(out, "a\\xff\\xe2\\x82b\\xe2\\x82");
    }

    #[test]
    fn a_mask_keeps_shape_only() {
        assert_eq!(mask_frame(b"Ab 19/\xff\x00\t-"), "xx 99/?? -");
        assert_eq!(mask_frame(&[b'k'; 81]).len(), 83);
    }
}
