use inspector::track::{Config, event::Kind};

use super::{
    PLAIN, laws,
    mishaps::said,
    records,
    script::{Way, ack, data, opened, play, syn, talked, then, ways},
    wire::{self, A, B, Frame, observe, track},
};

#[test]
fn a_flood_of_syns_pushes_out_no_open_connection() {
    let config = Config {
        max_connections: 100,
        ..Config::reading()
    };
    let mut frames = play(&talked(), ways(PLAIN)[0]);
    for port in 1_024..6_024 {
        let way = Way {
            ports: [port, 9_999],
            ..ways(PLAIN)[0]
        };
        let mut attempt = play(&[syn(A, B)], way);
        attempt[0].at = wire::time(10 + u64::from(port));
        frames.extend(attempt);
    }
    let mut last = play(&then(talked(), [data(A, B, "还在")]), ways(PLAIN)[0]);
    let mut last = last.remove(7);
    last.at = wire::time(20_000);
    frames.push(last);
    let (events, overview) = observe(&frames, config);
    laws::hold(&events);
    let records = records(&events);
    assert_eq!(records.len(), 5_001, "each has its record");
    assert_eq!(overview.evicted.connections, 5_001 - 100);
    assert_eq!(records[0].bytes.orig, 12, "the open one went on");
}

#[test]
fn a_flood_of_arp_stays_within_the_limits() {
    let config = Config {
        max_hosts: 50,
        ..Config::reading()
    };
    let frames: Vec<Frame> = (0..20_000_u32)
        .map(|number| {
            let [_, _, high, low] = number.to_be_bytes();
            let sender = ([2, 1, 0, 0, high, low], [10, 9, high, low]);
            Frame::new(0, wire::arp(1, sender, ([0; 6], B.ip())))
        })
        .collect();
    let (events, overview) = observe(&frames, config);
    let unanswered = events
        .iter()
        .filter(|event| matches!(event.kind, Kind::AddressUnanswered(_)))
        .count();
    assert_eq!(unanswered, 20_000, "each question is reported once");
    assert_eq!(overview.evicted.questions, 20_000 - 16_384);
    assert!(overview.hosts.len() <= 50);
    assert!(overview.evicted.hosts >= 20_000 - 50);
    assert_eq!(overview.arp.asked, overview.arp.unanswered);
}

#[test]
fn a_spent_stream_budget_lets_go_and_says_how_much() {
    let config = Config {
        max_stream_bytes: 10_000,
        ..Config::reading()
    };
    let part = "x".repeat(1_000);
    let mut script = then(opened(), [data(A, B, "first").lost()]);
    script.extend((0..50).map(|_| data(A, B, &part)));
    script.push(ack(B, A));
    // Where nobody listens nothing of it is kept, and so the first line is waited for.
    let (events, overview) = track(&play(&script, ways(PLAIN)[0]), config);
    laws::hold(&events);
    let record = &records(&events)[0];
    assert_eq!((record.bytes.orig, record.missing.orig), (50_000, 5));
    // Once the budget is spent the first line is waited for no longer, and the others are told.
    assert_eq!(overview.evicted.stream_gaps, 1);
    let told = said(&events);
    assert_eq!(told[0], format!("{part} (5 missing before)"));
    assert_eq!(told.len(), 50);
}

#[test]
fn what_waits_in_many_streams_stays_within_the_budget() {
    let config = Config {
        max_stream_bytes: 10_000,
        ..Config::reading()
    };
    let mut frames = Vec::new();
    for port in 1..=1_000 {
        let way = Way {
            ports: [port, 8_520],
            ..ways(PLAIN)[0]
        };
        let script = then(opened(), [data(A, B, "a").lost(), data(A, B, "b")]);
        frames.extend(play(&script, way));
    }
    let (events, overview) = observe(&frames, config);
    laws::hold(&events);
    assert!(overview.evicted.stream_gaps >= 800, "{overview:?}");
    assert!(records(&events).iter().all(|it| it.missing.orig == 1));
}

#[test]
fn a_message_ends_at_64_kib() {
    let part = "x".repeat(1_000);
    let mut script = opened();
    for _ in 0..200 {
        script.push(data(A, B, &part).with_flags("."));
        script.push(ack(B, A));
    }
    let (events, _) = observe(&play(&script, ways(PLAIN)[0]), Config::reading());
    let lengths: Vec<usize> = said(&events).iter().map(String::len).collect();
    assert_eq!(lengths, [65_536, 65_536, 65_536, 3_392]);
}

#[test]
fn so_many_gaps_are_the_most_that_wait() {
    let mut script = opened();
    for _ in 0..17_000 {
        script.push(data(A, B, "a").lost());
        script.push(data(A, B, "b"));
    }
    let (events, overview) = observe(&play(&script, ways(PLAIN)[0]), Config::reading());
    laws::hold(&events);
    let record = &records(&events)[0];
    assert_eq!((record.bytes.orig, record.missing.orig), (17_000, 17_000));
    assert_eq!(overview.evicted.stream_gaps, 17_000 - 16_384 + 1);
}
