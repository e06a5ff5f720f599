//! What may be typed to say how to look at a capture.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use clap::{ArgAction, ArgGroup, Args, ValueEnum};
use inspector::{
    report::{when::TimeFormat, words::Lang},
    track::event::Conversation,
};

use super::{
    limits::Limits,
    pictures::Pictures,
    values::{conversation, count, duration, top},
};

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
    /// Threads: 1 does all, with 2 reading ahead and telling have threads of their own; the output is the same
    /// [default: 2 where there are as many processors]
    #[arg(long, value_name = "1|2", value_parser = clap::value_parser!(u8).range(1..=2))]
    pub threads: Option<u8>,
    /// When to colour
    #[arg(long, visible_alias = "color", value_enum, default_value_t = When::Auto)]
    pub colour: When,
    /// Which pictures to draw.
    #[command(flatten)]
    pub pictures: Pictures,
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

/// On how many threads to work unless told: on two, where there are as many processors.
pub fn usual_threads() -> usize {
    thread::available_parallelism().map_or(1, |processors| processors.get().min(2))
}

impl Look {
    /// What of it makes no sense together.
    pub(super) fn check(&self) -> Result<(), String> {
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
