//! What went wrong, each failure with its proof.

use maud::{Markup, html};

use super::markup;
use crate::{
    capture::Frame,
    decode::Packet,
    report::{
        Options,
        prose::Prose,
        why::{self, Certainty, Chain, Claim, Inquiry, Mask, Verdict, What},
        words::{Label, page as words},
    },
    track::event::Event,
};

/// At most so many failures are told with their why.
const MAX_FAILURES: usize = 50;

/// Looks for failures.
#[derive(Debug)]
pub struct Failures {
    options: Options,
    inquiry: Inquiry,
    chains: Vec<Chain>,
    count: u64,
}

impl Failures {
    /// Nothing has failed yet.
    pub fn new(options: &Options) -> Self {
        Self {
            inquiry: Inquiry::new(What::EveryFailure, options.nets.clone()),
            options: options.clone(),
            chains: Vec::new(),
            count: 0,
        }
    }

    /// Looks at a frame, before its events.
    pub fn packet(&mut self, number: u64, frame: &Frame<'_>, packet: &Packet<'_>) {
        self.inquiry.packet(number, frame, packet);
    }

    /// Looks at an event.
    pub fn event(&mut self, event: &Event) {
        self.inquiry.event(event);
    }

    /// The end has come.
    pub fn close(&mut self) {
        let (chains, others) = std::mem::take(&mut self.inquiry).finish();
        self.count = (chains.len() + others.named.len()) as u64 + others.more;
        self.chains = chains;
        self.chains.truncate(MAX_FAILURES);
    }

    /// How much failed.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Each of them, with the claims that lead from what became of it down to the root.
    pub fn show(&self, source: &str) -> Markup {
        let mut prose = Prose::with_names(self.options.lang, &self.options.names);
        let more = self.count - self.chains.len() as u64;
        html! {
            @for chain in &self.chains {
                article.failure {
                    p.what {
                        span.sign { "✕" }
                        (sentence(&mut prose, |prose| why::headline(chain, source, prose)))
                    }
                    @if let Some(words) = plain(chain.verdict) {
                        p.plainly { (words.of(self.options.lang)) }
                    }
                    ol.claims { @for claim in &chain.claims { (self.claim(claim, &mut prose)) } }
                    @if let Some(mask) = &chain.mask { (self.mask(mask)) }
                }
            }
            @if more > 0 {
                p.note { (words::more_failures(more).text(self.options.lang)) }
            }
        }
    }

    fn claim(&self, claim: &Claim, prose: &mut Prose) -> Markup {
        let class = match claim.certainty {
            Certainty::Seen => "good",
            Certainty::Inferred => "odd",
            Certainty::Unknown => "quiet",
        };
        html! {
            li {
                span class=(class) { (claim.certainty.label().of(self.options.lang)) }
                p { (sentence(prose, |prose| claim.tell(prose))) }
            }
        }
    }

    fn mask(&self, mask: &Mask) -> Markup {
        html! {
            table.mask {
                @for (sign, address, bits) in why::mask(mask) {
                    tr { td { (sign) } td { (address) } td { (bits) } }
                }
            }
            p.quiet {
                (sentence(&mut Prose::new(self.options.lang), |prose| {
                    why::same_or_other(mask, prose);
                }))
            }
        }
    }
}

/// What went wrong, for who knows nothing of protocols.
const fn plain(verdict: Verdict) -> Option<Label> {
    Some(match verdict {
        Verdict::AddressConflict => words::PLAIN_ADDRESS_CONFLICT,
        Verdict::NoArpAnswer => words::PLAIN_NO_ARP_ANSWER,
        Verdict::Refused => words::PLAIN_REFUSED,
        Verdict::Unreachable => words::PLAIN_UNREACHABLE,
        Verdict::Unanswered => words::PLAIN_UNANSWERED,
        Verdict::HalfOpen => words::PLAIN_HALF_OPEN,
        Verdict::AckLost => words::PLAIN_ACK_LOST,
        Verdict::Reset => words::PLAIN_RESET,
        Verdict::Stalled => words::PLAIN_STALLED,
        Verdict::Unacknowledged => words::PLAIN_UNACKNOWLEDGED,
        Verdict::Deadlock => words::PLAIN_DEADLOCK,
        Verdict::UdpUnreachable | Verdict::PacketRefused => words::PLAIN_REFUSED_DATAGRAM,
        Verdict::FragmentsMissing => words::PLAIN_FRAGMENTS_MISSING,
        Verdict::FragmentsContradict => words::PLAIN_FRAGMENTS_CONTRADICT,
        Verdict::Aborted => words::PLAIN_ABORTED,
        Verdict::BytesMissing => words::PLAIN_BYTES_MISSING,
        Verdict::NeverAccepted => words::PLAIN_NEVER_ACCEPTED,
        Verdict::LeftWithoutWord => words::PLAIN_LEFT,
        Verdict::HalfClosed => words::PLAIN_HALF_CLOSED,
        Verdict::UdpUnanswered | Verdict::PingUnanswered => words::PLAIN_NO_ANSWER,
        _ => return None,
    })
}

fn sentence(prose: &mut Prose, tell: impl FnOnce(&mut Prose)) -> Markup {
    prose.clear();
    tell(prose);
    markup::sentence(prose)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::style::Role;

    #[test]
    fn every_failure_is_told_in_plain_words() {
        for &verdict in Verdict::ALL {
            let is_bad = verdict.role() == Role::Bad;
            assert_eq!(plain(verdict).is_some(), is_bad, "{verdict:?}");
        }
    }
}
