//! Consumers of packets and events. Each writes to an [`io::Write`] that it is given.
//!
//! A new output is one file here and one arm in the corridor ([`crate::inspect`]).

pub mod beside;
pub mod choice;
pub mod digits;
pub mod follow;
pub mod interfaces;
pub mod json;
pub mod ladder;
pub mod layers;
pub mod lines;
pub mod names;
pub mod page;
pub mod prose;
pub mod story;
pub mod style;
pub mod summary;
pub mod table;
pub mod text;
pub mod timeline;
pub mod transcript;
pub mod when;
pub mod why;
pub mod words;

#[cfg(test)]
mod samples;

use std::{
    io::{self, Write},
    ops::RangeInclusive,
    sync::Arc,
};

use ipnet::IpNet;

use crate::{
    capture::{Ending, Frame},
    decode::{Packet, Plain},
    link_type::LinkType,
    time::Timestamp,
    track::{Interest, Outranked, Overview, event::Event},
};

/// How a report looks.
#[derive(Clone, Debug)]
pub struct Options {
    /// The language of what people read.
    pub lang: words::Lang,
    /// How the time of a line is told.
    pub time: when::TimeFormat,
    /// Whether to colour.
    pub colour: bool,
    /// Columns of the terminal; `None` where the output is none: nothing is wrapped or cut then.
    pub width: Option<usize>,
    /// Every header field below each packet, and what both sides agreed on below each handshake.
    pub verbose: bool,
    /// The bytes of each packet in hexadecimal below it.
    pub hex: bool,
    /// How many connections, exchanges and hosts the tables show, the largest; `None` for all.
    pub top: Option<usize>,
    /// JSON: an event for each packet too.
    pub packets: bool,
    /// The transcript: follow programs that read at most so many bytes at a time.
    pub recv: Option<usize>,
    /// What people call the addresses.
    pub names: Arc<names::Names>,
    /// The subnets that are known.
    pub nets: Vec<IpNet>,
    /// The frames that pictures show; `None` for all.
    pub frames: Option<RangeInclusive<u64>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lang: words::Lang::En,
            time: when::TimeFormat::Relative,
            colour: false,
            width: None,
            verbose: false,
            hex: false,
            top: Some(50),
            packets: false,
            recv: None,
            names: Arc::default(),
            nets: Vec::new(),
            frames: None,
        }
    }
}

/// Something that is told what was seen.
///
/// In this order: [`opened`](Report::opened), then frame by frame [`packet`](Report::packet) and
/// the events that the frame completes, at last [`closed`](Report::closed). Where it wants no packets, another thread
/// may tell it.
pub trait Report: Send {
    /// The source is open, and its first frame (or the first silence) has come.
    fn opened(&mut self, source: &Opened) -> io::Result<()>;

    /// Whether [`packet`](Report::packet) does anything. Where it does not, it is not called.
    fn wants_packets(&self) -> bool {
        false
    }

    /// What it listens for; `None` when it listens for no event at all.
    fn interest(&self) -> Option<Interest> {
        Some(Interest {
            events: true,
            text: true,
            whole: false,
        })
    }

    /// The records that it need not be told any more.
    fn outranked(&self) -> Outranked {
        Outranked::default()
    }

    /// A frame, before the events that it completes.
    fn packet(&mut self, number: u64, frame: &Frame<'_>, packet: &Packet<'_>) -> io::Result<()>;

    /// Whether plain frames are told to [`plain`](Report::plain) instead of [`packet`](Report::packet), where nobody
    /// else wants to look into them.
    fn takes_plain(&self) -> bool {
        false
    }

    /// A plain frame, of which no packet was made.
    fn plain(&mut self, _number: u64, _at: Timestamp, _plain: &Plain<'_>) -> io::Result<()> {
        Ok(())
    }

    /// An event.
    fn event(&mut self, event: &Event) -> io::Result<()>;

    /// Time passes without a frame: only on a live interface.
    fn idle(&mut self, _now: Timestamp) -> io::Result<()> {
        Ok(())
    }

    /// The source has ended; all events have been told.
    fn closed(&mut self, totals: &Totals) -> io::Result<()>;

    /// Hands everything written so far to the reader: live, whenever the wire is silent.
    fn flush(&mut self) -> io::Result<()>;
}

/// What is known when a source is opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The files or the interface, as the user named them. Not escaped yet.
    pub source: String,
    /// A live interface, not files.
    pub live: bool,
    /// Link types known so far.
    pub link_types: Vec<LinkType>,
    /// The time of the first frame, or of the first silence on a live interface; absent when nothing comes.
    pub at: Option<Timestamp>,
}

/// What was counted, from the first frame to the last.
#[derive(Debug, Default)]
pub struct Totals {
    /// Frames that came out of the source.
    pub frames: u64,
    /// Bytes of them on the wire.
    pub bytes: u64,
    /// Frames decoded to the innermost layer that we know.
    pub decoded: u64,
    /// Frames with a header that says something impossible or ends too early.
    pub malformed: u64,
    /// Frames of a link type, network layer or transport that is named but not entered.
    pub unsupported: u64,
    /// Frames that the filter kept out. `frames` is the sum of these four.
    pub filtered: u64,
    /// Frames of which the capture kept only the beginning (snaplen); counted in the others too.
    pub cut: u64,
    /// The link types that were seen.
    pub link_types: Vec<LinkType>,
    /// When the first frame was captured.
    pub first_at: Option<Timestamp>,
    /// When the last frame was captured (the latest time, should time step back).
    pub last_at: Option<Timestamp>,
    /// Frames whose time lies before their predecessor's.
    pub backwards: u64,
    /// Hosts, address resolution and limits, as the tracker saw them.
    pub overview: Overview,
    /// What the source knows at its end.
    pub ending: Ending,
    /// What was chosen to be told, where not everything was. What is counted here is the whole capture.
    pub choice: Option<choice::Chosen>,
}

/// Collects what reports write and hands it on in large pieces.
#[derive(Debug)]
struct Output<W> {
    to: W,
    buffer: Vec<u8>,
}

impl<W: Write> Output<W> {
    /// Beyond this many bytes the buffer is handed on.
    const FULL: usize = 256 * 1024;

    const fn new(to: W) -> Self {
        Self {
            to,
            buffer: Vec::new(),
        }
    }

    /// To be called after each line: hands the buffer on when it is full.
    fn settle(&mut self) -> io::Result<()> {
        if self.buffer.len() < Self::FULL {
            return Ok(());
        }
        self.hand_on()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.hand_on()?;
        self.to.flush()
    }

    #[cfg(test)]
    fn into_inner(self) -> W {
        self.to
    }

    fn hand_on(&mut self) -> io::Result<()> {
        let result = self.to.write_all(&self.buffer);
        // Also after a failure: what could not be written once is not written twice.
        self.buffer.clear();
        result
    }
}
