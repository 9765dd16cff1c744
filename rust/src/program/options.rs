//! The officer's declarations about an exhibit. Nothing here is guessed.

/// Order of the numbers of a `%D` date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    DayMonthYear,
    MonthDayYear,
    YearMonthDay,
}

impl DateOrder {
    /// Return the order of a name as `--date-order` takes it: `dmy`, `mdy`, `ymd`.
    pub fn from_name(name: &str) -> Option<DateOrder> {
        match name {
            "dmy" => Some(DateOrder::DayMonthYear),
            "mdy" => Some(DateOrder::MonthDayYear),
            "ymd" => Some(DateOrder::YearMonthDay),
            _ => None,
        }
    }
}

/// A clock that was compared twice: what it showed, and how far it was ahead, both in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drift {
    first: (i64, i64),
    second: (i64, i64),
}

/// The minimum that a clock is assumed to drift for each second beyond the two comparisons: 50 millionths.
const STRAY: (i128, i128) = (50, 1_000_000);

impl Drift {
    /// Return a drift; None unless the second comparison is later and the clock ran on between them.
    pub fn new(first: (i64, i64), second: (i64, i64)) -> Option<Drift> {
        let is_later = first.0 < second.0;
        let ran_on =
            i128::from(second.0) - i128::from(second.1) > i128::from(first.0) - i128::from(first.1);
        (is_later && ran_on).then_some(Drift { first, second })
    }

    /// Return the clock's offset when it showed an instant, on the line through both comparisons; and the additional
    /// uncertainty in seconds. Beyond the comparisons that is the measured drift, or STRAY if that is more.
    pub fn at(&self, recorded_us: i64) -> (i64, u32) {
        let (since, until) = (i128::from(self.first.0), i128::from(self.second.0));
        let (before, after) = (i128::from(self.first.1), i128::from(self.second.1));
        let at = i128::from(recorded_us);
        let (rise, run) = (after - before, until - since);
        let offset = before + (rise * (at - since)).div_euclid(run);
        let beyond = (since - at).max(at - until).max(0);
        let strayed = divide_rounding_up(beyond * rise.abs(), run)
            .max(divide_rounding_up(beyond * STRAY.0, STRAY.1));
        (
            offset.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64,
            divide_rounding_up(strayed, 1_000_000).min(i128::from(u32::MAX)) as u32,
        )
    }
}

/// Divide a number that is not negative, rounding up.
fn divide_rounding_up(number: i128, by: i128) -> i128 {
    (number + by - 1) / by
}

/// How records are read; `ReadOptions` in Python.
#[derive(Clone, Debug)]
pub struct Options {
    /// Rows `(from_utc_s, offset_s)`, ascending. Each applies from its instant on, the first also before it.
    pub timezone: Option<Vec<(i64, i64)>>,
    pub year: Option<i32>,
    pub date_order: Option<DateOrder>,
    /// `timestamp = recorded - clock_offset`.
    pub clock_offset_us: i64,
    /// Used instead of `clock_offset_us`.
    pub clock_drift: Option<Drift>,
    pub clock_uncertainty_s: i64,
    /// How long before and after its time a visit may lie, in addition to the clock's uncertainty.
    pub before_us: i64,
    pub after_us: i64,
    /// When a manifest of files was made. Its rows have no time.
    pub made_at_us: Option<i64>,
    pub trusted_hops: usize,
    /// First and last addresses of the trusted proxies, whose X-Forwarded-For counts, as `address_number`s.
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
