//! The record of a connection that is kept in few bytes, where all of it stands there: it comes to the same as
//! [`close`](super::connection::Connection::close), in short.

use std::time::Duration;

use crate::{
    decode::MacAddr,
    track::{
        event::{CloseReason, ConnState, ConnectionId, HandshakeVerdict, TcpRecord, TeardownKind},
        flow::{Both, Flow, FlowKey, Side},
        rank::Rank,
        tcp::{
            attempt::Attempt,
            connection::{Extra, Packed},
            half::{PackedHalf, Unpacked},
            state::States,
            teardown::Teardown,
        },
    },
};

impl Attempt {
    /// How its record ranks: a SYN alone carries no bytes.
    pub fn rank(&self) -> Rank {
        Rank::new(0, self.id().0)
    }

    /// The record of an attempt that nothing is known to have prevented. `why` it ends.
    pub fn record(&self, key: &FlowKey, why: CloseReason) -> Option<TcpRecord> {
        let states = States::syn_sent();
        let is_plain = !self.is_explained() && self.window != 0;
        is_plain.then(|| TcpRecord {
            macs: Both {
                orig: Some(self.mac).filter(|mac| *mac != MacAddr::ZERO),
                resp: None,
            },
            role_seen: true,
            conn_state: states.conn_state(false, false),
            history: "S".into(),
            packets: Both { orig: 1, resp: 0 },
            first_frame: u64::from(self.frame),
            last_frame: u64::from(self.frame),
            reason: states.reason(why),
            ..uneventful(
                self.id(),
                key.flow(self.orig_is_lower),
                HandshakeVerdict::Unanswered,
            )
        })
    }
}

impl Packed {
    /// How its record ranks, where that can be told in short.
    pub fn rank(&self) -> Option<Rank> {
        self.handshake.verdict()?;
        Some(Rank::new(self.bytes_in_order()?.total(), self.id().0))
    }

    /// The record of a connection whose handshake has a verdict, that nobody has reset, and of which nothing waits for
    /// a gap to be filled. `why` it ends, unless both sides have closed it.
    pub fn record(&mut self, key: &FlowKey, why: CloseReason) -> Option<TcpRecord> {
        let handshake = self.handshake.verdict()?;
        let bytes = self.bytes_in_order()?;
        let both = |of: fn(&Unpacked) -> u64| Both {
            orig: self.more(Side::Orig).map_or(0, of),
            resp: self.more(Side::Resp).map_or(0, of),
        };
        let missing = both(Unpacked::missing);
        let retransmissions = both(|it| it.rare(|rare| rare.retransmissions));
        let spurious_retransmissions = both(|it| it.rare(|rare| rare.spurious_retransmissions));
        let out_of_order = both(|it| it.rare(|rare| rare.out_of_order));
        let duplicate_acks = both(|it| it.rare(|rare| rare.duplicate_acks));
        let zero_windows = both(|it| it.rare(|rare| rare.zero_windows));
        let keep_alives = both(|it| it.rare(|rare| rare.keep_alives));
        let bad_checksums = both(|it| it.rare(|rare| rare.bad_checksums));
        let (synack_rtt, ack_rtt) = self.handshake.round_trips();
        let teardown = Teardown::from(self.course);
        Some(TcpRecord {
            macs: self
                .macs
                .map(|mac| Some(*mac).filter(|mac| *mac != MacAddr::ZERO)),
            role_seen: self.handshake.has_syn(),
            conn_state: self.states.conn_state(bytes.total() > 0, false),
            history: self.history.spelled().into(),
            synack_rtt,
            ack_rtt,
            teardown: teardown.kind(),
            closed_first: teardown.closed_first(),
            reset_by: teardown.reset_by(),
            time_wait: teardown.time_wait(),
            packets: self.halves.map(PackedHalf::packets),
            bytes,
            missing,
            retransmissions,
            spurious_retransmissions,
            out_of_order,
            duplicate_acks,
            zero_windows,
            keep_alives,
            bad_checksums,
            rtt: self.round_trips.summary(),
            first_frame: u64::from(self.first_frame),
            last_frame: u64::from(self.last_frame),
            duration: Duration::from_nanos(self.last_at.nanos()),
            reason: self.states.reason(why),
            ..uneventful(self.id(), key.flow(self.orig_is_lower), handshake)
        })
    }

    /// The bytes of a connection that nobody has reset, and of which nothing waits for a gap to be filled.
    fn bytes_in_order(&self) -> Option<Both<u64>> {
        let is_in_order = |side: Side| self.more(side).is_none_or(Unpacked::is_in_order);
        if self.states.is_reset()
            || !is_in_order(Side::Orig)
            || !is_in_order(Side::Resp)
            || !self.extra.as_deref().is_none_or(Extra::has_usual_history)
        {
            return None;
        }
        let have = |side: Side| {
            let more = self.more(side);
            more.map_or_else(|| self.halves.of(side).have(), Unpacked::bytes)
        };
        Some(Both {
            orig: have(Side::Orig),
            resp: have(Side::Resp),
        })
    }
}

/// The record of a connection of which nothing was seen but how its handshake went.
fn uneventful(conn: ConnectionId, flow: Flow, handshake: HandshakeVerdict) -> TcpRecord {
    TcpRecord {
        conn,
        flow,
        macs: Both::default(),
        role_seen: false,
        conn_state: ConnState::OTH,
        history: "".into(),
        handshake,
        synack_rtt: None,
        ack_rtt: None,
        teardown: TeardownKind::None,
        closed_first: None,
        reset_by: None,
        time_wait: None,
        packets: Both::default(),
        bytes: Both::default(),
        missing: Both::default(),
        retransmissions: Both::default(),
        spurious_retransmissions: Both::default(),
        out_of_order: Both::default(),
        duplicate_acks: Both::default(),
        zero_windows: Both::default(),
        keep_alives: Both::default(),
        bad_checksums: Both::default(),
        rtt: None,
        first_frame: 0,
        last_frame: 0,
        duration: Duration::ZERO,
        reason: CloseReason::Idle,
    }
}
