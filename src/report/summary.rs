//! What there was, in tables (`--view summary`, and below the timeline): the capture, its hosts, TCP
//! connections, UDP exchanges and address resolution.
//!
//! However many connections a capture holds, only as many rows are kept as are shown.

mod grids;

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    io::{self, Write},
};

pub(super) use self::grids::grouped;
use self::grids::{connection, connections, exchange, exchanges, hosts, more, questions};
use super::{
    Opened, Options, Output, Report, Totals,
    choice::Chosen,
    style::Palette,
    table::{Align, Grid, Row},
    when,
    words::{Arg, Label, Lang, tables as words},
};
use crate::{
    capture::Frame,
    decode::Packet,
    track::{
        Interest, Outranked, Rank,
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

impl<W: Write + Send> Report for Summary<W> {
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

    fn outranked(&self) -> Outranked {
        Outranked {
            connections: self.tables.connections.least(),
            exchanges: self.tables.exchanges.least(),
        }
    }

    fn packet(&mut self, _: u64, _: &Frame<'_>, _: &Packet<'_>) -> io::Result<()> {
        Ok(())
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.tables.event(event);
        Ok(())
    }

    fn closed(&mut self, totals: &Totals) -> io::Result<()> {
        self.tables.write(totals, &mut self.output)?;
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
    connections: Largest<Told<TcpRecord>>,
    exchanges: Largest<Told<UdpRecord>>,
}

/// What a row tells.
#[derive(Debug)]
enum Told<R> {
    /// The record, as long as others may yet be larger.
    Record(Box<R>),
    /// The row, where all are shown: it takes less room.
    Row(Row),
}

impl<R: Clone> Told<R> {
    fn new(record: &R, row: impl FnOnce(&R) -> Row, is_sure: bool) -> Self {
        if is_sure {
            Self::Row(row(record))
        } else {
            Self::Record(Box::new(record.clone()))
        }
    }

    fn row(self, row: impl FnOnce(&R) -> Row) -> Row {
        match self {
            Self::Record(record) => row(&record),
            Self::Row(row) => row,
        }
    }
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
        let (lang, names) = (self.options.lang, &*self.options.names);
        let is_sure = self.options.top.is_none();
        match &event.kind {
            Kind::TcpClosed(it) => {
                self.connections.offer(it.bytes.total(), it.conn.0, || {
                    Told::new(it, |it| connection(it, lang, names), is_sure)
                });
            }
            Kind::UdpClosed(it) => {
                self.exchanges.offer(it.bytes.total(), it.exchange.0, || {
                    Told::new(it, |it| exchange(it, lang, names), is_sure)
                });
            }
            _ => {}
        }
    }

    /// Writes all tables, with an empty line between them.
    pub(super) fn write<W: Write>(
        &mut self,
        totals: &Totals,
        output: &mut Output<W>,
    ) -> io::Result<()> {
        let palette = Palette::new(self.options.colour);
        let grids = self.grids(totals).into_iter();
        let grids = grids.filter(|grid| !grid.rows().is_empty());
        for (at, grid) in grids.enumerate() {
            if at > 0 {
                output.buffer.push(b'\n');
            }
            grid.write(palette, self.options.width, output)?;
        }
        Ok(())
    }

    /// The capture, its hosts, connections, exchanges and questions for addresses; each as wide as there
    /// is room for.
    pub fn grids(&mut self, totals: &Totals) -> [Grid; 5] {
        let (lang, names) = (self.options.lang, &*self.options.names);
        let width = self.options.width;
        let capture = self.capture(totals);
        let hosts = hosts(&totals.overview.hosts, self.options.top, lang, names);
        let untold = totals.overview.untold;
        let count = self.connections.count + untold.connections;
        let rows = self.connections.rows(|it| connection(it, lang, names));
        let shown = rows.len();
        let mut connections = connections(rows, width, lang);
        more(&mut connections, count, shown, &|all, hidden| {
            words::more_connections(all, hidden).text(lang)
        });
        let count = self.exchanges.count + untold.exchanges;
        let rows = self.exchanges.rows(|it| exchange(it, lang, names));
        let shown = rows.len();
        let mut exchanges = exchanges(rows, width, lang);
        more(&mut exchanges, count, shown, &|all, hidden| {
            words::more_exchanges(all, hidden).text(lang)
        });
        let questions = questions(totals, lang);
        [capture, hosts, connections, exchanges, questions]
    }

    fn capture(&self, totals: &Totals) -> Grid {
        let lang = self.options.lang;
        let columns = [(Label::EMPTY, Align::Left); 2];
        let mut grid = Grid::new(lang, words::CAPTURE, &columns);
        let mut fact = |name: Label, value: String| grid.row([name.of(lang).into(), value.into()]);
        let live = self.source.as_ref().is_some_and(|source| source.live);
        if let Some(source) = &self.source {
            fact(words::SOURCE, source.source.clone());
        }
        let links: Vec<_> = totals.link_types.iter().map(ToString::to_string).collect();
        if !links.is_empty() {
            fact(words::LINK_TYPE, links.join(", "));
        }
        if let Some(choice) = &totals.choice {
            fact(words::TOLD, chosen(choice, lang));
        }
        fact(words::FRAMES, grouped(totals.frames));
        for (name, count) in [
            (words::DECODED, totals.decoded),
            (words::MALFORMED, totals.malformed),
            (words::UNSUPPORTED, totals.unsupported),
            (words::FILTERED, totals.filtered),
            (words::CUT, totals.cut),
            (words::BAD_CHECKSUMS, totals.overview.bad_checksums),
        ] {
            if count > 0 {
                fact(name, grouped(count));
            }
        }
        fact(words::BYTES, grouped(totals.bytes));
        if let (Some(first), Some(last)) = (totals.first_at, totals.last_at) {
            fact(words::FIRST_FRAME, first.to_string());
            fact(words::LAST_FRAME, last.to_string());
            fact(words::DURATION, when::span_text(last.since(first)));
        }
        let ending = &totals.ending;
        for (name, count) in [
            (words::RECEIVED, ending.received),
            (words::KERNEL_DROPPED, ending.kernel_dropped),
            (words::INTERFACE_DROPPED, ending.interface_dropped),
        ] {
            match count {
                Some(count) => fact(name, grouped(count)),
                // A file does not tell, and nobody asks it.
                None if live => fact(name, words::UNKNOWN.of(lang).into()),
                None => {}
            }
        }
        if ending.truncated_tail {
            fact(words::END, words::TRUNCATED.of(lang).into());
        }
        let evicted = &totals.overview.evicted;
        for (name, count) in [
            (words::NORMALISED, ending.normalised),
            (words::BACKWARDS, totals.backwards),
            (words::CONNECTIONS_FORGOTTEN, evicted.connections),
            (words::EXCHANGES_FORGOTTEN, evicted.exchanges),
            (words::HOSTS_FORGOTTEN, evicted.hosts),
            (words::QUESTIONS_FORGOTTEN, evicted.questions),
            (words::FRAGMENTS_FORGOTTEN, evicted.fragments),
            (words::BYTES_FORGOTTEN, evicted.stream_bytes),
            (words::GAPS_FORGOTTEN, evicted.stream_gaps),
        ] {
            if count > 0 {
                fact(name, grouped(count));
            }
        }
        grid
    }
}

/// What is told, and what nevertheless counts everything.
fn chosen(choice: &Chosen, lang: Lang) -> String {
    let (conversations, hosts) = (&choice.conversations, &choice.hosts);
    let both = words::conversations_with(conversations, hosts);
    let choice = match (conversations.is_empty(), hosts.is_empty()) {
        (false, false) => Arg::from(&both),
        (false, true) => conversations.into(),
        (true, _) => hosts.into(),
    };
    words::told_only(choice).text(lang)
}

/// The rows of the largest things seen, at most so many.
#[derive(Debug)]
struct Largest<T> {
    room: Option<usize>,
    count: u64,
    heap: BinaryHeap<Reverse<Ranked<T>>>,
}

impl<T> Largest<T> {
    const fn new(room: Option<usize>) -> Self {
        Self {
            room,
            count: 0,
            heap: BinaryHeap::new(),
        }
    }

    /// `make` makes the row of a thing of some size, if it is among the largest so far.
    fn offer(&mut self, size: u64, id: u64, make: impl FnOnce() -> T) {
        self.count += 1;
        let rank = Rank::new(size, id);
        if self.is_full() {
            match self.least() {
                Some(least) if least < rank => self.heap.pop(),
                _ => return,
            };
        }
        self.heap.push(Reverse(Ranked { rank, row: make() }));
    }

    fn is_full(&self) -> bool {
        self.room.is_some_and(|room| self.heap.len() >= room)
    }

    /// The rank of the least, where there is no room for others below it.
    fn least(&self) -> Option<Rank> {
        let Reverse(least) = self.heap.peek().filter(|_| self.is_full())?;
        Some(least.rank)
    }

    /// The rows in order of their numbers.
    fn take(&mut self) -> Vec<T> {
        let mut ranked = std::mem::take(&mut self.heap).into_vec();
        ranked.sort_unstable_by_key(|Reverse(ranked)| ranked.rank.number());
        let rows = ranked.into_iter();
        rows.map(|Reverse(ranked)| ranked.row).collect()
    }
}

impl<R: Clone> Largest<Told<R>> {
    /// All rows, in order of their numbers.
    fn rows(&mut self, row: impl Fn(&R) -> Row) -> Vec<Row> {
        let told = self.take().into_iter();
        told.map(|it| it.row(&row)).collect()
    }
}

/// A row ordered by the size of what it tells; of two of the same size the earlier counts more.
#[derive(Debug)]
struct Ranked<T> {
    rank: Rank,
    row: T,
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
