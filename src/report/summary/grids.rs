//! The tables below the capture's own: hosts, connections, exchanges, questions.
//!
//! Connections and exchanges have two shapes: wide, and of two lines a row for eighty columns.

use std::time::Duration;

use super::Largest;
use crate::{
    report::{
        Totals, digits,
        names::Names,
        table::{Align, Cell, Grid},
        when,
    },
    track::{
        AddressCounts, Host,
        event::{HandshakeVerdict, TcpRecord, TeardownKind, UdpRecord},
        flow::Both,
    },
};

pub(super) fn hosts(all: &[Host], top: Option<usize>, names: &Names) -> Grid {
    let mut largest = Largest::new(top);
    for host in all {
        largest.offer(host.connections + host.exchanges, host.first_frame, host);
    }
    let mut grid = Grid::new(
        "Hosts",
        &[
            ("ip", Align::Left),
            ("mac", Align::Left),
            ("learnt in", Align::Left),
            ("tcp", Align::Right),
            ("udp", Align::Right),
            ("remarks", Align::Left),
        ],
    );
    let shown = largest.take();
    for host in &shown {
        let remarks = [
            (host.gateway, "gateway"),
            (host.behind_gateway, "behind the gateway"),
            (host.conflict, "claimed by two"),
        ];
        let remarks: Vec<_> = remarks
            .iter()
            .filter_map(|(is, what)| is.then_some(*what))
            .collect();
        grid.row([
            names.label_host(host.ip).into(),
            host.mac
                .map_or_else(|| "unknown".into(), |mac| names.label_mac(mac))
                .into(),
            host.learnt_in
                .map(|frame| format!("#{frame}"))
                .unwrap_or_default()
                .into(),
            grouped(host.connections).into(),
            grouped(host.exchanges).into(),
            remarks.join(", ").into(),
        ]);
    }
    more(
        &mut grid,
        all.len() as u64,
        shown.len(),
        "hosts",
        "those with the most conversations",
    );
    grid
}

pub(super) fn connections(records: &[TcpRecord], wide: bool, names: &Names) -> Grid {
    const TITLE: &str = "TCP connections";
    let mut grid = if wide {
        Grid::new(
            TITLE,
            &[
                ("id", Align::Left),
                ("originator", Align::Left),
                ("responder", Align::Left),
                ("state", Align::Left),
                ("history", Align::Left),
                ("handshake", Align::Left),
                ("rtt", Align::Right),
                ("teardown", Align::Left),
                ("packets →", Align::Right),
                ("←", Align::Right),
                ("bytes →", Align::Right),
                ("←", Align::Right),
                ("duration", Align::Right),
            ],
        )
    } else {
        Grid::new(
            TITLE,
            &[
                ("id", Align::Left),
                ("between", Align::Left),
                ("state", Align::Left),
                ("opened / closed", Align::Left),
                ("packets", Align::Right),
                ("bytes", Align::Right),
            ],
        )
    };
    for it in records {
        let (packets, bytes) = (
            it.packets.map(|n| grouped(*n)),
            it.bytes.map(|n| grouped(*n)),
        );
        let rtt = handshake_rtt(it).map(when::span_text).unwrap_or_default();
        // Who opened was not seen: say so where the roles are shown.
        let guessed = if it.role_seen { "" } else { " (guessed)" };
        let orig = format!("{}{guessed}", names.label_socket(it.flow.orig));
        let resp = names.label_socket(it.flow.resp);
        let duration = when::span_text(it.duration);
        if wide {
            grid.row([
                it.conn.to_string().into(),
                orig.into(),
                resp.into(),
                it.conn_state.as_str().into(),
                (&it.history).into(),
                verdict(it.handshake).into(),
                rtt.into(),
                teardown(it.teardown).into(),
                packets.orig.into(),
                packets.resp.into(),
                bytes.orig.into(),
                bytes.resp.into(),
                duration.into(),
            ]);
        } else {
            let opened = match verdict(it.handshake) {
                verdict if rtt.is_empty() => verdict.into(),
                verdict => format!("{verdict}, {rtt}"),
            };
            grid.row([
                Cell::lines([it.conn.to_string(), duration]),
                Cell::lines([orig, format!("→ {resp}")]),
                Cell::lines([it.conn_state.as_str().into(), it.history.clone()]),
                Cell::lines([opened, teardown(it.teardown).into()]),
                both_ways(&packets),
                both_ways(&bytes),
            ]);
        }
    }
    grid
}

pub(super) fn exchanges(records: &[UdpRecord], wide: bool, names: &Names) -> Grid {
    const TITLE: &str = "UDP exchanges";
    let mut grid = if wide {
        Grid::new(
            TITLE,
            &[
                ("id", Align::Left),
                ("originator", Align::Left),
                ("responder", Align::Left),
                ("state", Align::Left),
                ("datagrams →", Align::Right),
                ("←", Align::Right),
                ("bytes →", Align::Right),
                ("←", Align::Right),
                ("unanswered", Align::Right),
                ("unreachable", Align::Right),
                ("duration", Align::Right),
            ],
        )
    } else {
        Grid::new(
            TITLE,
            &[
                ("id", Align::Left),
                ("between", Align::Left),
                ("state", Align::Left),
                ("datagrams", Align::Right),
                ("bytes", Align::Right),
                ("remarks", Align::Left),
            ],
        )
    };
    for it in records {
        let (count, bytes) = (
            it.messages.map(|n| grouped(*n)),
            it.bytes.map(|n| grouped(*n)),
        );
        let (unanswered, unreachable) = (grouped(it.unanswered), grouped(it.unreachable));
        let duration = when::span_text(it.duration);
        let orig = names.label_socket(it.flow.orig);
        let resp = names.label_socket(it.flow.resp);
        if wide {
            grid.row([
                it.exchange.to_string().into(),
                orig.into(),
                resp.into(),
                it.conn_state.as_str().into(),
                count.orig.into(),
                count.resp.into(),
                bytes.orig.into(),
                bytes.resp.into(),
                unanswered.into(),
                unreachable.into(),
                duration.into(),
            ]);
        } else {
            let remarks = [(it.unanswered, unanswered), (it.unreachable, unreachable)];
            let words = ["unanswered", "unreachable"];
            let remarks: Vec<_> = remarks
                .iter()
                .zip(words)
                .filter(|((count, _), _)| *count > 0)
                .collect();
            let remarks = remarks
                .iter()
                .map(|((_, count), word)| format!("{count} {word}"));
            grid.row([
                Cell::lines([it.exchange.to_string(), duration]),
                Cell::lines([orig, format!("→ {resp}")]),
                it.conn_state.as_str().into(),
                both_ways(&count),
                both_ways(&bytes),
                remarks.collect::<Vec<_>>().join(", ").into(),
            ]);
        }
    }
    grid
}

pub(super) fn questions(totals: &Totals) -> Grid {
    let mut grid = Grid::new(
        "Address resolution",
        &[
            ("by", Align::Left),
            ("asked", Align::Right),
            ("answered", Align::Right),
            ("unanswered", Align::Right),
            ("announced", Align::Right),
            ("probes", Align::Right),
            ("conflicts", Align::Right),
        ],
    );
    let overview = &totals.overview;
    for (name, counts) in [
        ("arp", overview.arp),
        ("neighbour discovery", overview.neighbors),
    ] {
        if counts != AddressCounts::default() {
            let AddressCounts {
                asked,
                answered,
                unanswered,
                announced,
                probes,
                conflicts,
            } = counts;
            let counts = [asked, answered, unanswered, announced, probes, conflicts];
            let cells = counts.map(|count| grouped(count).into());
            grid.row([vec![name.into()], cells.into()].concat());
        }
    }
    if overview.pings > 0 {
        let answered = overview.pings_answered;
        let silent = overview.pings.saturating_sub(answered);
        let cells = [overview.pings, answered, silent].map(|count| grouped(count).into());
        grid.row([vec!["ping".into()], cells.into()].concat());
    }
    grid
}

pub(super) fn more(grid: &mut Grid, all: u64, shown: usize, what: &str, which: &str) {
    let hidden = all.saturating_sub(shown as u64);
    if hidden > 0 {
        grid.note(format!(
            "{which} of {} {what}; {} are not shown, `--top all` shows them",
            grouped(all),
            grouped(hidden)
        ));
    }
}

fn both_ways(numbers: &Both<String>) -> Cell {
    Cell::lines([format!("{} →", numbers.orig), format!("{} ←", numbers.resp)])
}

fn handshake_rtt(record: &TcpRecord) -> Option<Duration> {
    Some(record.synack_rtt? + record.ack_rtt?)
}

pub(super) fn grouped(number: u64) -> String {
    let mut out = Vec::new();
    digits::grouped(number, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

const fn verdict(handshake: HandshakeVerdict) -> &'static str {
    match handshake {
        HandshakeVerdict::Complete => "complete",
        HandshakeVerdict::SimultaneousOpen => "simultaneous",
        HandshakeVerdict::Refused => "refused",
        HandshakeVerdict::Unanswered => "unanswered",
        HandshakeVerdict::Unreachable => "unreachable",
        HandshakeVerdict::HalfOpen => "half open",
        HandshakeVerdict::Aborted => "aborted",
        HandshakeVerdict::NotSeen => "not seen",
    }
}

const fn teardown(kind: TeardownKind) -> &'static str {
    match kind {
        TeardownKind::FourSegment => "four segments",
        TeardownKind::ThreeSegment => "three segments",
        TeardownKind::SimultaneousClose => "simultaneous",
        TeardownKind::HalfClosed => "half closed",
        TeardownKind::Reset => "reset",
        TeardownKind::None => "none",
    }
}
