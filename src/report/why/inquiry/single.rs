//! What a single frame is, what it acknowledges, why it is there, and how it found its way.

use super::Inquiry;
use crate::{
    decode::tcp::SeqNumber,
    report::{
        why::{
            chain::{Chain, Claim, MOST_CLAIMS, Subject},
            frame, frames,
            judge::{Case, Within},
            sight::{Body, Sight},
            verdict::Verdict,
            way::Path,
        },
        words::why as words,
    },
};

/// At most so many owners are kept.
const MOST_OWNERS: usize = 8;

/// At most so many frames are named that one acknowledges.
const MOST_ACKNOWLEDGED: usize = 8;

/// What the frame that was asked for belongs to, or what needed it.
#[derive(Debug)]
pub(super) struct Owner {
    chain: Chain,
    relation: Relation,
    /// The conversation's own first frame.
    first: u64,
    path: Option<Path>,
}

/// What a frame is to its owner; what says most comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Relation {
    /// One of its own.
    Part,
    /// It names it, or could not have been without it.
    Needed,
    /// A question, a ping or a datagram of which it is a part.
    Step,
}

impl Inquiry {
    /// Something has come out that the frame may belong to.
    pub(super) fn own(&mut self, case: Case, asked: u64) {
        let relation = match (&case.within, &case.chain.about) {
            (Within::Span(span), Subject::Tcp(_, flow) | Subject::Udp(_, flow)) => {
                let sight = self.asked_for.as_ref();
                let is_side = sight.is_some_and(|sight| sight.side_of(flow).is_some());
                let is_part = self.notes.part_of.is_some()
                    && self.notes.part_of == case.chain.about.conversation();
                let mut claims = case.chain.claims.iter();
                let is_named = claims.any(|claim| claim.frames().contains(&asked));
                let answer = self.judge.addresses.answer_with(asked);
                let because = case.path.iter().flat_map(|path| &path.because);
                let is_needed =
                    answer.is_some_and(|it| because.into_iter().any(|frame| *frame == it.frame));
                if is_part || span.contains(&asked) && is_side {
                    Relation::Part
                } else if is_named || is_needed {
                    Relation::Needed
                } else {
                    return;
                }
            }
            (Within::Frames(all), _) if all.contains(&asked) => Relation::Step,
            _ => return,
        };
        if self.owners.len() < MOST_OWNERS {
            self.owners.push(Owner {
                relation,
                first: case.within.first(),
                chain: case.chain,
                path: case.path,
            });
        }
    }

    /// What the frame that was asked for is, and what proofs say of it.
    pub(super) fn explain_frame(mut self) -> Option<Chain> {
        let sight = self.asked_for.take()?;
        let number = sight.number;
        self.owners.sort_by_key(|owner| owner.relation);
        let mut notes = std::mem::take(&mut self.notes);
        let mut claims = vec![sight.claim()];
        claims.extend(sight.quoted());
        self.acknowledged(&sight, notes.says_more, &mut claims);
        if let Body::Fragment { id, from: 1.., .. } = sight.body {
            claims.push(words::no_ports(frame(number), id));
        }
        let lost = notes.lost.take();
        claims.extend(notes.into_claims(number));
        let owner = self.owners.first();
        if let Some(owner) = owner {
            owner.tell(number, &mut claims);
        }
        // What was refused was not lost.
        let is_refused = owner.is_some_and(|owner| owner.chain.verdict == Verdict::TooBig);
        claims.extend(lost.filter(|_| !is_refused));
        let mut root = Chain::new(Subject::Frame(number), Verdict::Explained);
        let path = owner.and_then(|owner| owner.path.as_ref());
        let judge = &self.judge;
        judge.addresses.way_of(&sight, path, &judge.nets, &mut root);
        let end = owner
            .map(|owner| self.end(owner, &sight))
            .unwrap_or_default();
        // However much there is to say, the root and the end are not left out.
        claims.truncate(MOST_CLAIMS - (root.claims.len() + end.len()).min(MOST_CLAIMS - 1));
        claims.append(&mut root.claims);
        claims.extend(end);
        root.claims = claims;
        Some(root)
    }

    /// What the frame is to its owner, and what became of that.
    fn end(&self, owner: &Owner, sight: &Sight) -> Vec<Claim> {
        let number = sight.number;
        let id = owner.chain.about.id();
        let mut end = Vec::new();
        match (&sight.body, owner.chain.about.conversation()) {
            (_, Some(_)) if self.judge.addresses.answer_with(number).is_some() => {
                let first = frame(owner.first);
                end.push(words::needed_for(frame(number), id.clone(), first));
            }
            (Body::Question(..) | Body::Answer(..), _) | (_, None) => {}
            _ => end.push(words::belongs_to(frame(number), id.clone())),
        }
        end.push(words::came_out(id, owner.chain.verdict));
        end
    }

    /// What a segment acknowledges, of those before it.
    fn acknowledged(&self, sight: &Sight, says_more: bool, claims: &mut Vec<Claim>) {
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
                    before.get_or_insert((it.ack, it.window));
                }
                Some(ends) if ends == (dst, src) && !it.is_empty() => {
                    let behind = |end: u32, of: u32| !SeqNumber(end).after(SeqNumber(of));
                    let is_acked = behind(it.end(), segment.ack);
                    let is_old = before.is_some_and(|(ack, _)| behind(it.end(), ack));
                    if is_acked && !is_old {
                        found.push(earlier.number);
                    }
                    if found.len() == MOST_ACKNOWLEDGED {
                        break;
                    }
                }
                _ => {}
            }
        }
        found.reverse();
        if !found.is_empty() {
            let shown = frames(&found);
            claims.push(words::acknowledges(frame(sight.number), shown, segment.ack));
            if segment.is_empty() && !says_more {
                claims.push(words::pure_ack(frame(sight.number)));
            }
            return;
        }
        let Some((_, window)) = before.filter(|(ack, _)| *ack == segment.ack && segment.is_empty())
        else {
            return;
        };
        let shown = frame(sight.number);
        claims.push(words::acknowledges_nothing_new(shown.clone(), segment.ack));
        if window != segment.window && !says_more {
            claims.push(words::other_window(shown, segment.window, window));
        }
    }
}

impl Owner {
    /// What its proof says of the frame, as far as nothing else has said it.
    fn tell(&self, number: u64, claims: &mut Vec<Claim>) {
        for claim in &self.chain.claims {
            // The frame itself was described already, and its way is told behind.
            let is_told = match claim.name {
                "syn" | "datagram" | "straight" | "straight_to_neighbour" | "loopback" => true,
                "resent" | "resent_unseen" | "net_too_wide" | "net_too_narrow" | "blank_macs" => {
                    true
                }
                name => name.starts_with("to_"),
            };
            if claim.frames().contains(&number) && !is_told && !claims.contains(claim) {
                claims.push(claim.clone());
            }
        }
    }
}
