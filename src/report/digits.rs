//! Numbers and addresses as text, by hand: `core::fmt` costs several times as much, and a line a
//! packet is made of little else.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    ops::Range,
};

use crate::{decode::MacAddr, track::flow::Endpoint};

/// What makes each of eight digits a character.
const ZEROS: u64 = 0x3030_3030_3030_3030;

const EIGHT_ZEROS: u64 = 100_000_000;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// `0.` to `255.` in the lower bytes, the first character in the lowest, and its length in the highest.
const OCTETS: [u64; 256] = octets();

/// `000` to `999` in the lower three bytes, the first digit in the lowest, and how many zeros stand too many before
/// the number in the highest.
const GROUPS: [u32; 1000] = groups();

/// A decimal number.
#[inline]
pub fn decimal(number: u64, out: &mut Vec<u8>) {
    match usize::try_from(number).ok().and_then(|at| GROUPS.get(at)) {
        Some(group) => {
            let zeros = group >> 24;
            out.extend_from_slice(&(group >> (8 * zeros)).to_le_bytes());
            out.truncate(out.len() - 1 - zeros as usize);
        }
        None => long_decimal(number, out),
    }
}

/// A decimal number of more than three digits.
#[inline(never)]
fn long_decimal(number: u64, out: &mut Vec<u8>) {
    if number < EIGHT_ZEROS {
        let digits = eight_digits(number as u32);
        let zeros = leading_zeros(digits);
        out.extend_from_slice(&((digits | ZEROS) >> (8 * zeros)).to_le_bytes());
        out.truncate(out.len() - zeros as usize);
    } else {
        decimal(number / EIGHT_ZEROS, out);
        let last = eight_digits((number % EIGHT_ZEROS) as u32) | ZEROS;
        out.extend_from_slice(&last.to_le_bytes());
    }
}

/// Words of ours, at most six bytes of them, and a decimal number behind.
// A line of a packet has ten of these.
#[allow(clippy::inline_always)]
#[inline(always)]
pub fn named<const N: usize>(words: &[u8; N], number: u32, out: &mut Vec<u8>) {
    const { assert!(N <= 6) };
    put(behind(words, text_of(number)), out);
}

/// Words of ours, at most eleven bytes of them, and a small decimal number behind.
#[allow(clippy::inline_always)]
#[inline(always)]
pub fn named_short<const N: usize>(words: &[u8; N], number: u16, out: &mut Vec<u8>) {
    const { assert!(N <= 11) };
    put(behind(words, text_of_short(number)), out);
}

/// Text of at most 16 bytes, the first in the lowest, and how many they are.
type Text = (u128, usize);

/// Adds text. More bytes are written than it has, and those too many taken back: so the length of the copy is known
/// when the program is built.
#[allow(clippy::inline_always)]
#[inline(always)]
fn put((text, len): Text, out: &mut Vec<u8>) {
    let end = out.len() + len;
    out.extend_from_slice(&text.to_le_bytes());
    out.truncate(end);
}

/// Words and the text behind them.
#[inline]
fn behind<const N: usize>(words: &[u8; N], (text, len): Text) -> Text {
    let mut all = [0; 16];
    all[..N].copy_from_slice(words);
    (u128::from_le_bytes(all) | (text << (8 * N)), N + len)
}

/// A number.
#[inline]
fn text_of(number: u32) -> Text {
    const FIRST: u32 = EIGHT_ZEROS as u32;
    if number < FIRST {
        let digits = eight_digits(number);
        let zeros = leading_zeros(digits);
        let text = (digits | ZEROS) >> (8 * zeros);
        return (text.into(), 8 - zeros as usize);
    }
    // At most 42.
    let (first, last) = (number / FIRST, eight_digits(number % FIRST) | ZEROS);
    let (tens, ones) = (u64::from(first / 10), u64::from(first % 10));
    let is_short = usize::from(tens == 0);
    let first = (tens | (ones << 8) | ZEROS & 0xffff) >> (8 * is_short);
    (
        u128::from(first) | (u128::from(last) << (16 - 8 * is_short)),
        10 - is_short,
    )
}

/// A small number.
#[inline]
fn text_of_short(number: u16) -> Text {
    let (first, last) = (number / 100, u64::from(number % 100));
    let first = GROUPS.get(usize::from(first)).copied().unwrap_or_default();
    let tens = (last * 103) >> 10;
    let digits = u64::from(first & 0x0f_0f0f) | (tens << 24) | ((last - 10 * tens) << 32);
    let zeros = (digits | (1 << 32)).trailing_zeros() / 8;
    let text = (digits | ZEROS) >> (8 * zeros);
    (text.into(), 5 - zeros as usize)
}

/// The eight digits of a number below 10⁸, each in a byte, the first in the lowest.
///
/// All at once: halves of four digits are cut into halves of two, and these into digits, by multiplications that
/// round as divisions would.
#[inline]
const fn eight_digits(number: u32) -> u64 {
    let fours = (number / 10_000) as u64 | ((number % 10_000) as u64) << 32;
    let hundreds = ((fours * 10_486) >> 20) & 0x7f_0000_007f;
    let twos = hundreds | ((fours - 100 * hundreds) << 16);
    let tens = ((twos * 103) >> 10) & 0xf_000f_000f_000f;
    tens | ((twos - 10 * tens) << 8)
}

/// How many of eight digits are zeros before the number begins; the last one belongs to it in any case.
#[inline]
const fn leading_zeros(digits: u64) -> u32 {
    (digits | (1 << 56)).trailing_zeros() / 8
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

/// A decimal number right-aligned in six columns, wider when it must be.
#[inline]
pub fn in_six_columns(number: u64, out: &mut Vec<u8>) {
    if number < 1_000_000 {
        let digits = eight_digits(number as u32);
        // Zeros become spaces.
        let spaces = 0x1010_1010_1010_1010 & ((1 << (8 * leading_zeros(digits))) - 1);
        let [_, _, text @ ..] = ((digits | ZEROS) ^ spaces).to_le_bytes();
        out.extend_from_slice(&text);
    } else {
        decimal(number, out);
    }
}

/// Exactly six digits, with zeros in front: microseconds. `number` is below 10⁶.
#[inline]
pub fn six(number: u32, out: &mut Vec<u8>) {
    let [_, _, digits @ ..] = (eight_digits(number) | ZEROS).to_le_bytes();
    out.extend_from_slice(&digits);
}

/// Exactly nine digits, with zeros in front: nanoseconds. `number` is below 10⁹.
#[inline]
pub fn nine(number: u32, out: &mut Vec<u8>) {
    let (ones, front) = (u64::from(number % 10), number / 10);
    let text = u128::from(eight_digits(front) | ZEROS) | (u128::from(ones | 0x30) << 64);
    put((text, 9), out);
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
    const ROOM: usize = 4 * 4;
    let begin = out.len();
    out.extend_from_slice(&[0; ROOM]);
    let mut len = 0;
    if let Some(room) = out.last_chunk_mut::<ROOM>() {
        for octet in ip.octets() {
            let octet = OCTETS[usize::from(octet)];
            if let Some(room) = room.get_mut(len..len + 4) {
                room.copy_from_slice(&(octet as u32).to_le_bytes());
            }
            len += (octet >> 56) as usize;
        }
    }
    // Without the last point.
    out.truncate(begin + len - 1);
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
        let zeros = (group | 1).leading_zeros() / 4;
        let text = four_hexadecimal(group) >> (8 * zeros);
        out.extend_from_slice(&text.to_le_bytes());
        out.truncate(out.len() - zeros as usize);
    }
}

/// Four hexadecimal digits, the first in the lowest byte.
#[inline]
const fn four_hexadecimal(number: u16) -> u32 {
    // A digit in each byte, the last in the lowest.
    let number = number as u32;
    let pairs = (number | (number << 8)) & 0x00ff_00ff;
    let digits = (pairs | (pairs << 4)) & 0x0f0f_0f0f;
    // Letters lie 39 behind the digits.
    let letters = ((digits + 0x0606_0606) >> 4) & 0x0101_0101;
    (digits + 0x3030_3030 + letters * 39).swap_bytes()
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

/// Adds spaces to what was written since `begin` until it takes `columns`, where it takes fewer.
#[inline]
pub fn pad_right(begin: usize, columns: usize, out: &mut Vec<u8>) {
    let end = begin + columns;
    // Mostly a few are missing.
    if (out.len()..=out.len() + 8).contains(&end) {
        out.extend_from_slice(b"        ");
        out.truncate(end);
    } else {
        out.resize(end.max(out.len()), b' ');
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

const fn octets() -> [u64; 256] {
    let mut octets = [0; 256];
    let mut octet = 0;
    while octet < octets.len() {
        let group = GROUPS[octet];
        let zeros = group >> 24;
        let digits = (group & 0xff_ffff) | ((b'.' as u32) << 24);
        let len = 4 - zeros as u64;
        octets[octet] = (digits >> (8 * zeros)) as u64 | (len << 56);
        octet += 1;
    }
    octets
}

const fn groups() -> [u32; 1000] {
    let mut groups = [0; 1000];
    let mut number = 0;
    while number < groups.len() {
        let digits = [number / 100, number / 10 % 10, number % 10];
        let [h, t, o] = [
            b'0' + digits[0] as u8,
            b'0' + digits[1] as u8,
            b'0' + digits[2] as u8,
        ];
        let zeros = match number {
            0..10 => 2,
            10..100 => 1,
            _ => 0,
        };
        groups[number] = u32::from_le_bytes([h, t, o, zeros]);
        number += 1;
    }
    groups
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
                assert_eq!(text(|out| in_six_columns(near, out)), format!("{near:6}"));
                assert_eq!(
                    text(|out| hexadecimal(near & 0xffff, 4, out)),
                    format!("0x{:04x}", near & 0xffff)
                );
            }
        }
        for number in (0..=70_000).chain((0..=u32::MAX).step_by(9_973)) {
            let told = number.to_string();
            assert_eq!(text(|out| decimal(number.into(), out)), told);
            assert_eq!(
                text(|out| named(b", seq ", number, out)),
                format!(", seq {told}")
            );
            if let Ok(number) = u16::try_from(number) {
                let told = format!(", length {told}");
                assert_eq!(text(|out| named_short(b", length ", number, out)), told);
            }
        }
        assert_eq!(text(|out| six(42, out)), "000042");
        assert_eq!(text(|out| nine(7, out)), "000000007");
        assert_eq!(text(|out| nine(123_456_789, out)), "123456789");
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
