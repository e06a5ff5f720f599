//! What is claimed of a connection: what was said, how it ended.

use std::time::Duration;

use super::{Again, Dossier};
use crate::{
    report::{
        why::{
            Scene, address::Conflict, chain::Chain, frame, frames, icmp, range, verdict::Verdict,
        },
        words::why as words,
    },
    track::{
        event::{TcpRecord, TcpTeardown, TeardownKind},
        flow::Side,
    },
};

/// A silence as long is worth a word.
const LONG_SILENCE: Duration = Duration::from_mins(1);

impl Dossier {
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
                let cut = self.cut_character.of(by.other());
                if let Some((part, rest)) = cut.filter(|(part, _)| *part < fin) {
                    let (part, rest) = (frame(part), frame(rest));
                    chain.claim(words::cut_character(part, rest, who.clone(), frame(fin)));
                }
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
                None => _ = chain.claim(words::never_reopened(who.clone(), frame(closed))),
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

    pub(super) fn talked(&self, record: &TcpRecord, chain: &mut Chain) {
        let (orig, resp) = (self.said.orig, self.said.resp);
        let sides = (self.side(Side::Orig), self.side(Side::Resp));
        chain.claim(match (orig.span, resp.span) {
            (Some(by_orig), Some(by_resp)) => words::talked(
                sides.0,
                orig.messages,
                orig.bytes,
                range(by_orig.0, by_orig.1),
                sides.1,
                resp.messages,
                resp.bytes,
                range(by_resp.0, by_resp.1),
            ),
            (Some((first, last)), None) => {
                let frames = range(first, last);
                words::talked_only(sides.0, orig.messages, orig.bytes, frames, sides.1)
            }
            (None, Some((first, last))) => {
                let frames = range(first, last);
                words::talked_only(sides.1, resp.messages, resp.bytes, frames, sides.0)
            }
            (None, None) => words::nothing_said(range(record.first_frame, record.last_frame)),
        });
    }

    /// The longest time in which nobody spoke, where it was long.
    pub(super) fn fell_silent(&self, chain: &mut Chain) {
        let pause = self.pause.filter(|(.., it)| *it >= LONG_SILENCE);
        if let Some((before, after, silence)) = pause {
            chain.claim(words::long_silence(frame(before), frame(after), silence));
        }
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
            Verdict::Stalled | Verdict::Slowed => {
                self.stalls.orig.longest.max(self.stalls.resp.longest)
            }
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
