//! What happens in a connection.

use std::{borrow::Cow, fmt, time::Duration};

use crate::{
    decode::MacAddr,
    track::{
        event::{CloseReason, Content, Frames, Route},
        flow::{Both, Flow, Side},
    },
};

/// A connection, numbered from 1 in order of first appearance: `tcp-1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tcp-{}", self.0)
    }
}

/// See [`Kind::TcpStep`](super::Kind::TcpStep).
#[derive(Clone, Debug, PartialEq)]
pub struct TcpStep {
    /// The connection.
    pub conn: ConnectionId,
    /// Both ends.
    pub flow: Flow,
    /// Who sent it.
    pub from: Side,
    /// What it is.
    pub step: Step,
    /// Why its frame could go where it went; told with the first frame of each connection.
    pub route: Option<Route>,
}

/// A control segment that moves a connection on without completing anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A SYN; which try it is, from 1.
    Syn {
        /// Counts the tries.
        tries: u32,
    },
    /// A SYN with ACK, and the time since the SYN it answers.
    SynAck {
        /// `None` when the SYN was not seen.
        rtt: Option<Duration>,
        /// How often it was sent, this time included.
        tries: u32,
    },
    /// The first FIN of a side.
    Fin,
}

/// How an attempt to open a connection went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HandshakeVerdict {
    /// SYN, SYN-ACK, ACK.
    Complete,
    /// Two SYNs crossed.
    SimultaneousOpen,
    /// The responder answered with RST.
    Refused,
    /// Nobody answered.
    Unanswered,
    /// An ICMP error answered.
    Unreachable,
    /// The SYN-ACK was never acknowledged.
    HalfOpen,
    /// The originator sent RST.
    Aborted,
    /// The capture began later, or saw one side only.
    NotSeen,
}

/// See [`Kind::TcpHandshake`](super::Kind::TcpHandshake).
#[derive(Clone, Debug, PartialEq)]
pub struct TcpHandshake {
    /// The connection.
    pub conn: ConnectionId,
    /// Both ends.
    pub flow: Flow,
    /// How it went.
    pub verdict: HandshakeVerdict,
    /// SYNs of the originator seen, the first included.
    pub tries: u32,
    /// The latest SYN before the SYN-ACK; where there is none, the first SYN.
    pub syn_frame: Option<u64>,
    /// The first SYN-ACK.
    pub synack_frame: Option<u64>,
    /// The first ACK of the SYN-ACK.
    pub ack_frame: Option<u64>,
    /// From that SYN to that SYN-ACK; `None` where several SYNs came before it, for nobody knows which of
    /// them is answered (Karn).
    pub synack_rtt: Option<Duration>,
    /// From that SYN-ACK to that ACK; `None` where several SYN-ACKs came before it.
    pub ack_rtt: Option<Duration>,
    /// Maximum segment size announced.
    pub mss: Both<Option<u16>>,
    /// Window scale announced, as a shift count.
    pub window_scale: Both<Option<u8>>,
    /// Selective acknowledgment permitted.
    pub sack: Both<bool>,
    /// Initial sequence number.
    pub isn: Both<Option<u32>>,
    /// Which way the originator's frame took.
    pub route: Option<Route>,
    /// The frame of the ICMP error that decided it, which is known only when no other SYN can be answered.
    pub icmp_frame: Option<u64>,
    /// What that error said.
    pub icmp: Option<String>,
}

/// See [`Kind::TcpMessage`](super::Kind::TcpMessage).
#[derive(Clone, Debug, PartialEq)]
pub struct TcpMessage {
    /// The connection.
    pub conn: ConnectionId,
    /// Both ends.
    pub flow: Flow,
    /// Who spoke.
    pub from: Side,
    /// Stream offset of its first byte: from the byte after the SYN, or from the first byte seen where the
    /// capture holds no SYN before it. Then what was sent before that and captured later is negative.
    pub offset: i64,
    /// Bytes.
    pub len: u64,
    /// What was said.
    pub content: Content,
    /// The frames that carried it.
    pub frames: Frames,
    /// Bytes lost before it.
    pub missing: u64,
    /// Bytes at its end that were not kept, by the capture (snaplen) or for want of room;
    /// `content` has the others.
    pub cut: u64,
}

/// See [`Kind::TcpOddity`](super::Kind::TcpOddity).
#[derive(Clone, Debug, PartialEq)]
pub struct TcpOddity {
    /// The connection.
    pub conn: ConnectionId,
    /// Both ends.
    pub flow: Flow,
    /// Whose segment it is.
    pub from: Side,
    /// What is odd.
    pub name: TcpOddityName,
}

/// The stable names of [`TcpOddity`], each with what there is to say beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpOddityName {
    /// The same again.
    Retransmission {
        /// Of what.
        what: Resent,
        /// Payload bytes sent again; 0 for a SYN or FIN alone.
        len: u64,
    },
    /// Sent again although the other side had acknowledged it before.
    SpuriousRetransmission {
        /// Payload bytes sent again.
        len: u64,
    },
    /// Bytes that arrived after later ones, without having been seen before.
    OutOfOrder {
        /// Payload bytes.
        len: u64,
    },
    /// The same acknowledgment again, a sign of a hole.
    DuplicateAck,
    /// No room left at the receiver.
    ZeroWindow,
    /// A byte sent into a closed window to learn whether it is still closed.
    WindowProbe,
    /// Room again.
    WindowReopened {
        /// How long the sender had to wait.
        stalled: Duration,
    },
    /// A segment that only asks whether the other side is still there.
    KeepAlive,
    /// The same stretch of the stream with other bytes; the first to arrive were kept.
    OverlapConflict {
        /// Where in the stream.
        offset: u64,
        /// How many bytes overlap.
        len: u64,
    },
    /// A segment whose checksum is wrong; it changed nothing.
    BadChecksum {
        /// Computed from the bytes.
        want: u16,
        /// Found in the header.
        got: u16,
    },
    /// Bytes that were never seen although the other side may have them.
    Gap {
        /// How many.
        len: u64,
    },
    /// An RST whose sequence number lies outside the window; it changed nothing.
    RstOutOfWindow,
}

/// What was sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resent {
    /// A SYN or SYN-ACK.
    Syn,
    /// Payload.
    Data,
    /// A FIN without payload.
    Fin,
}

impl TcpOddityName {
    /// The stable name, in `snake_case`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retransmission { .. } => "retransmission",
            Self::SpuriousRetransmission { .. } => "spurious_retransmission",
            Self::OutOfOrder { .. } => "out_of_order",
            Self::DuplicateAck => "duplicate_ack",
            Self::ZeroWindow => "zero_window",
            Self::WindowProbe => "window_probe",
            Self::WindowReopened { .. } => "window_reopened",
            Self::KeepAlive => "keep_alive",
            Self::OverlapConflict { .. } => "overlap_conflict",
            Self::BadChecksum { .. } => "bad_checksum",
            Self::Gap { .. } => "gap",
            Self::RstOutOfWindow => "rst_out_of_window",
        }
    }
}

/// How a connection was torn down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TeardownKind {
    /// FIN, ACK, FIN, ACK (also with data between the FINs).
    FourSegment,
    /// The second FIN rides on the ACK of the first.
    ThreeSegment,
    /// Both FINs were sent before either was acknowledged.
    SimultaneousClose,
    /// One side's FIN only.
    HalfClosed,
    /// By RST.
    Reset,
    /// Not at all.
    None,
}

/// Who waits out stray segments after the close.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeWait {
    /// The originator.
    Orig,
    /// The responder.
    Resp,
    /// Both (simultaneous close).
    Both,
}

/// See [`Kind::TcpTeardown`](super::Kind::TcpTeardown).
#[derive(Clone, Debug, PartialEq)]
pub struct TcpTeardown {
    /// The connection.
    pub conn: ConnectionId,
    /// Both ends.
    pub flow: Flow,
    /// How.
    pub kind: TeardownKind,
    /// Who sent the first FIN or the RST.
    pub closed_first: Option<Side>,
    /// Who sent the RST, if that ended it.
    pub reset_by: Option<Side>,
    /// Who holds `TIME_WAIT`; inferred from the order of the FINs.
    pub time_wait: Option<TimeWait>,
    /// The FINs and their ACKs, or the RST.
    pub frames: Vec<u64>,
    /// Payload that came after the first FIN, from the side that had not closed yet.
    pub late_bytes: u64,
}

/// Zeek's `conn_state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, clippy::upper_case_acronyms)]
pub enum ConnState {
    S0,
    S1,
    SF,
    REJ,
    S2,
    S3,
    RSTO,
    RSTR,
    RSTOS0,
    RSTRH,
    SH,
    SHR,
    OTH,
}

impl ConnState {
    /// As Zeek writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::S0 => "S0",
            Self::S1 => "S1",
            Self::SF => "SF",
            Self::REJ => "REJ",
            Self::S2 => "S2",
            Self::S3 => "S3",
            Self::RSTO => "RSTO",
            Self::RSTR => "RSTR",
            Self::RSTOS0 => "RSTOS0",
            Self::RSTRH => "RSTRH",
            Self::SH => "SH",
            Self::SHR => "SHR",
            Self::OTH => "OTH",
        }
    }
}

/// The record of a TCP connection.
#[derive(Clone, Debug, PartialEq)]
pub struct TcpRecord {
    /// The connection.
    pub conn: ConnectionId,
    /// Both ends.
    pub flow: Flow,
    /// The hardware addresses that the sides' frames came from.
    pub macs: Both<Option<MacAddr>>,
    /// A SYN told who opened; otherwise the roles are guessed.
    pub role_seen: bool,
    /// Zeek's summary.
    pub conn_state: ConnState,
    /// Zeek's history letters.
    pub history: Cow<'static, str>,
    /// How opening went.
    pub handshake: HandshakeVerdict,
    /// From SYN to SYN-ACK.
    pub synack_rtt: Option<Duration>,
    /// From SYN-ACK to ACK.
    pub ack_rtt: Option<Duration>,
    /// How closing went.
    pub teardown: TeardownKind,
    /// Who sent the first FIN or the RST.
    pub closed_first: Option<Side>,
    /// Who sent the RST, if that ended it.
    pub reset_by: Option<Side>,
    /// Who holds `TIME_WAIT`.
    pub time_wait: Option<TimeWait>,
    /// Frames that carried its segments: more where they were fragmented.
    pub packets: Both<u64>,
    /// Unique payload bytes seen.
    pub bytes: Both<u64>,
    /// Payload bytes never seen, though the other side acknowledged them or their sender went on behind them. What
    /// only an RST acknowledges is not counted, since its receiver may never have had it; nor is one place behind
    /// all bytes seen that nothing follows: that was rather a FIN that the capture missed.
    pub missing: Both<u64>,
    /// Segments sent again, the spurious ones included.
    pub retransmissions: Both<u64>,
    /// Segments sent again although they had been acknowledged.
    pub spurious_retransmissions: Both<u64>,
    /// Segments that arrived after later ones.
    pub out_of_order: Both<u64>,
    /// Acknowledgments sent again.
    pub duplicate_acks: Both<u64>,
    /// Segments announcing a closed window.
    pub zero_windows: Both<u64>,
    /// Segments asking whether the other side is still there.
    pub keep_alives: Both<u64>,
    /// Segments with a wrong checksum.
    pub bad_checksums: Both<u64>,
    /// The shortest, median and longest round trip seen.
    pub rtt: Option<Rtt>,
    /// First frame.
    pub first_frame: u64,
    /// Last frame.
    pub last_frame: u64,
    /// From the first to the last frame.
    pub duration: Duration,
    /// Why the record was closed.
    pub reason: CloseReason,
}

/// Round trips, from data to the acknowledgment that covers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rtt {
    /// The shortest.
    pub min: Duration,
    /// The one in the middle.
    pub median: Duration,
    /// The longest.
    pub max: Duration,
}
