//! The ladder as an SVG picture: one file, with nothing from elsewhere, for light and dark surroundings.
//!
//! Text stays text. Its width is that of its columns, so that Chinese stands where it should with
//! whatever font there is.

mod ground;
mod parts;
mod sheet;

use std::{
    fmt::{self, Write as _},
    io,
};

use self::sheet::{COLUMN, Sheet};
use super::{
    State,
    layout::{Layout, Line, Row, Rung, Verdict},
    terminal::wrap,
};
use crate::report::{style::Role, text};

const STYLE: &str = include_str!("svg/style.css");

/// Pixels of a line of text in a box, of an arrow with its label, and of states below it.
const TEXT: usize = 18;
const ARROW: usize = 38;
const STATES: usize = 24;
const SILENCE: usize = 34;

/// Pixels of a character of a state.
const STATE_COLUMN: usize = 7;

/// A picture longer than this many pixels names its rails at its end too.
const LONG: usize = 900;

/// Writes a picture of a layout.
pub fn write(layout: &Layout, out: &mut dyn io::Write) -> io::Result<()> {
    let sheet = Sheet::new(layout);
    let mut pen = Pen {
        layout,
        body: String::new(),
        y: sheet.top,
        still: Vec::new(),
        up: Vec::new(),
        bars: Vec::new(),
        sheet,
    };
    for row in &layout.rows {
        match row {
            Row::Rung(rung) => pen.rung(rung),
            Row::Silence(words) => pen.silence(words),
            Row::Verdict(verdict) => pen.verdict(verdict),
        }
    }
    out.write_all(pen.finish().as_bytes())
}

struct Pen<'a> {
    layout: &'a Layout,
    sheet: Sheet,
    body: String,
    /// Where the next row begins.
    y: usize,
    /// Where nothing happens.
    still: Vec<(usize, usize)>,
    /// Connections that are up: which, on which rail, since where.
    up: Vec<(String, usize, usize)>,
    /// Where connections were up: the rail, from where to where.
    bars: Vec<(usize, usize, usize)>,
}

impl Pen<'_> {
    fn rung(&mut self, rung: &Rung) {
        self.states(&rung.before);
        let line = self.y + 25;
        let (from, to) = (self.sheet.x(rung.from), self.sheet.x(rung.to));
        let role = class(rung.role);
        let told = format!("#{} {}: {}", rung.frame, rung.of, rung.label.text());
        put(
            &mut self.body,
            format_args!(
                "<g id=\"frame-{}\"><title>{}</title>",
                rung.frame,
                xml(&told)
            ),
        );
        self.margin(rung, line);
        let kind = match rung.line {
            Line::Solid => "",
            Line::Thin => " thin",
            Line::Copy => " copy",
            Line::Error => " error",
            Line::Piece => " piece",
        };
        if from == to {
            put(
                &mut self.body,
                format_args!(
                    "<path class=\"line{kind} {role}\" d=\"M{from} {} h26 v12 h-18\"/>",
                    line - 12
                ),
            );
            self.tip(from + 8, line, false, role);
            self.label(&rung.label, from + 34, line - 3, None);
        } else {
            let short = if rung.is_unheard { 16 } else { 7 };
            let (begin, end) = if from < to {
                (from, to - short)
            } else {
                (from, to + short)
            };
            put(
                &mut self.body,
                format_args!("<path class=\"line{kind} {role}\" d=\"M{begin} {line}H{end}\"/>"),
            );
            if rung.is_unheard {
                self.cross(end, line);
            } else {
                self.tip(to, line, from < to, role);
            }
            if let Some(via) = rung.via {
                let x = self.sheet.x(via);
                put(
                    &mut self.body,
                    format_args!(
                        "<circle class=\"line via {role}\" cx=\"{x}\" cy=\"{line}\" r=\"4\"/>"
                    ),
                );
            }
            let room = from.abs_diff(to).saturating_sub(24) / COLUMN;
            let label = rung.label.fit(room);
            self.label(&label, usize::midpoint(from, to), line - 8, Some(()));
        }
        self.body += "</g>\n";
        self.y += ARROW;
        self.go_up_and_down(rung);
        self.states(&rung.after);
    }

    /// Where a connection comes up on its rails and goes down.
    fn go_up_and_down(&mut self, rung: &Rung) {
        let y = self.y + STATES / 2;
        for mark in &rung.after {
            let is_this =
                |(of, lane, _): &(String, usize, usize)| *lane == mark.lane && *of == rung.of;
            let at = self.up.iter().position(is_this);
            match (mark.state, at) {
                (State::Established, None) => self.up.push((rung.of.clone(), mark.lane, y)),
                (State::TimeWait | State::Closed, Some(at)) => {
                    let (_, lane, begin) = self.up.swap_remove(at);
                    self.bars.push((lane, begin, y));
                }
                _ => {}
            }
        }
    }

    fn silence(&mut self, words: &str) {
        let (top, bottom) = (self.y + 4, self.y + SILENCE - 4);
        self.still.push((top, bottom));
        put(
            &mut self.body,
            format_args!(
                "<text class=\"mono quiet\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n",
                self.sheet.time,
                usize::midpoint(top, bottom) + 4,
                xml(words)
            ),
        );
        self.y += SILENCE;
    }

    fn verdict(&mut self, verdict: &Verdict) {
        let (left, width) = self.sheet.band(verdict.lanes);
        let words = format!("{} {}", verdict.sign, verdict.text);
        let lines = wrap(&words, (width - 24) / COLUMN);
        let height = lines.len() * TEXT + 12;
        let top = self.y + 5;
        let role = class(verdict.role);
        put(
            &mut self.body,
            format_args!(
                "<text class=\"mono id\" x=\"{}\" y=\"{}\">{}</text>\
             <rect class=\"box {role}\" x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>\
             <text class=\"{role}\">",
                self.sheet.of,
                top + 19,
                xml(&verdict.of),
            ),
        );
        for (at, line) in lines.iter().enumerate() {
            let indent = if at == 0 { 12 } else { 28 };
            put(
                &mut self.body,
                format_args!(
                    "<tspan x=\"{}\" y=\"{}\">{}</tspan>",
                    left + indent,
                    top + 19 + at * TEXT,
                    xml(line)
                ),
            );
        }
        self.body += "</text>\n";
        self.y += height + 14;
    }

    /// The whole picture.
    fn finish(mut self) -> String {
        let end = self.y + 10;
        let is_long = end > LONG;
        let mut back = String::new();
        let bottom = if is_long { end + self.sheet.head } else { end };
        self.groups(bottom, &mut back);
        self.rails(end, &mut back);
        for (_, lane, begin) in std::mem::take(&mut self.up) {
            self.bars.push((lane, begin, end));
        }
        for &(lane, begin, end) in &self.bars {
            let (x, height) = (self.sheet.x(lane), end - begin);
            put(
                &mut back,
                format_args!(
                    "<rect class=\"up\" x=\"{}\" y=\"{begin}\" width=\"8\" height=\"{height}\" rx=\"4\"/>\n",
                    x - 4
                ),
            );
        }
        self.heads(self.sheet.top - self.sheet.head - 8, &mut back);
        if is_long {
            self.heads(end, &mut back);
        }
        let mut y = bottom + 34;
        let mut notes = String::new();
        let columns = (self.sheet.width - 40) / COLUMN;
        let signs = self.layout.signs.join(" · ");
        let signs = (!signs.is_empty()).then_some(&signs);
        for note in signs
            .into_iter()
            .chain(&self.layout.notes)
            .flat_map(|note| wrap(note, columns))
        {
            put(
                &mut notes,
                format_args!(
                    "<text class=\"quiet\" x=\"20\" y=\"{y}\">{}</text>\n",
                    xml(&note)
                ),
            );
            y += TEXT;
        }
        let (width, height) = (self.sheet.width, y + 2);
        let title = xml(&self.layout.title);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"title description\">\n\
             <title id=\"title\">{title}</title>\n<desc id=\"description\">{}</desc>\n\
             <style>\n{STYLE}</style>\n\
             <rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n\
             <text class=\"title\" x=\"20\" y=\"30\">{}</text>\n{back}{}{notes}</svg>\n",
            xml(&self.description()),
            xml(&text::fit(&self.layout.title, columns)),
            self.body,
        )
    }

    /// The picture in words: who takes part, and how everything ended.
    fn description(&self) -> String {
        let lanes: Vec<_> = self
            .layout
            .lanes
            .iter()
            .map(|lane| lane.address.as_str())
            .collect();
        let mut told = lanes.join(", ");
        for row in &self.layout.rows {
            if let Row::Verdict(verdict) = row {
                put(
                    &mut told,
                    format_args!(". {}: {}", verdict.of, verdict.text),
                );
            }
        }
        told
    }
}

fn put(out: &mut String, words: fmt::Arguments<'_>) {
    // A String takes everything.
    let _ = out.write_fmt(words);
}

const fn class(role: Role) -> &'static str {
    match role {
        Role::Plain => "plain",
        Role::Quiet => "quiet",
        Role::Heading => "heading",
        Role::Id => "id",
        Role::Orig => "orig",
        Role::Resp => "resp",
        Role::Good => "good",
        Role::Odd => "odd",
        Role::Bad => "bad",
    }
}

/// Escaped text as XML: no markup, and nothing that XML forbids.
fn xml(words: &str) -> String {
    let mut out = String::with_capacity(words.len() + 8);
    for c in words.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_has_no_markup_and_no_control_characters() {
        assert_eq!(
            xml("<script>\"a\" & 'b'</script>"),
            "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;"
        );
        assert_eq!(
            xml("a\0b\u{1b}c\u{ffff}你"),
            "a\u{fffd}b\u{fffd}c\u{fffd}你"
        );
    }
}
