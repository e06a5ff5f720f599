//! What somebody said.

use std::{fmt, mem};

use crate::track::event::Sheet;

/// Bytes as text, or not.
///
/// An event owns what it says. A clone does so alone.
pub enum Content {
    /// Valid UTF-8 without control characters other than tab, CR and LF. Not escaped yet.
    Text(String),
    /// Anything else: its first 64 bytes, or all where somebody listens for the whole.
    Bytes(Vec<u8>),
    /// One or the other: whoever tells it looks.
    Unread(Unread),
}

/// What [`Content`] turns out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known<'a> {
    /// See [`Content::Text`].
    Text(&'a str),
    /// See [`Content::Bytes`].
    Bytes(&'a [u8]),
}

/// Bytes of a sheet.
#[derive(Default)]
pub struct Unread {
    /// Those of its sheet; none, until the event is told.
    sheet: Vec<u8>,
    begin: usize,
    len: usize,
}

/// How many bytes of something that is not text an event shows.
pub(super) const SHOWN_BYTES: usize = 64;

impl Content {
    /// Text where the bytes are such, else as many of them as are shown, or the `whole`.
    pub fn new(bytes: &[u8], whole: bool) -> Self {
        match text_of(bytes) {
            Some(text) => Self::Text(text.to_owned()),
            None if whole => Self::Bytes(bytes.to_vec()),
            None => Self::Bytes(shown(bytes).to_vec()),
        }
    }

    /// The same, on a sheet where there is one and they are few.
    #[inline]
    pub(in crate::track) fn on(sheet: Option<&mut Sheet>, bytes: &[u8], whole: bool) -> Self {
        let sheet = sheet.filter(|_| !whole);
        match sheet.and_then(|sheet| sheet.write(bytes)) {
            Some(unread) => Self::Unread(unread),
            None => Self::new(bytes, whole),
        }
    }

    /// Takes the bytes of the sheet that it stands on, if it stands on one; or gives them back.
    #[inline]
    pub(super) const fn swap_sheet(&mut self, bytes: &mut Vec<u8>) {
        if let Self::Unread(it) = self {
            mem::swap(&mut it.sheet, bytes);
        }
    }

    /// Whether it is text.
    pub fn read(&self) -> Known<'_> {
        match self {
            Self::Text(text) => Known::Text(text),
            Self::Bytes(bytes) => Known::Bytes(bytes),
            Self::Unread(it) => {
                let bytes = it.bytes();
                text_of(bytes).map_or_else(|| Known::Bytes(shown(bytes)), Known::Text)
            }
        }
    }

    /// All bytes of what is text, or may be: then [`read`](Self::read) tells whether it is.
    #[inline]
    pub fn unread(&self) -> Option<&[u8]> {
        match self {
            Self::Text(text) => Some(text.as_bytes()),
            Self::Bytes(_) => None,
            Self::Unread(it) => Some(it.bytes()),
        }
    }

    /// The text, where it is such.
    pub fn text(&self) -> Option<&str> {
        match self.read() {
            Known::Text(text) => Some(text),
            Known::Bytes(_) => None,
        }
    }

    /// Its bytes, text or not.
    pub fn bytes(&self) -> &[u8] {
        match self.read() {
            Known::Text(text) => text.as_bytes(),
            Known::Bytes(bytes) => bytes,
        }
    }
}

impl Clone for Content {
    fn clone(&self) -> Self {
        match self.read() {
            Known::Text(text) => Self::Text(text.to_owned()),
            Known::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
        }
    }
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        self.read() == other.read()
    }
}

impl Eq for Content {}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read().fmt(f)
    }
}

impl Unread {
    /// So many bytes of a sheet.
    pub(super) const fn new(begin: usize, len: usize) -> Self {
        Self {
            sheet: Vec::new(),
            begin,
            len,
        }
    }

    #[inline]
    fn bytes(&self) -> &[u8] {
        let end = self.begin + self.len;
        self.sheet.get(self.begin..end).unwrap_or_default()
    }
}

fn shown(bytes: &[u8]) -> &[u8] {
    bytes.get(..SHOWN_BYTES).unwrap_or(bytes)
}

/// Bytes as text, where they are such.
fn text_of(bytes: &[u8]) -> Option<&str> {
    let text = simdutf8::basic::from_utf8(bytes).ok()?;
    (!has_control(text)).then_some(text)
}

/// Whether there are control characters other than tab, CR and LF.
fn has_control(text: &str) -> bool {
    // Those beyond ASCII begin with this byte, as do some letters.
    let may_be = |byte: &u8| *byte < b' ' || matches!(*byte, 0x7f | 0xc2);
    let is_control = |c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\n');
    // Without a way out in the middle all bytes are looked at side by side.
    let is_plain = text.bytes().fold(true, |all, byte| all & !may_be(&byte));
    !is_plain && text.chars().any(is_control)
}
