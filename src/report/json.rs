//! Events as JSON lines (`--json`): one object a line, for programs.
//!
//! Names and meanings are a contract: fields may be added, none is renamed or changes its meaning
//! without a new [`SCHEMA`]. Fields that are not known are absent. Text is escaped as for a terminal
//! ([`super::text`]) before JSON's own escaping.

mod event;
mod packet;
mod source;
mod values;
mod why;

use std::{
    io::{self, Write},
    sync::Arc,
};

use serde::Serialize;

use super::{
    Opened, Options, Output, Report, Totals,
    layers::Anatomy,
    names::Names,
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
pub(super) fn why(
    source: &str,
    chain: &Chain,
    others: &Others,
    names: &Names,
    out: &mut Vec<u8>,
) -> io::Result<()> {
    let line = why::Line {
        source,
        chain,
        others,
        names,
    };
    serde_json::to_writer(&mut *out, &line)?;
    out.push(b'\n');
    Ok(())
}

/// Writes JSON lines.
#[derive(Debug)]
pub struct Json<W> {
    output: Output<W>,
    packets: bool,
    names: Arc<Names>,
    anatomy: Anatomy,
    /// The latest time told of an event. What did not happen is noticed when no frame comes.
    last_at: Option<Timestamp>,
}

impl<W: Write> Json<W> {
    /// Lines written to `to`; with `options.packets` one for each frame too.
    pub fn new(to: W, options: Options) -> Self {
        Self {
            output: Output::new(to),
            packets: options.packets,
            names: options.names,
            anatomy: Anatomy::default(),
            last_at: None,
        }
    }

    fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.output.buffer, line)?;
        self.output.buffer.push(b'\n');
        self.output.settle()
    }
}

impl<W: Write> Report for Json<W> {
    fn opened(&mut self, source: &Opened) -> io::Result<()> {
        self.line(&source::CaptureOpened { source })
    }

    fn wants_packets(&self) -> bool {
        self.packets
    }

    fn packet(&mut self, number: u64, frame: &Frame<'_>, packet: &Packet<'_>) -> io::Result<()> {
        self.anatomy.read(frame, packet);
        let line = packet::PacketLine {
            number,
            frame,
            packet,
            anatomy: &self.anatomy,
        };
        serde_json::to_writer(&mut self.output.buffer, &line)?;
        self.output.buffer.push(b'\n');
        self.output.settle()
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        let Some(name) = event::name(&event.kind) else {
            return Ok(());
        };
        self.last_at = self.last_at.max(Some(event.at));
        let line = event::EventLine {
            name,
            event,
            names: &self.names,
        };
        serde_json::to_writer(&mut self.output.buffer, &line)?;
        self.output.buffer.push(b'\n');
        self.output.settle()
    }

    fn closed(&mut self, totals: &Totals) -> io::Result<()> {
        let at = self.last_at.max(totals.last_at);
        self.line(&source::CaptureClosed { totals, at })?;
        self.output.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

#[cfg(test)]
mod tests;
