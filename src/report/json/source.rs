//! The first line and the last.

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{
    SCHEMA,
    values::{Fields, Shown, ShownList},
};
use crate::{
    report::{Opened, Totals},
    time::Timestamp,
};

/// `capture_opened`.
pub(super) struct CaptureOpened<'a> {
    pub source: &'a Opened,
}

impl Serialize for CaptureOpened<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("event", "capture_opened")?;
        line.known("at", self.source.at.map(Shown))?;
        line.serialize_entry("schema", &SCHEMA)?;
        line.escaped("source", &self.source.source)?;
        line.serialize_entry("live", &self.source.live)?;
        line.serialize_entry("link_types", &ShownList(&self.source.link_types))?;
        line.end()
    }
}

/// `capture_closed`.
pub(super) struct CaptureClosed<'a> {
    pub totals: &'a Totals,
    /// Not before any event.
    pub at: Option<Timestamp>,
}

impl Serialize for CaptureClosed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let totals = self.totals;
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("event", "capture_closed")?;
        line.known("at", self.at.map(Shown))?;
        line.serialize_entry("frames", &totals.frames)?;
        line.serialize_entry("bytes", &totals.bytes)?;
        line.serialize_entry("decoded", &totals.decoded)?;
        line.serialize_entry("malformed", &totals.malformed)?;
        line.serialize_entry("unsupported", &totals.unsupported)?;
        line.serialize_entry("filtered", &totals.filtered)?;
        line.serialize_entry("cut", &totals.cut)?;
        line.serialize_entry("backwards", &totals.backwards)?;
        line.known("received", totals.ending.received)?;
        line.known("kernel_dropped", totals.ending.kernel_dropped)?;
        line.known("interface_dropped", totals.ending.interface_dropped)?;
        // Frames wait in no queue of ours: one thread reads, decodes and tells.
        line.serialize_entry("queue_dropped", &0)?;
        line.serialize_entry("truncated_tail", &totals.ending.truncated_tail)?;
        line.serialize_entry("normalised", &totals.ending.normalised)?;
        let evicted = totals.overview.evicted;
        let entries = [
            ("evicted_connections", evicted.connections),
            ("evicted_exchanges", evicted.exchanges),
            ("evicted_hosts", evicted.hosts),
            ("evicted_questions", evicted.questions),
            ("evicted_fragments", evicted.fragments),
            ("evicted_stream_gaps", evicted.stream_gaps),
        ];
        line.serialize_entry(
            "evicted",
            &entries.iter().map(|(_, count)| count).sum::<u64>(),
        )?;
        for (name, count) in entries {
            line.serialize_entry(name, &count)?;
        }
        line.serialize_entry("evicted_stream_bytes", &evicted.stream_bytes)?;
        line.serialize_entry("link_types", &ShownList(&totals.link_types))?;
        line.known("first_at", totals.first_at.map(Shown))?;
        line.known("last_at", totals.last_at.map(Shown))?;
        line.end()
    }
}
