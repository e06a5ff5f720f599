//! The fields of ICMP and `ICMPv6` messages, and of the packets that errors quote.

use super::{Anatomy, Value};
use crate::decode::{
    checksum::Checksum,
    icmp::{self, Places, Quote},
    icmpv6, ipv4,
};

/// Length of an ICMP header with the four bytes that each type uses in its own way.
const HEADER_LEN: usize = 8;

impl Anatomy {
    pub(super) fn icmp(&mut self, it: &icmp::Message<'_>, sum: Checksum) {
        let bytes = it.bytes;
        let len = icmp_len(it.kind, bytes).min(bytes.len());
        self.icmp_head("icmp", it.offset, len, it.kind, it.code, it.name());
        self.field("checksum", 2..4, Value::Checksum(it.checksum, sum));
        match it.body {
            icmp::Body::Echo {
                identifier,
                sequence,
                ..
            } => self.echo(identifier, sequence),
            icmp::Body::Error {
                mtu,
                gateway,
                quote,
            } => {
                if it.kind == 12 {
                    self.number("pointer", bytes, 4, 1);
                }
                if let Some(gateway) = gateway {
                    self.field("gateway", 4..8, Value::Ip(gateway));
                }
                if let Some(mtu) = mtu {
                    self.field("mtu", 6..8, Value::Number(mtu.into(), None));
                }
                if let Some(quote) = quote {
                    self.quote(&quote, it.offset, bytes);
                    return;
                }
            }
            icmp::Body::Other(_) => self.icmp_other(it.kind, bytes.get(..len).unwrap_or(bytes)),
        }
        self.icmp_rest(it.offset, len, bytes.len());
    }

    /// RFC 792's questions for the time, RFC 950's for the mask, RFC 1256's routers, RFC 8335's
    /// extended echo.
    fn icmp_other(&mut self, kind: u8, header: &[u8]) {
        match kind {
            9 => {
                self.number("address_count", header, 4, 1);
                self.number("entry_size", header, 5, 1);
                self.number("lifetime", header, 6, 2);
                let step = entry_len(header);
                for at in (HEADER_LEN..header.len()).step_by(step) {
                    self.address("router_address", header, at);
                    self.number("preference", header, at + 4, 4);
                }
            }
            13..=18 => {
                self.number("identifier", header, 4, 2);
                self.number("sequence", header, 6, 2);
                if matches!(kind, 13 | 14) {
                    self.number("originate_timestamp", header, 8, 4);
                    self.number("receive_timestamp", header, 12, 4);
                    self.number("transmit_timestamp", header, 16, 4);
                } else if matches!(kind, 17 | 18) {
                    self.address("address_mask", header, 8);
                }
            }
            42 | 43 => self.extended_echo(header),
            _ => {}
        }
    }

    fn extended_echo(&mut self, header: &[u8]) {
        self.number("identifier", header, 4, 2);
        self.number("sequence", header, 6, 1);
    }

    pub(super) fn icmpv6(&mut self, it: &icmpv6::Message<'_>, sum: Checksum) {
        let bytes = it.bytes;
        let len = match (it.kind, it.body) {
            // Neighbour discovery's options are a part of the header.
            (133 | 134 | 137, _) => bytes.len(),
            (_, icmpv6::Body::NeighborSolicitation { .. }) => bytes.len(),
            (_, icmpv6::Body::NeighborAdvertisement { .. }) => bytes.len(),
            (130..=132, _) => bytes.len().min(24),
            _ => bytes.len().min(HEADER_LEN),
        };
        self.icmp_head("icmpv6", it.offset, len, it.kind, it.code, it.name());
        self.field("checksum", 2..4, Value::Checksum(it.checksum, sum));
        let is_cut = bytes.len() < it.len;
        match it.body {
            icmpv6::Body::Echo {
                identifier,
                sequence,
                ..
            } => self.echo(identifier, sequence),
            icmpv6::Body::Error { mtu, quote } => {
                if it.kind == 4 {
                    self.number("pointer", bytes, 4, 4);
                }
                if let Some(mtu) = mtu {
                    self.field("mtu", 4..8, Value::Number(mtu.into(), None));
                }
                if let Some(quote) = quote {
                    self.quote(&quote, it.offset, bytes);
                    return;
                }
            }
            icmpv6::Body::NeighborSolicitation { target, .. } => {
                self.field("target", 8..24, Value::Ip(target.into()));
                self.neighbor_options(bytes, 24, is_cut);
            }
            icmpv6::Body::NeighborAdvertisement {
                target,
                router,
                solicited,
                overrides,
                ..
            } => {
                self.field("router", 4..5, Value::Flag(router));
                self.field("solicited", 4..5, Value::Flag(solicited));
                self.field("override", 4..5, Value::Flag(overrides));
                self.field("target", 8..24, Value::Ip(target.into()));
                self.neighbor_options(bytes, 24, is_cut);
            }
            icmpv6::Body::Other(_) => self.icmpv6_other(it.kind, bytes, is_cut),
        }
        self.icmp_rest(it.offset, len, bytes.len());
    }

    /// Routers (RFC 4861 4), listeners (RFC 2710, 3810) and extended echo (RFC 8335).
    fn icmpv6_other(&mut self, kind: u8, bytes: &[u8], is_cut: bool) {
        match kind {
            130..=132 => {
                self.number("max_response_delay", bytes, 4, 2);
                self.long_address("multicast_address", bytes, 8);
            }
            133 => self.neighbor_options(bytes, 8, is_cut),
            134 => {
                self.number("hop_limit", bytes, 4, 1);
                self.bit("managed", bytes, 5, 0x80);
                self.bit("other_config", bytes, 5, 0x40);
                self.bit("home_agent", bytes, 5, 0x20);
                self.router_preference(bytes);
                self.number("router_lifetime", bytes, 6, 2);
                self.number("reachable_time", bytes, 8, 4);
                self.number("retransmit_timer", bytes, 12, 4);
                self.neighbor_options(bytes, 16, is_cut);
            }
            137 => {
                self.long_address("target", bytes, 8);
                self.long_address("destination", bytes, 24);
                self.neighbor_options(bytes, 40, is_cut);
            }
            143 => self.number("record_count", bytes, 6, 2),
            160 | 161 => self.extended_echo(bytes.get(..HEADER_LEN).unwrap_or(bytes)),
            _ => {}
        }
    }

    /// Two bits, RFC 4191 2.1.
    fn router_preference(&mut self, bytes: &[u8]) {
        const NAMES: [&str; 4] = ["medium", "high", "reserved", "low"];
        if let Some(flags) = bytes.get(5) {
            let preference = flags >> 3 & 3;
            let name = NAMES.get(usize::from(preference)).copied();
            self.field("preference", 5..6, Value::Number(preference.into(), name));
        }
    }

    fn icmp_head(
        &mut self,
        layer: &'static str,
        offset: usize,
        len: usize,
        kind: u8,
        code: u8,
        name: Option<&'static str>,
    ) {
        self.layer(layer, offset, len);
        self.field("type", 0..1, Value::Number(kind.into(), name));
        self.field("code", 1..2, Value::Number(code.into(), None));
    }

    fn echo(&mut self, identifier: u16, sequence: u16) {
        self.field("identifier", 4..6, Value::Number(identifier.into(), None));
        self.field("sequence", 6..8, Value::Number(sequence.into(), None));
    }

    fn icmp_rest(&mut self, offset: usize, header_len: usize, len: usize) {
        self.bytes(
            "payload",
            offset + header_len,
            len.saturating_sub(header_len),
        );
    }

    /// The packet that an error quotes: what can be told of it without entering it. `message` is the
    /// error, which begins at `offset`.
    fn quote(&mut self, quote: &Quote, offset: usize, message: &[u8]) {
        let quoted = message
            .get(quote.offset.saturating_sub(offset)..)
            .unwrap_or_default();
        self.layer("quote", quote.offset, quoted.len());
        let Some(places) = Places::of(quoted) else {
            return;
        };
        let (source, destination) = if quote.source.is_ipv4() {
            (12..16, 16..20)
        } else {
            (8..24, 24..40)
        };
        self.field("source", source, Value::Ip(quote.source));
        self.field("destination", destination, Value::Ip(quote.destination));
        let name = ipv4::protocol_name(quote.protocol);
        let at = places.protocol;
        self.field(
            "protocol",
            at..at + 1,
            Value::Number(quote.protocol.into(), name),
        );
        if let (Some(id), Some(at)) = (quote.identification, places.identification) {
            let (end, digits) = if quote.source.is_ipv4() {
                (at + 2, 4)
            } else {
                (at + 4, 8)
            };
            self.field(
                "identification",
                at..end,
                Value::Hex(id.into(), digits, None),
            );
        }
        let at = places.transport;
        if let Some((first, second)) = quote.ports {
            let (names, at) = if matches!(quote.protocol, 1 | 58) {
                (["identifier", "sequence"], at + 4)
            } else {
                (["source_port", "destination_port"], at)
            };
            self.field(names[0], at..at + 2, Value::Number(first.into(), None));
            self.field(names[1], at + 2..at + 4, Value::Number(second.into(), None));
        }
        if let Some(sequence) = quote.sequence {
            self.field(
                "sequence",
                at + 4..at + 8,
                Value::Number(sequence.into(), None),
            );
        }
        if let Some(length) = quote.udp_length {
            self.field("length", at + 4..at + 6, Value::Number(length.into(), None));
        }
    }
}

/// How long the header of a message of this type is.
fn icmp_len(kind: u8, bytes: &[u8]) -> usize {
    match kind {
        9 => {
            let count = bytes.get(4).copied().unwrap_or_default();
            HEADER_LEN + usize::from(count) * entry_len(bytes)
        }
        13 | 14 => 20,
        17 | 18 => 12,
        _ => HEADER_LEN,
    }
}

/// The bytes that a router's address takes in an advertisement: RFC 1256 has 8, in units of 4.
fn entry_len(bytes: &[u8]) -> usize {
    usize::from(bytes.get(5).copied().unwrap_or_default().max(2)) * 4
}
