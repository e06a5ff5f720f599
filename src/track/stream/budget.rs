//! How much all streams together may hold.

/// Bytes that all streams together may hold.
#[derive(Debug)]
pub struct Budget {
    pub(super) used: usize,
    limit: usize,
    /// Bytes that were let go because the limit was reached.
    pub let_go: u64,
    /// Gaps declared early because no more could wait behind them.
    pub gaps: u64,
}

impl Budget {
    /// A budget of `limit` bytes.
    pub const fn new(limit: usize) -> Self {
        Self {
            used: 0,
            limit,
            let_go: 0,
            gaps: 0,
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
