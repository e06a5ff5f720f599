use arbtest::arbtest;

use super::*;
use crate::{
    report::{
        samples::{
            self, HOSTILE, all, colourful, event, flow, is_safe, message, oddity, plain, said,
            tcp_record,
        },
        when::TimeFormat,
    },
    track::{
        event::{
            CloseReason, ConnectionId, Content, Kind, Resent, Step, TcpMessage, TcpOddityName,
            TcpStep,
        },
        flow::Side,
    },
};

fn told(options: Options, source: &str, events: &[Event]) -> String {
    let events: Vec<Event> = events.iter().cloned().map(carried_by_its_frame).collect();
    samples::told(
        |to| Timeline::new(to, options),
        |timeline| timeline.output.into_inner(),
        source,
        &events,
    )
}

/// Samples are made before it is known in which frame they stand.
fn carried_by_its_frame(mut event: Event) -> Event {
    let frames: Vec<u64> = event.frame.into_iter().collect();
    match &mut event.kind {
        Kind::TcpMessage(it) => it.frames = frames.into(),
        Kind::UdpMessage(it) => it.frames = frames.into(),
        _ => {}
    }
    event
}

/// The story without the tables.
fn story(options: Options, events: &[Event]) -> String {
    let text = told(options, "chat.pcap", events);
    text.split_once("\nCapture\n").expect("tables").0.to_owned()
}

#[test]
fn a_message_names_the_frames_that_carried_it_unless_the_margin_does() {
    let Kind::TcpMessage(it) = message(Side::Orig, said("88"), 2) else {
        panic!("it is a message");
    };
    let sentence = |frames: Vec<u64>| {
        let kind = Kind::TcpMessage(TcpMessage {
            frames: frames.into(),
            ..it.clone()
        });
        let options = Options::default();
        samples::told(
            |to| Timeline::new(to, options),
            |timeline| timeline.output.into_inner(),
            "chat.pcap",
            &[event(0, 5, &[], kind)],
        )
    };
    assert!(sentence(vec![5]).contains("“88” (2 bytes)\n"));
    assert!(sentence(vec![4]).contains("“88” (2 bytes in #4)\n"));
    assert!(sentence(vec![4, 5]).contains("“88” (2 bytes in #4, #5)\n"));
}

#[test]
fn what_the_capture_cut_is_said_and_a_message_cannot_end_its_own_quotation() {
    let Kind::TcpMessage(it) = message(Side::Orig, said("再” (2 bytes)"), 21) else {
        panic!("it is a message");
    };
    let kind = Kind::TcpMessage(TcpMessage { cut: 6, ..it });
    let text = story(Options::default(), &[event(0, 6, &[], kind)]);
    let golden = r"says “再\” (2 bytes)…” (21 bytes, of which 6 were not kept)";
    assert!(text.contains(golden), "{text}");
}

#[test]
fn a_syn_sent_again_is_told_once() {
    let step = Kind::TcpStep(TcpStep {
        conn: ConnectionId(1),
        flow: flow(),
        from: Side::Orig,
        step: Step::Syn { tries: 2 },
        route: None,
    });
    let again = |frame| {
        let what = Resent::Syn;
        let name = TcpOddityName::Retransmission { what, len: 0 };
        event(0, frame, &[3], oddity(name))
    };
    let text = story(
        Options::default(),
        &[event(0, 4, &[], step), again(4), again(6)],
    );
    let lines: Vec<_> = text.lines().skip(2).collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].contains("again (try 2)"), "{text}");
    // After the handshake there is no try to tell.
    assert!(lines[1].contains("#6"), "{text}");
}

#[test]
fn every_kind_has_its_sentence() {
    let text = story(Options::default(), &all("再见"));
    let golden = r"chat.pcap
        time  frame  of      what happened
    0.000000  #1     arp     192.168.15.42 asks everyone: who has 192.168.15.73? · because #1, #2
    0.000025  #2     ndp     192.168.15.42 asks the neighbours: who has 192.168.15.73? (try 2) · because #1, #2
    0.000050  #3     arp     192.168.15.42 asks one host only: do you still have 192.168.15.73? (try 3) · because #1, #2
    0.000075  #4     arp     192.168.15.73 is at 02:00:00:00:0f:49, told 192.168.15.42 after 31 µs (asked twice) · because #1, #2
    0.000100  #5     arp     no answer: who has 192.168.15.73? 192.168.15.42 asked 3 times; it is down, or not in this network · because #1, #2
    0.000125  #6     arp     192.168.15.42 is at 02:00:00:00:0f:2a: told everyone unasked · because #1, #2
    0.000150  #7     arp     02:00:00:00:0f:2a wants to take 192.168.15.42: does anybody have it? · because #1, #2
    0.000175  #8     arp     conflict: 02:00:00:00:0f:2a claims 192.168.15.73, which was at 02:00:00:00:0f:49 · because #1, #2
    0.000200  #9     tcp-1   192.168.15.42:40001 → 192.168.15.73:8520 SYN: may I open a connection? 192.168.15.73 is outside 192.168.15.0/24 (inferred), so the frame goes to the gateway 192.168.15.1 at 02:00:00:00:00:01 · because #1, #2
    0.000225  #10    tcp-1   192.168.15.42:40001 → 192.168.15.73:8520 SYN: again (try 2), may I open a connection? · because #1, #2
    0.000250  #11    tcp-1   192.168.15.73:8520 SYN-ACK after 25 µs: yes, and may I? · because #1, #2
    0.000275  #12    tcp-1   192.168.15.42:40001 FIN: I have no more to say · because #1, #2
    0.000300  #13    tcp-1   192.168.15.73:8520 says “再见” (6 bytes) · because #1, #2
    0.000325  #14    tcp-1   192.168.15.42:40001 says 0xe5868de8a781… (300 bytes) · because #1, #2
    0.000375  #16    tcp-2   192.168.15.42:40001 → 192.168.15.73:8520: still open as the capture ends
    0.000400  #17    tcp-1   192.168.15.73 says 再见 about a segment between 192.168.15.42:40001 and 192.168.15.73:8520; the next hop takes at most 1400 bytes · because #1, #2
    0.000425  #18    udp-1   192.168.15.42:40001 → 192.168.15.73:8520: “再见” (6 bytes) · because #1, #2
    0.000450  #19    udp-1   192.168.15.73:8520 answers #20 after 1.2 ms: “再见” (6 bytes) · because #1, #2
    0.000475  #20    udp-1   192.168.15.73 says 再见 about a datagram between 192.168.15.42:40001 and 192.168.15.73:8520 · because #1, #2
    0.000525  #22    ping    192.168.15.42 pings 192.168.15.73 (id 7, seq 1): reply after 25 µs · because #1, #2
    0.000550  #23    ping    192.168.15.42 pings 192.168.15.73 (id 7, seq 1): no reply · because #1, #2
    0.000575  #24    frag    192.168.15.42 → 192.168.15.73: 3 fragments (#30, #31, #32) make one datagram of 3608 bytes, id 4660 · because #1, #2
    0.000600  #25    frag    192.168.15.42 → 192.168.15.73: incomplete datagram, id 4660: 3 fragments came (#30, #31, #32), missing bytes 1480 to 2959, bytes 3000 to the end · because #1, #2
    0.000625  #26    icmp    ICMP error: 192.168.15.1 says 再见 about a packet from 192.168.15.42 to 192.168.15.73 (UDP) · because #1, #2
    0.000650  #27    tcp-1   192.168.15.42:40001 ACK after 23 µs: the three-way handshake is complete · because #3, #4
    0.000675  #28    tcp-1   both sides sent a SYN before they saw the other's (simultaneous open): connected all the same · because #3, #4
    0.000700  #29    tcp-1   192.168.15.73:8520 RST: refused, nobody listens on port 8520 · because #3, #4
    0.000725  #30    tcp-1   no answer to 1 SYN from 192.168.15.42:40001: the host is down, or something on the way drops them · because #3, #4
    0.000750  #31    tcp-1   192.168.15.73:8520 is unreachable: 再见 · because #1, #2
    0.000775  #32    tcp-1   half open: 192.168.15.42:40001 never acknowledged the SYN-ACK · because #3, #4
    0.000800  #33    tcp-1   192.168.15.42:40001 RST: gives up before the handshake is complete · because #3, #4
    0.000825  #34    tcp-1   192.168.15.42:40001 → 192.168.15.73:8520 began before the capture: no handshake seen · because #3, #4
    0.000850  #35    tcp-1   192.168.15.42:40001 retransmission: sends 6 bytes again · because #1, #2
    0.000875  #36    tcp-1   192.168.15.42:40001 spurious retransmission: sends 6 bytes again that were acknowledged already · because #1, #2
    0.000900  #37    tcp-1   192.168.15.42:40001 out of order: 6 bytes arrive after later ones · because #1, #2
    0.000925  #38    tcp-1   192.168.15.42:40001 duplicate ACK: the same acknowledgment again · because #1, #2
    0.000950  #39    tcp-1   192.168.15.42:40001 zero window: I have no room, wait · because #1, #2
    0.000975  #40    tcp-1   192.168.15.42:40001 window probe: is there room again? · because #1, #2
    0.001000  #41    tcp-1   192.168.15.42:40001 window reopened: room again after 3.0 s · because #1, #2
    0.001025  #42    tcp-1   192.168.15.42:40001 keep-alive: are you still there? · because #1, #2
    0.001050  #43    tcp-1   192.168.15.42:40001 overlap conflict: sends 3 bytes again with other content, at offset 7; the first to arrive were kept · because #1, #2
    0.001075  #44    tcp-1   192.168.15.42:40001 bad checksum: want 0x1c46, got 0x1c47; the segment changes nothing · because #1, #2
    0.001100  #45    tcp-1   192.168.15.42:40001 gap: 1448 bytes of it were never seen here · because #1, #2
    0.001125  #46    tcp-1   192.168.15.42:40001 RST outside the window: it changes nothing · because #1, #2
    0.001150  #47    tcp-1   closed in four segments: FIN, ACK, FIN, ACK (#10, #11, #12); 192.168.15.42:40001 closed first and waits in TIME_WAIT · because #1, #2
    0.001175  #48    tcp-1   closed in three segments: the second FIN rides on the ACK of the first (#10, #11, #12); 192.168.15.42:40001 closed first and waits in TIME_WAIT · because #1, #2
    0.001200  #49    tcp-1   simultaneous close: each side sent its FIN before it saw the other's (#10, #11, #12); 192.168.15.42:40001 closed first and waits in TIME_WAIT · because #1, #2
    0.001225  #50    tcp-1   half closed: only one side sent a FIN (#10, #11, #12); 192.168.15.42:40001 closed first and waits in TIME_WAIT · because #1, #2
    0.001250  #51    tcp-1   reset by 192.168.15.42:40001 (RST): cut off at once (#10, #11, #12) · because #1, #2
    0.001275  #52    tcp-1   not closed (#10, #11, #12); 192.168.15.42:40001 closed first and waits in TIME_WAIT · because #1, #2
";
    assert_eq!(text, golden, "\n{text}");
}

#[test]
fn a_narrow_terminal_wraps_under_the_sentence() {
    let options = Options {
        width: Some(80),
        ..Options::default()
    };
    let text = story(options, &all("再见")[8..13]);
    let golden = r"chat.pcap
        time  frame  of      what happened
    0.000200  #9     tcp-1   192.168.15.42:40001 → 192.168.15.73:8520 SYN: may I
                             open a connection? 192.168.15.73 is outside
                             192.168.15.0/24 (inferred), so the frame goes to
                             the gateway 192.168.15.1 at 02:00:00:00:00:01
                             · because #1, #2
    0.000225  #10    tcp-1   192.168.15.42:40001 → 192.168.15.73:8520 SYN: again
                             (try 2), may I open a connection? · because #1, #2
    0.000250  #11    tcp-1   192.168.15.73:8520 SYN-ACK after 25 µs: yes, and
                             may I? · because #1, #2
    0.000275  #12    tcp-1   192.168.15.42:40001 FIN: I have no more to say
                             · because #1, #2
    0.000300  #13    tcp-1   192.168.15.73:8520 says “再见” (6 bytes)
                             · because #1, #2
";
    assert_eq!(text, golden, "\n{text}");
}

#[test]
fn a_row_of_the_same_oddity_is_told_once_and_counted() {
    let again = |at| event(at, at + 1, &[], oddity(TcpOddityName::DuplicateAck));
    let events = [
        again(0),
        again(25),
        again(50),
        event(75, 90, &[], message(Side::Orig, said("88"), 2)),
        again(100),
    ];
    let text = story(Options::default(), &events);
    let golden = "\
    0.000000  #1     tcp-1   192.168.15.42:40001 duplicate ACK: the same acknowledgment again
    0.000050  #51    tcp-1   192.168.15.42:40001 duplicate ACK: 2 more
    0.000075  #90    tcp-1   192.168.15.42:40001 says “88” (2 bytes)
    0.000100  #101   tcp-1   192.168.15.42:40001 duplicate ACK: the same acknowledgment again
";
    assert!(text.ends_with(golden), "{text}");
}

#[test]
fn a_very_narrow_one_gives_sentences_lines_of_their_own() {
    let options = Options {
        width: Some(40),
        ..Options::default()
    };
    let text = story(options, &all("再见")[8..13]);
    let golden = r"chat.pcap
0.000200  #9 tcp-1
    192.168.15.42:40001 →
    192.168.15.73:8520 SYN: may I open a
    connection? 192.168.15.73 is outside
    192.168.15.0/24 (inferred), so the
    frame goes to the gateway
    192.168.15.1 at 02:00:00:00:00:01
    · because #1, #2
0.000225  #10 tcp-1
    192.168.15.42:40001 →
    192.168.15.73:8520 SYN: again (try
    2), may I open a connection?
    · because #1, #2
0.000250  #11 tcp-1
    192.168.15.73:8520 SYN-ACK after 25
    µs: yes, and may I? · because #1, #2
0.000275  #12 tcp-1
    192.168.15.42:40001 FIN: I have no
    more to say · because #1, #2
0.000300  #13 tcp-1
    192.168.15.73:8520 says “再见” (6
    bytes) · because #1, #2
";
    assert_eq!(text, golden, "\n{text}");
}

#[test]
fn long_text_is_cut_on_a_terminal_and_very_long_text_in_a_pipe() {
    let long = "再见".repeat(200);
    let events = [event(0, 1, &[], message(Side::Orig, said(&long), 1200))];
    assert!(story(Options::default(), &events).contains(&long));
    let cut = story(
        Options {
            width: Some(80),
            ..Options::default()
        },
        &events,
    );
    assert!(cut.contains("见…” (1200 bytes)"), "{cut}");
    assert!(cut.lines().count() <= 5, "{cut}");

    let longer = "再见".repeat(2000);
    let events = [event(0, 1, &[], message(Side::Orig, said(&longer), 12_000))];
    let cut = story(Options::default(), &events);
    assert!(
        !cut.contains(&longer) && cut.contains("再…” (12000 bytes)"),
        "{cut}"
    );
    let verbose = Options {
        verbose: true,
        ..Options::default()
    };
    assert!(story(verbose, &events).contains(&longer));
}

#[test]
fn several_lines_in_a_message_stay_on_one() {
    let events = [event(
        0,
        1,
        &[],
        message(Side::Orig, said("a\n88\r\n\tb"), 8),
    )];
    assert!(story(Options::default(), &events).contains(r"“a\n88\r\n\tb” (8 bytes)"));
}

#[test]
fn handshakes_tell_what_was_announced_when_asked() {
    let events = [event(
        0,
        5,
        &[2],
        Kind::TcpHandshake(Box::new(samples::handshake(
            crate::track::event::HandshakeVerdict::Complete,
        ))),
    )];
    let text = story(
        Options {
            verbose: true,
            ..Options::default()
        },
        &events,
    );
    let announced =
        "complete [orig isn 1000 mss 1460 window scale 7 SACK | resp isn 5000 mss 1460]";
    assert!(text.contains(announced), "{text}");
}

#[test]
fn an_idle_end_is_told_a_plain_one_not_again() {
    let record = |reason| {
        let record = crate::track::event::TcpRecord {
            reason,
            ..tcp_record(1, 9)
        };
        event(0, 0, &[], Kind::TcpClosed(Box::new(record)))
    };
    let told = |reason| story(Options::default(), &[record(reason)]).lines().count() - 2;
    assert_eq!(told(CloseReason::Fin), 0);
    assert_eq!(told(CloseReason::Idle), 1);
    assert_eq!(told(CloseReason::Evicted), 1);
}

#[test]
fn no_width_no_time_format_and_no_text_breaks_a_line() {
    for time in [
        TimeFormat::Relative,
        TimeFormat::Utc,
        TimeFormat::Local,
        TimeFormat::Delta,
    ] {
        for width in (40..160).step_by(3).map(Some).chain([None]) {
            let text = told(
                Options {
                    time,
                    ..colourful(width)
                },
                HOSTILE,
                &all(HOSTILE),
            );
            assert!(is_safe(&text), "{text:?}");
            for line in plain(&text).lines() {
                let columns = text::width(line);
                assert!(
                    columns <= width.unwrap_or(usize::MAX),
                    "{width:?} {columns}: {line}"
                );
            }
        }
    }
}

#[test]
fn any_bytes_are_safe() {
    arbtest(|u| {
        let bytes: Vec<u8> = u.arbitrary()?;
        let words = String::from_utf8_lossy(&bytes).into_owned();
        let width = u.int_in_range(40..=120)?;
        let mut events = all(&words);
        events.push(event(
            0,
            1,
            &[],
            message(Side::Orig, Content::Bytes(bytes), 99),
        ));
        let text = told(colourful(Some(width)), &words, &events);
        assert!(is_safe(&text), "{text:?}");
        for line in plain(&text).lines() {
            assert!(text::width(line) <= width, "{width}: {line}");
        }
        Ok(())
    })
    .budget_ms(500);
}
