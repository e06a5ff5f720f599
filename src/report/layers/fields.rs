//! The fields of link and network headers.

use super::{Anatomy, Value};
use crate::decode::{
    EtherType, ah, arp, checksum, ethernet, ipv4, ipv6, llc, loopback, sll, vlan::Tag,
};

/// Two bytes in network order.
pub(super) fn word(data: &[u8], at: usize) -> Option<u16> {
    let bytes = data.get(at..at.checked_add(2)?)?;
    Some(u16::from_be_bytes(bytes.try_into().ok()?))
}

impl Anatomy {
    pub(super) fn ethernet(&mut self, header: &ethernet::Header) -> usize {
        self.layer("ethernet", 0, ethernet::HEADER_LEN);
        self.field("destination", 0..6, Value::Mac(header.destination));
        self.field("source", 6..12, Value::Mac(header.source));
        if header.type_or_length < 0x0600 {
            self.field(
                "length",
                12..14,
                Value::Number(header.type_or_length.into(), None),
            );
        } else {
            self.field("ether_type", 12..14, ether_type(header.type_or_length));
        }
        ethernet::HEADER_LEN
    }

    pub(super) fn sll(&mut self, header: &sll::Header) -> usize {
        self.layer("linux_sll", 0, sll::HEADER_LEN);
        let name = sll::packet_type_name(header.packet_type);
        self.field(
            "packet_type",
            0..2,
            Value::Number(header.packet_type.into(), name),
        );
        self.field("arphrd", 2..4, Value::Number(header.arphrd.into(), None));
        if let Some(mac) = header.source {
            self.field("source", 6..12, Value::Mac(mac));
        }
        self.field("protocol", 14..16, ether_type(header.protocol.0));
        sll::HEADER_LEN
    }

    pub(super) fn sll2(&mut self, header: &sll::HeaderV2) -> usize {
        self.layer("linux_sll2", 0, sll::HEADER_V2_LEN);
        self.field("protocol", 0..2, ether_type(header.protocol.0));
        self.field(
            "interface",
            4..8,
            Value::Number(header.interface.into(), None),
        );
        self.field("arphrd", 8..10, Value::Number(header.arphrd.into(), None));
        let name = sll::packet_type_name(header.packet_type.into());
        self.field(
            "packet_type",
            10..11,
            Value::Number(header.packet_type.into(), name),
        );
        if let Some(mac) = header.source {
            self.field("source", 12..18, Value::Mac(mac));
        }
        sll::HEADER_V2_LEN
    }

    pub(super) fn loopback(&mut self, header: loopback::Header) -> usize {
        self.layer("loopback", 0, loopback::HEADER_LEN);
        let name = if header.is_ipv4() {
            Some("IPv4")
        } else if header.is_ipv6() {
            Some("IPv6")
        } else {
            None
        };
        self.field("family", 0..4, Value::Number(header.family.into(), name));
        loopback::HEADER_LEN
    }

    /// The tag's type stands before it, in the place of the ether type; the four bytes from `at` are
    /// the tag control information and the next type.
    pub(super) fn vlan(&mut self, at: usize, tag: Tag, next: Option<u16>) -> usize {
        self.layer("vlan", at, 4);
        self.field("priority", 0..1, Value::Number(tag.priority().into(), None));
        self.field("drop_eligible", 0..1, Value::Flag(tag.drop_eligible()));
        self.field("vlan_id", 0..2, Value::Number(tag.vlan_id().into(), None));
        match next {
            Some(length) if length < 0x0600 => {
                self.field("length", 2..4, Value::Number(length.into(), None));
            }
            Some(next) => self.field("ether_type", 2..4, ether_type(next)),
            None => {}
        }
        at + 4
    }

    pub(super) fn llc(&mut self, header: &llc::Header) -> usize {
        self.layer("llc", header.offset, header.header_len());
        self.field(
            "dsap",
            0..1,
            Value::Hex(header.dsap.into(), 2, llc::dsap_name(header.dsap)),
        );
        self.field("ssap", 1..2, Value::Hex(header.ssap.into(), 2, None));
        self.field("control", 2..3, Value::Hex(header.control.into(), 2, None));
        if let Some(snap) = header.snap {
            let [a, b, c] = snap.oui;
            let oui = u32::from_be_bytes([0, a, b, c]);
            self.field("oui", 3..6, Value::Hex(oui.into(), 6, None));
            self.field("protocol", 6..8, ether_type(snap.protocol));
        }
        header.offset + header.header_len()
    }

    pub(super) fn arp(&mut self, arp: &arp::Packet) {
        self.layer("arp", arp.offset, arp::LEN);
        self.field("hardware_type", 0..2, Value::Number(1, Some("Ethernet")));
        self.field("protocol_type", 2..4, ether_type(EtherType::IPV4.0));
        self.field("hardware_len", 4..5, Value::Number(6, None));
        self.field("protocol_len", 5..6, Value::Number(4, None));
        let operation = arp.operation;
        self.field(
            "operation",
            6..8,
            Value::Number(operation.number().into(), operation.name()),
        );
        self.field("sender_mac", 8..14, Value::Mac(arp.sender_mac));
        self.field("sender_ip", 14..18, Value::Ip(arp.sender_ip.into()));
        self.field("target_mac", 18..24, Value::Mac(arp.target_mac));
        self.field("target_ip", 24..28, Value::Ip(arp.target_ip.into()));
    }

    pub(super) fn ipv4(&mut self, header: &ipv4::Header<'_>) {
        self.layer("ipv4", header.offset, header.bytes.len());
        self.field("version", 0..1, Value::Number(4, None));
        self.field(
            "header_len",
            0..1,
            Value::Number(header.header_len() as u64, None),
        );
        self.field("dscp", 1..2, Value::Number((header.tos >> 2).into(), None));
        self.field("ecn", 1..2, Value::Number((header.tos & 3).into(), None));
        self.field(
            "total_length",
            2..4,
            Value::Number(header.total_length.into(), None),
        );
        self.field(
            "identification",
            4..6,
            Value::Hex(header.identification.into(), 4, None),
        );
        self.field("reserved", 6..7, Value::Flag(header.reserved));
        self.field("dont_fragment", 6..7, Value::Flag(header.dont_fragment));
        self.field("more_fragments", 6..7, Value::Flag(header.more_fragments));
        self.field(
            "fragment_offset",
            6..8,
            Value::Number(header.fragment_offset as u64, None),
        );
        self.field("ttl", 8..9, Value::Number(header.ttl.into(), None));
        self.field("protocol", 9..10, protocol(header.protocol));
        let verdict = checksum::ipv4_header(header);
        self.field(
            "checksum",
            10..12,
            Value::Checksum(header.checksum, verdict),
        );
        self.field("source", 12..16, Value::Ip(header.source.into()));
        self.field("destination", 16..20, Value::Ip(header.destination.into()));
        self.ipv4_options(header);
    }

    pub(super) fn ipv6(&mut self, header: &ipv6::Header<'_>) {
        self.layer("ipv6", header.offset, header.bytes.len().min(40));
        self.field("version", 0..1, Value::Number(6, None));
        self.field(
            "traffic_class",
            0..2,
            Value::Hex(header.traffic_class.into(), 2, None),
        );
        self.field(
            "flow_label",
            1..4,
            Value::Hex(header.flow_label.into(), 5, None),
        );
        self.field(
            "payload_length",
            4..6,
            Value::Number(header.payload_length.into(), None),
        );
        self.field("next_header", 6..7, protocol(header.next_header));
        self.field(
            "hop_limit",
            7..8,
            Value::Number(header.hop_limit.into(), None),
        );
        self.field("source", 8..24, Value::Ip(header.source.into()));
        self.field("destination", 24..40, Value::Ip(header.destination.into()));
        for extension in header.extensions() {
            if extension.kind == ah::PROTOCOL {
                self.ah_header(extension.offset, extension.bytes);
                continue;
            }
            let name = match extension.kind {
                0 => "ipv6_hop_by_hop",
                43 => "ipv6_routing",
                44 => "ipv6_fragment",
                60 => "ipv6_destination_options",
                _ => "ipv6_extension",
            };
            self.layer(name, extension.offset, extension.bytes.len());
            let next = extension.bytes.first().copied().unwrap_or_default();
            self.field("next_header", 0..1, protocol(next));
            match header.fragment {
                Some(fragment) if extension.kind == 44 => {
                    let offset = fragment.offset as u64;
                    self.field("fragment_offset", 2..4, Value::Number(offset, None));
                    self.field("more_fragments", 3..4, Value::Flag(fragment.more));
                    let id = fragment.identification.into();
                    self.field("identification", 4..8, Value::Hex(id, 8, None));
                }
                _ => self.ipv6_extension(extension.kind, extension.bytes),
            }
        }
    }
}

impl Anatomy {
    /// The authentication headers in front of what IPv4 carries. Returns where they end.
    pub(super) fn ah(&mut self, protocol: u8, mut at: usize, data: &[u8]) -> usize {
        let bytes = data.get(at..).unwrap_or_default();
        for header in ah::headers(protocol, bytes) {
            let end = at + header.header_len;
            self.ah_header(at, data.get(at..end).unwrap_or_default());
            at = end;
        }
        at
    }

    fn ah_header(&mut self, offset: usize, bytes: &[u8]) {
        let Some(header) = ah::headers(ah::PROTOCOL, bytes).next() else {
            return;
        };
        self.layer("ah", offset, header.header_len);
        self.field("next_header", 0..1, protocol(header.next_header));
        let len = header.header_len as u64;
        self.field("header_len", 1..2, Value::Number(len, None));
        self.field("spi", 4..8, Value::Hex(header.spi.into(), 8, None));
        let sequence = header.sequence.into();
        self.field("sequence", 8..12, Value::Number(sequence, None));
        if header.header_len > ah::MIN_HEADER_LEN {
            self.field(
                "integrity_check",
                ah::MIN_HEADER_LEN..header.header_len,
                Value::Bytes,
            );
        }
    }
}

fn ether_type(number: u16) -> Value {
    Value::Hex(number.into(), 4, EtherType(number).name())
}

fn protocol(number: u8) -> Value {
    Value::Number(number.into(), ipv4::protocol_name(number))
}
