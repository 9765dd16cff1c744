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

/// How records are read; `ReadOptions` in Python.
#[derive(Clone, Debug)]
pub struct Options {
    /// Rows `(from_utc_s, offset_s)`, ascending; each is in force from its instant on, the first one from ever.
    pub timezone: Option<Vec<(i64, i64)>>,
    pub year: Option<i32>,
    pub date_order: Option<DateOrder>,
    /// `timestamp = recorded - clock_offset`.
    pub clock_offset_us: i64,
    pub clock_uncertainty_s: i64,
    /// When a manifest of files was made, whose rows state no time.
    pub made_at_us: Option<i64>,
    pub trusted_hops: usize,
    pub max_frame_bytes: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            timezone: None,
            year: None,
            date_order: None,
            clock_offset_us: 0,
            clock_uncertainty_s: 900,
            made_at_us: None,
            trusted_hops: 0,
            max_frame_bytes: 1 << 20,
        }
    }
}
