//! The classic capture file (draft-ietf-opsawg-pcap): a header, then records to the end.
//!
//! ```text
//!   file header, 24 bytes                          record header, 16 bytes
//!   +-----------------------------------+          +-----------------------------------+
//!   | magic: byte order, time unit      |  0       | seconds since 1970                |  0
//!   | major version  |  minor version   |  4       | micro- or nanoseconds             |  4
//!   | time zone, always 0               |  8       | captured length                   |  8
//!   | time accuracy, always 0           | 12       | original length                   | 12
//!   | snaplen                           | 16       +-----------------------------------+
//!   | FCS length     |  link type       | 20       | the frame, not padded             | 16
//!   +-----------------------------------+          +-----------------------------------+
//! ```
//!
//! The modified format of Alexey Kuznetzov has eight more bytes in the record header: interface
//! index, protocol and packet type.

use crate::{
    capture::{Batch, Description, batch::Place},
    link_type::LinkType,
    time::Timestamp,
};

use super::{Fault, LONGEST_RECORD, Order, Record, Registry, Window};

const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;
const MODIFIED_RECORD_HEADER: usize = 24;

const MICROSECONDS: u32 = 0xa1b2_c3d4;
const NANOSECONDS: u32 = 0xa1b2_3c4d;
const MODIFIED: u32 = 0xa1b2_cd34;

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// DG/UX wrote this major version, its lengths in the old order.
const DG_UX: u16 = 543;

/// Reads the records of a pcap file.
pub(super) struct Reader {
    order: Order,
    /// Nanoseconds in a unit of the record's second field.
    unit: u64,
    record_header: usize,
    lengths: Lengths,
    link_type: LinkType,
    interface: u32,
}

/// In which order captured and original length stand. It changed with version 2.3.
#[derive(Clone, Copy)]
enum Lengths {
    CapturedFirst,
    OriginalFirst,
    /// Version 2.3 was written by programs of both kinds: the captured length is the smaller one.
    Unknown,
}

impl Reader {
    /// Reads the file header, which begins with `magic`.
    pub(super) fn begin(
        magic: [u8; 4],
        window: &mut Window,
        registry: &mut Registry,
    ) -> Result<Self, Fault> {
        let kind = |magic| match magic {
            MICROSECONDS => Some((1000, RECORD_HEADER)),
            NANOSECONDS => Some((1, RECORD_HEADER)),
            MODIFIED => Some((1000, MODIFIED_RECORD_HEADER)),
            _ => None,
        };
        let little = kind(u32::from_le_bytes(magic)).map(|kind| (Order::Little, kind));
        let big = kind(u32::from_be_bytes(magic)).map(|kind| (Order::Big, kind));
        let (order, (unit, record_header)) = little.or(big).ok_or(Fault::NotThis)?;
        if !window.need(FILE_HEADER)? {
            return Err(Fault::Truncated);
        }
        let header = window.take(FILE_HEADER);
        let lengths = match (order.u16(header, 4), order.u16(header, 6)) {
            (2, ..=2) | (DG_UX, _) => Lengths::OriginalFirst,
            (2, 3) => Lengths::Unknown,
            (2, _) => Lengths::CapturedFirst,
            version => return Err(Fault::Version("pcap", version)),
        };
        let snaplen = order.u32(header, 16);
        // The upper half may tell of frame check sequences, which has nothing to do with the type.
        let link_type = LinkType::from_number(order.u32(header, 20) as u16);
        let interface = registry.add(
            Description {
                name: Vec::new(),
                link_type,
                snaplen,
            },
            0,
        )?;
        Ok(Self {
            order,
            unit,
            record_header,
            lengths,
            link_type,
            interface,
        })
    }

    /// The next record, `None` at the end of the file.
    pub(super) fn record(&mut self, window: &mut Window) -> Result<Option<Record>, Fault> {
        if !window.need(self.record_header)? {
            return if window.bytes().is_empty() {
                Ok(None)
            } else {
                Err(Fault::Truncated)
            };
        }
        let header = window.bytes().first_chunk().ok_or(Fault::Truncated)?;
        let record = self.header(header);
        if record.captured_len > LONGEST_RECORD {
            let what = format!(
                "it claims {} bytes, and no frame is that long",
                record.captured_len
            );
            return Err(Fault::Damaged(what, window.offset()));
        }
        if !window.need(self.record_header + record.captured_len)? {
            return Err(Fault::Truncated);
        }
        window.take(self.record_header);
        Ok(Some(record))
    }

    /// Places the records that are whole in the window; see [`super::Format::place_all`].
    pub(super) fn place_all(&self, window: &mut Window, batch: &mut Batch) -> u64 {
        let (bytes, position) = (window.bytes(), window.position());
        let mut end = 0;
        let mut normalised = 0;
        loop {
            end = self.place_usual(bytes, (position, end), batch);
            let Some(header) = bytes.get(end..).and_then(<[u8]>::first_chunk) else {
                break;
            };
            let record = self.header(header);
            let start = end + self.record_header;
            if record.captured_len > LONGEST_RECORD || start + record.captured_len > bytes.len() {
                break;
            }
            batch.place(record.place(position + start));
            normalised += u64::from(record.normalised);
            end = start + record.captured_len;
        }
        window.take(end);
        normalised
    }

    /// Places records as nearly all are, from `end` on. Returns where the first begins that is not.
    #[inline(never)]
    fn place_usual(
        &self,
        bytes: &[u8],
        (position, mut end): (usize, usize),
        batch: &mut Batch,
    ) -> usize {
        let Self {
            order: Order::Little,
            record_header: RECORD_HEADER,
            lengths: Lengths::CapturedFirst,
            ..
        } = *self
        else {
            return end;
        };
        // So none in it is longer.
        let bytes = bytes.get(..LONGEST_RECORD).unwrap_or(bytes);
        while let Some(header) = bytes.get(end..).and_then(<[u8]>::first_chunk) {
            let [seconds, fraction, captured_len, original_len] = Order::Little.words(*header);
            let fraction = u64::from(fraction) * self.unit;
            let start = end + RECORD_HEADER;
            let next = start + captured_len as usize;
            let is_usual =
                captured_len <= original_len && fraction < NANOS_PER_SECOND && next <= bytes.len();
            if !is_usual {
                break;
            }
            let nanos = u64::from(seconds) * NANOS_PER_SECOND + fraction;
            batch.place(Place {
                at: Timestamp::from_nanos(nanos.cast_signed()),
                link_type: self.link_type,
                interface: self.interface,
                original_len,
                start: (position + start) as u32,
                len: captured_len,
            });
            end = next;
        }
        end
    }

    /// Reads a record's header.
    #[inline]
    fn header(&self, header: &[u8; RECORD_HEADER]) -> Record {
        let [seconds, fraction, first, second] = self.order.words(*header);
        let fraction = u64::from(fraction) * self.unit;
        let (first, second) = (first as usize, second as usize);
        let (captured_len, original_len) = match self.lengths {
            Lengths::CapturedFirst => (first, second),
            Lengths::OriginalFirst => (second, first),
            Lengths::Unknown => (first.min(second), first.max(second)),
        };
        let nanos = u64::from(seconds) * NANOS_PER_SECOND + fraction;
        Record {
            // 2^32 seconds and 2^32 milliseconds fit: it is the year 2106.
            at: Timestamp::from_nanos(nanos.cast_signed()),
            link_type: self.link_type,
            interface: self.interface,
            original_len: original_len.max(captured_len),
            captured_len,
            whole_len: captured_len,
            normalised: captured_len > original_len || fraction >= NANOS_PER_SECOND,
        }
    }
}
