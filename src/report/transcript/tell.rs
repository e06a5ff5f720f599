//! Items, told with the place and the time of the event that they come of.

use super::{
    item::{Item, Read, Then, What},
    talk::Talk,
};
use crate::{
    time::Timestamp,
    track::{
        event::{Conversation, IcmpError},
        flow::Flow,
    },
};

/// Where and when what is told happened.
pub struct Tell<'a> {
    /// When.
    pub at: Timestamp,
    /// The frame that completes it.
    pub frame: Option<u64>,
    /// The latest frame.
    pub behind: u64,
    /// The conversation.
    pub of: Conversation,
    /// Its ends.
    pub flow: Flow,
    /// What is told so far.
    pub items: &'a mut Vec<Item>,
}

impl Tell<'_> {
    /// Tells something.
    pub fn item(&mut self, what: What) {
        self.items.push(Item {
            at: self.at,
            frame: self.frame,
            behind: self.behind,
            of: self.of,
            flow: self.flow,
            what,
        });
    }

    /// Tells something that happened when a frame went by that is not the latest.
    pub fn item_at(&mut self, at: Timestamp, frame: u64, what: What) {
        self.items.push(Item {
            at,
            frame: Some(frame),
            behind: frame,
            of: self.of,
            flow: self.flow,
            what,
        });
    }

    /// Tells of a silence that ends now.
    pub fn silence_before(&mut self, talk: &Talk, then: Then) {
        let Some(silence) = talk.silence(self.at, then) else {
            return;
        };
        if talk.left.orig || talk.left.resp {
            return;
        }
        self.item(What::Silence(silence));
    }

    /// Tells of an ICMP error.
    pub fn unreachable<Id>(&mut self, it: &IcmpError<Id>, quotes: &[u64]) {
        self.item(What::Unreachable {
            reason: it.reason.clone(),
            from_ip: it.from_ip,
            quotes: quotes.to_vec(),
        });
    }

    /// Tells what programs read: when the last of it had come, and not before frame `floor`.
    pub fn reads(&mut self, floor: u64, reads: Vec<Read>) {
        for read in reads {
            let last = read.frames.last().copied().unwrap_or_default();
            self.item_at(self.at, last.max(floor), What::Read(read));
        }
    }
}
