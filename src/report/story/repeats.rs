//! What needs no line of its own in a story.

use crate::track::{
    event::{ConnectionId, Event, Kind, Resent, TcpOddityName},
    flow::Side,
};

/// Oddities that come in rows, such as duplicate ACKs, are told once and then counted.
#[derive(Debug, Default)]
pub struct Repeats {
    /// The frame of the SYN told last.
    step: Option<u64>,
    kind: Option<(ConnectionId, Side, &'static str)>,
    times: u64,
    last: Option<Event>,
}

impl Repeats {
    /// Whether an event gets no line of its own: what it says was told, or is counted.
    pub fn swallow(&mut self, event: &Event) -> bool {
        self.is_told(event) || self.is_one_more(event)
    }

    /// An event is told.
    pub fn begin(&mut self, event: &Event) {
        self.kind = Self::kind(event);
    }

    /// The last repetition and how many there were since this was asked.
    pub fn take(&mut self) -> Option<(Event, u64)> {
        let times = std::mem::take(&mut self.times);
        self.last.take().map(|event| (event, times))
    }

    /// A SYN sent again was told as a try of its own, in the line before.
    fn is_told(&mut self, event: &Event) -> bool {
        match &event.kind {
            Kind::TcpStep(_) => self.step = event.frame,
            Kind::TcpOddity(oddity) => {
                let syn_again = matches!(
                    oddity.name,
                    TcpOddityName::Retransmission {
                        what: Resent::Syn,
                        ..
                    }
                );
                return syn_again && event.frame.is_some() && event.frame == self.step;
            }
            _ => {}
        }
        false
    }

    /// Whether an event only repeats the one before.
    fn is_one_more(&mut self, event: &Event) -> bool {
        let same = self.kind.is_some() && self.kind == Self::kind(event);
        if same {
            self.times += 1;
            self.last = Some(event.clone());
        }
        same
    }

    /// What an event of a row has in common with the others.
    fn kind(event: &Event) -> Option<(ConnectionId, Side, &'static str)> {
        match &event.kind {
            Kind::TcpOddity(it)
                if matches!(
                    it.name,
                    TcpOddityName::DuplicateAck
                        | TcpOddityName::KeepAlive
                        | TcpOddityName::WindowProbe
                        | TcpOddityName::ZeroWindow
                ) =>
            {
                Some((it.conn, it.from, it.name.as_str()))
            }
            _ => None,
        }
    }
}
