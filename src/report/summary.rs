//! What there was, in tables (`--view summary`, and below the timeline): the capture, its hosts, TCP
//! connections, UDP exchanges and address resolution.
//!
//! However many connections a capture holds, only as many records are kept as are shown.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    io::{self, Write},
    time::Duration,
};

use super::{
    Opened, Options, Output, Report, Totals, digits,
    style::Palette,
    table::{Align, Cell, Grid},
    when,
};
use crate::{
    capture::Frame,
    decode::Packet,
    track::{
        AddressCounts, Host, Interest,
        event::{Event, HandshakeVerdict, Kind, TcpRecord, TeardownKind, UdpRecord},
        flow::Both,
    },
};

/// Writes the tables and nothing else.
#[derive(Debug)]
pub struct Summary<W> {
    output: Output<W>,
    tables: Tables,
}

impl<W: Write> Summary<W> {
    /// Tables written to `to`.
    pub fn new(to: W, options: Options) -> Self {
        Self {
            output: Output::new(to),
            tables: Tables::new(options),
        }
    }
}

impl<W: Write> Report for Summary<W> {
    fn opened(&mut self, source: &Opened) -> io::Result<()> {
        self.tables.opened(source);
        Ok(())
    }

    fn interest(&self) -> Option<Interest> {
        Some(Interest {
            events: false,
            text: false,
        })
    }

    fn packet(&mut self, _: u64, _: &Frame<'_>, _: &Packet<'_>) -> io::Result<()> {
        Ok(())
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.tables.event(event);
        Ok(())
    }

    fn closed(&mut self, totals: &Totals) -> io::Result<()> {
        self.tables.write(totals, &mut self.output.buffer);
        self.output.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// Gathers what the tables show.
#[derive(Debug)]
pub struct Tables {
    options: Options,
    source: Option<Opened>,
    connections: Largest<TcpRecord>,
    exchanges: Largest<UdpRecord>,
}

impl Tables {
    /// Nothing gathered yet.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            source: None,
            connections: Largest::new(options.top),
            exchanges: Largest::new(options.top),
        }
    }

    /// Takes note of where the frames come from.
    pub fn opened(&mut self, source: &Opened) {
        self.source = Some(source.clone());
    }

    /// Takes note of records; other events are of no matter here.
    pub fn event(&mut self, event: &Event) {
        match &event.kind {
            Kind::TcpClosed(record) => {
                self.connections
                    .offer(record.bytes.total(), record.conn.0, record);
            }
            Kind::UdpClosed(record) => {
                self.exchanges
                    .offer(record.bytes.total(), record.exchange.0, record);
            }
            _ => {}
        }
    }

    /// Writes all tables.
    pub fn write(&mut self, totals: &Totals, out: &mut Vec<u8>) {
        let begin = out.len();
        self.show(self.capture(totals), out);
        self.show(hosts(&totals.overview.hosts, self.options.top), out);

        let count = self.connections.count;
        let records = self.connections.take();
        for wide in [true, false] {
            let mut grid = connections(&records, wide);
            more(
                &mut grid,
                count,
                records.len(),
                "connections",
                "the largest by bytes",
            );
            if !wide || grid.fits(self.options.width) {
                self.show(grid, out);
                break;
            }
        }
        let count = self.exchanges.count;
        let records = self.exchanges.take();
        for wide in [true, false] {
            let mut grid = exchanges(&records, wide);
            more(
                &mut grid,
                count,
                records.len(),
                "exchanges",
                "the largest by bytes",
            );
            if !wide || grid.fits(self.options.width) {
                self.show(grid, out);
                break;
            }
        }
        self.show(questions(totals), out);
        // The last table needs no empty line behind it.
        if out.len() > begin && out.ends_with(b"\n\n") {
            out.pop();
        }
    }

    fn show(&self, grid: Grid, out: &mut Vec<u8>) {
        grid.write(Palette::new(self.options.colour), self.options.width, out);
    }

    fn capture(&self, totals: &Totals) -> Grid {
        let mut grid = Grid::new("Capture", &[("", Align::Left), ("", Align::Left)]);
        let mut fact = |name: &str, value: String| grid.row([name.into(), value.into()]);
        let live = self.source.as_ref().is_some_and(|source| source.live);
        if let Some(source) = &self.source {
            fact("source", source.source.clone());
        }
        let links: Vec<_> = totals.link_types.iter().map(ToString::to_string).collect();
        if !links.is_empty() {
            fact("link type", links.join(", "));
        }
        fact("frames", grouped(totals.frames));
        for (name, count) in [
            ("  decoded", totals.decoded),
            ("  malformed", totals.malformed),
            ("  not decoded (unsupported)", totals.unsupported),
            ("  kept out by the filter", totals.filtered),
            ("  cut by the capture (snaplen)", totals.cut),
        ] {
            if count > 0 {
                fact(name, grouped(count));
            }
        }
        fact("bytes", grouped(totals.bytes));
        if let (Some(first), Some(last)) = (totals.first_at, totals.last_at) {
            fact("first frame", first.to_string());
            fact("last frame", last.to_string());
            fact("duration", when::span_text(last.since(first)));
        }
        let ending = &totals.ending;
        for (name, count) in [
            ("received by the kernel", ending.received),
            ("dropped by the kernel", ending.kernel_dropped),
            ("dropped by the interface", ending.interface_dropped),
        ] {
            match count {
                Some(count) => fact(name, grouped(count)),
                // A file does not tell, and nobody asks it.
                None if live => fact(name, "unknown".into()),
                None => {}
            }
        }
        if ending.truncated_tail {
            fact("end", "inside a record: the file is incomplete".into());
        }
        let evicted = &totals.overview.evicted;
        for (name, count) in [
            ("records that contradict themselves", ending.normalised),
            ("frames earlier than the one before", totals.backwards),
            ("connections forgotten (table full)", evicted.connections),
            ("exchanges forgotten (table full)", evicted.exchanges),
            ("hosts forgotten (table full)", evicted.hosts),
            ("questions forgotten (table full)", evicted.questions),
            ("fragments forgotten (table full)", evicted.fragments),
            ("stream bytes forgotten", evicted.stream_bytes),
        ] {
            if count > 0 {
                fact(name, grouped(count));
            }
        }
        grid
    }
}

/// The largest records seen, at most so many.
#[derive(Debug)]
struct Largest<T> {
    room: Option<usize>,
    count: u64,
    heap: BinaryHeap<Reverse<Ranked<T>>>,
}

impl<T: Clone> Largest<T> {
    const fn new(room: Option<usize>) -> Self {
        Self {
            room,
            count: 0,
            heap: BinaryHeap::new(),
        }
    }

    fn offer(&mut self, size: u64, id: u64, record: &T) {
        self.count += 1;
        let rank = (size, Reverse(id));
        if self.room.is_some_and(|room| self.heap.len() >= room) {
            match self.heap.peek() {
                Some(Reverse(least)) if least.rank < rank => self.heap.pop(),
                _ => return,
            };
        }
        self.heap.push(Reverse(Ranked {
            rank,
            record: record.clone(),
        }));
    }

    /// The records in order of their numbers.
    fn take(&mut self) -> Vec<T> {
        let mut ranked: Vec<_> = self.heap.drain().map(|Reverse(ranked)| ranked).collect();
        ranked.sort_unstable_by_key(|ranked| Reverse(ranked.rank.1));
        ranked.into_iter().map(|ranked| ranked.record).collect()
    }
}

/// A record ordered by its size; of two of the same size the earlier counts more.
#[derive(Debug)]
struct Ranked<T> {
    rank: (u64, Reverse<u64>),
    record: T,
}

impl<T> PartialEq for Ranked<T> {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl<T> Eq for Ranked<T> {}

impl<T> PartialOrd for Ranked<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Ranked<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank.cmp(&other.rank)
    }
}

fn hosts(all: &[Host], top: Option<usize>) -> Grid {
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
            host.ip.to_string().into(),
            host.mac
                .map_or_else(|| "unknown".into(), |mac| mac.to_string())
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

fn connections(records: &[TcpRecord], wide: bool) -> Grid {
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
        let orig = format!("{}{guessed}", it.flow.orig);
        let duration = when::span_text(it.duration);
        if wide {
            grid.row([
                it.conn.to_string().into(),
                orig.into(),
                it.flow.resp.to_string().into(),
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
                Cell::list(&[it.conn.to_string(), duration]),
                Cell::list(&[orig, format!("→ {}", it.flow.resp)]),
                Cell::list(&[it.conn_state.as_str().into(), it.history.clone()]),
                Cell::list(&[opened, teardown(it.teardown).into()]),
                both_ways(packets),
                both_ways(bytes),
            ]);
        }
    }
    grid
}

fn exchanges(records: &[UdpRecord], wide: bool) -> Grid {
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
        if wide {
            grid.row([
                it.exchange.to_string().into(),
                it.flow.orig.to_string().into(),
                it.flow.resp.to_string().into(),
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
                Cell::list(&[it.exchange.to_string(), duration]),
                Cell::list(&[it.flow.orig.to_string(), format!("→ {}", it.flow.resp)]),
                it.conn_state.as_str().into(),
                both_ways(count),
                both_ways(bytes),
                remarks.collect::<Vec<_>>().join(", ").into(),
            ]);
        }
    }
    grid
}

fn questions(totals: &Totals) -> Grid {
    let mut grid = Grid::new(
        "Questions",
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

fn more(grid: &mut Grid, all: u64, shown: usize, what: &str, which: &str) {
    let hidden = all.saturating_sub(shown as u64);
    if hidden > 0 {
        grid.note(format!(
            "{which} of {} {what}; {} are not shown, `--top all` shows them",
            grouped(all),
            grouped(hidden)
        ));
    }
}

fn both_ways(numbers: Both<String>) -> Cell {
    Cell::list(&[format!("{} →", numbers.orig), format!("{} ←", numbers.resp)])
}

fn handshake_rtt(record: &TcpRecord) -> Option<Duration> {
    Some(record.synack_rtt? + record.ack_rtt?)
}

fn grouped(number: u64) -> String {
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

#[cfg(test)]
mod tests;
