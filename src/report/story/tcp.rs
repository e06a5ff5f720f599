//! What happens in a TCP connection, in sentences.

use super::{Detail, Said, before_the_end, colour_of, content, hexadecimal, route, speaker};
use crate::{
    report::{
        prose::Prose,
        words::{Arg, icmp, story as words},
    },
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
    let (from, to) = (
        speaker(&it.flow, it.from),
        speaker(&it.flow, it.from.other()),
    );
    let again = |tries: u32| (tries > 1).then(|| words::again(tries));
    match it.step {
        Step::Syn { tries } => _ = prose.tell(&words::syn(from, to, &again(tries))),
        Step::SynAck { rtt, tries } => {
            prose.tell(&words::synack(from, &rtt.map(words::after), &again(tries)));
        }
        Step::Fin => _ = prose.tell(&words::fin(from)),
    }
    route(
        it.flow.endpoint(it.from.other()).ip,
        it.route.as_ref(),
        prose,
    );
}

/// How an attempt to open went.
pub(super) fn handshake(
    it: &TcpHandshake,
    because: &[u64],
    ending: bool,
    detail: Detail,
    prose: &mut Prose,
) {
    let (orig, resp) = (speaker(&it.flow, Side::Orig), speaker(&it.flow, Side::Resp));
    let tries = (it.tries > 1).then(|| words::after_tries(it.tries));
    match it.verdict {
        HandshakeVerdict::Complete => {
            prose.tell(&words::complete(orig, &it.ack_rtt.map(words::after)));
        }
        HandshakeVerdict::SimultaneousOpen => _ = prose.tell(&words::simultaneous_open()),
        HandshakeVerdict::Refused => {
            prose.tell(&words::refused(resp, &tries, it.flow.resp.port));
        }
        HandshakeVerdict::Unanswered => {
            let is_settled = !ending || it.tries > 1;
            let up = told_its_mac(it, because)
                .filter(|_| is_settled)
                .map(words::up_but_silent);
            let down = (is_settled && up.is_none()).then(words::down_or_dropped);
            prose.tell(&words::unanswered(
                it.tries,
                orig,
                &before_the_end(ending),
                &up,
                &down,
            ));
        }
        HandshakeVerdict::Unreachable => {
            let reason = it
                .icmp
                .as_deref()
                .map(|reason| words::reason(icmp::reason(reason)));
            prose.tell(&words::unreachable(resp, &reason));
        }
        HandshakeVerdict::HalfOpen => {
            prose.tell(&words::half_open(orig, &before_the_end(ending)));
        }
        HandshakeVerdict::Aborted => _ = prose.tell(&words::aborted(orig, &tries)),
        HandshakeVerdict::NotSeen => _ = prose.tell(&words::not_seen(orig, resp)),
    }
    if detail.verbose {
        announced(it, prose);
    }
}

/// The frame in which a neighbour told its MAC, where that made an attempt possible: it was up then.
pub fn told_its_mac<'a>(it: &TcpHandshake, because: &'a [u64]) -> Option<&'a [u64]> {
    let is_neighbour = it.route.is_some_and(|route| route.off_subnet.is_none());
    because.get(..1).filter(|_| is_neighbour)
}

/// What one side said.
pub(super) fn message(it: &TcpMessage, told_in: Option<u64>, detail: Detail, prose: &mut Prose) {
    let said = Said {
        content: &it.content,
        len: it.len,
        cut: it.cut,
        frames: &it.frames,
        told_in,
    };
    let said = |prose: &mut Prose| content(it.from, said, detail, prose);
    let gap = (it.missing > 0).then(|| words::gap_before(it.missing));
    let who = speaker(&it.flow, it.from);
    prose.tell(&words::says(&gap, who, Arg::With(&said)));
}

/// How often the same was seen again.
pub(super) fn oddity_again(it: &TcpOddity, times: u64, prose: &mut Prose) {
    let what = match it.name {
        TcpOddityName::Retransmission { .. } => words::RETRANSMISSION,
        TcpOddityName::SpuriousRetransmission { .. } => words::SPURIOUS_RETRANSMISSION,
        TcpOddityName::OutOfOrder { .. } => words::OUT_OF_ORDER,
        TcpOddityName::DuplicateAck => words::DUPLICATE_ACK,
        TcpOddityName::ZeroWindow => words::ZERO_WINDOW,
        TcpOddityName::WindowProbe => words::WINDOW_PROBE,
        TcpOddityName::WindowReopened { .. } => words::WINDOW_REOPENED,
        TcpOddityName::KeepAlive => words::KEEP_ALIVE,
        TcpOddityName::OverlapConflict { .. } => words::OVERLAP_CONFLICT,
        TcpOddityName::BadChecksum { .. } => words::BAD_CHECKSUM,
        TcpOddityName::Gap { .. } => words::GAP,
        TcpOddityName::RstOutOfWindow => words::RST_OUT_OF_WINDOW,
    };
    prose.tell(&words::again_and_again(
        speaker(&it.flow, it.from),
        what,
        times,
    ));
}

/// Something out of the ordinary.
pub(super) fn oddity(it: &TcpOddity, prose: &mut Prose) {
    let who = speaker(&it.flow, it.from);
    match it.name {
        TcpOddityName::Retransmission { what, len } => match what {
            Resent::Syn => prose.tell(&words::resent_syn(who)),
            Resent::Fin => prose.tell(&words::resent_fin(who)),
            Resent::Data => prose.tell(&words::resent_data(who, len)),
        },
        TcpOddityName::SpuriousRetransmission { len } => {
            prose.tell(&words::resent_spuriously(who, len))
        }
        TcpOddityName::OutOfOrder { len } => prose.tell(&words::out_of_order(who, len)),
        TcpOddityName::DuplicateAck => prose.tell(&words::duplicate_ack(who)),
        TcpOddityName::ZeroWindow => prose.tell(&words::zero_window(who)),
        TcpOddityName::WindowProbe => prose.tell(&words::window_probe(who)),
        TcpOddityName::WindowReopened { stalled } => {
            prose.tell(&words::window_reopened(who, stalled))
        }
        TcpOddityName::KeepAlive => prose.tell(&words::keep_alive(who)),
        TcpOddityName::OverlapConflict { offset, len } => {
            prose.tell(&words::overlap_conflict(who, len, offset))
        }
        TcpOddityName::BadChecksum { want, got } => {
            let [want, got] = [want, got].map(|sum| hexadecimal(sum.into()));
            prose.tell(&words::bad_checksum(who, &want, &got))
        }
        TcpOddityName::Gap { len } => prose.tell(&words::gap(who, len)),
        TcpOddityName::RstOutOfWindow => prose.tell(&words::rst_out_of_window(who)),
    };
}

/// How the connection was closed.
pub(super) fn teardown(it: &TcpTeardown, prose: &mut Prose) {
    let who = |side| speaker(&it.flow, side);
    let by = it.reset_by.map(|side| words::reset_by(who(side)));
    let reset = words::reset(&by);
    let how: Arg<'_> = match it.kind {
        TeardownKind::FourSegment => Arg::Part(&words::four_segments()),
        TeardownKind::ThreeSegment => Arg::Part(&words::three_segments()),
        TeardownKind::SimultaneousClose => Arg::Part(&words::simultaneous_close()),
        TeardownKind::HalfClosed => Arg::Part(&words::half_closed()),
        TeardownKind::Reset => Arg::Part(&reset),
        TeardownKind::None => Arg::Part(&words::not_closed()),
    };
    let first = it.closed_first.filter(|side| it.reset_by != Some(*side));
    let first = first.map(|side| words::closed_first(who(side)));
    let waits = |prose: &mut Prose| {
        let side = match it.time_wait.filter(|_| it.kind != TeardownKind::Reset) {
            Some(TimeWait::Both) => {
                prose.tell(&words::both_wait());
                return;
            }
            Some(TimeWait::Orig) => Side::Orig,
            Some(TimeWait::Resp) => Side::Resp,
            None => return,
        };
        if it.closed_first == Some(side) {
            prose.tell(&words::waits_itself());
        } else {
            prose.tell(&words::waits(who(side)));
        }
    };
    let late = (it.late_bytes > 0).then(|| words::late_bytes(it.late_bytes));
    prose.tell(&words::closed(
        how,
        &it.frames,
        &first,
        Arg::With(&waits),
        &late,
    ));
}

/// The end of a record, where the teardown has not told it. `false`: it has.
pub(super) fn closed(it: &TcpRecord, prose: &mut Prose) -> bool {
    let opened = matches!(
        it.handshake,
        HandshakeVerdict::Complete | HandshakeVerdict::SimultaneousOpen | HandshakeVerdict::NotSeen
    );
    let (from, to) = (speaker(&it.flow, Side::Orig), speaker(&it.flow, Side::Resp));
    prose.tell(&match it.reason {
        CloseReason::CaptureEnded if !opened => return false,
        CloseReason::CaptureEnded => match it.teardown {
            TeardownKind::None => words::still_open(from, to),
            TeardownKind::HalfClosed => words::still_half_open(from, to),
            _ => return false,
        },
        CloseReason::Idle => words::idle(from, to),
        CloseReason::Evicted => words::forgotten(from, to),
        CloseReason::PortReuse if it.teardown == TeardownKind::None => words::reused(from, to),
        CloseReason::Fin | CloseReason::Rst | CloseReason::PortReuse => return false,
    });
    true
}

/// ` [mss 1460, window scale 7, SACK | mss 1460]`: the originator's announcements and the responder's.
fn announced(it: &TcpHandshake, prose: &mut Prose) {
    let lang = prose.lang();
    prose.say(" [");
    for (side, name, comma) in [
        (Side::Orig, words::ORIG, ""),
        (Side::Resp, words::RESP, " | "),
    ] {
        prose.say(comma).paint(colour_of(side), name.of(lang));
        if let Some(isn) = it.isn.of(side) {
            prose.tell(&words::isn(*isn));
        }
        if let Some(mss) = it.mss.of(side) {
            prose.tell(&words::mss(*mss));
        }
        if let Some(scale) = it.window_scale.of(side) {
            prose.tell(&words::window_scale(*scale));
        }
        if *it.sack.of(side) {
            prose.say(" SACK");
        }
    }
    prose.say("]");
}
