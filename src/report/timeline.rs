//! The story (`--view timeline`): each event with its time, its frame, its conversation and what it
//! follows from; at the end the tables.
//!
//! ```text
//!         time  frame  of      what happened
//!     0.000000  #1     arp     192.168.15.42 asks everyone: who has 192.168.15.73?
//!     0.000031  #2     arp     192.168.15.73 is at 02:00:00:00:0f:49, told 192.168.15.42 after 31 µs · because #1
//! ```

use std::io::{self, Write};

use super::{
    Opened, Options, Output, Report, Totals, digits,
    prose::Prose,
    story::{self, Detail, Repeats, Usual},
    style::{Palette, Role},
    summary::Tables,
    text,
    when::Clock,
    words::{Lang, story as words},
};
use crate::{capture::Frame, decode::Packet, track::event::Event};

/// With less room than this beside the margin, the sentence gets lines of its own.
const MIN_ROOM: usize = 36;

/// Indent of sentences on lines of their own.
const NARROW_INDENT: usize = 4;

/// Writes the story.
#[derive(Debug)]
pub struct Timeline<W> {
    output: Output<W>,
    options: Options,
    palette: Palette,
    clock: Clock,
    margin: Margin,
    usual: Option<Usual>,
    prose: Prose,
    tables: Tables,
    repeats: Repeats,
}

/// Where the output is no terminal, at most this many columns of a message are shown, unless all are
/// asked for (`-v`).
const MAX_COLUMNS: usize = 1000;

impl<W: Write> Timeline<W> {
    /// A story written to `to`.
    pub fn new(to: W, options: Options) -> Self {
        Self {
            output: Output::new(to),
            palette: Palette::new(options.colour),
            clock: Clock::new(options.time),
            margin: Margin {
                frame: 5,
                id: 6,
                conversation: Vec::new(),
            },
            usual: Usual::learn(options.lang),
            prose: if options.colour {
                Prose::with_names(options.lang, &options.names)
            } else {
                Prose::with_names(options.lang, &options.names).uniform()
            },
            tables: Tables::new(options.clone()),
            options,
            repeats: Repeats::default(),
        }
    }

    fn heading(&mut self) {
        let time = self.clock.columns();
        if self.narrow() {
            return;
        }
        let lang = self.options.lang;
        let [at, frame, of, what] = [words::TIME, words::FRAME, words::OF, words::WHAT_HAPPENED]
            .map(|label| label.of(lang));
        let line = format!(
            "{}{at}  {}{}  {what}",
            " ".repeat(time.saturating_sub(text::width(at))),
            text::pad(frame, self.margin.frame),
            text::pad(&format!("  {of}"), self.margin.id + 2),
        );
        self.palette
            .paint(Role::Quiet, &line, &mut self.output.buffer);
        self.output.buffer.push(b'\n');
    }

    /// The column that sentences begin at, on a terminal wide enough for that.
    fn sentence_column(&self) -> usize {
        self.clock.columns() + 2 + self.margin.frame + 2 + self.margin.id + 2
    }

    fn narrow(&self) -> bool {
        self.options
            .width
            .is_some_and(|width| width < self.sentence_column() + MIN_ROOM)
    }

    fn indent(&self) -> usize {
        if self.narrow() {
            NARROW_INDENT
        } else {
            self.sentence_column()
        }
    }
}

impl<W: Write + Send> Report for Timeline<W> {
    fn opened(&mut self, source: &Opened) -> io::Result<()> {
        self.tables.opened(source);
        if let Some(at) = source.at {
            self.clock.begin(at);
        }
        let name = text::escape(&source.source);
        let name = match self.options.width {
            Some(width) => text::fit(&name, width),
            None => name,
        };
        self.palette
            .paint(Role::Heading, &name, &mut self.output.buffer);
        self.output.buffer.push(b'\n');
        for sentence in self.options.names.shared(self.options.lang) {
            let mut prose = Prose::new(self.options.lang);
            prose.paint(Role::Odd, &sentence);
            let width = self.options.width.unwrap_or(usize::MAX);
            prose.wrap(self.palette, 0, 2, width, &mut self.output.buffer);
            self.output.buffer.push(b'\n');
        }
        self.heading();
        self.output.settle()
    }

    fn packet(&mut self, _: u64, _: &Frame<'_>, _: &Packet<'_>) -> io::Result<()> {
        Ok(())
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.tables.event(event);
        if self.repeats.swallow(event) {
            return Ok(());
        }
        self.tell_repeats()?;
        self.repeats.begin(event);
        self.margin.widen(event);
        // On a terminal a message takes about two lines at most; its size is told behind it anyway.
        let room = self.options.width.map_or(MAX_COLUMNS, |width| {
            let line = width.saturating_sub(self.indent());
            (2 * line).saturating_sub(40).max(16)
        });
        let detail = Detail {
            room: (!self.options.verbose).then_some(room),
            verbose: self.options.verbose,
        };
        self.prose.clear();
        let usual = self.usual.as_ref();
        if !usual.is_some_and(|usual| usual.tell(event, detail, &mut self.prose))
            && !story::tell(event, detail, &mut self.prose)
        {
            return Ok(());
        }
        self.line(event)
    }

    fn closed(&mut self, totals: &Totals) -> io::Result<()> {
        self.tell_repeats()?;
        self.output.buffer.push(b'\n');
        self.tables.write(totals, &mut self.output)?;
        self.output.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tell_repeats()?;
        self.output.flush()
    }
}

impl<W: Write> Timeline<W> {
    /// Says how often the last line was repeated, if it was.
    fn tell_repeats(&mut self) -> io::Result<()> {
        let Some((event, times)) = self.repeats.take() else {
            return Ok(());
        };
        self.margin.widen(&event);
        self.prose.clear();
        story::tell_again(&event, times, &mut self.prose);
        self.line(&event)
    }

    /// Writes what the prose says, behind the margin.
    fn line(&mut self, event: &Event) -> io::Result<()> {
        let (indent, narrow) = (self.indent(), self.narrow());
        let (clock, palette) = (&mut self.clock, self.palette);
        let out = &mut self.output.buffer;
        match self.options.width {
            None => {
                self.margin.write(event, clock, palette, out);
                self.prose.write(palette, out);
            }
            Some(width) => {
                if narrow {
                    self.margin.write_narrow(event, clock, palette, width, out);
                    out.push(b'\n');
                    out.resize(out.len() + indent, b' ');
                } else {
                    self.margin.write(event, clock, palette, out);
                }
                self.prose.wrap(palette, indent, indent, width, out);
            }
        }
        out.push(b'\n');
        self.output.settle()
    }
}

/// Frame number and conversation before each sentence. It only ever grows, so that columns hold.
#[derive(Debug)]
struct Margin {
    frame: usize,
    id: usize,
    /// Of the event that it was made wide enough for.
    conversation: Vec<u8>,
}

impl Margin {
    /// Makes room for an event, which is then written.
    fn widen(&mut self, event: &Event) {
        let digits = event
            .frame
            .map_or(0, |frame| frame.checked_ilog10().unwrap_or(0) as usize + 2);
        self.frame = self.frame.max(digits);
        self.conversation.clear();
        story::id(&event.kind, &mut self.conversation);
        self.id = self.id.max(self.conversation.len());
    }

    /// Writes time, frame and conversation in columns.
    fn write(&self, event: &Event, clock: &mut Clock, palette: Palette, out: &mut Vec<u8>) {
        palette.around(Role::Quiet, out, |out| {
            let begin = time_and_frame(event, clock, out);
            digits::pad_right(begin, self.frame + 2, out);
        });
        let begin = out.len();
        palette.around(Role::Id, out, |out| {
            out.extend_from_slice(&self.conversation);
        });
        let colours = out.len() - begin - self.conversation.len();
        digits::pad_right(begin, self.id + 2 + colours, out);
    }

    /// Writes them within so many columns, on lines of their own.
    fn write_narrow(
        &self,
        event: &Event,
        clock: &mut Clock,
        palette: Palette,
        width: usize,
        out: &mut Vec<u8>,
    ) {
        let mut quiet = Vec::new();
        time_and_frame(event, clock, &mut quiet);
        let quiet = String::from_utf8_lossy(&quiet);
        let mut line = Prose::new(Lang::En);
        line.paint(Role::Quiet, quiet.trim()).say(" ");
        line.with(Role::Id, |text| text.extend_from_slice(&self.conversation));
        line.wrap(palette, 0, 0, width, out);
    }
}

/// Writes the time and, where there is one, the frame. Returns where the frame begins.
fn time_and_frame(event: &Event, clock: &mut Clock, out: &mut Vec<u8>) -> usize {
    clock.write(event.at, out);
    out.extend_from_slice(b"  ");
    let begin = out.len();
    if let Some(frame) = event.frame {
        out.push(b'#');
        digits::decimal(frame, out);
    }
    begin
}

#[cfg(test)]
mod tests;
