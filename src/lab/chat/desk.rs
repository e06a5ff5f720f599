//! Where a person sits: a terminal with line editing, a script, or a pipe.

use std::{
    collections::VecDeque,
    io::{self, BufRead as _, IsTerminal as _, Write},
    thread,
    time::Duration,
};

use rustyline::{DefaultEditor, error::ReadlineError};

use super::Person;

/// A keyboard and a screen.
pub struct Desk {
    keyboard: Keyboard,
    /// How long the person thinks before a line of a script or a pipe.
    think: Duration,
    /// Makes words safe to print: those from the network, and names from a book.
    escape: fn(&str) -> String,
}

enum Keyboard {
    /// Somebody types. The editor knows how wide a character is, so that one is deleted whole.
    Terminal(Box<DefaultEditor>),
    Script(VecDeque<String>),
    Pipe,
}

impl Desk {
    /// A desk where a script types its lines and then leaves.
    pub fn scripted(
        lines: impl IntoIterator<Item = String>,
        think: Duration,
        escape: fn(&str) -> String,
    ) -> Self {
        Self {
            keyboard: Keyboard::Script(lines.into_iter().collect()),
            think,
            escape,
        }
    }

    /// A desk with the process's own keyboard: a terminal, or else a pipe that is read line by
    /// line.
    ///
    /// Fails when the terminal cannot be used.
    pub fn at_standard_input(think: Duration, escape: fn(&str) -> String) -> io::Result<Self> {
        let keyboard = if io::stdin().is_terminal() && io::stdout().is_terminal() {
            Keyboard::Terminal(Box::new(DefaultEditor::new().map_err(io::Error::other)?))
        } else {
            Keyboard::Pipe
        };
        Ok(Self {
            keyboard,
            think,
            escape,
        })
    }

    fn show(line: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()
    }
}

impl Person for Desk {
    fn types(&mut self, prompt: &str) -> io::Result<Option<String>> {
        let prompt = &(self.escape)(prompt);
        let line = match &mut self.keyboard {
            Keyboard::Terminal(editor) => {
                return match editor.readline(prompt) {
                    Ok(line) => {
                        let _ = editor.add_history_entry(&line);
                        Ok(Some(line))
                    }
                    Err(ReadlineError::Eof | ReadlineError::Interrupted) => Ok(None),
                    Err(ReadlineError::Io(error)) => Err(error),
                    Err(error) => Err(io::Error::other(error)),
                };
            }
            Keyboard::Script(lines) => lines.pop_front(),
            Keyboard::Pipe => read_line()?,
        };
        if let Some(line) = &line {
            thread::sleep(self.think);
            Self::show(&format!("{prompt}{}", (self.escape)(line)))?;
        }
        Ok(line)
    }

    fn reads(&mut self, from: &str, words: &str) -> io::Result<()> {
        let line = format!("{from}: {words}");
        Self::show(&(self.escape)(&line))
    }

    fn notices(&mut self, remark: &str) -> io::Result<()> {
        let _ = writeln!(io::stderr(), "{}", (self.escape)(remark));
        Ok(())
    }
}

/// The next line of standard input, without its end. What is no UTF-8 becomes U+FFFD.
fn read_line() -> io::Result<Option<String>> {
    let mut line = Vec::new();
    if io::stdin().lock().read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let line = line.strip_suffix(b"\n").unwrap_or(&line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    Ok(Some(String::from_utf8_lossy(line).into_owned()))
}
