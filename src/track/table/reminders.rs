//! When to look at which entry of a table.

use std::{
    cmp::{Ordering, Reverse},
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
        let rising = (at.as_nanos() ^ i64::MIN).cast_unsigned();
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

impl Ord for Due {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        (self.rising(), self.slot).cmp(&(other.rising(), other.slot))
    }
}

impl PartialOrd for Due {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// How many rising runs there are at most: more than there are patiences in a table.
const RUNS: usize = 4;

/// Reminders, the first first. Entries that wait equally long are due in the order in which they began to wait, so
/// most reminders belong at the end of a run of others; the rest, should time step back, waits in a heap.
#[derive(Debug, Default)]
pub struct Reminders {
    runs: [VecDeque<Due>; RUNS],
    others: BinaryHeap<Reverse<Due>>,
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
    pub fn push(&mut self, due: Due) {
        // The run that leaves the least time between, or else an empty one.
        let mut best = None;
        for (at, run) in self.runs.iter().enumerate() {
            let last = run.back().copied();
            if last.is_none_or(|last| last <= due)
                && best.is_none_or(|(_, best_last)| best_last < last)
            {
                best = Some((at, last));
            }
        }
        let run = best.map(|(at, _)| at);
        match run.and_then(|run| self.runs.get_mut(run)) {
            Some(run) => run.push_back(due),
            None => self.others.push(Reverse(due)),
        }
        if self.first().is_none_or(|first| due < first) {
            self.first = Some((due, run));
        }
    }

    /// Takes the first of all.
    pub fn pop(&mut self) -> Option<Due> {
        let (due, run) = self.first?;
        match run.and_then(|run| self.runs.get_mut(run)) {
            Some(run) => _ = run.pop_front(),
            None => _ = self.others.pop(),
        }
        self.find_first();
        Some(due)
    }

    /// Keeps those only that count.
    pub fn retain(&mut self, counts: impl Fn(Due) -> bool) {
        for run in &mut self.runs {
            run.retain(|due| counts(*due));
        }
        self.others.retain(|Reverse(due)| counts(*due));
        self.find_first();
    }

    /// All of them, in no particular order.
    #[cfg(test)]
    pub fn iter(&self) -> impl Iterator<Item = Due> {
        let others = self.others.iter().map(|Reverse(due)| *due);
        self.runs.iter().flatten().copied().chain(others)
    }

    fn find_first(&mut self) {
        let of_runs = self.runs.iter().enumerate();
        let of_runs = of_runs.filter_map(|(run, dues)| Some((*dues.front()?, Some(run))));
        let other = self.others.peek().map(|Reverse(due)| (*due, None));
        self.first = of_runs.chain(other).min();
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
        assert!(due.is_sorted());
        assert_eq!(due.map(Due::at), times);
    }

    /// Whatever comes in whatever order, it comes out as a heap alone would tell it.
    #[test]
    fn the_first_comes_first() {
        arbtest::arbtest(|u| {
            let (mut reminders, mut heap) = (Reminders::default(), BinaryHeap::new());
            for slot in 0..u.int_in_range(0..=60)? {
                if u.ratio(1, 3)? {
                    let expected = heap.pop().map(|Reverse(due)| due);
                    assert_eq!(reminders.pop(), expected);
                } else if u.ratio(1, 10)? {
                    let odd = |due: Due| due.slot % 2 == 1;
                    reminders.retain(odd);
                    heap.retain(|Reverse(due)| odd(*due));
                } else {
                    let due = Due::new(at(u.int_in_range(0..=30)?), slot);
                    reminders.push(due);
                    heap.push(Reverse(due));
                }
                assert_eq!(reminders.first(), heap.peek().map(|Reverse(due)| *due));
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
                reminders.push(Due::new(at(i64::from(now) + patience), now));
            }
        }
        assert!(reminders.others.is_empty());
    }
}
