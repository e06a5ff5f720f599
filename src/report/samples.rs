//! Events and frames for the tests of this room.

use std::{net::IpAddr, time::Duration};

use super::{Opened, Options, Report, Totals};
use crate::{
    capture::Frame,
    decode::{MacAddr, decode},
    link_type::LinkType,
    time::Timestamp,
    track::{
        AddressCounts, Host, Overview,
        event::*,
        flow::{Both, Endpoint, Flow, Side},
    },
};

/// 2026-11-22 20:32:25.302959 UTC.
pub(super) const START: Timestamp = Timestamp::from_parts(1_795_379_545, 302_959_000);

pub(super) const CLIENT_MAC: MacAddr = MacAddr([2, 0, 0, 0, 0x0f, 0x2a]);
pub(super) const SERVER_MAC: MacAddr = MacAddr([2, 0, 0, 0, 0x0f, 0x49]);

pub(super) fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

pub(super) fn end(address: &str, port: u16) -> Endpoint {
    Endpoint {
        ip: ip(address),
        port,
    }
}

pub(super) fn flow() -> Flow {
    Flow {
        orig: end("192.168.15.42", 40001),
        resp: end("192.168.15.73", 8520),
    }
}

pub(super) fn micros(count: u64) -> Duration {
    Duration::from_micros(count)
}

pub(super) fn event(at: u64, frame: u64, because: &[u64], kind: Kind) -> Event {
    Event {
        ending: false,
        at: START + micros(at),
        frame: (frame > 0).then_some(frame),
        because: because.to_vec(),
        kind,
    }
}

pub(super) fn client() -> Binding {
    Binding {
        ip: ip("192.168.15.42"),
        mac: CLIENT_MAC,
    }
}

pub(super) fn handshake(verdict: HandshakeVerdict) -> TcpHandshake {
    TcpHandshake {
        conn: ConnectionId(1),
        flow: flow(),
        verdict,
        tries: 1,
        syn_frame: Some(3),
        synack_frame: Some(4),
        ack_frame: Some(5),
        synack_rtt: Some(micros(25)),
        ack_rtt: Some(micros(23)),
        mss: Both {
            orig: Some(1460),
            resp: Some(1460),
        },
        window_scale: Both {
            orig: Some(7),
            resp: None,
        },
        sack: Both {
            orig: true,
            resp: false,
        },
        isn: Both {
            orig: Some(1000),
            resp: Some(5000),
        },
        route: None,
        icmp_frame: None,
        icmp: None,
    }
}

pub(super) fn off_subnet() -> Route {
    Route {
        off_subnet: Some(OffSubnet {
            gateway_ip: Some(ip("192.168.15.1")),
            gateway_mac: MacAddr([2, 0, 0, 0, 0, 1]),
            net: Some("192.168.15.0/24".parse().expect("a net")),
            net_known: false,
        }),
        mac: MacAddr([2, 0, 0, 0, 0, 1]),
    }
}

pub(super) fn message(from: Side, content: Content, len: u64) -> Kind {
    Kind::TcpMessage(TcpMessage {
        conn: ConnectionId(1),
        flow: flow(),
        from,
        offset: 0,
        len,
        content,
        frames: vec![6].into(),
        missing: 0,
        cut: 0,
    })
}

pub(super) fn said(words: &str) -> Content {
    Content::Text(words.into())
}

pub(super) fn oddity(name: TcpOddityName) -> Kind {
    Kind::TcpOddity(TcpOddity {
        conn: ConnectionId(1),
        flow: flow(),
        from: Side::Orig,
        name,
    })
}

pub(super) fn teardown(kind: TeardownKind, time_wait: Option<TimeWait>) -> Kind {
    Kind::TcpTeardown(TcpTeardown {
        conn: ConnectionId(1),
        flow: flow(),
        kind,
        closed_first: Some(Side::Orig),
        reset_by: (kind == TeardownKind::Reset).then_some(Side::Orig),
        time_wait,
        frames: vec![10, 11, 12],
        late_bytes: 0,
    })
}

pub(super) fn tcp_record(number: u64, bytes: u64) -> TcpRecord {
    TcpRecord {
        conn: ConnectionId(number),
        flow: flow(),
        macs: Both {
            orig: Some(CLIENT_MAC),
            resp: Some(SERVER_MAC),
        },
        role_seen: true,
        conn_state: ConnState::SF,
        history: "ShAdDaFf".into(),
        handshake: HandshakeVerdict::Complete,
        synack_rtt: Some(micros(25)),
        ack_rtt: Some(micros(23)),
        teardown: TeardownKind::ThreeSegment,
        closed_first: Some(Side::Orig),
        reset_by: None,
        time_wait: Some(TimeWait::Orig),
        packets: Both { orig: 6, resp: 4 },
        bytes: Both {
            orig: 2,
            resp: bytes,
        },
        missing: Both::default(),
        retransmissions: Both { orig: 1, resp: 0 },
        spurious_retransmissions: Both::default(),
        out_of_order: Both::default(),
        duplicate_acks: Both::default(),
        zero_windows: Both::default(),
        keep_alives: Both::default(),
        bad_checksums: Both::default(),
        rtt: Some(Rtt {
            min: micros(20),
            median: micros(25),
            max: micros(40),
        }),
        first_frame: 3,
        last_frame: 12,
        duration: micros(5_300_000),
        reason: CloseReason::Fin,
    }
}

pub(super) fn udp_record(number: u64) -> UdpRecord {
    UdpRecord {
        exchange: ExchangeId(number),
        flow: flow(),
        conn_state: ConnState::SF,
        messages: Both { orig: 2, resp: 1 },
        frames: Both { orig: 2, resp: 1 },
        bytes: Both {
            orig: 18,
            resp: 1200,
        },
        unanswered: 1,
        unreachable: 0,
        first_frame: 20,
        last_frame: 24,
        duration: micros(1_200),
        reason: CloseReason::CaptureEnded,
    }
}

pub(super) fn udp_message(content: Content, len: u64, answers: Option<(u64, Duration)>) -> Kind {
    Kind::UdpMessage(UdpMessage {
        exchange: ExchangeId(1),
        flow: flow(),
        from: if answers.is_some() {
            Side::Resp
        } else {
            Side::Orig
        },
        len,
        content,
        cut: 0,
        frames: vec![20].into(),
        answers,
        route: None,
    })
}

pub(super) fn ping() -> Ping {
    Ping {
        src: ip("192.168.15.42"),
        dst: ip("192.168.15.73"),
        id: 7,
        seq: 1,
        rtt: Some(micros(25)),
    }
}

pub(super) fn fragments(missing: Vec<(u32, Option<u32>)>) -> FragmentedDatagram {
    FragmentedDatagram {
        src: ip("192.168.15.42"),
        dst: ip("192.168.15.73"),
        protocol: 17,
        id: 4660,
        len: 3608,
        frames: vec![30, 31, 32],
        missing,
    }
}

#[expect(clippy::too_many_lines, reason = "there are that many kinds")]
/// One event of each kind at least; text from the network is `hostile`.
pub(super) fn all(hostile: &str) -> Vec<Event> {
    let server = ip("192.168.15.73");
    let asked = |by, tries| {
        let asked_by = client();
        Kind::AddressAsked(AddressAsked {
            by,
            ip: server,
            asked_by,
            tries,
            broadcast: tries < 3,
        })
    };
    let step = |step, route| {
        let from = if matches!(step, Step::SynAck { .. }) {
            Side::Resp
        } else {
            Side::Orig
        };
        Kind::TcpStep(TcpStep {
            conn: ConnectionId(1),
            flow: flow(),
            from,
            step,
            route,
        })
    };
    let icmp = |reason: &str| IcmpError {
        id: ConnectionId(1),
        flow: flow(),
        reason: reason.into(),
        from_ip: server,
        mtu: Some(1400),
    };
    let mut kinds = vec![
        asked(Resolution::Arp, 1),
        asked(Resolution::Neighbor, 2),
        asked(Resolution::Arp, 3),
        Kind::AddressResolved(AddressResolved {
            by: Resolution::Arp,
            binding: Binding {
                ip: server,
                mac: SERVER_MAC,
            },
            asked_by: client(),
            tries: 2,
            latency: micros(31),
            broadcast: true,
        }),
        Kind::AddressUnanswered(AddressUnanswered {
            by: Resolution::Arp,
            ip: server,
            asked_by: client(),
            tries: 3,
        }),
        Kind::AddressAnnounced(client()),
        Kind::AddressProbe(client()),
        Kind::AddressConflict(AddressConflict {
            by: Resolution::Arp,
            ip: server,
            old_mac: SERVER_MAC,
            new_mac: CLIENT_MAC,
        }),
        step(Step::Syn { tries: 1 }, Some(off_subnet())),
        step(Step::Syn { tries: 2 }, None),
        step(
            Step::SynAck {
                rtt: Some(micros(25)),
                tries: 1,
            },
            None,
        ),
        step(Step::Fin, None),
        message(Side::Resp, said(hostile), hostile.len() as u64),
        message(
            Side::Orig,
            Content::Bytes(hostile.bytes().take(64).collect()),
            300,
        ),
        Kind::TcpClosed(Box::new(TcpRecord {
            history: hostile.to_owned().into(),
            ..tcp_record(1, 21)
        })),
        Kind::TcpClosed(Box::new(TcpRecord {
            teardown: TeardownKind::None,
            reason: CloseReason::CaptureEnded,
            ..tcp_record(2, 21)
        })),
        Kind::TcpIcmp(icmp(hostile)),
        udp_message(said(hostile), hostile.len() as u64, None),
        udp_message(
            said(hostile),
            hostile.len() as u64,
            Some((20, micros(1200))),
        ),
        Kind::UdpUnreachable(IcmpError {
            id: ExchangeId(1),
            flow: flow(),
            reason: hostile.into(),
            from_ip: server,
            mtu: None,
        }),
        Kind::UdpClosed(Box::new(udp_record(1))),
        Kind::Ping(ping()),
        Kind::PingUnanswered(Ping {
            rtt: None,
            ..ping()
        }),
        Kind::DatagramReassembled(fragments(vec![])),
        Kind::DatagramIncomplete(fragments(vec![(1480, Some(2960)), (3000, None)])),
        Kind::Oddity(Oddity::IcmpError {
            from_ip: ip("192.168.15.1"),
            reason: hostile.into(),
            src: ip("192.168.15.42"),
            dst: ip("192.168.15.73"),
            protocol: 17,
        }),
    ];
    for verdict in [
        HandshakeVerdict::Complete,
        HandshakeVerdict::SimultaneousOpen,
        HandshakeVerdict::Refused,
        HandshakeVerdict::Unanswered,
        HandshakeVerdict::Unreachable,
        HandshakeVerdict::HalfOpen,
        HandshakeVerdict::Aborted,
        HandshakeVerdict::NotSeen,
    ] {
        kinds.push(Kind::TcpHandshake(Box::new(TcpHandshake {
            icmp_frame: Some(3),
            icmp: Some(hostile.into()),
            route: Some(off_subnet()),
            ..handshake(verdict)
        })));
    }
    for name in [
        TcpOddityName::Retransmission {
            what: Resent::Data,
            len: 6,
        },
        TcpOddityName::SpuriousRetransmission { len: 6 },
        TcpOddityName::OutOfOrder { len: 6 },
        TcpOddityName::DuplicateAck,
        TcpOddityName::ZeroWindow,
        TcpOddityName::WindowProbe,
        TcpOddityName::WindowReopened {
            stalled: micros(3_000_000),
        },
        TcpOddityName::KeepAlive,
        TcpOddityName::OverlapConflict { offset: 7, len: 3 },
        TcpOddityName::BadChecksum {
            want: 0x1c46,
            got: 0x1c47,
        },
        TcpOddityName::Gap { len: 1448 },
        TcpOddityName::RstOutOfWindow,
    ] {
        kinds.push(oddity(name));
    }
    for kind in [
        TeardownKind::FourSegment,
        TeardownKind::ThreeSegment,
        TeardownKind::SimultaneousClose,
        TeardownKind::HalfClosed,
        TeardownKind::Reset,
        TeardownKind::None,
    ] {
        kinds.push(teardown(kind, Some(TimeWait::Orig)));
    }
    let numbered = kinds.into_iter().enumerate();
    numbered
        .map(|(at, kind)| event(at as u64 * 25, at as u64 + 1, &[1, 2], kind))
        .collect()
}

pub(super) fn opened(source: &str) -> Opened {
    Opened {
        source: source.into(),
        live: false,
        link_types: vec![LinkType::Ethernet],
        at: Some(START),
    }
}

pub(super) fn totals() -> Totals {
    Totals {
        frames: 1234,
        bytes: 98_765,
        decoded: 1230,
        malformed: 1,
        unsupported: 3,
        link_types: vec![LinkType::Ethernet],
        first_at: Some(START),
        last_at: Some(START + micros(5_300_000)),
        overview: Overview {
            hosts: vec![
                Host {
                    ip: ip("192.168.15.42"),
                    mac: Some(CLIENT_MAC),
                    learnt_in: Some(1),
                    behind_gateway: false,
                    gateway: false,
                    conflict: false,
                    connections: 1,
                    exchanges: 1,
                    first_frame: 1,
                },
                Host {
                    ip: ip("198.51.100.7"),
                    mac: None,
                    learnt_in: None,
                    behind_gateway: true,
                    gateway: false,
                    conflict: true,
                    connections: 1,
                    exchanges: 0,
                    first_frame: 9,
                },
            ],
            arp: AddressCounts {
                asked: 2,
                answered: 1,
                unanswered: 1,
                ..AddressCounts::default()
            },
            pings: 3,
            pings_answered: 2,
            ..Overview::default()
        },
        ..Totals::default()
    }
}

/// What a report writes when it is told all of this.
pub(super) fn told<R: Report>(
    report: impl FnOnce(Vec<u8>) -> R,
    into: impl FnOnce(R) -> Vec<u8>,
    source: &str,
    events: &[Event],
) -> String {
    let mut report = report(Vec::new());
    report
        .opened(&opened(source))
        .expect("a Vec takes everything");
    for event in events {
        report.event(event).expect("a Vec takes everything");
    }
    report.closed(&totals()).expect("a Vec takes everything");
    String::from_utf8(into(report)).expect("reports write UTF-8")
}

/// Bytes from hexadecimal digits, laid out as one likes.
pub(super) fn bytes(hex: &[&str]) -> Vec<u8> {
    let digits: String = hex.concat().split_whitespace().collect();
    hex::decode(digits).expect("hexadecimal digits")
}

/// Hands a frame to a report as the corridor does.
pub(super) fn show<R: Report>(report: &mut R, link_type: LinkType, data: &[u8], original: usize) {
    let frame = Frame {
        at: START,
        link_type,
        interface: 0,
        original_len: original,
        data,
    };
    let packet = decode(link_type, data, original);
    report
        .packet(1, &frame, &packet)
        .expect("a Vec takes everything");
}

/// Whether nothing in it steers a terminal, our own colours and line ends left aside.
pub(super) fn is_safe(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find('\x1b') {
        let Some(end) = rest[at..].find('m') else {
            return false;
        };
        let code = &rest[at + 1..at + end];
        if !code.starts_with('[') || !code[1..].bytes().all(|b| matches!(b, b'0'..=b'9' | b';')) {
            return false;
        }
        if !is_safe(&rest[..at]) {
            return false;
        }
        rest = &rest[at + end + 1..];
    }
    rest.chars().all(|c| {
        c == '\n'
            || !(c.is_control()
                || matches!(u32::from(c), 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f
                    | 0x115f | 0x1160 | 0x3164 | 0xffa0 | 0xfe00..=0xfe0f | 0xfeff | 0xe000..=0xf8ff
                    | 0xe0000..=0xe0fff | 0xad))
    })
}

/// Text without our own colours.
pub(super) fn plain(text: &str) -> String {
    let mut parts = text.split('\x1b');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    out
}

/// Whatever an attacker might say.
pub(super) const HOSTILE: &str = "\u{1b}]52;c;aGk=\u{7}\r\n\u{9b}2J \u{202e}txt\u{200b}\u{2028}\u{e0041}\u{3164}服务e\u{301}\u{301}\u{301}\\";

pub(super) fn colourful(width: Option<usize>) -> Options {
    Options {
        lang: super::words::Lang::En,
        time: super::when::TimeFormat::Relative,
        colour: true,
        width,
        verbose: true,
        hex: true,
        top: Some(50),
        packets: true,
        recv: Some(1024),
        names: std::sync::Arc::default(),
        nets: Vec::new(),
        frames: None,
    }
}

/// Ethernet and IPv4 to 192.168.15.73 in front of `payload`, with the right lengths and checksum.
pub(super) fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ipv4_with(protocol, 0x4000, payload)
}

/// As [`ipv4`], with the flags and fragment offset as they stand on the wire.
pub(super) fn ipv4_with(protocol: u8, fragment: u16, payload: &[u8]) -> Vec<u8> {
    let mut header = bytes(&["45 00 0000 1234 0000 40 00 0000", "c0a80f2a c0a80f49"]);
    header[2..4].copy_from_slice(&(payload.len() as u16 + 20).to_be_bytes());
    header[6..8].copy_from_slice(&fragment.to_be_bytes());
    header[9] = protocol;
    let sum = checksum(&header);
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    [
        bytes(&["02 00 00 00 0f 49", "02 00 00 00 0f 2a", "0800"]),
        header,
        payload.to_vec(),
    ]
    .concat()
}

/// Ethernet and IPv6 from `fe80::1` to `fe80::2` in front of `payload`.
pub(super) fn ipv6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = bytes(&[
        "02 00 00 00 0f 49  02 00 00 00 0f 2a  86dd",
        "60 00 00 00  0000 00 40",
        "fe80 0000 0000 0000 0000 0000 0000 0001",
        "fe80 0000 0000 0000 0000 0000 0000 0002",
    ]);
    frame[18..20].copy_from_slice(&(payload.len() as u16).to_be_bytes());
    frame[20] = next_header;
    frame.extend_from_slice(payload);
    frame
}

/// RFC 1071.
fn checksum(data: &[u8]) -> u16 {
    let sum: u32 = data
        .chunks(2)
        .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])))
        .sum();
    !((sum & 0xffff) + (sum >> 16)) as u16
}

/// A TCP segment from port 40001 to 8520 with all the common options, saying 你好.
pub(super) fn tcp_segment() -> Vec<u8> {
    bytes(&[
        "9c41 2148 00000001 00000002",
        "a0 18 faf0 0000 0000", // data offset 10, PSH ACK, window 64240
        "02 04 05b4  04 02  08 0a 00000001 00000000  01  03 03 07",
        "e4bda0e5a5bd",
    ])
}
