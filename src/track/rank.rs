//! Which records matter where only the largest are shown.

use std::cmp::Reverse;

/// What records are ranked by: the more bytes the higher, and of two with as many bytes the earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    bytes: u64,
    number: Reverse<u64>,
}

impl Rank {
    /// That of a conversation by its bytes and its number.
    #[inline]
    pub const fn new(bytes: u64, number: u64) -> Self {
        Self {
            bytes,
            number: Reverse(number),
        }
    }

    /// The number of the conversation.
    pub const fn number(self) -> u64 {
        self.number.0
    }
}

/// Up to these ranks records are outranked by others: nobody needs to be told of them. Above `None` is everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outranked {
    /// Of connections.
    pub connections: Option<Rank>,
    /// Of exchanges.
    pub exchanges: Option<Rank>,
}

/// How many records were not told, because they were outranked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Untold {
    /// Of connections.
    pub connections: u64,
    /// Of exchanges.
    pub exchanges: u64,
}

/// Keeps records back that are outranked, and counts them.
#[derive(Debug, Default)]
pub struct Gate {
    outranked: Option<Rank>,
    kept_back: u64,
}

impl Gate {
    /// From now on up to this rank.
    pub const fn raise(&mut self, outranked: Option<Rank>) {
        self.outranked = outranked;
    }

    /// Whether a record is outranked; then it is counted.
    #[inline]
    pub fn keeps_back(&mut self, rank: Rank) -> bool {
        let is_outranked = self.outranked.is_some_and(|outranked| rank <= outranked);
        self.kept_back += u64::from(is_outranked);
        is_outranked
    }

    /// How many there were.
    pub const fn kept_back(&self) -> u64 {
        self.kept_back
    }
}
