//! When to look at which entry of a table.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
};

use crate::time::Timestamp;

/// A reminder to look at an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// When, as a number that rises with time: the upper and the lower half.
    at: [u32; 2],
    /// Where the entry stands.
    pub slot: u32,
}

impl Due {
    /// A reminder.
    pub fn new(at: Timestamp, slot: u32) -> Self {
        Self::at_rising((at.as_nanos() ^ i64::MIN).cast_unsigned(), slot)
    }

    fn at_rising(rising: u64, slot: u32) -> Self {
        Self {
            at: [(rising >> 32) as u32, rising as u32],
            slot,
        }
    }

    /// When.
    pub fn at(self) -> Timestamp {
        Timestamp::from_nanos(self.rising().cast_signed() ^ i64::MIN)
    }

    #[inline]
    fn rising(self) -> u64 {
        let [high, low] = self.at.map(u64::from);
        high << 32 | low
    }

    /// The lower half of that.
    pub const fn fraction(self) -> u32 {
        self.at[1]
    }
}

/// How many rising runs there are at most: more than there are patiences in a table.
const RUNS: usize = 4;

/// Reminders, the first first. Entries that wait equally long are due in the order in which they began to wait, so
/// most reminders belong at the end of a run of others; the rest, should time step back, waits in a heap.
#[derive(Debug, Default)]
pub struct Reminders {
    runs: [VecDeque<Due>; RUNS],
    /// When the last of each run is due, as a number that rises with time; 0 where there is none.
    lasts: [u64; RUNS],
    others: BinaryHeap<Reverse<(u64, u32)>>,
    /// The first of all, and its run; in none it is one of the others.
    first: Option<(Due, Option<usize>)>,
}

impl Reminders {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.others.len() + self.runs.iter().map(VecDeque::len).sum::<usize>()
    }

    /// The first of all.
    #[inline]
    pub fn first(&self) -> Option<Due> {
        self.first.map(|(due, _)| due)
    }

    /// One more.
    // Not handed over as a whole: to read it again would wait for all that was written before.
    pub fn push(&mut self, at: Timestamp, slot: u32) {
        let due = Due::new(at, slot);
        let rising = due.rising();
        // The run that leaves the least time between; an empty one leaves the most.
        let fits = self.lasts.iter().enumerate();
        let fits = fits.filter(|(_, last)| **last <= rising);
        let run = fits.max_by_key(|(_, last)| **last).map(|(run, _)| run);
        if let Some(run) = run
            && let (Some(dues), Some(last)) = (self.runs.get_mut(run), self.lasts.get_mut(run))
        {
            dues.push_back(due);
            *last = rising;
        } else {
            self.others.push(Reverse((rising, slot)));
        }
        if self.first().is_none_or(|first| rising < first.rising()) {
            self.first = Some((due, run));
        }
    }

    /// The one that comes so many places behind the first in its run.
    pub fn behind_first(&self, places: usize) -> Option<Due> {
        let (_, run) = self.first?;
        self.runs.get(run?)?.get(places).copied()
    }

    /// Takes the first of all.
    pub fn pop(&mut self) -> Option<Due> {
        let (due, run) = self.first?;
        match run.and_then(|run| self.runs.get_mut(run)) {
            Some(dues) => _ = dues.pop_front(),
            None => _ = self.others.pop(),
        }
        self.note_ends();
        Some(due)
    }

    /// Keeps those only that count.
    pub fn retain(&mut self, counts: impl Fn(Due) -> bool) {
        for run in &mut self.runs {
            run.retain(|due| counts(*due));
        }
        self.others
            .retain(|Reverse((rising, slot))| counts(Due::at_rising(*rising, *slot)));
        self.note_ends();
    }

    /// All of them, in no particular order.
    #[cfg(test)]
    pub fn iter(&self) -> impl Iterator<Item = Due> {
        let others = self.others.iter();
        let others = others.map(|Reverse((rising, slot))| Due::at_rising(*rising, *slot));
        self.runs.iter().flatten().copied().chain(others)
    }

    /// Notes the last of each run and the first of all.
    fn note_ends(&mut self) {
        let other = self.others.peek();
        self.first = other.map(|Reverse((rising, slot))| (Due::at_rising(*rising, *slot), None));
        let runs = self.runs.iter().zip(&mut self.lasts).enumerate();
        for (run, (dues, last)) in runs {
            *last = dues.back().map_or(0, |due| due.rising());
            if let Some(due) = dues.front()
                && self
                    .first
                    .is_none_or(|(first, _)| due.rising() < first.rising())
            {
                self.first = Some((*due, Some(run)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: i64) -> Timestamp {
        Timestamp::from_nanos(nanos)
    }

    #[test]
    fn times_keep_their_order() {
        let times = [i64::MIN, -1, 0, 1, 1 << 40, i64::MAX].map(at);
        let due = times.map(|at| Due::new(at, 7));
        assert!(due.is_sorted_by_key(|due| due.rising()));
        assert_eq!(due.map(Due::at), times);
    }

    /// Whatever comes in whatever order, it comes out as a heap alone would tell it.
    #[test]
    fn the_first_comes_first() {
        arbtest::arbtest(|u| {
            let (mut reminders, mut heap) = (Reminders::default(), BinaryHeap::new());
            for slot in 0..u.int_in_range(0..=60)? {
                if u.ratio(1, 3)? {
                    let expected = heap.pop().map(|Reverse((at, _))| at);
                    assert_eq!(reminders.pop().map(Due::at), expected);
                } else if u.ratio(1, 10)? {
                    let odd = |at: Timestamp| at.as_nanos() % 2 == 1;
                    reminders.retain(|due| odd(due.at()));
                    heap.retain(|Reverse((at, _))| odd(*at));
                } else {
                    let at = at(u.int_in_range(0..=30)?);
                    reminders.push(at, slot);
                    heap.push(Reverse((at, slot)));
                }
                let first = heap.peek().map(|Reverse((at, _))| *at);
                assert_eq!(reminders.first().map(Due::at), first);
                assert_eq!(reminders.len(), heap.len());
            }
            Ok(())
        });
    }

    #[test]
    fn who_waits_equally_long_needs_no_heap() {
        let mut reminders = Reminders::default();
        for now in 0..1_000 {
            for patience in [5, 130, 432_000] {
                reminders.push(at(i64::from(now) + patience), now);
            }
        }
        assert!(reminders.others.is_empty());
    }
}
