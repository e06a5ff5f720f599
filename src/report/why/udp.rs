//! What is remembered of an exchange, and the proof of what became of it; fragments and pings.

use std::net::IpAddr;

use super::{
    Scene,
    chain::{Chain, Claim, Subject, Value},
    frame, frames,
    icmp::{About, Complaint},
    range,
    sight::Sight,
    verdict::Verdict,
    way::Path,
};
use crate::{
    report::{story::Stretches, words::why as words},
    track::{
        event::{Event, ExchangeId, FragmentedDatagram, Kind, Ping, UdpRecord},
        flow::{Flow, Side},
    },
};

/// What a usual link takes, in bytes.
const USUAL_MTU: u64 = 1500;

/// The ports of a DHCP server that speaks to a client.
const DHCP: (u16, u16) = (67, 68);

/// As many datagrams without an answer are no question that is asked again.
const STREAM: u64 = 8;

/// Ports whose service answers nothing (IANA's registry).
const ONE_WAY: [(u16, &str); 9] = [
    (162, "SNMP traps"),
    (514, "syslog"),
    (2055, "NetFlow"),
    (4739, "IPFIX"),
    (4789, "VXLAN"),
    (6081, "Geneve"),
    (6343, "sFlow"),
    (8125, "StatsD"),
    (9995, "NetFlow"),
];

/// What was seen of an exchange.
#[derive(Debug)]
pub(super) struct Dossier {
    pub id: ExchangeId,
    pub flow: Flow,
    pub path: Path,
    is_one_way: bool,
    /// What was said was all text: people may have said it.
    is_text: bool,
    /// Its first datagram: the frame and the bytes.
    first: Option<(u64, u64)>,
    /// The first answer: its frame, that of the question, and the time between them.
    answer: Option<(u64, u64, std::time::Duration)>,
    complaint: Option<Complaint>,
}

impl Dossier {
    /// Nothing seen but that there is an exchange.
    pub const fn new(id: ExchangeId, flow: Flow) -> Self {
        Self {
            id,
            flow,
            path: Path::new(flow),
            is_one_way: false,
            is_text: true,
            first: None,
            answer: None,
            complaint: None,
        }
    }

    /// Takes note of an event of this exchange.
    pub fn event(&mut self, event: &Event, now: Option<&Sight>) {
        let number = event.frame.unwrap_or_default();
        match &event.kind {
            Kind::UdpMessage(it) => {
                if self.first.is_none() {
                    self.first = Some((number, it.len));
                    self.path.route = it.route;
                    self.path.because.clone_from(&event.because);
                    self.path.is_local = now.is_some_and(super::is_local);
                    self.path.is_blank = now.is_some_and(super::is_blank);
                    let mac = now.and_then(|sight| sight.destination_mac);
                    self.path.to_many = mac.filter(|mac| mac.is_multicast());
                    self.is_one_way = self.path.to_many.is_some() || it.flow.resp.ip.is_multicast();
                }
                self.is_text &= it.content.text().is_some();
                if let (Some((question, wait)), Side::Resp) = (it.answers, it.from) {
                    self.answer.get_or_insert((number, question, wait));
                }
            }
            Kind::UdpUnreachable(it) => {
                Complaint::add(&mut self.complaint, it, number, &event.because);
            }
            _ => {}
        }
    }

    /// The proof of what became of it.
    pub fn chain(&self, record: &UdpRecord, scene: &Scene<'_>) -> Chain {
        let verdict = match (record.unreachable, record.messages.resp) {
            (1.., _) => Verdict::UdpUnreachable,
            (0, 0) if self.is_one_way || self.is_broadcast(scene) => Verdict::UdpOneWay,
            (0, 0) if self.expects_nothing(record, scene).is_some() => Verdict::UdpMonologue,
            (0, 0) => Verdict::UdpUnanswered,
            _ => Verdict::UdpAnswered,
        };
        let went = range(record.first_frame, record.last_frame);
        let mut chain = Chain::new(Subject::Udp(self.id, self.flow), verdict);
        let (orig, resp) = (
            Value::side(&self.flow, Side::Orig),
            Value::side(&self.flow, Side::Resp),
        );
        match verdict {
            Verdict::UdpUnreachable => {
                if let Some(complaint) = &self.complaint {
                    complaint.explain(self.flow.resp, About::Datagram, &mut chain);
                }
            }
            Verdict::UdpUnanswered => {
                chain.claim(words::no_datagram_back(
                    resp.clone(),
                    record.messages.orig,
                    went,
                ));
                let answer = scene.addresses.answer(&self.path.because);
                let ip = self.flow.resp.ip;
                if let Some(answer) = answer.filter(|answer| answer.binding.ip == ip) {
                    chain.claim(words::host_is_up(
                        ip,
                        super::asked_by(ip),
                        frame(answer.frame),
                    ));
                }
                chain.claim(words::udp_silence(ip));
            }
            Verdict::UdpMonologue => {
                let datagrams = record.messages.orig;
                chain.claim(words::no_datagram_back(resp.clone(), datagrams, went));
                if let Some(reason) = self.expects_nothing(record, scene) {
                    chain.claim(reason);
                }
            }
            Verdict::UdpOneWay if !self.is_one_way => {
                chain.claim(words::broadcast_address(self.flow.resp.ip));
            }
            _ => {}
        }
        if let Some((answer, question, wait)) = self.answer {
            chain.claim(words::answered(frame(answer), frame(question), wait));
        }
        if let Some((first, bytes)) = self.first {
            chain.claim(words::datagram(frame(first), orig, resp, bytes));
        }
        let first = self.first.map_or(record.first_frame, |(first, _)| first);
        let addresses = scene.addresses;
        addresses.way(&self.path, first, scene.nets, &mut chain);
        chain
    }

    /// It went to the broadcast address of a subnet that is known or inferred.
    fn is_broadcast(&self, scene: &Scene<'_>) -> bool {
        let (IpAddr::V4(src), IpAddr::V4(dst)) = (self.flow.orig.ip, self.flow.resp.ip) else {
            return false;
        };
        let off = self.path.route.and_then(|route| route.off_subnet);
        let nets = scene
            .nets
            .iter()
            .copied()
            .chain(off.and_then(|off| off.net));
        let mut ends = nets.filter(|net| net.contains(&IpAddr::V4(src)));
        // Without a link layer, only the usual subnet tells.
        let is_usual = self.path.route.is_none()
            && dst.octets()[3] == 255
            && src.octets()[..3] == dst.octets()[..3];
        dst.is_broadcast() || is_usual || ends.any(|net| net.broadcast() == self.flow.resp.ip)
    }

    /// Why nothing had to answer it, as far as that can be known.
    fn expects_nothing(&self, record: &UdpRecord, scene: &Scene<'_>) -> Option<Claim> {
        let Flow { orig, resp } = self.flow;
        if (orig.port, resp.port) == DHCP {
            return Some(words::not_owned_yet(resp.ip));
        }
        if let Some(call) = scene.addresses.call_of(resp) {
            return Some(words::answers_a_call(super::socket(resp), frame(call)));
        }
        if let Some(answer) = scene.addresses.datagram(resp.ip, orig) {
            return Some(words::answered_elsewhere(resp.ip, frame(answer)));
        }
        let services = ONE_WAY.iter();
        if let Some((port, service)) = services.copied().find(|(port, _)| *port == resp.port) {
            return Some(words::one_way_service(port, service));
        }
        let is_stream = !self.is_text && record.messages.orig >= STREAM;
        is_stream.then(|| words::no_question(range(record.first_frame, record.last_frame)))
    }
}

/// A datagram of which fragments never came, or contradict each other.
pub(super) fn incomplete(
    it: &FragmentedDatagram,
    first: Option<&Sight>,
    scene: &Scene<'_>,
) -> Chain {
    if it.missing.is_empty() {
        let about = Subject::Datagram(it.src, it.dst);
        let mut chain = Chain::new(about, Verdict::FragmentsContradict);
        chain.claim(words::contradiction(frames(&it.frames), it.id));
        chain.claim(words::not_one_sender(it.dst));
        chain.claim(words::which_is_right());
        return chain;
    }
    let mut chain = Chain::new(Subject::Datagram(it.src, it.dst), Verdict::FragmentsMissing);
    let missing = Value::Stretches(Stretches(it.missing.clone()));
    chain.claim(words::fragments(frames(&it.frames), it.id, missing));
    chain.claim(words::no_datagram(it.dst));
    let is_open = it.missing.iter().any(|(_, to)| to.is_none());
    if is_open {
        chain.claim(words::at_least_too_long(it.len, USUAL_MTU));
    } else if it.len > USUAL_MTU {
        chain.claim(words::too_long_for_the_link(it.len, USUAL_MTU));
    }
    chain.claim(words::fragment_lost_before());
    if let Some(first) = first {
        let addresses = scene.addresses;
        addresses.way_of(first, None, scene.nets, &mut chain);
    }
    chain
}

/// A ping, whether or not it was answered.
pub(super) fn ping(it: &Ping, event: &Event, scene: &Scene<'_>) -> Chain {
    let verdict = if it.rtt.is_some() {
        Verdict::PingAnswered
    } else {
        Verdict::PingUnanswered
    };
    let mut chain = Chain::new(Subject::Ping(it.src, it.dst), verdict);
    let question = event.because.first().copied().or(event.frame);
    let question = question.unwrap_or_default();
    if let (Some(rtt), Some(reply)) = (it.rtt, event.frame) {
        chain.claim(words::ping_replied(frame(reply), frame(question), rtt));
        return chain;
    }
    chain.claim(words::ping_silent(frame(question), it.src, it.dst));
    let answer = scene.addresses.found(it.dst);
    if let Some(answer) = answer {
        chain.claim(words::host_is_up(
            it.dst,
            super::asked_by(it.dst),
            frame(answer.frame),
        ));
    }
    chain.claim(words::ping_silence(it.dst));
    if let Some(answer) = answer {
        chain.claim(answer.claim());
    }
    chain
}
