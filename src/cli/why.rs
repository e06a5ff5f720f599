//! What may be typed after `inspector why`.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use inspector::report::{text, why::What};
use ipnet::IpNet;

use super::{
    limits::Limits,
    look::{Language, When},
    values::{duration, net},
};

/// `inspector why`.
#[derive(Debug, Args)]
#[command(after_help = "\
The answer is a proof: at most a dozen sentences, each with its frames, from what became of it down
to the root. Each is seen (the frames say it), inferred (it follows, as networks usually are), or
unknown: it cannot be known from where the capture was made.

Exit codes: 0 there is an answer, whatever failed in the capture; 1 there is none, or the input
failed; 2 wrong usage.

Examples:
  inspector why captures/refused.pcap
  inspector why captures/chat.pcap tcp-1
  inspector why captures/gateway.pcap 3 --net 192.168.15.0/24
  inspector why captures/host-absent.pcap 192.168.15.99 --lang zh
  inspector why captures/zero-window.pcap --json")]
pub struct Why {
    /// Capture files, as for `inspector read`, and behind them what is asked about: a frame (55 or #55), a
    /// connection or exchange (tcp-2, udp-1) or a host (192.168.15.73); else the most telling failure
    #[arg(required = true, value_name = "FILE|WHAT")]
    arguments: Vec<PathBuf>,
    /// Look only at frames that match, in tcpdump's filter language
    #[arg(short, long, value_name = "EXPR")]
    pub filter: Option<String>,
    /// Stop after this many frames
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Stop after this much capture time: 30s, 5m, 500ms
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub duration: Option<Duration>,
    /// Subnets on this side of the gateway, such as 192.168.15.0/24 (else inferred from ARP)
    #[arg(long, value_name = "CIDR", value_delimiter = ',', value_parser = net)]
    pub net: Vec<IpNet>,
    /// What people call sockets, hosts and hardware addresses: a TOML file, as for `inspector read`
    #[arg(long, value_name = "FILE")]
    pub names: Option<PathBuf>,
    /// The proof as one JSON object (see `inspector schema why`)
    #[arg(long)]
    pub json: bool,
    /// The language of what is told [default: that of the locale, if it is one of these; else en]
    #[arg(long, value_enum)]
    pub lang: Option<Language>,
    /// When to colour
    #[arg(long, visible_alias = "color", value_enum, default_value_t = When::Auto)]
    pub colour: When,
    /// How much is remembered, and for how long.
    #[command(flatten)]
    pub limits: Limits,
}

impl Why {
    /// The files, and what is asked about: the last argument, unless there is a file of that name.
    ///
    /// # Errors
    ///
    /// The last argument is neither a file nor anything that can be asked about.
    pub fn files_and_what(&self) -> Result<(&[PathBuf], What), String> {
        match self.arguments.as_slice() {
            [files @ .., last] if !files.is_empty() && !last.exists() => {
                let typed = last.to_string_lossy();
                let what = typed.parse().map_err(|hint| {
                    let typed = text::escape(&typed);
                    format!("{typed} is neither a file nor a question: {hint}")
                });
                Ok((files, what?))
            }
            files => Ok((files, What::default())),
        }
    }
}
