//! The one place where bytes from the network, a file name or a message of somebody else's library
//! become printable.
//!
//! Nothing that steers a terminal, hides, reorders or merges with our own words gets through:
//!
//! | in | out |
//! |---|---|
//! | printable text of any script, the ideographic space included | itself |
//! | `\` | `\\`, so that no two inputs look the same |
//! | tab, CR, LF | `\t` `\r` `\n` |
//! | control characters, bidirectional and zero-width ones, line separators, tags, fillers, variation selectors, private use, unassigned | `\u{202e}` |
//! | a combining mark without a base, or the third and later on one base | `\u{301}` |
//! | a byte that is not UTF-8 | `\xE4` |

mod everyday;

use std::{borrow::Cow, fmt::Write, ops::Range};

use unicode_width::UnicodeWidthChar;

use self::everyday::everyday;
pub use self::everyday::is_plain;

/// At most this many combining marks are left on one base character: enough for every living
/// script, too few to write over the lines above and below.
const MAX_MARKS: u8 = 2;

/// Text as it may be shown. Borrows where nothing had to change.
pub fn escape(text: &str) -> Cow<'_, str> {
    let mut escaper = Escaper::default();
    let clean = escaper.clean(text);
    if clean == text.len() {
        return Cow::Borrowed(text);
    }
    let (clean, rest) = text.split_at(clean);
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(clean);
    escaper.push(rest, &mut out);
    Cow::Owned(out)
}

/// What somebody said, as it may be shown between quotation marks: it cannot end its own quotation, whose end is
/// the only `”` without a backslash.
pub fn escape_quotation(text: &str) -> Cow<'_, str> {
    if is_plain(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    let text = escape(text);
    // Few texts hold even the first byte of one.
    if text.as_bytes().contains(&0xe2) && text.contains('”') {
        Cow::Owned(text.replace('”', "\\”"))
    } else {
        text
    }
}

/// Bytes as text that may be shown; what is not UTF-8 stands as `\xE4`.
pub fn escape_bytes(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return escape(text);
    }
    let mut out = String::with_capacity(bytes.len() * 2);
    let mut escaper = Escaper::default();
    for chunk in bytes.utf8_chunks() {
        escaper.push(chunk.valid(), &mut out);
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02X}");
            escaper.marks = MAX_MARKS;
        }
    }
    Cow::Owned(out)
}

/// Escaped text for pictures: what joins and colours emoji as it was, for there it hides nothing. In a
/// terminal it stays escaped, because terminals disagree about the columns that it leaves.
pub fn with_emoji(escaped: &str) -> Cow<'_, str> {
    const JOINER: &str = "\\u{200d}";
    const COLOUR: &str = "\\u{fe0f}";
    if !escaped.contains(JOINER) && !escaped.contains(COLOUR) {
        return Cow::Borrowed(escaped);
    }
    let mut out = String::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some(c) = rest.chars().next() {
        let last = out.chars().next_back();
        if let Some(behind) = rest.strip_prefix(COLOUR)
            && last.is_some_and(is_emoji)
        {
            out.push('\u{fe0f}');
            rest = behind;
        } else if let Some(behind) = rest.strip_prefix(JOINER)
            && last.is_some_and(|c| is_emoji(c) || c == '\u{fe0f}')
            && behind.chars().next().is_some_and(is_emoji)
        {
            out.push('\u{200d}');
            rest = behind;
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    Cow::Owned(out)
}

/// What a joiner or a colour may follow.
const fn is_emoji(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27bf}' | '\u{1f000}'..='\u{1faff}')
}

/// How many columns of a terminal escaped text takes.
///
/// The sum over its characters, as terminals count; never less than what Unicode says of the whole.
pub fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.chars().map(columns).sum()
}

/// Escaped text cut to at most `room` columns, the last of them `…` when something was cut.
pub fn fit(text: &str, room: usize) -> Cow<'_, str> {
    // No character takes more columns than bytes.
    if text.len() <= room || width(text) <= room {
        return Cow::Borrowed(text);
    }
    let Some(room) = room.checked_sub(1) else {
        return Cow::Borrowed("");
    };
    let kept = prefix(text, room);
    Cow::Owned(format!("{kept}…"))
}

/// Escaped text with spaces behind it, so that it takes `columns` or more.
pub fn pad(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(width(text));
    format!("{text}{:missing$}", "")
}

/// The same cut in front.
pub fn fit_tail(text: &str, room: usize) -> Cow<'_, str> {
    if width(text) <= room {
        return Cow::Borrowed(text);
    }
    let mut used = 1;
    let fits = |&(_, c): &(usize, char)| {
        used += columns(c);
        used <= room
    };
    let kept = text.char_indices().rev().take_while(fits).last();
    match kept {
        Some((at, _)) => Cow::Owned(format!("…{}", &text[at..])),
        None => Cow::Borrowed(""),
    }
}

/// The longest beginning of escaped text that takes at most `room` columns.
pub fn prefix(text: &str, room: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += columns(c);
        if used > room {
            return &text[..at];
        }
    }
    text
}

/// Columns that one character takes.
pub(super) fn columns(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// Hexadecimal digits without anything between them.
pub fn hex(bytes: &[u8]) -> String {
    hex::encode(bytes)
}

/// Bytes in hexadecimal, sixteen a row, with the offset before them and ASCII beside them, as
/// `tcpdump -X` lays them out. `base` is the offset of the first byte.
///
/// ```text
///     0x0000:  e69c 8de5 8aa1 e7ab  88e6 8f90 e4be 9be6  ................
/// ```
pub fn hex_dump(bytes: &[u8], base: usize, out: &mut Vec<u8>) {
    const ROW: usize = 16;
    for (row, chunk) in bytes.chunks(ROW).enumerate() {
        let mut digits = [b' '; 2 * ROW];
        if let Some(room) = digits.get_mut(..2 * chunk.len()) {
            // The room is exactly what it asks for.
            let _ = hex::encode_to_slice(chunk, room);
        }
        out.extend_from_slice(b"        0x");
        let offset = base + row * ROW;
        for shift in [12, 8, 4, 0] {
            out.push(HEX_DIGITS[(offset >> shift) & 0xf]);
        }
        out.extend_from_slice(b":  ");
        for group in digits.chunks(4) {
            out.extend_from_slice(group);
            out.push(b' ');
        }
        out.push(b' ');
        out.extend(chunk.iter().map(|&byte| {
            if matches!(byte, 0x20..=0x7e) {
                byte
            } else {
                b'.'
            }
        }));
        out.push(b'\n');
    }
}

const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";

/// What becomes of a character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Keep,
    Escape,
}

/// Remembers how many combining marks the base before the cursor has already.
struct Escaper {
    marks: u8,
}

impl Default for Escaper {
    /// At the beginning a mark has no base: it would sit on whatever we printed before.
    fn default() -> Self {
        Self { marks: MAX_MARKS }
    }
}

impl Escaper {
    /// How many bytes at the beginning of a text are kept. Behind them stands a character that is not, or nothing.
    fn clean(&mut self, text: &str) -> usize {
        let mut rest = text;
        loop {
            let everyday = everyday(rest.as_bytes());
            if everyday > 0 {
                self.marks = 0;
            }
            let behind = rest.get(everyday..).unwrap_or_default();
            let mut chars = behind.chars();
            match chars.next() {
                Some(c) if self.judge(c) == Fate::Keep => rest = chars.as_str(),
                _ => return text.len() - behind.len(),
            }
        }
    }

    /// Adds text, escaped.
    fn push(&mut self, text: &str, out: &mut String) {
        let mut rest = text;
        while !rest.is_empty() {
            let (clean, behind) = rest.split_at(self.clean(rest));
            out.push_str(clean);
            let mut chars = behind.chars();
            if let Some(c) = chars.next() {
                spell(c, out);
            }
            rest = chars.as_str();
        }
    }

    fn judge(&mut self, c: char) -> Fate {
        match class(c) {
            Class::Base => {
                self.marks = 0;
                Fate::Keep
            }
            Class::Mark if self.marks < MAX_MARKS => {
                self.marks += 1;
                Fate::Keep
            }
            Class::Mark | Class::Never => {
                self.marks = MAX_MARKS;
                Fate::Escape
            }
        }
    }
}

/// Writes a character that is not kept.
fn spell(c: char, out: &mut String) {
    match c {
        '\\' => out.push_str("\\\\"),
        '\t' => out.push_str("\\t"),
        '\r' => out.push_str("\\r"),
        '\n' => out.push_str("\\n"),
        c => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
    }
}

enum Class {
    /// Stands by itself.
    Base,
    /// Takes no column: sits on the character before it.
    Mark,
    /// Is always escaped.
    Never,
}

fn class(c: char) -> Class {
    match c {
        '\\' => Class::Never,
        ' '..='~' => Class::Base,
        // The only space besides the ASCII one that people type: Chinese paragraphs begin with it.
        '\u{3000}' => Class::Base,
        _ => rare_class(c),
    }
}

/// The class by Unicode's tables.
fn rare_class(c: char) -> Class {
    match c {
        _ if INVISIBLE.iter().any(|range| range.contains(&u32::from(c))) => Class::Never,
        _ if c.escape_debug().len() == 1 => base_or_mark(c),
        _ if is_printable_mark(c) => Class::Mark,
        _ => Class::Never,
    }
}

fn base_or_mark(c: char) -> Class {
    if columns(c) == 0 {
        Class::Mark
    } else {
        Class::Base
    }
}

/// `char::escape_debug` escapes marks as well as what is unprintable; `str::escape_debug` leaves
/// printable marks alone behind a base. The difference are the marks.
fn is_printable_mark(c: char) -> bool {
    let mut room = [b'a'; 5];
    let len = c.encode_utf8(&mut room[1..]).len();
    std::str::from_utf8(&room[..=len]).is_ok_and(|pair| pair.escape_debug().count() == 2)
}

/// What `escape_debug` thinks printable and nobody can see.
const INVISIBLE: [Range<u32>; 9] = [
    0x034f..0x0350,   // combining grapheme joiner
    0x115f..0x1161,   // Hangul fillers
    0x17b4..0x17b6,   // Khmer inherent vowels
    0x180b..0x1810,   // Mongolian variation selectors
    0x2800..0x2801,   // the empty Braille cell
    0x3164..0x3165,   // Hangul filler
    0xfe00..0xfe10,   // variation selectors
    0xffa0..0xffa1,   // half-width Hangul filler
    0xe0100..0xe01f0, // more variation selectors
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use unicode_width::UnicodeWidthStr;

    use super::*;

    /// What must never be printed, by facts rather than by the code above.
    fn is_dangerous(c: char) -> bool {
        matches!(u32::from(c),
            0..=0x1f | 0x7f..=0x9f | 0xad | 0x34f | 0x61c | 0x115f | 0x1160 | 0x17b4 | 0x17b5
            | 0x180b..=0x180f | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164
            | 0xd800..=0xdfff | 0xe000..=0xf8ff | 0xfe00..=0xfe0f | 0xfeff | 0xffa0
            | 0xfff0..=0xfffb | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff | 0xf0000..=0x0010_ffff)
    }

    #[test]
    fn character_by_character_is_the_same() {
        arbtest::arbtest(|u| {
            let mut text = String::new();
            for _ in 0..u.int_in_range(0..=20)? {
                text.push_str(u.choose(&[
                    "a",
                    "Where are you?",
                    "服务",
                    "。",
                    "\u{301}",
                    "\\",
                    "\u{202e}",
                ])?);
                text.push(u.arbitrary()?);
            }
            let mut escaper = Escaper::default();
            let mut out = String::new();
            for c in text.chars() {
                match escaper.judge(c) {
                    Fate::Keep => out.push(c),
                    Fate::Escape => spell(c, &mut out),
                }
            }
            assert_eq!(escape(&text), out);
            Ok(())
        });
    }

    #[test]
    fn text_of_people_stays_as_it_is() {
        for text in [
            "服务端提供服务",
            "再见！　（全角）",
            "naïve café, Ελληνικά, עברית, العربية, हिन्दी, ไทย, 한국어",
            "e\u{301}\u{323}",
            "'quoted' \"twice\"",
            "🙂",
        ] {
            assert_eq!(escape(text), text);
            assert!(matches!(escape(text), Cow::Borrowed(_)));
        }
    }

    #[test]
    fn what_steers_or_hides_is_shown() {
        assert_eq!(escape("a\x1b[31mb\u{7}"), "a\\u{1b}[31mb\\u{7}");
        assert_eq!(escape("say\t88\r\n"), "say\\t88\\r\\n");
        assert_eq!(escape("\\n"), "\\\\n");
        assert_eq!(
            escape("\u{9b}2J\u{202e}x\u{200b}"),
            "\\u{9b}2J\\u{202e}x\\u{200b}"
        );
        assert_eq!(
            escape("\u{115f}\u{3164}\u{fe0f}"),
            "\\u{115f}\\u{3164}\\u{fe0f}"
        );
        assert_eq!(escape_bytes(b"\xe4\xbd\xa0\xe4\xbd"), "你\\xE4\\xBD");
    }

    #[test]
    fn marks_do_not_pile_up_nor_sit_on_our_words() {
        assert_eq!(
            escape("e\u{301}\u{302}\u{303}!"),
            "e\u{301}\u{302}\\u{303}!"
        );
        assert_eq!(escape("\u{301}e"), "\\u{301}e");
        assert_eq!(escape("\n\u{301}"), "\\n\\u{301}");
        assert_eq!(escape_bytes(b"\xff\xcc\x81"), "\\xFF\\u{301}");
    }

    #[test]
    fn every_scalar_value_is_safe_and_like_no_other() {
        let mut seen = HashSet::new();
        for c in '\0'..=char::MAX {
            let text = String::from(c);
            let out = escape(&text);
            assert!(
                !out.chars().any(is_dangerous),
                "{:04x} gave {out:?}",
                u32::from(c)
            );
            assert!(
                out.chars().all(|c| columns(c) > 0),
                "{:04x} is unseen",
                u32::from(c)
            );
            // Behind a base too, where marks are allowed.
            let pair = format!("a{c}");
            let out = escape(&pair).into_owned();
            assert!(
                !out.chars().any(is_dangerous),
                "a{:04x} gave {out:?}",
                u32::from(c)
            );
            assert!(out.width() <= width(&out));
            assert!(
                columns(c) <= c.len_utf8(),
                "{:04x} is wider than it is long",
                u32::from(c)
            );
            assert!(seen.insert(out), "{:04x} looks like another", u32::from(c));
        }
    }

    #[test]
    fn every_pair_of_bytes_is_safe_and_like_no_other() {
        let mut seen = HashSet::new();
        for pair in 0..=u16::MAX {
            let out = escape_bytes(&pair.to_be_bytes()).into_owned();
            assert!(!out.chars().any(is_dangerous), "{pair:04x} gave {out:?}");
            assert!(seen.insert(out), "{pair:04x} looks like another");
        }
    }

    #[test]
    fn only_emoji_are_joined_again() {
        let drawn = |words: &str| with_emoji(&escape(words)).into_owned();
        for whole in [
            "👩\u{200d}👩\u{200d}👧",
            "❤\u{fe0f}",
            "🏳\u{fe0f}\u{200d}🌈",
            "你好",
        ] {
            assert_eq!(drawn(whole), whole);
        }
        for (words, shown) in [
            ("a\u{200d}b", "a\\u{200d}b"),
            ("👩\u{200d}b", "👩\\u{200d}b"),
            ("👩\u{200d}\u{200d}👩", "👩\\u{200d}\\u{200d}👩"),
            ("\u{fe0f}❤\u{202e}", "\\u{fe0f}❤\\u{202e}"),
            ("a\u{fe0f}", "a\\u{fe0f}"),
            // Somebody who types an escape is still told apart.
            ("❤\\u{fe0f}", "❤\\\\u{fe0f}"),
        ] {
            assert_eq!(drawn(words), shown);
        }
    }

    #[test]
    fn cutting_counts_columns_not_characters() {
        assert_eq!(width("服务端 ok"), 9);
        assert_eq!(fit("服务端提供服务", 14), "服务端提供服务");
        assert_eq!(fit("服务端提供服务", 13), "服务端提供服…");
        assert_eq!(fit("服务端提供服务", 12), "服务端提供…");
        assert_eq!(fit("abc", 2), "a…");
        assert_eq!(fit("abc", 1), "…");
        assert_eq!(fit("abc", 0), "");
        assert_eq!(fit_tail("02:00:0f:42", 6), "…0f:42");
        assert_eq!(fit_tail("02:00:0f:42", 11), "02:00:0f:42");
        assert_eq!(fit_tail("abc", 0), "");
        for room in 0..30 {
            assert!(width(&fit_tail("服务a端b提供e\u{301}c服务", room)) <= room);
            assert!(width(&fit("服务a端b提供e\u{301}c服务", room)) <= room);
        }
    }

    #[test]
    fn a_dump_has_sixteen_bytes_a_row() {
        let mut out = Vec::new();
        let bytes: Vec<u8> = (0x38..0x4b).chain([0x1b]).collect();
        hex_dump(&bytes, 0x36, &mut out);
        assert_eq!(
            String::from_utf8_lossy(&out),
            "        0x0036:  3839 3a3b 3c3d 3e3f 4041 4243 4445 4647  89:;<=>?@ABCDEFG\n\
             \x20       0x0046:  4849 4a1b                                HIJ.\n"
        );
        let mut every = Vec::new();
        hex_dump(&(0..=255).collect::<Vec<u8>>(), 0, &mut every);
        assert!(every.iter().all(|byte| matches!(byte, 0x20..=0x7e | b'\n')));
    }
}
