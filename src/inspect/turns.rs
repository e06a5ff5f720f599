//! A source that two threads read, a load each at a time.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use crate::capture::{Claim, Source};

use super::{ahead::Load, tally::Tally};

/// A source whose loads are numbered. What can be claimed of it is read by both threads at the same time; what lies in
/// that is looked for in the order of the numbers.
pub(super) struct Turns<'a> {
    shared: Mutex<Shared<'a>>,
    /// The number of the load that is to be filled next.
    turn: AtomicU64,
}

struct Shared<'a> {
    source: &'a mut dyn Source,
    tally: Tally,
    /// Loads that somebody has filled or will fill.
    begun: u64,
}

impl<'a> Turns<'a> {
    pub fn of(source: &'a mut dyn Source) -> Self {
        Self {
            shared: Mutex::new(Shared {
                source,
                tally: Tally::default(),
                begun: 0,
            }),
            turn: AtomicU64::new(0),
        }
    }

    /// Fills the next load, as soon as the source has it. False when the other thread has failed.
    pub fn fill(&self, load: &mut Load) -> bool {
        let Ok(mut shared) = self.shared.lock() else {
            return false;
        };
        let claim = shared.source.claim();
        let number = shared.begin();
        drop(shared);
        self.fill_in_turn(load, number, claim)
    }

    /// Fills the next load if it can be claimed at once. False when it was not filled.
    pub fn fill_claimed(&self, load: &mut Load) -> bool {
        // The other thread has it as long as it waits for a pipe.
        let Ok(mut shared) = self.shared.try_lock() else {
            return false;
        };
        let Some(claim) = shared.source.claim() else {
            return false;
        };
        let number = shared.begin();
        drop(shared);
        self.fill_in_turn(load, number, Some(claim))
    }

    fn fill_in_turn(&self, load: &mut Load, number: u64, claim: Option<Claim>) -> bool {
        load.number = number;
        load.is_claimed = claim.is_some();
        if let Some(claim) = claim {
            claim.read_into(&mut load.batch);
        }
        while self.turn.load(Ordering::Acquire) != number {
            if self.shared.is_poisoned() {
                return false;
            }
            thread::yield_now();
        }
        let Ok(mut shared) = self.shared.lock() else {
            return false;
        };
        let Shared { source, tally, .. } = &mut *shared;
        load.fill(*source, tally);
        self.turn.store(number + 1, Ordering::Release);
        true
    }
}

impl Shared<'_> {
    fn begin(&mut self) -> u64 {
        let number = self.begun;
        self.begun += 1;
        number
    }
}
