//! Numbers and addresses as text, by hand: `core::fmt` costs several times as much, and a line a
//! packet is made of little else.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    ops::Range,
};

use crate::{decode::MacAddr, track::flow::Endpoint};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// `0.` to `255.`, each with its length.
const OCTETS: [([u8; 4], usize); 256] = octets();

/// A decimal number.
#[inline]
pub fn decimal(number: u64, out: &mut Vec<u8>) {
    // The last digit stands even when it is a zero. All of the room is written, and what was too much taken
    // back, so that nothing depends on how many digits there are.
    if number < EIGHT_DIGITS {
        let digits = eight(number);
        let zeros = (digits.trailing_zeros() / 8).min(7);
        let text = (digits | ZEROS) >> (8 * zeros);
        out.extend_from_slice(&text.to_le_bytes());
        out.truncate(out.len() - zeros as usize);
    } else {
        long_decimal(number, out);
    }
}

/// A decimal number of more than eight digits.
#[inline(never)]
fn long_decimal(number: u64, out: &mut Vec<u8>) {
    let (first, last) = (number / EIGHT_DIGITS, number % EIGHT_DIGITS);
    if first < 100 {
        // Sequence numbers and clocks have ten digits at most.
        let digits = [b'0' + (first / 10) as u8, b'0' + (first % 10) as u8];
        out.extend_from_slice(if first < 10 { &digits[1..] } else { &digits });
        out.extend_from_slice(&(eight(last) | ZEROS).to_le_bytes());
    } else if first < EIGHT_DIGITS {
        let digits = u128::from(eight(first)) | (u128::from(eight(last)) << 64);
        let zeros = digits.trailing_zeros() / 8;
        let text = (digits | (u128::from(ZEROS) << 64) | u128::from(ZEROS)) >> (8 * zeros);
        out.extend_from_slice(&text.to_le_bytes());
        out.truncate(out.len() - zeros as usize);
    } else {
        decimal(first, out);
        out.extend_from_slice(&(eight(last) | ZEROS).to_le_bytes());
    }
}

/// 10⁸: the first number with more than eight digits.
const EIGHT_DIGITS: u64 = 100_000_000;

/// Eight times `0`.
const ZEROS: u64 = u64::from_ne_bytes([b'0'; 8]);

/// The eight digits of a number below 10⁸, each in a byte of its own, the first in the lowest.
///
/// All are worked out at once: two halves of four digits, then four pairs, then eight digits, side by side in one
/// word. A division by a constant is a multiplication whose result is shifted: 10486 / 2²⁰ is 1 / 100, exact enough
/// below 10⁴, and 103 / 2¹⁰ is 1 / 10, exact enough below 100.
#[inline]
const fn eight(number: u64) -> u64 {
    let halves = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((halves * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let pairs = hundreds | ((halves - 100 * hundreds) << 16);
    let tens = ((pairs * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | ((pairs - 10 * tens) << 8)
}

/// A decimal number in groups of three: `1,234,567`.
pub fn grouped(number: u64, out: &mut Vec<u8>) {
    let mut plain = Vec::with_capacity(20);
    decimal(number, &mut plain);
    for (at, &digit) in plain.iter().enumerate() {
        if at > 0 && (plain.len() - at) % 3 == 0 {
            out.push(b',');
        }
        out.push(digit);
    }
}

/// A decimal number right-aligned in `columns`, wider when it must be.
pub fn right_aligned(number: u64, columns: usize, out: &mut Vec<u8>) {
    let begin = out.len();
    decimal(number, out);
    pad_left(begin, columns, out);
}

/// Exactly six digits, with zeros in front: microseconds. `number` is below 10⁶.
#[inline]
pub fn six(number: u32, out: &mut Vec<u8>) {
    let text = eight(u64::from(number)) | ZEROS;
    let [_, _, digits @ ..] = text.to_le_bytes();
    out.extend_from_slice(&digits);
}

/// Exactly three digits, with zeros in front. `number` is below 1,000.
#[inline]
pub fn three(number: u32, out: &mut Vec<u8>) {
    let text = eight(u64::from(number)) | ZEROS;
    let [_, _, _, _, _, digits @ ..] = text.to_le_bytes();
    out.extend_from_slice(&digits);
}

/// `0x0800`: a hexadecimal number of `digits` digits.
pub fn hexadecimal(number: u64, digits: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(b"0x");
    for place in (0..digits).rev() {
        out.push(HEX[(number >> (4 * place)) as usize & 0xf]);
    }
}

/// `192.168.15.73`.
#[inline]
pub fn ipv4(ip: Ipv4Addr, out: &mut Vec<u8>) {
    for byte in ip.octets() {
        let (text, len) = &OCTETS[usize::from(byte)];
        let end = out.len() + len;
        out.extend_from_slice(text);
        out.truncate(end);
    }
    out.pop();
}

/// An IPv6 address as RFC 5952 writes it.
pub fn ipv6(ip: Ipv6Addr, out: &mut Vec<u8>) {
    if let Some(mapped) = ip.to_ipv4_mapped() {
        out.extend_from_slice(b"::ffff:");
        return ipv4(mapped, out);
    }
    let groups = ip.segments();
    let zeros = longest_zeros(&groups);
    for (at, group) in groups.into_iter().enumerate() {
        if zeros.contains(&at) {
            if at == zeros.start {
                out.extend_from_slice(b"::");
            }
            continue;
        }
        if at > 0 && at != zeros.end {
            out.push(b':');
        }
        let digits = 4 - (u32::from(group | 1).leading_zeros() - 16) / 4;
        for place in (0..digits).rev() {
            out.push(HEX[usize::from((group >> (4 * place)) & 0xf)]);
        }
    }
}

/// The first of the longest stretches of at least two groups that are zero.
fn longest_zeros(groups: &[u16; 8]) -> Range<usize> {
    let mut longest = usize::MAX..usize::MAX;
    let mut begin = 0;
    for (at, group) in groups.iter().enumerate() {
        if *group != 0 {
            begin = at + 1;
        } else if at + 1 - begin > longest.len().max(1) {
            longest = begin..at + 1;
        }
    }
    longest
}

/// An address of either kind.
pub fn ip(ip: IpAddr, out: &mut Vec<u8>) {
    match ip {
        IpAddr::V4(ip) => ipv4(ip, out),
        IpAddr::V6(address) => ipv6(address, out),
    }
}

/// `192.168.15.73:8520`, `[fe80::1]:8520`.
pub fn endpoint(end: Endpoint, out: &mut Vec<u8>) {
    match end.ip {
        IpAddr::V4(address) => ipv4(address, out),
        IpAddr::V6(address) => {
            out.push(b'[');
            ipv6(address, out);
            out.push(b']');
        }
    }
    out.push(b':');
    decimal(end.port.into(), out);
}

/// `02:00:00:00:0f:49`.
pub fn mac(mac: MacAddr, out: &mut Vec<u8>) {
    for (at, byte) in mac.0.into_iter().enumerate() {
        if at > 0 {
            out.push(b':');
        }
        out.push(HEX[usize::from(byte >> 4)]);
        out.push(HEX[usize::from(byte & 0xf)]);
    }
}

/// Moves what was written since `begin` to the right until it takes `columns`.
pub fn pad_left(begin: usize, columns: usize, out: &mut Vec<u8>) {
    let len = out.len() - begin;
    let missing = columns.saturating_sub(len);
    if missing > 0 {
        out.resize(begin + len + missing, b' ');
        out.copy_within(begin..begin + len, begin + missing);
        if let Some(gap) = out.get_mut(begin..begin + missing) {
            gap.fill(b' ');
        }
    }
}

const fn octets() -> [([u8; 4], usize); 256] {
    let mut octets = [([b'.'; 4], 0); 256];
    let mut byte = 0;
    while byte < octets.len() {
        let [hundreds, tens, ones] = [byte / 100, byte / 10 % 10, byte % 10];
        let [h, t, o] = [b'0' + hundreds as u8, b'0' + tens as u8, b'0' + ones as u8];
        octets[byte] = match byte {
            0..10 => ([o, b'.', b'.', b'.'], 2),
            10..100 => ([t, o, b'.', b'.'], 3),
            _ => ([h, t, o, b'.'], 4),
        };
        byte += 1;
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = b"|".to_vec();
        write(&mut out);
        String::from_utf8(out)
            .expect("digits are ASCII")
            .split_off(1)
    }

    #[test]
    fn numbers_are_those_of_the_standard_library() {
        for number in (0..=64).map(|shift| 1_u64.checked_shl(shift).unwrap_or(0)) {
            for near in [number.wrapping_sub(1), number, number.wrapping_mul(10)] {
                assert_eq!(text(|out| decimal(near, out)), near.to_string());
                assert_eq!(text(|out| right_aligned(near, 7, out)), format!("{near:7}"));
                assert_eq!(
                    text(|out| hexadecimal(near & 0xffff, 4, out)),
                    format!("0x{:04x}", near & 0xffff)
                );
            }
        }
        assert_eq!(text(|out| six(42, out)), "000042");
        assert_eq!(text(|out| grouped(1_234_567, out)), "1,234,567");
        assert_eq!(text(|out| grouped(100, out)), "100");
    }

    #[test]
    fn addresses_are_those_of_the_standard_library() {
        for byte in 0..=255 {
            let v4 = Ipv4Addr::new(byte, 255 - byte, byte / 10, 0);
            assert_eq!(text(|out| ipv4(v4, out)), v4.to_string());
            let address = MacAddr([byte, 1, 2, 3, 255 - byte, byte / 2]);
            assert_eq!(text(|out| mac(address, out)), address.to_string());
        }
        arbtest::arbtest(|u| {
            // Few groups that are not zero make all kinds of stretches.
            let groups: [u16; 8] = u.arbitrary()?;
            let mask: u8 = u.arbitrary()?;
            let mut at = 0;
            let v6 = Ipv6Addr::from(groups.map(|group| {
                at += 1;
                if (mask >> (at - 1)) & 1 == 0 {
                    0
                } else {
                    group
                }
            }));
            assert_eq!(text(|out| ipv6(v6, out)), v6.to_string());
            Ok(())
        });
        for address in ["::", "fe80::1", "2001:db8::8520", "::ffff:192.0.2.1", "1::"] {
            let v6: Ipv6Addr = address.parse().expect("an address");
            assert_eq!(text(|out| ip(v6.into(), out)), address);
            let end = Endpoint {
                ip: v6.into(),
                port: 8520,
            };
            assert_eq!(text(|out| endpoint(end, out)), end.to_string());
        }
    }
}
