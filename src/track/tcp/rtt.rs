//! Round trips, in bounded memory.

use std::{mem, time::Duration};

use crate::track::{event::Rtt, fetch};

/// At most this many samples are kept; from then on every second, fourth, eighth … of them.
const MAX_SAMPLES: usize = 128;

/// Round trips of a connection: the shortest, the longest, and enough of the rest for a median that
/// is exact up to [`MAX_SAMPLES`].
#[derive(Debug, Default)]
pub struct RoundTrips {
    latest: Latest,
    /// Those before.
    many: Option<Box<Many>>,
}

/// The latest round trips of less than four seconds, in nanoseconds; [`NONE`] where there is room for others. They
/// wait here, so that the others are not needed for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Latest([u32; 2]);

const NONE: u32 = u32::MAX;

/// Room for so many samples at first, then for all.
const FEW: usize = 22;

/// Many round trips.
#[derive(Debug)]
pub struct Many {
    /// Nanoseconds of those kept that took less than four seconds, as nearly all do.
    short: Vec<u32>,
    /// Of the others.
    long: Vec<u64>,
    /// Every how many-th sample is kept, a power of two, less one.
    between: u64,
    seen: u64,
    /// Nanoseconds of the shortest and the longest, meaningful once one was seen.
    shortest: u64,
    longest: u64,
}

impl Default for Latest {
    fn default() -> Self {
        Self([NONE; 2])
    }
}

impl Default for Many {
    fn default() -> Self {
        Self {
            short: Vec::with_capacity(FEW),
            long: Vec::new(),
            between: 0,
            seen: 0,
            shortest: u64::MAX,
            longest: 0,
        }
    }
}

impl RoundTrips {
    /// One more round trip, in nanoseconds.
    #[inline]
    pub fn add(&mut self, nanos: u64) {
        let Latest([first, second]) = &mut self.latest;
        if nanos < u64::from(NONE) && *first == NONE {
            *first = nanos as u32;
        } else if nanos < u64::from(NONE) && *second == NONE {
            *second = nanos as u32;
        } else {
            self.add_behind(nanos);
        }
    }

    /// Has the memory fetch those that wait elsewhere.
    pub fn fetch(&self) {
        if let Some(many) = self.many.as_deref() {
            fetch::both_ends(many);
        }
    }

    /// The same, if they will be needed for one more.
    #[inline]
    pub fn fetch_if_full(&self) {
        let Latest([_, second]) = self.latest;
        if second != NONE {
            self.fetch();
        }
    }

    /// The shortest, the one in the middle (the later of two), the longest.
    pub fn summary(&mut self) -> Option<Rtt> {
        if self.many.is_some() {
            return self.settle().summary();
        }
        let Latest(mut latest) = self.latest;
        // What is no round trip stands behind all that are.
        latest.sort_unstable();
        let len = latest.iter().filter(|nanos| **nanos != NONE).count();
        let at = |at: usize| Some(Duration::from_nanos(u64::from(*latest.get(at)?)));
        Some(Rtt {
            min: at(0)?,
            median: at(len / 2)?,
            max: at(len.checked_sub(1)?)?,
        })
    }

    /// Puts the latest behind those before, and one more.
    #[inline(never)]
    fn add_behind(&mut self, nanos: u64) {
        if let Latest([first, second]) = self.latest
            && second != NONE
            && nanos < u64::from(NONE)
        {
            self.latest = Latest::default();
            let many = self.many.get_or_insert_default();
            many.add_three([first, second, nanos as u32]);
        } else {
            self.settle().add(nanos);
        }
    }

    /// Puts the latest behind those before.
    fn settle(&mut self) -> &mut Many {
        let many = self.many.get_or_insert_default();
        let Latest(latest) = mem::take(&mut self.latest);
        for nanos in latest.into_iter().filter(|nanos| *nanos != NONE) {
            many.add(u64::from(nanos));
        }
        many
    }
}

impl Many {
    /// One more round trip, in nanoseconds.
    fn add(&mut self, rtt: u64) {
        self.shortest = self.shortest.min(rtt);
        self.longest = self.longest.max(rtt);
        if self.seen & self.between == 0 {
            match u32::try_from(rtt) {
                Ok(rtt) => self.keep(rtt),
                Err(_) => self.long.push(rtt),
            }
            if self.kept() >= MAX_SAMPLES {
                self.thin_out();
            }
        }
        self.seen = self.seen.wrapping_add(1);
    }

    /// As [`add`](Self::add), three of less than four seconds.
    #[inline]
    fn add_three(&mut self, three: [u32; 3]) {
        let kept = self.kept() + three.len();
        if self.between > 0 || kept >= MAX_SAMPLES || kept > self.short.capacity() {
            return three.into_iter().for_each(|rtt| self.add(rtt.into()));
        }
        self.short.extend_from_slice(&three);
        self.seen = self.seen.wrapping_add(three.len() as u64);
        for rtt in three.map(u64::from) {
            self.shortest = self.shortest.min(rtt);
            self.longest = self.longest.max(rtt);
        }
    }

    fn keep(&mut self, rtt: u32) {
        if self.short.len() == self.short.capacity() {
            self.short.reserve_exact(MAX_SAMPLES - FEW);
        }
        self.short.push(rtt);
    }

    fn kept(&self) -> usize {
        self.short.len() + self.long.len()
    }

    #[inline(never)]
    fn thin_out(&mut self) {
        every_second(&mut self.short);
        every_second(&mut self.long);
        self.between = 2 * self.between + 1;
    }

    fn summary(&mut self) -> Option<Rtt> {
        self.short.sort_unstable();
        self.long.sort_unstable();
        let middle = self.kept() / 2;
        let median = match self.short.get(middle) {
            Some(short) => u64::from(*short),
            None => *self.long.get(middle - self.short.len())?,
        };
        let [min, median, max] = [self.shortest, median, self.longest].map(Duration::from_nanos);
        Some(Rtt { min, median, max })
    }
}

/// Leaves every second, from the first on.
fn every_second<T>(samples: &mut Vec<T>) {
    let mut index = 0usize;
    samples.retain(|_| {
        index += 1;
        index % 2 == 1
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_samples_are_exact() {
        let mut trips = RoundTrips::default();
        for millis in [5, 1, 9] {
            trips.add(millis * 1_000_000);
        }
        let rtt = trips.summary().unwrap();
        assert_eq!(
            (rtt.min, rtt.median, rtt.max),
            (
                Duration::from_millis(1),
                Duration::from_millis(5),
                Duration::from_millis(9)
            )
        );
        assert_eq!(RoundTrips::default().summary(), None);
    }

    /// However many there are, and however long: the same as of all of them sorted.
    #[test]
    fn a_summary_is_of_all() {
        arbtest::arbtest(|u| {
            let mut trips = RoundTrips::default();
            let mut all = Vec::new();
            for _ in 0..u.int_in_range(0..=9)? {
                let far = 1u64 << u.int_in_range(0..=40)?;
                let nanos = u.int_in_range(far - 1..=far + 1)?;
                trips.add(nanos);
                all.push(Duration::from_nanos(nanos));
            }
            all.sort_unstable();
            let told = trips.summary().map(|it| [it.min, it.median, it.max]);
            let middle = all.get(all.len() / 2);
            let expected = middle.map(|middle| [all[0], *middle, all[all.len() - 1]]);
            assert_eq!(told, expected);
            Ok(())
        });
    }

    #[test]
    fn many_samples_stay_few_and_keep_their_middle() {
        let mut trips = RoundTrips::default();
        for micros in 0..100_000u64 {
            trips.add(micros * 1_000);
        }
        assert!(trips.settle().kept() < MAX_SAMPLES);
        let rtt = trips.summary().unwrap();
        assert_eq!(rtt.min, Duration::ZERO);
        assert_eq!(rtt.max, Duration::from_micros(99_999));
        let middle = rtt.median.as_micros();
        assert!((45_000..55_000).contains(&middle), "{middle}");
    }
}
