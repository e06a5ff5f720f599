//! What is kept of a connection between two segments.

use crate::{
    time::Timestamp,
    track::{
        Idle,
        event::ConnectionId,
        fetch,
        flow::FlowKey,
        rank::Rank,
        table::Ages,
        tcp::connection::{Connection, Packed},
    },
};

/// A connection, whole where it is out of the ordinary or where there is more to tell of it.
#[derive(Debug)]
pub enum Kept {
    /// As few bytes as it needs.
    Packed(Packed),
    /// All of it.
    Whole(Box<Connection>),
}

/// Which connections may be packed, if they fit.
pub type MayPack = fn(&Connection) -> bool;

impl Kept {
    /// How its record ranks, where that is known in short.
    pub fn rank(&self) -> Option<Rank> {
        match self {
            Self::Packed(packed) => packed.rank(),
            Self::Whole(_) => None,
        }
    }

    /// A connection, in few bytes where it may and does fit.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "a connection is big, and nearly never is it moved"
    )]
    pub fn new(mut connection: Connection, may_pack: MayPack) -> Self {
        if may_pack(&connection)
            && let Some(packed) = Packed::of(&mut connection)
        {
            Self::Packed(packed)
        } else {
            Self::Whole(Box::new(connection))
        }
    }

    /// Works on the connection.
    #[inline]
    pub fn with<T>(
        &mut self,
        key: &FlowKey,
        may_pack: MayPack,
        work: impl FnOnce(&mut Connection) -> T,
    ) -> T {
        match self {
            Self::Packed(packed) => {
                let mut connection = packed.unpack(key);
                let done = work(&mut connection);
                *self = Self::new(connection, may_pack);
                done
            }
            Self::Whole(connection) => {
                let done = work(connection);
                if may_pack(connection)
                    && let Some(packed) = Packed::of(connection)
                {
                    *self = Self::Packed(packed);
                }
                done
            }
        }
    }

    /// Its number.
    pub fn id(&self) -> ConnectionId {
        match self {
            Self::Packed(packed) => packed.id(),
            Self::Whole(connection) => connection.id,
        }
    }
}

impl Ages for Kept {
    type Patience = Idle;

    fn deadline(&self, idle: &Idle) -> Timestamp {
        match self {
            Self::Packed(packed) => packed.deadline(idle),
            Self::Whole(connection) => connection.deadline(idle),
        }
    }

    #[inline]
    fn fetch_parts(&self) {
        if let Self::Packed(packed) = self {
            fetch::value(&packed.halves.orig);
            fetch::value(&packed.halves.resp);
            packed.round_trips.fetch_if_full();
        }
    }

    fn fetch_rest(&self) {
        if let Self::Packed(packed) = self {
            packed.round_trips.fetch();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kept;
    use crate::track::flow::KeptKey;

    #[test]
    fn a_connection_finds_little_room() {
        let entry = size_of::<(KeptKey, Kept)>();
        assert!(entry <= 176, "{entry}");
    }
}
