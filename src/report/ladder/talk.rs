//! What the conversation that an arrow belongs to makes of it: its states, its numbers, its colour.

use std::time::Duration;

use super::{
    Ladder,
    draft::{self, Draft, Of},
    layout::{Line, PieceKind},
    states::{Machine, Moves, Segment, State},
};
use crate::{
    decode::tcp::SeqNumber,
    report::{style::Role, words::ladder as words},
    time::Timestamp,
    track::{
        event::Conversation,
        flow::{Endpoint, Flow, FlowKey},
    },
};

/// At most this many connections and exchanges are followed at once.
const MAX_TALKS: usize = 16_384;

/// A hole as large as this is damage, in bytes.
const MAX_HOLE: u32 = 1 << 30;

/// A connection or an exchange.
#[derive(Debug)]
pub(super) struct Talk {
    pub id: Option<Conversation>,
    /// Who spoke first.
    pub first: Endpoint,
    /// Who began it, as the tracker says.
    pub orig: Option<Endpoint>,
    pub machine: Machine,
    /// Where both ends began to count.
    pub base: [Option<SeqNumber>; 2],
    /// The number behind all that either end has sent.
    pub sent: [Option<SeqNumber>; 2],
    pub is_introduced: bool,
    /// The first FIN: whose, the number behind it, and when.
    pub fin: Option<(usize, SeqNumber, Timestamp)>,
    /// For how long the other side went on, though it knew of that FIN.
    pub went_on: Option<Duration>,
    /// The longest that a side had no room for more.
    pub stalled: Option<(Endpoint, Duration)>,
}

impl Talk {
    /// How many bytes that nobody has seen yet lie between a segment and all that its sender sent before.
    fn hole_before(&mut self, tcp: &draft::Tcp, me: usize) -> u32 {
        if tcp.flags.rst() {
            return 0;
        }
        let sent = &mut self.sent[me];
        let hole = match *sent {
            Some(sent) if !tcp.flags.syn() => tcp.seq.distance(sent),
            _ => 0,
        };
        if sent.is_none_or(|sent| tcp.flags.syn() || tcp.end().after(sent)) {
            *sent = Some(tcp.end());
        }
        u32::try_from(hole).map_or(0, |hole| if hole < MAX_HOLE { hole } else { 0 })
    }

    /// Takes note of what tells how it ended.
    fn remember(&mut self, tcp: &draft::Tcp, me: usize, at: Timestamp) {
        if tcp.len > 0
            && let (Some((whose, end, fin_at)), Some(ack)) = (self.fin, tcp.ack)
            && whose != me
            && !ack.before(end)
        {
            self.went_on = Some(at.since(fin_at));
        }
        if tcp.flags.fin() {
            self.fin.get_or_insert((me, tcp.end(), at));
        }
    }
}

impl Ladder {
    /// What the conversation that it belongs to makes of an arrow.
    pub(super) fn settle(&mut self, it: &mut Draft) {
        let Some(flow) = it.flow else {
            return;
        };
        let Some(talk) = self.talk(it.tcp.is_some(), &flow) else {
            return;
        };
        let me = usize::from(flow.orig != talk.first);
        match it.of {
            Of::Conversation(id) if matches!(it.line, Line::Error) => {
                talk.id.get_or_insert(id);
            }
            Of::Conversation(id) => talk.id = Some(id),
            Of::Tcp | Of::Udp => it.of = talk.id.map_or(it.of, Of::Conversation),
            _ => {}
        }
        let voice = match talk.orig.map(|orig| orig == flow.orig) {
            Some(true) => Role::Orig,
            Some(false) => Role::Resp,
            None => Role::Plain,
        };
        it.voice = voice;
        if it.bytes.is_some_and(|bytes| bytes > 0) && it.role == Role::Plain {
            it.role = voice;
        }
        // A SYN-ACK that overtook its SYN introduces nothing: it goes to the port that asked.
        let introduces = !it.is_syn_ack() && !std::mem::replace(&mut talk.is_introduced, true);
        let mut hole = 0;
        let mut moves = Moves::default();
        if let Some(tcp) = it.tcp {
            let [mine, yours] = [me, 1 - me];
            if tcp.flags.syn() {
                talk.base[mine] = Some(tcp.seq);
            }
            talk.base[mine].get_or_insert(tcp.seq);
            if let Some(ack) = tcp.ack.filter(|_| !tcp.flags.rst()) {
                // What a SYN-ACK acknowledges is the SYN, and so does the first segment behind a SYN.
                let opened = talk.base[mine].is_some_and(|base| tcp.seq == base + 1);
                let first = if tcp.flags.syn() || opened {
                    SeqNumber(ack.0.wrapping_sub(1))
                } else {
                    ack
                };
                talk.base[yours].get_or_insert(first);
            }
            let base = [talk.base[mine], talk.base[yours]];
            hole = talk.hole_before(&tcp, mine);
            if !tcp.is_void {
                talk.remember(&tcp, me, it.at);
                moves = talk.machine.observe(Segment {
                    frame: it.frame,
                    from: me,
                    seq: tcp.seq,
                    ack: tcp.ack,
                    syn: tcp.flags.syn(),
                    fin: tcp.flags.fin(),
                    rst: tcp.flags.rst(),
                    len: tcp.len,
                });
            }
            it.name_segment(base, self.options.verbose, self.options.lang);
        }
        if introduces {
            it.port = Some(flow.resp.port);
        }
        // Segments in pieces go by unread.
        if hole > 0 && !self.has_pieces {
            let words = words::hole(u64::from(hole)).text(self.options.lang);
            it.remarks.push((PieceKind::Word, Role::Odd, words));
        }
        self.move_states(it, me, moves);
    }

    fn move_states(&mut self, it: &mut Draft, me: usize, moves: Moves) {
        let ends = if me == 0 {
            [it.from, it.to]
        } else {
            [it.to, it.from]
        };
        for (end, who) in ends.into_iter().enumerate() {
            if let Some(state) = moves.to.get(end).copied().flatten() {
                it.after.push((who, state, end != me));
                it.matters = true;
            }
            if let Some(frame) = moves.proven.get(end).copied().flatten()
                && let Some(past) = self.arrow(frame)
            {
                let to = past.to;
                for mark in past.after.iter_mut().filter(|mark| mark.0 == to) {
                    mark.2 = false;
                }
            }
            if let Some((frame, state)) = moves.corrected.get(end).copied().flatten()
                && let Some(past) = self.arrow(frame)
            {
                let to = past.to;
                for mark in past.after.iter_mut().filter(|mark| mark.0 == to) {
                    mark.1 = state;
                }
            }
            if let Some(frame) = moves.retracted.get(end).copied().flatten()
                && let Some(past) = self.arrow(frame)
            {
                let to = past.to;
                past.after.retain(|mark| mark.0 != to);
            }
        }
        if let Some(syn) = moves.listened
            && let Some(past) = self.arrow(syn)
            && past.before.is_empty()
        {
            past.before.push((past.to, State::Listen, true));
        }
    }

    /// The conversation of a flow, in whichever direction; a new one where there is room.
    pub(super) fn talk(&mut self, is_tcp: bool, flow: &Flow) -> Option<&mut Talk> {
        let key = (is_tcp, FlowKey::new(flow.orig, flow.resp));
        if self.talks.len() >= MAX_TALKS && !self.talks.contains_key(&key) {
            return None;
        }
        Some(self.talks.entry(key).or_insert_with(|| Talk {
            id: None,
            first: flow.orig,
            orig: None,
            machine: Machine::default(),
            base: [None; 2],
            sent: [None; 2],
            is_introduced: false,
            fin: None,
            went_on: None,
            stalled: None,
        }))
    }
}
