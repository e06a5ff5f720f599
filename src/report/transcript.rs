//! What people said over TCP and UDP, side by side as they spoke, and what each protocol took for it
//! (`--view chat`).
//!
//! ```text
//! · tcp-1: ╭ 192.168.15.42:42848 and ┏ 192.168.15.73:8520. ╭ connect(): SYN, SYN-ACK, ACK (#3, #4, #5): connected after 39 µs
//!          ┏ tcp-1  192.168.15.73:8520  0.000312  #6 ━━━━━━━━━━━━━━━━━━━━┓
//!          ┃ 服务端提供服务                                              ┃
//!          ┗ 7 characters, 21 bytes · accept(), send() → recv() ━━━━━━━━━┛
//! ╭ tcp-1  192.168.15.42:42848  0.203870  #8 ───────────────────────────╮
//! │ 你好，请问几点关门？                                                │
//! ╰ 10 characters, 30 bytes · send() → recv() · after 203.6 ms ─────────╯
//! ```
//!
//! [`talks`] follows the conversations and hands on [`item`]s; what draws them here knows nothing else,
//! and a page can draw the same.

pub mod item;
pub mod talks;

pub(super) mod bubble;
pub(super) mod closing;
mod page;
mod python;
mod queue;
mod reader;
mod segments;
pub(super) mod sentences;
mod sockets;
mod talk;
mod tell;

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use self::{
    item::{Item, What},
    page::Page,
    talks::Talks,
};
use super::{
    Opened, Options, Output, Report, Totals,
    style::{Palette, Role},
    text,
    words::transcript as words,
};
use crate::{
    capture::Frame,
    decode::Packet,
    time::Timestamp,
    track::{
        Interest,
        event::{Content, Conversation, Event},
    },
};

/// At most this many messages of a file are shown, unless all are asked for (`-v`).
const MAX_MESSAGES: usize = 500;

/// At most this many of all that a transcript tells of a file.
const MAX_ITEMS: usize = 4000;

/// Where all of a file is shown, at most this many items wait for one that belongs before them and is known
/// only later.
const MAX_BEHIND: usize = 512;

/// Of a message that waits to be shown at most so many characters are kept; no terminal shows more.
const MAX_CHARACTERS: usize = 16 * 1024;

/// Writes a transcript.
#[derive(Debug)]
pub struct Transcript<W> {
    output: Output<W>,
    options: Options,
    talks: Talks,
    began: Option<Timestamp>,
    is_live: bool,
    /// What is shown before the end.
    page: Option<Page>,
    /// What waits until it is known what belongs before it, and whether there are two columns: in the order
    /// of the frames, then as it became known.
    held: BTreeMap<(u64, u64), Item>,
    /// Items so far.
    count: u64,
    messages: usize,
    /// Messages and steps that are not shown.
    left_out: (u64, u64),
}

impl<W: Write> Transcript<W> {
    /// A transcript written to `to`.
    pub fn new(to: W, options: Options) -> Self {
        Self {
            output: Output::new(to),
            talks: Talks::new(options.recv, options.top),
            options,
            began: None,
            is_live: false,
            page: None,
            held: BTreeMap::new(),
            count: 0,
            messages: 0,
            left_out: (0, 0),
        }
    }

    fn take(&mut self, items: Vec<Item>) -> io::Result<()> {
        for item in items {
            match &mut self.page {
                Some(page) if self.is_live => page.item(&item, &mut self.output.buffer),
                Some(page) => {
                    self.held.insert((item.behind, self.count), item);
                    self.count += 1;
                    if self.held.len() > MAX_BEHIND
                        && let Some((_, first)) = self.held.pop_first()
                    {
                        page.item(&first, &mut self.output.buffer);
                    }
                }
                None => self.hold(item),
            }
            self.output.settle()?;
        }
        Ok(())
    }

    fn hold(&mut self, mut item: Item) {
        let is_message = matches!(item.what, What::Said(_));
        if self.messages >= MAX_MESSAGES || self.held.len() >= MAX_ITEMS {
            self.left_out.0 += u64::from(is_message);
            self.left_out.1 += u64::from(!is_message);
            return;
        }
        self.messages += usize::from(is_message);
        if let What::Said(said) = &mut item.what
            && let Content::Text(text) = &mut said.content
            && let Some((end, _)) = text.char_indices().nth(MAX_CHARACTERS)
        {
            text.truncate(end);
        }
        self.held.insert((item.behind, self.count), item);
        self.count += 1;
    }

    /// Begins the page; `wants_two`: both protocols are to have columns of their own.
    fn page(&self, wants_two: bool) -> Page {
        let mut page = Page::new(&self.options, wants_two);
        if let Some(at) = self.began {
            page.begin(at);
        }
        page
    }
}

impl<W: Write + Send> Report for Transcript<W> {
    fn opened(&mut self, source: &Opened) -> io::Result<()> {
        self.began = source.at;
        let name = text::escape(&source.source);
        let name = match self.options.width {
            Some(width) => text::fit(&name, width),
            None => name,
        };
        let palette = Palette::new(self.options.colour);
        palette.paint(Role::Heading, &name, &mut self.output.buffer);
        self.output.buffer.push(b'\n');
        if source.live || self.options.verbose {
            self.is_live = source.live;
            let page = self.page(true);
            page.head(&mut self.output.buffer);
            self.page = Some(page);
        }
        self.output.settle()
    }

    fn wants_packets(&self) -> bool {
        true
    }

    fn interest(&self) -> Option<Interest> {
        Some(Interest {
            events: true,
            text: true,
            whole: self.options.recv.is_some(),
        })
    }

    fn packet(&mut self, number: u64, frame: &Frame<'_>, packet: &Packet<'_>) -> io::Result<()> {
        self.talks.packet(number, frame.at, packet);
        Ok(())
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        let mut items = Vec::new();
        self.talks.event(event, &mut items);
        self.take(items)
    }

    fn idle(&mut self, now: Timestamp) -> io::Result<()> {
        let mut items = Vec::new();
        self.talks.idle(now, &mut items);
        self.take(items)
    }

    fn closed(&mut self, _: &Totals) -> io::Result<()> {
        let held = std::mem::take(&mut self.held);
        let mut page = self.page.take().unwrap_or_else(|| {
            let is_tcp = |item: &Item| matches!(item.of, Conversation::Tcp(_));
            let mut page = self.page(held.values().any(is_tcp) && !held.values().all(is_tcp));
            for item in held.values() {
                page.meets(item.of);
            }
            if !held.is_empty() {
                page.head(&mut self.output.buffer);
            }
            page
        });
        for item in held.values() {
            page.item(item, &mut self.output.buffer);
            self.output.settle()?;
        }
        let out = &mut self.output.buffer;
        let (messages, steps) = self.left_out;
        if messages + steps > 0 {
            let sentence = words::left_out(messages, steps);
            page.across(&|prose| _ = prose.tell(&sentence), out);
        }
        closing::write(&self.talks, &mut page, out);
        self.output.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}
