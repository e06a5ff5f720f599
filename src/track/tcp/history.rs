//! Zeek's `history`: one letter per kind of segment and side, in order of first appearance.
//!
//! | letter | segment |
//! |---|---|
//! | `S` `H` `F` `R` | SYN, SYN-ACK, FIN, RST; again only in another place of the sequence (`S` and `H` only after the close) |
//! | `D` `A` | payload, pure acknowledgment; once each |
//! | `I` `Q` | FIN with RST, another forbidden mix of flags; once each |
//! | `C` `T` `W` `G` | bad checksum, payload sent again, zero window, gap; at the 1st, 10th, 100th … |
//!
//! Upper case is the originator's, lower case the responder's. `^` in front: the first segment seen came
//! from the responder.

mod packed;

pub use packed::PackedHistory;

use crate::{
    decode::tcp::Flags,
    track::flow::{Both, Side},
};

/// More letters than this are let go: only a storm of SYNs or RSTs comes that far.
const MAX_LETTERS: usize = 23;

/// The letters, each in five bits: what stands at 0 is no letter.
const LETTERS: &[u8; 26] = b" ^SHFRDAIQCTWGshfrdaiqctwg";

/// Bits of a letter.
const BITS: u32 = 5;

/// The letters so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct History {
    /// Twelve in each number, from the lowest bits on.
    letters: [u64; 2],
    marks: Marks,
    last: Both<Places>,
}

/// What of a history has been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// [`Once`], four bits for each side.
    once: u8,
    /// Which [`Places`] are known, four bits for each side.
    placed: u8,
}

/// Where the latest segments stand in the sequence that may have their letter again: SYN, FIN, RST.
pub type Places = [u32; 3];

/// Kinds that stand once.
#[derive(Clone, Copy)]
enum Once {
    Data = 1,
    Ack = 2,
    FinRst = 4,
    Forbidden = 8,
}

impl History {
    /// The first segment seen came from the responder.
    pub fn flip(&mut self) {
        self.push(b'^');
    }

    /// So it turns out now: what comes next is seen from the other side.
    pub fn turn_round(&mut self) {
        self.flip();
        self.last.swap();
        self.marks = Marks {
            once: self.marks.once.rotate_left(4),
            placed: self.marks.placed.rotate_left(4),
        };
    }

    /// A segment whose checksum is right; `payload`: its bytes, `has_gone`: its sender has closed or reset.
    pub fn observe(
        &mut self,
        from: Side,
        flags: Flags,
        sequence: u32,
        payload: usize,
        has_gone: bool,
    ) {
        // A FIN stands behind the bytes that come with it.
        let end = sequence.wrapping_add(payload as u32);
        match (flags.syn(), flags.fin(), flags.rst()) {
            (false, true, true) => self.once(from, Once::FinRst, b'I'),
            (true, true, _) | (true, _, true) => self.once(from, Once::Forbidden, b'Q'),
            // A side that answers with the SYN it had sent (a simultaneous open) says nothing new.
            (true, false, false) if flags.ack() => self.at(from, 0, b'H', sequence, has_gone),
            (true, false, false) => self.at(from, 0, b'S', sequence, has_gone),
            (false, true, false) => self.at(from, 1, b'F', end, true),
            (false, false, true) => self.at(from, 2, b'R', sequence, true),
            (false, false, false) if payload > 0 => self.once(from, Once::Data, b'D'),
            (false, false, false) if flags.ack() => self.once(from, Once::Ack, b'A'),
            (false, false, false) => {}
        }
    }

    /// Whether a FIN or an RST has its letter.
    pub fn has_end(&self) -> bool {
        self.marks.placed & 0b0110_0110 != 0
    }

    /// Something counted: `C`, `T`, `W` or `G`, `count` times by now.
    pub fn count(&mut self, from: Side, letter: u8, count: u64) {
        if is_power_of_ten(count) {
            self.push_of(from, letter);
        }
    }

    /// Whether the originator began with a SYN and reset before it sent anything else.
    pub fn gave_up(&self) -> bool {
        let letters = self.letters();
        let letters = letters.strip_prefix('^').unwrap_or(&letters);
        let mut letters = letters.chars();
        letters.next() == Some('S') && letters.find(|it| "HAFGIQR".contains(*it)) == Some('R')
    }

    /// The letters.
    pub fn letters(&self) -> String {
        spelled(self.letters)
    }

    fn once(&mut self, from: Side, kind: Once, letter: u8) {
        if self.marks.stand_once(from, kind) {
            self.push_of(from, letter);
        }
    }

    fn at(&mut self, from: Side, kind: usize, letter: u8, sequence: u32, may_repeat: bool) {
        let bit = 1u8 << (kind + 4 * from.index());
        let known = self.marks.placed & bit != 0;
        if let Some(last) = self.last.of_mut(from).get_mut(kind) {
            let is_same = known && *last == sequence;
            *last = sequence;
            if is_same || known && !may_repeat {
                return;
            }
        }
        self.marks.placed |= bit;
        self.push_of(from, letter);
    }

    fn push_of(&mut self, from: Side, letter: u8) {
        self.push(of(from, letter));
    }

    fn push(&mut self, letter: u8) {
        let [first, second] = &mut self.letters;
        let _ = push(first, letter, 12) || push(second, letter, MAX_LETTERS - 12);
    }
}

impl Marks {
    /// Payload and pure acknowledgments of both sides have: nearly all connections come so far.
    #[inline]
    fn have_stood_once(self) -> bool {
        const BOTH: u8 = Once::Data as u8 | Once::Ack as u8;
        const ALL: u8 = BOTH << 4 | BOTH;
        self.once & ALL == ALL
    }

    /// Whether it is the first of its kind; the next will not be.
    fn stand_once(&mut self, from: Side, kind: Once) -> bool {
        let bit = (kind as u8) << (4 * from.index());
        let is_first = self.once & bit == 0;
        self.once |= bit;
        is_first
    }
}

/// Letters, as they are read.
fn spelled(letters: [u64; 2]) -> String {
    let mut spelled = String::with_capacity(MAX_LETTERS);
    for mut rest in letters {
        while rest != 0 {
            let code = rest & ((1 << BITS) - 1);
            spelled.push(LETTERS.get(code as usize).map_or(' ', |it| char::from(*it)));
            rest >>= BITS;
        }
    }
    spelled
}

/// The letter as it is of a side.
fn of(from: Side, letter: u8) -> u8 {
    match from {
        Side::Orig => letter,
        Side::Resp => letter.to_ascii_lowercase(),
    }
}

/// Puts a letter behind at most `limit` others. False where there is no room.
fn push(letters: &mut u64, letter: u8, limit: usize) -> bool {
    let len = (u64::BITS - letters.leading_zeros()).div_ceil(BITS);
    let code = LETTERS.iter().position(|it| *it == letter);
    let (Some(code), true) = (code, (len as usize) < limit) else {
        return false;
    };
    *letters |= (code as u64) << (len * BITS);
    true
}

fn is_power_of_ten(count: u64) -> bool {
    let mut rest = count;
    while rest >= 10 && rest.is_multiple_of(10) {
        rest /= 10;
    }
    rest == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYN: Flags = Flags(0x02);
    const SYN_ACK: Flags = Flags(0x12);
    const ACK: Flags = Flags(0x10);
    const PSH_ACK: Flags = Flags(0x18);
    const FIN_ACK: Flags = Flags(0x11);
    const RST: Flags = Flags(0x04);

    #[test]
    fn an_ordinary_chat() {
        let mut history = History::default();
        history.observe(Side::Orig, SYN, 1, 0, false);
        history.observe(Side::Resp, SYN_ACK, 7, 0, false);
        history.observe(Side::Orig, ACK, 2, 0, false);
        for _ in 0..3 {
            history.observe(Side::Orig, PSH_ACK, 2, 2, false);
            history.observe(Side::Resp, ACK, 8, 0, false);
        }
        history.observe(Side::Resp, PSH_ACK, 8, 2, false);
        history.observe(Side::Orig, FIN_ACK, 9, 0, false);
        history.observe(Side::Resp, FIN_ACK, 9, 0, false);
        assert_eq!(history.letters(), "ShADadFf");
    }

    #[test]
    fn control_letters_repeat_only_at_another_sequence_number() {
        let mut history = History::default();
        for sequence in [5, 5, 6] {
            history.observe(Side::Orig, SYN, sequence, 0, sequence == 6);
            history.observe(Side::Resp, RST, sequence, 0, false);
        }
        assert_eq!(history.letters(), "SrSr");
    }

    #[test]
    fn a_syn_repeats_only_after_the_close_and_a_fin_behind_its_bytes() {
        let mut history = History::default();
        history.observe(Side::Resp, SYN_ACK, 1, 0, false);
        history.observe(Side::Resp, SYN_ACK, 2, 0, false);
        history.observe(Side::Orig, FIN_ACK, 5, 3, false);
        history.observe(Side::Orig, FIN_ACK, 8, 0, true);
        history.observe(Side::Resp, SYN_ACK, 3, 0, true);
        assert_eq!(history.letters(), "hFh");
    }

    #[test]
    fn who_sends_anything_but_syns_does_not_give_up() {
        let gave_up = |segments: &[(Side, Flags)]| {
            let mut history = History::default();
            for &(from, flags) in segments {
                history.observe(from, flags, 1, 0, false);
            }
            history.gave_up()
        };
        assert!(gave_up(&[(Side::Orig, SYN), (Side::Orig, RST)]));
        assert!(gave_up(&[
            (Side::Orig, SYN),
            (Side::Resp, ACK),
            (Side::Orig, RST)
        ]));
        assert!(!gave_up(&[
            (Side::Orig, SYN),
            (Side::Orig, ACK),
            (Side::Orig, RST)
        ]));
        assert!(!gave_up(&[(Side::Orig, SYN), (Side::Resp, RST)]));
        assert!(!gave_up(&[(Side::Orig, RST), (Side::Orig, SYN)]));
        assert!(!gave_up(&[]));
    }

    #[test]
    fn forbidden_mixes_have_their_own_letters() {
        let mut history = History::default();
        history.observe(Side::Orig, Flags(0x05), 1, 0, false);
        history.observe(Side::Orig, Flags(0x03), 1, 0, false);
        history.observe(Side::Resp, Flags(0x06), 1, 0, false);
        history.observe(Side::Resp, Flags(0x06), 2, 0, false);
        assert_eq!(history.letters(), "IQq");
    }

    #[test]
    fn counted_letters_stand_at_powers_of_ten() {
        let mut history = History::default();
        for count in 1..=100 {
            history.count(Side::Resp, b'T', count);
        }
        assert_eq!(history.letters(), "ttt");
    }

    #[test]
    fn a_storm_of_segments_stays_bounded() {
        let mut history = History::default();
        history.flip();
        for sequence in 0..1000 {
            history.observe(Side::Orig, SYN, sequence, 0, true);
        }
        assert_eq!(history.letters().len(), MAX_LETTERS);
        assert!(history.letters().starts_with("^SSS"));
    }
}
