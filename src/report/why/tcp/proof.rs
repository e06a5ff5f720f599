//! The proof of what became of a connection.

use std::{net::IpAddr, time::Duration};

use super::{Again, Dossier};
use crate::{
    report::{
        why::{
            Scene,
            address::Conflict,
            chain::{Chain, MOST_CLAIMS, Subject, Value},
            frame, frames, icmp, range,
            verdict::Verdict,
        },
        words::why as words,
    },
    track::{
        event::{CloseReason, HandshakeVerdict, TcpRecord, TeardownKind},
        flow::Side,
    },
};

/// A receiver that keeps its sender waiting for as long stalls it.
const STALL: Duration = Duration::from_secs(1);

/// Segments with as many bytes fill a packet as links usually take them.
const FULL_SIZE: u32 = 1200;

impl Dossier {
    /// The proof of what became of it.
    pub fn chain(&self, record: &TcpRecord, scene: &Scene<'_>) -> Chain {
        let conflict = self.conflict(record, scene);
        let verdict = self.verdict(record, conflict);
        let mut chain = Chain::new(Subject::Tcp(self.id, self.flow), verdict);
        self.explain(verdict, record, conflict, scene, &mut chain);
        let is_open = matches!(
            record.handshake,
            HandshakeVerdict::Complete | HandshakeVerdict::SimultaneousOpen
        );
        if verdict != Verdict::OneSided
            && (is_open || record.handshake == HandshakeVerdict::NotSeen)
        {
            self.talked(record, &mut chain);
        }
        if is_open {
            if !matches!(verdict, Verdict::Queued | Verdict::NeverAccepted) {
                self.greeted(scene, &mut chain);
            }
            self.opened(&mut chain);
        } else if record.handshake == HandshakeVerdict::NotSeen
            && self.syns.count == 0
            && self.bad_checksums.orig.syn.is_none()
        {
            chain.claim(words::began_before(frame(record.first_frame)));
        }
        let syn = self.syns.all.first().map(|(frame, _, seq)| (*frame, *seq));
        let syn = syn.or(self.bad_checksums.orig.syn);
        if let Some((number, seq)) = syn {
            let (orig, resp) = (self.side(Side::Orig), self.side(Side::Resp));
            chain.claim(words::syn(frame(number), orig, resp, seq));
        }
        let first = syn.map_or(record.first_frame, |(number, _)| number);
        let mut root = Chain::new(chain.about, verdict);
        let addresses = scene.addresses;
        addresses.way(&self.path, first, scene.nets, &mut root);
        // However much there is to say, the root is not left out.
        chain.claims.truncate(MOST_CLAIMS - root.claims.len());
        chain.claims.append(&mut root.claims);
        chain.mask = root.mask;
        chain.lasted = self.lasted(verdict, scene);
        chain
    }

    fn verdict(&self, record: &TcpRecord, conflict: Option<&Conflict>) -> Verdict {
        let refused = match record.handshake {
            HandshakeVerdict::Refused => Some(Verdict::Refused),
            HandshakeVerdict::Unreachable => Some(Verdict::Unreachable),
            HandshakeVerdict::Unanswered => Some(Verdict::Unanswered),
            HandshakeVerdict::HalfOpen => Some(Verdict::HalfOpen),
            HandshakeVerdict::Aborted => Some(Verdict::Aborted),
            _ => None,
        };
        if let Some(verdict) = refused {
            return verdict;
        }
        let is_unseen = |side: &Side| *record.packets.of(*side) == 0;
        if [Side::Orig, Side::Resp].iter().any(is_unseen) {
            return Verdict::OneSided;
        }
        let closing = match (record.teardown, record.reason) {
            (TeardownKind::Reset, _) if conflict.is_some() => Verdict::AddressConflict,
            (TeardownKind::Reset, _) => Verdict::Reset,
            (TeardownKind::HalfClosed, _) => Verdict::HalfClosed,
            (TeardownKind::None, CloseReason::Idle) => Verdict::Idle,
            (TeardownKind::None, CloseReason::CaptureEnded) => Verdict::CaptureEnded,
            (TeardownKind::None, _) => Verdict::NeverClosed,
            _ => Verdict::Closed,
        };
        let sides = [Side::Orig, Side::Resp];
        let is_stalled = |side: &Side| {
            let stall = self.stalls.of(*side);
            // Who has nothing to send waits for no room.
            let has_more = stall.probed > 0
                || stall.closed < Some(self.said.of(side.other()).last)
                || !self.resent.of(side.other()).latest.is_empty();
            has_more && (stall.is_open || stall.longest >= STALL)
        };
        let is_stalled = sides.iter().any(is_stalled);
        let is_missing = sides.iter().any(|side| Self::missing(record, *side) > 0);
        let is_whole = closing == Verdict::Closed && !is_missing;
        let has_resent = self.resent.orig.count + self.resent.resp.count > 0;
        let found = [
            (self.is_ack_lost(), Verdict::AckLost),
            (
                is_stalled,
                if is_whole {
                    Verdict::Slowed
                } else {
                    Verdict::Stalled
                },
            ),
            (self.in_vain(record).is_some(), Verdict::Unacknowledged),
            (self.silence.is_some(), Verdict::Deadlock),
            (is_missing, Verdict::BytesMissing),
            (self.is_left_waiting(), Verdict::NeverAccepted),
            (self.wordless.is_some(), Verdict::LeftWithoutWord),
            (has_resent && self.refused_side().is_some(), Verdict::TooBig),
            (self.queued.is_some(), Verdict::Queued),
            (has_resent || self.syns.count > 1, Verdict::Loss),
        ];
        let found = found
            .iter()
            .filter_map(|(is, verdict)| is.then_some(*verdict));
        found.chain([closing]).min().unwrap_or(closing)
    }

    fn explain(
        &self,
        verdict: Verdict,
        record: &TcpRecord,
        conflict: Option<&Conflict>,
        scene: &Scene<'_>,
        chain: &mut Chain,
    ) {
        match verdict {
            Verdict::Refused => self.refused(chain),
            Verdict::Unanswered => self.unanswered(record, scene, chain),
            Verdict::Unreachable => {
                if let Some(complaint) = &self.complaint {
                    complaint.explain(self.flow.resp, icmp::About::Segment, chain);
                }
            }
            Verdict::HalfOpen | Verdict::AckLost => self.half_open(chain),
            Verdict::Aborted => {
                if let Some(rst) = &self.rst {
                    chain.claim(words::gave_up(frame(rst.frame), self.side(Side::Orig)));
                }
                chain.claim(words::gave_up_why(self.flow.orig.ip));
                if let Some((synack, ..)) = self.synacks.all.first() {
                    chain.claim(words::synack_alone(frame(*synack), self.side(Side::Resp)));
                }
            }
            Verdict::AddressConflict | Verdict::Reset => self.reset(record, conflict, chain),
            Verdict::Stalled | Verdict::Slowed => self.stalled(chain),
            Verdict::Unacknowledged => self.unacknowledged(record, chain),
            Verdict::BytesMissing => self.bytes_missing(record, chain),
            Verdict::Deadlock => self.deadlock(chain),
            Verdict::LeftWithoutWord => self.left_without_word(chain),
            Verdict::NeverAccepted | Verdict::Queued => self.greeted(scene, chain),
            Verdict::TooBig => {
                self.too_big(chain);
                chain.claim(words::whole_in_the_end(range(
                    record.first_frame,
                    record.last_frame,
                )));
            }
            Verdict::Loss => {
                if let Some(complaint) = &self.complaint {
                    complaint.explain(self.flow.resp, icmp::About::Segment, chain);
                }
                self.resent(&[Side::Orig, Side::Resp], chain);
                chain.claim(words::whole_in_the_end(range(
                    record.first_frame,
                    record.last_frame,
                )));
            }
            Verdict::OneSided => {
                let is_unseen = |side: &Side| *record.packets.of(*side) == 0;
                if let Some(side) = [Side::Orig, Side::Resp].into_iter().find(is_unseen) {
                    let said = self.said.of(side.other());
                    chain.claim(words::one_sided(self.side(side)));
                    let who = self.side(side.other());
                    if let Some((first, last)) = said.span {
                        let frames = range(first, last);
                        chain.claim(words::talked_alone(who, said.messages, said.bytes, frames));
                    }
                }
            }
            Verdict::Idle => {
                chain.claim(words::fell_silent(frame(record.last_frame)));
                chain.claim(words::silent_or_gone());
            }
            Verdict::NeverClosed => {
                let last = frame(record.last_frame);
                chain.claim(match record.reason {
                    CloseReason::Evicted => words::forgotten(last),
                    _ => words::reused(last),
                });
            }
            Verdict::CaptureEnded => {
                match (self.stray_rst, self.last_word) {
                    (Some((rst, side)), _) => {
                        chain.claim(words::stray_reset(frame(rst), self.side(side)))
                    }
                    (None, Some(word)) => {
                        let (last, silence) = (frame(word.frame), scene.end.since(word.at));
                        chain.claim(if silence.is_zero() {
                            words::left_open_at_once(last)
                        } else {
                            words::left_open(last, silence)
                        })
                    }
                    (None, None) => chain.claim(words::left_open_unsaid(frame(record.last_frame))),
                };
                chain.claim(words::what_came_next());
            }
            _ => {}
        }
        self.ended(verdict, record, chain);
    }

    fn bytes_missing(&self, record: &TcpRecord, chain: &mut Chain) {
        for side in [Side::Orig, Side::Resp] {
            let missing = Self::missing(record, side);
            if missing > 0 {
                let whole = (record.first_frame, record.last_frame);
                let (first, last) = self.holes.of(side).unwrap_or(whole);
                let behind = range(first, last);
                chain.claim(words::missing(self.side(side), missing, behind));
            }
        }
        chain.claim(words::missing_where());
    }

    fn unacknowledged(&self, record: &TcpRecord, chain: &mut Chain) {
        if let Some((side, again)) = self.in_vain(record) {
            let (who, latest) = (self.side(side), frames(&again.latest));
            chain.claim(words::resent_in_vain(who, again.count, latest));
            Self::where_lost(again, chain);
            let is_full = again.least == again.largest && again.largest >= FULL_SIZE;
            if is_full && again.is_whole && self.ack.is_some() {
                chain.claim(words::black_hole(again.largest));
            }
            chain.claim(words::gone_or_cut(self.flow.endpoint(side.other()).ip));
        }
    }

    /// What was thrown away, and how it was closed.
    fn ended(&self, verdict: Verdict, record: &TcpRecord, chain: &mut Chain) {
        if verdict != Verdict::Deadlock {
            self.fell_silent(chain);
        }
        self.bad_checksums(chain);
        let is_open = matches!(verdict, Verdict::Idle | Verdict::NeverClosed);
        if let Some((rst, side)) = self.stray_rst.filter(|_| is_open) {
            chain.claim(words::stray_reset(frame(rst), self.side(side)));
        }
        let says_more = matches!(
            verdict,
            Verdict::Closed
                | Verdict::Loss
                | Verdict::TooBig
                | Verdict::Queued
                | Verdict::LeftWithoutWord
                | Verdict::HalfClosed
                | Verdict::Slowed
        );
        if let Some(teardown) = self.teardown.as_ref().filter(|_| says_more) {
            self.closed(teardown, chain);
        } else if verdict == Verdict::HalfClosed {
            self.one_fin(chain);
        }
        let may_go_on = matches!(
            verdict,
            Verdict::HalfClosed | Verdict::NeverAccepted | Verdict::Deadlock
        );
        if may_go_on && record.reason == CloseReason::CaptureEnded {
            chain.claim(words::what_came_next());
        }
    }

    /// Bytes of a side that were never seen. The byte that a keep-alive repeats stands before all others where the
    /// capture began later, and is not missing.
    fn missing(record: &TcpRecord, side: Side) -> u64 {
        let missing = *record.missing.of(side);
        let is_repeated = record.handshake == HandshakeVerdict::NotSeen
            && *record.keep_alives.of(side) > 0
            && missing == 1;
        if is_repeated { 0 } else { missing }
    }

    /// The SYN-ACK came again after the ACK for it, and the responder took part in nothing since.
    pub(super) fn is_ack_lost(&self) -> bool {
        let (Some((ack, _)), Some((latest, ..))) = (self.ack, self.synacks.all.last()) else {
            return false;
        };
        *latest > ack && self.said.resp.messages == 0 && self.fins.resp.is_none()
    }

    /// Who said his last words again and again, until the end.
    fn in_vain(&self, record: &TcpRecord) -> Option<(Side, &Again)> {
        let is_last = |side: &Side| {
            let again = self.resent.of(*side);
            !again.is_needless && again.latest.last() == Some(&record.last_frame)
        };
        let side = [Side::Orig, Side::Resp].into_iter().find(is_last)?;
        Some((side, self.resent.of(side)))
    }

    /// A conflict about one of its hosts, before it was over.
    fn conflict<'a>(&self, record: &TcpRecord, scene: &Scene<'a>) -> Option<&'a Conflict> {
        let concerns = |ip: IpAddr| self.flow.orig.ip == ip || self.flow.resp.ip == ip;
        let conflicts = scene.addresses.conflicts.iter().rev();
        let mut conflicts = conflicts.filter(|it| {
            concerns(it.ip) && (record.first_frame..=record.last_frame).contains(&it.frame)
        });
        conflicts.next()
    }

    pub(super) const fn side(&self, side: Side) -> Value {
        Value::side(&self.flow, side)
    }
}
