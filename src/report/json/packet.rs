//! What is told of a frame: its layers with every header field.

use super::object::Object;
use crate::{
    capture::Frame,
    decode::{Packet, checksum::Checksum},
    report::layers::{Anatomy, Field, Value},
};

/// `packet`.
pub(super) fn fields(
    number: u64,
    frame: &Frame<'_>,
    packet: &Packet<'_>,
    anatomy: &Anatomy,
    line: &mut Object<'_>,
) {
    line.number("frame", number);
    line.number("captured_len", frame.data.len() as u64);
    line.number("original_len", frame.original_len as u64);
    line.shown("link_type", frame.link_type);
    line.number("interface", frame.interface);
    line.objects("layers", anatomy.layers(), |(layer, fields), object| {
        object.word("layer", layer.name);
        object.number("offset", layer.offset as u64);
        object.number("len", layer.len as u64);
        for (at, it) in fields.iter().enumerate() {
            // A packet may repeat an option; an object may not repeat a name. The first counts.
            let mut earlier = fields.iter().take(at);
            if !earlier.any(|earlier| earlier.name == it.name) {
                field(it, frame.data, object);
            }
        }
    });
    line.number("padding", anatomy.padding().len() as u64);
    if let Some(error) = packet.error {
        line.shown("error", error);
    }
}

fn field(field: &Field, data: &[u8], object: &mut Object<'_>) {
    let name = field.name;
    match &field.value {
        Value::Number(number, _) | Value::Hex(number, _, _) => object.number(name, *number),
        Value::Ips(list) => object.shown_list(name, list),
        Value::Numbers(list) => {
            let list: Vec<_> = list.iter().copied().map(u64::from).collect();
            object.numbers(name, &list);
        }
        Value::Name(word) => object.word(name, word),
        Value::Flag(set) => object.flag(name, *set),
        Value::Mac(mac) => object.mac(name, *mac),
        Value::Ip(ip) => object.ip(name, *ip),
        Value::TcpFlags(flags) => object.shown(name, flags),
        Value::Blocks(blocks) => {
            let pairs = blocks.iter().map(|&(first, behind)| (first, Some(behind)));
            object.pairs(name, pairs);
        }
        Value::Checksum(field, verdict) => {
            object.number(name, *field);
            object.word("checksum_verdict", verdict_name(*verdict));
            if let Checksum::Bad { want, .. } = verdict {
                object.number("checksum_want", *want);
            }
        }
        Value::Bytes => {
            let bytes = data.get(field.bytes.clone()).unwrap_or_default();
            object.hex(name, bytes);
        }
        Value::Filling => {}
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
