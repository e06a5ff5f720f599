//! The ladder as a Mermaid sequence diagram, for pages that draw those.
//!
//! What people said cannot become syntax: every character that Mermaid or a browser could take for that
//! is written by its number.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use super::{
    layout::{Bracket, Layout, Line, Mark, Row, Rung},
    terminal::wrap,
};
use crate::report::style::Role;

/// Columns of a label; longer ones are cut.
const LABEL: usize = 64;

/// Columns of a line of a note.
const NOTE: usize = 40;

/// Writes a diagram of a layout.
pub fn write(layout: &Layout, out: &mut dyn Write) -> io::Result<()> {
    let mut told = String::from("sequenceDiagram\n");
    // A String takes everything.
    let _ = tell(layout, &mut told);
    out.write_all(told.as_bytes())
}

fn tell(layout: &Layout, out: &mut String) -> std::fmt::Result {
    writeln!(out, "    title: {}", plain(&layout.title))?;
    for group in &layout.groups {
        writeln!(out, "    box transparent {}", plain(&group.title))?;
        for at in group.lanes.clone() {
            let Some(lane) = layout.lanes.get(at) else {
                continue;
            };
            let names = [
                lane.name.as_deref(),
                Some(&lane.address),
                lane.remark.as_deref(),
            ];
            let names: Vec<_> = names.into_iter().flatten().map(plain).collect();
            writeln!(out, "        participant L{at} as {}", names.join("<br/>"))?;
        }
        writeln!(out, "    end")?;
    }
    let last = layout.lanes.len().saturating_sub(1);
    let mut is_bracketed = false;
    for row in &layout.rows {
        match row {
            Row::Rung(rung) => {
                if rung.bracket == Some(Bracket::Begin) && !is_bracketed {
                    writeln!(out, "    rect rgba(127, 127, 127, 0.15)")?;
                    is_bracketed = true;
                }
                states(&rung.before, out)?;
                arrow(rung, out)?;
                if rung.bracket == Some(Bracket::End) && is_bracketed {
                    writeln!(out, "    end")?;
                    is_bracketed = false;
                }
                states(&rung.after, out)?;
            }
            Row::Silence(words) => {
                writeln!(out, "    Note over L0,L{last}: {}", plain(words))?;
            }
            Row::Verdict(verdict) => {
                let [left, right] = verdict.lanes;
                let words = format!("{} {}: {}", verdict.sign, verdict.of, verdict.text);
                let lines: Vec<_> = wrap(&words, NOTE).iter().map(|line| plain(line)).collect();
                writeln!(
                    out,
                    "    Note over L{left},L{right}: {}",
                    lines.join("<br/>")
                )?;
            }
        }
    }
    if is_bracketed {
        writeln!(out, "    end")?;
    }
    if !layout.lanes.is_empty() {
        for note in &layout.notes {
            writeln!(out, "    Note over L0,L{last}: {}", plain(note))?;
        }
    }
    Ok(())
}

fn arrow(rung: &Rung, out: &mut String) -> std::fmt::Result {
    let is_reset = rung.role == Role::Bad && rung.line == Line::Solid;
    let arrow = match rung.line {
        Line::Copy if rung.is_unheard => "--x",
        _ if is_reset || rung.is_unheard => "-x",
        Line::Solid | Line::Thin => "->>",
        Line::Copy | Line::Error | Line::Piece => "-->>",
    };
    writeln!(
        out,
        "    L{}{arrow}L{}: {} {}",
        rung.from,
        rung.to,
        plain(&rung.frames()),
        plain(&rung.label.fit(LABEL).text())
    )
}

fn states(marks: &[Mark], out: &mut String) -> std::fmt::Result {
    for mark in marks {
        writeln!(out, "    Note over L{}: {}", mark.lane, mark.shown())?;
    }
    Ok(())
}

/// Escaped text that means nothing to Mermaid: `#35;` for `#`.
fn plain(words: &str) -> String {
    let mut out = String::with_capacity(words.len() + 8);
    for c in words.chars() {
        match c {
            ' ' | '.' | ',' | '(' | ')' | '-' | '=' | '?' | '!' | '/' | '_' | ':' => out.push(c),
            c if c.is_ascii_alphanumeric() => out.push(c),
            c if c.is_ascii() => {
                let _ = write!(out, "#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_becomes_syntax() {
        assert_eq!(plain("a;b#c%%d"), "a#59;b#35;c#37;#37;d");
        assert_eq!(
            plain("<img src=x onerror=\"alert(1)\">"),
            "#60;img src=x onerror=#34;alert(1)#34;#62;"
        );
        assert_eq!(
            plain("{\"x\"}\\n`y`[z]|&@~^$*+'"),
            "#123;#34;x#34;#125;#92;n#96;y#96;#91;z#93;#124;#38;#64;#126;#94;#36;#42;#43;#39;"
        );
        assert_eq!(plain("服务端，你好！"), "服务端，你好！");
    }
}
