//! From what was collected to lanes and rows.

mod label;
mod lanes;

use std::{collections::HashMap, time::Duration};

use self::lanes::Placed;
use super::{
    Ending, Entry, Ladder,
    draft::{Draft, Of},
    layout::{Label, Layout, Line, Mark, Row, Rung, Verdict},
    who::Who,
};
use crate::{
    report::{style::Role, text, when::Clock, words::ladder as words},
    time::Timestamp,
};

/// Silence as long as this is worth a row.
pub(super) const SILENCE: Duration = Duration::from_millis(500);

impl Ladder {
    /// Lays out what was collected on at most `most_lanes` lanes (at least 2): should there be more hosts,
    /// those with the fewest arrows share the last lane.
    pub fn layout(&self, most_lanes: usize) -> Layout {
        let lanes = self.lanes(most_lanes.max(2));
        let index: HashMap<Who, usize> = lanes
            .iter()
            .enumerate()
            .filter_map(|(at, lane)| Some((lane.who?, at)))
            .collect();
        let others = lanes.iter().position(|lane| lane.who.is_none());
        let at = |who: Who| index.get(&who).copied().or(others).unwrap_or(0);
        let mut layout = Layout {
            title: self.picture_title(),
            groups: self.groups(&lanes),
            rows: self.rows(&lanes, &at),
            signs: Vec::new(),
            notes: Vec::new(),
            lanes: lanes.iter().map(|lane| lane.shown.clone()).collect(),
        };
        let named = lanes.iter().filter(|lane| lane.who.is_some()).count();
        let hidden = self.people_drawn().len() - named;
        layout.signs = self.signs(&layout);
        layout.notes = self.notes(&layout, hidden);
        layout
    }

    fn picture_title(&self) -> String {
        let mut title = self.title.clone();
        let chosen = self
            .choice
            .iter()
            .flat_map(|it| [&it.conversations, &it.hosts]);
        for chosen in chosen.filter(|words| !words.is_empty()) {
            title.push_str(" · ");
            title.push_str(&text::escape(chosen));
        }
        title
    }

    fn arrows(&self) -> impl Iterator<Item = &Draft> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Arrow(draft) => Some(&**draft),
            Entry::Ending(_) => None,
        })
    }

    fn rows(&self, lanes: &[Placed], at: &dyn Fn(Who) -> usize) -> Vec<Row> {
        let mut clock = Clock::new(self.options.time);
        if let Some(begin) = self.begin {
            clock.begin(begin);
        }
        let mut rows = Vec::new();
        let mut last = None;
        for entry in &self.entries {
            let now = match entry {
                Entry::Arrow(draft) => draft.at,
                Entry::Ending(ending) => ending.at,
            };
            if let Some(last) = last
                && now.since(last) >= SILENCE
            {
                let words = words::silence(now.since(last));
                rows.push(Row::Silence(words.text(self.options.lang)));
            }
            let until = match entry {
                Entry::Arrow(draft) => draft.until,
                Entry::Ending(_) => now,
            };
            last = Some(last.map_or(until, |last: Timestamp| last.max(until)));
            if let Entry::Arrow(draft) = entry {
                let (from, to) = (at(draft.from), at(draft.to));
                let is_hidden =
                    from == to && lanes.get(from).is_some_and(|lane| lane.who.is_none());
                if is_hidden {
                    continue;
                }
            }
            rows.push(match entry {
                Entry::Arrow(draft) => Row::Rung(self.rung(draft, lanes, at, &mut clock)),
                Entry::Ending(ending) => Row::Verdict(verdict(ending, at)),
            });
        }
        rows
    }

    fn rung(
        &self,
        draft: &Draft,
        lanes: &[Placed],
        at: &dyn Fn(Who) -> usize,
        clock: &mut Clock,
    ) -> Rung {
        let mut time = Vec::new();
        clock.write(draft.at, &mut time);
        let marks = |list: &[(Who, super::State, bool)]| {
            let mark = |&(who, state, is_inferred): &(Who, super::State, bool)| Mark {
                lane: at(who),
                state,
                is_inferred,
            };
            list.iter().map(mark).collect()
        };
        let (from, to) = (at(draft.from), at(draft.to));
        let is_original = |it: &&Draft| {
            draft.copy_of == Some(it.frame) && it.count == 1 && it.bytes == draft.bytes
        };
        let original = draft.copy_of.and_then(|_| self.arrows().find(is_original));
        Rung {
            at: draft.at,
            time: String::from_utf8_lossy(&time).trim().to_owned(),
            frame: draft.frame,
            last_frame: draft.last_frame,
            count: draft.count,
            of: draft.of.name(),
            from,
            to,
            via: self
                .via(draft, lanes)
                .filter(|via| *via != from && *via != to),
            label: self.named(
                draft,
                [from, to].map(|at| lanes.get(at).is_some_and(|lane| lane.who.is_none())),
                label::label(draft, original, self.options.lang),
            ),
            line: draft.line,
            role: match draft.of {
                Of::Arp | Of::Ndp if draft.role == Role::Plain => Role::Id,
                _ => draft.role,
            },
            copy_of: draft.copy_of,
            is_unheard: draft.is_unheard,
            bracket: draft.bracket,
            before: marks(&draft.before),
            after: marks(&draft.after),
        }
    }

    /// A label that names whoever has no rail of its own.
    fn named(&self, draft: &Draft, is_shared: [bool; 2], label: Label) -> Label {
        let mut named = Label::default();
        match is_shared {
            [true, _] => named.word(Role::Id, format!("{}:", self.called(draft.from))),
            [_, true] => named.word(Role::Id, format!("→ {}:", self.called(draft.to))),
            _ => return label,
        };
        named.pieces.extend(label.pieces);
        named
    }

    /// The lane of the gateway that a packet passes.
    fn via(&self, draft: &Draft, lanes: &[Placed]) -> Option<usize> {
        let beyond = [draft.from, draft.to]
            .into_iter()
            .find_map(|who| match who {
                Who::Host(ip) => self.people.gateway_of(ip),
                _ => None,
            })?;
        lanes
            .iter()
            .position(|lane| lane.who == Some(Who::Host(beyond)))
    }

    /// What the signs mean that there are.
    fn signs(&self, layout: &Layout) -> Vec<String> {
        let has = |is_such: &dyn Fn(&Rung) -> bool| {
            let is_such = |row: &Row| matches!(row, Row::Rung(rung) if is_such(rung));
            layout.rows.iter().any(is_such)
        };
        let all = [
            (has(&|it| it.via.is_some()), words::SIGN_VIA),
            (
                self.arrows().any(|it| it.acked_in.is_some()),
                words::SIGN_ACKED,
            ),
            (has(&|it| it.copy_of.is_some()), words::SIGN_COPY),
            (has(&|it| it.is_unheard), words::SIGN_UNHEARD),
            (has(&|it| it.line == Line::Error), words::SIGN_ERROR),
        ];
        let found = all.into_iter().filter(|(is_there, _)| *is_there);
        found
            .map(|(_, words)| words.of(self.options.lang).to_owned())
            .collect()
    }

    fn notes(&self, layout: &Layout, hidden: usize) -> Vec<String> {
        let lang = self.options.lang;
        let mut notes = Vec::new();
        let is_inferred = |mark: &Mark| mark.is_inferred;
        if layout.rows.iter().any(|row| match row {
            Row::Rung(rung) => rung.before.iter().chain(&rung.after).any(is_inferred),
            _ => false,
        }) {
            notes.push(words::inferred_states().text(lang));
        }
        let is_unheard = |row: &Row| matches!(row, Row::Rung(rung) if rung.is_unheard);
        if layout.rows.iter().any(is_unheard) {
            notes.push(words::unheard_arrows().text(lang));
        }
        if self.folded_acks > 0 {
            notes.push(words::folded_acks(self.folded_acks).text(lang));
        }
        if self.not_drawn > 0 {
            notes.push(words::not_drawn(self.not_drawn).text(lang));
        }
        if hidden > 0 {
            notes.push(words::shared_lane(hidden as u64).text(lang));
        }
        if let Some(frames) = &self.options.frames {
            let (from, to) = (*frames.start(), *frames.end().min(&self.last_frame));
            notes.push(if from > self.last_frame {
                words::no_such_frame(from, self.last_frame).text(lang)
            } else {
                words::only_frames(from, to, self.last_frame).text(lang)
            });
        }
        if let Some(from) = self.cut_at {
            let end = *self.window().end().min(&self.last_frame);
            let more = end.saturating_sub(from).saturating_add(1);
            let next = from.saturating_add(499).min(end);
            notes.push(if self.has_choice {
                words::cut(from, more, next).text(lang)
            } else {
                words::cut_one(from, more, next).text(lang)
            });
        }
        notes
    }
}

fn verdict(ending: &Ending, at: &dyn Fn(Who) -> usize) -> Verdict {
    let [one, other] = ending.between.map(at);
    Verdict {
        of: ending.of.name(),
        lanes: [one.min(other), one.max(other)],
        role: ending.role,
        sign: match ending.role {
            Role::Good => '✔',
            Role::Bad => '✘',
            _ => '●',
        },
        text: ending.text.clone(),
    }
}
