//! A proof: what became of something, and the claims that lead from that down to the root.

use std::{borrow::Cow, fmt, net::IpAddr, slice, time::Duration};

use ipnet::IpNet;

use super::verdict::Verdict;
use crate::{
    decode::MacAddr,
    report::{
        prose::Prose,
        story::Stretches,
        style::Role,
        words::{Arg, Label, Phrase, Tell, icmp, why as words},
    },
    track::{
        event::{ConnectionId, Conversation, ExchangeId},
        flow::{Endpoint, Flow, Side},
    },
};

/// At most this many claims make a chain.
pub const MOST_CLAIMS: usize = 12;

/// Why something came out as it did.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// What it is told of.
    pub about: Subject,
    /// What became of it.
    pub verdict: Verdict,
    /// The claims, from the verdict down to the root; at most [`MOST_CLAIMS`].
    pub claims: Vec<Claim>,
    /// The AND with the mask that decided the way.
    pub mask: Option<Mask>,
    /// How long it lasted: of two alike the longer tells more.
    pub(super) lasted: Duration,
}

impl Chain {
    /// A verdict that nothing proves yet.
    pub(super) const fn new(about: Subject, verdict: Verdict) -> Self {
        Self {
            about,
            verdict,
            claims: Vec::new(),
            mask: None,
            lasted: Duration::ZERO,
        }
    }

    /// Adds a claim, as long as there is room.
    pub(super) fn claim(&mut self, claim: Claim) -> &mut Self {
        if self.claims.len() < MOST_CLAIMS {
            self.claims.push(claim);
        }
        self
    }
}

/// What a chain is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A connection.
    Tcp(ConnectionId, Flow),
    /// An exchange.
    Udp(ExchangeId, Flow),
    /// The question who has an address.
    Address(IpAddr),
    /// An echo request.
    Ping(IpAddr, IpAddr),
    /// A fragmented datagram.
    Datagram(IpAddr, IpAddr),
    /// A packet that is not followed.
    Packet(IpAddr, IpAddr),
    /// A single frame.
    Frame(u64),
}

impl Subject {
    /// The conversation, where it is one.
    pub const fn conversation(&self) -> Option<Conversation> {
        match self {
            Self::Tcp(id, _) => Some(Conversation::Tcp(*id)),
            Self::Udp(id, _) => Some(Conversation::Udp(*id)),
            _ => None,
        }
    }

    /// Whether it is told of a host.
    pub fn names(&self, host: IpAddr) -> bool {
        match self {
            Self::Tcp(_, flow) | Self::Udp(_, flow) => flow.orig.ip == host || flow.resp.ip == host,
            Self::Address(ip) => *ip == host,
            Self::Ping(src, dst) | Self::Datagram(src, dst) | Self::Packet(src, dst) => {
                *src == host || *dst == host
            }
            Self::Frame(_) => false,
        }
    }

    /// Its short name: `tcp-1`, `arp`, `#55`.
    pub fn id(&self) -> String {
        match self {
            Self::Tcp(id, _) => id.to_string(),
            Self::Udp(id, _) => id.to_string(),
            Self::Address(ip) if ip.is_ipv6() => "ndp".into(),
            Self::Address(_) => "arp".into(),
            Self::Ping(..) => "ping".into(),
            Self::Datagram(..) => "frag".into(),
            Self::Packet(..) => "ip".into(),
            Self::Frame(frame) => format!("#{frame}"),
        }
    }
}

/// How sure a claim is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Certainty {
    /// The frames that it names say it.
    Seen,
    /// It follows from what was seen, as networks usually are.
    Inferred,
    /// It cannot be known from where the capture was made.
    Unknown,
}

impl Certainty {
    /// By its name.
    pub(crate) fn of(name: &str) -> Self {
        match name {
            "seen" => Self::Seen,
            "inferred" => Self::Inferred,
            _ => Self::Unknown,
        }
    }

    /// Its stable name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Inferred => "inferred",
            Self::Unknown => "unknown",
        }
    }

    /// In words.
    pub const fn label(self) -> Label {
        match self {
            Self::Seen => words::SEEN,
            Self::Inferred => words::INFERRED,
            Self::Unknown => words::UNKNOWN,
        }
    }
}

/// A plain sentence of a proof, of which every value is known by its name.
#[derive(Clone)]
pub struct Claim {
    /// Its stable name, in `snake_case`.
    pub name: &'static str,
    /// How sure it is.
    pub certainty: Certainty,
    /// What goes into the gaps of its phrase, by their names.
    pub values: Vec<(&'static str, Value)>,
    pub(crate) phrase: &'static Phrase,
}

impl PartialEq for Claim {
    fn eq(&self, other: &Self) -> bool {
        (self.name, self.certainty, &self.values) == (other.name, other.certainty, &other.values)
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} {:?}", self.certainty, self.name, self.values)
    }
}

impl Claim {
    /// Adds it to a sentence.
    pub fn tell(&self, prose: &mut Prose) {
        let args: Vec<_> = self.values.iter().map(|(_, value)| value.arg()).collect();
        self.phrase.tell(&args, Role::Plain, prose);
    }

    /// The frames that it names, in order.
    pub fn frames(&self) -> Vec<u64> {
        let mut frames: Vec<_> = self
            .values
            .iter()
            .flat_map(|(_, value)| match value {
                Value::Frame(frame) => slice::from_ref(frame),
                Value::Frames(frames) => frames,
                Value::Range(range) => &range.0,
                _ => &[],
            })
            .copied()
            .collect();
        frames.sort_unstable();
        frames.dedup();
        frames
    }
}

/// A value of a claim.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A frame's number.
    Frame(u64),
    /// Frames' numbers.
    Frames(Vec<u64>),
    /// From a frame to a later one.
    Range(Range),
    /// A host.
    Ip(IpAddr),
    /// A hardware address.
    Mac(MacAddr),
    /// A socket, and whose it is.
    Socket(Role, Endpoint),
    /// A number.
    Number(u64),
    /// A span of time.
    Span(Duration),
    /// Spans of time.
    Spans(Vec<Duration>),
    /// Stretches of bytes.
    Stretches(Stretches),
    /// What an ICMP error says. Not escaped yet.
    Reason(String),
    /// Other text. Not escaped yet.
    Text(Cow<'static, str>),
    /// What became of something.
    Verdict(Verdict),
}

/// From a frame to a later one: `#8–#16`, or `#8` where both are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range(pub [u64; 2]);

impl Tell for Range {
    fn tell(&self, role: Role, prose: &mut Prose) {
        let [first, last] = self.0;
        prose.frames(role, &[first]);
        if last != first {
            prose.paint(role, "–");
            prose.frames(role, &[last]);
        }
    }
}

impl Value {
    /// One side's socket.
    pub(super) const fn side(flow: &Flow, side: Side) -> Self {
        let role = match side {
            Side::Orig => Role::Orig,
            Side::Resp => Role::Resp,
        };
        Self::Socket(role, flow.endpoint(side))
    }

    fn arg(&self) -> Arg<'_> {
        match self {
            Self::Frame(frame) => Arg::Frames(slice::from_ref(frame)),
            Self::Frames(frames) => Arg::Frames(frames),
            Self::Range(range) => Arg::Part(range),
            Self::Ip(ip) => Arg::Ip(*ip),
            Self::Mac(mac) => Arg::Mac(*mac),
            Self::Socket(role, socket) => Arg::Socket(*role, *socket),
            Self::Number(number) => Arg::Number(*number),
            Self::Span(span) => Arg::Span(*span),
            Self::Spans(spans) => Arg::Spans(spans),
            Self::Stretches(all) => Arg::Part(all),
            Self::Reason(reason) => icmp::reason(reason),
            Self::Text(text) => Arg::Text(text),
            Self::Verdict(verdict) => Arg::Label(verdict.label()),
        }
    }
}

/// Kinds of values that speak for themselves. Frames do not: they are told from numbers.
macro_rules! becomes {
    ($($from:ty => $kind:expr;)*) => {$(
        impl From<$from> for Value {
            fn from(it: $from) -> Self {
                $kind(it)
            }
        }
    )*};
}

becomes! {
    IpAddr => Value::Ip;
    MacAddr => Value::Mac;
    Duration => Value::Span;
    Vec<Duration> => Value::Spans;
    Vec<u64> => Value::Frames;
    u64 => Value::Number;
    u32 => |number: u32| Value::Number(number.into());
    u16 => |number: u16| Value::Number(number.into());
    u8 => |number: u8| Value::Number(number.into());
    &'static str => |text| Value::Text(Cow::Borrowed(text));
    String => |text| Value::Text(Cow::Owned(text));
    IpNet => |net: IpNet| Value::Text(Cow::Owned(net.to_string()));
    Verdict => Value::Verdict;
}

/// Two addresses under one mask: whether the AND comes to the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mask {
    /// The sender.
    pub src: IpAddr,
    /// The destination.
    pub dst: IpAddr,
    /// The sender's subnet.
    pub net: IpNet,
    /// It was given, not inferred.
    pub net_known: bool,
}

impl Mask {
    /// The bits of an address that name its net.
    pub fn masked(&self, ip: IpAddr) -> IpAddr {
        match (ip, self.net.netmask()) {
            (IpAddr::V4(ip), IpAddr::V4(mask)) => IpAddr::V4(ip & mask),
            (IpAddr::V6(ip), IpAddr::V6(mask)) => IpAddr::V6(ip & mask),
            _ => ip,
        }
    }

    /// Both are in the subnet.
    pub fn is_same(&self) -> bool {
        self.net.contains(&self.dst)
    }
}
