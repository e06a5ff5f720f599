//! Hosts, each in a network namespace of its own, joined by a bridge that every frame crosses once:
//!
//! ```text
//! server 192.168.15.73 ──┐
//! client 192.168.15.42 ──┼── tap (the bridge, from where the lab looks)
//! router 192.168.15.1  ──┘
//!    └── far 198.51.100.7
//! ```
//!
//! A MAC address says whose it is: 02:00:00:00 and the last two bytes of the host's IPv4 address.

pub(super) mod relay;

mod netlink;
mod offload;

use std::{
    fs::{self, File},
    io,
    net::Ipv4Addr,
    os::fd::AsFd as _,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use self::{
    netlink::{End, Netlink},
    relay::Way,
};
use super::{Error, ground};

/// The bridge.
pub(super) const TAP: &str = "tap";

/// The interface that every host has.
pub(super) const CARD: &str = "eth0";

/// Everybody's subnets have 24 bits.
const PREFIX: u8 = 24;

/// The largest packet of an Ethernet, in bytes.
const MTU: u32 = 1500;

/// How long a wire may take to carry frames.
const SETTLED: Duration = Duration::from_secs(10);

/// A MAC address.
type Mac = [u8; 6];

/// The bridge and the hosts. The bridge is in the namespace of the thread that made this.
pub(super) struct Network {
    hosts: Vec<Host>,
    /// The near ends of the hosts' wires.
    ports: Vec<String>,
    netlink: Netlink,
}

/// A host: its namespace lasts as long as this.
pub(super) struct Host {
    name: &'static str,
    namespace: File,
    /// Its interfaces.
    cards: Vec<String>,
}

impl Network {
    /// The bridge alone, in the namespace of the calling thread.
    pub(super) fn new() -> Result<Self, Error> {
        let failed = || Error::doing("make the bridge");
        no_ipv6();
        let mut netlink = Netlink::route().map_err(failed())?;
        netlink.add_bridge(TAP).map_err(failed())?;
        netlink.up(TAP).map_err(failed())?;
        Ok(Self {
            hosts: Vec::new(),
            ports: Vec::new(),
            netlink,
        })
    }

    /// Joins a host with this address to the bridge.
    pub(super) fn lan(&mut self, name: &'static str, ip: Ipv4Addr) -> Result<(), Error> {
        self.stranger(name, ip)?;
        self.give(name, ip)
    }

    /// Joins a host to the bridge that has no address yet, only the MAC address that goes with it.
    pub(super) fn stranger(&mut self, name: &'static str, ip: Ipv4Addr) -> Result<(), Error> {
        let failed = || Error::doing(format!("make the host {name}"));
        let host = Host::new(name).map_err(failed())?;
        let port = port_of(name);
        let [here, there] = [
            End {
                name: &port,
                mac: port_mac(ip),
                mtu: MTU,
                namespace: None,
            },
            End {
                name: CARD,
                mac: mac_of(ip),
                mtu: MTU,
                namespace: Some(host.namespace.as_fd()),
            },
        ];
        self.netlink.add_veth(&here, &there).map_err(failed())?;
        offload::switch_off(&port).map_err(failed())?;
        self.netlink.join(&port, TAP).map_err(failed())?;
        self.netlink.up(&port).map_err(failed())?;
        host.inside(|| {
            offload::switch_off(CARD)?;
            Netlink::route()?.up(CARD)
        })
        .flatten()
        .map_err(failed())?;
        self.hosts.push(host);
        self.ports.push(port);
        Ok(())
    }

    /// Gives a host an address.
    pub(super) fn give(&self, name: &'static str, ip: Ipv4Addr) -> Result<(), Error> {
        self.inside(name, || Netlink::route()?.add_address(CARD, ip, PREFIX))
    }

    /// Makes a host the router: its other leg leads to a host in another subnet. Packets of more
    /// than `mtu` bytes do not leave that leg.
    pub(super) fn behind(
        &mut self,
        router: &'static str,
        name: &'static str,
        ip: Ipv4Addr,
        mtu: u32,
    ) -> Result<(), Error> {
        let failed = || Error::doing(format!("make the host {name}"));
        let [first, second, third, _] = ip.octets();
        let leg = Ipv4Addr::new(first, second, third, 1);
        let port = port_of(name);
        let host = Host::new(name).map_err(failed())?;
        self.inside(router, || {
            let mut netlink = Netlink::route()?;
            let [here, there] = [
                End {
                    name: &port,
                    mac: mac_of(leg),
                    mtu: MTU,
                    namespace: None,
                },
                End {
                    name: CARD,
                    mac: mac_of(ip),
                    mtu: MTU,
                    namespace: Some(host.namespace.as_fd()),
                },
            ];
            netlink.add_veth(&here, &there)?;
            offload::switch_off(&port)?;
            netlink.set_mtu(&port, mtu)?;
            netlink.add_address(&port, leg, PREFIX)?;
            netlink.up(&port)?;
            set("ipv4/ip_forward", "1")
        })?;
        host.inside(|| {
            offload::switch_off(CARD)?;
            let mut netlink = Netlink::route()?;
            netlink.add_address(CARD, ip, PREFIX)?;
            netlink.up(CARD)?;
            netlink.add_default_route(leg)
        })
        .flatten()
        .map_err(failed())?;
        let mut hosts = self.hosts.iter_mut();
        if let Some(router) = hosts.find(|host| host.name == router) {
            router.cards.push(port);
        }
        self.hosts.push(host);
        Ok(())
    }

    /// Waits until every wire carries frames, which the kernel settles some time after its ends were
    /// switched on.
    pub(super) fn wait_up(&mut self) -> Result<(), Error> {
        let end = Instant::now() + SETTLED;
        let failed = || Error::doing("switch its wires on");
        for port in &self.ports {
            self.netlink.wait_up(port, end).map_err(failed())?;
        }
        for host in &self.hosts {
            for card in &host.cards {
                host.inside(|| Netlink::route()?.wait_up(card, end))
                    .flatten()
                    .map_err(failed())?;
            }
        }
        Ok(())
    }

    /// Tells a host where the router is.
    pub(super) fn route(&self, name: &'static str, gateway: Ipv4Addr) -> Result<(), Error> {
        self.inside(name, || Netlink::route()?.add_default_route(gateway))
    }

    /// Lets a host tell everybody, by a gratuitous ARP, that an address is its own.
    pub(super) fn announce(&self, name: &'static str, ip: Ipv4Addr) -> Result<(), Error> {
        self.give(name, ip)?;
        self.inside(name, || {
            set(&format!("ipv4/conf/{CARD}/arp_notify"), "1")?;
            // A change of the MAC address is what the kernel announces, even to the one it was.
            let mut netlink = Netlink::route()?;
            let mac = netlink.mac(CARD)?;
            netlink.set_mac(CARD, mac)
        })
    }

    /// Puts a relay into the wire between the bridge and a host; frames go the ways it is told.
    pub(super) fn stretch(
        &mut self,
        name: &'static str,
        ip: Ipv4Addr,
        to_host: Way,
        from_host: Way,
    ) -> Result<(), Error> {
        let failed = || Error::doing(format!("put a relay before the host {name}"));
        let (port, near, far) = (port_of(name), format!("near-{name}"), format!("far-{name}"));
        let [first, second] = [
            End {
                name: &near,
                mac: port_mac(ip),
                mtu: MTU,
                namespace: None,
            },
            End {
                name: &far,
                mac: port_mac(ip),
                mtu: MTU,
                namespace: None,
            },
        ];
        let netlink = &mut self.netlink;
        netlink.leave(&port).map_err(failed())?;
        netlink.add_veth(&first, &second).map_err(failed())?;
        for end in [&near, &far] {
            offload::switch_off(end).map_err(failed())?;
        }
        netlink.join(&far, TAP).map_err(failed())?;
        relay::start(&near, to_host, &port, from_host).map_err(failed())?;
        for end in [&near, &far] {
            netlink.up(end).map_err(failed())?;
        }
        self.ports.extend([near, far]);
        Ok(())
    }

    /// Writes a setting of a host under /proc/sys/net, where this kernel has it.
    pub(super) fn setting(&self, name: &'static str, path: &str, value: &str) -> Result<(), Error> {
        self.inside(name, || match set(path, value) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        })
    }

    /// A host.
    pub(super) fn host(&self, name: &'static str) -> Result<&Host, Error> {
        let found = self.hosts.iter().find(|host| host.name == name);
        found.ok_or_else(|| Error::Unexpected(format!("there is no host {name}")))
    }

    /// Waits until no TCP connection of any host has anything left to send or to wait for but the
    /// time after its end, or until this moment.
    pub(super) fn wait_quiet(&self, end: Instant) {
        while Instant::now() < end && self.hosts.iter().any(Host::is_busy) {
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn inside(
        &self,
        name: &'static str,
        act: impl FnOnce() -> io::Result<()> + Send,
    ) -> Result<(), Error> {
        let host = self.host(name)?;
        host.inside(act)
            .flatten()
            .map_err(Error::doing(format!("set the host {name} up")))
    }
}

impl Host {
    /// Does something in this host: a socket that is made there stays there, wherever it is used.
    ///
    /// Fails when the host cannot be entered.
    pub(super) fn inside<T: Send>(&self, act: impl FnOnce() -> T + Send) -> io::Result<T> {
        in_a_thread(|| {
            enter(&self.namespace)?;
            Ok(act())
        })
    }

    /// Starts a thread in this host that may outlive the caller.
    pub(super) fn spawn<T: Send + 'static>(
        &self,
        act: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<JoinHandle<io::Result<T>>> {
        let namespace = self.namespace.try_clone()?;
        let name = self.name.to_owned();
        thread::Builder::new().name(name).spawn(move || {
            enter(&namespace)?;
            Ok(act())
        })
    }

    fn new(name: &'static str) -> io::Result<Self> {
        let make = || {
            ground::new_network_namespace()?;
            no_ipv6();
            Netlink::route()?.up("lo")?;
            File::open("/proc/thread-self/ns/net")
        };
        let namespace = in_a_thread(make)?;
        let cards = vec![CARD.to_owned()];
        Ok(Self {
            name,
            namespace,
            cards,
        })
    }

    /// Whether a TCP connection here is neither over nor a listener nor, established, at rest.
    fn is_busy(&self) -> bool {
        let table = self.inside(|| fs::read_to_string("/proc/thread-self/net/tcp"));
        let table = table.flatten().unwrap_or_default();
        table.lines().skip(1).any(|line| {
            let mut columns = line.split_ascii_whitespace().skip(3);
            let state = columns.next().unwrap_or_default();
            let queues = columns.next().unwrap_or_default();
            let waits_for_ack = !queues.starts_with("00000000:");
            match state {
                ESTABLISHED => waits_for_ack,
                TIME_WAIT | LISTEN | CLOSE_WAIT => false,
                _ => true,
            }
        })
    }
}

/// Does something in a thread of its own, which can be in another namespace.
///
/// Fails when the system allows no more threads.
fn in_a_thread<T: Send>(act: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().spawn_scoped(scope, act)?;
        match thread.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Moves the calling thread into a namespace.
fn enter(namespace: &File) -> io::Result<()> {
    let kind = Some(LinkNameSpaceType::Network);
    Ok(move_into_link_name_space(namespace.as_fd(), kind)?)
}

/// States as /proc/net/tcp tells them.
const ESTABLISHED: &str = "01";
const TIME_WAIT: &str = "06";
const CLOSE_WAIT: &str = "08";
const LISTEN: &str = "0A";

/// The MAC address of the host that has this address.
fn mac_of(ip: Ipv4Addr) -> Mac {
    let [_, _, third, fourth] = ip.octets();
    [0x02, 0, 0, 0, third, fourth]
}

/// That of the bridge's side of its wire.
fn port_mac(ip: Ipv4Addr) -> Mac {
    let [_, _, third, fourth] = ip.octets();
    [0x02, 0, 0, 0xff, third, fourth]
}

fn port_of(name: &str) -> String {
    format!("to-{name}")
}

/// No IPv6 in the calling thread's namespace, which would speak unasked. Where it cannot be silenced,
/// because the settings are read-only as in some containers, it is heard.
fn no_ipv6() {
    for which in ["all", "default"] {
        let _ = set(&format!("ipv6/conf/{which}/disable_ipv6"), "1");
    }
}

/// Writes a setting under /proc/sys/net in the calling thread's namespace.
fn set(path: &str, value: &str) -> io::Result<()> {
    let path = format!("/proc/sys/net/{path}");
    fs::write(&path, value)
        .map_err(|error| io::Error::new(error.kind(), format!("{path}: {error}")))
}
