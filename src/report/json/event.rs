//! What is told of an event.

use super::object::Object;
use crate::{
    report::{story, words::Lang},
    track::event::{
        AddressConflict, AddressResolved, AddressUnanswered, Binding, CloseReason, Conversation,
        Event, FragmentedDatagram, HandshakeVerdict, IcmpError, Kind, Ping, Resent, Resolution,
        Route, TcpHandshake, TcpMessage, TcpOddity, TcpOddityName, TcpRecord, TcpTeardown,
        TeardownKind, TimeWait, UdpMessage, UdpRecord,
    },
};

/// The event's name in the contract; `None` for the steps that only people are told.
pub(super) const fn name(kind: &Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::AddressAsked(_) | Kind::TcpStep(_) => return None,
        Kind::AddressResolved(AddressResolved { by, .. }) => match by {
            Resolution::Arp => "arp_resolved",
            Resolution::Neighbor => "neighbor_resolved",
        },
        Kind::AddressUnanswered(AddressUnanswered { by, .. }) => match by {
            Resolution::Arp => "arp_unanswered",
            Resolution::Neighbor => "neighbor_unanswered",
        },
        Kind::AddressConflict(AddressConflict { by, .. }) => match by {
            Resolution::Arp => "arp_conflict",
            Resolution::Neighbor => "neighbor_conflict",
        },
        Kind::AddressAnnounced(Binding { ip, .. }) => {
            if ip.is_ipv4() {
                "arp_announced"
            } else {
                "neighbor_announced"
            }
        }
        Kind::AddressProbe(Binding { ip, .. }) => {
            if ip.is_ipv4() {
                "arp_probe"
            } else {
                "neighbor_probe"
            }
        }
        Kind::TcpHandshake(_) => "tcp_handshake",
        Kind::TcpMessage(_) => "tcp_message",
        Kind::TcpOddity(_) => "tcp_oddity",
        Kind::TcpTeardown(_) => "tcp_teardown",
        Kind::TcpClosed(_) => "tcp_closed",
        Kind::TcpIcmp(_) => "tcp_icmp",
        Kind::UdpMessage(_) => "udp_message",
        Kind::UdpUnreachable(_) => "udp_unreachable",
        Kind::UdpClosed(_) => "udp_closed",
        Kind::Ping(_) => "ping",
        Kind::PingUnanswered(_) => "ping_unanswered",
        Kind::DatagramReassembled(_) => "datagram_reassembled",
        Kind::DatagramIncomplete(_) => "datagram_incomplete",
        Kind::Oddity(_) => "oddity",
    })
}

/// Writes what is told of an event beside its name and its time.
pub(super) fn fields(event: &Event, line: &mut Object<'_>) {
    line.known("frame", event.frame);
    if !event.because.is_empty() {
        line.numbers("because", &event.because);
    }
    match &event.kind {
        Kind::AddressAsked(_) | Kind::TcpStep(_) => {}
        Kind::AddressResolved(it) => resolved(it, line),
        Kind::AddressUnanswered(it) => {
            line.ip("ip", it.ip);
            line.host("asked_by", Some(it.asked_by.ip), it.asked_by.mac);
            line.number("tries", it.tries);
            line.host_name("name", it.ip);
        }
        Kind::AddressAnnounced(it) | Kind::AddressProbe(it) => {
            line.ip("ip", it.ip);
            line.mac("mac", it.mac);
            line.host_or_mac_name("name", it.ip, it.mac);
        }
        Kind::AddressConflict(it) => {
            line.ip("ip", it.ip);
            line.mac("old_mac", it.old_mac);
            line.mac("new_mac", it.new_mac);
            line.host_name("name", it.ip);
        }
        Kind::TcpHandshake(it) => handshake(it, line),
        Kind::TcpMessage(it) => tcp_message(it, line),
        Kind::TcpOddity(it) => tcp_oddity(it, line),
        Kind::TcpTeardown(it) => teardown(it, line),
        Kind::TcpClosed(it) => tcp_closed(it, line),
        Kind::TcpIcmp(it) => icmp_error(Conversation::Tcp(it.id), it, line),
        Kind::UdpMessage(it) => udp_message(it, line),
        Kind::UdpUnreachable(it) => icmp_error(Conversation::Udp(it.id), it, line),
        Kind::UdpClosed(it) => udp_closed(it, line),
        Kind::Ping(it) | Kind::PingUnanswered(it) => ping(it, line),
        Kind::DatagramReassembled(it) => datagram(it, line),
        Kind::DatagramIncomplete(it) => {
            let is_missing = !it.missing.is_empty();
            let why = if is_missing {
                "missing"
            } else {
                "contradiction"
            };
            line.word("why", why);
            datagram(it, line);
        }
        Kind::Oddity(it) => {
            line.word("name", it.name());
            line.string("detail", &story::detail(it, Lang::En));
        }
    }
}

fn resolved(it: &AddressResolved, line: &mut Object<'_>) {
    let Binding { ip, mac } = it.binding;
    line.ip("ip", ip);
    line.mac("mac", mac);
    line.host("asked_by", Some(it.asked_by.ip), it.asked_by.mac);
    line.number("tries", it.tries);
    line.nanos("latency_ns", Some(it.latency));
    line.flag("broadcast", it.broadcast);
    line.host_or_mac_name("name", ip, mac);
}

fn handshake(it: &TcpHandshake, line: &mut Object<'_>) {
    line.conversation(Conversation::Tcp(it.conn));
    line.flow(&it.flow);
    line.word("verdict", verdict_name(it.verdict));
    line.number("tries", it.tries);
    line.known("syn_frame", it.syn_frame);
    line.known("synack_frame", it.synack_frame);
    line.known("ack_frame", it.ack_frame);
    line.nanos("synack_rtt_ns", it.synack_rtt);
    line.nanos("ack_rtt_ns", it.ack_rtt);
    line.known("orig_mss", it.mss.orig);
    line.known("resp_mss", it.mss.resp);
    line.known("orig_window_scale", it.window_scale.orig);
    line.known("resp_window_scale", it.window_scale.resp);
    // A side that never sent a SYN announced nothing, neither yes nor no.
    if it.isn.orig.is_some() {
        line.flag("orig_sack", it.sack.orig);
    }
    if it.isn.resp.is_some() {
        line.flag("resp_sack", it.sack.resp);
    }
    line.known("orig_isn", it.isn.orig);
    line.known("resp_isn", it.isn.resp);
    off_subnet(it.route, line);
    line.known("icmp_frame", it.icmp_frame);
    if let Some(reason) = &it.icmp {
        line.escaped("reason", reason);
    }
}

fn tcp_message(it: &TcpMessage, line: &mut Object<'_>) {
    line.conversation(Conversation::Tcp(it.conn));
    line.side("from", Some(it.from));
    line.signed("offset", it.offset);
    line.number("len", it.len);
    line.content(&it.content);
    line.known("cut", (it.cut > 0).then_some(it.cut));
    line.numbers("frames", &it.frames);
    line.number("missing", it.missing);
}

fn tcp_oddity(it: &TcpOddity, line: &mut Object<'_>) {
    line.conversation(Conversation::Tcp(it.conn));
    line.side("from", Some(it.from));
    line.word("name", it.name.as_str());
    match it.name {
        TcpOddityName::Retransmission { what, len } => {
            line.word("what", resent_name(what));
            line.number("len", len);
        }
        TcpOddityName::SpuriousRetransmission { len }
        | TcpOddityName::OutOfOrder { len }
        | TcpOddityName::Gap { len } => line.number("len", len),
        TcpOddityName::WindowReopened { stalled } => line.nanos("stalled_ns", Some(stalled)),
        TcpOddityName::OverlapConflict { offset, len } => {
            line.number("offset", offset);
            line.number("len", len);
        }
        TcpOddityName::BadChecksum { want, got } => {
            line.number("want", want);
            line.number("got", got);
        }
        TcpOddityName::DuplicateAck
        | TcpOddityName::ZeroWindow
        | TcpOddityName::WindowProbe
        | TcpOddityName::KeepAlive
        | TcpOddityName::RstOutOfWindow => {}
    }
}

fn resent_name(what: Resent) -> &'static str {
    match what {
        Resent::Syn => "syn",
        Resent::Data => "data",
        Resent::Fin => "fin",
    }
}

fn teardown(it: &TcpTeardown, line: &mut Object<'_>) {
    line.conversation(Conversation::Tcp(it.conn));
    line.word("kind", teardown_name(it.kind));
    line.side("closed_first", it.closed_first);
    line.side("reset_by", it.reset_by);
    time_wait(it.time_wait, line);
    line.numbers("frames", &it.frames);
    line.number("late_bytes", it.late_bytes);
}

fn tcp_closed(it: &TcpRecord, line: &mut Object<'_>) {
    line.conversation(Conversation::Tcp(it.conn));
    line.flow(&it.flow);
    if let Some(mac) = it.macs.orig {
        line.mac("orig_mac", mac);
    }
    if let Some(mac) = it.macs.resp {
        line.mac("resp_mac", mac);
    }
    line.word("role", if it.role_seen { "seen" } else { "guessed" });
    line.word("conn_state", it.conn_state.as_str());
    line.escaped("history", &it.history);
    line.word("handshake", verdict_name(it.handshake));
    line.word("teardown", teardown_name(it.teardown));
    line.side("closed_first", it.closed_first);
    line.side("reset_by", it.reset_by);
    time_wait(it.time_wait, line);
    line.both(["orig_packets", "resp_packets"], &it.packets);
    line.both(["orig_bytes", "resp_bytes"], &it.bytes);
    line.both(["orig_missing", "resp_missing"], &it.missing);
    for (names, counts) in [
        (
            [
                "retransmissions",
                "orig_retransmissions",
                "resp_retransmissions",
            ],
            &it.retransmissions,
        ),
        (
            [
                "spurious_retransmissions",
                "orig_spurious_retransmissions",
                "resp_spurious_retransmissions",
            ],
            &it.spurious_retransmissions,
        ),
        (
            ["out_of_order", "orig_out_of_order", "resp_out_of_order"],
            &it.out_of_order,
        ),
        (
            [
                "duplicate_acks",
                "orig_duplicate_acks",
                "resp_duplicate_acks",
            ],
            &it.duplicate_acks,
        ),
        (
            ["zero_windows", "orig_zero_windows", "resp_zero_windows"],
            &it.zero_windows,
        ),
        (
            ["keep_alives", "orig_keep_alives", "resp_keep_alives"],
            &it.keep_alives,
        ),
        (
            ["bad_checksums", "orig_bad_checksums", "resp_bad_checksums"],
            &it.bad_checksums,
        ),
    ] {
        line.total(names, counts);
    }
    line.nanos("rtt_min_ns", it.rtt.map(|rtt| rtt.min));
    line.nanos("rtt_median_ns", it.rtt.map(|rtt| rtt.median));
    line.nanos("rtt_max_ns", it.rtt.map(|rtt| rtt.max));
    line.number("first_frame", it.first_frame);
    line.number("last_frame", it.last_frame);
    line.nanos("duration_ns", Some(it.duration));
    line.word("reason", reason_name(it.reason));
}

fn icmp_error<Id>(id: Conversation, it: &IcmpError<Id>, line: &mut Object<'_>) {
    line.conversation(id);
    line.escaped("reason", &it.reason);
    line.ip("from_ip", it.from_ip);
    line.known("mtu", it.mtu);
    line.host_name("from_name", it.from_ip);
}

fn udp_message(it: &UdpMessage, line: &mut Object<'_>) {
    line.conversation(Conversation::Udp(it.exchange));
    line.side("from", Some(it.from));
    line.number("len", it.len);
    line.content(&it.content);
    line.known("cut", (it.cut > 0).then_some(it.cut));
    line.numbers("frames", &it.frames);
    line.known("answers", it.answers.map(|(frame, _)| frame));
    line.nanos("wait_ns", it.answers.map(|(_, wait)| wait));
    off_subnet(it.route, line);
}

/// Why a frame went to a gateway, where it did.
fn off_subnet(route: Option<Route>, line: &mut Object<'_>) {
    let Some(off) = route.and_then(|route| route.off_subnet) else {
        return;
    };
    line.flag("off_subnet", true);
    line.host("gateway", off.gateway_ip, off.gateway_mac);
    if let Some(net) = off.net {
        line.shown("net", net);
    }
    line.flag("net_known", off.net_known);
}

fn udp_closed(it: &UdpRecord, line: &mut Object<'_>) {
    line.conversation(Conversation::Udp(it.exchange));
    line.flow(&it.flow);
    line.word("conn_state", it.conn_state.as_str());
    line.both(["orig_messages", "resp_messages"], &it.messages);
    line.both(["orig_frames", "resp_frames"], &it.frames);
    line.both(["orig_bytes", "resp_bytes"], &it.bytes);
    line.number("unanswered", it.unanswered);
    line.number("first_frame", it.first_frame);
    line.number("last_frame", it.last_frame);
    line.nanos("duration_ns", Some(it.duration));
    line.word("reason", reason_name(it.reason));
}

fn ping(it: &Ping, line: &mut Object<'_>) {
    line.ip("src", it.src);
    line.ip("dst", it.dst);
    line.number("id", it.id);
    line.number("seq", it.seq);
    line.nanos("rtt_ns", it.rtt);
    line.host_name("src_name", it.src);
    line.host_name("dst_name", it.dst);
}

fn datagram(it: &FragmentedDatagram, line: &mut Object<'_>) {
    line.ip("src", it.src);
    line.ip("dst", it.dst);
    line.number("id", it.id);
    line.number("len", it.len);
    line.numbers("frames", &it.frames);
    line.pairs("missing", it.missing.iter().copied());
    line.host_name("src_name", it.src);
    line.host_name("dst_name", it.dst);
}

const fn verdict_name(verdict: HandshakeVerdict) -> &'static str {
    match verdict {
        HandshakeVerdict::Complete => "complete",
        HandshakeVerdict::SimultaneousOpen => "simultaneous_open",
        HandshakeVerdict::Refused => "refused",
        HandshakeVerdict::Unanswered => "unanswered",
        HandshakeVerdict::Unreachable => "unreachable",
        HandshakeVerdict::HalfOpen => "half_open",
        HandshakeVerdict::Aborted => "aborted",
        HandshakeVerdict::NotSeen => "not_seen",
    }
}

const fn teardown_name(kind: TeardownKind) -> &'static str {
    match kind {
        TeardownKind::FourSegment => "four_segment",
        TeardownKind::ThreeSegment => "three_segment",
        TeardownKind::SimultaneousClose => "simultaneous_close",
        TeardownKind::HalfClosed => "half_closed",
        TeardownKind::Reset => "reset",
        TeardownKind::None => "none",
    }
}

fn time_wait(who: Option<TimeWait>, line: &mut Object<'_>) {
    if let Some(who) = who {
        let word = match who {
            TimeWait::Orig => "orig",
            TimeWait::Resp => "resp",
            TimeWait::Both => "both",
        };
        line.word("time_wait", word);
    }
}

const fn reason_name(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::Fin => "fin",
        CloseReason::Rst => "rst",
        CloseReason::Idle => "idle",
        CloseReason::Evicted => "evicted",
        CloseReason::PortReuse => "port_reuse",
        CloseReason::CaptureEnded => "capture_ended",
    }
}
