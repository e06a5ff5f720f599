//! The TCP chat: the server greets, then client and server speak in turns, the client first. The
//! client's `88` ends it.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use socket2::{Domain, Protocol, Socket, Type};

use super::{Error, Person, words::Words};

/// What the server says first.
pub const GREETING: &str = "服务端提供服务";

/// What the client says last.
pub const GOODBYE: &str = "88";

/// Clients that may wait in line, as the tutorial sets it. Linux lets one more in.
const QUEUE: i32 = 3;

/// Bytes read at once. A message longer than this is heard in parts.
const AT_ONCE: usize = 65_536;

/// A server that has nothing else to do greets within this time.
const SOON: Duration = Duration::from_secs(1);

/// A server that serves one client after the other.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Listens on an address.
    ///
    /// Fails when it is not this machine's, or another program has it.
    pub fn listen(address: SocketAddr) -> Result<Self, Error> {
        let failed = |source| Error::Listen { address, source };
        let kind = Some(Protocol::TCP);
        let socket =
            Socket::new(Domain::for_address(address), Type::STREAM, kind).map_err(failed)?;
        // Without this a server cannot begin again while its last connections are in TIME_WAIT.
        socket.set_reuse_address(true).map_err(failed)?;
        socket.bind(&address.into()).map_err(|source| {
            if source.kind() == io::ErrorKind::AddrInUse && only_waits(address.port()) {
                Error::TimeWait { address }
            } else {
                failed(source)
            }
        })?;
        socket.listen(QUEUE).map_err(failed)?;
        let listener = TcpListener::from(socket);
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves clients in the order in which they came: so many, or for ever.
    ///
    /// A client that leaves without `88`, or breaks the connection off, is noticed and the next
    /// one served. Returns early when the person leaves; fails when the socket or the person does.
    pub fn serve(&self, person: &mut dyn Person, clients: Option<u64>) -> Result<(), Error> {
        let mut served = 0;
        while clients.is_none_or(|clients| served < clients) {
            let (mut client, address) = match self.listener.accept() {
                Ok(accepted) => accepted,
                // It gave up while it waited in line.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
                Err(source) => {
                    let address = self.address;
                    return Err(Error::Listen { address, source });
                }
            };
            person
                .notices(&format!("{address} is here"))
                .map_err(Error::Person)?;
            let remark = match serve_one(&mut client, address, person) {
                Ok(End::Goodbye) => "said 88",
                Ok(End::Left) => "left without 88",
                Ok(End::PersonLeft) => return Ok(()),
                Err(Error::Broken { .. }) => "broke the connection off",
                Err(error) => return Err(error),
            };
            person
                .notices(&format!("{address} {remark}"))
                .map_err(Error::Person)?;
            served += 1;
        }
        Ok(())
    }
}

/// A client, connected.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    address: SocketAddr,
    /// What an empty line does.
    pub empty_line: EmptyLine,
}

/// What an empty line does, of which TCP can carry nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EmptyLine {
    /// The person is asked again.
    #[default]
    AsksAgain,
    /// Nothing is sent, and an answer to it waited for, as the tutorial's client does: a deadlock.
    WaitsForAnswer,
}

impl Client {
    /// Connects to a server.
    ///
    /// Fails when it refuses, cannot be reached or does not answer.
    pub fn connect(address: SocketAddr) -> Result<Self, Error> {
        let stream =
            TcpStream::connect(address).map_err(|source| Error::Connect { address, source })?;
        Ok(Self {
            stream,
            address,
            empty_line: EmptyLine::default(),
        })
    }

    /// Hears the greeting, then speaks and hears in turns until `88`, or until the person leaves.
    ///
    /// Fails when the server closes the connection or breaks it off.
    pub fn talk(&mut self, person: &mut dyn Person) -> Result<(), Error> {
        if !self.is_greeted_soon() {
            person
                .notices("connected; waiting for my turn: the server talks with somebody else")
                .map_err(Error::Person)?;
        }
        self.hear(person)?;
        loop {
            let Some(line) = person.types("you> ").map_err(Error::Person)? else {
                return Ok(());
            };
            if line.is_empty() && self.empty_line == EmptyLine::AsksAgain {
                person
                    .notices("an empty line cannot be sent; 88 ends the chat")
                    .map_err(Error::Person)?;
                continue;
            }
            let address = self.address;
            self.stream
                .write_all(line.as_bytes())
                .map_err(|source| Error::Broken { address, source })?;
            if line == GOODBYE {
                return Ok(());
            }
            self.hear(person)?;
        }
    }

    /// The same connection, for somebody else to shut down.
    pub(in crate::lab) fn hang_up_elsewhere(&self) -> Result<TcpStream, Error> {
        let address = self.address;
        let copy = self.stream.try_clone();
        copy.map_err(|source| Error::Broken { address, source })
    }

    /// False when the server says nothing for a while.
    fn is_greeted_soon(&self) -> bool {
        let wait = |time| self.stream.set_read_timeout(time);
        let greeted = wait(Some(SOON)).and_then(|()| self.stream.peek(&mut [0]));
        let _ = wait(None);
        greeted.map_or_else(|error| error.kind() != io::ErrorKind::WouldBlock, |_| true)
    }

    /// The socket, for ends that the chat does not know.
    pub fn into_stream(self) -> TcpStream {
        self.stream
    }

    fn hear(&mut self, person: &mut dyn Person) -> Result<(), Error> {
        let address = self.address;
        match hear(&mut self.stream) {
            Ok(Some(words)) => person.reads("server", &words).map_err(Error::Person),
            Ok(None) => Err(Error::Closed { address }),
            Err(source) => Err(Error::Broken { address, source }),
        }
    }
}

/// How a client's turn ended.
enum End {
    Goodbye,
    Left,
    PersonLeft,
}

fn serve_one(
    client: &mut TcpStream,
    address: SocketAddr,
    person: &mut dyn Person,
) -> Result<End, Error> {
    let broken = |source| Error::Broken { address, source };
    client.write_all(GREETING.as_bytes()).map_err(broken)?;
    loop {
        let Some(words) = hear(client).map_err(broken)? else {
            return Ok(End::Left);
        };
        let from = address.to_string();
        person.reads(&from, &words).map_err(Error::Person)?;
        if words == GOODBYE {
            return Ok(End::Goodbye);
        }
        let answer = loop {
            match person.types("you> ").map_err(Error::Person)? {
                None => return Ok(End::PersonLeft),
                Some(line) if line.is_empty() => person
                    .notices("an empty line cannot be sent; the client waits for an answer")
                    .map_err(Error::Person)?,
                Some(line) => break line,
            }
        };
        client.write_all(answer.as_bytes()).map_err(broken)?;
    }
}

/// Whether connections in `TIME_WAIT` are all that still has this port, as far as the kernel tells.
fn only_waits(port: u16) -> bool {
    let mut states = ["tcp", "tcp6"].into_iter().flat_map(|table| {
        let table = fs::read_to_string(format!("/proc/thread-self/net/{table}"));
        states_at(&table.unwrap_or_default(), port)
    });
    states.next().is_some_and(|first| first == TIME_WAIT) && states.all(|state| state == TIME_WAIT)
}

/// The states of the sockets that have a local port, as a table of /proc/net tells them.
fn states_at(table: &str, port: u16) -> Vec<String> {
    let port = format!(":{port:04X}");
    let rows = table.lines().skip(1).filter_map(|line| {
        let mut columns = line.split_ascii_whitespace().skip(1);
        let (local, state) = (columns.next()?, columns.nth(1)?);
        local.ends_with(&port).then(|| state.to_owned())
    });
    rows.collect()
}

/// The state as /proc/net/tcp tells it.
const TIME_WAIT: &str = "06";

/// What the other side says next, in whole characters; `None` when it has closed.
fn hear(stream: &mut TcpStream) -> io::Result<Option<String>> {
    let mut buffer = vec![0; AT_ONCE];
    let mut words = Words::default();
    let mut heard = String::new();
    loop {
        let count = match stream.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        if count == 0 {
            heard += &words.rest();
            return Ok((!heard.is_empty()).then_some(heard));
        }
        heard += &words.add(buffer.get(..count).unwrap_or_default());
        if !words.is_cut() {
            return Ok(Some(heard));
        }
        if heard.len() >= AT_ONCE {
            heard += &words.rest();
            return Ok(Some(heard));
        }
    }
}
