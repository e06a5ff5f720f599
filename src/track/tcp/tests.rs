//! Whether a connection in few bytes, and the short ways that go with it, tell the same as a whole one.

use std::time::Duration;

use etherparse::{PacketBuilder, TcpHeader};
use fastrand::Rng;

use crate::{
    decode,
    link_type::LinkType,
    time::Timestamp,
    track::{
        Config, Interest, Outranked, Rank, Tracker,
        event::{Event, Kind},
        flow::{Endpoint, FlowKey},
        tcp::{Connections, kept::Kept},
    },
};

const PORTS: [u16; 2] = [40_001, 8_520];
const MACS: [[u8; 6]; 2] = [[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]];
const IPS: [[u8; 4]; 2] = [[192, 0, 2, 1], [192, 0, 2, 2]];
const SESSIONS: u64 = 2000;

/// Only the records are listened for.
const SILENT: Interest = Interest {
    events: false,
    text: false,
    whole: false,
};

/// A frame, and when it was captured, in nanoseconds.
type Frame = (u64, Vec<u8>);

/// What both sides of a connection send, most of it in order.
struct Session {
    dice: Rng,
    at: u64,
    /// What each side has to say, how far it has come, and how much of that the other has acknowledged; the SYN and
    /// the FIN count as one.
    text: [Vec<u8>; 2],
    sent: [usize; 2],
    acked: [usize; 2],
    frames: Vec<Frame>,
}

impl Session {
    fn random(seed: u64) -> Vec<Frame> {
        let mut session = Self::new(seed);
        session.open();
        for _ in 0..session.dice.usize(5..100) {
            session.go_on();
        }
        for from in [0, 1] {
            if !session.one_in(3) {
                session.acked = session.sent;
                session.send(from, "FA", session.sent[from], b"");
                session.sent[from] += 1;
            }
        }
        session.acked = session.sent;
        session.send(0, "A", session.sent[0], b"");
        session.frames
    }

    fn new(seed: u64) -> Self {
        let mut dice = Rng::with_seed(seed);
        let text = [0, 1].map(|_| {
            let words = ["再见", "hello ", "é", "88\n", "\u{1}"];
            let said = (0..1500).filter_map(|_| dice.choice(words));
            said.collect::<String>().into_bytes()
        });
        Self {
            dice,
            at: 0,
            text,
            sent: [0; 2],
            acked: [0; 2],
            frames: Vec::new(),
        }
    }

    fn one_in(&mut self, count: u32) -> bool {
        self.dice.u32(0..count) == 0
    }

    /// A segment of one side, whose first byte stands at `start`.
    fn send(&mut self, from: usize, flags: &str, start: usize, payload: &[u8]) {
        let isns = [u32::MAX - 99, 7_000];
        let to = 1 - from;
        let sequence = isns[from].wrapping_add(start as u32);
        let mut header = TcpHeader::new(PORTS[from], PORTS[to], sequence, 1000);
        let has = |flag| flags.contains(flag);
        (header.syn, header.ack, header.psh) = (has('S'), has('A'), has('P'));
        (header.fin, header.rst) = (has('F'), has('R'));
        if header.ack {
            header.acknowledgment_number = isns[to].wrapping_add(self.acked[to] as u32);
        }
        if self.one_in(60) {
            header.window_size = self.dice.u16(0..3);
        }
        let mut bytes = Vec::new();
        PacketBuilder::ethernet2(MACS[from], MACS[to])
            .ipv4(IPS[from], IPS[to], 64)
            .tcp_header(header)
            .write(&mut bytes, payload)
            .unwrap();
        if self.one_in(200) {
            // Its checksum.
            bytes[50] ^= 1;
        }
        self.at += self.dice.u64(0..40_000_000);
        self.frames.push((self.at, bytes));
    }

    fn say(&mut self, from: usize, flags: &str, start: usize, len: usize) {
        let text = self.text[from].clone();
        let said = text.get(start..start + len).unwrap_or_default();
        self.send(from, flags, start, said);
    }

    fn open(&mut self) {
        self.send(0, "S", 0, b"");
        (self.sent[0], self.acked[0]) = (1, 1);
        self.send(1, "SA", 0, b"");
        (self.sent[1], self.acked[1]) = (1, 1);
        self.send(0, "A", 1, b"");
    }

    /// What two hosts do that talk, and now and then something odd.
    fn go_on(&mut self) {
        let from = self.dice.usize(0..2);
        let start = self.sent[from];
        let len = self.dice.choice([0, 1, 5, 9, 40, 700]).unwrap();
        let near = self.dice.usize(1..30);
        let flags = self.dice.choice(["A", "PA", "PA"]).unwrap();
        match self.dice.u32(0..60) {
            // It goes astray.
            0 => self.sent[from] += len,
            1 => self.say(from, flags, start + near, len),
            2 if start > near => self.say(from, flags, start - near, len),
            3 if start > 20 => self.send(from, flags, start - 20, &[b'?'; 20]),
            4 => self.send(from, "A", start, b""),
            5 => self.quote(from),
            6 => {
                let flags = self.dice.choice(["FA", "FPA", "S", "SA", "R"]).unwrap();
                if flags.contains('F') || self.one_in(4) {
                    self.send(from, flags, start, b"");
                    self.sent[from] += usize::from(flags.contains('F'));
                }
            }
            7 => self.at += self.dice.u64(0..8_000_000_000),
            8 => self.acked[1 - from] += 1,
            _ => {
                if !self.one_in(3) {
                    self.acked[1 - from] = self.sent[1 - from];
                }
                self.say(from, flags, start, len);
                self.sent[from] += len;
            }
        }
    }

    /// An ICMP error quotes the latest segment of a side.
    fn quote(&mut self, from: usize) {
        let is_its = |(_, bytes): &&Frame| bytes[6..12] == MACS[from];
        let Some((_, segment)) = self.frames.iter().rev().find(is_its) else {
            return;
        };
        let mut bytes = Vec::new();
        PacketBuilder::ethernet2(MACS[1 - from], MACS[from])
            .ipv4(IPS[1 - from], IPS[from], 64)
            .icmpv4_raw(3, 1, [0; 4])
            .write(&mut bytes, &segment[14..14 + 28])
            .unwrap();
        self.frames.push((self.at, bytes));
    }
}

/// What is told of it, and how often the connection was kept in few bytes.
fn told(frames: &[Frame], interest: Interest, packs: bool) -> (Vec<Event>, usize) {
    let mut tracker = tracker(interest);
    if !packs {
        tracker.connections.may_pack = |_| false;
    }
    told_by(&mut tracker, frames)
}

fn tracker(interest: Interest) -> Tracker {
    Tracker::new(Config {
        interest,
        ..Config::reading()
    })
}

fn told_by(tracker: &mut Tracker, frames: &[Frame]) -> (Vec<Event>, usize) {
    let mut events = Vec::new();
    let mut packed = 0;
    for (number, (at, bytes)) in (1..).zip(frames) {
        let at = Timestamp::default() + Duration::from_nanos(*at);
        let packet = decode::decode(LinkType::Ethernet, bytes, bytes.len());
        tracker.observe(number, at, &packet, &mut events);
        packed += usize::from(is_packed(&mut tracker.connections));
    }
    tracker.finish(&mut events);
    (events, packed)
}

fn is_packed(connections: &mut Connections) -> bool {
    let [one, other] = [0, 1].map(|end| Endpoint::new(IPS[end].into(), PORTS[end]));
    let handle = connections.open.find(&FlowKey::new(one, other));
    let kept = handle.and_then(|handle| connections.open.get_mut(handle));
    matches!(kept, Some(Kept::Packed(_)))
}

#[test]
fn few_bytes_tell_what_all_tell() {
    let interests = [
        (true, true, false),
        (true, true, true),
        (true, false, false),
    ];
    let (mut frames, mut packed, mut oddities, mut messages) = (0, 0, 0, 0);
    for seed in 0..SESSIONS {
        let session = Session::random(seed);
        let (events, text, whole) = interests[seed as usize % interests.len()];
        let interest = Interest {
            events,
            text,
            whole,
        };
        let (short, times) = told(&session, interest, true);
        let (long, never) = told(&session, interest, false);
        assert_eq!(never, 0);
        for (short, long) in short.iter().zip(&long) {
            assert_eq!(short, long, "seed {seed}, {interest:?}");
        }
        assert_eq!(short.len(), long.len(), "seed {seed}, {interest:?}");
        frames += session.len();
        packed += times;
        for event in &short {
            match &event.kind {
                Kind::TcpOddity(_) => oddities += 1,
                Kind::TcpMessage(_) => messages += 1,
                _ => {}
            }
        }
    }
    assert!(
        packed > frames / 2,
        "most are kept in few bytes: {packed} of {frames}"
    );
    assert!(
        oddities.min(messages) > frames / 10,
        "much is told: {oddities} and {messages}"
    );
}

#[test]
fn few_bytes_count_what_all_count() {
    for seed in 0..SESSIONS {
        let session = Session::random(seed);
        let (short, _) = told(&session, SILENT, true);
        let (long, _) = told(&session, SILENT, false);
        assert_eq!(short, long, "seed {seed}");
    }
}

/// What is left out is outranked, and counted.
#[test]
fn only_outranked_records_are_left_out() {
    let mut left_out = 0;
    for seed in 0..SESSIONS {
        let session = Session::random(seed);
        let (all, _) = told(&session, SILENT, true);
        let ranks = all.iter().filter_map(|event| match &event.kind {
            Kind::TcpClosed(record) => Some(Rank::new(record.bytes.total(), record.conn.0)),
            _ => None,
        });
        let ranks: Vec<_> = ranks.collect();
        for least in &ranks {
            let mut tracker = tracker(SILENT);
            tracker.leave_out(Outranked {
                connections: Some(*least),
                exchanges: None,
            });
            let (told, _) = told_by(&mut tracker, &session);
            let untold = tracker.overview().untold.connections;
            assert_eq!(told.len() as u64 + untold, all.len() as u64, "seed {seed}");
            for (event, rank) in all.iter().zip(&ranks) {
                let is_told = told.contains(event);
                assert!(is_told || rank <= least, "seed {seed}, {rank:?}");
            }
            left_out += untold;
        }
    }
    assert!(left_out > SESSIONS / 2, "few are left out: {left_out}");
}
