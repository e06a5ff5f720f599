//! One line a packet (`--view packets`), in the grammar that tcpdump's readers know.
//!
//! ```text
//!     1      0.000000  ARP, Request who-has 192.168.15.73 tell 192.168.15.42, length 28
//!     3      0.000050  IP 192.168.15.42.40001 > 192.168.15.73.8520: Flags [S], seq 1, win 64240, options [mss 1460], length 0
//! ```
//!
//! Frame number, time, and what `tcpdump -nn -S` would say: addresses and ports are numbers, sequence
//! numbers are those on the wire, lengths are those that the headers tell (padding is not counted).
//! What cannot be read says so in its place, in brackets. Lines are not wrapped.
//!
//! Written by hand into one buffer: this is the path that every packet takes.

mod details;
mod internet;

use std::{
    io::{self, Write},
    net::IpAddr,
};

use super::{
    Opened, Options, Output, Report, Totals, digits,
    layers::Anatomy,
    names::Names,
    style::{Palette, Role},
    text,
    when::Clock,
};
use crate::{
    capture::Frame,
    decode::{Link, Network, Packet, Plain, Protocol, Transport, arp, llc},
    time::Timestamp,
    track::{Interest, event::Event, flow::Endpoint},
};

/// Writes a line a packet.
#[derive(Debug)]
pub struct Lines<W> {
    output: Output<W>,
    options: Options,
    palette: Palette,
    clock: Clock,
    anatomy: Anatomy,
}

impl<W: Write> Lines<W> {
    /// Lines written to `to`.
    pub fn new(to: W, options: Options) -> Self {
        Self {
            output: Output::new(to),
            palette: Palette::new(options.colour),
            clock: Clock::new(options.time),
            anatomy: Anatomy::default(),
            options,
        }
    }

    /// Number and time of a frame.
    fn begin(&mut self, number: u64, at: Timestamp) {
        let out = &mut self.output.buffer;
        self.palette.around(Role::Quiet, out, |out| {
            digits::in_six_columns(number, out);
            out.extend_from_slice(b"  ");
            self.clock.write(at, out);
            out.extend_from_slice(b"  ");
        });
    }
}

impl<W: Write + Send> Report for Lines<W> {
    fn opened(&mut self, source: &Opened) -> io::Result<()> {
        if let Some(at) = source.at {
            self.clock.begin(at);
        }
        Ok(())
    }

    fn interest(&self) -> Option<Interest> {
        None
    }

    fn wants_packets(&self) -> bool {
        true
    }

    fn packet(&mut self, number: u64, frame: &Frame<'_>, packet: &Packet<'_>) -> io::Result<()> {
        self.begin(number, frame.at);
        let out = &mut self.output.buffer;
        grammar(frame, packet, self.palette, out);
        if !self.options.names.is_empty() {
            remark(packet, &self.options.names, self.palette, out);
        }
        out.push(b'\n');
        if self.options.verbose {
            self.anatomy.read(frame, packet);
            details::write(&self.anatomy, frame, packet, self.palette, out);
        }
        if self.options.hex {
            text::hex_dump(frame.data, 0, out);
        }
        self.output.settle()
    }

    fn takes_plain(&self) -> bool {
        self.options.names.is_empty() && !self.options.verbose && !self.options.hex
    }

    fn plain(&mut self, number: u64, at: Timestamp, plain: &Plain<'_>) -> io::Result<()> {
        self.begin(number, at);
        internet::plain(plain, &mut self.output.buffer);
        self.output.buffer.push(b'\n');
        self.output.settle()
    }

    fn event(&mut self, _: &Event) -> io::Result<()> {
        Ok(())
    }

    fn closed(&mut self, _: &Totals) -> io::Result<()> {
        self.output.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// `  # taibai 192.168.12.42:8520, shen 192.168.12.7`: who has a name. Behind the line and as a remark, so
/// that nobody takes a name for tcpdump's.
fn remark(packet: &Packet<'_>, names: &Names, palette: Palette, out: &mut Vec<u8>) {
    let ports = match packet.network.transport() {
        Some(Transport::Tcp(segment)) => Some((segment.source_port, segment.destination_port)),
        Some(Transport::Udp(datagram)) => Some((datagram.source_port, datagram.destination_port)),
        _ => None,
    };
    let mut called = Vec::new();
    if let Network::Arp(arp) = &packet.network {
        for ip in [arp.sender_ip, arp.target_ip].map(IpAddr::V4) {
            called.extend(names.host(ip).map(|name| (name, ip.to_string())));
        }
        for mac in [arp.sender_mac, arp.target_mac] {
            called.extend(names.mac(mac).map(|name| (name, mac.to_string())));
        }
    }
    if let Some((source, destination)) = packet.network.addresses() {
        let (from, to) = ports.unzip();
        for (ip, port) in [(source, from), (destination, to)] {
            let socket = port.map(|port| Endpoint { ip, port });
            let of_socket =
                socket.and_then(|socket| Some((names.socket(socket)?, socket.to_string())));
            called.extend(of_socket.or_else(|| Some((names.host(ip)?, ip.to_string()))));
        }
    }
    called.dedup();
    if called.is_empty() {
        return;
    }
    let words: Vec<_> = called
        .iter()
        .map(|(name, address)| format!("{} {address}", name.as_str()))
        .collect();
    let remark = format!("  # {}", words.join(", "));
    palette.paint(Role::Quiet, &remark, out);
}

/// What tcpdump would say of a packet, and where reading stopped.
pub(super) fn grammar(frame: &Frame<'_>, packet: &Packet<'_>, palette: Palette, out: &mut Vec<u8>) {
    for tag in &packet.tags {
        out.extend_from_slice(b"vlan ");
        digits::decimal(tag.vlan_id().into(), out);
        out.extend_from_slice(b", p ");
        digits::decimal(tag.priority().into(), out);
        if tag.drop_eligible() {
            out.extend_from_slice(b", DEI");
        }
        out.extend_from_slice(b", ");
    }
    match &packet.network {
        Network::Arp(packet) => arp(packet, out),
        Network::Ipv4(header, transport) => internet::ipv4(header, transport, out),
        Network::Ipv6(header, transport) => internet::ipv6(header, transport, out),
        Network::Other(protocol, bytes) => {
            other(*protocol, packet.llc.as_ref(), out);
            out.extend_from_slice(b", length ");
            digits::decimal((bytes.len() + packet.missing) as u64, out);
            out.extend_from_slice(b": not decoded");
        }
        Network::Unread(_) => unread(frame, packet, out),
    }
    if let Some(error) = packet.error {
        out.push(b' ');
        // Only packets that are broken pay for formatting.
        let role = if packet.is_truncated() {
            Role::Odd
        } else {
            Role::Bad
        };
        palette.paint(role, &format!("[{error}]"), out);
    }
}

/// `ARP, Request who-has 192.168.15.73 tell 192.168.15.42, length 28`.
fn arp(packet: &arp::Packet, out: &mut Vec<u8>) {
    match packet.operation {
        arp::Operation::Request => {
            out.extend_from_slice(b"ARP, Request who-has ");
            digits::ipv4(packet.target_ip, out);
            if packet.target_mac.0 != [0; 6] {
                out.extend_from_slice(b" (");
                digits::mac(packet.target_mac, out);
                out.push(b')');
            }
            out.extend_from_slice(b" tell ");
            digits::ipv4(packet.sender_ip, out);
        }
        arp::Operation::Reply => {
            out.extend_from_slice(b"ARP, Reply ");
            digits::ipv4(packet.sender_ip, out);
            out.extend_from_slice(b" is-at ");
            digits::mac(packet.sender_mac, out);
        }
        arp::Operation::Other(number) => {
            out.extend_from_slice(b"ARP, ");
            if let Some(name) = packet.operation.name() {
                out.extend_from_slice(name.as_bytes());
            } else {
                out.extend_from_slice(b"operation ");
                digits::decimal(number.into(), out);
            }
            out.push(b' ');
            digits::ipv4(packet.target_ip, out);
            out.extend_from_slice(b" tell ");
            digits::ipv4(packet.sender_ip, out);
        }
    }
    out.extend_from_slice(b", length ");
    digits::decimal(arp::LEN as u64, out);
}

/// A protocol that is named but not entered.
fn other(protocol: Protocol, llc: Option<&llc::Header>, out: &mut Vec<u8>) {
    match protocol {
        Protocol::EtherType(kind) => {
            out.extend_from_slice(b"ethertype ");
            out.extend_from_slice(kind.name().unwrap_or("Unknown").as_bytes());
            out.extend_from_slice(b" (");
            digits::hexadecimal(kind.0.into(), 4, out);
            out.push(b')');
        }
        Protocol::Llc {
            dsap,
            ssap,
            control,
        } => {
            out.extend_from_slice(b"LLC, dsap ");
            out.extend_from_slice(llc::dsap_name(dsap).unwrap_or("Unknown").as_bytes());
            out.extend_from_slice(b" (");
            digits::hexadecimal(dsap.into(), 2, out);
            out.extend_from_slice(b") ssap ");
            digits::hexadecimal(ssap.into(), 2, out);
            out.extend_from_slice(b", ctrl ");
            digits::hexadecimal(control.into(), 2, out);
            if let Some(snap) = llc.and_then(|llc| llc.snap) {
                let [a, b, c] = snap.oui;
                out.extend_from_slice(b", oui ");
                digits::hexadecimal(u32::from_be_bytes([0, a, b, c]).into(), 6, out);
                out.extend_from_slice(b", pid ");
                digits::hexadecimal(snap.protocol.into(), 4, out);
            }
        }
        Protocol::Family(family) => {
            out.extend_from_slice(b"AF ");
            digits::decimal(family.into(), out);
        }
        Protocol::LinkType(link_type) => {
            out.extend_from_slice(b"link type ");
            digits::decimal(link_type.number().into(), out);
        }
    }
}

/// A frame whose network layer could not be read: what its link header promised.
fn unread(frame: &Frame<'_>, packet: &Packet<'_>, out: &mut Vec<u8>) {
    if let Link::Ethernet(header) = &packet.link {
        digits::mac(header.source, out);
        out.extend_from_slice(b" > ");
        digits::mac(header.destination, out);
        out.extend_from_slice(b", ");
    }
    let name: &[u8] = match packet.error.map(|error| error.layer.name()) {
        Some(name) => name.as_bytes(),
        None => b"nothing",
    };
    out.extend_from_slice(b"[|");
    out.extend(name.iter().map(u8::to_ascii_lowercase));
    out.extend_from_slice(b"], length ");
    digits::decimal(frame.original_len as u64, out);
}

#[cfg(test)]
mod tests;
