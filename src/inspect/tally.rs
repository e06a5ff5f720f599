//! What is counted of every frame, whatever is in it.

use crate::{capture::Frame, link_type::LinkType, report::Totals, time::Timestamp};

/// Counts of the frames up to some point.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub frames: u64,
    bytes: u64,
    backwards: u64,
    link_types: Vec<LinkType>,
    /// The latest time; none before the first frame.
    pub latest: Option<Timestamp>,
}

impl Tally {
    /// One more frame.
    #[inline]
    pub fn add(&mut self, frame: &Frame<'_>) {
        self.frames += 1;
        self.bytes = self.bytes.saturating_add(frame.original_len as u64);
        if self.link_types.last() != Some(&frame.link_type)
            && !self.link_types.contains(&frame.link_type)
        {
            self.link_types.push(frame.link_type);
        }
        if self.latest.is_some_and(|latest| frame.at < latest) {
            self.backwards += 1;
        } else {
            self.latest = Some(frame.at);
        }
    }

    /// Writes it down.
    pub fn note(self, totals: &mut Totals) {
        totals.frames = self.frames;
        totals.bytes = self.bytes;
        totals.backwards = self.backwards;
        totals.link_types = self.link_types;
        totals.last_at = self.latest;
    }
}
