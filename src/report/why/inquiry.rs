//! Looks at frames and events as they come, and keeps what proofs may need.

use std::{
    collections::{BTreeMap, VecDeque},
    net::IpAddr,
    str::FromStr,
};

use ipnet::IpNet;

mod single;

use super::{
    Scene,
    address::Addresses,
    chain::{Chain, Subject},
    sight::Sight,
    tcp, udp,
    verdict::Verdict,
};
use crate::{
    capture::Frame,
    decode::Packet,
    time::Timestamp,
    track::event::{ConnectionId, Conversation, Event, ExchangeId, Kind},
};

/// At most so many conversations are followed at once; the oldest is let go.
const MOST_OPEN: usize = 16_384;

/// At most so many frames before the one that was asked for are remembered.
const MOST_RECENT: usize = 65_536;

/// At most so many other failures are named.
const MOST_OTHERS: usize = 8;

/// At most so many chains are kept where all are asked for.
const MOST_CHAINS: usize = 256;

/// What is asked about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum What {
    /// The most telling failure; where nothing failed, the first conversation.
    #[default]
    Worst,
    /// Every failure, each with its chain.
    EveryFailure,
    /// A frame.
    Frame(u64),
    /// A connection or an exchange.
    Conversation(Conversation),
    /// The most telling failure of a host, or the first conversation.
    Host(IpAddr),
}

impl FromStr for What {
    type Err = String;

    /// `55`, `#55`, `tcp-2`, `udp-1`, `192.168.15.73`.
    fn from_str(typed: &str) -> Result<Self, String> {
        let number = |digits: &str| {
            let digits = Some(digits).filter(|digits| digits.bytes().all(|c| c.is_ascii_digit()));
            digits?.parse().ok().filter(|number| *number > 0)
        };
        let what = match typed.split_once('-') {
            Some(("tcp", id)) => number(id).map(|id| Conversation::Tcp(ConnectionId(id))),
            Some(("udp", id)) => number(id).map(|id| Conversation::Udp(ExchangeId(id))),
            _ => None,
        };
        what.map(Self::Conversation)
            .or_else(|| number(typed.strip_prefix('#').unwrap_or(typed)).map(Self::Frame))
            .or_else(|| typed.parse().ok().map(Self::Host))
            .ok_or_else(|| {
                "write a frame such as 55, a conversation such as tcp-1 or udp-1, or an IP address"
                    .to_owned()
            })
    }
}

/// Failures that no chain is told of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Others {
    /// The most telling of them, each once.
    pub named: Vec<(Subject, Verdict)>,
    /// How many there are besides.
    pub more: u64,
}

impl Others {
    /// One more; those that tell most keep their names.
    fn add(&mut self, about: Subject, verdict: Verdict) {
        let failure = (about, verdict);
        if self.named.contains(&failure) {
            self.more += 1;
            return;
        }
        let at = self.named.partition_point(|(_, other)| *other <= verdict);
        self.named.insert(at, failure);
        if self.named.len() > MOST_OTHERS {
            self.named.pop();
            self.more += 1;
        }
    }
}

/// Frames and events of which questions are asked at the end.
#[derive(Debug, Default)]
pub struct Inquiry {
    what: What,
    nets: Vec<IpNet>,
    now: Option<Sight>,
    /// The frame that was asked for.
    asked_for: Option<Sight>,
    /// The segments before it.
    recent: VecDeque<Sight>,
    /// The latest frame.
    last: Option<(u64, Timestamp)>,
    addresses: Addresses,
    connections: BTreeMap<ConnectionId, Box<tcp::Dossier>>,
    exchanges: BTreeMap<ExchangeId, udp::Dossier>,
    chains: Vec<(u64, Chain)>,
    others: Others,
}

impl Inquiry {
    /// Asks about something; `nets` are the subnets that are known.
    pub fn new(what: What, nets: Vec<IpNet>) -> Self {
        Self {
            what,
            nets,
            ..Self::default()
        }
    }

    /// Looks at a frame, before the events that it completes.
    pub fn packet(&mut self, number: u64, frame: &Frame<'_>, packet: &Packet<'_>) {
        let sight = Sight::new(number, packet);
        self.last = Some((number, frame.at));
        if let Some((_, dst)) = sight.ends {
            self.addresses.sent_to(dst);
        }
        if let What::Frame(asked) = self.what {
            if number == asked {
                self.asked_for = Some(sight.clone());
            } else if number < asked && sight.segment().is_some() {
                if self.recent.len() >= MOST_RECENT {
                    self.recent.pop_front();
                }
                self.recent.push_back(sight.clone());
            }
        }
        self.now = Some(sight);
    }

    /// Takes note of an event.
    pub fn event(&mut self, event: &Event) {
        self.addresses.event(event);
        let now = self.now.take_if(|sight| event.frame == Some(sight.number));
        self.follow(event, now.as_ref());
        if now.is_some() {
            self.now = now;
        }
    }

    /// The answers, once the end has come: the most telling first.
    pub fn finish(mut self) -> (Vec<Chain>, Others) {
        for conflict in self.addresses.conflicts.clone() {
            self.offer(conflict.frame, conflict.chain());
        }
        if matches!(self.what, What::Frame(_)) {
            return (
                self.explain_frame().into_iter().collect(),
                Others::default(),
            );
        }
        self.chains
            .sort_by_key(|(first, chain)| (chain.verdict, *first));
        let chains: Vec<_> = self.chains.into_iter().map(|(_, chain)| chain).collect();
        // What a chain proves already is no other failure.
        self.others.named.retain(|(about, verdict)| {
            let proves = |chain: &Chain| match about {
                Subject::Address(ip) => chain.verdict == *verdict && chain.about.names(*ip),
                _ => false,
            };
            !chains.iter().any(proves)
        });
        (chains, self.others)
    }

    /// How many conversations are followed.
    #[cfg(test)]
    pub(super) fn open(&self) -> usize {
        self.connections.len() + self.exchanges.len()
    }

    fn follow(&mut self, event: &Event, now: Option<&Sight>) {
        match &event.kind {
            Kind::TcpClosed(record) => {
                let dossier = self.connections.remove(&record.conn);
                let dossier = dossier.unwrap_or_else(|| {
                    let first = record.first_frame;
                    Box::new(tcp::Dossier::new(record.conn, record.flow, first))
                });
                let chain = dossier.chain(record, &self.scene(event.at));
                self.concluded(
                    record.first_frame..=record.last_frame,
                    &dossier.because,
                    chain,
                );
            }
            Kind::UdpClosed(record) => {
                let dossier = self.exchanges.remove(&record.exchange);
                let dossier =
                    dossier.unwrap_or_else(|| udp::Dossier::new(record.exchange, record.flow));
                let chain = dossier.chain(record, &self.scene(event.at));
                self.concluded(
                    record.first_frame..=record.last_frame,
                    &dossier.because,
                    chain,
                );
            }
            Kind::AddressUnanswered(it) => {
                let chain = self.addresses.in_vain(it, event, &self.nets);
                self.of_frames(&event.because, chain);
            }
            Kind::AddressResolved(_) => {
                if let Some(answer) = event.frame.and_then(|it| self.addresses.answer(&[it])) {
                    let chain = answer.chain();
                    let all = [event.because.as_slice(), event.frame.as_slice()].concat();
                    self.of_frames(&all, chain);
                }
            }
            Kind::DatagramIncomplete(it) => {
                let chain = udp::incomplete(it);
                self.of_frames(&it.frames, chain);
            }
            Kind::Ping(it) | Kind::PingUnanswered(it) => {
                let chain = udp::ping(it, event, &self.scene(event.at));
                let all = [event.because.as_slice(), event.frame.as_slice()].concat();
                self.of_frames(&all, chain);
            }
            kind => self.note(kind, event, now),
        }
    }

    /// Takes note of what happens in a conversation.
    fn note(&mut self, kind: &Kind, event: &Event, now: Option<&Sight>) {
        let (Some(conversation), Some(flow)) = (kind.conversation(), kind.flow()) else {
            return;
        };
        if let What::Conversation(asked) = self.what
            && asked != conversation
        {
            return;
        }
        let first = event.frame.unwrap_or_default();
        match conversation {
            Conversation::Tcp(id) => {
                let new = || Box::new(tcp::Dossier::new(id, *flow, first));
                self.connections
                    .entry(id)
                    .or_insert_with(new)
                    .event(event, now);
                if self.connections.len() > MOST_OPEN {
                    self.connections.pop_first();
                }
            }
            Conversation::Udp(id) => {
                let new = || udp::Dossier::new(id, *flow);
                self.exchanges
                    .entry(id)
                    .or_insert_with(new)
                    .event(event, now);
                if self.exchanges.len() > MOST_OPEN {
                    self.exchanges.pop_first();
                }
            }
        }
    }

    fn scene(&self, end: Timestamp) -> Scene<'_> {
        Scene {
            addresses: &self.addresses,
            nets: &self.nets,
            end: self.last.map_or(end, |(_, at)| at),
        }
    }

    /// A conversation is over, which lay within these frames and followed from those.
    fn concluded(
        &mut self,
        within: std::ops::RangeInclusive<u64>,
        because: &[u64],
        mut chain: Chain,
    ) {
        if let (What::Frame(asked), Some(sight)) = (self.what, &self.asked_for) {
            let (Subject::Tcp(_, flow) | Subject::Udp(_, flow)) = &chain.about else {
                return;
            };
            let is_own = within.contains(&asked) && sight.side_of(flow).is_some();
            let is_named = chain
                .claims
                .iter()
                .any(|claim| claim.frames().contains(&asked));
            let answer = self.addresses.answer_with(asked);
            let is_needed = answer.is_some_and(|answer| because.contains(&answer.frame));
            if is_own || is_named || is_needed {
                // What it belongs to says more than what only needed it.
                let rank = u64::from(!is_own);
                chain.first = Some(*within.start());
                self.chains.push((rank, chain));
                self.chains.truncate(MOST_OTHERS);
            }
            return;
        }
        self.offer(*within.start(), chain);
    }

    /// Something outside of conversations came out, in these frames.
    fn of_frames(&mut self, all: &[u64], chain: Chain) {
        match self.what {
            What::Frame(asked) => {
                if all.contains(&asked) {
                    self.chains.push((2, chain));
                }
            }
            _ => self.offer(all.first().copied().unwrap_or_default(), chain),
        }
    }

    /// Keeps a chain if it is asked for and tells more than the one kept.
    fn offer(&mut self, first: u64, chain: Chain) {
        let is_asked_for = match self.what {
            What::Worst => true,
            What::EveryFailure => chain.verdict.is_failure(),
            What::Conversation(asked) => chain.about.conversation() == Some(asked),
            What::Host(host) => chain.about.names(host),
            What::Frame(_) => false,
        };
        if !is_asked_for {
            return;
        }
        let most = match self.what {
            What::EveryFailure => MOST_CHAINS,
            _ => 1,
        };
        // A conversation says more than the address that it needed.
        let rank = |(first, chain): &(u64, Chain)| {
            let is_plain = chain.verdict == Verdict::Resolved;
            (!chain.verdict.is_failure(), is_plain, chain.verdict, *first)
        };
        self.chains.push((first, chain));
        self.chains.sort_by_key(rank);
        if self.chains.len() > most
            && let Some((_, least)) = self.chains.pop()
            && least.verdict.is_failure()
        {
            self.others.add(least.about, least.verdict);
        }
    }
}
