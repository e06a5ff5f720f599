//! The tables of a page.

use maud::{Markup, html};

use super::markup;
use crate::{
    report::{
        Options,
        names::Names,
        table::{Align, Grid, Row, on_one_line},
        when::{self, Clock},
        words::{Label, page as words, tables},
    },
    track::event::{Binding, Event, Kind, Resolution},
};

/// At most so many questions for addresses are listed, the first ones.
const MAX_QUESTIONS: usize = 1_000;

/// A table, with a heading that says what it is.
pub fn table(grid: &Grid) -> Markup {
    if grid.rows().is_empty() {
        return Markup::default();
    }
    html! {
        section.table {
            h3 { (grid.title()) }
            div.scroll tabindex="0" role="region" aria-label=(grid.title()) {
                table {
                    thead {
                        tr {
                            @for (name, align) in grid.columns() {
                                th.right[*align == Align::Right] scope="col" { (name) }
                            }
                        }
                    }
                    tbody {
                        @for row in grid.rows() {
                            tr {
                                @for (cell, (_, align)) in row.cells().zip(grid.columns()) {
                                    td.right[*align == Align::Right] { (value(&on_one_line(cell))) }
                                }
                            }
                        }
                    }
                }
            }
            @if let Some(note) = grid.noted() {
                p.note { (note) }
            }
        }
    }
}

/// A table of names and values.
pub fn facts(grid: &Grid) -> Markup {
    html! {
        dl.facts {
            @for row in grid.rows() {
                @if let Some((name, value)) = pair(row) {
                    div {
                        dt { (name.trim()) }
                        dd { (value) }
                    }
                }
            }
        }
    }
}

fn pair(row: &Row) -> Option<(&str, &str)> {
    let mut cells = row.cells();
    cells.next().zip(cells.next())
}

fn value(text: &str) -> Markup {
    let is_id = ["tcp-", "udp-"].iter().any(|kind| {
        let number = text.strip_prefix(kind);
        number.is_some_and(|number| number.bytes().all(|c| c.is_ascii_digit()))
    });
    if is_id {
        markup::conversation(text)
    } else {
        markup::linked(text)
    }
}

/// The questions for addresses, one by one.
#[derive(Debug)]
pub struct Questions {
    clock: Clock,
    grid: Grid,
    options: Options,
    left_out: u64,
}

impl Questions {
    /// None yet.
    pub fn new(options: &Options) -> Self {
        let columns = [
            (words::FRAME, Align::Left),
            (words::TIME, Align::Right),
            (words::PROTOCOL, Align::Left),
            (words::WHO_HAS, Align::Left),
            (words::ASKED_BY, Align::Left),
            (tables::MAC, Align::Left),
            (words::TRIES, Align::Right),
            (words::AFTER, Align::Right),
            (words::OUTCOME, Align::Left),
        ];
        Self {
            clock: Clock::new(options.time),
            grid: Grid::new(options.lang, tables::ADDRESS_RESOLUTION, &columns),
            options: options.clone(),
            left_out: 0,
        }
    }

    /// What tells its times.
    pub const fn clock(&mut self) -> &mut Clock {
        &mut self.clock
    }

    /// Takes note of what came of a question; other events are of no matter here.
    pub fn event(&mut self, event: &Event) {
        let names = std::sync::Arc::clone(&self.options.names);
        let host = |at: Binding| names.label_host(at.ip);
        let (by, who_has, asked_by, mac, tries, after, outcome) = match &event.kind {
            Kind::AddressResolved(it) => (
                it.by,
                it.binding,
                host(it.asked_by),
                names.label_mac(it.binding.mac),
                it.tries.to_string(),
                when::span_text(it.latency),
                tables::ANSWERED,
            ),
            Kind::AddressUnanswered(it) => (
                it.by,
                Binding {
                    ip: it.ip,
                    ..it.asked_by
                },
                host(it.asked_by),
                String::new(),
                it.tries.to_string(),
                String::new(),
                tables::UNANSWERED,
            ),
            Kind::AddressAnnounced(it) => unasked(*it, &names, words::ANNOUNCED),
            Kind::AddressProbe(it) => unasked(*it, &names, words::PROBED),
            Kind::AddressConflict(it) => {
                let claim = Binding {
                    ip: it.ip,
                    mac: it.new_mac,
                };
                unasked(claim, &names, words::CLAIMED)
            }
            _ => return,
        };
        if self.grid.rows().len() >= MAX_QUESTIONS {
            self.left_out += 1;
            return;
        }
        let by = match by {
            Resolution::Arp => "arp",
            Resolution::Neighbor => "ndp",
        };
        let frame = event.frame.map(|frame| format!("#{frame}"));
        self.grid.row([
            frame.unwrap_or_default().into(),
            super::time(&mut self.clock, event.at).into(),
            by.into(),
            host(who_has).into(),
            asked_by.into(),
            mac.into(),
            tries.into(),
            after.into(),
            outcome.of(self.options.lang).into(),
        ]);
    }

    /// The table.
    pub fn table(&self) -> Markup {
        let mut grid = self.grid.clone();
        if self.left_out > 0 {
            grid.note(words::more_questions(self.left_out).text(self.options.lang));
        }
        table(&grid)
    }
}

/// What nobody asked for.
fn unasked(
    it: Binding,
    names: &Names,
    outcome: Label,
) -> (Resolution, Binding, String, String, String, String, Label) {
    let by = if it.ip.is_ipv4() {
        Resolution::Arp
    } else {
        Resolution::Neighbor
    };
    let mac = names.label_mac(it.mac);
    (
        by,
        it,
        String::new(),
        mac,
        String::new(),
        String::new(),
        outcome,
    )
}
