//! What the tracker tells: the contract with every report.
//!
//! An event owns all it says. Its frames are numbered from 1 over the whole source; `because` names
//! earlier frames without which it could not have happened. Each opened connection or exchange has
//! exactly one closed event; each ARP question is either answered or reported unanswered, once.

mod content;
mod sheet;
mod tcp;

pub use content::{Content, Known};
pub(crate) use sheet::{Said, Sheet};
pub use tcp::*;

use std::{fmt, net::IpAddr, time::Duration};

use ipnet::IpNet;
use smallvec::SmallVec;

use crate::{
    decode::MacAddr,
    time::Timestamp,
    track::flow::{Both, Flow, Side},
};

/// Something that happened, with the frames that prove it.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When, by the capture's time.
    pub at: Timestamp,
    /// The frame that completes it; absent where no frame is its cause (time passed, the end came).
    pub frame: Option<u64>,
    /// It is told because the capture ended: nobody knows what came next.
    pub ending: bool,
    /// Earlier frames without which this could not have happened.
    pub because: Vec<u64>,
    /// What happened.
    pub kind: Kind,
}

impl Event {
    /// Has it told with what it says, where that stands on a sheet with these bytes.
    #[inline]
    fn with_sheet<T>(&mut self, bytes: &mut Vec<u8>, tell: impl FnOnce(&Self) -> T) -> T {
        self.swap_sheet(bytes);
        let told = tell(self);
        self.swap_sheet(bytes);
        told
    }

    #[inline]
    const fn swap_sheet(&mut self, bytes: &mut Vec<u8>) {
        match &mut self.kind {
            Kind::TcpMessage(it) => it.content.swap_sheet(bytes),
            Kind::UdpMessage(it) => it.content.swap_sheet(bytes),
            _ => {}
        }
    }
}

/// The frames that carried something. Mostly it is one, which needs no room elsewhere.
pub type Frames = SmallVec<[u64; 2]>;

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A question who has an address. A step for people; programs wait for the verdict.
    AddressAsked(AddressAsked),
    /// The first answer to a question: `arp_resolved`, `neighbor_resolved`.
    AddressResolved(AddressResolved),
    /// No answer within three seconds of the last try, or before the end: `arp_unanswered`,
    /// `neighbor_unanswered`.
    AddressUnanswered(AddressUnanswered),
    /// A host told its address unasked: `arp_announced`, `neighbor_announced`.
    AddressAnnounced(Binding),
    /// A host asked whether anybody has the address that it is about to take (RFC 5227, RFC 4862): `arp_probe`,
    /// `neighbor_probe`.
    AddressProbe(Binding),
    /// A second hardware address claims a known IP address: `arp_conflict`, `neighbor_conflict`.
    AddressConflict(AddressConflict),

    /// A SYN, SYN-ACK or FIN went by. A step for people; programs wait for the verdict.
    TcpStep(TcpStep),
    /// The verdict on an attempt to open a connection: `tcp_handshake`.
    TcpHandshake(Box<TcpHandshake>),
    /// Bytes in order: `tcp_message`.
    TcpMessage(TcpMessage),
    /// Something out of the ordinary in a connection: `tcp_oddity`.
    TcpOddity(TcpOddity),
    /// The segment that completes a teardown: `tcp_teardown`.
    TcpTeardown(TcpTeardown),
    /// The record of a connection, once for each: `tcp_closed`.
    TcpClosed(Box<TcpRecord>),
    /// An ICMP error that quotes a segment: `tcp_icmp`.
    TcpIcmp(IcmpError<ConnectionId>),

    /// A datagram: `udp_message`.
    UdpMessage(UdpMessage),
    /// An ICMP error that quotes a datagram: `udp_unreachable`.
    UdpUnreachable(IcmpError<ExchangeId>),
    /// The record of an exchange, once for each: `udp_closed`.
    UdpClosed(Box<UdpRecord>),

    /// An echo request and its reply: `ping`.
    Ping(Ping),
    /// An echo request without a reply within three seconds, or before the end: `ping_unanswered`.
    PingUnanswered(Ping),

    /// Fragments put together: `datagram_reassembled`.
    DatagramReassembled(FragmentedDatagram),
    /// Fragments of which some never came: `datagram_incomplete`.
    DatagramIncomplete(FragmentedDatagram),

    /// Anything else strange: `oddity`.
    Oddity(Oddity),
}

impl Kind {
    /// The conversation that it is told of, where it is told of one.
    pub const fn conversation(&self) -> Option<Conversation> {
        Some(match self {
            Self::TcpStep(it) => Conversation::Tcp(it.conn),
            Self::TcpHandshake(it) => Conversation::Tcp(it.conn),
            Self::TcpMessage(it) => Conversation::Tcp(it.conn),
            Self::TcpOddity(it) => Conversation::Tcp(it.conn),
            Self::TcpTeardown(it) => Conversation::Tcp(it.conn),
            Self::TcpClosed(it) => Conversation::Tcp(it.conn),
            Self::TcpIcmp(it) => Conversation::Tcp(it.id),
            Self::UdpMessage(it) => Conversation::Udp(it.exchange),
            Self::UdpUnreachable(it) => Conversation::Udp(it.id),
            Self::UdpClosed(it) => Conversation::Udp(it.exchange),
            Self::AddressAsked(_)
            | Self::AddressResolved(_)
            | Self::AddressUnanswered(_)
            | Self::AddressAnnounced(_)
            | Self::AddressProbe(_)
            | Self::AddressConflict(_)
            | Self::Ping(_)
            | Self::PingUnanswered(_)
            | Self::DatagramReassembled(_)
            | Self::DatagramIncomplete(_)
            | Self::Oddity(_) => return None,
        })
    }

    /// The ends of the conversation that it is told of.
    pub const fn flow(&self) -> Option<&Flow> {
        Some(match self {
            Self::TcpStep(it) => &it.flow,
            Self::TcpHandshake(it) => &it.flow,
            Self::TcpMessage(it) => &it.flow,
            Self::TcpOddity(it) => &it.flow,
            Self::TcpTeardown(it) => &it.flow,
            Self::TcpClosed(it) => &it.flow,
            Self::TcpIcmp(it) => &it.flow,
            Self::UdpMessage(it) => &it.flow,
            Self::UdpUnreachable(it) => &it.flow,
            Self::UdpClosed(it) => &it.flow,
            _ => return None,
        })
    }
}

/// By which protocol an address was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resolution {
    /// ARP: IPv4 to Ethernet.
    Arp,
    /// IPv6 neighbour discovery.
    Neighbor,
}

/// An IP address and the hardware address that goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The address.
    pub ip: IpAddr,
    /// Its hardware address.
    pub mac: MacAddr,
}

/// See [`Kind::AddressAsked`].
#[derive(Clone, Debug, PartialEq)]
pub struct AddressAsked {
    /// ARP or neighbour discovery.
    pub by: Resolution,
    /// The address asked for.
    pub ip: IpAddr,
    /// Who asks.
    pub asked_by: Binding,
    /// Which try this is, from 1.
    pub tries: u32,
    /// Shouted to everyone, or sent to one hardware address.
    pub broadcast: bool,
}

/// See [`Kind::AddressResolved`].
#[derive(Clone, Debug, PartialEq)]
pub struct AddressResolved {
    /// ARP or neighbour discovery.
    pub by: Resolution,
    /// The address asked for and the answer.
    pub binding: Binding,
    /// Who asked.
    pub asked_by: Binding,
    /// Questions seen, the first included.
    pub tries: u32,
    /// From the latest question to the answer.
    pub latency: Duration,
    /// The latest question was shouted to everyone, not sent to one hardware address.
    pub broadcast: bool,
}

/// See [`Kind::AddressUnanswered`].
#[derive(Clone, Debug, PartialEq)]
pub struct AddressUnanswered {
    /// ARP or neighbour discovery.
    pub by: Resolution,
    /// The address asked for.
    pub ip: IpAddr,
    /// Who asked.
    pub asked_by: Binding,
    /// Questions seen.
    pub tries: u32,
}

/// See [`Kind::AddressConflict`].
#[derive(Clone, Debug, PartialEq)]
pub struct AddressConflict {
    /// ARP or neighbour discovery.
    pub by: Resolution,
    /// The address that two claim.
    pub ip: IpAddr,
    /// Who had it.
    pub old_mac: MacAddr,
    /// Who claims it now.
    pub new_mac: MacAddr,
}

/// A UDP exchange, numbered from 1 in order of first appearance: `udp-1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId(pub u64);

impl fmt::Display for ExchangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "udp-{}", self.0)
    }
}

/// A connection or an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Conversation {
    /// A TCP connection.
    Tcp(ConnectionId),
    /// A UDP exchange.
    Udp(ExchangeId),
}

impl fmt::Display for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(id) => id.fmt(f),
            Self::Udp(id) => id.fmt(f),
        }
    }
}

/// The way a frame took from its sender: straight to its destination's hardware address, or to the
/// gateway's because the destination lies outside the subnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Set when the destination lies outside the subnet.
    pub off_subnet: Option<OffSubnet>,
    /// The hardware address the frame was sent to.
    pub mac: MacAddr,
}

/// Why a gateway's hardware address was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffSubnet {
    /// The gateway's IP address, where an answer told it.
    pub gateway_ip: Option<IpAddr>,
    /// The gateway's hardware address.
    pub gateway_mac: MacAddr,
    /// The sender's subnet, which the destination is outside of.
    pub net: Option<IpNet>,
    /// The subnet was given (by the interface or `--net`), not inferred.
    pub net_known: bool,
}

/// Why a connection's or exchange's record was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// Both sides sent FIN.
    Fin,
    /// A side sent RST.
    Rst,
    /// Nothing for longer than the idle limit.
    Idle,
    /// A limit of the table was reached.
    Evicted,
    /// A new SYN uses the same sockets.
    PortReuse,
    /// The capture ended first.
    CaptureEnded,
}

/// An ICMP error tied to the conversation that it quotes.
#[derive(Clone, Debug, PartialEq)]
pub struct IcmpError<Id> {
    /// The conversation.
    pub id: Id,
    /// Both ends of it.
    pub flow: Flow,
    /// In words: `port unreachable`.
    pub reason: String,
    /// Who says so.
    pub from_ip: IpAddr,
    /// The MTU of the next hop, where it tells one.
    pub mtu: Option<u32>,
}

/// See [`Kind::UdpMessage`].
#[derive(Clone, Debug, PartialEq)]
pub struct UdpMessage {
    /// The exchange.
    pub exchange: ExchangeId,
    /// Both ends.
    pub flow: Flow,
    /// Who spoke.
    pub from: Side,
    /// Bytes.
    pub len: u64,
    /// What was said.
    pub content: Content,
    /// Bytes at its end that were not kept, by the capture (snaplen) or for want of room;
    /// `content` has the others.
    pub cut: u64,
    /// The frames that carried it, several when fragmented.
    pub frames: Frames,
    /// The other side's datagram that this is the first to follow, and the time since then.
    pub answers: Option<(u64, Duration)>,
    /// Which way the first datagram of an exchange took.
    pub route: Option<Route>,
}

/// The record of a UDP exchange.
#[derive(Clone, Debug, PartialEq)]
pub struct UdpRecord {
    /// The exchange.
    pub exchange: ExchangeId,
    /// Both ends.
    pub flow: Flow,
    /// S0 when only the originator spoke, else SF.
    pub conn_state: ConnState,
    /// Datagrams.
    pub messages: Both<u64>,
    /// Frames that carried them: more where they were fragmented.
    pub frames: Both<u64>,
    /// Payload bytes.
    pub bytes: Both<u64>,
    /// The originator's datagrams after the last answer.
    pub unanswered: u64,
    /// ICMP errors that quoted it.
    pub unreachable: u64,
    /// First frame.
    pub first_frame: u64,
    /// Last frame.
    pub last_frame: u64,
    /// From the first to the last frame.
    pub duration: Duration,
    /// Why the record was closed.
    pub reason: CloseReason,
}

/// See [`Kind::Ping`].
#[derive(Clone, Debug, PartialEq)]
pub struct Ping {
    /// Who asked.
    pub src: IpAddr,
    /// Who was asked.
    pub dst: IpAddr,
    /// Tells one `ping` from another.
    pub id: u16,
    /// Counts the questions.
    pub seq: u16,
    /// From request to reply.
    pub rtt: Option<Duration>,
}

/// See [`Kind::DatagramReassembled`].
#[derive(Clone, Debug, PartialEq)]
pub struct FragmentedDatagram {
    /// From whom.
    pub src: IpAddr,
    /// To whom.
    pub dst: IpAddr,
    /// What it carries.
    pub protocol: u8,
    /// Ties the fragments together.
    pub id: u32,
    /// Payload bytes, as far as known.
    pub len: u64,
    /// The fragments' frames.
    pub frames: Vec<u64>,
    /// Missing stretches, from byte to byte; the end, where it is known, not included.
    pub missing: Vec<(u32, Option<u32>)>,
}

/// See [`Kind::Oddity`].
#[derive(Clone, Debug, PartialEq)]
pub enum Oddity {
    /// An ARP or neighbour message names another hardware address than its frame comes from.
    SenderMismatch {
        /// ARP or neighbour discovery.
        by: Resolution,
        /// The sender that the message names.
        said: MacAddr,
        /// Where the frame comes from.
        source: MacAddr,
    },
    /// A reply to a question that nobody asked.
    UnaskedReply {
        /// What it tells.
        binding: Binding,
        /// Whom it tells that.
        told: IpAddr,
    },
    /// One hardware address answers for several IP addresses, of which not all can be its own.
    ProxyArp {
        /// What it answers this time.
        binding: Binding,
        /// Another address that it answered for.
        other: IpAddr,
    },
    /// The first frame to an address that two claim shows whom its sender believes.
    ConflictSettled {
        /// The address, and the hardware address that the frame went to.
        binding: Binding,
        /// That is the later claim.
        is_new: bool,
    },
    /// An ICMP error about something that is not followed.
    IcmpError {
        /// Who says so.
        from_ip: IpAddr,
        /// In words: `port unreachable`.
        reason: String,
        /// Who sent what it quotes.
        src: IpAddr,
        /// To whom.
        dst: IpAddr,
        /// The protocol of what it quotes, by its number.
        protocol: u8,
    },
    /// A wrong checksum; the packet changed nothing.
    BadChecksum {
        /// Of which layer.
        layer: &'static str,
        /// From whom.
        src: IpAddr,
        /// To whom.
        dst: IpAddr,
        /// Computed from the bytes.
        want: u16,
        /// Found in the header.
        got: u16,
    },
    /// A fragment that does not fit.
    Fragment {
        /// What is wrong with it, a stable name in `snake_case`.
        name: &'static str,
        /// From whom.
        src: IpAddr,
        /// To whom.
        dst: IpAddr,
        /// Ties the fragments together.
        id: u32,
        /// Its first byte in the datagram.
        from: usize,
        /// The byte behind its last one.
        to: usize,
    },
}

impl Oddity {
    /// A stable name, in `snake_case`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SenderMismatch { by, .. } => match by {
                Resolution::Arp => "arp_sender_mismatch",
                Resolution::Neighbor => "neighbor_sender_mismatch",
            },
            Self::UnaskedReply { told, .. } => {
                if told.is_ipv4() {
                    "arp_unasked_reply"
                } else {
                    "neighbor_unasked_reply"
                }
            }
            Self::ProxyArp { .. } => "proxy_arp",
            Self::ConflictSettled { .. } => "conflict_settled",
            Self::IcmpError { .. } => "icmp_error",
            Self::BadChecksum { .. } => "bad_checksum",
            Self::Fragment { name, .. } => name,
        }
    }
}
