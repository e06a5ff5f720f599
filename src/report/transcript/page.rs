//! Where on the page each item goes: TCP left and UDP right where there is room for both, in order of
//! time, so that no two stand beside each other that did not happen at once.

use super::{
    bubble::{self, Line, Look, lines_of},
    item::{Item, What},
    sentences::{self, Room},
};
use crate::{
    report::{
        Options,
        prose::Prose,
        style::{Palette, Role},
        text,
        when::Clock,
        words::{Label, transcript as words},
    },
    time::Timestamp,
    track::event::Conversation,
};

/// Columns where the output is no terminal.
pub const USUAL_WIDTH: usize = 100;

/// Two columns need this much.
pub const MIN_FOR_TWO: usize = 96;

/// Between two columns.
const BETWEEN: &str = " │ ";

/// A page that grows downwards.
#[derive(Debug)]
pub struct Page {
    look: Look,
    clock: Clock,
    prose: Prose,
    /// Columns of the left column, where there are two.
    left: Option<usize>,
    width: usize,
    /// Whom it tells of, and that these are several: then each step says whose it is.
    met: Option<Conversation>,
    names_each: bool,
}

impl Page {
    /// An empty page, with columns for both protocols where `wants_two` and there is room.
    pub fn new(options: &Options, wants_two: bool) -> Self {
        let width = options.width.unwrap_or(USUAL_WIDTH);
        let left =
            (wants_two && width >= MIN_FOR_TWO).then_some((width - text::width(BETWEEN)) / 2);
        Self {
            look: Look {
                palette: Palette::new(options.colour),
                lang: options.lang,
                room: left.unwrap_or(width),
                verbose: options.verbose,
            },
            clock: Clock::new(options.time),
            prose: Prose::with_names(options.lang, &options.names),
            left,
            width,
            met: None,
            names_each: false,
        }
    }

    /// Tells of a conversation.
    pub fn meets(&mut self, of: Conversation) {
        self.names_each |= self.met.is_some_and(|met| met != of);
        self.met = Some(of);
    }

    /// Tells when the first frame was captured.
    pub fn begin(&mut self, at: Timestamp) {
        self.clock.begin(at);
    }

    /// Writes what stands above both columns.
    pub fn head(&self, out: &mut Vec<u8>) {
        let Some(left) = self.left else {
            return;
        };
        let title = |label: &str, room: usize, out: &mut Vec<u8>| {
            let label = text::fit(label, room);
            self.look.palette.paint(Role::Heading, &label, out);
            let rest = room.saturating_sub(text::width(&label) + 1);
            out.push(b' ');
            self.look.palette.paint(Role::Quiet, &"─".repeat(rest), out);
        };
        title(words::TCP.of(self.look.lang), left, out);
        self.look.palette.paint(Role::Quiet, BETWEEN, out);
        let right = self.width - left - text::width(BETWEEN);
        title(words::UDP.of(self.look.lang), right, out);
        out.push(b'\n');
    }

    /// Writes an item.
    pub fn item(&mut self, item: &Item, out: &mut Vec<u8>) {
        self.meets(item.of);
        let lines = match &item.what {
            What::Said(said) => {
                bubble::draw(item, said, self.look, &mut self.clock, &mut self.prose)
            }
            _ => self.sentence(item),
        };
        for line in lines {
            self.place(&line, matches!(item.of, Conversation::Udp(_)), out);
        }
    }

    /// Writes a heading across the whole page.
    pub fn heading(&self, heading: Label, out: &mut Vec<u8>) {
        let heading = heading.of(self.look.lang);
        self.look.palette.paint(Role::Heading, heading, out);
        out.push(b'\n');
    }

    /// Writes a sentence across the whole page.
    pub fn across(&mut self, tell: &dyn Fn(&mut Prose), out: &mut Vec<u8>) {
        self.prose.clear();
        tell(&mut self.prose);
        let room = self.width.saturating_sub(2);
        for line in lines_of(&self.prose, self.look.palette, 4, room) {
            out.extend_from_slice(b"  ");
            out.extend_from_slice(&line.bytes);
            out.push(b'\n');
        }
    }

    fn sentence(&mut self, item: &Item) -> Vec<Line> {
        // About two lines of what a program printed.
        let room = (!self.look.verbose)
            .then_some(self.look.room.saturating_mul(2).saturating_sub(40).max(16));
        self.prose.clear();
        self.prose.say("· ");
        if self.names_each && !sentences::names_itself(item) {
            self.prose.paint(Role::Id, &item.of.to_string()).say(" ");
        }
        sentences::tell(item, Room(room), &mut self.prose);
        lines_of(&self.prose, self.look.palette, 2, self.look.room)
    }

    fn place(&self, line: &Line, is_right: bool, out: &mut Vec<u8>) {
        if let Some(left) = self.left {
            let used = if is_right { 0 } else { line.width };
            if !is_right {
                out.extend_from_slice(&line.bytes);
            }
            out.resize(out.len() + left.saturating_sub(used), b' ');
            let between = if is_right {
                BETWEEN
            } else {
                BETWEEN.trim_end()
            };
            self.look.palette.paint(Role::Quiet, between, out);
            if is_right {
                out.extend_from_slice(&line.bytes);
            }
        } else {
            out.extend_from_slice(&line.bytes);
        }
        out.push(b'\n');
    }
}
