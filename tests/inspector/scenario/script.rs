use etherparse::TcpHeader;

use super::wire::{self, A, B, End, Frame};

/// A segment to be sent. Its numbers follow from what was sent before, unless it says otherwise.
#[derive(Clone, Debug)]
pub struct Line {
    from: End,
    flags: &'static str,
    payload: Vec<u8>,
    /// Milliseconds; one after the line before by default.
    at: Option<u64>,
    /// The line is sent, but not captured.
    lost: bool,
    /// The numbers of the latest line of this sender with the same flags and length.
    again: bool,
    /// Moves its sequence number.
    seq_shift: i64,
    /// Its sequence number changes nothing about what its sender sends next.
    stray: bool,
    /// Moves its acknowledgment.
    ack_shift: i64,
    window: u16,
    checksum: Sum,
    cut: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sum {
    Right,
    Wrong,
    Offloaded,
}

fn line(from: End, to: End, flags: &'static str, payload: &[u8]) -> Line {
    assert_ne!(from, to, "a segment goes to the other end");
    Line {
        from,
        flags,
        payload: payload.to_vec(),
        at: None,
        lost: false,
        again: false,
        seq_shift: 0,
        stray: false,
        ack_shift: 0,
        window: 8192,
        checksum: Sum::Right,
        cut: None,
    }
}

pub fn syn(from: End, to: End) -> Line {
    line(from, to, "S", b"")
}

pub fn syn_ack(from: End, to: End) -> Line {
    line(from, to, "S.", b"")
}

pub fn ack(from: End, to: End) -> Line {
    line(from, to, ".", b"")
}

pub fn data(from: End, to: End, text: &str) -> Line {
    line(from, to, "P.", text.as_bytes())
}

pub fn fin(from: End, to: End) -> Line {
    line(from, to, "F.", b"")
}

/// An RST without ACK.
pub fn rst(from: End, to: End) -> Line {
    line(from, to, "R", b"")
}

pub fn rst_ack(from: End, to: End) -> Line {
    line(from, to, "R.", b"")
}

/// Any flags, in tcpdump's letters.
pub fn flags(from: End, to: End, flags: &'static str) -> Line {
    line(from, to, flags, b"")
}

impl Line {
    pub fn at(mut self, millis: u64) -> Self {
        self.at = Some(millis);
        self
    }

    pub fn lost(mut self) -> Self {
        self.lost = true;
        self
    }

    pub fn again(mut self) -> Self {
        self.again = true;
        self
    }

    pub fn seq(mut self, shift: i64) -> Self {
        self.seq_shift = shift;
        self.stray = true;
        self
    }

    /// The next connection on the same sockets begins: its sender takes another sequence number.
    pub fn new_isn(mut self) -> Self {
        self.seq_shift = 1_000_000;
        self
    }

    pub fn acks(mut self, shift: i64) -> Self {
        self.ack_shift = shift;
        self
    }

    pub fn window(mut self, window: u16) -> Self {
        self.window = window;
        self
    }

    pub fn bad_checksum(mut self) -> Self {
        self.checksum = Sum::Wrong;
        self
    }

    pub fn offloaded(mut self) -> Self {
        self.checksum = Sum::Offloaded;
        self
    }

    pub fn bytes(mut self, payload: &[u8]) -> Self {
        self.payload = payload.to_vec();
        self
    }

    pub fn with_flags(mut self, flags: &'static str) -> Self {
        self.flags = flags;
        self
    }

    /// Only so many bytes of its payload were captured.
    pub fn cut(mut self, payload: usize) -> Self {
        self.cut = Some(payload);
        self
    }
}

/// How a script is put on the wire. The story must be the same in each way.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    pub v6: bool,
    /// Initial sequence numbers of both ends.
    pub isn: [u32; 2],
    /// Ports of both ends.
    pub ports: [u16; 2],
}

/// The frames of a script.
pub fn play(lines: &[Line], way: Way) -> Vec<Frame> {
    let mut next = way.isn;
    let mut now = 0;
    let mut sent: Vec<(&Line, u32, u32)> = Vec::new();
    let mut frames = Vec::new();
    for line in lines {
        now = line.at.unwrap_or(now + 1);
        let (own, peer) = match line.from {
            A => (0, 1),
            B => (1, 0),
        };
        let is_same = |other: &&(&Line, u32, u32)| {
            let other = other.0;
            (other.from, other.flags, other.payload.len())
                == (line.from, line.flags, line.payload.len())
        };
        let earlier = if line.again {
            Some(sent.iter().rev().find(is_same).expect("it was sent before"))
        } else {
            None
        };
        let (seq, ack) = match earlier {
            Some(&(_, seq, ack)) => (seq, ack),
            None => (shifted(next[own], line.seq_shift), next[peer]),
        };
        let taken = line.payload.len() as u32
            + u32::from(line.flags.contains('S'))
            + u32::from(line.flags.contains('F'));
        if earlier.is_none() && !line.stray {
            next[own] = seq.wrapping_add(taken);
        }
        sent.push((line, seq, ack));
        if !line.lost {
            frames.push(frame(line, now, seq, shifted(ack, line.ack_shift), way));
        }
    }
    frames
}

fn frame(line: &Line, at: u64, seq: u32, ack: u32, way: Way) -> Frame {
    let [own, peer] = match line.from {
        A => way.ports,
        B => [way.ports[1], way.ports[0]],
    };
    let mut header = TcpHeader::new(own, peer, seq, line.window);
    for flag in line.flags.chars() {
        match flag {
            'S' => header.syn = true,
            'F' => header.fin = true,
            'R' => header.rst = true,
            'P' => header.psh = true,
            'U' => header.urg = true,
            '.' => header.ack = true,
            _ => panic!("{flag} is no flag"),
        }
    }
    if header.ack {
        header.acknowledgment_number = ack;
    }
    if header.syn {
        header
            .set_options(&wire::syn_options())
            .expect("twelve bytes fit");
    }
    let mut bytes = wire::tcp(line.from, &header, &line.payload, way.v6);
    let field = bytes.len() - line.payload.len() - header.header_len() + 16;
    match line.checksum {
        Sum::Right => {}
        Sum::Wrong => bytes[field] ^= 0x55,
        Sum::Offloaded => {
            let pseudo = pseudo_sum(line, header.header_len() + line.payload.len(), way);
            bytes[field..field + 2].copy_from_slice(&pseudo.to_be_bytes());
        }
    }
    let mut frame = Frame::new(at, bytes);
    if let Some(captured) = line.cut {
        frame.captured -= line.payload.len() - captured;
    }
    frame
}

/// What the system leaves in the field for the card: the folded sum of the pseudo header.
fn pseudo_sum(line: &Line, len: usize, way: Way) -> u16 {
    let addresses: Vec<u8> = if way.v6 {
        [line.from.ip6(), line.from.other().ip6()].concat()
    } else {
        [line.from.ip(), line.from.other().ip()].concat()
    };
    let mut sum = 6 + len as u32;
    for pair in addresses.chunks(2) {
        sum += u32::from(u16::from_be_bytes([pair[0], pair[1]]));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

fn shifted(number: u32, shift: i64) -> u32 {
    number.wrapping_add(shift.cast_unsigned() as u32)
}

/// The ways a script is played: both versions of IP; sequence numbers from anywhere, and such that each
/// side's wrap in its first bytes.
pub fn ways(ports: [u16; 2]) -> Vec<Way> {
    let mut ways = Vec::new();
    for v6 in [false, true] {
        for isn in [[1_000, 70_000], [u32::MAX, u32::MAX - 1], [u32::MAX - 3, 0]] {
            ways.push(Way { v6, isn, ports });
        }
    }
    ways
}

/// What only one end sent: the capture sees one direction.
pub fn only(end: End, lines: Vec<Line>) -> Vec<Line> {
    lines
        .into_iter()
        .map(|line| if line.from == end { line } else { line.lost() })
        .collect()
}

/// A whole handshake.
pub fn opened() -> Vec<Line> {
    vec![syn(A, B), syn_ack(B, A), ack(A, B)]
}

/// A conversation: a handshake, a greeting from B, a line from A.
pub fn talked() -> Vec<Line> {
    then(
        opened(),
        [
            data(B, A, "服务端提供服务"),
            ack(A, B),
            data(A, B, "你好"),
            ack(B, A),
        ],
    )
}

/// Some lines, and others after them.
pub fn then(mut first: Vec<Line>, rest: impl IntoIterator<Item = Line>) -> Vec<Line> {
    first.extend(rest);
    first
}
