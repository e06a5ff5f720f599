//! A line for each frame: its layers with every header field.

use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};

use super::values::{Fields, Shown, ShownList};
use crate::{
    capture::Frame,
    decode::{Packet, checksum::Checksum},
    report::{
        layers::{Anatomy, Field, Layer, Value},
        text,
    },
};

/// `packet`.
pub(super) struct PacketLine<'a> {
    pub number: u64,
    pub frame: &'a Frame<'a>,
    pub packet: &'a Packet<'a>,
    pub anatomy: &'a Anatomy,
}

impl Serialize for PacketLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            number,
            frame,
            packet,
            anatomy,
        } = self;
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("event", "packet")?;
        line.shown("at", frame.at)?;
        line.serialize_entry("frame", number)?;
        line.serialize_entry("captured_len", &frame.data.len())?;
        line.serialize_entry("original_len", &frame.original_len)?;
        line.shown("link_type", frame.link_type)?;
        line.serialize_entry("interface", &frame.interface)?;
        line.serialize_entry(
            "layers",
            &Layers {
                anatomy,
                data: frame.data,
            },
        )?;
        line.serialize_entry("padding", &anatomy.padding().len())?;
        line.known("error", packet.error.map(Shown))?;
        line.end()
    }
}

struct Layers<'a> {
    anatomy: &'a Anatomy,
    data: &'a [u8],
}

impl Serialize for Layers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for (layer, fields) in self.anatomy.layers() {
            list.serialize_element(&LayerObject {
                layer,
                fields,
                data: self.data,
            })?;
        }
        list.end()
    }
}

struct LayerObject<'a> {
    layer: &'a Layer,
    fields: &'a [Field],
    data: &'a [u8],
}

impl Serialize for LayerObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("layer", self.layer.name)?;
        object.serialize_entry("offset", &self.layer.offset)?;
        object.serialize_entry("len", &self.layer.len)?;
        for (at, field) in self.fields.iter().enumerate() {
            // A packet may repeat an option; an object may not repeat a name. The first counts.
            if self
                .fields
                .iter()
                .take(at)
                .any(|earlier| earlier.name == field.name)
            {
                continue;
            }
            self.field(&mut object, field)?;
        }
        object.end()
    }
}

impl LayerObject<'_> {
    fn field<M: SerializeMap>(&self, object: &mut M, field: &Field) -> Result<(), M::Error> {
        let name = field.name;
        match &field.value {
            Value::Number(number, _) | Value::Hex(number, _, _) => {
                object.serialize_entry(name, number)
            }
            Value::Ips(list) => object.serialize_entry(name, &ShownList(list)),
            Value::Numbers(list) => object.serialize_entry(name, list),
            Value::Name(word) => object.serialize_entry(name, word),
            Value::Flag(set) => object.serialize_entry(name, set),
            Value::Mac(mac) => object.shown(name, mac),
            Value::Ip(ip) => object.shown(name, ip),
            Value::TcpFlags(flags) => object.shown(name, flags),
            Value::Blocks(blocks) => object.serialize_entry(name, blocks),
            Value::Checksum(field, verdict) => {
                object.serialize_entry(name, field)?;
                object.serialize_entry("checksum_verdict", verdict_name(*verdict))?;
                match verdict {
                    Checksum::Bad { want, .. } => object.serialize_entry("checksum_want", want),
                    _ => Ok(()),
                }
            }
            Value::Bytes => {
                let bytes = self.data.get(field.bytes.clone()).unwrap_or_default();
                object.serialize_entry(name, &text::hex(bytes))
            }
            Value::Filling => Ok(()),
        }
    }
}

const fn verdict_name(verdict: Checksum) -> &'static str {
    match verdict {
        Checksum::Ok => "ok",
        Checksum::Bad { .. } => "bad",
        Checksum::Offloaded => "offloaded",
        Checksum::Unverifiable => "unverifiable",
        Checksum::Absent => "absent",
    }
}
