use std::sync::{Arc, Mutex};

use super::*;
use crate::{
    report::samples::{self, event, flow, is_safe, said, tcp_record, totals, udp_message},
    track::event::{ConnectionId, Content, ExchangeId, TcpRecord},
};

const TCP: Conversation = Conversation::Tcp(ConnectionId(1));

fn message(from: Side, offset: i64, bytes: &[u8], missing: u64) -> Kind {
    Kind::TcpMessage(TcpMessage {
        conn: ConnectionId(1),
        flow: flow(),
        from,
        offset,
        len: bytes.len() as u64,
        content: Content::new(bytes, true),
        frames: vec![1].into(),
        missing,
        cut: 0,
    })
}

fn told_to<W: Write + Send>(follow: &mut Follow<W>, kinds: Vec<Kind>) {
    for kind in kinds {
        follow
            .event(&event(1, 1, &[], kind))
            .expect("a Vec takes everything");
    }
    follow.closed(&totals()).expect("a Vec takes everything");
}

fn told(conversation: Conversation, kinds: Vec<Kind>) -> String {
    let options = Options::default();
    let mut follow = Follow::new(Vec::new(), &options, conversation, None);
    told_to(&mut follow, kinds);
    String::from_utf8(follow.output.into_inner()).expect("UTF-8")
}

const HEAD: &str = "tcp-1: → 192.168.15.42:40001, ← 192.168.15.73:8520\n";

#[test]
fn lines_of_theirs_are_lines_of_ours() {
    let kinds = vec![
        message(Side::Orig, 0, "给我看看\r\n".as_bytes(), 0),
        message(Side::Resp, 0, b"one\n\ntwo", 0),
        message(Side::Resp, 8, b" and a half", 0),
        message(Side::Orig, 14, b"88", 0),
    ];
    assert_eq!(
        told(TCP, kinds),
        format!("{HEAD}→ 给我看看\n← one\n←\n← two and a half\n→ 88\n")
    );
}

#[test]
fn a_character_or_line_end_cut_between_messages_is_whole() {
    let (first, second) = "再见".as_bytes().split_at(4);
    let kinds = vec![
        message(Side::Orig, 0, first, 0),
        message(Side::Orig, 4, second, 0),
        message(Side::Orig, 6, b"\r", 0),
        message(Side::Orig, 7, b"\nx\r", 0),
        message(Side::Resp, 0, b"\xe4\xbd", 0),
    ];
    assert_eq!(
        told(TCP, kinds),
        format!("{HEAD}→ 再见\n→ x\\r\n← \\xE4\\xBD\n")
    );
}

#[test]
fn gaps_are_named_where_they_are() {
    let kinds = vec![
        message(Side::Resp, 0, b"a", 0),
        message(Side::Resp, 1449, b"b", 1448),
        Kind::TcpClosed(Box::new(TcpRecord {
            bytes: Both { orig: 0, resp: 5 },
            missing: Both {
                orig: 1,
                resp: 1448,
            },
            ..tcp_record(1, 2)
        })),
    ];
    assert_eq!(
        told(TCP, kinds),
        format!(
            "{HEAD}← a\n· ← 1,448 bytes are missing here\n← b\n· → 1 byte is missing here\n\
             · ← 3 bytes are missing here\n"
        )
    );
}

#[test]
fn bytes_captured_late_are_said_to_be_late() {
    let kinds = vec![
        message(Side::Resp, 0, b"a", 0),
        message(Side::Resp, 3, b"d", 2),
        message(Side::Resp, 1, b"bc", 0),
        message(Side::Resp, 4, b"e", 0),
        Kind::TcpClosed(Box::new(TcpRecord {
            bytes: Both { orig: 0, resp: 5 },
            ..tcp_record(1, 2)
        })),
    ];
    let file = Arc::new(Mutex::new(Vec::new()));
    let raw: Both<Box<dyn Write + Send>> = Both {
        orig: Box::new(io::sink()),
        resp: Box::new(Shared(Arc::clone(&file))),
    };
    let mut follow = Follow::new(Vec::new(), &Options::default(), TCP, Some(raw));
    told_to(&mut follow, kinds);
    assert_eq!(*follow.missing(), Both::default());
    assert_eq!(follow.late().resp, 2);
    assert_eq!(*file.lock().expect("nobody panics"), b"ade");
    assert_eq!(
        String::from_utf8(follow.output.into_inner()).expect("UTF-8"),
        format!(
            "{HEAD}← a\n· ← 2 bytes are missing here\n← d\n· ← captured late, belongs further up:\n\
             ← bc\n← e\n"
        )
    );
}

#[test]
fn what_was_sent_before_the_first_byte_seen_is_told_and_stays_out_of_the_file() {
    let kinds = vec![
        message(Side::Resp, 0, b"c", 0),
        message(Side::Resp, -2, b"ab", 0),
        message(Side::Resp, 3, b"f", 2),
        Kind::TcpClosed(Box::new(TcpRecord {
            bytes: Both { orig: 0, resp: 4 },
            missing: Both { orig: 0, resp: 2 },
            ..tcp_record(1, 2)
        })),
    ];
    let mut follow = Follow::new(Vec::new(), &Options::default(), TCP, None);
    told_to(&mut follow, kinds);
    assert_eq!((follow.missing().resp, follow.late().resp), (2, 2));
    assert_eq!(
        String::from_utf8(follow.output.into_inner()).expect("UTF-8"),
        format!(
            "{HEAD}← c\n· ← captured late, belongs further up:\n← ab\n· ← 2 bytes are missing here\n← f\n"
        )
    );
}

/// The same datagram, of which the capture did not keep so many bytes.
fn cut_short(kind: Kind, cut: u64) -> Kind {
    match kind {
        Kind::UdpMessage(message) => Kind::UdpMessage(UdpMessage { cut, ..message }),
        other => other,
    }
}

#[test]
fn datagrams_have_lines_of_their_own() {
    let udp = Conversation::Udp(ExchangeId(1));
    let kinds = vec![
        udp_message(said("88"), 2, None),
        udp_message(said("88"), 2, None),
        udp_message(said(""), 0, Some((20, samples::micros(1)))),
        cut_short(udp_message(said("cut"), 300, None), 297),
    ];
    assert_eq!(
        told(udp, kinds),
        "udp-1: → 192.168.15.42:40001, ← 192.168.15.73:8520\n→ 88\n→ 88\n· ← an empty datagram\n\
         → cut\n· → 297 bytes are missing here\n"
    );
}

#[test]
fn other_conversations_are_none_of_its_business() {
    let kinds = vec![udp_message(said("88"), 2, None)];
    assert_eq!(told(TCP, kinds), "");
}

#[test]
fn nothing_hostile_gets_through() {
    let hostile = samples::HOSTILE.as_bytes();
    let mut kinds: Vec<_> = (0..)
        .zip(hostile)
        .map(|(at, byte)| message(Side::Orig, at, &[*byte], 0))
        .collect();
    kinds.push(message(Side::Resp, 0, hostile, 0));
    let text = told(TCP, kinds);
    assert!(is_safe(&text) && !text.contains('\x1b'), "{text:?}");
    assert!(
        text.contains("服务"),
        "cut into single bytes it is still text"
    );
}

#[test]
fn a_file_that_cannot_be_written_ends_only_the_writing() {
    let raw: Both<Box<dyn Write + Send>> = Both {
        orig: Box::new(Full),
        resp: Box::new(io::sink()),
    };
    let mut follow = Follow::new(Vec::new(), &Options::default(), TCP, Some(raw));
    let kinds = vec![
        message(Side::Orig, 0, b"a\n", 0),
        message(Side::Orig, 2, b"b\n", 0),
    ];
    told_to(&mut follow, kinds);
    let trouble = follow.raw_trouble();
    assert!(matches!(trouble, Some((Side::Orig, _))), "{trouble:?}");
    let text = String::from_utf8(follow.output.into_inner()).expect("UTF-8");
    assert_eq!(text, format!("{HEAD}→ a\n→ b\n"));
}

struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panics").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
