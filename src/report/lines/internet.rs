//! IP and what it carries, in tcpdump's grammar.

use std::net::IpAddr;

use crate::{
    decode::{
        Addresses, Plain, Transport,
        icmp::{self, Quote},
        icmpv6,
        ipv4::{self, protocol_name},
        ipv6,
        tcp::{self, TcpOption},
        tunnel::{self, Tunnel},
        udp,
    },
    report::digits,
};

const IPV4: &[u8] = b"IP ";
const IPV6: &[u8] = b"IP6 ";

/// What a plain frame carries, the same as below of its layers.
pub(super) fn plain(it: &Plain<'_>, out: &mut Vec<u8>) {
    let ports = Some(it.ports());
    match it.ip_addresses() {
        Addresses::V4(from, to) => ends(IPV4, (from, to), ports, digits::ipv4, out),
        Addresses::V6(from, to) => ends(IPV6, (from, to), ports, digits::ipv6, out),
    }
    if let Some(segment) = it.segment() {
        tcp(&segment, out);
    } else if let Some(datagram) = it.datagram() {
        udp(&datagram, out);
    }
}

/// `IP 192.168.15.42.40001 > 192.168.15.73.8520: …`
pub(super) fn ipv4(header: &ipv4::Header<'_>, transport: &Transport<'_>, out: &mut Vec<u8>) {
    let addresses = (header.source, header.destination);
    ends(IPV4, addresses, ports(transport), digits::ipv4, out);
    carried(header.protocol, transport, header.payload_len, out);
    if header.is_fragment() {
        // As tcpdump has written it since the days of BSD: identification, length, offset, more.
        out.extend_from_slice(b" (frag ");
        digits::decimal(header.identification.into(), out);
        out.push(b':');
        digits::decimal(header.payload_len as u64, out);
        out.push(b'@');
        digits::decimal(header.fragment_offset as u64, out);
        if header.more_fragments {
            out.push(b'+');
        }
        out.push(b')');
    }
}

/// `IP6 fe80::1.40001 > fe80::2.8520: …`
pub(super) fn ipv6(header: &ipv6::Header<'_>, transport: &Transport<'_>, out: &mut Vec<u8>) {
    let addresses = (header.source, header.destination);
    ends(IPV6, addresses, ports(transport), digits::ipv6, out);
    carried(header.protocol, transport, header.payload_len, out);
    if let Some(fragment) = header.fragment.filter(|_| header.is_fragment()) {
        out.extend_from_slice(b" (frag ");
        digits::hexadecimal(fragment.identification.into(), 8, out);
        out.push(b':');
        digits::decimal(header.payload_len as u64, out);
        out.push(b'@');
        digits::decimal(fragment.offset as u64, out);
        if fragment.more {
            out.push(b'+');
        }
        out.push(b')');
    }
}

fn ports(transport: &Transport<'_>) -> Option<(u16, u16)> {
    match transport {
        Transport::Tcp(tcp) => Some((tcp.source_port, tcp.destination_port)),
        Transport::Udp(udp) => Some((udp.source_port, udp.destination_port)),
        _ => None,
    }
}

/// `IP 192.168.15.42.40001 > 192.168.15.73.8520: `
// Where it is called: how long the name is, and whether there are ports, is known there.
#[allow(clippy::inline_always)]
#[inline(always)]
fn ends<A>(
    name: &[u8],
    (source, destination): (A, A),
    ports: Option<(u16, u16)>,
    address: impl Fn(A, &mut Vec<u8>),
    out: &mut Vec<u8>,
) {
    let (from, to) = ports.unzip();
    out.extend_from_slice(name);
    address(source, out);
    port(from, out);
    out.extend_from_slice(b" > ");
    address(destination, out);
    port(to, out);
    out.extend_from_slice(b": ");
}

#[inline]
fn port(port: Option<u16>, out: &mut Vec<u8>) {
    if let Some(port) = port {
        digits::named_short(b".", port, out);
    }
}

fn carried(protocol: u8, transport: &Transport<'_>, len: usize, out: &mut Vec<u8>) {
    match transport {
        Transport::Tcp(segment) => tcp(segment, out),
        Transport::Udp(datagram) => udp(datagram, out),
        Transport::Icmp(message) => icmp(message, out),
        Transport::Icmpv6(message) => icmpv6(message, out),
        Transport::Fragment(_) => {
            protocol_or_number(protocol, out);
        }
        Transport::Other(59, _) => {
            out.extend_from_slice(b"no next header");
            length(len, out);
        }
        Transport::Other(protocol, _) => {
            protocol_or_number(*protocol, out);
            length(len, out);
            out.extend_from_slice(b": not decoded");
        }
        Transport::Unread(_) => {
            out.extend_from_slice(b"[|");
            let begin = out.len();
            protocol_or_number(protocol, out);
            if let Some(name) = out.get_mut(begin..) {
                name.make_ascii_lowercase();
            }
            out.push(b']');
            length(len, out);
        }
    }
}

/// `Flags [S.], seq 1, ack 2, win 65160, options [mss 1460,sackOK], length 0`.
// Of nearly all segments most fields are of no matter.
#[allow(clippy::inline_always)]
#[inline(always)]
fn tcp(it: &tcp::Segment<'_>, out: &mut Vec<u8>) {
    match it.flags.0 {
        // Nearly all are such.
        0x10 => out.extend_from_slice(b"Flags [.]"),
        0x18 => out.extend_from_slice(b"Flags [P.]"),
        _ => {
            out.extend_from_slice(b"Flags [");
            flags(it.flags, out);
            out.push(b']');
        }
    }
    if it.payload_len > 0 || it.flags.syn() || it.flags.fin() || it.flags.rst() {
        digits::named(b", seq ", it.sequence.0, out);
        if it.payload_len > 0 {
            let end = it.sequence.0.wrapping_add(it.payload_len as u32);
            digits::named(b":", end, out);
        }
    }
    if it.flags.ack() {
        digits::named(b", ack ", it.acknowledgment.0, out);
    }
    digits::named_short(b", win ", it.window, out);
    if it.flags.urg() {
        digits::named_short(b", urg ", it.urgent_pointer, out);
    }
    if let Some((value, echo)) = only_timestamps(it) {
        out.extend_from_slice(b", options [nop,nop,TS");
        digits::named(b" val ", value, out);
        digits::named(b" ecr ", echo, out);
        out.push(b']');
    } else if it.header_len > tcp::MIN_HEADER_LEN {
        out.extend_from_slice(b", options [");
        for (at, option) in it.option_list().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            tcp_option(option, out);
        }
        if it.missing_options() > 0 {
            let comma: &[u8] = if it.option_list().next().is_some() {
                b","
            } else {
                b""
            };
            out.extend_from_slice(comma);
            out.extend_from_slice(b"[|tcp]");
        }
        out.push(b']');
    }
    length(it.payload_len, out);
}

/// `UDP, length 6`.
fn udp(it: &udp::Datagram<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"UDP");
    if let Some(tunnel) = tunnel::of(it) {
        self::tunnel(tunnel, out);
    }
    length(it.payload_len, out);
}

/// The timestamps, where nothing but they and two bytes before them are there: as on nearly every segment.
fn only_timestamps(it: &tcp::Segment<'_>) -> Option<(u32, u32)> {
    let [1, 1, 8, 10, v0, v1, v2, v3, e0, e1, e2, e3] = *it.options else {
        return None;
    };
    let (value, echo) = ([v0, v1, v2, v3], [e0, e1, e2, e3]);
    (it.missing_options() == 0).then(|| (u32::from_be_bytes(value), u32::from_be_bytes(echo)))
}

pub(super) fn flags(flags: tcp::Flags, out: &mut Vec<u8>) {
    let usual: &[u8] = match flags.0 {
        0 => b"none",
        0x02 => b"S",
        0x10 => b".",
        0x11 => b"F.",
        0x12 => b"S.",
        0x18 => b"P.",
        _ => return each_flag(flags, out),
    };
    out.extend_from_slice(usual);
}

pub(super) fn each_flag(flags: tcp::Flags, out: &mut Vec<u8>) {
    for (bit, letter) in b"FSRP.UEWe".iter().enumerate() {
        if flags.0 >> bit & 1 == 1 {
            out.push(*letter);
        }
    }
}

fn tcp_option(option: TcpOption<'_>, out: &mut Vec<u8>) {
    match option {
        TcpOption::EndOfList => out.extend_from_slice(b"eol"),
        TcpOption::Nop => out.extend_from_slice(b"nop"),
        TcpOption::MaximumSegmentSize(mss) => named(b"mss ", mss.into(), out),
        TcpOption::WindowScale(shift) => named(b"wscale ", shift.into(), out),
        TcpOption::SackPermitted => out.extend_from_slice(b"sackOK"),
        TcpOption::Sack(blocks) => {
            out.extend_from_slice(b"sack ");
            digits::decimal(blocks.iter().count() as u64, out);
            out.push(b' ');
            for (first, behind) in blocks.iter() {
                named(b"{", first.0.into(), out);
                named(b":", behind.0.into(), out);
                out.push(b'}');
            }
        }
        TcpOption::Timestamps { value, echo } => {
            named(b"TS val ", value.into(), out);
            named(b" ecr ", echo.into(), out);
        }
        TcpOption::UserTimeout(timeout) => {
            out.extend_from_slice(b"uto ");
            digits::hexadecimal(timeout.into(), 4, out);
        }
        TcpOption::FastOpenCookie([]) => out.extend_from_slice(b"tfo cookiereq"),
        TcpOption::FastOpenCookie(cookie) => {
            out.extend_from_slice(b"tfo cookie ");
            hexadecimal(cookie, out);
        }
        TcpOption::Md5Signature(_) => out.extend_from_slice(b"md5"),
        TcpOption::Authentication(_) => out.extend_from_slice(b"tcp-ao"),
        TcpOption::Multipath(data) => named(b"mptcp ", data.len() as u64 + 2, out),
        TcpOption::Other { kind, data } => {
            match tcp::option_name(kind) {
                Some(name) => out.extend_from_slice(name.as_bytes()),
                None => named(b"unknown-", kind.into(), out),
            }
            if !data.is_empty() {
                out.extend_from_slice(b" 0x");
                hexadecimal(data, out);
            }
        }
        TcpOption::Malformed { kind } => {
            out.extend_from_slice(b"[bad opt ");
            digits::decimal(kind.into(), out);
            out.push(b']');
        }
    }
}

/// `, VXLAN, flags [I] (0x08), vni 123`: what is named and not entered.
fn tunnel(tunnel: Tunnel, out: &mut Vec<u8>) {
    out.extend_from_slice(b", ");
    out.extend_from_slice(tunnel.name().as_bytes());
    match tunnel {
        Tunnel::Vxlan { flags, vni } => {
            out.extend_from_slice(b", flags [I] (");
            digits::hexadecimal(flags.into(), 2, out);
            named(b"), vni ", vni.into(), out);
        }
        Tunnel::Geneve {
            flags,
            vni,
            protocol,
        } => {
            let letters: &[u8] = match flags >> 6 {
                0 => b"none",
                1 => b"C",
                2 => b"O",
                _ => b"OC",
            };
            out.extend_from_slice(b", flags [");
            out.extend_from_slice(letters);
            named(b"], vni ", vni.into(), out);
            out.extend_from_slice(b", proto ");
            out.extend_from_slice(protocol.name().unwrap_or("Unknown").as_bytes());
            out.extend_from_slice(b" (");
            digits::hexadecimal(protocol.0.into(), 4, out);
            out.push(b')');
        }
        Tunnel::GtpU { kind, teid } => {
            named(b", type ", kind.into(), out);
            out.extend_from_slice(b", teid ");
            digits::hexadecimal(teid.into(), 8, out);
        }
        Tunnel::Teredo => {}
        Tunnel::L2tp {
            control,
            tunnel,
            session,
        } => {
            out.extend_from_slice(if control { b", control" } else { b", data" });
            named(b", tunnel ", tunnel.into(), out);
            named(b", session ", session.into(), out);
        }
    }
}

/// `ICMP echo request, id 1, seq 1, length 64`.
fn icmp(it: &icmp::Message<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"ICMP ");
    match &it.body {
        icmp::Body::Echo {
            request,
            identifier,
            sequence,
            ..
        } => {
            echo(*request, *identifier, *sequence, out);
        }
        icmp::Body::Error {
            mtu,
            gateway,
            quote,
        } => {
            match quote {
                // tcpdump's word order: what cannot be reached, then that it cannot.
                Some(quote) if it.kind == 3 => unreachable(quote, it.code, out),
                _ => name(it.name(), it.kind, it.code, out),
            }
            if let Some(mtu) = mtu {
                named(b" (mtu ", (*mtu).into(), out);
                out.push(b')');
            }
            if let Some(gateway) = gateway {
                out.extend_from_slice(b" to ");
                digits::ip(*gateway, out);
            }
            if let Some(quote) = quote {
                quoted(quote, out);
            }
        }
        icmp::Body::Other(_) => name(it.name(), it.kind, it.code, out),
    }
    length(it.len, out);
}

/// `ICMP6, neighbor solicitation, who has fe80::2, length 32`.
fn icmpv6(it: &icmpv6::Message<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"ICMP6, ");
    match &it.body {
        icmpv6::Body::Echo {
            request,
            identifier,
            sequence,
            ..
        } => {
            echo(*request, *identifier, *sequence, out);
        }
        icmpv6::Body::NeighborSolicitation { target, .. } => {
            out.extend_from_slice(b"neighbor solicitation, who has ");
            digits::ipv6(*target, out);
        }
        icmpv6::Body::NeighborAdvertisement {
            target, target_mac, ..
        } => {
            out.extend_from_slice(b"neighbor advertisement, tgt is ");
            digits::ipv6(*target, out);
            if let Some(mac) = target_mac {
                out.extend_from_slice(b" at ");
                digits::mac(*mac, out);
            }
        }
        icmpv6::Body::Error { mtu, quote } => {
            name(it.name(), it.kind, it.code, out);
            if let Some(mtu) = mtu {
                named(b", mtu ", (*mtu).into(), out);
            }
            if let Some(quote) = quote {
                quoted(quote, out);
            }
        }
        icmpv6::Body::Other(_) => name(it.name(), it.kind, it.code, out),
    }
    length(it.len, out);
}

fn echo(request: bool, identifier: u16, sequence: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(if request {
        b"echo request, id "
    } else {
        b"echo reply, id "
    });
    digits::decimal(identifier.into(), out);
    named(b", seq ", sequence.into(), out);
}

/// `192.168.15.73 udp port 8520 unreachable`, `host 192.168.15.99 unreachable`.
fn unreachable(quote: &Quote, code: u8, out: &mut Vec<u8>) {
    let destination = quote.destination;
    match (code, quote.ports) {
        (3, Some((_, port))) if matches!(quote.protocol, 6 | 17) => {
            digits::ip(destination, out);
            out.extend_from_slice(if quote.protocol == 6 {
                b" tcp port "
            } else {
                b" udp port "
            });
            digits::decimal(port.into(), out);
            out.extend_from_slice(b" unreachable");
        }
        (2, _) => {
            digits::ip(destination, out);
            named(b" protocol ", quote.protocol.into(), out);
            out.extend_from_slice(b" unreachable");
        }
        (4, _) => {
            digits::ip(destination, out);
            out.extend_from_slice(b" unreachable - need to frag");
        }
        (0 | 1, _) => {
            out.extend_from_slice(if code == 0 { b"net " } else { b"host " });
            digits::ip(destination, out);
            out.extend_from_slice(b" unreachable");
        }
        _ => {
            digits::ip(destination, out);
            out.extend_from_slice(b" unreachable - ");
            name(icmp::name(3, code), 3, code, out);
        }
    }
}

/// ` (quotes UDP 192.168.15.42.40002 > 192.168.15.73.8520)`.
fn quoted(quote: &Quote, out: &mut Vec<u8>) {
    out.extend_from_slice(b" (quotes ");
    protocol_or_number(quote.protocol, out);
    out.push(b' ');
    let ports = quote.ports.filter(|_| matches!(quote.protocol, 6 | 17));
    socket(quote.source, ports.map(|(source, _)| source), out);
    out.extend_from_slice(b" > ");
    socket(
        quote.destination,
        ports.map(|(_, destination)| destination),
        out,
    );
    out.push(b')');
}

fn socket(address: IpAddr, number: Option<u16>, out: &mut Vec<u8>) {
    digits::ip(address, out);
    port(number, out);
}

fn name(name: Option<&str>, kind: u8, code: u8, out: &mut Vec<u8>) {
    if let Some(name) = name {
        out.extend_from_slice(name.as_bytes());
    } else {
        named(b"type ", kind.into(), out);
        named(b", code ", code.into(), out);
    }
}

fn protocol_or_number(protocol: u8, out: &mut Vec<u8>) {
    match protocol_name(protocol) {
        Some(name) => out.extend_from_slice(name.as_bytes()),
        None => named(b"ip-proto-", protocol.into(), out),
    }
}

fn named(name: &[u8], number: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(name);
    digits::decimal(number, out);
}

#[inline]
fn length(len: usize, out: &mut Vec<u8>) {
    match u16::try_from(len) {
        Ok(len) => digits::named_short(b", length ", len, out),
        // A jumbogram.
        Err(_) => named(b", length ", len as u64, out),
    }
}

fn hexadecimal(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(crate::report::text::hex(bytes).as_bytes());
}
