//! BPF expressions, as in pcap-filter(7), with one meaning on files and live.
//!
//! libpcap compiles an expression for each link type; `program` runs it on the frame as it is
//! told, with the VLAN tags in their place and the length it had on the wire.

mod program;
mod words;

use crate::link_type::LinkType;

use super::{Error, Frame};

pub(super) use program::Instruction;
use program::Program;

/// The longest expression that is compiled, in bytes: libpcap's time grows faster than its length.
const LONGEST: usize = 4096;

/// The longest expression that libpcap's optimiser gets to see, in bytes. It takes a tenth of a
/// second for this much, and ten seconds for four times as much.
const LONGEST_OPTIMISED: usize = 1024;

/// Link types by libpcap's numbers that an expression is tried on before any frame was seen:
/// Ethernet first, its message is the one that is told, then those that have words of their own
/// (802.11, cooked, raw IP, pflog, ATM, SS7).
const TRIED: [i32; 7] = [1, 127, 113, 12, 117, 123, 141];

/// What libpcap says when its optimiser finds that nothing can match.
const NEVER: &str = "rejects all packets";

/// The protocol family in front of BSD loopback frames, in bytes.
const FAMILY: usize = 4;

/// A filter expression, compiled for the link types it met.
#[derive(Debug)]
pub struct Filter {
    expression: String,
    compiled: Vec<(LinkType, Compiled)>,
    /// Where the last frame's link type stands: the next frame's is mostly the same.
    last: usize,
}

#[derive(Debug)]
enum Compiled {
    /// A program, and the bytes of the frame that it does not see.
    Program(Program, usize),
    /// libpcap cannot look into such frames, or no such frame can match.
    Never,
}

/// Whether a word can begin an expression: one of the language's own, a bracket, `!`.
pub fn begins_with(word: &str) -> bool {
    let first = word.trim_start_matches(['(', '!', ' ']);
    let first = first.split([' ', '[', ')']).next().unwrap_or_default();
    first.is_empty() && !word.is_empty() || words::is_keyword(first)
}

impl Filter {
    /// Checks an expression; the empty one matches everything.
    ///
    /// Fails when libpcap does not understand it on any link type, when it is longer than 4096
    /// bytes, and when it names a host or network: looking that up would send packets.
    pub fn new(expression: &str) -> Result<Self, Error> {
        let refused = |message: String| Error::Filter { message };
        if expression.len() > LONGEST {
            return Err(refused(format!(
                "it is longer than {LONGEST} bytes and would take minutes to compile"
            )));
        }
        if let Some(name) = words::name_in(expression) {
            return Err(refused(format!(
                "`{name}` is no word of it and looking up a name would send packets, so write \
                 the address"
            )));
        }
        let mut first = None;
        for link_type in TRIED {
            match compile(expression, link_type) {
                Ok(_) => {
                    return Ok(Self {
                        expression: expression.to_owned(),
                        compiled: Vec::new(),
                        last: 0,
                    });
                }
                // What contradicts itself on Ethernet means nothing elsewhere.
                Err(message) if message.contains(NEVER) => return Err(refused(message)),
                Err(message) => first = first.or(Some(message)),
            }
        }
        Err(refused(first.unwrap_or_default()))
    }

    /// Whether the expression speaks of VLAN tags.
    pub(super) fn asks_for_tags(&self) -> bool {
        words::has(&self.expression, "vlan")
    }

    /// The expression as it was given.
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// Whether a frame matches.
    ///
    /// Frames of a link type that libpcap cannot look into never match. An expression that has no
    /// meaning for a link type it can look into (`ether host` on raw IP) is an error.
    pub fn matches(&mut self, frame: &Frame<'_>) -> Result<bool, Error> {
        Ok(match self.compiled(frame.link_type)? {
            Compiled::Never => false,
            Compiled::Program(program, hidden) => {
                let data = frame.data.get(*hidden..).unwrap_or_default();
                let version = match hidden {
                    0 => None,
                    _ => version(frame.link_type, frame.data),
                };
                match (version, data.first()) {
                    (Some(version), Some(first)) if first >> 4 != version => {
                        // The family decides what a frame is: behind any other nothing is IP,
                        // however much its bytes look like it.
                        let mut data = data.to_vec();
                        if let Some(first) = data.first_mut() {
                            *first = version << 4 | *first & 0x0f;
                        }
                        program.accepts(&data, frame.original_len)
                    }
                    _ => program.accepts(data, frame.original_len),
                }
            }
        })
    }

    /// The program for frames of `link_type`, for the kernel; `None` when it is not to be had for
    /// whole frames.
    pub(super) fn instructions(
        &mut self,
        link_type: LinkType,
    ) -> Result<Option<&[Instruction]>, Error> {
        Ok(match self.compiled(link_type)? {
            Compiled::Program(program, 0) => Some(program.instructions()),
            _ => None,
        })
    }

    /// What libpcap may tell the kernel to drop before the frames are seen here: an expression that
    /// lets pass at least what this filter does.
    ///
    /// On live Ethernet the kernel sees frames without their outer VLAN tag, so tagged frames must
    /// pass whatever they hold, and an expression that speaks of tags cannot be told at all: after
    /// the word `vlan` libpcap moves all offsets.
    pub(super) fn kernel_expressions(&self) -> Vec<String> {
        let tags = ["vlan", "mpls", "pppoes", "geneve"];
        if tags.iter().any(|word| words::has(&self.expression, word)) || self.is_empty() {
            return Vec::new();
        }
        // Link types without VLAN support have no hidden tags either.
        vec![
            format!("({}) or vlan", self.expression),
            self.expression.clone(),
        ]
    }

    /// Whether to let libpcap optimise the expression.
    pub(super) fn optimised(&self) -> bool {
        self.expression.len() <= LONGEST_OPTIMISED
    }

    fn is_empty(&self) -> bool {
        self.expression.trim().is_empty()
    }

    fn compiled(&mut self, link_type: LinkType) -> Result<&Compiled, Error> {
        let is_last = |(known, _): &(LinkType, _)| *known == link_type;
        if !self.compiled.get(self.last).is_some_and(is_last) {
            self.last = if let Some(at) = self.compiled.iter().position(is_last) {
                at
            } else {
                let compiled = self.compile(link_type)?;
                self.compiled.push((link_type, compiled));
                self.compiled.len() - 1
            };
        }
        // The index was just found or made.
        Ok(self
            .compiled
            .get(self.last)
            .map_or(&Compiled::Never, |(_, compiled)| compiled))
    }

    fn compile(&self, link_type: LinkType) -> Result<Compiled, Error> {
        // Loopback frames carry the family's number of the machine they were captured on, in its
        // byte order. libpcap would look for this machine's; so the program sees the frame from
        // the IP header on, with the version that the family promises.
        let (number, hidden) = match link_type {
            LinkType::Null | LinkType::Loop => (12, FAMILY),
            LinkType::RawIp => (12, 0),
            other => (i32::from(other.number()), 0),
        };
        match compile(&self.expression, number) {
            Ok(program) => Ok(Compiled::Program(program, hidden)),
            Err(message) if message.contains(NEVER) => Ok(Compiled::Never),
            Err(_) if compile("tcp", number).is_err() => Ok(Compiled::Never),
            Err(message) => Err(Error::FilterLinkType { link_type, message }),
        }
    }
}

/// The version of IP that the family of a BSD loopback frame promises, 0 for all that is not IP: in
/// either byte order with NULL, in network order with LOOP. IPv6 has another number on each system.
fn version(link_type: LinkType, frame: &[u8]) -> Option<u8> {
    let family = u32::from_be_bytes(*frame.first_chunk::<FAMILY>()?);
    let family = match link_type {
        LinkType::Null => family.min(family.swap_bytes()),
        _ => family,
    };
    Some(match family {
        2 => 4,
        10 | 24 | 28 | 30 => 6,
        _ => 0,
    })
}

/// Compiles for a link type by libpcap's number for it, which differs from files' for raw IP only.
fn compile(expression: &str, link_type: i32) -> Result<Program, String> {
    let dead = pcap::Capture::dead(pcap::Linktype(link_type)).map_err(message)?;
    let compiled = dead
        .compile(expression, expression.len() <= LONGEST_OPTIMISED)
        .map_err(message)?;
    let instructions: Option<Vec<_>> = compiled.get_instructions().iter().map(parsed).collect();
    instructions
        .and_then(Program::checked)
        .ok_or_else(|| "libpcap made a program of it that does not hold".to_owned())
}

/// An instruction out of the only thing its crate tells of it: four numbers as text.
fn parsed(instruction: &pcap::BpfInstruction) -> Option<Instruction> {
    let text = instruction.to_string();
    let mut numbers = text.split(' ');
    Some(Instruction {
        code: numbers.next()?.parse().ok()?,
        jt: numbers.next()?.parse().ok()?,
        jf: numbers.next()?.parse().ok()?,
        k: numbers.next()?.parse().ok()?,
    })
}

/// libpcap's own words.
pub(super) fn message(error: pcap::Error) -> String {
    match error {
        pcap::Error::PcapError(message) => message,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
