//! The story of a page, and what went wrong in it.

use std::collections::{BTreeSet, HashMap, HashSet};

use maud::{Markup, PreEscaped, html};

use super::markup;
use crate::{
    report::{
        Options,
        prose::Prose,
        story::{self, Detail, Repeats},
        style::Role,
        when::Clock,
        words::page as words,
    },
    track::event::{Event, Kind},
};

/// At most so many lines are told, the first ones.
const MAX_LINES: usize = 5_000;

/// At most so many columns of a message are shown in a line.
const MAX_COLUMNS: usize = 300;

/// At most so many failures are told with their why.
const MAX_FAILURES: usize = 50;

/// At most so many lines are told of why something failed.
const MAX_STEPS: usize = 12;

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
    is_conversation: bool,
    because: Vec<u64>,
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

    /// How much failed: of a conversation all that went wrong is one failure.
    pub fn failures(&self) -> usize {
        self.worst().len()
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

    /// What failed, each with the lines that it follows from.
    pub fn why(&self) -> Markup {
        let lang = self.options.lang;
        let mut by_frame: HashMap<u64, usize> = HashMap::new();
        for (at, line) in self.lines.iter().enumerate() {
            if let Some(frame) = line.frame {
                by_frame.entry(frame).or_insert(at);
            }
        }
        let worst = self.worst();
        let more = worst.len().saturating_sub(MAX_FAILURES);
        html! {
            @for &at in worst.iter().take(MAX_FAILURES) {
                @let line = &self.lines[at];
                article.failure data-f=[line.frame] {
                    p.what {
                        span.sign { "✕" }
                        (markup::conversation(&line.of)) " "
                        @if let Some(frame) = line.frame { (markup::frame(frame)) " " }
                        (PreEscaped(&line.sentence))
                    }
                    @let steps = self.steps(at, &by_frame);
                    @if !steps.is_empty() {
                        p.quiet { (words::BECAUSE.of(lang)) }
                        ol.steps {
                            @for step in steps {
                                li data-f=[step.frame] {
                                    span.number {
                                        @if let Some(frame) = step.frame { (markup::frame(frame)) }
                                    }
                                    p { (PreEscaped(&step.sentence)) }
                                }
                            }
                        }
                    }
                }
            }
            @if more > 0 {
                p.note { (words::more_failures(more as u64).text(lang)) }
            }
        }
    }

    /// The lines that tell of failures, of each conversation the last one.
    fn worst(&self) -> Vec<usize> {
        let mut last: HashMap<&str, usize> = HashMap::new();
        let mut found = BTreeSet::new();
        for (at, line) in self
            .lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.is_bad)
        {
            if line.is_conversation
                && let Some(before) = last.insert(&line.of, at)
            {
                found.remove(&before);
            }
            found.insert(at);
        }
        found.into_iter().collect()
    }

    /// The lines that a line follows from, in their order.
    fn steps(&self, at: usize, by_frame: &HashMap<u64, usize>) -> Vec<&Line> {
        let mut found = BTreeSet::new();
        let mut open = vec![at];
        let Some(it) = self.lines.get(at) else {
            return Vec::new();
        };
        if it.is_conversation {
            let before = self.lines.iter().enumerate().take(at);
            let bad = before.filter(|(_, line)| line.is_bad && line.of == it.of);
            open.extend(bad.map(|(at, _)| at).take(MAX_STEPS / 2));
            found.extend(open.iter().skip(1));
        }
        while let Some(line) = open.pop().and_then(|at| self.lines.get(at)) {
            let causes = line.because.iter().filter_map(|frame| by_frame.get(frame));
            for cause in causes.copied().filter(|cause| *cause < at) {
                if found.len() < MAX_STEPS && found.insert(cause) {
                    open.push(cause);
                }
            }
        }
        found
            .into_iter()
            .filter_map(|at| self.lines.get(at))
            .collect()
    }

    fn line(&mut self, event: &Event) {
        if self.lines.len() >= MAX_LINES {
            self.left_out += 1;
            return;
        }
        let mut of = Vec::new();
        story::id(&event.kind, &mut of);
        let mut because = event.because.clone();
        if let Kind::TcpHandshake(it) = &event.kind {
            because.extend([it.syn_frame, it.synack_frame].into_iter().flatten());
        }
        self.lines.push(Line {
            time: super::time(&mut self.clock, event.at),
            frame: event.frame,
            of: String::from_utf8_lossy(&of).into_owned(),
            sentence: markup::sentence(&self.prose).into_string(),
            is_bad: self.prose.pieces().any(|(role, _)| role == Role::Bad),
            is_conversation: event.kind.conversation().is_some(),
            because,
        });
    }
}
