//! A plain frame in brief: what is needed to follow it where it is the expected one, as nearly all are. Whoever has
//! the time looks at the frames; who follows them need not touch their bytes.

use crate::{
    decode::{Plain, Shape, tcp::Numbers},
    time::Timestamp,
    track::{
        flow::FlowKey,
        route::Carrier,
        table::{Handle, KeyHash},
        tcp::expected,
    },
};

/// A plain frame's time, conversation and numbers, in 80 bytes.
#[derive(Clone, Copy, Debug)]
pub struct Brief {
    pub(super) at: Timestamp,
    pub(super) keyed: Keyed,
    /// Of a datagram nothing but the length counts.
    pub(super) numbers: Numbers,
    shape: Shape,
}

/// What a packet's conversation is looked up by.
#[derive(Clone, Copy, Debug)]
pub struct Keyed {
    /// The key.
    pub key: FlowKey,
    /// Its hash.
    pub hash: u32,
    /// The packet comes from the lower end of the key.
    pub from_lower: bool,
}

/// So many frames are looked up together.
pub const AHEAD: usize = 64;

/// Where the conversations of the next frames probably stand.
pub type Guesses = [Guess; AHEAD];

/// No guess for any.
pub const NO_GUESSES: Guesses = [Guess(None); AHEAD];

/// Where the conversation of a frame probably stands.
#[derive(Clone, Copy, Debug)]
pub struct Guess(pub(super) Option<Handle>);

impl Brief {
    /// A plain frame in brief, and when it was captured.
    #[inline]
    pub fn of(plain: &Plain<'_>, at: Timestamp, hash: &KeyHash) -> Self {
        let (key, from_lower) = FlowKey::of_plain(plain);
        Self {
            at,
            keyed: Keyed {
                key,
                hash: hash.of(&key),
                from_lower,
            },
            numbers: plain.numbers(),
            shape: plain.shape(),
        }
    }

    /// Where the headers lie in the frame.
    #[inline]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// It may be what is expected of its conversation.
    #[inline]
    pub fn is_usual(&self) -> bool {
        !self.is_tcp() || expected::may_be(&self.numbers)
    }

    /// A TCP segment; else it is a UDP datagram.
    #[inline]
    pub fn is_tcp(&self) -> bool {
        self.shape.is_tcp()
    }
}

impl Keyed {
    /// That of a packet between these ports.
    pub fn of(carrier: &Carrier<'_>, ports: (u16, u16), hash: &KeyHash) -> Option<Self> {
        let (key, from_lower) = match carrier {
            Carrier::Plain(plain) => FlowKey::of_plain(plain),
            Carrier::Packet(packet) => FlowKey::of(&packet.network, ports.0, ports.1)?,
        };
        Some(Self {
            key,
            hash: hash.of(&key),
            from_lower,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Brief;

    #[test]
    fn a_brief_is_brief() {
        assert!(size_of::<Option<Brief>>() <= 80, "{}", size_of::<Brief>());
    }
}
