//! Sessions that go well, or well enough.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, Shutdown},
    sync::mpsc,
    time::Duration,
};

use super::{
    super::{
        Error, Stage,
        chat::{self, shop, tcp, udp},
        stage::{Actor, at},
    },
    FAR, GOODBYE, GREETING, ROUTER, SERVER, Scenario, far, router, three, turn, two,
};

/// How long a UDP client or a customer waits for an answer.
pub(super) const WAIT: Duration = Duration::from_secs(5);

/// How long the two of a deadlock wait before one gives up.
const LONG_ENOUGH: Duration = Duration::from_secs(3);

pub(super) const CHAT: Scenario = Scenario {
    name: "chat",
    about: "a TCP chat in Chinese and English, the UDP chat of two clients with people in another \
            subnet, and the shop",
    has_chance: false,
    partners: Some(FAR),
    pauses: 19,
    set: |net, settings| {
        three(net, settings)?;
        router(net, 1500)?;
        net.route("client", ROUTER)?;
        net.route("client2", ROUTER)
    },
    play: |stage| {
        tcp_chat(stage, "server", SERVER)?;
        udp_chat(stage, "far", FAR, &["client", "client2"])?;
        buy(stage, "client2")
    },
};

pub(super) const QUEUE: Scenario = Scenario {
    name: "queue",
    about: "a second client waits in the listen queue: its handshake is complete, but nobody \
            greets it until the first has said 88",
    has_chance: false,
    partners: None,
    pauses: 8,
    set: three,
    play: |stage| {
        let server = stage.tcp_server("server", SERVER)?;
        let first = stage.tcp_client("client", SERVER)?;
        first.reads(GREETING)?;
        stage.think();
        let second = stage.tcp_client("client2", SERVER)?;
        turn(&first, "我是安", &server, "安，你好")?;
        second.reads_nothing_for(stage.settings.think)?;
        first.types(GOODBYE);
        server.reads(GOODBYE)?;
        first.ends()?;
        second.reads(GREETING)?;
        turn(&second, "It is my turn at last!", &server, "终于轮到你了")?;
        second.types(GOODBYE);
        server.reads(GOODBYE)?;
        second.ends()
    },
};

pub(super) const DEADLOCK: Scenario = Scenario {
    name: "deadlock",
    about: "an empty Enter sends nothing, so that client and server both wait for the other, until \
            the client gives up after 3 s",
    has_chance: false,
    partners: None,
    pauses: 1,
    set: two,
    play: |stage| {
        let server = stage.tcp_server("server", SERVER)?;
        let (connected, connection) = mpsc::channel();
        let client = stage.person("client", move |person| {
            let mut client = tcp::Client::connect(at(SERVER))?;
            client.empty_line = tcp::EmptyLine::WaitsForAnswer;
            // Nobody asks for it when the scenario is over.
            let _ = connected.send(client.hang_up_elsewhere()?);
            match client.talk(person) {
                Err(chat::Error::Closed { .. }) => Ok(()),
                talked => talked,
            }
        })?;
        client.reads(GREETING)?;
        client.types("");
        client.reads_nothing_for(LONG_ENOUGH)?;
        server.reads_nothing_for(Duration::ZERO)?;
        if let Ok(connection) = connection.recv() {
            connection
                .shutdown(Shutdown::Both)
                .map_err(Error::doing("let the client give up"))?;
        }
        client.ends()?;
        server.notices("left without 88")
    },
};

pub(super) const GATEWAY: Scenario = Scenario {
    name: "gateway",
    about: "the server is in another subnet: the client asks for the router's MAC address and \
            sends everything there",
    has_chance: false,
    partners: None,
    pauses: 16,
    set: |net, _| far(net, 1500),
    play: |stage| {
        tcp_chat(stage, "far", FAR)?;
        udp_chat(stage, "far", FAR, &["client"])
    },
};

pub(super) const FRAGMENTS: Scenario = Scenario {
    name: "fragments",
    about: "a question and an answer of 1200 Chinese characters, each in one UDP datagram of \
            3600 bytes: three fragments there, three back",
    has_chance: false,
    partners: Some(SERVER),
    pauses: 5,
    set: two,
    play: |stage| {
        let server = udp_server(stage, "server", SERVER, 1)?;
        let client = udp_client(stage, "client", SERVER)?;
        client.types("libai");
        let [question, answer] = ["床前明月光，疑是地上霜。", "举头望明月，低头思故乡。"];
        turn(&client, &question.repeat(100), &server, &answer.repeat(100))?;
        leave(client)?;
        server.ends()
    },
};

/// Two questions, two answers, and 88.
pub(super) fn tcp_chat(stage: &Stage, host: &'static str, ip: Ipv4Addr) -> Result<(), Error> {
    let server = stage.tcp_server(host, ip)?;
    let client = stage.tcp_client("client", ip)?;
    client.reads(GREETING)?;
    turn(&client, "你好，请问几点关门？", &server, "晚上六点。")?;
    turn(
        &client,
        "Thank you! 谢谢",
        &server,
        "You are welcome. 不客气",
    )?;
    client.types(GOODBYE);
    client.ends()?;
    server.reads(GOODBYE)?;
    server.notices("said 88")
}

/// Each client says something in turn, and is answered.
fn udp_chat(
    stage: &Stage,
    host: &'static str,
    ip: Ipv4Addr,
    hosts: &[&'static str],
) -> Result<(), Error> {
    let lines = [
        ("在吗？", "在的，请讲"),
        ("Is Li Bai there?", "No, he is out."),
        ("下午一起喝茶？", "好，三点见"),
        ("See you later!", "再见"),
    ];
    let server = udp_server(stage, host, ip, lines.len() as u64)?;
    let mut clients = Vec::new();
    for (host, partner) in hosts.iter().zip(["taibai", "lihei"]) {
        let client = udp_client(stage, host, ip)?;
        client.types(partner);
        clients.push(client);
    }
    for ((question, answer), client) in lines.iter().zip(clients.iter().cycle()) {
        turn(client, question, &server, answer)?;
    }
    for client in clients {
        leave(client)?;
    }
    server.ends()
}

fn udp_server(
    stage: &Stage,
    host: &'static str,
    ip: Ipv4Addr,
    messages: u64,
) -> Result<Actor, Error> {
    let server = stage
        .inside(host, move || udp::Server::bind(at(ip)))?
        .map_err(Error::of(host))?;
    stage.person(host, move |person| server.serve(person, Some(messages)))
}

/// A client whose book has the tutorial's four names.
fn udp_client(stage: &Stage, host: &'static str, ip: Ipv4Addr) -> Result<Actor, Error> {
    let book: BTreeMap<_, _> = udp::NAMES.map(|name| (name.to_owned(), at(ip))).into();
    stage.person(host, move |person| {
        udp::Client::new(book, WAIT).talk(person)
    })
}

/// Leaves the partner, and then the chat.
fn leave(client: Actor) -> Result<(), Error> {
    client.types(udp::LEAVE);
    client.types(udp::LEAVE);
    client.ends()
}

/// One question, one answer, and both programs end.
pub(super) fn buy(stage: &Stage, customer: &'static str) -> Result<(), Error> {
    let server = stage
        .inside("server", || shop::Server::bind(at(SERVER)))?
        .map_err(Error::of("server"))?;
    let seller = stage.person("server", move |person| server.serve(person, Some(1)))?;
    let customer = stage.person(customer, |person| shop::ask(at(SERVER), person, WAIT))?;
    seller.reads(shop::QUESTION)?;
    customer.reads(shop::ANSWER)?;
    customer.ends()?;
    seller.ends()
}
