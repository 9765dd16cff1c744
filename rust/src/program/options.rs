//! What the officer declares about an exhibit; nothing of it is guessed.

/// Order of the numbers of a `%D` date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    DayMonthYear,
    MonthDayYear,
    YearMonthDay,
}

impl DateOrder {
    /// The order of a name as `--date-order` takes it: `dmy`, `mdy`, `ymd`.
    pub fn from_name(name: &str) -> Option<DateOrder> {
        match name {
            "dmy" => Some(DateOrder::DayMonthYear),
            "mdy" => Some(DateOrder::MonthDayYear),
            "ymd" => Some(DateOrder::YearMonthDay),
            _ => None,
        }
    }
}

/// A clock that was compared twice: what it showed, and by how much it was ahead then, both in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drift {
    first: (i64, i64),
    second: (i64, i64),
}

/// How far a clock may stray, at least, for each second beyond the instants at which it was compared: 50 millionths.
const STRAY: (i128, i128) = (50, 1_000_000);

impl Drift {
    /// None unless the second instant lies behind the first, and the clock ran on between them.
    pub fn new(first: (i64, i64), second: (i64, i64)) -> Option<Drift> {
        let is_later = first.0 < second.0;
        let ran_on =
            i128::from(second.0) - i128::from(second.1) > i128::from(first.0) - i128::from(first.1);
        (is_later && ran_on).then_some(Drift { first, second })
    }

    /// The offset when the clock showed an instant, on the line through both; and by how many seconds it is more
    /// uncertain than between them: as the measured drift, or STRAY if that is more, would move it.
    pub fn at(&self, recorded_us: i64) -> (i64, u32) {
        let (since, until) = (i128::from(self.first.0), i128::from(self.second.0));
        let (before, after) = (i128::from(self.first.1), i128::from(self.second.1));
        let at = i128::from(recorded_us);
        let (rise, run) = (after - before, until - since);
        let offset = before + (rise * (at - since)).div_euclid(run);
        let beyond = (since - at).max(at - until).max(0);
        let strayed = up(beyond * rise.abs(), run).max(up(beyond * STRAY.0, STRAY.1));
        (
            offset.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64,
            up(strayed, 1_000_000).min(i128::from(u32::MAX)) as u32,
        )
    }
}

/// A quotient of what is not below zero, rounded up.
fn up(number: i128, by: i128) -> i128 {
    (number + by - 1) / by
}

/// How records are read; `ReadOptions` in Python.
#[derive(Clone, Debug)]
pub struct Options {
    /// Rows `(from_utc_s, offset_s)`, ascending; each is in force from its instant on, the first one from ever.
    pub timezone: Option<Vec<(i64, i64)>>,
    pub year: Option<i32>,
    pub date_order: Option<DateOrder>,
    /// `timestamp = recorded - clock_offset`.
    pub clock_offset_us: i64,
    /// Goes before `clock_offset_us`.
    pub clock_drift: Option<Drift>,
    pub clock_uncertainty_s: i64,
    /// How long before and behind its time a visit may lie, beside what the clock is uncertain by.
    pub before_us: i64,
    pub after_us: i64,
    /// When a manifest of files was made, whose rows state no time.
    pub made_at_us: Option<i64>,
    pub trusted_hops: usize,
    /// First and last addresses of the proxies whose X-Forwarded-For is believed, as `address_key` numbers.
    pub trusted_proxies: Vec<(u128, u128)>,
    pub max_frame_bytes: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            timezone: None,
            year: None,
            date_order: None,
            clock_offset_us: 0,
            clock_drift: None,
            clock_uncertainty_s: 900,
            before_us: 0,
            after_us: 0,
            made_at_us: None,
            trusted_hops: 0,
            trusted_proxies: Vec::new(),
            max_frame_bytes: 1 << 20,
        }
    }
}
