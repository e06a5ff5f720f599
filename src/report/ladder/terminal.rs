//! The ladder in a terminal.
//!
//! ```text
//!                   ┌ this subnet 192.168.15.0/24 (inferred) ────────┐
//!                    everyone             .42                  .73
//! 0.000000  #1  arp     │◀─ who has .73? ──┤                    │
//! 0.000105  #3  tcp-1   │                  ├ SYN seq=0 mss 1460▶│
//!                       │              SYN_SENT                 │
//! ```
//!
//! Where the arrows have no room for what they say, it stands beside them.

mod canvas;
mod header;
mod plan;

use std::io::{self, Write};

pub(super) use self::plan::wrap;
use self::{canvas::Canvas, plan::Plan};
use super::{
    Ladder,
    layout::{Bracket, Layout, Line, Mark, Row, Rung, Verdict},
};
use crate::{
    capture::Frame,
    decode::Packet,
    report::{
        Opened, Options, Output, Report, Totals,
        style::{Palette, Role},
        text,
    },
    track::event::Event,
};

/// Columns where the output is no terminal.
const USUAL_WIDTH: usize = 100;

/// The narrowest picture that is drawn; lines are longer than a terminal that is narrower still.
const MIN_WIDTH: usize = 48;

/// Writes the ladder once the source has ended.
#[derive(Debug)]
pub struct Terminal<W> {
    output: Output<W>,
    palette: Palette,
    width: usize,
    ladder: Ladder,
}

impl<W: Write> Terminal<W> {
    /// A ladder written to `to`.
    pub fn new(to: W, options: Options) -> Self {
        Self {
            output: Output::new(to),
            palette: Palette::new(options.colour),
            width: options.width.unwrap_or(USUAL_WIDTH).max(MIN_WIDTH),
            ladder: Ladder::new(options),
        }
    }
}

impl<W: Write + Send> Report for Terminal<W> {
    fn opened(&mut self, source: &Opened) -> io::Result<()> {
        self.ladder.opened(source)
    }

    fn wants_packets(&self) -> bool {
        self.ladder.wants_packets()
    }

    fn packet(&mut self, number: u64, frame: &Frame<'_>, packet: &Packet<'_>) -> io::Result<()> {
        self.ladder.packet(number, frame, packet)
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.ladder.event(event)
    }

    fn closed(&mut self, totals: &Totals) -> io::Result<()> {
        self.ladder.closed(totals)?;
        let most = plan::most_lanes(self.width);
        let layout = self.ladder.layout(most);
        draw(&layout, self.width, self.palette, &mut self.output.buffer);
        self.output.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// Draws a layout within `width` columns.
fn draw(layout: &Layout, width: usize, palette: Palette, out: &mut Vec<u8>) {
    let title = text::fit(&layout.title, width).into_owned();
    palette.paint(Role::Heading, &title, out);
    out.push(b'\n');
    if !layout.rows.is_empty() {
        let plan = Plan::new(layout, width);
        let mut pen = Pen {
            layout,
            plan,
            palette,
            out,
        };
        pen.header();
        for row in &layout.rows {
            match row {
                Row::Rung(rung) => pen.rung(rung),
                Row::Silence(time) => pen.silence(time),
                Row::Verdict(verdict) => pen.verdict(verdict),
            }
        }
        pen.end();
    }
    for note in &layout.notes {
        for line in wrap(note, width) {
            palette.paint(Role::Quiet, &line, out);
            out.push(b'\n');
        }
    }
}

struct Pen<'a> {
    layout: &'a Layout,
    plan: Plan,
    palette: Palette,
    out: &'a mut Vec<u8>,
}

impl Pen<'_> {
    /// A line with nothing but the rails.
    fn rails(&self, rail: char) -> Canvas {
        let mut canvas = Canvas::default();
        for &x in &self.plan.x {
            canvas.put(x, rail.encode_utf8(&mut [0; 4]), Role::Quiet);
        }
        canvas
    }

    fn write(&mut self, canvas: &Canvas) {
        canvas.write(self.palette, self.out);
        self.out.push(b'\n');
    }

    fn rung(&mut self, rung: &Rung) {
        self.states(&rung.before);
        let mut line = self.rails('│');
        self.margin(rung, &mut line);
        let (from, to) = (self.x(rung.from), self.x(rung.to));
        if rung.from == rung.to {
            line.put(from, "├↺", rung.role);
        } else {
            self.arrow(rung, from, to, &mut line);
        }
        let mut below = Vec::new();
        match self.plan.side {
            Some(side) => {
                let room = self.plan.width.saturating_sub(side);
                let mut lines = rung.label.lines(room).into_iter();
                line.label(side, &lines.next().unwrap_or_default());
                below.extend(lines.map(|words| (side, words)));
            }
            None if rung.from == rung.to => {
                let end = self.plan.x.get(rung.from + 1).copied();
                let room = end.unwrap_or(self.plan.width).saturating_sub(from + 4);
                line.label(from + 3, &rung.label.fit(room));
            }
            None => {
                let (left, right) = plan::stretch(rung, &self.plan.x);
                // Beside both rails there is room for the head, or for a dash, and a space.
                let (begin, end) = (left + 3, right.saturating_sub(3));
                let room = (end + 1).saturating_sub(begin);
                let label = rung.label.fit(room);
                let x = self.plan.best_place(begin, end, label.width());
                line.put(x.saturating_sub(1), " ", Role::Plain);
                line.label(x, &label);
                line.put(x + label.width(), " ", Role::Plain);
            }
        }
        self.write(&line);
        for (x, words) in below {
            let mut line = self.rails('│');
            line.label(x, &words);
            self.write(&line);
        }
        self.states(&rung.after);
    }

    fn margin(&self, rung: &Rung, line: &mut Canvas) {
        let plan = &self.plan;
        let missing = plan.time.saturating_sub(text::width(&rung.time));
        line.put(missing, &rung.time, Role::Quiet);
        line.put(plan.time + 2, &rung.frames(), Role::Quiet);
        let bracket = match rung.bracket {
            Some(Bracket::Begin) => "╭",
            Some(Bracket::Middle) => "│",
            Some(Bracket::End) => "╰",
            None => "",
        };
        line.put(plan.time + 2 + plan.frame + 1, bracket, rung.role);
        line.put(plan.time + 2 + plan.frame + 3, &rung.of, Role::Id);
    }

    fn arrow(&self, rung: &Rung, from: usize, to: usize, line: &mut Canvas) {
        let dash = match rung.line {
            Line::Solid | Line::Thin => "─",
            Line::Copy => "╌",
            Line::Error => "┄",
            Line::Piece => "┈",
        };
        let (left, right) = (from.min(to), from.max(to));
        for x in left + 1..right {
            line.put(x, dash, rung.role);
        }
        for (at, &x) in self.plan.x.iter().enumerate() {
            if left < x && x < right {
                let cross = if rung.via == Some(at) { "○" } else { "┼" };
                line.put(x, cross, rung.role);
            }
        }
        let (begin, head, end) = if from < to {
            ("├", "▶", right.saturating_sub(1))
        } else {
            ("┤", "◀", left + 1)
        };
        line.put(from, begin, rung.role);
        line.put(end, if rung.is_unheard { "✗" } else { head }, rung.role);
    }

    /// States, on their rails or where labels stand.
    fn states(&mut self, marks: &[Mark]) {
        if marks.is_empty() {
            return;
        }
        let role = |mark: &Mark| {
            if mark.is_inferred {
                Role::Quiet
            } else {
                Role::Id
            }
        };
        let mut line = self.rails('│');
        if let Some(side) = self.plan.side {
            let mut x = side;
            for mark in marks {
                let lane = self.layout.lanes.get(mark.lane);
                let who = lane.map_or("", |lane| {
                    let special = lane.remark.as_deref().or(lane.name.as_deref());
                    special.unwrap_or(&lane.short)
                });
                let words = format!("{who} {}", mark.shown());
                let width = text::width(&words);
                if x > side && x + width > self.plan.width {
                    self.write(&line);
                    line = self.rails('│');
                    x = side;
                }
                let room = self.plan.width.saturating_sub(x);
                line.put(x, &text::fit(&words, room), role(mark));
                x += width + 2;
            }
        } else {
            let mut marks: Vec<&Mark> = marks.iter().collect();
            marks.sort_by_key(|mark| mark.lane);
            let mut free = 0;
            for mark in marks {
                let words = mark.shown();
                let width = text::width(&words);
                let x = self.plan.centre(mark.lane, width);
                if x < free {
                    self.write(&line);
                    line = self.rails('│');
                }
                line.put(x, &words, role(mark));
                free = x + width + 1;
            }
        }
        self.write(&line);
    }

    fn silence(&mut self, words: &str) {
        let mut line = self.rails('┊');
        let room = self.plan.margin.saturating_sub(2);
        let words = text::fit(words, room);
        let missing = self.plan.time.saturating_sub(text::width(&words));
        line.put(missing, &words, Role::Quiet);
        self.write(&line);
    }

    fn verdict(&mut self, verdict: &Verdict) {
        let (begin, room) = match self.plan.side {
            Some(side) => (side, self.plan.width.saturating_sub(side)),
            None => self.plan.band(verdict.lanes),
        };
        let words = format!("{} {}", verdict.sign, verdict.text);
        // From the second line on it is indented by the sign.
        for (at, words) in wrap(&words, room.saturating_sub(2).max(8))
            .iter()
            .enumerate()
        {
            let mut line = self.rails('│');
            if at == 0 {
                let x = self.plan.time + 2 + self.plan.frame + 3;
                line.put(x, &verdict.of, Role::Id);
            }
            let indent = if at == 0 { 0 } else { 2 };
            // Words do not stand directly beside a rail that they cover.
            if self.plan.side.is_none() {
                line.put(begin, &" ".repeat(room), Role::Plain);
            }
            line.put(begin + indent, words, verdict.role);
            self.write(&line);
        }
    }

    /// The rails end.
    fn end(&mut self) {
        let line = self.rails('╵');
        self.write(&line);
    }

    fn x(&self, lane: usize) -> usize {
        self.plan.x.get(lane).copied().unwrap_or(0)
    }
}
