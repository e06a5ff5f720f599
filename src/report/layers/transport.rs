//! The fields of what IP carries.

use super::{Anatomy, Value, options::option_end};
use crate::decode::{
    Transport,
    checksum::Checksum,
    tcp::{self, TcpOption},
    tunnel, udp,
};

impl Anatomy {
    /// What IP carries; `at` is where it begins in the frame.
    pub(super) fn transport(&mut self, at: usize, transport: &Transport<'_>, sum: Checksum) {
        match transport {
            Transport::Tcp(segment) => self.tcp(segment, sum),
            Transport::Udp(datagram) => self.udp(datagram, sum),
            Transport::Icmp(message) => self.icmp(message, sum),
            Transport::Icmpv6(message) => self.icmpv6(message, sum),
            Transport::Fragment(bytes) => self.bytes("fragment", at, bytes.len()),
            Transport::Other(_, bytes) => self.bytes("payload", at, bytes.len()),
            Transport::Unread(bytes) => self.bytes("unread", at, bytes.len()),
        }
    }

    fn tcp(&mut self, it: &tcp::Segment<'_>, sum: Checksum) {
        let header = it.bytes.get(..it.header_len).unwrap_or(it.bytes);
        self.layer("tcp", it.offset, header.len());
        self.field(
            "source_port",
            0..2,
            Value::Number(it.source_port.into(), None),
        );
        self.field(
            "destination_port",
            2..4,
            Value::Number(it.destination_port.into(), None),
        );
        self.field("sequence", 4..8, Value::Number(it.sequence.0.into(), None));
        self.field(
            "acknowledgment",
            8..12,
            Value::Number(it.acknowledgment.0.into(), None),
        );
        self.field(
            "header_len",
            12..13,
            Value::Number(it.header_len as u64, None),
        );
        self.field("flags", 12..14, Value::TcpFlags(it.flags));
        self.field("window", 14..16, Value::Number(it.window.into(), None));
        self.field("checksum", 16..18, Value::Checksum(it.checksum, sum));
        self.field(
            "urgent_pointer",
            18..20,
            Value::Number(it.urgent_pointer.into(), None),
        );
        let mut at = 20;
        let mut options = it.option_list();
        for option in options.by_ref() {
            let end = match option {
                TcpOption::EndOfList | TcpOption::Nop => at + 1,
                _ => option_end(header, at),
            };
            self.tcp_option(option, at, end);
            at = end;
        }
        if let [kind, ..] = options.rest() {
            let name = tcp::option_name(*kind);
            let end = at + options.rest().len();
            self.field(
                "truncated_option",
                at..end,
                Value::Number((*kind).into(), name),
            );
        }
        self.bytes("payload", it.offset + it.header_len, it.payload.len());
    }

    fn tcp_option(&mut self, option: TcpOption<'_>, at: usize, end: usize) {
        match option {
            TcpOption::EndOfList => self.field("eol", at..end, Value::Filling),
            TcpOption::Nop => self.field("nop", at..end, Value::Filling),
            TcpOption::MaximumSegmentSize(mss) => {
                self.field("mss", at..end, Value::Number(mss.into(), None));
            }
            TcpOption::WindowScale(shift) => {
                self.field("window_scale", at..end, Value::Number(shift.into(), None));
            }
            TcpOption::SackPermitted => self.field("sack_permitted", at..end, Value::Flag(true)),
            TcpOption::Sack(blocks) => {
                let blocks = blocks
                    .iter()
                    .map(|(first, behind)| (first.0, behind.0))
                    .collect();
                self.field("sack", at..end, Value::Blocks(blocks));
            }
            TcpOption::Timestamps { value, echo } => {
                self.field(
                    "timestamp_value",
                    at..end,
                    Value::Number(value.into(), None),
                );
                self.field("timestamp_echo", at..end, Value::Number(echo.into(), None));
            }
            TcpOption::UserTimeout(timeout) => {
                self.field("user_timeout", at..end, Value::Number(timeout.into(), None));
            }
            TcpOption::FastOpenCookie(_) => self.field("fast_open_cookie", at..end, Value::Bytes),
            TcpOption::Md5Signature(_) => self.field("md5_signature", at..end, Value::Bytes),
            TcpOption::Authentication(_) => self.field("authentication", at..end, Value::Bytes),
            TcpOption::Multipath(_) => self.field("multipath", at..end, Value::Bytes),
            TcpOption::Other { kind, .. } => {
                let name = tcp::option_name(kind);
                self.field("option", at..end, Value::Number(kind.into(), name));
            }
            TcpOption::Malformed { kind } => {
                self.field(
                    "malformed_option",
                    at..end,
                    Value::Number(kind.into(), None),
                );
            }
        }
    }

    fn udp(&mut self, it: &udp::Datagram<'_>, sum: Checksum) {
        self.layer("udp", it.offset, it.bytes.len().min(8));
        self.field(
            "source_port",
            0..2,
            Value::Number(it.source_port.into(), None),
        );
        self.field(
            "destination_port",
            2..4,
            Value::Number(it.destination_port.into(), None),
        );
        self.field("length", 4..6, Value::Number(it.length.into(), None));
        self.field("checksum", 6..8, Value::Checksum(it.checksum, sum));
        if let Some(tunnel) = tunnel::of(it) {
            // Its port names it; its header stays payload.
            self.field("tunnel", 2..4, Value::Name(tunnel.name()));
        }
        self.bytes("payload", it.offset + 8, it.payload.len());
    }
}
