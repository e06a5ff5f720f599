//! Who talks with whom: a directed pair to talk about, an order-free key to look up.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

/// One end of a conversation: `192.168.15.73:8520`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// Address.
    pub ip: IpAddr,
    /// Port.
    pub port: u16,
}

impl Endpoint {
    /// An address and a port.
    pub const fn new(ip: IpAddr, port: u16) -> Self {
        Self { ip, port }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SocketAddr::new(self.ip, self.port).fmt(f)
    }
}

/// A conversation from its originator to its responder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flow {
    /// Who began it.
    pub orig: Endpoint,
    /// Who was spoken to.
    pub resp: Endpoint,
}

impl Flow {
    /// The endpoint of one side.
    pub const fn endpoint(&self, side: Side) -> Endpoint {
        match side {
            Side::Orig => self.orig,
            Side::Resp => self.resp,
        }
    }
}

/// Both ends of a conversation, in whichever direction: what it is looked up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FlowKey {
    lower: Endpoint,
    higher: Endpoint,
}

impl FlowKey {
    /// The key of two ends, the same in both directions.
    pub fn new(one: Endpoint, other: Endpoint) -> Self {
        Self {
            lower: one.min(other),
            higher: one.max(other),
        }
    }

    /// Whether a conversation of these ends begins at the lower.
    pub fn is_from_lower(&self, flow: &Flow) -> bool {
        flow.orig == self.lower
    }

    /// The conversation that begins at the lower end, or at the higher.
    pub const fn flow(&self, from_lower: bool) -> Flow {
        if from_lower {
            Flow {
                orig: self.lower,
                resp: self.higher,
            }
        } else {
            Flow {
                orig: self.higher,
                resp: self.lower,
            }
        }
    }
}

/// A side of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The originator.
    Orig,
    /// The responder.
    Resp,
}

impl Side {
    /// The other side.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Orig => Self::Resp,
            Self::Resp => Self::Orig,
        }
    }

    /// 0 for the originator, 1 for the responder.
    pub const fn index(self) -> usize {
        match self {
            Self::Orig => 0,
            Self::Resp => 1,
        }
    }
}

/// Something that there is once for each side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Both<T> {
    /// The originator's.
    pub orig: T,
    /// The responder's.
    pub resp: T,
}

impl<T> Both<T> {
    /// One side's.
    pub const fn of(&self, side: Side) -> &T {
        match side {
            Side::Orig => &self.orig,
            Side::Resp => &self.resp,
        }
    }

    /// One side's, to change.
    pub const fn of_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Orig => &mut self.orig,
            Side::Resp => &mut self.resp,
        }
    }

    /// Each side gets what was the other's.
    pub const fn swap(&mut self) {
        std::mem::swap(&mut self.orig, &mut self.resp);
    }

    /// The same question asked of both.
    pub fn map<U>(&self, mut ask: impl FnMut(&T) -> U) -> Both<U> {
        Both {
            orig: ask(&self.orig),
            resp: ask(&self.resp),
        }
    }
}

impl Both<u64> {
    /// Both sides together.
    pub const fn total(&self) -> u64 {
        self.orig.saturating_add(self.resp)
    }
}
