//! Pings, and errors tied to what they quote.

use std::{net::IpAddr, time::Duration};

use crate::{
    time::Timestamp,
    track::{
        event::{IcmpError, Kind, Ping},
        flow::Flow,
        seen::Seen,
        table::{Ages, Table},
    },
};

/// A ping is unanswered when this long has passed.
const PATIENCE: Duration = Duration::from_secs(3);

/// At most this many pings wait for an answer at once.
const MAX_PINGS: usize = 16_384;

/// At most this many hosts reply to one ping.
const MAX_REPLIES: usize = 64;

/// What an ICMP error says, whatever it quotes.
#[derive(Clone, Debug)]
pub struct Problem {
    /// In words: `port unreachable`.
    pub reason: String,
    /// Who says so.
    pub from_ip: IpAddr,
    /// The MTU of the next hop, where it tells one.
    pub mtu: Option<u32>,
}

impl Problem {
    /// The error, about a conversation.
    pub fn about<Id>(&self, id: Id, flow: Flow) -> IcmpError<Id> {
        IcmpError {
            id,
            flow,
            reason: self.reason.clone(),
            from_ip: self.from_ip,
            mtu: self.mtu,
        }
    }
}

/// An echo request or reply.
#[derive(Clone, Copy, Debug)]
pub struct Echo {
    /// A request, not a reply.
    pub request: bool,
    /// The sender of this packet.
    pub source: IpAddr,
    /// Its receiver.
    pub destination: IpAddr,
    /// Several hosts may receive it.
    pub is_shouted: bool,
    /// Tells one `ping` from another.
    pub id: u16,
    /// Counts the questions.
    pub seq: u16,
}

/// Echo requests that wait for their replies.
#[derive(Debug)]
pub struct Pings {
    waiting: Table<Key, Asked>,
    /// Echo requests seen, repetitions included.
    pub asked: u64,
    /// Echo requests answered.
    pub answered: u64,
    /// Echo requests let go because too many waited.
    pub evicted: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    asker: IpAddr,
    /// `None`: whoever hears it.
    asked: Option<IpAddr>,
    id: u16,
    seq: u16,
}

#[derive(Debug)]
struct Asked {
    at: Timestamp,
    frame: u64,
    destination: IpAddr,
    /// Who replied.
    by: Vec<IpAddr>,
}

impl Ages for Asked {
    type Patience = Duration;

    fn deadline(&self, patience: &Duration) -> Timestamp {
        self.at + *patience
    }
}

impl Pings {
    /// No ping yet.
    pub fn new() -> Self {
        Self {
            waiting: Table::new(MAX_PINGS, PATIENCE),
            asked: 0,
            answered: 0,
            evicted: 0,
        }
    }

    /// An echo request or reply.
    pub fn observe(&mut self, echo: &Echo, seen: &mut Seen<'_>) {
        let (id, seq) = (echo.id, echo.seq);
        let key = |asker, asked| Key {
            asker,
            asked,
            id,
            seq,
        };
        if echo.request {
            self.asked += 1;
            let asked = (!echo.is_shouted).then_some(echo.destination);
            let key = key(echo.source, asked);
            if let Some(handle) = self.waiting.find(&key) {
                self.waiting.remove(handle);
            }
            let (_, evicted) = self.waiting.insert(
                key,
                Asked {
                    at: seen.at,
                    frame: seen.number(),
                    destination: echo.destination,
                    by: Vec::new(),
                },
            );
            if let Some((key, question)) = evicted {
                self.evicted += 1;
                Self::give_up(key, &question, seen);
            }
            return;
        }
        let (asker, replier) = (echo.destination, echo.source);
        let waiting = self
            .waiting
            .find(&key(asker, Some(replier)))
            .or_else(|| self.waiting.find(&key(asker, None)));
        if let Some(question) = waiting.and_then(|handle| self.waiting.get_mut(handle))
            && !question.by.contains(&replier)
            && question.by.len() < MAX_REPLIES
        {
            self.answered += u64::from(question.by.is_empty());
            question.by.push(replier);
            let rtt = seen.at.since(question.at);
            seen.tell(&[question.frame], || {
                Kind::Ping(Ping {
                    src: asker,
                    dst: replier,
                    id,
                    seq,
                    rtt: Some(rtt),
                })
            });
        }
    }

    /// When the first may have waited for too long.
    pub fn next_due(&self) -> Timestamp {
        self.waiting.next_due()
    }

    /// Reports what nobody answered, at most `limit` pings.
    pub fn expire(&mut self, now: Timestamp, limit: usize, seen: &mut Seen<'_>) {
        for _ in 0..limit {
            let Some((key, question)) = self.waiting.pop_due(now) else {
                return;
            };
            let at = question.deadline(&PATIENCE);
            Self::give_up(key, &question, &mut seen.at(at));
        }
    }

    /// Reports everything that nobody answered.
    pub fn finish(&mut self, seen: &mut Seen<'_>) {
        let mut rest = self.waiting.drain();
        rest.sort_unstable_by_key(|(_, question)| question.frame);
        for (key, question) in rest {
            Self::give_up(key, &question, seen);
        }
    }

    fn give_up(key: Key, question: &Asked, seen: &mut Seen<'_>) {
        if question.by.is_empty() {
            seen.tell(&[question.frame], || {
                Kind::PingUnanswered(Ping {
                    src: key.asker,
                    dst: question.destination,
                    id: key.id,
                    seq: key.seq,
                    rtt: None,
                })
            });
        }
    }
}
