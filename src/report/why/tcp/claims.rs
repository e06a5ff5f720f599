//! What is claimed of a connection: how it was opened, what was said, how it ended.

use std::time::Duration;

use super::{Again, Dossier, Few};
use crate::{
    report::{
        why::{
            Scene, address::Conflict, asked_by, chain::Chain, frame, frames, icmp, verdict::Verdict,
        },
        words::why as words,
    },
    track::{
        event::{CloseReason, HandshakeVerdict, TcpRecord, TcpTeardown, TeardownKind},
        flow::Side,
    },
};

impl Dossier {
    pub(super) fn refused(&self, chain: &mut Chain) {
        let resp = self.side(Side::Resp);
        if let Some(rst) = &self.rst {
            let syn = self.syns.all.last();
            match (syn, rst.segment) {
                (Some((_, at, seq)), Some(segment)) if segment.flags.ack() => {
                    let after = rst.at.since(*at);
                    let shown = frame(rst.frame);
                    chain.claim(words::refusing_rst(shown, resp, after, segment.ack, *seq))
                }
                _ => chain.claim(words::reset_unsaid(frame(rst.frame), resp)),
            };
        }
        chain.claim(words::nobody_listens(
            self.flow.resp.ip,
            self.flow.resp.port,
        ));
        chain.claim(words::refusing_program(self.flow.resp.port));
    }

    pub(super) fn unanswered(&self, record: &TcpRecord, scene: &Scene<'_>, chain: &mut Chain) {
        let ip = self.flow.resp.ip;
        if self.syns.count > 1 {
            let (all, gaps) = (frames(&self.syns.frames()), self.syns.gaps());
            chain.claim(words::syn_again(self.syns.count, all, gaps));
        } else if let Some((syn, ..)) = self.syns.all.first() {
            chain.claim(words::syn_alone(frame(*syn)));
        }
        let answer = scene.addresses.answer(&self.path.because);
        let is_beyond = self
            .path
            .route
            .is_some_and(|route| route.off_subnet.is_some());
        if let Some(answer) = answer.filter(|answer| answer.binding.ip == ip) {
            chain.claim(words::host_is_up(ip, asked_by(ip), frame(answer.frame)));
        }
        if record.reason == CloseReason::CaptureEnded && self.syns.count == 1 {
            chain.claim(words::capture_too_short(frame(record.last_frame)));
        } else if is_beyond {
            chain.claim(words::silent_beyond_gateway(ip));
        } else {
            chain.claim(words::silent_host(ip));
        }
    }

    /// The SYN-ACK was sent again, or its ACK never seen.
    pub(super) fn half_open(&self, chain: &mut Chain) {
        let (orig, resp) = (self.side(Side::Orig), self.side(Side::Resp));
        let synacks = frames(&self.synacks.frames());
        match self.synacks.all.first() {
            Some((synack, ..)) if self.synacks.count == 1 => {
                chain.claim(words::synack_alone(frame(*synack), resp.clone()));
            }
            _ => {
                let again = words::synack_again(resp.clone(), self.synacks.count, synacks);
                chain.claim(again);
            }
        }
        if let Some((ack, _)) = self.ack {
            chain.claim(words::ack_lost(resp, frame(ack)));
            return;
        }
        chain.claim(words::no_ack(orig.clone()));
        let first_synack = self.synacks.all.first().map_or(0, |(frame, ..)| *frame);
        let repeated: Vec<_> = self.syns.frames();
        let repeated: Vec<_> = repeated
            .into_iter()
            .filter(|syn| *syn > first_synack)
            .collect();
        if repeated.is_empty() {
            chain.claim(words::synack_or_ack_lost(self.flow.orig.ip));
        } else {
            chain.claim(words::synack_lost(orig, frames(&repeated)));
        }
    }

    pub(super) fn reset(&self, record: &TcpRecord, conflict: Option<&Conflict>, chain: &mut Chain) {
        let by = record.reset_by.unwrap_or(Side::Resp);
        let who = self.side(by);
        if let Some(rst) = &self.rst {
            let shown = frame(rst.frame);
            match self.last_word.filter(|word| word.frame < rst.frame) {
                Some(word) => {
                    let (after, last) = (rst.at.since(word.at), frame(word.frame));
                    chain.claim(if after.is_zero() {
                        words::reset_at_once(shown, who.clone(), last)
                    } else {
                        words::reset(shown, who.clone(), after, last)
                    })
                }
                None => chain.claim(words::reset_unsaid(shown, who.clone())),
            };
            let ip = self.flow.endpoint(by).ip;
            let stranger = rst
                .mac
                .filter(|mac| conflict.is_some_and(|it| it.new == *mac));
            if let Some(mac) = stranger {
                chain.claim(words::reset_by_other_mac(frame(rst.frame), mac, ip));
            }
        }
        if let Some(conflict) = conflict {
            conflict.explain(words::cut_off(conflict.ip), chain);
            return;
        }
        let other = self.said.of(by.other());
        match *self.fins.of(by) {
            Some(fin) if other.last > fin => {
                let (fin, data) = (frame(fin), frame(other.last));
                chain.claim(words::written_after_close(who, fin, data));
            }
            _ => _ = chain.claim(words::program_died(who)),
        }
        chain.claim(words::bytes_on_the_way());
    }

    /// Wrong checksums, and what they meant to the receiver.
    pub(super) fn bad_checksums(&self, chain: &mut Chain) {
        for side in [Side::Orig, Side::Resp] {
            let bad = self.bad_checksums.of(side);
            if bad.count == 0 {
                continue;
            }
            let (who, other) = (self.side(side), self.side(side.other()));
            let all = frames(&bad.frames);
            chain.claim(words::bad_checksums(who.clone(), bad.count, all));
            chain.claim(match (bad.answer, bad.first) {
                (Some(answer), Some((first, _))) => {
                    words::sum_not_computed(frame(answer), frame(first), who)
                }
                _ => words::thrown_away(other),
            });
        }
    }

    pub(super) fn stalled(&self, chain: &mut Chain) {
        for side in [Side::Orig, Side::Resp] {
            let stall = self.stalls.of(side);
            let Some(closed) = stall.closed else {
                continue;
            };
            let (who, sender) = (self.side(side), self.side(side.other()));
            chain.claim(words::zero_window(frame(closed), who.clone()));
            if stall.probed > 0 {
                let probes = frames(&stall.probes);
                chain.claim(words::probed(sender, stall.probed, probes));
            }
            match stall.reopened.filter(|_| !stall.is_open) {
                Some((reopened, stalled)) => {
                    chain.claim(words::reopened(frame(reopened), stalled));
                }
                None => _ = chain.claim(words::never_reopened(who.clone())),
            }
            chain.claim(words::does_not_read(who));
        }
    }

    pub(super) fn resent(&self, sides: &[Side], chain: &mut Chain) {
        if self.syns.count > 1 {
            let (all, gaps) = (frames(&self.syns.frames()), self.syns.gaps());
            chain.claim(words::syn_repeated(self.syns.count, all, gaps));
        }
        for &side in sides {
            let again = self.resent.of(side);
            if again.count == 0 {
                continue;
            }
            let (who, copy) = (self.side(side), frame(again.copy));
            chain.claim(match again.original {
                Some(original) => words::resent(who, again.count, copy, frame(original)),
                None => words::resent_unseen(who, again.count, copy),
            });
            Self::where_lost(again, chain);
        }
    }

    pub(super) fn where_lost(again: &Again, chain: &mut Chain) {
        let claim = if again.original.is_some() {
            words::lost_behind()
        } else {
            words::lost_before()
        };
        if !chain.claims.contains(&claim) {
            chain.claim(claim);
        }
    }

    pub(super) fn talked(&self, chain: &mut Chain) {
        let (orig, resp) = (self.said.orig, self.said.resp);
        if orig.messages + resp.messages == 0 {
            chain.claim(words::nothing_said());
            return;
        }
        chain.claim(words::talked(
            self.side(Side::Orig),
            orig.messages,
            orig.bytes,
            self.side(Side::Resp),
            resp.messages,
            resp.bytes,
        ));
    }

    /// A greeting that came late or never: the connection waited to be accepted.
    pub(super) fn greeted(&self, scene: &Scene<'_>, chain: &mut Chain) {
        let (Some((ack, opened)), Some(queued)) = (self.ack, self.queued) else {
            return;
        };
        let resp = self.side(Side::Resp);
        match self.first_word {
            Some((Side::Resp, word)) => {
                let after = word.at.since(opened);
                chain.claim(words::greeted_late(frame(word.frame), resp.clone(), after));
            }
            _ if self.is_left_waiting() => {
                let waited = self.waited(scene);
                chain.claim(words::never_greeted(resp.clone(), frame(ack), waited));
            }
            _ => return,
        }
        let (served, place) = (queued.served.to_string(), queued.place as u64);
        chain.claim(words::served_meanwhile(resp.clone(), served, place));
        chain.claim(words::waited_in_queue(resp));
    }

    /// How long what the verdict says went on.
    pub(super) fn lasted(&self, verdict: Verdict, scene: &Scene<'_>) -> Duration {
        match verdict {
            Verdict::Queued | Verdict::NeverAccepted => self.waited(scene),
            Verdict::Deadlock => self.silence.map_or(Duration::ZERO, |(_, it)| it.lasted),
            Verdict::Stalled => self.stalls.orig.longest.max(self.stalls.resp.longest),
            _ => Duration::ZERO,
        }
    }

    /// How long it waited for the responder's first words.
    fn waited(&self, scene: &Scene<'_>) -> Duration {
        let Some((_, opened)) = self.ack else {
            return Duration::ZERO;
        };
        let greeted = self.first_word.map(|(_, word)| word.at);
        greeted.or(self.left).unwrap_or(scene.end).since(opened)
    }

    /// It waited in the listen queue until it was over.
    pub(super) const fn is_left_waiting(&self) -> bool {
        self.queued.is_some() && self.said.resp.messages == 0
    }

    /// Each waited for the other's words.
    pub(super) fn deadlock(&self, chain: &mut Chain) {
        let (Some((ended, silence)), Some(word)) = (self.silence, self.last_word) else {
            return;
        };
        let Some(turn) = silence.turn else {
            return;
        };
        let (waits, speaker) = (self.side(turn), self.side(turn.other()));
        let (last, lasted) = (frame(word.frame), silence.lasted);
        chain.claim(match ended {
            Some(end) => words::quiet_until(speaker, last, lasted, frame(end)),
            None => words::quiet_to_the_end(speaker, last, lasted),
        });
        chain.claim(words::both_waited(waits.clone()));
        chain.claim(words::empty_or_thinking(waits));
        self.left_without_word(chain);
    }

    /// The client left a chat without its goodbye.
    pub(super) fn left_without_word(&self, chain: &mut Chain) {
        if let Some(fin) = self.wordless {
            let (orig, resp) = (self.side(Side::Orig), self.side(Side::Resp));
            chain.claim(words::left_without_88(frame(fin), orig));
            chain.claim(words::learnt_by_empty_read(resp, frame(fin)));
        }
    }

    /// Whose segments a router refused as too big, if one did.
    pub(super) fn refused_side(&self) -> Option<Side> {
        let refused = self
            .complaint
            .as_ref()
            .filter(|it| it.is_too_big())?
            .frame();
        let is_after = |side: &Side| {
            let latest = self.resent.of(*side).latest.last();
            latest.is_some_and(|copy| *copy > refused)
        };
        [Side::Orig, Side::Resp].into_iter().find(is_after)
    }

    /// A router refused segments, and they were sent again smaller.
    pub(super) fn too_big(&self, chain: &mut Chain) {
        let (Some(complaint), Some(side)) = (&self.complaint, self.refused_side()) else {
            return;
        };
        complaint.explain(self.flow.resp, icmp::About::Segment, chain);
        let again = self.resent.of(side);
        let copies = again.latest.iter().copied();
        let copies: Vec<_> = copies.filter(|copy| *copy > complaint.frame()).collect();
        let (who, largest) = (self.side(side), again.largest);
        chain.claim(words::resent_smaller(who, frames(&copies), largest));
        self.resent(&[side.other()], chain);
    }

    /// How the handshake went: in detail where there is room for it.
    pub(super) fn opened(&self, chain: &mut Chain) {
        let Some(it) = &self.handshake else {
            return;
        };
        let frames_of = (it.syn_frame, it.synack_frame, it.ack_frame);
        if it.verdict == HandshakeVerdict::SimultaneousOpen {
            let both = |one: &Few, other: &Few| {
                let mut both = [one.frames(), other.frames()].concat();
                both.sort_unstable();
                frames(&both)
            };
            let syns = both(&self.syns, &self.crossing.0);
            let synacks = both(&self.synacks, &self.crossing.1);
            chain.claim(match it.synack_frame {
                Some(synack) if synacks == frames(&[synack]) => {
                    words::crossing_syns_answered(syns, frame(synack))
                }
                _ => words::crossing_syns(syns, synacks),
            });
            return;
        }
        let (Some(syn), Some(synack), Some(ack)) = frames_of else {
            return;
        };
        let isns = (it.isn.orig, it.isn.resp, it.synack_rtt);
        let is_short = chain.claims.len() <= 4;
        let (true, (Some(orig), Some(resp), Some(rtt))) = (is_short, isns) else {
            chain.claim(words::handshake(frame(syn), frame(synack), frame(ack)));
            return;
        };
        let resp_socket = self.side(Side::Resp);
        let completing = if self.is_ack_lost() {
            words::ack_sent
        } else {
            words::completing_ack
        };
        chain.claim(completing(frame(ack), resp.wrapping_add(1), resp));
        let next = orig.wrapping_add(1);
        chain.claim(words::synack(frame(synack), resp_socket, rtt, next, orig));
    }

    pub(super) fn closed(&self, it: &TcpTeardown, chain: &mut Chain) {
        let first = it.closed_first.map(|side| self.side(side));
        let all = frames(&it.frames);
        match (it.kind, first) {
            (TeardownKind::FourSegment, Some(who)) => {
                chain.claim(words::closed_in_four(all, who));
            }
            (TeardownKind::ThreeSegment, Some(who)) => {
                chain.claim(words::closed_in_three(all, who));
            }
            (TeardownKind::SimultaneousClose, _) => _ = chain.claim(words::closed_at_once(all)),
            (TeardownKind::HalfClosed, _) => self.one_fin(chain),
            _ => {}
        }
    }

    pub(super) fn one_fin(&self, chain: &mut Chain) {
        for side in [Side::Orig, Side::Resp] {
            let (own, other) = (self.fins.of(side), self.fins.of(side.other()));
            if let (Some(fin), None) = (own, other) {
                let (who, other) = (self.side(side), self.side(side.other()));
                chain.claim(words::one_fin(frame(*fin), who, other.clone()));
                chain.claim(words::half_closed_why(other));
            }
        }
    }
}
