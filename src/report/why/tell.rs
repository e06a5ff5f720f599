//! The answer in words, or as JSON.

use std::{
    io::{self, Write},
    net::IpAddr,
};

use super::{
    chain::{Chain, Mask, Subject},
    inquiry::{Inquiry, Others, What},
};
use crate::{
    capture::Frame,
    decode::Packet,
    report::{
        Opened, Options, Output, Report, Totals, json,
        prose::Prose,
        style::{Palette, Role},
        text,
        words::{Arg, Tell as _, story, why as words},
    },
    track::event::Event,
};

/// Columns before each claim.
const INDENT: usize = 2;

/// Asks, and tells the answer at the end.
#[derive(Debug)]
pub struct Why<W> {
    output: Output<W>,
    options: Options,
    palette: Palette,
    json: bool,
    what: What,
    inquiry: Inquiry,
    source: String,
    is_answered: bool,
}

impl<W: Write> Why<W> {
    /// Asks about something and answers to `to`: in words, or in one line of JSON.
    pub fn new(to: W, options: Options, json: bool, what: What) -> Self {
        Self {
            output: Output::new(to),
            palette: Palette::new(options.colour),
            inquiry: Inquiry::new(what, options.nets.clone()),
            options,
            json,
            what,
            source: String::new(),
            is_answered: false,
        }
    }

    /// What was asked about appeared in the capture.
    pub const fn is_answered(&self) -> bool {
        self.is_answered
    }

    fn tell(&mut self, chain: &Chain, others: &Others) {
        let lang = self.options.lang;
        let mut prose = Prose::with_names(lang, &self.options.names);
        if self.what == What::Worst && !chain.verdict.is_failure() {
            prose.tell(&if chain.verdict.is_odd() {
                words::nothing_failed_but()
            } else {
                words::nothing_failed()
            });
            self.line(&prose, 0);
            self.output.buffer.push(b'\n');
            prose.clear();
        }
        headline(chain, &self.source, &mut prose);
        self.line(&prose, 0);
        self.output.buffer.push(b'\n');
        self.claims(chain, &mut prose);
        if let Some(mask) = &chain.mask {
            self.output.buffer.push(b'\n');
            self.mask(mask);
        }
        self.others(others);
    }

    /// Each claim, with how sure it is before it.
    fn claims(&mut self, chain: &Chain, prose: &mut Prose) {
        let lang = self.options.lang;
        let labels = [words::SEEN, words::INFERRED, words::UNKNOWN];
        let widths = labels.map(|label| text::width(label.of(lang)));
        let column = INDENT + widths.into_iter().max().unwrap_or(0) + 2;
        for claim in &chain.claims {
            let label = claim.certainty.label().of(lang);
            let role = match claim.certainty {
                super::Certainty::Seen => Role::Good,
                super::Certainty::Inferred => Role::Odd,
                super::Certainty::Unknown => Role::Quiet,
            };
            let out = &mut self.output.buffer;
            out.extend(std::iter::repeat_n(b' ', INDENT));
            self.palette.paint(role, label, out);
            let missing = column - INDENT - text::width(label);
            out.extend(std::iter::repeat_n(b' ', missing));
            prose.clear();
            claim.tell(prose);
            self.line(prose, column);
        }
    }

    /// The AND of both addresses with the mask, bit by bit, and what follows from it.
    fn mask(&mut self, mask: &Mask) {
        let lang = self.options.lang;
        let rows = self::mask(mask);
        let widest = rows.iter().map(|(_, address, _)| address.len()).max();
        let widest = widest.unwrap_or_default();
        let is_narrow = |width| width < INDENT + 4 + widest + 2 + digits(mask.src).len();
        let is_narrow = self.options.width.is_some_and(is_narrow);
        for (sign, address, bits) in rows {
            let role = if sign == "=" {
                Role::Heading
            } else {
                Role::Plain
            };
            let line = if is_narrow {
                format!("  {sign:1} {address}\n    {bits}")
            } else {
                format!("  {sign:1} {address:<widest$}  {bits}")
            };
            self.palette.paint(role, &line, &mut self.output.buffer);
            self.output.buffer.push(b'\n');
        }
        let mut prose = Prose::new(lang);
        same_or_other(mask, &mut prose);
        self.output.buffer.extend_from_slice(b"    ");
        self.line(&prose, 4);
    }

    fn others(&mut self, others: &Others) {
        if others.named.is_empty() {
            return;
        }
        let lang = self.options.lang;
        let list = |prose: &mut Prose| {
            for (at, (about, verdict)) in others.named.iter().enumerate() {
                if at > 0 {
                    prose.say(story::COMMA.of(lang));
                }
                let id = match about {
                    Subject::Address(ip) => ip.to_string(),
                    Subject::Ping(_, ip) => format!("ping {ip}"),
                    about => about.id(),
                };
                prose.tell(&words::other(&id, verdict.label()));
            }
            if others.more > 0 {
                prose.tell(&words::and_more_failures(others.more));
            }
        };
        let mut prose = Prose::new(lang);
        words::others(Arg::With(&list)).tell(Role::Quiet, &mut prose);
        self.output.buffer.push(b'\n');
        self.line(&prose, 0);
    }

    fn line(&mut self, prose: &Prose, column: usize) {
        let out = &mut self.output.buffer;
        match self.options.width {
            None => prose.write(self.palette, out),
            Some(width) => prose.wrap(self.palette, column, column, width, out),
        }
        out.push(b'\n');
    }
}

impl<W: Write + Send> Report for Why<W> {
    fn opened(&mut self, source: &Opened) -> io::Result<()> {
        self.source.clone_from(&source.source);
        Ok(())
    }

    fn wants_packets(&self) -> bool {
        true
    }

    fn packet(&mut self, number: u64, frame: &Frame<'_>, packet: &Packet<'_>) -> io::Result<()> {
        self.inquiry.packet(number, frame, packet);
        Ok(())
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.inquiry.event(event);
        Ok(())
    }

    fn closed(&mut self, _: &Totals) -> io::Result<()> {
        let (chains, others) = std::mem::take(&mut self.inquiry).finish();
        self.is_answered = !chains.is_empty();
        for chain in &chains {
            if self.json {
                json::why(
                    &self.source,
                    chain,
                    &others,
                    &self.options.names,
                    &mut self.output.buffer,
                );
            } else {
                self.tell(chain, &others);
            }
        }
        self.output.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// What it is told of, and what became of that.
pub fn headline(chain: &Chain, source: &str, prose: &mut Prose) {
    let lang = prose.lang();
    let id = chain.about.id();
    let who = |prose: &mut Prose| match chain.about {
        Subject::Tcp(_, flow) | Subject::Udp(_, flow) => {
            let (orig, resp) = ((Role::Orig, flow.orig), (Role::Resp, flow.resp));
            prose.tell(&words::ends(orig, resp));
        }
        Subject::Address(ip) => _ = prose.tell(&words::who_has(ip)),
        Subject::Ping(src, dst) | Subject::Datagram(src, dst) | Subject::Packet(src, dst) => {
            prose.tell(&words::ends(src, dst));
        }
        Subject::Frame(_) => _ = prose.paint(Role::Plain, &text::escape(source)),
    };
    let verdict = |prose: &mut Prose| {
        prose.paint(chain.verdict.role(), chain.verdict.label().of(lang));
    };
    prose.tell(&words::about(&id, Arg::With(&who), Arg::With(&verdict)));
}

/// The AND of both addresses with the mask, line by line: the sign before it, the address, its bits.
pub fn mask(mask: &Mask) -> [(&'static str, String, String); 6] {
    let bits = mask.net.netmask();
    [
        ("", mask.src),
        ("&", bits),
        ("=", mask.masked(mask.src)),
        ("", mask.dst),
        ("&", bits),
        ("=", mask.masked(mask.dst)),
    ]
    .map(|(sign, ip)| (sign, ip.to_string(), digits(ip)))
}

/// What follows from the AND.
pub fn same_or_other(mask: &Mask, prose: &mut Prose) {
    let net = mask.net.to_string();
    if mask.is_same() {
        prose.tell(&words::same_net(&net));
    } else {
        prose.tell(&words::other_net(mask.dst, &net));
    }
    if !mask.net_known {
        prose.tell(&story::inferred());
    }
}

/// The bits of an IPv4 address, and the hexadecimal digits of an IPv6 address, of which there are too
/// many bits for a line.
fn digits(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.octets().map(|octet| format!("{octet:08b}")).join("."),
        IpAddr::V6(ip) => ip.segments().map(|group| format!("{group:04x}")).join(":"),
    }
}
