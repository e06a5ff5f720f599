//! Transmission Control Protocol, RFC 9293.
//!
//! ```text
//!  0             4         7                   16              31
//! +---------------------------------------------+---------------+
//! |                 source port                 | destination   |
//! |                                             | port          |
//! +---------------------------------------------+---------------+
//! |                       sequence number                       |
//! +-------------------------------------------------------------+
//! |                    acknowledgment number                    |
//! +-------------+---------+---------------------+---------------+
//! | data offset | 0  0  0 | AE CWR ECE URG ACK  |    window     |
//! | in 4 bytes  |         | PSH RST SYN FIN     |               |
//! +-------------+---------+---------------------+---------------+
//! |                   checksum                  | urgent pointer|
//! +---------------------------------------------+---------------+
//! |           options, up to data offset times 4 bytes          |
//! +-------------------------------------------------------------+
//! ```

mod options;

pub use options::{MAX_OPTIONS_LEN, Options, SackBlocks, TcpOption, option_name, options};

use std::{fmt, ops};

use super::{DecodeError, Layer, descent::note, span::Span};

/// Its number in the header of IP.
pub const PROTOCOL: u8 = 6;

/// The length of a header without options, in bytes.
pub const MIN_HEADER_LEN: usize = 20;

/// A TCP segment.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Where its header begins in the frame, in bytes.
    pub offset: usize,
    /// Header and payload as captured, never more than IP's length allows.
    pub bytes: &'a [u8],
    /// From which port.
    pub source_port: u16,
    /// To which port.
    pub destination_port: u16,
    /// Sequence number of the first byte, or of the SYN.
    pub sequence: SeqNumber,
    /// The next byte expected from the other side; meaningful with ACK only.
    pub acknowledgment: SeqNumber,
    /// Length of the header in bytes, 20 to 60.
    pub header_len: usize,
    /// CWR ECE URG ACK PSH RST SYN FIN, and AE in bit 8.
    pub flags: Flags,
    /// Bytes the sender is ready to take, before scaling.
    pub window: u16,
    /// The checksum as it stands.
    pub checksum: u16,
    /// Where urgent data end; meaningful with URG only.
    pub urgent_pointer: u16,
    /// The bytes of the options; fewer than the header has where the capture ends within them.
    pub options: &'a [u8],
    /// The payload as captured.
    pub payload: &'a [u8],
    /// Bytes of payload by the IP header, captured or not.
    pub payload_len: usize,
}

/// What of a segment counts in its connection, where it says nothing out of the ordinary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// As in [`Segment`].
    pub sequence: SeqNumber,
    /// As in [`Segment`].
    pub acknowledgment: SeqNumber,
    /// Bytes of payload by the IP header.
    pub payload_len: u32,
    /// As in [`Segment`].
    pub flags: Flags,
    /// As in [`Segment`].
    pub window: u16,
}

/// A sequence number, with its arithmetic modulo 2³².
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SeqNumber(pub u32);

/// The nine flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u16);

/// Reads the header. `remark` is told what is wrong though reading may go on.
#[inline]
pub(super) fn parse<'a>(
    span: Span<'a>,
    remark: &mut Option<DecodeError>,
) -> Result<Segment<'a>, DecodeError> {
    let (head, _) = span.take(Layer::Tcp)?;
    let header_len = header_len(head);
    if header_len < MIN_HEADER_LEN {
        return Err(span.field(Layer::Tcp, "data offset", header_len, MIN_HEADER_LEN));
    }
    if header_len > span.len {
        return Err(span.field(Layer::Tcp, "data offset", header_len, span.len));
    }
    if header_len > span.bytes.len() {
        note(remark, span.short(Layer::Tcp, header_len));
    }
    Ok(Segment::read(head, header_len, span))
}

/// The length of the header by its data offset, in bytes: 0 to 60.
#[inline]
pub(super) const fn header_len(head: &[u8; MIN_HEADER_LEN]) -> usize {
    (head[12] >> 4) as usize * 4
}

impl Numbers {
    /// Reads the fields of a header, and takes the length of what follows it.
    #[inline]
    pub(super) fn read(head: &[u8; MIN_HEADER_LEN], payload_len: u32) -> Self {
        let [
            _,
            _,
            _,
            _,
            q0,
            q1,
            q2,
            q3,
            a0,
            a1,
            a2,
            a3,
            f0,
            f1,
            w0,
            w1,
            ..,
        ] = *head;
        let flags_and_window = u32::from_be_bytes([f0, f1, w0, w1]);
        Self {
            sequence: SeqNumber(u32::from_be_bytes([q0, q1, q2, q3])),
            acknowledgment: SeqNumber(u32::from_be_bytes([a0, a1, a2, a3])),
            payload_len,
            flags: Flags((flags_and_window >> 16) as u16 & 0x01ff),
            window: flags_and_window as u16,
        }
    }
}

impl<'a> Segment<'a> {
    /// Its numbers. A payload beyond 4 GiB counts as so much.
    #[inline]
    pub fn numbers(&self) -> Numbers {
        Numbers {
            sequence: self.sequence,
            acknowledgment: self.acknowledgment,
            payload_len: u32::try_from(self.payload_len).unwrap_or(u32::MAX),
            flags: self.flags,
            window: self.window,
        }
    }

    /// Reads the fields of the segment in `span`, whose header has this length.
    #[inline]
    pub(super) fn read(head: &[u8; MIN_HEADER_LEN], header_len: usize, span: Span<'a>) -> Self {
        let [s0, s1, d0, d1, q0, q1, q2, q3, a0, a1, a2, a3, ..] = *head;
        let [.., f0, f1, w0, w1, c0, c1, u0, u1] = *head;
        Self {
            offset: span.offset,
            bytes: span.bytes,
            source_port: u16::from_be_bytes([s0, s1]),
            destination_port: u16::from_be_bytes([d0, d1]),
            sequence: SeqNumber(u32::from_be_bytes([q0, q1, q2, q3])),
            acknowledgment: SeqNumber(u32::from_be_bytes([a0, a1, a2, a3])),
            header_len,
            flags: Flags(u16::from_be_bytes([f0, f1]) & 0x01ff),
            window: u16::from_be_bytes([w0, w1]),
            checksum: u16::from_be_bytes([c0, c1]),
            urgent_pointer: u16::from_be_bytes([u0, u1]),
            options: span
                .head(header_len)
                .get(MIN_HEADER_LEN..)
                .unwrap_or_default(),
            payload: span.bytes.get(header_len..).unwrap_or_default(),
            payload_len: span.len.saturating_sub(header_len),
        }
    }

    /// The options, in order: [`options`] of [`Segment::options`], up to where they are cut.
    pub fn option_list(&self) -> Options<'a> {
        options(self.options).cut(self.missing_options())
    }

    /// Bytes of options that the header has and that are not here: the capture cut them.
    pub const fn missing_options(&self) -> usize {
        self.header_len
            .saturating_sub(MIN_HEADER_LEN + self.options.len())
    }
}

impl SeqNumber {
    /// How far `self` lies behind `other`, the shorter way round: negative where it comes first.
    #[inline]
    pub const fn distance(self, other: Self) -> i32 {
        self.0.wrapping_sub(other.0).cast_signed()
    }

    /// Whether `self` comes before `other`.
    #[inline]
    pub const fn before(self, other: Self) -> bool {
        self.distance(other) < 0
    }

    /// Whether `self` comes after `other`.
    #[inline]
    pub const fn after(self, other: Self) -> bool {
        self.distance(other) > 0
    }
}

/// The number this many bytes on.
impl ops::Add<u32> for SeqNumber {
    type Output = Self;

    #[inline]
    fn add(self, bytes: u32) -> Self {
        Self(self.0.wrapping_add(bytes))
    }
}

impl fmt::Display for SeqNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Flags {
    /// The sender has no more data.
    pub const FIN: Self = Self(0x001);
    /// Opens a connection.
    pub const SYN: Self = Self(0x002);
    /// Ends a connection at once.
    pub const RST: Self = Self(0x004);
    /// Hand what has arrived to the program.
    pub const PSH: Self = Self(0x008);
    /// The acknowledgment number counts.
    pub const ACK: Self = Self(0x010);
    /// The urgent pointer counts.
    pub const URG: Self = Self(0x020);
    /// Congestion was met (RFC 3168).
    pub const ECE: Self = Self(0x040);
    /// The congestion window was reduced (RFC 3168).
    pub const CWR: Self = Self(0x080);
    /// Accurate congestion notification (RFC 9768).
    pub const AE: Self = Self(0x100);

    /// Whether all of `flags` are set.
    #[inline]
    pub const fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// FIN is set.
    #[inline]
    pub const fn fin(self) -> bool {
        self.contains(Self::FIN)
    }

    /// SYN is set.
    #[inline]
    pub const fn syn(self) -> bool {
        self.contains(Self::SYN)
    }

    /// RST is set.
    #[inline]
    pub const fn rst(self) -> bool {
        self.contains(Self::RST)
    }

    /// PSH is set.
    #[inline]
    pub const fn psh(self) -> bool {
        self.contains(Self::PSH)
    }

    /// ACK is set.
    #[inline]
    pub const fn ack(self) -> bool {
        self.contains(Self::ACK)
    }

    /// URG is set.
    #[inline]
    pub const fn urg(self) -> bool {
        self.contains(Self::URG)
    }

    /// ECE is set.
    #[inline]
    pub const fn ece(self) -> bool {
        self.contains(Self::ECE)
    }

    /// CWR is set.
    #[inline]
    pub const fn cwr(self) -> bool {
        self.contains(Self::CWR)
    }

    /// AE is set.
    #[inline]
    pub const fn ae(self) -> bool {
        self.contains(Self::AE)
    }

    /// Both SYN and ACK are set, and neither FIN nor RST: the second step of a handshake.
    #[inline]
    pub const fn is_syn_ack(self) -> bool {
        self.0 & 0x17 == 0x12
    }

    /// SYN is set, and neither ACK, FIN nor RST: the first step of a handshake.
    #[inline]
    pub const fn is_pure_syn(self) -> bool {
        self.0 & 0x17 == 0x02
    }
}

/// As tcpdump writes them: `S`, `S.`, `P.`, `F.`, `.`, `none`.
impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;

        let flags = self.0 & 0x1ff;
        if flags == 0 {
            return f.write_str("none");
        }
        for (bit, letter) in "FSRP.UEWe".chars().enumerate() {
            if flags >> bit & 1 == 1 {
                f.write_char(letter)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Network, Reason, Transport, Verdict, decode, samples, samples::hex};
    use super::*;
    use crate::link_type::LinkType;

    fn segment() -> Vec<u8> {
        samples::ipv4(
            6,
            &hex(&[
                "9c41",                    // source port
                "2148",                    // destination port
                "11223344",                // sequence number
                "55667788",                // acknowledgment number
                "a",                       // data offset: 10
                "1 18",                    // flags: AE, PSH, ACK
                "faf0",                    // window
                "beef",                    // checksum
                "0007",                    // urgent pointer
                "02 04 05b4",              // mss 1460
                "04 02",                   // sackOK
                "08 0a 0000000a 0000000b", // TS
                "01",                      // nop
                "03 03 07",                // wscale 7
                "e4bda0",                  // payload
            ]),
        )
    }

    #[test]
    fn the_header_is_read_field_by_field() {
        let frame = segment();
        let packet = decode(LinkType::RawIp, &frame, frame.len());
        let Network::Ipv4(_, Transport::Tcp(tcp)) = packet.network else {
            panic!("{packet:?}");
        };
        assert_eq!((tcp.source_port, tcp.destination_port), (40001, 8520));
        assert_eq!(tcp.sequence, SeqNumber(0x1122_3344));
        assert_eq!(tcp.acknowledgment, SeqNumber(0x5566_7788));
        assert_eq!((tcp.header_len, tcp.offset), (40, 20));
        assert_eq!(tcp.flags, Flags(0x118));
        assert_eq!(
            (tcp.window, tcp.checksum, tcp.urgent_pointer),
            (64240, 0xbeef, 7)
        );
        assert_eq!((tcp.payload, tcp.payload_len), ("你".as_bytes(), 3));
        assert_eq!(tcp.bytes.len(), 43);
        assert_eq!((packet.error, packet.verdict()), (None, Verdict::Decoded));
        assert_eq!(
            tcp.option_list().collect::<Vec<_>>(),
            [
                TcpOption::MaximumSegmentSize(1460),
                TcpOption::SackPermitted,
                TcpOption::Timestamps {
                    value: 10,
                    echo: 11
                },
                TcpOption::Nop,
                TcpOption::WindowScale(7),
            ]
        );
    }

    #[test]
    fn impossible_data_offsets_stop_the_reading() {
        for (offset, had, needed) in [(0x00, 0, 20), (0x40, 16, 20), (0xf0, 60, 43)] {
            let mut frame = segment();
            frame[32] = offset;
            let packet = decode(LinkType::RawIp, &frame, frame.len());
            let error = packet.error.unwrap();
            assert_eq!(error.reason, Reason::Field("data offset"));
            assert_eq!((error.had, error.needed), (had, needed));
            assert!(matches!(
                packet.network.transport(),
                Some(Transport::Unread(_))
            ));
            assert_eq!(packet.verdict(), Verdict::Malformed);
        }
        let frame = samples::ipv4(6, &[0; 19]);
        let error = decode(LinkType::RawIp, &frame, frame.len()).error.unwrap();
        assert_eq!((error.layer, error.reason), (Layer::Tcp, Reason::TooShort));
    }

    #[test]
    fn options_cut_by_the_capture_leave_the_header_readable() {
        let frame = segment();
        let packet = decode(LinkType::RawIp, &frame[..47], frame.len());
        let Some(Transport::Tcp(tcp)) = packet.network.transport() else {
            panic!("{packet:?}");
        };
        assert_eq!(
            (tcp.source_port, tcp.payload_len, tcp.options.len()),
            (40001, 3, 7)
        );
        let error = packet.error.unwrap();
        assert_eq!(
            (error.reason, error.needed, error.had),
            (Reason::Truncated, 40, 27)
        );
        assert_eq!(packet.verdict(), Verdict::Decoded);
        let mut options = tcp.option_list();
        assert_eq!(
            options.by_ref().collect::<Vec<_>>(),
            [
                TcpOption::MaximumSegmentSize(1460),
                TcpOption::SackPermitted
            ]
        );
        // The kind alone is left of the timestamps.
        assert_eq!((options.rest(), tcp.missing_options()), (&[8][..], 13));
    }

    #[test]
    fn an_option_that_the_whole_header_has_no_room_for_is_malformed_though_cut() {
        let mut frame = segment();
        frame[47] = 99;
        let packet = decode(LinkType::RawIp, &frame[..50], frame.len());
        let Some(Transport::Tcp(tcp)) = packet.network.transport() else {
            panic!("{packet:?}");
        };
        let mut options = tcp.option_list();
        assert_eq!(
            options.by_ref().last(),
            Some(TcpOption::Malformed { kind: 8 })
        );
        assert!(options.rest().is_empty());
    }

    #[test]
    fn flags_are_written_as_tcpdump_does() {
        for (flags, text) in [
            (0x000, "none"),
            (0x002, "S"),
            (0x012, "S."),
            (0x018, "P."),
            (0x011, "F."),
            (0x010, "."),
            (0x004, "R"),
            (0x014, "R."),
            (0x029, "FPU"),
            (0x0c2, "SEW"),
            (0x1c2, "SEWe"),
        ] {
            assert_eq!(Flags(flags).to_string(), text);
        }
    }

    #[test]
    fn each_flag_has_its_own_bit() {
        type Getter = fn(Flags) -> bool;
        let flags: [(u16, Getter); 9] = [
            (0x001, Flags::fin),
            (0x002, Flags::syn),
            (0x004, Flags::rst),
            (0x008, Flags::psh),
            (0x010, Flags::ack),
            (0x020, Flags::urg),
            (0x040, Flags::ece),
            (0x080, Flags::cwr),
            (0x100, Flags::ae),
        ];
        for (bit, is_set) in flags {
            for value in 0..0x200 {
                assert_eq!(is_set(Flags(value)), value & bit != 0);
            }
        }
    }

    #[test]
    fn syn_and_syn_ack_are_exact() {
        for value in 0..0x200 {
            let flags = Flags(value);
            let ends = flags.fin() || flags.rst();
            assert_eq!(flags.is_syn_ack(), flags.syn() && flags.ack() && !ends);
            assert_eq!(flags.is_pure_syn(), flags.syn() && !flags.ack() && !ends);
        }
    }

    #[test]
    fn sequence_numbers_wrap() {
        let last = SeqNumber(u32::MAX);
        let next = last + 2;
        assert_eq!(next, SeqNumber(1));
        assert_eq!((next.distance(last), last.distance(next)), (2, -2));
        assert!(last.before(next) && next.after(last));
        assert!(!last.before(last) && !last.after(last));
    }
}
