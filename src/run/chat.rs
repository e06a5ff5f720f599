//! A chat program: an address, a desk, and what was typed.

use std::{fs, net::SocketAddr, path::Path};

use inspector::{
    lab::chat::{desk::Desk, shop, tcp, udp},
    report::text,
};
use toml::de::DeTable;

use super::Error;
use crate::cli::chat::{self, Chat, Kind, Shop, Tcp, Typing, Udp};

/// The tutorial's names, and where it has them all.
const NAMES: [&str; 4] = ["taibai", "taihei", "libai", "lihei"];
const NAMES_ADDRESS: &str = "192.168.12.42";

/// Runs the program until it ends.
pub(super) fn run(chat: &Chat) -> Result<bool, Error> {
    match &chat.kind {
        Kind::Tcp(Tcp::Serve {
            address,
            clients,
            typing,
        }) => {
            let mut desk = desk(typing)?;
            let server = tcp::Server::listen(*address)?;
            listening(server.address());
            server.serve(&mut desk, *clients)?;
        }
        Kind::Tcp(Tcp::Connect { address, typing }) => {
            let mut desk = desk(typing)?;
            tcp::Client::connect(*address)?.talk(&mut desk)?;
        }
        Kind::Udp(Udp::Serve {
            address,
            messages,
            typing,
        }) => {
            let mut desk = desk(typing)?;
            let server = udp::Server::bind(*address)?;
            listening(server.address());
            server.serve(&mut desk, *messages)?;
        }
        Kind::Udp(Udp::Talk { book, wait, typing }) => {
            let book = book.as_deref().map_or_else(tutorial_book, read_book)?;
            let mut desk = desk(typing)?;
            udp::Client::new(book, *wait).talk(&mut desk)?;
        }
        Kind::Shop(Shop::Serve { address, questions }) => {
            let server = shop::Server::bind(*address)?;
            listening(server.address());
            let questions = (*questions > 0).then_some(*questions);
            server.serve(&mut silent_desk(), questions)?;
        }
        Kind::Shop(Shop::Ask { address, wait }) => {
            shop::ask(*address, &mut silent_desk(), *wait)?;
        }
    }
    Ok(true)
}

fn listening(address: SocketAddr) {
    super::say(&format!("listening on {address}; Ctrl-C ends it"));
}

fn desk(typing: &Typing) -> Result<Desk, Error> {
    let lines = match &typing.script {
        Some(path) => {
            let script = fs::read_to_string(path)
                .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
            script.lines().map(str::to_owned).collect()
        }
        None => typing.say.clone(),
    };
    if lines.is_empty() && typing.script.is_none() {
        Ok(Desk::at_standard_input(typing.pause, escape)?)
    } else {
        Ok(Desk::scripted(lines, typing.pause, escape))
    }
}

/// A desk of somebody who only reads.
fn silent_desk() -> Desk {
    Desk::scripted([], std::time::Duration::ZERO, escape)
}

fn escape(words: &str) -> String {
    text::escape(words).into()
}

fn tutorial_book() -> Result<udp::Book, Error> {
    let address = chat::address(NAMES_ADDRESS)?;
    Ok(NAMES.map(|name| (name.to_owned(), address)).into())
}

fn read_book(path: &Path) -> Result<udp::Book, Error> {
    let text = fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let failed = |what: &dyn std::fmt::Display| {
        let path = path.display();
        format!("{path} is no book of names: {what}; a line is: taibai = \"192.168.12.42:8520\"")
    };
    let lines = DeTable::parse(&text).map_err(|error| failed(&error.message()))?;
    let mut book = udp::Book::new();
    for (name, typed) in lines.into_inner() {
        let name = name.into_inner().into_owned();
        let address = typed
            .into_inner()
            .as_str()
            .and_then(|typed| chat::address(typed).ok());
        let address = address.ok_or_else(|| failed(&format!("{name} has no IP address")))?;
        book.insert(name, address);
    }
    Ok(book)
}
