//! What is told of a capture (`--conn`, `--host`): a choice of what is told, never of what is tracked.
//!
//! Numbers, verdicts and frames stay those of the whole capture. A chosen conversation brings along
//! what its first frame follows from: the questions and answers that told where to send it.

use std::{
    collections::{BTreeSet, VecDeque},
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
    conversations: Vec<Wanted>,
    hosts: Vec<IpAddr>,
    /// Both ends of the conversations chosen, as far as they have appeared, and whose hardware address
    /// they were sent to.
    ends: BTreeSet<IpAddr>,
    now: Now,
    kept: VecDeque<Kept>,
    /// The frame of the latest event that was told.
    told: u64,
}

/// What was chosen, in words: `tcp-1, udp-2`; empty where nothing of the kind was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The conversations.
    pub conversations: String,
    /// The hosts.
    pub hosts: String,
}

#[derive(Debug)]
struct Wanted {
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
        let wanted = |&conversation| Wanted {
            conversation,
            appeared: false,
        };
        Self {
            conversations: conversations.iter().map(wanted).collect(),
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
    /// [`bring`](Self::bring) and [`choose`](Self::choose) are with the events of that frame.
    #[inline]
    pub fn is_chosen(&mut self, frame: u64, packet: &Packet<'_>, of: Option<Conversation>) -> bool {
        self.is_everything() || self.is_among_chosen(frame, packet, of)
    }

    fn is_among_chosen(
        &mut self,
        frame: u64,
        packet: &Packet<'_>,
        of: Option<Conversation>,
    ) -> bool {
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
            self.tell_causes(&event.because, tell)?;
        }
        self.told = self.told.max(event.frame.unwrap_or(0));
        tell(&event)
    }

    /// Hands on what the events of the frame in hand follow from, before the frame itself is told.
    pub fn bring<E>(
        &mut self,
        events: &[Event],
        tell: &mut dyn FnMut(&Event) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.needs_conversations() {
            for event in events {
                if self.wants(event) {
                    self.tell_causes(&event.because, tell)?;
                }
            }
        }
        self.told = self.told.max(self.now.frame);
        Ok(())
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
        totals.choice = Some(self.chosen());
    }

    /// The conversations chosen that no frame belonged to.
    pub fn missed(&self) -> Vec<Conversation> {
        let missed = self.conversations.iter().filter(|chosen| !chosen.appeared);
        missed.map(|chosen| chosen.conversation).collect()
    }

    fn chosen(&self) -> Chosen {
        let conversations = self.conversations.iter();
        let conversations: Vec<_> = conversations
            .map(|chosen| chosen.conversation.to_string())
            .collect();
        let hosts: Vec<_> = self.hosts.iter().map(ToString::to_string).collect();
        Chosen {
            conversations: conversations.join(", "),
            hosts: hosts.join(", "),
        }
    }

    fn wants(&self, event: &Event) -> bool {
        let kind = &event.kind;
        if let Some(conversation) = kind.conversation() {
            let chosen = |chosen: &Wanted| chosen.conversation == conversation;
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

    fn tell_causes<E>(
        &mut self,
        because: &[u64],
        tell: &mut dyn FnMut(&Event) -> Result<(), E>,
    ) -> Result<(), E> {
        for cause in self.causes(because) {
            self.told = self.told.max(cause.frame.unwrap_or(0));
            if let Kind::AddressResolved(it) = &cause.kind {
                self.ends.insert(it.binding.ip);
            }
            tell(&cause)?;
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::{
        decode::decode,
        link_type::LinkType,
        report::samples::{self, all, client, event, ip, message, ping, said, udp_message},
        track::{
            event::{AddressAsked, AddressResolved, Binding, ConnectionId, ExchangeId, Resolution},
            flow::Side,
        },
    };

    const TCP: Conversation = Conversation::Tcp(ConnectionId(1));
    const UDP: Conversation = Conversation::Udp(ExchangeId(1));

    fn told(choice: &mut Choice, events: Vec<Event>) -> Vec<Event> {
        let mut told = Vec::new();
        for event in events {
            let done = choice.choose(event, &mut |event| -> Result<(), Infallible> {
                told.push(event.clone());
                Ok(())
            });
            assert_eq!(done, Ok(()));
        }
        told
    }

    fn frames(events: &[Event]) -> Vec<u64> {
        events.iter().filter_map(|event| event.frame).collect()
    }

    fn asked() -> Kind {
        Kind::AddressAsked(AddressAsked {
            by: Resolution::Arp,
            ip: ip("192.168.15.73"),
            asked_by: client(),
            tries: 1,
            broadcast: true,
        })
    }

    fn resolved() -> Kind {
        Kind::AddressResolved(AddressResolved {
            by: Resolution::Arp,
            binding: Binding {
                ip: ip("192.168.15.73"),
                mac: samples::SERVER_MAC,
            },
            asked_by: client(),
            tries: 1,
            latency: samples::micros(31),
            broadcast: true,
        })
    }

    #[test]
    fn no_choice_is_everything() {
        let mut choice = Choice::default();
        let events = all("88");
        assert_eq!(told(&mut choice, events.clone()), events);
        let mut totals = samples::totals();
        choice.narrow(&mut totals);
        assert_eq!(totals.overview.hosts.len(), 2);
        assert_eq!(totals.choice, None);
    }

    #[test]
    fn a_conversation_brings_along_what_it_follows_from() {
        let said = || message(Side::Orig, said("88"), 2);
        let events = vec![
            event(1, 1, &[], asked()),
            event(2, 2, &[1], resolved()),
            event(3, 3, &[], asked()),
            event(4, 4, &[3], resolved()),
            event(5, 5, &[], udp_message(samples::said("x"), 1, None)),
            event(6, 6, &[4], said()),
            event(7, 7, &[4], said()),
            event(8, 8, &[2], said()),
        ];
        let mut choice = Choice::new(&[TCP], &[]);
        // What #8 follows from would come after #7: it stays untold, so that frames stay in order.
        assert_eq!(frames(&told(&mut choice, events)), [3, 4, 6, 7, 8]);
    }

    #[test]
    fn a_host_is_chosen_by_whatever_names_it() {
        let events = || {
            let mut events = vec![event(1, 1, &[], asked()), event(2, 2, &[1], resolved())];
            events.push(event(3, 3, &[], Kind::Ping(ping())));
            events.push(event(4, 4, &[], Kind::AddressAnnounced(client())));
            events.push(event(5, 5, &[], message(Side::Orig, said("88"), 2)));
            events
        };
        let told = |host: &str| {
            let mut choice = Choice::new(&[], &[ip(host)]);
            frames(&told(&mut choice, events()))
        };
        assert_eq!(told("192.168.15.42"), [1, 2, 3, 4, 5]);
        assert_eq!(told("192.168.15.73"), [1, 2, 3, 5]);
        assert_eq!(told("192.168.15.7"), [0; 0]);
    }

    #[test]
    fn conversation_and_host_must_both_hold() {
        let events = || vec![event(5, 5, &[], message(Side::Orig, said("88"), 2))];
        for (host, count) in [("192.168.15.73", 1), ("192.168.15.1", 0)] {
            let mut choice = Choice::new(&[TCP, UDP], &[ip(host)]);
            assert_eq!(told(&mut choice, events()).len(), count, "{host}");
        }
    }

    #[test]
    fn an_oddity_goes_with_its_frame() {
        let oddity = || {
            let odd = crate::track::event::Oddity::BadChecksum {
                layer: "udp",
                src: ip("192.168.15.42"),
                dst: ip("192.168.15.73"),
                want: 1,
                got: 2,
            };
            vec![event(1, 7, &[], Kind::Oddity(odd))]
        };
        let frame = samples::ipv4(6, &samples::tcp_segment());
        let packet = decode(LinkType::Ethernet, &frame, frame.len());
        for (conversations, host, count) in [
            (&[][..], "192.168.15.73", 1),
            (&[], "192.168.15.1", 0),
            (&[TCP], "192.168.15.73", 1),
            (&[UDP], "192.168.15.73", 0),
        ] {
            let mut choice = Choice::new(conversations, &[ip(host)]);
            assert_eq!(choice.is_chosen(7, &packet, Some(TCP)), count == 1);
            assert_eq!(told(&mut choice, oddity()).len(), count, "{host}");
        }
        let mut choice = Choice::new(&[TCP, UDP], &[]);
        assert_eq!(choice.missed(), [TCP, UDP]);
        choice.is_chosen(7, &packet, Some(TCP));
        assert_eq!(choice.missed(), [UDP]);
    }

    #[test]
    fn tables_keep_the_hosts_chosen() {
        let hosts = |choice: &Choice| {
            let mut totals = samples::totals();
            choice.narrow(&mut totals);
            let hosts = totals.overview.hosts.iter();
            (
                hosts.map(|host| host.ip.to_string()).collect::<Vec<_>>(),
                totals.choice,
            )
        };
        let choice = Choice::new(&[], &[ip("198.51.100.7")]);
        let (chosen, words) = hosts(&choice);
        assert_eq!(chosen, ["198.51.100.7"]);
        assert_eq!(words.expect("a choice").hosts, "198.51.100.7");
        let mut choice = Choice::new(&[TCP], &[]);
        assert_eq!(hosts(&choice).0, Vec::<String>::new());
        let said = message(Side::Orig, said("88"), 2);
        told(&mut choice, vec![event(1, 1, &[], said)]);
        assert_eq!(hosts(&choice).0, ["192.168.15.42"]);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut choice = Choice::new(&[TCP], &[]);
        let asked = (0..2 * MAX_KEPT as u64).map(|frame| event(1, frame + 1, &[], asked()));
        told(&mut choice, asked.collect());
        assert_eq!(choice.kept.len(), MAX_KEPT);
    }
}
