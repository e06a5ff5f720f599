//! IEEE 802.1Q tags, stacked as 802.1ad ("`QinQ`") allows.
//!
//! ```text
//!  0               2    3   4                 16    (bits of the second half)
//! +---------------+----+---+-----------------+
//! | TPID          | PCP|DEI|    VLAN ID      |   then the type of what follows
//! +---------------+----+---+-----------------+
//! ```
//!
//! The TPID stands where an untagged frame has its ether type, so a tag is the type that announced
//! it and the two bytes behind.

use super::{DecodeError, EtherType, Layer, span::Span};

/// At most this many tags are read; more is malformed.
pub const MAX_TAGS: usize = 4;

/// One 4-byte tag: the type that announced it, and its tag control information.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tag {
    /// 0x8100, 0x88a8 or 0x9100.
    pub tpid: u16,
    /// Priority, drop eligible bit and VLAN identifier as they stand on the wire.
    pub tci: u16,
}

/// The tags of a frame, outermost first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    tags: [Tag; MAX_TAGS],
    len: u8,
}

/// Whether an ether type announces a tag.
#[inline]
pub const fn is_tpid(ether_type: u16) -> bool {
    matches!(ether_type, 0x8100 | 0x88a8 | 0x9100)
}

/// Reads what the TPID announced: the tag control information and the type of what follows.
pub(super) fn parse(span: Span<'_>) -> Result<(u16, EtherType, Span<'_>), DecodeError> {
    let ([c0, c1, t0, t1], rest) = span.take::<4>(Layer::Vlan)?;
    let tci = u16::from_be_bytes([*c0, *c1]);
    Ok((tci, EtherType(u16::from_be_bytes([*t0, *t1])), rest))
}

impl Tag {
    /// The VLAN, 0 to 4095. 0 means that the tag carries a priority only.
    pub const fn vlan_id(self) -> u16 {
        self.tci & 0x0fff
    }

    /// The priority code point, 0 (best effort; 1 is lower still) to 7 (network control).
    pub const fn priority(self) -> u8 {
        (self.tci >> 13) as u8
    }

    /// May be dropped before others when the network is full.
    pub const fn drop_eligible(self) -> bool {
        self.tci & 0x1000 != 0
    }
}

impl Tags {
    /// Adds a tag inside the others. False, and nothing is added, when there are [`MAX_TAGS`].
    pub fn push(&mut self, tag: Tag) -> bool {
        match self.tags.get_mut(usize::from(self.len)) {
            Some(slot) => {
                *slot = tag;
                self.len += 1;
                true
            }
            None => false,
        }
    }

    /// The tags as a slice, outermost first.
    pub fn as_slice(&self) -> &[Tag] {
        self.tags.get(..usize::from(self.len)).unwrap_or(&self.tags)
    }

    /// The tags, outermost first.
    pub fn iter(&self) -> std::slice::Iter<'_, Tag> {
        self.as_slice().iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// Whether the frame is untagged.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl<'a> IntoIterator for &'a Tags {
    type Item = &'a Tag;
    type IntoIter = std::slice::Iter<'a, Tag>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Network, Reason, Verdict, decode, samples::hex};
    use super::*;
    use crate::link_type::LinkType;

    fn tagged(tags: &[&str]) -> Vec<u8> {
        let mut frame = vec![0; 12];
        for tag in tags {
            frame.extend(hex(&[tag]));
        }
        frame.extend(hex(&[
            "0806",                 // ARP
            "0001 0800 06 04 0001", // Ethernet, IPv4, request
            "02 00 00 00 00 01",
            "0a 00 00 01",
            "00 00 00 00 00 00",
            "0a 00 00 02",
        ]));
        frame
    }

    #[test]
    fn the_bits_of_a_tag() {
        let tag = Tag {
            tpid: 0x8100,
            tci: 0b1011_0000_0110_0100,
        };
        assert_eq!(tag.vlan_id(), 100);
        assert_eq!(tag.priority(), 5);
        assert!(tag.drop_eligible());
        assert!(!Tag::default().drop_eligible());
    }

    #[test]
    fn tags_are_kept_outermost_first() {
        let frame = tagged(&["88a8 0064", "8100 00c8", "9100 012c"]);
        let packet = decode(LinkType::Ethernet, &frame, frame.len());
        let ids: Vec<_> = packet.tags.iter().map(|tag| tag.vlan_id()).collect();
        assert_eq!(ids, [100, 200, 300]);
        assert_eq!(packet.tags.as_slice()[0].tpid, 0x88a8);
        assert!(matches!(packet.network, Network::Arp(arp) if arp.offset == 26));
        assert_eq!(packet.error, None);
    }

    #[test]
    fn a_fifth_tag_is_malformed() {
        let frame = tagged(&["8100 0001"; 4]);
        let packet = decode(LinkType::Ethernet, &frame, frame.len());
        assert_eq!((packet.tags.len(), packet.error), (4, None));

        let frame = tagged(&["8100 0001"; 5]);
        let packet = decode(LinkType::Ethernet, &frame, frame.len());
        assert_eq!(packet.tags.len(), 4);
        let error = packet.error.unwrap();
        assert_eq!(
            (error.layer, error.reason),
            (Layer::Vlan, Reason::Field("tags"))
        );
        assert_eq!(packet.verdict(), Verdict::Malformed);
    }

    #[test]
    fn a_frame_that_ends_inside_a_tag_is_too_short() {
        let frame = tagged(&["8100 0001"]);
        let packet = decode(LinkType::Ethernet, &frame[..16], 16);
        let error = packet.error.unwrap();
        assert_eq!((error.layer, error.reason), (Layer::Vlan, Reason::TooShort));
        let packet = decode(LinkType::Ethernet, &frame[..16], frame.len());
        assert_eq!(packet.error.unwrap().reason, Reason::Truncated);
        assert_eq!(packet.verdict(), Verdict::Decoded);
    }
}
