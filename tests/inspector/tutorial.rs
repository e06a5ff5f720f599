//! The programs are not ours to keep: they are taken out of the tutorial's text, which
//! `INSPECTOR_TUTORIAL` names, when a test runs.

use std::{env, fs};

use super::{net, skip};

/// A server and a client in Python, for 192.168.15.73 port 8520.
pub struct TcpChat {
    pub server: String,
    pub client: String,
}

impl TcpChat {
    /// The programs, or `None`, said loudly, without the text or without Python.
    pub fn find() -> Option<Self> {
        let Some(path) = env::var_os("INSPECTOR_TUTORIAL") else {
            skip::loudly("INSPECTOR_TUTORIAL does not name the tutorial's text");
            return None;
        };
        if !net::is_there("python3") {
            skip::loudly("`python3` is missing");
            return None;
        }
        let text = fs::read_to_string(path).expect("INSPECTOR_TUTORIAL can be read");
        Some(Self::cut_out(&text).expect("the text has the chat's listing"))
    }

    /// The listing is the first run of lines numbered from 1; comments open its two parts.
    fn cut_out(text: &str) -> Option<Self> {
        let mut listing: Vec<&str> = Vec::new();
        for line in text.lines() {
            let line = line.trim_start();
            let (number, code) = line.split_once(' ').unwrap_or((line, ""));
            if number.parse() == Ok(listing.len() + 1) {
                listing.push(code);
            } else if listing.len() > 1 {
                break;
            } else {
                listing.clear();
            }
        }
        let client = listing
            .iter()
            .position(|code| code.starts_with("# 客户端"))?;
        let (server, client) = listing.split_at(client);
        Some(Self {
            server: server.join("\n"),
            client: client.join("\n"),
        })
    }
}
