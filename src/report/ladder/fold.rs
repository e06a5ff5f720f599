//! Frames that need no arrow of their own.

use super::{
    Entry, Ladder,
    arrange::SILENCE,
    draft::{self, Draft, Fold},
};
use crate::decode::tcp::SeqNumber;

/// How far back the arrow is looked for that a pure ACK acknowledges.
const ACK_REACH: usize = 64;

impl Ladder {
    /// Folds a pure ACK into the arrow that it acknowledges. False: there is none to be seen.
    pub(super) fn fold_ack(&mut self, ack: &mut Draft) -> bool {
        let Some(tcp) = ack.tcp else {
            return false;
        };
        if !self.window().contains(&ack.frame) || self.cut_at.is_some() {
            return true;
        }
        let is_beyond = |number: SeqNumber| tcp.ack.is_some_and(|ack| ack.after(number));
        let is_other_way = |it: &draft::Tcp| {
            it.flow.orig == tcp.flow.resp && it.flow.resp == tcp.flow.orig && !it.is_pure_ack()
        };
        let acknowledges = |it: &draft::Tcp| {
            is_other_way(it) && !it.flags.syn() && tcp.ack.is_some_and(|ack| !ack.before(it.end()))
        };
        let recent = self.entries.iter_mut().rev().take(ACK_REACH);
        let mut arrows = recent.filter_map(|entry| match entry {
            Entry::Arrow(draft) => Some(&mut **draft),
            Entry::Ending(_) => None,
        });
        let mut is_known = false;
        let arrow = arrows.find(|it| {
            // A part of an arrow, or a SYN whose acknowledgment has an arrow.
            is_known |= it
                .tcp
                .is_some_and(|it| is_other_way(&it) && is_beyond(it.seq));
            it.tcp.is_some_and(|it| acknowledges(&it))
        });
        if let Some(arrow) = arrow {
            arrow.acked_in.get_or_insert(ack.frame);
        } else if !is_known {
            ack.fold = Some(Fold::Odd("ack"));
            return false;
        }
        self.folded_acks += 1;
        let mut before = self.entries.iter_mut().rev();
        if let Some(last) = before.find_map(|entry| match entry {
            Entry::Arrow(draft) => Some(draft),
            Entry::Ending(_) => None,
        }) {
            last.until = last.until.max(ack.at);
        }
        true
    }

    /// Makes an arrow part of the one before, when both say the same.
    pub(super) fn fold(&mut self, it: &Draft) -> bool {
        let (Some(fold), Some(tcp)) = (it.fold, it.tcp) else {
            return false;
        };
        if !it.after.is_empty() || !it.copied_in.is_empty() {
            return false;
        }
        let is_alike = |entry: &Entry| match entry {
            Entry::Arrow(other) => {
                other.fold == Some(fold) && other.tcp.is_some_and(|other| other.flow == tcp.flow)
            }
            Entry::Ending(_) => false,
        };
        let before = self.entries.iter().rev().nth(1).is_some_and(is_alike);
        if !self.entries.last().is_some_and(is_alike) {
            return false;
        }
        let Some(Entry::Arrow(last)) = self.entries.last_mut() else {
            return false;
        };
        // Two segments of data in a row are still drawn, each.
        let is_run = fold != Fold::Data || before || last.count > 1;
        if !is_run || !last.copied_in.is_empty() || last.is_unheard {
            return false;
        }
        let Some(first) = last.tcp else {
            return false;
        };
        // Neither a hole nor a silence is hidden in a run.
        let is_hole = fold == Fold::Data && tcp.seq != first.end();
        if is_hole || it.at.since(last.until) >= SILENCE {
            return false;
        }
        last.count += it.count;
        last.last_frame = it.frame;
        last.until = last.until.max(it.at);
        // What acknowledged its beginning does not acknowledge all of it.
        last.acked_in = None;
        last.tcp = Some(draft::Tcp {
            seq: first.seq,
            len: first.len.saturating_add(tcp.len),
            ..tcp
        });
        last.bytes = match (last.bytes, it.bytes) {
            (Some(one), Some(other)) => Some(one.saturating_add(other)),
            (one, other) => one.or(other),
        };
        true
    }
}
