//! Which way a frame took: straight to its receiver, or to a gateway, and how the sender knew.

use ipnet::IpNet;

use super::{
    address::Addresses,
    chain::{Chain, Mask},
    frame, frames,
    sight::Sight,
};
use crate::{
    decode::MacAddr,
    report::words::why as words,
    track::{event::Route, flow::Flow},
};

/// The way of the first frame of a conversation, and why it could take it.
#[derive(Clone, Debug)]
pub(super) struct Path {
    pub flow: Flow,
    pub route: Option<Route>,
    pub because: Vec<u64>,
    /// It went from a host to itself.
    pub is_local: bool,
    /// Its hardware addresses are zeros, and more is not known.
    pub is_blank: bool,
    /// It went to many at once.
    pub to_many: Option<MacAddr>,
}

impl Path {
    /// Nobody knows yet.
    pub const fn new(flow: Flow) -> Self {
        Self {
            flow,
            route: None,
            because: Vec::new(),
            is_local: false,
            is_blank: false,
            to_many: None,
        }
    }

    /// A frame took the same way.
    fn is_of(&self, sight: &Sight) -> bool {
        let ends = (self.flow.orig.ip, self.flow.resp.ip);
        let mac = self.route.map(|route| route.mac);
        sight.ends == Some(ends) && mac.is_some() && sight.destination_mac == mac
    }
}

impl Addresses {
    /// Why a frame of an originator could go where it went, down to the question that was asked for it.
    pub fn way(&self, path: &Path, number: u64, nets: &[IpNet], chain: &mut Chain) {
        let (src, dst) = (path.flow.orig.ip, path.flow.resp.ip);
        let shown = frame(number);
        let Some(route) = &path.route else {
            if path.is_local {
                chain.claim(words::loopback(shown, super::asked_by(dst)));
            } else if path.is_blank {
                chain.claim(words::blank_macs(shown));
            } else if let Some(mac) = path.to_many {
                chain.claim(words::to_many(shown, mac));
            }
            return;
        };
        let answer = self.answer(&path.because);
        let known = |net: &&IpNet| net.contains(&src);
        let net = nets.iter().filter(known).max_by_key(|net| net.prefix_len());
        let is_neighbour = net.is_some_and(|net| net.contains(&dst));
        let mask = |net, net_known| Mask {
            src,
            dst,
            net,
            net_known,
        };
        let mac = route.mac;
        if net.is_none() && !nets.is_empty() {
            chain.claim(words::outside_nets(src));
        }
        if self.contradicts(path, number, net.filter(|_| is_neighbour), chain) {
            return;
        }
        match route.off_subnet {
            Some(off) => {
                if let Some(net) = off.net {
                    chain.mask = Some(mask(net, off.net_known));
                    chain.claim(match off.gateway_ip {
                        Some(ip) if off.net_known => words::to_gateway(shown, mac, ip, dst, net),
                        Some(ip) => words::to_inferred_gateway(shown, mac, ip, dst, net),
                        None => words::to_unnamed_gateway(shown, mac, dst, net),
                    });
                }
            }
            // Without an answer and a mask, a gateway's MAC looks the same.
            None if answer.is_none() && !mac.is_multicast() && !is_neighbour => {
                chain.claim(words::to_unknown_mac(shown, mac, dst, super::asked_by(dst)));
                return;
            }
            None if answer.is_none() && is_neighbour => {
                chain.claim(words::straight_to_neighbour(shown, mac, dst));
            }
            None => {
                chain.claim(words::straight(shown, mac, dst));
            }
        }
        match answer {
            Some(answer) => chain.claim(answer.claim()),
            None => chain.claim(words::not_learnt(mac, super::asked_by(dst))),
        };
        if route.off_subnet.is_some() {
            return;
        }
        match (net, answer) {
            (Some(net), _) => {
                chain.mask = Some(mask(*net, true));
                chain.claim(if net.contains(&dst) {
                    words::same_subnet(src, dst, *net)
                } else {
                    words::other_subnet(src, dst, *net)
                });
            }
            (None, Some(answer)) if answer.asker == src && answer.binding.ip == dst => {
                let questions = frames(&answer.questions);
                chain.claim(words::taken_for_neighbour(src, dst, questions));
            }
            _ => {}
        }
    }

    /// The subnet that was given is not the sender's: what was asked for shows it. Says so, and how it went.
    fn contradicts(
        &self,
        path: &Path,
        number: u64,
        neighbourhood: Option<&IpNet>,
        chain: &mut Chain,
    ) -> bool {
        let (src, dst) = (path.flow.orig.ip, path.flow.resp.ip);
        let Some(route) = path.route else {
            return false;
        };
        let (shown, mac) = (frame(number), route.mac);
        let given = route.off_subnet.filter(|off| off.net_known);
        if let (Some(net), Some(answer)) =
            (given.and_then(|off| off.net), self.answer(&path.because))
            && answer.binding.ip == dst
            && answer.asker == src
        {
            chain.claim(words::straight(shown, mac, dst));
            chain.claim(answer.claim());
            let questions = frames(&answer.questions);
            chain.claim(words::net_too_narrow(src, dst, questions, net));
            return true;
        }
        let Some(net) = neighbourhood.filter(|_| route.off_subnet.is_none()) else {
            return false;
        };
        let told = || {
            let answers = self
                .answers_with(mac, number)
                .map(|it| (it.binding.ip, it.frame));
            answers.chain(
                self.told_by(mac, number)
                    .map(|it| (it.binding.ip, it.frame)),
            )
        };
        let is_its_own = told().any(|(ip, _)| ip == dst);
        let Some((owner, told)) = told().next().filter(|_| !is_its_own) else {
            return false;
        };
        chain.claim(words::net_too_wide(
            shown,
            mac,
            owner,
            frame(told),
            dst,
            *net,
        ));
        true
    }

    /// Why any frame could go where it went; `path` is that of its conversation.
    pub fn way_of(&self, sight: &Sight, path: Option<&Path>, nets: &[IpNet], chain: &mut Chain) {
        let (Some((_, dst)), Some(mac)) = (sight.ends, sight.destination_mac) else {
            return;
        };
        let (shown, number) = (frame(sight.number), sight.number);
        if super::is_local(sight) {
            chain.claim(words::loopback(shown, super::asked_by(dst)));
        } else if super::is_blank(sight) {
            chain.claim(words::blank_macs(shown));
        } else if mac.is_multicast() {
            chain.claim(words::to_many(shown, mac));
        } else if let Some(path) = path.filter(|path| path.is_of(sight)) {
            self.way(path, number, nets, chain);
        } else if let Some(claim) = self.claims_of(dst, mac, number) {
            chain.claim(words::to_claimant(shown, mac, dst, frame(claim)));
        } else {
            self.known(sight, mac, chain);
        }
    }

    /// Where the hardware address that a frame went to was told before.
    fn known(&self, sight: &Sight, mac: MacAddr, chain: &mut Chain) {
        let Some((_, dst)) = sight.ends else {
            return;
        };
        let (shown, number) = (frame(sight.number), sight.number);
        let answers = || self.answers_with(mac, number);
        let told = || self.told_by(mac, number);
        if let Some(answer) = answers().find(|it| it.binding.ip == dst) {
            chain.claim(words::straight(shown, mac, dst));
            chain.claim(answer.claim());
        } else if let Some(it) = told().find(|it| it.binding.ip == dst) {
            chain.claim(words::straight(shown, mac, dst));
            chain.claim(words::told_own_mac(dst, mac, frame(it.frame)));
        } else if let Some(answer) = answers().next() {
            let ip = answer.binding.ip;
            chain.claim(words::by_way_of(shown, mac, ip, dst));
            chain.claim(answer.claim());
        } else if let Some(it) = told().next() {
            let ip = it.binding.ip;
            chain.claim(words::by_way_of(shown, mac, ip, dst));
            chain.claim(words::told_own_mac(ip, mac, frame(it.frame)));
        } else {
            chain.claim(words::to_unknown_mac(shown, mac, dst, super::asked_by(dst)));
        }
    }

    /// The frame in which a second host claimed an address that had another owner.
    fn claims_of(&self, ip: std::net::IpAddr, mac: MacAddr, before: u64) -> Option<u64> {
        let mut conflicts = self.conflicts.iter().rev();
        let claim = conflicts.find(|it| it.ip == ip && it.new == mac && it.frame < before);
        claim.map(|it| it.frame)
    }
}
