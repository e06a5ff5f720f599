//! Every phrase that people read, once, with its English and its Chinese side by side.
//!
//! A phrase is a whole sentence wherever it can be: the order of words differs between languages. It is
//! declared in a file of its area below `words/`, and becomes a function of what goes into its gaps:
//!
//! ```text
//! phrases! {
//!     resolved(ip, mac, asker): "{ip} is at [good|{mac}], told {asker}"
//!         | "{ip} 的 MAC 地址是 [good|{mac}]，告诉了 {asker}";
//!     bytes(n): "{n} {n:byte|bytes}" | "{n} 字节";
//! }
//! prose.tell(&words::story::resolved(it.ip, it.mac, it.asker));
//! ```
//!
//! | in a phrase | stands for |
//! |---|---|
//! | `{ip}` | what goes into the gap `ip`, written as its kind is written |
//! | `{n:byte\|bytes}` | the first word where the number in `n` is one, else the second; English only needs it |
//! | `[good\|…]` | painted in a role: `good` `odd` `bad` `quiet` `heading` `orig` `resp` |
//!
//! A phrase does not compile without both languages, with a gap that it does not declare, with one that
//! only one of its languages has, or with a bracket that is not closed.

pub mod follow;
pub mod icmp;
pub mod ladder;
pub mod page;
pub mod story;
pub mod tables;
mod template;
pub mod transcript;
pub mod why;

use std::{net::IpAddr, time::Duration};

pub use self::template::{Piece, count, cut, has_gap};
use super::{prose::Prose, style::Role};
use crate::{decode::MacAddr, track::flow::Endpoint};

/// The language of what people read. JSON has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Chinese, simplified.
    Zh,
}

impl Lang {
    /// Both languages.
    pub const ALL: [Self; 2] = [Self::En, Self::Zh];

    /// The language of a locale such as `zh_CN.UTF-8`: Chinese, or English for every other.
    pub fn of_locale(locale: &str) -> Self {
        let language = locale.split(['_', '-', '.', '@']).next();
        match language {
            Some(language) if language.eq_ignore_ascii_case("zh") => Self::Zh,
            _ => Self::En,
        }
    }
}

/// Words without gaps, such as a heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    en: &'static str,
    zh: &'static str,
}

impl Label {
    /// No words.
    pub const EMPTY: Self = Self::new("", "");

    /// The same in both languages.
    pub const fn new(en: &'static str, zh: &'static str) -> Self {
        Self { en, zh }
    }

    /// In one of them.
    pub const fn of(self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.en,
            Lang::Zh => self.zh,
        }
    }
}

/// A phrase, cut at its gaps when the program was built.
#[derive(Debug)]
pub struct Phrase {
    en: &'static [Piece],
    zh: &'static [Piece],
}

impl Phrase {
    /// The same in both languages.
    pub const fn new(en: &'static [Piece], zh: &'static [Piece]) -> Self {
        Self { en, zh }
    }

    /// Adds it to a sentence, with what goes into its gaps; `role` is that of what stands around it.
    pub fn tell(&self, args: &[Arg<'_>], role: Role, prose: &mut Prose) {
        let pieces = match prose.lang() {
            Lang::En => self.en,
            Lang::Zh => self.zh,
        };
        let arg = |gap: usize| args.get(gap).unwrap_or(&Arg::Nothing);
        for piece in pieces {
            match *piece {
                Piece::Words(own, words) => {
                    prose.paint(own.or(role), words);
                }
                Piece::Gap(own, gap) => arg(gap).tell(own.or(role), prose),
                Piece::Plural(own, gap, [one, many]) => {
                    let is_one = matches!(arg(gap), Arg::Number(1));
                    prose.paint(own.or(role), if is_one { one } else { many });
                }
            }
        }
    }
}

/// A phrase with what goes into its gaps.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a, const N: usize> {
    phrase: &'static Phrase,
    args: [Arg<'a>; N],
}

impl<'a, const N: usize> Told<'a, N> {
    /// A phrase and, in the order of its declaration, what goes into its gaps.
    pub const fn new(phrase: &'static Phrase, args: [Arg<'a>; N]) -> Self {
        Self { phrase, args }
    }

    /// As plain text in a language, escaped.
    pub fn text(&self, lang: Lang) -> String {
        let mut prose = Prose::new(lang);
        prose.tell(self);
        prose.into_text()
    }
}

/// Something with words of its own that goes into a gap.
pub trait Tell {
    /// Adds its words to a sentence; `role` is that of the gap.
    fn tell(&self, role: Role, prose: &mut Prose);
}

impl<const N: usize> Tell for Told<'_, N> {
    fn tell(&self, role: Role, prose: &mut Prose) {
        self.phrase.tell(&self.args, role, prose);
    }
}

/// What goes into a gap.
#[derive(Clone, Copy)]
pub enum Arg<'a> {
    /// Nothing at all.
    Nothing,
    /// A host, by its name where it has one.
    Ip(IpAddr),
    /// A hardware address.
    Mac(MacAddr),
    /// A socket, in its own role.
    Socket(Role, Endpoint),
    /// A number.
    Number(u64),
    /// A span of time.
    Span(Duration),
    /// Spans of time.
    Spans(&'a [Duration]),
    /// Frame numbers.
    Frames(&'a [u64]),
    /// Text from anywhere. It is escaped when it is written.
    Text(&'a str),
    /// Text that is escaped already, in its own role.
    Escaped(Role, &'a str),
    /// Words of ours.
    Label(Label),
    /// A phrase inside a phrase.
    Part(&'a dyn Tell),
    /// Whatever the function adds.
    With(&'a dyn Fn(&mut Prose)),
}

impl Arg<'_> {
    fn tell(&self, role: Role, prose: &mut Prose) {
        match *self {
            Self::Nothing => {}
            Self::Ip(ip) => _ = prose.ip(role, ip),
            Self::Mac(mac) => _ = prose.mac(role, mac),
            Self::Socket(own, socket) => _ = prose.endpoint(own.or(role), socket),
            Self::Number(number) => _ = prose.number(role, number),
            Self::Span(span) => _ = prose.span(role, span),
            Self::Spans(spans) => {
                for (at, span) in spans.iter().enumerate() {
                    if at > 0 {
                        prose.paint(role, story::COMMA.of(prose.lang()));
                    }
                    prose.span(role, *span);
                }
            }
            Self::Frames(frames) => _ = prose.frames(role, frames),
            Self::Text(text) => _ = prose.paint(role, &super::text::escape(text)),
            Self::Escaped(own, text) => _ = prose.paint(own.or(role), text),
            Self::Label(label) => _ = prose.paint(role, label.of(prose.lang())),
            Self::Part(part) => part.tell(role, prose),
            Self::With(add) => add(prose),
        }
    }
}

impl std::fmt::Debug for Arg<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nothing => "Nothing",
            Self::Ip(_) => "Ip",
            Self::Mac(_) => "Mac",
            Self::Socket(..) => "Socket",
            Self::Number(_) => "Number",
            Self::Span(_) => "Span",
            Self::Spans(_) => "Spans",
            Self::Frames(_) => "Frames",
            Self::Text(_) => "Text",
            Self::Escaped(..) => "Escaped",
            Self::Label(_) => "Label",
            Self::Part(_) => "Part",
            Self::With(_) => "With",
        })
    }
}

/// Kinds of arguments that speak for themselves.
macro_rules! becomes {
    ($($from:ty => $kind:expr;)*) => {$(
        impl<'a> From<$from> for Arg<'a> {
            fn from(it: $from) -> Self {
                $kind(it)
            }
        }
    )*};
}

becomes! {
    IpAddr => Arg::Ip;
    MacAddr => Arg::Mac;
    Endpoint => |socket| Arg::Socket(Role::Plain, socket);
    (Role, Endpoint) => |(role, socket)| Arg::Socket(role, socket);
    u64 => Arg::Number;
    u32 => |number: u32| Arg::Number(number.into());
    u16 => |number: u16| Arg::Number(number.into());
    u8 => |number: u8| Arg::Number(number.into());
    Duration => Arg::Span;
    &'a [u64] => Arg::Frames;
    &'a Vec<u64> => |frames: &'a Vec<u64>| Arg::Frames(frames);
    &'a str => Arg::Text;
    &'a String => |text: &'a String| Arg::Text(text);
    Label => Arg::Label;
    &'a dyn Tell => Arg::Part;
    &'a dyn Fn(&mut Prose) => Arg::With;
}

impl<'a, const N: usize> From<&'a Told<'a, N>> for Arg<'a> {
    fn from(part: &'a Told<'a, N>) -> Self {
        Self::Part(part)
    }
}

impl<'a, const N: usize> From<&'a Option<Told<'a, N>>> for Arg<'a> {
    fn from(part: &'a Option<Told<'a, N>>) -> Self {
        match part {
            Some(part) => Self::Part(part),
            None => Self::Nothing,
        }
    }
}

/// A phrase in both languages, each of which has all its gaps.
macro_rules! phrase {
    (($($gap:ident),*) $en:literal | $zh:literal) => {{
        use $crate::report::words::{Phrase, Piece, count, cut};
        const GAPS: &[&str] = &[$(stringify!($gap)),*];
        const EN: [Piece; count($en)] = cut($en, GAPS);
        const ZH: [Piece; count($zh)] = cut($zh, GAPS);
        static PHRASE: Phrase = Phrase::new(&EN, &ZH);
        $(const _: () = {
            use $crate::report::words::has_gap;
            assert!(has_gap($en, stringify!($gap)), "the English lacks a gap");
            assert!(has_gap($zh, stringify!($gap)), "the Chinese lacks a gap");
        };)*
        &PHRASE
    }};
}

/// Declares phrases; see the head of this file.
macro_rules! phrases {
    ($($name:ident($($gap:ident),*): $en:literal | $zh:literal;)*) => {
        $(
            #[doc = concat!("“", $en, "”")]
            pub fn $name<'a>($($gap: impl Into<$crate::report::words::Arg<'a>>),*)
                -> $crate::report::words::Told<'a, { <[&str]>::len(&[$(stringify!($gap)),*]) }>
            {
                let phrase = $crate::report::words::phrase!(($($gap),*) $en | $zh);
                $crate::report::words::Told::new(phrase, [$($gap.into()),*])
            }
        )*

        /// Each phrase of this area: its name, its English, its Chinese.
        #[cfg(test)]
        pub(super) const PHRASES: &[(&str, &str, &str)] = &[$((stringify!($name), $en, $zh)),*];
    };
}

/// Declares the claims of [`why`](super::why): phrases that own what goes into their gaps, with how
/// sure they are before their name.
macro_rules! facts {
    ($($certainty:ident $name:ident($($gap:ident),*): $en:literal | $zh:literal;)*) => {
        $(
            #[doc = concat!("“", $en, "”")]
            // A sentence may have many gaps.
            #[allow(clippy::too_many_arguments)]
            pub fn $name($($gap: impl Into<$crate::report::why::Value>),*)
                -> $crate::report::why::Claim
            {
                $crate::report::why::Claim {
                    name: stringify!($name),
                    certainty: $crate::report::why::Certainty::of(stringify!($certainty)),
                    phrase: $crate::report::words::phrase!(($($gap),*) $en | $zh),
                    values: vec![$((stringify!($gap), $gap.into())),*],
                }
            }
        )*

        /// Each claim of this area: its name, its English, its Chinese.
        #[cfg(test)]
        pub(in crate::report) const FACTS: &[(&str, &str, &str)] = &[$((stringify!($name), $en, $zh)),*];
    };
}

/// Declares words without gaps: `HOSTS: "Hosts" | "主机";`.
macro_rules! labels {
    ($($name:ident: $en:literal | $zh:literal;)*) => {
        $(
            #[doc = concat!("“", $en, "”")]
            pub const $name: $crate::report::words::Label =
                $crate::report::words::Label::new($en, $zh);
        )*

        /// Each label of this area: its name, its English, its Chinese.
        #[cfg(test)]
        pub(super) const LABELS: &[(&str, &str, &str)] = &[$((stringify!($name), $en, $zh)),*];
    };
}

use {facts, labels, phrase, phrases};

#[cfg(test)]
mod tests;
