//! Internet Protocol version 6, RFC 8200, with its extension headers.

use std::net::Ipv6Addr;

/// At most this many extension headers are followed; more is malformed.
pub const MAX_EXTENSIONS: usize = 8;

/// An IPv6 header and the extension headers behind it.
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    /// Where it begins in the frame, in bytes.
    pub offset: usize,
    /// The fixed 40 bytes and the extension headers.
    pub bytes: &'a [u8],
    /// Differentiated services and congestion notification.
    pub traffic_class: u8,
    /// Ties the packets of one flow together for routers.
    pub flow_label: u32,
    /// Extension headers and payload in bytes, as the header says; 0 in a jumbogram.
    pub payload_length: u16,
    /// What follows the fixed header.
    pub next_header: u8,
    /// Hops left.
    pub hop_limit: u8,
    /// From whom.
    pub source: Ipv6Addr,
    /// To whom.
    pub destination: Ipv6Addr,
    /// The protocol behind the last extension header.
    pub protocol: u8,
    /// The fragment header, where there is one.
    pub fragment: Option<Fragment>,
    /// Bytes behind the extension headers by the payload length, captured or not.
    pub payload_len: usize,
}

/// A fragment extension header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// Where this fragment's payload belongs, in bytes (the field counts in eights).
    pub offset: usize,
    /// More fragments follow.
    pub more: bool,
    /// Ties fragments together.
    pub identification: u32,
}

impl Fragment {
    /// A packet in one piece that carries a fragment header nevertheless (RFC 6946): it is decoded
    /// as if the header were not there.
    pub const fn is_atomic(self) -> bool {
        self.offset == 0 && !self.more
    }
}
