//! When each segment's payload came, and which met nobody any more: what must be known beyond messages,
//! for a message may be told long after its last segment.

use std::collections::VecDeque;

use super::reader::Piece;
use crate::{
    decode::{Packet, Transport},
    time::Timestamp,
    track::flow::Endpoint,
};

/// At most this many segments are remembered, the latest.
const MAX_SEGMENTS: usize = 65_536;

/// At most this many RSTs are remembered, the latest.
const MAX_RESETS: usize = 4096;

/// The latest segments with payload, and the latest RSTs.
#[derive(Debug, Default)]
pub struct Segments {
    latest: VecDeque<Segment>,
    resets: VecDeque<(u64, Ends)>,
}

/// Who sends, and to whom.
pub type Ends = (Endpoint, Endpoint);

#[derive(Debug)]
struct Segment {
    frame: u64,
    at: Timestamp,
    sequence: u32,
    len: u32,
}

impl Segments {
    /// A frame goes by. Returns who says something in it, and to whom.
    pub fn observe(&mut self, frame: u64, at: Timestamp, packet: &Packet<'_>) -> Option<Ends> {
        let Some(Transport::Tcp(segment)) = packet.network.transport() else {
            return None;
        };
        let (src, dst) = packet.network.addresses()?;
        let ends = (
            Endpoint {
                ip: src,
                port: segment.source_port,
            },
            Endpoint {
                ip: dst,
                port: segment.destination_port,
            },
        );
        if segment.flags.rst() {
            if self.resets.len() >= MAX_RESETS {
                self.resets.pop_front();
            }
            self.resets.push_back((frame, ends));
        }
        if segment.payload_len == 0 {
            return None;
        }
        if self.latest.len() >= MAX_SEGMENTS {
            self.latest.pop_front();
        }
        self.latest.push_back(Segment {
            frame,
            at,
            sequence: segment.sequence.0,
            len: segment.payload_len as u32,
        });
        Some(ends)
    }

    /// When the first of these frames went by, as far as they are remembered.
    pub fn first_at(&self, frames: &[u64]) -> Option<Timestamp> {
        frames.iter().find_map(|frame| Some(self.find(*frame)?.at))
    }

    /// When the last of these frames went by.
    pub fn last_at(&self, frames: &[u64]) -> Option<Timestamp> {
        Some(self.find(*frames.last()?)?.at)
    }

    /// Bytes that these frames carried.
    pub fn carried(&self, frames: &[u64]) -> u64 {
        let found = frames.iter().filter_map(|frame| self.find(*frame));
        found.map(|it| u64::from(it.len)).sum()
    }

    /// The first RST from one end to the other behind a frame.
    pub fn reset_after(&self, frame: u64, ends: Ends) -> Option<u64> {
        let mut resets = self.resets.iter();
        resets
            .find(|reset| reset.0 > frame && reset.1 == ends)
            .map(|reset| reset.0)
    }

    /// Cuts a message into what each of its segments brought, in order of the stream. Bytes count from
    /// when all before them were there too. Where a segment is not remembered, all came with the last.
    pub fn cut(&self, bytes: &[u8], frames: &[u64], at: Timestamp) -> Vec<Piece> {
        let last = frames.last().copied().unwrap_or_default();
        let whole = || {
            vec![Piece {
                at,
                frame: last,
                bytes: bytes.to_vec(),
            }]
        };
        let found: Option<Vec<&Segment>> = frames.iter().map(|frame| self.find(*frame)).collect();
        let Some(mut segments) = found.filter(|segments| segments.len() > 1) else {
            return whole();
        };
        let Some(base) = segments.first().map(|it| it.sequence) else {
            return whole();
        };
        let offset =
            |segment: &Segment| i64::from(segment.sequence.wrapping_sub(base).cast_signed());
        segments.sort_by_key(|segment| offset(segment));
        // The message ends where its last segment does, unless a later message shares that.
        let Some(end) = segments
            .iter()
            .map(|it| offset(it) + i64::from(it.len))
            .max()
        else {
            return whole();
        };
        let begin = end - i64::from(bytes.len() as u32);
        let mut pieces = Vec::new();
        let mut have = begin;
        let mut ready = segments.first().map_or(at, |it| it.at);
        for segment in segments {
            let to = (offset(segment) + i64::from(segment.len)).min(end);
            if to <= have {
                continue;
            }
            ready = ready.max(segment.at);
            let range = |offset: i64| usize::try_from(offset - begin).unwrap_or_default();
            pieces.push(Piece {
                at: ready,
                frame: segment.frame,
                bytes: bytes
                    .get(range(have)..range(to))
                    .unwrap_or_default()
                    .to_vec(),
            });
            have = to;
        }
        pieces
    }

    fn find(&self, frame: u64) -> Option<&Segment> {
        let place = self.latest.binary_search_by_key(&frame, |it| it.frame);
        self.latest.get(place.ok()?)
    }
}
