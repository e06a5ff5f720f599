//! The network interfaces of this machine.

use std::{ffi::OsString, os::unix::ffi::OsStringExt as _};

use ipnet::IpNet;

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name. The kernel allows any bytes but `/`, blanks and NUL, so it may be no text.
    pub name: OsString,
    /// Its number in the kernel.
    pub index: u32,
    /// It was switched on (`ip link set … up`).
    pub up: bool,
    /// It is up and has a carrier: a cable, a radio link, the other end of a veth pair.
    pub running: bool,
    /// It leads back to this machine.
    pub loopback: bool,
    /// Its hardware address; absent where it has none, as loopback and tunnels.
    pub mac: Option<[u8; 6]>,
    /// Its addresses, each with the mask of its subnet.
    pub addresses: Vec<IpNet>,
}

/// All interfaces, in the kernel's order. Empty when the system does not tell.
pub fn list() -> Vec<Interface> {
    known().into_iter().map(Interface::from).collect()
}

/// The interface of that name.
pub fn find(name: &str) -> Option<Interface> {
    list().into_iter().find(|interface| interface.name == name)
}

/// The interface of that name, as pnet wants it.
pub(super) fn known_as(name: &str) -> Option<pnet::datalink::NetworkInterface> {
    known()
        .into_iter()
        .find(|interface| interface.name.as_bytes() == name.as_bytes())
}

fn known() -> Vec<pnet::datalink::NetworkInterface> {
    pnet::datalink::interfaces()
}

impl From<pnet::datalink::NetworkInterface> for Interface {
    fn from(interface: pnet::datalink::NetworkInterface) -> Self {
        let mac = interface.mac.map(|mac| mac.octets());
        let addresses = interface.ips.iter();
        Self {
            index: interface.index,
            up: interface.is_up(),
            running: interface.is_running(),
            loopback: interface.is_loopback(),
            mac: mac.filter(|octets| *octets != [0; 6]),
            addresses: addresses
                .filter_map(|address| IpNet::new(address.ip(), address.prefix()).ok())
                .collect(),
            // Said to be text without being checked for it: only its bytes are safe to use.
            name: OsString::from_vec(interface.name.into_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_there_and_told_right() {
        let lo = find("lo").unwrap();
        assert!(lo.loopback);
        assert_eq!(lo.mac, None);
        assert!(lo.index > 0);
        if lo.up {
            let local = "127.0.0.1/8".parse::<IpNet>().unwrap();
            assert!(lo.addresses.contains(&local), "{:?}", lo.addresses);
        }
        assert_eq!(find("no such"), None);
        assert!(list().contains(&lo));
    }
}
