//! Frames that are handed on together: their bytes in one piece, and where each lies in it.

use std::{hint::cold_path, mem};

use super::{Ending, Frame, claim::Ahead};
use crate::{link_type::LinkType, time::Timestamp};

/// Frames that were read together, in order. It owns their bytes, so another thread may look at them.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    places: Vec<Place>,
    /// What the source has had to say since the batch before; told with it, so that it is known by whoever has
    /// seen the frames up to there.
    pub ending: Ending,
    /// What the bytes hold of a file before they are looked at.
    pub(super) ahead: Option<Ahead>,
}

/// Where a frame lies, and what the capture says about it. There are many, so it is small: no format and no
/// kernel tells lengths of more than 32 bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub at: Timestamp,
    pub link_type: LinkType,
    pub interface: u32,
    pub original_len: u32,
    /// Its first byte in the batch, and how many were captured.
    pub start: u32,
    pub len: u32,
}

/// A frame of a batch; its bytes are looked for only when they are needed.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'a> {
    batch: &'a Batch,
    place: &'a Place,
}

impl Batch {
    /// More frames than this gain nothing by being handed on together.
    pub const FULL: usize = 1024;

    /// How many frames there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The frames, in order.
    pub fn frames(&self) -> impl ExactSizeIterator<Item = Placed<'_>> {
        self.places
            .iter()
            .map(|place| Placed { batch: self, place })
    }

    /// One of them, counted from 0.
    #[inline]
    pub fn frame(&self, at: usize) -> Option<Placed<'_>> {
        let place = self.places.get(at)?;
        Some(Placed { batch: self, place })
    }

    /// Forgets the frames and keeps the room.
    pub fn clear(&mut self) {
        self.places.clear();
    }

    /// Adds a copy of a frame.
    pub fn push(&mut self, frame: &Frame<'_>) {
        if self.places.is_empty() {
            self.bytes.clear();
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(frame.data);
        self.places.push(Place {
            at: frame.at,
            link_type: frame.link_type,
            interface: frame.interface,
            original_len: frame.original_len as u32,
            start: start as u32,
            len: frame.data.len() as u32,
        });
    }

    /// Adds a frame whose bytes [`Batch::exchange`] brings.
    #[inline]
    pub(super) fn place(&mut self, place: Place) {
        self.places.push(place);
    }

    /// Takes the bytes that the places are of, for those of the batch, which are of no use any more.
    pub(super) fn exchange(&mut self, bytes: &mut Vec<u8>) {
        mem::swap(&mut self.bytes, bytes);
    }

    /// Room of so many bytes, in place of all that was there.
    pub(super) fn room(&mut self, len: usize) -> &mut [u8] {
        self.places.clear();
        if self.bytes.len() < len {
            // Not enlarged: so the system gives what is never written to only in name.
            self.bytes = vec![0; len];
        }
        self.bytes.get_mut(..len).unwrap_or_default()
    }

    /// The bytes, also those of no frame.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl<'a> Placed<'a> {
    /// When it was captured.
    #[inline]
    pub const fn at(&self) -> Timestamp {
        self.place.at
    }

    /// Its bytes.
    #[inline]
    pub fn data(&self) -> &'a [u8] {
        let (start, len) = (self.place.start as usize, self.place.len as usize);
        let Some(bytes) = self.batch.bytes.get(start..start + len) else {
            // A branch that is never taken is cheaper than a choice.
            cold_path();
            return &[];
        };
        bytes
    }

    /// The frame.
    #[inline]
    pub fn frame(&self) -> Frame<'a> {
        Frame {
            at: self.place.at,
            link_type: self.place.link_type,
            interface: self.place.interface,
            original_len: self.place.original_len as usize,
            data: self.data(),
        }
    }
}
