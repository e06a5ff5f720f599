//! User Datagram Protocol, RFC 768.

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
    /// Header and payload in bytes, as the header says.
    pub length: u16,
    /// The checksum as it stands; 0 over IPv4 means that none was computed.
    pub checksum: u16,
    /// The payload as captured.
    pub payload: &'a [u8],
    /// Bytes of payload by the length field, captured or not.
    pub payload_len: usize,
}
