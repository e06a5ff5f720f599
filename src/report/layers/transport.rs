//! The fields of what IP carries.

use super::{Anatomy, Value, fields::option_end};
use crate::decode::{
    Transport,
    checksum::Checksum,
    icmp::{self, Quote},
    icmpv6, ipv4,
    tcp::{self, TcpOption},
    tunnel, udp,
};

/// Length of an ICMP header with the four bytes that each type uses in its own way.
const ICMP_HEADER_LEN: usize = 8;

impl Anatomy {
    /// What IP carries; `at` is where it begins in the frame.
    pub(super) fn transport(&mut self, at: usize, transport: &Transport<'_>, sum: Checksum) {
        match transport {
            Transport::Tcp(segment) => self.tcp(segment, sum),
            Transport::Udp(datagram) => self.udp(datagram, sum),
            Transport::Icmp(message) => self.icmp(message, sum),
            Transport::Icmpv6(message) => self.icmpv6(message, sum),
            Transport::Fragment(bytes) => self.bytes("fragment", at, bytes.len()),
            Transport::Other(_, bytes) => self.bytes("payload", at, bytes.len()),
            Transport::Unread(bytes) => self.bytes("unread", at, bytes.len()),
        }
    }

    fn tcp(&mut self, it: &tcp::Segment<'_>, sum: Checksum) {
        let header = it.bytes.get(..it.header_len).unwrap_or(it.bytes);
        self.layer("tcp", it.offset, header.len());
        self.field(
            "source_port",
            0..2,
            Value::Number(it.source_port.into(), None),
        );
        self.field(
            "destination_port",
            2..4,
            Value::Number(it.destination_port.into(), None),
        );
        self.field("sequence", 4..8, Value::Number(it.sequence.0.into(), None));
        self.field(
            "acknowledgment",
            8..12,
            Value::Number(it.acknowledgment.0.into(), None),
        );
        self.field(
            "header_len",
            12..13,
            Value::Number(it.header_len as u64, None),
        );
        self.field("flags", 12..14, Value::TcpFlags(it.flags));
        self.field("window", 14..16, Value::Number(it.window.into(), None));
        self.field("checksum", 16..18, Value::Checksum(it.checksum, sum));
        self.field(
            "urgent_pointer",
            18..20,
            Value::Number(it.urgent_pointer.into(), None),
        );
        let mut at = 20;
        let mut options = it.option_list();
        for option in options.by_ref() {
            let end = match option {
                TcpOption::EndOfList | TcpOption::Nop => at + 1,
                _ => option_end(header, at),
            };
            self.tcp_option(option, at, end);
            at = end;
        }
        if let [kind, ..] = options.rest() {
            let name = tcp::option_name(*kind);
            let end = at + options.rest().len();
            self.field(
                "truncated_option",
                at..end,
                Value::Number((*kind).into(), name),
            );
        }
        self.bytes("payload", it.offset + it.header_len, it.payload.len());
    }

    fn tcp_option(&mut self, option: TcpOption<'_>, at: usize, end: usize) {
        match option {
            TcpOption::EndOfList => self.field("eol", at..end, Value::Filling),
            TcpOption::Nop => self.field("nop", at..end, Value::Filling),
            TcpOption::MaximumSegmentSize(mss) => {
                self.field("mss", at..end, Value::Number(mss.into(), None));
            }
            TcpOption::WindowScale(shift) => {
                self.field("window_scale", at..end, Value::Number(shift.into(), None));
            }
            TcpOption::SackPermitted => self.field("sack_permitted", at..end, Value::Flag(true)),
            TcpOption::Sack(blocks) => {
                let blocks = blocks
                    .iter()
                    .map(|(first, behind)| (first.0, behind.0))
                    .collect();
                self.field("sack", at..end, Value::Blocks(blocks));
            }
            TcpOption::Timestamps { value, echo } => {
                self.field(
                    "timestamp_value",
                    at..end,
                    Value::Number(value.into(), None),
                );
                self.field("timestamp_echo", at..end, Value::Number(echo.into(), None));
            }
            TcpOption::UserTimeout(timeout) => {
                self.field("user_timeout", at..end, Value::Number(timeout.into(), None));
            }
            TcpOption::FastOpenCookie(_) => self.field("fast_open_cookie", at..end, Value::Bytes),
            TcpOption::Md5Signature(_) => self.field("md5_signature", at..end, Value::Bytes),
            TcpOption::Authentication(_) => self.field("authentication", at..end, Value::Bytes),
            TcpOption::Multipath(_) => self.field("multipath", at..end, Value::Bytes),
            TcpOption::Other { kind, .. } => {
                let name = tcp::option_name(kind);
                self.field("option", at..end, Value::Number(kind.into(), name));
            }
            TcpOption::Malformed { kind } => {
                self.field(
                    "malformed_option",
                    at..end,
                    Value::Number(kind.into(), None),
                );
            }
        }
    }

    fn udp(&mut self, it: &udp::Datagram<'_>, sum: Checksum) {
        self.layer("udp", it.offset, it.bytes.len().min(8));
        self.field(
            "source_port",
            0..2,
            Value::Number(it.source_port.into(), None),
        );
        self.field(
            "destination_port",
            2..4,
            Value::Number(it.destination_port.into(), None),
        );
        self.field("length", 4..6, Value::Number(it.length.into(), None));
        self.field("checksum", 6..8, Value::Checksum(it.checksum, sum));
        if let Some(tunnel) = tunnel::of(it) {
            // Its port names it; its header stays payload.
            self.field("tunnel", 2..4, Value::Name(tunnel.name()));
        }
        self.bytes("payload", it.offset + 8, it.payload.len());
    }

    fn icmp(&mut self, it: &icmp::Message<'_>, sum: Checksum) {
        self.icmp_head(
            "icmp",
            it.offset,
            it.bytes.len(),
            it.kind,
            it.code,
            it.name(),
        );
        self.field("checksum", 2..4, Value::Checksum(it.checksum, sum));
        match it.body {
            icmp::Body::Echo {
                identifier,
                sequence,
                ..
            } => self.echo(identifier, sequence),
            icmp::Body::Error { mtu, gateway, .. } => {
                if let Some(gateway) = gateway {
                    self.field("gateway", 4..8, Value::Ip(gateway));
                }
                if let Some(mtu) = mtu {
                    self.field("mtu", 6..8, Value::Number(mtu.into(), None));
                }
            }
            icmp::Body::Other(_) => {}
        }
        match it.body {
            icmp::Body::Error {
                quote: Some(quote), ..
            } => {
                self.quote(&quote, it.offset + it.bytes.len());
            }
            _ => self.icmp_rest(it.offset, it.bytes.len()),
        }
    }

    fn icmpv6(&mut self, it: &icmpv6::Message<'_>, sum: Checksum) {
        self.icmp_head(
            "icmpv6",
            it.offset,
            it.bytes.len(),
            it.kind,
            it.code,
            it.name(),
        );
        self.field("checksum", 2..4, Value::Checksum(it.checksum, sum));
        match it.body {
            icmpv6::Body::Echo {
                identifier,
                sequence,
                ..
            } => self.echo(identifier, sequence),
            icmpv6::Body::Error { mtu: Some(mtu), .. } => {
                self.field("mtu", 4..8, Value::Number(mtu.into(), None));
            }
            icmpv6::Body::NeighborSolicitation { target, source_mac } => {
                self.whole_message(it.bytes.len());
                self.field("target", 8..24, Value::Ip(target.into()));
                if let Some(mac) = source_mac {
                    self.field("source_mac", 24..it.bytes.len(), Value::Mac(mac));
                }
                return;
            }
            icmpv6::Body::NeighborAdvertisement {
                target,
                target_mac,
                router,
                solicited,
                overrides,
            } => {
                self.whole_message(it.bytes.len());
                self.field("router", 4..5, Value::Flag(router));
                self.field("solicited", 4..5, Value::Flag(solicited));
                self.field("override", 4..5, Value::Flag(overrides));
                self.field("target", 8..24, Value::Ip(target.into()));
                if let Some(mac) = target_mac {
                    self.field("target_mac", 24..it.bytes.len(), Value::Mac(mac));
                }
                return;
            }
            icmpv6::Body::Error { .. } | icmpv6::Body::Other(_) => {}
        }
        match it.body {
            icmpv6::Body::Error {
                quote: Some(quote), ..
            } => {
                self.quote(&quote, it.offset + it.bytes.len());
            }
            _ => self.icmp_rest(it.offset, it.bytes.len()),
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
        self.layer(layer, offset, len.min(ICMP_HEADER_LEN));
        self.field("type", 0..1, Value::Number(kind.into(), name));
        self.field("code", 1..2, Value::Number(code.into(), None));
    }

    fn echo(&mut self, identifier: u16, sequence: u16) {
        self.field("identifier", 4..6, Value::Number(identifier.into(), None));
        self.field("sequence", 6..8, Value::Number(sequence.into(), None));
    }

    /// Neighbour discovery's fields go past the first eight bytes.
    fn whole_message(&mut self, len: usize) {
        if let Some(layer) = self.layers.last_mut() {
            layer.len = len;
        }
    }

    fn icmp_rest(&mut self, offset: usize, len: usize) {
        self.bytes(
            "payload",
            offset + ICMP_HEADER_LEN,
            len.saturating_sub(ICMP_HEADER_LEN),
        );
    }

    /// The packet that an error quotes: what can be told of it without entering it.
    fn quote(&mut self, quote: &Quote, end: usize) {
        let len = end.saturating_sub(quote.offset);
        self.layer("quote", quote.offset, len);
        let name = ipv4::protocol_name(quote.protocol);
        // Where its fields lie depends on its version and options: they all name the whole.
        self.field("source", 0..len, Value::Ip(quote.source));
        self.field("destination", 0..len, Value::Ip(quote.destination));
        self.field(
            "protocol",
            0..len,
            Value::Number(quote.protocol.into(), name),
        );
        if let Some(id) = quote.identification {
            self.field("identification", 0..len, Value::Hex(id.into(), 4, None));
        }
        if let Some((first, second)) = quote.ports {
            let names = if matches!(quote.protocol, 1 | 58) {
                ["identifier", "sequence"]
            } else {
                ["source_port", "destination_port"]
            };
            self.field(names[0], 0..len, Value::Number(first.into(), None));
            self.field(names[1], 0..len, Value::Number(second.into(), None));
        }
        if let Some(sequence) = quote.sequence {
            self.field("sequence", 0..len, Value::Number(sequence.into(), None));
        }
        if let Some(length) = quote.udp_length {
            self.field("length", 0..len, Value::Number(length.into(), None));
        }
    }
}
