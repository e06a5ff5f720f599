//! What is claimed of how a connection was opened, or was not.

use std::time::Duration;

use super::{Dossier, Few};
use crate::{
    report::{
        why::{Scene, asked_by, chain::Chain, frame, frames},
        words::why as words,
    },
    track::{
        event::{CloseReason, HandshakeVerdict, TcpRecord},
        flow::Side,
    },
};

/// Who took a connection so long before a SYN took it shortly before.
const SHORTLY: Duration = Duration::from_mins(1);

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
        let asked = self.syns.all.first();
        let served = scene.served.get(&self.flow.resp);
        let served = served
            .zip(asked)
            .filter(|(served, (syn, at, _))| served.frame < *syn && at.since(served.at) <= SHORTLY);
        if record.reason == CloseReason::CaptureEnded && self.syns.count == 1 {
            chain.claim(words::capture_too_short(frame(record.last_frame)));
        } else if let Some((served, (_, at, _))) = served {
            let (conn, before) = (served.id.to_string(), at.since(served.at));
            let (resp, ack) = (self.side(Side::Resp), frame(served.frame));
            chain.claim(words::took_before(resp, conn, ack, before));
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
        let first_synack = self.synacks.all.first().map_or(0, |(frame, ..)| *frame);
        chain.claim(words::no_ack(orig.clone(), frame(first_synack)));
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
}
