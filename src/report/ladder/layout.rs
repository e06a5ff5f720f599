//! What every picture of a session draws: lanes from left to right, rows from top to bottom.
//!
//! All text in here is escaped for people ([`text::escape`]); what the syntax of a picture forbids besides,
//! its drawer escapes.

use std::{borrow::Cow, ops::Range};

use crate::{
    report::{style::Role, text},
    time::Timestamp,
};

use super::{states::State, terminal::wrap};

/// A picture, laid out.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// What it is a picture of.
    pub title: String,
    /// Who takes part, from left to right.
    pub lanes: Vec<Lane>,
    /// Lanes that belong together, from left to right.
    pub groups: Vec<Group>,
    /// What happened, from top to bottom.
    pub rows: Vec<Row>,
    /// What each sign in it means, for who sees such a picture for the first time.
    pub signs: Vec<String>,
    /// What the picture leaves out, and how its signs are to be read: sentences.
    pub notes: Vec<String>,
}

/// A rail: somebody who takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// What people call it.
    pub name: Option<String>,
    /// Its address, or what stands for it: `192.168.15.73`, `everyone`.
    pub address: String,
    /// The address without what all lanes of its group share: `.73`.
    pub short: String,
    /// What more there is to say: the hardware address of a second claimant.
    pub remark: Option<String>,
    /// No host of its own: everyone, or all others.
    pub is_many: bool,
}

/// Lanes that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// `this subnet 192.168.15.0/24 (inferred)`.
    pub title: String,
    /// Which lanes.
    pub lanes: Range<usize>,
}

/// Something at its height.
#[derive(Clone, Debug)]
pub enum Row {
    /// An arrow.
    Rung(Rung),
    /// Nothing happened for so long: `… 2.0 s …`.
    Silence(String),
    /// How something ended.
    Verdict(Verdict),
}

/// An arrow: a frame that matters, or several alike.
#[derive(Clone, Debug)]
pub struct Rung {
    /// When.
    pub at: Timestamp,
    /// Its time, as times are told.
    pub time: String,
    /// The first frame, and the last where it stands for several.
    pub frame: u64,
    /// See `frame`.
    pub last_frame: u64,
    /// How many frames.
    pub count: u64,
    /// The conversation or protocol: `tcp-1`, `arp`.
    pub of: String,
    /// The lane that it leaves.
    pub from: usize,
    /// The lane that it reaches.
    pub to: usize,
    /// The gateway's lane that it passes.
    pub via: Option<usize>,
    /// What it says.
    pub label: Label,
    /// What its line is.
    pub line: Line,
    /// Its colour.
    pub role: Role,
    /// The frame that it repeats.
    pub copy_of: Option<u64>,
    /// No answer shows that it arrived.
    pub is_unheard: bool,
    /// Its place among the pieces of one datagram.
    pub bracket: Option<Bracket>,
    /// States that its ends were in before it.
    pub before: Vec<Mark>,
    /// States that it brought its ends into.
    pub after: Vec<Mark>,
}

/// A state on a rail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Which lane.
    pub lane: usize,
    /// Which state.
    pub state: State,
    /// Nobody saw it: it follows from what went by.
    pub is_inferred: bool,
}

impl Rung {
    /// `#3`; where it stands for several, `#20–35`.
    pub fn frames(&self) -> String {
        if self.count > 1 {
            format!("#{}–{}", self.frame, self.last_frame)
        } else {
            format!("#{}", self.frame)
        }
    }
}

impl Mark {
    /// `SYN_SENT`; where it is inferred, `(SYN_SENT)`.
    pub fn shown(&self) -> String {
        if self.is_inferred {
            format!("({})", self.state.as_str())
        } else {
            self.state.as_str().to_owned()
        }
    }
}

/// How an arrow is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// A frame of a conversation.
    Solid,
    /// A question to everyone, and its answer.
    Thin,
    /// The same again.
    Copy,
    /// A message about another frame.
    Error,
    /// A piece of a datagram.
    Piece,
}

/// A piece's place among the pieces of one datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bracket {
    /// The first.
    Begin,
    /// Between.
    Middle,
    /// The last.
    End,
}

/// How something ended.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The conversation or protocol.
    pub of: String,
    /// The lanes that it is about, from left to right; the same twice for one.
    pub lanes: [usize; 2],
    /// Good, odd or bad.
    pub role: Role,
    /// The sign before it, which tells the role without colour.
    pub sign: char,
    /// The sentence.
    pub text: String,
}

/// What an arrow says: pieces with a space between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// In order.
    pub pieces: Vec<Piece>,
}

/// A piece of a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The words, escaped.
    pub text: String,
    /// Their colour.
    pub role: Role,
    /// What may become of it when there is little room.
    pub kind: PieceKind,
}

/// What a piece of a label is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceKind {
    /// Always there.
    Word,
    /// Always there; on a line of its own where labels stand beside the rails and there is no room.
    Remark,
    /// Left out where there is no room.
    Extra,
    /// What somebody said: in quotation marks, cut where there is no room.
    Said,
    /// Bytes that are no text: cut where there is no room.
    Bytes,
}

/// At least this many columns of what was said are left.
const MIN_SAID: usize = 6;

/// Columns of what was said that are worth more than what may be left out.
const GOOD_SAID: usize = 24;

impl Label {
    /// Adds a piece.
    pub fn push(&mut self, kind: PieceKind, role: Role, text: impl Into<String>) -> &mut Self {
        self.pieces.push(Piece {
            text: text.into(),
            role,
            kind,
        });
        self
    }

    /// Adds words that stay.
    pub fn word(&mut self, role: Role, text: impl Into<String>) -> &mut Self {
        self.push(PieceKind::Word, role, text)
    }

    /// Adds words that are left out where there is no room.
    pub fn extra(&mut self, text: impl Into<String>) -> &mut Self {
        self.push(PieceKind::Extra, Role::Quiet, text)
    }

    /// Columns that it takes.
    pub fn width(&self) -> usize {
        let spaces = self.pieces.len().saturating_sub(1);
        self.pieces.iter().map(Piece::width).sum::<usize>() + spaces
    }

    /// Columns that it takes at least without losing words.
    pub fn least_width(&self) -> usize {
        let mut it = self.clone();
        it.pieces.retain(|piece| piece.kind != PieceKind::Extra);
        it.cut_said(0, MIN_SAID);
        it.width()
    }

    /// The same within `room` columns: a long text is shortened, then the extras go, then the text is cut
    /// down, then the rest.
    pub fn fit(&self, room: usize) -> Cow<'_, Self> {
        if self.width() <= room {
            return Cow::Borrowed(self);
        }
        let mut it = self.clone();
        loop {
            let mut cut = it.clone();
            cut.cut_said(room, GOOD_SAID);
            if cut.width() <= room {
                return Cow::Owned(cut);
            }
            match it.pieces.iter().rposition(|it| it.kind == PieceKind::Extra) {
                Some(at) => _ = it.pieces.remove(at),
                None => break,
            }
        }
        it.cut_said(room, MIN_SAID);
        while it.width() > room {
            let before: usize = it.width() - it.pieces.last().map_or(0, Piece::width);
            match it.pieces.last_mut() {
                Some(last) if room > before + 1 => last.cut(room - before),
                _ => _ = it.pieces.pop(),
            }
        }
        Cow::Owned(it)
    }

    /// The same on as many lines of `room` columns as it takes to keep the remarks beside a good part of
    /// what was said.
    pub fn lines(&self, room: usize) -> Vec<Self> {
        let is_remark = |piece: &&Piece| piece.kind == PieceKind::Remark;
        let mut tight = self.clone();
        tight.pieces.retain(|piece| piece.kind != PieceKind::Extra);
        tight.cut_said(room, GOOD_SAID);
        if tight.width() <= room || self.pieces.iter().skip(1).all(|it| !is_remark(&it)) {
            return vec![self.fit(room).into_owned()];
        }
        let mut first = self.clone();
        first.pieces.retain(|piece| !is_remark(&piece));
        let mut lines = vec![first.fit(room).into_owned()];
        for remark in self.pieces.iter().filter(is_remark) {
            for words in wrap(&remark.text, room) {
                let mut line = Self::default();
                line.push(remark.kind, remark.role, words);
                lines.push(line);
            }
        }
        lines
    }

    /// Cuts what was said, to no less than `least` columns, until all of it fits.
    fn cut_said(&mut self, room: usize, least: usize) {
        for at in 0..self.pieces.len() {
            let over = self.width().saturating_sub(room);
            let Some(piece) = self.pieces.get_mut(at).filter(|_| over > 0) else {
                break;
            };
            if matches!(piece.kind, PieceKind::Said | PieceKind::Bytes) {
                piece.cut(piece.width().saturating_sub(over).max(least));
            }
        }
    }

    /// As plain text.
    pub fn text(&self) -> String {
        let pieces: Vec<_> = self.pieces.iter().map(Piece::shown).collect();
        pieces.join(" ")
    }
}

impl Piece {
    /// As it is shown: what was said in quotation marks.
    pub fn shown(&self) -> Cow<'_, str> {
        match self.kind {
            PieceKind::Said => Cow::Owned(format!("“{}”", self.text)),
            _ => Cow::Borrowed(&self.text),
        }
    }

    /// Columns that it takes.
    pub fn width(&self) -> usize {
        let marks = if self.kind == PieceKind::Said { 2 } else { 0 };
        text::width(&self.text) + marks
    }

    /// Cuts it to so many columns.
    fn cut(&mut self, room: usize) {
        let marks = if self.kind == PieceKind::Said { 2 } else { 0 };
        if self.width() > room {
            let room = room.saturating_sub(marks);
            self.text = text::fit(&self.text, room).into_owned();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label() -> Label {
        let mut label = Label::default();
        label
            .push(PieceKind::Said, Role::Orig, "你好，请问几点关门？")
            .word(Role::Quiet, "30 B")
            .extra("✓ #9");
        label
    }

    #[test]
    fn extras_go_first_then_what_was_said_is_cut() {
        let it = label();
        assert_eq!(it.text(), "“你好，请问几点关门？” 30 B ✓ #9");
        assert_eq!(it.fit(it.width()).text(), it.text());
        assert_eq!(it.fit(27).text(), "“你好，请问几点关门？” 30 B");
        assert_eq!(it.fit(20).text(), "“你好，请问几…” 30 B");
        assert_eq!(it.fit(11).text(), "“你…” 30 B");
        for room in 0..40 {
            let fitted = it.fit(room);
            assert!(fitted.width() <= room, "{room}: {}", fitted.text());
        }
        assert!(it.least_width() <= 11);
    }

    #[test]
    fn a_remark_goes_to_a_line_of_its_own() {
        let mut it = label();
        it.push(PieceKind::Remark, Role::Odd, "goes to the new claimant");
        let told = |room| -> Vec<_> { it.lines(room).iter().map(Label::text).collect() };
        assert_eq!(told(80), [it.text()]);
        assert_eq!(
            told(36),
            [
                "“你好，请问几点关门？” 30 B ✓ #9",
                "goes to the new claimant"
            ]
        );
        assert_eq!(
            told(16),
            ["“你好，请…” 30 B", "goes to the new", "claimant"]
        );
    }
}
