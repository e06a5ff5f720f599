//! What a single frame is, what it acknowledges, and what the proof of its conversation says of it.

use super::Inquiry;
use crate::{
    decode::tcp::SeqNumber,
    report::{
        why::{
            chain::{Chain, Subject},
            frame, frames,
            sight::{Body, Sight},
            verdict::Verdict,
        },
        words::why as words,
    },
    track::flow::Side,
};

impl Inquiry {
    /// What the frame that was asked for is, and what proofs say of it.
    pub(super) fn explain_frame(mut self) -> Option<Chain> {
        let sight = self.asked_for.take()?;
        let number = sight.number;
        self.chains.sort_by_key(|(rank, _)| *rank);
        let owner = self.chains.first().map(|(_, chain)| chain);
        let mut chain = Chain {
            claims: vec![sight.claim()],
            ..Chain::new(Subject::Frame(number), Verdict::Explained)
        };
        if let Some(quoted) = sight.quoted() {
            chain.claim(quoted);
        }
        self.acknowledged(&sight, &mut chain);
        let Some(owner) = owner else {
            return Some(chain);
        };
        for claim in &owner.claims {
            // The frame itself was described already.
            let is_told = ["syn", "datagram"].contains(&claim.name);
            let names_it = claim.frames().contains(&number);
            if names_it && !is_told && !chain.claims.contains(claim) {
                chain.claim(claim.clone());
            }
        }
        let is_first = matches!(
            owner.about,
            Subject::Tcp(_, flow) | Subject::Udp(_, flow) if sight.side_of(&flow) == Some(Side::Orig)
        );
        let proves_way = |name: &str| {
            [
                "learnt",
                "not_learnt",
                "same_subnet",
                "other_subnet",
                "taken_for_neighbour",
            ]
            .contains(&name)
        };
        let shows_way = |name: &str| name.starts_with("to_") || name == "straight";
        if is_first && chain.claims.iter().any(|claim| shows_way(claim.name)) {
            chain.mask = owner.mask;
            for claim in owner.claims.iter().filter(|claim| proves_way(claim.name)) {
                if !chain.claims.contains(claim) {
                    chain.claim(claim.clone());
                }
            }
        }
        let id = owner.about.id();
        match (&sight.body, owner.about.conversation()) {
            (_, Some(_)) if self.judge.addresses.answer_with(number).is_some() => {
                let first = frame(owner.first.unwrap_or(number));
                chain.claim(words::needed_for(frame(number), id.clone(), first));
            }
            (Body::Question(..) | Body::Answer(..), _) | (_, None) => {}
            _ => _ = chain.claim(words::belongs_to(frame(number), id.clone())),
        }
        chain.claim(words::came_out(id, owner.verdict));
        Some(chain)
    }

    /// What a segment acknowledges, of those before it.
    fn acknowledged(&self, sight: &Sight, chain: &mut Chain) {
        let (Some(segment), Some((src, dst))) = (sight.segment(), sight.sockets()) else {
            return;
        };
        if !segment.flags.ack() || segment.flags.rst() {
            return;
        }
        let mut found = Vec::new();
        let mut before = None;
        for earlier in self.recent.iter().rev() {
            let Some(it) = earlier.segment() else {
                continue;
            };
            match earlier.sockets() {
                Some(ends) if ends == (src, dst) && it.flags.ack() => {
                    // What was acknowledged before is not acknowledged again.
                    before.get_or_insert(it.ack);
                }
                Some(ends) if ends == (dst, src) && !it.is_empty() => {
                    let behind = |end: u32, of: u32| !SeqNumber(end).after(SeqNumber(of));
                    let is_acked = behind(it.end(), segment.ack);
                    let is_old = before.is_some_and(|ack| behind(it.end(), ack));
                    if is_old || found.len() == 8 {
                        break;
                    }
                    if is_acked {
                        found.push(earlier.number);
                    }
                }
                _ => {}
            }
        }
        found.reverse();
        if !found.is_empty() {
            let shown = frames(&found);
            chain.claim(words::acknowledges(frame(sight.number), shown, segment.ack));
        } else if before == Some(segment.ack) && segment.is_empty() {
            chain.claim(words::acknowledges_nothing_new(
                frame(sight.number),
                segment.ack,
            ));
        }
        if segment.is_empty() {
            chain.claim(words::pure_ack(frame(sight.number)));
        }
    }
}
