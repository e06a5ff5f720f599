//! Events as JSON lines (`--json`): one object a line, for programs.
//!
//! Names and meanings are a contract: fields may be added, none is renamed or changes its meaning
//! without a new [`SCHEMA`]. Fields that are not known are absent. Text is escaped as for a terminal
//! ([`super::text`]) before JSON's own escaping.

mod event;
mod packet;
mod source;
mod values;

use std::io::{self, Write};

use serde::Serialize;

use super::{Opened, Options, Output, Report, Totals, layers::Anatomy};
use crate::{capture::Frame, decode::Packet, time::Timestamp, track::event::Event};

/// The version of the contract, told in `capture_opened`.
pub const SCHEMA: u32 = 1;

/// Writes JSON lines.
#[derive(Debug)]
pub struct Json<W> {
    output: Output<W>,
    packets: bool,
    anatomy: Anatomy,
    /// The first line, which carries the time of the first frame and waits for it.
    pending: Option<Opened>,
}

impl<W: Write> Json<W> {
    /// Lines written to `to`; with `options.packets` one for each frame too.
    pub fn new(to: W, options: Options) -> Self {
        Self {
            output: Output::new(to),
            packets: options.packets,
            anatomy: Anatomy::default(),
            pending: None,
        }
    }

    /// Writes the first line, once there is a time to put into it or none will come.
    fn open(&mut self, at: Option<Timestamp>) -> io::Result<()> {
        match self.pending.take() {
            Some(source) => self.line(&source::CaptureOpened {
                source: &source,
                at,
            }),
            None => Ok(()),
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
        self.pending = Some(source.clone());
        Ok(())
    }

    fn wants_packets(&self) -> bool {
        self.packets || self.pending.is_some()
    }

    fn packet(&mut self, number: u64, frame: &Frame<'_>, packet: &Packet<'_>) -> io::Result<()> {
        self.open(Some(frame.at))?;
        if !self.packets {
            return Ok(());
        }
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
        self.open(Some(event.at))?;
        self.line(&event::EventLine { name, event })
    }

    fn closed(&mut self, totals: &Totals) -> io::Result<()> {
        self.open(totals.first_at)?;
        self.line(&source::CaptureClosed { totals })?;
        self.output.flush()
    }

    /// Live, on a silent link, the first line goes out without a time: there is no frame yet.
    fn flush(&mut self) -> io::Result<()> {
        self.open(None)?;
        self.output.flush()
    }
}

#[cfg(test)]
mod tests;
