//! What may be typed.

pub mod chat;
pub mod lab;
mod limits;
pub mod look;
pub mod pictures;
mod values;
pub mod why;

use std::{
    env,
    path::{Path, PathBuf},
};

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum, error::ErrorKind};
use inspector::{capture::filter, report::text};
use ipnet::IpNet;

use self::{
    look::{Look, View},
    values::net,
};

/// Tells the story of a network session: which ARP answer made a SYN possible, how the handshake
/// went, who said what, how it ended, and why something failed.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Examples:
  inspector lab
  inspector read captures/chat.pcap
  inspector read captures/chat.pcap tcp port 8520
  inspector read big.pcapng.gz --view summary
  inspector read captures/chat.pcap --follow tcp-1
  inspector why captures/refused.pcap
  inspector read captures/chat.pcap --view chat --recv 1024
  sudo inspector live eth0 tcp port 8520
  sudo inspector live eth0 -w session.pcapng --duration 30s
  inspector interfaces")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tell what capture files show
    #[command(visible_alias = "r")]
    Read(Read),
    /// Tell what happens on an interface, as it happens (until Ctrl-C)
    #[command(visible_alias = "l")]
    Live(Live),
    /// Prove why something in capture files came out as it did, in plain sentences
    Why(why::Why),
    /// Play a chat in a network of its own, without root, and tell what happens there
    Lab(lab::Lab),
    /// Run one of the chat programs that the lab plays
    Chat(chat::Chat),
    /// List the interfaces that can be listened to
    #[command(visible_alias = "i")]
    Interfaces,
    /// Print the JSON Schema of what --json writes
    Schema(Schema),
}

/// `inspector schema`.
#[derive(Debug, Args)]
pub struct Schema {
    /// Whose --json
    #[arg(value_enum, default_value_t = SchemaOf::Read)]
    pub of: SchemaOf,
}

/// Whose `--json` a schema is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// A line of `inspector read`, `live` or `lab`
    Read,
    /// The object of `inspector why`
    Why,
}

/// `inspector read`.
#[derive(Debug, Args)]
pub struct Read {
    /// Capture files, pcap or pcapng, plain or gzip; several are one capture in the order given; - is
    /// standard input. A capture filter may follow, as with -f: tcp port 8520
    #[arg(required = true, value_name = "FILE")]
    arguments: Vec<PathBuf>,
    /// Subnets on this side of the gateway, such as 192.168.15.0/24 (else inferred from ARP)
    #[arg(long, value_name = "CIDR", value_delimiter = ',', value_parser = net)]
    pub net: Vec<IpNet>,
    /// How to look at it.
    #[command(flatten)]
    pub look: Look,
}

/// `inspector live`.
#[derive(Debug, Args)]
pub struct Live {
    /// Interface to listen to (see `inspector interfaces`; any is all of them)
    #[arg(value_name = "IFACE")]
    pub interface: String,
    /// A capture filter, as with -f: tcp port 8520
    #[arg(value_name = "FILTER")]
    pub words: Vec<String>,
    /// Subnets on this side of the gateway (else those of the interface)
    #[arg(long, value_name = "CIDR", value_delimiter = ',', value_parser = net)]
    pub net: Vec<IpNet>,
    /// How to capture
    #[arg(long, value_enum, default_value_t = Backend::Ring)]
    pub backend: Backend,
    /// Bytes to keep of each frame
    #[arg(short, long, value_name = "BYTES", default_value_t = 262_144,
        value_parser = clap::value_parser!(u32).range(1..))]
    pub snaplen: u32,
    /// Do not ask the card for frames that are meant for other hosts
    #[arg(short = 'p', long)]
    pub no_promiscuous: bool,
    /// Mebibytes of the ring that holds frames until they are read
    #[arg(short = 'B', long, value_name = "MIB", default_value_t = 64,
        value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub buffer: u32,
    /// How to look at it.
    #[command(flatten)]
    pub look: Look,
}

/// How to capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// libpcap's ring: kernel times, drop counts, VLAN tags
    Ring,
    /// A plain raw socket through pnet; tells on stderr what it cannot know
    Raw,
}

impl Read {
    /// The files, and the words of a filter behind them: it begins at the first argument that is no
    /// file but a word of the filter language.
    pub fn files_and_words(&self) -> (&[PathBuf], Vec<String>) {
        let begins = |argument: &PathBuf| {
            argument.to_str().is_some_and(filter::begins_with) && !argument.exists()
        };
        let files = match self.arguments.iter().skip(1).position(begins) {
            Some(before) => before + 1,
            None => self.arguments.len(),
        };
        let (files, words) = self.arguments.split_at(files);
        let words = words.iter().map(|word| word.to_string_lossy().into_owned());
        (files, words.collect())
    }
}

impl Cli {
    /// What was typed, or the answer to it: help, the version, or what is wrong.
    pub fn typed() -> Result<Self, clap::Error> {
        let cli = Self::try_parse().map_err(|error| {
            let first = env::args_os().nth(1).unwrap_or_default();
            if error.kind() != ErrorKind::InvalidSubcommand || !Path::new(&first).is_file() {
                return error;
            }
            let file = text::escape(&first.to_string_lossy()).into_owned();
            let hint = format!("{file} is a file: `inspector read {file}` tells what it shows");
            Self::command().error(ErrorKind::InvalidSubcommand, hint)
        })?;
        let look = match &cli.command {
            Command::Read(read) => Some(&read.look),
            Command::Live(live) => Some(&live.look),
            Command::Lab(lab) => Some(&lab.look),
            _ => None,
        };
        if look.is_some_and(|look| look.part.recv.is_some() && look.view() != View::Chat) {
            let what =
                "--recv foretells what a program reads in --view chat; leave the other view away";
            return Err(Self::command().error(ErrorKind::ArgumentConflict, what));
        }
        if let Command::Why(why) = &cli.command
            && let Err(what) = why.files_and_what()
        {
            return Err(Self::command().error(ErrorKind::InvalidValue, what));
        }
        if let Command::Lab(lab) = &cli.command
            && let Err(what) = lab.settings()
        {
            return Err(Self::command().error(ErrorKind::ArgumentConflict, what));
        }
        if let Some(look) = cli.command.look()
            && let Err(what) = look.check()
        {
            return Err(Self::command().error(ErrorKind::ArgumentConflict, what));
        }
        Ok(cli)
    }
}

impl Command {
    /// How to look, where there is something to look at.
    const fn look(&self) -> Option<&Look> {
        match self {
            Self::Read(read) => Some(&read.look),
            Self::Live(live) => Some(&live.look),
            Self::Lab(lab) => Some(&lab.look),
            Self::Chat(_) | Self::Why(_) | Self::Interfaces | Self::Schema(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_filter_may_follow_the_files() {
        let parse = |line: &str| {
            let line = line.split(' ');
            let Command::Read(read) = Cli::try_parse_from(line).unwrap().command else {
                panic!("not read");
            };
            let (files, words) = read.files_and_words();
            (files.len(), words.join(" "))
        };
        let cases = [
            ("inspector read a.pcap", 1, ""),
            ("inspector read tcp", 1, ""),
            ("inspector read a.pcap b.pcap missing", 3, ""),
            ("inspector read a.pcap tcp port 8520", 1, "tcp port 8520"),
            ("inspector read a.pcap b.pcap not arp", 2, "not arp"),
            (
                "inspector read - --json (tcp or udp) and host 192.168.15.42",
                1,
                "(tcp or udp) and host 192.168.15.42",
            ),
            ("inspector read a.pcap !arp", 1, "!arp"),
            (
                "inspector read a.pcap tcp[13] & 2 != 0 --json",
                1,
                "tcp[13] & 2 != 0",
            ),
        ];
        for (line, files, words) in cases {
            assert_eq!(parse(line), (files, words.to_owned()), "{line}");
        }
    }

    #[test]
    fn a_filter_and_words_must_both_hold() {
        let parse = |line: &[&str]| match Cli::try_parse_from(line).unwrap().command {
            Command::Live(live) => live.look.filter(&live.words),
            _ => None,
        };
        let live = ["inspector", "live", "eth0"];
        assert_eq!(parse(&live), None);
        assert_eq!(
            parse(&[&live[..], &["tcp", "port", "8520"]].concat()).unwrap(),
            "tcp port 8520"
        );
        assert_eq!(
            parse(&[&live[..], &["-f", "tcp or udp", "port", "8520", "--json"]].concat()).unwrap(),
            "(tcp or udp) and (port 8520)"
        );
    }
}
