//! Ends of a connection.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpStream},
    time::Duration,
};

use socket2::SockRef;

use super::{
    super::{
        Error, Stage,
        chat::{self, tcp},
        stage::{Actor, at},
    },
    GOODBYE, GREETING, SERVER, Scenario, three, turn, two,
};

pub(super) const VANISH: Scenario = Scenario {
    name: "vanish",
    about: "the first client leaves without 88; the server notices and serves the second",
    has_chance: false,
    partners: None,
    pauses: 6,
    set: three,
    play: |stage| {
        let server = stage.tcp_server("server", SERVER)?;
        let first = stage.tcp_client("client", SERVER)?;
        leave(stage, &server, first, "left without 88")
    },
};

pub(super) const RESET: Scenario = Scenario {
    name: "reset",
    about: "the first client breaks the connection off: RST instead of FIN; the server serves the \
            second",
    has_chance: false,
    partners: None,
    pauses: 6,
    set: three,
    play: |stage| {
        let server = stage.tcp_server("server", SERVER)?;
        let first = stage.person("client", |person| {
            let mut client = tcp::Client::connect(at(SERVER))?;
            client.talk(person)?;
            // Closing with nothing to wait for is an abort.
            let stream = client.into_stream();
            SockRef::from(&stream)
                .set_linger(Some(Duration::ZERO))
                .map_err(|source| chat::Error::Broken {
                    address: at(SERVER),
                    source,
                })
        })?;
        leave(stage, &server, first, "broke the connection off")
    },
};

pub(super) const HALF_CLOSE: Scenario = Scenario {
    name: "half-close",
    about: "the client says all it has to say and sends FIN; the server goes on talking before its \
            own FIN",
    has_chance: false,
    partners: None,
    pauses: 4,
    set: two,
    play: |stage| {
        let listener = stage.listener("server", SERVER)?;
        let think = stage.settings.think;
        let server = stage.person("server", move |person| {
            let lines = ["我还没有", "One more thing.", "现在说完了"];
            let (mut stream, _) = listener.accept().map_err(broken)?;
            let heard = read_all(&mut stream)?;
            person
                .reads("client", &heard)
                .map_err(chat::Error::Person)?;
            for line in lines {
                std::thread::sleep(think);
                stream.write_all(line.as_bytes()).map_err(broken)?;
            }
            Ok(())
        })?;
        let client = stage.person("client", move |person| {
            let mut stream = TcpStream::connect(at(SERVER)).map_err(broken)?;
            std::thread::sleep(think);
            stream.write_all("我说完了".as_bytes()).map_err(broken)?;
            stream.shutdown(Shutdown::Write).map_err(broken)?;
            let heard = read_all(&mut stream)?;
            person.reads("server", &heard).map_err(chat::Error::Person)
        })?;
        server.reads("我说完了")?;
        client.reads("我还没有One more thing.现在说完了")?;
        client.ends()?;
        server.ends()
    },
};

/// The first client talks a while and goes, which the server remarks; it lives: a second client is greeted
/// and answered.
fn leave(stage: &Stage, server: &Actor, mut first: Actor, remark: &str) -> Result<(), Error> {
    first.reads(GREETING)?;
    turn(&first, "在吗？", server, "在的，请讲")?;
    first.leaves();
    server.notices(remark)?;
    first.ends()?;
    let second = stage.tcp_client("client2", SERVER)?;
    second.reads(GREETING)?;
    turn(&second, "Are you still there?", server, "还在")?;
    second.types(GOODBYE);
    server.reads(GOODBYE)?;
    second.ends()
}

/// All that comes until the other side closes.
pub(super) fn read_all(stream: &mut TcpStream) -> Result<String, chat::Error> {
    let mut heard = String::new();
    stream.read_to_string(&mut heard).map_err(broken)?;
    Ok(heard)
}

pub(super) fn broken(source: std::io::Error) -> chat::Error {
    chat::Error::Broken {
        address: at(SERVER),
        source,
    }
}
