//! Plain frames, which nearly all are: told in [`Brief`], many of them looked up at once.

use crate::{
    decode::checksum::Checksum,
    track::{
        Checksums,
        brief::{Chunk, Guess, Guesses, KeyOf, NO_GUESSES},
        event::Event,
        fetch,
        route::{Carrier, Lan, Way},
        table::KeyHash,
        tcp::Observed,
        tracker::Tracker,
    },
};

impl Tracker {
    /// What the hash of a [`Brief`] is made with.
    pub fn key_hash(&self) -> &KeyHash {
        &self.hash
    }

    /// Guesses where the conversations of frames stand, of which `data` gives the bytes. All are looked up together,
    /// so that the memory's answers are waited for at once and not one after the other. It is asked for headers,
    /// too: another processor may have them.
    #[inline(never)]
    pub fn look_ahead<'a>(
        &self,
        Chunk { briefs, .. }: Chunk<'_>,
        data: impl Fn(usize) -> &'a [u8],
    ) -> Guesses {
        let mut guesses = NO_GUESSES;
        let are_many = self.connections.are_many();
        if are_many {
            for brief in briefs.iter().flatten() {
                self.connections.fetch_guess(brief.hash);
            }
        }
        for (at, (guess, brief)) in guesses.iter_mut().zip(briefs).enumerate() {
            if let Some(brief) = brief {
                guess.0 = if brief.is_tcp() {
                    self.connections.guess_and_fetch(brief.hash)
                } else {
                    self.exchanges.guess_and_fetch(brief.hash)
                };
                // Those of what is new are looked into again.
                if guess.0.is_none() {
                    fetch::headers(data(at));
                }
            }
        }
        if are_many {
            for (guess, brief) in guesses.iter().zip(briefs) {
                if let Some(brief) = brief
                    && brief.is_tcp()
                {
                    match guess.0 {
                        Some(handle) => self.connections.fetch_parts(handle),
                        None => self.connections.fetch_attempt(brief.hash),
                    }
                }
            }
        }
        if self.connections.are_heard() {
            // What is said is looked at, and where it will be kept; each step needs what the one before it fetched.
            for (at, (guess, brief)) in guesses.iter().zip(briefs).enumerate() {
                if let Some(brief) = brief
                    && brief.numbers.payload_len > 0
                {
                    fetch::headers(data(at));
                    if let (Some(handle), true) = (guess.0, brief.is_tcp()) {
                        self.connections.fetch_half(handle, brief.from_lower);
                    }
                }
            }
            for (guess, brief) in guesses.iter().zip(briefs) {
                if let (Some(handle), Some(brief)) = (guess.0, brief)
                    && brief.is_tcp()
                    && brief.numbers.payload_len > 0
                {
                    self.connections.fetch_text(handle, brief.from_lower);
                }
            }
        }
        guesses
    }

    /// As [`observe`](Self::observe), plain frames one after the other, of which `data` gives the bytes; `first` is the
    /// number of the first. Their checksums were verified, unless they are ignored. Ends before one that is not plain,
    /// and when so many events have come together. Returns how many they were.
    #[inline(never)]
    pub fn observe_briefs<'a>(
        &mut self,
        first: u64,
        (chunk, guesses): (Chunk<'_>, &[Guess]),
        data: impl Fn(usize) -> &'a [u8],
        (enough, events): (usize, &mut Vec<Event>),
    ) -> usize {
        let are_few = u32::try_from(first + chunk.briefs.len() as u64).is_ok();
        // With no less payload a frame may not be followed by its brief alone: what is to be heard does not stand there.
        let too_long = if !are_few || self.addresses.memory.is_disputed_now() {
            0
        } else if self.connections.are_heard() {
            1
        } else {
            u64::MAX
        };
        for (at, (brief, guess)) in chunk.briefs.iter().zip(guesses).enumerate() {
            let Some(brief) = brief else {
                return at;
            };
            let key = chunk.key_of(brief);
            let is_expected = u64::from(brief.numbers.payload_len) < too_long
                && brief.at >= self.now
                && brief.at < self.next_due
                && {
                    self.now = brief.at;
                    let frame = (first as u32).wrapping_add(at as u32);
                    self.connections.observe_guessed(key, *guess, frame)
                };
            if !is_expected {
                self.observe_other(first + at as u64, || data(at), (key, *guess), events);
                if events.len() >= enough || self.addresses.memory.is_disputed_now() {
                    return at + 1;
                }
            }
        }
        chunk.briefs.len().min(guesses.len())
    }

    /// One that is not the expected segment of the connection that was guessed.
    #[inline(never)]
    fn observe_other<'a>(
        &mut self,
        frame: u64,
        data: impl FnOnce() -> &'a [u8],
        (key, guess): (KeyOf<'_>, Guess),
        events: &mut Vec<Event>,
    ) {
        self.tick(key.brief.at, events);
        let may_pass = !self.config.interest.events && !self.addresses.memory.is_disputed_now();
        let is_passed = may_pass
            && match u32::try_from(frame) {
                Ok(frame) if key.brief.is_tcp() => {
                    let observed = self.connections.observe_expected(key, guess, frame);
                    if observed == Some(true) {
                        self.next_due = self.next_due.min(self.connections.next_due());
                    }
                    observed.is_some()
                }
                Ok(frame) => self.exchanges.observe_expected(key, guess, frame),
                Err(_) => false,
            };
        if !is_passed {
            self.observe_brief((frame, data()), (key, guess), events);
        }
    }

    /// One of which there may be more to tell.
    #[inline(never)]
    fn observe_brief(
        &mut self,
        (frame, data): (u64, &[u8]),
        (key, guess): (KeyOf<'_>, Guess),
        events: &mut Vec<Event>,
    ) {
        let brief = key.brief;
        let is_disputed = self.addresses.memory.is_disputed_now();
        let keyed = &key.keyed();
        let frames = [frame];
        let mut seen = self.seen(brief.at, &frames, events);
        seen.sheet = self.sheet.as_mut();
        if seen.interest.events && brief.is_tcp() && !is_disputed {
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
        if is_disputed {
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
