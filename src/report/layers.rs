//! The anatomy of a frame: its layers as they lie on the wire, every header field with its name, its
//! bytes and its value. What `-v` prints and what JSON's `packet` events list comes from here.

mod fields;
mod icmp;
mod options;
mod transport;
mod value;

use std::{net::IpAddr, ops::Range};

use crate::{
    capture::Frame,
    decode::{Link, MacAddr, Network, Packet, Transport, checksum::Checksum, tcp},
};

/// A layer: a header, or bytes that are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// In `snake_case`: `ethernet`, `vlan`, `ipv4`, `tcp`, `payload`, `unread`, `unaccounted` …
    pub name: &'static str,
    /// Where it begins in the frame, in bytes.
    pub offset: usize,
    /// Its length in bytes, as captured.
    pub len: usize,
    fields: Range<usize>,
}

/// A header field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The field's name as its RFC has it, in `snake_case`.
    pub name: &'static str,
    /// The bytes of the frame that it takes, or shares with its neighbours.
    pub bytes: Range<usize>,
    /// What it says.
    pub value: Value,
}

/// What a field says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Addresses in a row.
    Ips(Vec<IpAddr>),
    /// Numbers in a row.
    Numbers(Vec<u32>),
    /// A name.
    Name(&'static str),
    /// A number, and what it stands for where that is known.
    Number(u64, Option<&'static str>),
    /// A number of so many hexadecimal digits, and what it stands for where that is known.
    Hex(u64, u32, Option<&'static str>),
    /// A single bit.
    Flag(bool),
    /// A hardware address.
    Mac(MacAddr),
    /// An IP address.
    Ip(IpAddr),
    /// The flags of a TCP segment.
    TcpFlags(tcp::Flags),
    /// Pairs of sequence numbers.
    Blocks(Vec<(u32, u32)>),
    /// A checksum and the verdict on it.
    Checksum(u16, Checksum),
    /// Nothing but the bytes themselves.
    Bytes,
    /// Filling between options.
    Filling,
}

/// The layers of a frame. Made once and read into again, so that a long capture allocates little.
#[derive(Clone, Debug, Default)]
pub struct Anatomy {
    layers: Vec<Layer>,
    fields: Vec<Field>,
    padding: Range<usize>,
}

impl Anatomy {
    /// Takes a frame apart.
    pub fn read(&mut self, frame: &Frame<'_>, packet: &Packet<'_>) {
        self.layers.clear();
        self.fields.clear();
        let len = frame.data.len();
        let end = len.saturating_sub(packet.padding.len());
        self.padding = end..len;
        let at = self.link(frame, packet);
        self.network(at, packet, frame.data.get(..end).unwrap_or_default());
        self.account(end, packet);
    }

    /// The layers, outermost first, each with its fields.
    pub fn layers(&self) -> impl Iterator<Item = (&Layer, &[Field])> {
        self.layers.iter().map(|layer| {
            let fields = self.fields.get(layer.fields.clone()).unwrap_or_default();
            (layer, fields)
        })
    }

    /// The bytes behind the end that the network header tells.
    pub fn padding(&self) -> Range<usize> {
        self.padding.clone()
    }

    /// Where the payload of the innermost layer lies, if there is any.
    pub fn payload(&self) -> Option<Range<usize>> {
        let layer = self.layers.iter().rfind(|layer| layer.name == "payload")?;
        Some(layer.offset..layer.offset + layer.len)
    }

    /// Begins a layer; its fields follow.
    fn layer(&mut self, name: &'static str, offset: usize, len: usize) {
        let at = self.fields.len();
        self.layers.push(Layer {
            name,
            offset,
            len,
            fields: at..at,
        });
    }

    /// Bytes without fields; nothing where there are none.
    fn bytes(&mut self, name: &'static str, offset: usize, len: usize) {
        if len > 0 {
            self.layer(name, offset, len);
        }
    }

    /// Adds a field to the layer begun last; `at` counts from its beginning.
    fn field(&mut self, name: &'static str, at: Range<usize>, value: Value) {
        let Some(layer) = self.layers.last_mut() else {
            return;
        };
        let bytes = layer.offset + at.start..layer.offset + at.end;
        self.fields.push(Field { name, bytes, value });
        layer.fields.end = self.fields.len();
    }

    /// The link header, tags and LLC. Returns where the network layer begins.
    fn link(&mut self, frame: &Frame<'_>, packet: &Packet<'_>) -> usize {
        let mut at = match &packet.link {
            Link::Ethernet(header) => self.ethernet(header),
            Link::LinuxSll(header) => self.sll(header),
            Link::LinuxSll2(header) => self.sll2(header),
            Link::Loopback(header) => self.loopback(*header),
            Link::None | Link::Unread => 0,
        };
        for (depth, tag) in packet.tags.iter().enumerate() {
            // What a tag announces is the next tag, or the type before the network layer.
            let next = packet.tags.as_slice().get(depth + 1).map(|next| next.tpid);
            let next = next.or_else(|| fields::word(frame.data, at + 2));
            at = self.vlan(at, *tag, next);
        }
        if let Some(llc) = &packet.llc {
            at = self.llc(llc);
        }
        at
    }

    /// `data` is the frame without its padding.
    fn network(&mut self, at: usize, packet: &Packet<'_>, data: &[u8]) {
        match &packet.network {
            Network::Arp(arp) => self.arp(arp),
            Network::Ipv4(header, transport) => {
                self.ipv4(header);
                let mut at = header.offset + header.bytes.len();
                if !matches!(transport, Transport::Fragment(_)) {
                    at = self.ah(header.protocol, at, data);
                }
                self.transport(at, transport, packet.network.transport_checksum());
            }
            Network::Ipv6(header, transport) => {
                self.ipv6(header);
                let at = header.offset + header.bytes.len();
                self.transport(at, transport, packet.network.transport_checksum());
            }
            Network::Other(_, bytes) => self.bytes("payload", at, bytes.len()),
            Network::Unread(bytes) => self.bytes("unread", at, bytes.len()),
        }
    }

    /// Names what lies between the last layer and the padding and belongs to neither: a UDP length
    /// shorter than IP's, say.
    fn account(&mut self, end: usize, packet: &Packet<'_>) {
        let covered = self
            .layers
            .iter()
            .map(|layer| layer.offset + layer.len)
            .max()
            .unwrap_or(0);
        let name = if packet.error.is_some() {
            "unread"
        } else {
            "unaccounted"
        };
        self.bytes(name, covered, end.saturating_sub(covered));
    }
}

#[cfg(test)]
mod tests;
