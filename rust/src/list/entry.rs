//! What a list says of one of its indicators, and which statement speaks for a visit.

use sha2::{Digest, Sha256};

use super::compiled::CompiledList;
use super::fault::Fault;
use super::layout::{EntryRecord, StatementRecord, u32_at};
use crate::indicator::{IndicatorKind, Opinion};

/// A record met an indicator of the list: the indicator's number in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Meeting {
    pub entry: u32,
}

/// The first half of the digest that names an indicator (`docs/adr/0001-identities.md`).
pub type IndicatorId = [u8; 16];

/// One indicator, as outputs describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'l> {
    pub meeting: Meeting,
    pub kind: IndicatorKind,
    pub value: &'l str,
    pub indicator_id: IndicatorId,
    pub statements: Vec<Statement<'l>>,
}

/// What one row says of an indicator. Times are microseconds since 1970, UTC; the window is half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement<'l> {
    pub valid_from_us: Option<i64>,
    pub valid_until_us: Option<i64>,
    pub listed_on_us: Option<i64>,
    pub opinion: Opinion,
    pub category: Option<&'l str>,
    pub has_reference: bool,
}

/// What the statements together say of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict<'l> {
    /// No statement covers the visit's time.
    Outside,
    Covered {
        opinion: Opinion,
        category: Option<&'l str>,
        vouched: bool,
    },
}

impl CompiledList {
    /// The indicator of a meeting.
    pub fn entry(&self, meeting: Meeting) -> Result<Entry<'_>, Fault> {
        let record = self.record(meeting.entry)?;
        let value = self.text(&record)?;
        let mut statements = Vec::new();
        self.each_statement(&record, |statement| statements.push(statement))?;
        let indicator_id = self.id_of(record.kind, value);
        Ok(Entry {
            meeting,
            kind: record.kind,
            value,
            indicator_id,
            statements,
        })
    }

    /// The indicator's identity in this list.
    pub fn indicator_id(&self, meeting: Meeting) -> Result<IndicatorId, Fault> {
        let record = self.record(meeting.entry)?;
        Ok(self.id_of(record.kind, self.text(&record)?))
    }

    fn id_of(&self, kind: IndicatorKind, value: &str) -> IndicatorId {
        let mut digest = Sha256::new();
        for piece in [self.meta().list_id.as_str(), "\n", kind.name(), "\n", value] {
            digest.update(piece);
        }
        let whole: [u8; 32] = digest.finalize().into();
        let mut id = [0; 16];
        id.copy_from_slice(&whole[..16]);
        id
    }

    /// What the statements of a meeting's indicator say of a visit, without making an `Entry`.
    pub fn verdict(&self, meeting: Meeting, time: VisitTime) -> Result<Verdict<'_>, Fault> {
        let mut best = Best::default();
        self.each_statement(&self.record(meeting.entry)?, |statement| {
            best.hear(statement, time)
        })?;
        Ok(best.verdict())
    }

    /// Meetings in the order of the rows of one record: by indicator id, each indicator once.
    pub fn settle(&self, meetings: &mut Vec<Meeting>) -> Result<(), Fault> {
        if meetings.len() < 2 {
            return Ok(());
        }
        meetings.sort_unstable();
        meetings.dedup();
        if meetings.len() < 2 {
            return Ok(());
        }
        let mut named = Vec::with_capacity(meetings.len());
        for meeting in meetings.iter() {
            named.push((self.indicator_id(*meeting)?, *meeting));
        }
        named.sort_unstable();
        meetings.clear();
        meetings.extend(named.into_iter().map(|(_, meeting)| meeting));
        Ok(())
    }

    fn each_statement<'l>(
        &'l self,
        record: &EntryRecord,
        mut each: impl FnMut(Statement<'l>),
    ) -> Result<(), Fault> {
        for number in self.group(record.group)?.chunks_exact(4) {
            let record = self.statement(u32_at(number, 0).unwrap_or(u32::MAX))?;
            each(self.spoken(&record)?);
        }
        Ok(())
    }

    fn spoken(&self, record: &StatementRecord) -> Result<Statement<'_>, Fault> {
        let category = match record.category {
            Some(place) => {
                let category = self.meta().categories.get(place as usize);
                Some(category.ok_or(Fault::Malformed("a category"))?.as_str())
            }
            None => None,
        };
        Ok(Statement {
            valid_from_us: record.valid_from_us,
            valid_until_us: record.valid_until_us,
            listed_on_us: record.listed_on_us,
            opinion: record.opinion,
            category,
            has_reference: record.has_reference,
        })
    }
}

/// When a visit was: first and last microsecond at which it may have been, and `known_by_us`, when it surely was over
/// by what the clock is uncertain by alone.
#[derive(Clone, Copy, Debug)]
pub struct VisitTime {
    first_us: i64,
    last_us: i64,
    known_by_us: i64,
}

impl VisitTime {
    /// A visit at `t_us`, known to within `u_s` seconds, which may lie so long before and behind that as well.
    pub fn new(t_us: i64, u_s: i64, before_us: i64, after_us: i64) -> VisitTime {
        let u_us = u_s.max(0).saturating_mul(1_000_000);
        let known_by_us = t_us.saturating_add(u_us);
        VisitTime {
            first_us: t_us.saturating_sub(u_us).saturating_sub(before_us),
            last_us: known_by_us.saturating_add((after_us - 1).max(0)),
            known_by_us,
        }
    }
}

/// What statements, in line order, say of a visit.
pub fn verdict<'l>(statements: &[Statement<'l>], time: VisitTime) -> Verdict<'l> {
    let mut best = Best::default();
    for statement in statements {
        best.hear(*statement, time);
    }
    best.verdict()
}

/// The statement that speaks, of those heard so far.
#[derive(Default)]
struct Best<'l> {
    statement: Option<(Statement<'l>, bool)>,
}

impl<'l> Best<'l> {
    fn hear(&mut self, statement: Statement<'l>, time: VisitTime) {
        let (earliest, latest) = (time.first_us, time.last_us);
        // What flags must hold for all of the time, what clears or disputes for any part of it: doubt is the visitor's.
        let (begun_by, ended_from) = match statement.opinion {
            Opinion::Cleared | Opinion::Disputed => (latest, earliest),
            Opinion::Flagged | Opinion::Seed => (earliest, latest),
        };
        let begins = statement.valid_from_us.is_none_or(|from| from <= begun_by);
        let lasts = statement
            .valid_until_us
            .is_none_or(|until| ended_from < until);
        if !begins || !lasts {
            return;
        }
        let is_later = statement
            .listed_on_us
            .is_some_and(|listed| listed > time.known_by_us);
        let vouched = !is_later || (statement.valid_from_us.is_some() && statement.has_reference);
        let rank = |(statement, vouched): &(Statement<'_>, bool)| (statement.opinion, !vouched);
        let candidate = (statement, vouched);
        if self
            .statement
            .as_ref()
            .is_none_or(|best| rank(&candidate) < rank(best))
        {
            self.statement = Some(candidate);
        }
    }

    fn verdict(self) -> Verdict<'l> {
        match self.statement {
            Some((
                Statement {
                    opinion, category, ..
                },
                vouched,
            )) => Verdict::Covered {
                opinion,
                category,
                vouched,
            },
            None => Verdict::Outside,
        }
    }
}
