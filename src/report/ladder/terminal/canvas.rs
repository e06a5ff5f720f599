//! One line of a terminal, written to in any order.

use crate::report::{
    ladder::layout::Label,
    style::{Palette, Role},
    text,
};

/// A line: a cell a column.
#[derive(Clone, Debug, Default)]
pub struct Canvas {
    cells: Vec<Cell>,
}

#[derive(Clone, Debug, Default)]
struct Cell {
    /// A character with its marks; empty behind one that takes two columns.
    text: String,
    role: Role,
}

impl Canvas {
    /// Whether nothing can be seen.
    pub fn is_empty(&self) -> bool {
        self.cells.iter().all(|cell| cell.text.trim().is_empty())
    }

    /// Writes escaped text from column `x` on, over what stood there.
    pub fn put(&mut self, x: usize, words: &str, role: Role) {
        let mut at = x;
        for c in words.chars() {
            let columns = text::columns(c);
            if columns == 0 {
                if let Some(cell) = at.checked_sub(1).and_then(|at| self.base(at)) {
                    cell.text.push(c);
                }
                continue;
            }
            for column in at..at + columns {
                self.clear(column);
            }
            if let Some(cell) = self.cells.get_mut(at) {
                cell.text = c.into();
                cell.role = role;
            }
            for behind in at + 1..at + columns {
                if let Some(cell) = self.cells.get_mut(behind) {
                    cell.text.clear();
                }
            }
            at += columns;
        }
    }

    /// Writes a label from column `x` on.
    pub fn label(&mut self, x: usize, label: &Label) {
        let mut at = x;
        for piece in &label.pieces {
            self.put(at, &piece.shown(), piece.role);
            at += piece.width();
            self.put(at, " ", Role::Plain);
            at += 1;
        }
    }

    /// Writes the line without its end, nothing behind its last character.
    pub fn write(&self, palette: Palette, out: &mut Vec<u8>) {
        let end = self
            .cells
            .iter()
            .rposition(|cell| !cell.text.is_empty() && cell.text != " ")
            .map_or(0, |last| last + 1);
        let mut run = String::new();
        let mut role = Role::Plain;
        for cell in self.cells.iter().take(end) {
            // Spaces take the colour of what stands before them.
            if cell.role != role && cell.text != " " {
                palette.paint(role, &run, out);
                run.clear();
                role = cell.role;
            }
            run.push_str(&cell.text);
        }
        palette.paint(role, &run, out);
    }

    /// Makes a column a space, and with it the other half of a wide character.
    fn clear(&mut self, column: usize) {
        while self.cells.len() <= column {
            self.cells.push(Cell {
                text: " ".into(),
                role: Role::Plain,
            });
        }
        let is_behind = |cell: Option<&Cell>| cell.is_some_and(|cell| cell.text.is_empty());
        let mut begin = column;
        while begin > 0 && is_behind(self.cells.get(begin)) {
            begin -= 1;
        }
        let mut at = begin;
        loop {
            let is_half = is_behind(self.cells.get(at + 1));
            if let Some(cell) = self.cells.get_mut(at) {
                cell.text = " ".into();
                cell.role = Role::Plain;
            }
            at += 1;
            if !is_half {
                break;
            }
        }
    }

    /// The cell that a mark at a column belongs to.
    fn base(&mut self, column: usize) -> Option<&mut Cell> {
        let begin = self
            .cells
            .get(..=column)?
            .iter()
            .rposition(|cell| !cell.text.is_empty())?;
        self.cells.get_mut(begin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(canvas: &Canvas) -> String {
        let mut out = Vec::new();
        canvas.write(Palette::new(false), &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn wide_characters_and_marks_keep_their_columns() {
        let mut canvas = Canvas::default();
        canvas.put(10, "│", Role::Quiet);
        canvas.put(0, "你e\u{301}好", Role::Plain);
        assert_eq!(shown(&canvas), "你e\u{301}好     │");
        // Half of a wide character is none.
        canvas.put(1, "x", Role::Plain);
        assert_eq!(shown(&canvas), " xe\u{301}好     │");
        canvas.put(3, "y", Role::Plain);
        assert_eq!(shown(&canvas), " xe\u{301}y      │");
        assert_eq!(text::width(&shown(&canvas)), 11);
    }

    #[test]
    fn colours_end_with_the_line() {
        let mut canvas = Canvas::default();
        canvas.put(0, "a", Role::Bad);
        canvas.put(3, "b", Role::Good);
        let mut out = Vec::new();
        canvas.write(Palette::new(true), &mut out);
        let out = String::from_utf8(out).expect("UTF-8");
        assert!(out.ends_with("\x1b[0m"), "{out:?}");
        assert_eq!(out.matches("\x1b[0m").count(), 2);
    }
}
