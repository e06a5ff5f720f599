mod frames;

use std::time::Duration;

use super::{
    Transcript,
    item::{Item, Outcome, Read, Then, What},
    talks::Talks,
};
use crate::{
    report::{Options, samples::*, text, words::Lang},
    time::Timestamp,
    track::{
        event::*,
        flow::{Both, Endpoint, Flow, Side},
    },
};

/// A small script of events.
struct Script {
    talks: Talks,
    items: Vec<Item>,
    at: u64,
    frame: u64,
}

impl Script {
    fn new(recv: Option<usize>) -> Self {
        Self {
            talks: Talks::new(recv, None),
            items: Vec::new(),
            at: 0,
            frame: 0,
        }
    }

    /// Time goes on.
    fn after(&mut self, millis: u64) -> &mut Self {
        self.at += 1000 * millis;
        self
    }

    fn event(&mut self, kind: Kind) -> &mut Self {
        self.frame += 1;
        let event = event(self.at, self.frame, &[], kind);
        self.talks.event(&event, &mut self.items);
        self
    }

    /// `port` connects to the server.
    fn connects(&mut self, conn: u64, port: u16) -> &mut Self {
        let ack_frame = Some(self.frame + 1);
        self.event(Kind::TcpHandshake(Box::new(TcpHandshake {
            conn: ConnectionId(conn),
            flow: from(port),
            ack_frame,
            ..handshake(HandshakeVerdict::Complete)
        })))
    }

    fn says(&mut self, conn: u64, port: u16, side: Side, words: &str) -> &mut Self {
        let frames = vec![self.frame + 1];
        self.event(Kind::TcpMessage(TcpMessage {
            conn: ConnectionId(conn),
            flow: from(port),
            from: side,
            offset: 0,
            len: words.len() as u64,
            content: Content::Text(words.to_owned()),
            frames: frames.into(),
            missing: 0,
            cut: 0,
        }))
    }

    fn closes(&mut self, conn: u64, port: u16, side: Side) -> &mut Self {
        self.event(Kind::TcpStep(TcpStep {
            conn: ConnectionId(conn),
            flow: from(port),
            from: side,
            step: Step::Fin,
            route: None,
        }))
    }

    fn sends(&mut self, exchange: u64, port: u16, side: Side, words: &[u8]) -> &mut Self {
        self.event(Kind::UdpMessage(UdpMessage {
            exchange: ExchangeId(exchange),
            flow: from(port),
            from: side,
            len: words.len() as u64,
            content: Content::new(words, true),
            cut: 0,
            frames: vec![1].into(),
            answers: None,
            route: None,
        }))
    }

    fn reads(&self) -> Vec<&Read> {
        let reads = self.items.iter().filter_map(|item| match &item.what {
            What::Read(read) => Some(read),
            _ => None,
        });
        reads.collect()
    }

    fn printed(&self) -> Vec<(Side, &str)> {
        let printed = self.reads().into_iter().map(|read| match &read.outcome {
            Outcome::Printed(words) | Outcome::Fails(words) => (read.by, words.as_str()),
            Outcome::Empty => (read.by, "b''"),
            Outcome::Unknown => (read.by, "?"),
        });
        printed.collect()
    }
}

fn from(port: u16) -> Flow {
    Flow {
        orig: Endpoint {
            port,
            ..flow().orig
        },
        ..flow()
    }
}

const GREETING: &str = "服务端提供服务";
const CUT: &str = "'utf-8' codec can't decode byte 0xe8 in position 3: unexpected end of data";

#[test]
fn who_connects_while_another_is_served_waits_in_the_queue() {
    let mut script = Script::new(None);
    script.connects(1, 1).says(1, 1, Side::Resp, GREETING);
    script.after(100).connects(2, 2).after(100).connects(3, 3);
    script.after(2000).says(1, 1, Side::Orig, "88");
    let queued: Vec<_> = script
        .items
        .iter()
        .filter_map(|item| match item.what {
            What::Queued { place, served, .. } => Some((item.of, place, served)),
            _ => None,
        })
        .collect();
    let of = |conn| Conversation::Tcp(ConnectionId(conn));
    assert_eq!(
        queued,
        [(of(2), 1, ConnectionId(1)), (of(3), 2, ConnectionId(1))]
    );
    script
        .closes(1, 1, Side::Orig)
        .says(2, 2, Side::Resp, GREETING);
    let Some(What::Said(said)) = script.items.last().map(|item| &item.what) else {
        panic!("{:?}", script.items.last());
    };
    assert!(said.accepts);
    assert_eq!(said.queued, Some(Duration::from_millis(2100)));
}

/// A server that waits for the client's words first is no server with a queue.
#[test]
fn a_server_that_does_not_greet_keeps_nobody_waiting() {
    let mut script = Script::new(None);
    script.connects(1, 1).says(1, 1, Side::Orig, "GET /");
    script.says(1, 1, Side::Resp, "200 OK").connects(2, 2);
    script.after(5000).says(1, 1, Side::Orig, "GET /more");
    let queued = |item: &Item| matches!(item.what, What::Queued { .. });
    assert!(!script.items.iter().any(queued));
}

#[test]
fn a_silence_is_told_while_it_lasts_each_time_it_has_doubled() {
    let mut script = Script::new(None);
    script.connects(1, 1).says(1, 1, Side::Resp, GREETING);
    let mut told = Vec::new();
    for tenths in 0..200 {
        let now = START + Duration::from_millis(100 * tenths);
        let mut items = Vec::new();
        script.talks.idle(now, &mut items);
        for item in items {
            let What::Silence(silence) = item.what else {
                panic!("{item:?}");
            };
            assert_eq!(
                (silence.turn, silence.then, silence.is_chat),
                (Some(Side::Orig), Then::Lasting, true)
            );
            told.push(silence.lasted.as_secs());
        }
    }
    assert_eq!(told, [2, 4, 8, 16]);
}

#[test]
fn a_very_long_silence_is_told_though_words_end_it() {
    let told = |millis, is_watched: bool| {
        let mut script = Script::new(None);
        script.connects(1, 1).says(1, 1, Side::Orig, "你好");
        script.after(millis);
        if is_watched {
            let now = START + Duration::from_millis(millis - 1);
            script.talks.idle(now, &mut script.items);
        }
        script.says(1, 1, Side::Orig, "在吗？");
        let silences = script.items.iter().filter_map(|item| match item.what {
            What::Silence(it) => Some((it.then, it.lasted.as_secs(), it.is_deadlock())),
            _ => None,
        });
        silences.collect::<Vec<_>>()
    };
    assert_eq!(told(59_000, false), []);
    assert_eq!(told(7_200_000, false), [(Then::Words, 7200, false)]);
    assert_eq!(told(7_200_000, true), [(Then::Lasting, 7199, false)]);
}

/// Control bytes in a text are escaped, and the text is read.
#[test]
fn what_is_mostly_text_is_shown_as_text() {
    let shown = |bytes: &[u8]| {
        let kind = message(Side::Orig, Content::Bytes(bytes.to_vec()), 40);
        told(
            |to| Transcript::new(to, Options::default()),
            |report| report.output.into_inner(),
            "a file",
            &[event(1, 1, &[], kind)],
        )
    };
    let text = shown(b"HTTP/1.1 200 OK\r\nServer: \x1b\xff");
    assert!(
        text.contains("HTTP/1.1 200 OK\\r\\nServer: \\u{1b}\\xFF…"),
        "{text}"
    );
    assert!(shown(b"\x00\x01abc").contains("0x0001616263…"));
}

#[test]
fn what_comes_while_a_person_types_is_read_glued_together() {
    let mut script = Script::new(Some(1024));
    script.connects(1, 1).says(1, 1, Side::Resp, GREETING);
    script
        .says(1, 1, Side::Resp, "一")
        .says(1, 1, Side::Resp, "二");
    script.after(500).says(1, 1, Side::Orig, "你好");
    assert_eq!(
        script.printed(),
        [
            (Side::Orig, GREETING),
            (Side::Orig, "一二"),
            (Side::Resp, "你好")
        ]
    );
    let glued = script.reads()[1];
    assert_eq!((glued.messages, glued.is_split, glued.left), (2, false, 0));
}

#[test]
fn a_message_longer_than_a_read_comes_in_parts() {
    let mut script = Script::new(Some(6));
    script.connects(1, 1).says(1, 1, Side::Resp, "再见，朋友");
    script
        .says(1, 1, Side::Orig, "a")
        .says(1, 1, Side::Orig, "b");
    let of_client: Vec<_> = script
        .reads()
        .into_iter()
        .filter(|read| read.by == Side::Orig)
        .collect();
    let told: Vec<_> = of_client
        .iter()
        .map(|it| (it.len, it.left, it.is_split))
        .collect();
    assert_eq!(told, [(6, 9, true), (6, 3, true), (3, 0, true)]);
}

#[test]
fn a_character_cut_by_a_read_ends_the_program() {
    let mut script = Script::new(Some(4));
    script.connects(1, 1).says(1, 1, Side::Resp, "再见");
    script
        .says(1, 1, Side::Orig, "好")
        .says(1, 1, Side::Resp, "好");
    assert_eq!(script.printed(), [(Side::Orig, CUT), (Side::Resp, "好")]);
}

#[test]
fn both_programs_end_at_88_and_read_nothing_more() {
    let mut script = Script::new(Some(1024));
    script.connects(1, 1).says(1, 1, Side::Resp, GREETING);
    script
        .says(1, 1, Side::Orig, "88")
        .says(1, 1, Side::Resp, "再见");
    script.closes(1, 1, Side::Orig).closes(1, 1, Side::Resp);
    assert_eq!(
        script.printed(),
        [(Side::Orig, GREETING), (Side::Resp, "88")]
    );
}

#[test]
fn a_server_whose_client_has_closed_reads_nothing_again_and_again() {
    let mut script = Script::new(Some(1024));
    script.connects(1, 1).says(1, 1, Side::Resp, GREETING);
    script
        .closes(1, 1, Side::Orig)
        .says(1, 1, Side::Resp, "在吗？");
    // No RST has come by then.
    let now = START + Duration::from_secs(1);
    script.talks.idle(now, &mut script.items);
    assert_eq!(
        script.printed(),
        [
            (Side::Orig, GREETING),
            (Side::Resp, "b''"),
            (Side::Resp, "b''")
        ]
    );
}

#[test]
fn a_datagram_is_read_by_itself_and_its_tail_is_lost() {
    let mut script = Script::new(Some(6));
    script.sends(1, 1, Side::Orig, "再见".as_bytes());
    script.sends(2, 2, Side::Orig, "再见，朋友".as_bytes());
    assert_eq!(
        script.printed(),
        [(Side::Resp, "再见"), (Side::Resp, "再见")]
    );
    assert_eq!(script.reads()[1].lost, 9);
    // The program behind one socket ends for all its clients.
    script.sends(3, 3, Side::Orig, "a再见".as_bytes());
    script.sends(1, 1, Side::Orig, "88".as_bytes());
    assert_eq!(script.reads().len(), 3);
    assert!(matches!(script.reads()[2].outcome, Outcome::Fails(_)));
}

#[test]
fn bytes_that_the_capture_lacks_are_not_foretold() {
    let mut script = Script::new(Some(1024));
    script.connects(1, 1);
    let Kind::TcpMessage(said) = message(Side::Resp, Content::Text("服务".into()), 9) else {
        unreachable!("it is a message");
    };
    script.event(Kind::TcpMessage(TcpMessage { cut: 3, ..said }));
    assert_eq!(script.printed(), [(Side::Orig, "?")]);
}

#[test]
fn every_item_has_its_price() {
    let mut script = Script::new(None);
    let step = |step| {
        Kind::TcpStep(TcpStep {
            conn: ConnectionId(1),
            flow: from(1),
            from: Side::Orig,
            step,
            route: None,
        })
    };
    script.event(step(Step::Syn { tries: 1 }));
    script.event(step(Step::SynAck {
        rtt: None,
        tries: 1,
    }));
    script.connects(1, 1).says(1, 1, Side::Resp, GREETING);
    script.says(1, 1, Side::Orig, "88").closes(1, 1, Side::Orig);
    script.event(Kind::TcpClosed(Box::new(TcpRecord {
        flow: from(1),
        packets: Both { orig: 5, resp: 4 },
        ..tcp_record(1, 21)
    })));
    let [price] = script.talks.prices() else {
        panic!("{:?}", script.talks.prices());
    };
    assert_eq!((price.messages, price.frames), (2, 9));
    assert_eq!((price.handshake, price.words, price.teardown), (3, 2, 1));
    assert_eq!((price.again, price.others), (0, 3));
}

#[test]
fn hostile_words_steer_no_terminal() {
    let told = told(
        |to| Transcript::new(to, colourful(Some(60))),
        |report| report.output.into_inner(),
        HOSTILE,
        &all(HOSTILE),
    );
    assert!(is_safe(&told), "{told}");
}

#[test]
fn no_line_is_wider_than_asked_and_every_bubble_is_closed() {
    for lang in Lang::ALL {
        for width in [40, 47, 60, 96, 97, 130] {
            let options = Options {
                lang,
                colour: true,
                width: Some(width),
                recv: Some(10),
                ..Options::default()
            };
            let told = told(
                |to| Transcript::new(to, options),
                |report| report.output.into_inner(),
                "a file",
                &all("é 你好 👋 a\u{301} e\u{301}\u{302} 再见"),
            );
            let told = plain(&told);
            for line in told.lines() {
                assert!(text::width(line) <= width, "{width}: {line}");
            }
            for (open, close) in [('╭', '╮'), ('┏', '┓'), ('╰', '╯'), ('┗', '┛')] {
                let at_edge = |edge: char| told.matches(edge).count();
                assert!(at_edge(close) > 0 && at_edge(open) >= at_edge(close));
            }
        }
    }
}

/// Long sessions of a file are cut, with a count.
#[test]
fn a_long_session_is_cut_with_a_count() {
    let say = |at: u64| {
        let kind = udp_message(Content::Text("在吗？".into()), 9, None);
        event(at, at, &[], kind)
    };
    let events: Vec<Event> = (1..=1234).map(say).collect();
    let tell = |verbose| {
        let options = Options {
            verbose,
            ..Options::default()
        };
        told(
            |to| Transcript::new(to, options),
            |report| report.output.into_inner(),
            "a file",
            &events,
        )
    };
    assert_eq!(tell(false).matches("在吗？").count(), super::MAX_MESSAGES);
    assert!(tell(false).contains("734 more messages"));
    assert_eq!(tell(true).matches("在吗？").count(), 1234);
}

/// Many who knock without a word do not make a transcript endless either.
#[test]
fn many_steps_are_cut_with_a_count() {
    let refused = |at: u64| {
        let kind = TcpHandshake {
            conn: ConnectionId(at),
            ..handshake(HandshakeVerdict::Refused)
        };
        event(at, at, &[], Kind::TcpHandshake(Box::new(kind)))
    };
    let events: Vec<Event> = (1..=3000).map(refused).collect();
    let told = told(
        |to| Transcript::new(to, Options::default()),
        |report| report.output.into_inner(),
        "a file",
        &events,
    );
    assert_eq!(told.matches("connect()").count(), super::MAX_ITEMS / 2);
    assert!(told.contains("0 more messages and 2000 steps"), "{told}");
}

/// What programs do not read is kept within bounds.
#[test]
fn who_never_reads_costs_no_memory_without_end() {
    let mut script = Script::new(Some(1024));
    script.connects(1, 1);
    let long = "x".repeat(60_000);
    for _ in 0..1000 {
        script.says(1, 1, Side::Orig, &long);
        script.items.clear();
    }
    script.says(1, 1, Side::Resp, GREETING);
    assert_eq!(script.printed(), [(Side::Orig, GREETING)]);
}

#[test]
fn time_may_step_back() {
    let mut script = Script::new(Some(1024));
    script
        .after(5000)
        .connects(1, 1)
        .says(1, 1, Side::Resp, GREETING);
    script.at = 0;
    script.says(1, 1, Side::Orig, "88");
    script.talks.idle(Timestamp::default(), &mut Vec::new());
    assert_eq!(script.printed().len(), 2);
}
