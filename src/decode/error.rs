//! Why reading a frame stopped: data, not a failure.

use std::fmt;

/// A layer of a frame, for naming where something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Layer {
    Ethernet,
    LinuxSll,
    LinuxSll2,
    Loopback,
    Vlan,
    Llc,
    Arp,
    Ipv4,
    Ipv6,
    Ah,
    Icmp,
    Icmpv6,
    Tcp,
    Udp,
}

impl Layer {
    /// Its name as people write it: `Ethernet`, `802.1Q`, `IPv4` …
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ethernet => "Ethernet",
            Self::LinuxSll => "Linux SLL",
            Self::LinuxSll2 => "Linux SLL2",
            Self::Loopback => "loopback",
            Self::Vlan => "802.1Q",
            Self::Llc => "LLC",
            Self::Arp => "ARP",
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
            Self::Ah => "AH",
            Self::Icmp => "ICMP",
            Self::Icmpv6 => "ICMPv6",
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        }
    }
}

/// [`Layer::name`].
impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where reading stopped and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// The layer that could not be read.
    pub layer: Layer,
    /// Where its header begins, in bytes from the start of the frame.
    pub offset: usize,
    /// How many bytes it needs. With [`Reason::Field`]: the bound that the field breaks, the least
    /// it may say where `had` is smaller, the most where `had` is greater.
    pub needed: usize,
    /// How many bytes are there. With [`Reason::Field`]: what the field says.
    pub had: usize,
    /// What is wrong.
    pub reason: Reason,
}

/// What is wrong with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The capture cut the frame (snaplen): the bytes were on the wire. Not the sender's fault.
    Truncated,
    /// The frame itself ends too early: malformed.
    TooShort,
    /// A field of the header says something impossible: malformed. The field's name as in the RFC.
    Field(&'static str),
}

/// One sentence: `IPv4 at byte 14: the IHL field says 8 bytes, at least 20 are needed`.
impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            layer,
            offset,
            needed,
            had,
            reason,
        } = self;
        write!(f, "{layer} at byte {offset}: ")?;
        match reason {
            Reason::Truncated => write!(f, "{needed} bytes are needed, the capture kept {had}"),
            Reason::TooShort => write!(f, "{needed} bytes are needed, the frame has {had}"),
            Reason::Field("tags") => write!(f, "more than {needed} tags"),
            Reason::Field("extension headers") => {
                write!(f, "more than {needed} extension headers")
            }
            Reason::Field("type/length") => write!(
                f,
                "the type/length field says {had}, neither a length (up to 1500) nor a type (from \
                 1536)"
            ),
            Reason::Field(
                name @ ("version" | "hardware address length" | "protocol address length"),
            ) => write!(f, "the {name} field says {had}, {needed} is needed"),
            Reason::Field(name) if had < needed => {
                let are = if *needed == 1 { "is" } else { "are" };
                write!(
                    f,
                    "the {name} field says {had} bytes, at least {needed} {are} needed"
                )
            }
            Reason::Field(name) => write!(
                f,
                "the {name} field says {had} bytes, only {needed} are there"
            ),
        }
    }
}

impl std::error::Error for DecodeError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_is_one_sentence() {
        let cases = [
            (
                (Layer::Ipv4, 14, 20, 8, Reason::Field("IHL")),
                "IPv4 at byte 14: the IHL field says 8 bytes, at least 20 are needed",
            ),
            (
                (Layer::Ipv4, 14, 46, 1500, Reason::Field("total length")),
                "IPv4 at byte 14: the total length field says 1500 bytes, only 46 are there",
            ),
            (
                (Layer::Ipv6, 0, 6, 7, Reason::Field("version")),
                "IPv6 at byte 0: the version field says 7, 6 is needed",
            ),
            (
                (
                    Layer::Arp,
                    14,
                    6,
                    8,
                    Reason::Field("hardware address length"),
                ),
                "ARP at byte 14: the hardware address length field says 8, 6 is needed",
            ),
            (
                (Layer::Ethernet, 0, 1500, 1501, Reason::Field("type/length")),
                "Ethernet at byte 0: the type/length field says 1501, neither a length (up to \
                 1500) nor a type (from 1536)",
            ),
            (
                (Layer::Icmpv6, 54, 1, 0, Reason::Field("option length")),
                "ICMPv6 at byte 54: the option length field says 0 bytes, at least 1 is needed",
            ),
            (
                (Layer::Vlan, 30, 4, 5, Reason::Field("tags")),
                "802.1Q at byte 30: more than 4 tags",
            ),
            (
                (Layer::Ipv6, 118, 8, 9, Reason::Field("extension headers")),
                "IPv6 at byte 118: more than 8 extension headers",
            ),
            (
                (Layer::Tcp, 34, 20, 8, Reason::TooShort),
                "TCP at byte 34: 20 bytes are needed, the frame has 8",
            ),
            (
                (Layer::Udp, 34, 8, 0, Reason::Truncated),
                "UDP at byte 34: 8 bytes are needed, the capture kept 0",
            ),
        ];
        for ((layer, offset, needed, had, reason), sentence) in cases {
            let error = DecodeError {
                layer,
                offset,
                needed,
                had,
                reason,
            };
            assert_eq!(error.to_string(), sentence);
        }
    }
}
