//! What wires and neighbours do to a session.

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    net::{Ipv4Addr, Shutdown, TcpStream, UdpSocket},
    sync::{Arc, Barrier},
    thread,
    time::Duration,
};

use socket2::{Domain, Protocol, Socket, Type};

use super::{
    super::{
        Error, Stage, chat,
        network::relay::{Chance, Way},
        stage::{Actor, at},
    },
    CLIENT, FAR, GOODBYE, GREETING, INTRUDER, SERVER, Scenario,
    ends::{broken, read_all},
    far, turn, two,
};

/// How long a frame is under way on the long wire: two SYNs that are sent within this time cross,
/// also where the machine has much else to do.
const LONG_WIRE: Duration = Duration::from_millis(150);

/// Longer than ARP needs over the long wire.
const RESOLVED: Duration = Duration::from_millis(700);

/// Linux lets nobody change a MAC address that it learnt within this time.
const ARP_LOCK: Duration = Duration::from_millis(1300);

pub(super) const LOSS: Scenario = Scenario {
    name: "loss",
    about: "a wire that loses, doubles and reorders frames by chance (--loss --dup --reorder \
            --seed): TCP sends again, and the chat is whole",
    has_chance: true,
    partners: None,
    pauses: 13,
    set: |net, settings| {
        two(net, settings)?;
        let chance = Chance {
            loss: settings.loss,
            dup: settings.dup,
            reorder: settings.reorder,
            seed: settings.seed,
        };
        let way = |seed| Way {
            chance: Some(Chance { seed, ..chance }),
            ..Way::default()
        };
        // Newer kernels can be told to be less patient, so that bad luck takes less time.
        for host in ["server", "client"] {
            net.setting(host, "ipv4/tcp_rto_min_us", "100000")?;
            net.setting(host, "ipv4/tcp_rto_max_ms", "1000")?;
        }
        // Other numbers for the other direction.
        net.stretch("server", SERVER, way(chance.seed), way(!chance.seed))
    },
    play: |stage| {
        let server = stage.tcp_server("server", SERVER)?;
        let client = stage.tcp_client("client", SERVER)?;
        client.reads(GREETING)?;
        for (question, answer) in [
            ("白日依山尽，", "黄河入海流。"),
            ("欲穷千里目，", "更上一层楼。"),
            ("Is the wire bad?", "Say that again, please."),
            ("电线不好吗？", "是的，但是 TCP 很有耐心。"),
        ] {
            turn(&client, question, &server, answer)?;
        }
        client.types(GOODBYE);
        client.ends()?;
        server.reads(GOODBYE)?;
        server.notices("said 88")
    },
};

pub(super) const SIMULTANEOUS_OPEN: Scenario = Scenario {
    name: "simultaneous-open",
    about: "both connect to each other at the same moment and nobody listens: the two SYNs cross \
            on a long wire and make one connection",
    has_chance: false,
    partners: None,
    pauses: 1,
    set: |net, settings| {
        two(net, settings)?;
        let long = Way {
            delay: LONG_WIRE,
            ..Way::default()
        };
        net.stretch("client", CLIENT, long, long)
    },
    play: |stage| {
        let moment = Arc::new(Barrier::new(2));
        let here = opener(stage, "server", SERVER, CLIENT, &moment)?;
        let there = opener(stage, "client", CLIENT, SERVER, &moment)?;
        here.reads(&i_am(CLIENT))?;
        there.reads(&i_am(SERVER))?;
        here.ends()?;
        there.ends()
    },
};

pub(super) const CONFLICT: Scenario = Scenario {
    name: "conflict",
    about: "in the middle of a chat a second MAC claims the server's address; the client's next \
            words go there, and are answered by RST",
    has_chance: false,
    partners: None,
    pauses: 4,
    set: |net, settings| {
        two(net, settings)?;
        net.stranger("intruder", INTRUDER)
    },
    play: |stage| {
        let server = stage.tcp_server("server", SERVER)?;
        let client = stage.tcp_client("client", SERVER)?;
        client.reads(GREETING)?;
        turn(&client, "你好", &server, "Hello, this is the real server.")?;
        thread::sleep(ARP_LOCK);
        stage.net.announce("intruder", SERVER)?;
        stage.think();
        client.types("你还在吗？");
        client.fails(ErrorKind::ConnectionReset)
    },
};

pub(super) const PATH_MTU: Scenario = Scenario {
    name: "path-mtu",
    about: "the way to the server has a narrow part (1200 bytes): the router says so by ICMP, and \
            the client sends its long text again in smaller segments",
    has_chance: false,
    partners: None,
    pauses: 0,
    set: |net, _| far(net, 1200),
    play: |stage| {
        let text = "白日依山尽，黄河入海流。".repeat(100);
        let listener = stage.listener("far", FAR)?;
        let server = stage.person("far", move |person| {
            let (mut stream, _) = listener.accept().map_err(broken)?;
            let heard = read_all(&mut stream)?;
            person.reads("client", &heard).map_err(chat::Error::Person)
        })?;
        let said = text.clone();
        let client = stage.person("client", move |_| {
            let mut stream = TcpStream::connect(at(FAR)).map_err(broken)?;
            stream.write_all(said.as_bytes()).map_err(broken)?;
            stream.shutdown(Shutdown::Write).map_err(broken)?;
            read_all(&mut stream).map(drop)
        })?;
        server.reads(&text)?;
        client.ends()?;
        server.ends()
    },
};

/// Connects from the chat's port, at the same moment as the other.
fn opener(
    stage: &Stage,
    host: &'static str,
    own: Ipv4Addr,
    other: Ipv4Addr,
    moment: &Arc<Barrier>,
) -> Result<Actor, Error> {
    let moment = Arc::clone(moment);
    let think = stage.settings.think;
    stage.person(host, move |person| {
        let heard = open_at(own, other, &moment, think).map_err(broken)?;
        person
            .reads("the other", &heard)
            .map_err(chat::Error::Person)
    })
}

fn open_at(
    own: Ipv4Addr,
    other: Ipv4Addr,
    moment: &Barrier,
    think: Duration,
) -> io::Result<String> {
    // Both learn the other's MAC address beforehand, so that nothing delays the SYNs.
    let first = UdpSocket::bind(at(own))?;
    moment.wait();
    first.send_to(b"", at(other))?;
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.bind(&at(own).into())?;
    thread::sleep(RESOLVED);
    moment.wait();
    socket.connect(&at(other).into())?;
    let mut stream = TcpStream::from(socket);
    thread::sleep(think);
    stream.write_all(i_am(own).as_bytes())?;
    let mut heard = vec![0; i_am(other).len()];
    stream.read_exact(&mut heard)?;
    // Longer than the other's words need, so that both have heard before one closes.
    thread::sleep(2 * LONG_WIRE);
    String::from_utf8(heard).map_err(io::Error::other)
}

fn i_am(ip: Ipv4Addr) -> String {
    format!("我是{ip}")
}
