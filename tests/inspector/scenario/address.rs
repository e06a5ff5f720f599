use std::{net::IpAddr, time::Duration};

use etherparse::PacketBuilder;
use inspector::{
    report::{story, words::Lang},
    track::{
        AddressCounts, Config,
        event::{Event, Kind, Resolution},
    },
};

use super::{
    laws,
    wire::{self, A, B, End, Frame, arp, observe},
};

const STRANGER: [u8; 6] = [2, 0, 0, 0, 0x0f, 0x66];
const NOBODY: [u8; 6] = [0; 6];

fn asks(at: u64, from: End) -> Frame {
    let to = from.other();
    Frame::new(at, arp(1, (from.mac(), from.ip()), (NOBODY, to.ip())))
}

fn answers(at: u64, from: End) -> Frame {
    claims(at, from.mac(), from)
}

/// Somebody answers with a MAC of theirs.
fn claims(at: u64, mac: [u8; 6], of: End) -> Frame {
    let to = of.other();
    Frame::new(at, arp(2, (mac, of.ip()), (to.mac(), to.ip())))
}

/// What is told of address resolution, in words.
fn told(frames: &[Frame]) -> (Vec<String>, AddressCounts) {
    let (events, overview) = observe(frames, Config::reading());
    laws::hold(&events);
    let words = events.iter().filter_map(|event| {
        let words = match &event.kind {
            Kind::AddressResolved(it) => format!(
                "{} is at {} after {} in {} ms{}",
                it.binding.ip,
                it.binding.mac,
                it.tries,
                it.latency.as_millis(),
                if it.broadcast { "" } else { ", asked alone" }
            ),
            Kind::AddressUnanswered(it) => format!("{} silent after {}", it.ip, it.tries),
            Kind::AddressAnnounced(it) => format!("{} announced at {}", it.ip, it.mac),
            Kind::AddressProbe(it) => format!("{} probed by {}", it.ip, it.mac),
            Kind::AddressConflict(it) => {
                format!("{} was {}, is {}", it.ip, it.old_mac, it.new_mac)
            }
            Kind::Oddity(it) => format!("{}: {}", it.name(), story::detail(it, Lang::En)),
            _ => return None,
        };
        Some(format!(
            "{words} {:?}{:?}",
            event.because,
            event.frame.unwrap_or(0)
        ))
    });
    (words.collect(), overview.arp)
}

#[test]
fn a_question_and_its_answer() {
    let (words, counts) = told(&[asks(0, A), answers(2, B)]);
    assert_eq!(
        words,
        ["192.168.15.73 is at 02:00:00:00:0f:49 after 1 in 2 ms [1]2"]
    );
    assert_eq!(
        (counts.asked, counts.answered, counts.unanswered),
        (1, 1, 0)
    );
}

#[test]
fn tries_are_counted_and_the_latency_is_from_the_last() {
    let (words, counts) = told(&[
        asks(0, A),
        asks(1_000, A),
        asks(2_000, A),
        answers(2_003, B),
    ]);
    assert_eq!(
        words,
        ["192.168.15.73 is at 02:00:00:00:0f:49 after 3 in 3 ms [1, 2, 3]4"]
    );
    assert_eq!((counts.asked, counts.answered), (1, 1));
}

#[test]
fn three_seconds_after_the_last_try_a_question_is_unanswered() {
    let frames = [asks(0, A), asks(1_000, A), asks(8_000, B)];
    let (events, _) = observe(&frames, Config::reading());
    let unanswered: Vec<&Event> = events
        .iter()
        .filter(|event| matches!(event.kind, Kind::AddressUnanswered(_)))
        .collect();
    assert_eq!(unanswered.len(), 2);
    assert_eq!(unanswered[0].at, wire::time(4_000));
    assert_eq!(
        (unanswered[0].frame, &unanswered[0].because[..]),
        (None, &[1, 2][..])
    );
}

#[test]
fn a_late_answer_answers_nothing_that_was_given_up() {
    let (words, counts) = told(&[asks(0, A), answers(3_500, B)]);
    assert_eq!(words[0], "192.168.15.73 silent after 1 [1]0");
    assert!(words[1].starts_with("arp_unasked_reply: "), "{words:?}");
    assert_eq!(
        (counts.asked, counts.answered, counts.unanswered),
        (1, 0, 1)
    );
}

#[test]
fn at_the_end_open_questions_are_unanswered() {
    let (words, counts) = told(&[asks(0, A)]);
    assert_eq!(words, ["192.168.15.73 silent after 1 [1]0"]);
    assert_eq!(counts.unanswered, 1);
}

#[test]
fn a_question_asked_again_later_is_another() {
    let (words, counts) = told(&[
        asks(0, A),
        answers(1, B),
        asks(60_000, A),
        answers(60_001, B),
    ]);
    assert_eq!(words.len(), 2);
    assert_eq!((counts.asked, counts.answered), (2, 2));
}

#[test]
fn announcements_and_probes_are_no_questions() {
    let (words, counts) = told(&[
        Frame::new(0, arp(1, (A.mac(), [0; 4]), (NOBODY, A.ip()))),
        Frame::new(10, arp(1, (A.mac(), A.ip()), (NOBODY, A.ip()))),
        Frame::new(20, arp(2, (A.mac(), A.ip()), (A.mac(), A.ip()))),
    ]);
    assert_eq!(
        words,
        [
            "192.168.15.42 probed by 02:00:00:00:0f:2a []1",
            "192.168.15.42 announced at 02:00:00:00:0f:2a []2",
            "192.168.15.42 announced at 02:00:00:00:0f:2a []3",
        ]
    );
    assert_eq!((counts.asked, counts.probes, counts.announced), (0, 1, 2));
}

#[test]
fn a_second_claim_is_a_conflict_and_the_next_frame_shows_who_is_believed() {
    let mut to_stranger = wire::udp(A, (40_001, 8_520), b"hi");
    let to_owner = to_stranger.clone();
    to_stranger[..6].copy_from_slice(&STRANGER);
    for (next, who) in [(to_stranger, "new"), (to_owner, "old")] {
        let (words, counts) = told(&[
            asks(0, A),
            answers(1, B),
            claims(50, STRANGER, B),
            Frame::new(60, next),
        ]);
        assert_eq!(
            words[1],
            "192.168.15.73 was 02:00:00:00:0f:49, is 02:00:00:00:0f:66 [2]3"
        );
        let settled = words.last().unwrap();
        assert!(settled.starts_with("conflict_settled: "), "{settled}");
        assert!(settled.contains(&format!("the {who} claim")), "{settled}");
        assert!(settled.ends_with("[3]4"), "{settled}");
        assert_eq!(counts.conflicts, 1);
    }
}

#[test]
fn what_nobody_asked_is_said_so() {
    let (words, _) = told(&[answers(0, B)]);
    assert_eq!(
        words,
        [
            "arp_unasked_reply: 02:00:00:00:0f:49 tells 192.168.15.42 that it has 192.168.15.73, which nobody asked []1"
        ]
    );
}

#[test]
fn a_sender_who_is_not_who_it_says() {
    let mut frame = answers(1, B);
    frame.bytes[6..12].copy_from_slice(&STRANGER);
    let (words, _) = told(&[asks(0, A), frame]);
    assert!(words[0].starts_with("arp_sender_mismatch: "), "{words:?}");
}

#[test]
fn who_answers_for_several_is_named() {
    let other = [192, 168, 15, 99];
    let (words, _) = told(&[
        asks(0, A),
        answers(1, B),
        Frame::new(2, arp(1, (A.mac(), A.ip()), (NOBODY, other))),
        Frame::new(3, arp(2, (B.mac(), other), (A.mac(), A.ip()))),
    ]);
    assert_eq!(
        words[2],
        "proxy_arp: 02:00:00:00:0f:49 answers for 192.168.15.99 as it did for 192.168.15.73 []4"
    );
}

#[test]
fn a_question_to_one_mac_was_not_shouted() {
    let mut frame = asks(0, A);
    frame.bytes[..6].copy_from_slice(&B.mac());
    let (words, _) = told(&[frame, answers(1, B)]);
    assert!(words[0].contains("asked alone"), "{words:?}");
}

#[test]
fn a_tagged_frame_is_a_question_as_well() {
    let tagged = |mut frame: Frame| {
        frame.bytes.splice(12..12, [0x81, 0, 0, 100]);
        Frame::new(0, frame.bytes)
    };
    let (words, _) = told(&[tagged(asks(0, A)), tagged(answers(0, B))]);
    assert_eq!(words.len(), 1);
    assert!(words[0].contains("is at"));
}

#[test]
fn neighbour_discovery_is_its_twin() {
    let message = |from: End, kind: u8, flags: u8, target: [u8; 16], option: u8, mac: [u8; 6]| {
        let mut bytes = Vec::new();
        let payload = [&target[..], &[option, 1], &mac].concat();
        PacketBuilder::ethernet2(from.mac(), from.other().mac())
            .ipv6(from.ip6(), from.other().ip6(), 255)
            .icmpv6_raw(kind, 0, [flags, 0, 0, 0])
            .write(&mut bytes, &payload)
            .unwrap();
        bytes
    };
    let asks = message(A, 135, 0, B.ip6(), 1, A.mac());
    let answers = message(B, 136, 0x60, B.ip6(), 2, B.mac());
    let claims = message(B, 136, 0x60, B.ip6(), 2, STRANGER);
    let frames = [
        Frame::new(0, asks.clone()),
        Frame::new(4, answers),
        Frame::new(5, claims),
        Frame::new(9_000, asks),
    ];
    let (events, overview) = observe(&frames, Config::reading());
    laws::hold(&events);
    let resolved = events.iter().find_map(|event| match &event.kind {
        Kind::AddressResolved(it) => Some(it.clone()),
        _ => None,
    });
    let resolved = resolved.unwrap();
    assert_eq!(resolved.by, Resolution::Neighbor);
    assert_eq!(resolved.binding.ip, IpAddr::from(B.ip6()));
    assert_eq!(resolved.latency, Duration::from_millis(4));
    let counts = overview.neighbors;
    assert_eq!(
        (
            counts.asked,
            counts.answered,
            counts.unanswered,
            counts.conflicts
        ),
        (2, 1, 1, 1)
    );
}

#[test]
fn a_first_frame_names_the_answer_that_made_it_possible() {
    use super::script::{play, syn, ways};
    let mut frames = vec![asks(0, A), answers(1, B)];
    let mut opening = play(&[syn(A, B)], ways(super::PLAIN)[0]);
    opening[0].at = wire::time(2);
    frames.append(&mut opening);
    frames.push(Frame::new(3, wire::udp(A, (40_002, 8_520), b"hi")));
    let (events, _) = observe(&frames, Config::reading());
    let because = |is: fn(&Kind) -> bool| {
        let found = events.iter().find(|event| is(&event.kind)).unwrap();
        found.because.clone()
    };
    assert_eq!(because(|kind| matches!(kind, Kind::TcpHandshake(_))), [2]);
    assert_eq!(because(|kind| matches!(kind, Kind::UdpMessage(_))), [2]);
}

#[test]
fn after_a_conflict_a_frame_follows_from_the_answer_that_its_sender_believes() {
    let to_the_old = Frame::new(30, wire::udp(A, (40_001, 8_520), b"?"));
    let frames = [
        asks(0, A),
        answers(10, B),
        claims(20, STRANGER, B),
        to_the_old,
    ];
    let (events, _) = observe(&frames, Config::reading());
    let because = events.iter().find_map(|event| match event.kind {
        Kind::UdpMessage(_) => Some(event.because.as_slice()),
        _ => None,
    });
    assert_eq!(because, Some(&[2][..]));
}
