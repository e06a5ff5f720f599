//! Address resolution as a memory: ARP (RFC 826, RFC 5227) and its twin, IPv6 neighbour discovery
//! (RFC 4861). Who asked for whose hardware address, who answered, and who could know it since when.

use std::{net::IpAddr, time::Duration};

use crate::{
    decode::MacAddr,
    time::Timestamp,
    track::{
        AddressCounts,
        bounded::Bounded,
        event::{
            AddressAsked, AddressConflict, AddressResolved, AddressUnanswered, Binding, Kind,
            Oddity, Resolution,
        },
        seen::Seen,
        table::{Ages, Table},
    },
};

/// A question is unanswered when this long has passed since the last try.
const PATIENCE: Duration = Duration::from_secs(3);

/// At most this many questions wait for an answer at once.
const MAX_QUESTIONS: usize = 16_384;

/// At most this many frames of one question are named.
const MAX_FRAMES: usize = 16;

/// Further conflicts about one address are counted, not told.
const MAX_CONFLICTS_TOLD: u32 = 10;

/// What an ARP packet or a neighbour discovery message says.
#[derive(Clone, Copy, Debug)]
pub struct Saying {
    /// ARP or neighbour discovery.
    pub by: Resolution,
    /// What kind of saying.
    pub act: Act,
    /// Who says it: its address (absent in probes) and its hardware address (absent where it is not told).
    pub sender: (Option<IpAddr>, Option<MacAddr>),
    /// The address asked for or told.
    pub target: IpAddr,
    /// The hardware address that the answer goes to.
    pub told_to: Option<MacAddr>,
    /// The source of the frame, where there is a link layer.
    pub frame_source: Option<MacAddr>,
    /// Sent to everyone.
    pub broadcast: bool,
}

/// Kinds of saying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Who has `target`?
    Ask,
    /// `target` is at the sender's hardware address; told to this address.
    Answer(IpAddr),
    /// `target` is at the sender's hardware address; told to everyone, unasked.
    Announce,
    /// Does anybody have `target`? I am about to take it.
    Probe,
}

/// All questions and what was learnt.
#[derive(Debug)]
pub struct Addresses {
    questions: Table<Question, Asked>,
    bindings: Bounded<IpAddr, Learnt>,
    /// What the owner of a hardware address was told, and in which frame.
    told: Bounded<(MacAddr, IpAddr), (MacAddr, u64)>,
    /// The addresses that a hardware address was told to have.
    owners: Bounded<MacAddr, Vec<IpAddr>>,
    /// ARP's numbers.
    pub arp: AddressCounts,
    /// Neighbour discovery's numbers.
    pub neighbors: AddressCounts,
    /// Questions let go because the table was full.
    pub evicted: u64,
    /// Conflicts of which it is not known yet whom the others believe.
    disputes: Vec<Dispute>,
}

#[derive(Clone, Copy, Debug)]
struct Dispute {
    ip: IpAddr,
    new_mac: MacAddr,
    frame: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Question {
    asker: IpAddr,
    target: IpAddr,
}

#[derive(Debug)]
struct Asked {
    by: Resolution,
    mac: MacAddr,
    last_at: Timestamp,
    tries: u32,
    frames: Vec<u64>,
    broadcast: bool,
    answered: bool,
}

impl Ages for Asked {
    fn deadline(&self) -> Timestamp {
        self.last_at + PATIENCE
    }
}

#[derive(Clone, Copy, Debug)]
struct Learnt {
    mac: MacAddr,
    frame: u64,
    conflicts: u32,
    /// An answer to somebody's question told it.
    answered: bool,
}

/// At most this many conflicts wait for the next frame.
const MAX_DISPUTES: usize = 16;

/// At most this many addresses are listed for one hardware address.
const MAX_OWNED: usize = 16;

impl Addresses {
    /// Nothing known; at most `max_hosts` addresses will be.
    pub fn new(max_hosts: usize) -> Self {
        Self {
            questions: Table::new(MAX_QUESTIONS),
            bindings: Bounded::new(max_hosts),
            told: Bounded::new(max_hosts),
            owners: Bounded::new(max_hosts),
            arp: AddressCounts::default(),
            neighbors: AddressCounts::default(),
            evicted: 0,
            disputes: Vec::new(),
        }
    }

    /// Something was said.
    pub fn observe(&mut self, saying: &Saying, seen: &mut Seen<'_>) {
        if let (Some(said), Some(source)) = (saying.sender.1, saying.frame_source)
            && said != source
        {
            seen.tell(&[], || {
                Kind::Oddity(Oddity {
                    name: "arp_sender_mismatch",
                    detail: format!("the frame comes from {source}, its sender says {said}"),
                })
            });
        }
        match (saying.act, saying.sender) {
            (Act::Ask, (Some(ip), mac)) => {
                if let Some(mac) = mac {
                    self.learn(saying.by, Binding { ip, mac }, seen);
                }
                self.ask(saying, ip, seen);
            }
            (Act::Answer(asker), (_, Some(mac))) => {
                let ip = saying.target;
                self.learn(saying.by, Binding { ip, mac }, seen);
                self.answer(saying, asker, mac, seen);
                if saying.by == Resolution::Arp {
                    self.on_told_by_answer(Binding { ip, mac }, seen);
                }
            }
            (Act::Announce, (_, Some(mac))) => {
                let ip = saying.target;
                self.counts(saying.by).announced += 1;
                if saying.by == Resolution::Arp {
                    seen.tell(&[], || Kind::AddressAnnounced(Binding { ip, mac }));
                }
                self.learn(saying.by, Binding { ip, mac }, seen);
            }
            (Act::Probe, (_, mac)) => {
                let ip = saying.target;
                self.counts(saying.by).probes += 1;
                if let (Resolution::Arp, Some(mac)) = (saying.by, mac) {
                    seen.tell(&[], || Kind::AddressProbe(Binding { ip, mac }));
                }
            }
            _ => {}
        }
    }

    /// A frame for an address went to a hardware address. After a conflict, it shows whom its sender
    /// believes.
    pub fn on_frame_to(&mut self, ip: IpAddr, mac: MacAddr, seen: &mut Seen<'_>) {
        if self.disputes.is_empty() {
            return;
        }
        let Some(at) = self.disputes.iter().position(|dispute| dispute.ip == ip) else {
            return;
        };
        let dispute = self.disputes.remove(at);
        let claim = if mac == dispute.new_mac { "new" } else { "old" };
        seen.tell(&[dispute.frame], || {
            Kind::Oddity(Oddity {
                name: "conflict_settled",
                detail: format!(
                    "the next frame for {ip} goes to {mac}, the {claim} claim to the address"
                ),
            })
        });
    }

    /// The hardware address that is known for an address, and the frame that told it.
    pub fn binding(&self, ip: IpAddr) -> Option<(MacAddr, u64)> {
        self.bindings
            .get(&ip)
            .map(|learnt| (learnt.mac, learnt.frame))
    }

    /// Whether more than one hardware address claimed an address.
    pub fn is_disputed(&self, ip: IpAddr) -> bool {
        self.bindings
            .get(&ip)
            .is_some_and(|learnt| learnt.conflicts > 0)
    }

    /// The frame that told the owner of one hardware address about another's address.
    pub fn frame_that_told(&self, learner: MacAddr, ip: IpAddr, mac: MacAddr) -> Option<u64> {
        if let Some(&(told, frame)) = self.told.get(&(learner, ip))
            && told == mac
        {
            return Some(frame);
        }
        None
    }

    /// The addresses that a hardware address was told to have.
    pub fn owned_by(&self, mac: MacAddr) -> &[IpAddr] {
        self.owners.get(&mac).map_or(&[], Vec::as_slice)
    }

    /// Hosts let go because the table was full.
    pub fn hosts_evicted(&self) -> u64 {
        self.bindings.evicted()
    }

    /// Reports what nobody answered, at most `limit` questions.
    pub fn expire(&mut self, now: Timestamp, limit: usize, seen: &mut Seen<'_>) {
        for _ in 0..limit {
            let Some((question, asked)) = self.questions.pop_due(now) else {
                return;
            };
            let at = asked.deadline();
            self.give_up(question, &asked, &mut seen.at(at));
        }
    }

    /// Reports everything that nobody answered.
    pub fn finish(&mut self, seen: &mut Seen<'_>) {
        let mut rest = self.questions.drain();
        rest.sort_unstable_by_key(|(_, asked)| (asked.last_at, asked.frames.first().copied()));
        for (question, asked) in rest {
            self.give_up(question, &asked, seen);
        }
    }

    fn counts(&mut self, by: Resolution) -> &mut AddressCounts {
        match by {
            Resolution::Arp => &mut self.arp,
            Resolution::Neighbor => &mut self.neighbors,
        }
    }

    fn ask(&mut self, saying: &Saying, asker: IpAddr, seen: &mut Seen<'_>) {
        let question = Question {
            asker,
            target: saying.target,
        };
        let mac = saying.sender.1.or(saying.frame_source).unwrap_or_default();
        let open = self.questions.find(&question);
        if let Some(handle) = open
            && self
                .questions
                .get(handle)
                .is_some_and(|asked| asked.answered)
        {
            self.questions.remove(handle);
        }
        let tries = if let Some(asked) = open.and_then(|handle| self.questions.get_mut(handle)) {
            asked.tries = asked.tries.saturating_add(1);
            asked.last_at = asked.last_at.max(seen.at);
            asked.broadcast = saying.broadcast;
            if asked.frames.len() < MAX_FRAMES {
                asked.frames.extend(seen.frame);
            }
            asked.tries
        } else {
            self.counts(saying.by).asked += 1;
            let asked = Asked {
                by: saying.by,
                mac,
                last_at: seen.at,
                tries: 1,
                frames: seen.frame.into_iter().collect(),
                broadcast: saying.broadcast,
                answered: false,
            };
            if let (_, Some((question, asked))) = self.questions.insert(question, asked) {
                self.evicted += u64::from(!asked.answered);
                self.give_up(question, &asked, seen);
            }
            1
        };
        seen.tell(&[], || {
            Kind::AddressAsked(AddressAsked {
                by: saying.by,
                ip: saying.target,
                asked_by: Binding { ip: asker, mac },
                tries,
                broadcast: saying.broadcast,
            })
        });
    }

    fn answer(&mut self, saying: &Saying, asker: IpAddr, mac: MacAddr, seen: &mut Seen<'_>) {
        let ip = saying.target;
        let question = Question { asker, target: ip };
        let handle = self.questions.find(&question);
        let Some(asked) = handle.and_then(|handle| self.questions.get_mut(handle)) else {
            if let Some(learner) = saying.told_to {
                self.told.insert((learner, ip), (mac, seen.number()));
            }
            if saying.by == Resolution::Arp && !asker.is_unspecified() {
                seen.tell(&[], || {
                    Kind::Oddity(Oddity {
                        name: "arp_unasked_reply",
                        detail: format!("{mac} tells {asker} that it has {ip}, which nobody asked"),
                    })
                });
            }
            return;
        };
        if asked.answered {
            return;
        }
        asked.answered = true;
        let (learner, by) = (asked.mac, asked.by);
        let first_question = asked.frames.first().copied();
        let resolved = AddressResolved {
            by,
            binding: Binding { ip, mac },
            asked_by: Binding {
                ip: asker,
                mac: learner,
            },
            tries: asked.tries,
            latency: seen.at.since(asked.last_at),
            broadcast: asked.broadcast,
        };
        let frames = asked.frames.clone();
        self.told.insert((learner, ip), (mac, seen.number()));
        // Who is asked learns the asker's address from the question (RFC 826, "merge").
        if let Some(question) = first_question {
            self.told.insert((mac, asker), (learner, question));
        }
        self.counts(by).answered += 1;
        seen.tell(&frames, || Kind::AddressResolved(resolved));
    }

    /// Who answers for several addresses has several, or answers in place of others (RFC 1027).
    fn on_told_by_answer(&mut self, binding: Binding, seen: &mut Seen<'_>) {
        let Binding { ip, mac } = binding;
        match self.bindings.get_mut(&ip) {
            Some(learnt) if learnt.mac == mac && !learnt.answered => learnt.answered = true,
            _ => return,
        }
        let is_answered = |other: &&IpAddr| {
            **other != ip && self.bindings.get(other).is_some_and(|it| it.answered)
        };
        if let Some(other) = self.owned_by(mac).iter().find(is_answered) {
            seen.tell(&[], || {
                Kind::Oddity(Oddity {
                    name: "proxy_arp",
                    detail: format!("{mac} answers for {ip} as it did for {other}"),
                })
            });
        }
    }

    fn learn(&mut self, by: Resolution, binding: Binding, seen: &mut Seen<'_>) {
        let Binding { ip, mac } = binding;
        if ip.is_unspecified() || mac == MacAddr::ZERO || mac.is_multicast() {
            return;
        }
        let known = self.bindings.get(&ip).copied();
        let conflicts = known.map_or(0, |known| known.conflicts);
        match known {
            Some(known) if known.mac == mac => return,
            Some(known) => {
                self.counts(by).conflicts += 1;
                if conflicts < MAX_CONFLICTS_TOLD {
                    seen.tell(&[known.frame], || {
                        Kind::AddressConflict(AddressConflict {
                            by,
                            ip,
                            old_mac: known.mac,
                            new_mac: mac,
                        })
                    });
                }
                if self.disputes.len() < MAX_DISPUTES {
                    self.disputes.retain(|dispute| dispute.ip != ip);
                    self.disputes.push(Dispute {
                        ip,
                        new_mac: mac,
                        frame: seen.number(),
                    });
                }
                if let Some(owned) = self.owners.get_mut(&known.mac) {
                    owned.retain(|owned| *owned != ip);
                }
            }
            None => {}
        }
        self.bindings.insert(
            ip,
            Learnt {
                mac,
                frame: seen.number(),
                conflicts: conflicts + u32::from(known.is_some()),
                answered: false,
            },
        );
        match self.owners.get_mut(&mac) {
            Some(owned) if owned.len() < MAX_OWNED => owned.push(ip),
            Some(_) => {}
            None => self.owners.insert(mac, vec![ip]),
        }
    }

    fn give_up(&mut self, question: Question, asked: &Asked, seen: &mut Seen<'_>) {
        if asked.answered {
            return;
        }
        self.counts(asked.by).unanswered += 1;
        seen.tell(&asked.frames, || {
            Kind::AddressUnanswered(AddressUnanswered {
                by: asked.by,
                ip: question.target,
                asked_by: Binding {
                    ip: question.asker,
                    mac: asked.mac,
                },
                tries: asked.tries,
            })
        });
    }
}
