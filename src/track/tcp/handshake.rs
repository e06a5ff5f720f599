//! How an attempt to open a connection goes: RFC 9293, section 3.5.

mod cause;
mod packed;

pub use cause::{Cause, Shown};
pub use packed::PackedHandshake;

use std::time::Duration;

use crate::{
    decode::tcp::Segment,
    time::Timestamp,
    track::{
        event::{HandshakeVerdict, Kind, Step, TcpHandshake, TcpStep},
        flow::{Both, Side},
        icmp::Problem,
        seen::Seen,
        tcp::connection::Connection,
    },
};

/// What was seen of an attempt.
#[derive(Debug, Default)]
pub struct Handshake {
    /// Why it could begin, until that was told.
    pub cause: Cause,
    verdict: Option<HandshakeVerdict>,
    /// The originator's SYNs.
    tries: u32,
    /// The frame of the first SYN, and the latest SYN.
    first_syn: Option<u64>,
    syn: Option<(u64, Timestamp)>,
    synacks: Both<u32>,
    /// The first SYN-ACK, the frame of the latest SYN before it, and when the latest SYN-ACK was seen.
    synack: Option<(u64, Timestamp)>,
    answered_syn: Option<u64>,
    last_synack: Option<Timestamp>,
    synack_rtt: Option<Duration>,
    /// The frame of the first ACK of the SYN-ACK.
    ack: Option<u64>,
    ack_rtt: Option<Duration>,
    /// The responder sent a SYN of its own, without ACK.
    crossed: bool,
    /// The frame of that SYN.
    crossing: Option<u64>,
    /// It was gone on as if the handshake were complete, though half of it was not seen.
    went_on: bool,
}

impl Handshake {
    /// When the last SYN or SYN-ACK was seen.
    pub fn last_try(&self) -> Option<Timestamp> {
        self.syn.map(|(_, at)| at).max(self.last_synack)
    }

    /// The attempt is still open: a SYN, and no verdict.
    pub fn is_open(&self) -> bool {
        self.verdict.is_none() && !self.went_on && self.syn.is_some()
    }

    /// Nothing was seen but SYNs and SYN-ACKs: what is not answered soon will never be.
    pub fn is_young(&self) -> bool {
        self.is_open() || self.verdict.is_none() && self.synack.is_some() && !self.went_on
    }

    /// The responder sent a SYN of its own, without ACK.
    pub fn is_crossed(&self) -> bool {
        self.crossed
    }

    /// A SYN of the originator was seen, so who opened is known.
    pub fn has_syn(&self) -> bool {
        self.syn.is_some()
    }

    /// The connection was opened, or was open before the capture began.
    pub fn is_past(&self) -> bool {
        matches!(
            self.verdict,
            Some(HandshakeVerdict::Complete | HandshakeVerdict::SimultaneousOpen)
        ) || !self.is_open() && self.verdict.is_none()
    }

    /// Both halves of the round trip.
    pub fn round_trips(&self) -> (Option<Duration>, Option<Duration>) {
        (self.synack_rtt, self.ack_rtt)
    }

    /// The whole round trip, where both halves were seen.
    pub fn round_trip(&self) -> Option<Duration> {
        Some(self.synack_rtt? + self.ack_rtt?)
    }

    /// The latest SYN: its frame.
    pub fn syn_frame(&self) -> Option<u64> {
        self.syn.map(|(frame, _)| frame)
    }

    /// The verdict was told, and a single SYN, in the connection's first frame, is all that may still be told of.
    pub fn is_told(&self, first_frame: u64) -> bool {
        self.verdict.is_some()
            && !self.crossed
            && (self.tries, self.syn_frame()) == (1, Some(first_frame))
            && self.synacks.orig <= 2
            && self.synacks.resp <= 2
    }

    /// The sides were taken for each other.
    pub fn turn_round(&mut self) {
        self.cause = Cause::Unknown;
        self.synacks.swap();
    }
}

impl Connection {
    /// A SYN or SYN-ACK.
    pub fn on_syn(&mut self, segment: &Segment<'_>, from: Side, seen: &mut Seen<'_>) {
        let now = Some((seen.number(), seen.at));
        let handshake = &mut self.handshake;
        let is_answer = segment.flags.ack();
        let (step, because) = if is_answer {
            let tries = handshake.synacks.of_mut(from);
            *tries += 1;
            let tries = *tries;
            // Nobody knows which of several SYNs is answered, or which answer counts (Karn).
            let rtt = match (from, handshake.syn) {
                (Side::Resp, Some((_, asked_at)))
                    if !handshake.crossed && handshake.tries == 1 && tries == 1 =>
                {
                    Some(seen.at.since(asked_at))
                }
                _ => None,
            };
            handshake.last_synack = handshake.last_synack.max(Some(seen.at));
            if handshake.synack.is_none() {
                handshake.synack = now;
                handshake.synack_rtt = rtt;
                handshake.answered_syn = handshake.syn_frame();
            }
            let answered = if from == Side::Orig && handshake.crossed {
                handshake.crossing
            } else {
                handshake.syn_frame()
            };
            (Step::SynAck { rtt, tries }, answered)
        } else if from == Side::Orig {
            handshake.tries += 1;
            handshake.first_syn = handshake.first_syn.or(seen.frame);
            handshake.syn = now;
            let tries = handshake.tries;
            (Step::Syn { tries }, None)
        } else {
            handshake.crossed = true;
            handshake.crossing = seen.frame;
            (Step::Syn { tries: 1 }, None)
        };
        let first = from == Side::Orig && !is_answer && handshake.tries == 1;
        let (conn, flow) = (self.id, self.flow);
        let (route, because) = if first {
            (self.handshake.cause.route(), self.handshake.cause.because())
        } else {
            (None, because.as_slice())
        };
        seen.tell(because, || {
            Kind::TcpStep(TcpStep {
                conn,
                flow,
                from,
                step,
                route,
            })
        });
    }

    /// A segment that is neither SYN nor RST: its sender believes that the connection is open.
    pub fn on_goes_on(&mut self, from: Side) {
        let handshake = &mut self.handshake;
        let unanswered = handshake.syn.is_some() && handshake.synack.is_none();
        let unasked = handshake.syn.is_none() && handshake.synack.is_some();
        if unasked || unanswered && from == Side::Orig {
            handshake.went_on = true;
        }
    }

    /// After a segment other than RST: the handshake may be complete.
    pub fn on_handshake_segment(&mut self, from: Side, is_syn: bool, seen: &mut Seen<'_>) {
        if self.handshake.verdict.is_some() {
            return;
        }
        let acked = |side: Side| {
            let (own, peer) = (self.halves.of(side), self.halves.of(side.other()));
            own.acknowledged.is_some_and(|ack| peer.offset_of(ack) >= 0)
        };
        let is_acked = acked(Side::Orig);
        let handshake = &mut self.handshake;
        if from == Side::Orig && !is_syn && is_acked && handshake.ack.is_none() {
            handshake.ack = seen.frame;
            handshake.ack_rtt = match (handshake.synack, handshake.synacks.resp) {
                (Some((_, sent_at)), 1) => Some(seen.at.since(sent_at)),
                _ => None,
            };
        }
        let both = self.halves.orig.isn.is_some() && self.halves.resp.isn.is_some();
        if self.handshake.syn.is_none() || !both || !is_acked {
            return;
        }
        if self.handshake.crossed {
            if acked(Side::Resp) {
                self.decide(HandshakeVerdict::SimultaneousOpen, seen);
            }
        } else if self.handshake.synack.is_some() {
            self.decide(HandshakeVerdict::Complete, seen);
        }
    }

    /// An RST that counts.
    pub fn on_handshake_rst(&mut self, from: Side, seen: &mut Seen<'_>) {
        if !self.handshake.is_open() {
            return;
        }
        let verdict = match (from, self.handshake.synack) {
            (Side::Orig, _) => HandshakeVerdict::Aborted,
            (Side::Resp, None) => HandshakeVerdict::Refused,
            (Side::Resp, Some(_)) => HandshakeVerdict::HalfOpen,
        };
        self.decide(verdict, seen);
    }

    /// An ICMP error that quotes a segment of the originator. It decides an attempt that stays
    /// unanswered; until then there may be another SYN, and an answer to that. News of a smaller
    /// MTU is no reason to give up.
    pub fn on_handshake_icmp(&mut self, problem: &Problem, seen: &Seen<'_>) {
        let unanswered = self.handshake.is_open() && self.halves.resp.packets == 0;
        if unanswered && problem.mtu.is_none() {
            self.handshake.cause.add_icmp(problem, seen);
        }
    }

    /// The connection is over: an attempt without a verdict gets one, and the record's is returned.
    pub fn conclude_handshake(&mut self, seen: &mut Seen<'_>) -> HandshakeVerdict {
        if let Some(verdict) = self.handshake.verdict {
            return verdict;
        }
        let answered = self.halves.resp.packets > 0 || self.handshake.went_on;
        let verdict = match (self.handshake.syn, self.handshake.synack) {
            (Some(_), None) if !answered && self.handshake.cause.icmp().is_some() => {
                HandshakeVerdict::Unreachable
            }
            (Some(_), None) if !answered => HandshakeVerdict::Unanswered,
            (Some(_), Some(_)) => HandshakeVerdict::HalfOpen,
            _ => return HandshakeVerdict::NotSeen,
        };
        self.decide(verdict, seen);
        verdict
    }

    fn decide(&mut self, verdict: HandshakeVerdict, seen: &mut Seen<'_>) {
        self.handshake.verdict = Some(verdict);
        let handshake = &self.handshake;
        let is_complete = verdict == HandshakeVerdict::Complete;
        let icmp = match verdict {
            HandshakeVerdict::Unreachable => handshake.cause.icmp(),
            _ => None,
        };
        let (conn, flow, halves) = (self.id, self.flow, &self.halves);
        seen.tell(handshake.cause.because(), || {
            Kind::TcpHandshake(Box::new(TcpHandshake {
                conn,
                flow,
                verdict,
                tries: handshake.tries,
                syn_frame: handshake.answered_syn.or(handshake.first_syn),
                synack_frame: handshake.synack.map(|(frame, _)| frame),
                ack_frame: handshake.ack.filter(|_| is_complete),
                synack_rtt: handshake.synack_rtt,
                ack_rtt: handshake.ack_rtt.filter(|_| is_complete),
                mss: halves.map(|half| half.options.mss),
                window_scale: halves.map(|half| half.options.window_scale),
                sack: halves.map(|half| half.options.sack),
                isn: halves.map(|half| half.isn),
                route: handshake.cause.route(),
                icmp_frame: icmp.map(|(frame, _)| *frame),
                icmp: icmp.map(|(_, reason)| reason.clone()),
            }))
        });
        if self.handshake.tries > 0 {
            // Neither the first SYN nor the verdict is told again.
            self.handshake.cause = Cause::Unknown;
        }
    }
}
