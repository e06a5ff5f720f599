//! A plain frame in brief: what is needed to follow it where it is the expected one, as nearly all are. Whoever has
//! the time looks at the frames; who follows them need not touch their bytes.

use crate::{
    decode::{Captured, Plain, Shape, tcp::Numbers},
    time::Timestamp,
    track::{
        flow::{FlowKey, KeptKey},
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

/// Frames one after the other that are looked up together.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    pub(super) briefs: &'a [Option<Brief>],
    among: &'a Briefs,
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

/// The key of a brief, where it lies.
#[derive(Clone, Copy, Debug)]
pub struct KeyOf<'a> {
    /// The brief.
    pub brief: &'a Brief,
    /// It is one of these.
    among: &'a Briefs,
}

/// So many frames are looked up together.
pub const AHEAD: usize = 64;

/// Where the conversations of the next frames probably stand.
pub type Guesses = [Guess; AHEAD];

/// No guess for any.
pub const NO_GUESSES: Guesses = [Guess(None); AHEAD];

/// Where the conversation of a frame probably stands.
#[derive(Clone, Copy, Debug, Default)]
pub struct Guess(pub(super) Option<Handle>);

impl Briefs {
    /// In place of those before: these frames, as far as they are plain, and when they were captured. Their checksums
    /// are verified, unless they are to be ignored.
    #[inline]
    pub fn replace<'a>(
        &mut self,
        frames: impl ExactSizeIterator<Item = (Captured<'a>, Timestamp)>,
        verify: bool,
        hash: &KeyHash,
    ) {
        let Self { all, long } = self;
        long.clear();
        all.resize(frames.len(), None);
        for (brief, (frame, at)) in all.iter_mut().zip(frames) {
            // What is made of the usual frame is put where it belongs at once.
            if let Some(plain) = frame.as_tcp_over_ipv4(verify) {
                *brief = Some(Brief::of(&plain, at, hash, long));
            } else {
                // A copy, so that the usual one need not be in memory.
                let other = Captured { ..frame };
                *brief = Brief::of_other(&other, at, (hash, verify), long);
            }
        }
    }

    /// In place of those before: so many frames of which nothing is known.
    pub fn replace_by_unknown(&mut self, count: usize) {
        self.all.clear();
        self.long.clear();
        self.all.resize(count, None);
    }

    /// All of them, at most [`AHEAD`] at once.
    pub fn chunks(&self) -> impl Iterator<Item = Chunk<'_>> {
        self.all.chunks(AHEAD).map(|briefs| Chunk {
            briefs,
            among: self,
        })
    }
}

impl<'a> Chunk<'a> {
    /// Those from one on.
    #[inline]
    #[must_use]
    pub fn from(self, at: usize) -> Self {
        Self {
            briefs: self.briefs.get(at..).unwrap_or_default(),
            among: self.among,
        }
    }

    /// The first of them alone.
    #[must_use]
    pub fn one(self) -> Self {
        let (one, _) = self.briefs.split_at_checked(1).unwrap_or_default();
        Self {
            briefs: one,
            among: self.among,
        }
    }

    /// The key of one of them.
    #[inline]
    pub fn key_of(self, brief: &'a Brief) -> KeyOf<'a> {
        KeyOf {
            brief,
            among: self.among,
        }
    }

    /// The first of them, if it is plain. `None` where there is none.
    #[inline]
    pub fn first(self) -> Option<Option<KeyOf<'a>>> {
        let first = self.briefs.first()?;
        Some(first.as_ref().map(|brief| self.key_of(brief)))
    }
}

impl Brief {
    /// A frame of another kind than TCP over IPv4, if it is plain.
    #[inline(never)]
    fn of_other(
        frame: &Captured<'_>,
        at: Timestamp,
        (hash, verify): (&KeyHash, bool),
        long: &mut Vec<FlowKey>,
    ) -> Option<Self> {
        let plain = frame.as_plain(verify)?;
        Some(Self::of(&plain, at, hash, long))
    }

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "called, it asks again what is known of the frame"
    )]
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

impl KeyOf<'_> {
    /// What the conversation is looked up by.
    pub fn keyed(self) -> Keyed {
        let brief = self.brief;
        let short = FlowKey::V4(brief.addresses, brief.ports);
        let key = if brief.shape.is_ipv4() {
            short
        } else {
            self.long().copied().unwrap_or(short)
        };
        Keyed {
            key,
            hash: brief.hash,
            from_lower: brief.from_lower,
        }
    }

    #[inline]
    fn long(&self) -> Option<&FlowKey> {
        self.among.long.get(self.brief.addresses as usize)
    }
}

impl PartialEq<KeptKey> for KeyOf<'_> {
    #[inline]
    fn eq(&self, kept: &KeptKey) -> bool {
        let brief = self.brief;
        match kept {
            KeptKey::V4(..) => {
                brief.shape.is_ipv4() && FlowKey::V4(brief.addresses, brief.ports) == *kept
            }
            KeptKey::V6(..) => !brief.shape.is_ipv4() && self.long().is_some_and(|key| key == kept),
        }
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
