use std::{fs, path::Path};

/// A frame as a file holds it: its bytes and its length on the wire.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    pub data: Vec<u8>,
    pub original_len: u32,
}

/// A classic pcap file of Ethernet frames, one millisecond apart.
pub fn write(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4, 0x0004_0002, 0, 0, 262_144, 1_u32] {
        file.extend(word.to_le_bytes());
    }
    for (number, frame) in frames.iter().enumerate() {
        let len = u32::try_from(frame.len()).expect("frames are small");
        let milliseconds = u32::try_from(number).expect("files are small");
        let (seconds, micros) = (milliseconds / 1000, milliseconds % 1000 * 1000);
        for word in [1_600_000_000 + seconds, micros, len, len] {
            file.extend(word.to_le_bytes());
        }
        file.extend(frame);
    }
    file
}

/// The frames of a classic pcap file in this machine's byte order.
pub fn read(path: &Path) -> Vec<Frame> {
    let file = fs::read(path).expect("the capture can be read");
    let word = |at: usize| u32::from_ne_bytes(file[at..at + 4].try_into().expect("four bytes"));
    assert!(
        [0xa1b2_c3d4, 0xa1b2_3c4d].contains(&word(0)),
        "{} is a pcap file",
        path.display()
    );
    let (mut at, mut frames) = (24, Vec::new());
    while at < file.len() {
        let (captured_len, original_len) = (word(at + 8) as usize, word(at + 12));
        at += 16;
        frames.push(Frame {
            data: file[at..at + captured_len].to_vec(),
            original_len,
        });
        at += captured_len;
    }
    frames
}

/// Who has 192.168.15.73? Tell 192.168.15.42.
pub fn arp_request() -> Vec<u8> {
    bytes(
        "ffffffffffff 02000000 0f2a 0806
         0001 0800 06 04 0001
         02000000 0f2a c0a80f2a 000000000000 c0a80f49",
    )
}

/// 192.168.15.73 is at 02:00:00:00:0f:49.
pub fn arp_reply() -> Vec<u8> {
    bytes(
        "02000000 0f2a 02000000 0f49 0806
         0001 0800 06 04 0002
         02000000 0f49 c0a80f49 02000000 0f2a c0a80f2a",
    )
}

/// 192.168.15.42 port 42001 says something to 192.168.15.73 port 8520 (without a UDP checksum).
pub fn datagram(payload: &[u8]) -> Vec<u8> {
    let udp_len = u16::try_from(8 + payload.len()).expect("a small payload");
    let mut ipv4 = bytes("4500 0000 0001 0000 40 11 0000 c0a80f2a c0a80f49");
    ipv4[2..4].copy_from_slice(&(20 + udp_len).to_be_bytes());
    let sum: u32 = ipv4
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]))
        .sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    let checksum = !u16::try_from((folded & 0xffff) + (folded >> 16)).expect("folded");
    ipv4[10..12].copy_from_slice(&checksum.to_be_bytes());

    let mut frame = bytes("02000000 0f49 02000000 0f2a 0800");
    frame.extend(ipv4);
    frame.extend(bytes("a411 2148"));
    frame.extend(udp_len.to_be_bytes());
    frame.extend([0, 0]);
    frame.extend(payload);
    frame
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: String = hex.split_whitespace().collect();
    hex::decode(digits).expect("hex digits in pairs")
}
