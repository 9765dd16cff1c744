//! Reading one row of a flag list into an indicator and a statement (`docs/adr/0004-lists.md`).

use super::instant;
use super::junk::Junk;
use crate::canonical::indicator_value;
use crate::indicator::{IndicatorKind, Opinion};

/// A row as the list's reader found it. An empty text counts as absent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Row<'t> {
    pub line: u64,
    pub kind: Option<&'t str>,
    pub value: Option<&'t str>,
    pub category: Option<&'t str>,
    pub valid_from: Option<&'t str>,
    pub valid_until: Option<&'t str>,
    pub listed_on: Option<&'t str>,
    pub opinion: Option<&'t str>,
    pub reference: Option<&'t str>,
}

impl<'t> Row<'t> {
    /// A row of its values in the order of the fields.
    #[must_use]
    pub const fn new(line: u64, values: [Option<&'t str>; 8]) -> Self {
        let [
            kind,
            value,
            category,
            valid_from,
            valid_until,
            listed_on,
            opinion,
            reference,
        ] = values;
        Self {
            line,
            kind,
            value,
            category,
            valid_from,
            valid_until,
            listed_on,
            opinion,
            reference,
        }
    }
}

/// Why a row cannot be read. `RowCode` in Python also has the codes of the list readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowCode {
    UnknownKind,
    UnknownOpinion,
    BadValue,
    Junk,
    BadDate,
    EmptyWindow,
}

impl RowCode {
    /// The code as outputs write it.
    pub fn name(self) -> &'static str {
        match self {
            RowCode::UnknownKind => "unknown-kind",
            RowCode::UnknownOpinion => "unknown-opinion",
            RowCode::BadValue => "bad-value",
            RowCode::Junk => "junk",
            RowCode::BadDate => "bad-date",
            RowCode::EmptyWindow => "empty-window",
        }
    }
}

/// A row that cannot be read, with the reason in plain words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowReject {
    pub line: u64,
    pub code: RowCode,
    pub reason: &'static str,
}

/// A row after reading: the indicator and the statement about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedRow<'t> {
    pub kind: IndicatorKind,
    pub value: String,
    pub category: Option<&'t str>,
    pub valid_from_us: Option<i64>,
    pub valid_until_us: Option<i64>,
    pub listed_on_us: Option<i64>,
    pub opinion: Opinion,
    pub has_reference: bool,
}

impl<'t> Row<'t> {
    /// Read the row, or return the first reason why it cannot be read.
    pub fn read(&self, junk: &Junk) -> Result<ParsedRow<'t>, RowReject> {
        self.parse(junk).map_err(|(code, reason)| RowReject {
            line: self.line,
            code,
            reason,
        })
    }

    fn parse(&self, junk: &Junk) -> Result<ParsedRow<'t>, (RowCode, &'static str)> {
        let kind = text(self.kind).ok_or((RowCode::UnknownKind, "no kind"))?;
        let kind = IndicatorKind::from_name(kind)
            .ok_or((RowCode::UnknownKind, "not a kind of indicator"))?;
        let opinion = match text(self.opinion) {
            Some(name) => {
                Opinion::from_name(name).ok_or((RowCode::UnknownOpinion, "not an opinion"))?
            }
            None => Opinion::Flagged,
        };
        let value = text(self.value).ok_or((RowCode::BadValue, "no value"))?;
        let value = indicator_value(kind, value).map_err(|reason| (RowCode::BadValue, reason))?;
        if let Some(reason) = junk.reason(kind, &value) {
            return Err((RowCode::Junk, reason));
        }
        let valid_from_us = date(self.valid_from, false, "valid_from is no date")?;
        let valid_until_us = date(self.valid_until, true, "valid_until is no date")?;
        let listed_on_us = date(self.listed_on, false, "listed_on is no date")?;
        if let (Some(from), Some(until)) = (valid_from_us, valid_until_us) {
            if until <= from {
                return Err((RowCode::EmptyWindow, "valid_until is not after valid_from"));
            }
        }
        Ok(ParsedRow {
            kind,
            value,
            category: text(self.category),
            valid_from_us,
            valid_until_us,
            listed_on_us,
            opinion,
            has_reference: text(self.reference).is_some(),
        })
    }
}

fn date(
    field: Option<&str>,
    whole_day: bool,
    reason: &'static str,
) -> Result<Option<i64>, (RowCode, &'static str)> {
    match text(field) {
        Some(date) => match instant::read(date, whole_day) {
            Some(instant_us) => Ok(Some(instant_us)),
            None => Err((RowCode::BadDate, reason)),
        },
        None => Ok(None),
    }
}

fn text(field: Option<&str>) -> Option<&str> {
    field
        .map(|text| text.trim_matches([' ', '\t']))
        .filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Row = Row {
        line: 7,
        kind: Some("domain"),
        value: Some("Flagged.Example."),
        category: Some(" a "),
        valid_from: Some("2024-01-01"),
        valid_until: Some("2024-01-01"),
        listed_on: Some(""),
        opinion: None,
        reference: Some("x"),
    };

    #[test]
    fn a_row_says_a_canonical_value_its_window_and_its_opinion() {
        let parsed = GOOD.read(&Junk::default()).unwrap();
        let expected = ParsedRow {
            kind: IndicatorKind::Domain,
            value: "flagged.example".to_owned(),
            category: Some("a"),
            valid_from_us: Some(1_704_067_200_000_000),
            valid_until_us: Some(1_704_153_600_000_000),
            listed_on_us: None,
            opinion: Opinion::Flagged,
            has_reference: true,
        };
        assert_eq!(parsed, expected);
    }

    #[test]
    fn every_code_can_happen_and_the_first_that_holds_is_told() {
        let bad = Row {
            line: 7,
            kind: Some("Domain"),
            value: Some("com"),
            valid_from: Some("2024"),
            opinion: Some("flag"),
            ..Row::default()
        };
        let kind = Row {
            kind: Some("domain"),
            ..bad
        };
        let opinion = Row {
            opinion: Some("seed"),
            value: Some("a b"),
            ..kind
        };
        let value = Row {
            value: Some("com"),
            ..opinion
        };
        let junk = Row {
            value: Some("flagged.example"),
            ..value
        };
        let date = Row {
            valid_from: Some("2024-01-02"),
            valid_until: Some("2024-01-01"),
            ..junk
        };
        for (row, code) in [
            (Row { kind: None, ..GOOD }, RowCode::UnknownKind),
            (bad, RowCode::UnknownKind),
            (kind, RowCode::UnknownOpinion),
            (opinion, RowCode::BadValue),
            (
                Row {
                    value: Some("\t"),
                    ..GOOD
                },
                RowCode::BadValue,
            ),
            (value, RowCode::Junk),
            (
                Row {
                    value: Some("192.0.2.1"),
                    ..GOOD
                },
                RowCode::BadValue,
            ),
            (junk, RowCode::BadDate),
            (
                Row {
                    listed_on: Some("soon"),
                    ..GOOD
                },
                RowCode::BadDate,
            ),
            (date, RowCode::EmptyWindow),
        ] {
            let reject = row.read(&Junk::default()).unwrap_err();
            assert_eq!((reject.line, reject.code), (7, code), "{}", reject.reason);
        }
    }
}
