//! Sheets: what is said in many events, one after the other. To make room for each alone would take longer than to
//! write it down.

use std::io;

use crate::{
    time::Timestamp,
    track::{
        event::{ConnectionId, Content, Event, Frames, Kind, TcpMessage, content::Unread},
        flow::{Flow, Side},
    },
};

/// More bytes are not put on a sheet.
const MAX_ON_SHEET: usize = 512;

/// A sheet.
#[derive(Debug, Default)]
pub struct Sheet {
    bytes: Vec<u8>,
    messages: Vec<Message>,
}

/// A TCP message that one frame carried, and before which nothing is missing, as nearly all are. Its event is made
/// when it is told.
#[derive(Clone, Copy, Debug)]
pub struct Said {
    /// When.
    pub at: Timestamp,
    /// The frame.
    pub frame: u64,
    /// The connection.
    pub conn: ConnectionId,
    /// Both ends.
    pub flow: Flow,
    /// Who spoke.
    pub from: Side,
    /// As [`TcpMessage::offset`].
    pub offset: i64,
}

/// What was said, and where on the sheet its bytes stand.
#[derive(Debug)]
struct Message {
    said: Said,
    /// So many events come before it.
    events_before: usize,
    begin: usize,
    len: usize,
}

impl Sheet {
    /// Nothing stands on it.
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// From now on nothing does.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.messages.clear();
    }

    /// Puts bytes on it, if they are few.
    #[inline]
    pub(super) fn write(&mut self, bytes: &[u8]) -> Option<Unread> {
        let begin = self.bytes.len();
        (bytes.len() <= MAX_ON_SHEET).then(|| {
            self.bytes.extend_from_slice(bytes);
            Unread::new(begin, bytes.len())
        })
    }

    /// Puts a message on it, of which all bytes are there, if they are few. It comes after so many events.
    #[inline]
    pub(in crate::track) fn say(&mut self, said: Said, bytes: &[u8], events_before: usize) -> bool {
        let is_short = bytes.len() <= MAX_ON_SHEET;
        if is_short {
            self.messages.push(Message {
                said,
                events_before,
                begin: self.bytes.len(),
                len: bytes.len(),
            });
            self.bytes.extend_from_slice(bytes);
        }
        is_short
    }

    /// Tells the events whose sheet it is and the messages that stand on it, in order.
    pub(crate) fn tell(
        &mut self,
        events: &mut [Event],
        mut tell: impl FnMut(&Event) -> io::Result<()>,
    ) -> io::Result<()> {
        let Self { bytes, messages } = self;
        let mut told = 0;
        let mut events = events.iter_mut();
        for message in messages {
            for event in events.by_ref().take(message.events_before - told) {
                event.with_sheet(bytes, &mut tell)?;
            }
            told = message.events_before;
            message.event().with_sheet(bytes, &mut tell)?;
        }
        events.try_for_each(|event| event.with_sheet(bytes, &mut tell))
    }
}

impl Message {
    fn event(&self) -> Event {
        let said = &self.said;
        Event {
            at: said.at,
            frame: Some(said.frame),
            ending: false,
            because: Vec::new(),
            kind: Kind::TcpMessage(TcpMessage {
                conn: said.conn,
                flow: said.flow,
                from: said.from,
                offset: said.offset,
                len: self.len as u64,
                content: Content::Unread(Unread::new(self.begin, self.len)),
                frames: Frames::from_buf_and_len([said.frame, 0], 1),
                missing: 0,
                cut: 0,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::{event::content::SHOWN_BYTES, flow::Endpoint};

    const LONG: [u8; MAX_ON_SHEET + 1] = [b'a'; MAX_ON_SHEET + 1];

    #[test]
    fn on_a_sheet_it_says_the_same() {
        let said: [&[u8]; 7] = [
            "服务端提供服务".as_bytes(),
            b"",
            b"line\r\n",
            b"\x16\x03\x01",
            b"\xe6\x9c",
            &[0; SHOWN_BYTES + 1],
            &LONG,
        ];
        for whole in [false, true] {
            let mut sheet = Sheet::default();
            let on_sheet = said.map(|it| Content::on(Some(&mut sheet), it, whole));
            for (bytes, mut content) in said.iter().zip(on_sheet) {
                content.swap_sheet(&mut sheet.bytes);
                assert_eq!(content, Content::new(bytes, whole));
                let alone = content.clone();
                assert!(!matches!(alone, Content::Unread(_)));
                content.swap_sheet(&mut sheet.bytes);
                assert_eq!(alone, Content::new(bytes, whole));
            }
            assert_eq!(sheet.is_empty(), whole);
        }
    }

    #[test]
    fn messages_and_events_are_told_in_order() {
        let flow = Flow {
            orig: Endpoint::new([10, 0, 0, 1].into(), 40_000),
            resp: Endpoint::new([10, 0, 0, 2].into(), 9999),
        };
        let said = |frame: u64| Said {
            at: Timestamp::from_nanos(frame.cast_signed()),
            frame,
            conn: ConnectionId(1),
            flow,
            from: Side::Resp,
            offset: 7,
        };
        let event = |frame| Message {
            said: said(frame),
            events_before: 0,
            begin: 0,
            len: 2,
        };
        let mut sheet = Sheet::default();
        let mut events = Vec::new();
        for frame in 1..=9 {
            if [3, 4, 9].contains(&frame) {
                events.push(event(frame).event());
            } else {
                assert!(sheet.say(said(frame), b"hi", events.len()));
            }
        }
        assert!(!sheet.say(said(10), &LONG, events.len()));
        let mut told = Vec::new();
        let tell = |event: &Event| {
            assert_eq!(
                event.at.as_nanos(),
                event.frame.expect("each has one").cast_signed()
            );
            assert!(matches!(&event.kind, Kind::TcpMessage(it) if it.content.text() == Some("hi")));
            told.extend(event.frame);
            Ok(())
        };
        sheet.tell(&mut events, tell).expect("nothing is written");
        assert_eq!(told, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        sheet.clear();
        sheet
            .tell(&mut [], |_| unreachable!())
            .expect("nothing is told");
    }
}
