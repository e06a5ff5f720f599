//! Round trips, in bounded memory.

use std::time::Duration;

use crate::track::event::Rtt;

/// At most this many samples are kept; from then on every second, fourth, eighth … of them.
const MAX_SAMPLES: usize = 128;

/// Round trips of a connection: the shortest, the longest, and enough of the rest for a median that
/// is exact up to [`MAX_SAMPLES`].
#[derive(Debug)]
pub enum RoundTrips {
    /// The first, as long as there are no others.
    Few(Few),
    /// All, once there are more.
    Many(Box<Many>),
}

/// Few round trips of less than four seconds, in nanoseconds; [`NONE`] where there is room for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Few([u32; 3]);

const NONE: u32 = u32::MAX;

/// Room for so many samples, at first.
const USUAL: usize = 16;

/// Many round trips.
#[derive(Debug, Default)]
pub struct Many {
    /// Nanoseconds of those kept.
    samples: Vec<u64>,
    /// Every how many-th sample is kept, as a power of two.
    stride: u32,
    seen: u64,
    /// Nanoseconds of the shortest and the longest, meaningful once one was seen.
    shortest: u64,
    longest: u64,
}

impl Default for RoundTrips {
    fn default() -> Self {
        Self::Few(Few([NONE; 3]))
    }
}

impl RoundTrips {
    /// One more round trip, in nanoseconds.
    #[inline]
    pub fn add(&mut self, nanos: u64) {
        match self {
            Self::Many(many) => many.add(nanos),
            Self::Few(few) => {
                if !few.add(nanos) {
                    let mut many = few.all();
                    many.add(nanos);
                    *self = Self::Many(Box::new(many));
                }
            }
        }
    }

    /// The shortest, the one in the middle (the later of two), the longest.
    pub fn summary(&mut self) -> Option<Rtt> {
        match self {
            Self::Many(many) => many.summary(),
            Self::Few(few) => few.summary(),
        }
    }
}

impl Few {
    /// One more round trip, in nanoseconds: false where there is no room for it.
    #[inline]
    fn add(&mut self, rtt: u64) -> bool {
        let free = self.0.iter_mut().find(|trip| **trip == NONE);
        match (u32::try_from(rtt), free) {
            (Ok(rtt), Some(free)) if rtt != NONE => {
                *free = rtt;
                true
            }
            _ => false,
        }
    }

    fn summary(&self) -> Option<Rtt> {
        let Self(mut trips) = *self;
        // What is no round trip stands behind all that are.
        trips.sort_unstable();
        let len = trips.iter().filter(|trip| **trip != NONE).count();
        let at = |at: usize| Some(Duration::from_nanos(u64::from(*trips.get(at)?)));
        Some(Rtt {
            min: at(0)?,
            median: at(len / 2)?,
            max: at(len.checked_sub(1)?)?,
        })
    }

    /// The same, with room for more.
    #[inline(never)]
    fn all(&self) -> Many {
        let mut many = Many {
            samples: Vec::with_capacity(USUAL),
            ..Many::default()
        };
        for trip in self.0.iter().filter(|trip| **trip != NONE) {
            many.add(u64::from(*trip));
        }
        many
    }
}

impl Many {
    /// One more round trip, in nanoseconds.
    #[inline]
    fn add(&mut self, rtt: u64) {
        self.shortest = if self.seen == 0 {
            rtt
        } else {
            self.shortest.min(rtt)
        };
        self.longest = self.longest.max(rtt);
        if self.seen.trailing_zeros() >= self.stride {
            self.samples.push(rtt);
            if self.samples.len() >= MAX_SAMPLES {
                self.thin_out();
            }
        }
        self.seen = self.seen.saturating_add(1);
    }

    #[inline(never)]
    fn thin_out(&mut self) {
        let mut index = 0usize;
        self.samples.retain(|_| {
            index += 1;
            index % 2 == 1
        });
        self.stride += 1;
    }

    fn summary(&mut self) -> Option<Rtt> {
        self.samples.sort_unstable();
        let median = *self.samples.get(self.samples.len() / 2)?;
        let [min, median, max] = [self.shortest, median, self.longest].map(Duration::from_nanos);
        Some(Rtt { min, median, max })
    }
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

    #[test]
    fn many_samples_stay_few_and_keep_their_middle() {
        let mut trips = RoundTrips::default();
        for micros in 0..100_000u64 {
            trips.add(micros * 1_000);
        }
        let RoundTrips::Many(many) = &trips else {
            panic!("{trips:?}");
        };
        assert!(many.samples.len() < MAX_SAMPLES);
        let rtt = trips.summary().unwrap();
        assert_eq!(rtt.min, Duration::ZERO);
        assert_eq!(rtt.max, Duration::from_micros(99_999));
        let middle = rtt.median.as_micros();
        assert!((45_000..55_000).contains(&middle), "{middle}");
    }
}
