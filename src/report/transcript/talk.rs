//! What is remembered of one conversation while it goes on.

use std::time::Duration;

use super::{
    item::{Item, Leave, Price, Silence, Then},
    reader::Reader,
};
use crate::{
    time::Timestamp,
    track::{
        event::{Conversation, TcpRecord, TcpTeardown},
        flow::{Both, Flow, Side},
    },
};

/// The greeting of the tutorial's server.
pub const GREETING: &str = "服务端提供服务";

/// So many segments sent again without an answer: whoever should answer is gone.
const GONE_AFTER: u64 = 2;

/// A connection or an exchange.
#[derive(Debug)]
pub struct Talk {
    /// Both ends.
    pub flow: Flow,
    /// What it costs.
    pub price: Price,
    /// Who spoke last, and when.
    pub last: Option<(Side, Timestamp)>,
    /// Since when it is open.
    pub open_since: Option<Timestamp>,
    /// It is a chat of the tutorial's kind: it began with the greeting.
    pub is_chat: bool,
    /// The handshake was seen, and the responder has not spoken yet: who knows whether it has accepted.
    pub awaits_accept: bool,
    /// The client has said 88.
    pub said_goodbye: bool,
    /// Who has sent a FIN or an RST.
    pub left: Both<bool>,
    /// The frame of each side's FIN.
    pub fins: Both<Option<u64>>,
    /// Who has spoken.
    pub spoken: Both<bool>,
    /// Words that came after the other side had closed, and what was told of them: an RST may say that
    /// nobody heard them.
    pub awaits_reset: Vec<Item>,
    /// The programs at both ends, where they are followed.
    pub readers: Option<Both<Reader>>,
    /// The silence that was told last while it lasted.
    pub told_silence: Duration,
    /// Segments sent again since the other side was last heard, and by whom.
    again: Option<(Side, u64)>,
    /// The ACK that completed the handshake.
    ack_frame: Option<u64>,
    /// The frame that carried words last, of each side.
    words_frame: Both<Option<u64>>,
    /// Frames that closed it.
    teardown: Vec<u64>,
}

impl Talk {
    /// A conversation that begins.
    pub fn new(of: Conversation, flow: Flow, recv: Option<usize>) -> Self {
        let is_tcp = matches!(of, Conversation::Tcp(_));
        Self {
            flow,
            price: Price {
                of,
                flow,
                messages: 0,
                bytes: 0,
                frames: 0,
                handshake: 0,
                words: 0,
                teardown: 0,
                again: 0,
                others: 0,
                rtt: None,
                silent: Duration::ZERO,
            },
            last: None,
            open_since: None,
            is_chat: false,
            awaits_accept: false,
            said_goodbye: false,
            left: Both::default(),
            fins: Both::default(),
            spoken: Both::default(),
            awaits_reset: Vec::new(),
            readers: recv.filter(|_| is_tcp).map(|at_most| Both {
                orig: Reader::new(Side::Orig, at_most),
                resp: Reader::new(Side::Resp, at_most),
            }),
            told_silence: Duration::ZERO,
            again: None,
            ack_frame: None,
            words_frame: Both::default(),
            teardown: Vec::new(),
        }
    }

    /// The handshake is complete; `ack_frame` completed it.
    pub fn opens(&mut self, at: Timestamp, ack_frame: Option<u64>) {
        self.open_since = Some(at);
        self.ack_frame = ack_frame;
        self.price.handshake += u64::from(ack_frame.is_some());
    }

    /// Somebody says something in these frames, which went by from `began` to `ended`. Returns the time
    /// since the other's last words; nothing where these had begun by then.
    pub fn speaks(
        &mut self,
        from: Side,
        (began, ended): (Timestamp, Timestamp),
        frames: &[u64],
    ) -> Option<Duration> {
        self.hears_from(from);
        let last = self.words_frame.of_mut(from);
        let is_new = |frame: &&u64| Some(**frame) != *last && Some(**frame) != self.ack_frame;
        self.price.words += frames.iter().filter(is_new).count() as u64;
        *last = frames.last().copied().or(*last);
        self.price.messages += 1;
        *self.spoken.of_mut(from) = true;
        self.told_silence = Duration::ZERO;
        let thought = match self.last {
            Some((side, said_at)) if side != from && said_at <= began => Some(began.since(said_at)),
            _ => None,
        };
        if self.last.is_none_or(|(_, said_at)| said_at <= ended) {
            self.last = Some((from, ended));
        }
        thought
    }

    /// Something came from a side: it is there.
    pub fn hears_from(&mut self, side: Side) {
        if self.again.is_some_and(|(again, _)| again != side) {
            self.again = None;
        }
    }

    /// A side sends something again.
    pub fn sends_again(&mut self, side: Side) {
        self.price.again += 1;
        self.again = match self.again {
            Some((same, times)) if same == side => Some((side, times + 1)),
            _ => Some((side, 1)),
        };
    }

    /// A side's FIN. Returns whether it is the first of both.
    pub fn closes(&mut self, by: Side, frame: Option<u64>) -> bool {
        self.hears_from(by);
        self.teardown.extend(frame);
        let fin = self.fins.of_mut(by);
        *fin = fin.or(frame);
        let is_first = !*self.left.of(by.other());
        *self.left.of_mut(by) = true;
        is_first
    }

    /// The teardown is complete.
    pub fn is_torn_down(&mut self, it: &TcpTeardown) {
        self.teardown.extend_from_slice(&it.frames);
        self.teardown.sort_unstable();
        self.teardown.dedup();
        if let Some(by) = it.reset_by {
            *self.left.of_mut(by) = true;
        }
    }

    /// How a side that leaves now takes leave. Only the client's 88 counts.
    pub fn leave(&self, by: Side) -> Leave {
        if by == Side::Orig && self.is_chat && !self.said_goodbye {
            Leave::WithoutWord
        } else {
            Leave::Fine
        }
    }

    /// Whose turn it is.
    pub fn turn(&self) -> Option<Side> {
        self.last.map(|(side, _)| side.other())
    }

    /// How long nobody has spoken.
    pub fn silent_for(&self, now: Timestamp) -> Option<Duration> {
        let since = self.last.map(|(_, at)| at).or(self.open_since)?;
        Some(now.since(since))
    }

    /// A silence that is worth telling, and what came then: a long one, and that at the end of the capture.
    pub fn silence(&self, now: Timestamp, then: Then) -> Option<Silence> {
        let is_told = |lasted: &Duration| match then {
            Then::End => true,
            Then::Words => *lasted >= Silence::VERY_LONG,
            Then::Leaving | Then::Lasting => *lasted >= Silence::LONG,
        };
        let lasted = self.silent_for(now).filter(is_told)?;
        Some(Silence {
            lasted,
            turn: self.turn(),
            then,
            is_chat: self.is_chat && !self.said_goodbye,
        })
    }

    /// A silence that ends now with words, where it is very long and was not told while it lasted.
    pub fn silence_before_words(&self, now: Timestamp) -> Option<Silence> {
        self.last?;
        let silence = self.silence(now, Then::Words);
        silence.filter(|_| self.told_silence.is_zero())
    }

    /// Both sides are there and nobody has left.
    pub const fn is_open(&self) -> bool {
        self.open_since.is_some() && !self.left.orig && !self.left.resp
    }

    /// Who is not heard any more, and how often it was tried.
    pub fn vanished(&self) -> Option<(Side, u64)> {
        let (side, times) = self.again.filter(|(_, times)| *times >= GONE_AFTER)?;
        self.is_open().then_some((side.other(), times))
    }

    /// What it cost, when all is known.
    pub fn tcp_price(mut self, record: &TcpRecord) -> Price {
        let price = &mut self.price;
        price.frames = record.packets.total();
        price.bytes = record.bytes.total();
        price.rtt = record.rtt;
        let carried = |frame: &&u64| {
            let last = &self.words_frame;
            Some(**frame) != last.orig && Some(**frame) != last.resp
        };
        price.teardown = self.teardown.iter().filter(carried).count() as u64;
        let known = price.handshake + price.words + price.teardown + price.again;
        price.others = price.frames.saturating_sub(known);
        self.price
    }
}
