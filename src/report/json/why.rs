//! A proof as one object (`inspector why --json`); its contract is `why.json` beside this file.

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::values::{Fields, Socket};
use crate::report::{
    names::Names,
    why::{Chain, Claim, Mask, Others, Subject, Value, Verdict},
};

/// The version of the contract.
pub const SCHEMA: u32 = 1;

/// A chain, and what else failed.
pub(super) struct Line<'a> {
    pub source: &'a str,
    pub chain: &'a Chain,
    pub others: &'a Others,
    pub names: &'a Names,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (chain, names) = (self.chain, self.names);
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("event", "why")?;
        line.serialize_entry("schema", &SCHEMA)?;
        line.escaped("source", self.source)?;
        about(&mut line, &chain.about, names)?;
        line.serialize_entry("verdict", chain.verdict.name())?;
        line.serialize_entry("failed", &chain.verdict.is_failure())?;
        let claims = chain.claims.iter().map(|claim| ClaimOf { claim, names });
        line.serialize_entry("claims", &claims.collect::<Vec<_>>())?;
        line.known("mask", chain.mask.as_ref().map(MaskOf))?;
        let others = self.others.named.iter();
        let others = others.map(|(about, verdict)| Other(about, *verdict, names));
        line.serialize_entry("others", &others.collect::<Vec<_>>())?;
        line.serialize_entry("others_unnamed", &self.others.more)?;
        line.end()
    }
}

fn about<M: SerializeMap>(line: &mut M, subject: &Subject, names: &Names) -> Result<(), M::Error> {
    line.serialize_entry("about", &subject.id())?;
    match subject {
        Subject::Tcp(_, flow) | Subject::Udp(_, flow) => line.flow(flow, names),
        Subject::Address(ip) => line.shown("ip", ip),
        Subject::Ping(src, dst) | Subject::Datagram(src, dst) => {
            line.shown("src", src)?;
            line.shown("dst", dst)
        }
        Subject::Frame(frame) => line.serialize_entry("frame", frame),
    }
}

struct ClaimOf<'a> {
    claim: &'a Claim,
    names: &'a Names,
}

impl Serialize for ClaimOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("claim", self.claim.name)?;
        line.serialize_entry("certainty", self.claim.certainty.name())?;
        line.serialize_entry("proof", &self.claim.frames())?;
        for (name, value) in &self.claim.values {
            match value {
                Value::Frame(frame) => line.serialize_entry(name, frame)?,
                Value::Frames(frames) => line.serialize_entry(name, frames)?,
                Value::Ip(ip) => line.shown(name, ip)?,
                Value::Mac(mac) => line.shown(name, mac)?,
                Value::Socket(_, end) => line.serialize_entry(name, &Socket(*end, self.names))?,
                Value::Number(number) => line.serialize_entry(name, number)?,
                Value::Span(span) => line.nanos(&format!("{name}_ns"), Some(*span))?,
                Value::Spans(spans) => {
                    let spans = spans.iter().map(|span| span.as_nanos() as u64);
                    line.serialize_entry(&format!("{name}_ns"), &spans.collect::<Vec<_>>())?;
                }
                Value::Stretches(all) => line.serialize_entry(name, &all.0)?,
                Value::Reason(text) => line.escaped(name, text)?,
                Value::Text(text) => line.escaped(name, text)?,
                Value::Verdict(verdict) => line.serialize_entry(name, verdict.name())?,
            }
        }
        line.end()
    }
}

struct MaskOf<'a>(&'a Mask);

impl Serialize for MaskOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mask = self.0;
        let mut line = serializer.serialize_map(None)?;
        line.shown("src", mask.src)?;
        line.shown("dst", mask.dst)?;
        line.shown("net", mask.net)?;
        line.serialize_entry("net_known", &mask.net_known)?;
        line.shown("src_net", mask.masked(mask.src))?;
        line.shown("dst_net", mask.masked(mask.dst))?;
        line.serialize_entry("same", &mask.is_same())?;
        line.end()
    }
}

struct Other<'a>(&'a Subject, Verdict, &'a Names);

impl Serialize for Other<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_map(None)?;
        about(&mut line, self.0, self.2)?;
        line.serialize_entry("verdict", self.1.name())?;
        line.end()
    }
}
