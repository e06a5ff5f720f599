//! Numbers and addresses as text, by hand: `core::fmt` costs several times as much, and a line a
//! packet is made of little else.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::{decode::MacAddr, track::flow::Endpoint};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// A decimal number.
pub fn decimal(mut number: u64, out: &mut Vec<u8>) {
    let mut room = [0; 20];
    let mut at = room.len();
    for slot in room.iter_mut().rev() {
        *slot = b'0' + (number % 10) as u8;
        number /= 10;
        at -= 1;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(room.get(at..).unwrap_or_default());
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

/// Exactly six digits, with zeros in front: microseconds.
pub fn six(number: u32, out: &mut Vec<u8>) {
    let mut room = [b'0'; 6];
    let mut rest = number;
    for slot in room.iter_mut().rev() {
        *slot = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&room);
}

/// `0x0800`: a hexadecimal number of `digits` digits.
pub fn hexadecimal(number: u64, digits: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(b"0x");
    for place in (0..digits).rev() {
        out.push(HEX[(number >> (4 * place)) as usize & 0xf]);
    }
}

/// `192.168.15.73`.
pub fn ipv4(ip: Ipv4Addr, out: &mut Vec<u8>) {
    let [a, b, c, d] = ip.octets();
    octet(a, out);
    for part in [b, c, d] {
        out.push(b'.');
        octet(part, out);
    }
}

/// An IPv6 address as RFC 5952 writes it.
pub fn ipv6(ip: Ipv6Addr, out: &mut Vec<u8>) {
    use std::io::Write;

    // The rules for `::` are not worth doing twice; a Vec takes everything.
    let _ = write!(out, "{ip}");
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

fn octet(byte: u8, out: &mut Vec<u8>) {
    if byte >= 100 {
        out.push(b'0' + byte / 100);
    }
    if byte >= 10 {
        out.push(b'0' + byte / 10 % 10);
    }
    out.push(b'0' + byte % 10);
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
        for address in ["::", "fe80::1", "2001:db8::8520"] {
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
