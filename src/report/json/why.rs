//! A proof as one object (`inspector why --json`); its contract is `why.json` beside this file.

use super::object::{Object, nanos};
use crate::report::{
    digits,
    why::{Chain, Claim, Mask, Others, Subject, Value},
};

/// The version of the contract.
pub const SCHEMA: u32 = 1;

/// Writes a chain, and what else failed.
pub(super) fn fields(source: &str, chain: &Chain, others: &Others, line: &mut Object<'_>) {
    line.word("event", "why");
    line.number("schema", SCHEMA);
    line.escaped("source", source);
    about(&chain.about, line);
    line.word("verdict", chain.verdict.name());
    line.flag("failed", chain.verdict.is_failure());
    line.objects("claims", &chain.claims, claim);
    if let Some(it) = &chain.mask {
        line.object("mask", |object| mask(it, object));
    }
    line.objects("others", &others.named, |(subject, verdict), other| {
        about(subject, other);
        other.word("verdict", verdict.name());
    });
    line.number("others_unnamed", others.more);
}

fn about(subject: &Subject, line: &mut Object<'_>) {
    line.string("about", &subject.id());
    match subject {
        Subject::Tcp(_, flow) | Subject::Udp(_, flow) => line.flow(flow),
        Subject::Address(ip) => line.ip("ip", *ip),
        Subject::Ping(src, dst) | Subject::Datagram(src, dst) | Subject::Packet(src, dst) => {
            line.ip("src", *src);
            line.ip("dst", *dst);
        }
        Subject::Frame(frame) => line.number("frame", *frame),
    }
}

fn claim(claim: &Claim, line: &mut Object<'_>) {
    line.word("claim", claim.name);
    line.word("certainty", claim.certainty.name());
    line.numbers("proof", &claim.frames());
    for (name, value) in &claim.values {
        match value {
            Value::Frame(frame) => line.number(name, *frame),
            Value::Frames(frames) => line.numbers(name, frames),
            Value::Range(range) => line.numbers(name, &range.0),
            Value::Ip(ip) => line.ip(name, *ip),
            Value::Mac(mac) => line.mac(name, *mac),
            Value::Socket(_, end) => line.socket(name, *end),
            Value::Number(number) => line.number(name, *number),
            Value::Span(span) => line.nanos(&format!("{name}_ns"), Some(*span)),
            Value::Spans(spans) => line.list(&format!("{name}_ns"), spans, |span, out| {
                digits::decimal(nanos(*span), out);
            }),
            Value::Stretches(all) => line.pairs(name, all.0.iter().copied()),
            Value::Reason(text) => line.escaped(name, text),
            Value::Text(text) => line.escaped(name, text),
            Value::Verdict(verdict) => line.word(name, verdict.name()),
        }
    }
}

fn mask(mask: &Mask, line: &mut Object<'_>) {
    line.ip("src", mask.src);
    line.ip("dst", mask.dst);
    line.shown("net", mask.net);
    line.flag("net_known", mask.net_known);
    line.shown("src_net", mask.masked(mask.src));
    line.shown("dst_net", mask.masked(mask.dst));
    line.flag("same", mask.is_same());
}
