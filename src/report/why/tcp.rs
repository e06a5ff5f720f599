//! What is remembered of a connection, and the proof of what became of it.

mod claims;
mod opening;
mod proof;

use std::time::Duration;

use super::{
    icmp::Complaint,
    sight::{Segment, Sight},
    way::Path,
};
use crate::{
    decode::{MacAddr, tcp::SeqNumber},
    report::transcript::item::{Item, Leave, Silence, What},
    time::Timestamp,
    track::{
        event::{
            ConnectionId, Event, HandshakeVerdict, Kind, Resent, Step, TcpHandshake, TcpMessage,
            TcpOddity, TcpOddityName, TcpTeardown, TeardownKind,
        },
        flow::{Both, Flow, Side},
    },
};

/// At most so many frames of a kind are remembered one by one.
const FEW: usize = 8;

/// What was seen of a connection.
#[derive(Debug)]
pub(super) struct Dossier {
    pub id: ConnectionId,
    pub flow: Flow,
    pub path: Path,
    first: u64,
    syns: Few,
    synacks: Few,
    /// The responder's SYN and the originator's SYN-ACK, where both opened.
    crossing: (Few, Few),
    handshake: Option<Box<TcpHandshake>>,
    /// The RST that decided the handshake, or ended the talk.
    rst: Option<Stop>,
    ack: Option<(u64, Timestamp)>,
    complaint: Option<Complaint>,
    said: Both<Tally>,
    first_word: Option<(Side, Mark)>,
    last_word: Option<Mark>,
    fins: Both<Option<u64>>,
    resent: Both<Again>,
    stalls: Both<Stall>,
    bad_checksums: Both<Bad>,
    /// An RST that is outside the window.
    stray_rst: Option<(u64, Side)>,
    teardown: Option<TcpTeardown>,
    /// When the first of both left.
    left: Option<Timestamp>,
    queued: Option<Queued>,
    /// The silence in which each waited for the other, and the frame that ended it.
    silence: Option<(Option<u64>, Silence)>,
    /// The longest time without a word: the frames before and after it.
    pause: Option<(u64, u64, Duration)>,
    /// The frames behind bytes that are missing: the first and the last.
    holes: Both<Option<(u64, u64)>>,
    /// A message of a side that was cut within a character: the frames of both parts.
    cut_character: Both<Option<(u64, u64)>>,
    /// The FIN of a client that had not said goodbye.
    wordless: Option<u64>,
}

/// A wait in the listen queue.
#[derive(Clone, Copy, Debug)]
struct Queued {
    place: usize,
    /// Who was served meanwhile.
    served: ConnectionId,
}

/// A frame and its time.
#[derive(Clone, Copy, Debug)]
struct Mark {
    frame: u64,
    at: Timestamp,
}

/// The first frames of a kind, and how many there were.
#[derive(Debug, Default)]
struct Few {
    all: Vec<(u64, Timestamp, u32)>,
    count: u64,
}

#[derive(Debug)]
struct Stop {
    frame: u64,
    at: Timestamp,
    segment: Option<Segment>,
    mac: Option<MacAddr>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    messages: u64,
    bytes: u64,
    /// The latest before an RST.
    last: u64,
    /// The first frame of all, and the last.
    span: Option<(u64, u64)>,
}

/// What one side sent again.
#[derive(Debug, Default)]
struct Again {
    count: u64,
    copy: u64,
    original: Option<u64>,
    latest: Vec<u64>,
    /// The most data that one of them carried, and the least.
    largest: u32,
    least: u32,
    /// Nobody may cut one of them.
    is_whole: bool,
    /// The latest was needless: it had been acknowledged.
    is_needless: bool,
}

/// The segments of one side whose checksums are wrong.
#[derive(Debug, Default)]
struct Bad {
    frames: Vec<u64>,
    count: u64,
    /// The first that is to be acknowledged, and the number behind it.
    first: Option<(u64, u32)>,
    /// The frame that acts upon it nevertheless.
    answer: Option<u64>,
    /// A SYN, and its number.
    syn: Option<(u64, u32)>,
}

/// A window of one side that was closed.
#[derive(Debug, Default)]
struct Stall {
    closed: Option<u64>,
    probes: Vec<u64>,
    probed: u64,
    reopened: Option<(u64, Duration)>,
    longest: Duration,
    is_open: bool,
}

impl Few {
    fn add(&mut self, frame: u64, at: Timestamp, seq: u32) {
        self.count += 1;
        if self.all.len() < FEW {
            self.all.push((frame, at, seq));
        }
    }

    fn frames(&self) -> Vec<u64> {
        self.all.iter().map(|(frame, ..)| *frame).collect()
    }

    fn gaps(&self) -> Vec<Duration> {
        let times: Vec<_> = self.all.iter().map(|(_, at, _)| *at).collect();
        super::gaps(&times)
    }
}

impl Dossier {
    /// Nothing seen but that there is a connection.
    pub fn new(id: ConnectionId, flow: Flow, first: u64) -> Self {
        Self {
            id,
            flow,
            first,
            path: Path::new(flow),
            syns: Few::default(),
            synacks: Few::default(),
            crossing: <(Few, Few)>::default(),
            handshake: None,
            rst: None,
            ack: None,
            complaint: None,
            said: Both::default(),
            first_word: None,
            last_word: None,
            fins: Both::default(),
            resent: Both::default(),
            stalls: Both::default(),
            bad_checksums: Both::default(),
            stray_rst: None,
            teardown: None,
            left: None,
            queued: None,
            silence: None,
            pause: None,
            holes: Both::default(),
            cut_character: Both::default(),
            wordless: None,
        }
    }

    /// Takes note of an event of this connection; `now` is the frame that completes it.
    pub fn event(&mut self, event: &Event, now: Option<&Sight>) {
        let number = event.frame.unwrap_or_default();
        let segment = now.and_then(Sight::segment);
        match &event.kind {
            Kind::TcpStep(it) => {
                if it.route.is_some() {
                    self.path.route = it.route;
                    self.path.because.clone_from(&event.because);
                }
                if self.first == number {
                    self.path.is_local = now.is_some_and(super::is_local);
                    self.path.is_blank = now.is_some_and(super::is_blank);
                }
                let seq = segment.map_or(0, |segment| segment.seq);
                match (it.step, it.from) {
                    (Step::Syn { .. }, Side::Orig) => self.syns.add(number, event.at, seq),
                    (Step::SynAck { .. }, Side::Resp) => self.synacks.add(number, event.at, seq),
                    (Step::Syn { .. }, Side::Resp) => self.crossing.0.add(number, event.at, seq),
                    (Step::SynAck { .. }, Side::Orig) => self.crossing.1.add(number, event.at, seq),
                    (Step::Fin, side) => {
                        self.fins.of_mut(side).get_or_insert(number);
                        self.left.get_or_insert(event.at);
                    }
                }
            }
            Kind::TcpHandshake(it) => {
                if it.verdict == HandshakeVerdict::Complete {
                    self.ack = Some((number, event.at));
                } else if segment.is_some_and(|segment| segment.flags.rst()) {
                    self.rst = now.map(|sight| Stop::new(sight, event.at));
                }
                if self.path.route.is_none() {
                    self.path.route = it.route;
                    self.path.because.clone_from(&event.because);
                }
                self.handshake = Some(it.clone());
            }
            Kind::TcpIcmp(it) => {
                Complaint::add(&mut self.complaint, it, number, &event.because);
            }
            Kind::TcpMessage(it) => {
                let tally = self.said.of_mut(it.from);
                tally.messages += 1;
                tally.bytes += it.len;
                let begin = it.frames.first().copied().unwrap_or(number);
                let end = it.frames.last().copied().unwrap_or(number);
                tally.span = Some(match tally.span {
                    Some((first, latest)) => (first.min(begin), latest.max(end)),
                    None => (begin, end),
                });
                if it.missing > 0 {
                    self.hole(it.from, begin);
                }
                self.cuts(it, segment);
                let tally = self.said.of_mut(it.from);
                let end = self.rst.as_ref().map_or(u64::MAX, |rst| rst.frame);
                let before = it.frames.iter().rev().find(|frame| **frame < end);
                tally.last = before.copied().unwrap_or(tally.last);
            }
            Kind::TcpOddity(it) => self.oddity(it, number, segment, &event.because),
            Kind::TcpTeardown(it) => {
                if it.kind == TeardownKind::Reset {
                    self.rst = now.map(|sight| Stop::new(sight, event.at));
                    self.left.get_or_insert(event.at);
                }
                self.teardown = Some(it.clone());
            }
            _ => {}
        }
    }

    /// Whether segments of a side had wrong checksums, and nobody has acted upon them yet.
    pub fn is_suspect(&self, side: Side) -> bool {
        let bad = self.bad_checksums.of(side);
        bad.first.is_some() && bad.answer.is_none()
    }

    /// A segment of a side may acknowledge what had a wrong checksum.
    pub fn answered(&mut self, from: Side, number: u64, segment: &Segment) {
        let bad = self.bad_checksums.of_mut(from.other());
        let Some((first, end)) = bad.first else {
            return;
        };
        let is_behind = SeqNumber(end).after(SeqNumber(segment.ack));
        if number > first && segment.flags.ack() && !segment.flags.rst() && !is_behind {
            bad.answer.get_or_insert(number);
        }
    }

    /// Takes note of how people talk in it.
    pub fn talk(&mut self, item: &Item) {
        match &item.what {
            What::Said(said) => {
                let mark = |frame: Option<&u64>, at| Mark {
                    frame: frame.copied().unwrap_or(item.behind),
                    at,
                };
                let first = mark(said.frames.first(), said.began);
                self.pauses(first.at, first.frame);
                self.first_word.get_or_insert((said.from, first));
                self.last_word = Some(mark(said.frames.last(), said.ended));
            }
            What::Queued { place, served, .. } => {
                let (place, served) = (*place, *served);
                self.queued.get_or_insert(Queued { place, served });
            }
            What::Silence(it) if it.is_deadlock() => self.silence = Some((item.frame, *it)),
            What::Closed { leave, .. } if *leave == Leave::WithoutWord => {
                self.wordless = item.frame;
            }
            _ => {}
        }
    }

    /// Bytes are missing before a frame.
    fn hole(&mut self, side: Side, frame: u64) {
        let hole = self.holes.of_mut(side);
        if frame > 0 {
            *hole = Some(hole.map_or((frame, frame), |(first, _)| (first, frame)));
        }
    }

    /// How long nobody had spoken before a message.
    fn pauses(&mut self, at: Timestamp, begin: u64) {
        let Some(before) = self.last_word else { return };
        let pause = at.since(before.at);
        if self.pause.is_none_or(|(.., longest)| pause > longest) {
            self.pause = Some((before.frame, begin, pause));
        }
    }

    /// Whether a message was cut within a character, before its last segment.
    fn cuts(&mut self, it: &TcpMessage, last: Option<&Segment>) {
        let (Some(text), Some(last)) = (it.content.text(), last) else {
            return;
        };
        let cut = text.len().checked_sub(last.len as usize);
        let [.., part, rest] = it.frames[..] else {
            return;
        };
        if cut.is_some_and(|cut| !text.is_char_boundary(cut)) {
            self.cut_character
                .of_mut(it.from)
                .get_or_insert((part, rest));
        }
    }

    fn oddity(&mut self, it: &TcpOddity, number: u64, segment: Option<&Segment>, because: &[u64]) {
        match it.name {
            TcpOddityName::Retransmission {
                what: Resent::Data | Resent::Fin,
                ..
            }
            | TcpOddityName::SpuriousRetransmission { .. } => {
                let again = self.resent.of_mut(it.from);
                again.count += 1;
                if again.count == 1 {
                    again.copy = number;
                    again.original = because.first().copied();
                }
                if again.latest.len() == FEW {
                    again.latest.remove(0);
                }
                again.latest.push(number);
                let len = segment.map_or(0, |segment| segment.len);
                again.largest = again.largest.max(len);
                again.least = if again.count == 1 {
                    len
                } else {
                    again.least.min(len)
                };
                again.is_whole |= segment.is_some_and(|segment| segment.is_whole);
                again.is_needless = matches!(it.name, TcpOddityName::SpuriousRetransmission { .. });
            }
            // Who has sent its FIN waits for no room.
            TcpOddityName::ZeroWindow if self.fins.of(it.from.other()).is_some() => {}
            TcpOddityName::ZeroWindow => {
                let stall = self.stalls.of_mut(it.from);
                stall.is_open = true;
                stall.closed.get_or_insert(number);
            }
            TcpOddityName::WindowProbe => {
                let stall = self.stalls.of_mut(it.from.other());
                stall.probed += 1;
                if stall.probes.len() < FEW {
                    stall.probes.push(number);
                }
            }
            TcpOddityName::WindowReopened { stalled } => {
                let stall = self.stalls.of_mut(it.from);
                stall.is_open = false;
                if stalled >= stall.longest {
                    stall.longest = stalled;
                    stall.reopened = Some((number, stalled));
                }
            }
            TcpOddityName::BadChecksum { .. } => {
                self.bad_checksums.of_mut(it.from).add(number, segment);
            }
            TcpOddityName::Gap { .. } => self.hole(it.from, number),
            TcpOddityName::RstOutOfWindow => {
                self.stray_rst.get_or_insert((number, it.from));
            }
            _ => {}
        }
    }
}

impl Bad {
    fn add(&mut self, number: u64, segment: Option<&Segment>) {
        self.count += 1;
        if self.frames.len() < FEW {
            self.frames.push(number);
        }
        let Some(segment) = segment else { return };
        if !segment.is_empty() {
            self.first.get_or_insert((number, segment.end()));
        }
        if segment.flags.is_pure_syn() {
            self.syn.get_or_insert((number, segment.seq));
        }
    }
}

impl Stop {
    fn new(sight: &Sight, at: Timestamp) -> Self {
        Self {
            frame: sight.number,
            at,
            segment: sight.segment().copied(),
            mac: sight.source_mac,
        }
    }
}
