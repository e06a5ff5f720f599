//! The tables below the capture's own: hosts, connections, exchanges, questions.
//!
//! Connections and exchanges have two shapes: wide, and of two lines a row for eighty columns.

use std::time::Duration;

use super::Largest;
use crate::{
    report::{
        Totals, digits,
        names::Names,
        style::Role,
        table::{Align, Cell, Grid},
        when,
        words::{Arg, Label, Lang, story, tables as words},
    },
    track::{
        AddressCounts, Host,
        event::{HandshakeVerdict, TcpRecord, TeardownKind, UdpRecord},
        flow::Both,
    },
};

pub(super) fn hosts(all: &[Host], top: Option<usize>, lang: Lang, names: &Names) -> Grid {
    let mut largest = Largest::new(top);
    for host in all {
        largest.offer(host.connections + host.exchanges, host.first_frame, host);
    }
    let mut grid = Grid::new(
        lang,
        words::HOSTS,
        &[
            (words::IP, Align::Left),
            (words::MAC, Align::Left),
            (words::LEARNT_IN, Align::Left),
            (words::TCP, Align::Right),
            (words::UDP, Align::Right),
            (words::REMARKS, Align::Left),
        ],
    );
    let shown = largest.take();
    for host in &shown {
        let remarks = [
            (host.gateway, words::GATEWAY),
            (host.behind_gateway, words::BEHIND_GATEWAY),
            (host.conflict, words::CLAIMED_BY_TWO),
        ];
        let remarks: Vec<_> = remarks
            .iter()
            .filter_map(|(is, what)| is.then_some(what.of(lang)))
            .collect();
        grid.row([
            names.label_host(host.ip).into(),
            host.mac
                .map_or_else(
                    || words::UNKNOWN.of(lang).into(),
                    |mac| names.label_mac(mac),
                )
                .into(),
            host.learnt_in
                .map(|frame| format!("#{frame}"))
                .unwrap_or_default()
                .into(),
            grouped(host.connections).into(),
            grouped(host.exchanges).into(),
            remarks.join(story::COMMA.of(lang)).into(),
        ]);
    }
    more(&mut grid, all.len() as u64, shown.len(), &|all, hidden| {
        words::more_hosts(all, hidden).text(lang)
    });
    grid
}

pub(super) fn connections(records: &[TcpRecord], wide: bool, lang: Lang, names: &Names) -> Grid {
    let mut grid = if wide {
        Grid::new(
            lang,
            words::TCP_CONNECTIONS,
            &[
                (words::ID, Align::Left),
                (words::ORIGINATOR, Align::Left),
                (words::RESPONDER, Align::Left),
                (words::STATE, Align::Left),
                (words::HISTORY, Align::Left),
                (words::HANDSHAKE, Align::Left),
                (words::RTT, Align::Right),
                (words::TEARDOWN, Align::Left),
                (words::PACKETS_THERE, Align::Right),
                (words::BACK, Align::Right),
                (words::BYTES_THERE, Align::Right),
                (words::BACK, Align::Right),
                (words::DURATION, Align::Right),
            ],
        )
    } else {
        Grid::new(
            lang,
            words::TCP_CONNECTIONS,
            &[
                (words::ID, Align::Left),
                (words::BETWEEN, Align::Left),
                (words::STATE, Align::Left),
                (words::OPENED_CLOSED, Align::Left),
                (words::PACKETS, Align::Right),
                (words::BYTES, Align::Right),
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
        let orig = names.label_socket(it.flow.orig);
        let orig = if it.role_seen {
            orig
        } else {
            // The table escapes it.
            words::guessed(Arg::Escaped(Role::Plain, &orig)).text(lang)
        };
        let resp = names.label_socket(it.flow.resp);
        let duration = when::span_text(it.duration);
        if wide {
            grid.row([
                it.conn.to_string().into(),
                orig.into(),
                resp.into(),
                it.conn_state.as_str().into(),
                (&it.history).into(),
                verdict(it.handshake).of(lang).into(),
                rtt.into(),
                teardown(it.teardown).of(lang).into(),
                packets.orig.into(),
                packets.resp.into(),
                bytes.orig.into(),
                bytes.resp.into(),
                duration.into(),
            ]);
        } else {
            let verdict = verdict(it.handshake);
            let opened = if rtt.is_empty() {
                verdict.of(lang).into()
            } else {
                words::opened_in(verdict, &rtt).text(lang)
            };
            grid.row([
                Cell::lines([it.conn.to_string(), duration]),
                Cell::lines([orig, format!("→ {resp}")]),
                Cell::lines([it.conn_state.as_str().into(), it.history.clone()]),
                Cell::lines([opened, teardown(it.teardown).of(lang).into()]),
                both_ways(&packets),
                both_ways(&bytes),
            ]);
        }
    }
    grid
}

pub(super) fn exchanges(records: &[UdpRecord], wide: bool, lang: Lang, names: &Names) -> Grid {
    let mut grid = if wide {
        Grid::new(
            lang,
            words::UDP_EXCHANGES,
            &[
                (words::ID, Align::Left),
                (words::ORIGINATOR, Align::Left),
                (words::RESPONDER, Align::Left),
                (words::STATE, Align::Left),
                (words::DATAGRAMS_THERE, Align::Right),
                (words::BACK, Align::Right),
                (words::BYTES_THERE, Align::Right),
                (words::BACK, Align::Right),
                (words::UNANSWERED, Align::Right),
                (words::UNREACHABLE, Align::Right),
                (words::DURATION, Align::Right),
            ],
        )
    } else {
        Grid::new(
            lang,
            words::UDP_EXCHANGES,
            &[
                (words::ID, Align::Left),
                (words::BETWEEN, Align::Left),
                (words::STATE, Align::Left),
                (words::DATAGRAMS, Align::Right),
                (words::BYTES, Align::Right),
                (words::REMARKS, Align::Left),
            ],
        )
    };
    for it in records {
        let count = Both {
            orig: in_frames(it.messages.orig, it.frames.orig, lang),
            resp: in_frames(it.messages.resp, it.frames.resp, lang),
        };
        let bytes = it.bytes.map(|n| grouped(*n));
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
            let remarks = [
                (it.unanswered, words::unanswered(&unanswered)),
                (it.unreachable, words::unreachable(&unreachable)),
            ];
            let remarks = remarks.iter().filter(|(count, _)| *count > 0);
            let remarks: Vec<_> = remarks.map(|(_, remark)| remark.text(lang)).collect();
            grid.row([
                Cell::lines([it.exchange.to_string(), duration]),
                Cell::lines([orig, format!("→ {resp}")]),
                it.conn_state.as_str().into(),
                both_ways(&count),
                both_ways(&bytes),
                remarks.join(story::COMMA.of(lang)).into(),
            ]);
        }
    }
    grid
}

pub(super) fn questions(totals: &Totals, lang: Lang) -> Grid {
    let mut grid = Grid::new(
        lang,
        words::ADDRESS_RESOLUTION,
        &[
            (words::BY, Align::Left),
            (words::ASKED, Align::Right),
            (words::ANSWERED, Align::Right),
            (words::UNANSWERED, Align::Right),
            (words::ANNOUNCED, Align::Right),
            (words::PROBES, Align::Right),
            (words::CONFLICTS, Align::Right),
        ],
    );
    let overview = &totals.overview;
    for (name, counts) in [
        (words::ARP, overview.arp),
        (words::NEIGHBOUR_DISCOVERY, overview.neighbors),
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
            grid.row([vec![name.of(lang).into()], cells.into()].concat());
        }
    }
    if overview.pings > 0 {
        let answered = overview.pings_answered;
        let silent = overview.pings.saturating_sub(answered);
        let cells = [overview.pings, answered, silent].map(|count| grouped(count).into());
        grid.row([vec![words::PING.of(lang).into()], cells.into()].concat());
    }
    grid
}

/// Says below a table how many of all are hidden, if some are.
pub(super) fn more(grid: &mut Grid, all: u64, shown: usize, words: &dyn Fn(&str, &str) -> String) {
    let hidden = all.saturating_sub(shown as u64);
    if hidden > 0 {
        grid.note(words(&grouped(all), &grouped(hidden)));
    }
}

fn both_ways(numbers: &Both<String>) -> Cell {
    Cell::lines([format!("{} →", numbers.orig), format!("{} ←", numbers.resp)])
}

/// So many datagrams; in how many frames, where some were fragmented.
fn in_frames(datagrams: u64, frames: u64, lang: Lang) -> String {
    let count = grouped(datagrams);
    if frames == datagrams {
        count
    } else {
        words::in_frames(&count, &grouped(frames)).text(lang)
    }
}

fn handshake_rtt(record: &TcpRecord) -> Option<Duration> {
    Some(record.synack_rtt? + record.ack_rtt?)
}

pub fn grouped(number: u64) -> String {
    let mut out = Vec::new();
    digits::grouped(number, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

const fn verdict(handshake: HandshakeVerdict) -> Label {
    match handshake {
        HandshakeVerdict::Complete => words::COMPLETE,
        HandshakeVerdict::SimultaneousOpen => words::SIMULTANEOUS,
        HandshakeVerdict::Refused => words::REFUSED,
        HandshakeVerdict::Unanswered => words::UNANSWERED,
        HandshakeVerdict::Unreachable => words::UNREACHABLE,
        HandshakeVerdict::HalfOpen => words::HALF_OPEN,
        HandshakeVerdict::Aborted => words::ABORTED,
        HandshakeVerdict::NotSeen => words::NOT_SEEN,
    }
}

const fn teardown(kind: TeardownKind) -> Label {
    match kind {
        TeardownKind::FourSegment => words::FOUR_SEGMENTS,
        TeardownKind::ThreeSegment => words::THREE_SEGMENTS,
        TeardownKind::SimultaneousClose => words::SIMULTANEOUS,
        TeardownKind::HalfClosed => words::HALF_CLOSED,
        TeardownKind::Reset => words::RESET,
        TeardownKind::None => words::NONE,
    }
}
