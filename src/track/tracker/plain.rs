//! Plain frames, which nearly all are: told in [`Brief`], many of them looked up at once.

use crate::{
    decode::checksum::Checksum,
    track::{
        Checksums,
        brief::{Brief, Guess, Guesses, Keyed, NO_GUESSES},
        event::Event,
        fetch,
        flow::FlowKey,
        route::{Carrier, Lan, Way},
        table::KeyHash,
        tcp::{Connections, Observed},
        tracker::Tracker,
    },
};

impl Tracker {
    /// What the hash of a [`Brief`] is made with.
    pub fn key_hash(&self) -> &KeyHash {
        &self.hash
    }

    /// Guesses where the conversations of a [chunk](super::Briefs::chunks) of frames stand. All are looked up together,
    /// so that the memory's answers are waited for at once and not one after the other. It is asked for the headers of
    /// all, too: which are looked into again is known too late, and another processor may have them.
    #[inline]
    pub fn look_ahead<'a>(
        &self,
        briefs: &[Option<Brief>],
        frames: impl Iterator<Item = impl FnOnce() -> &'a [u8]>,
    ) -> Guesses {
        let mut guesses = NO_GUESSES;
        let are_many = self.connections.are_many();
        if are_many {
            for brief in briefs.iter().flatten() {
                self.connections.fetch_guess(brief.hash);
            }
        }
        for (guess, brief) in guesses.iter_mut().zip(briefs) {
            if let Some(brief) = brief {
                guess.0 = if brief.is_tcp() {
                    self.connections.guess(brief.hash)
                } else {
                    self.exchanges.guess(brief.hash)
                };
            }
        }
        for ((guess, brief), bytes) in guesses.iter().zip(briefs).zip(frames) {
            if let Some(brief) = brief {
                fetch::headers(bytes());
                if brief.is_tcp() {
                    self.connections.fetch(guess.0, brief.hash);
                } else {
                    self.exchanges.fetch(guess.0);
                }
            }
        }
        if are_many {
            for (guess, brief) in guesses.iter().zip(briefs) {
                if let (Some(handle), Some(brief)) = (guess.0, brief)
                    && brief.is_tcp()
                {
                    self.connections.fetch_parts(handle);
                }
            }
        }
        if self.config.interest.events {
            // Each step needs what the one before it fetched.
            for fetch in [Connections::fetch_half, Connections::fetch_text] {
                for (guess, brief) in guesses.iter().zip(briefs) {
                    if let (Some(handle), Some(brief)) = (guess.0, brief)
                        && brief.is_tcp()
                        && brief.numbers.payload_len > 0
                    {
                        fetch(&self.connections, handle, brief.from_lower);
                    }
                }
            }
        }
        guesses
    }

    /// As [`observe`](Self::observe), a plain frame, of which `data` gives the bytes. Its checksums were verified,
    /// unless they are ignored.
    // Called, it would take half as much again for handing over what has just been found.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub fn observe_brief<'a>(
        &mut self,
        frame: u64,
        data: impl FnOnce() -> &'a [u8],
        (brief, long): (&Brief, &[FlowKey]),
        guess: Guess,
        events: &mut Vec<Event>,
    ) {
        self.tick(brief.at, events);
        let keyed = brief.keyed(long);
        let is_expected = if self.addresses.memory.is_disputed_now() {
            false
        } else if brief.is_tcp() {
            self.connections
                .observe_expected((brief, &keyed), guess, frame)
        } else {
            self.exchanges
                .observe_expected((brief, &keyed), guess, frame)
        };
        if !is_expected {
            self.observe_plain((frame, data()), (brief, &keyed, guess), events);
        }
    }

    /// A plain frame in which something is not the expected.
    #[inline(never)]
    fn observe_plain(
        &mut self,
        (frame, data): (u64, &[u8]),
        (brief, keyed, guess): (&Brief, &Keyed, Guess),
        events: &mut Vec<Event>,
    ) {
        let frames = [frame];
        let mut seen = self.seen(brief.at, &frames, events);
        seen.sheet = self.sheet.as_mut();
        if seen.interest.events && brief.is_tcp() && !self.addresses.memory.is_disputed_now() {
            let numbers = &brief.numbers;
            let payload = brief.shape().last_bytes(data, numbers.payload_len as usize);
            let said = (numbers, payload);
            if self
                .connections
                .hear_expected((keyed, guess), said, &mut seen)
            {
                return;
            }
        }
        let Some(plain) = &brief.shape().on(data) else {
            return;
        };
        if self.addresses.memory.is_disputed_now() {
            let ((_, ip), mac) = (plain.addresses(), plain.destination_mac());
            let lan = Lan::default();
            self.addresses.memory.on_frame_to(lan, ip, mac, &mut seen);
        }
        let checksum = match self.config.checksums {
            Checksums::Verify => Checksum::Ok,
            Checksums::Ignore => Checksum::Unverifiable,
        };
        let way = Way {
            packet: Carrier::Plain(plain),
            nets: &self.config.nets,
            memory: &self.addresses.memory,
        };
        if let Some(segment) = plain.segment() {
            let connections = &mut self.connections;
            match connections.observe_any(keyed, &segment, checksum, &way, &mut seen) {
                Observed::Expected | Observed::Known => {}
                Observed::New(opened) => self.hosts.see_connection(&opened, frame),
            }
            self.next_due = self.next_due.min(self.connections.next_due());
        } else if let Some(datagram) = plain.datagram() {
            match self.exchanges.observe(keyed, &datagram, &way, &mut seen) {
                Some(opened) => self.hosts.see_exchange(&opened, frame),
                None => return,
            }
            self.next_due = self.next_due.min(self.exchanges.next_due());
        }
    }
}
