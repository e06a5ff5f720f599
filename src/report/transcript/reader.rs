//! What a program is given that reads at most N bytes at a time, as the tutorial's do.
//!
//! It takes turns: it reads once, then its person types and it sends, then it reads once again. What
//! arrives while the person types waits in the kernel and comes glued together in the next read. The
//! server sends its greeting before it reads for the first time. A datagram is read by itself, however
//! long it waited; what of it is longer than N is lost.

use std::{collections::VecDeque, time::Duration};

use super::{
    item::{Outcome, Read},
    python,
};
use crate::{time::Timestamp, track::flow::Side};

/// What the client says last.
pub const GOODBYE: &str = "88";

/// Segments of one message that come within this time may be returned by one read or by two.
const RACE: Duration = Duration::from_millis(1);

/// All readers together keep at most so many bytes that wait to be read, their overhead included.
pub const MAX_WAITING: usize = 16 << 20;

/// What it takes to keep bytes beside the bytes themselves, about.
const OVERHEAD: usize = 128;

/// A stretch of a message as a segment brought it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The segment's time.
    pub at: Timestamp,
    /// Its frame.
    pub frame: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// The program at one end of a connection.
#[derive(Debug)]
pub struct Reader {
    by: Side,
    at_most: usize,
    turn: Turn,
    waiting: VecDeque<Arrival>,
    waits: usize,
    messages: u64,
    /// The other side has sent its FIN.
    ended: bool,
    /// The frame in which it closed its own side: what comes later is not read.
    closed_in: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// It is in `recv`.
    Reads,
    /// Its person types; or it has not accepted yet.
    Types,
    /// It has ended, or can be followed no longer.
    Over,
}

/// Bytes that came at one moment.
#[derive(Debug)]
struct Arrival {
    message: u64,
    frames: Vec<u64>,
    bytes: Vec<u8>,
    /// Bytes of its first segment.
    first: usize,
    /// The rest of its message is in another arrival.
    begins_inside: bool,
    ends_inside: bool,
    is_whole: bool,
}

impl Reader {
    /// The program of one side, which reads at most so many bytes at a time.
    pub fn new(by: Side, at_most: usize) -> Self {
        Self {
            by,
            at_most,
            turn: match by {
                Side::Orig => Turn::Reads,
                Side::Resp => Turn::Types,
            },
            waiting: VecDeque::new(),
            waits: 0,
            messages: 0,
            ended: false,
            closed_in: None,
        }
    }

    /// Bytes that wait to be read.
    pub const fn waits(&self) -> usize {
        self.waits
    }

    /// How much is kept because it waits, in bytes.
    pub fn keeps(&self) -> usize {
        self.waits + OVERHEAD * self.waiting.len()
    }

    /// Gives up: nothing more can be said of it.
    pub fn give_up(&mut self) {
        self.turn = Turn::Over;
        self.waiting.clear();
        self.waits = 0;
    }

    /// A message for it, in the pieces in which it came. `is_whole`: the capture holds all of it.
    pub fn arrives(&mut self, pieces: Vec<Piece>, is_whole: bool, reads: &mut Vec<Read>) {
        if self.turn == Turn::Over {
            return;
        }
        self.messages += 1;
        let mut last_at = None;
        let mut arrivals: Vec<Arrival> = Vec::new();
        let closed_in = self.closed_in.unwrap_or(u64::MAX);
        // A message may be told later than the FIN that its first pieces came before.
        for piece in pieces.into_iter().filter(|it| it.frame < closed_in) {
            let soon = last_at.is_some_and(|last| piece.at.since(last) < RACE);
            last_at = Some(piece.at);
            match arrivals.last_mut() {
                Some(arrival) if soon => {
                    arrival.frames.push(piece.frame);
                    arrival.bytes.extend_from_slice(&piece.bytes);
                }
                before => {
                    let begins_inside = before.map(|arrival| arrival.ends_inside = true).is_some();
                    arrivals.push(Arrival {
                        message: self.messages,
                        frames: vec![piece.frame],
                        first: piece.bytes.len(),
                        bytes: piece.bytes,
                        begins_inside,
                        ends_inside: false,
                        is_whole,
                    });
                }
            }
        }
        for arrival in arrivals {
            self.waits += arrival.bytes.len();
            self.waiting.push_back(arrival);
            if self.turn == Turn::Reads {
                reads.extend(self.read());
            }
        }
    }

    /// Its own side has said something: `send` has returned, and it reads again.
    pub fn speaks(&mut self, words: Option<&str>, reads: &mut Vec<Read>) {
        if self.turn == Turn::Over {
            return;
        }
        if self.by == Side::Orig && words == Some(GOODBYE) {
            self.give_up();
            return;
        }
        self.turn = Turn::Reads;
        reads.extend(self.read());
    }

    /// It has closed its own side in this frame.
    pub fn closes(&mut self, frame: Option<u64>) {
        self.closed_in = frame;
    }

    /// The other side has said all: a read returns `b''` once nothing waits.
    pub fn ends(&mut self, reads: &mut Vec<Read>) {
        self.ended = true;
        if self.turn == Turn::Reads && self.closed_in.is_none() {
            reads.extend(self.read());
        }
    }

    /// What `recv` returns now; nothing where it has to wait.
    fn read(&mut self) -> Option<Read> {
        if self.waiting.is_empty() && !self.ended {
            return None;
        }
        let mut read = Read {
            by: self.by,
            at_most: self.at_most,
            len: 0,
            frames: Vec::new(),
            messages: 0,
            is_split: false,
            left: 0,
            lost: 0,
            is_race: false,
            outcome: Outcome::Empty,
        };
        let (bytes, is_whole) = self.take(&mut read);
        read.len = bytes.len() as u64;
        self.waits -= bytes.len();
        read.left = self.waits as u64;
        self.turn = Turn::Types;
        if !bytes.is_empty() {
            read.outcome = outcome(&bytes, is_whole);
        }
        match &read.outcome {
            Outcome::Fails(_) | Outcome::Unknown => self.give_up(),
            Outcome::Printed(words) if self.by == Side::Resp && words == GOODBYE => {
                self.give_up();
            }
            _ => {}
        }
        Some(read)
    }

    /// Takes at most so many bytes from the front of what waits.
    fn take(&mut self, read: &mut Read) -> (Vec<u8>, bool) {
        let mut bytes = Vec::new();
        let mut is_whole = true;
        let mut message = None;
        while bytes.len() < self.at_most
            && let Some(arrival) = self.waiting.front_mut()
        {
            let room = self.at_most - bytes.len();
            let taken = room.min(arrival.bytes.len());
            read.is_race |= arrival.frames.len() > 1 && taken > arrival.first;
            read.is_split |= arrival.begins_inside || taken < arrival.bytes.len();
            is_whole &= arrival.is_whole;
            if message.replace(arrival.message) != Some(arrival.message) {
                read.messages += 1;
            }
            for frame in &arrival.frames {
                if read.frames.last() != Some(frame) {
                    read.frames.push(*frame);
                }
            }
            bytes.extend(arrival.bytes.drain(..taken));
            if arrival.bytes.is_empty() {
                read.is_split |= arrival.ends_inside;
                self.waiting.pop_front();
            } else {
                arrival.begins_inside = true;
                arrival.first = arrival.first.saturating_sub(taken);
            }
        }
        (bytes, is_whole)
    }
}

/// What `recvfrom` returns of a datagram.
pub fn datagram(by: Side, at_most: usize, bytes: &[u8], len: u64, frames: &[u64]) -> Read {
    let taken = bytes.get(..at_most).unwrap_or(bytes);
    let given = len.min(at_most as u64);
    Read {
        by,
        at_most,
        len: given,
        frames: frames.to_vec(),
        messages: 1,
        is_split: false,
        left: 0,
        lost: len - given,
        is_race: false,
        outcome: if len == 0 {
            Outcome::Printed(String::new())
        } else {
            outcome(taken, taken.len() as u64 == given)
        },
    }
}

fn outcome(bytes: &[u8], is_whole: bool) -> Outcome {
    if !is_whole {
        return Outcome::Unknown;
    }
    match python::decode(bytes) {
        Ok(words) => Outcome::Printed(words.to_owned()),
        Err(words) => Outcome::Fails(words),
    }
}
