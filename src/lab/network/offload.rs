//! Switches a card's offloads off, so that frames are as on a wire: with checksums, and none larger
//! than the MTU. The kernel's ethtool family takes this over generic netlink:
//!
//! ```text
//! genlmsghdr (command, version, 2 reserved bytes)
//!   FEATURES_HEADER { DEV_NAME "eth0" }
//!   FEATURES_WANTED { BITSET_BITS { BIT { BIT_NAME "rx-gro" } … } }    a bit without VALUE is off
//! ```
//!
//! (Documentation/networking/ethtool-netlink.rst of the kernel.)

use std::io;

use netlink_packet_core::{
    DecodeError, DefaultNla, Emitable, NLA_F_NESTED, NLM_F_ACK, NetlinkDeserializable,
    NetlinkHeader, NetlinkSerializable, Nla, NlasIterator,
};

use super::netlink::Netlink;

/// Those that change what a capture shows, by ethtool's names.
const OFFLOADS: [&str; 5] = [
    "tx-checksum-ip-generic",
    "tx-tcp-segmentation",
    "tx-tcp6-segmentation",
    "tx-generic-segmentation",
    "rx-gro",
];

const GENERIC_HEADER: usize = 4;
const CONTROLLER: u16 = 0x10;
const GET_FAMILY: u8 = 3;
const FAMILY_ID: u16 = 1;
const FAMILY_NAME: u16 = 2;
const FEATURES_SET: u8 = 12;
const FEATURES_HEADER: u16 = 1;
const FEATURES_WANTED: u16 = 3;
const HEADER_DEV_NAME: u16 = 2;
const BITSET_BITS: u16 = 3;
const BITSET_BIT: u16 = 1;
const BIT_NAME: u16 = 2;

/// Switches the offloads of an interface off; it is in the calling thread's namespace.
pub(super) fn switch_off(interface: &str) -> io::Result<()> {
    let mut netlink = Netlink::generic()?;
    let question = Generic {
        family: CONTROLLER,
        command: GET_FAMILY,
        attributes: vec![text(FAMILY_NAME, "ethtool")],
    };
    let family = netlink
        .ask(question, 0)?
        .and_then(|answer| answer.number(FAMILY_ID))
        .ok_or(io::ErrorKind::Unsupported)?;
    let bits: Vec<DefaultNla> = OFFLOADS
        .iter()
        .map(|name| nested(BITSET_BIT, &[text(BIT_NAME, name)]))
        .collect();
    netlink.ask(
        Generic {
            family,
            command: FEATURES_SET,
            attributes: vec![
                nested(FEATURES_HEADER, &[text(HEADER_DEV_NAME, interface)]),
                nested(FEATURES_WANTED, &[nested(BITSET_BITS, &bits)]),
            ],
        },
        NLM_F_ACK,
    )?;
    Ok(())
}

/// A message of any generic family.
struct Generic {
    family: u16,
    command: u8,
    attributes: Vec<DefaultNla>,
}

impl Generic {
    fn number(&self, kind: u16) -> Option<u16> {
        let attribute = self.attributes.iter().find(|nla| nla.kind() == kind)?;
        let mut value = [0; 2];
        if attribute.value_len() != value.len() {
            return None;
        }
        attribute.emit_value(&mut value);
        Some(u16::from_ne_bytes(value))
    }
}

impl NetlinkSerializable for Generic {
    fn message_type(&self) -> u16 {
        self.family
    }

    fn buffer_len(&self) -> usize {
        GENERIC_HEADER + self.attributes.as_slice().buffer_len()
    }

    fn serialize(&self, buffer: &mut [u8]) {
        if let Some((header, attributes)) = buffer.split_first_chunk_mut::<GENERIC_HEADER>() {
            *header = [self.command, 1, 0, 0];
            self.attributes.as_slice().emit(attributes);
        }
    }
}

impl NetlinkDeserializable for Generic {
    type Error = DecodeError;

    fn deserialize(header: &NetlinkHeader, payload: &[u8]) -> Result<Self, DecodeError> {
        let attributes = payload.get(GENERIC_HEADER..).unwrap_or_default();
        let attributes = NlasIterator::new(attributes).map(|nla| {
            let nla = nla?;
            Ok(DefaultNla::new(nla.kind(), nla.value().to_vec()))
        });
        Ok(Self {
            family: header.message_type,
            command: payload.first().copied().unwrap_or_default(),
            attributes: attributes.collect::<Result<_, DecodeError>>()?,
        })
    }
}

fn text(kind: u16, value: &str) -> DefaultNla {
    let mut bytes = value.as_bytes().to_vec();
    bytes.push(0);
    DefaultNla::new(kind, bytes)
}

fn nested(kind: u16, attributes: &[DefaultNla]) -> DefaultNla {
    let mut bytes = vec![0; attributes.buffer_len()];
    attributes.emit(&mut bytes);
    DefaultNla::new(kind | NLA_F_NESTED, bytes)
}
