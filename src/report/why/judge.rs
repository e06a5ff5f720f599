//! What became of each conversation, question and datagram, judged in one place: proofs, the ladder and the
//! page all say the same.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    ops::RangeInclusive,
};

use ipnet::IpNet;

use super::{
    Scene,
    address::Addresses,
    chain::Chain,
    icmp,
    sight::{Body, Sight},
    tcp, udp,
    way::Path,
};
use crate::{
    capture::Frame,
    decode::Packet,
    report::transcript::talks::Talks,
    time::Timestamp,
    track::{
        event::{ConnectionId, Conversation, Event, ExchangeId, HandshakeVerdict, Kind, Oddity},
        flow::Endpoint,
    },
};

/// At most so many conversations are followed at once; the oldest is let go.
const MOST_OPEN: usize = 16_384;

/// At most so many fragments are remembered one by one.
const MOST_FRAGMENTS: usize = 4096;

/// Follows what happens, and judges what has ended.
#[derive(Debug)]
pub struct Judge {
    pub(super) nets: Vec<IpNet>,
    pub(super) addresses: Addresses,
    now: Option<Sight>,
    /// The time of the latest frame.
    last: Option<Timestamp>,
    /// Knows how people talk: who waits, who leaves without a word.
    talks: Talks,
    connections: BTreeMap<ConnectionId, Box<tcp::Dossier>>,
    exchanges: BTreeMap<ExchangeId, udp::Dossier>,
    /// Connections with segments whose checksums were wrong, by who may act upon them nevertheless.
    suspects: HashMap<(Endpoint, Endpoint), ConnectionId>,
    /// The latest connection that each socket took.
    served: HashMap<Endpoint, Served>,
    /// The latest fragments.
    fragments: VecDeque<Sight>,
}

/// A connection that a socket took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Served {
    pub id: ConnectionId,
    /// The frame that completed the handshake.
    pub frame: u64,
    pub at: Timestamp,
}

/// Something that has come out.
#[derive(Clone, Debug)]
pub struct Case {
    /// What became of it, and why.
    pub chain: Chain,
    /// The frames that it lay in.
    pub(super) within: Within,
    /// The way of a conversation's first frame.
    pub(super) path: Option<Path>,
}

/// Where something lay in the capture.
#[derive(Clone, Debug)]
pub(super) enum Within {
    /// A conversation: somewhere between these.
    Span(RangeInclusive<u64>),
    /// Just these.
    Frames(Vec<u64>),
}

impl Within {
    /// Its first frame.
    pub fn first(&self) -> u64 {
        match self {
            Self::Span(span) => *span.start(),
            Self::Frames(all) => all.first().copied().unwrap_or_default(),
        }
    }
}

impl Case {
    fn of_frames(frames: Vec<u64>, chain: Chain) -> Self {
        Self {
            chain,
            within: Within::Frames(frames),
            path: None,
        }
    }
}

impl Default for Judge {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Judge {
    /// Nothing has happened yet; `nets` are the subnets that are known.
    pub fn new(nets: Vec<IpNet>) -> Self {
        Self {
            nets,
            addresses: Addresses::default(),
            now: None,
            last: None,
            talks: Talks::unheard(),
            connections: BTreeMap::new(),
            exchanges: BTreeMap::new(),
            suspects: HashMap::new(),
            served: HashMap::new(),
            fragments: VecDeque::new(),
        }
    }

    /// Looks at a frame, before the events that it completes.
    pub fn packet(&mut self, number: u64, frame: &Frame<'_>, packet: &Packet<'_>) {
        let sight = Sight::new(number, packet);
        self.last = Some(frame.at);
        self.talks.packet(number, frame.at, packet);
        self.addresses.saw(&sight);
        self.acts_upon(&sight);
        if matches!(sight.body, Body::Fragment { .. }) {
            if self.fragments.len() >= MOST_FRAGMENTS {
                self.fragments.pop_front();
            }
            self.fragments.push_back(sight.clone());
        }
        self.now = Some(sight);
    }

    /// Takes note of an event; where it ends something, says what became of that.
    pub fn event(&mut self, event: &Event) -> Option<Case> {
        self.addresses.event(event);
        self.listen(event);
        match &event.kind {
            Kind::TcpClosed(record) => {
                let dossier = self.connections.remove(&record.conn);
                let dossier = dossier.unwrap_or_else(|| {
                    let first = record.first_frame;
                    Box::new(tcp::Dossier::new(record.conn, record.flow, first))
                });
                Some(Case {
                    chain: dossier.chain(record, &self.scene(event.at)),
                    within: Within::Span(record.first_frame..=record.last_frame),
                    path: Some(dossier.path),
                })
            }
            Kind::UdpClosed(record) => {
                let dossier = self.exchanges.remove(&record.exchange);
                let dossier =
                    dossier.unwrap_or_else(|| udp::Dossier::new(record.exchange, record.flow));
                Some(Case {
                    chain: dossier.chain(record, &self.scene(event.at)),
                    within: Within::Span(record.first_frame..=record.last_frame),
                    path: Some(dossier.path),
                })
            }
            Kind::AddressUnanswered(it) => {
                let chain = self.addresses.in_vain(it, event, &self.nets);
                Some(Case::of_frames(event.because.clone(), chain))
            }
            Kind::AddressResolved(_) => {
                let answer = self.addresses.answer(event.frame.as_slice())?;
                Some(Case::of_frames(all_frames(event), answer.chain()))
            }
            Kind::DatagramIncomplete(it) => {
                let first = it.frames.iter().min();
                let mut known = self.fragments.iter();
                let first = first.and_then(|first| known.find(|it| it.number == *first));
                let chain = udp::incomplete(it, first, &self.scene(event.at));
                Some(Case::of_frames(it.frames.clone(), chain))
            }
            Kind::Oddity(Oddity::IcmpError {
                from_ip,
                reason,
                src,
                dst,
                ..
            }) => {
                let number = event.frame.unwrap_or_default();
                let chain = icmp::unfollowed(number, *from_ip, reason, (*src, *dst));
                Some(Case::of_frames(all_frames(event), chain))
            }
            Kind::Ping(it) | Kind::PingUnanswered(it) => {
                let chain = udp::ping(it, event, &self.scene(event.at));
                Some(Case::of_frames(all_frames(event), chain))
            }
            _ => {
                self.note(event);
                None
            }
        }
    }

    /// How many conversations are followed.
    #[cfg(test)]
    pub fn open(&self) -> usize {
        self.connections.len() + self.exchanges.len()
    }

    /// The latest frame.
    pub(super) const fn now(&self) -> Option<&Sight> {
        self.now.as_ref()
    }

    /// Who waits, and who leaves without a word.
    fn listen(&mut self, event: &Event) {
        let mut items = Vec::new();
        self.talks.event(event, &mut items);
        for item in &items {
            if let Conversation::Tcp(id) = item.of
                && let Some(dossier) = self.connections.get_mut(&id)
            {
                dossier.talk(item);
            }
        }
    }

    /// Takes note of what happens in a conversation.
    fn note(&mut self, event: &Event) {
        let (Some(conversation), Some(flow)) = (event.kind.conversation(), event.kind.flow())
        else {
            return;
        };
        let now = self.now.as_ref();
        let now = now.filter(|sight| event.frame == Some(sight.number));
        let first = event.frame.unwrap_or_default();
        match conversation {
            Conversation::Tcp(id) => {
                let new = || Box::new(tcp::Dossier::new(id, *flow, first));
                let dossier = self.connections.entry(id).or_insert_with(new);
                dossier.event(event, now);
                if let Kind::TcpHandshake(it) = &event.kind
                    && it.verdict == HandshakeVerdict::Complete
                    && self.served.len() < MOST_OPEN
                {
                    let (frame, at) = (first, event.at);
                    self.served.insert(flow.resp, Served { id, frame, at });
                }
                if let Kind::TcpOddity(it) = &event.kind
                    && dossier.is_suspect(it.from)
                    && self.suspects.len() < MOST_OPEN
                {
                    let (from, to) = (flow.endpoint(it.from.other()), flow.endpoint(it.from));
                    self.suspects.insert((from, to), id);
                }
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

    /// Whether a segment acts upon another whose checksum was wrong.
    fn acts_upon(&mut self, sight: &Sight) {
        if self.suspects.is_empty() {
            return;
        }
        let (Some(ends), Some(segment)) = (sight.sockets(), sight.segment()) else {
            return;
        };
        let Some(id) = self.suspects.get(&ends) else {
            return;
        };
        let is_over = match self.connections.get_mut(id) {
            Some(dossier) => sight.side_of(&dossier.flow).is_none_or(|side| {
                dossier.answered(side, sight.number, segment);
                !dossier.is_suspect(side.other())
            }),
            None => true,
        };
        if is_over {
            self.suspects.remove(&ends);
        }
    }

    fn scene(&self, end: Timestamp) -> Scene<'_> {
        Scene {
            addresses: &self.addresses,
            nets: &self.nets,
            served: &self.served,
            end: self.last.unwrap_or(end),
        }
    }
}

/// The frames that an event follows from, and its own.
fn all_frames(event: &Event) -> Vec<u64> {
    [event.because.as_slice(), event.frame.as_slice()].concat()
}
