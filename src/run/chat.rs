//! A chat program: an address, a desk, and what was typed.

use std::{fs, io, net::SocketAddr, path::Path};

use inspector::{
    lab::chat::{self, desk::Desk, shop, tcp, udp},
    report::text,
};
use toml::de::DeTable;

use super::Error;
use crate::cli::chat::{self as typed, Chat, Kind, Shop, Tcp, Typing, Udp};

/// Where the tutorial has all its names.
const NAMES_ADDRESS: &str = "192.168.12.42";

/// Runs the program until it ends, or until nobody reads any more what it shows.
pub(super) fn run(chat: &Chat) -> Result<bool, Error> {
    match talk(chat) {
        Err(error) if is_closed_pipe(&*error) => Ok(true),
        talked => talked.map(|()| true),
    }
}

fn is_closed_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    matches!(
        error.downcast_ref(),
        Some(chat::Error::Person(error)) if error.kind() == io::ErrorKind::BrokenPipe
    )
}

fn talk(chat: &Chat) -> Result<(), Error> {
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
    Ok(())
}

fn listening(address: SocketAddr) {
    super::say(&format!("listening on {address}; Ctrl-C ends it"));
}

fn desk(typing: &Typing) -> Result<Desk, Error> {
    let lines = match &typing.script {
        Some(path) => {
            let script = fs::read(path)
                .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
            let script = String::from_utf8_lossy(&script);
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
    let address = typed::address(NAMES_ADDRESS)?;
    Ok(udp::NAMES.map(|name| (name.to_owned(), address)).into())
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
    for (name, value) in lines.into_inner() {
        let name = name.into_inner().into_owned();
        let address = value
            .into_inner()
            .as_str()
            .and_then(|address| typed::address(address).ok());
        let address = address.ok_or_else(|| failed(&format!("{name} has no IP address")))?;
        book.insert(name, address);
    }
    if book.is_empty() {
        return Err(failed(&"nobody is in it").into());
    }
    Ok(book)
}
