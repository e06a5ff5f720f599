//! What one frame shows, as far as proofs need it.

use std::net::IpAddr;

use crate::{
    decode::{Link, MacAddr, Network, Packet, Transport, arp, icmp, icmpv6, ipv4, tcp::Flags},
    track::{
        event::Binding,
        flow::{Endpoint, Flow, Side},
    },
};

use super::chain::{Claim, Value};
use crate::report::{story::last_byte, words::why as words};

/// What one frame shows.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    pub number: u64,
    pub source_mac: Option<MacAddr>,
    pub destination_mac: Option<MacAddr>,
    /// Sender and receiver of the IP packet.
    pub ends: Option<(IpAddr, IpAddr)>,
    pub body: Body,
}

/// What it carries.
#[derive(Clone, Debug)]
pub(super) enum Body {
    Question(Binding, IpAddr),
    Answer(Binding, IpAddr),
    Tcp(Segment),
    Udp {
        ports: (u16, u16),
        len: usize,
    },
    Icmp {
        name: Option<&'static str>,
        kind: (u8, u8),
        quote: Option<(u8, IpAddr, IpAddr)>,
    },
    Fragment {
        id: u32,
        from: usize,
        to: usize,
    },
    /// It goes from somewhere to somewhere.
    Other,
    /// Reading stopped within this layer, at this byte.
    Unread(&'static str, usize),
    /// Nothing is known of it.
    Nameless,
}

/// A TCP segment's fields.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub ports: (u16, u16),
    pub seq: u32,
    pub ack: u32,
    pub flags: Flags,
    pub window: u16,
    pub len: u32,
    /// Nobody on the way may cut its packet.
    pub is_whole: bool,
}

impl Segment {
    /// The number behind its last byte; SYN and FIN take one each.
    pub fn end(&self) -> u32 {
        let controls = u32::from(self.flags.syn()) + u32::from(self.flags.fin());
        self.seq.wrapping_add(self.len).wrapping_add(controls)
    }

    /// It carries nothing that is to be acknowledged.
    pub fn is_empty(&self) -> bool {
        self.end() == self.seq
    }

    /// `SYN, ACK`
    pub fn flag_names(&self) -> String {
        let flags = self.flags;
        let names = [
            (flags.syn(), "SYN"),
            (flags.fin(), "FIN"),
            (flags.rst(), "RST"),
            (flags.psh(), "PSH"),
            (flags.ack(), "ACK"),
            (flags.urg(), "URG"),
            (flags.ece(), "ECE"),
            (flags.cwr(), "CWR"),
            (flags.ae(), "AE"),
        ];
        let names: Vec<_> = names
            .iter()
            .filter_map(|(is, name)| is.then_some(*name))
            .collect();
        names.join(", ")
    }
}

impl Sight {
    /// Looks at a frame.
    pub fn new(number: u64, packet: &Packet<'_>) -> Self {
        Self {
            number,
            source_mac: packet.source_mac(),
            destination_mac: packet.destination_mac(),
            ends: packet.network.addresses(),
            body: body(packet),
        }
    }

    /// The segment, where it is one.
    pub const fn segment(&self) -> Option<&Segment> {
        match &self.body {
            Body::Tcp(segment) => Some(segment),
            _ => None,
        }
    }

    /// Sender and receiver with their ports.
    pub fn sockets(&self) -> Option<(Endpoint, Endpoint)> {
        let (src, dst) = self.ends?;
        let (from, to) = match &self.body {
            Body::Tcp(segment) => segment.ports,
            Body::Udp { ports, .. } => *ports,
            _ => return None,
        };
        Some((Endpoint::new(src, from), Endpoint::new(dst, to)))
    }

    /// Which side of a conversation sent it, if one did.
    pub fn side_of(&self, flow: &Flow) -> Option<Side> {
        let (src, dst) = self.sockets()?;
        if (src, dst) == (flow.orig, flow.resp) {
            Some(Side::Orig)
        } else if (src, dst) == (flow.resp, flow.orig) {
            Some(Side::Resp)
        } else {
            None
        }
    }

    /// What it is.
    pub fn claim(&self) -> Claim {
        let frame = super::frame(self.number);
        match (&self.body, self.ends) {
            (Body::Question(sender, ip) | Body::Answer(sender, ip), _) if sender.ip == *ip => {
                words::arp_announcement(frame, *ip, sender.mac)
            }
            (Body::Question(sender, ip), _) if sender.ip.is_unspecified() => {
                words::arp_probe(frame, sender.mac, *ip)
            }
            (Body::Question(sender, ip), _) => words::arp_question(frame, sender.ip, *ip),
            (Body::Answer(sender, told), _) => {
                words::arp_answer(frame, sender.ip, sender.mac, *told)
            }
            (Body::Tcp(it), Some((src, dst))) => {
                let (src, dst) = (
                    Endpoint::new(src, it.ports.0),
                    Endpoint::new(dst, it.ports.1),
                );
                let (src, dst) = (super::socket(src), super::socket(dst));
                let (flags, window) = (it.flag_names(), it.window);
                if it.flags.ack() {
                    words::segment(frame, src, dst, flags, it.seq, it.ack, window, it.len)
                } else {
                    words::segment_without_ack(frame, src, dst, flags, it.seq, window, it.len)
                }
            }
            (Body::Udp { ports, len }, Some((src, dst))) => words::udp_frame(
                frame,
                super::socket(Endpoint::new(src, ports.0)),
                super::socket(Endpoint::new(dst, ports.1)),
                *len as u64,
            ),
            (Body::Icmp { name, kind, .. }, Some((src, dst))) => match name {
                Some(name) => words::icmp_frame(frame, src, dst, Value::Reason((*name).into())),
                None => words::icmp_of_type(frame, src, dst, kind.0, kind.1),
            },
            (Body::Fragment { id, from, to }, Some((src, dst))) => {
                let (from, to) = (*from as u64, *to as u64);
                words::fragment(frame, src, dst, from, last_byte(from, to), *id)
            }
            (Body::Unread(layer, offset), _) => words::unread_frame(frame, *layer, *offset as u64),
            (_, Some((src, dst))) => words::other_frame(frame, src, dst),
            _ => words::nameless_frame(frame),
        }
    }

    /// What an ICMP error quotes.
    pub fn quoted(&self) -> Option<Claim> {
        let Body::Icmp {
            quote: Some((protocol, src, dst)),
            ..
        } = &self.body
        else {
            return None;
        };
        let name = ipv4::protocol_name(*protocol).unwrap_or("IP");
        Some(words::quotes(super::frame(self.number), name, *src, *dst))
    }
}

fn body(packet: &Packet<'_>) -> Body {
    if let Some(fragment) = packet.fragment() {
        return Body::Fragment {
            id: fragment.identification,
            from: fragment.offset,
            to: fragment.offset + fragment.len,
        };
    }
    let quoted = |quote: Option<&icmp::Quote>| {
        quote.map(|quote| (quote.protocol, quote.source, quote.destination))
    };
    match (&packet.network, packet.network.transport()) {
        (Network::Arp(it), _) => {
            let sender = Binding {
                ip: it.sender_ip.into(),
                mac: it.sender_mac,
            };
            match it.operation {
                arp::Operation::Request => Body::Question(sender, it.target_ip.into()),
                _ => Body::Answer(sender, it.target_ip.into()),
            }
        }
        (_, Some(Transport::Tcp(it))) => Body::Tcp(Segment {
            ports: (it.source_port, it.destination_port),
            seq: it.sequence.0,
            ack: it.acknowledgment.0,
            flags: it.flags,
            window: it.window,
            len: it.payload_len as u32,
            is_whole: match &packet.network {
                Network::Ipv4(header, _) => header.dont_fragment,
                _ => true,
            },
        }),
        (_, Some(Transport::Udp(it))) => Body::Udp {
            ports: (it.source_port, it.destination_port),
            len: it.payload_len,
        },
        (_, Some(Transport::Icmp(it))) => Body::Icmp {
            name: it.name(),
            kind: (it.kind, it.code),
            quote: match &it.body {
                icmp::Body::Error { quote, .. } => quoted(quote.as_ref()),
                _ => None,
            },
        },
        (_, Some(Transport::Icmpv6(it))) => Body::Icmp {
            name: it.name(),
            kind: (it.kind, it.code),
            quote: match &it.body {
                icmpv6::Body::Error { quote, .. } => quoted(quote.as_ref()),
                _ => None,
            },
        },
        _ => match (&packet.error, packet.link) {
            (Some(error), _) => Body::Unread(error.layer.name(), error.offset),
            (None, Link::Unread) => Body::Nameless,
            _ if packet.network.addresses().is_some() => Body::Other,
            _ => Body::Nameless,
        },
    }
}
