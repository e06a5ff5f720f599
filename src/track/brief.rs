//! A plain frame in brief: what is needed to follow it where it is the expected one, as nearly all are. Whoever has
//! the time looks at the frames; who follows them need not touch their bytes.

use std::slice::Chunks;

use crate::{
    decode::{Plain, Shape, tcp::Numbers},
    time::Timestamp,
    track::{
        flow::FlowKey,
        route::Carrier,
        table::{Handle, KeyHash},
    },
};

/// A plain frame's time, conversation and numbers, in 48 bytes: one processor writes it, and another waits for it.
#[derive(Clone, Copy, Debug)]
pub struct Brief {
    pub(super) at: Timestamp,
    /// As in [`FlowKey::V4`]; of IPv6, which of the [long](Briefs) keys it is.
    addresses: u64,
    ports: u32,
    /// The key's.
    pub(super) hash: u32,
    /// Of a datagram nothing but the length counts.
    pub(super) numbers: Numbers,
    shape: Shape,
    /// It comes from the lower end of the key.
    pub(super) from_lower: bool,
}

/// Frames one after the other, those that are plain in brief.
#[derive(Debug, Default)]
pub struct Briefs {
    all: Vec<Option<Brief>>,
    /// The keys of those of IPv6.
    long: Vec<FlowKey>,
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

impl Briefs {
    /// In place of those before: these frames, as far as they are plain, and when they were captured.
    #[inline]
    pub fn replace<'a>(
        &mut self,
        frames: impl Iterator<Item = Option<(Plain<'a>, Timestamp)>>,
        hash: &KeyHash,
    ) {
        let Self { all, long } = self;
        all.clear();
        long.clear();
        all.extend(frames.map(|frame| {
            let (plain, at) = frame?;
            Some(Brief::of(&plain, at, hash, long))
        }));
    }

    /// In place of those before: so many frames of which nothing is known.
    pub fn replace_by_unknown(&mut self, count: usize) {
        self.all.clear();
        self.long.clear();
        self.all.resize(count, None);
    }

    /// All of them, at most [`AHEAD`] at once, and what their [keys](Brief::keyed) are made of.
    pub fn chunks(&self) -> (Chunks<'_, Option<Brief>>, &[FlowKey]) {
        (self.all.chunks(AHEAD), &self.long)
    }
}

impl Brief {
    #[inline]
    fn of(plain: &Plain<'_>, at: Timestamp, hash: &KeyHash, long: &mut Vec<FlowKey>) -> Self {
        let (key, from_lower) = FlowKey::of_plain(plain);
        let (addresses, ports) = match key {
            FlowKey::V4(addresses, ports) => (addresses, ports),
            FlowKey::V6(_, ports) => {
                long.push(key);
                (long.len() as u64 - 1, ports)
            }
        };
        Self {
            at,
            addresses,
            ports,
            hash: hash.of(&key),
            numbers: plain.numbers(),
            shape: plain.shape(),
            from_lower,
        }
    }

    /// What its conversation is looked up by.
    #[inline]
    pub fn keyed(&self, long: &[FlowKey]) -> Keyed {
        let short = FlowKey::V4(self.addresses, self.ports);
        let key = if self.shape.is_ipv4() {
            short
        } else {
            long.get(self.addresses as usize).copied().unwrap_or(short)
        };
        Keyed {
            key,
            hash: self.hash,
            from_lower: self.from_lower,
        }
    }

    /// Where the headers lie in the frame.
    #[inline]
    pub fn shape(&self) -> Shape {
        self.shape
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
        assert!(size_of::<Option<Brief>>() <= 48, "{}", size_of::<Brief>());
    }
}
