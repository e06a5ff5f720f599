//! What an arrow is drawn of, and the states below it.

use super::{ARROW, Pen, STATE_COLUMN, STATES, class, put, xml};
use crate::report::{
    ladder::layout::{Bracket, Label, Mark, PieceKind, Rung},
    text,
};

impl Pen<'_> {
    /// The head of an arrow that points at a rail.
    pub(super) fn tip(&mut self, x: usize, y: usize, to_right: bool, role: &str) {
        let back = if to_right { x - 10 } else { x + 10 };
        put(
            &mut self.body,
            format_args!(
                "<path class=\"tip {role}\" d=\"M{x} {y}L{back} {}V{}z\"/>",
                y - 5,
                y + 5
            ),
        );
    }

    /// The end of an arrow of which nothing shows that it arrived.
    pub(super) fn cross(&mut self, x: usize, y: usize) {
        put(
            &mut self.body,
            format_args!(
                "<path class=\"line bad\" d=\"M{} {}l10 10m0 -10l-10 10\"/>",
                x - 5,
                y - 5
            ),
        );
    }

    /// Time, frame and conversation beside an arrow.
    pub(super) fn margin(&mut self, rung: &Rung, y: usize) {
        let sheet = &self.sheet;
        let frames = rung.frames();
        let y = y + 4;
        put(
            &mut self.body,
            format_args!(
                "<text class=\"mono quiet\" x=\"{}\" y=\"{y}\" text-anchor=\"end\">{}</text>\
             <text class=\"mono\" x=\"{}\" y=\"{y}\">{}</text>\
             <text class=\"mono id\" x=\"{}\" y=\"{y}\">{}</text>",
                sheet.time,
                xml(&rung.time),
                sheet.frame,
                xml(&frames),
                sheet.of,
                xml(&rung.of),
            ),
        );
        let x = sheet.of - 14;
        let (top, middle, bottom) = (self.y, y - 4, self.y + ARROW);
        let shape = match rung.bracket {
            Some(Bracket::Begin) => format!("M{} {middle}h-6V{bottom}", x + 6),
            Some(Bracket::Middle) => format!("M{x} {top}V{bottom}"),
            Some(Bracket::End) => format!("M{x} {top}V{middle}h6"),
            None => return,
        };
        let role = class(rung.role);
        put(
            &mut self.body,
            format_args!("<path class=\"line {role}\" d=\"{shape}\"/>"),
        );
    }

    pub(super) fn label(&mut self, label: &Label, x: usize, y: usize, centred: Option<()>) {
        let anchor = if centred.is_some() { "middle" } else { "start" };
        put(
            &mut self.body,
            format_args!("<text class=\"label\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">"),
        );
        for (at, piece) in label.pieces.iter().enumerate() {
            let space = if at > 0 { " " } else { "" };
            let said = if piece.kind == PieceKind::Said {
                " said"
            } else {
                ""
            };
            put(
                &mut self.body,
                format_args!(
                    "{space}<tspan class=\"{}{said}\">{}</tspan>",
                    class(piece.role),
                    xml(&text::with_emoji(&piece.shown()))
                ),
            );
        }
        self.body += "</text>";
    }

    pub(super) fn states(&mut self, marks: &[Mark]) {
        if marks.is_empty() {
            return;
        }
        let y = self.y;
        for mark in marks {
            let x = self.sheet.x(mark.lane);
            let inferred = if mark.is_inferred { " inferred" } else { "" };
            let words = mark.shown();
            let length = words.len() * STATE_COLUMN;
            let width = length + 14;
            let colour = if mark.is_inferred { "quiet" } else { "id" };
            put(
                &mut self.body,
                format_args!(
                    "<rect class=\"pill{inferred}\" x=\"{}\" y=\"{}\" width=\"{width}\" height=\"18\" rx=\"9\"/>\
                 <text class=\"mono state {colour}\" x=\"{x}\" y=\"{}\" text-anchor=\"middle\" \
                 textLength=\"{length}\" lengthAdjust=\"spacingAndGlyphs\">{words}</text>",
                    x - width / 2,
                    y + 1,
                    y + 14,
                ),
            );
        }
        self.body.push('\n');
        self.y += STATES;
    }
}
