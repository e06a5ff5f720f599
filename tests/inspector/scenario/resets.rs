use super::{
    PLAIN, check, oddities_of, record_of,
    script::{Line, ack, data, fin, flags, opened, rst, rst_ack, syn, syn_ack, talked, then},
    wire::{A, B},
};

#[test]
fn an_rst_in_every_state() {
    let end = |rest: Vec<Line>| then(talked(), rest);
    check(
        PLAIN,
        vec![
            ("before anything", vec![rst(A, B)], "OTH R NotSeen Reset"),
            (
                "after the SYN, by the originator",
                vec![syn(A, B), rst(A, B)],
                "RSTOS0 SR Aborted None",
            ),
            (
                "after the SYN, by the responder",
                vec![syn(A, B), rst_ack(B, A)],
                "REJ Sr Refused None",
            ),
            (
                "after the SYN-ACK, by the originator",
                vec![syn(A, B), syn_ack(B, A), rst(A, B)],
                "RSTO ShR Aborted None",
            ),
            (
                "after the SYN-ACK, by the responder",
                vec![syn(A, B), syn_ack(B, A), rst(B, A)],
                "RSTR Shr HalfOpen None",
            ),
            (
                "once established, by the originator",
                then(opened(), [rst_ack(A, B)]),
                "RSTO ShAR Complete Reset",
            ),
            (
                "once established, by the responder",
                then(opened(), [rst_ack(B, A)]),
                "RSTR ShAr Complete Reset",
            ),
            (
                "after the own FIN",
                end(vec![fin(A, B), rst(A, B)]),
                "RSTO ShAdDaFR Complete Reset",
            ),
            (
                "after the other's FIN",
                end(vec![fin(A, B), rst(B, A)]),
                "RSTR ShAdDaFr Complete Reset",
            ),
            (
                "after both FINs, which is no news",
                end(vec![fin(A, B), fin(B, A), ack(A, B), rst(A, B)]),
                "SF ShAdDaFfR Complete ThreeSegment",
            ),
            (
                "both reset",
                then(opened(), [rst(A, B), rst(B, A)]),
                "REJ ShARr Complete Reset",
            ),
            (
                "both reset after they talked",
                end(vec![rst(A, B), rst(B, A)]),
                "RSTR ShAdDaRr Complete Reset",
            ),
            (
                "twice by the same side",
                end(vec![rst(A, B), rst(A, B).again()]),
                "RSTO ShAdDaR Complete Reset",
            ),
            (
                "what its sender sends again after the RST",
                end(vec![rst(A, B), data(A, B, "喂"), data(A, B, "喂").again()]),
                "RSTO ShAdDaR Complete Reset",
            ),
            (
                "data after the RST change nothing",
                end(vec![rst(A, B), data(B, A, "喂")]),
                "RSTO ShAdDaR Complete Reset",
            ),
            (
                "a FIN after a close and an RST closes again",
                end(vec![fin(A, B), rst(A, B), fin(B, A)]),
                "SF ShAdDaFRf Complete Reset",
            ),
            (
                "SYN and RST together",
                then(opened(), [flags(A, B, "SR").seq(0)]),
                "RSTO ShAQ Complete Reset",
            ),
            (
                "SYN and FIN together",
                vec![flags(A, B, "SF"), rst_ack(B, A)],
                "RSTR Qr Refused HalfClosed",
            ),
            (
                "all flags",
                vec![flags(A, B, "SFRPU.")],
                "OTH Q NotSeen Reset",
            ),
            ("no flags", vec![flags(A, B, "")], "OTH  NotSeen None"),
        ],
    );
}

#[test]
fn an_rst_out_of_the_window_is_in_the_history_and_changes_no_state() {
    for far in [9_000_000, -9_000_000] {
        let mut script = then(talked(), [rst(B, A).seq(far), data(A, B, "还在")]);
        script.push(ack(B, A));
        let record = record_of(&script);
        assert_eq!(record.history, "ShAdDar");
        assert_eq!(record.conn_state.as_str(), "S1");
        assert_eq!(oddities_of(&script), ["rst_out_of_window"]);
    }
}

#[test]
fn an_rst_at_the_edge_of_the_window_is_believed() {
    // A's window is 8,192 units of 128 bytes.
    let edge = 8_192 << 7;
    let believed = record_of(&then(talked(), [rst(B, A).seq(edge)]));
    assert_eq!(believed.conn_state.as_str(), "RSTR");
    let ignored = record_of(&then(talked(), [rst(B, A).seq(edge + 1)]));
    assert_eq!(ignored.conn_state.as_str(), "S1");
}
