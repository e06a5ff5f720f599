//! Looks at frames and events as they come, and keeps what proofs may need.

use std::{cmp::Reverse, collections::VecDeque, net::IpAddr, str::FromStr};

use ipnet::IpNet;

mod notes;
mod single;

use self::{notes::Notes, single::Owner};
use super::{
    chain::{Chain, Subject},
    judge::{Case, Judge},
    sight::Sight,
    verdict::Verdict,
};
use crate::{
    capture::Frame,
    decode::Packet,
    track::event::{ConnectionId, Conversation, Event, ExchangeId},
};

/// At most so many frames before the one that was asked for are remembered.
const MOST_RECENT: usize = 65_536;

/// At most so many other failures are named.
const MOST_OTHERS: usize = 8;

/// At most so many chains are kept where all are asked for.
const MOST_CHAINS: usize = 256;

/// What is asked about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum What {
    /// The most telling failure; where nothing failed, the first conversation.
    #[default]
    Worst,
    /// Every failure, each with its chain.
    EveryFailure,
    /// A frame.
    Frame(u64),
    /// A connection or an exchange.
    Conversation(Conversation),
    /// The most telling failure of a host, or the first conversation.
    Host(IpAddr),
}

impl FromStr for What {
    type Err = String;

    /// `55`, `#55`, `tcp-2`, `udp-1`, `192.168.15.73`.
    fn from_str(typed: &str) -> Result<Self, String> {
        let number = |digits: &str| {
            let digits = Some(digits).filter(|digits| digits.bytes().all(|c| c.is_ascii_digit()));
            digits?.parse().ok().filter(|number| *number > 0)
        };
        let what = match typed.split_once('-') {
            Some(("tcp", id)) => number(id).map(|id| Conversation::Tcp(ConnectionId(id))),
            Some(("udp", id)) => number(id).map(|id| Conversation::Udp(ExchangeId(id))),
            _ => None,
        };
        what.map(Self::Conversation)
            .or_else(|| number(typed.strip_prefix('#').unwrap_or(typed)).map(Self::Frame))
            .or_else(|| typed.parse().ok().map(Self::Host))
            .ok_or_else(|| {
                "write a frame such as 55, a conversation such as tcp-1 or udp-1, or an IP address"
                    .to_owned()
            })
    }
}

/// Failures that no chain is told of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Others {
    /// The most telling of them, each once.
    pub named: Vec<(Subject, Verdict)>,
    /// How many there are besides.
    pub more: u64,
}

impl Others {
    /// One more; those that tell most keep their names.
    fn add(&mut self, about: Subject, verdict: Verdict) {
        let failure = (about, verdict);
        if self.named.contains(&failure) {
            self.more += 1;
            return;
        }
        let at = self.named.partition_point(|(_, other)| *other <= verdict);
        self.named.insert(at, failure);
        if self.named.len() > MOST_OTHERS {
            self.named.pop();
            self.more += 1;
        }
    }
}

/// Frames and events of which questions are asked at the end.
#[derive(Debug, Default)]
pub struct Inquiry {
    what: What,
    judge: Judge,
    /// The frame that was asked for.
    asked_for: Option<Sight>,
    /// The segments before it.
    recent: VecDeque<Sight>,
    /// What events say of it.
    notes: Notes,
    /// What it belongs to, and what needed it.
    owners: Vec<Owner>,
    chains: Vec<(u64, Chain)>,
    others: Others,
}

impl Inquiry {
    /// Asks about something; `nets` are the subnets that are known.
    pub fn new(what: What, nets: Vec<IpNet>) -> Self {
        Self {
            what,
            judge: Judge::new(nets),
            ..Self::default()
        }
    }

    /// Looks at a frame, before the events that it completes.
    pub fn packet(&mut self, number: u64, frame: &Frame<'_>, packet: &Packet<'_>) {
        self.judge.packet(number, frame, packet);
        let (What::Frame(asked), Some(sight)) = (self.what, self.judge.now()) else {
            return;
        };
        if number == asked {
            self.asked_for = Some(sight.clone());
        } else if number < asked && sight.segment().is_some() {
            if self.recent.len() >= MOST_RECENT {
                self.recent.pop_front();
            }
            self.recent.push_back(sight.clone());
        }
    }

    /// Takes note of an event.
    pub fn event(&mut self, event: &Event) {
        if let What::Frame(asked) = self.what {
            self.notes.event(asked, event);
        }
        if let Some(case) = self.judge.event(event) {
            self.take(case);
        }
    }

    /// The answers, once the end has come: the most telling first.
    pub fn finish(mut self) -> (Vec<Chain>, Others) {
        for conflict in self.judge.addresses.conflicts.clone() {
            self.offer(conflict.frame, conflict.chain());
        }
        if matches!(self.what, What::Frame(_)) {
            return (
                self.explain_frame().into_iter().collect(),
                Others::default(),
            );
        }
        self.chains
            .sort_by_key(|(first, chain)| (chain.verdict, Reverse(chain.lasted), *first));
        let mut chains: Vec<_> = self.chains.into_iter().map(|(_, chain)| chain).collect();
        // What a conversation failed of already is no failure of its own.
        let of_talks: Vec<_> = chains
            .iter()
            .filter(|chain| chain.about.conversation().is_some())
            .map(|chain| (chain.about, chain.verdict))
            .collect();
        let is_told = |about: &Subject, verdict| match about {
            Subject::Address(ip) => of_talks
                .iter()
                .any(|(talk, of)| *of == verdict && talk.names(*ip)),
            _ => false,
        };
        chains.retain(|chain| !is_told(&chain.about, chain.verdict));
        let named = &mut self.others.named;
        named.retain(|(about, verdict)| !is_told(about, *verdict));
        (chains, self.others)
    }

    /// How many conversations are followed.
    #[cfg(test)]
    pub(super) fn open(&self) -> usize {
        self.judge.open()
    }

    /// Something has come out.
    fn take(&mut self, case: Case) {
        match self.what {
            What::Frame(asked) => self.own(case, asked),
            _ => self.offer(case.within.first(), case.chain),
        }
    }

    /// Keeps a chain if it is asked for and tells more than the one kept.
    fn offer(&mut self, first: u64, chain: Chain) {
        let is_asked_for = match self.what {
            What::Worst => true,
            What::EveryFailure => chain.verdict.is_failure(),
            What::Conversation(asked) => chain.about.conversation() == Some(asked),
            What::Host(host) => chain.about.names(host),
            What::Frame(_) => false,
        };
        if !is_asked_for {
            return;
        }
        let most = match self.what {
            What::EveryFailure => MOST_CHAINS,
            _ => 1,
        };
        // A conversation says more than the address that it needed.
        let rank = |(first, chain): &(u64, Chain)| {
            let is_plain = chain.verdict == Verdict::Resolved;
            let verdict = chain.verdict;
            (
                !verdict.is_failure(),
                is_plain,
                verdict,
                Reverse(chain.lasted),
                *first,
            )
        };
        self.chains.push((first, chain));
        self.chains.sort_by_key(rank);
        if self.chains.len() > most
            && let Some((_, least)) = self.chains.pop()
            && least.verdict.is_failure()
        {
            self.others.add(least.about, least.verdict);
        }
    }
}
