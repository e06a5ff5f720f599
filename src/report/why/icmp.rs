//! ICMP errors: what they say, and what that means.

use std::net::IpAddr;

use super::{
    chain::{Chain, Claim, Subject, Value},
    frame, frames,
    verdict::Verdict,
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
    from_ip: IpAddr,
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
        let is_port = self.reason.contains("port unreachable");
        if is_port && about == About::Datagram && asked.ip == who {
            Some(words::port_closed(who, asked.port))
        } else if is_port {
            // For TCP a closed port says RST: this is a firewall's way to refuse.
            Some(words::forbidden(who))
        } else {
            meaning(who, &self.reason)
        }
    }
}

/// An error about a packet, from and to somewhere, that is not followed.
pub(super) fn unfollowed(
    number: u64,
    who: IpAddr,
    reason: &str,
    (src, dst): (IpAddr, IpAddr),
) -> Chain {
    let mut chain = Chain::new(Subject::Packet(src, dst), Verdict::PacketRefused);
    let says = Value::Reason(reason.to_owned());
    chain.claim(words::icmp_about_packet(frame(number), who, says, src, dst));
    if !reason.contains("port unreachable")
        && let Some(meaning) = meaning(who, reason)
    {
        chain.claim(meaning);
    }
    chain.claim(words::packet_not_here(frame(number)));
    chain
}

/// What follows from an error, whatever it is about.
fn meaning(who: IpAddr, reason: &str) -> Option<Claim> {
    let says = |part: &str| reason.contains(part);
    Some(
        if says("prohibited") || says("policy") || says("rejected") {
            words::forbidden(who)
        } else if says("in-transit") {
            words::too_far(who)
        } else if says("fragmentation needed") || says("too big") {
            words::too_big(who)
        } else if says("unreachable") || says("no route") || says("unknown") {
            words::no_way(who)
        } else {
            return None;
        },
    )
}
