use super::*;
use crate::{
    report::samples::{self, HOSTILE, all, colourful, event, is_safe, plain, tcp_record, totals},
    report::text,
    track::event::Kind,
};

fn told(options: Options, source: &str, events: &[Event]) -> String {
    samples::told(
        |to| Summary::new(to, options),
        |summary| summary.output.into_inner(),
        source,
        events,
    )
}

fn written(tables: &mut Tables, totals: &Totals) -> String {
    let mut output = Output::new(Vec::new());
    tables
        .write(totals, &mut output)
        .and_then(|()| output.flush())
        .expect("a Vec takes everything");
    String::from_utf8(output.into_inner()).expect("UTF-8")
}

#[test]
fn wrong_checksums_are_counted() {
    let mut totals = totals();
    totals.overview.bad_checksums = 1200;
    let text = written(&mut Tables::new(Options::default()), &totals);
    assert!(
        text.contains("\n    with a wrong checksum      1,200\n"),
        "{text}"
    );
}

#[test]
fn a_wide_table_says_everything() {
    let text = told(Options::default(), "chat.pcap", &all("ShAdDaFf"));
    let golden = r"Capture
  source                       chat.pcap
  link type                    ETHERNET
  frames                       1,234
    decoded                    1,230
    malformed                  1
    not decoded (unsupported)  3
  bytes                        98,765
  first frame                  2026-11-22T20:32:25.302959000Z
  last frame                   2026-11-22T20:32:30.602959000Z
  duration                     5.3 s

Hosts
  ip             mac                learnt in  tcp  udp  remarks
───────────────────────────────────────────────────────────────────────────────────────────
  192.168.15.42  02:00:00:00:0f:2a  #1           1    1
  198.51.100.7   unknown                         1    0  behind the gateway, claimed by two

TCP connections
  id     originator           responder           state  history   handshake    rtt  teardown        packets →  ←  bytes →   ←  duration
────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
  tcp-1  192.168.15.42:40001  192.168.15.73:8520  SF     ShAdDaFf  complete   48 µs  three segments          6  4        2  21     5.3 s
  tcp-2  192.168.15.42:40001  192.168.15.73:8520  SF     ShAdDaFf  complete   48 µs  none                    6  4        2  21     5.3 s

UDP exchanges
  id     originator           responder           state  datagrams →  ←  bytes →      ←  unanswered  unreachable  duration
──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
  udp-1  192.168.15.42:40001  192.168.15.73:8520  SF               2  1       18  1,200           1            0    1.2 ms

Address resolution
  by    asked  answered  unanswered  announced  probes  conflicts
─────────────────────────────────────────────────────────────────
  arp       2         1           1          0       0          0
  ping      3         2           1
";
    assert_eq!(text, golden, "\n{text}");
}

#[test]
fn eighty_columns_hold_the_conversations_as_tables() {
    let text = told(
        Options {
            width: Some(80),
            ..Options::default()
        },
        "chat.pcap",
        &all("ShAdDaFf"),
    );
    let (_, text) = text.split_once("TCP connections\n").expect("connections");
    let golden = r"  id     between               state     opened / closed  packets  bytes
────────────────────────────────────────────────────────────────────────
  tcp-1  192.168.15.42:40001   SF        complete, 48 µs      6 →    2 →
  5.3 s  → 192.168.15.73:8520  ShAdDaFf  three segments       4 ←   21 ←
  tcp-2  192.168.15.42:40001   SF        complete, 48 µs      6 →    2 →
  5.3 s  → 192.168.15.73:8520  ShAdDaFf  none                 4 ←   21 ←

UDP exchanges
  id      between               state  datagrams    bytes  remarks
───────────────────────────────────────────────────────────────────────
  udp-1   192.168.15.42:40001   SF           2 →     18 →  1 unanswered
  1.2 ms  → 192.168.15.73:8520               1 ←  1,200 ←

Address resolution
  by    asked  answered  unanswered  announced  probes  conflicts
─────────────────────────────────────────────────────────────────
  arp       2         1           1          0       0          0
  ping      3         2           1
";
    assert_eq!(text, golden, "\n{text}");
}

#[test]
fn hostile_text_stays_within_its_cell_and_lines_within_the_width() {
    for width in (40..200).map(Some).chain([None]) {
        let text = told(colourful(width), HOSTILE, &all(HOSTILE));
        assert!(is_safe(&text), "{text:?}");
        for line in plain(&text).lines() {
            assert!(
                text::width(line) <= width.unwrap_or(usize::MAX),
                "{width:?}: {line}"
            );
        }
    }
}

#[test]
fn only_the_largest_are_kept_and_the_rest_is_counted() {
    let options = Options {
        top: Some(3),
        ..Options::default()
    };
    let mut tables = Tables::new(options);
    for number in 1..=1000 {
        let bytes = number * 7919 % 1000;
        let record = tcp_record(number, bytes);
        tables.event(&event(0, 1, &[], Kind::TcpClosed(Box::new(record))));
    }
    assert_eq!(tables.connections.heap.len(), 3);
    let text = written(&mut tables, &totals());
    let ids: Vec<_> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("tcp-")?.split(' ').next())
        .collect();
    let mut expected: Vec<u64> = (1..=1000).collect();
    expected.sort_by_key(|number| Reverse(number * 7919 % 1000));
    expected.truncate(3);
    expected.sort_unstable();
    assert_eq!(ids, expected.iter().map(u64::to_string).collect::<Vec<_>>());
    assert!(
        text.contains(
            "the largest by bytes of 1,000 connections; 997 are not shown, `--top all` shows them"
        ),
        "{text}"
    );
}

#[test]
fn a_live_source_says_what_it_cannot_know() {
    let mut tables = Tables::new(Options::default());
    tables.opened(&Opened {
        live: true,
        ..samples::opened("eth0")
    });
    let mut totals = totals();
    totals.ending.kernel_dropped = Some(0);
    let text = written(&mut tables, &totals);
    assert!(text.contains("dropped by the kernel        0\n"), "{text}");
    assert!(
        text.contains("dropped by the interface     unknown\n"),
        "{text}"
    );
}
