//! The indicators of a list, and what their statements say about a visit.

use sha2::{Digest, Sha256};

use super::compiled::CompiledList;
use super::fault::Fault;
use super::layout::{EntryRecord, StatementRecord, u32_at};
use crate::indicator::{IndicatorKind, Opinion};

/// A match of a record with an indicator of the list, as the number of its entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Match {
    pub entry: u32,
}

/// The first half of the digest that identifies an indicator (`docs/adr/0001-identities.md`).
pub type IndicatorId = [u8; 16];

/// One indicator, as outputs describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'l> {
    pub matched: Match,
    pub kind: IndicatorKind,
    pub value: &'l str,
    pub indicator_id: IndicatorId,
    pub statements: Vec<Statement<'l>>,
}

/// What one row states about an indicator. Times are microseconds since 1970, UTC. The window is half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement<'l> {
    pub valid_from_us: Option<i64>,
    pub valid_until_us: Option<i64>,
    pub listed_on_us: Option<i64>,
    pub opinion: Opinion,
    pub category: Option<&'l str>,
    pub has_reference: bool,
}

/// The result of all statements of an indicator for one visit.
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
    /// Return the indicator of a match.
    pub fn entry(&self, matched: Match) -> Result<Entry<'_>, Fault> {
        let record = self.record(matched.entry)?;
        let value = self.text(&record)?;
        let mut statements = Vec::new();
        self.each_statement(&record, |statement| statements.push(statement))?;
        let indicator_id = self.id_of(record.kind, value);
        Ok(Entry {
            matched,
            kind: record.kind,
            value,
            indicator_id,
            statements,
        })
    }

    /// Return the identity of the indicator in this list.
    pub fn indicator_id(&self, matched: Match) -> Result<IndicatorId, Fault> {
        let record = self.record(matched.entry)?;
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

    /// Return the verdict of the indicator's statements on a visit, without making an `Entry`.
    pub fn verdict(&self, matched: Match, time: VisitTime) -> Result<Verdict<'_>, Fault> {
        let mut best = Best::default();
        self.each_statement(&self.record(matched.entry)?, |statement| {
            best.consider(statement, time)
        })?;
        Ok(best.verdict())
    }

    /// Sort the matches of one record into the order of its rows: by indicator id, each indicator once.
    pub fn sort_matches(&self, matches: &mut Vec<Match>) -> Result<(), Fault> {
        if matches.len() < 2 {
            return Ok(());
        }
        matches.sort_unstable();
        matches.dedup();
        if matches.len() < 2 {
            return Ok(());
        }
        let mut named = Vec::with_capacity(matches.len());
        for matched in matches.iter() {
            named.push((self.indicator_id(*matched)?, *matched));
        }
        named.sort_unstable();
        matches.clear();
        matches.extend(named.into_iter().map(|(_, matched)| matched));
        Ok(())
    }

    fn each_statement<'l>(
        &'l self,
        record: &EntryRecord,
        mut each: impl FnMut(Statement<'l>),
    ) -> Result<(), Fault> {
        for number in self.group(record.group)?.chunks_exact(4) {
            let record = self.statement(u32_at(number, 0).unwrap_or(u32::MAX))?;
            each(self.read_statement(&record)?);
        }
        Ok(())
    }

    fn read_statement(&self, record: &StatementRecord) -> Result<Statement<'_>, Fault> {
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

/// When a visit took place: the first and last microsecond that are possible, and `known_by_us`. By then the visit was
/// over, as far as the uncertainty of the clock alone goes.
#[derive(Clone, Copy, Debug)]
pub struct VisitTime {
    first_us: i64,
    last_us: i64,
    known_by_us: i64,
}

impl VisitTime {
    /// A visit at `t_us`, known to within `u_s` seconds. `before_us` and `after_us` widen the interval on each side.
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

/// Return the verdict of statements, in line order, on a visit.
pub fn verdict<'l>(statements: &[Statement<'l>], time: VisitTime) -> Verdict<'l> {
    let mut best = Best::default();
    for statement in statements {
        best.consider(*statement, time);
    }
    best.verdict()
}

/// The strongest statement so far.
#[derive(Default)]
struct Best<'l> {
    statement: Option<(Statement<'l>, bool)>,
}

impl<'l> Best<'l> {
    fn consider(&mut self, statement: Statement<'l>, time: VisitTime) {
        let (earliest, latest) = (time.first_us, time.last_us);
        // A statement that flags must hold for all of the time; one that clears or disputes, for any part of it. Doubt
        // favours the visitor.
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
