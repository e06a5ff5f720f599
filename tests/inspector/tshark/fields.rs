//! The fields that are compared, in tshark's names and spelling.

use std::{fmt::Write, net::IpAddr};

use inspector::{
    capture::Frame,
    decode::{
        self, Link, Network, Packet, Transport, Verdict,
        checksum::{self, Checksum},
        icmp, icmpv6,
        tcp::{self, TcpOption},
    },
};

/// What tshark is asked for. Names without a dot in tshark's list are ours, made from others.
pub const FIELDS: &[&str] = &[
    "frame.protocols",
    "frame.len",
    "frame.cap_len",
    "frame.encap_type",
    "_ws.malformed",
    "_ws.expert.severity",
    "_ws.expert.message",
    "eth.dst",
    "eth.src",
    "eth.padding",
    "eth.trailer",
    "eth.fcs",
    "vlan.trailer",
    "ieee8021ad.id",
    "ieee8021ad.priority",
    "ieee8021ad.dei",
    "vlan.id",
    "vlan.priority",
    "vlan.dei",
    "sll.pkttype",
    "sll.src.eth",
    "arp.opcode",
    "arp.src.hw_mac",
    "arp.src.proto_ipv4",
    "arp.dst.hw_mac",
    "arp.dst.proto_ipv4",
    "ip.hdr_len",
    "ip.dsfield",
    "ip.len",
    "ip.id",
    "ip.flags.rb",
    "ip.flags.df",
    "ip.flags.mf",
    "ip.frag_offset",
    "ip.ttl",
    "ip.proto",
    "ip.checksum",
    "ip.checksum.status",
    "ip.src",
    "ip.dst",
    "ipv6.tclass",
    "ipv6.flow",
    "ipv6.plen",
    "ipv6.nxt",
    "ipv6.hlim",
    "ipv6.src",
    "ipv6.dst",
    "ipv6.fraghdr.offset",
    "ipv6.fraghdr.more",
    "ipv6.fraghdr.ident",
    "tcp.srcport",
    "tcp.dstport",
    "tcp.seq_raw",
    "tcp.ack_raw",
    "tcp.hdr_len",
    "tcp.flags",
    "tcp.window_size_value",
    "tcp.checksum",
    "tcp.checksum.status",
    "tcp.urgent_pointer",
    "tcp.len",
    "tcp.options",
    "tcp.options.mss_val",
    "tcp.options.wscale.shift",
    "tcp.options.sack_le",
    "tcp.options.sack_re",
    "tcp.options.timestamp.tsval",
    "tcp.options.timestamp.tsecr",
    "udp.srcport",
    "udp.dstport",
    "udp.length",
    "udp.checksum",
    "udp.checksum.status",
    "icmp.type",
    "icmp.code",
    "icmp.checksum",
    "icmp.checksum.status",
    "icmp.ident",
    "icmp.seq",
    "icmp.mtu",
    "icmp.redir_gw",
    "icmpv6.type",
    "icmpv6.code",
    "icmpv6.checksum",
    "icmpv6.checksum.status",
    "icmpv6.echo.identifier",
    "icmpv6.echo.sequence_number",
    "icmpv6.mtu",
    "icmpv6.nd.ns.target_address",
    "icmpv6.nd.na.target_address",
    "icmpv6.nd.na.flag.r",
    "icmpv6.nd.na.flag.s",
    "icmpv6.nd.na.flag.o",
    "icmpv6.opt.linkaddr",
];

/// What tshark says of one frame.
pub struct Row {
    columns: Vec<String>,
    network: String,
    transport: String,
    padding: String,
    quote: String,
}

impl Row {
    /// Reads a line of its output.
    pub fn parse(line: &str) -> Self {
        let columns = line.split('\t').map(str::to_string).collect();
        let mut row = Self {
            columns,
            network: "other".to_string(),
            transport: "other".to_string(),
            padding: String::new(),
            quote: String::new(),
        };
        // A provider's tag has names of its own; it stands outside of the others.
        for field in ["id", "priority", "dei"] {
            let outer = row.get(&format!("ieee8021ad.{field}")).to_string();
            if let Some(inner) = row.column(&format!("vlan.{field}")) {
                let comma = if outer.is_empty() || inner.is_empty() {
                    ""
                } else {
                    ","
                };
                *inner = format!("{outer}{comma}{inner}");
            }
        }
        let protocols = row.get("frame.protocols").to_string();
        let mut layers = protocols
            .split(':')
            .skip_while(|layer| !matches!(*layer, "arp" | "ip" | "ipv6"));
        if let Some(network) = layers.next() {
            row.network = network.to_string();
        }
        let transport = layers.find(|layer| !layer.starts_with("ipv6.") && *layer != "ah");
        if let Some(transport @ ("tcp" | "udp" | "icmp" | "icmpv6")) = transport {
            row.transport = transport.to_string();
        }
        let digits: usize = ["eth.padding", "eth.trailer", "eth.fcs", "vlan.trailer"]
            .iter()
            .map(|field| {
                row.get(field)
                    .chars()
                    .filter(char::is_ascii_hexdigit)
                    .count()
            })
            .sum();
        row.padding = (digits / 2).to_string();
        row.quote = row.quoted();
        row
    }

    /// The value of a field, all its occurrences with commas between.
    pub fn get(&self, field: &str) -> &str {
        match field {
            "network" => return &self.network,
            "transport" => return &self.transport,
            "padding" => return &self.padding,
            "quote" => return &self.quote,
            _ => {}
        }
        let at = FIELDS.iter().position(|name| *name == field);
        at.and_then(|at| self.columns.get(at))
            .map_or("", String::as_str)
    }

    fn column(&mut self, field: &str) -> Option<&mut String> {
        let at = FIELDS.iter().position(|name| *name == field)?;
        self.columns.get_mut(at)
    }

    /// Its dissectors gave up.
    pub fn is_malformed(&self) -> bool {
        !self.get("_ws.malformed").is_empty()
    }

    /// It has anything to remark beyond a note.
    pub fn looks_odd(&self) -> bool {
        const WARNING: u32 = 6_291_456;
        self.is_malformed()
            || self.get("_ws.expert.severity").split(',').any(|severity| {
                severity
                    .parse()
                    .is_ok_and(|severity: u32| severity >= WARNING)
            })
    }

    /// Its remarks.
    pub fn oddities(&self) -> String {
        format!(
            "{} {}",
            self.get("_ws.malformed"),
            self.get("_ws.expert.message")
        )
    }

    /// It is not a frame at all: it came through no interface.
    pub fn is_custom_block(&self) -> bool {
        self.get("frame.encap_type").is_empty()
    }

    /// The packet that an ICMP error quotes: the second IP header, and the ports of the only other.
    fn quoted(&self) -> String {
        let nth =
            |field: &str, n: usize| self.get(field).split(',').nth(n).unwrap_or("").to_string();
        let own_is_ipv6 = usize::from(self.network == "ipv6");
        let (family, n) = match self.get("ip.src").split(',').count() {
            2 if own_is_ipv6 == 0 => ("ip", 1),
            _ if own_is_ipv6 == 1 => ("ipv6", 1),
            _ => return String::new(),
        };
        let source = nth(&format!("{family}.src"), n);
        let destination = nth(&format!("{family}.dst"), n);
        let port = |end: &str| {
            ["tcp", "udp"]
                .map(|protocol| nth(&format!("{protocol}.{end}"), 0))
                .concat()
        };
        format!(
            "{source}:{} > {destination}:{}",
            port("srcport"),
            port("dstport")
        )
    }
}

/// Whether the two mean the same. Ours is compared with the first of theirs, or with all where a
/// frame can have several.
pub fn agree(field: &str, ours: &str, theirs: &str) -> bool {
    let first = match field {
        "vlan.id" | "vlan.priority" | "vlan.dei" => theirs,
        "tcp.options.sack_le" | "tcp.options.sack_re" | "frame.protocols" => theirs,
        _ => theirs.split(',').next().unwrap_or(""),
    };
    match (field, ours) {
        // tshark calls an unfinished checksum bad, or unverified where the frame is cut.
        ("tcp.checksum.status" | "udp.checksum.status", "offloaded") => matches!(first, "0" | "2"),
        // It enters the first fragment, we enter the whole.
        ("transport", "fragment") => true,
        _ => ours == first,
    }
}

/// The fields of a packet that we decoded, in tshark's spelling.
pub fn of(frame: &Frame<'_>, packet: &Packet<'_>) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("frame.len", frame.original_len.to_string()),
        ("frame.cap_len", frame.data.len().to_string()),
    ];
    link(packet, &mut fields);
    match &packet.network {
        Network::Arp(arp) => {
            fields.push(("network", "arp".to_string()));
            fields.push(("arp.opcode", arp.operation.number().to_string()));
            fields.push(("arp.src.hw_mac", arp.sender_mac.to_string()));
            fields.push(("arp.src.proto_ipv4", arp.sender_ip.to_string()));
            fields.push(("arp.dst.hw_mac", arp.target_mac.to_string()));
            fields.push(("arp.dst.proto_ipv4", arp.target_ip.to_string()));
        }
        Network::Ipv4(ip, _) => {
            let flag = |set: bool| u8::from(set).to_string();
            fields.push(("network", "ip".to_string()));
            fields.push(("ip.hdr_len", ip.header_len().to_string()));
            fields.push(("ip.dsfield", format!("{:#04x}", ip.tos)));
            fields.push(("ip.len", ip.total_length.to_string()));
            fields.push(("ip.id", format!("{:#06x}", ip.identification)));
            fields.push(("ip.flags.rb", flag(ip.reserved)));
            fields.push(("ip.flags.df", flag(ip.dont_fragment)));
            fields.push(("ip.flags.mf", flag(ip.more_fragments)));
            fields.push(("ip.frag_offset", (ip.fragment_offset / 8).to_string()));
            fields.push(("ip.ttl", ip.ttl.to_string()));
            fields.push(("ip.proto", ip.protocol.to_string()));
            fields.push(("ip.checksum", format!("{:#06x}", ip.checksum)));
            fields.push(("ip.checksum.status", status(checksum::ipv4_header(ip))));
            fields.push(("ip.src", ip.source.to_string()));
            fields.push(("ip.dst", ip.destination.to_string()));
        }
        Network::Ipv6(ip, _) => {
            fields.push(("network", "ipv6".to_string()));
            fields.push(("ipv6.tclass", format!("{:#010x}", ip.traffic_class)));
            fields.push(("ipv6.flow", format!("{:#08x}", ip.flow_label)));
            fields.push(("ipv6.plen", ip.payload_length.to_string()));
            fields.push(("ipv6.nxt", ip.next_header.to_string()));
            fields.push(("ipv6.hlim", ip.hop_limit.to_string()));
            fields.push(("ipv6.src", ip.source.to_string()));
            fields.push(("ipv6.dst", ip.destination.to_string()));
            if let Some(fragment) = ip.fragment {
                fields.push(("ipv6.fraghdr.offset", (fragment.offset / 8).to_string()));
                fields.push(("ipv6.fraghdr.more", u8::from(fragment.more).to_string()));
                fields.push((
                    "ipv6.fraghdr.ident",
                    format!("{:#010x}", fragment.identification),
                ));
            }
        }
        Network::Other(..) => fields.push(("network", "other".to_string())),
        Network::Unread(_) => {}
    }
    if let Some(inner) = packet.network.transport() {
        transport(
            inner,
            status(packet.network.transport_checksum()),
            &mut fields,
        );
    }
    if packet.verdict() == Verdict::Malformed {
        // We keep the length that an IP header claims beyond its frame, tshark forgets it; so it
        // verifies a checksum over what happens to be there.
        fields.retain(|(field, _)| {
            !matches!(
                *field,
                "tcp.len" | "tcp.checksum.status" | "udp.checksum.status"
            )
        });
    }
    fields
}

fn link(packet: &Packet<'_>, fields: &mut Vec<(&'static str, String)>) {
    match packet.link {
        Link::Ethernet(header) => {
            fields.push(("eth.dst", header.destination.to_string()));
            fields.push(("eth.src", header.source.to_string()));
            if packet.verdict() == Verdict::Decoded && !packet.is_truncated() {
                fields.push(("padding", packet.padding.len().to_string()));
            }
        }
        Link::LinuxSll(header) => {
            fields.push(("sll.pkttype", header.packet_type.to_string()));
            if let Some(source) = header.source {
                fields.push(("sll.src.eth", source.to_string()));
            }
        }
        Link::LinuxSll2(header) => {
            fields.push(("sll.pkttype", header.packet_type.to_string()));
            if let Some(source) = header.source {
                fields.push(("sll.src.eth", source.to_string()));
            }
        }
        Link::Loopback(_) | Link::None | Link::Unread => {}
    }
    let join = |of: fn(&decode::vlan::Tag) -> u16| {
        let all: Vec<_> = packet.tags.iter().map(|tag| of(tag).to_string()).collect();
        all.join(",")
    };
    fields.push(("vlan.id", join(|tag| tag.vlan_id())));
    fields.push(("vlan.priority", join(|tag| tag.priority().into())));
    fields.push(("vlan.dei", join(|tag| tag.drop_eligible().into())));
}

fn transport(transport: &Transport<'_>, status: String, fields: &mut Vec<(&'static str, String)>) {
    match transport {
        Transport::Tcp(tcp) => segment(tcp, status, fields),
        Transport::Udp(udp) => {
            fields.push(("transport", "udp".to_string()));
            fields.push(("udp.srcport", udp.source_port.to_string()));
            fields.push(("udp.dstport", udp.destination_port.to_string()));
            fields.push(("udp.length", udp.length.to_string()));
            fields.push(("udp.checksum", format!("{:#06x}", udp.checksum)));
            fields.push(("udp.checksum.status", status));
        }
        Transport::Icmp(icmp) => {
            fields.push(("transport", "icmp".to_string()));
            fields.push(("icmp.type", icmp.kind.to_string()));
            fields.push(("icmp.code", icmp.code.to_string()));
            fields.push(("icmp.checksum", format!("{:#06x}", icmp.checksum)));
            fields.push(("icmp.checksum.status", status));
            match icmp.body {
                icmp::Body::Echo {
                    identifier,
                    sequence,
                    ..
                } => {
                    fields.push(("icmp.ident", identifier.to_string()));
                    fields.push(("icmp.seq", sequence.to_string()));
                }
                icmp::Body::Error {
                    mtu,
                    gateway,
                    quote,
                } => {
                    if let Some(mtu) = mtu {
                        fields.push(("icmp.mtu", mtu.to_string()));
                    }
                    if let Some(gateway) = gateway {
                        fields.push(("icmp.redir_gw", gateway.to_string()));
                    }
                    quoted(quote, fields);
                }
                icmp::Body::Other(_) => {}
            }
        }
        Transport::Icmpv6(icmp) => {
            fields.push(("transport", "icmpv6".to_string()));
            fields.push(("icmpv6.type", icmp.kind.to_string()));
            fields.push(("icmpv6.code", icmp.code.to_string()));
            fields.push(("icmpv6.checksum", format!("{:#06x}", icmp.checksum)));
            fields.push(("icmpv6.checksum.status", status));
            icmpv6_body(&icmp.body, fields);
        }
        Transport::Fragment(_) => fields.push(("transport", "fragment".to_string())),
        Transport::Other(..) => fields.push(("transport", "other".to_string())),
        Transport::Unread(_) => {}
    }
}

fn segment(tcp: &tcp::Segment<'_>, status: String, fields: &mut Vec<(&'static str, String)>) {
    fields.push(("transport", "tcp".to_string()));
    fields.push(("tcp.srcport", tcp.source_port.to_string()));
    fields.push(("tcp.dstport", tcp.destination_port.to_string()));
    fields.push(("tcp.seq_raw", tcp.sequence.to_string()));
    fields.push(("tcp.ack_raw", tcp.acknowledgment.to_string()));
    fields.push(("tcp.hdr_len", tcp.header_len.to_string()));
    fields.push(("tcp.flags", format!("{:#06x}", tcp.flags.0)));
    fields.push(("tcp.window_size_value", tcp.window.to_string()));
    fields.push(("tcp.checksum", format!("{:#06x}", tcp.checksum)));
    fields.push(("tcp.checksum.status", status));
    fields.push(("tcp.urgent_pointer", tcp.urgent_pointer.to_string()));
    fields.push(("tcp.len", tcp.payload_len.to_string()));
    let mut options = String::new();
    for byte in tcp.options {
        write!(options, "{byte:02x}").unwrap();
    }
    fields.push(("tcp.options", options));
    let (mut lefts, mut rights) = (Vec::new(), Vec::new());
    for option in tcp.option_list() {
        match option {
            TcpOption::MaximumSegmentSize(mss) => {
                fields.push(("tcp.options.mss_val", mss.to_string()));
            }
            TcpOption::WindowScale(shift) => {
                fields.push(("tcp.options.wscale.shift", shift.to_string()));
            }
            TcpOption::Sack(blocks) => {
                for (left, right) in blocks.iter() {
                    lefts.push(left.to_string());
                    rights.push(right.to_string());
                }
            }
            TcpOption::Timestamps { value, echo } => {
                fields.push(("tcp.options.timestamp.tsval", value.to_string()));
                fields.push(("tcp.options.timestamp.tsecr", echo.to_string()));
            }
            _ => {}
        }
    }
    fields.push(("tcp.options.sack_le", lefts.join(",")));
    fields.push(("tcp.options.sack_re", rights.join(",")));
}

fn icmpv6_body(body: &icmpv6::Body<'_>, fields: &mut Vec<(&'static str, String)>) {
    match body {
        icmpv6::Body::Echo {
            identifier,
            sequence,
            ..
        } => {
            fields.push(("icmpv6.echo.identifier", format!("{identifier:#06x}")));
            fields.push(("icmpv6.echo.sequence_number", sequence.to_string()));
        }
        icmpv6::Body::Error { mtu, quote } => {
            if let Some(mtu) = mtu {
                fields.push(("icmpv6.mtu", mtu.to_string()));
            }
            quoted(*quote, fields);
        }
        icmpv6::Body::NeighborSolicitation { target, source_mac } => {
            fields.push(("icmpv6.nd.ns.target_address", target.to_string()));
            let mac = source_mac.map_or(String::new(), |mac| mac.to_string());
            fields.push(("icmpv6.opt.linkaddr", mac));
        }
        icmpv6::Body::NeighborAdvertisement {
            target,
            target_mac,
            router,
            solicited,
            overrides,
        } => {
            fields.push(("icmpv6.nd.na.target_address", target.to_string()));
            fields.push(("icmpv6.nd.na.flag.r", u8::from(*router).to_string()));
            fields.push(("icmpv6.nd.na.flag.s", u8::from(*solicited).to_string()));
            fields.push(("icmpv6.nd.na.flag.o", u8::from(*overrides).to_string()));
            let mac = target_mac.map_or(String::new(), |mac| mac.to_string());
            fields.push(("icmpv6.opt.linkaddr", mac));
        }
        icmpv6::Body::Other(_) => {}
    }
}

fn quoted(quote: Option<icmp::Quote>, fields: &mut Vec<(&'static str, String)>) {
    let Some(quote) = quote else {
        return;
    };
    let ports = quote.ports.filter(|_| matches!(quote.protocol, 6 | 17));
    let (from, to) = ports.map_or((String::new(), String::new()), |(from, to)| {
        (from.to_string(), to.to_string())
    });
    let socket = |ip: IpAddr, port: String| format!("{ip}:{port}");
    let line = format!(
        "{} > {}",
        socket(quote.source, from),
        socket(quote.destination, to)
    );
    fields.push(("quote", line));
}

/// A verdict by tshark's numbers.
fn status(checksum: Checksum) -> String {
    match checksum {
        Checksum::Bad { .. } => "0",
        Checksum::Ok => "1",
        Checksum::Unverifiable => "2",
        Checksum::Absent => "3",
        Checksum::Offloaded => "offloaded",
    }
    .to_string()
}
