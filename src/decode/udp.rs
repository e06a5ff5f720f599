//! User Datagram Protocol, RFC 768.
//!
//! ```text
//!  0               2               4               6               8
//! +---------------+---------------+---------------+---------------+---------
//! |  source port  |  destination  |    length     |   checksum    | payload
//! |               |     port      |               |               |
//! +---------------+---------------+---------------+---------------+---------
//! ```

use super::{DecodeError, Layer, descent::note, span::Span};

/// Its number in the header of IP.
pub const PROTOCOL: u8 = 17;

/// The length of the header in bytes.
pub const HEADER_LEN: usize = 8;

/// A UDP datagram.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// Where its header begins in the frame, in bytes.
    pub offset: usize,
    /// Header and payload as captured, never more than the length field allows.
    pub bytes: &'a [u8],
    /// From which port.
    pub source_port: u16,
    /// To which port.
    pub destination_port: u16,
    /// Header and payload in bytes, as the header says; 0 in a jumbogram (RFC 2675).
    pub length: u16,
    /// The checksum as it stands; 0 over IPv4 means that none was computed.
    pub checksum: u16,
    /// The payload as captured.
    pub payload: &'a [u8],
    /// Bytes of payload by the length field, captured or not.
    pub payload_len: usize,
}

/// Reads the header and bounds the payload by the length field. `remark` is told what is wrong though
/// reading may go on.
#[inline]
pub(super) fn parse<'a>(
    span: Span<'a>,
    remark: &mut Option<DecodeError>,
) -> Result<Datagram<'a>, DecodeError> {
    let (head, _) = span.take(Layer::Udp)?;
    let len = match usize::from(length(*head)) {
        0 if span.len > usize::from(u16::MAX) => span.len,
        len => len,
    };
    if len < HEADER_LEN {
        return Err(span.field(Layer::Udp, "length", len, HEADER_LEN));
    }
    if len > span.len {
        note(remark, span.field(Layer::Udp, "length", len, span.len));
    }
    Ok(Datagram::read(*head, span.limit(len)))
}

/// Header and payload in bytes, as the header says.
#[inline]
pub(super) const fn length(head: [u8; HEADER_LEN]) -> u16 {
    u16::from_be_bytes([head[4], head[5]])
}

impl<'a> Datagram<'a> {
    /// Reads the fields of the datagram that is all of `span`.
    #[inline]
    pub(super) fn read(head: [u8; HEADER_LEN], span: Span<'a>) -> Self {
        let [s0, s1, d0, d1, _, _, c0, c1] = head;
        Self {
            offset: span.offset,
            bytes: span.bytes,
            source_port: u16::from_be_bytes([s0, s1]),
            destination_port: u16::from_be_bytes([d0, d1]),
            length: length(head),
            checksum: u16::from_be_bytes([c0, c1]),
            payload: span.skip(HEADER_LEN).bytes,
            payload_len: span.len.saturating_sub(HEADER_LEN),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Network, Reason, Transport, Verdict, decode, samples, samples::hex};
    use crate::link_type::LinkType;

    fn datagram(bytes: &[&str]) -> Vec<u8> {
        samples::ipv4(17, &hex(bytes))
    }

    #[test]
    fn the_header_is_read_field_by_field() {
        let frame = datagram(&[
            "9c41",   // source port
            "2148",   // destination port
            "000b",   // length: 8 + 3
            "beef",   // checksum
            "e4bda0", // payload
            "99 99",  // inside IP, outside the datagram
        ]);
        let packet = decode(LinkType::RawIp, &frame, frame.len());
        let Network::Ipv4(_, Transport::Udp(udp)) = packet.network else {
            panic!("{packet:?}");
        };
        assert_eq!((udp.source_port, udp.destination_port), (40001, 8520));
        assert_eq!((udp.length, udp.checksum, udp.offset), (11, 0xbeef, 20));
        assert_eq!((udp.payload, udp.payload_len), ("你".as_bytes(), 3));
        assert_eq!(udp.bytes.len(), 11);
        assert_eq!(packet.error, None);
    }

    #[test]
    fn an_empty_datagram_is_whole() {
        let frame = datagram(&["9c41 2148 0008 0000"]);
        let packet = decode(LinkType::RawIp, &frame, frame.len());
        assert!(matches!(
            packet.network.transport(),
            Some(Transport::Udp(udp)) if udp.payload.is_empty() && udp.payload_len == 0
        ));
        assert_eq!(packet.verdict(), Verdict::Decoded);
    }

    #[test]
    fn a_length_below_the_header_stops_the_reading() {
        for length in ["0000", "0007"] {
            let frame = datagram(&["9c41 2148", length, "0000 6869"]);
            let packet = decode(LinkType::RawIp, &frame, frame.len());
            assert_eq!(packet.error.unwrap().reason, Reason::Field("length"));
            assert!(matches!(
                packet.network.transport(),
                Some(Transport::Unread(_))
            ));
            assert_eq!(packet.verdict(), Verdict::Malformed);
        }
    }

    #[test]
    fn a_length_past_the_packet_is_malformed_but_read() {
        let frame = datagram(&["9c41 2148", "0064", "0000 6869"]);
        let packet = decode(LinkType::RawIp, &frame, frame.len());
        let Some(Transport::Udp(udp)) = packet.network.transport() else {
            panic!("{packet:?}");
        };
        assert_eq!((udp.payload, udp.payload_len), (&b"hi"[..], 92));
        let error = packet.error.unwrap();
        assert_eq!((error.had, error.needed), (100, 10));
        assert_eq!(packet.verdict(), Verdict::Malformed);
    }

    #[test]
    fn a_header_that_ends_early() {
        let frame = datagram(&["9c41 2148 00"]);
        let error = decode(LinkType::RawIp, &frame, frame.len()).error.unwrap();
        assert_eq!(
            (error.reason, error.needed, error.had),
            (Reason::TooShort, 8, 5)
        );
        let frame = datagram(&["9c41 2148 000a 0000 6869"]);
        let packet = decode(LinkType::RawIp, &frame[..25], frame.len());
        assert_eq!(packet.error.unwrap().reason, Reason::Truncated);
        assert_eq!(packet.verdict(), Verdict::Decoded);
    }

    #[test]
    fn a_payload_cut_by_the_capture_keeps_its_length() {
        let frame = datagram(&["9c41 2148 000a 0000 6869"]);
        let packet = decode(LinkType::RawIp, &frame[..29], frame.len());
        assert_eq!(packet.error, None);
        assert!(packet.is_truncated());
        assert!(matches!(
            packet.network.transport(),
            Some(Transport::Udp(udp)) if udp.payload == b"h" && udp.payload_len == 2
        ));
    }
}
