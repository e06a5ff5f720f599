//! What people call the sockets, hosts and hardware addresses of their network (`--names FILE`).
//!
//! ```toml
//! taibai = "192.168.12.42:8520"
//! shen = ["192.168.12.7", "2001:db8::7"]
//! gateway = "02:00:00:00:00:01"
//! ```
//!
//! A name may stand for several addresses, and an address may have several names; then they are said
//! together, as `taibai/taihei`, and nobody can tell which of them is meant.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    net::{IpAddr, SocketAddr},
};

use toml::de::{DeTable, DeValue};

use super::{
    text,
    words::{Lang, story, tables},
};
use crate::{decode::MacAddr, track::flow::Endpoint};

/// Names, found by what they name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Names {
    sockets: HashMap<Endpoint, Name>,
    hosts: HashMap<IpAddr, Name>,
    macs: HashMap<MacAddr, Name>,
    count: usize,
}

/// What something is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// All its names, escaped.
    text: String,
    /// Names as they were written.
    names: Vec<String>,
    /// Where it stands among all, from 0.
    pub(super) index: usize,
    /// Nothing else has one of its names.
    pub(super) is_unique: bool,
}

/// Why names cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The line it is in, from 1; absent where the whole file is meant.
    pub line: Option<usize>,
    /// What is wrong. Not escaped.
    pub what: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.what)
    }
}

impl std::error::Error for Error {}

impl Name {
    /// The names as they may be shown: `taibai`, `taibai/taihei`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The names as they were written, which is not how they may be shown.
    fn raw(&self) -> String {
        self.names.join("/")
    }
}

enum Address {
    Socket(Endpoint),
    Host(IpAddr),
    Mac(MacAddr),
}

impl Names {
    /// Reads names: TOML whose keys are names and whose values are addresses, or lists of them.
    ///
    /// Fails, with the line, where it is no TOML, where an address is none, or where a name would be
    /// taken for an address.
    pub fn parse(toml: &str) -> Result<Self, Error> {
        let at = |offset: usize, what: String| {
            let before = toml.get(..offset).unwrap_or(toml);
            Error {
                line: Some(1 + before.matches('\n').count()),
                what,
            }
        };
        let table = DeTable::parse(toml).map_err(|error| {
            let offset = error.span().map_or(toml.len(), |span| span.start);
            at(offset, format!("this is no TOML: {}", error.message()))
        })?;
        let mut entries: Vec<_> = table.into_inner().into_iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        let mut names = Self::default();
        for (name, value) in entries {
            let offset = name.span().start;
            let name = name.into_inner();
            check(&name).map_err(|what| at(offset, what))?;
            let offset = value.span().start;
            let addresses = match value.into_inner() {
                DeValue::Array(list) => list.into_iter().collect(),
                single => vec![toml::Spanned::new(offset..offset, single)],
            };
            for address in addresses {
                let offset = address.span().start;
                let address = match address.into_inner() {
                    DeValue::String(address) => parse_address(&address).ok_or(address),
                    other => Err(other.type_str().into()),
                };
                match address {
                    Ok(address) => names.add(&name, &address),
                    Err(found) => {
                        let what = format!(
                            "{name} is to be an address such as \"192.168.12.42:8520\", \
                             \"[2001:db8::1]:8520\", \"192.168.12.42\" or \"02:00:00:00:0f:2a\", \
                             not {found}"
                        );
                        return Err(at(offset, what));
                    }
                }
            }
        }
        names.find_unique();
        Ok(names)
    }

    /// Whether nothing has a name.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many things have names.
    pub(super) const fn len(&self) -> usize {
        self.count
    }

    /// What a socket is called.
    pub fn socket(&self, socket: Endpoint) -> Option<&Name> {
        find(&self.sockets, &socket)
    }

    /// What a host is called.
    pub fn host(&self, ip: IpAddr) -> Option<&Name> {
        find(&self.hosts, &ip)
    }

    /// What a hardware address is called.
    pub fn mac(&self, mac: MacAddr) -> Option<&Name> {
        find(&self.macs, &mac)
    }

    /// A socket for a table, not escaped: `taibai 192.168.12.42:8520`.
    pub(super) fn label_socket(&self, socket: Endpoint) -> String {
        label(self.socket(socket).or(self.host(socket.ip)), &socket)
    }

    /// A host for a table, not escaped.
    pub(super) fn label_host(&self, ip: IpAddr) -> String {
        label(self.host(ip), &ip)
    }

    /// A hardware address for a table, not escaped.
    pub(super) fn label_mac(&self, mac: MacAddr) -> String {
        label(self.mac(mac), &mac)
    }

    /// A sentence for each address with several names, in the order of the file. Escaped.
    pub fn shared(&self, lang: Lang) -> Vec<String> {
        let all = self
            .sockets
            .iter()
            .map(|(socket, name)| (name, socket.to_string()))
            .chain(self.hosts.iter().map(|(ip, name)| (name, ip.to_string())))
            .chain(self.macs.iter().map(|(mac, name)| (name, mac.to_string())));
        let mut shared: Vec<_> = all.filter(|(name, _)| name.names.len() > 1).collect();
        shared.sort_by_key(|(name, _)| name.index);
        let sentence = |(name, address): (&Name, String)| {
            let (last, first) = name.names.split_last().unwrap_or((&name.text, &[]));
            let first = first.join(story::COMMA.of(lang));
            tables::share(&first, last, &address).text(lang)
        };
        shared.into_iter().map(sentence).collect()
    }

    fn add(&mut self, name: &str, address: &Address) {
        let index = self.count;
        let new = || Name {
            text: String::new(),
            names: Vec::new(),
            index,
            is_unique: true,
        };
        let entry = match address {
            Address::Socket(socket) => self.sockets.entry(*socket).or_insert_with(new),
            Address::Host(ip) => self.hosts.entry(*ip).or_insert_with(new),
            Address::Mac(mac) => self.macs.entry(*mac).or_insert_with(new),
        };
        if entry.names.is_empty() {
            self.count += 1;
        }
        if entry.names.iter().any(|known| known == name) {
            return;
        }
        entry.names.push(name.to_owned());
        entry.text = text::escape(&entry.raw()).into_owned();
    }

    fn find_unique(&mut self) {
        let mut uses: HashMap<String, usize> = HashMap::new();
        let all = || {
            let hosts = self.hosts.values();
            self.sockets.values().chain(hosts).chain(self.macs.values())
        };
        for name in all().flat_map(|name| &name.names) {
            *uses.entry(name.clone()).or_default() += 1;
        }
        let sockets = self.sockets.values_mut();
        for entry in sockets
            .chain(self.hosts.values_mut())
            .chain(self.macs.values_mut())
        {
            entry.is_unique = entry.names.iter().all(|name| uses.get(name) == Some(&1));
        }
    }
}

fn find<'a, K: Eq + Hash>(names: &'a HashMap<K, Name>, key: &K) -> Option<&'a Name> {
    if names.is_empty() {
        return None;
    }
    names.get(key)
}

fn label(name: Option<&Name>, address: &dyn fmt::Display) -> String {
    match name {
        Some(name) => format!("{} {address}", name.raw()),
        None => address.to_string(),
    }
}

/// A name must not be taken for an address, nor for two names.
fn check(name: &str) -> Result<(), String> {
    if name.trim() != name || name.is_empty() {
        return Err("a name is neither empty nor begins or ends with a space".into());
    }
    if name.contains([':', '/']) || name.parse::<IpAddr>().is_ok() {
        return Err(format!(
            "{name} would be taken for an address or for two names: use neither `:` nor `/` in it"
        ));
    }
    Ok(())
}

fn parse_address(address: &str) -> Option<Address> {
    if let Ok(socket) = address.parse::<SocketAddr>() {
        return Some(Address::Socket(Endpoint {
            ip: socket.ip(),
            port: socket.port(),
        }));
    }
    if let Ok(ip) = address.parse::<IpAddr>() {
        return Some(Address::Host(ip));
    }
    let mut octets = [0; 6];
    let mut parts = address.split(':');
    for octet in &mut octets {
        let digits = |part: &&str| part.bytes().all(|digit| digit.is_ascii_hexdigit());
        let part = parts.next().filter(|part| part.len() == 2).filter(digits)?;
        *octet = u8::from_str_radix(part, 16).ok()?;
    }
    parts
        .next()
        .is_none()
        .then_some(Address::Mac(MacAddr(octets)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(address: &str) -> Endpoint {
        let socket: SocketAddr = address.parse().expect("a socket");
        Endpoint {
            ip: socket.ip(),
            port: socket.port(),
        }
    }

    #[test]
    fn sockets_hosts_and_hardware_addresses_have_names() {
        let names = Names::parse(
            "taibai = \"192.168.12.42:8520\"\n\
             shen = [\"192.168.12.7\", \"[2001:db8::1]:8520\"]\n\
             gateway = \"02:00:00:00:00:0A\"\n",
        )
        .expect("good");
        let taibai = names.socket(socket("192.168.12.42:8520")).expect("named");
        assert_eq!((taibai.as_str(), taibai.is_unique), ("taibai", true));
        assert_eq!(names.socket(socket("192.168.12.42:8521")), None);
        assert_eq!(names.host("192.168.12.42".parse().expect("an IP")), None);
        let shen = names.host("192.168.12.7".parse().expect("an IP"));
        assert!(!shen.expect("named").is_unique, "it stands for two");
        assert!(names.socket(socket("[2001:db8::1]:8520")).is_some());
        assert!(names.mac(MacAddr([2, 0, 0, 0, 0, 10])).is_some());
        assert_eq!(names.len(), 4);
        assert_eq!(names.shared(Lang::En), Vec::<String>::new());
    }

    #[test]
    fn several_names_of_one_socket_are_said_together() {
        let names = Names::parse(
            "zhong = \"192.168.12.42:8520\"\nbei = \"192.168.12.42:8520\"\nnan = \"192.168.12.42:8520\"",
        )
        .expect("good");
        let all = names.socket(socket("192.168.12.42:8520")).expect("named");
        assert_eq!(all.as_str(), "zhong/bei/nan");
        assert_eq!(
            names.shared(Lang::En),
            ["zhong, bei and nan share 192.168.12.42:8520: they cannot be told apart here"]
        );
    }

    #[test]
    fn names_are_escaped() {
        let names = Names::parse("\"a\\u001b[31m\\u202e\" = \"192.168.12.42\"").expect("good");
        let name = names.host("192.168.12.42".parse().expect("an IP"));
        assert_eq!(name.expect("named").as_str(), "a\\u{1b}[31m\\u{202e}");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (toml, line, word) in [
            (
                "a = \"10.0.0.1\"\nb = \"10.0.0.1:99999\"",
                2,
                "10.0.0.1:99999",
            ),
            ("a = \"10.0.0.1\"\n\nb = 5", 3, "integer"),
            ("a = [\n\"10.0.0.1\",\n\"nonsense\"]", 3, "nonsense"),
            ("a = \"10.0.0.1\"\nb is here", 2, "TOML"),
            ("a = \"10.0.0.1\"\na = \"10.0.0.2\"", 2, "TOML"),
            ("\"10.0.0.1\" = \"10.0.0.2\"", 1, "address"),
            ("\"a:80\" = \"10.0.0.2\"", 1, "address"),
            ("\"a/b\" = \"10.0.0.2\"", 1, "two names"),
            ("\" a\" = \"10.0.0.2\"", 1, "space"),
            ("\"\" = \"10.0.0.2\"", 1, "empty"),
            ("a = \"02:00:00:00:00\"", 1, "02:00:00:00:00"),
            ("a = \"02:00:00:00:00:+1\"", 1, "+1"),
            ("[hosts]\na = \"10.0.0.2\"", 1, "table"),
        ] {
            let error = Names::parse(toml).expect_err(toml);
            assert_eq!(error.line, Some(line), "{toml}: {error}");
            assert!(error.to_string().contains(word), "{toml}: {error}");
        }
    }
}
