//! What only frames tell: when each segment went by.

use std::time::Duration;

use super::super::{
    item::{Item, Said, What},
    talks::Talks,
};
use crate::{
    decode::decode,
    link_type::LinkType,
    report::samples::START,
    track::{Checksums, Config, Tracker, flow::Side},
};

const SYN: u8 = 2;
const PSH: u8 = 8;
const ACK: u8 = 16;

/// Follows frames (milliseconds, bytes from the IP header on).
fn follow(frames: &[(u64, Vec<u8>)]) -> Vec<Item> {
    // Nobody computed the checksums of these.
    let mut tracker = Tracker::new(Config {
        checksums: Checksums::Ignore,
        ..Config::reading()
    });
    let mut talks = Talks::new(None, None);
    let (mut events, mut items) = (Vec::new(), Vec::new());
    for (number, (millis, data)) in (1..).zip(frames) {
        let at = START + Duration::from_millis(*millis);
        let packet = decode(LinkType::RawIp, data, data.len());
        tracker.observe(number, at, &packet, &mut events);
        talks.packet(number, at, &packet);
        for event in events.drain(..) {
            talks.event(&event, &mut items);
        }
    }
    tracker.finish(&mut events);
    for event in events.drain(..) {
        talks.event(&event, &mut items);
    }
    items
}

fn said(items: &[Item]) -> Vec<(u64, &Said)> {
    let said = items.iter().filter_map(|item| match &item.what {
        What::Said(said) => Some((item.at.since(START).as_millis() as u64, said)),
        _ => None,
    });
    said.collect()
}

/// A packet of 10.0.0.1 and the host of this address.
fn packet(protocol: u8, (from, to): ([u8; 4], [u8; 4]), body: &[u8]) -> Vec<u8> {
    let len = (20 + body.len()) as u16;
    let mut data = vec![0x45, 0];
    data.extend(len.to_be_bytes());
    data.extend([0, 0, 0, 0, 64, protocol, 0, 0]);
    data.extend(from);
    data.extend(to);
    data.extend(body);
    data
}

/// A segment of the client with this port, or of its server; the initial sequence numbers are 100 and 500.
fn tcp(client: u16, from: Side, flags: u8, [sent, heard]: [u32; 2], words: &[u8]) -> Vec<u8> {
    let (mut ends, mut ports, mut first) =
        (([10, 0, 0, 1], [10, 0, 0, 2]), [client, 8520], [100, 500]);
    if from == Side::Resp {
        ends = (ends.1, ends.0);
        ports.reverse();
        first.reverse();
    }
    let mut body = Vec::new();
    body.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
    body.extend((first[0] + sent).to_be_bytes());
    body.extend((first[1] + heard).to_be_bytes());
    body.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    body.extend(words);
    packet(6, ends, &body)
}

fn connects(client: u16, at: u64) -> Vec<(u64, Vec<u8>)> {
    vec![
        (at, tcp(client, Side::Orig, SYN, [0, 0], b"")),
        (at, tcp(client, Side::Resp, SYN | ACK, [0, 1], b"")),
        (at, tcp(client, Side::Orig, ACK, [1, 1], b"")),
    ]
}

fn udp(to: [u8; 4]) -> Vec<u8> {
    packet(
        17,
        ([10, 0, 0, 1], to),
        b"\x9c\x41\x21\x48\x00\x0b\x00\x00abc",
    )
}

/// Without PSH only the answer makes a message known to be whole.
#[test]
fn a_message_has_the_time_of_its_own_segments() {
    let mut frames = connects(1, 0);
    frames.extend([
        (300, tcp(1, Side::Resp, PSH | ACK, [1, 1], b"hi")),
        (500, tcp(1, Side::Orig, ACK, [1, 3], b"one ")),
        (700, tcp(1, Side::Orig, ACK, [5, 3], b"two")),
        (5700, tcp(1, Side::Resp, PSH | ACK, [3, 8], b"ok")),
    ]);
    let items = follow(&frames);
    let told: Vec<_> = said(&items)
        .into_iter()
        .map(|(at, said)| (at, said.thought.map(|it| it.as_millis())))
        .collect();
    assert_eq!(told, [(300, None), (700, Some(200)), (5700, Some(5000))]);
    let behind: Vec<u64> = items
        .iter()
        .filter(|item| matches!(item.what, What::Said(_)))
        .map(|item| item.behind)
        .collect();
    assert_eq!(behind, [4, 6, 7]);
}

/// The server's first words are on their way, though nobody knows yet where they end.
#[test]
fn who_hears_the_first_segment_of_a_greeting_waits_in_no_queue() {
    let wait = |greets: bool| {
        let mut frames = connects(1, 0);
        frames.push((1, tcp(1, Side::Resp, PSH | ACK, [1, 1], b"hi")));
        frames.extend(connects(2, 100));
        if greets {
            frames.push((103, tcp(2, Side::Resp, ACK, [1, 1], b"hi")));
        }
        frames.push((9000, tcp(1, Side::Orig, PSH | ACK, [1, 3], b"88")));
        let items = follow(&frames);
        let waits = |item: &Item| matches!(item.what, What::Queued { .. });
        items.iter().any(waits)
    };
    assert!(wait(false));
    assert!(!wait(true));
}

#[test]
fn nobody_is_expected_to_answer_what_is_sent_to_many() {
    let unanswered = |to| {
        let items = follow(&[(0, udp(to))]);
        let is_told = |item: &Item| {
            matches!(
                item.what,
                What::Unanswered {
                    after_answers: false,
                    ..
                }
            )
        };
        items.iter().any(is_told)
    };
    assert!(unanswered([10, 0, 0, 2]));
    assert!(!unanswered([224, 0, 0, 251]));
    assert!(!unanswered([255, 255, 255, 255]));
}
