//! The scenes that other tools tell wrongly, and the traps that embarrassed them.

use std::time::Duration;

use inspector::track::{
    Config, Evicted,
    event::{HandshakeVerdict, Kind, TeardownKind},
};

use super::{
    PLAIN, WEB, events_of, laws,
    mishaps::said,
    oddities_of, record_of, records,
    script::{Line, ack, data, fin, opened, play, rst, rst_ack, syn, syn_ack, talked, then, ways},
    wire::{self, A, B, Frame},
};

#[test]
fn chinese_text_is_text() {
    assert_eq!(said(&events_of(&talked())), ["服务端提供服务", "你好"]);
}

#[test]
fn a_character_cut_in_two_and_a_duplicate_are_one_message() {
    let script = then(
        opened(),
        [
            Line::bytes(data(A, B, ""), &"再见".as_bytes()[..4]),
            ack(B, A),
            Line::bytes(data(A, B, ""), &"再见".as_bytes()[4..]),
            Line::bytes(data(A, B, ""), &"再见".as_bytes()[4..]).again(),
            ack(B, A),
        ],
    );
    let events = events_of(&script);
    assert_eq!(said(&events), ["再见"]);
    let frames = events.iter().find_map(|event| match &event.kind {
        Kind::TcpMessage(message) => Some(message.frames.clone()),
        _ => None,
    });
    assert_eq!(frames.unwrap().to_vec(), [4, 6]);
    assert_eq!(record_of(&script).retransmissions.orig, 1);
}

#[test]
fn padding_is_never_text() {
    let script = then(opened(), [data(A, B, "88"), ack(B, A)]);
    let mut frames = play(&script, ways(PLAIN)[0]);
    for frame in &mut frames {
        frame.bytes.resize(frame.bytes.len().max(60), 0);
        frame.captured = frame.bytes.len();
    }
    let (events, _) = wire::observe(&frames, Config::reading());
    assert_eq!(said(&events), ["88"]);
    assert_eq!(records(&events)[0].bytes.resp, 0);
}

#[test]
fn three_syns_without_an_answer_are_one_failed_attempt() {
    let script = [
        syn(A, B).at(0),
        syn(A, B).again().at(1_000),
        syn(A, B).again().at(3_000),
    ];
    let events = events_of(&script);
    let told = events.iter().find_map(|event| match &event.kind {
        Kind::TcpHandshake(it) => Some((it.verdict, it.tries)),
        _ => None,
    });
    assert_eq!(told, Some((HandshakeVerdict::Unanswered, 3)));
    assert_eq!(records(&events).len(), 1);
}

#[test]
fn a_refusal_is_no_acknowledgment() {
    let record = record_of(&[syn(A, B), rst_ack(B, A)]);
    assert_eq!(record.handshake, HandshakeVerdict::Refused);
    assert_eq!(record.history, "Sr");
}

#[test]
fn each_way_to_close_has_its_name() {
    let close = |rest: Vec<Line>| record_of(&then(talked(), rest)).teardown;
    assert_eq!(
        close(vec![fin(A, B), fin(B, A), ack(A, B)]),
        TeardownKind::ThreeSegment
    );
    assert_eq!(
        close(vec![fin(A, B), fin(B, A).acks(-1), ack(A, B), ack(B, A)]),
        TeardownKind::SimultaneousClose
    );
    assert_eq!(close(vec![rst(A, B)]), TeardownKind::Reset);
}

#[test]
fn an_off_subnet_syn_names_the_gateway_and_the_answer_that_told_its_mac() {
    let gateway = ([2, 0, 0, 0, 0x0f, 1], [192, 168, 15, 1]);
    let mut frames = vec![
        Frame::new(0, wire::arp(1, (A.mac(), A.ip()), ([0; 6], gateway.1))),
        Frame::new(1, wire::arp(2, gateway, (A.mac(), A.ip()))),
    ];
    let mut opening = play(&[syn(A, B)], ways(PLAIN)[0]);
    opening[0].at = wire::time(2);
    let frame = &mut opening[0].bytes;
    frame[..6].copy_from_slice(&gateway.0);
    // 192.168.15.73 becomes 198.51.100.7; both checksums follow from the difference.
    let old = [frame[30], frame[31], frame[32], frame[33]];
    let new = [198, 51, 100, 7];
    frame[30..34].copy_from_slice(&new);
    for field in [24, 50] {
        let mut sum = u32::from(!u16::from_be_bytes([frame[field], frame[field + 1]]));
        for (old, new) in old.chunks(2).zip(new.chunks(2)) {
            sum += u32::from(!u16::from_be_bytes([old[0], old[1]]));
            sum += u32::from(u16::from_be_bytes([new[0], new[1]]));
        }
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        frame[field..field + 2].copy_from_slice(&(!(sum as u16)).to_be_bytes());
    }
    frames.extend(opening);
    let (events, _) = wire::observe(&frames, Config::reading());
    laws::hold(&events);
    let told = events.iter().find_map(|event| match &event.kind {
        Kind::TcpHandshake(it) => Some((event.because.clone(), it.route)),
        _ => None,
    });
    let (because, route) = told.unwrap();
    assert_eq!(because, [2]);
    let off_subnet = route.unwrap().off_subnet.unwrap();
    assert_eq!(off_subnet.gateway_ip, Some(gateway.1.into()));
    assert!(!off_subnet.net_known);
}

#[test]
fn a_human_pause_splits_nothing() {
    let record = record_of(&then(
        talked(),
        [data(A, B, "我回来了").at(6 * 60_000), ack(B, A)],
    ));
    assert_eq!(record.history, "ShAdDa");
    assert!(record.duration >= Duration::from_secs(355));
}

#[test]
fn time_that_steps_back_expires_nothing() {
    let script = then(
        talked(),
        [
            data(A, B, "一").at(5_000),
            data(A, B, "二").at(1_000),
            ack(B, A).at(5_001),
        ],
    );
    let record = record_of(&script);
    assert_eq!(record.bytes.orig, 6 + 6);
    assert!(record.duration >= Duration::from_secs(4));
}

#[test]
fn a_tag_does_not_hide_a_connection() {
    let mut frames = play(&talked(), ways(PLAIN)[0]);
    for frame in &mut frames {
        frame.bytes.splice(12..12, [0x81, 0, 0, 100]);
        frame.captured = frame.bytes.len();
    }
    let (events, _) = wire::observe(&frames, Config::reading());
    assert_eq!(said(&events), ["服务端提供服务", "你好"]);
}

#[test]
fn a_snaplen_inside_the_header_tells_nothing_wrong() {
    for keep in 0..66 {
        let mut frames = play(&talked(), ways(PLAIN)[0]);
        for frame in &mut frames {
            frame.captured = keep.min(frame.bytes.len());
        }
        let (events, overview) = wire::observe(&frames, Config::reading());
        laws::hold(&events);
        assert_eq!(overview.evicted, Evicted::default());
        for record in records(&events) {
            assert_eq!(record.bytes.total(), 27, "{keep} bytes kept");
            assert_eq!(record.bad_checksums.total(), 0);
        }
    }
}

#[test]
fn control_characters_are_not_text() {
    let script = then(opened(), [data(A, B, "\u{1b}]52;c;aGk=\u{7}")]);
    let said = said(&events_of(&script));
    assert!(said[0].starts_with("[1b, 5d"), "{said:?}");
}

#[test]
fn the_syn_ack_first_in_the_file_is_the_servers() {
    let script = [
        syn(A, B).lost(),
        syn_ack(B, A),
        ack(A, B),
        data(A, B, "GET"),
    ];
    let (events, _) = wire::observe(&play(&script, ways(WEB)[0]), Config::reading());
    let record = &records(&events)[0];
    assert_eq!(record.flow.resp.port, 80);
    assert!(!record.role_seen);
    assert!(oddities_of(&script).is_empty());
}
