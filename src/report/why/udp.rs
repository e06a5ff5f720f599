//! What is remembered of an exchange, and the proof of what became of it; fragments and pings.

use super::{
    Scene,
    chain::{Chain, Subject, Value},
    frame, frames,
    icmp::{About, Complaint},
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

/// What was seen of an exchange.
#[derive(Debug)]
pub(super) struct Dossier {
    pub id: ExchangeId,
    pub flow: Flow,
    pub path: Path,
    is_one_way: bool,
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
            (0, 0) if self.is_one_way => Verdict::UdpOneWay,
            (0, 0) => Verdict::UdpUnanswered,
            _ => Verdict::UdpAnswered,
        };
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
                chain.claim(words::no_datagram_back(resp.clone(), record.messages.orig));
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
}

/// A datagram of which fragments never came, or contradict each other.
pub(super) fn incomplete(it: &FragmentedDatagram) -> Chain {
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
    if it.len > USUAL_MTU {
        chain.claim(words::too_long_for_the_link(it.len, USUAL_MTU));
    }
    chain.claim(words::fragment_lost_where());
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
