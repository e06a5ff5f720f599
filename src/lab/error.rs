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
    /// The user is root, but without the rights of root, as in a container.
    Root,
    /// Something else: a container, a security policy.
    Otherwise,
}

impl Error {
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
                     it with sudo: `sudo inspector lab`"
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
                     sudo: `sudo inspector lab`"
                ),
            },
            Self::Network { doing, source } => {
                write!(f, "the lab could not {doing}: {source}")
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
                "the scenario did not come to its end within {} s; try it again, with less loss \
                 where it has --loss",
                limit.as_secs()
            ),
        }
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
