//! Two reports of one source.

use std::io;

use super::{Opened, Report, Totals};
use crate::{
    capture::Frame,
    decode::Packet,
    track::{Interest, event::Event},
};

/// Tells two reports all that either wants to hear.
pub struct Beside<'a> {
    first: &'a mut dyn Report,
    second: &'a mut dyn Report,
}

impl<'a> Beside<'a> {
    /// Two reports, told in this order.
    pub fn new(first: &'a mut dyn Report, second: &'a mut dyn Report) -> Self {
        Self { first, second }
    }
}

impl Report for Beside<'_> {
    fn opened(&mut self, source: &Opened) -> io::Result<()> {
        self.first.opened(source)?;
        self.second.opened(source)
    }

    fn wants_packets(&self) -> bool {
        self.first.wants_packets() || self.second.wants_packets()
    }

    fn interest(&self) -> Option<Interest> {
        let (Some(first), Some(second)) = (self.first.interest(), self.second.interest()) else {
            return self.first.interest().or(self.second.interest());
        };
        Some(Interest {
            events: first.events || second.events,
            text: first.text || second.text,
            whole: first.whole || second.whole,
        })
    }

    fn packet(&mut self, number: u64, frame: &Frame<'_>, packet: &Packet<'_>) -> io::Result<()> {
        if self.first.wants_packets() {
            self.first.packet(number, frame, packet)?;
        }
        if self.second.wants_packets() {
            self.second.packet(number, frame, packet)?;
        }
        Ok(())
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        if self.first.interest().is_some() {
            self.first.event(event)?;
        }
        if self.second.interest().is_some() {
            self.second.event(event)?;
        }
        Ok(())
    }

    fn closed(&mut self, totals: &Totals) -> io::Result<()> {
        self.first.closed(totals)?;
        self.second.closed(totals)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.first.flush()?;
        self.second.flush()
    }
}
