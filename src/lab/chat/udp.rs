//! The UDP chat: a server that answers whoever writes to it, and clients that write to partners
//! whose addresses stand in a book.

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use nix::sys::socket::{
    setsockopt,
    sockopt::{Ipv4RecvErr, Ipv6RecvErr},
};
use rustix::io::Errno;

use super::{DATAGRAM, Error, Person};

/// What leaves a partner, and where partners are chosen the chat.
pub const LEAVE: &str = "Q";

/// The names of the tutorial's book, where all four have one address.
pub const NAMES: [&str; 4] = ["taibai", "taihei", "libai", "lihei"];

/// Late answers that are read before a line is sent.
const MOST_AT_ONCE: usize = 20;

/// Names and where their owners can be reached.
pub type Book = BTreeMap<String, SocketAddr>;

/// A server.
#[derive(Debug)]
pub struct Server(Bound);

impl Server {
    /// Takes an address.
    ///
    /// Fails when it is not this machine's, or another program has it.
    pub fn bind(address: SocketAddr) -> Result<Self, Error> {
        Bound::to(address).map(Self)
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// Answers datagrams in the order of their arrival: so many, or until the person leaves. An
    /// empty line is no answer.
    pub fn serve(&self, person: &mut dyn Person, messages: Option<u64>) -> Result<(), Error> {
        let mut buffer = vec![0; DATAGRAM];
        let mut heard = 0;
        while messages.is_none_or(|messages| heard < messages) {
            heard += 1;
            let (from, words) = self.0.receive(&mut buffer)?;
            person
                .reads(&from.to_string(), &words)
                .map_err(Error::Person)?;
            let Some(answer) = person.types("you> ").map_err(Error::Person)? else {
                return Ok(());
            };
            if answer.is_empty() {
                continue;
            }
            if let Err(error) = send(&self.0.socket, &answer, from) {
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
            for (from, answer) in late_answers(socket) {
                let name = self.name_of(from);
                person.reads(&name, &answer).map_err(Error::Person)?;
            }
            let mut others = |from, words: &str| {
                let is_known = self.book.values().any(|address| *address == from);
                person.reads(&self.name_of(from), words)?;
                Ok(is_known)
            };
            match ask(socket, partner, &line, self.wait, &mut others) {
                Ok(Some(answer)) => person.reads(who, &answer).map_err(Error::Person)?,
                Ok(None) => {}
                Err(Error::Person(error)) => return Err(Error::Person(error)),
                Err(error) => person.notices(&error.to_string()).map_err(Error::Person)?,
            }
        }
    }

    /// What the book calls an address. Several names of one are said together: nobody can tell
    /// which is meant.
    fn name_of(&self, address: SocketAddr) -> String {
        let here = self.book.iter().filter(|(_, at)| **at == address);
        let names: Vec<&str> = here.map(|(name, _)| name.as_str()).collect();
        if names.is_empty() {
            address.to_string()
        } else {
            names.join("/")
        }
    }
}

/// A socket at an address that others know.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) socket: UdpSocket,
    pub(super) address: SocketAddr,
}

impl Bound {
    pub(super) fn to(address: SocketAddr) -> Result<Self, Error> {
        let failed = |source| Error::Listen { address, source };
        let socket = UdpSocket::bind(address).map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        Ok(Self { socket, address })
    }

    /// The next datagram: from whom, and its words.
    pub(super) fn receive(&self, buffer: &mut [u8]) -> Result<(SocketAddr, String), Error> {
        let address = self.address;
        receive(&self.socket, buffer).map_err(|source| Error::Listen { address, source })
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
        match socket {
            Some(socket) => Ok(socket),
            none => Ok(none.insert(open(partner)?)),
        }
    }
}

/// A socket that hears everybody, as the tutorial's does, and yet hears when a port is closed.
pub(super) fn open(partner: SocketAddr) -> Result<UdpSocket, Error> {
    let address = partner;
    let failed = |source| Error::Connect { address, source };
    let any: SocketAddr = match partner {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).map_err(failed)?;
    let asked = match partner {
        SocketAddr::V4(_) => setsockopt(&socket, Ipv4RecvErr, &true),
        SocketAddr::V6(_) => setsockopt(&socket, Ipv6RecvErr, &true),
    };
    asked.map_err(|errno| failed(errno.into()))?;
    Ok(socket)
}

/// Answers that came when nobody waited for them any more, and from whom; not more than may be read
/// at once.
fn late_answers(socket: &UdpSocket) -> Vec<(SocketAddr, String)> {
    let mut buffer = vec![0; DATAGRAM];
    let mut answers = Vec::new();
    if socket.set_nonblocking(true).is_ok() {
        for _ in 0..MOST_AT_ONCE {
            match receive(socket, &mut buffer) {
                Ok(answer) => answers.push(answer),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // Of an earlier line: its partner's port is closed, or cannot be reached.
                Err(_) => {}
            }
        }
    }
    answers
}

/// Sends a line to a partner and waits for the answer.
///
/// What others say meanwhile is handed to `others`, which tells whether to wait on. `None` when it
/// says no: then that was the answer, sent from another address than was asked.
pub(super) fn ask(
    socket: &UdpSocket,
    partner: SocketAddr,
    line: &str,
    wait: Duration,
    others: &mut dyn FnMut(SocketAddr, &str) -> io::Result<bool>,
) -> Result<Option<String>, Error> {
    let address = partner;
    let broken = |source| Error::Broken { address, source };
    socket.set_nonblocking(false).map_err(broken)?;
    send(socket, line, partner)?;
    let end = Instant::now() + wait;
    let mut buffer = vec![0; DATAGRAM];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Error::Silence { address });
        }
        socket.set_read_timeout(Some(left)).map_err(broken)?;
        match receive(socket, &mut buffer) {
            Ok((from, answer)) if from == partner => return Ok(Some(answer)),
            Ok((from, words)) => {
                if !others(from, &words).map_err(Error::Person)? {
                    return Ok(None);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(Error::Silence { address });
            }
            Err(source) => return Err(broken(source)),
        }
    }
}

/// Sends words in one datagram.
///
/// Fails when they are too long for one, or cannot be sent.
pub(super) fn send(socket: &UdpSocket, words: &str, to: SocketAddr) -> Result<(), Error> {
    let sent = socket.send_to(words.as_bytes(), to);
    sent.map(drop).map_err(|source| {
        if source.raw_os_error() == Some(Errno::MSGSIZE.raw_os_error()) {
            Error::TooLong { bytes: words.len() }
        } else {
            Error::Broken {
                address: to,
                source,
            }
        }
    })
}

/// The next datagram: from whom, and its words.
fn receive(socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<(SocketAddr, String)> {
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
