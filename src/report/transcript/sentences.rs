//! What is no bubble, in sentences.

use super::item::{Item, Leave, Outcome, Read, Silence, Then, What};
use crate::{
    report::{
        prose::Prose,
        style::Role,
        text,
        words::{Arg, icmp, transcript as words},
    },
    track::{
        event::{Conversation, HandshakeVerdict, TcpHandshake},
        flow::{Flow, Side},
    },
};

/// What stands for a side: the corner of its bubbles.
pub const fn mark(side: Side) -> &'static str {
    match side {
        Side::Orig => "╭",
        Side::Resp => "┏",
    }
}

/// The colour of a side.
pub const fn colour_of(side: Side) -> Role {
    match side {
        Side::Orig => Role::Orig,
        Side::Resp => Role::Resp,
    }
}

/// At most so many columns of what a program printed are shown.
#[derive(Clone, Copy, Debug)]
pub struct Room(pub Option<usize>);

/// Whether a sentence begins with the name of its conversation.
pub const fn names_itself(item: &Item) -> bool {
    matches!(item.what, What::Met { .. } | What::Queued { .. })
}

/// Tells an item that is no bubble.
pub fn tell(item: &Item, room: Room, prose: &mut Prose) {
    let frame = item.frame.as_slice();
    match &item.what {
        What::Said(_) => {}
        What::Read(it) => read(it, matches!(item.of, Conversation::Udp(_)), room, prose),
        What::Attempt { handshake, ending } => attempt(item, handshake, *ending, prose),
        What::Met { clients } => {
            let id = item.of.to_string();
            let (orig, resp) = ends(&item.flow);
            let who = words::meet(Arg::Escaped(Role::Id, &id), orig, resp);
            match (item.of, *clients) {
                (Conversation::Tcp(_), _) => prose.tell(&who),
                (Conversation::Udp(_), 2..) => prose.tell(&words::fan_in(&who, *clients)),
                (Conversation::Udp(_), _) => prose.tell(&words::no_handshake(&who)),
            };
        }
        What::Closed {
            by,
            is_first,
            leave,
        } => {
            let (own, other) = marks(*by);
            match (is_first, leave) {
                (false, _) => prose.tell(&words::closed_too(own, frame)),
                (true, Leave::Fine) => prose.tell(&words::closed(own, frame, other)),
                (true, Leave::WithoutWord) => {
                    prose.tell(&words::closed_without_word(own, frame, other))
                }
            };
        }
        What::Reset { by, leave } => {
            let (own, other) = marks(*by);
            match leave {
                Leave::Fine => prose.tell(&words::reset(own, frame, other)),
                Leave::WithoutWord => prose.tell(&words::reset_without_word(own, frame, other)),
            };
        }
        What::Queued { place, served } => {
            let (id, served) = (item.of.to_string(), served.to_string());
            let place = *place as u64;
            prose.tell(&words::queued(id.as_str(), place, served.as_str()));
        }
        What::Silence(it) => silence(it, &item.flow, prose),
        What::Vanished { who, tries } => {
            prose.tell(&words::vanished(marks(*who).0, *tries));
        }
        What::Unread { by, bytes } => {
            prose.tell(&words::unread(marks(*by).0, *bytes));
        }
        What::Unanswered {
            count,
            after_answers: true,
        } => {
            prose.tell(&words::no_reply(*count));
        }
        What::Unanswered { count, .. } => {
            prose.tell(&words::never_a_reply(*count));
        }
        What::Unreachable {
            reason,
            from_ip,
            quotes,
        } => {
            match item.of {
                Conversation::Tcp(_) => {
                    prose.tell(&words::icmp(*from_ip, icmp::reason(reason), quotes))
                }
                Conversation::Udp(_) => {
                    prose.tell(&words::undelivered(*from_ip, icmp::reason(reason), quotes))
                }
            };
        }
    }
}

/// Both ends, in their colours.
fn ends(flow: &Flow) -> (Arg<'static>, Arg<'static>) {
    (
        Arg::Socket(Role::Orig, flow.orig),
        Arg::Socket(Role::Resp, flow.resp),
    )
}

/// What stands for a side and for the other.
fn marks(side: Side) -> (Arg<'static>, Arg<'static>) {
    let of = |side| Arg::Escaped(colour_of(side), mark(side));
    (of(side), of(side.other()))
}

fn attempt(item: &Item, it: &TcpHandshake, ending: bool, prose: &mut Prose) {
    let steps = [it.syn_frame, it.synack_frame, it.ack_frame];
    let frames: Vec<u64> = steps.into_iter().flatten().collect();
    match it.verdict {
        HandshakeVerdict::Complete => {
            let connected = words::connected(&frames);
            match it.synack_rtt.zip(it.ack_rtt) {
                Some((synack, ack)) => {
                    prose.tell(&words::connected_after(&connected, synack + ack))
                }
                None => prose.tell(&connected),
            }
        }
        HandshakeVerdict::SimultaneousOpen => prose.tell(&words::crossed(&frames)),
        HandshakeVerdict::Refused => {
            let frame = item.frame.as_slice();
            prose.tell(&words::refused(frame, it.flow.resp.port))
        }
        HandshakeVerdict::Unanswered if ending => prose.tell(&words::unanswered_yet(it.tries)),
        HandshakeVerdict::Unanswered => prose.tell(&words::unanswered(it.tries)),
        HandshakeVerdict::Unreachable => {
            let reason = it.icmp.as_deref().unwrap_or_default();
            prose.tell(&words::unreachable(icmp::reason(reason)))
        }
        HandshakeVerdict::HalfOpen => prose.tell(&words::half_open()),
        HandshakeVerdict::Aborted => prose.tell(&words::aborted()),
        HandshakeVerdict::NotSeen => prose.tell(&words::began_before()),
    };
}

fn silence(it: &Silence, flow: &Flow, prose: &mut Prose) {
    let Some(turn) = it.turn else {
        let sentence = words::not_greeted(it.lasted);
        match it.then {
            Then::End => prose.tell(&words::at_the_end(&sentence)),
            Then::Words | Then::Leaving | Then::Lasting => prose.tell(&sentence),
        };
        return;
    };
    if it.then == Then::Words {
        prose.tell(&words::nobody_spoke_for(it.lasted));
        return;
    }
    let who = Arg::Socket(colour_of(turn), flow.endpoint(turn));
    if it.lasted < Silence::LONG {
        prose.tell(&words::open_at_the_end(who));
        return;
    }
    let sentence = match (it.is_chat, it.then) {
        (false, _) => words::turn(it.lasted, who),
        (true, Then::Leaving) => words::both_waited(it.lasted, who),
        (true, _) => words::both_wait(it.lasted, who),
    };
    match it.then {
        Then::End => prose.tell(&words::at_the_end(&sentence)),
        Then::Words | Then::Leaving | Then::Lasting => prose.tell(&sentence),
    };
}

fn read(it: &Read, is_udp: bool, room: Room, prose: &mut Prose) {
    let (own, _) = marks(it.by);
    let name = if is_udp { "recvfrom" } else { "recv" };
    let call = format!("{name}({})", it.at_most);
    if it.outcome == Outcome::Empty {
        prose.tell(&words::read_empty(own, call.as_str()));
        return;
    }
    let of = |prose: &mut Prose| {
        if it.frames.len() > 1 {
            prose.tell(&words::in_frames(&it.frames));
        }
        if it.messages > 1 {
            prose.tell(&words::glued(it.messages as u64));
        }
        if it.is_split {
            prose.tell(&words::split());
        }
        if it.left > 0 {
            prose.tell(&words::left(it.left));
        }
        if it.lost > 0 {
            prose.tell(&words::lost(it.lost));
        }
        if it.is_race {
            prose.tell(&words::race());
        }
    };
    let then = |prose: &mut Prose| match &it.outcome {
        Outcome::Printed(said) => {
            let said = text::escape_quotation(said);
            let shown = match room.0 {
                Some(room) => text::fit(&said, room),
                None => said,
            };
            let shown = format!("“{shown}”");
            prose.tell(&words::prints(Arg::Escaped(
                colour_of(it.by.other()),
                &shown,
            )));
        }
        Outcome::Fails(why) => _ = prose.tell(&words::fails(why)),
        Outcome::Unknown => _ = prose.tell(&words::unknown()),
        Outcome::Empty => {}
    };
    let of: &dyn Fn(&mut Prose) = &of;
    let then: &dyn Fn(&mut Prose) = &then;
    prose.tell(&words::read(own, call.as_str(), it.len, of, then));
}
