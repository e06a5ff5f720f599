//! One buffer that slides over a stream, so that memory stays flat and nothing is copied twice.

use std::{
    io::{self, Read},
    mem,
};

use crate::capture::{
    Batch, Claim,
    claim::{Claims, HEADROOM, STRETCH},
};

use super::Record;

/// The bytes of a stream that were read and not yet consumed.
///
/// ```text
///   0            start                    end          buffer.len()
///   +--------------+------------------------+---------------+
///   |   consumed   |         bytes()        |  room to read |
///   +--------------+------------------------+---------------+
/// ```
pub(super) struct Window {
    reader: Box<dyn Read + Send>,
    /// Where others may read what `reader` will come to.
    claims: Option<Claims>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    consumed: u64,
}

impl Window {
    /// A window at the beginning of `reader`, and claims to what that reads, where there can be any.
    pub(super) fn new(reader: Box<dyn Read + Send>, claims: Option<Claims>) -> Self {
        Self {
            reader,
            claims,
            buffer: vec![0; STRETCH],
            start: 0,
            end: 0,
            consumed: 0,
        }
    }

    /// What may be read now for a batch that will be given to [`Window::go_on_with`].
    pub(super) fn claim(&mut self) -> Option<Claim> {
        self.claims.as_mut()?.claim()
    }

    /// Goes on with what was read ahead into `batch`, if it is what follows. Else it will be read once more.
    pub(super) fn go_on_with(&mut self, batch: &mut Batch) {
        let Some(ahead) = batch.ahead.take() else {
            return;
        };
        if !self.claims.as_mut().is_some_and(|it| it.pass(&ahead)) {
            // Nor will what was claimed after it.
            self.claims = None;
            return;
        }
        let (rest, end) = (self.end - self.start, HEADROOM + ahead.len());
        if let Some(start) = HEADROOM.checked_sub(rest) {
            if let Some(begin) = batch.room(end).get_mut(start..HEADROOM) {
                begin.copy_from_slice(self.bytes());
            }
            batch.exchange(&mut self.buffer);
            (self.start, self.end) = (start, end);
        } else {
            self.buffer.truncate(self.end);
            let more = batch.room(end).get(HEADROOM..).unwrap_or_default();
            self.buffer.extend_from_slice(more);
            self.end = self.buffer.len();
        }
    }

    /// Reads until `count` bytes are there. False when the stream ends before.
    ///
    /// The buffer grows only as bytes arrive: a length that a hostile header claims costs nothing.
    #[inline]
    pub(super) fn need(&mut self, count: usize) -> io::Result<bool> {
        // Not in the loop, so that the common case is a comparison.
        if self.end - self.start >= count {
            return Ok(true);
        }
        self.read_until(count)
    }

    /// What was read and not yet consumed.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Consumes `count` bytes and gives those of them that are there.
    #[inline]
    pub(super) fn take(&mut self, count: usize) -> &[u8] {
        let start = self.start;
        self.start = start.saturating_add(count).min(self.end);
        self.consumed += (self.start - start) as u64;
        self.buffer.get(start..self.start).unwrap_or_default()
    }

    /// Consumes `count` bytes without keeping them all at once. False when the stream ends before.
    pub(super) fn skip(&mut self, mut count: u64) -> io::Result<bool> {
        while count > 0 {
            if !self.need(1)? {
                return Ok(false);
            }
            let here = usize::try_from(count).unwrap_or(usize::MAX);
            count -= self.take(here).len() as u64;
        }
        Ok(true)
    }

    /// Notes where the data of a record lie that begins here, and passes it.
    #[inline]
    pub(super) fn place(&mut self, record: &Record, batch: &mut Batch) {
        batch.place(record.place(self.start));
        self.take(record.whole_len);
    }

    /// Where the bytes not yet consumed begin in the buffer.
    #[inline]
    pub(super) fn position(&self) -> usize {
        self.start
    }

    /// Gives the buffer away, as it is, for another. The bytes not yet consumed go on in that.
    pub(super) fn change_buffer(&mut self, batch: &mut Batch) {
        let mut next = mem::take(&mut self.buffer);
        batch.exchange(&mut next);
        let rest = batch.bytes().get(self.start..self.end).unwrap_or_default();
        if next.len() < STRETCH.max(rest.len()) {
            next.resize(STRETCH.max(rest.len()), 0);
        }
        if let Some(begin) = next.get_mut(..rest.len()) {
            begin.copy_from_slice(rest);
        }
        (self.start, self.end) = (0, rest.len());
        self.buffer = next;
    }

    /// Bytes consumed since the beginning of the stream.
    pub(super) fn offset(&self) -> u64 {
        self.consumed
    }

    /// The bytes not yet consumed, and the stream behind them.
    pub(super) fn into_parts(mut self) -> (Vec<u8>, Box<dyn Read + Send>) {
        self.buffer.truncate(self.end);
        self.buffer.drain(..self.start);
        (self.buffer, self.reader)
    }

    #[cold]
    fn read_until(&mut self, count: usize) -> io::Result<bool> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        while self.end < count {
            if self.end == self.buffer.len() {
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
            let room = self.buffer.get_mut(self.end..).unwrap_or_default();
            match self.reader.read(room) {
                Ok(0) => return Ok(false),
                Ok(read) => self.end += read.min(room.len()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time, as pipes do.
    struct Drip(u64, u64);

    impl Read for Drip {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = buffer.len().min(70_001).min((self.1 - self.0) as usize);
            for (at, byte) in buffer[..count].iter_mut().enumerate() {
                *byte = ((self.0 + at as u64) % 251) as u8;
            }
            self.0 += count as u64;
            Ok(count)
        }
    }

    #[test]
    fn every_byte_comes_once_and_in_order() {
        let total = 5_000_000;
        let mut window = Window::new(Box::new(Drip(0, total)), None);
        let mut seen = 0_u64;
        for size in (0..).map(|n| n * 977 % 60_000) {
            assert_eq!(window.offset(), seen);
            if !window.need(size).unwrap() {
                assert!((window.bytes().len()) < size);
                break;
            }
            for byte in window.take(size) {
                assert_eq!(u64::from(*byte), seen % 251);
                seen += 1;
            }
        }
        assert_eq!(seen + window.bytes().len() as u64, total);
        assert_eq!(window.buffer.len(), STRETCH, "records below 1 MiB fit");
    }

    #[test]
    fn the_buffer_grows_with_the_bytes_and_not_with_the_claim() {
        let mut window = Window::new(Box::new(Drip(0, 100)), None);
        assert!(!window.need(64 << 20).unwrap());
        assert_eq!(window.buffer.len(), STRETCH);
        let mut window = Window::new(Box::new(Drip(0, 3 << 20)), None);
        assert!(window.need(3 << 20).unwrap());
        assert_eq!(window.bytes().len(), 3 << 20);
        assert!(window.buffer.len() <= 4 << 20);
    }

    #[test]
    fn skipping_passes_what_no_buffer_holds() {
        let mut window = Window::new(Box::new(Drip(0, 10 << 20)), None);
        assert!(window.skip(9 << 20).unwrap());
        assert_eq!(window.offset(), 9 << 20);
        assert_eq!(window.buffer.len(), STRETCH);
        assert!(!window.skip(2 << 20).unwrap());
    }
}
