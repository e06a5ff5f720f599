//! The Internet checksum, RFC 1071, and what a wrong one means.

/// A checksum's verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// It fits.
    Ok,
    /// It does not: what it should be and what it is.
    Bad {
        /// Computed from the bytes.
        want: u16,
        /// Found in the header.
        got: u16,
    },
    /// Not computed yet: the field holds the folded sum of the pseudo header, which the sender's
    /// card completes (offload). Not an error.
    Offloaded,
    /// Not all bytes were captured, or it covers a whole that this is a fragment of.
    Unverifiable,
    /// The sender computed none (UDP over IPv4 with a zero field).
    Absent,
}
