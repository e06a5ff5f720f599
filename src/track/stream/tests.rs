use std::collections::BTreeMap;

use super::{Arrival, Budget, Heard, Payload, Stream};
use crate::track::event::{Content, Known};

/// A stream, what it says, and the frame that comes next.
struct Reader {
    stream: Stream,
    budget: Budget,
    heard: Vec<Heard>,
    frame: u64,
}

impl Reader {
    fn new() -> Self {
        Self {
            stream: Stream::new(true, false),
            budget: Budget::new(1 << 20),
            heard: Vec::new(),
            frame: 0,
        }
    }

    fn bytes(&mut self, start: i64, bytes: &[u8], push: bool) -> Arrival {
        self.frame += 1;
        let payload = Payload {
            start,
            len: bytes.len(),
            bytes,
            frame: self.frame,
            earlier: &[],
            push,
        };
        self.stream
            .insert(payload, &mut self.budget, &mut self.heard)
    }

    fn text(&mut self, start: i64, text: &str) -> Arrival {
        self.bytes(start, text.as_bytes(), true)
    }

    fn acknowledged(&mut self, offset: i64) {
        self.stream
            .acknowledged(offset, &mut self.budget, &mut self.heard);
    }

    /// What was said, and nothing is held any more.
    fn finish(mut self) -> Vec<String> {
        self.stream.finish(&mut self.budget, &mut self.heard);
        assert_eq!(self.budget.used, 0, "all that was taken is given back");
        self.heard.iter().map(words).collect()
    }
}

fn words(heard: &Heard) -> String {
    match heard {
        Heard::Gap { len } => format!("gap of {len}"),
        Heard::Message(message) => match message.content.read() {
            Known::Text(text) => format!("{} {text} {:?}", message.offset, message.frames),
            Known::Bytes(bytes) => format!("{} {bytes:x?} {:?}", message.offset, message.frames),
        },
    }
}

#[test]
fn a_message_ends_at_a_push() {
    let mut reader = Reader::new();
    reader.bytes(0, b"one ", false);
    reader.bytes(4, b"two", true);
    reader.bytes(7, b"three", false);
    assert_eq!(reader.finish(), ["0 one two [1, 2]", "7 three [3]"]);
}

#[test]
fn a_character_is_waited_for() {
    let text = "再见".as_bytes();
    for cut in 1..6 {
        let mut reader = Reader::new();
        reader.bytes(0, &text[..cut], true);
        reader.bytes(i64::try_from(cut).unwrap(), &text[cut..], true);
        let wanted: &[&str] = if cut == 3 {
            &["0 再 [1]", "3 见 [2]"]
        } else {
            &["0 再见 [1, 2]"]
        };
        assert_eq!(reader.finish(), wanted, "cut at {cut}");
    }
}

#[test]
fn a_message_that_grows_too_long_ends_before_a_character() {
    for (text, len) in [("a", 1), ("é", 2), ("见", 3), ("🍵", 4)] {
        for lead in 0..4 {
            let text = "-".repeat(lead) + &text.repeat(150_000 / len);
            let mut reader = Reader::new();
            let mut at = 0;
            for segment in text.as_bytes().chunks(1_459) {
                reader.bytes(at, segment, false);
                at += i64::try_from(segment.len()).unwrap();
            }
            reader.stream.finish(&mut reader.budget, &mut reader.heard);
            let mut told = String::new();
            for heard in &reader.heard {
                let Heard::Message(message) = heard else {
                    panic!("nothing was lost: {heard:?}");
                };
                let Content::Text(text) = &message.content else {
                    panic!("a character was cut");
                };
                assert_eq!(message.offset.unsigned_abs(), told.len() as u64);
                assert!(text.len() <= 64 * 1024);
                let frame = |at: usize| at as u64 / 1_459 + 1;
                let frames = frame(told.len())..=frame(told.len() + text.len() - 1);
                assert_eq!(message.frames.to_vec(), frames.collect::<Vec<_>>());
                told += text;
            }
            assert_eq!(reader.heard.len(), 3, "no shorter than it must be");
            assert!(told == text);
        }
    }
}

#[test]
fn a_character_that_never_ends_is_bytes() {
    let mut reader = Reader::new();
    reader.bytes(0, &"见".as_bytes()[..2], true);
    assert_eq!(reader.finish(), ["0 [e8, a7] [1]"]);
}

#[test]
fn a_gap_ends_a_message_even_inside_a_character() {
    let mut reader = Reader::new();
    reader.bytes(0, &"见".as_bytes()[..2], true);
    reader.text(5, "ok");
    reader.acknowledged(7);
    assert_eq!(reader.finish(), ["0 [e8, a7] [1]", "gap of 3", "5 ok [2]"]);
}

#[test]
fn the_first_bytes_stay() {
    let mut reader = Reader::new();
    reader.text(3, "def");
    let arrival = reader.text(0, "abcDEF");
    assert_eq!((arrival.fresh, arrival.again), (3, 3));
    assert_eq!(arrival.conflict, Some((3, 3)));
    assert_eq!(reader.finish(), ["0 abcdef [1, 2]"]);
}

#[test]
fn what_comes_after_it_was_given_up_is_told_by_itself() {
    let mut reader = Reader::new();
    reader.text(5, "later");
    reader.acknowledged(10);
    assert_eq!(reader.stream.missing(), 5);
    let arrival = reader.text(0, "early");
    assert_eq!((arrival.late, arrival.fresh, arrival.again), (5, 0, 0));
    assert_eq!(reader.stream.missing(), 0);
    assert_eq!(reader.text(0, "early").again, 5, "only once");
    assert_eq!(reader.finish(), ["gap of 5", "5 later [1]", "0 early [2]"]);
}

#[test]
fn bytes_before_the_beginning_belong_to_no_message() {
    let mut reader = Reader::new();
    let arrival = reader.text(-3, "abcdef");
    assert_eq!((arrival.fresh, arrival.again), (3, 3));
    assert_eq!(reader.finish(), ["0 def [1]"]);
}

/// What was sent, and all that a stream could know of it: which bytes arrived, the first of each place.
#[derive(Default)]
struct Reference {
    arrived: BTreeMap<i64, u8>,
}

impl Reference {
    fn insert(&mut self, start: i64, bytes: &[u8]) -> Arrival {
        let mut arrival = Arrival::default();
        for (at, &byte) in (start..).zip(bytes) {
            match self.arrived.get(&at) {
                None => arrival.fresh += 1,
                Some(_) => arrival.again += 1,
            }
            self.arrived.entry(at).or_insert(byte);
        }
        arrival
    }

    fn end(&self) -> i64 {
        self.arrived.keys().next_back().map_or(0, |last| last + 1)
    }
}

#[test]
fn any_arrivals_are_told_as_the_reference_knows_them() {
    arbtest::arbtest(|u| {
        let mut reader = Reader::new();
        let mut reference = Reference::default();
        let mut acknowledged = 0;
        for _ in 0..u.int_in_range(1..=24)? {
            let start = u.int_in_range(0..=120)?;
            let len = u.int_in_range(1..=20)?;
            // Where a stretch is sent again it is sometimes sent otherwise.
            let other = u.ratio(1, 8)?;
            let bytes: Vec<u8> = (start..start + len)
                .map(|at| b'a' + u8::try_from(at % 26).unwrap() - if other { 32 } else { 0 })
                .collect();
            let wanted = reference.insert(start, &bytes);
            let got = reader.bytes(start, &bytes, u.arbitrary()?);
            assert_eq!(
                (got.fresh + got.late, got.again),
                (wanted.fresh, wanted.again)
            );
            if u.ratio(1, 6)? {
                acknowledged = u.int_in_range(0..=140)?.max(acknowledged);
                reader.acknowledged(acknowledged);
            }
        }
        reader.stream.finish(&mut reader.budget, &mut reader.heard);
        let mut told = BTreeMap::new();
        for heard in &reader.heard {
            let Heard::Message(message) = heard else {
                continue;
            };
            let Content::Text(text) = &message.content else {
                panic!("{message:?}");
            };
            assert_eq!(message.len, text.len() as u64);
            for (at, byte) in (message.offset..).zip(text.bytes()) {
                assert_eq!(told.insert(at, byte), None, "byte {at} is told once");
            }
        }
        let missing = reference.end().max(acknowledged).abs_diff(0) - told.len() as u64;
        assert_eq!(told, reference.arrived);
        assert_eq!(reader.stream.missing(), missing);
        assert_eq!(reader.budget.used, 0, "all that was taken is given back");
        Ok(())
    });
}

#[test]
fn any_bytes_in_any_pieces_are_the_same_message() {
    arbtest::arbtest(|u| {
        let text: String = u.arbitrary::<String>()?.replace(char::is_control, "·");
        let bytes = text.as_bytes();
        let mut reader = Reader::new();
        let mut at = 0;
        while at < bytes.len() {
            let len = u.int_in_range(1..=5)?.min(bytes.len() - at);
            reader.bytes(i64::try_from(at).unwrap(), &bytes[at..at + len], true);
            at += len;
        }
        reader.stream.finish(&mut reader.budget, &mut reader.heard);
        let mut told = String::new();
        for heard in &reader.heard {
            match heard {
                Heard::Message(message) => match message.content.read() {
                    Known::Text(text) => told.push_str(text),
                    Known::Bytes(bytes) => panic!("a character was cut: {bytes:x?}"),
                },
                Heard::Gap { .. } => panic!("nothing was lost"),
            }
        }
        assert_eq!(told, text);
        Ok(())
    });
}

#[test]
fn what_there_is_no_room_for_is_told_by_its_size() {
    let mut stream = Stream::new(true, false);
    let mut budget = Budget::new(8);
    let mut heard = Vec::new();
    let segments = [(0, b"abcd"), (4, b"efgh"), (8, b"ijkl"), (12, b"mnop")];
    for (frame, (start, bytes)) in (1..).zip(segments) {
        let payload = Payload {
            start,
            len: 4,
            bytes,
            frame,
            earlier: &[],
            push: false,
        };
        stream.insert(payload, &mut budget, &mut heard);
    }
    stream.finish(&mut budget, &mut heard);
    let messages: Vec<&super::Message> = heard
        .iter()
        .map(|heard| match heard {
            Heard::Message(message) => message,
            Heard::Gap { len } => panic!("a gap of {len}: nothing is missing"),
        })
        .collect();
    let told: u64 = messages.iter().map(|message| message.len).sum();
    let let_go: u64 = messages.iter().map(|message| message.cut).sum();
    assert_eq!(told, 16);
    assert!(let_go > 0);
    assert_eq!(let_go, budget.let_go);
    let mut next = 0;
    for message in messages {
        assert_eq!((message.offset, message.missing), (next, 0));
        next += message.len.cast_signed();
    }
}
