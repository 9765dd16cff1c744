//! Layouts of times, and the parts that a text has under one (ADR 3, Times).

use super::options::DateOrder;
use crate::record::Code;

/// A compiled layout.
#[derive(Debug)]
pub(crate) struct Layout {
    pub parts: Vec<Part>,
    /// The layout is `%s` or `%Q` alone.
    pub counts: Option<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Literal(u8),
    Year,
    Month,
    Day,
    DayShort,
    MonthName,
    Hour,
    Hour12,
    HalfDay,
    Minute,
    Second,
    Fraction,
    Zone,
    ZoneOptional,
    DateEnd,
    Seconds,
    Milliseconds,
    Date,
}

/// What a text says of a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub year: Option<i32>,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub afternoon: Option<bool>,
    pub minute: u8,
    pub second: u8,
    pub micros: u32,
    /// Offset of the zone, seconds.
    pub zone: Option<i32>,
    /// A count since 1970, in microseconds.
    pub instant_us: Option<i64>,
    /// `%D` was there and no order is declared.
    pub unordered: bool,
}

impl Layout {
    /// The layout of a text such as `%Y-%m-%d %H:%M:%S`, or why it is none.
    pub fn new(text: &str) -> Result<Layout, String> {
        let mut parts = Vec::new();
        let mut letters = text.bytes();
        while let Some(letter) = letters.next() {
            parts.push(if letter == b'%' {
                part(letters.next(), text)?
            } else {
                Part::Literal(letter)
            });
        }
        check(&parts).map_err(|why| format!("the layout {text:?} {why}"))?;
        let counts = match parts[..] {
            [only @ (Part::Seconds | Part::Milliseconds)] => Some(only),
            _ => None,
        };
        Ok(Layout { counts, parts })
    }

    /// What a text says under this layout, and where its fraction stands; `bad-time` where it does not fit.
    pub fn read(
        &self,
        text: &[u8],
        order: Option<DateOrder>,
    ) -> Result<(Found, Option<Fraction>), Code> {
        let mut found = Found::default();
        let mut fraction = None;
        let mut at = 0;
        for part in &self.parts {
            let start = at;
            at = part
                .read(text, at, order, &mut found)
                .ok_or(Code::BadTime)?;
            if *part == Part::Fraction && at > start {
                fraction = Some(Fraction { start, end: at });
            }
        }
        if at == text.len() {
            Ok((found, fraction))
        } else {
            Err(Code::BadTime)
        }
    }
}

/// Where the fraction of a second stands in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fraction {
    pub start: usize,
    pub end: usize,
}

fn part(letter: Option<u8>, text: &str) -> Result<Part, String> {
    Ok(match letter {
        Some(b'%') => Part::Literal(b'%'),
        Some(b'Y') => Part::Year,
        Some(b'm') => Part::Month,
        Some(b'd') => Part::Day,
        Some(b'e') => Part::DayShort,
        Some(b'b') => Part::MonthName,
        Some(b'H') => Part::Hour,
        Some(b'I') => Part::Hour12,
        Some(b'p') => Part::HalfDay,
        Some(b'M') => Part::Minute,
        Some(b'S') => Part::Second,
        Some(b'F') => Part::Fraction,
        Some(b'z') => Part::Zone,
        Some(b'Z') => Part::ZoneOptional,
        Some(b't') => Part::DateEnd,
        Some(b's') => Part::Seconds,
        Some(b'Q') => Part::Milliseconds,
        Some(b'D') => Part::Date,
        _ => {
            return Err(format!(
                "the layout {text:?} has a % that no part of a time follows"
            ));
        }
    })
}

/// A layout says one time, once.
fn check(parts: &[Part]) -> Result<(), &'static str> {
    let count = |wanted: &[Part]| parts.iter().filter(|part| wanted.contains(part)).count();
    let counts = count(&[Part::Seconds, Part::Milliseconds]);
    let calendar = parts
        .iter()
        .filter(|part| !matches!(part, Part::Literal(_)))
        .count()
        - counts;
    if counts > 0 {
        return if counts == 1 && calendar == 0 {
            Ok(())
        } else {
            Err("has %s or %Q beside other parts")
        };
    }
    let date = (
        count(&[Part::Date]),
        count(&[Part::Month, Part::MonthName]),
        count(&[Part::Day, Part::DayShort]),
    );
    if date != (1, 0, 0) && date != (0, 1, 1) {
        return Err("must have either %D, or one month (%m, %b) and one day (%d, %e)");
    }
    if count(&[Part::Year]) + date.0 > 1 {
        return Err("has the year more than once");
    }
    let hours = (
        count(&[Part::Hour]),
        count(&[Part::Hour12]),
        count(&[Part::HalfDay]),
    );
    if hours != (1, 0, 0) && hours != (0, 1, 1) {
        return Err("must have one %H, or %I and %p");
    }
    let once = [
        &[Part::Minute][..],
        &[Part::Second],
        &[Part::Fraction],
        &[Part::Zone, Part::ZoneOptional],
    ];
    if once.iter().any(|parts| count(parts) > 1) {
        return Err("has a part more than once");
    }
    Ok(())
}

impl Part {
    /// Reads this part at `at` and says where it ends.
    #[inline]
    fn read(
        self,
        text: &[u8],
        at: usize,
        order: Option<DateOrder>,
        found: &mut Found,
    ) -> Option<usize> {
        match self {
            Part::Literal(byte) => (text.get(at) == Some(&byte)).then_some(at + 1),
            Part::Year => {
                let digits = text.get(at..)?.first_chunk::<4>()?;
                found.year = Some(pair(&digits[..2])? as i32 * 100 + pair(&digits[2..])? as i32);
                Some(at + 4)
            }
            Part::Month => two(text, at, 1..=12, &mut found.month),
            Part::Day => two(text, at, 1..=31, &mut found.day),
            Part::Hour => two(text, at, 0..=23, &mut found.hour),
            Part::Hour12 => two(text, at, 1..=12, &mut found.hour),
            Part::Minute => two(text, at, 0..=59, &mut found.minute),
            Part::Second => two(text, at, 0..=60, &mut found.second),
            Part::DayShort => {
                let (day, end) = short(text, at + usize::from(text.get(at) == Some(&b' ')))?;
                found.day = day;
                (1..=31).contains(&day).then_some(end)
            }
            Part::MonthName => {
                found.month = month(text.get(at..)?.first_chunk::<3>()?)?;
                Some(at + 3)
            }
            Part::HalfDay => {
                let [half, m, ..] = text.get(at..)? else {
                    return None;
                };
                found.afternoon = match half | 0x20 {
                    b'a' => Some(false),
                    b'p' => Some(true),
                    _ => return None,
                };
                (m | 0x20 == b'm').then_some(at + 2)
            }
            Part::Fraction => {
                let (micros, end) = fraction(text, at);
                found.micros = micros;
                Some(end)
            }
            Part::Zone => {
                let (offset, end) = zone(text, at)?;
                found.zone = Some(offset);
                Some(end)
            }
            Part::ZoneOptional => {
                let (offset, end) =
                    zone(text, at).map_or((None, at), |(offset, end)| (Some(offset), end));
                found.zone = offset;
                Some(end)
            }
            Part::DateEnd => matches!(text.get(at), Some(b'T' | b't' | b' ')).then_some(at + 1),
            Part::Seconds => {
                let (seconds, end) = count(text, at)?;
                let (micros, end) = fraction(text, end);
                found.instant_us = Some(
                    seconds
                        .saturating_mul(1_000_000)
                        .saturating_add(micros as i64),
                );
                Some(end)
            }
            Part::Milliseconds => {
                let (milliseconds, end) = count(text, at)?;
                found.instant_us = Some(milliseconds.saturating_mul(1_000));
                Some(end)
            }
            Part::Date => date(text, at, order, found),
        }
    }
}

#[inline]
fn digit(byte: u8) -> Option<u8> {
    let value = byte.wrapping_sub(b'0');
    (value < 10).then_some(value)
}

/// The number of two digits.
#[inline]
fn pair(digits: &[u8]) -> Option<u8> {
    Some(digit(digits[0])? * 10 + digit(digits[1])?)
}

#[inline]
fn two(
    text: &[u8],
    at: usize,
    range: std::ops::RangeInclusive<u8>,
    into: &mut u8,
) -> Option<usize> {
    *into = pair(text.get(at..at + 2)?)?;
    range.contains(into).then_some(at + 2)
}

/// A number of one or two digits, and where it ends.
fn short(text: &[u8], at: usize) -> Option<(u8, usize)> {
    let first = digit(*text.get(at)?)?;
    match text.get(at + 1).copied().and_then(digit) {
        Some(second) => Some((first * 10 + second, at + 2)),
        None => Some((first, at + 1)),
    }
}

/// A count of at least one digit, too big ones being huge, and where it ends.
#[inline]
fn count(text: &[u8], at: usize) -> Option<(i64, usize)> {
    let mut end = at;
    let mut value = 0i64;
    while let Some(digit) = text.get(end).copied().and_then(digit) {
        value = value.saturating_mul(10).saturating_add(digit as i64);
        end += 1;
    }
    (end > at).then_some((value, end))
}

/// Microseconds of a fraction (1 to 9 digits after `.` or `,`), and where it ends: at `at` where there is none.
#[inline]
pub(crate) fn fraction(text: &[u8], at: usize) -> (u32, usize) {
    if !matches!(text.get(at), Some(b'.' | b',')) {
        return (0, at);
    }
    const WORTH: [u32; 7] = [1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];
    let mut end = at + 1;
    let mut value = 0;
    while end < at + 10 {
        let Some(digit) = text.get(end).copied().and_then(digit) else {
            break;
        };
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

/// Offset of a zone in seconds, and where it ends.
fn zone(text: &[u8], at: usize) -> Option<(i32, usize)> {
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

#[inline]
fn month(name: &[u8; 3]) -> Option<u8> {
    const NAMES: [&[u8; 3]; 12] = [
        b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov",
        b"dec",
    ];
    let place = NAMES
        .iter()
        .position(|known| known.eq_ignore_ascii_case(name))?;
    Some(place as u8 + 1)
}

/// A `%D` date. Without a declared order only its shape is checked.
fn date(text: &[u8], at: usize, order: Option<DateOrder>, found: &mut Found) -> Option<usize> {
    let (numbers, widths, end) = three(text, at)?;
    let Some(order) = order else {
        found.unordered = true;
        return Some(end);
    };
    let [year, month, day] = match order {
        DateOrder::DayMonthYear => [2, 1, 0],
        DateOrder::MonthDayYear => [2, 0, 1],
        DateOrder::YearMonthDay => [0, 1, 2],
    };
    let in_place = widths[year] == 4 && widths[month] <= 2 && widths[day] <= 2;
    found.year = Some(numbers[year] as i32);
    found.month = numbers[month] as u8;
    found.day = numbers[day] as u8;
    in_place.then_some(end)
}

/// Three numbers of one to four digits with the same sign between them, their widths, and where they end.
fn three(text: &[u8], at: usize) -> Option<([u16; 3], [usize; 3], usize)> {
    let mut numbers = [0; 3];
    let mut widths = [0; 3];
    let mut at = at;
    let mut sign = None;
    for place in 0..3 {
        if place > 0 {
            let next = *text.get(at)?;
            if !matches!(next, b'/' | b'-' | b'.') || sign.is_some_and(|sign| sign != next) {
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
