//! JSON objects, written by hand into one buffer: a line an event is made of little else than names, numbers and
//! addresses, and through a serializer each of them costs several times as much.

use std::{fmt, io::Write as _, net::IpAddr, time::Duration};

use crate::{
    decode::MacAddr,
    report::{
        digits,
        names::{Name, Names},
        text,
    },
    track::{
        event::{Content, Conversation, Known},
        flow::{Both, Endpoint, Flow, Side},
    },
};

/// An object in the making. Fields stand in the order in which they are written.
pub(super) struct Object<'a> {
    out: &'a mut Vec<u8>,
    names: &'a Names,
}

impl Object<'_> {
    /// Writes an object with the fields that `fill` writes.
    #[inline]
    pub fn write(names: &Names, out: &mut Vec<u8>, fill: impl FnOnce(&mut Object<'_>)) {
        let begin = out.len();
        fill(&mut Object { out, names });
        enclose(begin, *b"{}", out);
    }

    /// One of our own words, in which nothing needs escaping.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub fn word(&mut self, name: &str, word: &'static str) {
        self.quoted(name, |out| out.extend_from_slice(word.as_bytes()));
    }

    /// A string from outside, escaped.
    pub fn escaped(&mut self, name: &str, value: &str) {
        if text::is_plain(value.as_bytes()) {
            self.quoted(name, |out| out.extend_from_slice(value.as_bytes()));
        } else {
            self.string(name, &text::escape(value));
        }
    }

    /// A string that is escaped as text already.
    pub fn string(&mut self, name: &str, value: &str) {
        self.quoted(name, |out| string_contents(value, out));
    }

    /// A string, as something displays itself. Not for what came from outside.
    pub fn shown(&mut self, name: &str, value: impl fmt::Display) {
        self.string(name, &value.to_string());
    }

    /// A number.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub fn number(&mut self, name: &str, number: impl Into<u64>) {
        self.value(name, |out| digits::decimal(number.into(), out));
    }

    /// A number that may be negative.
    pub fn signed(&mut self, name: &str, number: i64) {
        self.value(name, |out| {
            if number < 0 {
                out.push(b'-');
            }
            digits::decimal(number.unsigned_abs(), out);
        });
    }

    /// A number that is absent when unknown.
    #[inline]
    pub fn known(&mut self, name: &str, number: Option<impl Into<u64>>) {
        if let Some(number) = number {
            self.number(name, number);
        }
    }

    /// Numbers in a row.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub fn numbers(&mut self, name: &str, numbers: &[u64]) {
        self.value(name, |out| {
            items(numbers, |number, out| digits::decimal(*number, out), out);
        });
    }

    /// Yes or no.
    pub fn flag(&mut self, name: &str, is: bool) {
        self.value(name, |out| {
            out.extend_from_slice(if is { b"true" } else { b"false" });
        });
    }

    /// A span in nanoseconds, absent when unknown.
    #[inline]
    pub fn nanos(&mut self, name: &str, span: Option<Duration>) {
        self.known(name, span.map(nanos));
    }

    /// An address.
    pub fn ip(&mut self, name: &str, ip: IpAddr) {
        self.quoted(name, |out| digits::ip(ip, out));
    }

    /// A hardware address.
    pub fn mac(&mut self, name: &str, mac: MacAddr) {
        self.quoted(name, |out| digits::mac(mac, out));
    }

    /// `tcp-1`, under the name that the contract has for its kind.
    #[inline]
    pub fn conversation(&mut self, conversation: Conversation) {
        let number = match conversation {
            Conversation::Tcp(id) => {
                self.out.extend_from_slice(b",\"conn\":\"tcp-");
                id.0
            }
            Conversation::Udp(id) => {
                self.out.extend_from_slice(b",\"exchange\":\"udp-");
                id.0
            }
        };
        digits::decimal(number, self.out);
        self.out.push(b'"');
    }

    /// `orig` and `resp`.
    pub fn flow(&mut self, flow: &Flow) {
        self.socket("orig", flow.orig);
        self.socket("resp", flow.resp);
    }

    /// `{"ip": "192.168.15.73", "port": 8520}`, with `name` where it or its host has one.
    pub fn socket(&mut self, name: &str, end: Endpoint) {
        let names = self.names;
        self.object(name, |socket| {
            socket.ip("ip", end.ip);
            socket.number("port", end.port);
            socket.name("name", names.socket(end).or(names.host(end.ip)));
        });
    }

    /// `{"ip": "192.168.15.73", "mac": "02:00:00:00:0f:49"}`, the address absent where unknown, with `name`
    /// where either has one.
    pub fn host(&mut self, name: &str, ip: Option<IpAddr>, mac: MacAddr) {
        let names = self.names;
        self.object(name, |host| {
            if let Some(ip) = ip {
                host.ip("ip", ip);
            }
            host.mac("mac", mac);
            let called = ip.and_then(|ip| names.host(ip));
            host.name("name", called.or(names.mac(mac)));
        });
    }

    /// What people call a host, absent where it has no name.
    pub fn host_name(&mut self, field: &str, ip: IpAddr) {
        self.name(field, self.names.host(ip));
    }

    /// What people call a host or its hardware address, absent where neither has a name.
    pub fn host_or_mac_name(&mut self, field: &str, ip: IpAddr, mac: MacAddr) {
        self.name(field, self.names.host(ip).or(self.names.mac(mac)));
    }

    /// `orig` or `resp`, absent when unknown.
    #[inline]
    pub fn side(&mut self, name: &str, side: Option<Side>) {
        if let Some(side) = side {
            match side {
                Side::Orig => self.word(name, "orig"),
                Side::Resp => self.word(name, "resp"),
            }
        }
    }

    /// One number for each side.
    #[inline]
    pub fn both(&mut self, names: [&str; 2], both: &Both<u64>) {
        self.number(names[0], both.orig);
        self.number(names[1], both.resp);
    }

    /// The total under the plain name, and one number for each side.
    #[inline]
    pub fn total(&mut self, names: [&str; 3], both: &Both<u64>) {
        self.number(names[0], both.total());
        self.both([names[1], names[2]], both);
    }

    /// `text` or `hex`.
    pub fn content(&mut self, content: &Content) {
        if let Some(plain) = content.unread().filter(|it| text::is_plain(it)) {
            return self.quoted("text", |out| out.extend_from_slice(plain));
        }
        match content.read() {
            Known::Text(words) => self.escaped("text", words),
            Known::Bytes(bytes) => self.hex("hex", bytes),
        }
    }

    /// Bytes in hexadecimal.
    pub fn hex(&mut self, name: &str, bytes: &[u8]) {
        self.quoted(name, |out| {
            out.extend_from_slice(text::hex(bytes).as_bytes());
        });
    }

    /// An object in this one.
    #[inline]
    pub fn object(&mut self, name: &str, fill: impl FnOnce(&mut Object<'_>)) {
        let names = self.names;
        self.value(name, |out| Object::write(names, out, fill));
    }

    /// A list of objects.
    pub fn objects<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut fill: impl FnMut(T, &mut Object<'_>),
    ) {
        let names = self.names;
        self.list(name, items, |item, out| {
            Object::write(names, out, |object| fill(item, object));
        });
    }

    /// A list of strings, as things display themselves. Not for what came from outside.
    pub fn shown_list<T: fmt::Display>(&mut self, name: &str, items: &[T]) {
        self.list(name, items, |item, out| {
            out.push(b'"');
            string_contents(&item.to_string(), out);
            out.push(b'"');
        });
    }

    /// Pairs of numbers, of which the second may be unknown.
    pub fn pairs(&mut self, name: &str, pairs: impl IntoIterator<Item = (u32, Option<u32>)>) {
        self.list(name, pairs, |(first, second), out| {
            out.push(b'[');
            digits::decimal(first.into(), out);
            out.push(b',');
            match second {
                Some(second) => digits::decimal(second.into(), out),
                None => out.extend_from_slice(b"null"),
            }
            out.push(b']');
        });
    }

    /// A list of whatever `write` writes.
    pub fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        write: impl FnMut(T, &mut Vec<u8>),
    ) {
        self.value(name, |out| self::items(items, write, out));
    }

    /// A string of which `write` writes the contents, in which nothing needs escaping.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub fn quoted(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
        add(self.out, ",\"", name, "\":\"");
        write(self.out);
        self.out.push(b'"');
    }

    /// A field whose value `write` writes. Names are our own words: nothing in them needs escaping.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub fn value(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
        add(self.out, ",\"", name, "\":");
        write(self.out);
    }

    /// What people call something, absent where it has no name.
    fn name(&mut self, field: &str, name: Option<&Name>) {
        if let Some(name) = name {
            self.string(field, name.as_str());
        }
    }
}

/// A span in nanoseconds, as far as they can be counted.
pub(super) fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

/// Items in brackets.
fn items<T>(
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(T, &mut Vec<u8>),
    out: &mut Vec<u8>,
) {
    let begin = out.len();
    for item in items {
        out.push(b',');
        write(item, out);
    }
    enclose(begin, *b"[]", out);
}

/// Puts brackets around what was written since `begin`, with a comma before each item: one too many.
#[inline]
fn enclose(begin: usize, [open, close]: [u8; 2], out: &mut Vec<u8>) {
    match out.get_mut(begin) {
        Some(comma) => *comma = open,
        None => out.push(open),
    }
    out.push(close);
}

/// Adds three pieces at once.
// Where it stands, the lengths are known: so this is one look at the room that is left, and a few stores.
#[allow(clippy::inline_always)]
#[inline(always)]
fn add(out: &mut Vec<u8>, first: &str, second: &str, third: &str) {
    let mut all = [0; 48];
    let (begin, end) = (first.len(), first.len() + second.len());
    let len = end + third.len();
    if len > all.len() {
        out.extend([first, second, third].iter().flat_map(|it| it.bytes()));
        return;
    }
    all[..begin].copy_from_slice(first.as_bytes());
    all[begin..end].copy_from_slice(second.as_bytes());
    all[end..len].copy_from_slice(third.as_bytes());
    out.extend_from_slice(&all[..len]);
}

/// What stands between the quotation marks of a string.
fn string_contents(text: &str, out: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    loop {
        let (plain, behind) = rest.split_at(plain(rest));
        out.extend_from_slice(plain);
        let Some((&byte, behind)) = behind.split_first() else {
            return;
        };
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            // Text that is escaped for people holds none of these.
            control => {
                // A Vec takes everything.
                let _ = write!(out, "\\u{control:04x}");
            }
        }
        rest = behind;
    }
}

/// How many bytes at the beginning JSON takes as they are.
fn plain(bytes: &[u8]) -> usize {
    let is_plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    // Without a way out in the middle of a chunk all of its bytes are looked at at once.
    let is_all_plain =
        |chunk: &&[u8; 16]| chunk.iter().fold(true, |all, byte| all & is_plain(*byte));
    let (chunks, _) = bytes.as_chunks();
    let whole = 16 * chunks.iter().take_while(is_all_plain).count();
    let rest = bytes.iter().skip(whole);
    whole + rest.take_while(|byte| is_plain(**byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_string_is_what_the_reader_gets() {
        arbtest::arbtest(|u| {
            let value: String = u.arbitrary()?;
            let mut out = Vec::new();
            Object::write(&Names::default(), &mut out, |object| {
                object.string("value", &value);
            });
            let read: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
            assert_eq!(read["value"], value);
            Ok(())
        });
    }

    #[test]
    fn what_is_empty_ends_too() {
        let mut out = Vec::new();
        Object::write(&Names::default(), &mut out, |object| {
            object.numbers("none", &[]);
            object.object("nothing", |_| {});
            object.signed("offset", i64::MIN);
            object.pairs("missing", [(1, Some(2)), (3, None)]);
        });
        assert_eq!(
            String::from_utf8_lossy(&out),
            r#"{"none":[],"nothing":{},"offset":-9223372036854775808,"missing":[[1,2],[3,null]]}"#
        );
    }
}
