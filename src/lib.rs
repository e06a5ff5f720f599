//! `inspector` reads network traffic, live or from capture files, and tells the story of a session:
//! which ARP answer made a SYN possible, how the handshake went, who said what over TCP and UDP, how the
//! connection was torn down, and why something failed.
//!
//! # A guided tour
//!
//! Frames come in at one door, are read once, remembered by a bystander, and told in plain words:
//!
//! ```text
//! capture ──Frame──▶ decode ──Packet──▶ track ──Event──▶ report ──text, JSON──▶ person or program
//! ```
//!
//! Each room owns what it hands on, and that is its whole interface. Nothing flows back.
//!
//! * [`capture`]: where frames come from and go to. Files and interfaces are [`capture::Source`]s. The
//!   only room that knows libpcap; it and the lab alone know the kernel and the clock.
//! * [`decode`]: bytes to headers. Cannot fail, cannot panic, allocates nothing: what is wrong with a frame
//!   is data in its [`decode::Packet`].
//! * [`track`]: what a bystander can know. Without I/O and without a clock: time arrives with the packet, so
//!   a file is told as it would have been told live. Every table is bounded.
//! * [`report`]: consumers of packets and events that write to an [`std::io::Write`].
//! * [`lab`]: a network in a box, with the chat programs in it, to have something to look at.
//! * [`inspect`]: the corridor that joins them: next frame, decode, observe, report, until the end.
//!
//! Two words are shared by all: [`time::Timestamp`] and [`link_type::LinkType`].
//!
//! # Three kinds of bad news
//!
//! A [`capture::Error`] ends the run, or is told at its end: it is a sentence that says what to do next. A
//! [`decode::DecodeError`] is data inside a packet. An oddity of a session is an event with a stable name.
//!
//! # An example
//!
//! ```no_run
//! use inspector::{capture::{Next, Source as _, savefile::Savefile, stop::Stop}, decode, track};
//!
//! # fn main() -> Result<(), inspector::capture::Error> {
//! let mut source = Savefile::open(&["captures/chat.pcap".into()], &Stop::new()?)?;
//! let mut tracker = track::Tracker::new(track::Config::reading());
//! let mut events = Vec::new();
//! let mut frames = 0;
//! while let Next::Frame(frame) = source.next()? {
//!     frames += 1;
//!     let packet = decode::decode(frame.link_type, frame.data, frame.original_len);
//!     tracker.observe(frames, frame.at, &packet, &mut events);
//! }
//! tracker.finish(&mut events);
//! # Ok(())
//! # }
//! ```

pub mod capture;
pub mod decode;
pub mod inspect;
pub mod lab;
pub mod link_type;
pub mod report;
pub mod time;
pub mod track;
