//! Small scenes, each with the history, `conn_state`, verdict on the handshake and kind of teardown that
//! follow from it. A scene is written in a few words ([`script`]), put on the wire as real frames
//! ([`wire`]), over IPv4 and IPv6 and with sequence numbers that wrap, and told the same each time.

/// ARP and neighbour discovery.
mod address;
/// UDP, ICMP and fragments.
mod datagrams;
/// Each way a connection is opened, or not.
mod handshakes;
/// What must hold of any story.
pub mod laws;
/// The limits of tables and budgets.
mod limits;
/// Losses, repetitions, wrong checksums and cuts.
mod mishaps;
/// Random sessions against what their generator knows.
mod model;
/// RST in every state.
mod resets;
/// The language.
pub mod script;
/// Zeek's thirteen states.
mod states;
/// Each way a connection is closed, or not.
mod teardowns;
/// Scenes that other tools tell wrongly.
mod traps;
/// Frames, and what the tracker tells of them.
pub mod wire;

use inspector::track::{
    Config,
    event::{Event, Kind, TcpRecord},
};

use script::{Line, play, ways};

/// The ports of both ends where none is a well-known server's.
const PLAIN: [u16; 2] = [40_001, 8_520];
/// The ports of both ends where B's is one.
const WEB: [u16; 2] = [40_001, 80];

/// A scene and what is told of it: for each connection `conn_state`, history, handshake and teardown, with `+`
/// between connections.
type Row = (&'static str, Vec<Line>, &'static str);

/// Plays scenes in all ways.
fn check(ports: [u16; 2], rows: Vec<Row>) {
    let mut wrong = Vec::new();
    for (name, lines, wanted) in rows {
        for way in ways(ports) {
            let (events, _) = wire::observe(&play(&lines, way), Config::reading());
            laws::hold(&events);
            let told = records(&events).iter().map(line_of).collect::<Vec<_>>();
            let told = told.join(" + ");
            if told != wanted {
                wrong.push(format!("{name}: {told}, not {wanted} ({way:?})"));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn line_of(record: &TcpRecord) -> String {
    format!(
        "{} {} {:?} {:?}",
        record.conn_state.as_str(),
        record.history,
        record.handshake,
        record.teardown
    )
}

/// The records of connections, in order of first appearance.
fn records(events: &[Event]) -> Vec<TcpRecord> {
    let mut records: Vec<TcpRecord> = events
        .iter()
        .filter_map(|event| match &event.kind {
            Kind::TcpClosed(record) => Some((**record).clone()),
            _ => None,
        })
        .collect();
    records.sort_by_key(|record| record.conn);
    records
}

/// The events of a script over IPv4.
fn events_of(lines: &[Line]) -> Vec<Event> {
    let (events, _) = wire::observe(&play(lines, ways(PLAIN)[0]), Config::reading());
    laws::hold(&events);
    events
}

/// The only record of a script.
fn record_of(lines: &[Line]) -> TcpRecord {
    let mut records = records(&events_of(lines));
    assert_eq!(records.len(), 1, "one connection");
    records.remove(0)
}

/// The stable names of what was odd in a script's connections.
fn oddities_of(lines: &[Line]) -> Vec<&'static str> {
    events_of(lines)
        .iter()
        .filter_map(|event| match &event.kind {
            Kind::TcpOddity(oddity) => Some(oddity.name.as_str()),
            Kind::Oddity(oddity) => Some(oddity.name()),
            _ => None,
        })
        .collect()
}
