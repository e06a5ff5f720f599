//! The session as one HTML page (`--html FILE`): a summary, what went wrong and why, who said what, the
//! story, the tables, and each frame's layers and bytes.
//!
//! The page is whole in itself: it loads nothing and sends nothing. What people read is HTML and needs no
//! script; a script adds the bytes of frames, sorting, filtering and keys. The page's own policy lets
//! only this script and this style run, by their hashes, and no markup be made of text. Everything from
//! the wire is escaped for people first, then for HTML.

mod failures;
mod frames;
mod ladder;
mod markup;
mod story;
mod tables;
mod transcript;

use std::io::{self, Write};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use self::{
    failures::Failures, frames::Frames, story::Story, tables::Questions, transcript::Transcript,
};
use super::{
    Opened, Options, Report, Totals,
    ladder::{Ladder, layout::Layout},
    summary::{Tables, grouped},
    table::Grid,
    text,
    when::{self, Clock},
    words::{Label, Lang, page as words},
};
use crate::{
    capture::Frame,
    decode::Packet,
    time::Timestamp,
    track::{
        Interest,
        event::{Event, Kind},
    },
};

/// The ladder has at most so many arrows and verdicts.
const MAX_ARROWS: usize = 5_000;

/// The ladder has at most so many rails.
const MAX_LANES: usize = 24;

/// The rows of tables, unless more are asked for.
const MIN_ROWS: usize = 1_000;

const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");

/// Words that the script says.
const SCRIPT_WORDS: [(&str, Label); 7] = [
    ("noMatch", words::NO_MATCH),
    ("chooseFrame", words::CHOOSE_FRAME),
    ("layers", words::LAYERS),
    ("bytesTitle", words::BYTES),
    ("close", words::CLOSE),
    ("earlier", words::EARLIER),
    ("later", words::LATER),
];

/// Collects what a page shows.
#[derive(Debug)]
pub struct Page {
    options: Options,
    source: String,
    clock: Clock,
    frames: Frames,
    failures: Failures,
    ladder: Ladder,
    transcript: Transcript,
    story: Story,
    questions: Questions,
    tables: Tables,
    counts: Counts,
    closed: Option<Closed>,
}

/// How many of what there were.
#[derive(Debug, Default)]
struct Counts {
    frames: u64,
    hosts: usize,
    connections: u64,
    exchanges: u64,
    questions: u64,
}

/// What is known at the end.
#[derive(Debug)]
struct Closed {
    facts: Vec<String>,
    grids: [Grid; 5],
}

impl Page {
    /// Nothing collected yet.
    pub fn new(options: Options) -> Self {
        let options = Options {
            width: None,
            top: options.top.map(|rows| rows.max(MIN_ROWS)),
            ..options
        };
        Self {
            source: String::new(),
            clock: Clock::new(options.time),
            frames: Frames::default(),
            failures: Failures::new(&options),
            ladder: Ladder::new(options.clone()).with_room(MAX_ARROWS),
            transcript: Transcript::new(&options),
            story: Story::new(&options),
            questions: Questions::new(&options),
            tables: Tables::new(options.clone()),
            counts: Counts::default(),
            closed: None,
            options,
        }
    }

    /// Writes the page, once everything was collected.
    pub fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        to.write_all(self.page().into_string().as_bytes())
    }

    fn page(&self) -> Markup {
        let layout = self.ladder.layout(MAX_LANES);
        let style = format!("{STYLE}{}", ladder::style(layout.lanes.len()));
        let lang = match self.options.lang {
            Lang::En => "en",
            Lang::Zh => "zh-Hans",
        };
        html! {
            (DOCTYPE)
            html lang=(lang) {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy(&style));
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="referrer" content="no-referrer";
                    meta name="generator" content="inspector";
                    title { (self.source) " · inspector" }
                    style { (PreEscaped(&style)) }
                }
                body {
                    (self.body(&layout))
                    @let [frames, strings] = self.frames.to_json();
                    (markup::data("frames", &frames))
                    (markup::data("strings", &strings))
                    (markup::data("words", &self.script_words()))
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        }
    }

    fn body(&self, layout: &Layout) -> Markup {
        let lang = self.options.lang;
        let failures = self.failures.count();
        let sections = [
            ("summary", words::SUMMARY),
            ("ladder", words::LADDER),
            ("talk", words::CONVERSATIONS),
            ("story", words::STORY),
            ("tables", words::TABLES),
        ];
        html! {
            header.top {
                h1 { (self.source) }
                @if let Some(closed) = &self.closed {
                    p.quiet { (closed.facts.join(" · ")) }
                }
            }
            nav.bar {
                @for (id, name) in sections {
                    a href={ "#" (id) } { (name.of(lang)) }
                }
                input #filter type="search" hidden placeholder=(words::FILTER.of(lang))
                    aria-label=(words::FILTER.of(lang)) autocomplete="off" spellcheck="false";
                output #count for="filter" {}
            }
            noscript { p.note { (words::SCRIPT_OFF.of(lang)) } }
            main {
                section #summary {
                    h2 { (words::SUMMARY.of(lang)) }
                    (self.tiles(failures))
                    @if failures == 0 {
                        p.fine { span.sign { "✓" } (words::NOTHING_FAILED.of(lang)) }
                    } @else {
                        h3 { (words::WENT_WRONG.of(lang)) }
                        (self.failures.show(&self.source))
                    }
                    @if let Some(closed) = &self.closed {
                        details {
                            summary { (words::DETAILS.of(lang)) }
                            (tables::facts(&closed.grids[0]))
                        }
                    }
                }
                section #ladder {
                    h2 { (words::LADDER.of(lang)) }
                    (ladder::glossary(lang))
                    (ladder::draw(layout))
                }
                section #talk {
                    h2 { (words::CONVERSATIONS.of(lang)) }
                    (self.transcript.show())
                }
                section #story {
                    h2 { (words::STORY.of(lang)) }
                    (self.story.lines())
                    (left_out(self.story.left_out(), &|n| words::more_lines(n).text(lang)))
                }
                section #tables {
                    h2 { (words::TABLES.of(lang)) }
                    @if let Some(closed) = &self.closed {
                        @for grid in &closed.grids[1..] {
                            (tables::table(grid))
                        }
                    }
                    (self.questions.table())
                    (left_out(self.frames.left_out(), &|n| words::more_frames(n).text(lang)))
                }
            }
            aside #frame hidden aria-label=(words::FRAME.of(lang)) {}
            (self.keys())
        }
    }

    fn tiles(&self, failures: u64) -> Markup {
        let lang = self.options.lang;
        let counts = &self.counts;
        let tiles = [
            words::frames(counts.frames),
            words::hosts(counts.hosts as u64),
            words::connections(counts.connections),
            words::exchanges(counts.exchanges),
            words::questions(counts.questions),
        ];
        html! {
            ul.tiles {
                @for tile in &tiles { li { (markup::told(tile, lang)) } }
                li.failed[failures > 0] {
                    (markup::told(&words::failures(failures), lang))
                }
            }
        }
    }

    /// What the keys do; the script shows it.
    fn keys(&self) -> Markup {
        let lang = self.options.lang;
        let keys = [
            ("/", words::KEY_FILTER),
            ("↑ ↓", words::KEY_MOVE),
            ("← →", words::KEY_FRAMES),
            ("Enter, Esc", words::KEY_OPEN),
            ("?", words::KEY_HELP),
        ];
        html! {
            dialog #keys aria-label=(words::KEYS.of(lang)) {
                h2 { (words::KEYS.of(lang)) }
                dl {
                    @for (key, what) in keys {
                        div { dt { kbd { (key) } } dd { (what.of(lang)) } }
                    }
                }
                form method="dialog" { button { (words::CLOSE.of(lang)) } }
            }
        }
    }

    fn script_words(&self) -> String {
        let lang = self.options.lang;
        let sentences = [
            ("notHere", words::not_here("{n}").text(lang)),
            ("firstBytes", words::first_bytes("{n}", "{all}").text(lang)),
            ("bytes", words::bytes("{n}").text(lang)),
        ];
        let labels = SCRIPT_WORDS.map(|(name, label)| (name, label.of(lang).to_owned()));
        let words: serde_json::Map<_, _> = labels
            .into_iter()
            .chain(sentences)
            .map(|(name, words)| (name.to_owned(), words.into()))
            .collect();
        serde_json::Value::from(words).to_string()
    }
}

impl Report for Page {
    fn opened(&mut self, source: &Opened) -> io::Result<()> {
        self.source = text::escape(&source.source).into_owned();
        self.tables.opened(source);
        self.ladder.opened(source)?;
        if let Some(at) = source.at {
            self.clock.begin(at);
            self.transcript.clock().begin(at);
            self.story.clock().begin(at);
            self.questions.clock().begin(at);
        }
        Ok(())
    }

    fn wants_packets(&self) -> bool {
        true
    }

    fn packet(&mut self, number: u64, frame: &Frame<'_>, packet: &Packet<'_>) -> io::Result<()> {
        let time = time(&mut self.clock, frame.at);
        self.frames.keep(number, &time, frame, packet);
        self.failures.packet(number, frame, packet);
        self.transcript.packet(number, frame.at, packet);
        if self.ladder.wants_packets() {
            self.ladder.packet(number, frame, packet)?;
        }
        Ok(())
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        match &event.kind {
            Kind::TcpClosed(_) => self.counts.connections += 1,
            Kind::UdpClosed(_) => self.counts.exchanges += 1,
            _ => {}
        }
        self.tables.event(event);
        self.questions.event(event);
        self.failures.event(event);
        self.transcript.event(event);
        self.story.tell(event);
        self.ladder.event(event)
    }

    fn interest(&self) -> Option<Interest> {
        Some(Interest {
            events: true,
            text: true,
            whole: self.options.recv.is_some(),
        })
    }

    fn idle(&mut self, now: Timestamp) -> io::Result<()> {
        self.transcript.idle(now);
        Ok(())
    }

    fn closed(&mut self, totals: &Totals) -> io::Result<()> {
        self.failures.close();
        self.story.tell_repeats();
        self.ladder.closed(totals)?;
        let overview = &totals.overview;
        self.counts.frames = totals.frames;
        self.counts.hosts = overview.hosts.len();
        self.counts.questions = overview.arp.asked + overview.neighbors.asked;
        let lang = self.options.lang;
        let bytes = words::bytes(grouped(totals.bytes).as_str()).text(lang);
        let mut facts = vec![bytes];
        if let (Some(first), Some(last)) = (totals.first_at, totals.last_at) {
            facts.push(when::span_text(last.since(first)));
            facts.push(first.to_string());
        }
        self.closed = Some(Closed {
            facts,
            grids: self.tables.grids(totals),
        });
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Only this style and this script, nothing from elsewhere, and no markup out of text.
fn policy(style: &str) -> String {
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; \
         form-action 'none'; require-trusted-types-for 'script'",
        hash(style),
        hash(SCRIPT)
    )
}

fn hash(text: &str) -> String {
    BASE64_STANDARD.encode(Sha256::digest(text))
}

fn left_out(count: u64, words: &dyn Fn(u64) -> String) -> Markup {
    html! {
        @if count > 0 {
            p.note { (words(count)) }
        }
    }
}

/// A time as all lines tell it.
fn time(clock: &mut Clock, at: Timestamp) -> String {
    let mut time = Vec::new();
    clock.write(at, &mut time);
    String::from_utf8_lossy(&time).trim().to_owned()
}
