//! What is counted of every frame, whatever is in it.

use std::hint::cold_path;

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
    /// More frames.
    #[inline]
    pub fn add<'a>(&mut self, frames: impl IntoIterator<Item = Frame<'a>>) {
        // Where all of them are counted, nothing is written to memory before the last.
        let (mut count, mut bytes, mut backwards) = (0, 0, 0);
        let mut latest = self.latest.unwrap_or(Timestamp::from_nanos(i64::MIN));
        let mut link_type = self.link_types.last().copied();
        for frame in frames {
            count += 1;
            bytes += frame.original_len as u64;
            if link_type != Some(frame.link_type) {
                link_type = Some(frame.link_type);
                self.meet(frame.link_type);
            }
            if frame.at < latest {
                cold_path();
                backwards += 1;
            } else {
                latest = frame.at;
            }
        }
        if count > 0 {
            self.latest = Some(latest);
        }
        self.frames += count;
        self.bytes = self.bytes.saturating_add(bytes);
        self.backwards += backwards;
    }

    #[inline(never)]
    fn meet(&mut self, link_type: LinkType) {
        if !self.link_types.contains(&link_type) {
            self.link_types.push(link_type);
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
