//! What happens in a connection.

use super::{
    super::{
        Entry, Ladder,
        draft::{Draft, Fold, Of},
        layout::{Line, PieceKind},
        who::Who,
    },
    ends, said,
};
use crate::{
    report::{
        story::told_its_mac,
        style::Role,
        words::{Told, icmp, ladder as words, story},
    },
    track::{
        event::{
            CloseReason, ConnectionId, Conversation, Event, HandshakeVerdict, IcmpError, Resent,
            Step, TcpHandshake, TcpMessage, TcpOddity, TcpOddityName, TcpRecord, TcpStep,
            TcpTeardown, TeardownKind, TimeWait,
        },
        flow::{Flow, FlowKey},
    },
};

/// How far back earlier copies are looked for.
const COPY_REACH: usize = 256;

/// At most this many copies are named where the original is drawn.
const MAX_COPIES: usize = 3;

impl Ladder {
    pub(super) fn step(&mut self, event: &Event, it: &TcpStep) {
        if let Step::Syn { tries } | Step::SynAck { tries, .. } = it.step
            && tries > 1
            && let Some(draft) = self.of_event(event)
        {
            draft.tries = Some(tries);
        }
        self.route(it.route.as_ref());
    }

    pub(super) fn message(&mut self, event: &Event, it: &TcpMessage) {
        let first = it.frames.first().copied().or(event.frame);
        if let Some(draft) = first.and_then(|first| self.arrow(first))
            && draft.count == 1
        {
            draft.said = Some(said(&it.content));
            draft.fold = None;
            if it.frames.len() > 1 {
                draft.part_of = Some((it.len, it.frames.len() as u64));
            }
        }
    }

    pub(super) fn connection_closed(&mut self, event: &Event, it: &TcpRecord) {
        if let Some(told) = closed(it) {
            let of = Of::Conversation(Conversation::Tcp(it.conn));
            let told = self.say(&told);
            if event.ending {
                // The last frame may be the one that acknowledges.
                self.commit();
            }
            self.end(event, of, ends(&it.flow), Role::Odd, told);
        }
        self.forget(true, &it.flow, Conversation::Tcp(it.conn));
    }

    /// What a connection that has ended is remembered for: who went on after a FIN, who had no room.
    fn remembered(&self, flow: &Flow) -> String {
        let Some(talk) = self.talks.get(&(true, FlowKey::new(flow.orig, flow.resp))) else {
            return String::new();
        };
        let mut told = String::new();
        if let (Some((whose, ..)), Some(span)) = (talk.fin, talk.went_on) {
            let is_orig = (talk.first == flow.orig) == (whose == 0);
            let who = if is_orig { flow.resp.ip } else { flow.orig.ip };
            told.push_str(&self.say(&words::went_on(who, span)));
        }
        if let Some((who, span)) = talk.stalled {
            told.push_str(&self.say(&words::stalled(who.ip, span)));
        }
        told
    }

    pub(super) fn handshake(&mut self, event: &Event, it: &TcpHandshake) {
        self.route(it.route.as_ref());
        let ending = event.ending.then(story::before_the_end);
        let told = match it.verdict {
            HandshakeVerdict::Complete => {
                if let Some(draft) = self.of_event(event) {
                    draft.matters = true;
                }
                // Of several SYNs the latest before the SYN-ACK is answered.
                let answered = it.syn_frame.unwrap_or(0);
                self.unheard(it.conn, |draft| {
                    !draft.is_syn_ack() && draft.frame < answered
                });
                return;
            }
            HandshakeVerdict::SimultaneousOpen => self.say(&words::connected_crosswise()),
            HandshakeVerdict::Refused => {
                let tries = (it.tries > 1).then(|| story::after_tries(it.tries));
                self.say(&words::refused(&tries, it.flow.resp.port))
            }
            HandshakeVerdict::Unanswered => {
                let is_settled = !event.ending || it.tries > 1;
                if is_settled {
                    self.unheard(it.conn, |draft| !draft.is_syn_ack());
                }
                let up = told_its_mac(it, &event.because)
                    .filter(|_| is_settled)
                    .map(story::up_but_silent);
                let down = (is_settled && up.is_none()).then(story::down_or_dropped);
                self.say(&words::unanswered(it.tries, &ending, &up, &down))
            }
            HandshakeVerdict::Unreachable => {
                let reason = it.icmp.as_deref().unwrap_or_default();
                self.say(&words::unreachable(icmp::reason(reason)))
            }
            HandshakeVerdict::HalfOpen => {
                let is_again = |entry: &Entry| match entry {
                    Entry::Arrow(it) => it.is_syn_ack() && it.copy_of.is_some(),
                    Entry::Ending(_) => false,
                };
                if !event.ending || self.entries.iter().any(is_again) {
                    self.unheard(it.conn, Draft::is_syn_ack);
                }
                self.say(&words::half_open(it.flow.orig.ip, &ending))
            }
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

    /// Such of its SYNs and SYN-ACKs had no answer.
    fn unheard(&mut self, conn: ConnectionId, is_such: impl Fn(&Draft) -> bool) {
        let of = Of::Conversation(Conversation::Tcp(conn));
        let drawn = self.entries.iter_mut().filter_map(|entry| match entry {
            Entry::Arrow(draft) => Some(&mut **draft),
            Entry::Ending(_) => None,
        });
        for draft in drawn.chain(&mut self.pending) {
            let is_syn = draft.tcp.is_some_and(|tcp| tcp.flags.syn());
            draft.is_unheard |= is_syn && draft.of == of && is_such(draft);
        }
    }

    pub(super) fn teardown(&mut self, event: &Event, it: &TcpTeardown) {
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
        let told = told + &self.remembered(&it.flow);
        let of = Of::Conversation(Conversation::Tcp(it.conn));
        self.end(event, of, ends(&it.flow), role, told);
    }

    pub(super) fn icmp_error<Id>(&mut self, event: &Event, it: &IcmpError<Id>) {
        let lang = self.options.lang;
        let id = event.kind.conversation();
        let quoted = event.because.first().copied();
        // What somebody on the way gives back has not arrived.
        let teller = self.of_event(event).map(|draft| draft.from);
        if let Some(it) = quoted.and_then(|frame| self.arrow(frame))
            && it.count == 1
            && teller.is_some_and(|teller| teller != it.to)
        {
            it.is_unheard = true;
        }
        if let Some(draft) = self.of_event(event) {
            draft.role = Role::Bad;
            draft.line = Line::Error;
            if let Some(id) = id {
                draft.of = Of::Conversation(id);
            }
            if let Some(frame) = quoted {
                draft
                    .label
                    .word(Role::Quiet, words::about(&[frame][..]).text(lang));
            }
            if let Some(mtu) = it.mtu {
                draft.label.extra(words::at_most(mtu).text(lang));
            }
        }
    }

    pub(super) fn oddity(&mut self, event: &Event, it: &TcpOddity) {
        if let TcpOddityName::WindowReopened { stalled } = it.name {
            let who = it.flow.endpoint(it.from);
            if let Some(talk) = self.talk(true, &it.flow)
                && talk.stalled.is_none_or(|(_, longest)| longest < stalled)
            {
                talk.stalled = Some((who, stalled));
            }
        }
        let original = event.because.first().copied();
        let name = it.name.as_str();
        let lang = self.options.lang;
        let mut copy = None;
        let mut is_lost = false;
        // Where only one side was captured nobody knows what the other answered.
        let key = FlowKey::new(it.flow.orig, it.flow.resp);
        let talk = self.talks.get(&(true, key));
        let has_both = talk.is_some_and(|talk| talk.sent.iter().all(Option::is_some));
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
                    is_lost = has_both && what != Resent::Syn;
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
        if let (Some(Some(original)), Some(frame)) = (copy, event.frame) {
            if let Some(draft) = self.arrow(original) {
                draft.is_unheard |= is_lost && draft.count == 1;
                if draft.copied_in.len() < MAX_COPIES {
                    draft.copied_in.push(frame);
                }
            }
            if is_lost {
                self.copies_were_lost(original, frame);
            }
        }
    }

    /// What is sent yet again before `frame` did not arrive the times before.
    fn copies_were_lost(&mut self, original: u64, frame: u64) {
        let recent = self.entries.iter_mut().rev().take(COPY_REACH);
        for entry in recent {
            if let Entry::Arrow(draft) = entry
                && draft.copy_of == Some(original)
                && draft.frame < frame
                && draft.acked_in.is_none()
            {
                draft.is_unheard = true;
            }
        }
    }
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
        (CloseReason::Idle, _) => words::idle(),
        (CloseReason::Evicted, _) => words::evicted(),
        (CloseReason::PortReuse, TeardownKind::None) => words::port_reuse(),
        _ => return None,
    })
}
