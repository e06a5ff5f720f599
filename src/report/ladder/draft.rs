//! A frame becomes an arrow.

mod segment;

pub use self::segment::{Tcp, mss};

use std::net::IpAddr;

use crate::{
    capture::Frame,
    decode::{MacAddr, Network, Packet, Transport, arp, icmp, icmpv6},
    report::{
        story::last_byte,
        style::Role,
        words::{Lang, icmp as icmp_words, ladder as words},
    },
    time::Timestamp,
    track::{
        event::Conversation,
        flow::{Endpoint, Flow},
    },
};

use super::{
    layout::{Bracket, Label, Line, PieceKind},
    states::State,
    who::{People, Who},
};

/// An arrow in the making. Who stands where is told once all have been seen.
#[derive(Debug)]
pub struct Draft {
    pub at: Timestamp,
    pub frame: u64,
    pub last_frame: u64,
    /// When the last frame came that was folded into it, or behind it.
    pub until: Timestamp,
    pub count: u64,
    pub from: Who,
    pub to: Who,
    pub of: Of,
    pub label: Label,
    /// What somebody said, escaped, and whether it is text.
    pub said: Option<(String, bool)>,
    /// The colour of what was said.
    pub voice: Role,
    /// Payload bytes.
    pub bytes: Option<u64>,
    /// It begins a message of so many bytes in so many frames.
    pub part_of: Option<(u64, u64)>,
    pub line: Line,
    pub role: Role,
    pub copy_of: Option<u64>,
    /// The first frames that repeat it.
    pub copied_in: Vec<u64>,
    /// Which try it is, from the second on.
    pub tries: Option<u32>,
    /// The pure ACK that acknowledges all of it.
    pub acked_in: Option<u64>,
    pub bracket: Option<Bracket>,
    /// States of rails before and after it.
    pub before: Vec<(Who, State, bool)>,
    pub after: Vec<(Who, State, bool)>,
    /// From socket to socket.
    pub flow: Option<Flow>,
    pub tcp: Option<Tcp>,
    /// The largest segment that it announces.
    pub mss: Option<u16>,
    /// The port that it asks for, in the first of a conversation.
    pub port: Option<u16>,
    /// Without this a pure ACK is folded away.
    pub matters: bool,
    /// What is out of the ordinary.
    pub remarks: Vec<(PieceKind, Role, String)>,
    /// Alike frames in a row become one arrow.
    pub fold: Option<Fold>,
    /// No answer shows that it arrived.
    pub is_unheard: bool,
}

/// What an arrow belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    Arp,
    Ndp,
    Icmp,
    Fragment,
    /// TCP or UDP, whose number is told by an event.
    Tcp,
    Udp,
    Conversation(Conversation),
}

/// What alike frames have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// Full segments of one message.
    Data,
    /// Acknowledgments, probes of one kind.
    Odd(&'static str),
}

impl Of {
    /// `tcp-1`, `arp`.
    pub fn name(self) -> String {
        match self {
            Self::Arp => "arp".into(),
            Self::Ndp => "ndp".into(),
            Self::Icmp => "icmp".into(),
            Self::Fragment => "frag".into(),
            Self::Tcp => "tcp".into(),
            Self::Udp => "udp".into(),
            Self::Conversation(id) => id.to_string(),
        }
    }
}

impl Draft {
    /// An arrow without words.
    pub fn new(frame: u64, at: Timestamp, of: Of, from: Who, to: Who) -> Self {
        Self {
            at,
            frame,
            last_frame: frame,
            until: at,
            count: 1,
            from,
            to,
            of,
            label: Label::default(),
            said: None,
            voice: Role::Plain,
            bytes: None,
            part_of: None,
            line: Line::Solid,
            role: Role::Plain,
            copy_of: None,
            copied_in: Vec::new(),
            tries: None,
            acked_in: None,
            bracket: None,
            before: Vec::new(),
            after: Vec::new(),
            flow: None,
            tcp: None,
            mss: None,
            port: None,
            matters: true,
            remarks: Vec::new(),
            fold: None,
            is_unheard: false,
        }
    }

    /// The arrow of a packet; `None` where no protocol of the ladder is in it.
    pub fn read(
        number: u64,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        people: &People,
        lang: Lang,
    ) -> Option<Self> {
        let (source_mac, destination_mac) = (packet.source_mac(), packet.destination_mac());
        if let Network::Arp(arp) = &packet.network {
            return Some(Self::arp(
                number,
                frame.at,
                arp,
                destination_mac,
                people,
                lang,
            ));
        }
        let (source, destination) = packet.network.addresses()?;
        let from = people.host(source, source_mac);
        let to = people.receiver(destination, destination_mac);
        let new = |of| Self::new(number, frame.at, of, from, to);
        if let Some(piece) = packet.fragment() {
            let mut it = new(Of::Fragment);
            it.line = Line::Piece;
            let (from, end) = (
                piece.offset as u64,
                piece.offset.saturating_add(piece.len) as u64,
            );
            let words = words::piece(from, last_byte(from, end));
            it.label
                .word(Role::Plain, words.text(lang))
                .extra(words::of_datagram(piece.identification).text(lang));
            return Some(it);
        }
        match packet.network.transport()? {
            Transport::Tcp(segment) => {
                let flow = Flow {
                    orig: Endpoint::new(source, segment.source_port),
                    resp: Endpoint::new(destination, segment.destination_port),
                };
                let mut it = new(Of::Tcp);
                it.sockets(&flow);
                it.segment(segment, flow);
                Some(it)
            }
            Transport::Udp(datagram) => {
                let flow = Flow {
                    orig: Endpoint::new(source, datagram.source_port),
                    resp: Endpoint::new(destination, datagram.destination_port),
                };
                let mut it = new(Of::Udp);
                it.sockets(&flow);
                it.bytes = Some(datagram.payload_len as u64);
                Some(it)
            }
            Transport::Icmp(message) => {
                let mut it = new(Of::Icmp);
                let name = message.name();
                it.icmp(
                    name,
                    message.kind,
                    matches!(message.body, icmp::Body::Error { .. }),
                    lang,
                );
                if let icmp::Body::Echo { sequence, .. } = message.body {
                    it.label.extra(format!("seq={sequence}"));
                }
                Some(it)
            }
            Transport::Icmpv6(message) => {
                let mut it = new(Of::Icmp);
                match &message.body {
                    icmpv6::Body::NeighborSolicitation { target, .. } => {
                        let ip = IpAddr::V6(*target);
                        let is_probe = source.is_unspecified();
                        it.of = Of::Ndp;
                        it.line = Line::Thin;
                        it.asks(ip, source, is_probe, lang);
                        if let (true, Some(mac)) = (is_probe, source_mac) {
                            it.from = Who::Station(mac);
                        }
                    }
                    icmpv6::Body::NeighborAdvertisement {
                        target, target_mac, ..
                    } => {
                        it.of = Of::Ndp;
                        it.line = Line::Thin;
                        let mac = target_mac.or(source_mac).unwrap_or(MacAddr::ZERO);
                        it.answers((*target).into(), destination, mac, lang);
                    }
                    body => {
                        let is_error = matches!(body, icmpv6::Body::Error { .. });
                        it.icmp(message.name(), message.kind, is_error, lang);
                        if let icmpv6::Body::Echo { sequence, .. } = body {
                            it.label.extra(format!("seq={sequence}"));
                        }
                    }
                }
                Some(it)
            }
            Transport::Fragment(_) | Transport::Other(..) | Transport::Unread(_) => None,
        }
    }

    /// Who asks for an address, or asks whether it is free.
    pub fn asks(&mut self, ip: IpAddr, asker: IpAddr, is_probe: bool, lang: Lang) {
        let short = short(ip, asker);
        let words = match (is_probe, self.to) {
            (true, _) => words::may_i_take(&short),
            (false, Who::Everyone) => words::who_has(&short),
            (false, _) => words::still_have(&short),
        };
        self.label.word(Role::Plain, words.text(lang));
    }

    /// Who has an address.
    pub fn answers(&mut self, ip: IpAddr, asker: IpAddr, mac: MacAddr, lang: Lang) {
        let told = words::is_at(&short(ip, asker), mac).text(lang);
        self.label.word(Role::Good, told);
    }

    fn arp(
        number: u64,
        at: Timestamp,
        arp: &arp::Packet,
        destination_mac: Option<MacAddr>,
        people: &People,
        lang: Lang,
    ) -> Self {
        let (sender, target) = (IpAddr::V4(arp.sender_ip), IpAddr::V4(arp.target_ip));
        let from = if sender.is_unspecified() {
            Who::Station(arp.sender_mac)
        } else {
            people.host(sender, Some(arp.sender_mac))
        };
        let to = people.receiver(target, destination_mac);
        let mut it = Self::new(number, at, Of::Arp, from, to);
        it.line = Line::Thin;
        match arp.operation {
            _ if sender == target => {
                it.to = Who::Everyone;
                let told = words::is_at(&short(sender, sender), arp.sender_mac).text(lang);
                it.label.word(Role::Plain, told).push(
                    PieceKind::Remark,
                    Role::Quiet,
                    words::UNASKED.of(lang),
                );
            }
            arp::Operation::Request => it.asks(target, sender, sender.is_unspecified(), lang),
            arp::Operation::Reply => it.answers(sender, target, arp.sender_mac, lang),
            arp::Operation::Other(_) => {
                let name = arp.operation.name().unwrap_or(words::UNKNOWN_ARP.of(lang));
                it.label.word(Role::Plain, name);
            }
        }
        it
    }

    /// A host that talks to itself has a lane for each of its programs.
    fn sockets(&mut self, flow: &Flow) {
        self.flow = Some(*flow);
        if flow.orig.ip == flow.resp.ip {
            self.from = Who::Socket(flow.orig);
            self.to = Who::Socket(flow.resp);
        }
    }

    fn icmp(&mut self, name: Option<&str>, kind: u8, is_error: bool, lang: Lang) {
        if is_error {
            self.line = Line::Error;
            self.role = Role::Bad;
        }
        let told = match name {
            Some(name) => words::icmp_name(icmp_words::reason(name)).text(lang),
            None => words::icmp_type(kind).text(lang),
        };
        self.label.push(PieceKind::Bytes, self.role, told);
    }
}

/// An address as neighbours call it: `.73` among 192.168.15.x.
pub fn short(ip: IpAddr, neighbour: IpAddr) -> String {
    match (ip, neighbour) {
        (IpAddr::V4(ip), IpAddr::V4(neighbour)) if ip.octets()[..3] == neighbour.octets()[..3] => {
            format!(".{}", ip.octets()[3])
        }
        _ => ip.to_string(),
    }
}
