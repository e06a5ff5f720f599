//! Round trips, in bounded memory.

use std::time::Duration;

use crate::track::event::Rtt;

/// At most this many samples are kept; from then on every second, fourth, eighth … of them.
const MAX_SAMPLES: usize = 128;

/// Round trips of a connection: the shortest, the longest, and enough of the rest for a median that
/// is exact up to [`MAX_SAMPLES`].
#[derive(Debug, Default)]
pub struct RoundTrips {
    /// Nanoseconds: of the shortest and the longest, meaningful once one was seen, and of those kept.
    shortest: u64,
    longest: u64,
    samples: Vec<u64>,
    seen: u64,
    /// Every how many-th sample is kept, as a power of two.
    stride: u32,
}

impl RoundTrips {
    /// One more round trip.
    pub fn add(&mut self, rtt: Duration) {
        let rtt = u64::try_from(rtt.as_nanos()).unwrap_or(u64::MAX);
        self.shortest = if self.seen == 0 {
            rtt
        } else {
            self.shortest.min(rtt)
        };
        self.longest = self.longest.max(rtt);
        if self.seen.trailing_zeros() >= self.stride {
            self.samples.push(rtt);
            if self.samples.len() >= MAX_SAMPLES {
                let mut index = 0usize;
                self.samples.retain(|_| {
                    index += 1;
                    index % 2 == 1
                });
                self.stride += 1;
            }
        }
        self.seen = self.seen.saturating_add(1);
    }

    /// The shortest, the one in the middle (the later of two), the longest.
    pub fn summary(mut self) -> Option<Rtt> {
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
            trips.add(Duration::from_millis(millis));
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
            trips.add(Duration::from_micros(micros));
        }
        assert!(trips.samples.len() < MAX_SAMPLES);
        let rtt = trips.summary().unwrap();
        assert_eq!(rtt.min, Duration::ZERO);
        assert_eq!(rtt.max, Duration::from_micros(99_999));
        let middle = rtt.median.as_micros();
        assert!((45_000..55_000).contains(&middle), "{middle}");
    }
}
