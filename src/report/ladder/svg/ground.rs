//! What arrows stand on: groups, rails and their heads.

use super::{Pen, TEXT, put, sheet::COLUMN, xml};
use crate::report::text;

impl Pen<'_> {
    pub(super) fn groups(&self, bottom: usize, out: &mut String) {
        for group in &self.layout.groups {
            let (left, right) = self.sheet.extent(&group.lanes);
            let top = self.sheet.top - self.sheet.head - 40;
            let room = (right - left).saturating_sub(20) / COLUMN;
            put(
                out,
                format_args!(
                    "<rect class=\"group\" x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\" rx=\"10\"/>\
                 <text class=\"quiet\" x=\"{}\" y=\"{}\">{}</text>\n",
                    right - left,
                    bottom + 12 - top,
                    left + 12,
                    top + 20,
                    xml(&text::fit(&group.title, room)),
                ),
            );
        }
    }

    pub(super) fn rails(&self, end: usize, out: &mut String) {
        for at in 0..self.layout.lanes.len() {
            let x = self.sheet.x(at);
            let mut y = self.sheet.top - 8;
            for &(top, bottom) in &self.still {
                put(
                    out,
                    format_args!("<path class=\"rail\" d=\"M{x} {y}V{top}\"/>"),
                );
                put(
                    out,
                    format_args!("<path class=\"rail still\" d=\"M{x} {top}V{bottom}\"/>"),
                );
                y = bottom;
            }
            put(
                out,
                format_args!("<path class=\"rail\" d=\"M{x} {y}V{end}\"/>\n"),
            );
        }
    }

    pub(super) fn heads(&self, y: usize, out: &mut String) {
        for (at, lane) in self.layout.lanes.iter().enumerate() {
            let x = self.sheet.x(at);
            let width = self.sheet.head_width(at);
            let many = if lane.is_many { " many" } else { "" };
            put(
                out,
                format_args!(
                    "<rect class=\"head{many}\" x=\"{}\" y=\"{y}\" width=\"{width}\" height=\"{}\" rx=\"6\"/>",
                    x - width / 2,
                    self.sheet.head,
                ),
            );
            let lines = [
                (lane.name.as_deref(), "name"),
                (
                    Some(lane.address.as_str()),
                    if lane.name.is_some() { "quiet" } else { "name" },
                ),
                (lane.remark.as_deref(), "bad"),
            ];
            let lines: Vec<_> = lines
                .into_iter()
                .filter_map(|(words, class)| Some((words?, class)))
                .collect();
            let mut line = y + (self.sheet.head - lines.len() * TEXT) / 2 + 13;
            for (words, class) in lines {
                let words = text::fit(words, (width - 8) / COLUMN);
                put(
                    out,
                    format_args!(
                        "<text class=\"{class}\" x=\"{x}\" y=\"{line}\" text-anchor=\"middle\">{}</text>",
                        xml(&words)
                    ),
                );
                line += TEXT;
            }
            out.push('\n');
        }
    }
}
