use std::time::Duration;

use inspector::track::{
    Checksums, Config,
    event::{Event, Kind, TcpOddityName},
};

use super::{
    PLAIN, check, events_of, oddities_of, record_of, records,
    script::{
        Line, ack, data, fin, flags, only, opened, play, rst_ack, syn, syn_ack, talked, then, ways,
    },
    wire::{self, A, B},
};

#[test]
fn lost_and_repeated_segments() {
    check(
        PLAIN,
        vec![
            (
                "the first SYN was not captured",
                vec![
                    syn(A, B).lost(),
                    syn(A, B).again(),
                    syn_ack(B, A),
                    ack(A, B),
                ],
                "S1 ShA Complete None",
            ),
            (
                "no SYN was captured",
                vec![syn(A, B).lost(), syn_ack(B, A), ack(A, B), data(A, B, "好")],
                "OTH Had NotSeen None",
            ),
            (
                "the SYN-ACK was not captured",
                vec![syn(A, B), syn_ack(B, A).lost(), ack(A, B), data(B, A, "好")],
                "OTH SAd NotSeen None",
            ),
            (
                "the SYN-ACK came twice",
                vec![syn(A, B), syn_ack(B, A), syn_ack(B, A).again(), ack(A, B)],
                "S1 ShA Complete None",
            ),
            (
                "the ACK came twice",
                then(opened(), [ack(A, B).again()]),
                "S1 ShA Complete None",
            ),
            (
                "data came twice",
                then(opened(), [data(A, B, "好"), data(A, B, "好").again()]),
                "S1 ShADT Complete None",
            ),
            (
                "a window of zero",
                then(talked(), [ack(B, A).window(0), ack(B, A).window(0)]),
                "S1 ShAdDaw Complete None",
            ),
            (
                "a window of zero, a copy and a gap in one segment",
                then(
                    talked(),
                    [
                        data(A, B, "好").lost(),
                        data(B, A, "喂").acks(-3),
                        data(B, A, "喂").again().window(0),
                    ],
                ),
                "S1 ShAdDawtG Complete None",
            ),
            (
                "a window of zero towards a side that has closed",
                then(talked(), [fin(A, B), ack(B, A).window(0)]),
                "S2 ShAdDaF Complete HalfClosed",
            ),
            (
                "data were not captured, but acknowledged",
                then(opened(), [data(A, B, "好").lost(), ack(B, A)]),
                "S1 ShAaG Complete None",
            ),
            (
                "a FIN overtakes the last words",
                then(
                    opened(),
                    [
                        data(A, B, "88").lost(),
                        fin(A, B),
                        data(A, B, "88").again(),
                        ack(B, A),
                    ],
                ),
                "S2 ShAFDTa Complete HalfClosed",
            ),
        ],
    );
}

#[test]
fn a_wrong_checksum_changes_no_state() {
    check(
        PLAIN,
        vec![
            ("SYN", vec![syn(A, B).bad_checksum()], "OTH C NotSeen None"),
            (
                "RST",
                then(opened(), [super::script::rst(B, A).bad_checksum()]),
                "S1 ShAc Complete None",
            ),
            (
                "FIN",
                then(opened(), [fin(A, B).bad_checksum()]),
                "S1 ShAC Complete None",
            ),
            (
                "data, sent again as they should be",
                then(
                    opened(),
                    [data(A, B, "好").bad_checksum(), data(A, B, "好").again()],
                ),
                "S1 ShACD Complete None",
            ),
            (
                "a second SYN",
                then(opened(), [syn(A, B).new_isn().bad_checksum()]),
                "S1 ShAC Complete None",
            ),
        ],
    );
    let script = then(talked(), [data(A, B, "坏").bad_checksum()]);
    assert_eq!(oddities_of(&script), ["bad_checksum"]);
    assert_eq!(record_of(&script).bad_checksums.orig, 1);
    for way in ways(PLAIN) {
        let (_, overview) = wire::observe(&play(&script, way), Config::reading());
        assert_eq!(overview.bad_checksums, 1);
    }
}

#[test]
fn a_checksum_left_to_the_card_is_none_to_worry_about() {
    let offloaded = |lines: Vec<Line>| lines.into_iter().map(Line::offloaded).collect::<Vec<_>>();
    check(
        PLAIN,
        vec![("all of it", offloaded(talked()), "S1 ShAdDa Complete None")],
    );
    assert!(oddities_of(&offloaded(talked())).is_empty());
}

#[test]
fn checksums_can_be_ignored() {
    let script = then(opened(), [data(A, B, "好").bad_checksum()]);
    let config = Config {
        checksums: Checksums::Ignore,
        ..Config::reading()
    };
    let (events, _) = wire::observe(&play(&script, ways(PLAIN)[0]), config);
    let record = &records(&events)[0];
    assert_eq!((&*record.history, record.bytes.orig), ("ShAD", 3));
    assert_eq!(record.bad_checksums.orig, 0);
}

#[test]
fn what_the_snaplen_cut_counts_by_the_length_on_the_wire() {
    let script = then(
        opened(),
        [
            data(A, B, "0123456789").cut(4),
            ack(B, A),
            data(A, B, "more"),
            ack(B, A),
        ],
    );
    let record = record_of(&script);
    assert_eq!((record.bytes.orig, record.missing.orig), (14, 0));
    assert_eq!(record.history, "ShADa");
    assert!(oddities_of(&script).is_empty());
    let events = events_of(&script);
    assert_eq!(said(&events), ["0123", "more"]);
    let cut = events.iter().find_map(|event| match &event.kind {
        Kind::TcpMessage(message) => Some((message.len, message.cut, message.missing)),
        _ => None,
    });
    assert_eq!(cut, Some((10, 6, 0)));
}

#[test]
fn a_segment_larger_than_any_frame_is_one_segment() {
    let large = "x".repeat(40_000);
    let record = record_of(&then(opened(), [data(A, B, &large), ack(B, A)]));
    assert_eq!((record.packets.orig, record.bytes.orig), (3, 40_000));
    assert_eq!(record.retransmissions.total(), 0);
}

#[test]
fn simultaneous_open_repeats_nothing() {
    let script = [
        syn(A, B),
        syn(B, A),
        flags(A, B, "S.").seq(-1),
        flags(B, A, "S.").seq(-1),
    ];
    assert!(oddities_of(&script).is_empty());
    assert_eq!(record_of(&script).retransmissions.total(), 0);
}

#[test]
fn what_is_sent_again_is_named() {
    let script = [
        syn(A, B),
        syn(A, B).again().at(1_000),
        syn_ack(B, A),
        ack(A, B),
        data(A, B, "你好"),
        data(A, B, "你好").again().at(2_000),
        ack(B, A),
        data(A, B, "你好").again().at(2_100),
        fin(A, B),
        fin(A, B).again().at(3_000),
    ];
    let named: Vec<(String, Vec<u64>)> = events_of(&script)
        .into_iter()
        .filter_map(|event| match event.kind {
            Kind::TcpOddity(oddity) => Some((format!("{:?}", oddity.name), event.because)),
            _ => None,
        })
        .collect();
    let wanted = [
        ("Retransmission { what: Syn, len: 0 }", vec![1]),
        ("Retransmission { what: Data, len: 6 }", vec![5]),
        ("SpuriousRetransmission { len: 6 }", vec![5]),
        ("Retransmission { what: Fin, len: 0 }", vec![9]),
    ];
    let wanted: Vec<_> = wanted
        .into_iter()
        .map(|(name, because)| (name.to_owned(), because))
        .collect();
    assert_eq!(named, wanted);
    let record = record_of(&script);
    assert_eq!(record.retransmissions.orig, 4);
    assert_eq!(record.spurious_retransmissions.orig, 1);
}

#[test]
fn late_segments_are_put_where_they_belong() {
    let script = then(
        opened(),
        [
            data(A, B, "第一").lost().at(10),
            data(A, B, "二").at(11),
            data(A, B, "第一").again().at(11),
            ack(B, A).at(12),
        ],
    );
    let script: Vec<Line> = script;
    assert_eq!(oddities_of(&script), ["out_of_order"]);
    assert_eq!(said(&events_of(&script)), ["第一", "二"]);
    assert_eq!(record_of(&script).missing.orig, 0);
}

#[test]
fn a_copy_of_what_was_lost_before_the_capture_is_a_retransmission() {
    let script = then(
        opened(),
        [
            data(A, B, "第一").lost(),
            data(A, B, "二").at(10),
            ack(B, A).acks(-9).at(11),
            data(A, B, "第一").again().at(300),
        ],
    );
    let record = record_of(&script);
    assert_eq!(
        (record.retransmissions.orig, record.out_of_order.orig),
        (1, 0)
    );
}

#[test]
fn bytes_captured_after_their_acknowledgment_are_told_and_not_missing() {
    let script = then(
        opened(),
        [
            data(A, B, "你好").lost(),
            ack(B, A),
            data(A, B, "你好").again(),
            data(A, B, "88"),
        ],
    );
    let record = record_of(&script);
    assert_eq!((record.bytes.orig, record.missing.orig), (8, 0));
    assert_eq!(said(&events_of(&script)), ["你好", "88"]);
    assert_eq!(oddities_of(&script), ["gap"]);
}

#[test]
fn what_is_missing_stands_before_the_late_bytes_behind_it() {
    let script = then(
        opened(),
        [
            data(A, B, "abcd").lost(),
            data(A, B, "efgh").lost(),
            ack(B, A),
            data(A, B, "cdefghij").seq(-6),
        ],
    );
    assert_eq!(
        said(&events_of(&script)),
        ["cdefgh (2 missing before)", "ij"]
    );
    assert_eq!(record_of(&script).missing.orig, 2);
}

#[test]
fn what_a_sender_is_seen_to_be_past_is_missing_at_the_end() {
    let script = only(
        A,
        then(opened(), [data(A, B, "你好").lost(), ack(B, A), ack(A, B)]),
    );
    let record = record_of(&script);
    assert_eq!((record.bytes.orig, record.missing.orig), (0, 6));
    assert_eq!(oddities_of(&script), ["gap"]);
    let damaged = only(A, then(opened(), [ack(A, B).seq(1 << 24)]));
    assert_eq!(record_of(&damaged).missing.orig, 0);
}

/// What A sent after its connection was opened unseen.
fn mid_stream(rest: impl IntoIterator<Item = Line>) -> Vec<Line> {
    then(opened().into_iter().map(Line::lost).collect(), rest)
}

fn offsets(events: &[Event]) -> Vec<i64> {
    let offset = |event: &Event| match &event.kind {
        Kind::TcpMessage(message) => Some(message.offset),
        _ => None,
    };
    events.iter().filter_map(offset).collect()
}

#[test]
fn bytes_from_before_the_first_byte_seen_are_told_once() {
    let script = mid_stream([
        data(A, B, "0").lost(),
        data(A, B, "11").lost(),
        data(A, B, "222"),
        data(A, B, "11").again(),
        ack(B, A),
        data(A, B, "011222").seq(-6),
        data(A, B, "3"),
    ]);
    let events = events_of(&script);
    assert_eq!(said(&events), ["222", "11", "0", "3"]);
    assert_eq!(offsets(&events), [0, -2, -3, 3]);
    let record = record_of(&script);
    assert_eq!((record.bytes.orig, record.missing.orig), (7, 0));
    assert_eq!(record.history, "DTa");
}

#[test]
fn a_late_syn_tells_what_is_missing_at_the_beginning() {
    let script = |late: Line| {
        then(
            vec![syn(A, B).lost(), data(A, B, "0").lost()],
            [
                data(A, B, "11").lost(),
                data(A, B, "222"),
                syn(A, B).again(),
                late,
            ],
        )
    };
    let record = record_of(&script(ack(A, B)));
    assert_eq!((record.bytes.orig, record.missing.orig), (3, 3));
    assert!(record.role_seen);
    let record = record_of(&script(data(A, B, "11").again()));
    assert_eq!((record.bytes.orig, record.missing.orig), (5, 1));
}

#[test]
fn what_was_acknowledged_before_the_capture_is_not_missing() {
    let script = mid_stream([
        data(A, B, "11").lost(),
        ack(B, A),
        data(A, B, "222").lost(),
        data(A, B, "3"),
        ack(B, A),
    ]);
    let record = record_of(&script);
    assert_eq!((record.bytes.resp, record.missing.resp), (1, 0));
}

#[test]
fn what_was_never_seen_is_missing() {
    let script = then(
        opened(),
        [data(A, B, "你好").lost(), data(A, B, "88"), ack(B, A)],
    );
    let record = record_of(&script);
    assert_eq!((record.bytes.orig, record.missing.orig), (2, 6));
    assert_eq!(said(&events_of(&script)), ["88 (6 missing before)"]);
}

#[test]
fn other_bytes_in_the_same_place_are_an_alarm_and_the_first_stay() {
    let script = then(
        opened(),
        [
            data(A, B, "abcdef"),
            data(A, B, "abXdef").seq(-6),
            ack(B, A),
        ],
    );
    assert!(oddities_of(&script).contains(&"overlap_conflict"));
    assert_eq!(said(&events_of(&script)), ["abcdef"]);
}

#[test]
fn a_closed_window_is_a_story() {
    let script = then(
        opened(),
        [
            data(A, B, "多"),
            ack(B, A).window(0).at(100),
            data(A, B, "x").at(600).seq(0),
            ack(B, A).window(0).at(601),
            ack(B, A).window(8_192).at(1_100),
            data(A, B, "x"),
            ack(B, A),
        ],
    );
    let names = oddities_of(&script);
    assert_eq!(
        names[..4],
        [
            "zero_window",
            "window_probe",
            "zero_window",
            "window_reopened"
        ]
    );
    let stalled = events_of(&script)
        .into_iter()
        .find_map(|event| match event.kind {
            Kind::TcpOddity(oddity) => match oddity.name {
                TcpOddityName::WindowReopened { stalled } => Some(stalled),
                _ => None,
            },
            _ => None,
        });
    assert_eq!(stalled, Some(Duration::from_secs(1)));
    let record = record_of(&script);
    assert_eq!(record.zero_windows.resp, 2);
    assert_eq!(record.history, "ShADawT");
}

#[test]
fn a_closed_window_is_asked_for_without_a_byte_after_one_was_offered() {
    let script = then(
        opened(),
        [
            data(A, B, "多"),
            ack(B, A).window(0).at(100),
            data(A, B, "x").at(600).seq(0),
            ack(B, A).window(0).at(601),
            ack(A, B).at(1_600).seq(-1),
        ],
    );
    let probes = oddities_of(&script);
    let probes = probes.iter().filter(|name| **name == "window_probe");
    assert_eq!(probes.count(), 2);
}

#[test]
fn a_lone_place_behind_all_bytes_was_a_fin_unless_more_follows() {
    let unseen = |rest: Vec<Line>| then(then(opened(), [data(A, B, "88")]), rest);
    let closes = [ack(B, A), fin(B, A), ack(A, B)];
    for (name, script, missing) in [
        (
            "a FIN that was not captured",
            then(unseen(vec![fin(A, B).lost()]), closes.clone()),
            0,
        ),
        (
            "whose sender goes on acknowledging before its FIN is acknowledged",
            unseen(vec![fin(A, B).lost(), ack(A, B), ack(B, A)]),
            0,
        ),
        (
            "a byte, for more bytes follow",
            unseen(vec![
                data(A, B, "x").lost(),
                ack(B, A),
                data(A, B, "yz"),
                ack(B, A),
            ]),
            1,
        ),
        (
            "a byte, for a FIN follows",
            unseen(vec![
                data(A, B, "x").lost(),
                ack(B, A),
                fin(A, B),
                ack(B, A),
            ]),
            1,
        ),
        (
            "two bytes",
            unseen(vec![data(A, B, "xy").lost(), ack(B, A)]),
            2,
        ),
    ] {
        assert_eq!(record_of(&script).missing.orig, missing, "{name}");
        let gaps = oddities_of(&script)
            .iter()
            .filter(|it| **it == "gap")
            .count();
        assert_eq!(gaps, usize::from(missing > 0), "{name}");
    }
}

#[test]
fn what_only_an_rst_acknowledges_is_not_missing() {
    let script = then(opened(), [data(A, B, "88").lost(), rst_ack(B, A)]);
    assert_eq!(record_of(&script).missing.orig, 0);
}

#[test]
fn keep_alives_and_duplicate_acknowledgments_are_counted() {
    let asks = then(
        talked(),
        [
            ack(A, B).seq(-1).at(60_000),
            ack(B, A),
            ack(A, B).seq(-1).at(120_000),
            ack(B, A),
        ],
    );
    let record = record_of(&asks);
    assert_eq!(
        (record.keep_alives.orig, record.duplicate_acks.total()),
        (2, 0)
    );
    let garbage = then(
        talked(),
        [data(A, B, "\u{1}").seq(-1).at(60_000), ack(B, A)],
    );
    assert_eq!(oddities_of(&garbage), ["keep_alive"]);
    assert_eq!(record_of(&garbage).bytes.orig, 6);
    let hole = then(
        talked(),
        [
            data(A, B, "一").lost(),
            data(A, B, "二"),
            ack(B, A).acks(-6),
            data(A, B, "三"),
            ack(B, A).acks(-9),
            data(A, B, "四"),
            ack(B, A).acks(-12),
        ],
    );
    assert_eq!(record_of(&hole).duplicate_acks.resp, 3);
}

#[test]
fn a_silent_chat_is_not_split() {
    let days = 4 * 24 * 3_600 * 1_000;
    let script = then(talked(), [data(A, B, "还在吗").at(days), ack(B, A)]);
    assert_eq!(records(&events_of(&script)).len(), 1);
}

#[test]
fn an_attempt_is_given_up_after_its_last_syn() {
    let alone = [
        syn(A, B),
        syn(A, B).again().at(100_000),
        syn(A, B).again().at(229_000),
    ];
    assert_eq!(records(&events_of(&alone)).len(), 1);
    let late = [syn(A, B), syn(A, B).again().at(131_000)];
    assert_eq!(records(&events_of(&late)).len(), 2);
}

#[test]
fn a_chat_whose_syn_was_missed_is_not_given_up() {
    let script = [
        syn(A, B).lost(),
        syn_ack(B, A),
        ack(A, B),
        data(B, A, "好").at(200_000),
        data(A, B, "好").at(400_000),
    ];
    assert_eq!(records(&events_of(&script)).len(), 1);
}

/// What was said, in order, with what was missing before it.
pub fn said(events: &[Event]) -> Vec<String> {
    events
        .iter()
        .filter_map(|event| match &event.kind {
            Kind::TcpMessage(message) => Some(match message.missing {
                0 => text(&message.content),
                lost => format!("{} ({lost} missing before)", text(&message.content)),
            }),
            _ => None,
        })
        .collect()
}

fn text(content: &inspector::track::event::Content) -> String {
    match content.read() {
        inspector::track::event::Known::Text(text) => text.to_owned(),
        inspector::track::event::Known::Bytes(bytes) => format!("{bytes:02x?}"),
    }
}
