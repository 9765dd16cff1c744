//! Bounded counters over all records, matched or not, which later rules need. They keep no byte of what they count.
//!
//! They can be merged, so the result does not depend on chunks or threads.

use std::io::{self, Read};

use rapidhash::v3::rapidhash_v3;

use crate::segment::{ByteReader, ByteWriter};

const REGISTERS: usize = 4096;
const SOURCES: usize = 1024;
const AGENT_BITS: u32 = 64;

/// An estimate of the number of distinct items (HyperLogLog, Flajolet et al. 2007; 4,096 registers: 1.6 % error).
#[derive(Clone)]
pub struct Distinct(Box<[u8; REGISTERS]>);

impl Default for Distinct {
    fn default() -> Self {
        Distinct(Box::new([0; REGISTERS]))
    }
}

impl Distinct {
    fn add(&mut self, hash: u64) {
        let register = &mut self.0[(hash >> 52) as usize];
        let rank = ((hash << 12) | (1 << 11)).leading_zeros() as u8 + 1;
        *register = (*register).max(rank);
    }

    fn merge(&mut self, other: &Distinct) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0.iter()) {
            *mine = (*mine).max(*theirs);
        }
    }

    fn read<R: Read>(input: &mut ByteReader<R>) -> io::Result<Distinct> {
        let registers = <[u8; REGISTERS]>::try_from(input.bytes()?);
        let registers =
            registers.map_err(|_| io::Error::other("an estimate has other registers"))?;
        Ok(Distinct(Box::new(registers)))
    }

    pub fn estimate(&self) -> u64 {
        let count = REGISTERS as f64;
        let sum: f64 = self.0.iter().map(|&rank| (-f64::from(rank)).exp2()).sum();
        let raw = 0.7213 / (1.0 + 1.079 / count) * count * count / sum;
        let empty = self.0.iter().filter(|&&rank| rank == 0).count();
        let estimate = if raw <= 2.5 * count && empty > 0 {
            count * (count / empty as f64).ln()
        } else {
            raw
        };
        estimate.round() as u64
    }
}

/// Statistics about the times and the variety of an exhibit's records.
#[derive(Clone)]
pub struct Sketch {
    times: Option<Times>,
    /// Records whose time is before that of the previous record, and the widest such step.
    pub backward_steps: u64,
    pub widest_backward_us: i64,
    pub widest_gap_us: i64,
    pub frames: Distinct,
    pub sources: Distinct,
    /// By bucket of source address: a bitmap of its agents (linear counting).
    agents: Box<[u64; SOURCES]>,
}

/// Times in microseconds since 1970. First and last are in the order of records.
#[derive(Clone, Copy)]
pub struct Times {
    first: i64,
    last: i64,
    pub earliest: i64,
    pub latest: i64,
}

impl Default for Sketch {
    fn default() -> Self {
        Sketch {
            times: None,
            backward_steps: 0,
            widest_backward_us: 0,
            widest_gap_us: 0,
            frames: Distinct::default(),
            sources: Distinct::default(),
            agents: Box::new([0; SOURCES]),
        }
    }
}

fn hash_of(bytes: &[u8]) -> u64 {
    rapidhash_v3(bytes)
}

impl Sketch {
    /// Add a record. `source` is the key of its source (`canonical::address_key`).
    #[inline]
    pub fn add(
        &mut self,
        timestamp_us: i64,
        frame: &[u8],
        source: Option<[u8; 16]>,
        agent: Option<&[u8]>,
    ) {
        self.step(timestamp_us);
        self.frames.add(hash_of(frame));
        let Some(source) = source else { return };
        let source = hash_of(&source);
        self.sources.add(source);
        if let Some(agent) = agent {
            self.agents[(source % SOURCES as u64) as usize] |=
                1 << (hash_of(agent) % u64::from(AGENT_BITS));
        }
    }

    #[inline]
    fn step(&mut self, us: i64) {
        let Some(mut times) = self.times else {
            self.times = Some(Times {
                first: us,
                last: us,
                earliest: us,
                latest: us,
            });
            return;
        };
        self.between(times.last, us);
        times.last = us;
        times.earliest = times.earliest.min(us);
        times.latest = times.latest.max(us);
        self.times = Some(times);
    }

    #[inline]
    fn between(&mut self, before_us: i64, after_us: i64) {
        let step_us = after_us - before_us;
        self.backward_steps += u64::from(step_us < 0);
        self.widest_backward_us = self.widest_backward_us.max(-step_us);
        self.widest_gap_us = self.widest_gap_us.max(step_us);
    }

    pub fn times(&self) -> Option<Times> {
        self.times
    }

    /// Add the sketch of the records that follow. The first time of a new member is no step.
    pub fn merge(&mut self, next: &Sketch, is_new_member: bool) {
        self.times = match (self.times, next.times) {
            (Some(before), Some(after)) => {
                if !is_new_member {
                    self.between(before.last, after.first);
                }
                Some(Times {
                    first: before.first,
                    last: after.last,
                    earliest: before.earliest.min(after.earliest),
                    latest: before.latest.max(after.latest),
                })
            }
            (before, after) => before.or(after),
        };
        self.backward_steps += next.backward_steps;
        self.widest_backward_us = self.widest_backward_us.max(next.widest_backward_us);
        self.widest_gap_us = self.widest_gap_us.max(next.widest_gap_us);
        self.frames.merge(&next.frames);
        self.sources.merge(&next.sources);
        for (mine, theirs) in self.agents.iter_mut().zip(next.agents.iter()) {
            *mine |= theirs;
        }
    }

    /// Append everything.
    pub fn write(&self, out: &mut ByteWriter) {
        out.flag(self.times.is_some());
        if let Some(times) = self.times {
            [times.first, times.last, times.earliest, times.latest]
                .into_iter()
                .for_each(|time| out.signed(time));
        }
        out.number(self.backward_steps);
        out.signed(self.widest_backward_us);
        out.signed(self.widest_gap_us);
        out.bytes(&self.frames.0[..]);
        out.bytes(&self.sources.0[..]);
        self.agents.iter().for_each(|bits| out.number(*bits));
    }

    /// Read what `write` appended.
    pub fn read<R: Read>(input: &mut ByteReader<R>) -> io::Result<Sketch> {
        let mut sketch = Sketch::default();
        if input.flag()? {
            sketch.times = Some(Times {
                first: input.signed()?,
                last: input.signed()?,
                earliest: input.signed()?,
                latest: input.signed()?,
            });
        }
        sketch.backward_steps = input.number()?;
        sketch.widest_backward_us = input.signed()?;
        sketch.widest_gap_us = input.signed()?;
        sketch.frames = Distinct::read(input)?;
        sketch.sources = Distinct::read(input)?;
        for bits in sketch.agents.iter_mut() {
            *bits = input.number()?;
        }
        Ok(sketch)
    }

    /// Return the most distinct agents that one bucket of addresses has, by linear counting. At most 64 can be
    /// distinguished.
    pub fn most_agents(&self) -> u64 {
        let most = self
            .agents
            .iter()
            .map(|bits| bits.count_ones())
            .max()
            .unwrap_or(0);
        let empty = f64::from(AGENT_BITS - most.min(AGENT_BITS - 1));
        (f64::from(AGENT_BITS) * (f64::from(AGENT_BITS) / empty).ln()).round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::address_key;

    fn fill_sketch(range: std::ops::Range<u64>) -> Sketch {
        let mut sketch = Sketch::default();
        for number in range {
            let source = address_key([198, 51, 100, (number % 50) as u8].into());
            sketch.add(
                number as i64 * 1000,
                &number.to_le_bytes(),
                Some(source),
                Some(b"agent"),
            );
        }
        sketch
    }

    #[test]
    fn merging_parts_is_counting_the_whole() {
        let whole = fill_sketch(0..20_000);
        let mut parts = fill_sketch(0..7_000);
        parts.merge(&fill_sketch(7_000..20_000), false);
        assert_eq!(parts.frames.estimate(), whole.frames.estimate());
        assert_eq!((parts.widest_gap_us, parts.backward_steps), (1000, 0));
        assert!((19_000..21_000).contains(&whole.frames.estimate()));
        assert!((48..=52).contains(&whole.sources.estimate()));
    }

    #[test]
    fn time_that_runs_backwards_is_seen_across_parts() {
        let mut first = fill_sketch(10..20);
        first.merge(&fill_sketch(0..5), false);
        assert_eq!(
            (first.backward_steps, first.widest_backward_us),
            (1, 19_000)
        );
        let mut apart = fill_sketch(10..20);
        apart.merge(&fill_sketch(0..5), true);
        assert_eq!(apart.backward_steps, 0);
    }
}
