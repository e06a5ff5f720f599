//! A line for each event.

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::values::{Fields, Host, Shown, side_name};
use crate::{
    report::{names::Names, story, words::Lang},
    track::event::{
        AddressConflict, AddressResolved, AddressUnanswered, Binding, CloseReason, Event,
        FragmentedDatagram, HandshakeVerdict, Kind, Ping, Resent, Resolution, Route, TcpHandshake,
        TcpMessage, TcpOddity, TcpOddityName, TcpRecord, TcpTeardown, TeardownKind, TimeWait,
        UdpMessage, UdpRecord,
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

/// An event and its name.
pub(super) struct EventLine<'a> {
    pub name: &'static str,
    pub event: &'a Event,
    pub names: &'a Names,
}

impl Serialize for EventLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Event {
            at,
            frame,
            ending: _,
            because,
            kind,
        } = self.event;
        let names = self.names;
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("event", self.name)?;
        line.shown("at", at)?;
        line.known("frame", *frame)?;
        if !because.is_empty() {
            line.serialize_entry("because", because)?;
        }
        match kind {
            Kind::AddressAsked(_) | Kind::TcpStep(_) => {}
            Kind::AddressResolved(it) => resolved(&mut line, it, names)?,
            Kind::AddressUnanswered(it) => {
                line.shown("ip", it.ip)?;
                line.serialize_entry(
                    "asked_by",
                    &Host::new(Some(it.asked_by.ip), it.asked_by.mac, names),
                )?;
                line.serialize_entry("tries", &it.tries)?;
                line.name("name", names.host(it.ip))?;
            }
            Kind::AddressAnnounced(it) | Kind::AddressProbe(it) => {
                line.shown("ip", it.ip)?;
                line.shown("mac", it.mac)?;
                line.name("name", names.host(it.ip).or(names.mac(it.mac)))?;
            }
            Kind::AddressConflict(it) => {
                line.shown("ip", it.ip)?;
                line.shown("old_mac", it.old_mac)?;
                line.shown("new_mac", it.new_mac)?;
                line.name("name", names.host(it.ip))?;
            }
            Kind::TcpHandshake(it) => handshake(&mut line, it, names)?,
            Kind::TcpMessage(it) => tcp_message(&mut line, it)?,
            Kind::TcpOddity(it) => tcp_oddity(&mut line, it)?,
            Kind::TcpTeardown(it) => teardown(&mut line, it)?,
            Kind::TcpClosed(it) => tcp_closed(&mut line, it, names)?,
            Kind::TcpIcmp(it) => {
                line.shown("conn", it.id)?;
                line.escaped("reason", &it.reason)?;
                line.shown("from_ip", it.from_ip)?;
                line.known("mtu", it.mtu)?;
                line.name("from_name", names.host(it.from_ip))?;
            }
            Kind::UdpMessage(it) => udp_message(&mut line, it, names)?,
            Kind::UdpUnreachable(it) => {
                line.shown("exchange", it.id)?;
                line.escaped("reason", &it.reason)?;
                line.shown("from_ip", it.from_ip)?;
                line.known("mtu", it.mtu)?;
                line.name("from_name", names.host(it.from_ip))?;
            }
            Kind::UdpClosed(it) => udp_closed(&mut line, it, names)?,
            Kind::Ping(it) | Kind::PingUnanswered(it) => ping(&mut line, it, names)?,
            Kind::DatagramReassembled(it) => datagram(&mut line, it, names)?,
            Kind::DatagramIncomplete(it) => {
                let is_missing = !it.missing.is_empty();
                let why = if is_missing {
                    "missing"
                } else {
                    "contradiction"
                };
                line.serialize_entry("why", why)?;
                datagram(&mut line, it, names)?;
            }
            Kind::Oddity(it) => {
                line.escaped("name", it.name())?;
                line.serialize_entry("detail", &story::detail(it, Lang::En))?;
            }
        }
        line.end()
    }
}

fn resolved<M: SerializeMap>(
    line: &mut M,
    it: &AddressResolved,
    names: &Names,
) -> Result<(), M::Error> {
    line.shown("ip", it.binding.ip)?;
    line.shown("mac", it.binding.mac)?;
    line.serialize_entry(
        "asked_by",
        &Host::new(Some(it.asked_by.ip), it.asked_by.mac, names),
    )?;
    line.serialize_entry("tries", &it.tries)?;
    line.nanos("latency_ns", Some(it.latency))?;
    line.serialize_entry("broadcast", &it.broadcast)?;
    let Binding { ip, mac } = it.binding;
    line.name("name", names.host(ip).or(names.mac(mac)))
}

fn handshake<M: SerializeMap>(
    line: &mut M,
    it: &TcpHandshake,
    names: &Names,
) -> Result<(), M::Error> {
    line.shown("conn", it.conn)?;
    line.flow(&it.flow, names)?;
    line.serialize_entry("verdict", verdict_name(it.verdict))?;
    line.serialize_entry("tries", &it.tries)?;
    line.known("syn_frame", it.syn_frame)?;
    line.known("synack_frame", it.synack_frame)?;
    line.known("ack_frame", it.ack_frame)?;
    line.nanos("synack_rtt_ns", it.synack_rtt)?;
    line.nanos("ack_rtt_ns", it.ack_rtt)?;
    line.known("orig_mss", it.mss.orig)?;
    line.known("resp_mss", it.mss.resp)?;
    line.known("orig_window_scale", it.window_scale.orig)?;
    line.known("resp_window_scale", it.window_scale.resp)?;
    // A side that never sent a SYN announced nothing, neither yes nor no.
    line.known("orig_sack", it.isn.orig.map(|_| it.sack.orig))?;
    line.known("resp_sack", it.isn.resp.map(|_| it.sack.resp))?;
    line.known("orig_isn", it.isn.orig)?;
    line.known("resp_isn", it.isn.resp)?;
    off_subnet(line, it.route, names)?;
    line.known("icmp_frame", it.icmp_frame)?;
    match &it.icmp {
        Some(reason) => line.escaped("reason", reason),
        None => Ok(()),
    }
}

fn tcp_message<M: SerializeMap>(line: &mut M, it: &TcpMessage) -> Result<(), M::Error> {
    line.shown("conn", it.conn)?;
    line.serialize_entry("from", side_name(it.from))?;
    line.serialize_entry("offset", &it.offset)?;
    line.serialize_entry("len", &it.len)?;
    line.content(&it.content)?;
    line.known("cut", (it.cut > 0).then_some(it.cut))?;
    line.serialize_entry("frames", &it.frames)?;
    line.serialize_entry("missing", &it.missing)
}

fn tcp_oddity<M: SerializeMap>(line: &mut M, it: &TcpOddity) -> Result<(), M::Error> {
    line.shown("conn", it.conn)?;
    line.serialize_entry("from", side_name(it.from))?;
    line.serialize_entry("name", it.name.as_str())?;
    match it.name {
        TcpOddityName::Retransmission { what, len } => {
            line.serialize_entry("what", resent_name(what))?;
            line.serialize_entry("len", &len)
        }
        TcpOddityName::SpuriousRetransmission { len }
        | TcpOddityName::OutOfOrder { len }
        | TcpOddityName::Gap { len } => line.serialize_entry("len", &len),
        TcpOddityName::WindowReopened { stalled } => line.nanos("stalled_ns", Some(stalled)),
        TcpOddityName::OverlapConflict { offset, len } => {
            line.serialize_entry("offset", &offset)?;
            line.serialize_entry("len", &len)
        }
        TcpOddityName::BadChecksum { want, got } => {
            line.serialize_entry("want", &want)?;
            line.serialize_entry("got", &got)
        }
        TcpOddityName::DuplicateAck
        | TcpOddityName::ZeroWindow
        | TcpOddityName::WindowProbe
        | TcpOddityName::KeepAlive
        | TcpOddityName::RstOutOfWindow => Ok(()),
    }
}

fn resent_name(what: Resent) -> &'static str {
    match what {
        Resent::Syn => "syn",
        Resent::Data => "data",
        Resent::Fin => "fin",
    }
}

fn teardown<M: SerializeMap>(line: &mut M, it: &TcpTeardown) -> Result<(), M::Error> {
    line.shown("conn", it.conn)?;
    line.serialize_entry("kind", teardown_name(it.kind))?;
    line.side("closed_first", it.closed_first)?;
    line.side("reset_by", it.reset_by)?;
    line.known("time_wait", it.time_wait.map(time_wait_name))?;
    line.serialize_entry("frames", &it.frames)?;
    line.serialize_entry("late_bytes", &it.late_bytes)
}

fn tcp_closed<M: SerializeMap>(
    line: &mut M,
    it: &TcpRecord,
    names: &Names,
) -> Result<(), M::Error> {
    line.shown("conn", it.conn)?;
    line.flow(&it.flow, names)?;
    line.known("orig_mac", it.macs.orig.map(Shown))?;
    line.known("resp_mac", it.macs.resp.map(Shown))?;
    line.serialize_entry("role", if it.role_seen { "seen" } else { "guessed" })?;
    line.serialize_entry("conn_state", it.conn_state.as_str())?;
    line.escaped("history", &it.history)?;
    line.serialize_entry("handshake", verdict_name(it.handshake))?;
    line.serialize_entry("teardown", teardown_name(it.teardown))?;
    line.side("closed_first", it.closed_first)?;
    line.side("reset_by", it.reset_by)?;
    line.known("time_wait", it.time_wait.map(time_wait_name))?;
    line.both(["orig_packets", "resp_packets"], &it.packets)?;
    line.both(["orig_bytes", "resp_bytes"], &it.bytes)?;
    line.both(["orig_missing", "resp_missing"], &it.missing)?;
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
        line.total(names, counts)?;
    }
    line.nanos("rtt_min_ns", it.rtt.map(|rtt| rtt.min))?;
    line.nanos("rtt_median_ns", it.rtt.map(|rtt| rtt.median))?;
    line.nanos("rtt_max_ns", it.rtt.map(|rtt| rtt.max))?;
    line.serialize_entry("first_frame", &it.first_frame)?;
    line.serialize_entry("last_frame", &it.last_frame)?;
    line.nanos("duration_ns", Some(it.duration))?;
    line.serialize_entry("reason", reason_name(it.reason))
}

fn udp_message<M: SerializeMap>(
    line: &mut M,
    it: &UdpMessage,
    names: &Names,
) -> Result<(), M::Error> {
    line.shown("exchange", it.exchange)?;
    line.serialize_entry("from", side_name(it.from))?;
    line.serialize_entry("len", &it.len)?;
    line.content(&it.content)?;
    line.known("cut", (it.cut > 0).then_some(it.cut))?;
    line.serialize_entry("frames", &it.frames)?;
    line.known("answers", it.answers.map(|(frame, _)| frame))?;
    line.nanos("wait_ns", it.answers.map(|(_, wait)| wait))?;
    off_subnet(line, it.route, names)
}

/// Why a frame went to a gateway, where it did.
fn off_subnet<M: SerializeMap>(
    line: &mut M,
    route: Option<Route>,
    names: &Names,
) -> Result<(), M::Error> {
    let Some(off) = route.and_then(|route| route.off_subnet) else {
        return Ok(());
    };
    line.serialize_entry("off_subnet", &true)?;
    line.serialize_entry(
        "gateway",
        &Host::new(off.gateway_ip, off.gateway_mac, names),
    )?;
    line.known("net", off.net.map(Shown))?;
    line.serialize_entry("net_known", &off.net_known)
}

fn udp_closed<M: SerializeMap>(
    line: &mut M,
    it: &UdpRecord,
    names: &Names,
) -> Result<(), M::Error> {
    line.shown("exchange", it.exchange)?;
    line.flow(&it.flow, names)?;
    line.serialize_entry("conn_state", it.conn_state.as_str())?;
    line.both(["orig_messages", "resp_messages"], &it.messages)?;
    line.both(["orig_frames", "resp_frames"], &it.frames)?;
    line.both(["orig_bytes", "resp_bytes"], &it.bytes)?;
    line.serialize_entry("unanswered", &it.unanswered)?;
    line.serialize_entry("first_frame", &it.first_frame)?;
    line.serialize_entry("last_frame", &it.last_frame)?;
    line.nanos("duration_ns", Some(it.duration))?;
    line.serialize_entry("reason", reason_name(it.reason))
}

fn ping<M: SerializeMap>(line: &mut M, it: &Ping, names: &Names) -> Result<(), M::Error> {
    line.shown("src", it.src)?;
    line.shown("dst", it.dst)?;
    line.serialize_entry("id", &it.id)?;
    line.serialize_entry("seq", &it.seq)?;
    line.nanos("rtt_ns", it.rtt)?;
    line.name("src_name", names.host(it.src))?;
    line.name("dst_name", names.host(it.dst))
}

fn datagram<M: SerializeMap>(
    line: &mut M,
    it: &FragmentedDatagram,
    names: &Names,
) -> Result<(), M::Error> {
    line.shown("src", it.src)?;
    line.shown("dst", it.dst)?;
    line.serialize_entry("id", &it.id)?;
    line.serialize_entry("len", &it.len)?;
    line.serialize_entry("frames", &it.frames)?;
    line.serialize_entry("missing", &it.missing)?;
    line.name("src_name", names.host(it.src))?;
    line.name("dst_name", names.host(it.dst))
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

const fn time_wait_name(who: TimeWait) -> &'static str {
    match who {
        TimeWait::Orig => "orig",
        TimeWait::Resp => "resp",
        TimeWait::Both => "both",
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
