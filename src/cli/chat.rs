//! What may be typed after `inspector chat`.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use clap::{Args, Subcommand, ValueHint, value_parser};
use inspector::lab::chat::PORT;

use super::values::duration;

/// `inspector chat`.
#[derive(Debug, Args)]
#[command(after_help = "\
The programs send byte for byte what the tutorial's Python programs send, so either end can be
one of them. Addresses are IP or IP:PORT; the port is 8520 unless another is written.

On a terminal lines are edited as usual (Chinese too), Ctrl-D leaves, and Ctrl-C ends the
program with exit code 130; otherwise lines come from standard input, from --script or from
--say. Where nobody reads any more what a program shows (| head), it ends with exit code 0.

What differs from the originals, none of it on the wire:
  - An empty line is asked for again. Theirs sends nothing and waits for the answer.
  - A client that leaves without 88 or breaks off ends no server: the next in line is served.
    One that vanishes without a word (its cable is cut) is waited for, as theirs waits.
  - A client whose server closes the connection says so and ends with exit code 1.
  - A character that TCP cuts in two is put together; bytes that are no UTF-8 show as U+FFFD.
  - What comes in one piece is one message, up to 64 KiB, not 1024 bytes. TCP has no messages:
    over a slow or lossy way a long one may come in several pieces, here as there.
  - A server can be started again at once (SO_REUSEADDR), but not after one of theirs, whose
    connections are in TIME_WAIT for up to a minute.
  - A server whose person leaves, or whose script has no more lines, ends; who waits in line is
    cut off.
  - A UDP client says when nobody has a name, when a port is closed, when no answer comes (after
    --wait), and who speaks when another than the partner does.
  - What comes over the network is escaped before it reaches the terminal.

Examples:
  inspector chat tcp serve 127.0.0.1
  inspector chat tcp connect 127.0.0.1
  inspector chat tcp connect 192.168.15.73 --say '你好' --say 88 --pause 500ms
  inspector chat udp talk --book names.toml
  inspector chat shop ask 127.0.0.1")]
pub struct Chat {
    /// Which chat.
    #[command(subcommand)]
    pub kind: Kind,
}

/// Which chat.
#[derive(Debug, Subcommand)]
pub enum Kind {
    /// The TCP chat: the server greets, then both speak in turns; the client's 88 ends it
    #[command(subcommand)]
    Tcp(Tcp),
    /// The UDP chat: a server that answers whoever writes, clients with a book of names
    #[command(subcommand)]
    Udp(Udp),
    /// The shop: one question, one answer
    #[command(subcommand)]
    Shop(Shop),
}

/// The TCP chat.
#[derive(Debug, Subcommand)]
pub enum Tcp {
    /// Greet clients and answer them, one after the other; three more may wait in line
    Serve {
        /// Where to listen
        #[arg(value_name = "ADDR", value_parser = address)]
        address: SocketAddr,
        /// End after so many clients [default: never]
        #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
        clients: Option<u64>,
        /// What is typed.
        #[command(flatten)]
        typing: Typing,
    },
    /// Talk with a server; 88 says goodbye
    Connect {
        /// Where the server listens
        #[arg(value_name = "ADDR", value_parser = address)]
        address: SocketAddr,
        /// What is typed.
        #[command(flatten)]
        typing: Typing,
    },
}

/// The UDP chat.
#[derive(Debug, Subcommand)]
pub enum Udp {
    /// Answer whoever writes; an empty line is no answer
    Serve {
        /// Where to listen
        #[arg(value_name = "ADDR", value_parser = address)]
        address: SocketAddr,
        /// End after so many messages [default: never]
        #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
        messages: Option<u64>,
        /// What is typed.
        #[command(flatten)]
        typing: Typing,
    },
    /// Choose a partner by name and talk; Q leaves the partner, Q again the chat
    Talk {
        /// A TOML file of names, a line each: taibai = "192.168.12.42:8520" [default: the
        /// tutorial's four names, at 192.168.12.42]
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        book: Option<PathBuf>,
        /// How long to wait for an answer
        #[arg(long, value_name = "TIME", default_value = "1m", value_parser = duration)]
        wait: Duration,
        /// What is typed.
        #[command(flatten)]
        typing: Typing,
    },
}

/// The shop.
#[derive(Debug, Subcommand)]
pub enum Shop {
    /// Answer a question
    Serve {
        /// Where to listen
        #[arg(value_name = "ADDR", value_parser = address)]
        address: SocketAddr,
        /// End after so many questions, 0 for never; the tutorial's ends after one
        #[arg(long, value_name = "N", default_value_t = 1)]
        questions: u64,
    },
    /// Ask the question and show the answer
    Ask {
        /// Where the shop is
        #[arg(value_name = "ADDR", value_parser = address)]
        address: SocketAddr,
        /// How long to wait for the answer
        #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration)]
        wait: Duration,
    },
}

/// What is typed, and how fast.
#[derive(Debug, Args)]
pub struct Typing {
    /// Say this line; may be given several times, and nothing else is said then
    #[arg(long, value_name = "LINE", conflicts_with = "script")]
    pub say: Vec<String>,
    /// Say the lines of this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub script: Option<PathBuf>,
    /// How long to think before each line that nobody types at a terminal
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = pause)]
    pub pause: Duration,
}

/// An address with or without a port: `192.168.15.73`, `192.168.15.73:8520`, `::1`, `[::1]:8520`.
pub fn address(typed: &str) -> Result<SocketAddr, String> {
    if let Ok(ip) = typed.parse::<IpAddr>() {
        return Ok((ip, PORT).into());
    }
    typed
        .parse()
        .map_err(|_| "write an IP address, such as 192.168.15.73 or 192.168.15.73:8520".to_owned())
}

/// A time, or none at all.
pub(super) fn pause(typed: &str) -> Result<Duration, String> {
    match typed {
        "0" => Ok(Duration::ZERO),
        typed => duration(typed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_leave_its_port_out() {
        for (typed, meant) in [
            ("192.168.15.73", "192.168.15.73:8520"),
            ("192.168.15.73:99", "192.168.15.73:99"),
            ("::1", "[::1]:8520"),
            ("[::1]:99", "[::1]:99"),
        ] {
            assert_eq!(address(typed).unwrap().to_string(), meant);
        }
        for typed in ["", "8520", "localhost", "192.168.15.73:", "192.168.15"] {
            assert!(address(typed).is_err(), "{typed}");
        }
    }
}
