//! The tutorial's three pairs of programs, byte for byte what they put on the wire.
//!
//! | | server | client |
//! |---|---|---|
//! | [`tcp`] | greets, then hears and answers in turns | hears and speaks in turns; `88` ends it |
//! | [`udp`] | answers whoever writes | writes to partners by name; `Q` leaves one, `Q` again all |
//! | [`shop`] | answers one question | asks it |
//!
//! A program talks with a [`Person`]: somebody at a terminal, a script, or a thread of the lab.

pub mod desk;
pub mod shop;
pub mod tcp;
pub mod udp;

mod error;
mod words;

pub use error::Error;

use std::io;

/// The port of the tutorial's programs.
pub const PORT: u16 = 8520;

/// The most that a UDP datagram can carry, in bytes.
const DATAGRAM: usize = 65_535;

/// Who sits at a program: types what it sends and reads what it receives.
pub trait Person {
    /// The next line, without its end. `None` when the person has nothing more to type and leaves.
    fn types(&mut self, prompt: &str) -> io::Result<Option<String>>;

    /// Shows words that came over the network; `from` says whose they are. They are shown as they
    /// came, so whoever prints them escapes them first.
    fn reads(&mut self, from: &str, words: &str) -> io::Result<()>;

    /// Shows a remark of the program's own.
    fn notices(&mut self, remark: &str) -> io::Result<()>;
}
