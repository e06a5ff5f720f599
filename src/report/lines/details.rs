//! Below a line (`-v`): every header field by layer, with the bytes it takes.
//!
//! ```text
//!         ipv4 14-33
//!           14     version          4
//!           24-25  checksum         0x1c46 (ok)
//! ```

use super::{Palette, Role, digits};
use crate::{
    capture::Frame,
    decode::{Packet, checksum::Checksum},
    report::{
        layers::{Anatomy, Field, Value},
        text,
    },
};

const INDENT: &[u8] = b"        ";

/// The columns that names of fields take.
const NAME: usize = 18;

/// The columns that ranges of bytes take: `1234-1239`.
const RANGE: usize = 9;

pub(super) fn write(
    anatomy: &Anatomy,
    frame: &Frame<'_>,
    packet: &Packet<'_>,
    palette: Palette,
    out: &mut Vec<u8>,
) {
    for (layer, fields) in anatomy.layers() {
        out.extend_from_slice(INDENT);
        palette.paint(Role::Id, layer.name, out);
        out.push(b' ');
        range(layer.offset, layer.offset + layer.len, out);
        if fields.is_empty() {
            out.extend_from_slice(b" (");
            digits::decimal(layer.len as u64, out);
            out.extend_from_slice(if layer.len == 1 {
                b" byte)"
            } else {
                b" bytes)"
            });
        }
        out.push(b'\n');
        for field in fields {
            write_field(field, frame.data, palette, out);
        }
    }
    let padding = anatomy.padding();
    if !padding.is_empty() {
        out.extend_from_slice(INDENT);
        palette.paint(Role::Id, "padding", out);
        out.push(b' ');
        range(padding.start, padding.end, out);
        out.extend_from_slice(b" (");
        digits::decimal(padding.len() as u64, out);
        out.extend_from_slice(if padding.len() == 1 {
            b" byte)\n"
        } else {
            b" bytes)\n"
        });
    }
    if packet.is_truncated() {
        out.extend_from_slice(INDENT);
        out.extend_from_slice(b"cut by the capture: ");
        digits::decimal(packet.missing as u64, out);
        out.extend_from_slice(b" more bytes were on the wire\n");
    }
}

fn write_field(field: &Field, data: &[u8], palette: Palette, out: &mut Vec<u8>) {
    out.extend_from_slice(INDENT);
    out.extend_from_slice(b"  ");
    let begin = out.len();
    range(field.bytes.start, field.bytes.end, out);
    pad(begin, RANGE, out);
    let begin = out.len();
    out.extend_from_slice(field.name.as_bytes());
    pad(begin, NAME, out);
    match &field.value {
        Value::Number(number, name) => {
            digits::decimal(*number, out);
            named(*name, out);
        }
        Value::Hex(number, width, name) => {
            digits::hexadecimal(*number, *width, out);
            named(*name, out);
        }
        Value::Ips(list) => list_of(list, |ip, out| digits::ip(*ip, out), out),
        Value::Numbers(list) => {
            list_of(
                list,
                |number, out| digits::decimal((*number).into(), out),
                out,
            );
        }
        Value::Name(name) => out.extend_from_slice(name.as_bytes()),
        Value::Flag(set) => out.extend_from_slice(if *set { b"yes" } else { b"no" }),
        Value::Mac(mac) => digits::mac(*mac, out),
        Value::Ip(ip) => digits::ip(*ip, out),
        Value::TcpFlags(flags) => out.extend_from_slice(format!("[{flags}]").as_bytes()),
        Value::Blocks(blocks) => {
            for (first, behind) in blocks {
                out.push(b'{');
                digits::decimal((*first).into(), out);
                out.push(b':');
                digits::decimal((*behind).into(), out);
                out.push(b'}');
            }
        }
        Value::Checksum(number, verdict) => {
            digits::hexadecimal((*number).into(), 4, out);
            checksum(*verdict, palette, out);
        }
        Value::Bytes => {
            let bytes = data.get(field.bytes.clone()).unwrap_or_default();
            out.extend_from_slice(text::hex(bytes).as_bytes());
        }
        Value::Filling => out.extend_from_slice(b"-"),
    }
    out.push(b'\n');
}

/// ` (ok)`, ` (bad: want 0x1c46, got 0x1c47)`, ` (not computed yet: offload)` …
fn checksum(verdict: Checksum, palette: Palette, out: &mut Vec<u8>) {
    let (role, words) = match verdict {
        Checksum::Ok => (Role::Good, " (ok)".into()),
        Checksum::Bad { want, got } => (
            Role::Bad,
            format!(" (bad: want 0x{want:04x}, got 0x{got:04x})").into(),
        ),
        Checksum::Offloaded => (Role::Quiet, " (not computed yet: offload)".into()),
        Checksum::Unverifiable => (
            Role::Quiet,
            " (not verifiable: not all bytes are here)".into(),
        ),
        Checksum::Absent => (Role::Quiet, " (the sender computed none)".into()),
    };
    let words: std::borrow::Cow<'_, str> = words;
    palette.paint(role, &words, out);
}

/// `10.0.0.1,10.0.0.2`.
fn list_of<T>(list: &[T], write: impl Fn(&T, &mut Vec<u8>), out: &mut Vec<u8>) {
    for (at, item) in list.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(item, out);
    }
}

fn named(name: Option<&str>, out: &mut Vec<u8>) {
    if let Some(name) = name {
        out.extend_from_slice(b" (");
        out.extend_from_slice(name.as_bytes());
        out.push(b')');
    }
}

/// `14-33`, both ends included; `14` for a single byte.
fn range(begin: usize, end: usize, out: &mut Vec<u8>) {
    digits::decimal(begin as u64, out);
    if end > begin + 1 {
        out.push(b'-');
        digits::decimal(end as u64 - 1, out);
    }
}

fn pad(begin: usize, columns: usize, out: &mut Vec<u8>) {
    let missing = (begin + columns).saturating_sub(out.len()).max(1);
    out.extend(std::iter::repeat_n(b' ', missing));
}

#[cfg(test)]
mod tests;
