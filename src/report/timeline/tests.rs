use arbtest::arbtest;

use super::*;
use crate::{
    report::{
        samples::{
            self, HOSTILE, all, colourful, event, is_safe, message, plain, said, tcp_record,
        },
        when::TimeFormat,
    },
    track::{
        event::{CloseReason, Content, Kind},
        flow::Side,
    },
};

fn told(options: Options, source: &str, events: &[Event]) -> String {
    samples::told(
        |to| Timeline::new(to, options),
        |timeline| timeline.output.into_inner(),
        source,
        events,
    )
}

/// The story without the tables.
fn story(options: Options, events: &[Event]) -> String {
    let text = told(options, "chat.pcap", events);
    text.split_once("\nCapture\n").expect("tables").0.to_owned()
}

#[test]
fn every_kind_has_its_sentence() {
    let text = story(Options::default(), &all("再见"));
    let golden = "@ALL@";
    assert_eq!(text, golden, "\n{text}");
}

#[test]
fn a_narrow_terminal_wraps_under_the_sentence() {
    let options = Options {
        width: Some(80),
        ..Options::default()
    };
    let text = story(options, &all("再见")[8..13]);
    let golden = "@NARROW@";
    assert_eq!(text, golden, "\n{text}");
}

#[test]
fn a_very_narrow_one_gives_sentences_lines_of_their_own() {
    let options = Options {
        width: Some(40),
        ..Options::default()
    };
    let text = story(options, &all("再见")[8..13]);
    let golden = "@TINY@";
    assert_eq!(text, golden, "\n{text}");
}

#[test]
fn long_text_is_cut_on_a_terminal_and_whole_in_a_pipe() {
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
    assert!(cut.contains("再…” (1200\n"), "{cut}");
    assert!(cut.lines().count() <= 5, "{cut}");
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
