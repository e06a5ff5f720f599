//! The newer capture file (draft-ietf-opsawg-pcapng): blocks, which a reader may skip.
//!
//! ```text
//!   every block                       Section Header        Interface Description   Enhanced Packet
//!   +----------------------+  0       | 0x0a0d0d0a    |  0  | 1             |  0    | 6           |  0
//!   | block type           |          | length        |  4  | length        |  4    | length      |  4
//!   | length of all of it  |  4       | 0x1a2b3c4d    |  8  | link type|res.|  8    | interface   |  8
//!   +----------------------+  8       | major | minor | 12  | snaplen       | 12    | time, high  | 12
//!   | body, padded to four |          | section length| 16  | options       | 16    | time, low   | 16
//!   +----------------------+          | options       | 24                          | captured    | 20
//!   | the same length      |                                                        | original    | 24
//!   +----------------------+                                Simple Packet           | the frame   | 28
//!                                     Packet (old)          | 3             |  0    | options     |
//!   an option                         | 2             |  0  | length        |  4
//!   | code      | length   |  0       | length        |  4  | original      |  8
//!   | value, padded        |  4       | interf.|drops |  8  | the frame     | 12
//!                                     | as Enhanced   | 12
//! ```

use crate::{
    capture::{Batch, Description},
    link_type::LinkType,
    time::Timestamp,
};

use super::{Fault, LONGEST_RECORD, Order, Record, Registry, Window};

/// The type of the block that begins a section, the same in both byte orders.
pub(super) const SECTION_HEADER: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;

const INTERFACE_DESCRIPTION: u32 = 1;
const PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

const END_OF_OPTIONS: u16 = 0;
const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
const IF_TSOFFSET: u16 = 14;

/// Block type, and length in front and behind.
const SMALLEST_BLOCK: usize = 12;
const SMALLEST_SECTION_HEADER: usize = 28;
const INTERFACE_HEADER: usize = 16;
const PACKET_HEADER: usize = 28;
const SIMPLE_PACKET_HEADER: usize = 12;
const TRAILER: usize = 4;

/// The longest interface name that is kept, in bytes; Linux has at most 15.
const LONGEST_NAME: usize = 255;

/// Reads the packet blocks of a pcapng file.
pub(super) struct Reader {
    order: Order,
    /// The interfaces of this section, at the number that its blocks give them.
    interfaces: Vec<Interface>,
    /// The time of the last packet, which a Simple Packet Block borrows: it has none.
    at: Timestamp,
}

struct Interface {
    index: u32,
    link_type: LinkType,
    snaplen: usize,
    unit: Unit,
    /// Nanoseconds to add to every time.
    offset: i128,
}

/// The unit of an interface's times: `if_tsresol`.
#[derive(Clone, Copy)]
enum Unit {
    /// This many nanoseconds.
    Nanos(u128),
    /// A nanosecond has this many.
    PerNano(u128),
    /// 2 to the power of minus this many seconds.
    SecondOver2To(u32),
}

impl Reader {
    /// Makes sure that the file begins with a section header.
    pub(super) fn begin(window: &mut Window) -> Result<Self, Fault> {
        let mut reader = Self {
            order: Order::Little,
            interfaces: Vec::new(),
            at: Timestamp::default(),
        };
        window.need(SMALLEST_BLOCK)?;
        match section_order(window.bytes()) {
            Some(order) => reader.order = order,
            None if window.bytes().len() < SMALLEST_BLOCK => return Err(Fault::Truncated),
            None => return Err(Fault::NotThis),
        }
        if !window.need(SMALLEST_SECTION_HEADER)? {
            return Err(Fault::Truncated);
        }
        reader.version(window.bytes())?;
        Ok(reader)
    }

    /// The next packet, `None` at the end of the file.
    pub(super) fn record(
        &mut self,
        window: &mut Window,
        registry: &mut Registry,
    ) -> Result<Option<Record>, Fault> {
        loop {
            if !window.need(SMALLEST_BLOCK)? {
                return if window.bytes().is_empty() {
                    Ok(None)
                } else {
                    Err(Fault::Truncated)
                };
            }
            if window.bytes().starts_with(&SECTION_HEADER) {
                self.section(window, registry)?;
                continue;
            }
            let len = self.block_len(window)?;
            match self.order.u32(window.bytes(), 0) {
                ENHANCED_PACKET | PACKET => return self.packet(window, len).map(Some),
                SIMPLE_PACKET => return self.simple_packet(window, len).map(Some),
                INTERFACE_DESCRIPTION => self.interface(window, len, registry)?,
                _ => self.skip(window, len)?,
            }
        }
    }

    /// Places the packets whose blocks are whole in the window; see [`super::Format::place_all`].
    pub(super) fn place_all(&mut self, window: &mut Window, batch: &mut Batch) -> u64 {
        let mut normalised = 0;
        while let Ok(Some(record)) = self.record_here(window) {
            window.place(&record, batch);
            normalised += u64::from(record.normalised);
        }
        normalised
    }

    /// The packet that follows, if all of its block is in the window already.
    fn record_here(&mut self, window: &mut Window) -> Result<Option<Record>, Fault> {
        if window.bytes().len() < SMALLEST_BLOCK {
            return Ok(None);
        }
        let kind = self.order.u32(window.bytes(), 0);
        let len = self.order.u32(window.bytes(), 4) as usize;
        if window.bytes().len() < len || len < SMALLEST_BLOCK || !len.is_multiple_of(4) {
            return Ok(None);
        }
        match kind {
            ENHANCED_PACKET | PACKET => self.packet(window, len).map(Some),
            SIMPLE_PACKET => self.simple_packet(window, len).map(Some),
            _ => Ok(None),
        }
    }

    fn section(&mut self, window: &mut Window, registry: &mut Registry) -> Result<(), Fault> {
        self.order = section_order(window.bytes())
            .ok_or_else(|| damaged(window, "a section header has no byte order"))?;
        let len = self.block_len(window)?;
        if len < SMALLEST_SECTION_HEADER {
            return Err(damaged(window, "a section header is too short"));
        }
        if !window.need(SMALLEST_SECTION_HEADER)? {
            return Err(Fault::Truncated);
        }
        self.version(window.bytes())?;
        self.interfaces.clear();
        registry.begin_section();
        // The section's length is not looked at: it may be unknown, and blocks tell theirs anyway.
        self.skip(window, len)
    }

    fn version(&self, header: &[u8]) -> Result<(), Fault> {
        match (self.order.u16(header, 12), self.order.u16(header, 14)) {
            (1, _) => Ok(()),
            version => Err(Fault::Version("pcapng", version)),
        }
    }

    fn interface(
        &mut self,
        window: &mut Window,
        len: usize,
        registry: &mut Registry,
    ) -> Result<(), Fault> {
        self.whole(window, len, INTERFACE_HEADER + TRAILER)?;
        let offset = window.offset();
        let block = window.take(len);
        let link_type = LinkType::from_number(self.order.u16(block, 8));
        let snaplen = self.order.u32(block, 12);
        let mut unit = Unit::Nanos(1000);
        let mut name = Vec::new();
        let mut shift = 0;
        let mut rest = block
            .get(INTERFACE_HEADER..len - TRAILER)
            .unwrap_or_default();
        while rest.len() >= 4 {
            let (code, len) = (self.order.u16(rest, 0), self.order.u16(rest, 2) as usize);
            let Some(value) = rest.get(4..4 + len) else {
                let what = "an option of an interface reaches beyond its block".to_owned();
                return Err(Fault::Damaged(what, offset));
            };
            match (code, value) {
                (END_OF_OPTIONS, _) => break,
                (IF_NAME, _) => name = value.get(..LONGEST_NAME).unwrap_or(value).to_vec(),
                (IF_TSRESOL, &[resolution]) => unit = Unit::of(resolution),
                (IF_TSOFFSET, &[_, _, _, _, _, _, _, _]) => {
                    shift = i128::from(self.order.i64(value, 0)) * 1_000_000_000;
                }
                _ => {}
            }
            rest = rest.get(4 + len.next_multiple_of(4)..).unwrap_or_default();
        }
        let description = Description {
            name,
            link_type,
            snaplen,
        };
        self.interfaces.push(Interface {
            index: registry.add(description, offset)?,
            link_type,
            snaplen: snaplen as usize,
            unit,
            offset: shift,
        });
        Ok(())
    }

    /// An Enhanced Packet Block or its forerunner, which differ in the width of the interface.
    fn packet(&mut self, window: &mut Window, len: usize) -> Result<Record, Fault> {
        self.whole(window, len, PACKET_HEADER + TRAILER)?;
        let block = window.bytes();
        let number = match self.order.u32(block, 0) {
            PACKET => u32::from(self.order.u16(block, 8)),
            _ => self.order.u32(block, 8),
        };
        let Some(interface) = self.interfaces.get(number as usize) else {
            return Err(self.undescribed(window, number));
        };
        let (high, low) = (self.order.u32(block, 12), self.order.u32(block, 16));
        self.at = interface.time(u64::from(high) << 32 | u64::from(low));
        let captured_len = self.order.u32(block, 20) as usize;
        let original_len = self.order.u32(block, 24) as usize;
        if captured_len > len - PACKET_HEADER - TRAILER {
            return Err(damaged(window, "a frame is longer than its block"));
        }
        let record = Record {
            at: self.at,
            link_type: interface.link_type,
            interface: interface.index,
            original_len: original_len.max(captured_len),
            captured_len,
            whole_len: len - PACKET_HEADER,
            normalised: captured_len > original_len,
        };
        window.take(PACKET_HEADER);
        Ok(record)
    }

    fn simple_packet(&mut self, window: &mut Window, len: usize) -> Result<Record, Fault> {
        self.whole(window, len, SIMPLE_PACKET_HEADER + TRAILER)?;
        let Some(interface) = self.interfaces.first() else {
            return Err(self.undescribed(window, 0));
        };
        let original_len = self.order.u32(window.bytes(), 8) as usize;
        let limit = match interface.snaplen {
            0 => original_len,
            snaplen => original_len.min(snaplen),
        };
        let record = Record {
            at: self.at,
            link_type: interface.link_type,
            interface: interface.index,
            original_len,
            captured_len: limit.min(len - SIMPLE_PACKET_HEADER - TRAILER),
            whole_len: len - SIMPLE_PACKET_HEADER,
            normalised: false,
        };
        window.take(SIMPLE_PACKET_HEADER);
        Ok(record)
    }

    fn undescribed(&self, window: &Window, number: u32) -> Fault {
        let what = format!(
            "it names interface {number}, and {} are described",
            self.interfaces.len()
        );
        Fault::Damaged(what, window.offset())
    }

    /// The length of the block that begins the window.
    fn block_len(&self, window: &Window) -> Result<usize, Fault> {
        let len = self.order.u32(window.bytes(), 4) as usize;
        if len < SMALLEST_BLOCK || !len.is_multiple_of(4) {
            let what = format!("a block claims to be {len} bytes long");
            return Err(Fault::Damaged(what, window.offset()));
        }
        Ok(len)
    }

    /// Makes sure that a block is there and whole, and at least `smallest` bytes long.
    fn whole(&self, window: &mut Window, len: usize, smallest: usize) -> Result<(), Fault> {
        if len < smallest {
            return Err(damaged(window, "a block is too short for its type"));
        }
        if len > LONGEST_RECORD {
            let what = format!("a block claims {len} bytes, and no frame is that long");
            return Err(Fault::Damaged(what, window.offset()));
        }
        if !window.need(len)? {
            return Err(Fault::Truncated);
        }
        if self.order.u32(window.bytes(), len - TRAILER) as usize != len {
            return Err(damaged(window, UNEQUAL_LENGTHS));
        }
        Ok(())
    }

    /// Passes a block that no buffer needs to hold.
    fn skip(&self, window: &mut Window, len: usize) -> Result<(), Fault> {
        let offset = window.offset();
        if !window.skip((len - TRAILER) as u64)? || !window.need(TRAILER)? {
            return Err(Fault::Truncated);
        }
        if self.order.u32(window.take(TRAILER), 0) as usize != len {
            return Err(Fault::Damaged(UNEQUAL_LENGTHS.to_owned(), offset));
        }
        Ok(())
    }
}

const UNEQUAL_LENGTHS: &str = "the lengths before and after a block differ";

impl Interface {
    fn time(&self, units: u64) -> Timestamp {
        let units = u128::from(units);
        // At most 2^64 times 10^9, so there is no overflow anywhere.
        let nanos = match self.unit {
            Unit::Nanos(nanos) => units * nanos,
            Unit::PerNano(parts) => units / parts,
            Unit::SecondOver2To(power) => (units * 1_000_000_000) >> power,
        };
        let nanos = nanos.cast_signed() + self.offset;
        let end = if nanos < 0 { i64::MIN } else { i64::MAX };
        Timestamp::from_nanos(i64::try_from(nanos).unwrap_or(end))
    }
}

impl Unit {
    /// The highest bit tells the base, 2 or 10, the others the negated exponent.
    fn of(resolution: u8) -> Self {
        let exponent = u32::from(resolution & 0x7f);
        if resolution & 0x80 != 0 {
            Self::SecondOver2To(exponent)
        } else if exponent <= 9 {
            Self::Nanos(10_u128.pow(9 - exponent))
        } else {
            // What no u128 holds is smaller than any time is long.
            Self::PerNano(10_u128.checked_pow(exponent - 9).unwrap_or(u128::MAX))
        }
    }
}

/// The byte order of the section whose header begins `bytes`.
fn section_order(bytes: &[u8]) -> Option<Order> {
    let magic = bytes.get(8..)?.first_chunk()?;
    if u32::from_le_bytes(*magic) == BYTE_ORDER_MAGIC {
        Some(Order::Little)
    } else if u32::from_be_bytes(*magic) == BYTE_ORDER_MAGIC {
        Some(Order::Big)
    } else {
        None
    }
}

fn damaged(window: &Window, what: &str) -> Fault {
    Fault::Damaged(what.to_owned(), window.offset())
}
