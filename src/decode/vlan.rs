//! IEEE 802.1Q tags, stacked as 802.1ad ("`QinQ`") allows.

/// At most this many tags are read; more is malformed.
pub const MAX_TAGS: usize = 4;

/// One 4-byte tag: the type that announced it, and its tag control information.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tag {
    /// 0x8100, 0x88a8 or 0x9100.
    pub tpid: u16,
    /// Priority, drop eligible bit and VLAN identifier as they stand on the wire.
    pub tci: u16,
}

/// The tags of a frame, outermost first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    tags: [Tag; MAX_TAGS],
    len: u8,
}
