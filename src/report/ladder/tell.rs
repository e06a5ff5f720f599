//! What events add to the arrows, and what they say of how something ended.

mod address;
mod tcp;

use super::{
    Ending, Entry, Ladder,
    draft::{Draft, Of},
    layout::{Bracket, Line, PieceKind},
    who::Who,
};
use crate::{
    report::{
        prose::Prose,
        story::{Stretches, odd},
        style::Role,
        text,
        why::{Chain, Verdict},
        words::{Arg, Tell, icmp, ladder as words, story},
    },
    track::{
        event::{
            Content, Conversation, Event, ExchangeId, FragmentedDatagram, IcmpError, Kind, Known,
            Oddity, Route, UdpMessage, UdpRecord,
        },
        flow::{Flow, FlowKey, Side},
    },
};

/// At most this many characters of what was said are kept.
const MAX_SAID: usize = 160;

impl Ladder {
    /// Takes note of an event; `verdict` is what became of what it ends.
    pub(super) fn tell(&mut self, event: &Event, verdict: Option<Verdict>) {
        let lang = self.options.lang;
        if let (Some(id), Some(flow)) = (event.kind.conversation(), event.kind.flow()) {
            self.know(id, flow, event.frame);
        }
        match &event.kind {
            Kind::AddressAsked(_)
            | Kind::AddressResolved(_)
            | Kind::AddressUnanswered(_)
            | Kind::AddressAnnounced(_)
            | Kind::AddressProbe(_)
            | Kind::AddressConflict(_) => self.tell_address(event),
            Kind::TcpStep(it) => self.step(event, it),
            Kind::TcpHandshake(it) => self.handshake(event, it),
            Kind::TcpMessage(it) => self.message(event, it),
            Kind::TcpOddity(it) => self.oddity(event, it),
            Kind::TcpTeardown(it) => self.teardown(event, it),
            Kind::TcpClosed(it) => self.connection_closed(event, it),
            Kind::TcpIcmp(it) => self.icmp_error(event, it),

            Kind::UdpMessage(it) => self.datagram(event, it),
            Kind::UdpUnreachable(it) => self.unreachable(event, it),
            Kind::UdpClosed(it) => self.exchange_closed(event, it, verdict),
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
                self.end(
                    event,
                    Of::Fragment,
                    [it.src, it.dst].map(Who::Host),
                    Role::Bad,
                    told,
                );
            }
            Kind::Oddity(it) => {
                let words = match it {
                    Oddity::ConflictSettled { is_new: true, .. } => words::settled_new().text(lang),
                    Oddity::ConflictSettled { .. } => words::settled_old().text(lang),
                    _ => odd(it).of(lang).to_owned(),
                };
                if let Some(draft) = self.of_event(event) {
                    draft.remarks.push((PieceKind::Remark, Role::Odd, words));
                    draft.matters = true;
                }
            }
        }
    }

    fn datagram(&mut self, event: &Event, it: &UdpMessage) {
        if let Some(draft) = self.of_event(event) {
            draft.said = (it.len > 0).then(|| said(&it.content));
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

    fn unreachable(&mut self, event: &Event, it: &IcmpError<ExchangeId>) {
        self.icmp_error(event, it);
        let of = Of::Conversation(Conversation::Udp(it.id));
        let port = it.flow.resp.port;
        let told = match event.because.get(..1) {
            Some(question) => self.say(&words::undelivered(
                question,
                port,
                icmp::reason(&it.reason),
            )),
            None => self.say(&words::lost(port, icmp::reason(&it.reason))),
        };
        self.end(event, of, ends(&it.flow), Role::Bad, told);
    }

    /// What became of a conversation stands with its end, as [`why`](crate::report::why) says it.
    pub(super) fn judged(&mut self, event: &Event, chain: &Chain, flow: &Flow) {
        let Some(id) = chain.about.conversation() else {
            return;
        };
        let (of, verdict) = (Of::Conversation(id), chain.verdict);
        if verdict == Verdict::Unacknowledged {
            self.last_copy_was_lost(of);
        }
        let label = (!verdict.is_its_end()).then(|| verdict.label());
        let entries = self.entries.iter_mut().filter_map(|entry| match entry {
            Entry::Ending(ending) => Some(ending),
            Entry::Arrow(_) => None,
        });
        let mut endings = entries.chain(&mut self.endings).rev();
        if let Some(ending) = endings.find(|ending| ending.of == of) {
            ending.role = verdict.role();
            if let Some(label) = label {
                let how = Arg::Escaped(Role::Plain, &ending.text);
                ending.text = words::judged(label, how).text(self.options.lang);
            }
        } else if let Some(label) = label
            && self.cut_at.is_none()
        {
            let told = words::verdict(label).text(self.options.lang);
            self.end(event, of, ends(flow), verdict.role(), told);
        }
    }

    /// Nothing answered what was sent again last.
    fn last_copy_was_lost(&mut self, of: Of) {
        let last = self.entries.iter_mut().rev().find_map(|entry| match entry {
            Entry::Arrow(it) if it.of == of && it.copy_of.is_some() => Some(it),
            _ => None,
        });
        if let Some(it) = last {
            it.is_unheard |= it.acked_in.is_none();
        }
    }

    fn exchange_closed(&mut self, event: &Event, it: &UdpRecord, verdict: Option<Verdict>) {
        if verdict == Some(Verdict::UdpUnanswered) {
            let of = Of::Conversation(Conversation::Udp(it.exchange));
            let told = self.say(&words::no_datagram_back(it.messages.orig));
            self.end(event, of, ends(&it.flow), Role::Bad, told);
        }
        self.forget(false, &it.flow, Conversation::Udp(it.exchange));
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
        let same = draft
            .flow
            .is_some_and(|of| FlowKey::new(of.orig, of.resp) == key);
        if same && draft.tcp.is_some() == is_tcp {
            draft.of = Of::Conversation(id);
            // A new one on old sockets is not there yet: settling it makes it.
            let is_new = self
                .talks
                .get(&(is_tcp, key))
                .is_none_or(|talk| talk.id != Some(id));
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
        if it.missing.is_empty() {
            return self.say(&words::contradictory(it.id));
        }
        let missing = Stretches(it.missing.clone());
        self.say(&words::incomplete(it.id, Arg::Part(&missing)))
    }

    fn route(&mut self, route: Option<&Route>) {
        if let Some(off) = route.and_then(|route| route.off_subnet)
            && let Some(net) = off.net
        {
            self.net
                .get_or_insert_with(|| (net.to_string(), off.net_known));
            if let Some(ip) = off.gateway_ip {
                self.people.learn(ip, off.gateway_mac);
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

/// What was said, escaped and cut; false where it is no text.
fn said(content: &Content) -> (String, bool) {
    match content.read() {
        Known::Text(words) => {
            let mut kept: String = words.chars().take(MAX_SAID).collect();
            if kept.len() < words.len() {
                kept.push('…');
            }
            (text::escape(&kept).into_owned(), true)
        }
        Known::Bytes(bytes) => {
            let kept = bytes.get(..MAX_SAID / 4).unwrap_or(bytes);
            let more = if kept.len() < bytes.len() { "…" } else { "" };
            (format!("0x{}{more}", text::hex(kept)), false)
        }
    }
}
