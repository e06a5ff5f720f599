//! The Internet checksum, RFC 1071, and what a wrong one means.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Transport, ipv4, tcp, udp};

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

impl Checksum {
    /// Whether it does not fit.
    #[inline]
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::Bad { .. })
    }
}

/// The verdict on an IPv4 header's own checksum.
#[inline]
pub fn ipv4_header(header: &ipv4::Header<'_>) -> Checksum {
    if header.bytes.len() < header.header_len() {
        return Checksum::Unverifiable;
    }
    let sum = match header.bytes.first_chunk::<{ ipv4::MIN_HEADER_LEN }>() {
        // Nearly all are of this length, and a sum of a known length is a few additions.
        Some(bytes) if header.bytes.len() == bytes.len() => sum(bytes),
        _ => sum(header.bytes),
    };
    judge(sum, header.checksum)
}

/// The verdict on what an IP packet carries. The addresses are those of the IP header (of a source
/// route or routing header that is not used up: its last, [`super::Network::checksum_addresses`]).
///
/// Fragments and what is not decoded are [`Checksum::Unverifiable`].
#[inline]
pub fn transport(source: IpAddr, destination: IpAddr, transport: &Transport<'_>) -> Checksum {
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            of_transport(ipv4_addresses(source, destination), true, transport)
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            of_transport(ipv6_addresses(source, destination), false, transport)
        }
        // Two families never meet in one packet.
        _ => Checksum::Unverifiable,
    }
}

/// Whether the checksum of an IPv4 header without options is there and fits; `addresses` is the
/// [sum](sum_of_words) of those that stand in it.
#[inline]
pub(super) fn fits_ipv4_header(header: &[u8; ipv4::MIN_HEADER_LEN], addresses: u64) -> bool {
    let [before @ .., _, _, _, _, _, _, _, _] = header;
    fits(sum_of_words(before) + addresses) && header[10..12] != [0, 0]
}

/// Whether the checksum of what IP carries fits; `addresses` is the [sum](sum_of_words) of those that stand in the IP
/// header.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "called for nearly each frame, it would have its caller put aside all that is at hand"
)]
pub(super) fn fits_transport(protocol: u8, addresses: u64, bytes: &[u8]) -> bool {
    let pseudo = addresses + pseudo_words(protocol, bytes.len());
    fits(sum_behind(pseudo, bytes))
}

/// Whether the field has the sum of the pseudo header alone: the sender's card computes the rest.
#[inline]
pub(super) fn is_of_pseudo_header(
    protocol: u8,
    addresses: u64,
    len: usize,
    field: [u8; 2],
) -> bool {
    u16::from_be_bytes(field) == fold(addresses + pseudo_words(protocol, len))
}

/// The sum of a few words of 32 bits, whose carries 64 bits can hold.
#[inline]
pub(super) fn sum_of_words<const N: usize>(bytes: &[u8; N]) -> u64 {
    let words = bytes.as_chunks().0.iter();
    words.map(|word| u64::from(u32::from_le_bytes(*word))).sum()
}

/// What the pseudo header has besides the addresses (RFC 9293 3.1, RFC 8200 8.1).
#[inline]
const fn pseudo_words(protocol: u8, len: usize) -> u64 {
    (protocol as u32).swap_bytes() as u64 + (len as u32).swap_bytes() as u64
}

/// The sum of the addresses of IPv4.
#[inline]
pub(super) fn ipv4_addresses(source: Ipv4Addr, destination: Ipv4Addr) -> u64 {
    let [source, destination] = [source, destination].map(|ip| u32::from_le_bytes(ip.octets()));
    u64::from(source) + u64::from(destination)
}

/// The sum of the addresses of IPv6.
#[inline]
pub(super) fn ipv6_addresses(source: Ipv6Addr, destination: Ipv6Addr) -> u64 {
    add(sum(&source.octets()), sum(&destination.octets()))
}

/// The verdict by the sum of the addresses.
#[inline]
pub(super) fn of_transport(addresses: u64, is_ipv4: bool, transport: &Transport<'_>) -> Checksum {
    let (protocol, bytes, len, field) = match transport {
        Transport::Tcp(tcp) => {
            let len = tcp.header_len + tcp.payload_len;
            (tcp::PROTOCOL, tcp.bytes, len, tcp.checksum)
        }
        Transport::Udp(udp) => {
            if udp.checksum == 0 && is_ipv4 {
                return Checksum::Absent;
            }
            let len = udp::HEADER_LEN + udp.payload_len;
            (udp::PROTOCOL, udp.bytes, len, udp.checksum)
        }
        Transport::Icmp(icmp) if icmp.bytes.len() == icmp.len => {
            return judge(sum(icmp.bytes), icmp.checksum);
        }
        Transport::Icmpv6(icmp) => (58, icmp.bytes, icmp.len, icmp.checksum),
        Transport::Icmp(_)
        | Transport::Fragment(_)
        | Transport::Other(..)
        | Transport::Unread(_) => return Checksum::Unverifiable,
    };
    let pseudo = add(addresses, pseudo_words(protocol, len));
    let whole = (bytes.len() >= len).then(|| add(pseudo, sum(bytes)));
    match whole {
        Some(whole) if fits(whole) && field != 0 => Checksum::Ok,
        _ => look_closer(protocol, pseudo, whole, field),
    }
}

/// The verdict where the sum does not fit, or is not all there is to say.
#[cold]
fn look_closer(protocol: u8, pseudo: u64, whole: Option<u64>, field: u16) -> Checksum {
    let verdict = whole.map_or(Checksum::Unverifiable, |sum| judge(sum, field));
    match verdict {
        // Over IPv6 the field may not say "none", and 0 stands for none: it is written as ffff.
        Checksum::Ok if protocol == udp::PROTOCOL && field == 0 => Checksum::Bad {
            want: 0xffff,
            got: 0,
        },
        // Cards complete the sums of TCP and UDP; this much can be told without the payload.
        Checksum::Bad { .. } | Checksum::Unverifiable
            if protocol != 58 && field == fold(pseudo) =>
        {
            Checksum::Offloaded
        }
        Checksum::Bad { want: 0, got } if protocol == udp::PROTOCOL => {
            Checksum::Bad { want: 0xffff, got }
        }
        verdict => verdict,
    }
}

/// The verdict from a sum that includes the field.
#[inline]
fn judge(sum: u64, field: u16) -> Checksum {
    if fits(sum) {
        return Checksum::Ok;
    }
    let want = match fold(sum) {
        // Nothing but zeros: the one case where the sum tells the two zeros apart.
        0 => 0xffff,
        // What has to be added so that all bits are set; the field was part of the sum.
        sum => {
            let without = u32::from(sum) + u32::from(!field);
            !((without >> 16) as u16).wrapping_add(without as u16)
        }
    };
    Checksum::Bad { want, got: field }
}

/// The one's complement sum of the bytes, in 64-bit words that begin with the lowest byte; what lacks to
/// the last word counts as zero.
///
/// The sum does not care for the width of its words, nor for their byte order until the end (RFC 1071, 2).
#[inline]
fn sum(bytes: &[u8]) -> u64 {
    sum_behind(0, bytes)
}

/// As [`sum`], of what stands behind something that has a sum already.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "called for nearly each frame, it would have its caller put aside all that is at hand"
)]
fn sum_behind(before: u64, bytes: &[u8]) -> u64 {
    let (mut sum, mut carries) = (before, 0);
    let mut count = |words: &[[u8; 8]]| {
        let mut carry = false;
        for word in words {
            (sum, carry) = sum.carrying_add(u64::from_le_bytes(*word), carry);
        }
        carries += u64::from(carry);
    };
    let mut rest = bytes;
    while let Some((block, behind)) = rest.split_first_chunk::<32>() {
        count(block.as_chunks().0);
        rest = behind;
    }
    if let Some((pair, behind)) = rest.split_first_chunk::<16>() {
        count(pair.as_chunks().0);
        rest = behind;
    }
    if let Some((word, behind)) = rest.split_first_chunk() {
        count(&[*word]);
        rest = behind;
    }
    if !rest.is_empty() {
        let word = match bytes.last_chunk() {
            // What was counted already is pushed out.
            Some(last) => u64::from_le_bytes(*last) >> (64 - 8 * rest.len()),
            None => rest
                .iter()
                .rev()
                .fold(0, |word, byte| (word << 8) | u64::from(*byte)),
        };
        count(&[word.to_le_bytes()]);
    }
    add(sum, carries)
}

/// Adds two sums, and the carry.
#[inline]
const fn add(one: u64, other: u64) -> u64 {
    let (sum, carry) = one.overflowing_add(other);
    sum + carry as u64
}

/// Whether a sum that includes its checksum is right: all of its 16 bits are set.
#[inline]
const fn fits(sum: u64) -> bool {
    // Each half added to the other, and the carry with it, stands in the upper half.
    let sum = (sum.wrapping_add(sum.rotate_left(32)) >> 32) as u32;
    sum.wrapping_add(sum.rotate_left(16)) >> 16 == 0xffff
}

/// Adds the carries back until 16 bits are left, and puts them in network order.
#[inline]
const fn fold(sum: u64) -> u16 {
    let sum = (sum >> 32) + (sum & 0xffff_ffff);
    let sum = (sum >> 16) + (sum & 0xffff);
    let sum = (sum >> 16) + (sum & 0xffff);
    let sum = (sum >> 16) + (sum & 0xffff);
    (sum as u16).swap_bytes()
}

#[cfg(test)]
mod tests {
    use super::super::{Network, Packet, decode, samples, samples::hex};
    use super::*;
    use crate::link_type::LinkType;

    /// RFC 1071 as it is written: two bytes after the other.
    fn plain_sum(bytes: &[u8]) -> u16 {
        let mut sum = 0_u64;
        for pair in bytes.chunks(2) {
            let low = pair.get(1).copied().unwrap_or(0);
            sum += u64::from(u16::from_be_bytes([pair[0], low]));
        }
        while sum > 0xffff {
            sum = (sum >> 16) + (sum & 0xffff);
        }
        sum as u16
    }

    fn verdict(packet: &Packet<'_>) -> Checksum {
        packet.network.transport_checksum()
    }

    fn read(frame: &[u8]) -> Packet<'_> {
        decode(LinkType::RawIp, frame, frame.len())
    }

    #[test]
    fn the_fast_sum_is_the_plain_sum() {
        assert_eq!(fold(sum(&hex(&["0001 f203 f4f5 f6f7"]))), 0xddf2); // RFC 1071, 3
        arbtest::arbtest(|u| {
            let bytes: Vec<u8> = u.arbitrary()?;
            assert_eq!(fold(sum(&bytes)), plain_sum(&bytes));
            Ok(())
        });
        let ones = vec![0xff; 65535];
        assert_eq!(fold(sum(&ones)), plain_sum(&ones));
    }

    #[test]
    fn an_ipv4_header() {
        let mut frame = hex(&[
            "4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7", // a well-known example
        ]);
        frame.resize(0x73, 0);
        let header = |frame: &[u8]| match read(frame).network {
            Network::Ipv4(header, _) => ipv4_header(&header),
            other => panic!("{other:?}"),
        };
        assert_eq!(header(&frame), Checksum::Ok);
        frame[10] = 0;
        assert_eq!(
            header(&frame),
            Checksum::Bad {
                want: 0xb861,
                got: 0x0061
            }
        );
        frame[0] = 0x46; // options that the capture cut
        let packet = decode(LinkType::RawIp, &frame[..20], frame.len());
        let Network::Ipv4(header, _) = packet.network else {
            panic!("{packet:?}");
        };
        assert_eq!(ipv4_header(&header), Checksum::Unverifiable);
    }

    #[test]
    fn transports_are_verified_over_both_families() {
        let tcp = hex(&["9c41 2148 00000001 00000000 50 02 faf0 0000 0000"]);
        let udp = hex(&["9c41 2148 000b 0000 616263"]);
        let icmp = hex(&["08 00 0000 1234 0007 616263"]);
        let icmpv6 = hex(&["80 00 0000 1234 0007 616263"]);
        for (protocol, payload, at, is_ipv6) in [
            (6, &tcp, 16, false),
            (6, &tcp, 16, true),
            (17, &udp, 6, false),
            (17, &udp, 6, true),
            (1, &icmp, 2, false),
            (58, &icmpv6, 2, true),
        ] {
            let (mut frame, at) = if is_ipv6 {
                (samples::ipv6(protocol, payload), 40 + at)
            } else {
                (samples::ipv4(protocol, payload), 20 + at)
            };
            frame[at] = 0x5a;
            let Checksum::Bad { want, got: 0x5a00 } = verdict(&read(&frame)) else {
                panic!("{protocol}");
            };
            frame[at..at + 2].copy_from_slice(&want.to_be_bytes());
            assert_eq!(verdict(&read(&frame)), Checksum::Ok, "{protocol}");

            // Cut by one byte, nobody can tell.
            let packet = decode(LinkType::RawIp, &frame[..frame.len() - 1], frame.len());
            assert_eq!(verdict(&packet), Checksum::Unverifiable);
        }
    }

    #[test]
    fn a_field_with_the_pseudo_headers_sum_is_not_computed_yet() {
        let tcp = hex(&["9c41 2148 00000001 00000000 50 02 faf0 0000 0000 616263"]);
        let mut frame = samples::ipv4(6, &tcp);
        let mut pseudo = frame[12..20].to_vec();
        pseudo.extend(6_u16.to_be_bytes());
        pseudo.extend((tcp.len() as u16).to_be_bytes());
        let partial = plain_sum(&pseudo);
        frame[36..38].copy_from_slice(&partial.to_be_bytes());
        assert_eq!(verdict(&read(&frame)), Checksum::Offloaded);
        let packet = decode(LinkType::RawIp, &frame[..frame.len() - 1], frame.len());
        assert_eq!(verdict(&packet), Checksum::Offloaded);
        for other in [partial.wrapping_add(1), !partial, 0] {
            frame[36..38].copy_from_slice(&other.to_be_bytes());
            assert!(matches!(verdict(&read(&frame)), Checksum::Bad { .. }));
        }
    }

    #[test]
    fn a_finished_checksum_that_equals_the_pseudo_headers_sum_is_finished() {
        // Everything but the pseudo header sums to the complement of twice its sum.
        let build = |urgent: u16, field: u16| {
            let mut tcp = hex(&["9c41 2148 00000001 00000000 50 02 faf0 0000 0000"]);
            tcp[16..18].copy_from_slice(&field.to_be_bytes());
            tcp[18..20].copy_from_slice(&urgent.to_be_bytes());
            samples::ipv4(6, &tcp)
        };
        let frame = build(0, 0);
        let mut pseudo = frame[12..20].to_vec();
        pseudo.extend([0, 6, 0, 20]);
        let partial = plain_sum(&pseudo);
        let Checksum::Bad { want, .. } = verdict(&read(&build(0, 0))) else {
            panic!();
        };
        let urgent = u32::from(want) + u32::from(!partial);
        let urgent = (urgent >> 16) as u16 + urgent as u16;
        assert_eq!(verdict(&read(&build(urgent, partial))), Checksum::Ok);
        assert_eq!(
            verdict(&read(&build(urgent ^ 1, partial))),
            Checksum::Offloaded
        );
    }

    #[test]
    fn a_source_route_covers_its_last_address() {
        // UDP from 192.168.15.73 to 10.0.0.9 by way of the header's destination, 192.168.15.42.
        let frame = |options: &str, checksum: u16| {
            let mut udp = hex(&["9c41 2148 000a 0000 6869"]);
            udp[6..8].copy_from_slice(&checksum.to_be_bytes());
            let mut frame = samples::ipv4(17, &[hex(&[options]), udp].concat());
            frame[0] = 0x48;
            frame
        };
        let want = |options: &str| match verdict(&read(&frame(options, 1))) {
            Checksum::Bad { want, .. } => want,
            other => panic!("{other:?}"),
        };
        let (to_last, to_header) = (0xffec, 0x3a23);
        for (options, sum) in [
            ("83 0b 04 0a000001 0a000009 00", to_last), // loose, at its first address
            ("89 0b 08 0a000001 0a000009 00", to_last), // strict, at its last
            ("01 83 0b 04 0a000001 0a000009", to_last), // behind padding
            ("83 0b 0c 0a000001 0a000009 00", to_header), // used up
            ("83 0b 09 0a000001 0a000009 00", to_header), // points into an address
            ("83 0b 00 0a000001 0a000009 00", to_header), // points nowhere
            ("07 0b 04 0a000001 0a000009 00", to_header), // a record is no route
        ] {
            assert_eq!(want(options), sum, "{options}");
            assert_eq!(verdict(&read(&frame(options, sum))), Checksum::Ok);
        }
    }

    #[test]
    fn zero_means_none_over_ipv4_only() {
        let udp = hex(&["9c41 2148 0008 0000"]);
        assert_eq!(verdict(&read(&samples::ipv4(17, &udp))), Checksum::Absent);
        assert!(matches!(
            verdict(&read(&samples::ipv6(17, &udp))),
            Checksum::Bad { got: 0, .. }
        ));
    }

    #[test]
    fn a_udp_sum_of_zero_is_written_as_ffff() {
        // Choose the payload so that everything else sums to ffff.
        for is_ipv6 in [false, true] {
            let build = |payload: u16, field: u16| {
                let mut udp = hex(&["9c41 2148 000a 0000 0000"]);
                udp[6..8].copy_from_slice(&field.to_be_bytes());
                udp[8..10].copy_from_slice(&payload.to_be_bytes());
                if is_ipv6 {
                    samples::ipv6(17, &udp)
                } else {
                    samples::ipv4(17, &udp)
                }
            };
            let Checksum::Bad { want, .. } = verdict(&read(&build(0, 1))) else {
                panic!();
            };
            assert_eq!(verdict(&read(&build(want, 0xffff))), Checksum::Ok);
            assert_eq!(
                verdict(&read(&build(want, 0x1234))),
                Checksum::Bad {
                    want: 0xffff,
                    got: 0x1234
                }
            );
            let zero = verdict(&read(&build(want, 0)));
            if is_ipv6 {
                assert_eq!(
                    zero,
                    Checksum::Bad {
                        want: 0xffff,
                        got: 0
                    }
                );
            } else {
                assert_eq!(zero, Checksum::Absent);
            }
        }
    }

    #[test]
    fn what_is_in_pieces_cannot_be_verified() {
        let mut frame = samples::ipv4_udp(b"piece");
        frame[6] = 0x20;
        assert_eq!(verdict(&read(&frame)), Checksum::Unverifiable);
        assert_eq!(
            verdict(&read(&samples::ipv4(47, &[0; 8]))),
            Checksum::Unverifiable
        );
    }
}
