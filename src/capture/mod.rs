//! Where frames come from and go to.
//!
//! Every source, a file, a pipe or a live interface, is a [`Source`]: it yields one [`Frame`] after
//! the other, an idle tick when the wire is silent, and at last the end.

pub mod filter;
pub mod interfaces;
pub mod live;
pub mod raw;
pub mod savefile;
pub mod stop;
pub mod write;

mod batch;
mod claim;
mod description;
mod error;

pub use batch::{Batch, Placed};
pub use claim::Claim;
pub use description::{Description, Descriptions};
pub use error::Error;

use std::time::SystemTime;

use crate::{link_type::LinkType, time::Timestamp};

use stop::Stop;

/// Captured bytes, and what the capture says about them.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// When the frame was captured.
    pub at: Timestamp,
    /// What its first byte belongs to.
    pub link_type: LinkType,
    /// The interface it was seen on: its index in the source's list, 0 where there is only one.
    pub interface: u32,
    /// Its length in bytes on the wire; never smaller than `data`.
    pub original_len: usize,
    /// The bytes that were captured.
    pub data: &'a [u8],
}

/// What a source has next.
#[derive(Clone, Copy, Debug)]
pub enum Next<'a> {
    /// A frame.
    Frame(Frame<'a>),
    /// Nothing arrived for a while; the time by the source's own clock. Live sources only.
    Idle(Timestamp),
    /// The end of the file, the last of the files, or the capture was stopped.
    End,
}

/// What follows the frames of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Perhaps more frames.
    More,
    /// Nothing for a while, see [`Next::Idle`].
    Idle(Timestamp),
    /// The end.
    End,
}

/// Something that frames come out of, in order.
pub trait Source: Send {
    /// The next frame, tick or the end. After [`Next::End`] or an error, only the end follows.
    fn next(&mut self) -> Result<Next<'_>, Error>;

    /// The next frames that are there without waiting, in a batch that is cleared for them; it waits only for the
    /// first. What came before an error is in the batch.
    fn fill(&mut self, batch: &mut Batch) -> Result<Then, Error> {
        batch.clear();
        match self.next()? {
            Next::Frame(frame) => {
                batch.push(&frame);
                Ok(Then::More)
            }
            Next::Idle(now) => Ok(Then::Idle(now)),
            Next::End => Ok(Then::End),
        }
    }

    /// A part of what comes next that can be read now, while earlier parts are filled in; `None` where there is
    /// none, or not yet. The batches that are claimed for are filled in the order of their claims, and none between.
    fn claim(&mut self) -> Option<Claim> {
        None
    }

    /// What ends a [`fill`](Source::fill) that may wait for ever. Without it none waits longer than a moment.
    fn stop(&self) -> Option<&Stop> {
        None
    }

    /// What the source has to say after the last frame.
    fn ending(&mut self) -> Ending;

    /// The interfaces that [`Frame::interface`] counts, as far as they are known. Nothing is known
    /// of them unless a source says otherwise.
    fn interfaces(&self) -> Descriptions {
        Descriptions::default()
    }
}

/// What a source knows once it has ended. `None` means that it cannot know.
#[derive(Debug, Default)]
pub struct Ending {
    /// Frames that the kernel saw on the interface (on `lo` it counts each one twice).
    pub received: Option<u64>,
    /// Frames that the kernel dropped because we were too slow.
    pub kernel_dropped: Option<u64>,
    /// Frames that the network card or its driver dropped.
    pub interface_dropped: Option<u64>,
    /// A file ended inside a record.
    pub truncated_tail: bool,
    /// Records whose header contradicted itself and was read in the safest way.
    pub normalised: u64,
    /// What went wrong on the way without ending the run: a truncated tail, a file of several that
    /// could not be opened. Each makes the exit status 1.
    pub troubles: Vec<Error>,
}

impl Ending {
    /// Adds what was known later.
    pub fn add(&mut self, later: Self) {
        let Self {
            received,
            kernel_dropped,
            interface_dropped,
            truncated_tail,
            normalised,
            troubles,
        } = later;
        self.received = received.or(self.received);
        self.kernel_dropped = kernel_dropped.or(self.kernel_dropped);
        self.interface_dropped = interface_dropped.or(self.interface_dropped);
        self.truncated_tail |= truncated_tail;
        self.normalised += normalised;
        self.troubles.extend(troubles);
    }
}

/// The system's clock, for what live sources must date themselves.
fn now() -> Timestamp {
    let nanos = match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |n| -n),
    };
    Timestamp::from_nanos(nanos)
}
