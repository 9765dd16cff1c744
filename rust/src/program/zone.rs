//! The declared zone: converting a local time to an instant, with gaps and folds of DST.

/// A table of `(from_utc_s, offset_s)`, and the last range of local time that a single row covers.
#[derive(Clone, Debug)]
pub(crate) struct ZoneTable {
    rows: Vec<(i64, i64)>,
    /// The widest offset. No local time is further from its instant.
    reach: i64,
    steady: (i64, i64, i64),
}

impl ZoneTable {
    /// Return a table; None without rows.
    pub fn new(rows: &[(i64, i64)]) -> Option<ZoneTable> {
        let mut rows = rows.to_vec();
        rows.sort_by_key(|row| row.0);
        let reach = rows.iter().map(|row| row.1.saturating_abs()).max()?;
        Some(ZoneTable {
            rows,
            reach,
            steady: (1, 0, 0),
        })
    }

    /// Return the instant of a local time, and the width of its fold. None in a gap; the earlier instant in a fold.
    #[inline]
    pub fn instant(&mut self, local_s: i64) -> Option<(i64, u32)> {
        let (from, to, offset) = self.steady;
        if from <= local_s && local_s < to {
            return Some((local_s - offset, 0));
        }
        self.look_up(local_s)
    }

    fn look_up(&mut self, local_s: i64) -> Option<(i64, u32)> {
        let row_at = |instant: i64| {
            self.rows
                .partition_point(|row| row.0 <= instant)
                .saturating_sub(1)
        };
        let first = row_at(local_s.saturating_sub(self.reach));
        let last = row_at(local_s.saturating_add(self.reach));
        if first == last {
            self.steady = self.stretch(first);
        }
        let mut earliest = i64::MAX;
        let mut latest = i64::MIN;
        for row in first..=last {
            let instant = local_s.saturating_sub(self.rows[row].1);
            let (from, to) = self.in_force(row);
            if from <= instant && instant < to {
                earliest = earliest.min(instant);
                latest = latest.max(instant);
            }
        }
        (earliest <= latest).then(|| {
            (
                earliest,
                u32::try_from(latest.saturating_sub(earliest)).unwrap_or(u32::MAX),
            )
        })
    }

    /// Return the instants between which a row applies.
    fn in_force(&self, row: usize) -> (i64, i64) {
        let from = if row == 0 { i64::MIN } else { self.rows[row].0 };
        let to = self.rows.get(row + 1).map_or(i64::MAX, |next| next.0);
        (from, to)
    }

    /// Return the local times that only this row covers, and its offset.
    fn stretch(&self, row: usize) -> (i64, i64, i64) {
        let (from, to) = self.in_force(row);
        (
            from.saturating_add(self.reach),
            to.saturating_sub(self.reach),
            self.rows[row].1,
        )
    }
}
