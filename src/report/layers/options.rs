//! The fields of options and extension headers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Anatomy, Value};
use crate::decode::{
    MacAddr, icmpv6,
    ipv4::{self, Ipv4Option},
    ipv6,
};

/// What an option that cannot be read is called: the capture's fault or the sender's.
const fn broken(is_cut: bool) -> &'static str {
    if is_cut {
        "truncated_option"
    } else {
        "malformed_option"
    }
}

/// Where the option that begins at `at` ends, by its own length or the end of the header.
pub(super) fn option_end(header: &[u8], at: usize) -> usize {
    let len = header.get(at + 1).map_or(1, |len| usize::from(*len)).max(1);
    (at + len).min(header.len())
}

impl Anatomy {
    /// A number in network order, where all its bytes are there. `at` counts from the beginning of
    /// the layer begun last, which is that of `layer`.
    pub(super) fn number(&mut self, name: &'static str, layer: &[u8], at: usize, len: usize) {
        if let Some(number) = number_at(layer, at, len) {
            self.field(name, at..at + len, Value::Number(number, None));
        }
    }

    /// A bit of the byte at `at`, where it is there.
    pub(super) fn bit(&mut self, name: &'static str, layer: &[u8], at: usize, mask: u8) {
        if let Some(byte) = layer.get(at) {
            self.field(name, at..at + 1, Value::Flag(byte & mask != 0));
        }
    }

    /// An IPv4 address, where all its bytes are there.
    pub(super) fn address(&mut self, name: &'static str, layer: &[u8], at: usize) {
        if let Some(octets) = layer.get(at..).and_then(|it| it.first_chunk::<4>()) {
            let ip = Ipv4Addr::from(*octets).into();
            self.field(name, at..at + 4, Value::Ip(ip));
        }
    }

    /// An IPv6 address, where all its bytes are there.
    pub(super) fn long_address(&mut self, name: &'static str, layer: &[u8], at: usize) {
        if let Some(octets) = layer.get(at..).and_then(|it| it.first_chunk::<16>()) {
            let ip = Ipv6Addr::from(*octets).into();
            self.field(name, at..at + 16, Value::Ip(ip));
        }
    }

    /// IPv6 addresses one behind the other.
    fn long_addresses(&mut self, name: &'static str, at: usize, bytes: &[u8]) {
        let (list, _) = bytes.as_chunks::<16>();
        if !list.is_empty() {
            let ips = list.iter().map(|it| Ipv6Addr::from(*it).into()).collect();
            self.field(name, at..at + list.len() * 16, Value::Ips(ips));
        }
    }

    /// Bytes as they are; nothing where there are none.
    fn data(&mut self, name: &'static str, at: usize, end: usize) {
        if end > at {
            self.field(name, at..end, Value::Bytes);
        }
    }

    pub(super) fn ipv4_options(&mut self, header: &ipv4::Header<'_>) {
        let bytes = header.bytes;
        let mut at = ipv4::MIN_HEADER_LEN;
        let mut options = header.options();
        for option in options.by_ref() {
            let end = match option {
                Ipv4Option::EndOfList | Ipv4Option::Nop => at + 1,
                _ => option_end(bytes, at),
            };
            match option {
                Ipv4Option::EndOfList => self.field("eol", at..end, Value::Filling),
                Ipv4Option::Nop => self.field("nop", at..end, Value::Filling),
                Ipv4Option::Other { kind, .. } => self.ipv4_option(kind, bytes, at, end),
                Ipv4Option::Malformed { kind } => self.ipv4_broken(false, kind, at, end),
            }
            at = end;
        }
        if let [kind, ..] = options.rest() {
            self.ipv4_broken(true, *kind, at, at + options.rest().len());
        }
    }

    fn ipv4_broken(&mut self, is_cut: bool, kind: u8, at: usize, end: usize) {
        let name = ipv4::option_name(kind);
        self.field(broken(is_cut), at..end, Value::Number(kind.into(), name));
    }

    fn ipv4_option(&mut self, kind: u8, header: &[u8], at: usize, end: usize) {
        const FLAGS: [&str; 4] = ["times only", "with addresses", "", "addresses given"];

        let bytes = header.get(..end).unwrap_or(header);
        let name = ipv4::option_name(kind);
        self.field("option", at..at + 1, Value::Number(kind.into(), name));
        self.number("option_length", bytes, at + 1, 1);
        match kind {
            // Record route, loose and strict source route, RFC 791 3.1.
            7 | 131 | 137 => {
                self.number("pointer", bytes, at + 2, 1);
                let (list, _) = bytes.get(at + 3..).unwrap_or_default().as_chunks::<4>();
                if !list.is_empty() {
                    let ips: Vec<IpAddr> = list.iter().map(|it| IpAddr::from(*it)).collect();
                    self.field("route", at + 3..at + 3 + list.len() * 4, Value::Ips(ips));
                }
            }
            // Timestamps, RFC 791 3.1.
            68 => {
                self.number("pointer", bytes, at + 2, 1);
                let Some(byte) = bytes.get(at + 3) else {
                    return;
                };
                let (overflow, flag) = (byte >> 4, byte & 0x0f);
                let range = at + 3..at + 4;
                let overflow = Value::Number(overflow.into(), None);
                self.field("overflow", range.clone(), overflow);
                let name = FLAGS.get(usize::from(flag)).filter(|name| !name.is_empty());
                self.field("flag", range, Value::Number(flag.into(), name.copied()));
                let (words, _) = bytes.get(at + 4..).unwrap_or_default().as_chunks::<4>();
                let range = at + 4..at + 4 + words.len() * 4;
                let with_addresses = matches!(flag, 1 | 3);
                if with_addresses && !words.is_empty() {
                    let ips = words.iter().step_by(2).map(|it| IpAddr::from(*it));
                    self.field("addresses", range.clone(), Value::Ips(ips.collect()));
                }
                let (first, step) = if with_addresses { (1, 2) } else { (0, 1) };
                let times = words.iter().skip(first).step_by(step);
                let times: Vec<_> = times.map(|it| u32::from_be_bytes(*it)).collect();
                if !times.is_empty() {
                    self.field("timestamps", range, Value::Numbers(times));
                }
            }
            148 => self.number("router_alert", bytes, at + 2, 2),
            _ => self.data("option_data", at + 2, end),
        }
    }

    /// The fields behind the next header.
    pub(super) fn ipv6_extension(&mut self, kind: u8, bytes: &[u8]) {
        let len = bytes.len() as u64;
        self.field("header_len", 1..2, Value::Number(len, None));
        match kind {
            0 | 60 => self.ipv6_options(bytes),
            43 => self.routing(bytes),
            _ => self.data("data", 2, bytes.len()),
        }
    }

    fn routing(&mut self, bytes: &[u8]) {
        let [_, _, kind, _, last, ..] = *bytes else {
            return;
        };
        let name = ipv6::routing_name(kind);
        self.field("routing_type", 2..3, Value::Number(kind.into(), name));
        self.number("segments_left", bytes, 3, 1);
        let addresses = bytes.get(8..).unwrap_or_default();
        match kind {
            0 | 2 => self.long_addresses("addresses", 8, addresses),
            // Segment routing, RFC 8754 2: the list backwards, then optional objects.
            4 => {
                self.number("last_entry", bytes, 4, 1);
                self.number("flags", bytes, 5, 1);
                self.number("tag", bytes, 6, 2);
                let len = (usize::from(last) + 1) * 16;
                let list = addresses.get(..len).unwrap_or(addresses);
                self.long_addresses("addresses", 8, list);
                self.data("objects", 8 + len, bytes.len());
            }
            _ => self.data("data", 4, bytes.len()),
        }
    }

    /// Hop-by-hop and destination options, RFC 8200 4.2.
    fn ipv6_options(&mut self, bytes: &[u8]) {
        let mut at = 2;
        while let Some(kind) = bytes.get(at) {
            if *kind == 0 {
                self.field("pad1", at..at + 1, Value::Filling);
                at += 1;
                continue;
            }
            let len = bytes.get(at + 1).map(|len| usize::from(*len) + 2);
            let name = ipv6::option_name(*kind);
            let value = Value::Number((*kind).into(), name);
            // An extension header that is cut is not read at all.
            let Some(end) = len.map(|len| at + len).filter(|end| *end <= bytes.len()) else {
                self.field(broken(false), at..bytes.len(), value);
                return;
            };
            if *kind == 1 {
                self.field("padn", at..end, Value::Filling);
                at = end;
                continue;
            }
            self.field("option", at..at + 1, value);
            self.number("option_length", bytes, at + 1, 1);
            match (kind, end - at) {
                (0x04, 3) => self.number("encapsulation_limit", bytes, at + 2, 1),
                (0x05, 4) => self.number("router_alert", bytes, at + 2, 2),
                (0xc2, 6) => self.number("jumbo_length", bytes, at + 2, 4),
                (0xc9, 18) => self.long_address("home_address", bytes, at + 2),
                _ => self.data("option_data", at + 2, end),
            }
            at = end;
        }
    }

    /// The options of neighbour discovery from `at` to the end of the message, RFC 4861 4.6.
    /// `is_cut` says that the capture left out the rest of the message.
    pub(super) fn neighbor_options(&mut self, message: &[u8], mut at: usize, is_cut: bool) {
        while let Some(kind) = message.get(at) {
            let value = Value::Number((*kind).into(), icmpv6::option_name(*kind));
            let len = message.get(at + 1).map(|len| usize::from(*len) * 8);
            let end = len.filter(|len| *len > 0).map(|len| at + len);
            let Some(end) = end.filter(|end| *end <= message.len()) else {
                let name = broken(is_cut && len != Some(0));
                self.field(name, at..message.len(), value);
                return;
            };
            self.field("option", at..at + 1, value);
            self.number("option_length", message, at + 1, 1);
            self.neighbor_option(*kind, message.get(..end).unwrap_or(message), at);
            at = end;
        }
    }

    /// An option from `at` to the end of `bytes`.
    fn neighbor_option(&mut self, kind: u8, bytes: &[u8], at: usize) {
        let end = bytes.len();
        match (kind, bytes.get(at + 2..).unwrap_or_default()) {
            (1 | 2, &[m0, m1, m2, m3, m4, m5]) => {
                let name = if kind == 1 {
                    "source_mac"
                } else {
                    "target_mac"
                };
                let mac = MacAddr([m0, m1, m2, m3, m4, m5]);
                self.field(name, at + 2..end, Value::Mac(mac));
            }
            (3, data) if data.len() == 30 => {
                self.number("prefix_length", bytes, at + 2, 1);
                self.bit("on_link", bytes, at + 3, 0x80);
                self.bit("autonomous", bytes, at + 3, 0x40);
                self.number("valid_lifetime", bytes, at + 4, 4);
                self.number("preferred_lifetime", bytes, at + 8, 4);
                self.long_address("prefix", bytes, at + 16);
            }
            (4, _) => self.data("redirected_packet", at + 8, end),
            (5, data) if data.len() == 6 => self.number("mtu", bytes, at + 4, 4),
            (25, data) if data.len() > 6 => {
                self.number("dns_lifetime", bytes, at + 4, 4);
                let servers = bytes.get(at + 8..).unwrap_or_default();
                self.long_addresses("dns_servers", at + 8, servers);
            }
            _ => self.data("option_data", at + 2, end),
        }
    }
}

/// A number of up to eight bytes in network order.
fn number_at(bytes: &[u8], at: usize, len: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(len)?)?;
    Some(
        bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
    )
}
