//! How a connection is closed: RFC 9293, section 3.6.

use crate::track::{
    event::{Kind, Step, TcpStep, TcpTeardown, TeardownKind, TimeWait},
    flow::Side,
    seen::Seen,
    tcp::connection::Connection,
};

/// At most this many frames are named as the proof of a teardown.
const MAX_FRAMES: usize = 16;

/// What was seen of a teardown.
#[derive(Debug, Default)]
pub struct Teardown {
    /// What the record tells of it.
    pub(super) course: Course,
    /// FINs and their acknowledgments, or the RST, while somebody listens.
    frames: Vec<u64>,
    late_bytes: u64,
}

/// How a teardown went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// The kind, once it is known.
    kind: Option<TeardownKind>,
    /// Who sent the first FIN or the RST.
    closed_first: Option<Side>,
    /// Who sent the RST.
    reset_by: Option<Side>,
    told: bool,
}

impl Course {
    /// The first FIN of a side. Where the other had sent its own: whether that had been acknowledged before, and
    /// whether it is now.
    pub fn on_fin(&mut self, from: Side, peer_fin: Option<(bool, bool)>) {
        match peer_fin {
            None => {
                self.closed_first.get_or_insert(from);
                self.kind.get_or_insert(TeardownKind::HalfClosed);
            }
            Some(acked) if self.kind == Some(TeardownKind::HalfClosed) => {
                self.kind = Some(match acked {
                    (true, _) => TeardownKind::FourSegment,
                    (false, true) => TeardownKind::ThreeSegment,
                    (false, false) => TeardownKind::SimultaneousClose,
                });
            }
            Some(_) => {}
        }
    }

    /// Nothing more is to be told of it.
    pub fn conclude(&mut self) {
        self.told = true;
    }
}

impl From<Course> for Teardown {
    fn from(course: Course) -> Self {
        Self {
            course,
            ..Self::default()
        }
    }
}

impl Teardown {
    /// It was told: there is no more to say of it.
    pub fn is_told(&self) -> bool {
        self.course.told
    }

    /// Who sent the first FIN or the RST.
    pub fn closed_first(&self) -> Option<Side> {
        self.course.closed_first
    }

    /// Who sent the RST.
    pub fn reset_by(&self) -> Option<Side> {
        self.course.reset_by
    }

    /// Who waits out stray segments.
    pub fn time_wait(&self) -> Option<TimeWait> {
        match self.course.kind? {
            TeardownKind::SimultaneousClose => Some(TimeWait::Both),
            TeardownKind::FourSegment | TeardownKind::ThreeSegment => {
                self.course.closed_first.map(|side| match side {
                    Side::Orig => TimeWait::Orig,
                    Side::Resp => TimeWait::Resp,
                })
            }
            TeardownKind::HalfClosed | TeardownKind::Reset | TeardownKind::None => None,
        }
    }

    /// The kind, as far as it is known.
    pub fn kind(&self) -> TeardownKind {
        self.course.kind.unwrap_or(TeardownKind::None)
    }

    /// Payload of a side, seen for the first time.
    pub fn on_payload(&mut self, from: Side, fresh: u64) {
        if self.course.closed_first == Some(from.other()) {
            self.late_bytes = self.late_bytes.saturating_add(fresh);
        }
    }

    fn prove(&mut self, seen: &Seen<'_>) {
        if seen.interest.events && self.frames.len() < MAX_FRAMES {
            self.frames.extend(seen.frame);
            self.frames.dedup();
        }
    }
}

impl Connection {
    /// The first FIN of a side. `peer_fin_was_acked`: before this segment, whose own acknowledgment
    /// is accounted for in the halves already.
    pub fn on_fin(&mut self, from: Side, peer_fin_was_acked: bool, seen: &mut Seen<'_>) {
        self.teardown.prove(seen);
        let peer = self.halves.of(from.other());
        let peer_fin = peer.fin.map(|_| (peer_fin_was_acked, peer.fin_is_acked()));
        self.teardown.course.on_fin(from, peer_fin);
        let (conn, flow) = (self.id, self.flow);
        seen.tell(&[], || {
            Kind::TcpStep(TcpStep {
                conn,
                flow,
                from,
                step: Step::Fin,
                route: None,
            })
        });
    }

    /// A segment acknowledged the other side's FIN for the first time.
    pub fn on_fin_acked(&mut self, seen: &mut Seen<'_>) {
        self.teardown.prove(seen);
    }

    /// Both FINs may be acknowledged now.
    pub fn check_teardown(&mut self, seen: &mut Seen<'_>) {
        let complete = self.halves.orig.fin_is_acked() && self.halves.resp.fin_is_acked();
        if complete && !self.teardown.course.told {
            self.tell_teardown(seen);
        }
    }

    /// An RST that counts.
    pub fn on_reset(&mut self, from: Side, seen: &mut Seen<'_>) {
        if self.teardown.course.told || !self.handshake.is_past() {
            return;
        }
        self.teardown.course.kind = Some(TeardownKind::Reset);
        self.teardown.course.closed_first.get_or_insert(from);
        self.teardown.course.reset_by = Some(from);
        self.teardown.prove(seen);
        self.tell_teardown(seen);
    }

    /// The connection is over: a teardown that was begun and not told is told.
    pub fn conclude_teardown(&mut self, seen: &mut Seen<'_>) {
        if self.teardown.course.kind.is_some() && !self.teardown.course.told {
            self.tell_teardown(seen);
        }
    }

    fn tell_teardown(&mut self, seen: &mut Seen<'_>) {
        self.teardown.course.told = true;
        let (conn, flow, teardown) = (self.id, self.flow, &self.teardown);
        seen.tell(&[], || {
            Kind::TcpTeardown(TcpTeardown {
                conn,
                flow,
                kind: teardown.kind(),
                closed_first: teardown.closed_first(),
                reset_by: teardown.reset_by(),
                time_wait: teardown.time_wait(),
                frames: teardown.frames.clone(),
                late_bytes: teardown.late_bytes,
            })
        });
    }
}
