//! ICMP errors: what they say, and what that means.

use super::{
    chain::{Chain, Claim, Value},
    frame, frames,
};
use crate::{
    report::words::why as words,
    track::{event::IcmpError, flow::Endpoint},
};

/// At most so many repetitions are remembered.
const FEW: usize = 8;

/// An ICMP error.
#[derive(Clone, Debug)]
pub(super) struct Complaint {
    frame: u64,
    quoted: Vec<u64>,
    from_ip: std::net::IpAddr,
    reason: String,
    mtu: Option<u32>,
    /// The same again, and what these quote.
    again: Vec<u64>,
    quoted_again: Vec<u64>,
}

/// What it complains about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    Segment,
    Datagram,
}

impl Complaint {
    /// Takes note of an event told in a frame, about earlier frames: the first, and how often it came again.
    pub fn add<Id>(all: &mut Option<Self>, it: &IcmpError<Id>, frame: u64, quoted: &[u64]) {
        let Some(known) = all else {
            *all = Some(Self {
                frame,
                quoted: quoted.to_vec(),
                from_ip: it.from_ip,
                reason: it.reason.clone(),
                mtu: it.mtu,
                again: Vec::new(),
                quoted_again: Vec::new(),
            });
            return;
        };
        let is_same = known.from_ip == it.from_ip && known.reason == it.reason;
        if is_same && known.again.len() < FEW {
            known.again.push(frame);
            known.quoted_again.extend(quoted.iter().take(FEW));
        }
    }

    /// It refuses packets because the next link takes only smaller ones.
    pub fn is_too_big(&self) -> bool {
        self.reason.contains("fragmentation needed") || self.reason.contains("too big")
    }

    /// Its frame.
    pub const fn frame(&self) -> u64 {
        self.frame
    }

    /// What it says, and what follows from that.
    pub fn explain(&self, asked: Endpoint, about: About, chain: &mut Chain) {
        let reason = Value::Reason(self.reason.clone());
        let (shown, quoted) = (frame(self.frame), frames(&self.quoted));
        chain.claim(words::icmp(shown.clone(), self.from_ip, reason, quoted));
        if !self.again.is_empty() {
            let (again, quoted) = (frames(&self.again), frames(&self.quoted_again));
            chain.claim(words::icmp_again(again, quoted));
        }
        if let Some(mtu) = self.mtu {
            chain.claim(words::icmp_mtu(shown, mtu));
        }
        if let Some(meaning) = self.meaning(asked, about) {
            chain.claim(meaning);
        }
    }

    fn meaning(&self, asked: Endpoint, about: About) -> Option<Claim> {
        let who = self.from_ip;
        let says = |part: &str| self.reason.contains(part);
        Some(
            if says("prohibited") || says("policy") || says("rejected") {
                words::forbidden(who)
            } else if says("port unreachable") && about == About::Datagram && asked.ip == who {
                words::port_closed(who, asked.port)
            } else if says("port unreachable") {
                // For TCP a closed port says RST: this is a firewall's way to refuse.
                words::forbidden(who)
            } else if says("in-transit") {
                words::too_far(who)
            } else if self.is_too_big() {
                words::too_big(who)
            } else if says("unreachable") || says("no route") || says("unknown") {
                words::no_way(who)
            } else {
                return None;
            },
        )
    }
}
