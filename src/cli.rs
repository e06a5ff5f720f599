//! What may be typed.

pub mod chat;
pub mod lab;
pub mod pictures;
pub mod why;

use std::{
    env,
    net::IpAddr,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use clap::{
    ArgAction, ArgGroup, Args, CommandFactory as _, Parser, Subcommand, ValueEnum, error::ErrorKind,
};
use inspector::{
    capture::filter,
    report::{text, when::TimeFormat, words::Lang},
    track::{
        self, Config, Idle,
        event::{ConnectionId, Conversation, ExchangeId},
    },
};
use ipnet::IpNet;

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

/// How to look at a capture, whatever its source.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("written").args(["write", "raw", "svg", "mermaid", "html"]).multiple(true))]
pub struct Look {
    /// Look only at frames that match, in tcpdump's filter language: 'tcp port 8520'
    #[arg(short, long, value_name = "EXPR")]
    pub filter: Option<String>,
    /// Stop after this many frames
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Stop after this much capture time: 30s, 5m, 500ms
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub duration: Option<Duration>,
    /// Write the frames to a file, pcapng or by its ending .pcap
    #[arg(short, long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// Replace the files of -w, --raw, --svg, --mermaid and --html if they exist
    #[arg(long, requires = "written")]
    pub force: bool,
    /// What to show [default: timeline; packets with -x, chat with --recv]
    #[arg(long, value_enum, conflicts_with = "json")]
    pub view: Option<View>,
    /// Events as JSON, one a line, for programs
    #[arg(long)]
    pub json: bool,
    /// With --json, an event for each frame too, with all its header fields
    #[arg(long, requires = "json")]
    pub packets: bool,
    /// How to show times
    #[arg(long, value_enum, default_value_t = Time::Relative)]
    pub time: Time,
    /// The language of what is told [default: that of the locale, if it is one of these; else en]
    #[arg(long, value_enum)]
    pub lang: Option<Language>,
    /// Show more: every header field of each packet, what both sides agreed on in a handshake
    #[arg(short, long)]
    pub verbose: bool,
    /// Show the bytes of each packet in hexadecimal
    #[arg(short = 'x', long)]
    pub hex: bool,
    /// Rows that each closing table shows, the largest, or all
    #[arg(long, value_name = "N|all", default_value = "50", value_parser = top)]
    pub top: Top,
    /// Threads: with 2, one reads ahead while the other looks; the output is the same [default: 2 where there
    /// are as many processors]
    #[arg(long, value_name = "1|2", value_parser = clap::value_parser!(u8).range(1..=2))]
    pub threads: Option<u8>,
    /// When to colour
    #[arg(long, visible_alias = "color", value_enum, default_value_t = When::Auto)]
    pub colour: When,
    /// Which pictures to draw.
    #[command(flatten)]
    pub pictures: pictures::Pictures,
    /// What of it to tell.
    #[command(flatten)]
    pub part: Part,
    /// How much is remembered, and for how long.
    #[command(flatten)]
    pub limits: Limits,
    /// Never resolve names; always so, here for those whose fingers type it
    #[arg(short = 'n', hide = true, action = ArgAction::Count)]
    pub numeric: u8,
}

/// What of a capture to tell. All of it is tracked: numbers, verdicts and frames stay the same.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is told")]
pub struct Part {
    /// Tell only of this connection or exchange, tcp-1 or udp-2, and of the ARP or neighbour answer that
    /// it follows from; in --view packets only of its own frames (of a fragmented datagram the frame that
    /// makes it whole). Repeated: of any of them
    #[arg(long, value_name = "ID", value_parser = conversation)]
    pub conn: Vec<Conversation>,
    /// Tell only of what names this host. Repeated: any of them. With --conn both must hold
    #[arg(long, value_name = "IP")]
    pub host: Vec<IpAddr>,
    /// Show what both sides of this connection or exchange said, tcp-1 or udp-2, as text
    #[arg(long, value_name = "ID", value_parser = conversation,
        conflicts_with_all = ["conn", "host", "view", "json", "hex"])]
    pub follow: Option<Conversation>,
    /// With --follow, write each side's bytes as they were: chat.bin becomes chat.orig.bin and
    /// chat.resp.bin
    #[arg(long, value_name = "FILE", requires = "follow")]
    pub raw: Option<PathBuf>,
    /// With --view chat, foretell what a program prints that reads at most N bytes at a time, such as the
    /// tutorial's with recv(1024): glued and split messages, characters cut in two, tails lost
    #[arg(long, value_name = "N", value_parser = count, conflicts_with_all = ["json", "hex", "follow"])]
    pub recv: Option<usize>,
    /// What people call sockets, hosts and hardware addresses: a TOML file with lines such as
    /// taibai = "192.168.12.42:8520"
    #[arg(long, value_name = "FILE")]
    pub names: Option<PathBuf>,
}

/// How much is remembered, and for how long.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// What a wrong checksum means
    #[arg(long, value_enum, default_value_t = Checksums::Verify)]
    pub checksums: Checksums,
    /// Connections remembered at once, and as many exchanges [default: 262144 live, 4000000 reading]
    #[arg(long, value_name = "N", value_parser = count)]
    pub max_connections: Option<usize>,
    /// Hosts remembered at once
    #[arg(long, value_name = "N", default_value = "16384", value_parser = count)]
    pub max_hosts: usize,
    /// Bytes of fragments that wait for others
    #[arg(long, value_name = "SIZE", default_value = "4MiB", value_parser = size)]
    pub max_fragment_bytes: usize,
    /// Bytes of TCP streams that wait for missing ones or for the end of a message
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = size)]
    pub max_stream_bytes: usize,
    /// Capture time without a frame after which a connection or exchange is over [default: connections
    /// 5 days, exchanges 1 hour]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub idle: Option<Duration>,
}

/// What a wrong checksum means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Checksums {
    /// The receiver threw it away: it is told and changes nothing
    Verify,
    /// Nothing: the frames were captured where checksums are not filled in yet
    Ignore,
}

/// What to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum View {
    /// The story, event by event, then the tables
    Timeline,
    /// One line a packet, in tcpdump's grammar (-v all header fields, -x the bytes)
    Packets,
    /// What people said over TCP and UDP, side by side, and what each protocol took for it (--recv: and
    /// what programs read of it)
    Chat,
    /// The tables only
    Summary,
    /// A sequence diagram: hosts are rails, frames are arrows; at the end
    Ladder,
}

/// How to capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// libpcap's ring: kernel times, drop counts, VLAN tags
    Ring,
    /// A plain raw socket through pnet; tells on stderr what it cannot know
    Raw,
}

/// How to show times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Time {
    /// Seconds since the first frame
    Relative,
    /// Date and time in UTC
    Utc,
    /// Date and time where you are
    Local,
    /// Seconds since the line before
    Delta,
}

/// The language of what is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// English
    En,
    /// Chinese
    Zh,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How many rows a table shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Top(pub Option<usize>);

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

impl From<Time> for TimeFormat {
    fn from(time: Time) -> Self {
        match time {
            Time::Relative => Self::Relative,
            Time::Utc => Self::Utc,
            Time::Local => Self::Local,
            Time::Delta => Self::Delta,
        }
    }
}

impl From<Language> for Lang {
    fn from(language: Language) -> Self {
        match language {
            Language::En => Self::En,
            Language::Zh => Self::Zh,
        }
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

/// On how many threads to work unless told: on two, where there are as many processors.
pub fn usual_threads() -> usize {
    thread::available_parallelism().map_or(1, |processors| processors.get().min(2))
}

impl Look {
    /// What of it makes no sense together.
    fn check(&self) -> Result<(), String> {
        let has_picture = self.view == Some(View::Ladder) || self.pictures.paths().count() > 0;
        if self.pictures.frames.is_some() && !has_picture {
            return Err(
                "--frames is for the ladder: add --view ladder, --svg, --mermaid or --html".into(),
            );
        }
        let to_stdout = self.outputs().filter(|path| *path == Path::new("-"));
        if to_stdout.count() > 1 {
            return Err(
                "only one of -w, --svg, --mermaid and --html can go to standard output".into(),
            );
        }
        Ok(())
    }

    /// The files that frames and pictures are written to.
    pub fn outputs(&self) -> impl Iterator<Item = &Path> {
        let files = self.write.iter().chain(self.pictures.paths());
        files.map(PathBuf::as_path)
    }

    /// What to show, as it was meant.
    pub fn view(&self) -> View {
        self.view.unwrap_or(match () {
            () if self.hex => View::Packets,
            () if self.part.recv.is_some() => View::Chat,
            () => View::Timeline,
        })
    }

    /// On how many threads to work.
    pub fn threads(&self) -> usize {
        self.threads.map_or_else(usual_threads, usize::from)
    }

    /// The filter expression: that of -f, and the words, of which both must hold.
    pub fn filter(&self, words: &[String]) -> Option<String> {
        let words = words.join(" ");
        match (&self.filter, words.is_empty()) {
            (Some(filter), false) => Some(format!("({filter}) and ({words})")),
            (Some(filter), true) => Some(filter.clone()),
            (None, false) => Some(words),
            (None, true) => None,
        }
    }
}

impl Limits {
    /// What the tracker may hold; `usual` where nothing else was typed.
    pub fn tracking(&self, nets: Vec<IpNet>, usual: &Config) -> Config {
        let idle = self.idle.map_or(usual.idle, |idle| Idle {
            half_open: usual.idle.half_open.min(idle),
            established: idle,
            exchange: idle,
        });
        Config {
            nets,
            max_connections: self.max_connections.unwrap_or(usual.max_connections),
            max_hosts: self.max_hosts,
            max_fragment_bytes: self.max_fragment_bytes,
            max_stream_bytes: self.max_stream_bytes,
            idle,
            checksums: match self.checksums {
                Checksums::Verify => track::Checksums::Verify,
                Checksums::Ignore => track::Checksums::Ignore,
            },
            ..usual.clone()
        }
    }
}

/// `tcp-1`, `udp-2`.
fn conversation(typed: &str) -> Result<Conversation, String> {
    let number = |digits: &str| {
        let digits = Some(digits).filter(|digits| digits.bytes().all(|c| c.is_ascii_digit()));
        digits?.parse().ok().filter(|number| *number > 0)
    };
    let conversation = match typed.split_once('-') {
        Some(("tcp", digits)) => number(digits).map(|id| Conversation::Tcp(ConnectionId(id))),
        Some(("udp", digits)) => number(digits).map(|id| Conversation::Udp(ExchangeId(id))),
        _ => None,
    };
    conversation.ok_or_else(|| "write tcp-1 or udp-1, as the other views number them".to_owned())
}

/// A subnet: an address and how many of its bits name the net.
fn net(typed: &str) -> Result<IpNet, String> {
    typed
        .parse()
        .map_err(|_| "write a subnet such as 192.168.15.0/24 or 2001:db8::/64".to_owned())
}

fn count(typed: &str) -> Result<usize, String> {
    let count = typed.parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| "write a number above 0".to_owned())
}

/// Bytes: `65536`, `64KiB`, `4MiB`, `1GiB`.
fn size(typed: &str) -> Result<usize, String> {
    let digits = typed.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match typed.get(digits.len()..).unwrap_or_default() {
        "" | "B" => Some(1),
        "K" | "KiB" => Some(1 << 10),
        "M" | "MiB" => Some(1 << 20),
        "G" | "GiB" => Some(1 << 30),
        _ => None,
    };
    let size = digits.parse::<usize>().ok().zip(unit);
    size.and_then(|(number, unit)| number.checked_mul(unit))
        .filter(|size| *size > 0)
        .ok_or_else(|| "write a size such as 64MiB or 65536".to_owned())
}

fn duration(typed: &str) -> Result<Duration, String> {
    let seconds = typed.parse::<f64>().ok().map(Duration::try_from_secs_f64);
    let span = match seconds {
        Some(Ok(span)) => Some(span),
        Some(Err(_)) => None,
        None => typed
            .parse::<jiff::SignedDuration>()
            .ok()
            .and_then(|span| Duration::try_from(span).ok()),
    };
    span.filter(|span| !span.is_zero())
        .ok_or_else(|| "write a time such as 30s, 5m or 500ms".to_owned())
}

fn top(typed: &str) -> Result<Top, String> {
    match typed {
        "all" => Ok(Top(None)),
        number => match number.parse() {
            Ok(rows) if rows > 0 => Ok(Top(Some(rows))),
            _ => Err("write a number above 0, or all".to_owned()),
        },
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
    fn durations_are_times() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1m30s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("2.5"), Ok(Duration::from_millis(2500)));
        for wrong in ["", "0s", "-5s", "soon", "-1", "inf", "1e300"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(size("65536"), Ok(65_536));
        assert_eq!(size("64KiB"), Ok(65_536));
        assert_eq!(size("4M"), Ok(4 << 20));
        for wrong in ["", "0", "KiB", "-1", "4MB", "99999999999GiB", "1.5G"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn conversations_have_a_protocol_and_a_number() {
        assert_eq!(
            conversation("tcp-12"),
            Ok(Conversation::Tcp(ConnectionId(12)))
        );
        assert_eq!(conversation("udp-1"), Ok(Conversation::Udp(ExchangeId(1))));
        for wrong in [
            "", "tcp", "tcp-", "tcp-0", "tcp-+1", "tcp--1", "1", "icmp-1",
        ] {
            assert!(conversation(wrong).is_err(), "{wrong}");
        }
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
