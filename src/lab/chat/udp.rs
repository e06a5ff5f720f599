//! The UDP chat: a server that answers whoever writes to it, and clients that write to partners
//! whose addresses stand in a book.

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use super::{DATAGRAM, Error, Person};

/// What leaves a partner, and where partners are chosen the chat.
pub const LEAVE: &str = "Q";

/// Late answers that are read before a line is sent.
const MOST_AT_ONCE: usize = 20;

/// Names and where their owners can be reached.
pub type Book = BTreeMap<String, SocketAddr>;

/// A server.
#[derive(Debug)]
pub struct Server {
    socket: UdpSocket,
    address: SocketAddr,
}

impl Server {
    /// Takes an address.
    ///
    /// Fails when it is not this machine's, or another program has it.
    pub fn bind(address: SocketAddr) -> Result<Self, Error> {
        let failed = |source| Error::Listen { address, source };
        let socket = UdpSocket::bind(address).map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        Ok(Self { socket, address })
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers datagrams in the order of their arrival: so many, or until the person leaves. An
    /// empty line is no answer.
    pub fn serve(&self, person: &mut dyn Person, messages: Option<u64>) -> Result<(), Error> {
        let mut buffer = vec![0; DATAGRAM];
        let mut heard = 0;
        while messages.is_none_or(|messages| heard < messages) {
            heard += 1;
            let (from, words) = receive(&self.socket, &mut buffer).map_err(|source| {
                let address = self.address;
                Error::Listen { address, source }
            })?;
            person
                .reads(&from.to_string(), &words)
                .map_err(Error::Person)?;
            let Some(answer) = person.types("you> ").map_err(Error::Person)? else {
                return Ok(());
            };
            if answer.is_empty() {
                continue;
            }
            if let Err(error) = self.socket.send_to(answer.as_bytes(), from) {
                let remark = format!("the answer to {from} could not be sent: {error}");
                person.notices(&remark).map_err(Error::Person)?;
            }
        }
        Ok(())
    }
}

/// A client: one socket, whoever the partner is.
#[derive(Debug)]
pub struct Client {
    book: Book,
    wait: Duration,
}

impl Client {
    /// A client with a book, that waits so long for an answer.
    pub fn new(book: Book, wait: Duration) -> Self {
        Self { book, wait }
    }

    /// Lets the person choose a partner by name, write and read in turns until `Q`, and choose
    /// again until `Q` or until the person leaves.
    ///
    /// A name that is not in the book, an answer that does not come and a port that is closed are
    /// told, and the talk goes on. Fails when no socket can be had or the person fails.
    pub fn talk(&self, person: &mut dyn Person) -> Result<(), Error> {
        let mut sockets = Sockets::default();
        let names: Vec<&str> = self.book.keys().map(String::as_str).collect();
        let prompt = format!("talk to {} (Q leaves)> ", names.join(", "));
        loop {
            let Some(who) = person.types(&prompt).map_err(Error::Person)? else {
                return Ok(());
            };
            if who == LEAVE {
                return Ok(());
            }
            let Some(&partner) = self.book.get(&who) else {
                let remark = format!("nobody called that; there are {}", names.join(", "));
                person.notices(&remark).map_err(Error::Person)?;
                continue;
            };
            let socket = sockets.to(partner)?;
            if !self.talk_with(&who, partner, socket, person)? {
                return Ok(());
            }
        }
    }

    /// False when the person has left.
    fn talk_with(
        &self,
        who: &str,
        partner: SocketAddr,
        socket: &UdpSocket,
        person: &mut dyn Person,
    ) -> Result<bool, Error> {
        let prompt = format!("to {who} (Q ends)> ");
        loop {
            let Some(line) = person.types(&prompt).map_err(Error::Person)? else {
                return Ok(false);
            };
            if line == LEAVE {
                return Ok(true);
            }
            if line.is_empty() {
                continue;
            }
            // Or they would pass for answers to this line.
            for answer in late_answers(socket) {
                person.reads(who, &answer).map_err(Error::Person)?;
            }
            match ask(socket, partner, &line, self.wait) {
                Ok(answer) => person.reads(who, &answer).map_err(Error::Person)?,
                Err(error) => person.notices(&error.to_string()).map_err(Error::Person)?,
            }
        }
    }
}

/// A socket for IPv4 and one for IPv6, each made when it is needed: the client's port stays the
/// same, whoever the partner is.
#[derive(Default)]
struct Sockets {
    ipv4: Option<UdpSocket>,
    ipv6: Option<UdpSocket>,
}

impl Sockets {
    fn to(&mut self, partner: SocketAddr) -> Result<&UdpSocket, Error> {
        let socket = match partner {
            SocketAddr::V4(_) => &mut self.ipv4,
            SocketAddr::V6(_) => &mut self.ipv6,
        };
        let socket = match socket {
            Some(socket) => socket,
            none => none.insert(unbound(partner)?),
        };
        connect(socket, partner)?;
        Ok(socket)
    }
}

/// A socket that is bound when it first speaks.
pub(super) fn unbound(partner: SocketAddr) -> Result<UdpSocket, Error> {
    let any: SocketAddr = match partner {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    UdpSocket::bind(any).map_err(|source| Error::Connect {
        address: partner,
        source,
    })
}

/// Nothing on the wire: only so does a socket hear that a port is closed.
pub(super) fn connect(socket: &UdpSocket, partner: SocketAddr) -> Result<(), Error> {
    socket.connect(partner).map_err(|source| Error::Connect {
        address: partner,
        source,
    })
}

/// Answers that came when nobody waited for them any more; not more than may be read at once.
fn late_answers(socket: &UdpSocket) -> Vec<String> {
    let mut buffer = vec![0; DATAGRAM];
    let mut answers = Vec::new();
    if socket.set_nonblocking(true).is_ok() {
        while answers.len() < MOST_AT_ONCE
            && let Ok((_, answer)) = receive(socket, &mut buffer)
        {
            answers.push(answer);
        }
    }
    answers
}

/// Sends a line to whom the socket is connected with and waits for the answer.
pub(super) fn ask(
    socket: &UdpSocket,
    partner: SocketAddr,
    line: &str,
    wait: Duration,
) -> Result<String, Error> {
    let address = partner;
    let broken = |source| Error::Broken { address, source };
    socket.set_nonblocking(false).map_err(broken)?;
    socket.set_read_timeout(Some(wait)).map_err(broken)?;
    socket.send(line.as_bytes()).map_err(broken)?;
    let mut buffer = vec![0; DATAGRAM];
    match receive(socket, &mut buffer) {
        Ok((_, answer)) => Ok(answer),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(Error::Silence { address }),
        Err(source) => Err(broken(source)),
    }
}

/// The next datagram: from whom, and its words.
pub(super) fn receive(socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<(SocketAddr, String)> {
    loop {
        match socket.recv_from(buffer) {
            Ok((count, from)) => {
                let bytes = buffer.get(..count).unwrap_or_default();
                return Ok((from, String::from_utf8_lossy(bytes).into_owned()));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
