//! Letters in few bytes.

use crate::track::{
    flow::{Both, Side},
    tcp::history::{History, Marks, Once, Places, is_power_of_ten, of, push, spelled},
};

/// So many letters fit.
const MAX_PACKED: usize = 12;

/// A history of few letters in which each segment stands where it is expected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PackedHistory {
    /// Twelve of five bits, in pieces that find room anywhere.
    letters: [u16; 4],
    marks: Marks,
}

impl PackedHistory {
    /// A history, and where the segments are expected. None where it does not fit.
    pub fn of(history: &History, places: &Both<Places>) -> Option<Self> {
        let [letters, more] = history.letters;
        let is_placed = [Side::Orig, Side::Resp].iter().all(|side| {
            let both = history.last.of(*side).iter().zip(places.of(*side));
            let mut known = history.marks.placed >> (4 * side.index());
            both.into_iter().all(|(last, place)| {
                let is_known = known & 1 != 0;
                known >>= 1;
                !is_known || last == place
            })
        });
        (more == 0 && is_placed).then(|| Self {
            letters: pieces(letters),
            marks: history.marks,
        })
    }

    /// The history as it was.
    pub fn unpack(&self, places: &Both<Places>) -> History {
        History {
            letters: [self.letters(), 0],
            marks: self.marks,
            last: *places,
        }
    }

    /// The letters, as they are read.
    pub fn spelled(&self) -> String {
        spelled([self.letters(), 0])
    }

    fn letters(&self) -> u64 {
        let pieces = self.letters.iter().rev();
        pieces.fold(0, |letters, piece| letters << 16 | u64::from(*piece))
    }

    /// A SYN and its answer.
    pub fn answered() -> Self {
        let mut letters = 0;
        let both = [b'S', b'h'].map(|letter| push(&mut letters, letter, MAX_PACKED));
        debug_assert_eq!(both, [true, true]);
        Self {
            letters: pieces(letters),
            marks: Marks {
                once: 0,
                placed: 0b0001_0001,
            },
        }
    }

    /// Whether an RST has its letter.
    pub fn has_reset(&self) -> bool {
        self.marks.placed & 0b0100_0100 != 0
    }

    /// Whether a FIN or an RST has its letter.
    pub fn has_end(&self) -> bool {
        self.marks.placed & 0b0110_0110 != 0
    }

    /// A side's first FIN. False, and nothing is changed, where it is not the first or there is no room.
    pub fn close(&mut self, from: Side) -> bool {
        let bit = 0b10 << (4 * from.index());
        let letter = of(from, b'F');
        let mut letters = self.letters();
        if self.marks.placed & bit != 0 || !push(&mut letters, letter, MAX_PACKED) {
            return false;
        }
        self.letters = pieces(letters);
        self.marks.placed |= bit;
        true
    }

    /// Payload of a side, or a pure acknowledgment. False, and nothing is changed, where there is no room.
    #[inline]
    pub fn pass(&mut self, from: Side, has_payload: bool) -> bool {
        if self.marks.have_stood_once() {
            return true;
        }
        let kind = if has_payload { Once::Data } else { Once::Ack };
        let mut marks = self.marks;
        if !marks.stand_once(from, kind) {
            return true;
        }
        self.begin(from, has_payload, marks)
    }

    /// Something counted, `count` times by now. False, and nothing is changed, where there is no room.
    pub fn count(&mut self, from: Side, letter: u8, count: u64) -> bool {
        if !is_power_of_ten(count) {
            return true;
        }
        let mut letters = self.letters();
        let has_room = push(&mut letters, of(from, letter), MAX_PACKED);
        self.letters = pieces(letters);
        has_room
    }

    #[inline(never)]
    fn begin(&mut self, from: Side, has_payload: bool, marks: Marks) -> bool {
        let letter = of(from, if has_payload { b'D' } else { b'A' });
        let mut letters = self.letters();
        if !push(&mut letters, letter, MAX_PACKED) {
            return false;
        }
        self.letters = pieces(letters);
        self.marks = marks;
        true
    }
}

fn pieces(letters: u64) -> [u16; 4] {
    [0, 16, 32, 48].map(|shift| (letters >> shift) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::tcp::Flags;

    const PLACES: Both<Places> = Both {
        orig: [1, 2, 3],
        resp: [4, 5, 6],
    };

    fn observed(segments: &[(Side, u16, u32)]) -> History {
        let mut history = History::default();
        for &(from, flags, sequence) in segments {
            history.observe(from, Flags(flags), sequence, 0, false);
        }
        history
    }

    #[test]
    fn what_is_packed_is_the_same_again() {
        let history = observed(&[
            (Side::Orig, 0x02, 1),
            (Side::Resp, 0x12, 4),
            (Side::Orig, 0x10, 2),
            (Side::Orig, 0x11, 2),
            (Side::Resp, 0x11, 5),
            (Side::Resp, 0x04, 6),
            (Side::Orig, 0x05, 3),
            (Side::Resp, 0x03, 5),
        ]);
        assert_eq!(history.letters(), "ShAFfrIq");
        let packed = PackedHistory::of(&history, &PLACES).expect("they are few");
        let unpacked = packed.unpack(&PLACES);
        assert_eq!(unpacked.letters(), history.letters());
        assert_eq!(PackedHistory::of(&unpacked, &PLACES), Some(packed));
    }

    #[test]
    fn what_does_not_fit_is_not_packed() {
        let elsewhere = observed(&[(Side::Orig, 0x02, 7)]);
        assert_eq!(PackedHistory::of(&elsewhere, &PLACES), None);
        let mut many = History::default();
        for _ in 0..=MAX_PACKED {
            many.count(Side::Orig, b'T', 1);
        }
        assert_eq!(PackedHistory::of(&many, &PLACES), None);
    }

    #[test]
    fn the_first_of_each_kind_has_its_letter() {
        let mut packed = PackedHistory::default();
        for _ in 0..2 {
            for from in [Side::Orig, Side::Resp] {
                assert!(packed.pass(from, true) && packed.pass(from, false));
            }
        }
        assert_eq!(packed.unpack(&PLACES).letters(), "DAda");
        for _ in 4..MAX_PACKED {
            let mut letters = packed.letters();
            assert!(push(&mut letters, b'T', MAX_PACKED));
            packed.letters = pieces(letters);
        }
        packed.marks = Marks::default();
        let full = packed;
        assert!(!packed.pass(Side::Orig, true));
        assert_eq!(packed, full);
    }
}
