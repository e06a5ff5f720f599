use etherparse::{PacketBuilder, TcpHeader, TcpOptionElement};
use inspector::{
    decode,
    link_type::LinkType,
    time::Timestamp,
    track::{
        Config, Overview, Tracker,
        event::{Event, Kind},
    },
};

/// One of two hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    A,
    B,
}

pub use End::{A, B};

impl End {
    pub const fn other(self) -> Self {
        match self {
            A => B,
            B => A,
        }
    }

    pub const fn mac(self) -> [u8; 6] {
        [2, 0, 0, 0, 0x0f, self.host()]
    }

    pub const fn ip(self) -> [u8; 4] {
        [192, 168, 15, self.host()]
    }

    pub const fn ip6(self) -> [u8; 16] {
        let mut ip = [0; 16];
        (ip[0], ip[15]) = (0xfd, self.host());
        ip
    }

    const fn host(self) -> u8 {
        match self {
            A => 42,
            B => 73,
        }
    }
}

/// A frame on its way to the tracker.
#[derive(Clone, Debug)]
pub struct Frame {
    pub at: Timestamp,
    pub bytes: Vec<u8>,
    /// How many bytes of it were captured.
    pub captured: usize,
}

impl Frame {
    /// A whole frame, `at` milliseconds after a beginning.
    pub fn new(at: u64, bytes: Vec<u8>) -> Self {
        Self {
            at: time(at),
            captured: bytes.len(),
            bytes,
        }
    }
}

/// Milliseconds after a beginning.
pub fn time(millis: u64) -> Timestamp {
    Timestamp::from_parts(1_600_000_000, 0) + std::time::Duration::from_millis(millis)
}

/// An Ethernet frame that carries an IP packet, with the right checksums.
pub fn tcp(from: End, header: &TcpHeader, payload: &[u8], v6: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let link = PacketBuilder::ethernet2(from.mac(), from.other().mac());
    let ip = if v6 {
        link.ipv6(from.ip6(), from.other().ip6(), 64)
    } else {
        link.ipv4(from.ip(), from.other().ip(), 64)
    };
    ip.tcp_header(header.clone())
        .write(&mut bytes, payload)
        .expect("a small packet");
    bytes
}

/// What a SYN announces: MSS 1460, SACK, window scale 7.
pub fn syn_options() -> [TcpOptionElement; 4] {
    [
        TcpOptionElement::MaximumSegmentSize(1460),
        TcpOptionElement::SelectiveAcknowledgementPermitted,
        TcpOptionElement::Noop,
        TcpOptionElement::WindowScale(7),
    ]
}

/// A UDP datagram over IPv4.
pub fn udp(from: End, ports: (u16, u16), payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    PacketBuilder::ethernet2(from.mac(), from.other().mac())
        .ipv4(from.ip(), from.other().ip(), 64)
        .udp(ports.0, ports.1)
        .write(&mut bytes, payload)
        .expect("a small packet");
    bytes
}

/// An ARP packet: 1 asks, 2 answers.
pub fn arp(
    operation: u8,
    (sender_mac, sender_ip): ([u8; 6], [u8; 4]),
    (target_mac, target_ip): ([u8; 6], [u8; 4]),
) -> Vec<u8> {
    let to = if operation == 1 {
        [0xff; 6]
    } else {
        target_mac
    };
    let head = [0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, operation];
    [
        &to[..],
        &sender_mac,
        &head,
        &sender_mac,
        &sender_ip,
        &target_mac,
        &target_ip,
    ]
    .concat()
}

/// Everything that the tracker tells of some frames, and what it knows at the end. Where nobody listens it takes
/// short cuts; these must come to the same records.
pub fn observe(frames: &[Frame], config: Config) -> (Vec<Event>, Overview) {
    let mut unheard = config.clone();
    (unheard.interest.events, unheard.interest.text) = (false, false);
    let (events, overview) = track(frames, config);
    let (records, _) = track(frames, unheard);
    let is_record = |event: &&Event| matches!(event.kind, Kind::TcpClosed(_) | Kind::UdpClosed(_));
    let told: Vec<_> = events.iter().filter(is_record).collect();
    assert_eq!(records.iter().collect::<Vec<_>>(), told, "whoever listens");
    (events, overview)
}

/// What the tracker tells to somebody who listens for what `config` says.
pub fn track(frames: &[Frame], config: Config) -> (Vec<Event>, Overview) {
    let mut tracker = Tracker::new(config);
    let mut events = Vec::new();
    for (number, frame) in (1..).zip(frames) {
        let captured = frame.bytes.get(..frame.captured).unwrap_or(&frame.bytes);
        let packet = decode::decode(LinkType::Ethernet, captured, frame.bytes.len());
        tracker.observe(number, frame.at, &packet, &mut events);
    }
    tracker.finish(&mut events);
    let overview = tracker.overview();
    (events, overview)
}
