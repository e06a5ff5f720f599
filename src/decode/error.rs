//! Why reading a frame stopped: data, not a failure.

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
    Icmp,
    Icmpv6,
    Tcp,
    Udp,
}

/// Where reading stopped and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// The layer that could not be read.
    pub layer: Layer,
    /// Where its header begins, in bytes from the start of the frame.
    pub offset: usize,
    /// How many bytes it needs.
    pub needed: usize,
    /// How many bytes are there.
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
