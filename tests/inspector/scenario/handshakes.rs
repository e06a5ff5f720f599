use std::time::Duration;

use inspector::track::{
    Config,
    event::{HandshakeVerdict, Kind, TcpHandshake},
};

use super::{
    PLAIN, WEB, check, events_of, laws, line_of, oddities_of, record_of, records,
    script::{Line, ack, data, flags, only, opened, play, rst, rst_ack, syn, syn_ack, then, ways},
    wire::{self, A, B, Frame},
};

#[test]
fn each_verdict() {
    check(
        PLAIN,
        vec![
            ("complete", opened(), "S1 ShA Complete None"),
            (
                "complete with the first data",
                vec![syn(A, B), syn_ack(B, A), data(A, B, "你好")],
                "S1 ShD Complete None",
            ),
            (
                "complete although its last ACK was not seen",
                vec![
                    syn(A, B),
                    syn_ack(B, A),
                    ack(A, B).lost(),
                    data(B, A, "好"),
                    data(A, B, "你好"),
                ],
                "S1 ShdD Complete None",
            ),
            (
                "simultaneous open",
                vec![syn(A, B), syn(B, A).acks(0), crossing(A), crossing(B)],
                "S1 Ss SimultaneousOpen None",
            ),
            (
                "simultaneous open, answered with SYN-ACKs and plain ACKs",
                opened_by_both(),
                "S1 SsAa SimultaneousOpen None",
            ),
            (
                "simultaneous open, answered with plain ACKs",
                vec![syn(A, B), syn(B, A), ack(A, B), ack(B, A)],
                "S1 SsAa SimultaneousOpen None",
            ),
            (
                "refused",
                vec![syn(A, B), rst_ack(B, A)],
                "REJ Sr Refused None",
            ),
            (
                "refused at the third try",
                vec![
                    syn(A, B),
                    syn(A, B).again(),
                    syn(A, B).again(),
                    rst_ack(B, A),
                ],
                "REJ Sr Refused None",
            ),
            (
                "unanswered",
                vec![
                    syn(A, B),
                    syn(A, B).again().at(1_000),
                    syn(A, B).again().at(3_000),
                ],
                "S0 S Unanswered None",
            ),
            (
                "half open",
                vec![syn(A, B), syn_ack(B, A)],
                "S1 Sh HalfOpen None",
            ),
            (
                "half open, the answer repeated",
                vec![syn(A, B), syn_ack(B, A), syn_ack(B, A).again().at(1_000)],
                "S1 Sh HalfOpen None",
            ),
            (
                "half open, given up by the responder",
                vec![syn(A, B), syn_ack(B, A), rst(B, A)],
                "RSTR Shr HalfOpen None",
            ),
            (
                "aborted",
                vec![syn(A, B), rst(A, B)],
                "RSTOS0 SR Aborted None",
            ),
            (
                "aborted after the answer, as a scanner does",
                vec![syn(A, B), syn_ack(B, A), rst(A, B)],
                "RSTO ShR Aborted None",
            ),
            ("not seen", vec![data(A, B, "好")], "OTH D NotSeen None"),
            (
                "data in the SYN",
                vec![data_syn(), syn_ack(B, A), ack(A, B)],
                "S1 ShA Complete None",
            ),
            (
                "the answer came before its question was captured",
                vec![syn_ack(B, A).acks(1), syn(A, B), ack(A, B)],
                "S1 Hs^A Complete None",
            ),
        ],
    );
}

#[test]
fn a_handshake_captured_in_another_order_is_one_handshake() {
    let told = |order: [usize; 4]| {
        let lines = then(opened(), [data(A, B, "你好")]);
        let frames = play(&lines, ways(PLAIN)[0]);
        let frames: Vec<Frame> = (0..)
            .zip(order)
            .map(|(at, index)| Frame {
                at: wire::time(at),
                ..frames[index].clone()
            })
            .collect();
        let (events, _) = wire::observe(&frames, Config::reading());
        laws::hold(&events);
        let records = records(&events);
        let lines: Vec<_> = records.iter().map(line_of).collect();
        assert_eq!(records[0].bytes.total(), 6, "{order:?}");
        lines.join(" + ")
    };
    let [syn, syn_ack, ack, data] = [0, 1, 2, 3];
    for (order, wanted) in [
        ([syn, ack, syn_ack, data], "S1 SAhD Complete None"),
        ([ack, syn, syn_ack, data], "S1 AShD Complete None"),
        ([ack, syn_ack, syn, data], "OTH AhSD Complete None"),
        ([syn_ack, ack, syn, data], "OTH Hasd NotSeen None"),
        ([data, ack, syn, syn_ack], "S1 DASh Complete None"),
        ([data, ack, syn_ack, syn], "OTH DAhS Complete None"),
    ] {
        assert_eq!(told(order), wanted);
    }
}

fn opened_by_both() -> Vec<Line> {
    vec![
        syn(A, B),
        syn(B, A).acks(0),
        crossing(A),
        crossing(B),
        ack(A, B),
        ack(B, A),
    ]
}

#[test]
fn the_last_acks_of_a_simultaneous_open_ask_for_nothing() {
    assert_eq!(oddities_of(&opened_by_both()), [""; 0]);
    let lost = [
        data(A, B, "一").lost(),
        data(A, B, "二"),
        ack(B, A).acks(-6),
        ack(B, A).acks(-6),
    ];
    let record = record_of(&then(opened_by_both(), lost));
    assert_eq!(record.duplicate_acks.resp, 2);
}

/// Each side's answer to the other's SYN, as it was sent: with its own number once more.
fn crossing(from: super::wire::End) -> Line {
    flags(from, from.other(), "S.").seq(-1)
}

fn data_syn() -> Line {
    Line::with_flags(data(A, B, "cookie"), "S")
}

#[test]
fn a_port_used_again_is_another_connection() {
    let closed = "SF ShAFaf Complete FourSegment";
    let all = |rest: Vec<Line>| {
        then(
            then(
                opened(),
                [
                    super::script::fin(A, B),
                    ack(B, A),
                    super::script::fin(B, A),
                    ack(A, B),
                ],
            ),
            rest,
        )
    };
    check(
        PLAIN,
        vec![
            (
                "after the close, at once",
                all(vec![syn(A, B).new_isn(), syn_ack(B, A), ack(A, B)]),
                "SF ShAFaf Complete FourSegment + S1 ShA Complete None",
            ),
            (
                "after the close, by the other side",
                all(vec![syn(B, A), syn_ack(A, B), ack(B, A)]),
                "SF ShAFaf Complete FourSegment + S1 ShA Complete None",
            ),
            (
                "after an RST, with the same number",
                vec![
                    syn(A, B),
                    rst_ack(B, A),
                    syn(A, B).again(),
                    rst_ack(B, A).again(),
                ],
                "REJ Sr Refused None + REJ Sr Refused None",
            ),
            (
                "while the old one is open",
                then(opened(), [syn(A, B).new_isn(), syn_ack(B, A), ack(A, B)]),
                "S1 ShA Complete None + S1 ShA Complete None",
            ),
            (
                "an attempt with another number",
                vec![syn(A, B), syn(A, B).new_isn(), syn_ack(B, A), ack(A, B)],
                "S0 S Unanswered None + S1 ShA Complete None",
            ),
            (
                "a late copy of the SYN is none",
                then(opened(), [syn(A, B).again(), ack(B, A)]),
                "S1 ShAa Complete None",
            ),
            (
                "five seconds later stray segments stand alone",
                all(vec![ack(A, B).at(6_000)]),
                "SF ShAFaf Complete FourSegment + OTH A NotSeen None",
            ),
            (
                "until then they count",
                all(vec![ack(A, B).at(4_000)]),
                closed,
            ),
        ],
    );
}

#[test]
fn a_port_used_again_shows_in_the_answer_where_only_that_is_seen() {
    let twice = vec![
        syn(A, B),
        syn_ack(B, A),
        data(B, A, "好"),
        syn_ack(B, A).again(),
        syn(A, B).new_isn(),
        syn_ack(B, A).new_isn(),
        data(B, A, "好"),
    ];
    check(
        WEB,
        vec![(
            "only the answers",
            only(B, twice),
            "OTH ^hd NotSeen None + OTH ^hd NotSeen None",
        )],
    );
}

#[test]
fn a_handshake_tells_its_frames_its_times_and_what_was_announced() {
    let told = handshake(&[
        syn(A, B).at(0),
        syn(A, B).again().at(1_000),
        syn_ack(B, A).at(1_020),
        ack(A, B).at(1_025),
    ]);
    assert_eq!(told.verdict, HandshakeVerdict::Complete);
    assert_eq!(told.tries, 2);
    assert_eq!(
        (told.syn_frame, told.synack_frame, told.ack_frame),
        (Some(2), Some(3), Some(4))
    );
    assert_eq!(told.synack_rtt, None, "either SYN may be answered");
    assert_eq!(told.ack_rtt, Some(Duration::from_millis(5)));
    assert_eq!((told.mss.orig, told.mss.resp), (Some(1460), Some(1460)));
    assert_eq!(
        (told.window_scale.orig, told.window_scale.resp),
        (Some(7), Some(7))
    );
    assert!(told.sack.orig && told.sack.resp);
    assert_eq!((told.isn.orig, told.isn.resp), (Some(1_000), Some(70_000)));
}

#[test]
fn frames_and_times_of_a_handshake_belong_together() {
    let told = handshake(&[
        syn(A, B).at(0),
        syn_ack(B, A).at(20),
        syn(A, B).again().at(1_000),
        syn_ack(B, A).again().at(1_020),
        ack(A, B).at(1_025),
    ]);
    assert_eq!(
        (told.syn_frame, told.synack_frame, told.ack_frame),
        (Some(1), Some(2), Some(5))
    );
    assert_eq!(told.synack_rtt, Some(Duration::from_millis(20)));
    assert_eq!(told.ack_rtt, None, "either SYN-ACK may be acknowledged");
    assert_eq!(told.tries, 2);
}

#[test]
fn a_refusal_tells_how_long_it_took() {
    let told = handshake(&[syn(A, B), rst_ack(B, A)]);
    assert_eq!(told.verdict, HandshakeVerdict::Refused);
    assert_eq!((told.syn_frame, told.synack_frame), (Some(1), None));
}

fn handshake(lines: &[Line]) -> TcpHandshake {
    events_of(lines)
        .into_iter()
        .find_map(|event| match event.kind {
            Kind::TcpHandshake(handshake) => Some(*handshake),
            _ => None,
        })
        .expect("a verdict is told")
}
