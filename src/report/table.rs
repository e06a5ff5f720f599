//! Tables. Nothing but this file knows comfy-table.
//!
//! A table that fits is drawn as one. Where it does not fit, its rows are told as paragraphs with a
//! name before each value, so that a narrow terminal loses no meaning. Every cell is escaped here.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use super::{
    Output,
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
    rows: Vec<Row>,
    note: Option<String>,
}

/// The cells of a row, all in one piece: of connections there may be hundreds of thousands.
#[derive(Clone, Debug)]
pub struct Row(Box<str>);

/// One or more lines, escaped.
#[derive(Clone, Debug)]
pub struct Cell(String);

/// What stands between two cells. Escaped text holds no such character, and no end of a line either.
const BETWEEN_CELLS: char = '\u{1f}';

impl Row {
    /// Of its cells, from left to right.
    pub fn new<const N: usize>(cells: [Cell; N]) -> Self {
        let cells = cells.map(|cell| cell.0);
        Self(cells.join(BETWEEN_CELLS.encode_utf8(&mut [0; 4])).into())
    }

    /// Its cells, escaped; one of several lines has ends of lines in it.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        self.0.split(BETWEEN_CELLS)
    }
}

impl Cell {
    /// A cell of bytes that may be no text.
    pub fn raw(bytes: &[u8]) -> Self {
        Self(text::escape_bytes(bytes).into_owned())
    }

    /// A cell with a line for each.
    pub fn lines(lines: impl IntoIterator<Item = String>) -> Self {
        let lines = lines.into_iter();
        let lines: Vec<_> = lines.map(|line| text::escape(&line).into_owned()).collect();
        Self(lines.join("\n"))
    }

    /// A cell with a line for each, which are escaped already.
    pub(super) fn escaped_lines<const N: usize>(lines: [&str; N]) -> Self {
        Self(lines.join("\n"))
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self(text::escape(text.as_ref()).into_owned())
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

    /// With these rows, each with a cell for each column.
    #[must_use]
    pub fn with_rows(self, rows: Vec<Row>) -> Self {
        Self { rows, ..self }
    }

    /// Adds a row, a cell for each column.
    pub fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        self.rows.push(Row::new(cells));
    }

    /// Nothing but its rows.
    pub fn into_rows(self) -> Vec<Row> {
        self.rows
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
    pub fn rows(&self) -> &[Row] {
        &self.rows
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
        self.widths()
            .iter()
            .map(|columns| 2 + columns)
            .sum::<usize>()
            <= width
    }

    /// Draws it, or tells it where it does not fit. A table without rows is not there.
    pub(super) fn write<W: Write>(
        &self,
        palette: Palette,
        width: Option<usize>,
        output: &mut Output<W>,
    ) -> io::Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        palette.paint(Role::Heading, self.title, &mut output.buffer);
        output.buffer.push(b'\n');
        match width {
            Some(width) if !self.fits(Some(width)) => self.tell(palette, width, output)?,
            _ if self.rows.len() > MAX_DRAWN => self.draw_long(palette, output)?,
            _ => self.draw_short(palette, &mut output.buffer),
        }
        if let Some(note) = &self.note {
            let mut prose = Prose::new(self.lang);
            prose.paint(Role::Quiet, &text::escape(note));
            let out = &mut output.buffer;
            out.extend_from_slice(b"  ");
            prose.wrap(palette, 2, 2, width.unwrap_or(usize::MAX), out);
            out.push(b'\n');
        }
        output.settle()
    }

    fn has_header(&self) -> bool {
        self.columns.iter().any(|(name, _)| !name.is_empty())
    }

    /// How wide each column is.
    fn widths(&self) -> Vec<usize> {
        let names = self.columns.iter().map(|(name, _)| text::width(name));
        let mut widths: Vec<_> = names.collect();
        for row in &self.rows {
            for (cell, width) in row.cells().zip(&mut widths) {
                for line in cell.split('\n') {
                    *width = text::width(line).max(*width);
                }
            }
        }
        widths
    }

    /// Draws as [`draw_short`](Self::draw_short) does, and hands on row by row: the crate takes 3 kB a row and
    /// seven times as long.
    fn draw_long<W: Write>(&self, palette: Palette, output: &mut Output<W>) -> io::Result<()> {
        let widths = self.widths();
        let mut line = String::new();
        if self.has_header() {
            let names = self.columns.iter().map(|(name, _)| *name);
            self.align(names, &widths, &mut line);
            let total: usize = widths.iter().map(|width| 2 + width).sum();
            let out = &mut output.buffer;
            palette.paint(Role::Quiet, line.trim_end(), out);
            out.push(b'\n');
            palette.paint(Role::Quiet, &"─".repeat(total), out);
            out.push(b'\n');
        }
        for row in &self.rows {
            let height = row.cells().map(|cell| cell.split('\n').count()).max();
            for at in 0..height.unwrap_or(1) {
                let cells = row
                    .cells()
                    .map(|cell| cell.split('\n').nth(at).unwrap_or_default());
                self.align(cells, &widths, &mut line);
                palette.paint(Role::Plain, line.trim_end(), &mut output.buffer);
                output.buffer.push(b'\n');
            }
            output.settle()?;
        }
        Ok(())
    }

    /// Puts cells side by side on a line.
    fn align<'a>(&self, cells: impl Iterator<Item = &'a str>, widths: &[usize], line: &mut String) {
        line.clear();
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
            table.add_row(row.cells());
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
    fn tell<W: Write>(
        &self,
        palette: Palette,
        width: usize,
        output: &mut Output<W>,
    ) -> io::Result<()> {
        let mut prose = Prose::new(self.lang);
        for row in &self.rows {
            prose.clear();
            for (at, (cell, (name, _))) in row.cells().zip(&self.columns).enumerate() {
                if cell.is_empty() {
                    continue;
                }
                match at {
                    0 => prose.paint(Role::Id, &on_one_line(cell)),
                    1 => prose.say("  "),
                    _ => prose.paint(Role::Quiet, " · "),
                };
                if at > 0 {
                    if !name.is_empty() {
                        prose.paint(Role::Quiet, name).say(" ");
                    }
                    prose.say(&on_one_line(cell));
                }
            }
            output.buffer.extend_from_slice(b"  ");
            prose.wrap(palette, 2, 4, width, &mut output.buffer);
            output.buffer.push(b'\n');
            output.settle()?;
        }
        Ok(())
    }
}

/// A cell on one line.
pub fn on_one_line(cell: &str) -> String {
    cell.replace('\n', " ")
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
        told(|output| grid.write(Palette::new(false), width, output))
    }

    fn told(write: impl FnOnce(&mut Output<Vec<u8>>) -> io::Result<()>) -> String {
        let mut output = Output::new(Vec::new());
        write(&mut output)
            .and_then(|()| output.flush())
            .expect("a Vec takes everything");
        String::from_utf8(output.into_inner()).expect("UTF-8")
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
             \x20 and 3 more\n"
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
             \x20 and 3 more\n"
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
                let short = told(|output| {
                    grid.draw_short(palette, &mut output.buffer);
                    Ok(())
                });
                let long = told(|output| grid.draw_long(palette, output));
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
             \x20 and 3 more\n"
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
