//! What the first line and the last tell beside their names and times.

use super::{SCHEMA, object::Object};
use crate::report::{Opened, Totals};

/// `capture_opened`.
pub(super) fn opened(source: &Opened, line: &mut Object<'_>) {
    line.number("schema", SCHEMA);
    line.escaped("source", &source.source);
    line.flag("live", source.live);
    line.shown_list("link_types", &source.link_types);
}

/// `capture_closed`.
pub(super) fn closed(totals: &Totals, line: &mut Object<'_>) {
    line.number("frames", totals.frames);
    line.number("bytes", totals.bytes);
    line.number("decoded", totals.decoded);
    line.number("malformed", totals.malformed);
    line.number("unsupported", totals.unsupported);
    line.number("filtered", totals.filtered);
    line.number("cut", totals.cut);
    line.number("backwards", totals.backwards);
    line.known("received", totals.ending.received);
    line.known("kernel_dropped", totals.ending.kernel_dropped);
    line.known("interface_dropped", totals.ending.interface_dropped);
    // Frames wait in no queue of ours: one thread reads, decodes and tells.
    line.number("queue_dropped", 0_u64);
    line.flag("truncated_tail", totals.ending.truncated_tail);
    line.number("normalised", totals.ending.normalised);
    let evicted = totals.overview.evicted;
    let entries = [
        ("evicted_connections", evicted.connections),
        ("evicted_exchanges", evicted.exchanges),
        ("evicted_hosts", evicted.hosts),
        ("evicted_questions", evicted.questions),
        ("evicted_fragments", evicted.fragments),
        ("evicted_stream_gaps", evicted.stream_gaps),
    ];
    let all: u64 = entries.iter().map(|(_, count)| count).sum();
    line.number("evicted", all);
    for (name, count) in entries {
        line.number(name, count);
    }
    line.number("evicted_stream_bytes", evicted.stream_bytes);
    line.shown_list("link_types", &totals.link_types);
    for (name, at) in [("first_at", totals.first_at), ("last_at", totals.last_at)] {
        if let Some(at) = at {
            line.shown(name, at);
        }
    }
}
