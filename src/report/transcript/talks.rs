//! Who talks with whom, and what of it is worth telling: events in, [`Item`]s out. Knows neither words
//! nor widths, so that a terminal and a page tell the same.

mod tcp;

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use super::{
    item::{FanIn, Item, Outcome, Price, Said, Silence, Then, Totals, What},
    queue::Queue,
    reader::{self, Reader},
    segments::Segments,
    sockets::Sockets,
    talk::Talk,
    tell::Tell,
};
use crate::{
    decode::Packet,
    time::Timestamp,
    track::{
        event::{Content, Conversation, Event, Kind, UdpMessage, UdpRecord},
        flow::Both,
    },
};

/// At most this many conversations are followed at once.
const MAX_TALKS: usize = 16_384;

/// While nothing happens, open conversations are looked through this often.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Follows conversations.
#[derive(Debug)]
pub struct Talks {
    recv: Option<usize>,
    /// Those not closed yet.
    open: BTreeMap<Conversation, Talk>,
    queue: Queue,
    sockets: Sockets,
    segments: Segments,
    /// How much is kept for programs that have not read it yet, in bytes.
    waiting: usize,
    now: Timestamp,
    /// The latest frame that something was told of.
    latest: u64,
    look_at: Timestamp,
    totals: Totals,
    prices: Vec<Price>,
    max_prices: Option<usize>,
    keeps_words: bool,
}

impl Talks {
    /// Nothing seen yet. `recv`: programs are followed that read so many bytes at a time; `max_prices`: of
    /// so many conversations the price is kept, `None` for all.
    pub fn new(recv: Option<usize>, max_prices: Option<usize>) -> Self {
        Self {
            recv,
            open: BTreeMap::new(),
            queue: Queue::default(),
            sockets: Sockets::default(),
            segments: Segments::default(),
            waiting: 0,
            now: Timestamp::default(),
            latest: 0,
            look_at: Timestamp::default(),
            totals: Totals::default(),
            prices: Vec::new(),
            max_prices,
            keeps_words: true,
        }
    }

    /// The same for one who asks how people talk and not what they say.
    pub fn unheard() -> Self {
        Self {
            keeps_words: false,
            ..Self::new(None, Some(0))
        }
    }

    /// A frame, before its events.
    pub fn packet(&mut self, frame: u64, at: Timestamp, packet: &Packet<'_>) {
        if let Some((speaker, hearer)) = self.segments.observe(frame, at, packet) {
            self.queue.hears(hearer, speaker);
        }
    }

    /// Time passes without an event.
    pub fn idle(&mut self, now: Timestamp, items: &mut Vec<Item>) {
        self.passes(now, items);
        if now < self.look_at {
            return;
        }
        self.look_at = now + LOOK_EVERY;
        let waits =
            |(of, talk): (&Conversation, &Talk)| (!talk.awaits_reset.is_empty()).then_some(*of);
        let waiting: Vec<Conversation> = self.open.iter().filter_map(waits).collect();
        for of in waiting {
            self.tell_refused(of, items);
        }
        for (&of, talk) in &mut self.open {
            if !talk.is_open() || !matches!(of, Conversation::Tcp(_)) {
                continue;
            }
            let Some(silence) = talk.silence(now, Then::Lasting) else {
                continue;
            };
            // Each time it has doubled.
            if silence.lasted >= Silence::LONG.max(2 * talk.told_silence) {
                talk.told_silence = silence.lasted;
                items.push(Item {
                    at: now,
                    frame: None,
                    behind: self.latest,
                    of,
                    flow: talk.flow,
                    what: What::Silence(silence),
                });
            }
        }
    }

    /// An event. What is worth telling because of it is added to `items`.
    pub fn event(&mut self, event: &Event, items: &mut Vec<Item>) {
        self.passes(event.at, items);
        self.latest = self.latest.max(event.frame.unwrap_or_default());
        let (Some(of), Some(&flow)) = (event.kind.conversation(), event.kind.flow()) else {
            return;
        };
        if !self.open.contains_key(&of) {
            if self.open.len() >= MAX_TALKS {
                let is_message = matches!(event.kind, Kind::TcpMessage(_) | Kind::UdpMessage(_));
                self.totals.unfollowed += u64::from(is_message);
                return;
            }
            self.open.insert(of, Talk::new(of, flow, self.recv));
            let clients = match of {
                Conversation::Tcp(_) => 0,
                Conversation::Udp(_) => self.sockets.meets(flow.orig, flow.resp),
            };
            items.push(Item {
                at: event.at,
                frame: event.frame,
                behind: event.frame.unwrap_or(self.latest),
                of,
                flow,
                what: What::Met { clients },
            });
        }
        self.tell_refused(of, items);
        let mut tell = Tell {
            at: event.at,
            frame: event.frame,
            behind: event.frame.unwrap_or(self.latest),
            of,
            flow,
            items,
        };
        match &event.kind {
            Kind::TcpStep(it) => self.on_step(it, &mut tell),
            Kind::TcpHandshake(it) => self.on_handshake(it, event.ending, &mut tell),
            Kind::TcpMessage(it) => self.on_tcp_message(it, &mut tell),
            Kind::TcpOddity(it) => self.on_oddity(it, of),
            Kind::TcpTeardown(it) => self.on_teardown(it, &mut tell),
            Kind::TcpClosed(it) => self.on_tcp_closed(it, &mut tell),
            Kind::TcpIcmp(it) => tell.unreachable(it, &event.because),
            Kind::UdpMessage(it) => self.on_udp_message(it, &mut tell),
            Kind::UdpUnreachable(it) => tell.unreachable(it, &event.because),
            Kind::UdpClosed(it) => self.on_udp_closed(it, &mut tell),
            _ => {}
        }
    }

    /// What all conversations cost that have ended so far.
    pub const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// What each of the first of them cost, in the order in which they ended.
    pub fn prices(&self) -> &[Price] {
        &self.prices
    }

    /// UDP sockets with several clients.
    pub fn fan_ins(&self) -> impl Iterator<Item = &FanIn> {
        self.sockets.fan_ins()
    }

    fn passes(&mut self, now: Timestamp, items: &mut Vec<Item>) {
        self.now = self.now.max(now);
        for waits in self.queue.settle(self.now) {
            items.push(Item {
                at: self.now,
                frame: None,
                behind: self.latest,
                of: Conversation::Tcp(waits.conn),
                flow: waits.flow,
                what: What::Queued {
                    place: waits.place,
                    served: waits.served,
                },
            });
        }
    }

    fn on_udp_message(&mut self, it: &UdpMessage, tell: &mut Tell<'_>) {
        let content = self.kept_words(&it.content);
        let Some(talk) = self.open.get_mut(&tell.of) else {
            return;
        };
        if let Some(silence) = talk.silence_before_words(tell.at) {
            tell.item(What::Silence(silence));
        }
        let thought = talk.speaks(it.from, (tell.at, tell.at), &it.frames);
        talk.price.frames += it.frames.len() as u64;
        talk.price.bytes += it.len;
        tell.item(What::Said(Said {
            from: it.from,
            len: it.len,
            characters: characters(&it.content, it.cut),
            content,
            cut: it.cut,
            missing: 0,
            frames: it.frames.to_vec(),
            began: tell.at,
            ended: tell.at,
            refused: None,
            accepts: false,
            thought,
            queued: None,
            ends_chat: false,
        }));
        let to = it.flow.endpoint(it.from.other());
        let Some(at_most) = self.recv.filter(|_| !self.sockets.is_over(to)) else {
            return;
        };
        let bytes = it.content.bytes();
        let read = reader::datagram(it.from.other(), at_most, bytes, it.len, &it.frames);
        if matches!(read.outcome, Outcome::Fails(_)) {
            self.sockets.ends(to);
        }
        tell.reads(tell.behind, vec![read]);
    }

    fn on_udp_closed(&mut self, it: &UdpRecord, tell: &mut Tell<'_>) {
        let Some(talk) = self.open.remove(&tell.of) else {
            return;
        };
        if it.unanswered > 0 && it.unreachable == 0 && !is_to_many(it.flow.resp.ip) {
            tell.item(What::Unanswered {
                count: it.unanswered,
                after_answers: it.messages.resp > 0,
            });
        }
        let silent = talk.silent_for(tell.at).unwrap_or_default();
        let price = Price {
            silent,
            ..talk.price
        };
        self.totals.udp.add(&price);
        self.keep(price);
    }

    fn kept_words(&self, content: &Content) -> Content {
        if self.keeps_words {
            content.clone()
        } else {
            Content::Bytes(Vec::new())
        }
    }

    fn keep(&mut self, price: Price) {
        if self.max_prices.is_none_or(|max| self.prices.len() < max) {
            self.prices.push(price);
        }
    }
}

/// Nobody has to answer what is sent to many.
const fn is_to_many(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_multicast() || ip.is_broadcast(),
        IpAddr::V6(ip) => ip.is_multicast(),
    }
}

/// How much is kept because programs have not read it yet, in bytes.
fn kept(readers: &Both<Reader>) -> usize {
    readers.orig.keeps() + readers.resp.keeps()
}

/// How many characters a text has.
fn characters(content: &Content, cut: u64) -> Option<u64> {
    match content.text() {
        Some(text) if cut == 0 => Some(text.chars().count() as u64),
        _ => None,
    }
}
