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
    let other = [192, 168, 16, 99];
    let (words, _) = told(&[
        asks(0, A),
        answers(1, B),
        Frame::new(2, arp(1, (A.mac(), A.ip()), (NOBODY, other))),
        Frame::new(3, arp(2, (B.mac(), other), (A.mac(), A.ip()))),
    ]);
    assert_eq!(
        words[2],
        "proxy_arp: 02:00:00:00:0f:49 answers for 192.168.16.99 as it did for 192.168.15.73 []4"
    );
}

#[test]
fn who_answers_for_an_address_of_another_is_named() {
    let other = [192, 168, 15, 99];
    let (words, _) = told(&[
        asks(0, A),
        answers(1, B),
        Frame::new(2, arp(1, (STRANGER, other), (NOBODY, other))),
        Frame::new(3, arp(1, (A.mac(), A.ip()), (NOBODY, other))),
        Frame::new(4, arp(2, (B.mac(), other), (A.mac(), A.ip()))),
    ]);
    assert!(words[4].starts_with("proxy_arp: "), "{words:?}");
}

#[test]
fn who_has_several_addresses_is_no_proxy() {
    let other = [192, 168, 15, 99];
    let tells = |at, ip| Frame::new(at, arp(2, (B.mac(), ip), (A.mac(), A.ip())));
    let asked = [
        asks(0, A),
        answers(1, B),
        Frame::new(2, arp(1, (A.mac(), A.ip()), (NOBODY, other))),
        tells(3, other),
    ];
    let unasked = [answers(0, B), tells(1, [10, 1, 2, 3])];
    // It defends what it announced against a probe.
    let probe = arp(1, (A.mac(), [0; 4]), (NOBODY, [10, 1, 2, 3]));
    let defence = arp(2, (B.mac(), [10, 1, 2, 3]), (A.mac(), [0; 4]));
    let defended = [
        asks(0, A),
        answers(1, B),
        Frame::new(2, probe),
        Frame::new(3, defence),
    ];
    for frames in [&asked[..], &unasked, &defended] {
        let (words, _) = told(frames);
        let cries = words.iter().any(|told| told.starts_with("proxy_arp"));
        assert!(!cries, "{words:?}");
    }
}

/// A frame with the tag of a VLAN.
fn in_vlan(id: u8, mut frame: Frame) -> Frame {
    frame.bytes.splice(12..12, [0x81, 0, 0, id]);
    Frame {
        captured: frame.bytes.len(),
        ..frame
    }
}

#[test]
fn each_vlan_has_addresses_of_its_own() {
    let (words, counts) = told(&[in_vlan(10, asks(0, A)), in_vlan(20, answers(1, B))]);
    assert!(words[0].starts_with("arp_unasked_reply: "), "{words:?}");
    assert_eq!((counts.answered, counts.unanswered), (0, 1));

    let to = |mac: [u8; 6], port| {
        let mut frame = wire::udp(A, (port, 8_520), b"hi");
        frame[..6].copy_from_slice(&mac);
        Frame::new(10, frame)
    };
    let frames = [
        in_vlan(10, asks(0, A)),
        in_vlan(10, answers(1, B)),
        in_vlan(20, asks(2, A)),
        in_vlan(20, claims(3, STRANGER, B)),
        in_vlan(10, to(B.mac(), 40_001)),
        in_vlan(20, to(STRANGER, 40_002)),
    ];
    let (words, counts) = told(&frames);
    assert_eq!((words.len(), counts.answered), (2, 2), "{words:?}");
    assert_eq!(counts.conflicts, 0);
    assert_eq!(because_of_messages(&frames), [[2], [4]]);
    // The tag of VLAN 0 carries a priority only.
    let (words, _) = told(&[in_vlan(0, asks(0, A)), answers(1, B)]);
    assert!(words[0].contains("is at"), "{words:?}");
}

/// What each first datagram follows from.
fn because_of_messages(frames: &[Frame]) -> Vec<Vec<u64>> {
    let (events, _) = observe(frames, Config::reading());
    let messages = events
        .iter()
        .filter(|event| matches!(event.kind, Kind::UdpMessage(_)));
    messages.map(|event| event.because.clone()).collect()
}

#[test]
fn a_frame_follows_from_a_second_answer_or_an_announcement_that_its_sender_believes() {
    let mut to_stranger = wire::udp(A, (40_001, 8_520), b"?");
    to_stranger[..6].copy_from_slice(&STRANGER);
    let to_stranger = Frame::new(30, to_stranger);
    let announced = arp(1, (STRANGER, B.ip()), (NOBODY, B.ip()));
    let announced = Frame::new(20, announced);
    for claim in [claims(20, STRANGER, B), announced.clone()] {
        let frames = [asks(0, A), answers(10, B), claim, to_stranger.clone()];
        assert_eq!(because_of_messages(&frames), [[3]]);
    }
    // Who was not told before may have known it before the capture.
    let frames = [announced, to_stranger];
    assert_eq!(because_of_messages(&frames), [[0; 0]]);
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

/// A neighbour discovery message about B's address.
fn neighbor(from: End, source: [u8; 16], (kind, flags): (u8, u8), option: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    PacketBuilder::ethernet2(from.mac(), from.other().mac())
        .ipv6(source, from.other().ip6(), 255)
        .icmpv6_raw(kind, 0, [flags, 0, 0, 0])
        .write(&mut bytes, &[&B.ip6()[..], option].concat())
        .unwrap();
    bytes
}

/// A question who has B's address.
fn solicits(from: End, source: [u8; 16]) -> Vec<u8> {
    neighbor(from, source, (135, 0), &[&[1, 1][..], &from.mac()].concat())
}

/// B tells where its address is.
fn advertises(flags: u8, mac: [u8; 6]) -> Vec<u8> {
    neighbor(B, B.ip6(), (136, flags), &[&[2, 1][..], &mac].concat())
}

#[test]
fn neighbour_discovery_is_its_twin_in_probes_announcements_and_oddities() {
    let probe = neighbor(B, [0; 16], (135, 0), &[]);
    let (words, _) = told(&[
        Frame::new(0, probe),
        Frame::new(1, advertises(0x20, B.mac())),
        Frame::new(2, advertises(0x60, B.mac())),
        Frame::new(3, solicits(A, A.ip6())),
        Frame::new(4, advertises(0x60, STRANGER)),
    ]);
    assert_eq!(
        words,
        [
            "fd00::49 probed by 02:00:00:00:0f:49 []1",
            "fd00::49 announced at 02:00:00:00:0f:49 []2",
            "neighbor_unasked_reply: 02:00:00:00:0f:49 tells fd00::2a that it has fd00::49, which nobody asked []3",
            "neighbor_sender_mismatch: the frame comes from 02:00:00:00:0f:49, its sender says 02:00:00:00:0f:66 []5",
            "fd00::49 was 02:00:00:00:0f:49, is 02:00:00:00:0f:66 [2]5",
            "fd00::49 is at 02:00:00:00:0f:66 after 1 in 1 ms, asked alone [4]5",
        ]
    );
}

#[test]
fn neighbour_discovery_is_its_twin() {
    let asks = solicits(A, A.ip6());
    let answers = advertises(0x60, B.mac());
    let claims = advertises(0x60, STRANGER);
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
