//! Dates of a list row as microseconds since 1970, UTC (`docs/adr/0004-lists.md`).

const DAY_US: i64 = 86_400_000_000;

/// Return the instant of `text`, or None if it is no date. A bare day means 00:00 UTC, or with `whole_day` 00:00 UTC
/// of the next day.
pub fn read(text: &str, whole_day: bool) -> Option<i64> {
    let bytes = text.as_bytes();
    let day = days(bytes.get(..10)?)?;
    let midnight = day * DAY_US;
    if bytes.len() == 10 {
        return Some(midnight + if whole_day { DAY_US } else { 0 });
    }
    if !matches!(bytes[10], b'T' | b't' | b' ') {
        return None;
    }
    let clock = bytes.get(11..19)?;
    if clock[2] != b':' || clock[5] != b':' {
        return None;
    }
    let (hour, minute, second) = (two(clock, 0, 23)?, two(clock, 3, 59)?, two(clock, 6, 59)?);
    let (fraction_us, zone) = fraction(&bytes[19..])?;
    let seconds = hour * 3600 + minute * 60 + second - offset_s(zone)?;
    Some(midnight + seconds * 1_000_000 + fraction_us)
}

fn days(date: &[u8]) -> Option<i64> {
    if date[4] != b'-' || date[7] != b'-' {
        return None;
    }
    let year = two(date, 0, 99)? * 100 + two(date, 2, 99)?;
    let (month, day) = (two(date, 5, 12)?, two(date, 8, 31)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => 31,
    };
    (year >= 1970 && month >= 1 && day >= 1 && day <= longest)
        .then(|| days_since_1970(year, month, day))
}

/// Howard Hinnant's `days_from_civil`, for years from 1970.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Read one to six digits after a point. Returns microseconds and the rest.
fn fraction(rest: &[u8]) -> Option<(i64, &[u8])> {
    let Some(digits) = rest.strip_prefix(b".") else {
        return Some((0, rest));
    };
    let count = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if count == 0 || count > 6 {
        return None;
    }
    let number = digits[..count]
        .iter()
        .fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
    Some((number * 10_i64.pow(6 - count as u32), &digits[count..]))
}

fn offset_s(zone: &[u8]) -> Option<i64> {
    match *zone {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let offset = two(zone, 1, 23)? * 3600 + two(zone, 4, 59)? * 60;
            match sign {
                b'+' => Some(offset),
                _ => (offset != 0).then_some(-offset),
            }
        }
        _ => None,
    }
}

fn two(text: &[u8], at: usize, most: i64) -> Option<i64> {
    let (tens, ones) = (*text.get(at)?, *text.get(at + 1)?);
    if !tens.is_ascii_digit() || !ones.is_ascii_digit() {
        return None;
    }
    let number = i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
    (number <= most).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn instants_and_days_are_read() {
        for (text, expected_us) in [
            ("1970-01-01", 0),
            ("2024-02-29", 1_709_164_800_000_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
            ("2024-02-29t05:30:00.25+05:30", 1_709_164_800_250_000),
            ("2024-02-28 18:30:00.000001-05:30", 1_709_164_800_000_001),
            ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
            ("1970-01-01T00:00:00+01:00", -3_600_000_000),
        ] {
            assert_eq!(read(text, false), Some(expected_us), "{text}");
        }
        assert_eq!(read("2024-02-29", true), Some(1_709_251_200_000_000));
        assert_eq!(
            read("2024-02-29T00:00:00Z", true),
            Some(1_709_164_800_000_000)
        );
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "2024",
            "2024-1-01",
            "2023-02-29",
            "2100-02-29",
            "1969-12-31",
            "2024-13-01",
            "2024-00-01",
            "2024-04-31",
            "2024-01-01T00:00:00",
            "2024-01-01T00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:00:60Z",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00.1234567Z",
            "2024-01-01T00:00:00-00:00",
            "2024-01-01T00:00:00+0530",
            "2024-01-01T00:00:00+24:00",
            "2024-01-01Z",
            "2024-01-01_00:00:00Z",
            "+024-01-01",
            "2024-01-01T00:00:00Zx",
            "2024-01-0é",
        ] {
            assert_eq!(read(text, false), None, "{text}");
        }
    }
}
