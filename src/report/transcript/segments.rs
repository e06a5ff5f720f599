//! When each segment's payload came: what `--recv` must know beyond messages.

use std::collections::VecDeque;

use super::reader::Piece;
use crate::{
    decode::{Packet, Transport},
    time::Timestamp,
};

/// At most this many segments are remembered, the latest.
const MAX_SEGMENTS: usize = 65_536;

/// The latest segments with payload.
#[derive(Debug, Default)]
pub struct Segments {
    latest: VecDeque<Segment>,
}

#[derive(Debug)]
struct Segment {
    frame: u64,
    at: Timestamp,
    sequence: u32,
    len: u32,
}

impl Segments {
    /// A frame goes by.
    pub fn observe(&mut self, frame: u64, at: Timestamp, packet: &Packet<'_>) {
        let Some(Transport::Tcp(segment)) = packet.network.transport() else {
            return;
        };
        if segment.payload_len == 0 {
            return;
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
    }

    /// When the first of these frames went by.
    pub fn first_at(&self, frames: &[u64]) -> Option<Timestamp> {
        frames
            .first()
            .and_then(|frame| self.find(*frame))
            .map(|it| it.at)
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
