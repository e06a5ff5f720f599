//! What a segment brings to a stream.

use crate::track::event::Frames;

/// What a segment brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// Bytes never seen before.
    pub fresh: u64,
    /// Bytes seen before.
    pub again: u64,
    /// Bytes never seen before that had been declared missing.
    pub late: u64,
    /// The first stretch that was seen before with other bytes: its offset and length.
    pub conflict: Option<(i64, u64)>,
}

/// A segment's payload.
#[derive(Clone, Copy, Debug)]
pub struct Payload<'a> {
    /// Offset of its first byte.
    pub start: i64,
    /// Bytes on the wire.
    pub len: usize,
    /// The bytes that were captured, at most `len`.
    pub bytes: &'a [u8],
    /// The frame that carried it.
    pub frame: u64,
    /// The frames of fragments that came before that one.
    pub earlier: &'a [u64],
    /// Its sender asked for it to be delivered at once (PSH).
    pub push: bool,
}

impl Payload<'_> {
    /// The frames that carried it.
    #[inline]
    pub fn frames(&self) -> Frames {
        if self.earlier.is_empty() {
            return Frames::from_buf_and_len([self.frame, 0], 1);
        }
        [self.earlier, &[self.frame]].concat().into()
    }

    /// The captured bytes from one offset to another.
    pub(super) fn between(&self, from: i64, to: i64) -> &[u8] {
        let index = |offset: i64| {
            usize::try_from(offset - self.start)
                .unwrap_or(0)
                .min(self.bytes.len())
        };
        self.bytes.get(index(from)..index(to)).unwrap_or(&[])
    }
}

/// Where a payload between two offsets differs from the bytes known to stand there.
pub(super) fn conflict<'a>(
    payload: Payload<'_>,
    from: i64,
    to: i64,
    known: impl Iterator<Item = &'a u8>,
) -> Option<(i64, u64)> {
    if to <= from {
        return None;
    }
    payload
        .between(from, to)
        .iter()
        .zip(known)
        .any(|(new, old)| new != old)
        .then(|| (from, from.abs_diff(to)))
}
