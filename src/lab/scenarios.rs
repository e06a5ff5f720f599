//! What can happen in the lab.

mod ends;
mod failures;
mod sessions;
mod wires;

use std::{net::Ipv4Addr, time::Duration};

use super::{
    Error, Settings,
    network::Network,
    stage::{Actor, Stage},
};

/// A network, and what people do in it.
#[derive(Debug)]
pub struct Scenario {
    /// What it is called.
    pub name: &'static str,
    /// What it shows, in a sentence.
    pub about: &'static str,
    /// Whether the settings of chance mean something to it.
    pub has_chance: bool,
    /// Where the people are whom its book of names names, if nothing else is there.
    pub partners: Option<Ipv4Addr>,
    /// How often somebody thinks before the next thing happens.
    pub(super) pauses: u32,
    pub(super) set: fn(&mut Network, &Settings) -> Result<(), Error>,
    pub(super) play: fn(&Stage) -> Result<(), Error>,
}

impl Scenario {
    /// The longest that people may think before they type, for it to end in its time.
    pub fn longest_pause(&self) -> Duration {
        PAUSES / self.pauses.max(1)
    }
}

/// How long all pauses of a scenario may take together.
const PAUSES: Duration = Duration::from_secs(13);

/// All of them; the first is the one that is played unless another is named.
pub const SCENARIOS: &[Scenario] = &[
    sessions::CHAT,
    failures::REFUSED,
    failures::UNANSWERED,
    failures::HOST_ABSENT,
    failures::UDP_CLOSED,
    sessions::QUEUE,
    sessions::DEADLOCK,
    ends::VANISH,
    ends::RESET,
    ends::HALF_CLOSE,
    wires::SIMULTANEOUS_OPEN,
    sessions::GATEWAY,
    sessions::FRAGMENTS,
    wires::LOSS,
    wires::CONFLICT,
    wires::PATH_MTU,
];

/// The scenario of this name.
pub fn find(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.name == name)
}

const SERVER: Ipv4Addr = Ipv4Addr::new(192, 168, 15, 73);
const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 168, 15, 42);
const SECOND: Ipv4Addr = Ipv4Addr::new(192, 168, 15, 43);
const ROUTER: Ipv4Addr = Ipv4Addr::new(192, 168, 15, 1);
const INTRUDER: Ipv4Addr = Ipv4Addr::new(192, 168, 15, 66);
const ABSENT: Ipv4Addr = Ipv4Addr::new(192, 168, 15, 99);

/// Far away, in a subnet that is for examples (RFC 5737).
const FAR: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);

const GREETING: &str = super::chat::tcp::GREETING;
const GOODBYE: &str = super::chat::tcp::GOODBYE;

/// The server and one client.
fn two(net: &mut Network, _: &Settings) -> Result<(), Error> {
    net.lan("server", SERVER)?;
    net.lan("client", CLIENT)
}

/// The server and both clients.
fn three(net: &mut Network, settings: &Settings) -> Result<(), Error> {
    two(net, settings)?;
    net.lan("client2", SECOND)
}

/// A client, and behind the router, on a wire for packets up to `mtu` bytes, a server.
fn far(net: &mut Network, mtu: u32) -> Result<(), Error> {
    net.lan("client", CLIENT)?;
    router(net, mtu)?;
    net.route("client", ROUTER)
}

/// A router, and behind it a host.
fn router(net: &mut Network, mtu: u32) -> Result<(), Error> {
    net.lan("router", ROUTER)?;
    net.behind("router", "far", FAR, mtu)
}

/// The client asks and the server answers.
fn turn(client: &Actor, question: &str, server: &Actor, answer: &str) -> Result<(), Error> {
    client.types(question);
    server.reads(question)?;
    server.types(answer);
    client.reads(answer)
}
