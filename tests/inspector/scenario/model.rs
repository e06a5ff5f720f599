//! Thousands of random sessions. The generator knows what was sent and what the capture saw of it.

#![expect(
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "offsets here are small"
)]

use std::collections::BTreeMap;

use etherparse::TcpHeader;
use inspector::track::{
    Config,
    event::{Content, Event, Kind, TcpRecord},
    flow::Side,
};

use super::{
    laws, records,
    wire::{self, A, B, End, Frame},
};

const SESSIONS: u64 = 4_000;

/// Numbers that look random and are the same each time (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.roll() % limit as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

#[derive(Clone, Debug)]
struct Sent {
    from: End,
    flags: &'static str,
    /// Offset in the stream of its sender; the SYN stands at −1.
    start: i64,
    len: usize,
    ack: i64,
}

/// A session as it was sent: each side's bytes, and all segments in order.
#[derive(Debug)]
struct Session {
    said: [Vec<u8>; 2],
    sent: Vec<Sent>,
    isn: [u32; 2],
    v6: bool,
}

fn index(end: End) -> usize {
    match end {
        A => 0,
        B => 1,
    }
}

impl Session {
    fn random(dice: &mut Dice) -> Self {
        let mut session = Self {
            said: [Vec::new(), Vec::new()],
            sent: Vec::new(),
            isn: [dice.roll() as u32, u32::MAX - dice.below(300) as u32],
            v6: dice.one_in(2),
        };
        session.control(A, "S", -1, 0);
        session.control(B, "S.", -1, 0);
        session.control(A, ".", 0, 0);
        for _ in 0..dice.below(12) {
            let from = if dice.one_in(2) { A } else { B };
            if dice.one_in(5) {
                session.repeat(from, dice);
            } else {
                session.say(from, dice);
            }
            if dice.one_in(2) {
                session.acknowledge(from.other());
            }
        }
        for from in [A, B] {
            if !dice.one_in(3) {
                let end = session.said[index(from)].len() as i64;
                session.control(
                    from,
                    "F.",
                    end,
                    session.said[index(from.other())].len() as i64,
                );
            }
        }
        session
    }

    fn say(&mut self, from: End, dice: &mut Dice) {
        let text: Vec<u8> = (0..dice.below(40) + 2)
            .map(|_| b'a' + dice.below(26) as u8)
            .collect();
        let start = self.said[index(from)].len();
        self.said[index(from)].extend(&text);
        let mut at = 0;
        while at < text.len() {
            let left = text.len() - at;
            // No lone byte: it could be a probe.
            let len = match 2 + dice.below(left) {
                len if len >= left || left - len < 2 => left,
                len => len,
            };
            self.data(from, start + at, len);
            at += len;
        }
    }

    /// Sends some of what was said once more, cut otherwise.
    fn repeat(&mut self, from: End, dice: &mut Dice) {
        let said = self.said[index(from)].len();
        if said >= 4 {
            let start = dice.below(said - 2);
            let len = 2 + dice.below(said - start - 1);
            self.data(from, start, len.min(said - start));
        }
    }

    fn data(&mut self, from: End, start: usize, len: usize) {
        let ack = self.said[index(from.other())].len() as i64;
        self.sent.push(Sent {
            from,
            flags: "P.",
            start: start as i64,
            len,
            ack,
        });
    }

    fn acknowledge(&mut self, from: End) {
        let [own, peer] = [from, from.other()].map(|end| self.said[index(end)].len() as i64);
        self.control(from, ".", own, peer);
    }

    fn control(&mut self, from: End, flags: &'static str, start: i64, ack: i64) {
        self.sent.push(Sent {
            from,
            flags,
            start,
            len: 0,
            ack,
        });
    }

    /// What a bad place on the wire sees: some segments never, some twice, some in another order. The
    /// handshake is whole.
    fn captured(&self, dice: &mut Dice) -> Vec<Sent> {
        let mut captured = Vec::new();
        for (number, sent) in self.sent.iter().enumerate() {
            if number < 3 {
                captured.push(sent.clone());
                continue;
            }
            if dice.one_in(8) {
                continue;
            }
            captured.push(sent.clone());
            if dice.one_in(8) {
                captured.push(sent.clone());
            }
            let last = captured.len() - 1;
            if dice.one_in(6) && last > 3 {
                captured.swap(last - 1, last);
            }
        }
        captured
    }

    fn frame(&self, at: u64, sent: &Sent) -> Frame {
        let (own, peer) = (index(sent.from), index(sent.from.other()));
        let number =
            |side: usize, offset: i64| self.isn[side].wrapping_add(1).wrapping_add(offset as u32);
        let ports = [40_001, 8_520];
        let mut header = TcpHeader::new(ports[own], ports[peer], number(own, sent.start), 8_192);
        header.syn = sent.flags.contains('S');
        header.fin = sent.flags.contains('F');
        header.psh = sent.flags.contains('P');
        header.ack = sent.flags.contains('.');
        if header.ack {
            header.acknowledgment_number = number(peer, sent.ack);
        }
        let start = sent.start.max(0) as usize;
        let payload = &self.said[own][start..start + sent.len];
        Frame::new(at, wire::tcp(sent.from, &header, payload, self.v6))
    }
}

/// What is known of one side: which of its bytes the capture saw, and what must follow.
#[derive(Debug, Default, PartialEq, Eq)]
struct Known {
    packets: u64,
    bytes: u64,
    missing: u64,
    /// Segments with payload that repeat something or come after later ones, and FINs sent again.
    again_or_late: u64,
}

fn known(session: &Session, captured: &[Sent], side: End) -> (Known, BTreeMap<i64, u8>) {
    let mut known = Known::default();
    let mut seen = BTreeMap::new();
    let mut highest = 0;
    let mut sent_to = 0;
    let mut fin = false;
    for sent in captured {
        if sent.from != side {
            if sent.flags.contains('.') {
                highest = highest.max(sent.ack as u64);
            }
            continue;
        }
        known.packets += 1;
        let start = sent.start.max(0) as u64;
        let before = seen.len();
        for at in start..start + sent.len as u64 {
            seen.entry(at as i64)
                .or_insert(session.said[index(side)][at as usize]);
        }
        let fresh = (seen.len() - before) as u64;
        // A FIN that overtook these bytes stands behind them.
        let is_late = fresh > 0 && (start < sent_to || fin);
        if sent.len > 0 && (fresh < sent.len as u64 || is_late) {
            known.again_or_late += 1;
        }
        // An acknowledgment, too, tells how far its sender has come.
        sent_to = sent_to.max(start + sent.len as u64);
        if sent.flags.contains('F') {
            known.again_or_late += u64::from(fin);
            fin = true;
        }
    }
    let seen_to = seen.keys().next_back().map_or(0, |last| *last as u64 + 1);
    known.bytes = seen.len() as u64;
    known.missing = highest.max(sent_to).max(seen_to) - known.bytes;
    (known, seen)
}

fn told(record: &TcpRecord, side: Side) -> Known {
    Known {
        packets: *record.packets.of(side),
        bytes: *record.bytes.of(side),
        missing: *record.missing.of(side),
        again_or_late: record.retransmissions.of(side) + record.out_of_order.of(side),
    }
}

fn transcript(events: &[Event], side: Side) -> BTreeMap<i64, u8> {
    let mut bytes = BTreeMap::new();
    for event in events {
        let Kind::TcpMessage(message) = &event.kind else {
            continue;
        };
        let Content::Text(text) = &message.content else {
            panic!("all of it is text: {message:?}");
        };
        if message.from == side {
            bytes.extend((message.offset..).zip(text.bytes()));
        }
    }
    bytes
}

#[test]
fn random_sessions_are_told_as_they_were() {
    for seed in 0..SESSIONS {
        let mut dice = Dice(seed);
        let session = Session::random(&mut dice);
        let captured = session.captured(&mut dice);
        let frames: Vec<Frame> = (0..)
            .zip(&captured)
            .map(|(at, sent)| session.frame(at, sent))
            .collect();
        let (events, _) = wire::observe(&frames, Config::reading());
        laws::hold(&events);
        let records = records(&events);
        let context = || format!("seed {seed}: {captured:#?}");
        assert_eq!(records.len(), 1, "{}", context());
        for (end, side) in [(A, Side::Orig), (B, Side::Resp)] {
            let (known, seen) = known(&session, &captured, end);
            assert_eq!(told(&records[0], side), known, "{side:?} {}", context());
            assert_eq!(transcript(&events, side), seen, "{side:?} {}", context());
        }
    }
}

/// Segments of two hosts that keep to no rule, most of them near to where they should be.
fn wild(dice: &mut Dice) -> Vec<Frame> {
    const SHIFTS: [i64; 12] = [0, 0, 0, 0, 0, 0, 0, -1, 1, -9, 9, 70_000];
    const FLAGS: [u8; 16] = [
        0x10, 0x10, 0x10, 0x10, 0x10, 0x18, 0x18, 0x18, 0x02, 0x12, 0x11, 0x11, 0x04, 0x14, 0x03,
        0x00,
    ];
    let mut next = [dice.roll() as u32, dice.roll() as u32];
    let mut at = 10_000;
    let mut frames = Vec::new();
    for number in 0..dice.below(40) + 3 {
        let begins = number < 3 && !dice.one_in(8);
        let from = if begins { number % 2 } else { dice.below(2) };
        let flags = match number {
            _ if !begins => FLAGS[dice.below(FLAGS.len())],
            0 => 0x02,
            1 => 0x12,
            _ => 0x10,
        };
        let shift = |dice: &mut Dice| {
            if begins {
                0
            } else {
                SHIFTS[dice.below(SHIFTS.len())] as u32
            }
        };
        let mut header = TcpHeader::new([40_001, 8_520][from], [40_001, 8_520][1 - from], 0, 0);
        header.sequence_number = next[from].wrapping_add(shift(dice));
        header.acknowledgment_number = next[1 - from].wrapping_add(shift(dice));
        header.window_size = if dice.one_in(16) {
            0
        } else {
            500 + (dice.below(2) as u16)
        };
        let [fin, syn, rst, psh, ack] = [1, 2, 4, 8, 16].map(|bit| flags & bit != 0);
        (header.fin, header.syn, header.rst) = (fin, syn, rst);
        (header.psh, header.ack) = (psh, ack);
        let len = if begins {
            0
        } else {
            [0, 0, 1, 9, 9, 30][dice.below(6)]
        };
        let payload = [b'x'; 30].get(..len).expect("it is short");
        let mut bytes = wire::tcp([A, B][from], &header, payload, dice.one_in(8));
        if dice.one_in(24) {
            // In the checksum of IPv4's or the sequence number of IPv6's: wrong in either case.
            bytes[50] ^= 1;
        }
        let moves = len as u32 + u32::from(syn) + u32::from(fin);
        if header.sequence_number == next[from] && !rst && !dice.one_in(8) {
            next[from] = next[from].wrapping_add(moves);
        }
        at = match dice.below(40) {
            0 => at - 900,
            1 => at + 6_000,
            2 => at + 140_000,
            _ => at + dice.below(50) as u64,
        };
        frames.push(Frame::new(at, bytes));
    }
    frames
}

#[test]
fn whatever_comes_is_counted_the_same_whoever_listens() {
    for seed in 0..4 * SESSIONS {
        wire::observe(&wild(&mut Dice(seed)), Config::reading());
    }
}

#[test]
fn sessions_seen_from_the_middle_on_are_told_from_their_first_byte_seen() {
    let mut earlier = 0;
    for seed in 0..SESSIONS {
        let mut dice = Dice(seed ^ 0x0bad_cafe);
        let session = Session::random(&mut dice);
        let mut captured = session.captured(&mut dice);
        captured.drain(..3);
        // What was sent first may come as much as three segments late.
        for at in 0..captured.len() {
            let other = at + dice.below(captured.len().min(at + 4) - at);
            captured.swap(at, other);
        }
        let frames: Vec<Frame> = (0..)
            .zip(&captured)
            .map(|(at, sent)| session.frame(at, sent))
            .collect();
        let (events, _) = wire::observe(&frames, Config::reading());
        laws::hold(&events);
        let records = records(&events);
        assert!(records.len() <= 1, "seed {seed}: {captured:#?}");
        for (end, side) in [(A, Side::Orig), (B, Side::Resp)] {
            let Some(first) = captured.iter().find(|sent| sent.from == end) else {
                continue;
            };
            let (_, seen) = known(&session, &captured, end);
            let seen: BTreeMap<i64, u8> = seen
                .into_iter()
                .map(|(at, byte)| (at - first.start, byte))
                .collect();
            earlier += seen.keys().filter(|at| **at < 0).count();
            // Without a SYN the first to speak is taken for the originator.
            let side = match captured[0].from {
                A => side,
                B => side.other(),
            };
            let context = || format!("seed {seed} {side:?}: {captured:#?}");
            assert_eq!(transcript(&events, side), seen, "{}", context());
            assert_eq!(
                *records[0].bytes.of(side),
                seen.len() as u64,
                "{}",
                context()
            );
        }
    }
    assert!(
        earlier > 1_000,
        "{earlier} bytes came from before the first"
    );
}

#[test]
fn whatever_the_capture_missed_the_laws_hold() {
    for seed in 0..SESSIONS {
        let mut dice = Dice(seed ^ 0xabcd_ef00);
        let session = Session::random(&mut dice);
        let mut captured = session.captured(&mut dice);
        let from = dice.below(captured.len());
        captured.drain(..from);
        captured.truncate(1 + dice.below(captured.len()));
        let frames: Vec<Frame> = (0..)
            .zip(&captured)
            .map(|(at, sent)| {
                let mut frame = session.frame(at, sent);
                if dice.one_in(4) {
                    frame.captured = dice.below(frame.bytes.len() + 1);
                }
                if dice.one_in(10) {
                    let byte = 34 + dice.below(frame.bytes.len() - 34);
                    frame.bytes[byte] ^= 1 << dice.below(8);
                }
                frame
            })
            .collect();
        let (events, _) = wire::observe(&frames, Config::reading());
        laws::hold(&events);
    }
}

#[test]
fn nothing_but_records_is_told_when_nobody_listens_and_they_are_the_same() {
    for seed in 0..SESSIONS / 10 {
        let mut dice = Dice(seed ^ 0x1234_5678);
        let session = Session::random(&mut dice);
        let captured = session.captured(&mut dice);
        let frames: Vec<Frame> = (0..)
            .zip(&captured)
            .map(|(at, sent)| session.frame(at, sent))
            .collect();
        let (all, _) = wire::observe(&frames, Config::reading());
        let mut quiet = Config::reading();
        (quiet.interest.events, quiet.interest.text) = (false, false);
        let (few, _) = wire::observe(&frames, quiet);
        assert!(
            few.iter()
                .all(|event| matches!(event.kind, Kind::TcpClosed(_)))
        );
        assert_eq!(records(&few), records(&all), "seed {seed}");
    }
}
