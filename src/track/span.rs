//! Times of a conversation in few bytes: how long after its first frame.

use std::time::Duration;

use crate::time::Timestamp;

/// Nanoseconds since the first frame, up to three days: the lower, the middle and the upper 16 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span([u16; 3]);

impl Span {
    /// The time between two points, where it fits and is not negative.
    #[inline]
    pub fn between(first: Timestamp, at: Timestamp) -> Option<Self> {
        if at < first {
            return None;
        }
        // A difference of no sign.
        let nanos = at.as_nanos().wrapping_sub(first.as_nanos()).cast_unsigned();
        let [low, middle, high] = [0, 16, 32].map(|shift| (nanos >> shift) as u16);
        (nanos >> 48 == 0).then_some(Self([low, middle, high]))
    }

    /// The point so long after the first.
    #[inline]
    pub fn after(self, first: Timestamp) -> Timestamp {
        first + Duration::from_nanos(self.nanos())
    }

    /// Nanoseconds.
    #[inline]
    pub fn nanos(self) -> u64 {
        let [low, middle, high] = self.0.map(u64::from);
        high << 32 | middle << 16 | low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_what_lies_between() {
        let first = Timestamp::from_parts(1_795_379_545, 1);
        for nanos in [0, 1, 65_535, 65_536, 1 << 40, (1 << 48) - 1] {
            let at = first + Duration::from_nanos(nanos);
            assert_eq!(Span::between(first, at).unwrap().after(first), at);
        }
        let late = first + Duration::from_nanos(1 << 48);
        assert_eq!(Span::between(first, late), None);
        assert_eq!(Span::between(late, first), None);
    }
}
