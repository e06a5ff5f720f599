//! Which address was learnt where, who asked in vain, and which two hosts claim one.

use std::{
    collections::{HashSet, VecDeque},
    net::IpAddr,
    time::Duration,
};

use ipnet::IpNet;

use super::{
    chain::{Chain, Claim, Mask, Subject},
    frame, frames,
    verdict::Verdict,
};
use crate::{
    decode::MacAddr,
    report::words::why as words,
    time::Timestamp,
    track::event::{
        AddressConflict, AddressResolved, AddressUnanswered, Binding, Event, Kind, Oddity, Route,
    },
};

/// At most so many questions, answers and destinations are remembered.
const MOST: usize = 16_384;

/// At most so many conflicts are.
const MOST_CONFLICTS: usize = 64;

/// What was said about addresses.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    questions: VecDeque<(u64, Timestamp)>,
    answers: VecDeque<Answer>,
    pub conflicts: Vec<Conflict>,
    /// Where IP packets were sent to; `None` once there were too many.
    spoken_to: Option<HashSet<IpAddr>>,
    has_begun: bool,
}

/// An answer that told an address.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub frame: u64,
    pub binding: Binding,
    pub asker: IpAddr,
    pub questions: Vec<u64>,
    latency: Duration,
}

/// Two hardware addresses for one address.
#[derive(Clone, Debug)]
pub(super) struct Conflict {
    pub frame: u64,
    pub ip: IpAddr,
    pub old: MacAddr,
    pub new: MacAddr,
    learnt: Option<u64>,
    /// The first frame to the address afterwards, where it went, and whether that is the new one.
    settled: Option<(u64, MacAddr, bool)>,
}

/// A frame that was sent somewhere, and why it could be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way<'a> {
    pub frame: u64,
    pub src: IpAddr,
    pub dst: IpAddr,
    pub route: Option<&'a Route>,
    pub because: &'a [u64],
    pub is_local: bool,
}

impl Addresses {
    /// Takes note of what is said about addresses.
    pub fn event(&mut self, event: &Event) {
        match (&event.kind, event.frame) {
            (Kind::AddressAsked(_), Some(frame)) => {
                bounded(&mut self.questions, (frame, event.at));
            }
            (Kind::AddressResolved(it), Some(frame)) => self.resolved(it, frame, &event.because),
            (Kind::AddressConflict(it), Some(frame)) => self.conflict(it, frame, &event.because),
            (Kind::Oddity(Oddity::ConflictSettled { binding, is_new }), Some(frame)) => {
                let conflict = self.conflicts.iter_mut().rev();
                let mut conflict = conflict.filter(|conflict| conflict.ip == binding.ip);
                if let Some(conflict) = conflict.next() {
                    conflict.settled = Some((frame, binding.mac, *is_new));
                }
            }
            _ => {}
        }
    }

    /// Takes note of where an IP packet is sent to.
    pub fn sent_to(&mut self, ip: IpAddr) {
        if !self.has_begun {
            self.has_begun = true;
            self.spoken_to = Some(HashSet::new());
        }
        if let Some(spoken_to) = &mut self.spoken_to {
            spoken_to.insert(ip);
            if spoken_to.len() > MOST {
                self.spoken_to = None;
            }
        }
    }

    /// The first answer among frames.
    pub fn answer(&self, frames: &[u64]) -> Option<&Answer> {
        let found = |frame: &u64| {
            let at = self.answers.partition_point(|it| it.frame < *frame);
            self.answers.get(at).filter(|it| it.frame == *frame)
        };
        frames.iter().find_map(found)
    }

    /// The latest answer that told where a host is.
    pub fn told(&self, ip: IpAddr) -> Option<&Answer> {
        self.answers.iter().rev().find(|it| it.binding.ip == ip)
    }

    /// The answer that a frame is, or is a question of.
    pub fn answer_with(&self, frame: u64) -> Option<&Answer> {
        let mut answers = self.answers.iter();
        answers.find(|it| it.frame == frame || it.questions.contains(&frame))
    }

    /// Why a frame could go where it went, down to the question that was asked for it.
    pub fn way(&self, way: &Way<'_>, nets: &[IpNet], chain: &mut Chain) {
        let Some(route) = way.route else {
            if way.is_local {
                chain.claim(words::loopback(frame(way.frame)));
            }
            return;
        };
        let answer = self.answer(way.because);
        let known = |net: &&IpNet| net.contains(&way.src);
        let net = nets.iter().filter(known).max_by_key(|net| net.prefix_len());
        let is_neighbour = net.is_some_and(|net| net.contains(&way.dst));
        let mask = |net, net_known| Mask {
            src: way.src,
            dst: way.dst,
            net,
            net_known,
        };
        let (shown, mac) = (frame(way.frame), route.mac);
        if net.is_none() && !nets.is_empty() {
            chain.claim(words::outside_nets(way.src));
        }
        match route.off_subnet {
            Some(off) => {
                if let Some(net) = off.net {
                    chain.mask = Some(mask(net, off.net_known));
                    chain.claim(match off.gateway_ip {
                        Some(ip) if off.net_known => {
                            words::to_gateway(shown, mac, ip, way.dst, net)
                        }
                        Some(ip) => words::to_inferred_gateway(shown, mac, ip, way.dst, net),
                        None => words::to_unnamed_gateway(shown, mac, way.dst, net),
                    });
                }
            }
            // Without an answer and a mask, a gateway's MAC looks the same.
            None if answer.is_none() && !mac.is_multicast() && !is_neighbour => {
                chain.claim(words::to_unknown_mac(shown, mac, way.dst));
                return;
            }
            None => {
                chain.claim(words::straight(shown, mac, way.dst));
            }
        }
        match answer {
            Some(answer) => chain.claim(answer.claim()),
            None => chain.claim(words::not_learnt(mac)),
        };
        if route.off_subnet.is_some() {
            return;
        }
        match (net, answer) {
            (Some(net), _) => {
                chain.mask = Some(mask(*net, true));
                chain.claim(if net.contains(&way.dst) {
                    words::same_subnet(way.src, way.dst, *net)
                } else {
                    words::other_subnet(way.src, way.dst, *net)
                });
            }
            (None, Some(answer)) if answer.asker == way.src && answer.binding.ip == way.dst => {
                let questions = frames(&answer.questions);
                chain.claim(words::taken_for_neighbour(way.src, way.dst, questions));
            }
            _ => {}
        }
    }

    /// A question that nobody answered.
    pub fn in_vain(&self, it: &AddressUnanswered, event: &Event, nets: &[IpNet]) -> Chain {
        let (ip, asker, questions) = (it.ip, it.asked_by.ip, &event.because);
        let mut chain = Chain::new(Subject::Address(ip), Verdict::NoArpAnswer);
        let at = |number: &u64| {
            let at = self.questions.partition_point(|(frame, _)| frame < number);
            let question = self.questions.get(at);
            Some(question.filter(|(frame, _)| frame == number)?.1)
        };
        let times: Vec<_> = questions.iter().take(8).filter_map(at).collect();
        chain.claim(if let [question] = questions.as_slice() {
            words::asked_once(asker, ip, frame(*question))
        } else {
            words::asked_in_vain(asker, ip, frames(questions), it.tries, super::gaps(&times))
        });
        let is_silent = |spoken_to: &HashSet<IpAddr>| !spoken_to.contains(&ip);
        if !self.has_begun || self.spoken_to.as_ref().is_some_and(is_silent) {
            chain.claim(words::no_frame_left(ip));
        }
        if event.ending && it.tries == 1 {
            let last = questions.last().copied().unwrap_or_default();
            chain.claim(words::capture_too_short(frame(last)));
        } else {
            chain.claim(words::nobody_has(ip));
            chain.claim(words::absent_or_silent(ip));
        }
        let net = nets.iter().find(|net| net.contains(&asker));
        if let Some(net) = net {
            let mask = Mask {
                src: asker,
                dst: ip,
                net: *net,
                net_known: true,
            };
            chain.mask = Some(mask);
            chain.claim(if mask.is_same() {
                words::same_subnet(asker, ip, *net)
            } else {
                words::wrong_mask(asker, ip, *net)
            });
        } else {
            chain.claim(words::taken_for_neighbour(asker, ip, frames(questions)));
        }
        chain
    }

    fn resolved(&mut self, it: &AddressResolved, number: u64, questions: &[u64]) {
        let answer = Answer {
            frame: number,
            binding: it.binding,
            asker: it.asked_by.ip,
            questions: questions.to_vec(),
            latency: it.latency,
        };
        bounded(&mut self.answers, answer);
    }

    fn conflict(&mut self, it: &AddressConflict, number: u64, because: &[u64]) {
        if self.conflicts.len() < MOST_CONFLICTS {
            self.conflicts.push(Conflict {
                frame: number,
                ip: it.ip,
                old: it.old_mac,
                new: it.new_mac,
                learnt: because.first().copied(),
                settled: None,
            });
        }
    }
}

impl Conflict {
    /// An address that two claim.
    pub fn chain(&self) -> Chain {
        let mut chain = Chain::new(Subject::Address(self.ip), Verdict::AddressConflict);
        self.explain(&mut chain);
        chain
    }

    /// The claims that two hosts have one address.
    pub fn explain(&self, chain: &mut Chain) {
        let (ip, old, new) = (self.ip, self.old, self.new);
        let shown = frame(self.frame);
        chain.claim(match self.learnt {
            Some(learnt) => words::claimed(shown, ip, new, old, frame(learnt)),
            None => words::claimed_out_of_the_blue(shown, ip, new, old),
        });
        if let Some((settled, mac, is_new)) = self.settled {
            chain.claim(if is_new {
                words::believed(frame(settled), ip, mac)
            } else {
                words::disbelieved(frame(settled), ip, mac)
            });
        }
        chain.claim(words::two_hosts(ip));
        chain.claim(words::rightful_owner(ip));
    }
}

impl Answer {
    /// Where the address was learnt.
    pub fn claim(&self) -> Claim {
        let Binding { ip, mac } = self.binding;
        let (answer, questions) = (frame(self.frame), frames(&self.questions));
        words::learnt(mac, answer, ip, self.asker, questions, self.latency)
    }

    /// A question that was answered.
    pub fn chain(&self) -> Chain {
        let mut chain = Chain::new(Subject::Address(self.binding.ip), Verdict::Resolved);
        chain.claim(self.claim());
        chain
    }
}

fn bounded<T>(all: &mut VecDeque<T>, one: T) {
    if all.len() >= MOST {
        all.pop_front();
    }
    all.push_back(one);
}
