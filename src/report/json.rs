//! Events as JSON lines (`--json`): one object a line, for programs.
//!
//! Names and meanings are a contract: fields may be added, none is renamed or changes its meaning
//! without a new [`SCHEMA`]. Fields that are not known are absent. Text is escaped as for a terminal
//! ([`super::text`]) before JSON's own escaping.

mod event;
mod object;
mod packet;
mod source;
mod why;

use std::{
    io::{self, Write},
    sync::Arc,
};

use self::object::Object;
use super::{
    Opened, Options, Output, Report, Totals,
    layers::Anatomy,
    names::Names,
    when::Instants,
    why::{Chain, Others},
};
use crate::{capture::Frame, decode::Packet, time::Timestamp, track::event::Event};

/// The version of the contract, told in `capture_opened`.
pub const SCHEMA: u32 = 1;

/// The contract as a JSON Schema (draft 2020-12) of one line.
pub const SCHEMA_FILE: &str = include_str!("json/schema.json");

/// The contract of `inspector why --json`, as a JSON Schema of its one line.
pub const WHY_SCHEMA_FILE: &str = include_str!("json/why.json");

/// Writes a proof as one line.
pub(super) fn why(source: &str, chain: &Chain, others: &Others, names: &Names, out: &mut Vec<u8>) {
    Object::write(names, out, |line| why::fields(source, chain, others, line));
    out.push(b'\n');
}

/// Writes JSON lines.
#[derive(Debug)]
pub struct Json<W> {
    lines: Lines<W>,
    packets: bool,
    anatomy: Anatomy,
    /// The latest time told of an event. What did not happen is noticed when no frame comes.
    last_at: Option<Timestamp>,
}

#[derive(Debug)]
struct Lines<W> {
    output: Output<W>,
    names: Arc<Names>,
    instants: Instants,
}

impl<W: Write> Json<W> {
    /// Lines written to `to`; with `options.packets` one for each frame too.
    pub fn new(to: W, options: Options) -> Self {
        Self {
            lines: Lines {
                output: Output::new(to),
                names: options.names,
                instants: Instants::default(),
            },
            packets: options.packets,
            anatomy: Anatomy::default(),
            last_at: None,
        }
    }
}

impl<W: Write> Lines<W> {
    /// Writes a line: what it tells of, when that was, and the fields that `fill` writes.
    fn write(
        &mut self,
        event: &'static str,
        at: Option<Timestamp>,
        fill: impl FnOnce(&mut Object<'_>),
    ) -> io::Result<()> {
        let instants = &mut self.instants;
        Object::write(&self.names, &mut self.output.buffer, |line| {
            line.word("event", event);
            if let Some(at) = at {
                line.quoted("at", |out| instants.write(at, out));
            }
            fill(line);
        });
        self.output.buffer.push(b'\n');
        self.output.settle()
    }
}

impl<W: Write + Send> Report for Json<W> {
    fn opened(&mut self, source: &Opened) -> io::Result<()> {
        self.lines.write("capture_opened", source.at, |line| {
            source::opened(source, line);
        })
    }

    fn wants_packets(&self) -> bool {
        self.packets
    }

    fn packet(&mut self, number: u64, frame: &Frame<'_>, packet: &Packet<'_>) -> io::Result<()> {
        self.anatomy.read(frame, packet);
        self.lines.write("packet", Some(frame.at), |line| {
            packet::fields(number, frame, packet, &self.anatomy, line);
        })
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        let Some(name) = event::name(&event.kind) else {
            return Ok(());
        };
        self.last_at = self.last_at.max(Some(event.at));
        self.lines
            .write(name, Some(event.at), |line| event::fields(event, line))
    }

    fn closed(&mut self, totals: &Totals) -> io::Result<()> {
        let at = self.last_at.max(totals.last_at);
        self.lines.write("capture_closed", at, |line| {
            source::closed(totals, line);
        })?;
        self.lines.output.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lines.output.flush()
    }
}

#[cfg(test)]
mod tests;
