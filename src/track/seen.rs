//! The moment something is seen, and to whom it is told.

use crate::{
    time::Timestamp,
    track::{
        Interest,
        event::{Conversation, Event, Kind, Said, Sheet},
    },
};

/// A moment: a frame, or time passing without one.
#[derive(Debug)]
pub struct Seen<'a> {
    /// When.
    pub at: Timestamp,
    /// The frame; `None` when time passed or the end came.
    pub frame: Option<u64>,
    /// All frames that carried what is seen, the last included: several when fragmented.
    pub frames: &'a [u64],
    /// When the first of them came.
    pub since: Timestamp,
    /// The capture has ended: nobody knows what came next.
    pub ending: bool,
    /// What somebody listens for.
    pub interest: Interest,
    /// The conversation that the frame turned out to belong to.
    pub of: Option<Conversation>,
    /// Where what is said is written, if it is not read before all of it is.
    pub sheet: Option<&'a mut Sheet>,
    /// What is told.
    pub events: &'a mut Vec<Event>,
}

impl<'a> Seen<'a> {
    /// The frame's number, 0 where there is none.
    pub fn number(&self) -> u64 {
        self.frame.unwrap_or(0)
    }

    /// The first frame that carried what is seen, and when it came.
    pub fn first(&self) -> (u64, Timestamp) {
        match self.frames {
            [first, ..] => (*first, self.since),
            [] => (self.number(), self.at),
        }
    }

    /// The frames of fragments that came before the one that made it whole.
    pub fn earlier(&self) -> &'a [u64] {
        self.frames.split_last().map_or(&[], |(_, earlier)| earlier)
    }

    /// The same moment, for telling something at another time.
    pub fn at(&mut self, at: Timestamp) -> Seen<'_> {
        Seen {
            at,
            frame: self.frame,
            frames: self.frames,
            since: self.since,
            ending: self.ending,
            interest: self.interest,
            of: self.of,
            sheet: None,
            events: self.events,
        }
    }

    /// Tells an event, if anybody listens. `because`: earlier frames, in any order.
    pub fn tell(&mut self, because: &[u64], kind: impl FnOnce() -> Kind) {
        if self.interest.events {
            self.record(because, kind());
        }
    }

    /// Tells the record of something that is over; there is always somebody who listens.
    pub fn record(&mut self, because: &[u64], kind: Kind) {
        let mut because = because.to_vec();
        because.sort_unstable();
        because.dedup();
        self.events.push(Event {
            at: self.at,
            frame: self.frame,
            ending: self.ending,
            because,
            kind,
        });
    }

    /// Puts a message on the sheet, if there is one, it may stand there, and its bytes are few.
    #[inline]
    pub fn say(&mut self, said: Said, bytes: &[u8], whole: bool) -> bool {
        let sheet = self.sheet.as_deref_mut().filter(|_| !whole);
        sheet.is_some_and(|sheet| sheet.say(said, bytes, self.events.len()))
    }
}
