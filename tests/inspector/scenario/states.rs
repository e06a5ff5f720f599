use super::{
    PLAIN, WEB, check,
    script::{Line, ack, data, fin, only, opened, rst, rst_ack, syn, syn_ack, talked, then},
    wire::{A, B},
};

#[test]
fn each_of_zeeks_thirteen_states() {
    check(
        PLAIN,
        vec![
            ("S0", vec![syn(A, B)], "S0 S Unanswered None"),
            ("S1", opened(), "S1 ShA Complete None"),
            (
                "SF",
                then(talked(), [fin(A, B), ack(B, A), fin(B, A), ack(A, B)]),
                "SF ShAdDaFf Complete FourSegment",
            ),
            ("REJ", vec![syn(A, B), rst_ack(B, A)], "REJ Sr Refused None"),
            (
                "S2",
                then(talked(), [fin(A, B), ack(B, A)]),
                "S2 ShAdDaF Complete HalfClosed",
            ),
            (
                "S3",
                then(talked(), [fin(B, A), ack(A, B)]),
                "S3 ShAdDaf Complete HalfClosed",
            ),
            (
                "RSTO",
                then(talked(), [rst(A, B)]),
                "RSTO ShAdDaR Complete Reset",
            ),
            (
                "RSTR",
                then(talked(), [rst(B, A)]),
                "RSTR ShAdDar Complete Reset",
            ),
            (
                "RSTOS0",
                vec![syn(A, B), rst(A, B)],
                "RSTOS0 SR Aborted None",
            ),
            ("SH", vec![syn(A, B), fin(A, B)], "SH SF NotSeen HalfClosed"),
            (
                "OTH",
                vec![data(A, B, "你好"), ack(B, A)],
                "OTH Da NotSeen None",
            ),
        ],
    );
    check(
        WEB,
        vec![
            (
                "RSTRH",
                only(B, vec![syn(A, B), syn_ack(B, A), rst(B, A)]),
                "RSTRH ^hr NotSeen Reset",
            ),
            (
                "SHR",
                only(B, vec![syn(A, B), syn_ack(B, A), fin(B, A)]),
                "SHR ^hf NotSeen HalfClosed",
            ),
        ],
    );
}

#[test]
fn states_of_one_direction() {
    let whole = || then(talked(), [fin(A, B), ack(B, A), fin(B, A), ack(A, B)]);
    let reset_by = |end| then(talked(), [rst(end, if end == A { B } else { A })]);
    check(
        PLAIN,
        vec![
            (
                "only the originator",
                only(A, whole()),
                "SH SADF NotSeen HalfClosed",
            ),
            (
                "only the responder of an unknown port looks like one who opens",
                only(B, whole()),
                "SH HDAF NotSeen HalfClosed",
            ),
            (
                "only the originator, who resets",
                only(A, reset_by(A)),
                "OTH SADR NotSeen Reset",
            ),
            (
                "only the responder, who resets",
                only(B, reset_by(B)),
                "OTH HDAR NotSeen Reset",
            ),
            (
                "only the originator, still open",
                only(A, talked()),
                "S0 SAD NotSeen None",
            ),
            (
                "only the refusal",
                only(B, vec![syn(A, B), rst_ack(B, A)]),
                "OTH R NotSeen Reset",
            ),
        ],
    );
    check(
        WEB,
        vec![
            (
                "only the responder",
                only(B, whole()),
                "SHR ^hdaf NotSeen HalfClosed",
            ),
            (
                "only the responder, who resets",
                only(B, reset_by(B)),
                "RSTRH ^hdar NotSeen Reset",
            ),
            (
                "only the refusal",
                only(B, vec![syn(A, B), rst_ack(B, A)]),
                "RSTRH ^r NotSeen Reset",
            ),
        ],
    );
}

#[test]
fn states_of_what_began_before_the_capture() {
    let late = |lines| {
        let opening = opened().into_iter().map(Line::lost).collect();
        then(opening, lines)
    };
    check(
        PLAIN,
        vec![
            (
                "talk",
                late(vec![data(A, B, "好"), data(B, A, "好"), ack(A, B)]),
                "OTH DdA NotSeen None",
            ),
            (
                "both close",
                late(vec![
                    data(A, B, "88"),
                    fin(A, B),
                    ack(B, A),
                    fin(B, A),
                    ack(A, B),
                ]),
                "SF DFafA NotSeen FourSegment",
            ),
            (
                "the one who speaks first closes",
                late(vec![data(A, B, "88"), ack(B, A), fin(A, B)]),
                "SH DaF NotSeen HalfClosed",
            ),
            (
                "the other closes",
                late(vec![data(A, B, "88"), ack(B, A), fin(B, A)]),
                "SHR Daf NotSeen HalfClosed",
            ),
            (
                "the one who speaks first resets",
                late(vec![data(A, B, "88"), ack(B, A), rst(A, B)]),
                "OTH DaR NotSeen Reset",
            ),
            (
                "the other resets",
                late(vec![data(A, B, "88"), ack(B, A), rst(B, A)]),
                "RSTRH Dar NotSeen Reset",
            ),
            (
                "a lone acknowledgment",
                late(vec![ack(A, B)]),
                "OTH A NotSeen None",
            ),
            (
                "a lone FIN",
                late(vec![fin(A, B)]),
                "SH F NotSeen HalfClosed",
            ),
            ("a lone RST", late(vec![rst(A, B)]), "OTH R NotSeen Reset"),
            (
                "the last ACK of the handshake is the first",
                vec![
                    syn(A, B).lost(),
                    syn_ack(B, A).lost(),
                    ack(A, B),
                    data(B, A, "好"),
                ],
                "OTH Ad NotSeen None",
            ),
        ],
    );
}

#[test]
fn a_well_known_port_tells_who_was_called() {
    let late = |lines| {
        let opening = opened().into_iter().map(Line::lost).collect();
        then(opening, lines)
    };
    check(
        WEB,
        vec![
            (
                "the server's SYN-ACK first",
                then(opened(), [data(A, B, "GET")])
                    .into_iter()
                    .skip(1)
                    .collect(),
                "S1 ^hAD NotSeen None",
            ),
            (
                "the server's data first",
                late(vec![data(B, A, "200"), ack(A, B)]),
                "OTH ^dA NotSeen None",
            ),
            (
                "the client's data first",
                late(vec![data(A, B, "GET"), data(B, A, "200")]),
                "OTH Dd NotSeen None",
            ),
            (
                "the server closes first",
                late(vec![fin(B, A), ack(A, B), fin(A, B), ack(B, A)]),
                "SF ^fAFa NotSeen FourSegment",
            ),
            (
                "a SYN is believed, whatever its port",
                vec![syn(B, A), syn_ack(A, B), ack(B, A)],
                "S1 ShA Complete None",
            ),
        ],
    );
}
