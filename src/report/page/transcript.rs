//! Who said what: bubbles and sentences, TCP on the left and UDP on the right.

use maud::{Markup, html};

use super::markup;
use crate::{
    decode::Packet,
    report::{
        Options,
        prose::Prose,
        style::Role,
        text,
        transcript::{
            bubble::{self, Piece},
            closing,
            item::{Item, Said, What},
            sentences::{self, Room, colour_of, mark},
            talks::Talks,
        },
        when::Clock,
        words::{page as words, transcript},
    },
    time::Timestamp,
    track::{
        event::{Content, Conversation, Event, Known},
        flow::Side,
    },
};

/// At most so many bubbles and sentences are shown, the first ones.
const MAX_ITEMS: usize = 5_000;

/// At most so many columns of a message are shown.
const MAX_COLUMNS: usize = 4_000;

/// So many columns and lines of a message are shown at once.
const FOLDED: usize = 600;
const MAX_LINES: usize = 12;

/// At least so many characters are worth folding.
const WORTH_FOLDING: u64 = 80;

/// At most so many columns of what a program printed are shown.
const MAX_PRINTED: usize = 300;

/// At most the prices of so many conversations are told.
const MAX_PRICES: usize = 100;

/// Follows what is said.
#[derive(Debug)]
pub struct Transcript {
    options: Options,
    clock: Clock,
    talks: Talks,
    items: Vec<Item>,
    left_out: u64,
    has_tcp: bool,
    has_udp: bool,
}

impl Transcript {
    /// Nobody has spoken yet.
    pub fn new(options: &Options) -> Self {
        Self {
            clock: Clock::new(options.time),
            talks: Talks::new(options.recv, Some(MAX_PRICES)),
            options: options.clone(),
            items: Vec::new(),
            left_out: 0,
            has_tcp: false,
            has_udp: false,
        }
    }

    /// What tells its times.
    pub const fn clock(&mut self) -> &mut Clock {
        &mut self.clock
    }

    /// A frame, before its events.
    pub fn packet(&mut self, number: u64, at: Timestamp, packet: &Packet<'_>) {
        self.talks.packet(number, at, packet);
    }

    /// An event.
    pub fn event(&mut self, event: &Event) {
        let mut items = Vec::new();
        self.talks.event(event, &mut items);
        for item in items {
            self.hold(item);
        }
    }

    /// Time passes without a frame.
    pub fn idle(&mut self, now: Timestamp) {
        let mut items = Vec::new();
        self.talks.idle(now, &mut items);
        for item in items {
            self.hold(item);
        }
    }

    /// All of it.
    pub fn show(&self) -> Markup {
        let lang = self.options.lang;
        let columns = if self.has_tcp && self.has_udp {
            "talk both"
        } else {
            "talk one"
        };
        let mut pen = Pen {
            options: &self.options,
            clock: self.clock.clone(),
            prose: Prose::with_names(lang, &self.options.names),
            names_each: self
                .items
                .iter()
                .zip(self.items.iter().skip(1))
                .any(|(a, b)| a.of != b.of),
        };
        let mut items: Vec<&Item> = self.items.iter().collect();
        items.sort_by_key(|item| item.behind);
        let items: Vec<Markup> = items.into_iter().map(|item| pen.item(item)).collect();
        let mut costs = Vec::new();
        let mut prose = Prose::with_names(lang, &self.options.names);
        closing::tell(&self.talks, |sentence| {
            prose.clear();
            sentence(&mut prose);
            costs.push(markup::sentence(&prose));
        });
        html! {
            @if !self.items.is_empty() { p.quiet.signs { (transcript::WHO_IS_WHO.of(lang)) } }
            @if self.has_tcp && self.has_udp {
                div.protocols { h3 { (transcript::TCP.of(lang)) } h3 { (transcript::UDP.of(lang)) } }
            }
            (markup::list(columns, &items, Clone::clone))
            @if self.left_out > 0 {
                p.note { (words::more_lines(self.left_out).text(lang)) }
            }
            @if !self.items.is_empty() { h3 { (transcript::WHAT_IT_COST.of(lang)) } }
            ul.costs { @for cost in &costs { li { (cost) } } }
        }
    }

    fn hold(&mut self, mut item: Item) {
        match item.of {
            Conversation::Tcp(_) => self.has_tcp = true,
            Conversation::Udp(_) => self.has_udp = true,
        }
        if self.items.len() >= MAX_ITEMS {
            self.left_out += 1;
            return;
        }
        if let What::Said(said) = &mut item.what
            && let Content::Text(text) = &mut said.content
            && let Some((end, _)) = text.char_indices().nth(2 * MAX_COLUMNS)
        {
            text.truncate(end);
        }
        self.items.push(item);
    }
}

/// Writes items as markup.
struct Pen<'a> {
    options: &'a Options,
    clock: Clock,
    prose: Prose,
    /// Each sentence says whose it is.
    names_each: bool,
}

impl Pen<'_> {
    fn item(&mut self, item: &Item) -> Markup {
        match &item.what {
            What::Said(said) => self.bubble(item, said),
            _ => self.sentence(item),
        }
    }

    fn sentence(&mut self, item: &Item) -> Markup {
        self.prose.clear();
        sentences::tell(item, Room(Some(MAX_PRINTED)), &mut self.prose);
        html! {
            li class={ "row aside " (protocol(item)) } data-f=[item.frame] {
                p {
                    @if self.names_each && !sentences::names_itself(item) {
                        (markup::conversation(&item.of.to_string())) " "
                    }
                    (markup::sentence(&self.prose))
                }
            }
        }
    }

    fn bubble(&mut self, item: &Item, said: &Said) -> Markup {
        let role = colour_of(said.from);
        let side = match said.from {
            Side::Orig => "by-orig",
            Side::Resp => "by-resp",
        };
        let frame = item.frame.or(said.frames.last().copied());
        let time = super::time(&mut self.clock, item.at);
        self.prose.clear();
        self.prose.paint(role, mark(said.from)).say(" ");
        self.prose.endpoint(role, item.flow.endpoint(said.from));
        let who = markup::sentence(&self.prose);
        self.prose.clear();
        self.prose.frames(Role::Quiet, &said.frames);
        let frames = markup::sentence(&self.prose);
        let lang = self.options.lang;
        html! {
            li class={ "row bubble " (protocol(item)) " " (side) } data-f=[frame] {
                div.head {
                    (who)
                    (markup::conversation(&item.of.to_string()))
                    time { (time) }
                    (frames)
                }
                @if said.missing > 0 {
                    p { (markup::told(&transcript::missing(said.missing), lang)) }
                }
                div.words { (self.words(said)) }
                @if said.cut > 0 {
                    p { (markup::told(&transcript::not_kept(said.cut), lang)) }
                }
                p.foot {
                    @for (at, Piece(role, text)) in bubble::below(item, said, lang).iter().enumerate() {
                        @if at > 0 { " · " }
                        span class=(markup::class(*role)) { (text) }
                    }
                }
            }
        }
    }

    /// A long message shows its beginning; the rest is a click or a key away.
    fn folded(&self, words: &str) -> Markup {
        let (first, rest) = words
            .split_at_checked(first_part(words))
            .unwrap_or((words, ""));
        let hidden = rest.chars().count() as u64;
        if hidden < WORTH_FOLDING {
            return html! { (text::with_emoji(words)) };
        }
        html! {
            (text::with_emoji(first)) "…"
            details {
                summary { (words::show_more(hidden).text(self.options.lang)) }
                (text::with_emoji(rest))
            }
        }
    }

    /// What was said, line by line.
    fn words(&self, said: &Said) -> Markup {
        match said.content.read() {
            Known::Text(words) if words.is_empty() && said.cut == 0 => {
                html! { span.quiet { (transcript::EMPTY.of(self.options.lang)) } }
            }
            Known::Text(words) => {
                let lines: Vec<_> = words.lines().map(text::escape).collect();
                let words = lines.join("\n");
                self.folded(&text::fit(&words, MAX_COLUMNS))
            }
            Known::Bytes(bytes) if bubble::is_mostly_text(bytes) => {
                let cut = if (bytes.len() as u64) < said.len {
                    "…"
                } else {
                    ""
                };
                html! { (text::escape_bytes(bytes)) (cut) }
            }
            Known::Bytes(bytes) => {
                let cut = if (bytes.len() as u64) < said.len {
                    "…"
                } else {
                    ""
                };
                let words = format!("0x{}{cut}", text::hex(bytes));
                html! { span.mono { (self.folded(&words)) } }
            }
        }
    }
}

/// How much of a message is shown at once, in bytes.
fn first_part(words: &str) -> usize {
    let lines = words.match_indices('\n').nth(MAX_LINES - 1);
    let lines = lines.map_or(words.len(), |(at, _)| at);
    lines.min(text::prefix(words, FOLDED).len())
}

const fn protocol(item: &Item) -> &'static str {
    match item.of {
        Conversation::Tcp(_) => "tcp",
        Conversation::Udp(_) => "udp",
    }
}
