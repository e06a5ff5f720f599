//! Why something came out as it did (`inspector why`): a proof in plain sentences, each with its frames
//! and field values, from the verdict down to the root.
//!
//! ```text
//! tcp-1  192.168.15.42:42494 → 192.168.15.73:8520: refused, nobody listens there
//!
//!   seen      192.168.15.73:8520 answered with RST #4 after 27 µs: its acknowledgment …
//!   inferred  192.168.15.73 is up and its TCP answers, but no program listens on port 8520
//!   unknown   whether the program was never started …
//! ```
//!
//! [`Judge`] follows frames and events as they come and says what became of each conversation, for the ladder
//! and the page too; [`Inquiry`] keeps what is asked about, however large the capture; [`Why`] is the report
//! that asks it and tells the answer. A claim is *seen*, *inferred*, or says what cannot be known from where the
//! capture was made.

mod address;
mod chain;
mod icmp;
mod inquiry;
mod judge;
mod sight;
mod stations;
mod tcp;
mod tell;
mod udp;
mod verdict;
mod way;

pub use chain::{Certainty, Chain, Claim, MOST_CLAIMS, Mask, Subject, Value};
pub use inquiry::{Inquiry, Others, What};
pub use judge::{Case, Judge};
pub use tell::Why;
pub(super) use tell::{headline, mask, same_or_other};
pub use verdict::Verdict;

use std::{collections::HashMap, net::IpAddr, time::Duration};

use ipnet::IpNet;

use self::{address::Addresses, chain::Range, judge::Served, sight::Sight};
use super::style::Role;
use crate::{decode::MacAddr, time::Timestamp, track::flow::Endpoint};

/// What every proof may need.
struct Scene<'a> {
    addresses: &'a Addresses,
    nets: &'a [IpNet],
    /// The latest connection that each socket took.
    served: &'a HashMap<Endpoint, Served>,
    /// The time of the last frame.
    end: Timestamp,
}

const fn frame(number: u64) -> Value {
    Value::Frame(number)
}

fn frames(numbers: &[u64]) -> Value {
    Value::Frames(numbers.to_vec())
}

const fn range(first: u64, last: u64) -> Value {
    Value::Range(Range([first, last]))
}

const fn socket(end: Endpoint) -> Value {
    Value::Socket(Role::Plain, end)
}

/// The spans between points in time.
fn gaps(times: &[Timestamp]) -> Vec<Duration> {
    let pairs = times.iter().zip(times.iter().skip(1));
    pairs.map(|(one, next)| next.since(*one)).collect()
}

/// A frame that never left its host.
fn is_local(sight: &Sight) -> bool {
    let is_same =
        |(src, dst): (IpAddr, IpAddr)| src == dst || src.is_loopback() && dst.is_loopback();
    sight.ends.is_some_and(is_same)
}

/// A frame whose hardware addresses are zeros: those of loopback are, and those that somebody removed.
fn is_blank(sight: &Sight) -> bool {
    sight.destination_mac == Some(MacAddr::ZERO)
}

/// How its hardware address is asked for.
const fn asked_by(ip: IpAddr) -> &'static str {
    if ip.is_ipv6() { "NDP" } else { "ARP" }
}

#[cfg(test)]
mod tests;
