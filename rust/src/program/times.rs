//! Reading the text of a time into an instant (ADR 3, Times).

use super::document::Zone;
use super::layout::{Fraction, Layout, Part, TimeParts};
use super::options::{DateOrder, Options};
use super::time_parts::fraction;
use super::zone::ZoneTable;
use crate::reject_code::RejectCode;

/// The end of 2199 in microseconds since 1970.
const END_US: i64 = 7_258_118_400_000_000;

/// An instant as recorded, and the width of the DST fold it lies in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Instant {
    pub us: i64,
    pub fold_s: u32,
}

/// The declarations about times, and the last text read by each layout. Most lines have the same second as another
/// line.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    zone: Option<ZoneTable>,
    year: Option<i32>,
    first_day: Option<FirstDay>,
    order: Option<DateOrder>,
    last: Vec<Last>,
}

/// A text and its instant without the fraction.
#[derive(Clone, Debug)]
struct Last {
    zone: Zone,
    text: [u8; LAST_BYTES],
    len: usize,
    fraction: Option<Fraction>,
    instant: Instant,
}

/// Year, month and day of a log's first time, if its times name no year.
pub type FirstDay = (i32, u8, u8);

const LAST_BYTES: usize = 48;

impl Clock {
    pub fn new(options: &Options, layouts: usize) -> Clock {
        let nothing = Last {
            zone: Zone::Utc,
            text: [0; LAST_BYTES],
            len: 0,
            fraction: None,
            instant: Instant::default(),
        };
        Clock {
            zone: options.timezone.as_deref().and_then(ZoneTable::new),
            year: options.year,
            first_day: None,
            order: options.date_order,
            last: vec![nothing; layouts],
        }
    }

    /// Set the day of the log's first time, with its year.
    pub fn set_first_day(&mut self, first_day: Option<FirstDay>) {
        self.first_day = first_day;
    }

    /// Return the year of a day that the text names without one: the next year's for a day that lies more than a month
    /// before the log's first, because the log runs on past New Year.
    fn unstated_year(&self, month: u8, day: u8) -> Option<i32> {
        let place = |month: u8, day: u8| i32::from(month) * 31 + i32::from(day);
        let Some((first_year, first_month, first_day)) = self.first_day else {
            return self.year;
        };
        let is_next = place(month, day) + 31 < place(first_month, first_day);
        Some(first_year.saturating_add(i32::from(is_next)))
    }

    /// Return the instant of a text. Layouts are tried in order until one does not give `bad-time`.
    #[inline(always)]
    pub fn instant(
        &mut self,
        text: &[u8],
        numbers: &[usize],
        layouts: &[Layout],
        zone: Zone,
    ) -> Result<Instant, RejectCode> {
        for &number in numbers {
            match self.instant_by_layout(text, number, &layouts[number], zone) {
                Err(RejectCode::BadTime) => {}
                done => return done,
            }
        }
        Err(RejectCode::BadTime)
    }

    #[inline(always)]
    fn instant_by_layout(
        &mut self,
        text: &[u8],
        number: usize,
        layout: &Layout,
        zone: Zone,
    ) -> Result<Instant, RejectCode> {
        if let Some(count) = layout.counts {
            return read_count(text, count);
        }
        self.read_by_parts(text, number, layout, zone)
    }

    #[inline(never)]
    fn read_by_parts(
        &mut self,
        text: &[u8],
        number: usize,
        layout: &Layout,
        zone: Zone,
    ) -> Result<Instant, RejectCode> {
        if let Some(instant) = self.last[number].instant_like_last(text, zone) {
            return Ok(instant);
        }
        let (parts, fraction) = layout.read(text, self.order)?;
        let whole = self.resolve(&parts, zone)?;
        self.last[number].remember(text, fraction, whole, zone);
        Ok(Instant {
            us: whole.us + parts.micros as i64,
            ..whole
        })
    }

    /// Return the instant of the parts of a time, without the fraction.
    fn resolve(&mut self, parts: &TimeParts, zone: Zone) -> Result<Instant, RejectCode> {
        if let Some(us) = parts.instant_us {
            let us = in_range(us.saturating_sub(parts.less_s * 1_000_000))?;
            return Ok(Instant { us, fold_s: 0 });
        }
        if parts.unordered {
            return Err(RejectCode::DateWithoutOrder);
        }
        let year = parts
            .year
            .or_else(|| self.unstated_year(parts.month, parts.day))
            .ok_or(RejectCode::TimeWithoutYear)?;
        let days = days_of(year, parts.month, parts.day).ok_or(RejectCode::BadTime)?;
        let hour = match parts.afternoon {
            Some(afternoon) => parts.hour as i64 % 12 + if afternoon { 12 } else { 0 },
            None => parts.hour as i64,
        };
        let local_s = days * 86_400 + hour * 3600 + parts.minute as i64 * 60 + parts.second as i64;
        let (second, fold_s) = match (parts.zone, zone) {
            (Some(offset), _) => (local_s - offset as i64, 0),
            (None, Zone::Utc) => (local_s, 0),
            (None, Zone::Record | Zone::Declared) => {
                let table = self.zone.as_mut().ok_or(RejectCode::TimeWithoutZone)?;
                table.instant(local_s).ok_or(RejectCode::TimeInGap)?
            }
        };
        let second = second - parts.less_s;
        in_range(second.saturating_mul(1_000_000)).map(|us| Instant { us, fold_s })
    }
}

/// Return the instant of a text that is a count since 1970.
#[inline(always)]
fn read_count(text: &[u8], count: Part) -> Result<Instant, RejectCode> {
    if count == Part::Seconds {
        if let Some(milliseconds) = milliseconds(text) {
            let us = in_range(milliseconds as i64 * 1_000)?;
            return Ok(Instant { us, fold_s: 0 });
        }
    }
    read_any_count(text, count)
}

/// Return the milliseconds of `ssssssssss.mmm`, the usual form of a count.
#[inline(always)]
fn milliseconds(text: &[u8]) -> Option<u64> {
    let (first, last) = (text.first_chunk::<8>()?, text.last_chunk::<8>()?);
    if text.len() != 14 || text[10] != b'.' {
        return None;
    }
    // The last eight bytes are two digits that were read already, two more, the point, and three: five new digits.
    let last = u64::from_le_bytes(*last);
    let digits = 0x30_30_30 | (last & 0xFFFF_0000) << 8 | last & 0xFFFF_FF00_0000_0000;
    Some(eight_digits(first)? * 100_000 + eight_digits(&digits.to_le_bytes())?)
}

#[inline(never)]
fn read_any_count(text: &[u8], count: Part) -> Result<Instant, RejectCode> {
    let (mut value, mut len) = match text.first_chunk::<8>().and_then(eight_digits) {
        Some(value) => (value, 8),
        None => (0, 0),
    };
    while let Some(digit) = text
        .get(len)
        .map(|byte| byte.wrapping_sub(b'0'))
        .filter(|digit| *digit < 10)
    {
        value = value.saturating_mul(10).saturating_add(digit as u64);
        len += 1;
    }
    let (unit, (micros, end)) = match count {
        Part::Seconds => (1_000_000, fraction(text, len)),
        _ => (1_000, (0, len)),
    };
    if len == 0 || end != text.len() {
        return Err(RejectCode::BadTime);
    }
    let us = match count {
        Part::Nanoseconds => value / 1_000,
        _ => value.saturating_mul(unit).saturating_add(micros as u64),
    };
    let us = in_range(i64::try_from(us).unwrap_or(i64::MAX))?;
    Ok(Instant { us, fold_s: 0 })
}

/// Return the number of eight digits, joining two, four and eight of them at a time.
#[inline(always)]
pub(super) fn eight_digits(digits: &[u8; 8]) -> Option<u64> {
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    let word = u64::from_le_bytes(*digits);
    let values = word.wrapping_sub(ZEROS);
    // A byte below `0` or above `9` sets a high half.
    if (values | values.wrapping_add(0x0606_0606_0606_0606)) & 0xF0F0_F0F0_F0F0_F0F0 != 0 {
        return None;
    }
    let pairs = (values * 10 + (values >> 8)) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_FFFF_0000_FFFF;
    Some((fours * 10_000 + (fours >> 32)) & 0xFFFF_FFFF)
}

pub(super) fn in_range(us: i64) -> Result<i64, RejectCode> {
    if (0..END_US).contains(&us) {
        Ok(us)
    } else {
        Err(RejectCode::BadTime)
    }
}

/// Return the days from 1970-01-01 to a date of the proleptic Gregorian calendar; None if the date does not exist.
fn days_of(year: i32, month: u8, day: u8) -> Option<i64> {
    if !(1..=9999).contains(&year) {
        return None;
    }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u8::from(leap),
        1..=12 => 31,
        _ => return None,
    };
    if day == 0 || day > days {
        return None;
    }
    // Years begin in March, so that the leap day is the last (Hinnant, chrono-compatible low-level date algorithms).
    let year = year as i64 - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month as i64 + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day as i64 - 1;
    Some(
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year
            - 719_468,
    )
}

impl Last {
    /// Return the instant of a text that differs from the last one only in the digits of its fraction.
    #[inline]
    fn instant_like_last(&self, text: &[u8], zone: Zone) -> Option<Instant> {
        if self.len == 0 || self.zone != zone {
            return None;
        }
        let last = &self.text[..self.len];
        let Some(Fraction { start, end }) = self.fraction else {
            return (last == text).then_some(self.instant);
        };
        if text.get(..start)? != &last[..start] {
            return None;
        }
        let (micros, new_end) = fraction(text, start);
        let same = new_end > start && text[new_end..] == last[end..];
        same.then(|| Instant {
            us: self.instant.us + micros as i64,
            ..self.instant
        })
    }

    fn remember(&mut self, text: &[u8], fraction: Option<Fraction>, instant: Instant, zone: Zone) {
        if let Some(place) = self.text.get_mut(..text.len()) {
            place.copy_from_slice(text);
            *self = Last {
                len: text.len(),
                fraction,
                instant,
                zone,
                ..*self
            };
        }
    }
}
