//! Attempts that fail.

use std::io::ErrorKind;

use super::{
    super::{Error, Stage, chat::shop, network::relay::Way, stage::at},
    ABSENT, CLIENT, SERVER, Scenario,
    sessions::{WAIT, buy},
    three, two,
};

pub(super) const REFUSED: Scenario = Scenario {
    name: "refused",
    about: "the host is there, but nobody listens on the port: RST",
    has_chance: false,
    partners: None,
    pauses: 0,
    set: two,
    play: |stage| {
        let client = stage.tcp_client("client", SERVER)?;
        client.fails(ErrorKind::ConnectionRefused)
    },
};

pub(super) const UNANSWERED: Scenario = Scenario {
    name: "unanswered",
    about: "every SYN vanishes before the server: the client tries three times, waiting twice as \
            long each time, and gives up (7 s)",
    has_chance: false,
    partners: None,
    pauses: 0,
    set: |net, settings| {
        two(net, settings)?;
        let closed = Way {
            no_tcp: true,
            ..Way::default()
        };
        net.stretch("server", SERVER, closed, Way::default())?;
        // Newer kernels would wait equally long each time.
        net.setting("client", "ipv4/tcp_syn_linear_timeouts", "0")?;
        net.setting("client", "ipv4/tcp_syn_retries", "2")
    },
    play: |stage| {
        let _server = stage.tcp_server("server", SERVER)?;
        let client = stage.tcp_client("client", SERVER)?;
        client.fails(ErrorKind::TimedOut)
    },
};

pub(super) const HOST_ABSENT: Scenario = Scenario {
    name: "host-absent",
    about: "nobody has the address: three ARP questions without an answer, and no SYN at all",
    has_chance: false,
    partners: None,
    pauses: 0,
    set: |net, _| net.lan("client", CLIENT),
    play: |stage| {
        let client = stage.tcp_client("client", ABSENT)?;
        client.fails(ErrorKind::HostUnreachable)
    },
};

pub(super) const UDP_CLOSED: Scenario = Scenario {
    name: "udp-closed",
    about: "the shop answers once and closes; the second customer's question meets a closed port: \
            ICMP port unreachable",
    has_chance: false,
    partners: None,
    pauses: 1,
    set: three,
    play: |stage| {
        buy(stage, "client")?;
        stage.think();
        late_customer(stage)
    },
};

fn late_customer(stage: &Stage) -> Result<(), Error> {
    let customer = stage.person("client2", |person| shop::ask(at(SERVER), person, WAIT))?;
    customer.fails(ErrorKind::ConnectionRefused)
}
