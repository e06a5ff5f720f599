//! A connection in few bytes. As long as nothing is out of the ordinary, this is all that is kept of it between two
//! segments; what is not [expected](Packed::observe_expected) is looked into by the connection
//! [unpacked](Packed::unpack). Where somebody listens, one that is being opened or closed is whole, and what was said
//! stands beside.

use std::mem;

use crate::{
    decode::MacAddr,
    time::Timestamp,
    track::{
        Idle,
        event::ConnectionId,
        flow::{Both, FlowKey, Side},
        span::Span,
        tcp::{
            connection::{Connection, LINGER},
            half::{PackedHalf, Rare, Unpacked},
            handshake::{Cause, PackedHandshake},
            history::{History, PackedHistory},
            rtt::RoundTrips,
            state::States,
            teardown::Course,
        },
    },
};

/// A connection of less than 2³² frames and three days.
#[derive(Debug)]
pub struct Packed {
    pub(in crate::track::tcp) first_at: Timestamp,
    pub(in crate::track::tcp) last_at: Span,
    pub(in crate::track::tcp) id: u32,
    pub(in crate::track::tcp) first_frame: u32,
    pub(in crate::track::tcp) last_frame: u32,
    pub(in crate::track::tcp) handshake: PackedHandshake,
    pub(in crate::track::tcp) halves: Both<PackedHalf>,
    pub(in crate::track::tcp) round_trips: RoundTrips,
    pub(in crate::track::tcp) history: PackedHistory,
    pub(in crate::track::tcp) macs: Both<MacAddr>,
    pub(in crate::track::tcp) states: States,
    pub(in crate::track::tcp) course: Course,
    pub(in crate::track::tcp) orig_is_lower: bool,
    pub(in crate::track::tcp) closed: Closed,
    /// It is open, no side has sent a FIN, and nothing of it is out of the ordinary.
    pub(in crate::track::tcp) is_plain: bool,
    /// What most never have, unless somebody listens.
    pub(in crate::track::tcp) extra: Option<Box<Extra>>,
}

/// Since when both sides have closed or one has reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// It is open.
    No,
    /// Since the last segment.
    ByLast,
    /// The half of this side has room for the time.
    In(Side),
}

/// What most connections never have, unless somebody listens.
#[derive(Debug, Default)]
pub struct Extra {
    pub(in crate::track::tcp) halves: Both<Option<Unpacked>>,
    cause: Cause,
    history: Option<History>,
}

impl Extra {
    /// Segments without payload change nothing of it but what [`Unpacked::finish`] does, and the history fits into few
    /// bytes.
    pub fn is_calm(&self) -> bool {
        let Both { orig, resp } = &self.halves;
        let are_calm = [orig, resp].into_iter().flatten().all(Unpacked::is_calm);
        self.has_usual_history() && are_calm
    }

    /// The next bytes of a side, in order.
    #[cold]
    pub fn pass(&mut self, from: Side, len: u32, at: Timestamp) {
        if let Some(own) = self.halves.of_mut(from) {
            own.pass(len as usize, at);
        }
    }

    /// The history fits into few bytes.
    pub fn has_usual_history(&self) -> bool {
        self.history.is_none()
    }
}

impl Packed {
    /// A connection in few bytes. None, and it stays as it is, where it does not fit.
    pub fn of(connection: &mut Connection) -> Option<Self> {
        let Both { orig, resp } = &connection.halves;
        // Asked first: what does not fit is asked again with each of its segments.
        if !orig.fits(resp) || !resp.fits(orig) {
            return None;
        }
        let (first_frame, first_at) = connection.first;
        let (last_frame, last_at) = connection.last;
        let id = u32::try_from(connection.id.0).ok()?;
        let first_frame = u32::try_from(first_frame).ok()?;
        let last_frame = u32::try_from(last_frame).ok()?;
        let last_span = Span::between(first_at, last_at)?;
        let handshake = PackedHandshake::of(&connection.handshake, first_at)?;
        let mut halves = Both {
            orig: PackedHalf::of(orig, resp, first_at)?,
            resp: PackedHalf::of(resp, orig, first_at)?,
        };
        let closed = match connection.closed_at {
            None => Closed::No,
            Some(at) if at == last_at => Closed::ByLast,
            Some(at) => {
                let mut sides = [Side::Orig, Side::Resp].into_iter();
                let side = sides.find(|side| !halves.of(*side).is_timed())?;
                let at = Span::between(first_at, at)?;
                halves.of_mut(side).set_other_time(at);
                Closed::In(side)
            }
        };
        let places = halves.map(PackedHalf::places);
        let history = PackedHistory::of(&connection.history, &places);
        let has_extra = history.is_none()
            || orig.has_more()
            || resp.has_more()
            || !connection.handshake.cause.is_unknown();
        let extra = has_extra.then(|| {
            Box::new(Extra {
                halves: Both {
                    orig: connection.halves.orig.take_more(),
                    resp: connection.halves.resp.take_more(),
                },
                cause: mem::take(&mut connection.handshake.cause),
                history: history.is_none().then_some(connection.history),
            })
        });
        let is_calm = extra.as_deref().is_none_or(Extra::is_calm);
        let is_plain = handshake.is_complete()
            && !connection.history.has_end()
            && connection.states.are_established()
            && halves.orig.is_known()
            && halves.resp.is_known()
            && is_calm;
        Some(Self {
            first_at,
            last_at: last_span,
            id,
            first_frame,
            last_frame,
            handshake,
            halves,
            round_trips: mem::take(&mut connection.round_trips),
            history: history.unwrap_or_default(),
            macs: connection.macs.map(|mac| mac.unwrap_or_default()),
            states: connection.states,
            course: connection.teardown.course,
            orig_is_lower: connection.orig_is_lower,
            closed,
            is_plain,
            extra,
        })
    }

    /// The connection as it was, but for what only events tell and nobody waits for any more. What is kept here is
    /// worth nothing from now on.
    pub fn unpack(&mut self, key: &FlowKey) -> Connection {
        let first = (u64::from(self.first_frame), self.first_at);
        let last_at = self.last_at.after(self.first_at);
        let closed_at = match self.closed {
            Closed::No => None,
            Closed::ByLast => Some(last_at),
            Closed::In(side) => Some(self.halves.of(side).other_time().after(self.first_at)),
        };
        let Both { orig, resp } = &self.halves;
        let Extra {
            halves: more,
            cause,
            history,
        } = self
            .extra
            .take()
            .map_or_else(Extra::default, |extra| *extra);
        let halves = Both {
            orig: orig.unpack(resp, self.first_at, more.orig),
            resp: resp.unpack(orig, self.first_at, more.resp),
        };
        let places = self.halves.map(PackedHalf::places);
        Connection {
            id: self.id(),
            flow: key.flow(self.orig_is_lower),
            orig_is_lower: self.orig_is_lower,
            handshake: self.handshake.unpack(first, cause),
            teardown: self.course.into(),
            states: self.states,
            history: history.unwrap_or_else(|| self.history.unpack(&places)),
            macs: Both {
                orig: (halves.orig.packets > 0).then_some(self.macs.orig),
                resp: (halves.resp.packets > 0).then_some(self.macs.resp),
            },
            halves,
            first,
            last: (u64::from(self.last_frame), last_at),
            closed_at,
            round_trips: mem::take(&mut self.round_trips),
        }
    }

    /// What most halves never have, to change.
    pub fn rare_mut(&mut self, side: Side) -> &mut Rare {
        let have = self.halves.of(side).have();
        let extra = self.extra.get_or_insert_default();
        let half = extra.halves.of_mut(side);
        half.get_or_insert_with(|| Unpacked::at(have)).rare_mut()
    }

    /// One of the counts that most never have.
    pub fn rare(&self, side: Side, of: impl FnOnce(&Rare) -> u64) -> u64 {
        self.more(side).map_or(0, |half| half.rare(of))
    }

    /// No byte was missing when a later one was acknowledged.
    pub fn lacks_nothing(&self, side: Side) -> bool {
        self.more(side).is_none_or(Unpacked::lacks_nothing)
    }

    /// What of a side does not fit into its half, if there is anything.
    pub fn more(&self, side: Side) -> Option<&Unpacked> {
        self.extra.as_deref()?.halves.of(side).as_ref()
    }

    /// Its number.
    #[inline]
    pub fn id(&self) -> ConnectionId {
        ConnectionId(u64::from(self.id))
    }

    /// The side that what comes from the lower or the higher end of the key comes from.
    #[inline]
    pub fn side(&self, from_lower: bool) -> Side {
        if from_lower == self.orig_is_lower {
            Side::Orig
        } else {
            Side::Resp
        }
    }

    /// When it is given up unless another segment comes.
    pub fn deadline(&self, idle: &Idle) -> Timestamp {
        let last_at = self.last_at.after(self.first_at);
        match self.closed {
            Closed::ByLast => return last_at + LINGER,
            Closed::In(side) => {
                return self.halves.of(side).other_time().after(self.first_at) + LINGER;
            }
            Closed::No => {}
        }
        match self.handshake.young() {
            Some(young) => self.first_at + young + idle.half_open,
            None => last_at + idle.established,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Packed;

    #[test]
    fn a_connection_finds_little_room() {
        assert!(size_of::<Packed>() <= 160, "{}", size_of::<Packed>());
    }
}
