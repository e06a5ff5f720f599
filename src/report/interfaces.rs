//! The interfaces of this machine, in a table (`inspector interfaces`).

use std::{
    io::{self, Write},
    os::unix::ffi::OsStrExt as _,
};

use super::{
    Options, Output,
    style::Palette,
    table::{Align, Cell, Grid},
    words::{Label, tables as words},
};
use crate::{capture::interfaces::Interface, decode::MacAddr};

/// Writes the table.
pub fn write(interfaces: &[Interface], options: &Options, to: impl Write) -> io::Result<()> {
    let lang = options.lang;
    let mut grid = Grid::new(
        lang,
        words::INTERFACES,
        &[
            (words::INDEX, Align::Right),
            (words::NAME, Align::Left),
            (words::STATE, Align::Left),
            (words::MAC, Align::Left),
            (words::ADDRESSES, Align::Left),
        ],
    );
    for interface in interfaces {
        let addresses: Vec<String> = interface
            .addresses
            .iter()
            .map(ToString::to_string)
            .collect();
        grid.row([
            Cell::from(interface.index.to_string()),
            Cell::raw(interface.name.as_bytes()),
            Cell::from(state(interface).of(lang)),
            Cell::from(interface.mac.map_or_else(
                || words::NONE.of(lang).to_owned(),
                |octets| MacAddr(octets).to_string(),
            )),
            Cell::lines(addresses),
        ]);
    }
    if interfaces.is_empty() {
        let none = words::NO_INTERFACES.of(lang);
        grid.row(["", none, "", "", ""].map(Cell::from));
    }
    let mut output = Output::new(to);
    grid.write(Palette::new(options.colour), options.width, &mut output)?;
    output.flush()
}

const fn state(interface: &Interface) -> Label {
    match (interface.up, interface.running) {
        (true, true) => words::UP,
        (true, false) => words::NO_CARRIER,
        (false, _) => words::DOWN,
    }
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt as _};

    use super::*;

    #[test]
    fn a_row_an_interface_and_nothing_unescaped() {
        let hostile = Interface {
            name: OsString::from_vec(b"a\xff\x1b[2J".to_vec()),
            index: 3,
            up: true,
            running: false,
            loopback: false,
            mac: Some([2, 0, 0, 0, 0, 1]),
            addresses: vec![
                "192.168.15.42/24".parse().unwrap(),
                "2001:db8::42/64".parse().unwrap(),
            ],
        };
        let mut out = Vec::new();
        write(&[hostile], &Options::default(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains(r"a\xFF\u{1b}[2J"), "{text}");
        assert!(text.contains("up, no carrier"), "{text}");
        assert!(text.contains("02:00:00:00:00:01"), "{text}");
        assert!(text.contains("192.168.15.42/24"), "{text}");
        assert!(text.contains("2001:db8::42/64"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}
