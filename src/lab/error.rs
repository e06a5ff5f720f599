//! Why there can be no lab, or why it did not go as it was meant, in one sentence.

use std::{error, fmt, io, time::Duration};

use super::chat;

/// Why there can be no lab, or why a scenario did not go as it was meant.
///
/// Its `Display` is one sentence for a person.
#[derive(Debug)]
pub enum Error {
    /// The system does not let this user make a network.
    Forbidden {
        /// What forbids it.
        why: Forbidden,
        /// What the system said.
        source: io::Error,
    },
    /// A part of the network could not be made.
    Network {
        /// What was to be done: `make the bridge`.
        doing: String,
        /// What the system said.
        source: io::Error,
    },
    /// One of the programs failed that should not have.
    Program {
        /// Whose: `the server`.
        who: &'static str,
        /// Why.
        source: chat::Error,
    },
    /// Something else happened than the scenario is about.
    Unexpected(String),
    /// The scenario did not come to its end.
    TooLong {
        /// How long it was given.
        limit: Duration,
    },
}

/// What forbids it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forbidden {
    /// A setting of the kernel forbids user namespaces.
    Setting {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: &'static str,
    },
    /// There is no /proc, through which a user namespace is made.
    NoProc,
    /// The user is root, but without the rights of root, as in a container.
    Root,
    /// Something else: a container, a security policy.
    Otherwise,
}

impl Error {
    /// Whether root could have made the network.
    pub fn wants_root(&self) -> bool {
        let Self::Forbidden { why, .. } = self else {
            return false;
        };
        matches!(why, Forbidden::Setting { .. } | Forbidden::Otherwise)
    }

    /// Wraps what the system said while something of the network was made.
    pub(super) fn doing(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = what.into();
        move |source| Self::Network { doing, source }
    }

    /// Wraps why a program failed.
    pub(super) fn of(who: &'static str) -> impl FnOnce(chat::Error) -> Self {
        move |source| Self::Program { who, source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden { why, source } => match why {
                Forbidden::Setting { name, value } => write!(
                    f,
                    "this system lets only root make the lab's network ({name} is {value}); run \
                     it with sudo"
                ),
                Forbidden::NoProc => write!(
                    f,
                    "there is no /proc here, without which no network can be made ({source}); \
                     mount it: mount -t proc proc /proc"
                ),
                Forbidden::Root => write!(
                    f,
                    "this root may not make a network ({source}), as in a container; run the lab \
                     outside, as a plain user or with sudo, or give the container more rights \
                     (docker run --privileged)"
                ),
                Forbidden::Otherwise => write!(
                    f,
                    "this system does not let you make the lab's network ({source}); run it with \
                     sudo"
                ),
            },
            Self::Network { doing, source } => {
                write!(f, "the lab could not {doing}: {source}; {}", advice(source))
            }
            Self::Program { who, source } => write!(
                f,
                "the scenario did not go as it was meant: {who} failed: {source}"
            ),
            Self::Unexpected(what) => {
                write!(f, "the scenario did not go as it was meant: {what}")
            }
            Self::TooLong { limit } => write!(
                f,
                "the scenario did not come to its end within {} s; try it again, with a shorter \
                 --pause, and with less loss where it has --loss",
                limit.as_secs()
            ),
        }
    }
}

/// What to do where a part of the network cannot be made.
fn advice(source: &io::Error) -> &'static str {
    use io::ErrorKind as Kind;
    match source.kind() {
        Kind::StorageFull => {
            "the system allows no more network namespaces (user.max_net_namespaces); allow more: \
             sudo sysctl user.max_net_namespaces=1000"
        }
        Kind::WouldBlock => {
            "the system allows no more threads (ulimit -u, or the limit of a container); end some \
             programs or allow more"
        }
        Kind::ReadOnlyFilesystem | Kind::PermissionDenied => {
            "a container may forbid it; run the lab outside, or give the container more rights \
             (docker run --privileged)"
        }
        Kind::NotFound => "is /proc mounted here, and does the kernel have veth and bridge?",
        _ => "try it again",
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Forbidden { source, .. } | Self::Network { source, .. } => Some(source),
            Self::Program { source, .. } => Some(source),
            Self::Unexpected(_) | Self::TooLong { .. } => None,
        }
    }
}
