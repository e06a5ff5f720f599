//! The session as a sequence diagram (`--view ladder`, `--svg FILE`, `--mermaid FILE`): hosts are rails,
//! frames are arrows.
//!
//! [`Ladder`] collects while frames go by; [`Ladder::layout`] lays out what it has, once for each drawer.
//! What it holds is bounded: beyond so many arrows it only counts.

mod arrange;
mod draft;
pub mod layout;
mod mermaid;
mod states;
mod svg;
mod tell;
mod terminal;
mod who;

pub use mermaid::write as write_mermaid;
pub use states::State;
pub use svg::write as write_svg;
pub use terminal::Terminal;

use std::{
    collections::{HashMap, HashSet},
    io,
    ops::RangeInclusive,
    time::Duration,
};

use self::{
    draft::{Draft, Fold, Of},
    states::{Machine, Moves, Segment},
    who::{People, Who},
};
use super::{Opened, Options, Report, Totals, choice::Chosen, style::Role, text, why::Judge};
use crate::{
    capture::Frame,
    decode::{Packet, Transport, tcp::SeqNumber},
    time::Timestamp,
    track::{
        event::{Conversation, Event},
        flow::{Endpoint, Flow, FlowKey},
    },
};

/// A picture has at most this many arrows.
pub const MAX_ARROWS: usize = 1000;

/// At most this many connections and exchanges are followed at once.
const MAX_TALKS: usize = 16_384;

/// How far back the arrow is looked for that a pure ACK acknowledges.
const ACK_REACH: usize = 64;

/// Collects what a picture shows.
#[derive(Debug)]
pub struct Ladder {
    options: Options,
    limit: usize,
    title: String,
    begin: Option<Timestamp>,
    entries: Vec<Entry>,
    /// The frame in hand, until all events that it completes are told.
    pending: Option<Draft>,
    endings: Vec<Ending>,
    people: People,
    talks: HashMap<(bool, FlowKey), Talk>,
    /// The subnet, and whether it is known rather than inferred.
    net: Option<(String, bool)>,
    /// The conversations that have an arrow.
    drawn: HashSet<Conversation>,
    folded_acks: u64,
    not_drawn: u64,
    /// The first frame that there was no room for.
    cut_at: Option<u64>,
    last_frame: u64,
    choice: Option<Chosen>,
    /// There is more than one conversation, so that one of them may be asked for.
    has_choice: bool,
    judge: Judge,
}

#[derive(Debug)]
enum Entry {
    Arrow(Box<Draft>),
    Ending(Ending),
}

/// How something ended.
#[derive(Debug)]
struct Ending {
    frame: u64,
    at: Timestamp,
    of: Of,
    between: [Who; 2],
    role: Role,
    text: String,
}

/// A connection or an exchange.
#[derive(Debug)]
struct Talk {
    id: Option<Conversation>,
    /// Who spoke first.
    first: Endpoint,
    /// Who began it, as the tracker says.
    orig: Option<Endpoint>,
    machine: Machine,
    /// Where both ends began to count.
    base: [Option<SeqNumber>; 2],
    is_introduced: bool,
    /// The first FIN: whose, the number behind it, and when.
    fin: Option<(usize, SeqNumber, Timestamp)>,
    /// For how long the other side went on, though it knew of that FIN.
    went_on: Option<Duration>,
    /// The longest that a side had no room for more.
    stalled: Option<(Endpoint, Duration)>,
}

impl Entry {
    const fn frame(&self) -> u64 {
        match self {
            Self::Arrow(draft) => draft.frame,
            Self::Ending(ending) => ending.frame,
        }
    }
}

impl Talk {
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
    /// Nothing collected yet.
    pub fn new(options: Options) -> Self {
        Self {
            judge: Judge::new(options.nets.clone()),
            options,
            limit: MAX_ARROWS,
            title: String::new(),
            begin: None,
            entries: Vec::new(),
            pending: None,
            endings: Vec::new(),
            people: People::default(),
            talks: HashMap::new(),
            net: None,
            drawn: HashSet::new(),
            folded_acks: 0,
            not_drawn: 0,
            cut_at: None,
            last_frame: 0,
            choice: None,
            has_choice: false,
        }
    }

    /// The same with room for another number of arrows than [`MAX_ARROWS`].
    #[must_use]
    pub fn with_room(self, arrows: usize) -> Self {
        Self {
            limit: arrows,
            ..self
        }
    }

    /// The frames that are drawn.
    fn window(&self) -> RangeInclusive<u64> {
        self.options.frames.clone().unwrap_or(1..=u64::MAX)
    }

    fn is_full(&self) -> bool {
        self.entries.len() >= self.limit
    }

    /// Whether nothing is drawn any more: from here on only what was drawn is followed to its end.
    fn is_past(&self, event: &Event) -> bool {
        let end = *self.window().end();
        self.cut_at.is_some() || event.frame.is_some_and(|frame| frame > end)
    }

    /// Whether a frame, or something that follows from it, gets a place; takes note where the room ends.
    fn has_place(&mut self, frame: u64) -> bool {
        if !self.window().contains(&frame) {
            return false;
        }
        if self.is_full() && self.cut_at.is_none() {
            self.cut_at = Some(frame);
        }
        self.cut_at.is_none()
    }

    /// The arrow that a frame became, or became part of.
    fn arrow(&mut self, frame: u64) -> Option<&mut Draft> {
        if self.pending.as_ref().is_some_and(|it| it.frame == frame) {
            return self.pending.as_mut();
        }
        let end = self.entries.partition_point(|entry| entry.frame() <= frame);
        let before = self.entries.get_mut(..end)?.iter_mut().rev();
        let arrow = before.into_iter().find_map(|entry| match entry {
            Entry::Arrow(draft) => Some(draft),
            Entry::Ending(_) => None,
        })?;
        (arrow.frame..=arrow.last_frame)
            .contains(&frame)
            .then_some(&mut **arrow)
    }

    /// Puts the frame in hand into its place, now that everything about it is told.
    fn commit(&mut self) {
        if let Some(mut it) = self.pending.take() {
            self.settle(&mut it);
            let is_folded = !it.matters && self.fold_ack(&it);
            if !is_folded && self.has_place(it.frame) && !self.fold(&it) {
                if let Of::Conversation(id) = it.of {
                    self.drawn.insert(id);
                }
                self.entries.push(Entry::Arrow(Box::new(it)));
            }
        }
        for ending in std::mem::take(&mut self.endings) {
            let is_of_drawn = match ending.of {
                Of::Conversation(id) => self.drawn.contains(&id),
                _ => true,
            };
            if is_of_drawn && self.has_place(ending.frame) {
                self.entries.push(Entry::Ending(ending));
            }
        }
    }

    /// What the conversation that it belongs to makes of an arrow.
    fn settle(&mut self, it: &mut Draft) {
        let Some(flow) = it.flow else {
            return;
        };
        let Some(talk) = self.talk(it.tcp.is_some(), &flow) else {
            return;
        };
        let me = usize::from(flow.orig != talk.first);
        match it.of {
            Of::Conversation(id) if matches!(it.line, layout::Line::Error) => {
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
        let introduces = !std::mem::replace(&mut talk.is_introduced, true);
        let mut moves = Moves::default();
        if let Some(tcp) = it.tcp {
            let [mine, yours] = [me, 1 - me];
            if tcp.flags.syn() {
                talk.base[mine] = Some(tcp.seq);
            }
            talk.base[mine].get_or_insert(tcp.seq);
            if let Some(ack) = tcp.ack.filter(|_| !tcp.flags.rst()) {
                talk.base[yours].get_or_insert(ack);
            }
            let base = [talk.base[mine], talk.base[yours]];
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
    fn talk(&mut self, is_tcp: bool, flow: &Flow) -> Option<&mut Talk> {
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
            is_introduced: false,
            fin: None,
            went_on: None,
            stalled: None,
        }))
    }

    /// Folds a pure ACK into the arrow that it acknowledges. False: there is none to be seen.
    fn fold_ack(&mut self, ack: &Draft) -> bool {
        let Some(tcp) = ack.tcp else {
            return false;
        };
        if !self.window().contains(&ack.frame) || self.cut_at.is_some() {
            return true;
        }
        self.folded_acks += 1;
        let acknowledges = |it: &Draft| {
            it.tcp.is_some_and(|it| {
                it.flow.orig == tcp.flow.resp
                    && it.flow.resp == tcp.flow.orig
                    && !it.is_pure_ack()
                    && !it.flags.syn()
                    && tcp.ack.is_some_and(|ack| !ack.before(it.end()))
            })
        };
        let recent = self.entries.iter_mut().rev().take(ACK_REACH);
        let arrow = recent.into_iter().find_map(|entry| match entry {
            Entry::Arrow(draft) if acknowledges(draft) => Some(draft),
            _ => None,
        });
        if let Some(arrow) = arrow {
            arrow.acked_in.get_or_insert(ack.frame);
        }
        true
    }

    /// Makes an arrow part of the one before, when both say the same.
    fn fold(&mut self, it: &Draft) -> bool {
        let (Some(fold), Some(tcp)) = (it.fold, it.tcp) else {
            return false;
        };
        if !it.after.is_empty() || !it.copied_in.is_empty() {
            return false;
        }
        let is_alike = |entry: &Entry| match entry {
            Entry::Arrow(other) => {
                other.fold == Some(fold) && other.tcp.is_some_and(|other| other.flow == tcp.flow)
            }
            Entry::Ending(_) => false,
        };
        let before = self.entries.iter().rev().nth(1).is_some_and(is_alike);
        if !self.entries.last().is_some_and(is_alike) {
            return false;
        }
        let Some(Entry::Arrow(last)) = self.entries.last_mut() else {
            return false;
        };
        // Two segments of data in a row are still drawn, each.
        let is_run = fold != Fold::Data || before || last.count > 1;
        if !is_run || !last.copied_in.is_empty() {
            return false;
        }
        last.count += it.count;
        last.last_frame = it.frame;
        last.tcp = Some(tcp);
        last.bytes = match (last.bytes, it.bytes) {
            (Some(one), Some(other)) => Some(one.saturating_add(other)),
            (one, other) => one.or(other),
        };
        true
    }
}

impl Report for Ladder {
    fn opened(&mut self, source: &Opened) -> io::Result<()> {
        self.title = text::escape(&source.source).into_owned();
        self.begin = source.at;
        Ok(())
    }

    fn wants_packets(&self) -> bool {
        self.cut_at.is_none() && self.last_frame < *self.window().end()
    }

    fn packet(&mut self, number: u64, frame: &Frame<'_>, packet: &Packet<'_>) -> io::Result<()> {
        self.commit();
        self.last_frame = number;
        self.judge.packet(number, frame, packet);
        self.people.observe(packet);
        let Some(draft) = Draft::read(number, frame, packet, &self.people, self.options.lang)
        else {
            self.not_drawn += u64::from(self.window().contains(&number));
            return Ok(());
        };
        self.pending = Some(draft);
        if let Some(Transport::Tcp(segment)) = packet.network.transport()
            && let Some(draft) = &mut self.pending
        {
            draft.mss = draft::mss(segment);
        }
        Ok(())
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        if self.is_past(event) {
            self.commit();
            let of = event.kind.conversation();
            if !of.is_some_and(|id| self.drawn.contains(&id)) {
                return Ok(());
            }
        }
        let case = self.judge.event(event);
        if self.cut_at.is_none() {
            self.tell(event, case.as_ref().map(|case| case.chain.verdict));
        }
        if let (Some(case), Some(flow)) = (case, event.kind.flow()) {
            self.judged(event, &case.chain, flow);
        }
        Ok(())
    }

    fn closed(&mut self, totals: &Totals) -> io::Result<()> {
        self.commit();
        self.last_frame = totals.frames;
        self.choice.clone_from(&totals.choice);
        // Each has two hosts.
        let hosts = &totals.overview.hosts;
        self.has_choice = hosts
            .iter()
            .map(|it| it.connections + it.exchanges)
            .sum::<u64>()
            > 2;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
