//! The session as a sequence diagram (`--view ladder`, `--svg FILE`, `--mermaid FILE`): hosts are rails,
//! frames are arrows.
//!
//! [`Ladder`] collects while frames go by; [`Ladder::layout`] lays out what it has, once for each drawer.
//! What it holds is bounded: beyond so many arrows it only counts.

mod arrange;
mod draft;
mod fold;
pub mod layout;
mod mermaid;
mod states;
mod svg;
mod talk;
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
};

use self::{
    draft::{Draft, Of},
    talk::Talk,
    who::{People, Who},
};
use super::{Opened, Options, Report, Totals, choice::Chosen, style::Role, text, why::Judge};
use crate::{
    capture::Frame,
    decode::{Packet, Transport},
    time::Timestamp,
    track::{
        event::{Conversation, Event},
        flow::FlowKey,
    },
};

/// A picture has at most this many arrows.
pub const MAX_ARROWS: usize = 1000;

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
    /// There were pieces of datagrams.
    has_pieces: bool,
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

impl Entry {
    const fn frame(&self) -> u64 {
        match self {
            Self::Arrow(draft) => draft.frame,
            Self::Ending(ending) => ending.frame,
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
            has_pieces: false,
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
            let is_folded = !it.matters && self.fold_ack(&mut it);
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
        self.has_pieces |= draft.of == Of::Fragment;
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
