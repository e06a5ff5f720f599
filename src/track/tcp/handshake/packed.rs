//! A handshake in few bytes.

use std::time::Duration;

use crate::{
    time::Timestamp,
    track::{
        event::HandshakeVerdict,
        flow::Both,
        span::Span,
        tcp::handshake::{Cause, Handshake},
    },
};

/// There is no such round trip.
const NONE: u32 = u32::MAX;

/// One SYN and one SYN-ACK of the responder, see [`PackedHandshake::counts`].
const ANSWERED: u8 = 1 | 1 << 4;

mod mark {
    pub const SYN: u8 = 1;
    pub const SYN_ACK: u8 = 2;
    pub const ACK: u8 = 4;
    pub const CROSSED: u8 = 8;
    pub const WENT_ON: u8 = 16;
}

/// A handshake that began with the first segment, or of which nothing is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedHandshake {
    /// Nanoseconds, or [`NONE`].
    synack_rtt: u32,
    ack_rtt: u32,
    verdict: Option<HandshakeVerdict>,
    /// How many SYNs of the originator, SYN-ACKs of its and of the responder there were: 0, 1, or more.
    counts: u8,
    marks: u8,
}

impl PackedHandshake {
    /// A handshake of a connection whose first segment was seen at `first_at`. None where it does not fit.
    pub fn of(handshake: &Handshake, first_at: Timestamp) -> Option<Self> {
        let is_decided = handshake.verdict.is_some();
        let synack_rtt = nanos(handshake.synack_rtt)?;
        let begins = match (handshake.syn, handshake.synack) {
            (None, _) => true,
            (Some(_), Some(_)) if is_decided => true,
            (Some((_, at)), _) => at == first_at,
        };
        // The answer's time counts until all is decided.
        let is_answer_known = match handshake.synack {
            _ if is_decided => true,
            None => true,
            Some((_, at)) => {
                let told = handshake.synack_rtt.map(|rtt| first_at + rtt);
                told == Some(at) && handshake.last_synack == told
            }
        };
        if !begins || !is_answer_known {
            return None;
        }
        let mark = |mark, is_set: bool| if is_set { mark } else { 0 };
        let [tries, of_orig, of_resp] = [
            handshake.tries,
            handshake.synacks.orig,
            handshake.synacks.resp,
        ]
        .map(|count| count.min(2) as u8);
        Some(Self {
            synack_rtt,
            ack_rtt: nanos(handshake.ack_rtt)?,
            verdict: handshake.verdict,
            counts: tries | of_orig << 2 | of_resp << 4,
            marks: mark(mark::SYN, handshake.syn.is_some())
                | mark(mark::SYN_ACK, handshake.synack.is_some())
                | mark(mark::ACK, handshake.ack.is_some())
                | mark(mark::CROSSED, handshake.crossed)
                | mark(mark::WENT_ON, handshake.went_on),
        })
    }

    /// The handshake as it was, but for its frames, which only events tell: where somebody listens it was told.
    pub fn unpack(&self, first: (u64, Timestamp), cause: Cause) -> Handshake {
        let is = |mark: u8| self.marks & mark != 0;
        let count = |shift: u32| u32::from((self.counts >> shift) & 3);
        let synack_rtt = span(self.synack_rtt);
        let answered_at = first.1 + synack_rtt.unwrap_or_default();
        let synack = is(mark::SYN_ACK).then_some((first.0, answered_at));
        Handshake {
            cause,
            verdict: self.verdict,
            tries: count(0),
            syn: is(mark::SYN).then_some(first),
            synacks: Both {
                orig: count(2),
                resp: count(4),
            },
            synack,
            last_synack: synack.map(|(_, at)| at),
            synack_rtt,
            ack: is(mark::ACK).then_some(first.0),
            ack_rtt: span(self.ack_rtt),
            crossed: is(mark::CROSSED),
            went_on: is(mark::WENT_ON),
            ..Handshake::default()
        }
    }

    /// A SYN, and a SYN-ACK so long after it.
    pub fn answered(rtt: Span) -> Option<Self> {
        Some(Self {
            synack_rtt: u32::try_from(rtt.nanos()).ok().filter(|it| *it != NONE)?,
            ack_rtt: NONE,
            verdict: None,
            counts: ANSWERED,
            marks: mark::SYN | mark::SYN_ACK,
        })
    }

    /// The round trip that ends with the last step, so long after the SYN; where only that is missing.
    pub fn ack_rtt(&self, at: Span) -> Option<u32> {
        let is_missing = self.verdict.is_none()
            && self.counts == ANSWERED
            && self.marks == mark::SYN | mark::SYN_ACK
            && self.synack_rtt != NONE;
        let rtt = at.nanos().saturating_sub(u64::from(self.synack_rtt));
        u32::try_from(rtt)
            .ok()
            .filter(|it| *it != NONE && is_missing)
    }

    /// The last step.
    pub fn complete(&mut self, ack_rtt: u32) {
        self.ack_rtt = ack_rtt;
        self.marks |= mark::ACK;
        self.verdict = Some(HandshakeVerdict::Complete);
    }

    /// What became of it, where that is decided.
    pub fn verdict(&self) -> Option<HandshakeVerdict> {
        self.verdict
    }

    /// A SYN of the originator was seen.
    pub fn has_syn(&self) -> bool {
        self.marks & mark::SYN != 0
    }

    /// Both halves of the round trip.
    pub fn round_trips(&self) -> (Option<Duration>, Option<Duration>) {
        (span(self.synack_rtt), span(self.ack_rtt))
    }

    /// All three steps were seen.
    pub fn is_complete(&self) -> bool {
        self.verdict == Some(HandshakeVerdict::Complete)
    }

    /// How long after the first segment the last SYN or SYN-ACK came, while nothing but such was seen.
    pub fn young(&self) -> Option<Duration> {
        let is_young = self.verdict.is_none()
            && self.marks & mark::WENT_ON == 0
            && self.marks & (mark::SYN | mark::SYN_ACK) != 0;
        is_young.then(|| span(self.synack_rtt).unwrap_or_default())
    }
}

fn nanos(span: Option<Duration>) -> Option<u32> {
    match span {
        None => Some(NONE),
        Some(span) => u32::try_from(span.as_nanos()).ok().filter(|it| *it != NONE),
    }
}

fn span(nanos: u32) -> Option<Duration> {
    (nanos != NONE).then(|| Duration::from_nanos(u64::from(nanos)))
}
