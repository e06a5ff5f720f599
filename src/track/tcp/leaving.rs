//! How connections leave their tables: when they have ended or were idle for too long, when there is no room for them
//! any more, or when the capture has ended. Each is told then, or counted where nobody needs to be told of it.

use crate::{
    time::Timestamp,
    track::{
        event::{CloseReason, Kind},
        flow::{FlowKey, KeptKey},
        rank::Rank,
        seen::Seen,
        tcp::{Connections, attempt::Attempt, kept::Kept},
    },
};

/// What stands in either table.
pub enum Entry {
    Attempt(Attempt),
    Kept(Kept),
}

impl Connections {
    /// When the first may have waited for too long.
    #[inline]
    pub fn next_due(&self) -> Timestamp {
        self.attempts.next_due().min(self.open.next_due())
    }

    /// Closes what has been idle for too long, at most `limit` connections.
    pub fn expire(&mut self, now: Timestamp, limit: usize, seen: &mut Seen<'_>) {
        for _ in 0..limit {
            let (attempt, open) = (self.attempts.look_due(now), self.open.look_due(now));
            let gone = if is_first(attempt, open) {
                self.attempts.pop_due(now).map(of_attempts)
            } else {
                self.open.pop_due(now).map(of_open)
            };
            let Some((key, entry)) = gone else {
                return;
            };
            self.close(&key, entry, CloseReason::Idle, seen);
        }
    }

    /// Closes at most `limit` of what is left, in order of first appearance. False when nothing was left.
    pub fn finish(&mut self, limit: usize, seen: &mut Seen<'_>) -> bool {
        for _ in 0..limit {
            let mut is_told = |rank: Option<Rank>| {
                self.is_heard || !rank.is_some_and(|rank| self.gate.keeps_back(rank))
            };
            let attempt = self
                .attempts
                .first_in_order(|it| is_told(Some(it.rank())).then(|| it.id().0));
            let open = self
                .open
                .first_in_order(|it| is_told(it.rank()).then(|| it.id().0));
            // Their order is settled.
            let gone = if is_first(attempt, open) {
                self.attempts.take_in_order(|_| None).map(of_attempts)
            } else {
                self.open.take_in_order(|_| None).map(of_open)
            };
            let Some((key, entry)) = gone else {
                return false;
            };
            self.close(&key, entry, CloseReason::CaptureEnded, seen);
        }
        true
    }

    /// Lets the connection go that is due first where there is no room for another.
    pub(super) fn make_room(&mut self, seen: &mut Seen<'_>) {
        if self.attempts.len() + self.open.len() < self.limit {
            return;
        }
        let (attempt, open) = (self.attempts.first_to_go(), self.open.first_to_go());
        let gone = if is_first(attempt, open) {
            self.attempts.evict().map(of_attempts)
        } else {
            self.open.evict().map(of_open)
        };
        if let Some((key, entry)) = gone {
            self.evicted += 1;
            self.close(&key, entry, CloseReason::Evicted, seen);
        }
    }

    /// Connections let go because the table was full.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Bytes let go because the streams were full, and gaps not waited for.
    pub fn evicted_of_streams(&self) -> (u64, u64) {
        (self.budget.let_go, self.budget.gaps)
    }

    /// Concludes a connection. `why` counts unless both sides closed it, or one reset it.
    fn close(&mut self, key: &FlowKey, mut entry: Entry, why: CloseReason, seen: &mut Seen<'_>) {
        let budget = &mut self.budget;
        if !seen.interest.events {
            let rank = match &entry {
                Entry::Attempt(attempt) => Some(attempt.rank()),
                Entry::Kept(kept) => kept.rank(),
            };
            if rank.is_some_and(|rank| self.gate.keeps_back(rank)) {
                return;
            }
            let record = match &mut entry {
                Entry::Attempt(attempt) => attempt.record(key, why),
                Entry::Kept(Kept::Packed(packed)) => packed.record(key, why),
                Entry::Kept(Kept::Whole(_)) => None,
            };
            if let Some(record) = record {
                return seen.record(&[], Kind::TcpClosed(Box::new(record)));
            }
        }
        match entry {
            Entry::Attempt(attempt) => attempt
                .grown(key, seen.interest, budget)
                .close(why, budget, seen),
            Entry::Kept(Kept::Packed(mut packed)) => packed.unpack(key).close(why, budget, seen),
            Entry::Kept(Kept::Whole(mut connection)) => connection.close(why, budget, seen),
        }
    }
}

fn of_attempts((key, attempt): (KeptKey, Attempt)) -> (FlowKey, Entry) {
    (FlowKey::from(&key), Entry::Attempt(attempt))
}

fn of_open((key, kept): (KeptKey, Kept)) -> (FlowKey, Entry) {
    (FlowKey::from(&key), Entry::Kept(kept))
}

/// Whether the first is there and is not behind the second.
fn is_first<T: Ord + Copy>(one: Option<T>, other: Option<T>) -> bool {
    one.is_some() && (other.is_none() || one <= other)
}
