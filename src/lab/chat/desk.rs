//! Where a person sits: a terminal with line editing, a script, or a pipe.

use std::{
    cell::RefCell,
    collections::VecDeque,
    env,
    io::{self, BufRead as _, IsTerminal as _, Write},
    thread,
    time::Duration,
};

use rustix::process::{Signal, getpid, kill_process};
use rustyline::{
    CompletionType, Config, Context, Editor, Helper,
    completion::Completer,
    error::ReadlineError,
    highlight::{CmdKind, Highlighter},
    hint::Hinter,
    history::DefaultHistory,
    validate::Validator,
};

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
    Terminal(Box<Editor<Typed, DefaultHistory>>),
    /// Somebody types where lines cannot be edited by us: the terminal does what it can.
    Plain,
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
        let is_dumb = env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        let keyboard = if !io::stdin().is_terminal() {
            Keyboard::Pipe
        } else if is_dumb || !io::stdout().is_terminal() {
            Keyboard::Plain
        } else {
            Keyboard::Terminal(Box::new(editor().map_err(io::Error::other)?))
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
            Keyboard::Terminal(editor) => return edit(editor, prompt),
            Keyboard::Plain => {
                // Where the output goes elsewhere, the question is for who sits at the terminal.
                let _ = if io::stdout().is_terminal() {
                    write_now(io::stdout(), prompt)
                } else {
                    write_now(io::stderr(), prompt)
                };
                return read_line();
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

/// Pasted lines are lines that are typed one after the other, and Tab is a character.
fn editor() -> rustyline::Result<Editor<Typed, DefaultHistory>> {
    let config = Config::builder()
        .bracketed_paste(false)
        .completion_type(CompletionType::List)
        .build();
    let mut editor = Editor::with_config(config)?;
    editor.set_helper(Some(Typed::default()));
    Ok(editor)
}

/// The next line. What is no UTF-8 becomes U+FFFD; the editor gives up there, and goes on with what
/// it had.
fn edit(editor: &mut Editor<Typed, DefaultHistory>, prompt: &str) -> io::Result<Option<String>> {
    let (mut left, mut right) = (String::new(), String::new());
    loop {
        match editor.readline_with_initial(prompt, (&left, &right)) {
            Ok(line) => {
                let _ = editor.add_history_entry(&line);
                return Ok(Some(line));
            }
            Err(ReadlineError::Eof) => return Ok(None),
            Err(ReadlineError::Interrupted) => {
                // As Ctrl-C does while nobody is asked for a line.
                kill_process(getpid(), Signal::INT)?;
                return Ok(None);
            }
            Err(ReadlineError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
                (left, right) = editor.helper().map(Typed::halves).unwrap_or_default();
                left.push(char::REPLACEMENT_CHARACTER);
            }
            Err(ReadlineError::Io(error)) => return Err(error),
            Err(error) => return Err(io::Error::other(error)),
        }
    }
}

/// What has been typed of a line, which the editor does not tell when it gives up.
#[derive(Default)]
struct Typed {
    line: RefCell<String>,
    cursor: RefCell<usize>,
}

impl Typed {
    /// What stands before the cursor, and what behind it.
    fn halves(&self) -> (String, String) {
        let line = self.line.borrow();
        let (left, right) = line
            .split_at_checked(*self.cursor.borrow())
            .unwrap_or((&line, ""));
        (left.to_owned(), right.to_owned())
    }
}

impl Highlighter for Typed {
    fn highlight_char(&self, line: &str, cursor: usize, _: CmdKind) -> bool {
        line.clone_into(&mut self.line.borrow_mut());
        self.cursor.replace(cursor);
        false
    }
}

impl Completer for Typed {
    type Candidate = String;

    fn complete(
        &self,
        _: &str,
        cursor: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok((cursor, vec!["\t".to_owned()]))
    }
}

impl Hinter for Typed {
    type Hint = String;
}

impl Validator for Typed {}

impl Helper for Typed {}

fn write_now(mut to: impl Write, words: &str) -> io::Result<()> {
    to.write_all(words.as_bytes())?;
    to.flush()
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
