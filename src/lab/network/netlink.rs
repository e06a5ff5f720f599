//! Interfaces, addresses and routes, as the kernel is asked for them over netlink.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    os::fd::{AsRawFd as _, BorrowedFd},
    thread,
    time::{Duration, Instant},
};

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST, NetlinkDeserializable, NetlinkHeader,
    NetlinkMessage, NetlinkPayload, NetlinkSerializable,
};
use netlink_packet_route::{
    AddressFamily, RouteNetlinkMessage,
    address::{AddressAttribute, AddressMessage},
    link::{
        BridgeStpState, InfoBridge, InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags,
        LinkInfo, LinkMessage, State,
    },
    route::{
        RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteScope,
        RouteType,
    },
};
use netlink_sys::{
    Socket, SocketAddr,
    protocols::{NETLINK_GENERIC, NETLINK_ROUTE},
};

use super::Mac;

/// A conversation with the kernel about one network namespace: that of the thread that opened it.
pub(super) struct Netlink {
    socket: Socket,
    sequence: u32,
}

/// One end of a veth pair.
pub(super) struct End<'a> {
    pub(super) name: &'a str,
    pub(super) mac: Mac,
    pub(super) mtu: u32,
    /// The namespace it is to be in; else that of the conversation.
    pub(super) namespace: Option<BorrowedFd<'a>>,
}

impl Netlink {
    /// A conversation about interfaces, addresses and routes.
    pub(super) fn route() -> io::Result<Self> {
        Self::open(NETLINK_ROUTE)
    }

    /// A conversation with one of the kernel's other families.
    pub(super) fn generic() -> io::Result<Self> {
        Self::open(NETLINK_GENERIC)
    }

    /// Makes a bridge that forwards at once and speaks no protocol of its own.
    pub(super) fn add_bridge(&mut self, name: &str) -> io::Result<()> {
        let mut link = named(name);
        link.attributes.push(LinkAttribute::LinkInfo(vec![
            LinkInfo::Kind(InfoKind::Bridge),
            LinkInfo::Data(InfoData::Bridge(vec![
                InfoBridge::StpState(BridgeStpState::Disabled),
                InfoBridge::MulticastSnooping(false),
            ])),
        ]));
        self.create(RouteNetlinkMessage::NewLink(link))
    }

    /// Makes a veth pair.
    pub(super) fn add_veth(&mut self, here: &End<'_>, there: &End<'_>) -> io::Result<()> {
        let mut link = end(here);
        link.attributes.push(LinkAttribute::LinkInfo(vec![
            LinkInfo::Kind(InfoKind::Veth),
            LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(end(there)))),
        ]));
        self.create(RouteNetlinkMessage::NewLink(link))
    }

    /// Makes an interface a port of a bridge.
    pub(super) fn join(&mut self, name: &str, bridge: &str) -> io::Result<()> {
        let bridge = self.get(bridge)?.header.index;
        let mut link = named(name);
        link.attributes.push(LinkAttribute::Controller(bridge));
        self.change(RouteNetlinkMessage::SetLink(link))
    }

    /// Takes an interface away from its bridge.
    pub(super) fn leave(&mut self, name: &str) -> io::Result<()> {
        let mut link = named(name);
        link.attributes.push(LinkAttribute::Controller(0));
        self.change(RouteNetlinkMessage::SetLink(link))
    }

    /// Sets the largest packet that an interface sends, in bytes.
    pub(super) fn set_mtu(&mut self, name: &str, mtu: u32) -> io::Result<()> {
        let mut link = named(name);
        link.attributes.push(LinkAttribute::Mtu(mtu));
        self.change(RouteNetlinkMessage::SetLink(link))
    }

    /// Switches an interface on.
    pub(super) fn up(&mut self, name: &str) -> io::Result<()> {
        let mut link = named(name);
        link.header.flags = LinkFlags::Up;
        link.header.change_mask = LinkFlags::Up;
        self.change(RouteNetlinkMessage::SetLink(link))
    }

    /// Waits until an interface is switched on and carries frames.
    ///
    /// Fails when it does not until this moment.
    pub(super) fn wait_up(&mut self, name: &str, end: Instant) -> io::Result<()> {
        while !self.is_up(name)? {
            if Instant::now() >= end {
                return Err(io::ErrorKind::TimedOut.into());
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// The MAC address of an interface.
    pub(super) fn mac(&mut self, name: &str) -> io::Result<Vec<u8>> {
        let mut attributes = self.get(name)?.attributes.into_iter();
        let found = attributes.find_map(|attribute| match attribute {
            LinkAttribute::Address(mac) => Some(mac),
            _ => None,
        });
        found.ok_or(io::ErrorKind::InvalidData.into())
    }

    /// Sets the MAC address of an interface.
    pub(super) fn set_mac(&mut self, name: &str, mac: Vec<u8>) -> io::Result<()> {
        let mut link = named(name);
        link.attributes.push(LinkAttribute::Address(mac));
        self.change(RouteNetlinkMessage::SetLink(link))
    }

    /// Gives an interface an address in a subnet.
    pub(super) fn add_address(&mut self, name: &str, ip: Ipv4Addr, prefix: u8) -> io::Result<()> {
        let mut address = AddressMessage::default();
        address.header.family = AddressFamily::Inet;
        address.header.prefix_len = prefix;
        address.header.index = self.get(name)?.header.index;
        address.attributes = vec![
            AddressAttribute::Local(IpAddr::V4(ip)),
            AddressAttribute::Address(IpAddr::V4(ip)),
        ];
        self.create(RouteNetlinkMessage::NewAddress(address))
    }

    /// Sends everything that is meant for no subnet of its own to a gateway.
    pub(super) fn add_default_route(&mut self, gateway: Ipv4Addr) -> io::Result<()> {
        let mut route = RouteMessage::default();
        route.header.address_family = AddressFamily::Inet;
        route.header.table = RouteHeader::RT_TABLE_MAIN;
        route.header.protocol = RouteProtocol::Static;
        route.header.scope = RouteScope::Universe;
        route.header.kind = RouteType::Unicast;
        route.attributes = vec![RouteAttribute::Gateway(RouteAddress::Inet(gateway))];
        self.create(RouteNetlinkMessage::NewRoute(route))
    }

    /// Sends a message and returns what the kernel answers, `None` for a plain yes.
    ///
    /// Fails with the kernel's own error.
    pub(super) fn ask<T>(&mut self, request: T, flags: u16) -> io::Result<Option<T>>
    where
        T: NetlinkSerializable + NetlinkDeserializable,
    {
        self.sequence += 1;
        let mut header = NetlinkHeader::default();
        header.flags = NLM_F_REQUEST | flags;
        header.sequence_number = self.sequence;
        let mut message = NetlinkMessage::new(header, NetlinkPayload::InnerMessage(request));
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        self.socket.send(&bytes, 0)?;
        let (answer, _) = self.socket.recv_from_full()?;
        let answer = NetlinkMessage::<T>::deserialize(&answer).map_err(io::Error::other)?;
        match answer.payload {
            NetlinkPayload::InnerMessage(answer) => Ok(Some(answer)),
            NetlinkPayload::Error(error) if error.code.is_some() => Err(error.to_io()),
            _ => Ok(None),
        }
    }

    fn open(protocol: isize) -> io::Result<Self> {
        let mut socket = Socket::new(protocol)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        Ok(Self {
            socket,
            sequence: 0,
        })
    }

    fn create(&mut self, request: RouteNetlinkMessage) -> io::Result<()> {
        self.ask(request, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL)
            .map(drop)
    }

    fn change(&mut self, request: RouteNetlinkMessage) -> io::Result<()> {
        self.ask(request, NLM_F_ACK).map(drop)
    }

    fn is_up(&mut self, name: &str) -> io::Result<bool> {
        let up = LinkAttribute::OperState(State::Up);
        Ok(self.get(name)?.attributes.contains(&up))
    }

    fn get(&mut self, name: &str) -> io::Result<LinkMessage> {
        match self.ask(RouteNetlinkMessage::GetLink(named(name)), 0)? {
            Some(RouteNetlinkMessage::NewLink(link)) => Ok(link),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

fn named(name: &str) -> LinkMessage {
    let mut link = LinkMessage::default();
    link.attributes.push(LinkAttribute::IfName(name.to_owned()));
    link
}

fn end(end: &End<'_>) -> LinkMessage {
    let mut link = named(end.name);
    let attributes = &mut link.attributes;
    attributes.push(LinkAttribute::Address(end.mac.to_vec()));
    attributes.push(LinkAttribute::Mtu(end.mtu));
    if let Some(namespace) = end.namespace {
        attributes.push(LinkAttribute::NetNsFd(namespace.as_raw_fd()));
    }
    link
}
