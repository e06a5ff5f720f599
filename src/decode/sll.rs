//! Linux "cooked" captures (`any`, and interfaces without a link header): LINUX_SLL and LINUX_SLL2.

use super::{EtherType, MacAddr};

/// The 16-byte header of LINUX_SLL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// 0 to us, 1 broadcast, 2 multicast, 3 to another host, 4 sent by us.
    pub packet_type: u16,
    /// ARPHRD_ number of the interface.
    pub arphrd: u16,
    /// The sender's address; absent where it is not six bytes long.
    pub source: Option<MacAddr>,
    /// The protocol of the payload.
    pub protocol: EtherType,
}

/// The 20-byte header of LINUX_SLL2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderV2 {
    /// The protocol of the payload.
    pub protocol: EtherType,
    /// Index of the interface.
    pub interface: u32,
    /// ARPHRD_ number of the interface.
    pub arphrd: u16,
    /// 0 to us, 1 broadcast, 2 multicast, 3 to another host, 4 sent by us.
    pub packet_type: u8,
    /// The sender's address; absent where it is not six bytes long.
    pub source: Option<MacAddr>,
}
