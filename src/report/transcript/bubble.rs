//! A message as a bubble: round corners for the originator, heavy ones for the responder, so that the
//! sides differ without colour too.
//!
//! ```text
//! ╭ tcp-1  192.168.15.42:42848  0.203870  #8 ─╮
//! │ 你好，请问几点关门？                      │
//! ╰ 10 characters, 30 bytes · after 203.6 ms ─╯
//! ```

use super::{
    item::{Item, Said},
    sentences::{colour_of, mark},
};
use crate::{
    report::{
        prose::Prose,
        style::{Palette, Role},
        text,
        when::Clock,
        words::{Lang, Told, transcript as words},
    },
    track::{
        event::{Conversation, Known},
        flow::Side,
    },
};

/// At most this many lines of a message are shown, unless all are asked for (`-v`).
const MAX_LINES: usize = 8;

/// So many bytes of what is no text are shown, in hexadecimal.
const MAX_HEX: usize = 64;

/// A line that is written already, and its columns.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// Text, with colours.
    pub bytes: Vec<u8>,
    /// Columns of a terminal that it takes.
    pub width: usize,
}

/// How bubbles are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Colours.
    pub palette: Palette,
    /// The language.
    pub lang: Lang,
    /// Columns that there are.
    pub room: usize,
    /// Show all of long messages.
    pub verbose: bool,
}

/// A piece of a bubble's border.
pub struct Piece(pub Role, pub String);

/// Draws a message. `prose` knows who was introduced.
pub fn draw(
    item: &Item,
    said: &Said,
    look: Look,
    clock: &mut Clock,
    prose: &mut Prose,
) -> Vec<Line> {
    let side = said.from;
    // Border and space on both sides, and an indent that leaves no doubt whose bubble it is.
    let indent = (look.room / 20).min(8);
    let inner = look.room.saturating_sub(indent + 4).max(8);
    let (top, above) = pack(above(item, said, clock, prose), "  ", inner);
    let (bottom, below) = pack(below(item, said, look.lang), " · ", inner);
    let mut lines = wrapped(&above, look, inner);
    if said.missing > 0 {
        lines.extend(told(&words::missing(said.missing), look, inner));
    }
    lines.extend(content(said, look, inner));
    if said.cut > 0 {
        lines.extend(told(&words::not_kept(said.cut), look, inner));
    }
    lines.extend(wrapped(&below, look, inner));
    let widest = lines.iter().map(|line| line.width).max();
    let inner = widest.unwrap_or(0).max(width(&top)).max(width(&bottom));
    let offset = match side {
        Side::Orig => 0,
        Side::Resp => look.room.saturating_sub(inner + 4),
    };
    let frame = Frame::of(side, look.palette, inner, offset);
    let mut bubble = vec![frame.border(mark(side), &top, 0)];
    bubble.extend(lines.into_iter().map(|line| frame.line(&line)));
    bubble.push(frame.border(frame.corners[1], &bottom, 2));
    bubble
}

/// A sentence as lines of at most so many columns.
pub fn lines_of(prose: &Prose, palette: Palette, indent: usize, room: usize) -> Vec<Line> {
    let (mut plain, mut painted) = (Vec::new(), Vec::new());
    prose.wrap(Palette::new(false), 0, indent, room, &mut plain);
    prose.wrap(palette, 0, indent, room, &mut painted);
    let plain = String::from_utf8_lossy(&plain).into_owned();
    let widths = plain.split('\n').map(text::width);
    let lines = painted.split(|byte| *byte == b'\n');
    lines
        .zip(widths)
        .map(|(line, width)| Line {
            bytes: line.to_vec(),
            width,
        })
        .collect()
}

/// Who, when, in which frames.
fn above(item: &Item, said: &Said, clock: &mut Clock, prose: &mut Prose) -> Vec<Piece> {
    let mut time = Vec::new();
    clock.write(item.at, &mut time);
    let time = String::from_utf8_lossy(&time).trim().to_owned();
    let role = colour_of(said.from);
    let mut written = |tell: &dyn Fn(&mut Prose)| {
        prose.clear();
        tell(prose);
        let mut text = Vec::new();
        prose.write(Palette::new(false), &mut text);
        String::from_utf8_lossy(&text).into_owned()
    };
    let who = written(&|prose| _ = prose.endpoint(role, item.flow.endpoint(said.from)));
    let frames = written(&|prose| _ = prose.frames(Role::Quiet, &said.frames));
    vec![
        Piece(Role::Id, item.of.to_string()),
        Piece(role, who),
        Piece(Role::Quiet, time),
        Piece(Role::Quiet, frames),
    ]
}

/// How much, by which calls, after how long.
pub fn below(item: &Item, said: &Said, lang: Lang) -> Vec<Piece> {
    let size = match said.characters {
        Some(characters) if said.len > 0 => words::characters(characters, said.len).text(lang),
        _ => words::bytes(said.len).text(lang),
    };
    let calls = match (item.of, said.accepts) {
        (Conversation::Udp(_), _) => "sendto() → recvfrom()",
        (Conversation::Tcp(_), true) => "accept(), send() → recv()",
        (Conversation::Tcp(_), false) => "send() → recv()",
    };
    let calls = match said.refused {
        Some(refused) if refused.bytes >= said.len => "send()",
        _ => calls,
    };
    let mut pieces = vec![
        Piece(Role::Quiet, size),
        Piece(Role::Quiet, calls.to_owned()),
    ];
    if let Some(refused) = said.refused {
        let told = words::refused_words(refused.bytes, [refused.reset].as_slice()).text(lang);
        pieces.push(Piece(Role::Bad, told));
    }
    if let Some(queued) = said.queued {
        pieces.push(Piece(Role::Odd, words::after_queue(queued).text(lang)));
    }
    if let Some(thought) = said.thought {
        pieces.push(Piece(Role::Quiet, words::after(thought).text(lang)));
    }
    if said.ends_chat {
        pieces.push(Piece(Role::Good, words::ENDS_CHAT.of(lang).to_owned()));
    }
    pieces
}

/// What was said, or as much as is shown.
fn content(said: &Said, look: Look, room: usize) -> Vec<Line> {
    let role = colour_of(said.from);
    let mut lines = Vec::new();
    let mut prose = Prose::new(look.lang);
    let shown = if look.verbose { usize::MAX } else { MAX_LINES };
    match said.content.read() {
        Known::Text(text) if text.is_empty() && said.cut == 0 => {
            prose.paint(Role::Quiet, words::EMPTY.of(look.lang));
            lines.extend(lines_of(&prose, look.palette, 0, room));
        }
        Known::Text(text) => {
            for line in text.lines() {
                if lines.len() > shown {
                    break;
                }
                let line = text::escape(line);
                // One more line than is shown, so that it is known to be too long.
                let line = text::prefix(&line, room.saturating_mul(shown.saturating_add(1)));
                prose.clear();
                prose.paint(role, line);
                lines.extend(lines_of(&prose, look.palette, 0, room));
            }
        }
        Known::Bytes(bytes) if is_mostly_text(bytes) => {
            let known = bytes.get(..MAX_HEX).unwrap_or(bytes);
            let mut escaped = text::escape_bytes(known).into_owned();
            if (known.len() as u64) < said.len {
                escaped.push('…');
            }
            prose.paint(role, &escaped);
            lines.extend(lines_of(&prose, look.palette, 0, room));
        }
        Known::Bytes(bytes) => {
            let known = bytes.get(..MAX_HEX).unwrap_or(bytes);
            let mut digits = format!("0x{}", text::hex(known));
            if (known.len() as u64) < said.len {
                digits.push('…');
            }
            prose.paint(role, &digits);
            lines.extend(lines_of(&prose, look.palette, 0, room));
        }
    }
    if lines.len() > shown {
        lines.truncate(shown);
        prose.clear();
        prose.paint(Role::Quiet, words::MORE_BELOW.of(look.lang));
        lines.extend(lines_of(&prose, look.palette, 0, room));
    }
    lines
}

/// Whether bytes are better read as text than as digits: nine of ten are printable ASCII, or break lines.
pub fn is_mostly_text(bytes: &[u8]) -> bool {
    let is_text = |byte: &&u8| matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n');
    let text = bytes.iter().filter(is_text).count();
    10 * text >= 9 * bytes.len()
}

/// As many pieces as fit into the border; the others.
fn pack(pieces: Vec<Piece>, between: &str, room: usize) -> (Vec<Piece>, Vec<Piece>) {
    let (mut packed, mut rest) = (Vec::new(), Vec::new());
    let mut used = 0;
    for piece in pieces {
        let gap = if packed.is_empty() {
            0
        } else {
            text::width(between)
        };
        let columns = gap + text::width(&piece.1);
        if rest.is_empty() && used + columns <= room {
            used += columns;
            if gap > 0 {
                packed.push(Piece(Role::Quiet, between.to_owned()));
            }
            packed.push(piece);
        } else {
            if !rest.is_empty() {
                rest.push(Piece(Role::Quiet, between.to_owned()));
            }
            rest.push(piece);
        }
    }
    (packed, rest)
}

fn width(pieces: &[Piece]) -> usize {
    pieces.iter().map(|piece| text::width(&piece.1)).sum()
}

fn wrapped(pieces: &[Piece], look: Look, room: usize) -> Vec<Line> {
    if pieces.is_empty() {
        return Vec::new();
    }
    let mut prose = Prose::new(look.lang);
    for Piece(role, text) in pieces {
        prose.paint(*role, text);
    }
    lines_of(&prose, look.palette, 0, room)
}

fn told<const N: usize>(told: &Told<'_, N>, look: Look, room: usize) -> Vec<Line> {
    let mut prose = Prose::new(look.lang);
    prose.tell(told);
    lines_of(&prose, look.palette, 0, room)
}

/// The lines around a bubble.
struct Frame {
    palette: Palette,
    role: Role,
    /// Right of the top, left and right of the bottom.
    corners: [&'static str; 3],
    across: &'static str,
    down: &'static str,
    inner: usize,
    offset: usize,
}

impl Frame {
    const fn of(side: Side, palette: Palette, inner: usize, offset: usize) -> Self {
        let (corners, across, down) = match side {
            Side::Orig => (["╮", "╰", "╯"], "─", "│"),
            Side::Resp => (["┓", "┗", "┛"], "━", "┃"),
        };
        Self {
            palette,
            role: colour_of(side),
            corners,
            across,
            down,
            inner,
            offset,
        }
    }

    /// The upper or the lower border, from its left corner to its right one.
    fn border(&self, left: &str, pieces: &[Piece], right: usize) -> Line {
        let mut bytes = vec![b' '; self.offset];
        let used = width(pieces);
        self.palette.paint(self.role, left, &mut bytes);
        if used > 0 {
            bytes.push(b' ');
            for Piece(role, text) in pieces {
                self.palette.paint(*role, text, &mut bytes);
            }
            bytes.push(b' ');
        }
        let room = self.inner + 2 - if used > 0 { used + 2 } else { 0 };
        self.palette
            .paint(self.role, &self.across.repeat(room), &mut bytes);
        self.palette
            .paint(self.role, self.corners[right], &mut bytes);
        Line {
            bytes,
            width: self.offset + self.inner + 4,
        }
    }

    fn line(&self, line: &Line) -> Line {
        let mut bytes = vec![b' '; self.offset];
        self.palette.paint(self.role, self.down, &mut bytes);
        bytes.push(b' ');
        bytes.extend_from_slice(&line.bytes);
        bytes.resize(
            bytes.len() + self.inner.saturating_sub(line.width) + 1,
            b' ',
        );
        self.palette.paint(self.role, self.down, &mut bytes);
        Line {
            bytes,
            width: self.offset + self.inner + 4,
        }
    }
}
