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
        table::{Align, Cell, Grid, Row},
        when,
        words::{Arg, Label, Lang, story, tables as words},
    },
    track::{
        AddressCounts, Host,
        event::{HandshakeVerdict, TcpRecord, TeardownKind, UdpRecord},
    },
};

pub(super) fn hosts(all: &[Host], top: Option<usize>, lang: Lang, names: &Names) -> Grid {
    let mut largest = Largest::new(top);
    // They come in order of appearance.
    for (at, it) in all.iter().enumerate() {
        let size = it.connections + it.exchanges;
        largest.offer(size, at as u64, || host(it, lang, names));
    }
    let rows = largest.take();
    let shown = rows.len();
    let columns = [
        (words::IP, Align::Left),
        (words::MAC, Align::Left),
        (words::LEARNT_IN, Align::Left),
        (words::TCP, Align::Right),
        (words::UDP, Align::Right),
        (words::REMARKS, Align::Left),
    ];
    let mut grid = Grid::new(lang, words::HOSTS, &columns).with_rows(rows);
    more(&mut grid, all.len() as u64, shown, &|all, hidden| {
        words::more_hosts(all, hidden).text(lang)
    });
    grid
}

fn host(it: &Host, lang: Lang, names: &Names) -> Row {
    let remarks = [
        (it.gateway, words::GATEWAY),
        (it.behind_gateway, words::BEHIND_GATEWAY),
        (it.conflict, words::CLAIMED_BY_TWO),
    ];
    let remarks = remarks.iter().filter(|(is, _)| *is);
    let remarks: Vec<_> = remarks.map(|(_, what)| what.of(lang)).collect();
    let mac = it.mac.map(|mac| names.label_mac(mac));
    let learnt_in = it.learnt_in.map(|frame| format!("#{frame}"));
    Row::new([
        names.label_host(it.ip).into(),
        mac.map_or_else(|| words::UNKNOWN.of(lang).into(), Cell::from),
        learnt_in.unwrap_or_default().into(),
        grouped(it.connections).into(),
        grouped(it.exchanges).into(),
        remarks.join(story::COMMA.of(lang)).into(),
    ])
}

/// A connection, in a row of the wide shape.
pub(super) fn connection(it: &TcpRecord, lang: Lang, names: &Names) -> Row {
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
    Row::new([
        it.conn.to_string().into(),
        orig.into(),
        names.label_socket(it.flow.resp).into(),
        it.conn_state.as_str().into(),
        (&it.history).into(),
        verdict(it.handshake).of(lang).into(),
        rtt.into(),
        teardown(it.teardown).of(lang).into(),
        packets.orig.into(),
        packets.resp.into(),
        bytes.orig.into(),
        bytes.resp.into(),
        when::span_text(it.duration).into(),
    ])
}

/// The connections, in the wide shape where that fits, else two lines a row.
pub(super) fn connections(rows: Vec<Row>, width: Option<usize>, lang: Lang) -> Grid {
    let wide = [
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
    ];
    let wide = Grid::new(lang, words::TCP_CONNECTIONS, &wide).with_rows(rows);
    if wide.fits(width) {
        return wide;
    }
    let narrow = [
        (words::ID, Align::Left),
        (words::BETWEEN, Align::Left),
        (words::STATE, Align::Left),
        (words::OPENED_CLOSED, Align::Left),
        (words::PACKETS, Align::Right),
        (words::BYTES, Align::Right),
    ];
    let narrowed = |row: &Row| {
        let [
            id,
            orig,
            resp,
            state,
            history,
            handshake,
            rtt,
            teardown,
            packets @ ..,
            there,
            back,
            duration,
        ] = cells::<13>(row);
        let opened = if rtt.is_empty() {
            handshake.into()
        } else {
            let handshake = Arg::Escaped(Role::Plain, handshake);
            words::opened_in(handshake, rtt).text(lang)
        };
        Row::new([
            Cell::escaped_lines([id, duration]),
            Cell::escaped_lines([orig, &format!("→ {resp}")]),
            Cell::escaped_lines([state, history]),
            Cell::escaped_lines([&opened, teardown]),
            both_ways(packets),
            both_ways([there, back]),
        ])
    };
    let rows = wide.into_rows().iter().map(narrowed).collect();
    Grid::new(lang, words::TCP_CONNECTIONS, &narrow).with_rows(rows)
}

/// An exchange, in a row of the wide shape.
pub(super) fn exchange(it: &UdpRecord, lang: Lang, names: &Names) -> Row {
    let bytes = it.bytes.map(|n| grouped(*n));
    Row::new([
        it.exchange.to_string().into(),
        names.label_socket(it.flow.orig).into(),
        names.label_socket(it.flow.resp).into(),
        it.conn_state.as_str().into(),
        in_frames(it.messages.orig, it.frames.orig, lang).into(),
        in_frames(it.messages.resp, it.frames.resp, lang).into(),
        bytes.orig.into(),
        bytes.resp.into(),
        grouped(it.unanswered).into(),
        grouped(it.unreachable).into(),
        when::span_text(it.duration).into(),
    ])
}

/// The exchanges, in the wide shape where that fits, else two lines a row.
pub(super) fn exchanges(rows: Vec<Row>, width: Option<usize>, lang: Lang) -> Grid {
    let wide = [
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
    ];
    let wide = Grid::new(lang, words::UDP_EXCHANGES, &wide).with_rows(rows);
    if wide.fits(width) {
        return wide;
    }
    let narrow = [
        (words::ID, Align::Left),
        (words::BETWEEN, Align::Left),
        (words::STATE, Align::Left),
        (words::DATAGRAMS, Align::Right),
        (words::BYTES, Align::Right),
        (words::REMARKS, Align::Left),
    ];
    let narrowed = |row: &Row| {
        let [
            id,
            orig,
            resp,
            state,
            there,
            back,
            bytes_there,
            bytes_back,
            unanswered,
            unreachable,
            duration,
        ] = cells::<11>(row);
        let remarks = [
            (unanswered, words::unanswered(unanswered)),
            (unreachable, words::unreachable(unreachable)),
        ];
        let remarks = remarks.iter().filter(|(count, _)| *count != "0");
        let remarks: Vec<_> = remarks.map(|(_, remark)| remark.text(lang)).collect();
        Row::new([
            Cell::escaped_lines([id, duration]),
            Cell::escaped_lines([orig, &format!("→ {resp}")]),
            Cell::escaped_lines([state]),
            both_ways([there, back]),
            both_ways([bytes_there, bytes_back]),
            remarks.join(story::COMMA.of(lang)).into(),
        ])
    };
    let rows = wide.into_rows().iter().map(narrowed).collect();
    Grid::new(lang, words::UDP_EXCHANGES, &narrow).with_rows(rows)
}

/// The cells of a row that has so many.
fn cells<const N: usize>(row: &Row) -> [&str; N] {
    let mut cells = row.cells();
    [(); N].map(|()| cells.next().unwrap_or_default())
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
    let row = |name: Label, counts: &[u64]| {
        let counts = counts.iter().map(|count| grouped(*count));
        let texts = std::iter::once(name.of(lang).to_owned()).chain(counts);
        let mut cells = [""; 7].map(Cell::from);
        for (cell, text) in cells.iter_mut().zip(texts) {
            *cell = text.into();
        }
        cells
    };
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
            grid.row(row(name, &counts));
        }
    }
    if overview.pings > 0 {
        let answered = overview.pings_answered;
        let silent = overview.pings.saturating_sub(answered);
        grid.row(row(words::PING, &[overview.pings, answered, silent]));
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

fn both_ways([there, back]: [&str; 2]) -> Cell {
    Cell::escaped_lines([&format!("{there} →"), &format!("{back} ←")])
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
