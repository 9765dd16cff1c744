//! Walking a line from piece to piece, by its spaces where that is enough.

use crate::program::gaps::Gaps;
use crate::program::needle::{
    Needle, count_leading_digits, count_leading_spaces, find_before, find_byte,
};
use crate::program::tokens::{Kind, Step, find_unescaped, last_place};

/// A position in a line that moves forward step by step.
pub(super) struct LineWalk<'l> {
    pub buffer: &'l [u8],
    pub end: usize,
    pub gaps: &'l Gaps,
    pub at: usize,
    /// The number of the first gap from `at` on.
    pub gap: u8,
}

impl LineWalk<'_> {
    /// Move past a step and return where its piece ends; None if the step does not match.
    #[inline(always)]
    pub fn take(&mut self, step: &Step) -> Option<usize> {
        match step {
            Step::WordSpace { .. } => {
                let end = self.gaps.at(self.gap);
                if end == self.at || end >= self.end {
                    return None;
                }
                self.at = end + 1;
                self.gap += 1;
                Some(end)
            }
            Step::WordSign { sign, .. } => {
                let limit = self.gaps.at(self.gap).min(self.end);
                let end = find_before(self.buffer, self.at, limit, *sign)?;
                let fits = end > self.at;
                self.at = end + 1;
                fits.then_some(end)
            }
            Step::NumberSign { sign, .. } => {
                let end = self.at + count_leading_digits(&self.buffer[self.at..]);
                let fits = end > self.at && end < self.end && self.buffer[end] == *sign;
                fits.then(|| self.go_past(end, 1))
            }
            Step::UntilSign { sign, .. } => {
                let end = self.at + find_byte(self.rest(), *sign)?;
                Some(self.go_past(end, 1))
            }
            Step::Take { kind, stop, .. } if *kind == Kind::Until && stop.first() == b' ' => {
                self.until_gap(stop)
            }
            Step::Take {
                kind: Kind::Word,
                stop,
                ..
            } if stop.first() == b' ' => {
                let end = self.gaps.at(self.gap);
                let fits =
                    end > self.at && end < self.end && stop.begins(&self.buffer[end..self.end]);
                fits.then(|| self.go_past(end, stop.len()))
            }
            Step::Take { kind, stop, .. } => {
                let rest = self.rest();
                let length = stop.find(rest)?;
                let fits = kind.allows(&rest[..length]);
                fits.then(|| self.go_past(self.at + length, stop.len()))
            }
            Step::Last {
                stop,
                count: 1,
                before: None,
                ..
            } if stop.first() == b' ' => self.until_last_gap(stop),
            Step::Last {
                stop,
                count,
                before,
                ..
            } => {
                let length = last_place(self.rest(), stop, *count, before.as_ref())?;
                Some(self.go_past(self.at + length, stop.len()))
            }
            Step::Text(text) => {
                let fits = text.begins(self.rest());
                fits.then(|| self.go_past(self.at, text.len()))
            }
            Step::Rest {
                kind: Kind::Word, ..
            } => {
                let fits = self.at < self.end && self.gaps.at(self.gap) >= self.end;
                fits.then(|| self.go_past(self.end, 0))
            }
            Step::Rest { kind, .. } => kind.allows(self.rest()).then(|| self.go_past(self.end, 0)),
            Step::Quoted { .. } => {
                let length = find_unescaped(self.rest(), b'"')?;
                Some(self.go_past(self.at + length, 0))
            }
            Step::Fixed { bytes, .. } => {
                let fits = *bytes <= self.end - self.at;
                fits.then(|| self.go_past(self.at + *bytes, 0))
            }
            Step::Spaces => {
                let spaces = count_leading_spaces(self.rest());
                self.at += spaces;
                self.gap += spaces as u8;
                (spaces > 0).then_some(self.at)
            }
        }
    }

    /// Move past the first gap at which `stop` begins.
    #[inline(always)]
    fn until_gap(&mut self, stop: &Needle) -> Option<usize> {
        loop {
            let end = self.gaps.at(self.gap);
            if end >= self.end {
                return None;
            }
            if stop.begins(&self.buffer[end..self.end]) {
                return Some(self.go_past(end, stop.len()));
            }
            self.gap += 1;
        }
    }

    /// Move past the last gap at which `stop` begins.
    #[inline(always)]
    fn until_last_gap(&mut self, stop: &Needle) -> Option<usize> {
        let (mut gap, mut last) = (self.gap, None);
        while self.gaps.at(gap) < self.end {
            let end = self.gaps.at(gap);
            if stop.begins(&self.buffer[end..self.end]) {
                last = Some(end);
            }
            gap += 1;
        }
        last.map(|end| self.go_past(end, stop.len()))
    }

    #[inline(always)]
    fn rest(&self) -> &[u8] {
        &self.buffer[self.at..self.end]
    }

    /// Move past a piece that ends at `end` and `stop` more bytes. Returns `end`.
    #[inline(always)]
    pub fn go_past(&mut self, end: usize, stop: usize) -> usize {
        self.at = end + stop;
        while self.gaps.at(self.gap) < self.at {
            self.gap += 1;
        }
        end
    }
}
