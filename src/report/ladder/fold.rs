//! Frames that need no arrow of their own.

use super::{
    Entry, Ladder,
    draft::{Draft, Fold},
};

/// How far back the arrow is looked for that a pure ACK acknowledges.
const ACK_REACH: usize = 64;

impl Ladder {
    /// Folds a pure ACK into the arrow that it acknowledges. False: there is none to be seen.
    pub(super) fn fold_ack(&mut self, ack: &Draft) -> bool {
        let Some(tcp) = ack.tcp else {
            return false;
        };
        if !self.window().contains(&ack.frame) || self.cut_at.is_some() {
            return true;
        }
        self.folded_acks += 1;
        let acknowledges = |it: &Draft| {
            it.tcp.is_some_and(|it| {
                it.flow.orig == tcp.flow.resp
                    && it.flow.resp == tcp.flow.orig
                    && !it.is_pure_ack()
                    && !it.flags.syn()
                    && tcp.ack.is_some_and(|ack| !ack.before(it.end()))
            })
        };
        let recent = self.entries.iter_mut().rev().take(ACK_REACH);
        let arrow = recent.into_iter().find_map(|entry| match entry {
            Entry::Arrow(draft) if acknowledges(draft) => Some(draft),
            _ => None,
        });
        if let Some(arrow) = arrow {
            arrow.acked_in.get_or_insert(ack.frame);
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
        if !is_run || !last.copied_in.is_empty() {
            return false;
        }
        last.count += it.count;
        last.last_frame = it.frame;
        last.tcp = Some(tcp);
        last.bytes = match (last.bytes, it.bytes) {
            (Some(one), Some(other)) => Some(one.saturating_add(other)),
            (one, other) => one.or(other),
        };
        true
    }
}
