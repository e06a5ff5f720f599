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
    decode::Packet,
    report::layers::{Anatomy, Field},
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
    field.write_value(data, palette, out);
    out.push(b'\n');
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
