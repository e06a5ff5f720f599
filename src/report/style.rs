//! Colours. They only help: every meaning is in the words and the shape too.

use anstyle::{AnsiColor, Style};

/// What a piece of text is, for a palette to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Plain words.
    #[default]
    Plain,
    /// Times, frame numbers, reasons: there when looked for.
    Quiet,
    /// Headings.
    Heading,
    /// Which conversation a line belongs to.
    Id,
    /// What the originator said.
    Orig,
    /// What the responder said.
    Resp,
    /// Something came about: an answer, a complete handshake.
    Good,
    /// Worth a second look: sent again, out of order.
    Odd,
    /// Something failed, or cannot be.
    Bad,
}

impl Role {
    /// Itself, or the role of what stands around it where it has none.
    #[must_use]
    pub const fn or(self, around: Self) -> Self {
        match self {
            Self::Plain => around,
            own => own,
        }
    }
}

/// The colours, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    colour: bool,
}

impl Palette {
    /// With colours from the terminal's own sixteen, or without any.
    pub const fn new(colour: bool) -> Self {
        Self { colour }
    }

    /// The style of a role; plain when colours are off.
    pub const fn style(self, role: Role) -> Style {
        if !self.colour {
            return Style::new();
        }
        match role {
            Role::Plain => Style::new(),
            Role::Quiet => Style::new().dimmed(),
            Role::Heading => Style::new().bold(),
            Role::Id => AnsiColor::Blue.on_default(),
            Role::Orig => AnsiColor::Cyan.on_default(),
            Role::Resp => AnsiColor::Magenta.on_default(),
            Role::Good => AnsiColor::Green.on_default(),
            Role::Odd => AnsiColor::Yellow.on_default(),
            Role::Bad => AnsiColor::Red.on_default().bold(),
        }
    }

    /// Writes escaped text in the style of its role.
    pub fn paint(self, role: Role, text: &str, out: &mut Vec<u8>) {
        self.around(role, out, |out| out.extend_from_slice(text.as_bytes()));
    }

    /// Writes whatever `write` appends, which is escaped, in the style of a role.
    #[inline]
    pub fn around(self, role: Role, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        use std::io::Write;

        if !self.colour || role == Role::Plain {
            return write(out);
        }
        let style = self.style(role);
        // A Vec takes everything.
        let _ = write!(out, "{style}");
        write(out);
        let _ = write!(out, "{style:#}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_nothing_is_added() {
        let mut out = Vec::new();
        Palette::new(false).paint(Role::Bad, "refused", &mut out);
        assert_eq!(out, b"refused");
    }

    #[test]
    fn a_colour_is_taken_back_at_the_end() {
        let mut out = Vec::new();
        Palette::new(true).paint(Role::Good, "complete", &mut out);
        assert_eq!(out, b"\x1b[32mcomplete\x1b[0m");
    }
}
