//! Address resolution as a memory: ARP (RFC 826, RFC 5227) and its twin, IPv6 neighbour discovery
//! (RFC 4861). Who asked for whose hardware address, who answered, and who could know it since when.

mod memory;

pub use memory::Memory;

use std::{net::IpAddr, time::Duration};

use ipnet::IpNet;

use crate::{
    decode::MacAddr,
    time::Timestamp,
    track::{
        AddressCounts,
        event::{
            AddressAsked, AddressResolved, AddressUnanswered, Binding, Kind, Oddity, Resolution,
        },
        route::Lan,
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
    /// Where.
    pub lan: Lan,
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
    /// The subnets that are known.
    nets: Vec<IpNet>,
    /// What the answers told.
    pub memory: Memory,
    /// ARP's numbers.
    pub arp: AddressCounts,
    /// Neighbour discovery's numbers.
    pub neighbors: AddressCounts,
    /// Questions let go because the table was full.
    pub evicted: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Question {
    lan: Lan,
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
    type Patience = Duration;

    fn deadline(&self, patience: &Duration) -> Timestamp {
        self.last_at + *patience
    }
}

impl Addresses {
    /// Nothing known but these subnets; at most `max_hosts` addresses will be.
    pub fn new(max_hosts: usize, nets: Vec<IpNet>) -> Self {
        Self {
            questions: Table::new(MAX_QUESTIONS, PATIENCE),
            nets,
            memory: Memory::new(max_hosts),
            arp: AddressCounts::default(),
            neighbors: AddressCounts::default(),
            evicted: 0,
        }
    }

    /// Something was said.
    pub fn observe(&mut self, saying: &Saying, seen: &mut Seen<'_>) {
        if let (Some(said), Some(source)) = (saying.sender.1, saying.frame_source)
            && said != source
        {
            let by = saying.by;
            seen.tell(&[], || {
                Kind::Oddity(Oddity::SenderMismatch { by, said, source })
            });
        }
        match (saying.act, saying.sender) {
            (Act::Ask, (Some(ip), mac)) => {
                if let Some(mac) = mac {
                    self.learn(saying, Binding { ip, mac }, seen);
                }
                self.ask(saying, ip, seen);
            }
            (Act::Answer(asker), (_, Some(mac))) => {
                let ip = saying.target;
                self.learn(saying, Binding { ip, mac }, seen);
                if self.answer(saying, asker, mac, seen) && saying.by == Resolution::Arp {
                    let binding = Binding { ip, mac };
                    self.memory
                        .on_answer(saying.lan, binding, asker, &self.nets, seen);
                }
            }
            (Act::Announce, (_, Some(mac))) => {
                let ip = saying.target;
                self.counts(saying.by).announced += 1;
                let binding = Binding { ip, mac };
                seen.tell(&[], || Kind::AddressAnnounced(binding));
                self.learn(saying, binding, seen);
                self.memory.announce(saying.lan, binding, seen.number());
            }
            (Act::Probe, (_, mac)) => {
                let ip = saying.target;
                self.counts(saying.by).probes += 1;
                if let Some(mac) = mac {
                    seen.tell(&[], || Kind::AddressProbe(Binding { ip, mac }));
                }
            }
            _ => {}
        }
    }

    /// When the first may have waited for too long.
    pub fn next_due(&self) -> Timestamp {
        self.questions.next_due()
    }

    /// Reports what nobody answered, at most `limit` questions.
    pub fn expire(&mut self, now: Timestamp, limit: usize, seen: &mut Seen<'_>) {
        for _ in 0..limit {
            let Some((question, asked)) = self.questions.pop_due(now) else {
                return;
            };
            let at = asked.deadline(&PATIENCE);
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

    fn learn(&mut self, saying: &Saying, binding: Binding, seen: &mut Seen<'_>) {
        let is_conflict = self.memory.learn(saying.lan, saying.by, binding, seen);
        self.counts(saying.by).conflicts += u64::from(is_conflict);
    }

    fn ask(&mut self, saying: &Saying, asker: IpAddr, seen: &mut Seen<'_>) {
        let question = Question {
            lan: saying.lan,
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

    /// Somebody answered. Returns whether that is the first answer to a question.
    fn answer(
        &mut self,
        saying: &Saying,
        asker: IpAddr,
        mac: MacAddr,
        seen: &mut Seen<'_>,
    ) -> bool {
        let (lan, ip) = (saying.lan, saying.target);
        let question = Question {
            lan,
            asker,
            target: ip,
        };
        let handle = self.questions.find(&question);
        let Some(asked) = handle.and_then(|handle| self.questions.get_mut(handle)) else {
            if let Some(learner) = saying.told_to {
                self.memory
                    .tell(lan, learner, Binding { ip, mac }, seen.number());
            }
            if !asker.is_unspecified() {
                seen.tell(&[], || {
                    Kind::Oddity(Oddity::UnaskedReply {
                        binding: Binding { ip, mac },
                        told: asker,
                    })
                });
            }
            return false;
        };
        if asked.answered {
            let learner = asked.mac;
            self.memory
                .tell_again(lan, learner, Binding { ip, mac }, seen.number());
            return false;
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
        self.memory
            .tell(lan, learner, Binding { ip, mac }, seen.number());
        // Who is asked learns the asker's address from the question (RFC 826, "merge").
        if let Some(question) = first_question {
            let binding = Binding {
                ip: asker,
                mac: learner,
            };
            self.memory.tell(lan, mac, binding, question);
        }
        self.counts(by).answered += 1;
        seen.tell(&frames, || Kind::AddressResolved(resolved));
        true
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
