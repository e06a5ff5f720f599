//! Conversations, each a script that is spoken one frame at a time.

use std::net::Ipv4Addr;

use fastrand::Rng;

use super::{
    bulk::Transfer,
    wire::{self, End, Segment},
};

/// A conversation.
pub enum Talk {
    Tcp(Tcp),
    Udp(Udp),
    Arp { hosts: [Ipv4Addr; 2], asked: bool },
    Transfer(Transfer),
}

/// A chat over TCP: handshake, messages with an ACK each, three segments of farewell.
pub struct Tcp {
    /// Who opened it, and whom it was opened to.
    ends: [End; 2],
    /// What each will send next.
    next: [u32; 2],
    /// The last each saw of the other's clock.
    seen: [u32; 2],
    step: Step,
    speaker: usize,
    message: Message,
    left: u8,
    rtt: u64,
}

/// What comes next.
#[derive(Clone, Copy)]
enum Step {
    Syn,
    SynAck,
    LastOfHandshake,
    Say,
    SayAgain,
    Acknowledge,
    Fin,
    OtherFin,
    LastAck,
}

/// A chat over UDP.
pub struct Udp {
    ends: [End; 2],
    speaker: usize,
    left: u8,
    is_new: bool,
}

/// So many phrases, from one on.
#[derive(Clone, Copy, Default)]
struct Message {
    first: usize,
    count: usize,
}

const PHRASES: [&str; 12] = [
    "你好，请问几点关门？",
    "晚上六点。",
    "Thank you! 谢谢",
    "You are welcome.",
    "明天的会议改到下午三点，在二楼。",
    "Did you get the photos from last weekend?",
    "还没有，我看看。",
    "The train was late again, I will be there at half past.",
    "没关系，不着急",
    "Could you send me the address, please?",
    "好的，马上发给你。",
    "See you later!",
];

/// Of a thousand messages over TCP, how many are sent again: every hundredth packet.
const LOST: u16 = 23;

/// How long TCP waits before it sends again: microseconds.
const RETRANSMISSION_TIMEOUT: u64 = 200_000;

/// How long people think: microseconds.
const THOUGHT: std::ops::Range<u64> = 200_000..2_000_000;

impl Talk {
    /// A TCP connection with so many messages.
    pub fn tcp(is_v6: bool, messages: u8, random: &mut Rng) -> Self {
        Self::Tcp(Tcp {
            ends: ends(is_v6, random),
            next: [random.u32(..), random.u32(..)],
            seen: [0; 2],
            step: Step::Syn,
            speaker: 0,
            message: Message::default(),
            left: messages,
            rtt: random.u64(100..5_000),
        })
    }

    /// An exchange of so many datagrams.
    pub fn udp(is_v6: bool, messages: u8, random: &mut Rng) -> Self {
        Self::Udp(Udp {
            ends: ends(is_v6, random),
            speaker: 0,
            left: messages,
            is_new: true,
        })
    }

    /// Who has this address?
    pub fn arp(random: &mut Rng) -> Self {
        let [asker, asked] = ends(false, random);
        Self::Arp {
            hosts: [asker.host, asked.host],
            asked: false,
        }
    }

    /// Whether its next frame is the first of a TCP connection or UDP exchange.
    pub fn is_new_conversation(&self) -> bool {
        match self {
            Self::Tcp(tcp) => matches!(tcp.step, Step::Syn),
            Self::Udp(udp) => udp.is_new,
            Self::Arp { .. } => false,
            Self::Transfer(transfer) => transfer.is_new(),
        }
    }

    /// Makes its next frame and says after how many microseconds another follows, if any.
    pub fn speak(&mut self, now: u64, random: &mut Rng, frame: &mut Vec<u8>) -> Option<u64> {
        match self {
            Self::Tcp(tcp) => tcp.speak(now, random, frame),
            Self::Udp(udp) => udp.speak(random, frame),
            Self::Arp { hosts, asked } => {
                let [asker, owner] = *hosts;
                if *asked {
                    wire::arp(owner, asker, true, frame);
                    return None;
                }
                wire::arp(asker, owner, false, frame);
                *asked = true;
                Some(random.u64(50..500))
            }
            Self::Transfer(transfer) => Some(transfer.speak(now, frame)),
        }
    }
}

impl Tcp {
    fn speak(&mut self, now: u64, random: &mut Rng, frame: &mut Vec<u8>) -> Option<u64> {
        let rtt = self.rtt;
        let (step, pause) = match self.step {
            Step::Syn => {
                self.send(0, now, "", frame);
                (Step::SynAck, rtt)
            }
            Step::SynAck => {
                self.send(1, now, "", frame);
                (Step::LastOfHandshake, rtt / 10 + 1)
            }
            Step::LastOfHandshake => {
                self.next = self.next.map(|next| next.wrapping_add(1));
                self.send(0, now, "", frame);
                (Step::Say, random.u64(THOUGHT))
            }
            Step::Say => {
                self.message = Message::new(random);
                self.send(self.speaker, now, &self.message.text(), frame);
                if random.u16(..1000) < LOST {
                    (Step::SayAgain, RETRANSMISSION_TIMEOUT + rtt)
                } else {
                    (Step::Acknowledge, rtt)
                }
            }
            Step::SayAgain => {
                self.send(self.speaker, now, &self.message.text(), frame);
                (Step::Acknowledge, rtt)
            }
            Step::Acknowledge => {
                let length = self.message.text().len() as u32;
                self.next[self.speaker] = self.next[self.speaker].wrapping_add(length);
                self.speaker = 1 - self.speaker;
                self.send(self.speaker, now, "", frame);
                self.left -= 1;
                let step = if self.left == 0 { Step::Fin } else { Step::Say };
                (step, random.u64(THOUGHT))
            }
            Step::Fin => {
                self.send(0, now, "", frame);
                self.next[0] = self.next[0].wrapping_add(1);
                (Step::OtherFin, rtt)
            }
            Step::OtherFin => {
                self.send(1, now, "", frame);
                self.next[1] = self.next[1].wrapping_add(1);
                (Step::LastAck, rtt / 10 + 1)
            }
            Step::LastAck => {
                self.send(0, now, "", frame);
                return None;
            }
        };
        self.step = step;
        Some(pause)
    }

    fn send(&mut self, who: usize, now: u64, text: &str, frame: &mut Vec<u8>) {
        let other = 1 - who;
        let clock = (now / 1000) as u32;
        let plus_one = u32::from(matches!(self.step, Step::SynAck));
        let segment = Segment {
            seq: self.next[who],
            ack: (!matches!(self.step, Step::Syn)).then(|| self.next[other].wrapping_add(plus_one)),
            syn: matches!(self.step, Step::Syn | Step::SynAck),
            fin: matches!(self.step, Step::Fin | Step::OtherFin),
            stamps: (clock, self.seen[who]),
        };
        self.seen[other] = clock;
        wire::tcp(
            self.ends[who],
            self.ends[other],
            &segment,
            text.as_bytes(),
            frame,
        );
    }
}

impl Udp {
    fn speak(&mut self, random: &mut Rng, frame: &mut Vec<u8>) -> Option<u64> {
        let text = Message::new(random).text();
        let [from, to] = [self.ends[self.speaker], self.ends[1 - self.speaker]];
        wire::udp(from, to, random.u16(..), text.as_bytes(), frame);
        self.is_new = false;
        self.speaker = 1 - self.speaker;
        self.left -= 1;
        (self.left > 0).then(|| random.u64(THOUGHT))
    }
}

impl Message {
    fn new(random: &mut Rng) -> Self {
        Self {
            first: random.usize(..PHRASES.len()),
            count: random.usize(1..=6),
        }
    }

    fn text(self) -> String {
        let phrases = PHRASES.iter().cycle().skip(self.first).take(self.count);
        phrases.copied().collect()
    }
}

/// Writes a SYN that nobody will answer, from anywhere.
pub fn flood(is_v6: bool, now: u64, random: &mut Rng, frame: &mut Vec<u8>) {
    let from = End {
        host: Ipv4Addr::from_bits(random.u32(0x0b00_0000..0xdf00_0000)),
        is_v6,
        port: random.u16(1024..),
    };
    let segment = Segment {
        seq: random.u32(..),
        ack: None,
        syn: true,
        fin: false,
        stamps: ((now / 1000) as u32, 0),
    };
    wire::tcp(from, server(is_v6, 1), &segment, &[], frame);
}

/// One of 65,000 hosts, and one of 40 servers.
fn ends(is_v6: bool, random: &mut Rng) -> [End; 2] {
    let client = End {
        host: Ipv4Addr::from_bits(0x0a01_0000 | random.u32(256..65_536)),
        is_v6,
        port: random.u16(32_768..61_000),
    };
    [client, server(is_v6, random.u32(1..=40))]
}

fn server(is_v6: bool, which: u32) -> End {
    End {
        host: Ipv4Addr::from_bits(0x0a01_0000 | which),
        is_v6,
        port: 8520,
    }
}
