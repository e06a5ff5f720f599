//! A sentence in the making: escaped text with roles, wrapped by display width when told to.

use std::{borrow::Cow, net::IpAddr, sync::Arc};

use super::{
    digits,
    names::{Name, Names},
    style::{Palette, Role},
    text, when,
    words::{Lang, Tell as _, Told, story},
};
use crate::{decode::MacAddr, track::flow::Endpoint};

/// A sentence, made piece by piece and used again for the next.
///
/// Whoever adds text that came from outside escapes it first.
#[derive(Clone, Debug, Default)]
pub struct Prose {
    lang: Lang,
    text: Vec<u8>,
    /// Where each piece ends, and what it is.
    pieces: Vec<(usize, Role)>,
    /// Nobody will ask for its pieces.
    is_uniform: bool,
    names: Arc<Names>,
    /// Which of the names were said with their address.
    introduced: Vec<bool>,
}

impl Prose {
    /// An empty sentence.
    pub fn new(lang: Lang) -> Self {
        Self {
            lang,
            ..Self::default()
        }
    }

    /// An empty sentence that calls what it can by its name.
    pub fn with_names(lang: Lang, names: &Arc<Names>) -> Self {
        Self {
            lang,
            names: Arc::clone(names),
            introduced: vec![false; names.len()],
            ..Self::default()
        }
    }

    /// Forgets what is what: for where nothing is coloured.
    pub(super) fn uniform(self) -> Self {
        Self {
            is_uniform: true,
            ..self
        }
    }

    /// Whether it is without colours and names.
    pub(super) fn is_bare(&self) -> bool {
        self.is_uniform && self.names.is_empty()
    }

    /// Forgets what was said, but not who was introduced; keeps the room.
    pub fn clear(&mut self) {
        self.text.clear();
        self.pieces.clear();
    }

    /// Whether nothing was said yet.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The language that it is told in.
    pub const fn lang(&self) -> Lang {
        self.lang
    }

    /// Whether it is a question so far.
    pub fn is_question(&self) -> bool {
        self.text.ends_with(b"?") || self.text.ends_with("？".as_bytes())
    }

    /// Adds a phrase of [`words`](super::words).
    pub fn tell<const N: usize>(&mut self, told: &Told<'_, N>) -> &mut Self {
        told.tell(Role::Plain, self);
        self
    }

    /// Adds plain words.
    pub fn say(&mut self, words: &str) -> &mut Self {
        self.paint(Role::Plain, words)
    }

    /// Adds words in a role.
    pub fn paint(&mut self, role: Role, words: &str) -> &mut Self {
        self.with(role, |text| text.extend_from_slice(words.as_bytes()))
    }

    /// Adds whatever `write` appends, which must be valid UTF-8.
    pub fn with(&mut self, role: Role, write: impl FnOnce(&mut Vec<u8>)) -> &mut Self {
        write(&mut self.text);
        if !self.is_uniform {
            self.end_piece(role);
        }
        self
    }

    fn end_piece(&mut self, role: Role) {
        let end = self.text.len();
        match self.pieces.last_mut() {
            Some((last, same)) if *same == role => *last = end,
            _ => self.pieces.push((end, role)),
        }
    }

    /// Adds a host: its address; with its name before it the first time, by its name alone from then on.
    pub fn ip(&mut self, role: Role, ip: IpAddr) -> &mut Self {
        if !self.names.is_empty() {
            let names = Arc::clone(&self.names);
            if self.name(role, names.host(ip)) {
                return self;
            }
        }
        self.with(role, |text| digits::ip(ip, text))
    }

    /// Adds a hardware address, always with its digits.
    pub fn mac(&mut self, role: Role, mac: MacAddr) -> &mut Self {
        if !self.names.is_empty()
            && let Some(name) = Arc::clone(&self.names).mac(mac)
        {
            self.paint(role, name.as_str()).say(" ");
        }
        self.with(role, |text| digits::mac(mac, text))
    }

    /// Adds a socket, as [`ip`](Self::ip) adds a host. One whose host has a name is called `name:port`.
    pub fn endpoint(&mut self, role: Role, end: Endpoint) -> &mut Self {
        if !self.names.is_empty() {
            let names = Arc::clone(&self.names);
            if let Some(name) = names.socket(end) {
                if self.name(role, Some(name)) {
                    return self;
                }
            } else if self.name(role, names.host(end.ip)) {
                return self.with(role, |text| {
                    text.push(b':');
                    digits::decimal(end.port.into(), text);
                });
            }
        }
        self.with(role, |text| digits::endpoint(end, text))
    }

    /// Says a name, if there is one. True: it is known by now and says enough, without the address.
    fn name(&mut self, role: Role, name: Option<&Name>) -> bool {
        let Some(name) = name else {
            return false;
        };
        self.paint(role, name.as_str());
        let introduced = self.introduced.get_mut(name.index);
        let known = introduced.is_some_and(|introduced| std::mem::replace(introduced, true));
        let is_enough = known && name.is_unique;
        if !is_enough {
            self.say(" ");
        }
        is_enough
    }

    /// Adds a number.
    pub fn number(&mut self, role: Role, number: u64) -> &mut Self {
        self.with(role, |text| digits::decimal(number, text))
    }

    /// Adds a span of time.
    pub fn span(&mut self, role: Role, span: std::time::Duration) -> &mut Self {
        self.with(role, |text| when::span(span, text))
    }

    /// Adds frame numbers: `#3, #4`, at most eight of them.
    pub fn frames(&mut self, role: Role, frames: &[u64]) -> &mut Self {
        const SHOWN: usize = 8;
        let comma = story::COMMA.of(self.lang);
        self.with(role, |text| {
            for (at, frame) in frames.iter().take(SHOWN).enumerate() {
                if at > 0 {
                    text.extend_from_slice(comma.as_bytes());
                }
                text.push(b'#');
                digits::decimal(*frame, text);
            }
        });
        if let Some(rest @ 1..) = frames.len().checked_sub(SHOWN) {
            story::and_more(rest as u64).tell(role, self);
        }
        self
    }

    /// Its pieces with their roles, in order.
    pub fn pieces(&self) -> impl Iterator<Item = (Role, Cow<'_, str>)> {
        let begins = std::iter::once(0).chain(self.pieces.iter().map(|&(end, _)| end));
        begins.zip(&self.pieces).map(|(begin, &(end, role))| {
            let text = self.text.get(begin..end).unwrap_or_default();
            (role, String::from_utf8_lossy(text))
        })
    }

    /// Columns that it takes on one line.
    pub fn width(&self) -> usize {
        text::width(&self.as_text())
    }

    /// It without colours, on one line.
    pub fn into_text(self) -> String {
        String::from_utf8_lossy(&self.text).into_owned()
    }

    /// Writes it on one line, without the line's end.
    pub fn write(&self, palette: Palette, out: &mut Vec<u8>) {
        if palette == Palette::new(false) {
            out.extend_from_slice(&self.text);
            return;
        }
        let text = self.as_text();
        let mut begin = 0;
        for &(end, role) in &self.pieces {
            palette.paint(role, text.get(begin..end).unwrap_or_default(), out);
            begin = end;
        }
    }

    /// Writes it from `column` on, on as many lines as it takes: none wider than `width`, all but
    /// the first indented by `indent`. Breaks between words, inside words that are wider than a
    /// line, and between the characters of scripts that are written without spaces.
    pub fn wrap(
        &self,
        palette: Palette,
        column: usize,
        indent: usize,
        width: usize,
        out: &mut Vec<u8>,
    ) {
        let text = self.as_text();
        let mut pen = Pen {
            palette,
            role: Role::Plain,
            out,
            column,
            indent,
            width,
            spaces: 0,
        };
        let mut at = 0;
        let mut words = text.split(' ');
        while let Some(word) = words.next() {
            let mut columns = text::width(word);
            if word == "·" {
                // `· because #1` stays together.
                columns += words
                    .clone()
                    .take(2)
                    .map(|next| 1 + text::width(next))
                    .sum::<usize>();
            }
            let is_solid = text::width(word) <= word.chars().count();
            if is_solid && columns <= width.saturating_sub(indent) && !pen.has_room(columns) {
                pen.new_line();
            }
            let mut rest = word;
            while !rest.is_empty() {
                let (part, behind) =
                    rest.split_at(if is_solid { rest.len() } else { unbroken(rest) });
                if !is_solid && pen.is_under_way(text::width(part)) {
                    pen.new_line();
                }
                let begin = at + word.len() - rest.len();
                for (offset, c) in part.char_indices() {
                    pen.write(c, self.role_at(begin + offset));
                }
                rest = behind;
            }
            at += word.len() + 1;
            pen.spaces += 1;
        }
        pen.change_to(Role::Plain);
    }

    fn role_at(&self, at: usize) -> Role {
        let piece = self.pieces.partition_point(|&(end, _)| end <= at);
        self.pieces
            .get(piece)
            .map_or(Role::Plain, |&(_, role)| role)
    }

    fn as_text(&self) -> Cow<'_, str> {
        // All that is added is text; to see that it is costs less than to mend what is not.
        std::str::from_utf8(&self.text)
            .map_or_else(|_| String::from_utf8_lossy(&self.text), Cow::Borrowed)
    }
}

/// The bytes up to where a line may break between characters of scripts that are written without
/// spaces: one of these, or a run of others, with what opens before it and closes behind it.
fn unbroken(word: &str) -> usize {
    let is_opening = |c| "“‘（「『《【".contains(c);
    let is_closing = |c: char| "”’，。！？、：；）」』》】".contains(c) || text::columns(c) == 0;
    let mut chars = word.char_indices().peekable();
    while chars.next_if(|(_, c)| is_opening(*c)).is_some() {}
    let is_wide = |c: char| text::columns(c) > 1;
    if chars.next().is_some_and(|(_, c)| !is_wide(c)) {
        while chars
            .next_if(|(_, c)| !is_wide(*c) && !is_opening(*c) && !is_closing(*c))
            .is_some()
        {}
    }
    while chars.next_if(|(_, c)| is_closing(*c)).is_some() {}
    chars.peek().map_or(word.len(), |(at, _)| *at)
}

/// Where the next character goes, and in which colour.
struct Pen<'a> {
    palette: Palette,
    role: Role,
    out: &'a mut Vec<u8>,
    column: usize,
    indent: usize,
    width: usize,
    /// Spaces due before the next character, should that stand on the same line.
    spaces: usize,
}

impl Pen<'_> {
    fn has_room(&self, columns: usize) -> bool {
        self.column + self.spaces + columns <= self.width
    }

    /// The line has begun, and so many columns do not fit on it any more.
    fn is_under_way(&self, columns: usize) -> bool {
        self.column > self.indent && !self.has_room(columns)
    }

    fn write(&mut self, c: char, role: Role) {
        let columns = text::columns(c);
        if !self.has_room(columns) && self.column > self.indent {
            self.new_line();
        }
        self.out.extend(std::iter::repeat_n(b' ', self.spaces));
        self.column += std::mem::take(&mut self.spaces);
        self.change_to(role);
        self.out
            .extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        self.column += columns;
    }

    fn new_line(&mut self) {
        self.change_to(Role::Plain);
        self.out.push(b'\n');
        self.out.extend(std::iter::repeat_n(b' ', self.indent));
        self.column = self.indent;
        self.spaces = 0;
    }

    fn change_to(&mut self, role: Role) {
        use std::io::Write;

        let (old, new) = (self.palette.style(self.role), self.palette.style(role));
        if old != new {
            // A Vec takes everything.
            let _ = write!(self.out, "{old:#}{new}");
        }
        self.role = role;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(prose: &Prose, indent: usize, width: usize) -> String {
        let mut out = Vec::new();
        prose.wrap(Palette::new(false), 0, indent, width, &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn breaks_between_words_and_chinese_characters() {
        let mut prose = Prose::new(Lang::En);
        prose.say("it says 服务端提供服务 to all");
        assert_eq!(wrapped(&prose, 0, 80), "it says 服务端提供服务 to all");
        assert_eq!(
            wrapped(&prose, 2, 14),
            "it says 服务端\n  提供服务 to\n  all"
        );
        prose.clear();
        prose.say("says “再见，朋友”");
        assert_eq!(wrapped(&prose, 2, 11), "says “再\n  见，朋友”");
        assert_eq!(wrapped(&prose, 2, 9), "says “再\n  见，朋\n  友”");
        prose.clear();
        prose.say("192.168.15.73:8520 说（#18、#19）；它是10.0.0.1。");
        assert_eq!(
            wrapped(&prose, 2, 21),
            "192.168.15.73:8520 说\n  （#18、#19）；它是\n  10.0.0.1。"
        );
        assert_eq!(
            wrapped(&prose, 2, 12),
            "192.168.15.7\n  3:8520 说\n  （#18、\n  #19）；它\n  是\n  10.0.0.1。"
        );
        prose.clear();
        prose.say("aaaaaaaaaaaaaaaaaaaa bb");
        assert_eq!(wrapped(&prose, 1, 10), "aaaaaaaaaa\n aaaaaaaaa\n a bb");
    }

    #[test]
    fn whoever_is_introduced_is_called_by_name() {
        let names = Names::parse(
            "taibai = \"192.168.12.42:8520\"\nshen = \"192.168.12.7\"\n\
             bei = \"02:00:00:00:0c:07\"\nnan = [\"192.168.12.8\", \"192.168.12.9\"]",
        )
        .expect("good names");
        let mut prose = Prose::with_names(Lang::En, &Arc::new(names));
        let end = |host: &str, port| Endpoint {
            ip: host.parse().expect("an address"),
            port,
        };
        let mut line = |say: &dyn Fn(&mut Prose)| {
            prose.clear();
            say(&mut prose);
            let mut out = Vec::new();
            prose.write(Palette::new(false), &mut out);
            String::from_utf8(out).expect("UTF-8")
        };
        let socket = end("192.168.12.42", 8520);
        for told in ["taibai 192.168.12.42:8520", "taibai", "taibai"] {
            let line = line(&|prose| {
                prose.endpoint(Role::Plain, socket);
            });
            assert_eq!(line, told);
        }
        for (port, told) in [(40001, "shen 192.168.12.7:40001"), (40002, "shen:40002")] {
            let line = line(&|prose| {
                prose.endpoint(Role::Plain, end("192.168.12.7", port));
            });
            assert_eq!(line, told);
        }
        let other = line(&|prose| {
            prose
                .ip(Role::Plain, socket.ip)
                .say(" ")
                .ip(Role::Plain, end("192.168.12.7", 1).ip);
        });
        assert_eq!(
            other, "192.168.12.42 shen",
            "a socket's name is not its host's"
        );
        // A name that stands for two says which, each time.
        for host in ["192.168.12.8", "192.168.12.9", "192.168.12.8"] {
            let line = line(&|prose| {
                prose.ip(Role::Plain, host.parse().expect("an address"));
            });
            assert_eq!(line, format!("nan {host}"));
        }
        for _ in 0..2 {
            let line = line(&|prose| {
                prose.mac(Role::Plain, MacAddr([2, 0, 0, 0, 12, 7]));
            });
            assert_eq!(line, "bei 02:00:00:00:0c:07");
        }
    }

    #[test]
    fn colours_end_with_the_line() {
        let mut prose = Prose::new(Lang::En);
        prose.say("a ").paint(Role::Good, "bb cc").say(" d");
        let mut out = Vec::new();
        prose.wrap(Palette::new(true), 0, 1, 5, &mut out);
        assert_eq!(
            String::from_utf8_lossy(&out),
            "a \x1b[32mbb\x1b[0m\n \x1b[32mcc \x1b[0md"
        );
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        let mut prose = Prose::new(Lang::En);
        prose
            .say("192.168.15.73:8520 says ")
            .paint(Role::Resp, "你好 hello 再见再见 \\u{1b}\\u{1b}\\u{1b}");
        prose.frames(Role::Quiet, &[1, 2, 3, 4, 5, 6, 7, 8, 9]);
        for width in 8..90 {
            for line in wrapped(&prose, 4, width).lines() {
                assert!(text::width(line) <= width, "{width}: {line}");
            }
        }
        assert!(wrapped(&prose, 0, 200).ends_with("#8 and 1 more"));
    }
}
