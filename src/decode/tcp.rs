//! Transmission Control Protocol, RFC 9293.

/// A TCP segment.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Where its header begins in the frame, in bytes.
    pub offset: usize,
    /// Header and payload as captured, never more than IP's length allows.
    pub bytes: &'a [u8],
    /// From which port.
    pub source_port: u16,
    /// To which port.
    pub destination_port: u16,
    /// Sequence number of the first byte, or of the SYN.
    pub sequence: SeqNumber,
    /// The next byte expected from the other side; meaningful with ACK only.
    pub acknowledgment: SeqNumber,
    /// Length of the header in bytes, 20 to 60.
    pub header_len: usize,
    /// CWR ECE URG ACK PSH RST SYN FIN, and AE in bit 8.
    pub flags: Flags,
    /// Bytes the sender is ready to take, before scaling.
    pub window: u16,
    /// The checksum as it stands.
    pub checksum: u16,
    /// Where urgent data end; meaningful with URG only.
    pub urgent_pointer: u16,
    /// The bytes of the options.
    pub options: &'a [u8],
    /// The payload as captured.
    pub payload: &'a [u8],
    /// Bytes of payload by the IP header, captured or not.
    pub payload_len: usize,
}

/// A sequence number, with its arithmetic modulo 2³².
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SeqNumber(pub u32);

/// The nine flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u16);
