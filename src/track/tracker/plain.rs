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
        tcp::{Connections, Observed},
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
                if let (Some(handle), Some(brief)) = (guess.0, brief)
                    && brief.is_tcp()
                {
                    self.connections.fetch_parts(handle);
                }
            }
        }
        if self.config.interest.events {
            for at in 0..briefs.len() {
                fetch::headers(data(at));
            }
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

    /// Observes frames as long as there is nothing to tell of them and little to do: as long as nothing is due, and each
    /// is the expected one of its conversation, or opens or closes it as nearly all do. `first` is the number of the
    /// first. Returns how many they were.
    #[inline(never)]
    pub fn pass_expected(&mut self, first: u64, chunk: Chunk<'_>, guesses: &[Guess]) -> usize {
        let end = u32::try_from(first + chunk.briefs.len() as u64);
        if end.is_err() || self.addresses.memory.is_disputed_now() {
            return 0;
        }
        let first = first as u32;
        let mut frame = first;
        for (brief, guess) in chunk.briefs.iter().zip(guesses) {
            let Some(brief) = brief else {
                break;
            };
            if brief.at > self.now {
                if brief.at >= self.next_due {
                    break;
                }
                self.now = brief.at;
            }
            let key = chunk.key_of(brief);
            if !self.connections.observe_guessed(key, *guess, frame)
                && !self.pass_another(key, *guess, frame)
            {
                break;
            }
            frame += 1;
        }
        (frame - first) as usize
    }

    /// The same of a frame that is not the expected one of the connection that was guessed.
    #[inline(never)]
    fn pass_another(&mut self, key: KeyOf<'_>, guess: Guess, frame: u32) -> bool {
        if !key.brief.is_tcp() {
            return self.exchanges.observe_expected(key, guess, frame);
        }
        let is_passed = self.connections.observe_expected(key, guess, frame);
        if is_passed {
            self.next_due = self.next_due.min(self.connections.next_due());
        }
        is_passed
    }

    /// As [`observe`](Self::observe), a plain frame, which [may not be passed](Self::pass_expected). Its checksums were
    /// verified, unless they are ignored.
    #[inline(never)]
    pub fn observe_brief(
        &mut self,
        (frame, data): (u64, &[u8]),
        key: KeyOf<'_>,
        guess: Guess,
        events: &mut Vec<Event>,
    ) {
        let brief = key.brief;
        let was_due = self.next_due <= brief.at;
        self.tick(brief.at, events);
        let is_disputed = self.addresses.memory.is_disputed_now();
        // It was kept from being passed only by what is told now.
        if was_due
            && !is_disputed
            && let Ok(frame) = u32::try_from(frame)
            && self.pass_another(key, guess, frame)
        {
            return;
        }
        let keyed = &key.keyed();
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
