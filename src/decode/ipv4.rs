//! Internet Protocol version 4, RFC 791.

use std::net::Ipv4Addr;

/// An IPv4 header.
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    /// Where it begins in the frame, in bytes.
    pub offset: usize,
    /// The header's own bytes, options included; [`Header::header_len`] of them.
    pub bytes: &'a [u8],
    /// Differentiated services and congestion notification.
    pub tos: u8,
    /// Header and payload in bytes, as the header says; 0 in a super-frame whose length did not fit.
    pub total_length: u16,
    /// Ties fragments together.
    pub identification: u16,
    /// The reserved bit, which must be zero.
    pub reserved: bool,
    /// Must not be fragmented.
    pub dont_fragment: bool,
    /// More fragments follow.
    pub more_fragments: bool,
    /// Where this fragment's payload belongs, in bytes (the field counts in eights).
    pub fragment_offset: usize,
    /// Hops left.
    pub ttl: u8,
    /// What the payload is.
    pub protocol: u8,
    /// The header checksum as it stands.
    pub checksum: u16,
    /// From whom.
    pub source: Ipv4Addr,
    /// To whom.
    pub destination: Ipv4Addr,
    /// Bytes of payload by the total length, captured or not (by the frame where that is 0).
    pub payload_len: usize,
}
