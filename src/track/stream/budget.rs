//! How much all streams together may hold.

/// Bytes that all streams together may hold.
#[derive(Debug)]
pub struct Budget {
    pub(super) used: usize,
    limit: usize,
    /// Bytes that were let go because the limit was reached.
    pub let_go: u64,
}

impl Budget {
    /// A budget of `limit` bytes.
    pub const fn new(limit: usize) -> Self {
        Self {
            used: 0,
            limit,
            let_go: 0,
        }
    }

    /// Takes bytes, if there are enough left.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let fits = self.used.saturating_add(bytes) <= self.limit;
        if fits {
            self.used += bytes;
        }
        fits
    }

    /// Gives bytes back that were taken.
    pub(super) fn give_back(&mut self, bytes: usize) {
        self.used = self.used.saturating_sub(bytes);
    }
}
