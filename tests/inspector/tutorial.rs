//! The programs are not ours to keep: they are taken out of the tutorial's text, which
//! `INSPECTOR_TUTORIAL` names, when a test runs.

use std::{env, fs};

use super::{
    net::{self, SERVER},
    skip,
};

/// The six programs.
pub struct Tutorial {
    pub tcp: Pair,
    pub shop: Pair,
    pub udp: Pair,
}

/// A server and a client in Python, for 192.168.15.73 port 8520.
pub struct Pair {
    pub server: String,
    pub client: String,
}

impl Tutorial {
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
        let listings = listings(&text);
        let pairs: Vec<_> = listings.iter().filter_map(|code| Pair::of(code)).collect();
        let [tcp, shop, udp] = <[Pair; 3]>::try_from(pairs).unwrap_or_else(|pairs| {
            panic!("the text has three pairs of programs, not {}", pairs.len())
        });
        Some(Self { tcp, shop, udp })
    }
}

impl Pair {
    /// A listing with a server and a client, each opened by a comment. What stands before the first
    /// comment belongs to both.
    fn of(listing: &[&str]) -> Option<Self> {
        let opens = |part: &str| listing.iter().position(|code| code.starts_with(part));
        let (server, client) = (opens("# 服务端")?, opens("# 客户端")?);
        let code = |lines: &[&str]| {
            let code = lines.join("\n");
            code.replace("192.168.12.42", SERVER)
                .replace("127.0.0.1", SERVER)
        };
        Some(Self {
            server: code(&listing[..client]),
            client: code(&[&listing[..server], &listing[client..]].concat()),
        })
    }
}

/// Runs of lines that are numbered from 1, without their numbers.
fn listings(text: &str) -> Vec<Vec<&str>> {
    let mut listings = Vec::new();
    let mut listing: Vec<&str> = Vec::new();
    for line in text.lines().chain([""]) {
        let line = line.trim_start();
        let (number, code) = line.split_once(' ').unwrap_or((line, ""));
        if number.parse() == Ok(listing.len() + 1) {
            listing.push(code);
        } else {
            listings.push(std::mem::take(&mut listing));
        }
    }
    listings
}
