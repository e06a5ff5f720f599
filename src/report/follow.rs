//! What the two sides of one conversation said, in order of speaking (`--follow tcp-1`).
//!
//! ```text
//! tcp-1: → 192.168.15.42:40001, ← 192.168.15.73:8520
//! → 给我看看
//! ← 服务端提供服务
//! · ← 1,448 bytes are missing here
//! → 再见
//! ```
//!
//! A line of theirs is a line here; within one side's turn no line end is added that it did not send.
//! A datagram has lines of its own. A line of ours begins with `·`.

use std::{
    io::{self, Write},
    sync::Arc,
};

use super::{
    Opened, Options, Output, Report, Totals, digits,
    names::Names,
    style::{Palette, Role},
    text,
    words::{Lang, follow as words},
};
use crate::{
    capture::Frame,
    decode::Packet,
    track::{
        Interest,
        event::{Conversation, Event, Kind, TcpMessage, UdpMessage},
        flow::{Both, Flow, Side},
    },
};

/// Writes what was said in one conversation.
pub struct Follow<W> {
    output: Output<W>,
    lang: Lang,
    palette: Palette,
    names: Arc<Names>,
    conversation: Conversation,
    introduced: bool,
    /// Whose line has no end yet.
    open: Option<Side>,
    /// That line has only its arrow so far.
    is_bare: bool,
    /// The end of what that side said, as long as more must come to know what it is: a character cut
    /// short, a CR.
    rest: Vec<u8>,
    /// Bytes told, the missing ones included.
    told: Both<u64>,
    /// Bytes from before the first byte that was seen.
    early: Both<u64>,
    missing: Both<u64>,
    /// Bytes that came after later ones were told.
    late: Both<u64>,
    raw: Option<Both<Box<dyn Write + Send>>>,
    raw_trouble: Option<(Side, io::Error)>,
}

impl<W: Write> Follow<W> {
    /// What was said in `conversation`, written to `to`; to `raw` each side's bytes as they were.
    pub fn new(
        to: W,
        options: &Options,
        conversation: Conversation,
        raw: Option<Both<Box<dyn Write + Send>>>,
    ) -> Self {
        Self {
            output: Output::new(to),
            lang: options.lang,
            palette: Palette::new(options.colour),
            names: Arc::clone(&options.names),
            conversation,
            introduced: false,
            open: None,
            is_bare: false,
            rest: Vec::new(),
            told: Both::default(),
            early: Both::default(),
            missing: Both::default(),
            late: Both::default(),
            raw,
            raw_trouble: None,
        }
    }

    /// Bytes of each side that the capture does not hold.
    pub const fn missing(&self) -> &Both<u64> {
        &self.missing
    }

    /// Bytes of each side that were captured after later ones had been told: shown, but not in the file,
    /// where they would stand in the wrong place.
    pub const fn late(&self) -> &Both<u64> {
        &self.late
    }

    /// What went wrong with the file of one side. Nothing more was written to either.
    pub const fn raw_trouble(&self) -> Option<&(Side, io::Error)> {
        self.raw_trouble.as_ref()
    }

    fn introduce(&mut self, flow: &Flow) {
        if std::mem::replace(&mut self.introduced, true) {
            return;
        }
        let out = &mut self.output.buffer;
        let id = self.conversation.to_string();
        self.palette.paint(Role::Id, &id, out);
        let mut before = ": ";
        for side in [Side::Orig, Side::Resp] {
            out.extend_from_slice(before.as_bytes());
            let end = flow.endpoint(side);
            let mut who = format!("{} ", arrow(side));
            if let Some(name) = self.names.socket(end).or(self.names.host(end.ip)) {
                who.push_str(name.as_str());
                who.push(' ');
            }
            who.push_str(&end.to_string());
            self.palette.paint(role(side), &who, out);
            before = ", ";
        }
        out.push(b'\n');
    }

    fn tcp(&mut self, it: &TcpMessage) {
        let bytes = it.content.bytes();
        let told = self.told.of_mut(it.from);
        let end = it.offset.saturating_add_unsigned(it.len);
        if end <= 0 {
            *self.early.of_mut(it.from) += it.len;
        }
        if end <= 0 || end.unsigned_abs() <= *told {
            if end > 0 {
                let missing = self.missing.of_mut(it.from);
                *missing = missing.saturating_sub(it.len);
            }
            *self.late.of_mut(it.from) += it.len;
            self.remark(Role::Odd, &words::late(arrow(it.from)).text(self.lang));
            self.say(it.from, bytes);
            self.end_line();
            self.miss(it.from, it.cut);
            return;
        }
        *told = told.saturating_add(it.missing).saturating_add(it.len);
        self.miss(it.from, it.missing);
        self.write_raw(it.from, bytes);
        self.say(it.from, bytes);
        self.miss(it.from, it.cut);
    }

    fn udp(&mut self, it: &UdpMessage) {
        if it.len == 0 {
            let words = words::empty_datagram(arrow(it.from)).text(self.lang);
            return self.remark(Role::Quiet, &words);
        }
        let bytes = it.content.bytes();
        self.end_line();
        self.write_raw(it.from, bytes);
        self.say(it.from, bytes);
        self.end_line();
        self.miss(it.from, it.cut);
    }

    /// Bytes of one side, the next in its stream.
    fn say(&mut self, from: Side, bytes: &[u8]) {
        if self.open != Some(from) {
            self.end_line();
        }
        let mut said = std::mem::take(&mut self.rest);
        said.extend_from_slice(bytes);
        let mut rest = said.as_slice();
        while let Some(at) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, behind) = rest.split_at(at);
            self.piece(from, line.strip_suffix(b"\r").unwrap_or(line));
            self.output.buffer.push(b'\n');
            self.open = None;
            rest = behind.get(1..).unwrap_or_default();
        }
        if rest.is_empty() {
            return;
        }
        let (whole, cut) = rest.split_at(rest.len() - undecided(rest));
        self.piece(from, whole);
        self.rest = cut.to_vec();
    }

    /// A stretch of a line.
    fn piece(&mut self, from: Side, bytes: &[u8]) {
        let out = &mut self.output.buffer;
        if self.open != Some(from) {
            self.palette.paint(role(from), arrow(from), out);
            self.open = Some(from);
            self.is_bare = true;
        }
        if bytes.is_empty() {
            return;
        }
        if std::mem::take(&mut self.is_bare) {
            out.push(b' ');
        }
        self.palette
            .paint(role(from), &text::escape_bytes(bytes), out);
    }

    /// Ends a line that has no end yet.
    fn end_line(&mut self) {
        let Some(side) = self.open else {
            return;
        };
        let rest = std::mem::take(&mut self.rest);
        self.piece(side, &rest);
        self.output.buffer.push(b'\n');
        self.open = None;
    }

    /// Names bytes that are not there.
    fn miss(&mut self, from: Side, count: u64) {
        if count == 0 {
            return;
        }
        let missing = self.missing.of_mut(from);
        *missing = missing.saturating_add(count);
        let arrow = arrow(from);
        let words = if count == 1 {
            words::missing_byte(arrow).text(self.lang)
        } else {
            let mut grouped = Vec::new();
            digits::grouped(count, &mut grouped);
            words::missing_bytes(arrow, &*String::from_utf8_lossy(&grouped)).text(self.lang)
        };
        self.remark(Role::Bad, &words);
    }

    /// A line of ours.
    fn remark(&mut self, role: Role, words: &str) {
        self.end_line();
        self.palette.paint(role, words, &mut self.output.buffer);
        self.output.buffer.push(b'\n');
    }

    fn write_raw(&mut self, from: Side, bytes: &[u8]) {
        let Some(files) = &mut self.raw else {
            return;
        };
        if let Err(error) = files.of_mut(from).write_all(bytes) {
            self.raw_trouble = Some((from, error));
            self.raw = None;
        }
    }

    fn flush_raw(&mut self) {
        for side in [Side::Orig, Side::Resp] {
            let Some(files) = &mut self.raw else {
                return;
            };
            if let Err(error) = files.of_mut(side).flush() {
                self.raw_trouble = Some((side, error));
                self.raw = None;
            }
        }
    }
}

impl<W: Write + Send> Report for Follow<W> {
    fn opened(&mut self, _: &Opened) -> io::Result<()> {
        Ok(())
    }

    fn interest(&self) -> Option<Interest> {
        Some(Interest {
            events: true,
            text: true,
            whole: true,
        })
    }

    fn packet(&mut self, _: u64, _: &Frame<'_>, _: &Packet<'_>) -> io::Result<()> {
        Ok(())
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        if event.kind.conversation() != Some(self.conversation) {
            return Ok(());
        }
        if let Some(flow) = event.kind.flow() {
            self.introduce(flow);
        }
        match &event.kind {
            Kind::TcpMessage(it) => self.tcp(it),
            Kind::UdpMessage(it) => self.udp(it),
            Kind::TcpClosed(it) => {
                // What was missing at the end came before no message.
                for side in [Side::Orig, Side::Resp] {
                    let all = it.bytes.of(side).saturating_add(*it.missing.of(side));
                    let told = self.told.of(side).saturating_add(*self.early.of(side));
                    self.miss(side, all.saturating_sub(told));
                }
            }
            _ => {}
        }
        self.output.settle()
    }

    fn closed(&mut self, _: &Totals) -> io::Result<()> {
        self.end_line();
        self.flush_raw();
        self.output.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flush_raw();
        self.output.flush()
    }
}

const fn arrow(side: Side) -> &'static str {
    match side {
        Side::Orig => "→",
        Side::Resp => "←",
    }
}

const fn role(side: Side) -> Role {
    match side {
        Side::Orig => Role::Orig,
        Side::Resp => Role::Resp,
    }
}

/// How many of the last bytes cannot be shown before more come: a CR that may belong to a line's end, or
/// a UTF-8 character that is not whole.
fn undecided(bytes: &[u8]) -> usize {
    if bytes.ends_with(b"\r") {
        return 1;
    }
    let tail = bytes.get(bytes.len().saturating_sub(3)..).unwrap_or(bytes);
    (1..=tail.len())
        .rev()
        .find(|len| {
            let cut = tail.get(tail.len() - len..).unwrap_or_default();
            // An error without a length: more bytes could make it whole.
            std::str::from_utf8(cut)
                .is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests;
