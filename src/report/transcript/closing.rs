//! What it cost: a line for each conversation, and what both protocols took altogether.

use std::time::Duration;

use super::{
    item::{FanIn, Price, Totals},
    page::Page,
    talks::Talks,
};
use crate::{
    report::{
        prose::Prose,
        style::Role,
        words::{Arg, transcript as words},
    },
    track::event::Conversation,
};

/// From this silence before the end on it is told when an exchange was last seen.
const LONG_AGO: Duration = Duration::from_secs(1);

/// At most this many server sockets with several clients are told of.
const MAX_FAN_INS: usize = 50;

/// Writes the closing part.
pub fn write(talks: &Talks, page: &mut Page, out: &mut Vec<u8>) {
    if talks.totals().talks() > 0 {
        out.push(b'\n');
        page.heading(words::WHAT_IT_COST, out);
    }
    tell(talks, |sentence| page.across(sentence, out));
}

/// Tells the closing part, sentence by sentence.
pub fn tell(talks: &Talks, mut say: impl FnMut(&dyn Fn(&mut Prose))) {
    let totals = *talks.totals();
    if totals.talks() == 0 {
        say(&|prose| _ = prose.tell(&words::nobody_spoke()));
        return;
    }
    for price in talks.prices() {
        say(&|prose| self::price(price, prose));
    }
    let more = totals.talks() - talks.prices().len() as u64;
    if more > 0 {
        say(&|prose| _ = prose.tell(&words::more_prices(more)));
    }
    for socket in talks.fan_ins().take(MAX_FAN_INS) {
        say(&|prose| fan_in(socket, prose));
    }
    say(&|prose| total(&totals, prose));
    if totals.unfollowed > 0 {
        say(&|prose| _ = prose.tell(&words::unfollowed(totals.unfollowed)));
    }
}

fn price(it: &Price, prose: &mut Prose) {
    let id = it.of.to_string();
    let id = Arg::Escaped(Role::Id, &id);
    if matches!(it.of, Conversation::Udp(_)) {
        let sentence = words::price_udp(id, it.messages, it.bytes, it.frames);
        if it.silent >= LONG_AGO {
            prose.tell(&words::last_seen(&sentence, it.silent));
        } else {
            prose.tell(&sentence);
        }
        return;
    }
    let parts = |prose: &mut Prose| {
        let parts = [
            words::to_open(it.handshake),
            words::with_words(it.words),
            words::only_acks(it.others),
            words::to_close(it.teardown),
            words::sent_again(it.again),
        ];
        let counts = [it.handshake, it.words, it.others, it.teardown, it.again];
        let some = parts.iter().zip(counts).filter(|(_, count)| *count > 0);
        for (at, (part, _)) in some.enumerate() {
            if at > 0 {
                prose.say(" + ");
            }
            prose.tell(part);
        }
        if let Some(rtt) = it.rtt {
            prose.say(words::SEMICOLON.of(prose.lang()));
            if rtt.min == rtt.max {
                prose.tell(&words::round_trip_once(rtt.min));
            } else {
                prose.tell(&words::round_trip(rtt.min, rtt.median, rtt.max));
            }
        }
    };
    let parts: &dyn Fn(&mut Prose) = &parts;
    prose.tell(&words::price_tcp(
        id,
        it.messages,
        it.bytes,
        it.frames,
        parts,
    ));
}

fn fan_in(it: &FanIn, prose: &mut Prose) {
    let clients = |prose: &mut Prose| {
        let comma = words::COMMA.of(prose.lang());
        for (at, client) in it.clients.iter().enumerate() {
            if at > 0 {
                prose.say(comma);
            }
            prose.endpoint(Role::Orig, *client);
        }
        let more = it.count - it.clients.len() as u64;
        if more > 0 {
            prose.tell(&words::and_others(more));
        }
    };
    let clients: &dyn Fn(&mut Prose) = &clients;
    let server = Arg::Socket(Role::Resp, it.server);
    prose.tell(&words::one_socket(server, clients, it.count));
}

fn total(it: &Totals, prose: &mut Prose) {
    let (tcp, udp) = (it.tcp, it.udp);
    if tcp.talks > 0 && udp.talks > 0 && tcp.messages == udp.messages {
        prose.tell(&words::total_same(tcp.messages, tcp.frames, udp.frames));
        return;
    }
    if tcp.talks > 0 {
        prose.tell(&words::total_tcp(tcp.messages, tcp.frames));
    }
    if udp.talks > 0 {
        if tcp.talks > 0 {
            prose.say(words::SEMICOLON.of(prose.lang()));
        }
        prose.tell(&words::total_udp(udp.messages, udp.frames));
    }
}
