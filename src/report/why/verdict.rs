//! What became of something.

use crate::report::{
    style::Role,
    words::{Label, why as words},
};

/// Declares verdicts: those that say more about what went wrong come first.
macro_rules! verdicts {
    ($($(#[$doc:meta])* $variant:ident $name:literal $label:ident;)*) => {
        /// What became of something, the most telling failures first.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Verdict {
            $($(#[$doc])* $variant,)*
        }

        impl Verdict {
            /// All of them, the most telling failures first.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its stable name in JSON.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// In words.
            pub const fn label(self) -> Label {
                match self {
                    $(Self::$variant => words::$label,)*
                }
            }
        }
    };
}

verdicts! {
    /// Two hardware addresses claim the address.
    AddressConflict "address_conflict" ADDRESS_CONFLICT;
    /// Nobody answered who has the address.
    NoArpAnswer "no_arp_answer" NO_ARP_ANSWER;
    /// RST for the SYN.
    Refused "refused" REFUSED;
    /// An ICMP error for the SYN.
    Unreachable "unreachable" UNREACHABLE;
    /// Silence for the SYN.
    Unanswered "unanswered" UNANSWERED;
    /// No ACK for the SYN-ACK.
    HalfOpen "half_open" HALF_OPEN;
    /// The responder did not get the ACK of its SYN-ACK.
    AckLost "ack_lost" ACK_LOST;
    /// RST in the middle of the talk.
    Reset "reset" RESET;
    /// The receiver's window stayed closed.
    Stalled "stalled" STALLED;
    /// What was said last was sent again and again.
    Unacknowledged "unacknowledged" UNACKNOWLEDGED;
    /// Each side waited for the other's words.
    Deadlock "deadlock" DEADLOCK;
    /// ICMP for a datagram.
    UdpUnreachable "udp_unreachable" UDP_UNREACHABLE;
    /// Fragments never came.
    FragmentsMissing "fragments_missing" FRAGMENTS_MISSING;
    /// Fragments hold different bytes for one place.
    FragmentsContradict "fragments_contradict" FRAGMENTS_CONTRADICT;
    /// The originator's RST before the handshake was complete.
    Aborted "aborted" ABORTED;
    /// Bytes never seen.
    BytesMissing "bytes_missing" BYTES_MISSING;
    /// Connected, and left in the listen queue.
    NeverAccepted "never_accepted" NEVER_ACCEPTED;
    /// A chat that its client left without the goodbye.
    LeftWithoutWord "left_without_word" LEFT_WITHOUT_WORD;
    /// One FIN only.
    HalfClosed "half_closed" HALF_CLOSED;
    /// Silence for a datagram.
    UdpUnanswered "udp_unanswered" UDP_UNANSWERED;
    /// An ICMP error for a packet that is not followed.
    PacketRefused "packet_refused" PACKET_REFUSED;
    /// Silence for a ping.
    PingUnanswered "ping_unanswered" PING_UNANSWERED;
    /// Silence for longer than the limit.
    Idle "idle" IDLE;
    /// No frame of one of its sides.
    OneSided "one_sided" ONE_SIDED;
    /// Neither FIN nor RST, and its sockets are used again.
    NeverClosed "never_closed" NEVER_CLOSED;
    /// The end came first.
    CaptureEnded "capture_ended" CAPTURE_ENDED;
    /// Sent again in smaller frames, and whole in the end. The first that is no failure.
    TooBig "too_big" TOO_BIG;
    /// Stalled by the receiver, and whole in the end.
    Slowed "slowed" SLOWED;
    /// Connected, and accepted late.
    Queued "queued" QUEUED;
    /// Sent again, and whole in the end.
    Loss "loss" LOSS;
    /// Somebody asked who has an address, and the answer went another way.
    ArpAnswerUnseen "arp_answer_unseen" ARP_ANSWER_UNSEEN;
    /// All went well.
    Closed "closed" CLOSED;
    /// A question and an answer.
    UdpAnswered "udp_answered" UDP_ANSWERED;
    /// No answer, and none was expected.
    UdpMonologue "udp_monologue" UDP_MONOLOGUE;
    /// Broadcast or multicast.
    UdpOneWay "udp_one_way" UDP_ONE_WAY;
    /// A ping and its reply.
    PingAnswered "ping_answered" PING_ANSWERED;
    /// An address and its answer.
    Resolved "resolved" RESOLVED;
    /// A frame that was asked for.
    Explained "explained" EXPLAINED;
}

impl Verdict {
    /// Something failed.
    pub fn is_failure(self) -> bool {
        self < Self::TooBig
    }

    /// No failure, and yet not as it should be.
    pub const fn is_odd(self) -> bool {
        matches!(
            self,
            Self::TooBig | Self::Slowed | Self::Queued | Self::Loss | Self::ArpAnswerUnseen
        )
    }

    /// The capture does not hold all of it, or a limit cut it short: the rest might mend it.
    const fn is_cut_short(self) -> bool {
        matches!(
            self,
            Self::Idle | Self::OneSided | Self::NeverClosed | Self::CaptureEnded
        )
    }

    /// Its colour and its sign.
    pub fn role(self) -> Role {
        match self {
            Self::Explained => Role::Plain,
            it if it.is_odd() || it.is_cut_short() => Role::Odd,
            it if it.is_failure() => Role::Bad,
            _ => Role::Good,
        }
    }

    /// It says how a conversation was opened or closed, and nothing besides.
    pub fn is_its_end(self) -> bool {
        let is_opening = matches!(
            self,
            Self::Refused | Self::Unreachable | Self::Unanswered | Self::HalfOpen | Self::Aborted
        );
        let is_closing = matches!(self, Self::Reset | Self::HalfClosed | Self::Closed);
        let is_udp = matches!(
            self,
            Self::UdpUnreachable
                | Self::UdpUnanswered
                | Self::UdpMonologue
                | Self::UdpOneWay
                | Self::UdpAnswered
        );
        let is_open = self.is_cut_short() && self != Self::OneSided;
        is_opening || is_closing || is_udp || is_open
    }
}
