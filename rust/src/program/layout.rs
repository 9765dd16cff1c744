//! Layouts of times, and reading a text by one (ADR 3, Times).

use super::options::DateOrder;
use super::time_parts::{count, date, fraction, less, month, pair, short, two, zone, zone_name};
use crate::reject_code::RejectCode;

/// A compiled layout.
#[derive(Debug)]
pub(crate) struct Layout {
    pub parts: Vec<Part>,
    /// The layout is only `%s`, `%Q` or `%G`.
    pub counts: Option<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Literal(u8),
    Year,
    YearShort,
    Month,
    Day,
    DayShort,
    MonthName,
    Hour,
    Hour12,
    HourShort,
    Hour12Short,
    HalfDay,
    Minute,
    Second,
    Fraction,
    Zone,
    ZoneOptional,
    ZoneName,
    DateEnd,
    Seconds,
    Milliseconds,
    Nanoseconds,
    Date,
    Less,
}

/// The parts of a time, as a text gives them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TimeParts {
    pub year: Option<i32>,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub afternoon: Option<bool>,
    pub minute: u8,
    pub second: u8,
    pub micros: u32,
    /// Offset of the zone in seconds.
    pub zone: Option<i32>,
    /// A count since 1970, in microseconds.
    pub instant_us: Option<i64>,
    /// Seconds that the time is earlier than the rest of the text says.
    pub less_s: i64,
    /// The text has a `%D`, but no order is declared.
    pub unordered: bool,
}

impl Layout {
    /// Compile a layout such as `%Y-%m-%d %H:%M:%S`, or return why it is invalid.
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
            [only @ (Part::Seconds | Part::Milliseconds | Part::Nanoseconds)] => Some(only),
            _ => None,
        };
        Ok(Layout { counts, parts })
    }

    /// Read a text by this layout. Returns its parts and where its fraction is; `bad-time` if the text does not match.
    pub fn read(
        &self,
        text: &[u8],
        order: Option<DateOrder>,
    ) -> Result<(TimeParts, Option<Fraction>), RejectCode> {
        let mut parts = TimeParts::default();
        let mut fraction = None;
        let mut at = 0;
        for part in &self.parts {
            let start = at;
            at = part
                .read(text, at, order, &mut parts)
                .ok_or(RejectCode::BadTime)?;
            if *part == Part::Fraction && at > start {
                fraction = Some(Fraction { start, end: at });
            }
        }
        if at == text.len() {
            Ok((parts, fraction))
        } else {
            Err(RejectCode::BadTime)
        }
    }
}

/// Where the fraction of a second is in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fraction {
    pub start: usize,
    pub end: usize,
}

fn part(letter: Option<u8>, text: &str) -> Result<Part, String> {
    Ok(match letter {
        Some(b'%') => Part::Literal(b'%'),
        Some(b'Y') => Part::Year,
        Some(b'y') => Part::YearShort,
        Some(b'm') => Part::Month,
        Some(b'd') => Part::Day,
        Some(b'e') => Part::DayShort,
        Some(b'b') => Part::MonthName,
        Some(b'H') => Part::Hour,
        Some(b'I') => Part::Hour12,
        Some(b'k') => Part::HourShort,
        Some(b'l') => Part::Hour12Short,
        Some(b'p') => Part::HalfDay,
        Some(b'M') => Part::Minute,
        Some(b'S') => Part::Second,
        Some(b'F') => Part::Fraction,
        Some(b'z') => Part::Zone,
        Some(b'Z') => Part::ZoneOptional,
        Some(b'N') => Part::ZoneName,
        Some(b't') => Part::DateEnd,
        Some(b's') => Part::Seconds,
        Some(b'Q') => Part::Milliseconds,
        Some(b'G') => Part::Nanoseconds,
        Some(b'D') => Part::Date,
        Some(b'L') => Part::Less,
        _ => {
            return Err(format!(
                "the layout {text:?} has a % that no part of a time follows"
            ));
        }
    })
}

/// Check that a layout gives one time, and each part once.
fn check(parts: &[Part]) -> Result<(), &'static str> {
    let count = |wanted: &[Part]| parts.iter().filter(|part| wanted.contains(part)).count();
    if count(&[Part::Less]) > 1 {
        return Err("has a part more than once");
    }
    let counts = count(&[Part::Seconds, Part::Milliseconds, Part::Nanoseconds]);
    let calendar = parts
        .iter()
        .filter(|part| !matches!(part, Part::Literal(_) | Part::Less))
        .count()
        - counts;
    if counts > 0 {
        return if counts == 1 && calendar == 0 {
            Ok(())
        } else {
            Err("has %s, %Q or %G beside other parts")
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
    if count(&[Part::Year, Part::YearShort]) + date.0 > 1 {
        return Err("has the year more than once");
    }
    let hours = (
        count(&[Part::Hour, Part::HourShort]),
        count(&[Part::Hour12, Part::Hour12Short]),
        count(&[Part::HalfDay]),
    );
    if hours != (1, 0, 0) && hours != (0, 1, 1) {
        return Err("must have one hour (%H, %k), or one of 12 (%I, %l) and %p");
    }
    let once = [
        &[Part::Minute][..],
        &[Part::Second],
        &[Part::Fraction],
        &[Part::Zone, Part::ZoneOptional, Part::ZoneName],
    ];
    if once.iter().any(|parts| count(parts) > 1) {
        return Err("has a part more than once");
    }
    Ok(())
}

impl Part {
    /// Read this part at `at` and return where it ends.
    #[inline]
    fn read(
        self,
        text: &[u8],
        at: usize,
        order: Option<DateOrder>,
        parts: &mut TimeParts,
    ) -> Option<usize> {
        match self {
            Part::Literal(byte) => (text.get(at) == Some(&byte)).then_some(at + 1),
            Part::Year => {
                let digits = text.get(at..)?.first_chunk::<4>()?;
                parts.year = Some(pair(&digits[..2])? as i32 * 100 + pair(&digits[2..])? as i32);
                Some(at + 4)
            }
            Part::YearShort => {
                let digits = text.get(at..)?.first_chunk::<2>()?;
                parts.year = Some(2000 + pair(digits)? as i32);
                Some(at + 2)
            }
            Part::Month => two(text, at, 1..=12, &mut parts.month),
            Part::Day => two(text, at, 1..=31, &mut parts.day),
            Part::Hour => two(text, at, 0..=23, &mut parts.hour),
            Part::Hour12 => two(text, at, 1..=12, &mut parts.hour),
            Part::Minute => two(text, at, 0..=59, &mut parts.minute),
            Part::Second => two(text, at, 0..=60, &mut parts.second),
            Part::DayShort => {
                let (day, end) = short(text, at + usize::from(text.get(at) == Some(&b' ')))?;
                parts.day = day;
                (1..=31).contains(&day).then_some(end)
            }
            Part::HourShort => {
                let (hour, end) = short(text, at)?;
                parts.hour = hour;
                (hour <= 23).then_some(end)
            }
            Part::Hour12Short => {
                let (hour, end) = short(text, at)?;
                parts.hour = hour;
                (1..=12).contains(&hour).then_some(end)
            }
            Part::MonthName => {
                parts.month = month(text.get(at..)?.first_chunk::<3>()?)?;
                Some(at + 3)
            }
            Part::HalfDay => {
                let [half, m, ..] = text.get(at..)? else {
                    return None;
                };
                parts.afternoon = match half | 0x20 {
                    b'a' => Some(false),
                    b'p' => Some(true),
                    _ => return None,
                };
                (m | 0x20 == b'm').then_some(at + 2)
            }
            Part::Fraction => {
                let (micros, end) = fraction(text, at);
                parts.micros = micros;
                Some(end)
            }
            Part::Zone => {
                let (offset, end) = zone(text, at)?;
                parts.zone = Some(offset);
                Some(end)
            }
            Part::ZoneOptional => {
                let (offset, end) =
                    zone(text, at).map_or((None, at), |(offset, end)| (Some(offset), end));
                parts.zone = offset;
                Some(end)
            }
            Part::ZoneName => {
                let (offset, end) = zone_name(text, at)?;
                parts.zone = offset;
                Some(end)
            }
            Part::DateEnd => matches!(text.get(at), Some(b'T' | b't' | b' ')).then_some(at + 1),
            Part::Seconds => {
                let (seconds, end) = count(text, at)?;
                let (micros, end) = fraction(text, end);
                parts.instant_us = Some(
                    seconds
                        .saturating_mul(1_000_000)
                        .saturating_add(micros as i64),
                );
                Some(end)
            }
            Part::Milliseconds => {
                let (milliseconds, end) = count(text, at)?;
                parts.instant_us = Some(milliseconds.saturating_mul(1_000));
                Some(end)
            }
            Part::Nanoseconds => {
                let (nanoseconds, end) = count(text, at)?;
                parts.instant_us = Some(nanoseconds / 1_000);
                Some(end)
            }
            Part::Date => date(text, at, order, parts),
            Part::Less => {
                let (seconds, end) = less(text, at)?;
                parts.less_s = seconds;
                Some(end)
            }
        }
    }
}
