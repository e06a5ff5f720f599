//! Buffers that went out of use, kept for whoever needs one next: connections come and go by the thousand, and each
//! would let its buffers grow anew.

use std::collections::VecDeque;

/// At most this many buffers are kept.
const MOST: usize = 1024;

/// Empty buffers.
#[derive(Debug)]
pub struct Spare<T>(Vec<VecDeque<T>>);

impl<T> Default for Spare<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Spare<T> {
    /// An empty buffer: the one that went out of use last, as the cache still holds it; else one without room.
    pub fn take(&mut self) -> VecDeque<T> {
        self.0.pop().unwrap_or_default()
    }

    /// A buffer goes out of use.
    pub fn put(&mut self, mut buffer: VecDeque<T>) {
        if buffer.capacity() > 0 && self.0.len() < MOST {
            buffer.clear();
            self.0.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_out_of_use_comes_back_empty_and_not_too_many_are_kept() {
        let mut spare = Spare::default();
        assert_eq!(spare.take().capacity(), 0);
        for len in 1..2 * MOST {
            spare.put(VecDeque::from(vec![7u8; len]));
        }
        assert_eq!(spare.0.len(), MOST);
        let last = spare.take();
        assert!(last.is_empty() && last.capacity() >= MOST);
        spare.put(VecDeque::new());
        assert_eq!(spare.0.len(), MOST - 1);
    }
}
