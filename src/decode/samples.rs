//! Frames for the tests of this room.

/// The bytes of hexadecimal digits, a field a row; spaces are for the eye.
pub fn hex(rows: &[&str]) -> Vec<u8> {
    let digits: Vec<u8> = rows
        .iter()
        .flat_map(|row| row.chars())
        .filter(|digit| !digit.is_whitespace())
        .map(|digit| digit.to_digit(16).expect("a hexadecimal digit") as u8)
        .collect();
    assert!(digits.len().is_multiple_of(2), "half a byte in {rows:?}");
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

/// An IPv4 packet from 192.168.15.73 to 192.168.15.42, its header checksum right.
pub fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = hex(&[
        "45 00",       // version 4, IHL 5, TOS
        "0000",        // total length: below
        "002a",        // identification
        "4000",        // don't fragment
        "40 00",       // TTL, protocol: below
        "0000",        // checksum: below
        "c0 a8 0f 49", // source
        "c0 a8 0f 2a", // destination
    ]);
    packet[2..4].copy_from_slice(&(20 + payload.len() as u16).to_be_bytes());
    packet[9] = protocol;
    let sum: u32 = packet
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]))
        .sum();
    let sum = (sum >> 16) + (sum & 0xffff);
    packet[10..12].copy_from_slice(&(!(sum as u16)).to_be_bytes());
    packet.extend(payload);
    packet
}

/// A UDP datagram in an IPv4 packet, from port 40001 to 8520, without a checksum.
pub fn ipv4_udp(payload: &[u8]) -> Vec<u8> {
    let mut datagram = hex(&["9c41 2148 0000 0000"]);
    datagram[4..6].copy_from_slice(&(8 + payload.len() as u16).to_be_bytes());
    datagram.extend(payload);
    ipv4(17, &datagram)
}

/// An IPv6 packet from `fe80::1` to `fe80::2`.
pub fn ipv6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = hex(&[
        "60 000000",                               // version 6, traffic class, flow label
        "0000",                                    // payload length: below
        "00 40",                                   // next header: below, hop limit
        "fe80 0000 0000 0000 0000 0000 0000 0001", // source
        "fe80 0000 0000 0000 0000 0000 0000 0002", // destination
    ]);
    packet[4..6].copy_from_slice(&(payload.len() as u16).to_be_bytes());
    packet[6] = next_header;
    packet.extend(payload);
    packet
}

/// An Ethernet frame between two hosts, padded to 60 bytes with 0x99.
pub fn ethernet(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = hex(&["02 00 00 00 00 02", "02 00 00 00 00 01"]);
    frame.extend(ether_type.to_be_bytes());
    frame.extend(payload);
    frame.resize(frame.len().max(60), 0x99);
    frame
}
