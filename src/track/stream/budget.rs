//! How much all streams together may hold, and the room that some of them have left.

use crate::track::spare::Spare;

/// Bytes that all streams together may hold, and what is there to hold them.
#[derive(Debug)]
pub struct Budget {
    pub(super) used: usize,
    limit: usize,
    /// Bytes that were let go because the limit was reached.
    pub let_go: u64,
    /// Gaps declared early because no more could wait behind them.
    pub gaps: u64,
    /// For bytes.
    pub(super) texts: Spare<u8>,
    /// For what stands beside streams.
    pub steps: Spare<(i32, u32)>,
}

impl Budget {
    /// A budget of `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            used: 0,
            limit,
            let_go: 0,
            gaps: 0,
            texts: Spare::default(),
            steps: Spare::default(),
        }
    }

    /// Takes bytes, if there are enough left.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let fits = self.has(bytes);
        if fits {
            self.used += bytes;
        }
        fits
    }

    /// Whether so many bytes are left.
    pub(super) const fn has(&self, bytes: usize) -> bool {
        self.used.saturating_add(bytes) <= self.limit
    }

    /// Takes bytes that are needed in any case, for a moment at least.
    pub(super) const fn hold(&mut self, bytes: usize) {
        self.used = self.used.saturating_add(bytes);
    }

    /// Gives bytes back that were taken.
    pub(super) fn give_back(&mut self, bytes: usize) {
        self.used = self.used.saturating_sub(bytes);
    }
}
