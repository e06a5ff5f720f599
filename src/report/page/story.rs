//! The story of a page.

use std::collections::HashSet;

use maud::{Markup, PreEscaped, html};

use super::markup;
use crate::{
    report::{
        Options,
        prose::Prose,
        story::{self, Detail, Repeats},
        style::Role,
        when::Clock,
    },
    track::event::Event,
};

/// At most so many lines are told, the first ones.
const MAX_LINES: usize = 5_000;

/// At most so many columns of a message are shown in a line.
const MAX_COLUMNS: usize = 300;

/// The lines of a story.
#[derive(Debug)]
pub struct Story {
    options: Options,
    clock: Clock,
    prose: Prose,
    repeats: Repeats,
    lines: Vec<Line>,
    left_out: u64,
}

#[derive(Debug)]
struct Line {
    time: String,
    frame: Option<u64>,
    of: String,
    sentence: String,
    is_bad: bool,
}

impl Story {
    /// Nothing told yet.
    pub fn new(options: &Options) -> Self {
        Self {
            clock: Clock::new(options.time),
            prose: Prose::with_names(options.lang, &options.names),
            options: options.clone(),
            repeats: Repeats::default(),
            lines: Vec::new(),
            left_out: 0,
        }
    }

    /// What tells its times.
    pub const fn clock(&mut self) -> &mut Clock {
        &mut self.clock
    }

    /// Tells an event.
    pub fn tell(&mut self, event: &Event) {
        if self.repeats.swallow(event) {
            return;
        }
        self.tell_repeats();
        self.repeats.begin(event);
        let detail = Detail {
            room: Some(MAX_COLUMNS),
            verbose: self.options.verbose,
        };
        self.prose.clear();
        if story::tell(event, detail, &mut self.prose) {
            self.line(event);
        }
    }

    /// Says how often the last line was repeated, if it was.
    pub fn tell_repeats(&mut self) {
        if let Some((event, times)) = self.repeats.take() {
            self.prose.clear();
            story::tell_again(&event, times, &mut self.prose);
            self.line(&event);
        }
    }

    /// How many lines there was no room for.
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The lines.
    pub fn lines(&self) -> Markup {
        let (mut frames, mut conversations) = (HashSet::new(), HashSet::new());
        let lines = self.lines.iter().map(|line| {
            let is_first = line.frame.is_some_and(|frame| frames.insert(frame));
            let id = line
                .frame
                .filter(|_| is_first)
                .map(|frame| format!("f{frame}"));
            (line, id, conversations.insert(&line.of))
        });
        let lines: Vec<_> = lines.collect();
        markup::list("story", &lines, |(line, id, begins)| {
            html! {
                li.row.failed[line.is_bad] id=[id] data-f=[line.frame] {
                    time { (line.time) }
                    span.number { @if let Some(frame) = line.frame { (markup::frame(frame)) } }
                    span.begin id=[begins.then_some(&line.of)] { (markup::conversation(&line.of)) }
                    p { (PreEscaped(&line.sentence)) }
                }
            }
        })
    }

    fn line(&mut self, event: &Event) {
        if self.lines.len() >= MAX_LINES {
            self.left_out += 1;
            return;
        }
        let mut of = Vec::new();
        story::id(&event.kind, &mut of);
        self.lines.push(Line {
            time: super::time(&mut self.clock, event.at),
            frame: event.frame,
            of: String::from_utf8_lossy(&of).into_owned(),
            sentence: markup::sentence(&self.prose).into_string(),
            is_bad: self.prose.pieces().any(|(role, _)| role == Role::Bad),
        });
    }
}
