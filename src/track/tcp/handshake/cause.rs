//! Why an attempt to open a connection could begin.

use crate::{
    decode::MacAddr,
    track::{event::Route, icmp::Problem, seen::Seen},
};

/// What is known of it. Many attempts are kept for minutes, so nearly all have room here.
#[derive(Debug, Default)]
pub enum Cause {
    /// Nothing.
    #[default]
    Unknown,
    /// Its first frame went to this hardware address; no frame shows why.
    Straight(MacAddr),
    /// Frames show it.
    Shown(Box<Shown>),
}

/// What frames show of it.
#[derive(Debug, Default)]
pub struct Shown {
    /// Which way the first frame took.
    route: Option<Route>,
    /// The frames that made that possible, and the ICMP error that spoke against it.
    because: Vec<u64>,
    /// That error's frame, and what it said.
    icmp: Option<(u64, String)>,
}

impl Cause {
    /// The route of a first frame and the frames that made it possible.
    pub fn new(route: Option<Route>, because: Vec<u64>) -> Self {
        match route {
            None if because.is_empty() => Self::Unknown,
            Some(Route {
                off_subnet: None,
                mac,
            }) if because.is_empty() && mac != MacAddr::ZERO => Self::Straight(mac),
            route => Self::Shown(Box::new(Shown {
                route,
                because,
                icmp: None,
            })),
        }
    }

    /// The same in two pieces, which find room anywhere. Nothing goes to the first address of all.
    pub fn into_pieces(self) -> (MacAddr, Option<Box<Shown>>) {
        match self {
            Self::Unknown => (MacAddr::ZERO, None),
            Self::Straight(mac) => (mac, None),
            Self::Shown(shown) => (MacAddr::ZERO, Some(shown)),
        }
    }

    /// Puts the pieces together again.
    pub fn from_pieces((mac, shown): (MacAddr, Option<Box<Shown>>)) -> Self {
        match shown {
            Some(shown) => Self::Shown(shown),
            None if mac == MacAddr::ZERO => Self::Unknown,
            None => Self::Straight(mac),
        }
    }

    /// Whether nothing is known.
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// Which way the first frame took.
    pub fn route(&self) -> Option<Route> {
        match self {
            Self::Unknown => None,
            Self::Straight(mac) => Some(Route {
                off_subnet: None,
                mac: *mac,
            }),
            Self::Shown(shown) => shown.route,
        }
    }

    /// The frames that show it.
    pub fn because(&self) -> &[u64] {
        match self {
            Self::Unknown | Self::Straight(_) => &[],
            Self::Shown(shown) => &shown.because,
        }
    }

    /// The first ICMP error that spoke against it: its frame, and what it said.
    pub fn icmp(&self) -> Option<&(u64, String)> {
        match self {
            Self::Unknown | Self::Straight(_) => None,
            Self::Shown(shown) => shown.icmp.as_ref(),
        }
    }

    /// An ICMP error speaks against it.
    pub fn add_icmp(&mut self, problem: &Problem, seen: &Seen<'_>) {
        if self.icmp().is_some() {
            return;
        }
        let mut because = self.because().to_vec();
        because.extend(seen.frame);
        *self = Self::Shown(Box::new(Shown {
            route: self.route(),
            because,
            icmp: Some((seen.number(), problem.reason.clone())),
        }));
    }
}
