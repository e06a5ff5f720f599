//! Tables. Nothing but this file knows comfy-table.
//!
//! A table that fits is drawn as one. Where it does not fit, its rows are told as paragraphs with a
//! name before each value, so that a narrow terminal loses no meaning. Every cell is escaped here.

use std::borrow::Cow;

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use super::{
    prose::Prose,
    style::{Palette, Role},
    text,
    words::{Label, Lang},
};

/// Tables with more rows than this are drawn without the crate.
const MAX_DRAWN: usize = 1000;

/// Which way a column leans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A heading, columns and rows.
#[derive(Clone, Debug)]
pub struct Grid {
    lang: Lang,
    title: &'static str,
    columns: Vec<(&'static str, Align)>,
    rows: Vec<Vec<Cell>>,
    note: Option<String>,
}

/// One or more lines of a cell.
#[derive(Clone, Debug)]
pub struct Cell(Vec<String>);

impl Cell {
    /// A cell of bytes that may be no text.
    pub fn raw(bytes: &[u8]) -> Self {
        Self(vec![text::escape_bytes(bytes).into_owned()])
    }

    /// A cell with a line for each.
    pub fn lines(lines: impl IntoIterator<Item = String>) -> Self {
        let lines = lines.into_iter();
        Self(lines.map(|line| text::escape(&line).into_owned()).collect())
    }

    /// On one line, escaped.
    pub fn text(&self) -> String {
        self.0.join(" ")
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self(vec![text::escape(text.as_ref()).into_owned()])
    }
}

impl Grid {
    /// A table without rows.
    pub fn new(lang: Lang, title: Label, columns: &[(Label, Align)]) -> Self {
        let columns = columns.iter();
        Self {
            lang,
            title: title.of(lang),
            columns: columns
                .map(|(name, align)| (name.of(lang), *align))
                .collect(),
            rows: Vec::new(),
            note: None,
        }
    }

    /// Adds a row, a cell for each column.
    pub fn row(&mut self, cells: impl Into<Vec<Cell>>) {
        let mut cells = cells.into();
        cells.resize_with(self.columns.len(), || Cell(Vec::new()));
        self.rows.push(cells);
    }

    /// Says something below the rows.
    pub fn note(&mut self, words: String) {
        self.note = Some(words);
    }

    /// What it is called.
    pub const fn title(&self) -> &'static str {
        self.title
    }

    /// The names of its columns, and which way they lean.
    pub fn columns(&self) -> &[(&'static str, Align)] {
        &self.columns
    }

    /// Its rows, each with a cell for each column.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[Cell]> {
        self.rows.iter().map(Vec::as_slice)
    }

    /// What is said below its rows, escaped.
    pub fn noted(&self) -> Option<Cow<'_, str>> {
        self.note.as_deref().map(text::escape)
    }

    /// Whether it fits into so many columns. Without a limit everything fits.
    pub fn fits(&self, width: Option<usize>) -> bool {
        let Some(width) = width else {
            return true;
        };
        let needed: usize = (0..self.columns.len())
            .map(|at| 2 + self.column_width(at))
            .sum();
        needed <= width
    }

    /// Draws it, or tells it where it does not fit. A table without rows is not there.
    pub fn write(&self, palette: Palette, width: Option<usize>, out: &mut Vec<u8>) {
        if self.rows.is_empty() {
            return;
        }
        palette.paint(Role::Heading, self.title, out);
        out.push(b'\n');
        match width {
            Some(width) if !self.fits(Some(width)) => self.tell(palette, width, out),
            _ => self.draw(palette, out),
        }
        if let Some(note) = &self.note {
            let mut prose = Prose::new(self.lang);
            prose.paint(Role::Quiet, &text::escape(note));
            out.extend_from_slice(b"  ");
            prose.wrap(palette, 2, 2, width.unwrap_or(usize::MAX), out);
            out.push(b'\n');
        }
        out.push(b'\n');
    }

    fn has_header(&self) -> bool {
        self.columns.iter().any(|(name, _)| !name.is_empty())
    }

    fn column_width(&self, at: usize) -> usize {
        let header = self
            .columns
            .get(at)
            .map_or(0, |(name, _)| text::width(name));
        let cells = self.rows.iter().filter_map(|row| row.get(at));
        let lines = cells.flat_map(|cell| &cell.0).map(|line| text::width(line));
        lines.max().unwrap_or(0).max(header)
    }

    fn draw(&self, palette: Palette, out: &mut Vec<u8>) {
        if self.rows.len() > MAX_DRAWN {
            self.draw_long(palette, out);
        } else {
            self.draw_short(palette, out);
        }
    }

    /// Draws as [`draw_short`](Self::draw_short) does, row by row: the crate takes 3 kB a row and seven times as
    /// long.
    fn draw_long(&self, palette: Palette, out: &mut Vec<u8>) {
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|at| self.column_width(at))
            .collect();
        if self.has_header() {
            let names = self.columns.iter().map(|(name, _)| *name);
            let line = self.aligned(names, &widths);
            palette.paint(Role::Quiet, line.trim_end(), out);
            let total: usize = widths.iter().map(|width| 2 + width).sum();
            out.push(b'\n');
            palette.paint(Role::Quiet, &"─".repeat(total), out);
            out.push(b'\n');
        }
        for row in &self.rows {
            let height = row
                .iter()
                .map(|cell| cell.0.len())
                .max()
                .unwrap_or(0)
                .max(1);
            for at in 0..height {
                let cells = row
                    .iter()
                    .map(|cell| cell.0.get(at).map_or("", String::as_str));
                let line = self.aligned(cells, &widths);
                palette.paint(Role::Plain, line.trim_end(), out);
                out.push(b'\n');
            }
        }
    }

    fn aligned<'a>(&self, cells: impl Iterator<Item = &'a str>, widths: &[usize]) -> String {
        let mut line = String::new();
        for ((cell, (_, align)), width) in cells.zip(&self.columns).zip(widths) {
            let missing = width.saturating_sub(text::width(cell));
            let (before, behind) = match align {
                Align::Left => (0, missing),
                Align::Right => (missing, 0),
            };
            line.extend(std::iter::repeat_n(' ', 2 + before));
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', behind));
        }
        line
    }

    fn draw_short(&self, palette: Palette, out: &mut Vec<u8>) {
        let mut table = Table::new();
        table
            .force_no_tty()
            .set_content_arrangement(ContentArrangement::Disabled)
            .load_style(
                TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─')),
            );
        if self.has_header() {
            table.set_header(self.columns.iter().map(|(name, _)| *name));
        }
        for row in &self.rows {
            table.add_row(row.iter().map(|cell| cell.0.join("\n")));
        }
        for (at, (column, (_, align))) in table.column_iter_mut().zip(&self.columns).enumerate() {
            // The crate puts a column of its own between two of ours.
            column.set_padding((if at == 0 { 2 } else { 1 }, 0));
            if *align == Align::Right {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let header = if self.has_header() { 2 } else { 0 };
        for (at, line) in table.lines().enumerate() {
            let role = if at < header {
                Role::Quiet
            } else {
                Role::Plain
            };
            palette.paint(role, line.trim_end(), out);
            out.push(b'\n');
        }
    }

    /// Each row as a paragraph: its first cell, then `name value · name value`.
    fn tell(&self, palette: Palette, width: usize, out: &mut Vec<u8>) {
        let mut prose = Prose::new(self.lang);
        for row in &self.rows {
            prose.clear();
            for (at, (cell, (name, _))) in row.iter().zip(&self.columns).enumerate() {
                let value = cell.text();
                if value.is_empty() {
                    continue;
                }
                match at {
                    0 => prose.paint(Role::Id, &value),
                    1 => prose.say("  "),
                    _ => prose.paint(Role::Quiet, " · "),
                };
                if at > 0 {
                    if !name.is_empty() {
                        prose.paint(Role::Quiet, name).say(" ");
                    }
                    prose.say(&value);
                }
            }
            out.extend_from_slice(b"  ");
            prose.wrap(palette, 2, 4, width, out);
            out.push(b'\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        grid_in(Lang::En)
    }

    fn grid_in(lang: Lang) -> Grid {
        let mut grid = Grid::new(
            lang,
            Label::new("Things", "东西"),
            &[
                (Label::new("name", "名称"), Align::Left),
                (Label::new("bytes", "字节"), Align::Right),
                (Label::new("said", "说了什么"), Align::Left),
            ],
        );
        grid.row(["a".into(), "1,234".into(), "服务端".into()]);
        grid.row([
            "b\x1b[2J".into(),
            "5".into(),
            Cell::lines(["x\ny".into(), "z".into()]),
        ]);
        grid.note("and 3 more".into());
        grid
    }

    fn written(grid: &Grid, width: Option<usize>) -> String {
        let mut out = Vec::new();
        grid.write(Palette::new(false), width, &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn numbers_lean_right_and_cells_are_escaped() {
        assert_eq!(
            written(&grid(), None),
            "Things\n\
             \x20 name        bytes  said\n\
             ───────────────────────────\n\
             \x20 a           1,234  服务端\n\
             \x20 b\\u{1b}[2J      5  x\\ny\n\
             \x20                    z\n\
             \x20 and 3 more\n\n"
        );
        assert_eq!(written(&grid(), None), written(&grid(), Some(27)));
    }

    #[test]
    fn wide_characters_take_two_columns_in_headings_too() {
        assert_eq!(
            written(&grid_in(Lang::Zh), None),
            "东西\n\
             \x20 名称         字节  说了什么\n\
             ─────────────────────────────\n\
             \x20 a           1,234  服务端\n\
             \x20 b\\u{1b}[2J      5  x\\ny\n\
             \x20                    z\n\
             \x20 and 3 more\n\n"
        );
    }

    #[test]
    fn long_tables_look_as_short_ones_do() {
        let mut nameless = Grid::new(
            Lang::En,
            Label::EMPTY,
            &[(Label::EMPTY, Align::Left), (Label::EMPTY, Align::Right)],
        );
        nameless.row(["one".into(), "1".into()]);
        nameless.row(["".into(), "".into()]);
        nameless.row([Cell::lines(["二".into(), "three".into()]), "23".into()]);
        for grid in [grid(), nameless] {
            for palette in [Palette::new(false), Palette::new(true)] {
                let (mut short, mut long) = (Vec::new(), Vec::new());
                grid.draw_short(palette, &mut short);
                grid.draw_long(palette, &mut long);
                let [short, long] = [short, long].map(|out| String::from_utf8(out).expect("UTF-8"));
                assert_eq!(long, short);
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_told() {
        assert_eq!(
            written(&grid(), Some(20)),
            "Things\n\
             \x20 a  bytes 1,234\n\
             \x20   · said 服务端\n\
             \x20 b\\u{1b}[2J  bytes\n\
             \x20   5 · said x\\ny z\n\
             \x20 and 3 more\n\n"
        );
    }

    #[test]
    fn an_empty_table_is_not_there() {
        let grid = Grid::new(
            Lang::En,
            Label::new("Things", "东西"),
            &[(Label::new("name", "名称"), Align::Left)],
        );
        assert_eq!(written(&grid, None), "");
    }
}
