//! BSD loopback: NULL and LOOP.

/// The 4-byte header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The protocol family: 2 is IPv4 everywhere; 10, 24, 28 and 30 are IPv6 on one system or another.
    pub family: u32,
}
