//! The part of a frame that a header may read, and the one place where lengths are compared.

use super::{DecodeError, Layer, Reason};

/// A stretch of the frame: the bytes captured of it, and how long it is by the header outside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span<'a> {
    /// Where it begins in the frame, in bytes.
    pub offset: usize,
    /// What was captured of it.
    pub bytes: &'a [u8],
    /// Its length in bytes, captured or not; never less than `bytes` has.
    pub len: usize,
}

impl<'a> Span<'a> {
    /// A stretch of `len` bytes, of which `bytes` were captured. What goes beyond `len` is left out.
    #[inline]
    pub fn new(offset: usize, bytes: &'a [u8], len: usize) -> Self {
        Self {
            offset,
            bytes: bytes.get(..len).unwrap_or(bytes),
            len,
        }
    }

    /// The first `N` bytes and what follows them.
    #[inline]
    pub fn take<const N: usize>(self, layer: Layer) -> Result<(&'a [u8; N], Self), DecodeError> {
        match self.bytes.split_first_chunk::<N>() {
            Some((head, rest)) => Ok((
                head,
                Self {
                    offset: self.offset + N,
                    bytes: rest,
                    len: self.len - N,
                },
            )),
            None => Err(self.short(layer, N)),
        }
    }

    /// What follows the first `count` bytes, captured or not.
    #[inline]
    pub fn skip(self, count: usize) -> Self {
        Self {
            offset: self.offset + count,
            bytes: self.bytes.get(count..).unwrap_or_default(),
            len: self.len.saturating_sub(count),
        }
    }

    /// The first `len` bytes by what a header claims, captured or not.
    #[inline]
    pub fn limit(self, len: usize) -> Self {
        Self::new(self.offset, self.bytes, len)
    }

    /// The first `count` bytes, or as many as were captured.
    #[inline]
    pub fn head(self, count: usize) -> &'a [u8] {
        self.bytes.get(..count).unwrap_or(self.bytes)
    }

    /// Fewer than `needed` bytes are here: the capture's fault or the sender's?
    #[cold]
    pub fn short(self, layer: Layer, needed: usize) -> DecodeError {
        let (reason, had) = if self.len >= needed {
            (Reason::Truncated, self.bytes.len())
        } else {
            (Reason::TooShort, self.len)
        };
        DecodeError {
            layer,
            offset: self.offset,
            needed,
            had,
            reason,
        }
    }

    /// A field says `had`, which breaks the bound `needed`.
    #[cold]
    pub fn field(self, layer: Layer, name: &'static str, had: usize, needed: usize) -> DecodeError {
        DecodeError {
            layer,
            offset: self.offset,
            needed,
            had,
            reason: Reason::Field(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_capture_is_told_from_a_short_frame() {
        let cut = Span::new(14, &[0; 4], 20);
        let error = cut.take::<8>(Layer::Udp).unwrap_err();
        assert_eq!(
            (error.reason, error.needed, error.had, error.offset),
            (Reason::Truncated, 8, 4, 14)
        );

        let short = Span::new(14, &[0; 4], 6);
        let error = short.take::<8>(Layer::Udp).unwrap_err();
        assert_eq!((error.reason, error.had), (Reason::TooShort, 6));
    }

    #[test]
    fn limits_keep_what_is_claimed_and_what_is_there_apart() {
        let span = Span::new(0, &[1, 2, 3, 4], 10);
        let inside = span.limit(3);
        assert_eq!((inside.bytes, inside.len), (&[1, 2, 3][..], 3));
        let claimed = span.limit(12);
        assert_eq!((claimed.bytes.len(), claimed.len), (4, 12));
        let rest = span.skip(7);
        assert_eq!((rest.offset, rest.bytes.len(), rest.len), (7, 0, 3));
    }
}
