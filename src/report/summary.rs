//! What there was, in tables (`--view summary`, and below the timeline): the capture, its hosts, TCP
//! connections, UDP exchanges and address resolution.
//!
//! However many connections a capture holds, only as many records are kept as are shown.

mod grids;

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    io::{self, Write},
};

use self::grids::{connections, exchanges, grouped, hosts, more, questions};
use super::{
    Opened, Options, Output, Report, Totals,
    style::Palette,
    table::{Align, Grid},
    when,
};
use crate::{
    capture::Frame,
    decode::Packet,
    track::{
        Interest,
        event::{Event, Kind, TcpRecord, UdpRecord},
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
            whole: false,
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
            source: None,
            connections: Largest::new(options.top),
            exchanges: Largest::new(options.top),
            options,
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
        self.show(&self.capture(totals), out);
        let names = &*self.options.names;
        let grid = hosts(&totals.overview.hosts, self.options.top, names);
        self.show(&grid, out);

        let count = self.connections.count;
        let records = self.connections.take();
        for wide in [true, false] {
            let mut grid = connections(&records, wide, names);
            more(
                &mut grid,
                count,
                records.len(),
                "connections",
                "the largest by bytes",
            );
            if !wide || grid.fits(self.options.width) {
                self.show(&grid, out);
                break;
            }
        }
        let count = self.exchanges.count;
        let records = self.exchanges.take();
        for wide in [true, false] {
            let mut grid = exchanges(&records, wide, names);
            more(
                &mut grid,
                count,
                records.len(),
                "exchanges",
                "the largest by bytes",
            );
            if !wide || grid.fits(self.options.width) {
                self.show(&grid, out);
                break;
            }
        }
        self.show(&questions(totals), out);
        // The last table needs no empty line behind it.
        if out.len() > begin && out.ends_with(b"\n\n") {
            out.pop();
        }
    }

    fn show(&self, grid: &Grid, out: &mut Vec<u8>) {
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
        if let Some(choice) = &totals.choice {
            fact(
                "told",
                format!(
                    "only {choice}; what is counted here and under address resolution is everything"
                ),
            );
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

#[cfg(test)]
mod tests;
