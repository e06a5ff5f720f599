use inspector::track::{
    event::{ConnState, Kind, TcpTeardown, TeardownKind, TimeWait},
    flow::Side,
};

use super::{
    PLAIN, check, events_of, record_of,
    script::{Line, ack, data, fin, flags, rst, syn, talked, then},
    wire::{A, B},
};

#[test]
fn each_kind() {
    let end = |rest: Vec<Line>| then(talked(), rest);
    check(
        PLAIN,
        vec![
            (
                "four segments, the originator first",
                end(vec![fin(A, B), ack(B, A), fin(B, A), ack(A, B)]),
                "SF ShAdDaFf Complete FourSegment",
            ),
            (
                "four segments, the responder first",
                end(vec![fin(B, A), ack(A, B), fin(A, B), ack(B, A)]),
                "SF ShAdDafF Complete FourSegment",
            ),
            (
                "three segments",
                end(vec![fin(A, B), fin(B, A), ack(A, B)]),
                "SF ShAdDaFf Complete ThreeSegment",
            ),
            (
                "three segments, the responder first",
                end(vec![fin(B, A), fin(A, B), ack(B, A)]),
                "SF ShAdDafF Complete ThreeSegment",
            ),
            (
                "simultaneous close",
                end(vec![fin(A, B), fin(B, A).acks(-1), ack(A, B), ack(B, A)]),
                "SF ShAdDaFf Complete SimultaneousClose",
            ),
            (
                "half close with late data",
                end(vec![
                    fin(A, B),
                    ack(B, A),
                    data(B, A, "慢走"),
                    ack(A, B),
                    fin(B, A),
                    ack(A, B),
                ]),
                "SF ShAdDaFf Complete FourSegment",
            ),
            (
                "half closed",
                end(vec![fin(A, B), ack(B, A)]),
                "S2 ShAdDaF Complete HalfClosed",
            ),
            (
                "half closed, and then silence",
                end(vec![fin(B, A)]),
                "S3 ShAdDaf Complete HalfClosed",
            ),
            (
                "reset in the middle of a half close",
                end(vec![fin(A, B), ack(B, A), rst(B, A)]),
                "RSTR ShAdDaFr Complete Reset",
            ),
            (
                "the FIN carries the last words",
                end(vec![
                    Line::with_flags(data(A, B, "88"), "FP."),
                    ack(B, A),
                    fin(B, A),
                    ack(A, B),
                ]),
                "SF ShAdDaFf Complete FourSegment",
            ),
            ("none", talked(), "S1 ShAdDa Complete None"),
            (
                "FIN and RST together",
                end(vec![flags(A, B, "FR.")]),
                "RSTO ShAdDaI Complete Reset",
            ),
            (
                "a FIN without a connection",
                vec![syn(A, B), fin(B, A)],
                "S3 Sf NotSeen HalfClosed",
            ),
        ],
    );
}

#[test]
fn kinds_in_spite_of_losses_and_repetitions() {
    let end = |rest: Vec<Line>| then(talked(), rest);
    check(
        PLAIN,
        vec![
            (
                "the last ACK was lost",
                end(vec![fin(A, B), ack(B, A), fin(B, A), ack(A, B).lost()]),
                "SF ShAdDaFf Complete FourSegment",
            ),
            (
                "the last ACK was lost, so the FIN comes again",
                end(vec![
                    fin(A, B),
                    ack(B, A),
                    fin(B, A),
                    ack(A, B).lost(),
                    fin(B, A).again(),
                    ack(A, B),
                ]),
                "SF ShAdDaFf Complete FourSegment",
            ),
            (
                "the last ACK comes twice",
                end(vec![
                    fin(A, B),
                    ack(B, A),
                    fin(B, A),
                    ack(A, B),
                    ack(A, B).again(),
                ]),
                "SF ShAdDaFf Complete FourSegment",
            ),
            (
                "the first FIN was not captured, which is a gap to Zeek",
                end(vec![fin(A, B).lost(), ack(B, A), fin(B, A), ack(A, B)]),
                "S3 ShAdDaGf Complete HalfClosed",
            ),
            (
                "the first FIN was lost and sent again",
                end(vec![
                    fin(A, B),
                    fin(A, B).again().at(300),
                    ack(B, A),
                    fin(B, A),
                    ack(A, B),
                ]),
                "SF ShAdDaFf Complete FourSegment",
            ),
        ],
    );
}

#[test]
fn who_closed_first_who_waits_and_what_came_late() {
    let told = teardown(vec![
        fin(B, A),
        ack(A, B),
        data(A, B, "等等"),
        ack(B, A),
        fin(A, B),
        ack(B, A),
    ]);
    assert_eq!(told.kind, TeardownKind::FourSegment);
    assert_eq!(told.closed_first, Some(Side::Resp));
    assert_eq!(told.time_wait, Some(TimeWait::Resp));
    assert_eq!(told.late_bytes, 6);
    assert_eq!(told.frames, [8, 9, 12, 13]);
}

#[test]
fn both_wait_after_a_simultaneous_close() {
    let told = teardown(vec![fin(A, B), fin(B, A).acks(-1), ack(A, B), ack(B, A)]);
    assert_eq!(told.time_wait, Some(TimeWait::Both));
    assert_eq!(told.closed_first, Some(Side::Orig));
    assert_eq!(told.frames, [8, 9, 10, 11]);
}

#[test]
fn a_reset_is_laid_to_its_sender_whoever_closed_first() {
    let told = teardown(vec![fin(A, B), ack(B, A), rst(B, A)]);
    assert_eq!(told.kind, TeardownKind::Reset);
    assert_eq!(told.closed_first, Some(Side::Orig));
    assert_eq!(told.reset_by, Some(Side::Resp));
}

#[test]
fn nobody_waits_after_a_reset() {
    let told = teardown(vec![rst(B, A)]);
    assert_eq!(told.closed_first, Some(Side::Resp));
    assert_eq!(told.reset_by, Some(Side::Resp));
    assert_eq!(told.time_wait, None);
    assert_eq!(told.frames, [8]);
}

#[test]
fn three_segments_take_three_frames() {
    let told = teardown(vec![fin(A, B), fin(B, A), ack(A, B)]);
    assert_eq!(told.frames, [8, 9, 10]);
    assert_eq!(told.time_wait, Some(TimeWait::Orig));
}

#[test]
fn an_acknowledgment_of_the_fin_captured_before_it_is_no_loss() {
    let record = record_of(&then(
        talked(),
        [ack(B, A).acks(1), fin(A, B), fin(B, A), ack(A, B)],
    ));
    assert_eq!(record.missing.orig, 0);
    assert_eq!(record.conn_state, ConnState::SF);
}

#[test]
fn a_fin_sent_again_is_a_retransmission_of_a_fin() {
    let record = record_of(&then(talked(), [fin(A, B), fin(A, B).again().at(300)]));
    assert_eq!(record.retransmissions.orig, 1);
    assert_eq!(record.spurious_retransmissions.orig, 0);
}

fn teardown(rest: Vec<Line>) -> TcpTeardown {
    events_of(&then(talked(), rest))
        .into_iter()
        .find_map(|event| match event.kind {
            Kind::TcpTeardown(teardown) => Some(teardown),
            _ => None,
        })
        .expect("it is told")
}
