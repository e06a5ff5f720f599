//! What stands above the rails.

use super::{Pen, canvas::Canvas};
use crate::report::{style::Role, text};

impl Pen<'_> {
    /// The names of the rails, and of the groups that they are in.
    pub(super) fn header(&mut self) {
        if self.plan.side.is_some() {
            self.steps();
            return;
        }
        let mut groups = Canvas::default();
        for group in &self.layout.groups {
            let (begin, end) = self.plan.extent(&group.lanes);
            let room = (end + 1).saturating_sub(begin);
            let title = text::fit(&group.title, room.saturating_sub(4)).into_owned();
            let dashes = room.saturating_sub(text::width(&title) + 5);
            groups.put(begin, "┌ ", Role::Quiet);
            groups.put(begin + 2, &title, Role::Heading);
            let after = begin + 3 + text::width(&title);
            groups.put(after, &"─".repeat(dashes), Role::Quiet);
            groups.put((after + dashes).min(end), "┐", Role::Quiet);
        }
        self.write(&groups);
        let lanes = &self.layout.lanes;
        let mut lines = [Canvas::default(), Canvas::default(), Canvas::default()];
        for (at, lane) in lanes.iter().enumerate() {
            let room = self.plan.room_of(at);
            let address = if text::width(&lane.address) <= room {
                &lane.address
            } else {
                &lane.short
            };
            let name = lane.name.as_deref().unwrap_or_default();
            let remark = lane.remark.as_deref().unwrap_or_default();
            let [first, second, third] = &mut lines;
            for (line, words, role) in [
                (first, name, Role::Heading),
                (second, address.as_str(), Role::Heading),
                (third, remark, Role::Bad),
            ] {
                // Hardware addresses mostly differ at their end.
                let words = match role {
                    Role::Bad => text::fit_tail(words, room),
                    _ => text::fit(words, room),
                };
                line.put(self.plan.centre(at, text::width(&words)), &words, role);
            }
        }
        for line in lines.iter().filter(|line| !line.is_empty()) {
            self.write(line);
        }
    }

    /// The header where lanes are narrow: each title on a line of its own, above its rail.
    fn steps(&mut self) {
        for (at, lane) in self.layout.lanes.iter().enumerate() {
            let mut line = Canvas::default();
            for &x in self.plan.x.iter().take(at) {
                line.put(x, "│", Role::Quiet);
            }
            let x = self.plan.x.get(at).copied().unwrap_or(0);
            let room = self.plan.width.saturating_sub(x);
            let remark = lane.remark.as_deref().map(|it| format!(" {it}"));
            let remark = remark.unwrap_or_default();
            let name = lane.name.as_deref().map(|it| format!("{it} "));
            let title = name.unwrap_or_default() + &lane.address;
            let left = room.saturating_sub(text::width(&remark)).max(room / 2);
            let title = text::fit(&title, left).into_owned();
            let left = room.saturating_sub(text::width(&title));
            let title = title + &text::fit_tail(&remark, left);
            line.put(x, &title, Role::Heading);
            let group = self.layout.groups.iter().find(|it| it.lanes.start == at);
            if let Some(group) = group {
                let behind = x + text::width(&title) + 2;
                let room = self.plan.width.saturating_sub(behind);
                line.put(behind, &text::fit(&group.title, room), Role::Quiet);
            }
            self.write(&line);
        }
    }
}
