//! Each event as a sentence that a newcomer understands and an expert trusts.

mod tcp;

use super::{digits, prose::Prose, style::Role, text};
use crate::track::{
    event::{
        AddressAsked, AddressConflict, AddressResolved, AddressUnanswered, Binding, CloseReason,
        Content, Event, FragmentedDatagram, HandshakeVerdict, IcmpError, Kind, Oddity, Ping,
        Resolution, Route, UdpMessage,
    },
    flow::{Flow, Side},
};

/// What was said: the bytes, how many there were, how many of them the capture cut, and the frames.
#[derive(Clone, Copy)]
struct Said<'a> {
    content: &'a Content,
    len: u64,
    cut: u64,
    frames: &'a [u64],
    /// The frame that stands in the margin.
    told_in: Option<u64>,
}

/// Told of what stayed without an answer only because nothing more was captured.
const BEFORE_THE_END: &str = " before the capture ended";

/// How much of what was said is shown.
#[derive(Clone, Copy, Debug)]
pub struct Detail {
    /// At most this many columns of a message; `None` for all that the event holds.
    pub room: Option<usize>,
    /// Also what both sides announced in their handshake.
    pub verbose: bool,
}

/// Which conversation an event belongs to, for the margin: `arp`, `tcp-1`, `udp-1`, `ping` …
pub fn id(kind: &Kind, out: &mut Vec<u8>) {
    let name = match kind {
        Kind::AddressAsked(AddressAsked { by, .. })
        | Kind::AddressResolved(AddressResolved { by, .. })
        | Kind::AddressUnanswered(AddressUnanswered { by, .. })
        | Kind::AddressConflict(AddressConflict { by, .. }) => match by {
            Resolution::Arp => "arp",
            Resolution::Neighbor => "ndp",
        },
        Kind::AddressAnnounced(Binding { ip, .. }) | Kind::AddressProbe(Binding { ip, .. }) => {
            if ip.is_ipv4() { "arp" } else { "ndp" }
        }
        Kind::Ping(_) | Kind::PingUnanswered(_) => "ping",
        Kind::DatagramReassembled(_) | Kind::DatagramIncomplete(_) => "frag",
        Kind::Oddity(_) => "odd",
        Kind::TcpStep(step) => return conversation(b"tcp-", step.conn.0, out),
        Kind::TcpHandshake(it) => return conversation(b"tcp-", it.conn.0, out),
        Kind::TcpMessage(it) => return conversation(b"tcp-", it.conn.0, out),
        Kind::TcpOddity(it) => return conversation(b"tcp-", it.conn.0, out),
        Kind::TcpTeardown(it) => return conversation(b"tcp-", it.conn.0, out),
        Kind::TcpClosed(it) => return conversation(b"tcp-", it.conn.0, out),
        Kind::TcpIcmp(it) => return conversation(b"tcp-", it.id.0, out),
        Kind::UdpMessage(it) => return conversation(b"udp-", it.exchange.0, out),
        Kind::UdpUnreachable(it) => return conversation(b"udp-", it.id.0, out),
        Kind::UdpClosed(it) => return conversation(b"udp-", it.exchange.0, out),
    };
    out.extend_from_slice(name.as_bytes());
}

/// Tells that the oddity told last was seen so many times more.
pub fn tell_again(event: &Event, times: u64, prose: &mut Prose) {
    if let Kind::TcpOddity(it) = &event.kind {
        tcp::oddity_again(it, times, prose);
    }
}

/// Tells an event. `false`: there is nothing to tell that was not told before.
pub fn tell(event: &Event, detail: Detail, prose: &mut Prose) -> bool {
    match &event.kind {
        Kind::AddressAsked(it) => address_asked(it, prose),
        Kind::AddressResolved(it) => address_resolved(it, prose),
        Kind::AddressUnanswered(it) => address_unanswered(it, event.ending, prose),
        Kind::AddressAnnounced(it) => {
            prose
                .ip(it.ip)
                .say(" is at ")
                .mac(Role::Plain, it.mac)
                .say(": told everyone unasked");
        }
        Kind::AddressProbe(it) => {
            prose
                .mac(Role::Plain, it.mac)
                .say(" wants to take ")
                .ip(it.ip)
                .say(": does anybody have it?");
        }
        Kind::AddressConflict(it) => address_conflict(it, prose),

        Kind::TcpStep(it) => tcp::step(it, prose),
        Kind::TcpHandshake(it) => tcp::handshake(it, event.ending, detail, prose),
        Kind::TcpMessage(it) => tcp::message(it, event.frame, detail, prose),
        Kind::TcpOddity(it) => tcp::oddity(it, prose),
        Kind::TcpTeardown(it) => tcp::teardown(it, prose),
        Kind::TcpClosed(it) => return tcp::closed(it, prose),
        Kind::TcpIcmp(it) => icmp_error(it, "segment", prose),

        Kind::UdpMessage(it) => udp_message(it, event.frame, detail, prose),
        Kind::UdpUnreachable(it) => icmp_error(it, "datagram", prose),
        Kind::UdpClosed(it) => {
            if it.reason != CloseReason::Evicted {
                return false;
            }
            prose.paint(Role::Odd, "forgotten: the table of exchanges is full");
        }

        Kind::Ping(it) => ping(it, prose),
        Kind::PingUnanswered(it) => {
            ping_question(it, prose);
            prose.paint(Role::Bad, "no reply");
            if event.ending {
                prose.say(BEFORE_THE_END);
            }
        }

        Kind::DatagramReassembled(it) => reassembled(it, prose),
        Kind::DatagramIncomplete(it) => incomplete(it, prose),
        Kind::Oddity(Oddity { name, detail }) => {
            prose
                .paint(Role::Odd, &text::escape(name))
                .say(": ")
                .say(&text::escape(detail));
        }
    }
    reason(event, prose);
    true
}

/// What only sentences about the network say.
impl Prose {
    fn hexadecimal(&mut self, number: u16) -> &mut Self {
        self.with(Role::Plain, |text| {
            digits::hexadecimal(number.into(), 4, text);
        })
    }

    /// `once`, `twice`, `3 times`.
    fn times(&mut self, times: u32) -> &mut Self {
        match times {
            1 => self.say("once"),
            2 => self.say("twice"),
            times => self.number(times.into()).say(" times"),
        }
    }

    fn speaker(&mut self, flow: &Flow, side: Side) -> &mut Self {
        self.endpoint(colour_of(side), flow.endpoint(side))
    }

    /// `192.168.15.42:40001 → 192.168.15.73:8520`
    fn direction(&mut self, flow: &Flow, from: Side) -> &mut Self {
        self.speaker(flow, from)
            .say(" → ")
            .speaker(flow, from.other())
    }

    /// ` “服务端提供服务” (21 bytes)`, escaped and cut to the room.
    fn content(&mut self, side: Side, said: Said<'_>, detail: Detail) {
        let Said {
            content,
            len,
            cut,
            frames,
            told_in,
        } = said;
        match content {
            Content::Text(words) => {
                // A message cannot end its own quotation: it is the only mark with a backslash.
                let words = text::escape(words).replace('”', "\\”");
                let words = shortened(&words, detail);
                self.say("“").paint(colour_of(side), &words);
                self.say(if cut > 0 { "…”" } else { "”" });
            }
            Content::Bytes(bytes) => {
                let mut shown = text::hex(bytes);
                if (bytes.len() as u64) < len {
                    shown.push('…');
                }
                self.say("0x")
                    .paint(colour_of(side), &shortened(&shown, detail));
            }
        }
        self.say(" (").count(len, "byte", "bytes");
        if cut > 0 {
            self.say(", of which ").number(cut).say(" were not kept");
        }
        if frames != told_in.as_slice() {
            self.say(" in ").frames(Role::Plain, frames);
        }
        self.say(")");
    }

    /// Why the frame went to a gateway, where it did.
    fn route(&mut self, to: std::net::IpAddr, route: Option<&Route>) {
        let Some(off) = route.and_then(|route| route.off_subnet) else {
            return;
        };
        let stop = if self.ends_with(b"?") { " " } else { ". " };
        self.say(stop).ip(to).say(" is outside ");
        match off.net {
            Some(net) => self.say(&net.to_string()),
            None => self.say("the sender's subnet"),
        };
        if !off.net_known {
            self.say(" (inferred)");
        }
        self.say(", so the frame goes to the gateway");
        if let Some(ip) = off.gateway_ip {
            self.say(" ").ip(ip);
        }
        self.say(" at ").mac(Role::Plain, off.gateway_mac);
    }
}

const fn colour_of(side: Side) -> Role {
    match side {
        Side::Orig => Role::Orig,
        Side::Resp => Role::Resp,
    }
}

fn shortened(words: &str, detail: Detail) -> std::borrow::Cow<'_, str> {
    match detail.room {
        Some(room) => text::fit(words, room),
        None => words.into(),
    }
}

fn conversation(kind: &[u8], number: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(kind);
    digits::decimal(number, out);
}

/// `· because #1, #2`
fn reason(event: &Event, prose: &mut Prose) {
    if let Kind::TcpHandshake(it) = &event.kind
        && it.verdict != HandshakeVerdict::Unreachable
    {
        // How the frames found their way was told with the SYN: here the steps count.
        let steps = [it.syn_frame, it.synack_frame].into_iter().flatten();
        let steps: Vec<_> = steps.filter(|step| Some(*step) != event.frame).collect();
        return because(&steps, prose);
    }
    because(&event.because, prose);
}

fn because(frames: &[u64], prose: &mut Prose) {
    if !frames.is_empty() {
        prose
            .paint(Role::Quiet, " · because ")
            .frames(Role::Quiet, frames);
    }
}

fn address_asked(it: &AddressAsked, prose: &mut Prose) {
    prose.ip(it.asked_by.ip).say(match (it.by, it.broadcast) {
        (Resolution::Arp, true) => " asks everyone: who has ",
        (Resolution::Neighbor, true) => " asks the neighbours: who has ",
        (_, false) => " asks one host only: do you still have ",
    });
    prose.ip(it.ip).say("?");
    if it.tries > 1 {
        prose.say(" (try ").number(it.tries.into()).say(")");
    }
}

fn address_resolved(it: &AddressResolved, prose: &mut Prose) {
    prose.ip(it.binding.ip).say(" is at ");
    prose.mac(Role::Good, it.binding.mac);
    prose
        .say(", told ")
        .ip(it.asked_by.ip)
        .say(" after ")
        .span(it.latency);
    if it.tries > 1 {
        prose.say(" (asked ").times(it.tries).say(")");
    }
}

fn address_unanswered(it: &AddressUnanswered, ending: bool, prose: &mut Prose) {
    prose.paint(Role::Bad, "no answer");
    if ending {
        prose.say(BEFORE_THE_END);
    }
    prose.say(": who has ").ip(it.ip).say("? ");
    prose.ip(it.asked_by.ip).say(" asked ").times(it.tries);
    // The last question may have been answered after the end; a question before it was not.
    if !ending || it.tries > 1 {
        prose.say("; it is down, or not in this network");
    }
}

fn address_conflict(it: &AddressConflict, prose: &mut Prose) {
    prose
        .paint(Role::Bad, "conflict")
        .say(": ")
        .mac(Role::Plain, it.new_mac)
        .say(" claims ")
        .ip(it.ip);
    prose.say(", which was at ").mac(Role::Plain, it.old_mac);
}

fn udp_message(it: &UdpMessage, told_in: Option<u64>, detail: Detail, prose: &mut Prose) {
    if let Some((question, wait)) = it.answers {
        prose
            .speaker(&it.flow, it.from)
            .say(" answers ")
            .frames(Role::Plain, &[question]);
        prose.say(" after ").span(wait).say(": ");
    } else {
        prose.direction(&it.flow, it.from).say(": ");
    }
    if it.len == 0 {
        prose.say("an empty datagram (0 bytes)");
    } else {
        let said = Said {
            content: &it.content,
            len: it.len,
            cut: it.cut,
            frames: &it.frames,
            told_in,
        };
        prose.content(it.from, said, detail);
    }
    prose.route(it.flow.endpoint(it.from.other()).ip, it.route.as_ref());
}

fn icmp_error<Id>(it: &IcmpError<Id>, what: &str, prose: &mut Prose) {
    prose
        .ip(it.from_ip)
        .say(" says ")
        .paint(Role::Bad, &text::escape(&it.reason));
    prose.say(" about a ").say(what).say(" between ");
    prose
        .speaker(&it.flow, Side::Orig)
        .say(" and ")
        .speaker(&it.flow, Side::Resp);
    if let Some(mtu) = it.mtu {
        prose
            .say("; the next hop takes at most ")
            .count(mtu.into(), "byte", "bytes");
    }
}

fn ping_question(it: &Ping, prose: &mut Prose) {
    prose.ip(it.src).say(" pings ").ip(it.dst);
    prose
        .say(" (id ")
        .number(it.id.into())
        .say(", seq ")
        .number(it.seq.into())
        .say("): ");
}

fn ping(it: &Ping, prose: &mut Prose) {
    ping_question(it, prose);
    prose.paint(Role::Good, "reply");
    if let Some(rtt) = it.rtt {
        prose.say(" after ").span(rtt);
    }
}

fn fragments_of(it: &FragmentedDatagram, prose: &mut Prose) {
    prose.ip(it.src).say(" → ").ip(it.dst).say(": ");
}

fn reassembled(it: &FragmentedDatagram, prose: &mut Prose) {
    fragments_of(it, prose);
    prose
        .count(it.frames.len() as u64, "fragment", "fragments")
        .say(" (");
    prose
        .frames(Role::Plain, &it.frames)
        .say(") make one datagram of ");
    prose
        .count(it.len, "byte", "bytes")
        .say(", id ")
        .number(it.id.into());
}

fn incomplete(it: &FragmentedDatagram, prose: &mut Prose) {
    /// The end of a stretch whose end nobody told.
    const UNKNOWN_END: u32 = 65_535;
    fragments_of(it, prose);
    prose
        .paint(Role::Bad, "incomplete")
        .say(" datagram, id ")
        .number(it.id.into())
        .say(": ");
    prose
        .count(it.frames.len() as u64, "fragment", "fragments")
        .say(" came (");
    prose.frames(Role::Plain, &it.frames);
    if it.missing.is_empty() {
        prose.say("), which contradict each other: it was dropped");
        return;
    }
    prose.say("), missing ");
    for (at, &(from, to)) in it.missing.iter().take(4).enumerate() {
        if at > 0 {
            prose.say(", ");
        }
        prose.say("bytes ").number(from.into());
        if to == UNKNOWN_END {
            prose.say(" to the end");
        } else {
            prose.say(" to ").number(to.into());
        }
    }
    if it.missing.len() > 4 {
        prose.say(" and more");
    }
}
