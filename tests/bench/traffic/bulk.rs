//! A file that is sent without end over TCP.

use std::net::Ipv4Addr;

use fastrand::Rng;

use super::wire::{self, End, Segment};

/// A connection with two full segments for each ACK.
pub struct Transfer {
    ends: [End; 2],
    /// What each will send next.
    next: [u32; 2],
    sent: u64,
    noise: Vec<u8>,
}

/// Bytes of a frame without its payload, and of the longest frame.
const HEADERS_V4: usize = 66;
const HEADERS_V6: usize = 86;
const FRAME: usize = 1514;

/// Between two frames, and before an answer: microseconds.
const GAP: u64 = 12;
const RTT: u64 = 100;

impl Transfer {
    /// One of several; the first is over IPv6.
    pub fn new(which: usize, random: &mut Rng) -> Self {
        let is_v6 = which == 0;
        let end = |last, port| End {
            host: Ipv4Addr::new(10, 2, which as u8, last),
            is_v6,
            port,
        };
        let length = FRAME - if is_v6 { HEADERS_V6 } else { HEADERS_V4 };
        Self {
            ends: [end(1, random.u16(32_768..61_000)), end(2, 443)],
            next: [random.u32(..), random.u32(..)],
            sent: 0,
            noise: (0..length).map(|_| random.u8(..)).collect(),
        }
    }

    /// Whether nothing was sent yet.
    pub fn is_new(&self) -> bool {
        self.sent == 0
    }

    /// Makes its next frame and says after how many microseconds another follows.
    pub fn speak(&mut self, now: u64, frame: &mut Vec<u8>) -> u64 {
        let (who, pause, carries) = match (self.sent, self.sent % 3) {
            (0, _) => (0, RTT, false),
            (1, _) => (1, GAP, false),
            (2, _) => (0, GAP, false),
            (_, 0) => (0, GAP, true),
            (_, 1) => (0, RTT, true),
            _ => (1, GAP, false),
        };
        let (syn, synack) = (self.sent < 2, self.sent == 1);
        if self.sent == 2 {
            self.next = self.next.map(|next| next.wrapping_add(1));
        }
        self.sent += 1;
        let clock = (now / 1000) as u32;
        let segment = Segment {
            seq: self.next[who],
            ack: (self.sent > 1).then(|| self.next[1 - who].wrapping_add(u32::from(synack))),
            syn,
            fin: false,
            stamps: (clock, if self.sent == 1 { 0 } else { clock }),
        };
        let payload = if carries { self.noise.as_slice() } else { &[] };
        wire::tcp(self.ends[who], self.ends[1 - who], &segment, payload, frame);
        self.next[who] = self.next[who].wrapping_add(payload.len() as u32);
        pause
    }
}
