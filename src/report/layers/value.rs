//! What a field says, as text.

use super::{Field, Value};
use crate::{
    decode::checksum::Checksum,
    report::{
        digits,
        style::{Palette, Role},
        text,
    },
};

impl Field {
    /// Writes what it says: `0x1c46 (ok)`. `data` is the frame.
    pub fn write_value(&self, data: &[u8], palette: Palette, out: &mut Vec<u8>) {
        match &self.value {
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
                let bytes = data.get(self.bytes.clone()).unwrap_or_default();
                out.extend_from_slice(text::hex(bytes).as_bytes());
            }
            Value::Filling => out.extend_from_slice(b"-"),
        }
    }
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
