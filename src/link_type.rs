//! What the first byte of a frame belongs to.

use std::fmt;

/// The link type of a captured frame, by its number in pcap and pcapng files
/// (<https://www.tcpdump.org/linktypes.html>).
///
/// It is told by the file or the kernel, never guessed from the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkType {
    /// 0: BSD loopback, four bytes of protocol family in the byte order of the capturing machine.
    Null,
    /// 1: Ethernet II or IEEE 802.3, without the frame check sequence.
    Ethernet,
    /// 101 (and the historical 12 and 14): the frame begins with an IPv4 or IPv6 header.
    RawIp,
    /// 108: OpenBSD loopback, four bytes of protocol family in network byte order.
    Loop,
    /// 113: Linux "cooked" capture, 16 bytes of header.
    LinuxSll,
    /// 228: the frame begins with an IPv4 header.
    Ipv4,
    /// 229: the frame begins with an IPv6 header.
    Ipv6,
    /// 276: Linux "cooked" capture version 2, 20 bytes of header.
    LinuxSll2,
    /// Any other number: counted and shown as one line, never decoded.
    Other(u16),
}

impl LinkType {
    /// The link type that a capture file's number stands for.
    pub const fn from_number(number: u16) -> Self {
        match number {
            0 => Self::Null,
            1 => Self::Ethernet,
            12 | 14 | 101 => Self::RawIp,
            108 => Self::Loop,
            113 => Self::LinuxSll,
            228 => Self::Ipv4,
            229 => Self::Ipv6,
            276 => Self::LinuxSll2,
            other => Self::Other(other),
        }
    }

    /// The number that files carry.
    pub const fn number(self) -> u16 {
        match self {
            Self::Null => 0,
            Self::Ethernet => 1,
            Self::RawIp => 101,
            Self::Loop => 108,
            Self::LinuxSll => 113,
            Self::Ipv4 => 228,
            Self::Ipv6 => 229,
            Self::LinuxSll2 => 276,
            Self::Other(other) => other,
        }
    }
}

/// The name that tcpdump's documentation uses: `EN10MB`, `LINUX_SLL`, …
impl fmt::Display for LinkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Ethernet => f.write_str("ETHERNET"),
            Self::RawIp => f.write_str("RAW"),
            Self::Loop => f.write_str("LOOP"),
            Self::LinuxSll => f.write_str("LINUX_SLL"),
            Self::Ipv4 => f.write_str("IPV4"),
            Self::Ipv6 => f.write_str("IPV6"),
            Self::LinuxSll2 => f.write_str("LINUX_SLL2"),
            Self::Other(number) => write!(f, "link type {number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LinkType;

    #[test]
    fn numbers_survive_the_round_trip() {
        for number in 0..=u16::MAX {
            let canonical = if matches!(number, 12 | 14) {
                101
            } else {
                number
            };
            assert_eq!(LinkType::from_number(number).number(), canonical);
        }
    }
}
