//! Frames as they cross an interface, from the kernel's ring through libpcap.
//!
//! libpcap hands over whole blocks of frames, at most ten milliseconds old. Its own waiting cannot
//! be interrupted on a silent link, so the waiting is done here, on its file descriptor and on the
//! one that [`Stop`] has; libpcap itself never waits.

use std::{os::fd::AsFd as _, thread, time::Duration};

use pcap::{Active, Capture, Precision};
use rustix::event::Timespec;

use crate::{link_type::LinkType, time::Timestamp};

use super::{
    Batch, Description, Descriptions, Ending, Error, Frame, Next, Source, Then,
    filter::{Filter, message},
    interfaces, now,
    stop::{Stop, Woken},
};

/// How long the kernel may keep a block of frames before it hands it over, in milliseconds.
const BLOCK_TIMEOUT: i32 = 10;

/// How far the present lies ahead of the frames that were handed over: twice the time above.
const LAG: Duration = Duration::from_millis(20);

/// How long silence lasts until the next [`Next::Idle`].
const TICK: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 100_000_000,
};

/// How long a stop waits for the block that the kernel still keeps.
const LAST_BLOCK: Duration = Duration::from_millis(30);

/// Ticks between two looks whether the interface is still up.
const LOOK_AFTER_TICKS: u32 = 5;

/// Frames between two looks at the kernel's counters, which wrap at 2^32.
const LOOK_AFTER: u32 = 1 << 24;

/// How to capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Bytes of a frame that are kept; 262,144 unless told, more than any frame has.
    pub snaplen: u32,
    /// Whether to capture frames for other machines too; so unless told.
    pub promiscuous: bool,
    /// Bytes of the ring that holds frames until they are read: 64 MiB unless told, half a second
    /// of the smallest frames at the highest rate.
    pub buffer: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            snaplen: 262_144,
            promiscuous: true,
            buffer: 64 << 20,
        }
    }
}

/// A running capture.
pub struct Live {
    capture: Capture<Active>,
    name: String,
    link_type: LinkType,
    descriptions: Descriptions,
    stop: Stop,
    state: State,
    /// When a stop was noticed: frames up to then are still told.
    until: Option<Timestamp>,
    /// The time of the last tick or frame: ticks never step back.
    last: Timestamp,
    counters: Counters,
    ticks: u32,
    went_down: bool,
}

/// What the next call has to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The ring may hold frames.
    Reading,
    /// The ring is empty: wait for more.
    Drained,
    /// A stop was noticed and the ring was empty: what the kernel still kept is there by now.
    LastBlock,
    Ended,
}

impl Live {
    /// Opens the interface `name`, or `any` for all of them at once.
    ///
    /// What `filter` surely refuses is dropped in the kernel already; the caller still asks
    /// [`Filter::matches`] of every frame. Fails, each with its own sentence, when there is no such
    /// interface, it is down, or the right to capture is missing.
    pub fn open(
        name: &str,
        settings: Settings,
        filter: Option<&Filter>,
        stop: &Stop,
    ) -> Result<Self, Error> {
        let every = name == "any";
        if !every {
            match interfaces::find(name) {
                None => return Err(Error::NoSuchInterface { name: name.into() }),
                Some(interface) if !interface.up => {
                    return Err(Error::InterfaceDown { name: name.into() });
                }
                Some(_) => {}
            }
        }
        let snaplen = settings.snaplen.clamp(1, Settings::default().snaplen);
        let failed = |error| failure(name, message(error));
        let mut capture = Capture::from_device(name)
            .map_err(failed)?
            .snaplen(snaplen.cast_signed())
            .buffer_size(settings.buffer.clamp(1 << 20, 1 << 30).cast_signed())
            .timeout(BLOCK_TIMEOUT)
            .precision(Precision::Nano)
            // A warning that `any` cannot be promiscuous would count as a failure.
            .promisc(settings.promiscuous && !every)
            .open()
            .map_err(failed)?
            .setnonblock()
            .map_err(failed)?;
        if let Some(filter) = filter {
            // The first that compiles for this interface; without any, all frames come through.
            for expression in filter.kernel_expressions() {
                if capture.filter(&expression, filter.optimised()).is_ok() {
                    break;
                }
            }
        }
        let link_type = from_libpcap(capture.get_datalink());
        let descriptions = Descriptions::default();
        descriptions.push(Description {
            name: name.as_bytes().to_vec(),
            link_type,
            snaplen,
        });
        let mut live = Self {
            capture,
            name: name.to_owned(),
            link_type,
            descriptions,
            stop: stop.clone(),
            state: State::Reading,
            until: None,
            last: now() - LAG,
            counters: Counters::default(),
            ticks: 0,
            went_down: false,
        };
        live.count();
        Ok(live)
    }

    /// What its frames begin with.
    pub fn link_type(&self) -> LinkType {
        self.link_type
    }

    /// Waits for something to read. True when there was only silence.
    fn wait(&mut self) -> Result<bool, Error> {
        let woken = self.stop.wait(self.capture.as_fd(), Some(&TICK));
        match woken.map_err(|error| failure(&self.name, error.to_string()))? {
            Woken::Silence => {
                self.ticks = self.ticks.wrapping_add(1);
                if self.ticks.is_multiple_of(LOOK_AFTER_TICKS) {
                    self.look();
                }
                return Ok(true);
            }
            Woken::Readable | Woken::Stopped => {}
            Woken::Failed => {
                // The interface is down or gone; which, libpcap says when it is read from.
                self.look();
                // It may last, so this must not come round at full speed.
                self.stop.pause(&TICK);
            }
        }
        self.state = State::Reading;
        Ok(false)
    }

    /// Looks whether the interface is down. libpcap keeps that to itself: it waits until it is up
    /// again.
    fn look(&mut self) {
        self.went_down |= interfaces::find(&self.name).is_some_and(|interface| !interface.up);
    }

    fn count(&mut self) {
        if let Ok(now) = self.capture.stats() {
            self.counters.add(now);
        }
    }
}

impl Source for Live {
    fn next(&mut self) -> Result<Next<'_>, Error> {
        if self.until.is_none() && self.stop.requested() {
            self.until = Some(now());
        }
        match self.state {
            State::Reading | State::LastBlock => {}
            State::Drained if self.until.is_some() => {
                thread::sleep(LAST_BLOCK);
                self.state = State::LastBlock;
            }
            State::Drained => {
                if self.wait()? {
                    self.count();
                    self.last = self.last.max(now() - LAG);
                    return Ok(Next::Idle(self.last));
                }
            }
            State::Ended => return Ok(Next::End),
        }
        if self.counters.frames >= LOOK_AFTER {
            self.count();
        }
        match self.capture.next_packet() {
            Ok(packet) => {
                // With nanosecond precision libpcap puts nanoseconds into the field.
                let nanos = u32::try_from(packet.header.ts.tv_usec).unwrap_or(0);
                let at = Timestamp::from_parts(packet.header.ts.tv_sec, nanos);
                if self.until.is_some_and(|until| at > until) {
                    self.state = State::Ended;
                    return Ok(Next::End);
                }
                self.last = self.last.max(at);
                self.counters.frames += 1;
                Ok(Next::Frame(Frame {
                    at,
                    link_type: self.link_type,
                    interface: 0,
                    original_len: (packet.header.len as usize).max(packet.data.len()),
                    data: packet.data,
                }))
            }
            Err(pcap::Error::TimeoutExpired) if self.state == State::LastBlock => {
                self.state = State::Ended;
                Ok(Next::End)
            }
            Err(pcap::Error::TimeoutExpired) => {
                self.state = State::Drained;
                self.last = self.last.max(now() - LAG);
                Ok(Next::Idle(self.last))
            }
            Err(error) => {
                self.state = State::Ended;
                Err(failure(&self.name, message(error)))
            }
        }
    }

    fn fill(&mut self, batch: &mut Batch) -> Result<Then, Error> {
        batch.clear();
        while batch.len() < Batch::FULL {
            match self.next()? {
                Next::Frame(frame) => batch.push(&frame),
                Next::Idle(now) => return Ok(Then::Idle(now)),
                Next::End => return Ok(Then::End),
            }
        }
        Ok(Then::More)
    }

    fn ending(&mut self) -> Ending {
        self.count();
        let mut troubles = Vec::new();
        if self.went_down {
            let name = self.name.clone();
            troubles.push(Error::WentDown { name });
        }
        Ending {
            received: Some(self.counters.received),
            kernel_dropped: Some(self.counters.kernel_dropped),
            interface_dropped: Some(self.counters.interface_dropped),
            troubles,
            ..Ending::default()
        }
    }

    fn interfaces(&self) -> Descriptions {
        self.descriptions.clone()
    }
}

/// The kernel's counters, in 64 bits.
#[derive(Default)]
struct Counters {
    received: u64,
    kernel_dropped: u64,
    interface_dropped: u64,
    /// What libpcap's 32 bits said last.
    last: Option<pcap::Stat>,
    /// Frames since then.
    frames: u32,
}

impl Counters {
    fn add(&mut self, now: pcap::Stat) {
        let zero = pcap::Stat {
            received: 0,
            dropped: 0,
            if_dropped: 0,
        };
        let last = self.last.replace(now).unwrap_or(zero);
        let grown = |now: u32, last: u32| u64::from(now.wrapping_sub(last));
        self.received += grown(now.received, last.received);
        self.kernel_dropped += grown(now.dropped, last.dropped);
        self.interface_dropped += grown(now.if_dropped, last.if_dropped);
        self.frames = 0;
    }
}

/// libpcap's words for a failure, in our sentence.
fn failure(name: &str, message: String) -> Error {
    let name = name.to_owned();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if says(&["not permitted", "ermission"]) {
        Error::NoRights { name }
    } else if says(&["No such device"]) {
        Error::NoSuchInterface { name }
    } else if says(&["is not up"]) {
        Error::InterfaceDown { name }
    } else if says(&["disappeared"]) {
        Error::InterfaceGone { name }
    } else {
        Error::Capture { name, message }
    }
}

/// libpcap numbers link types as files do, but for raw IP.
fn from_libpcap(link_type: pcap::Linktype) -> LinkType {
    LinkType::from_number(u16::try_from(link_type.0).unwrap_or(u16::MAX))
}

#[cfg(test)]
pub(in crate::capture) mod tests;
