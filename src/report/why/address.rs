//! Which address was learnt where, who asked in vain, and which two hosts claim one.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    net::IpAddr,
    time::Duration,
};

use ipnet::IpNet;

use super::{
    chain::{Chain, Claim, Mask, Subject},
    frame, frames,
    sight::{Body, Sight},
    stations::Stations,
    verdict::Verdict,
};
use crate::{
    decode::MacAddr,
    report::words::why as words,
    time::Timestamp,
    track::{
        event::{
            AddressConflict, AddressResolved, AddressUnanswered, Binding, Event, Kind, Oddity,
        },
        flow::Endpoint,
    },
};

/// At most so many questions, answers and destinations are remembered.
const MOST: usize = 16_384;

/// At most so many conflicts are.
const MOST_CONFLICTS: usize = 64;

/// What was said about addresses.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    /// Questions, and what was told unasked.
    told: VecDeque<Told>,
    answers: VecDeque<Answer>,
    pub conflicts: Vec<Conflict>,
    /// Where IP packets were sent to; `None` once there were too many.
    spoken_to: Option<HashSet<IpAddr>>,
    has_begun: bool,
    /// Who sent IP packets or ARP: the latest frame of each.
    senders: HashMap<IpAddr, u64>,
    stations: Stations,
    /// Who had a datagram from whom: its first frame.
    datagrams: HashMap<(IpAddr, Endpoint), u64>,
    /// Who sent a datagram to everyone or to a group: the first frame.
    callers: HashMap<Endpoint, u64>,
}

/// A question, or what was told unasked: either tells its sender's own address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub frame: u64,
    pub binding: Binding,
    at: Timestamp,
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

impl Addresses {
    /// Takes note of what is said about addresses.
    pub fn event(&mut self, event: &Event) {
        match (&event.kind, event.frame) {
            (Kind::AddressAsked(it), Some(frame)) => self.tells(it.asked_by, frame, event.at),
            (Kind::AddressAnnounced(it), Some(frame)) => self.tells(*it, frame, event.at),
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

    /// Takes note of who sends something, and to whom.
    pub fn saw(&mut self, sight: &Sight) {
        self.stations.saw(sight);
        if let (Body::Udp { .. }, Some((src, dst))) = (&sight.body, sight.sockets()) {
            if self.datagrams.len() < MOST {
                self.datagrams.entry((src.ip, dst)).or_insert(sight.number);
            }
            let is_for_all =
                dst.ip.is_multicast() || sight.destination_mac.is_some_and(MacAddr::is_multicast);
            if is_for_all && self.callers.len() < MOST {
                self.callers.entry(src).or_insert(sight.number);
            }
        }
        let src = match (&sight.body, sight.ends) {
            (Body::Question(sender, _) | Body::Answer(sender, _), _) => sender.ip,
            (_, Some((src, dst))) => {
                self.sent_to(dst);
                src
            }
            _ => return,
        };
        if self.senders.len() < MOST || self.senders.contains_key(&src) {
            self.senders.insert(src, sight.number);
        }
    }

    /// The first datagram from a host to a socket.
    pub fn datagram(&self, from: IpAddr, to: Endpoint) -> Option<u64> {
        self.datagrams.get(&(from, to)).copied()
    }

    /// The first datagram of a socket to everyone or to a group.
    pub fn call_of(&self, who: Endpoint) -> Option<u64> {
        self.callers.get(&who).copied()
    }

    /// Takes note of where an IP packet is sent to.
    fn sent_to(&mut self, ip: IpAddr) {
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

    /// The answers before a frame that told a hardware address, the latest first.
    pub fn answers_with(&self, mac: MacAddr, before: u64) -> impl Iterator<Item = &Answer> {
        let answers = self.answers.iter().rev();
        answers.filter(move |it| it.frame < before && it.binding.mac == mac)
    }

    /// Those who told their own hardware address before a frame, the latest first.
    pub fn told_by(&self, mac: MacAddr, before: u64) -> impl Iterator<Item = &Told> {
        let told = self.told.iter().rev();
        told.filter(move |it| it.frame < before && it.binding.mac == mac)
    }

    /// The latest answer that told where a host is.
    pub fn found(&self, ip: IpAddr) -> Option<&Answer> {
        self.answers.iter().rev().find(|it| it.binding.ip == ip)
    }

    /// The answer that a frame is, or is a question of.
    pub fn answer_with(&self, frame: u64) -> Option<&Answer> {
        let mut answers = self.answers.iter();
        answers.find(|it| it.frame == frame || it.questions.contains(&frame))
    }

    /// A question that nobody answered.
    pub fn in_vain(&self, it: &AddressUnanswered, event: &Event, nets: &[IpNet]) -> Chain {
        let (ip, asker, questions) = (it.ip, it.asked_by.ip, &event.because);
        let last = questions.last().copied().unwrap_or_default();
        let sent = self.senders.get(&ip).copied();
        // Who hears only what is for everyone hears no answer.
        let is_elsewhere =
            sent.is_some_and(|sent| sent > last) || self.stations.is_bystander(it.asked_by.mac);
        let verdict = if is_elsewhere {
            Verdict::ArpAnswerUnseen
        } else {
            Verdict::NoArpAnswer
        };
        let mut chain = Chain::new(Subject::Address(ip), verdict);
        let at = |number: &u64| {
            let at = self.told.partition_point(|it| it.frame < *number);
            let question = self.told.get(at);
            Some(question.filter(|it| it.frame == *number)?.at)
        };
        let times: Vec<_> = questions.iter().take(8).filter_map(at).collect();
        chain.claim(if let [question] = questions.as_slice() {
            words::asked_once(asker, ip, frame(*question))
        } else {
            words::asked_in_vain(asker, ip, frames(questions), it.tries, super::gaps(&times))
        });
        let is_silent = |spoken_to: &HashSet<IpAddr>| !spoken_to.contains(&ip);
        if is_elsewhere {
            if let Some(sent) = sent {
                chain.claim(words::sent_itself(ip, frame(sent)));
            }
            chain.claim(words::answer_elsewhere(ip, asker));
            return chain;
        }
        if !self.has_begun || self.spoken_to.as_ref().is_some_and(is_silent) {
            chain.claim(words::no_frame_left(ip));
        }
        if event.ending && it.tries == 1 {
            chain.claim(words::capture_too_short(frame(last)));
        } else {
            chain.claim(match sent {
                Some(sent) => words::was_there(ip, frame(sent)),
                None => words::nobody_has(ip),
            });
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

    fn tells(&mut self, binding: Binding, frame: u64, at: Timestamp) {
        bounded(&mut self.told, Told { frame, binding, at });
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
        self.explain(words::two_hosts(self.ip), &mut chain);
        chain
    }

    /// The claims that two hosts have one address, and what follows from it.
    pub fn explain(&self, follows: Claim, chain: &mut Chain) {
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
        chain.claim(follows);
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
