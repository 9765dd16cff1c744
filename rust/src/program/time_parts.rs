//! Reading the parts of times: the value of each, and where it ends.

use super::layout::TimeParts;
use super::options::DateOrder;

#[inline]
fn digit(byte: u8) -> Option<u8> {
    let value = byte.wrapping_sub(b'0');
    (value < 10).then_some(value)
}

/// Return the number of two digits.
#[inline]
pub(super) fn pair(digits: &[u8]) -> Option<u8> {
    Some(digit(digits[0])? * 10 + digit(digits[1])?)
}

#[inline]
pub(super) fn two(
    text: &[u8],
    at: usize,
    range: std::ops::RangeInclusive<u8>,
    into: &mut u8,
) -> Option<usize> {
    *into = pair(text.get(at..at + 2)?)?;
    range.contains(into).then_some(at + 2)
}

/// Return a number of one or two digits, and where it ends.
pub(super) fn short(text: &[u8], at: usize) -> Option<(u8, usize)> {
    let first = digit(*text.get(at)?)?;
    match text.get(at + 1).copied().and_then(digit) {
        Some(second) => Some((first * 10 + second, at + 2)),
        None => Some((first, at + 1)),
    }
}

/// Return a count of at least one digit, and where it ends. A count that is too large becomes the maximum.
#[inline]
pub(super) fn count(text: &[u8], at: usize) -> Option<(i64, usize)> {
    let mut end = at;
    let mut value = 0i64;
    while let Some(digit) = text.get(end).copied().and_then(digit) {
        value = value.saturating_mul(10).saturating_add(digit as i64);
        end += 1;
    }
    (end > at).then_some((value, end))
}

/// Return a number of seconds of one to ten digits, and where it ends.
pub(super) fn less(text: &[u8], at: usize) -> Option<(i64, usize)> {
    count(text, at).filter(|(_, end)| end - at <= 10)
}

/// Return the microseconds of a fraction (digits after `.` or `,`), and where it ends: at `at` if there is none.
#[inline]
pub(super) fn fraction(text: &[u8], at: usize) -> (u32, usize) {
    if !matches!(text.get(at), Some(b'.' | b',')) {
        return (0, at);
    }
    const WORTH: [u32; 7] = [1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];
    let mut end = at + 1;
    let mut value = 0;
    while let Some(digit) = text.get(end).copied().and_then(digit) {
        if end < at + 7 {
            value = value * 10 + digit as u32;
        }
        end += 1;
    }
    let digits = end - at - 1;
    if digits == 0 {
        (0, at)
    } else {
        (value * WORTH[digits.min(6)], end)
    }
}

/// Return the offset of a zone in seconds, and where it ends.
pub(super) fn zone(text: &[u8], at: usize) -> Option<(i32, usize)> {
    let sign = match text.get(at)? {
        b'Z' => return Some((0, at + 1)),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = pair(text.get(at + 1..at + 3)?).filter(|hours| *hours < 24)?;
    let colon = usize::from(text.get(at + 3) == Some(&b':'));
    let minutes = text
        .get(at + 3 + colon..at + 5 + colon)
        .and_then(pair)
        .filter(|minutes| *minutes < 60);
    let (minutes, end) = minutes.map_or((0, at + 3), |minutes| (minutes, at + 5 + colon));
    Some((sign * (hours as i32 * 3600 + minutes as i32 * 60), end))
}

/// Return a zone given by letters, or as `zone` reads it: its offset if it is certain, and where it ends.
pub(super) fn zone_name(text: &[u8], at: usize) -> Option<(Option<i32>, usize)> {
    let rest = text.get(at..)?;
    let letters = rest.iter().take_while(|byte| byte.is_ascii_alphabetic());
    match &rest[..letters.count()] {
        [] => zone(text, at).map(|(offset, end)| (Some(offset), end)),
        name => {
            let is_utc = matches!(name, b"UTC" | b"GMT" | b"Z");
            Some((is_utc.then_some(0), at + name.len()))
        }
    }
}

#[inline]
pub(super) fn month(name: &[u8; 3]) -> Option<u8> {
    const NAMES: [&[u8; 3]; 12] = [
        b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov",
        b"dec",
    ];
    let place = NAMES
        .iter()
        .position(|known| known.eq_ignore_ascii_case(name))?;
    Some(place as u8 + 1)
}

/// Read a `%D` date. Without a declared order only its shape is checked.
pub(super) fn date(
    text: &[u8],
    at: usize,
    order: Option<DateOrder>,
    parts: &mut TimeParts,
) -> Option<usize> {
    let (numbers, widths, end) = three(text, at)?;
    let Some(order) = order else {
        parts.unordered = true;
        return Some(end);
    };
    let [year, month, day] = match order {
        DateOrder::DayMonthYear => [2, 1, 0],
        DateOrder::MonthDayYear => [2, 0, 1],
        DateOrder::YearMonthDay => [0, 1, 2],
    };
    let in_place = matches!(widths[year], 2 | 4) && widths[month] <= 2 && widths[day] <= 2;
    let century = if widths[year] == 2 { 2000 } else { 0 };
    parts.year = Some(century + numbers[year] as i32);
    parts.month = numbers[month] as u8;
    parts.day = numbers[day] as u8;
    in_place.then_some(end)
}

/// Return three numbers of one to four digits with the same sign between them, their widths, and where they end.
fn three(text: &[u8], at: usize) -> Option<([u16; 3], [usize; 3], usize)> {
    let mut numbers = [0; 3];
    let mut widths = [0; 3];
    let mut at = at;
    let mut sign = None;
    for place in 0..3 {
        if place > 0 {
            let next = *text.get(at)?;
            if !matches!(next, b'/' | b'-' | b'.' | b':') || sign.is_some_and(|sign| sign != next) {
                return None;
            }
            sign = Some(next);
            at += 1;
        }
        while let Some(digit) = text
            .get(at)
            .copied()
            .and_then(digit)
            .filter(|_| widths[place] < 4)
        {
            numbers[place] = numbers[place] * 10 + digit as u16;
            widths[place] += 1;
            at += 1;
        }
        if widths[place] == 0 {
            return None;
        }
    }
    Some((numbers, widths, at))
}
