//! Each event as a sentence that a newcomer understands and an expert trusts.

mod repeats;
mod tcp;
mod usual;

pub use tcp::told_its_mac;

pub use repeats::Repeats;
pub use usual::Usual;

use super::{
    digits,
    prose::Prose,
    style::Role,
    text,
    words::{Arg, Label, Lang, Tell, Told, icmp, story as words},
};
use std::net::IpAddr;

use crate::{
    decode::ipv4,
    track::{
        event::{
            AddressAsked, AddressConflict, AddressResolved, AddressUnanswered, Binding,
            CloseReason, Content, Event, FragmentedDatagram, HandshakeVerdict, IcmpError, Kind,
            Known, Oddity, Resolution, Route, UdpMessage,
        },
        flow::{Flow, Side},
    },
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
        | Kind::AddressConflict(AddressConflict { by, .. }) => resolution(*by),
        Kind::AddressAnnounced(Binding { ip, .. }) | Kind::AddressProbe(Binding { ip, .. }) => {
            resolution_of(*ip)
        }
        Kind::Ping(_) | Kind::PingUnanswered(_) => "ping",
        Kind::DatagramReassembled(_) | Kind::DatagramIncomplete(_) => "frag",
        Kind::Oddity(it) => match it {
            Oddity::SenderMismatch { by, .. } => resolution(*by),
            Oddity::UnaskedReply { binding, .. }
            | Oddity::ProxyArp { binding, .. }
            | Oddity::ConflictSettled { binding, .. } => resolution_of(binding.ip),
            Oddity::IcmpError { .. } => "icmp",
            Oddity::BadChecksum { layer, .. } => layer,
            Oddity::Fragment { .. } => "frag",
        },
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
        Kind::AddressAnnounced(it) => _ = prose.tell(&words::announced(it.ip, it.mac)),
        Kind::AddressProbe(it) => _ = prose.tell(&words::probes(it.mac, it.ip)),
        Kind::AddressConflict(it) => {
            prose.tell(&words::conflict(it.new_mac, it.ip, it.old_mac));
        }

        Kind::TcpStep(it) => tcp::step(it, prose),
        Kind::TcpHandshake(it) => {
            tcp::handshake(it, &event.because, event.ending, detail, prose);
        }
        Kind::TcpMessage(it) => tcp::message(it, event.frame, detail, prose),
        Kind::TcpOddity(it) => tcp::oddity(it, prose),
        Kind::TcpTeardown(it) => tcp::teardown(it, prose),
        Kind::TcpClosed(it) => return tcp::closed(it, prose),
        Kind::TcpIcmp(it) => icmp_error(it, true, prose),

        Kind::UdpMessage(it) => udp_message(it, event.frame, detail, prose),
        Kind::UdpUnreachable(it) => icmp_error(it, false, prose),
        Kind::UdpClosed(it) => {
            if it.reason != CloseReason::Evicted {
                return false;
            }
            prose.tell(&words::exchange_forgotten());
        }

        Kind::Ping(it) => {
            let after = it.rtt.map(words::after);
            prose.tell(&words::ping_replied(it.src, it.dst, it.id, it.seq, &after));
        }
        Kind::PingUnanswered(it) => {
            let ending = before_the_end(event.ending);
            prose.tell(&words::ping_unanswered(
                it.src, it.dst, it.id, it.seq, &ending,
            ));
        }

        Kind::DatagramReassembled(it) => {
            let count = it.frames.len() as u64;
            let frames = it.frames.as_slice();
            prose.tell(&words::reassembled(
                it.src, it.dst, count, frames, it.len, it.id,
            ));
        }
        Kind::DatagramIncomplete(it) => incomplete(it, prose),
        Kind::Oddity(it) => {
            let detail = |prose: &mut Prose| oddity(it, prose);
            prose.tell(&words::oddity(odd(it), Arg::With(&detail)));
        }
    }
    reason(event, prose);
    true
}

/// What was seen of an oddity, in words.
pub fn detail(it: &Oddity, lang: Lang) -> String {
    let mut prose = Prose::new(lang);
    oddity(it, &mut prose);
    prose.into_text()
}

/// Why the frame went to a gateway, where it did.
fn route(to: IpAddr, route: Option<&Route>, prose: &mut Prose) {
    let Some(off) = route.and_then(|route| route.off_subnet) else {
        return;
    };
    let net = off.net.map(|net| net.to_string());
    let net = net
        .as_deref()
        .map_or(Arg::Label(words::SENDERS_SUBNET), Arg::Text);
    let inferred = (!off.net_known).then(words::inferred);
    let gateway = off.gateway_ip.map(words::named);
    let why = words::off_subnet(to, net, &inferred, &gateway, off.gateway_mac);
    if prose.is_question() {
        prose.tell(&words::also(&why));
    } else {
        prose.tell(&words::moreover(&why));
    }
}

/// What was said, where all of it is shown as it is.
fn plain(content: &Content, detail: Detail) -> Option<&[u8]> {
    content.unread().filter(|it| {
        // No character takes more columns than bytes.
        detail.room.is_none_or(|room| it.len() <= room) && text::is_plain(it)
    })
}

/// `“服务端提供服务” (21 bytes)`, escaped and cut to the room.
fn content(side: Side, said: Said<'_>, detail: Detail, prose: &mut Prose) {
    let Said {
        content,
        len,
        cut,
        frames,
        told_in,
    } = said;
    let plain = plain(content, detail);
    let end = if cut > 0 { "…”" } else { "”" };
    let read = |prose: &mut Prose| match content.read() {
        Known::Text(words) => {
            let words = text::escape_quotation(words);
            let words = shortened(&words, detail);
            prose.say("“").paint(colour_of(side), &words).say(end);
        }
        Known::Bytes(bytes) => {
            let mut shown = text::hex(bytes);
            if (bytes.len() as u64) < len {
                shown.push('…');
            }
            prose
                .say("0x")
                .paint(colour_of(side), &shortened(&shown, detail));
        }
    };
    let quoted = |prose: &mut Prose| match plain {
        Some(bytes) => {
            let add = |text: &mut Vec<u8>| text.extend_from_slice(bytes);
            prose.say("“").with(colour_of(side), add).say(end);
        }
        None => read(prose),
    };
    let kept = (cut > 0).then(|| words::not_kept(cut));
    let frames = (frames != told_in.as_slice()).then(|| words::in_frames(frames));
    prose.tell(&words::said(Arg::With(&quoted), len, &kept, &frames));
}

fn speaker(flow: &Flow, side: Side) -> Arg<'static> {
    Arg::Socket(colour_of(side), flow.endpoint(side))
}

/// Told of what stayed without an answer only because nothing more was captured.
fn before_the_end(ending: bool) -> Option<Told<'static, 0>> {
    ending.then(words::before_the_end)
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
        prose.tell(&words::because(frames));
    }
}

/// `once`, `twice`, `3 times`.
fn how_often(times: u32, prose: &mut Prose) {
    match times {
        1 => prose.tell(&words::once()),
        2 => prose.tell(&words::twice()),
        times => prose.tell(&words::times(times)),
    };
}

fn address_asked(it: &AddressAsked, prose: &mut Prose) {
    let who = it.asked_by.ip;
    let again = (it.tries > 1).then(|| words::try_number(it.tries));
    prose.tell(&match (it.by, it.broadcast) {
        (Resolution::Arp, true) => words::asks_everyone(who, it.ip, &again),
        (Resolution::Neighbor, true) => words::asks_neighbours(who, it.ip, &again),
        (_, false) => words::asks_one(who, it.ip, &again),
    });
}

fn address_resolved(it: &AddressResolved, prose: &mut Prose) {
    let times = |prose: &mut Prose| how_often(it.tries, prose);
    let asked = (it.tries > 1).then(|| words::asked(Arg::With(&times)));
    let Binding { ip, mac } = it.binding;
    prose.tell(&words::resolved(
        ip,
        mac,
        it.asked_by.ip,
        it.latency,
        &asked,
    ));
}

fn address_unanswered(it: &AddressUnanswered, ending: bool, prose: &mut Prose) {
    let times = |prose: &mut Prose| how_often(it.tries, prose);
    // The last question may have been answered after the end; a question before it was not.
    let why = (!ending || it.tries > 1).then(words::down_or_elsewhere);
    let (asker, times) = (it.asked_by.ip, Arg::With(&times));
    prose.tell(&words::unresolved(
        &before_the_end(ending),
        it.ip,
        asker,
        times,
        &why,
    ));
}

fn udp_message(it: &UdpMessage, told_in: Option<u64>, detail: Detail, prose: &mut Prose) {
    let said = |prose: &mut Prose| {
        if it.len == 0 {
            prose.tell(&words::empty_datagram());
            return;
        }
        let said = Said {
            content: &it.content,
            len: it.len,
            cut: it.cut,
            frames: &it.frames,
            told_in,
        };
        content(it.from, said, detail, prose);
    };
    let (from, to) = (
        speaker(&it.flow, it.from),
        speaker(&it.flow, it.from.other()),
    );
    let said = Arg::With(&said);
    match it.answers {
        Some((question, wait)) => {
            prose.tell(&words::answers(from, [question].as_slice(), wait, said));
        }
        None => _ = prose.tell(&words::speaks_to(from, to, said)),
    }
    route(
        it.flow.endpoint(it.from.other()).ip,
        it.route.as_ref(),
        prose,
    );
}

fn icmp_error<Id>(it: &IcmpError<Id>, is_segment: bool, prose: &mut Prose) {
    let (who, reason) = (it.from_ip, icmp::reason(&it.reason));
    let (orig, resp) = (speaker(&it.flow, Side::Orig), speaker(&it.flow, Side::Resp));
    let mtu = it.mtu.map(words::next_hop_takes);
    prose.tell(&if is_segment {
        words::icmp_on_segment(who, reason, orig, resp, &mtu)
    } else {
        words::icmp_on_datagram(who, reason, orig, resp, &mtu)
    });
}

fn oddity(it: &Oddity, prose: &mut Prose) {
    match it {
        Oddity::SenderMismatch {
            by: _,
            said,
            source,
        } => prose.tell(&words::sender_mismatch(*source, *said)),
        Oddity::UnaskedReply { binding, told } => {
            prose.tell(&words::unasked_reply(binding.mac, *told, binding.ip))
        }
        Oddity::ProxyArp { binding, other } => {
            prose.tell(&words::proxy_arp(binding.mac, binding.ip, *other))
        }
        Oddity::ConflictSettled { binding, is_new } => prose.tell(&if *is_new {
            words::settled_new(binding.ip, binding.mac)
        } else {
            words::settled_old(binding.ip, binding.mac)
        }),
        Oddity::IcmpError {
            from_ip,
            reason,
            src,
            dst,
            protocol,
        } => {
            let reason = icmp::reason(reason);
            let protocol = ipv4::protocol_name(*protocol);
            let protocol = protocol.map_or(Arg::Label(words::ANOTHER_PROTOCOL), Arg::Text);
            prose.tell(&words::icmp_error(*from_ip, reason, *src, *dst, protocol))
        }
        Oddity::BadChecksum {
            layer,
            src,
            dst,
            want,
            got,
        } => {
            let [want, got] = [*want, *got].map(|sum| hexadecimal(sum.into()));
            prose.tell(&words::packet_checksum(*layer, *src, *dst, &got, &want))
        }
        Oddity::Fragment {
            name: _,
            src,
            dst,
            id,
            from,
            to,
        } => {
            let (from, to) = (*from as u64, *to as u64);
            let last = last_byte(from, to);
            prose.tell(&words::fragment(from, last, *id, *src, *dst))
        }
    };
}

const fn resolution(by: Resolution) -> &'static str {
    match by {
        Resolution::Arp => "arp",
        Resolution::Neighbor => "ndp",
    }
}

const fn resolution_of(ip: IpAddr) -> &'static str {
    if ip.is_ipv4() { "arp" } else { "ndp" }
}

/// What is out of the ordinary, in a word or two.
pub const fn odd(it: &Oddity) -> Label {
    match it {
        Oddity::SenderMismatch { .. } => words::SENDER_MISMATCH,
        Oddity::UnaskedReply { .. } => words::UNASKED_REPLY,
        Oddity::ProxyArp { .. } => words::PROXY_ARP,
        Oddity::ConflictSettled { .. } => words::CONFLICT_SETTLED,
        Oddity::IcmpError { .. } => words::ICMP_ERROR,
        Oddity::BadChecksum { .. } => words::BAD_CHECKSUM,
        Oddity::Fragment { name, .. } => match name.as_bytes() {
            b"fragment_overlap" => words::FRAGMENT_OVERLAP,
            b"fragment_misaligned" => words::FRAGMENT_MISALIGNED,
            _ => words::ODD_FRAGMENT,
        },
    }
}

fn hexadecimal(number: u32) -> String {
    format!("{number:#06x}")
}

fn incomplete(it: &FragmentedDatagram, prose: &mut Prose) {
    let stretches = Stretches(it.missing.clone());
    let what = |prose: &mut Prose| {
        if it.missing.is_empty() {
            prose.tell(&words::contradictory());
        } else {
            prose.tell(&words::missing(Arg::Part(&stretches)));
        }
    };
    let (count, frames) = (it.frames.len() as u64, it.frames.as_slice());
    let what = Arg::With(&what);
    prose.tell(&words::incomplete(
        it.src, it.dst, it.id, count, frames, what,
    ));
}

/// Stretches of bytes, the end of each not included. They are told as people count: from the first to the
/// last byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretches(pub Vec<(u32, Option<u32>)>);

impl Tell for Stretches {
    fn tell(&self, _: Role, prose: &mut Prose) {
        /// More of them say no more.
        const SHOWN: usize = 4;
        for (at, &(from, to)) in self.0.iter().take(SHOWN).enumerate() {
            if at > 0 {
                prose.say(words::COMMA.of(prose.lang()));
            }
            match to {
                Some(to) => prose.tell(&words::stretch(from, last_byte(from.into(), to.into()))),
                None => prose.tell(&words::open_stretch(from)),
            };
        }
        if self.0.len() > SHOWN {
            prose.tell(&words::and_others());
        }
    }
}

/// The last byte of a stretch whose end is not included.
pub fn last_byte(from: u64, end: u64) -> u64 {
    end.saturating_sub(1).max(from)
}
