//! An exchange in few bytes.

use crate::{
    time::Timestamp,
    track::{
        event::ExchangeId,
        flow::{Both, Side},
        rank::Rank,
        span::Span,
        udp::Exchange,
    },
};

/// An exchange of less than 2³² frames, 4 GiB and three days.
#[derive(Debug)]
pub struct Packed {
    first_at: Timestamp,
    first_frame: u32,
    id: u32,
    messages: Both<u32>,
    bytes: Both<u32>,
    unanswered: u32,
    /// The frame of each side's last datagram; 0 where there is none.
    last_frame: Both<u32>,
    last_at: Both<Span>,
    /// Frames beyond the first of each datagram.
    further_frames: Both<u16>,
    unreachable: u16,
    last_from: Side,
    orig_is_lower: bool,
}

impl Packed {
    /// An exchange that fits.
    #[inline]
    pub fn of(exchange: &Exchange) -> Option<Self> {
        let (first_frame, first_at) = exchange.first;
        let both = |of: &Both<u64>| {
            Some(Both {
                orig: u32::try_from(of.orig).ok()?,
                resp: u32::try_from(of.resp).ok()?,
            })
        };
        let further =
            |side: Side| u16::try_from(exchange.frames.of(side) - exchange.messages.of(side)).ok();
        let last = |side: Side| match *exchange.last_of.of(side) {
            None => Some((0, Span::default())),
            Some((frame, at)) => {
                let frame = u32::try_from(frame).ok().filter(|frame| *frame != 0)?;
                Some((frame, Span::between(first_at, at)?))
            }
        };
        let (orig, resp) = (last(Side::Orig)?, last(Side::Resp)?);
        Some(Self {
            first_at,
            first_frame: u32::try_from(first_frame).ok()?,
            id: u32::try_from(exchange.id.0).ok()?,
            messages: both(&exchange.messages)?,
            bytes: both(&exchange.bytes)?,
            unanswered: u32::try_from(exchange.unanswered).ok()?,
            last_frame: Both {
                orig: orig.0,
                resp: resp.0,
            },
            last_at: Both {
                orig: orig.1,
                resp: resp.1,
            },
            further_frames: Both {
                orig: further(Side::Orig)?,
                resp: further(Side::Resp)?,
            },
            unreachable: u16::try_from(exchange.unreachable).ok()?,
            last_from: exchange.last_from,
            orig_is_lower: exchange.orig_is_lower,
        })
    }

    /// The exchange as it was.
    #[inline]
    pub fn unpack(&self) -> Exchange {
        let last = |side: Side| {
            let frame = u64::from(*self.last_frame.of(side));
            (frame != 0).then(|| (frame, self.last_at.of(side).after(self.first_at)))
        };
        let messages = self.messages.map(|count| u64::from(*count));
        Exchange {
            id: self.id(),
            orig_is_lower: self.orig_is_lower,
            messages,
            frames: Both {
                orig: messages.orig + u64::from(self.further_frames.orig),
                resp: messages.resp + u64::from(self.further_frames.resp),
            },
            bytes: self.bytes.map(|count| u64::from(*count)),
            unanswered: u64::from(self.unanswered),
            unreachable: u64::from(self.unreachable),
            first: (u64::from(self.first_frame), self.first_at),
            last_of: Both {
                orig: last(Side::Orig),
                resp: last(Side::Resp),
            },
            last_from: self.last_from,
        }
    }

    /// How its record ranks.
    pub fn rank(&self) -> Rank {
        let bytes = self.bytes.map(|count| u64::from(*count));
        Rank::new(bytes.total(), self.id().0)
    }

    /// A datagram in one frame: counts it as [`Exchange::count`] does. None, and nothing is counted, where there is
    /// no room.
    #[inline]
    pub fn pass(
        &mut self,
        from_lower: bool,
        payload_len: u32,
        (frame, at): (u64, Timestamp),
    ) -> Option<()> {
        let from = if from_lower == self.orig_is_lower {
            Side::Orig
        } else {
            Side::Resp
        };
        let frame = u32::try_from(frame).ok()?;
        let messages = self.messages.of(from).checked_add(1)?;
        let bytes = self.bytes.of(from).checked_add(payload_len)?;
        let unanswered = match from {
            Side::Orig => self.unanswered.checked_add(1)?,
            Side::Resp => 0,
        };
        let at = Span::between(self.first_at, at.max(self.last_at()))?;
        *self.messages.of_mut(from) = messages;
        *self.bytes.of_mut(from) = bytes;
        self.unanswered = unanswered;
        *self.last_frame.of_mut(from) = frame;
        *self.last_at.of_mut(from) = at;
        self.last_from = from;
        Some(())
    }

    /// Its number.
    pub fn id(&self) -> ExchangeId {
        ExchangeId(u64::from(self.id))
    }

    /// When its last datagram was seen.
    pub fn last_at(&self) -> Timestamp {
        self.last_at.of(self.last_from).after(self.first_at)
    }
}

#[cfg(test)]
mod tests {
    use crate::track::{flow::KeptKey, udp::Kept};

    #[test]
    fn an_exchange_finds_little_room() {
        let entry = size_of::<(KeptKey, Kept)>();
        assert!(entry <= 88, "{entry}");
    }
}
