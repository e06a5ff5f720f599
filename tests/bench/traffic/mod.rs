//! Made-up traffic: crowds of conversations with correct checksums everywhere.
//!
//! The same kind is the same traffic, frame by frame, however much of it is taken.

mod bulk;
mod talk;
mod wire;

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    io::{self, Write},
};

use fastrand::Rng;

use self::{bulk::Transfer, talk::Talk};

/// What a crowd talks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Small packets: 5,000 chats at once over TCP (83 %) and UDP (15 %), a tenth of them over IPv6,
    /// and ARP (2 %); one packet in a hundred is sent again.
    Chat,
    /// Eight TCP connections, one over IPv6, in frames of 1514 bytes with an ACK for every second.
    Bulk,
    /// Short conversations over IPv4, 50,000 at once, and a SYN flood: every tenth packet.
    Flows,
    /// The same over IPv6.
    Flows6,
}

/// How much was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    pub packets: u64,
    /// Of the whole file.
    pub bytes: u64,
    /// TCP connections, attempts at one, and UDP exchanges.
    pub conversations: u64,
}

/// When the first frame passes: seconds since the epoch.
const BEGIN: u64 = 1_700_000_000;

/// No frame is longer, in bytes.
const SNAPLEN: u32 = 262_144;

/// Ethernet, by its number in capture files.
const ETHERNET: u32 = 1;

/// Begins a capture file whose times are in microseconds.
const MAGIC: u32 = 0xa1b2_c3d4;

/// Bytes at the beginning of a capture file, and before each frame.
const FILE_HEADER: u64 = 24;
const RECORD_HEADER: u64 = 16;

/// Writes a capture file with so many packets.
///
/// Fails when it cannot be written.
pub fn write(kind: Kind, packets: u64, to: &mut impl Write) -> io::Result<Made> {
    for word in [MAGIC, 2 | 4 << 16, 0, 0, SNAPLEN, ETHERNET] {
        to.write_all(&word.to_le_bytes())?;
    }
    let mut traffic = Traffic::new(kind);
    let mut frame = Vec::new();
    let mut bytes = FILE_HEADER;
    for _ in 0..packets {
        let at = traffic.next(&mut frame);
        let length = frame.len() as u32;
        let seconds = (BEGIN + at / 1_000_000) as u32;
        for word in [seconds, (at % 1_000_000) as u32, length, length] {
            to.write_all(&word.to_le_bytes())?;
        }
        to.write_all(&frame)?;
        bytes += RECORD_HEADER + u64::from(length);
    }
    Ok(Made {
        packets,
        bytes,
        conversations: traffic.conversations,
    })
}

/// Who speaks next. Times are in microseconds since the beginning.
struct Traffic {
    kind: Kind,
    random: Rng,
    talks: Vec<Talk>,
    due: BinaryHeap<Reverse<(u64, usize)>>,
    now: u64,
    conversations: u64,
}

impl Traffic {
    fn new(kind: Kind) -> Self {
        let mut random = Rng::with_seed(1);
        let at_once = match kind {
            Kind::Chat => 5_000,
            Kind::Bulk => 8,
            Kind::Flows | Kind::Flows6 => 50_000,
        };
        let talks = (0..at_once)
            .map(|which| match kind {
                Kind::Bulk => Talk::Transfer(Transfer::new(which, &mut random)),
                // When the capture begins, some have long been talking.
                _ => talk(kind, 1, &mut random),
            })
            .collect();
        let begin = |which| Reverse((random.u64(..2_000_000), which));
        Self {
            kind,
            due: (0..at_once).map(begin).collect(),
            random,
            talks,
            now: 0,
            conversations: 0,
        }
    }

    /// Makes the next frame and says when it passes.
    fn next(&mut self, frame: &mut Vec<u8>) -> u64 {
        frame.clear();
        let flooded = matches!(self.kind, Kind::Flows | Kind::Flows6);
        if flooded && self.random.u8(..10) == 0 {
            talk::flood(self.kind == Kind::Flows6, self.now, &mut self.random, frame);
            self.conversations += 1;
            return self.now;
        }
        let Reverse((at, who)) = self.due.pop().expect("somebody always speaks next");
        self.now = at;
        let talk = &mut self.talks[who];
        self.conversations += u64::from(talk.is_new_conversation());
        let pause = talk.speak(at, &mut self.random, frame).unwrap_or_else(|| {
            let shortest = if flooded { 1 } else { 12 };
            self.talks[who] = self::talk(self.kind, shortest, &mut self.random);
            self.random.u64(1..100_000)
        });
        self.due.push(Reverse((at + pause, who)));
        at
    }
}

/// A new conversation of at least so many messages.
fn talk(kind: Kind, shortest: u8, random: &mut Rng) -> Talk {
    let share = random.u8(..100);
    match kind {
        Kind::Chat => {
            let is_v6 = random.u8(..10) == 0;
            match share {
                0..83 => Talk::tcp(is_v6, random.u8(shortest..=30), random),
                83..98 => Talk::udp(is_v6, random.u8(shortest..=28), random),
                _ => Talk::arp(random),
            }
        }
        Kind::Flows | Kind::Flows6 | Kind::Bulk => {
            let is_v6 = kind == Kind::Flows6;
            match share {
                0..83 => Talk::tcp(is_v6, 2, random),
                _ => Talk::udp(is_v6, 2, random),
            }
        }
    }
}
