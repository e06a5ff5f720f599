//! What events add to the arrows, and what they say of how something ended.

use std::net::IpAddr;

use crate::{
    report::{
        prose::Prose,
        style::Role,
        text,
        words::{Arg, Tell, Told, ladder as words, story},
    },
    track::{
        event::{
            CloseReason, ConnState, Content, Conversation, Event, FragmentedDatagram,
            HandshakeVerdict, IcmpError, Kind, Resent, Resolution, Route, Step, TcpHandshake, TcpOddity, TcpOddityName,
            TcpRecord, TcpTeardown, TeardownKind, TimeWait,
        },
        flow::{Flow, FlowKey, Side},
    },
};

use super::{
    Ending, Entry, Ladder,
    draft::{Draft, Fold, Of},
    layout::{Bracket, Line, PieceKind},
    who::Who,
};

/// At most this many characters of what was said are kept.
const MAX_SAID: usize = 160;

/// At most this many copies are named where the original is drawn.
const MAX_COPIES: usize = 3;

impl Ladder {
    /// Takes note of an event.
    pub(super) fn tell(&mut self, event: &Event) {
        let lang = self.options.lang;
        if let (Some(id), Some(flow)) = (event.kind.conversation(), event.kind.flow()) {
            self.know(id, flow, event.frame);
        }
        match &event.kind {
            Kind::AddressAsked(it) => {
                let to = if it.broadcast {
                    Who::Everyone
                } else {
                    Who::Host(it.ip)
                };
                self.people.learn(it.asked_by.ip, it.asked_by.mac);
                if let Some(draft) = self.address(event, it.by, Who::Host(it.asked_by.ip), to) {
                    draft.asks(it.ip, it.asked_by.ip, false, lang);
                }
                if let Some(draft) = self.of_event(event).filter(|_| it.tries > 1) {
                    draft.tries = Some(it.tries);
                }
            }
            Kind::AddressResolved(it) => {
                self.people.learn(it.binding.ip, it.binding.mac);
                let [from, to] = [it.binding.ip, it.asked_by.ip].map(Who::Host);
                if let Some(draft) = self.address(event, it.by, from, to) {
                    draft.answers(it.binding.ip, it.asked_by.ip, it.binding.mac, lang);
                }
            }
            Kind::AddressAnnounced(it) => {
                let by = resolution(it.ip);
                if let Some(draft) = self.address(event, by, Who::Host(it.ip), Who::Everyone) {
                    draft.answers(it.ip, it.ip, it.mac, lang);
                    draft.label.extra(words::UNASKED.of(lang));
                }
            }
            Kind::AddressProbe(it) => {
                let by = resolution(it.ip);
                if let Some(draft) = self.address(event, by, Who::Station(it.mac), Who::Everyone) {
                    draft.asks(it.ip, it.ip, true, lang);
                }
            }
            Kind::AddressUnanswered(it) => {
                let between = [Who::Host(it.asked_by.ip), Who::Everyone];
                let ending = event.ending.then(story::before_the_end);
                // The last question may have been answered after the end; a question before it was not.
                let why = (!event.ending || it.tries > 1).then(words::absent);
                let told = self.say(&words::nobody_has(it.tries, &ending, it.ip, &why));
                self.end(event, of(it.by), between, Role::Bad, told);
            }
            Kind::AddressConflict(it) => {
                self.people.claim(it.ip, it.new_mac);
                if let Some(draft) = self.of_event(event) {
                    draft.role = Role::Bad;
                    draft.from = Who::Claimant(it.ip, it.new_mac);
                }
                let between = [Who::Host(it.ip), Who::Claimant(it.ip, it.new_mac)];
                let told = self.say(&words::conflict(it.new_mac, it.ip, it.old_mac));
                self.end(event, of(it.by), between, Role::Bad, told);
            }

            Kind::TcpStep(it) => {
                if let Step::Syn { tries } | Step::SynAck { tries, .. } = it.step
                    && tries > 1
                    && let Some(draft) = self.of_event(event)
                {
                    draft.tries = Some(tries);
                }
                self.route(it.route.as_ref());
            }
            Kind::TcpHandshake(it) => self.handshake(event, it),
            Kind::TcpMessage(it) => {
                let first = it.frames.first().copied().or(event.frame);
                if let Some(draft) = first.and_then(|first| self.arrow(first))
                    && draft.count == 1
                {
                    draft.said = said(&it.content);
                    draft.fold = None;
                    if it.frames.len() > 1 {
                        draft.part_of = Some((it.len, it.frames.len() as u64));
                    }
                }
            }
            Kind::TcpOddity(it) => self.oddity(event, it),
            Kind::TcpTeardown(it) => self.teardown(event, it),
            Kind::TcpClosed(it) => {
                if let Some(told) = closed(it) {
                    let of = Of::Conversation(Conversation::Tcp(it.conn));
                    let told = self.say(&told);
                    self.end(event, of, ends(&it.flow), Role::Odd, told);
                }
                self.forget(true, &it.flow, Conversation::Tcp(it.conn));
            }
            Kind::TcpIcmp(it) => self.icmp_error(event, it),

            Kind::UdpMessage(it) => {
                if let Some(draft) = self.of_event(event) {
                    draft.said = said(&it.content).filter(|_| it.len > 0);
                    draft.bytes = Some(it.len);
                    if it.frames.len() > 1 {
                        draft.part_of = Some((it.len, it.frames.len() as u64));
                    }
                    draft.flow = Some(directed(&it.flow, it.from));
                    draft.line = Line::Solid;
                    draft.of = Of::Conversation(Conversation::Udp(it.exchange));
                }
                // The last piece of a datagram is known by its sockets only now.
                self.know(Conversation::Udp(it.exchange), &it.flow, event.frame);
                self.bracket(&it.frames, Role::Plain);
                self.route(it.route.as_ref());
            }
            Kind::UdpUnreachable(it) => {
                self.icmp_error(event, it);
                let of = Of::Conversation(Conversation::Udp(it.id));
                let port = it.flow.resp.port;
                let told = match event.because.get(..1) {
                    Some(question) => self.say(&words::undelivered(question, port, &it.reason)),
                    None => self.say(&words::lost(port, &it.reason)),
                };
                self.end(event, of, ends(&it.flow), Role::Bad, told);
            }
            Kind::UdpClosed(it) => {
                if it.conn_state == ConnState::S0 && it.unreachable == 0 {
                    let of = Of::Conversation(Conversation::Udp(it.exchange));
                    let told = self.say(&words::no_datagram_back(it.messages.orig));
                    self.end(event, of, ends(&it.flow), Role::Odd, told);
                }
                self.forget(false, &it.flow, Conversation::Udp(it.exchange));
            }

            Kind::Ping(it) => {
                if let (Some(rtt), Some(draft)) = (it.rtt, self.of_event(event)) {
                    draft.label.extra(words::after(rtt).text(lang));
                }
            }
            Kind::PingUnanswered(it) => {
                let between = [it.src, it.dst].map(Who::Host);
                let ending = event.ending.then(story::before_the_end);
                let told = self.say(&words::no_reply(it.seq, &ending));
                self.end(event, Of::Icmp, between, Role::Bad, told);
            }

            Kind::DatagramReassembled(it) => self.bracket(&it.frames, Role::Plain),
            Kind::DatagramIncomplete(it) => {
                self.bracket(&it.frames, Role::Bad);
                let told = self.incomplete(it);
                self.end(event, Of::Fragment, [it.src, it.dst].map(Who::Host), Role::Bad, told);
            }
            Kind::Oddity(it) => {
                let name = text::escape(it.name).into_owned();
                if let Some(draft) = self.of_event(event) {
                    draft.remarks.push((PieceKind::Extra, Role::Odd, name));
                    draft.matters = true;
                }
            }
        }
    }

    /// Which conversation a frame belongs to, and who began it.
    fn know(&mut self, id: Conversation, flow: &Flow, frame: Option<u64>) {
        let is_tcp = matches!(id, Conversation::Tcp(_));
        let key = FlowKey::new(flow.orig, flow.resp);
        if let Some(talk) = self.talks.get_mut(&(is_tcp, key))
            && talk.id.is_none_or(|known| known == id)
        {
            talk.id = Some(id);
            talk.orig = Some(flow.orig);
        }
        let Some(draft) = self.pending.as_mut().filter(|it| Some(it.frame) == frame) else {
            return;
        };
        let same = draft.flow.is_some_and(|of| FlowKey::new(of.orig, of.resp) == key);
        if same && draft.tcp.is_some() == is_tcp {
            draft.of = Of::Conversation(id);
            // A new one on old sockets is not there yet: settling it makes it.
            let is_new = self.talks.get(&(is_tcp, key)).is_none_or(|talk| talk.id != Some(id));
            if is_new {
                self.talks.remove(&(is_tcp, key));
                if let Some(talk) = self.talk(is_tcp, flow) {
                    talk.id = Some(id);
                    talk.orig = Some(flow.orig);
                }
            }
        }
    }

    fn forget(&mut self, is_tcp: bool, flow: &Flow, id: Conversation) {
        let key = (is_tcp, FlowKey::new(flow.orig, flow.resp));
        let is_pending = self
            .pending
            .as_ref()
            .and_then(|it| it.flow)
            .is_some_and(|of| FlowKey::new(of.orig, of.resp) == key.1);
        if !is_pending && self.talks.get(&key).is_some_and(|talk| talk.id == Some(id)) {
            self.talks.remove(&key);
        }
    }

    /// The arrow of the frame that completes an event.
    fn of_event(&mut self, event: &Event) -> Option<&mut Draft> {
        self.arrow(event.frame?)
    }

    /// A new arrow for a question or an answer whose frame was not chosen itself but is what something
    /// chosen follows from; `None` where the frame has its arrow.
    fn address(&mut self, event: &Event, by: Resolution, from: Who, to: Who) -> Option<&mut Draft> {
        let frame = event.frame?;
        if self.arrow(frame).is_some() || !self.has_place(frame) {
            return None;
        }
        let mut draft = Draft::new(frame, event.at, of(by), from, to);
        draft.line = Line::Thin;
        let at = self.entries.partition_point(|entry| entry.frame() <= frame);
        self.entries.insert(at, Entry::Arrow(Box::new(draft)));
        self.arrow(frame)
    }

    fn end(&mut self, event: &Event, of: Of, between: [Who; 2], role: Role, text: String) {
        let frame = event.frame.unwrap_or(self.last_frame.max(1));
        self.endings.push(Ending {
            frame,
            at: event.at,
            of,
            between,
            role,
            text,
        });
        if self.pending.is_none() {
            self.commit();
        }
    }

    /// A sentence that calls what it can by its name.
    fn say(&self, told: &dyn Tell) -> String {
        let mut prose = Prose::with_names(self.options.lang, &self.options.names);
        told.tell(Role::Plain, &mut prose);
        prose.into_text()
    }

    fn incomplete(&self, it: &FragmentedDatagram) -> String {
        /// The end of a stretch whose end nobody told.
        const UNKNOWN_END: u32 = 65_535;
        if it.missing.is_empty() {
            return self.say(&words::contradictory(it.id));
        }
        let stretch = |&(from, to): &(u32, u32)| match to {
            UNKNOWN_END => self.say(&story::open_stretch(from)),
            to => self.say(&story::stretch(from, to)),
        };
        let missing: Vec<_> = it.missing.iter().take(4).map(stretch).collect();
        let missing = missing.join(story::COMMA.of(self.options.lang));
        self.say(&words::incomplete(it.id, Arg::Escaped(Role::Plain, &missing)))
    }

    fn route(&mut self, route: Option<&Route>) {
        if let Some(off) = route.and_then(|route| route.off_subnet)
            && let Some(net) = off.net
        {
            self.net.get_or_insert_with(|| (net.to_string(), off.net_known));
            if let Some(ip) = off.gateway_ip {
                self.people.learn(ip, off.gateway_mac);
            }
        }
    }

    fn handshake(&mut self, event: &Event, it: &TcpHandshake) {
        self.route(it.route.as_ref());
        let ending = event.ending.then(story::before_the_end);
        let told = match it.verdict {
            HandshakeVerdict::Complete => {
                if let Some(draft) = self.of_event(event) {
                    draft.matters = true;
                }
                return;
            }
            HandshakeVerdict::SimultaneousOpen => self.say(&words::connected_crosswise()),
            HandshakeVerdict::Refused => {
                let tries = (it.tries > 1).then(|| story::after_tries(it.tries));
                self.say(&words::refused(&tries, it.flow.resp.port))
            }
            HandshakeVerdict::Unanswered => {
                let why = (!event.ending || it.tries > 1).then(story::down_or_dropped);
                self.say(&words::unanswered(it.tries, &ending, &why))
            }
            HandshakeVerdict::Unreachable => {
                self.say(&words::unreachable(it.icmp.as_deref().unwrap_or_default()))
            }
            HandshakeVerdict::HalfOpen => self.say(&words::half_open(it.flow.orig.ip, &ending)),
            HandshakeVerdict::Aborted => self.say(&words::aborted(it.flow.orig.ip)),
            HandshakeVerdict::NotSeen => return,
        };
        let role = match it.verdict {
            HandshakeVerdict::SimultaneousOpen => Role::Good,
            _ => Role::Bad,
        };
        let of = Of::Conversation(Conversation::Tcp(it.conn));
        self.end(event, of, ends(&it.flow), role, told);
    }

    fn teardown(&mut self, event: &Event, it: &TcpTeardown) {
        if let Some(draft) = self.of_event(event) {
            draft.matters = true;
        }
        let how = match it.kind {
            TeardownKind::FourSegment => story::four_segments(),
            TeardownKind::ThreeSegment => story::three_segments(),
            TeardownKind::SimultaneousClose => story::simultaneous_close(),
            TeardownKind::HalfClosed => story::half_closed(),
            TeardownKind::Reset => words::reset(),
            TeardownKind::None => return,
        };
        let role = match it.kind {
            TeardownKind::HalfClosed => Role::Odd,
            TeardownKind::Reset => Role::Bad,
            _ => Role::Good,
        };
        // In a conflict it matters which of the claimants cuts off.
        let from = self.of_event(event).map(|draft| draft.from);
        let told = match (it.reset_by, it.time_wait) {
            (Some(_), _) if let Some(Who::Claimant(_, mac)) = from => {
                self.say(&words::reset_by(mac))
            }
            (Some(side), _) if it.kind == TeardownKind::Reset => {
                self.say(&words::reset_by(it.flow.endpoint(side).ip))
            }
            (_, Some(TimeWait::Both)) => self.say(&words::closed(&how, &story::both_wait())),
            (_, Some(TimeWait::Orig)) => {
                self.say(&words::closed(&how, &words::waits(it.flow.orig.ip)))
            }
            (_, Some(TimeWait::Resp)) => {
                self.say(&words::closed(&how, &words::waits(it.flow.resp.ip)))
            }
            (_, None) => self.say(&how),
        };
        let of = Of::Conversation(Conversation::Tcp(it.conn));
        self.end(event, of, ends(&it.flow), role, told);
    }

    fn icmp_error<Id>(&mut self, event: &Event, it: &IcmpError<Id>) {
        let lang = self.options.lang;
        let id = event.kind.conversation();
        let quoted = event.because.first().copied();
        if let Some(draft) = self.of_event(event) {
            draft.role = Role::Bad;
            draft.line = Line::Error;
            if let Some(id) = id {
                draft.of = Of::Conversation(id);
            }
            if let Some(frame) = quoted {
                draft.label.word(Role::Quiet, words::about(&[frame][..]).text(lang));
            }
            if let Some(mtu) = it.mtu {
                draft.label.extra(words::at_most(mtu).text(lang));
            }
        }
    }

    fn oddity(&mut self, event: &Event, it: &TcpOddity) {
        let original = event.because.first().copied();
        let name = it.name.as_str();
        let lang = self.options.lang;
        let mut copy = None;
        if let Some(draft) = self.of_event(event) {
            draft.matters = true;
            if draft.role != Role::Bad {
                draft.role = Role::Odd;
            }
            draft.fold = None;
            let is_bare = draft.tcp.is_some_and(|tcp| tcp.is_pure_ack());
            let words = match it.name {
                TcpOddityName::Retransmission { what, .. } => {
                    copy = Some(original);
                    draft.line = Line::Copy;
                    match (what, original) {
                        // Told with the step.
                        (Resent::Syn, _) | (_, Some(_)) => None,
                        _ => Some(words::first_not_seen().text(lang)),
                    }
                }
                TcpOddityName::SpuriousRetransmission { .. } => {
                    copy = Some(original);
                    draft.line = Line::Copy;
                    Some(words::needless().text(lang))
                }
                TcpOddityName::OutOfOrder { .. } => Some(words::out_of_order().text(lang)),
                TcpOddityName::DuplicateAck => Some(words::duplicate().text(lang)),
                TcpOddityName::ZeroWindow => Some(words::zero_window().text(lang)),
                TcpOddityName::WindowProbe => Some(words::window_probe().text(lang)),
                TcpOddityName::WindowReopened { stalled } => {
                    draft.role = Role::Good;
                    Some(words::reopened(stalled).text(lang))
                }
                TcpOddityName::KeepAlive => Some(words::keep_alive().text(lang)),
                TcpOddityName::OverlapConflict { .. } => {
                    draft.role = Role::Bad;
                    Some(words::overlap().text(lang))
                }
                TcpOddityName::BadChecksum { .. } => {
                    draft.role = Role::Bad;
                    if let Some(tcp) = &mut draft.tcp {
                        tcp.is_void = true;
                    }
                    Some(words::bad_checksum().text(lang))
                }
                TcpOddityName::Gap { len } => {
                    draft.role = Role::Bad;
                    Some(words::gap(len).text(lang))
                }
                TcpOddityName::RstOutOfWindow => {
                    if let Some(tcp) = &mut draft.tcp {
                        tcp.is_void = true;
                    }
                    Some(words::out_of_window().text(lang))
                }
            };
            if is_bare && copy.is_none() {
                draft.fold = Some(Fold::Odd(name));
            }
            if let Some(words) = words {
                let role = draft.role;
                draft.remarks.push((PieceKind::Word, role, words));
            }
            if let Some(Some(original)) = copy {
                draft.copy_of = Some(original);
            }
        }
        if let (Some(Some(original)), Some(frame)) = (copy, event.frame)
            && let Some(draft) = self.arrow(original)
        {
            if draft.copied_in.len() < MAX_COPIES {
                draft.copied_in.push(frame);
            }
        }
    }

    /// Ties the pieces of a datagram together, as far as they are drawn.
    fn bracket(&mut self, frames: &[u64], role: Role) {
        let mut frames = frames.to_vec();
        frames.sort_unstable();
        frames.retain(|frame| self.arrow(*frame).is_some());
        if frames.len() < 2 && role != Role::Bad {
            return;
        }
        for (at, frame) in frames.iter().enumerate() {
            let is_last = at + 1 == frames.len();
            if let Some(draft) = self.arrow(*frame) {
                draft.bracket = Some(match at {
                    _ if is_last => Bracket::End,
                    0 => Bracket::Begin,
                    _ => Bracket::Middle,
                });
                if role == Role::Bad {
                    draft.role = role;
                }
            }
        }
    }
}

/// The ends of a conversation as rails.
fn ends(flow: &Flow) -> [Who; 2] {
    if flow.orig.ip == flow.resp.ip {
        [flow.orig, flow.resp].map(Who::Socket)
    } else {
        [flow.orig.ip, flow.resp.ip].map(Who::Host)
    }
}

/// A flow in the direction that one side speaks.
const fn directed(flow: &Flow, from: Side) -> Flow {
    Flow {
        orig: flow.endpoint(from),
        resp: flow.endpoint(from.other()),
    }
}

fn of(by: Resolution) -> Of {
    match by {
        Resolution::Arp => Of::Arp,
        Resolution::Neighbor => Of::Ndp,
    }
}

fn resolution(ip: IpAddr) -> Resolution {
    if ip.is_ipv4() {
        Resolution::Arp
    } else {
        Resolution::Neighbor
    }
}

/// What was said, escaped and cut; false where it is no text.
fn said(content: &Content) -> Option<(String, bool)> {
    Some(match content {
        Content::Text(words) => {
            let mut kept: String = words.chars().take(MAX_SAID).collect();
            if kept.len() < words.len() {
                kept.push('…');
            }
            (text::escape(&kept).into_owned(), true)
        }
        Content::Bytes(bytes) => {
            let kept = bytes.get(..MAX_SAID / 4).unwrap_or(bytes);
            let more = if kept.len() < bytes.len() { "…" } else { "" };
            (format!("0x{}{more}", text::hex(kept)), false)
        }
    })
}

/// Why a record was closed, where nothing else has told it.
fn closed(it: &TcpRecord) -> Option<Told<'static, 0>> {
    let opened = matches!(
        it.handshake,
        HandshakeVerdict::Complete | HandshakeVerdict::SimultaneousOpen | HandshakeVerdict::NotSeen
    );
    Some(match (it.reason, it.teardown) {
        (CloseReason::CaptureEnded, _) if !opened => return None,
        (CloseReason::CaptureEnded, TeardownKind::None) => words::still_open(),
        (CloseReason::CaptureEnded, TeardownKind::HalfClosed) => words::still_half_open(),
        (CloseReason::Idle, _) => words::idle(),
        (CloseReason::Evicted, _) => words::evicted(),
        (CloseReason::PortReuse, TeardownKind::None) => words::port_reuse(),
        _ => return None,
    })
}
