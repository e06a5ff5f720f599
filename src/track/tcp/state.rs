//! Zeek's view of a connection: what each side has shown, and the `conn_state` that follows from it.
//!
//! A bystander cannot run the hosts' own state machines (RFC 9293, section 3.3.2): it misses
//! segments, and it does not know what a host made of those it sees. It records what was shown.

use crate::{
    decode::tcp::Flags,
    track::{
        event::{CloseReason, ConnState},
        flow::{Both, Side},
    },
};

/// What a side has shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EndState {
    /// Nothing yet.
    #[default]
    Inactive,
    /// A SYN without ACK.
    SynSent,
    /// The originator's SYN-ACK, though no SYN was seen.
    SynAckSent,
    /// It spoke without a SYN having been seen.
    Partial,
    /// It took part in a handshake, or acknowledged a side that did.
    Established,
    /// Its FIN.
    Closed,
    /// Its RST.
    Reset,
}

impl EndState {
    const fn is_quiet(self) -> bool {
        matches!(self, Self::Inactive | Self::Partial)
    }

    const fn is_opening(self) -> bool {
        matches!(self, Self::SynSent | Self::SynAckSent)
    }
}

/// Both sides' states, and what only their history can tell.
#[derive(Clone, Copy, Debug, Default)]
pub struct States {
    /// The state of each side.
    pub ends: Both<EndState>,
    /// The sides that had closed before they reset.
    closed_before_reset: Sides,
    /// The sides that had been established before they closed.
    closed_cleanly: Sides,
}

/// None, one or both of the sides.
#[derive(Clone, Copy, Debug, Default)]
struct Sides(u8);

impl Sides {
    fn has(self, side: Side) -> bool {
        self.0 & (1 << side.index()) != 0
    }

    fn set(&mut self, side: Side, is_so: bool) {
        let bit = 1 << side.index();
        self.0 = if is_so { self.0 | bit } else { self.0 & !bit };
    }
}

impl States {
    /// A SYN, and nothing else.
    pub fn syn_sent() -> Self {
        Self {
            ends: Both {
                orig: EndState::SynSent,
                resp: EndState::Inactive,
            },
            ..Self::default()
        }
    }

    /// Both sides took part in the handshake.
    pub fn established() -> Self {
        Self {
            ends: Both {
                orig: EndState::Established,
                resp: EndState::Established,
            },
            ..Self::default()
        }
    }

    /// A segment of one side: its flags, and whether it carries payload.
    pub fn observe(&mut self, from: Side, flags: Flags, has_payload: bool) {
        let peer = *self.ends.of(from.other());
        let mut own = *self.ends.of(from);
        if own == EndState::Inactive && flags.syn() {
            own = self.first_syn(from, flags);
        }
        let next = match own {
            _ if flags.rst() => match own {
                EndState::Reset => own,
                EndState::Closed if peer == EndState::Closed => own,
                EndState::Closed => {
                    self.closed_before_reset.set(from, true);
                    EndState::Reset
                }
                _ => EndState::Reset,
            },
            EndState::Reset => own,
            _ if flags.fin() => {
                let was_open = matches!(own, EndState::Established | EndState::Partial);
                if was_open && self.closed_before_reset.has(from.other()) {
                    *self.ends.of_mut(from.other()) = EndState::Closed;
                }
                if own != EndState::Closed {
                    self.closed_cleanly.set(from, own == EndState::Established);
                }
                EndState::Closed
            }
            EndState::Inactive if flags.ack() && peer == EndState::Established => {
                EndState::Established
            }
            EndState::Inactive
                if from == Side::Resp && peer == EndState::SynSent && !has_payload =>
            {
                own
            }
            EndState::Inactive => EndState::Partial,
            EndState::Partial if flags.syn() && !flags.ack() && peer == EndState::Inactive => {
                EndState::SynSent
            }
            _ => own,
        };
        *self.ends.of_mut(from) = next;
    }

    fn first_syn(&mut self, from: Side, flags: Flags) -> EndState {
        match from {
            Side::Orig if flags.ack() => EndState::SynAckSent,
            Side::Orig => EndState::SynSent,
            Side::Resp => {
                if self.ends.orig == EndState::SynSent {
                    self.ends.orig = EndState::Established;
                }
                EndState::Established
            }
        }
    }

    /// Nothing was seen but the originator's SYN-ACK.
    pub fn is_only_syn_ack(self) -> bool {
        (self.ends.orig, self.ends.resp) == (EndState::SynAckSent, EndState::Inactive)
    }

    /// The SYN-ACK was the responder's, and its SYN was captured after it.
    pub fn turn_round(&mut self) {
        self.ends = Self::established().ends;
    }

    /// Both sides took part in the handshake, and neither has closed or reset.
    #[inline]
    pub fn are_established(self) -> bool {
        self.ends.orig == EndState::Established && self.ends.resp == EndState::Established
    }

    /// Both sides took part in the handshake, one has closed or both have, and neither has reset.
    pub fn are_closing(self) -> bool {
        let is_open_or_closed =
            |end: EndState| matches!(end, EndState::Established | EndState::Closed);
        is_open_or_closed(self.ends.orig)
            && is_open_or_closed(self.ends.resp)
            && !self.are_established()
    }

    /// A side has closed or reset.
    pub fn has_gone(self, side: Side) -> bool {
        matches!(self.ends.of(side), EndState::Closed | EndState::Reset)
    }

    /// Both sides are open or closed after a handshake, so that a gap is a gap to Zeek.
    pub fn are_clean(self) -> bool {
        [Side::Orig, Side::Resp]
            .iter()
            .all(|&side| match self.ends.of(side) {
                EndState::Established => true,
                EndState::Closed => self.closed_cleanly.has(side),
                _ => false,
            })
    }

    /// Zeek counts windows of zero, but not those of a side that has reset, or towards one that has closed.
    pub fn counts_windows(self, from: Side) -> bool {
        *self.ends.of(from) != EndState::Reset && *self.ends.of(from.other()) != EndState::Closed
    }

    /// Zeek counts payload that is sent again, but not that of a side that has reset.
    pub fn counts_rewinds(self, from: Side) -> bool {
        *self.ends.of(from) != EndState::Reset
    }

    /// Both sides have closed.
    pub fn both_closed(self) -> bool {
        self.ends.orig == EndState::Closed && self.ends.resp == EndState::Closed
    }

    /// One side has reset the connection.
    pub fn is_reset(self) -> bool {
        self.ends.orig == EndState::Reset || self.ends.resp == EndState::Reset
    }

    /// Why the connection is over, where `why` is why it is let go.
    pub fn reason(self, why: CloseReason) -> CloseReason {
        match why {
            CloseReason::Evicted => why,
            _ if self.is_reset() => CloseReason::Rst,
            _ if self.both_closed() => CloseReason::Fin,
            _ => why,
        }
    }

    /// Zeek's summary. `any_data`: payload was seen from either side; `gave_up`: the originator reset before
    /// it had sent anything but SYNs.
    pub fn conn_state(self, any_data: bool, gave_up: bool) -> ConnState {
        use EndState::{Closed, Established, Inactive, Reset, SynSent};
        let (orig, resp) = (self.ends.orig, self.ends.resp);
        match (orig, resp) {
            (o, Reset) if o.is_opening() => ConnState::REJ,
            (Reset, Reset) if !any_data => ConnState::REJ,
            (o, Reset) if o.is_quiet() => ConnState::RSTRH,
            (_, Reset) => ConnState::RSTR,
            (Reset, r) if r.is_quiet() && gave_up => ConnState::RSTOS0,
            (Reset, r) if r.is_quiet() => ConnState::OTH,
            (Reset, _) => ConnState::RSTO,
            (Closed, Closed) => ConnState::SF,
            (Closed, r) if r.is_quiet() => ConnState::SH,
            (Closed, _) => ConnState::S2,
            (o, Closed) if o.is_quiet() => ConnState::SHR,
            (_, Closed) => ConnState::S3,
            (SynSent, Inactive) => ConnState::S0,
            (Established, Established) => ConnState::S1,
            _ => ConnState::OTH,
        }
    }
}

/// Ports that tell a server where no SYN does, as Zeek lists them; in ascending order.
const SERVER_PORTS: [u16; 67] = [
    20, 21, 22, 23, 25, 53, 80, 81, 88, 110, 111, 135, 137, 138, 139, 143, 161, 162, 194, 389, 443,
    445, 502, 514, 520, 563, 585, 587, 614, 631, 636, 989, 990, 992, 993, 995, 1080, 1433, 1812,
    1883, 2049, 2123, 2152, 2811, 3128, 3268, 3306, 3389, 3544, 5060, 5061, 5072, 5222, 5223, 5269,
    5432, 5800, 5900, 6379, 6666, 6667, 6668, 6669, 8000, 8080, 8888, 20000,
];

/// Whether the first segment seen of a connection came from the responder: it is no SYN, and the
/// ports say so.
pub fn is_flipped(flags: Flags, source_port: u16, destination_port: u16) -> bool {
    if flags.syn() && !flags.ack() {
        return false;
    }
    let source = is_server_port(source_port);
    let destination = is_server_port(destination_port);
    let syn_ack = flags.syn() && flags.ack();
    source && (!destination || (!syn_ack && source_port < destination_port))
}

fn is_server_port(port: u16) -> bool {
    SERVER_PORTS.binary_search(&port).is_ok()
}
