//! Why a chat program cannot begin or go on, in one sentence that says what to do next.

use std::{error, fmt, io, net::SocketAddr};

/// Why a chat program cannot begin or go on.
///
/// Its `Display` is one sentence for a person.
#[derive(Debug)]
pub enum Error {
    /// The address cannot be listened on.
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The server cannot be reached.
    Connect {
        /// The server.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The connection broke, or the socket failed.
    Broken {
        /// The other end.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The server closed the connection before the client had said 88.
    Closed {
        /// The server.
        address: SocketAddr,
    },
    /// No answer came in time.
    Silence {
        /// Who was asked.
        address: SocketAddr,
    },
    /// A line is longer than a datagram can be.
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// The address cannot be listened on: connections that its last server closed are in `TIME_WAIT`.
    TimeWait {
        /// The address.
        address: SocketAddr,
    },
    /// The keyboard or the screen failed.
    Person(io::Error),
}

impl Error {
    /// What the system said, where it said something.
    pub fn kind(&self) -> Option<io::ErrorKind> {
        match self {
            Self::Listen { source, .. }
            | Self::Connect { source, .. }
            | Self::Broken { source, .. }
            | Self::Person(source) => Some(source.kind()),
            Self::Closed { .. }
            | Self::Silence { .. }
            | Self::TooLong { .. }
            | Self::TimeWait { .. } => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use io::ErrorKind as Kind;
        match self {
            Self::Listen { address, source } => match source.kind() {
                Kind::AddrInUse => write!(
                    f,
                    "another program already has {address}; end it or choose another port"
                ),
                Kind::AddrNotAvailable => write!(
                    f,
                    "this machine has no address {}; `inspector interfaces` shows those it has",
                    address.ip()
                ),
                Kind::PermissionDenied => write!(
                    f,
                    "port {} needs root; choose one above 1023, such as 8520",
                    address.port()
                ),
                _ => write!(f, "cannot listen on {address}: {source}"),
            },
            Self::Connect { address, source } => match source.kind() {
                Kind::ConnectionRefused => write!(
                    f,
                    "{address} refuses: nobody listens there; start the server first"
                ),
                Kind::TimedOut => write!(
                    f,
                    "{address} does not answer; is the address right, does a firewall drop it?"
                ),
                Kind::HostUnreachable | Kind::NetworkUnreachable => write!(
                    f,
                    "{} cannot be reached ({source}); is the address right, is the host on?",
                    address.ip()
                ),
                _ => write!(f, "cannot connect to {address}: {source}"),
            },
            Self::Broken { address, source } => match source.kind() {
                Kind::ConnectionRefused => write!(
                    f,
                    "{address} answers that nobody listens on this port; start the server first"
                ),
                Kind::ConnectionReset | Kind::BrokenPipe => {
                    write!(f, "{address} broke the connection off; connect again")
                }
                _ => write!(f, "the talk with {address} failed: {source}; try again"),
            },
            Self::Closed { address } => {
                write!(f, "{address} closed the connection; connect again")
            }
            Self::Silence { address } => write!(
                f,
                "{address} did not answer in time; does a server run there? --wait waits longer"
            ),
            Self::TooLong { bytes } => write!(
                f,
                "{bytes} bytes are too many for one datagram, which carries at most 65507; say it \
                 in shorter lines"
            ),
            Self::TimeWait { address } => write!(
                f,
                "nobody has {address}, but connections of the last who had it are in TIME_WAIT, \
                 for up to 60 s: try again in a minute, or choose another port"
            ),
            Self::Person(source) => {
                write!(
                    f,
                    "cannot read what is typed or show what is said: {source}"
                )
            }
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Listen { source, .. }
            | Self::Connect { source, .. }
            | Self::Broken { source, .. }
            | Self::Person(source) => Some(source),
            Self::Closed { .. }
            | Self::Silence { .. }
            | Self::TooLong { .. }
            | Self::TimeWait { .. } => None,
        }
    }
}
