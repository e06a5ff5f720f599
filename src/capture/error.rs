//! Why a capture cannot go on, in one sentence that says what to do next.

use std::{
    env, error, fmt, io,
    path::{Path, PathBuf},
};

use crate::{link_type::LinkType, time::Timestamp};

/// Why frames cannot be had, or cannot be kept.
///
/// Its `Display` is one sentence for a person: what happened, and what to do next. Names of files
/// and interfaces and the messages of libpcap stand in it as they are, so whoever prints the
/// sentence escapes it first. The path `-` is told as standard input or standard output.
#[derive(Debug)]
pub enum Error {
    /// There is no such file.
    NotFound {
        /// The file.
        path: PathBuf,
    },
    /// A folder was named where a capture file is expected.
    Directory {
        /// The folder.
        path: PathBuf,
    },
    /// The file could not be opened, or reading it failed.
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file has no byte.
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file does not begin as capture files do.
    NotACapture {
        /// The file.
        path: PathBuf,
    },
    /// Standard input is a terminal, and nobody types captures.
    TerminalInput,
    /// A capture file of a version that nobody defined.
    Version {
        /// The file.
        path: PathBuf,
        /// `pcap` or `pcapng`.
        format: &'static str,
        /// Major and minor version, as the file tells them.
        version: (u16, u16),
    },
    /// The bytes contradict themselves, so what follows cannot be found.
    Damaged {
        /// The file.
        path: PathBuf,
        /// The record, counted from 1 over the frames of this file.
        frame: u64,
        /// Bytes from the beginning of the (unpacked) file to the record or block.
        offset: u64,
        /// What is wrong there.
        what: String,
    },
    /// The file ends inside a record.
    Truncated {
        /// The file.
        path: PathBuf,
        /// Whole frames before the end.
        frames: u64,
    },
    /// None of several files could be read.
    NoneReadable {
        /// Why the first could not.
        first: Box<Error>,
        /// How many more failed.
        others: usize,
    },
    /// A filter expression that libpcap does not understand.
    Filter {
        /// What libpcap or the check before it says.
        message: String,
    },
    /// A filter that has no meaning for a link type of the capture.
    FilterLinkType {
        /// The link type.
        link_type: LinkType,
        /// What libpcap says.
        message: String,
    },
    /// A filter speaks of VLAN tags, and the raw backend does not see them.
    RawTags,
    /// The raw backend was asked for all interfaces at once.
    RawAny,
    /// The machine has no such interface.
    NoSuchInterface {
        /// Its name.
        name: String,
    },
    /// The interface exists and is not up.
    InterfaceDown {
        /// Its name.
        name: String,
    },
    /// The interface went down while capturing, and frames may be missing since.
    WentDown {
        /// Its name.
        name: String,
    },
    /// The interface was deleted or renamed while capturing.
    InterfaceGone {
        /// Its name.
        name: String,
    },
    /// The right to capture is missing.
    NoRights {
        /// The interface.
        name: String,
    },
    /// The raw backend cannot say what this interface's frames begin with.
    UnknownHardware {
        /// The interface.
        name: String,
        /// Its ARPHRD number, where the kernel tells it.
        hardware: Option<u16>,
    },
    /// Capturing failed in another way.
    Capture {
        /// The interface.
        name: String,
        /// What libpcap or the system says.
        message: String,
    },
    /// The signal handlers could not be set up.
    Signals(io::Error),
    /// The file to write exists already.
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file to write is one of those that are read.
    OverwritesInput {
        /// The file.
        path: PathBuf,
    },
    /// Standard output is a terminal, and a capture is not text.
    TerminalOutput,
    /// The file to write could not be created.
    Create {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Writing failed; the file ends after its last whole record.
    Write {
        /// The file.
        path: PathBuf,
        /// Frames that it holds.
        frames: u64,
        /// What the system said.
        source: io::Error,
    },
    /// Writing failed and the cut record could not be taken off again.
    WriteCut {
        /// The file.
        path: PathBuf,
        /// Whole frames that it holds.
        frames: u64,
        /// What the system said.
        source: io::Error,
    },
    /// A pcap file has one link type, and the capture has two.
    SecondLinkType {
        /// The file.
        path: PathBuf,
        /// The file's link type.
        first: LinkType,
        /// The other one.
        second: LinkType,
        /// Frames that the file holds.
        frames: u64,
    },
    /// The format has no room for this time.
    TimeOutOfRange {
        /// The file.
        path: PathBuf,
        /// The time.
        at: Timestamp,
        /// Frames that the file holds.
        frames: u64,
    },
}

impl Error {
    /// The reader of our output went away: `| head` did, and that is no failure.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Write { source, .. } | Self::WriteCut { source, .. }
            if source.kind() == io::ErrorKind::BrokenPipe)
    }

    /// What opening or reading `path` said, in the sentence that fits.
    pub(super) fn read(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { path },
            io::ErrorKind::IsADirectory => Self::Directory { path },
            _ => Self::Read { path, source },
        }
    }
}

impl fmt::Display for Error {
    #[expect(
        clippy::too_many_lines,
        reason = "a table: one sentence for each variant"
    )]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { path } => {
                write!(f, "{} does not exist: check the name", input(path))
            }
            Self::Directory { path } => write!(
                f,
                "{} is a folder: name the capture files in it",
                input(path)
            ),
            Self::Read { path, source } if source.kind() == io::ErrorKind::PermissionDenied => {
                write!(
                    f,
                    "{} may not be read by this user: ask its owner, or run the command with sudo",
                    input(path)
                )
            }
            Self::Read { path, source } => write!(
                f,
                "{} could not be read ({source}): check the file and the disk it is on",
                input(path)
            ),
            Self::Empty { path } => write!(
                f,
                "{} is empty: there is not even a capture's header in it, capture again",
                input(path)
            ),
            Self::NotACapture { path } => write!(
                f,
                "{}: is this a capture file? inspector reads pcap and pcapng, plain or gzip",
                input(path)
            ),
            Self::TerminalInput => f.write_str(
                "standard input is a terminal: pipe a capture into it, as in \
                 `tcpdump -w - | inspector read -`",
            ),
            Self::Version {
                path,
                format,
                version: (major, minor),
            } => write!(
                f,
                "{} is {format} of version {major}.{minor}, which nobody defined: the file is \
                 damaged, get it again",
                input(path)
            ),
            Self::Damaged {
                path,
                frame,
                offset,
                what,
            } => write!(
                f,
                "{} is damaged at frame {frame} (byte {offset}), {what}: what follows is lost, \
                 get the file again if you can",
                input(path)
            ),
            Self::Truncated { path, frames } => write!(
                f,
                "{} ends inside a record, after {frames} whole {}: it was cut short, get it again \
                 if you can",
                input(path),
                frames_word(*frames)
            ),
            Self::NoneReadable { first, others } => write!(
                f,
                "{first} (and {others} more of the files could not be read either)"
            ),
            Self::Filter { message } => write!(
                f,
                "the filter cannot be used, {message}: see `man pcap-filter` for what may stand \
                 in it"
            ),
            Self::FilterLinkType { link_type, message } => write!(
                f,
                "the filter cannot be used on {link_type} frames, {message}: use a filter that \
                 fits every link type of the capture"
            ),
            Self::RawTags => f.write_str(
                "the filter speaks of VLAN tags and the raw backend does not see them: leave out \
                 `--backend raw`",
            ),
            Self::RawAny => f.write_str(
                "`any` works with the ring only: leave out `--backend raw`, or name one interface",
            ),
            Self::NoSuchInterface { name } => write!(
                f,
                "there is no interface {name}: `inspector interfaces` lists those there are"
            ),
            Self::InterfaceDown { name } => write!(
                f,
                "interface {name} is down: `sudo ip link set {} up` brings it up",
                Quoted(name)
            ),
            Self::WentDown { name } => write!(
                f,
                "interface {name} was down for a part of the capture, so frames may be missing: \
                 see what took it down and capture again"
            ),
            Self::InterfaceGone { name } => write!(
                f,
                "interface {name} disappeared, it was deleted or renamed: `inspector interfaces` \
                 lists those there are"
            ),
            Self::NoRights { name } => no_rights(f, name),
            Self::UnknownHardware { name, hardware } => {
                write!(f, "the raw backend cannot read interface {name}")?;
                if let Some(hardware) = hardware {
                    write!(f, " (hardware type {hardware})")?;
                }
                f.write_str(": leave out `--backend raw`")
            }
            Self::Capture { name, message } => write!(
                f,
                "capturing on {name} failed ({message}): `inspector interfaces` shows its state"
            ),
            Self::Signals(source) => write!(
                f,
                "the signals that stop a capture could not be set up ({source}): raise the limit \
                 of open files, see `ulimit -n`"
            ),
            Self::Exists { path } => write!(
                f,
                "{} exists already: choose another name, or overwrite it with --force",
                output(path)
            ),
            Self::OverwritesInput { path } => write!(
                f,
                "{} is one of the files that are read: choose another name to write to",
                output(path)
            ),
            Self::TerminalOutput => f.write_str(
                "standard output is a terminal, and a capture is not text: write to a file, or \
                 pipe it into a program",
            ),
            Self::Create { path, source } => write!(
                f,
                "{} could not be created ({source}): choose another place or name",
                output(path)
            ),
            Self::Write {
                path,
                frames,
                source,
            } => write!(
                f,
                "{} could not be written to ({source}): it holds {frames} whole {}, make room and \
                 capture again",
                output(path),
                frames_word(*frames)
            ),
            Self::WriteCut {
                path,
                frames,
                source,
            } => write!(
                f,
                "{} could not be written to ({source}): it holds {frames} whole {} and a part of \
                 the next, make room and capture again",
                output(path),
                frames_word(*frames)
            ),
            Self::SecondLinkType {
                path,
                first,
                second,
                frames,
            } => write!(
                f,
                "{} has room for one link type, {first}, and after {frames} {} there came \
                 {second}: give it a name that ends in .pcapng",
                output(path),
                frames_word(*frames)
            ),
            Self::TimeOutOfRange { path, at, frames } => write!(
                f,
                "{} has no room for the time {at} and ends after {frames} {}: pcap reaches from \
                 1970 to 2106 and pcapng to 2262, so choose the other or filter that frame out",
                output(path),
                frames_word(*frames)
            ),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Read { source, .. }
            | Self::Signals(source)
            | Self::Create { source, .. }
            | Self::Write { source, .. }
            | Self::WriteCut { source, .. } => Some(source),
            Self::NoneReadable { first, .. } => Some(first.as_ref()),
            _ => None,
        }
    }
}

/// A word of a command line that a person copies into a shell.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |c: char| c.is_alphanumeric() || "/._-+:@".contains(c);
        if !self.0.is_empty() && self.0.chars().all(plain) {
            f.write_str(self.0)
        } else {
            write!(f, "'{}'", self.0.replace('\'', r"'\''"))
        }
    }
}

fn input(path: &Path) -> String {
    if path == Path::new("-") {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}

fn output(path: &Path) -> String {
    if path == Path::new("-") {
        "standard output".to_owned()
    } else {
        path.display().to_string()
    }
}

fn frames_word(frames: u64) -> &'static str {
    if frames == 1 { "frame" } else { "frames" }
}

fn no_rights(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    // After an update the running program's file may be gone, and the kernel says so in its name.
    let program = env::current_exe()
        .map(|path| path.display().to_string())
        .unwrap_or_default();
    let program = program.strip_suffix(" (deleted)").unwrap_or(&program);
    let program = if program.is_empty() {
        "inspector"
    } else {
        program
    };
    write!(
        f,
        "capturing on {name} needs a right that this user has not: run the command with sudo, or \
         once `sudo setcap cap_net_raw=ep {}`",
        Quoted(program)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_say_what_to_do_next() {
        let path = PathBuf::from("a.pcap");
        let said = Error::NotACapture { path: path.clone() }.to_string();
        assert_eq!(
            said,
            "a.pcap: is this a capture file? inspector reads pcap and pcapng, plain or gzip"
        );
        let said = Error::NoRights {
            name: "eth0".into(),
        }
        .to_string();
        assert!(said.contains("with sudo"), "{said}");
        assert!(said.contains("sudo setcap cap_net_raw=ep /"), "{said}");
        let said = Error::InterfaceDown {
            name: "a b'c".into(),
        }
        .to_string();
        assert!(said.contains(r"ip link set 'a b'\''c' up"), "{said}");
        let said = Error::Truncated { path, frames: 1 }.to_string();
        assert!(said.contains("after 1 whole frame:"), "{said}");
    }

    #[test]
    fn a_dash_is_told_as_a_stream() {
        let path = PathBuf::from("-");
        let said = Error::Empty { path: path.clone() }.to_string();
        assert!(said.starts_with("standard input is empty"), "{said}");
        let said = Error::Exists { path }.to_string();
        assert!(said.starts_with("standard output"), "{said}");
    }

    #[test]
    fn a_closed_pipe_is_told_apart() {
        let failed = |kind| Error::Write {
            path: "-".into(),
            frames: 0,
            source: io::Error::from(kind),
        };
        assert!(failed(io::ErrorKind::BrokenPipe).is_broken_pipe());
        assert!(!failed(io::ErrorKind::StorageFull).is_broken_pipe());
    }
}
