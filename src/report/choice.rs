//! What is told of a capture (`--conn`, `--host`): a choice of what is told, never of what is tracked.
//!
//! Numbers, verdicts and frames stay those of the whole capture. A chosen conversation brings along
//! what its first frame follows from: the questions and answers that told where to send it.

use std::{
    collections::{BTreeSet, VecDeque},
    fmt,
    net::IpAddr,
};

use crate::{
    decode::{Network, Packet, Transport, icmp, icmpv6},
    report::Totals,
    track::event::{Conversation, Event, Kind},
};

/// At most this many events about addresses are kept for conversations that may follow from them.
const MAX_KEPT: usize = 16_384;

/// What is told: what belongs to one of these conversations, where any is named, and names one of
/// these hosts, where any is named.
#[derive(Debug, Default)]
pub struct Choice {
    conversations: Vec<Chosen>,
    hosts: Vec<IpAddr>,
    /// Both ends of the conversations chosen, as far as they have appeared, and whose hardware address
    /// they were sent to.
    ends: BTreeSet<IpAddr>,
    now: Now,
    kept: VecDeque<Kept>,
    /// The frame of the latest event that was told.
    told: u64,
}

#[derive(Debug)]
struct Chosen {
    conversation: Conversation,
    appeared: bool,
}

/// The frame in hand.
#[derive(Debug, Default)]
struct Now {
    frame: u64,
    is_chosen: bool,
}

/// An event about an address, until a conversation follows from it.
#[derive(Debug)]
struct Kept {
    frame: u64,
    event: Option<Event>,
}

impl Choice {
    /// A choice of conversations and hosts; of neither: everything.
    pub fn new(conversations: &[Conversation], hosts: &[IpAddr]) -> Self {
        let chosen = |&conversation| Chosen {
            conversation,
            appeared: false,
        };
        Self {
            conversations: conversations.iter().map(chosen).collect(),
            hosts: hosts.to_vec(),
            ..Self::default()
        }
    }

    /// Whether everything is told.
    pub fn is_everything(&self) -> bool {
        self.conversations.is_empty() && self.hosts.is_empty()
    }

    /// Whether it must be known which conversation a frame belongs to.
    pub fn needs_conversations(&self) -> bool {
        !self.conversations.is_empty()
    }

    /// A frame, the conversation that it belongs to, and whether it is told. To be called before
    /// [`choose`](Self::choose) is with the events of that frame.
    pub fn is_chosen(&mut self, frame: u64, packet: &Packet<'_>, of: Option<Conversation>) -> bool {
        if self.is_everything() {
            return true;
        }
        let is_chosen = self.belongs(of) && self.is_named(|ip| names(packet, ip));
        self.now = Now { frame, is_chosen };
        is_chosen
    }

    /// Hands on what is told because of an event: itself, and before it what it follows from, as long
    /// as the frames stay in order.
    pub fn choose<E>(
        &mut self,
        event: Event,
        tell: &mut dyn FnMut(&Event) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.is_everything() {
            return tell(&event);
        }
        if !self.wants(&event) {
            self.keep(event);
            return Ok(());
        }
        if self.needs_conversations() {
            if let Some(flow) = event.kind.flow() {
                self.ends.extend([flow.orig.ip, flow.resp.ip]);
            }
            for cause in self.causes(&event.because) {
                self.told = self.told.max(cause.frame.unwrap_or(0));
                if let Kind::AddressResolved(it) = &cause.kind {
                    self.ends.insert(it.binding.ip);
                }
                tell(&cause)?;
            }
        }
        self.told = self.told.max(event.frame.unwrap_or(0));
        tell(&event)
    }

    /// Leaves only the chosen hosts among those of the tables, and says what was chosen. What was
    /// counted stays.
    pub fn narrow(&self, totals: &mut Totals) {
        if self.is_everything() {
            return;
        }
        totals.overview.hosts.retain(|host| {
            self.is_named(|ip| ip == host.ip)
                && (self.conversations.is_empty() || self.ends.contains(&host.ip))
        });
        totals.choice = Some(self.to_string());
    }

    /// The conversations chosen that no frame belonged to.
    pub fn missed(&self) -> Vec<Conversation> {
        let missed = self.conversations.iter().filter(|chosen| !chosen.appeared);
        missed.map(|chosen| chosen.conversation).collect()
    }

    fn wants(&self, event: &Event) -> bool {
        let kind = &event.kind;
        if let Some(conversation) = kind.conversation() {
            let chosen = |chosen: &Chosen| chosen.conversation == conversation;
            return (self.conversations.is_empty() || self.conversations.iter().any(chosen))
                && self.is_named(|ip| told_of(kind, ip));
        }
        // What is strange about a frame, and the datagram that it makes whole, go with the frame.
        if matches!(kind, Kind::Oddity(_) | Kind::DatagramReassembled(_))
            && event.frame == Some(self.now.frame)
        {
            return self.now.is_chosen;
        }
        self.conversations.is_empty() && self.is_named(|ip| told_of(kind, ip))
    }

    /// Whether a frame of this conversation is chosen; takes note that it has appeared.
    fn belongs(&mut self, of: Option<Conversation>) -> bool {
        if self.conversations.is_empty() {
            return true;
        }
        let mut chosen = self.conversations.iter_mut();
        let found = chosen.find(|chosen| Some(chosen.conversation) == of);
        found.map(|chosen| chosen.appeared = true).is_some()
    }

    fn is_named(&self, mut names: impl FnMut(IpAddr) -> bool) -> bool {
        self.hosts.is_empty() || self.hosts.iter().any(|ip| names(*ip))
    }

    fn keep(&mut self, event: Event) {
        let is_address = matches!(
            event.kind,
            Kind::AddressAsked(_)
                | Kind::AddressResolved(_)
                | Kind::AddressAnnounced(_)
                | Kind::AddressProbe(_)
                | Kind::AddressConflict(_)
        );
        let Some(frame) = event.frame.filter(|_| is_address) else {
            return;
        };
        if !self.needs_conversations() {
            return;
        }
        if self.kept.len() >= MAX_KEPT {
            self.kept.pop_front();
        }
        let event = Some(event);
        self.kept.push_back(Kept { frame, event });
    }

    /// The kept events of these frames, and of those that they follow from in turn, in order.
    fn causes(&mut self, because: &[u64]) -> Vec<Event> {
        let mut frames = because.to_vec();
        let mut causes = Vec::new();
        while let Some(frame) = frames.pop() {
            let from = self.kept.partition_point(|kept| kept.frame < frame);
            let kept = self.kept.range_mut(from..);
            for kept in kept.take_while(|kept| kept.frame == frame) {
                if let Some(event) = kept.event.take_if(|_| frame >= self.told) {
                    frames.extend(&event.because);
                    causes.push(event);
                }
            }
        }
        causes.sort_by_key(|event| event.frame);
        causes
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let conversations = self.conversations.iter();
        let conversations: Vec<_> = conversations
            .map(|chosen| chosen.conversation.to_string())
            .collect();
        let hosts: Vec<_> = self.hosts.iter().map(ToString::to_string).collect();
        f.write_str(&conversations.join(", "))?;
        if !conversations.is_empty() && !hosts.is_empty() {
            f.write_str(" with ")?;
        }
        f.write_str(&hosts.join(", "))
    }
}

/// Whether an event is told of a host.
fn told_of(kind: &Kind, host: IpAddr) -> bool {
    if let Some(flow) = kind.flow()
        && (flow.orig.ip == host || flow.resp.ip == host)
    {
        return true;
    }
    match kind {
        Kind::AddressAsked(it) => it.ip == host || it.asked_by.ip == host,
        Kind::AddressResolved(it) => it.binding.ip == host || it.asked_by.ip == host,
        Kind::AddressUnanswered(it) => it.ip == host || it.asked_by.ip == host,
        Kind::AddressAnnounced(it) | Kind::AddressProbe(it) => it.ip == host,
        Kind::AddressConflict(it) => it.ip == host,
        Kind::Ping(it) | Kind::PingUnanswered(it) => it.src == host || it.dst == host,
        Kind::DatagramReassembled(it) | Kind::DatagramIncomplete(it) => {
            it.src == host || it.dst == host
        }
        Kind::TcpIcmp(it) => it.from_ip == host,
        Kind::UdpUnreachable(it) => it.from_ip == host,
        _ => false,
    }
}

/// Whether a packet names a host: as sender or receiver, in an ARP or neighbour question or answer, or
/// in what an ICMP error quotes.
fn names(packet: &Packet<'_>, host: IpAddr) -> bool {
    if let Some((source, destination)) = packet.network.addresses()
        && (source == host || destination == host)
    {
        return true;
    }
    let quoted = |quote: Option<&icmp::Quote>| {
        quote.is_some_and(|quote| quote.source == host || quote.destination == host)
    };
    match &packet.network {
        Network::Arp(arp) => [arp.sender_ip, arp.target_ip]
            .map(IpAddr::V4)
            .contains(&host),
        Network::Ipv4(_, transport) | Network::Ipv6(_, transport) => match transport {
            Transport::Icmp(message) => match &message.body {
                icmp::Body::Error { quote, .. } => quoted(quote.as_ref()),
                _ => false,
            },
            Transport::Icmpv6(message) => match &message.body {
                icmpv6::Body::Error { quote, .. } => quoted(quote.as_ref()),
                icmpv6::Body::NeighborSolicitation { target, .. }
                | icmpv6::Body::NeighborAdvertisement { target, .. } => IpAddr::V6(*target) == host,
                _ => false,
            },
            _ => false,
        },
        Network::Other(..) | Network::Unread(_) => false,
    }
}
