//! What happens in a TCP connection, in sentences.

use super::{BEFORE_THE_END, Detail, Said, colour_of};
use crate::{
    report::{prose::Prose, style::Role, text},
    track::{
        event::{
            CloseReason, HandshakeVerdict, Resent, Step, TcpHandshake, TcpMessage, TcpOddity,
            TcpOddityName, TcpRecord, TcpStep, TcpTeardown, TeardownKind, TimeWait,
        },
        flow::Side,
    },
};

/// A SYN, a SYN-ACK, a FIN.
pub(super) fn step(it: &TcpStep, prose: &mut Prose) {
    match it.step {
        Step::Syn { tries } => {
            prose
                .direction(&it.flow, it.from)
                .say(" ")
                .paint(Role::Heading, "SYN")
                .say(": ");
            if tries > 1 {
                prose
                    .paint(Role::Odd, "again")
                    .say(" (try ")
                    .number(tries.into())
                    .say("), ");
            }
            prose.say("may I open a connection?");
        }
        Step::SynAck { rtt, tries } => {
            prose
                .speaker(&it.flow, it.from)
                .say(" ")
                .paint(Role::Heading, "SYN-ACK");
            if let Some(rtt) = rtt {
                prose.say(" after ").span(rtt);
            }
            prose.say(": ");
            if tries > 1 {
                prose
                    .paint(Role::Odd, "again")
                    .say(" (try ")
                    .number(tries.into())
                    .say("), ");
            }
            prose.say("yes, and may I?");
        }
        Step::Fin => {
            prose
                .speaker(&it.flow, it.from)
                .say(" ")
                .paint(Role::Heading, "FIN")
                .say(": I have no more to say");
        }
    }
    prose.route(it.flow.endpoint(it.from.other()).ip, it.route.as_ref());
}

/// How an attempt to open went.
pub(super) fn handshake(it: &TcpHandshake, ending: bool, detail: Detail, prose: &mut Prose) {
    let (orig, resp) = (Side::Orig, Side::Resp);
    match it.verdict {
        HandshakeVerdict::Complete => {
            prose
                .speaker(&it.flow, orig)
                .say(" ")
                .paint(Role::Heading, "ACK");
            if let Some(rtt) = it.ack_rtt {
                prose.say(" after ").span(rtt);
            }
            prose
                .say(": the three-way handshake is ")
                .paint(Role::Good, "complete");
        }
        HandshakeVerdict::SimultaneousOpen => {
            prose.say("both sides sent a SYN before they saw the other's (simultaneous open): ");
            prose.paint(Role::Good, "connected").say(" all the same");
        }
        HandshakeVerdict::Refused => {
            prose
                .speaker(&it.flow, resp)
                .say(" ")
                .paint(Role::Heading, "RST")
                .say(": ")
                .paint(Role::Bad, "refused");
            tries(it.tries, prose);
            prose
                .say(", nobody listens on port ")
                .number(it.flow.resp.port.into());
        }
        HandshakeVerdict::Unanswered => {
            prose.paint(Role::Bad, "no answer").say(" to ");
            prose
                .count(it.tries.into(), "SYN", "SYNs")
                .say(" from ")
                .speaker(&it.flow, orig);
            if ending {
                prose.say(BEFORE_THE_END);
            }
            if !ending || it.tries > 1 {
                prose.say(": the host is down, or something on the way drops them");
            }
        }
        HandshakeVerdict::Unreachable => {
            prose
                .speaker(&it.flow, resp)
                .say(" is ")
                .paint(Role::Bad, "unreachable");
            if let Some(reason) = &it.icmp {
                prose.say(": ").say(&text::escape(reason));
            }
        }
        HandshakeVerdict::HalfOpen => {
            prose
                .paint(Role::Bad, "half open")
                .say(": ")
                .speaker(&it.flow, orig);
            prose.say(" never acknowledged the SYN-ACK");
            if ending {
                prose.say(BEFORE_THE_END);
            }
        }
        HandshakeVerdict::Aborted => {
            prose
                .speaker(&it.flow, orig)
                .say(" ")
                .paint(Role::Heading, "RST")
                .say(": ")
                .paint(Role::Bad, "gives up");
            prose.say(" before the handshake is complete");
            tries(it.tries, prose);
        }
        HandshakeVerdict::NotSeen => {
            prose
                .direction(&it.flow, orig)
                .say(" began before the capture: no handshake seen");
        }
    }
    if detail.verbose {
        announced(it, prose);
    }
}

/// What one side said.
pub(super) fn message(it: &TcpMessage, told_in: Option<u64>, detail: Detail, prose: &mut Prose) {
    if it.missing > 0 {
        prose
            .paint(Role::Bad, "gap")
            .say(" of ")
            .count(it.missing, "byte", "bytes")
            .say(", then ");
    }
    prose.speaker(&it.flow, it.from).say(" says ");
    let said = Said {
        content: &it.content,
        len: it.len,
        cut: it.cut,
        frames: &it.frames,
        told_in,
    };
    prose.content(it.from, said, detail);
}

/// Something out of the ordinary.
pub(super) fn oddity_again(it: &TcpOddity, times: u64, prose: &mut Prose) {
    prose.speaker(&it.flow, it.from).say(" ");
    prose
        .paint(
            Role::Odd,
            match it.name {
                TcpOddityName::DuplicateAck => "duplicate ACK",
                TcpOddityName::KeepAlive => "keep-alive",
                TcpOddityName::WindowProbe => "window probe",
                TcpOddityName::ZeroWindow => "zero window",
                other => other.as_str(),
            },
        )
        .say(": ")
        .count(times, "more", "more");
}

pub(super) fn oddity(it: &TcpOddity, prose: &mut Prose) {
    prose.speaker(&it.flow, it.from).say(" ");
    match it.name {
        TcpOddityName::Retransmission { what, len } => {
            prose.paint(Role::Odd, "retransmission");
            match what {
                Resent::Syn => prose.say(": sends its SYN again"),
                Resent::Fin => prose.say(": sends its FIN again"),
                Resent::Data => prose
                    .say(": sends ")
                    .count(len, "byte", "bytes")
                    .say(" again"),
            };
        }
        TcpOddityName::SpuriousRetransmission { len } => {
            prose
                .paint(Role::Odd, "spurious retransmission")
                .say(": sends ");
            prose
                .count(len, "byte", "bytes")
                .say(" again that were acknowledged already");
        }
        TcpOddityName::OutOfOrder { len } => {
            prose
                .paint(Role::Odd, "out of order")
                .say(": ")
                .count(len, "byte", "bytes");
            prose.say(" arrive after later ones");
        }
        TcpOddityName::DuplicateAck => {
            prose
                .paint(Role::Odd, "duplicate ACK")
                .say(": the same acknowledgment again");
        }
        TcpOddityName::ZeroWindow => {
            prose
                .paint(Role::Odd, "zero window")
                .say(": I have no room, wait");
        }
        TcpOddityName::WindowProbe => {
            prose
                .paint(Role::Odd, "window probe")
                .say(": is there room again?");
        }
        TcpOddityName::WindowReopened { stalled } => {
            prose
                .paint(Role::Good, "window reopened")
                .say(": room again after ")
                .span(stalled);
        }
        TcpOddityName::KeepAlive => {
            prose
                .paint(Role::Quiet, "keep-alive")
                .say(": are you still there?");
        }
        TcpOddityName::OverlapConflict { offset, len } => {
            prose
                .paint(Role::Bad, "overlap conflict")
                .say(": sends ")
                .count(len, "byte", "bytes");
            prose
                .say(" again with other content, at offset ")
                .number(offset);
            prose.say("; the first to arrive were kept");
        }
        TcpOddityName::BadChecksum { want, got } => {
            prose
                .paint(Role::Bad, "bad checksum")
                .say(": want ")
                .hexadecimal(want);
            prose
                .say(", got ")
                .hexadecimal(got)
                .say("; the segment changes nothing");
        }
        TcpOddityName::Gap { len } => {
            prose
                .paint(Role::Bad, "gap")
                .say(": ")
                .count(len, "byte", "bytes");
            prose.say(" of it were never seen here");
        }
        TcpOddityName::RstOutOfWindow => {
            prose
                .paint(Role::Odd, "RST outside the window")
                .say(": it changes nothing");
        }
    }
}

/// How the connection was closed.
pub(super) fn teardown(it: &TcpTeardown, prose: &mut Prose) {
    match it.kind {
        TeardownKind::FourSegment => {
            prose.say("closed in four segments: FIN, ACK, FIN, ACK");
        }
        TeardownKind::ThreeSegment => {
            prose.say("closed in three segments: the second FIN rides on the ACK of the first");
        }
        TeardownKind::SimultaneousClose => {
            prose.say("simultaneous close: each side sent its FIN before it saw the other's");
        }
        TeardownKind::HalfClosed => {
            prose
                .paint(Role::Odd, "half closed")
                .say(": only one side sent a FIN");
        }
        TeardownKind::Reset => {
            prose.paint(Role::Bad, "reset");
            if let Some(side) = it.reset_by {
                prose.say(" by ").speaker(&it.flow, side);
            }
            prose.say(" (RST): cut off at once");
        }
        TeardownKind::None => {
            prose.say("not closed");
        }
    }
    prose.say(" (").frames(Role::Plain, &it.frames).say(")");
    if let Some(side) = it.closed_first
        && it.reset_by != Some(side)
    {
        prose.say("; ").speaker(&it.flow, side).say(" closed first");
    }
    match it.time_wait.filter(|_| it.kind != TeardownKind::Reset) {
        Some(TimeWait::Both) => {
            prose.say("; both wait in TIME_WAIT");
        }
        Some(TimeWait::Orig) => waits(it, Side::Orig, prose),
        Some(TimeWait::Resp) => waits(it, Side::Resp, prose),
        None => {}
    }
    if it.late_bytes > 0 {
        prose
            .say("; ")
            .count(it.late_bytes, "byte", "bytes")
            .say(" came after the first FIN");
    }
}

/// The end of a record, where the teardown has not told it. `false`: it has.
pub(super) fn closed(it: &TcpRecord, prose: &mut Prose) -> bool {
    let opened = matches!(
        it.handshake,
        HandshakeVerdict::Complete | HandshakeVerdict::SimultaneousOpen | HandshakeVerdict::NotSeen
    );
    let story = match it.reason {
        CloseReason::CaptureEnded if !opened => return false,
        CloseReason::CaptureEnded => match it.teardown {
            TeardownKind::None => ": still open as the capture ends",
            TeardownKind::HalfClosed => ": still half open as the capture ends",
            _ => return false,
        },
        CloseReason::Idle => ": silent for longer than the idle limit, taken for closed",
        CloseReason::Evicted => ": forgotten, the table of connections is full",
        CloseReason::PortReuse if it.teardown == TeardownKind::None => {
            ": never closed, its sockets are used again"
        }
        CloseReason::Fin | CloseReason::Rst | CloseReason::PortReuse => return false,
    };
    prose.direction(&it.flow, Side::Orig).say(story);
    true
}

fn tries(tries: u32, prose: &mut Prose) {
    if tries > 1 {
        prose.say(" after ").number(tries.into()).say(" tries");
    }
}

fn waits(it: &TcpTeardown, side: Side, prose: &mut Prose) {
    if it.closed_first == Some(side) {
        prose.say(" and waits in TIME_WAIT");
    } else {
        prose
            .say("; ")
            .speaker(&it.flow, side)
            .say(" waits in TIME_WAIT");
    }
}

/// ` [mss 1460, window scale 7, SACK | mss 1460]`: the originator's announcements and the responder's.
fn announced(it: &TcpHandshake, prose: &mut Prose) {
    prose.say(" [");
    for side in [Side::Orig, Side::Resp] {
        if side == Side::Resp {
            prose.say(" | ");
        }
        prose.paint(
            colour_of(side),
            if side == Side::Orig { "orig" } else { "resp" },
        );
        if let Some(isn) = it.isn.of(side) {
            prose.say(" isn ").number((*isn).into());
        }
        if let Some(mss) = it.mss.of(side) {
            prose.say(" mss ").number((*mss).into());
        }
        if let Some(scale) = it.window_scale.of(side) {
            prose.say(" window scale ").number((*scale).into());
        }
        if *it.sack.of(side) {
            prose.say(" SACK");
        }
    }
    prose.say("]");
}
