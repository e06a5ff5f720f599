//! Several reports of one source.

use std::io;

use super::{Opened, Report, Totals};
use crate::{
    capture::Frame,
    decode::Packet,
    time::Timestamp,
    track::{Interest, event::Event},
};

/// Tells each of several reports what it wants to hear.
pub struct Beside<'a> {
    reports: Vec<&'a mut dyn Report>,
}

impl<'a> Beside<'a> {
    /// Reports, told in this order.
    pub fn new(reports: Vec<&'a mut dyn Report>) -> Self {
        Self { reports }
    }

    fn each(&mut self, mut tell: impl FnMut(&mut dyn Report) -> io::Result<()>) -> io::Result<()> {
        self.reports
            .iter_mut()
            .try_for_each(|report| tell(&mut **report))
    }
}

impl Report for Beside<'_> {
    fn opened(&mut self, source: &Opened) -> io::Result<()> {
        self.each(|report| report.opened(source))
    }

    fn wants_packets(&self) -> bool {
        self.reports.iter().any(|report| report.wants_packets())
    }

    fn interest(&self) -> Option<Interest> {
        let interests = self.reports.iter().filter_map(|report| report.interest());
        interests.reduce(|one, other| Interest {
            events: one.events || other.events,
            text: one.text || other.text,
            whole: one.whole || other.whole,
        })
    }

    fn packet(&mut self, number: u64, frame: &Frame<'_>, packet: &Packet<'_>) -> io::Result<()> {
        self.each(|report| {
            if report.wants_packets() {
                report.packet(number, frame, packet)?;
            }
            Ok(())
        })
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.each(|report| {
            if report.interest().is_some() {
                report.event(event)?;
            }
            Ok(())
        })
    }

    fn idle(&mut self, now: Timestamp) -> io::Result<()> {
        self.each(|report| report.idle(now))
    }

    fn closed(&mut self, totals: &Totals) -> io::Result<()> {
        self.each(|report| report.closed(totals))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.each(|report| report.flush())
    }
}
